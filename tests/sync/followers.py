"""Four clients that follow the same set, each by what its protocol has for that."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import orjson
from sqlalchemy import Engine, select

from odata_service import EntitySetRights, Headers, ODataRequest, ODataService
from odata_service.protocol import DATASYNC, SYNC, V2, V4, Protocol
from odata_service.tracking.clock import moment
from tests.tracking.lossless import Base, Item, Seen

ROOT = "http://localhost/"


def service_of(engine: Engine, page_size: int = 7) -> ODataService:
    service = ODataService(Base, engine, namespace="Lossless")
    service.rights("*", EntitySetRights.ALL_READ)
    service.page_size("*", page_size)
    service.table("items", Item, page_size=page_size)
    return service


@dataclass
class Follower:
    """A client that asks the service for what is new."""

    service: ODataService
    page_size: int = 7
    seen: Seen = field(default_factory=dict)
    since: str = ""  # where it goes on

    def ask(self, protocol: Protocol, url: str, **headers: str) -> Any:
        target, _, query = url.removeprefix(ROOT).partition("?")
        query = quote(query, safe="%$&=(),':/+*@!~-._")
        answer = self.service.handle(ODataRequest(protocol, "GET", target, query, Headers(headers), root=ROOT))
        assert answer.status == 200, answer.body
        return orjson.loads(answer.body)

    def take(self, id: int, revision: int, *, is_gone: bool = False) -> None:
        self.seen.pop(id, None) if is_gone else self.seen.update({id: revision})

    def lost(self, engine: Engine) -> Seen:
        """The items of which the latest revision never came."""
        with engine.connect() as connection:
            committed = connection.execute(select(Item.Id, Item.Revision)).all()
        return {id: revision for id, revision in committed if self.seen.get(id) != revision}


@dataclass
class FilterFollower(Follower):
    """WCF's way: newer than the greatest LastUpdated that was seen, page after page."""

    def pull(self) -> None:
        newer = f"$filter=LastUpdated gt datetime'{self.since}'&" if self.since else ""
        url: str | None = f"Items?{newer}$orderby=LastUpdated"
        while url is not None:
            page = self.ask(V2, url, Accept="application/json")["d"]
            rows = page["results"] if isinstance(page, dict) else page
            for each in rows:
                self.take(int(each["Id"]), int(each["Revision"]), is_gone=each["IsDeleted"])
                self.since = moment(int(each["LastUpdated"][6:-2])).isoformat(timespec="milliseconds")
            url = page.get("__next") if isinstance(page, dict) else None


@dataclass
class TableFollower(Follower):
    """The toolkit's query; of three pulls two break off after the first page, as where the connection does."""

    pulls: Iterator[int] = field(default_factory=itertools.count)

    def pull(self) -> None:
        since = f"$filter=(updatedAt gt cast({self.since},Edm.DateTimeOffset))&" if self.since else ""
        query: str | None = f"{since}$orderby=updatedAt&$count=true&__includedeleted=true"
        breaks_off = next(self.pulls) % 3 > 0
        while query is not None:
            page = self.ask(DATASYNC, f"items?{query}")
            for each in page["items"]:
                self.take(int(each["id"]), int(each["revision"]), is_gone=each.get("deleted", False))
            self.since = max([self.since, *(each["updatedAt"] for each in page["items"])])
            query = None if breaks_off else page["nextLink"]

    def lost(self, engine: Engine) -> Seen:
        self.pulls = itertools.repeat(0)
        self.pull()  # what was broken off
        return super().lost(engine)


@dataclass
class DeltaFollower(Follower):
    def pull(self) -> None:
        url: str | None = self.since or "Items"
        while url is not None:
            page = self.ask(V4, url, Prefer=f"track-changes,maxpagesize={self.page_size}")
            for each in page["value"]:
                if "reason" in each:
                    self.take(int(each["id"].rpartition("(")[2].rstrip(")")), 0, is_gone=True)
                else:
                    self.take(each["Id"], each["Revision"])
            self.since = page.get("@odata.deltaLink", self.since)
            url = page.get("@odata.nextLink")


@dataclass
class TokenFollower(Follower):
    def pull(self) -> None:
        more = True
        while more:
            page = self.ask(SYNC, f"Items?limit={self.page_size}&since={self.since}")
            for each in page["records"]:
                self.take(int(each["id"]), int(each["revision"]))
            for each in page["deleted"]:
                self.take(int(each["id"]), 0, is_gone=True)
            self.since, more = page["token"], page["more"]


FOLLOWERS: Mapping[str, type[Follower]] = {
    "V2 filter by LastUpdated": FilterFollower,
    "Datasync query": TableFollower,
    "V4 delta link": DeltaFollower,
    "Sync API token": TokenFollower,
}
