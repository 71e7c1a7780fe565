"""Eight writers with pauses inside their transactions, followed at once by a delta link of V4 and a token of the Sync API."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson
from sqlalchemy import Engine, select

from odata_service import EntitySetRights, Headers, ODataRequest, ODataService
from odata_service.protocol import SYNC, V4, Protocol
from odata_service.tracking import write_sessions
from tests.tracking.lossless import Base, Item, Seen, Writer, engine_of_its_own, following, write_side_by_side
from tests.tracking.test_lossless import LONGEST_PAUSE, TRANSACTIONS, WRITERS, Hook, flush_time_sessions, items

__all__ = ["items"]
ROOT = "http://localhost/"


@dataclass
class Follower:
    """A client that asks the service for what is new."""

    service: ODataService
    following: str = ""
    seen: Seen = field(default_factory=dict)

    def ask(self, protocol: Protocol, url: str, **headers: str) -> Any:
        target, _, query = url.removeprefix(ROOT).partition("?")
        answer = self.service.handle(ODataRequest(protocol, "GET", target, query, Headers(headers), root=ROOT))
        assert answer.status == 200, answer.body
        return orjson.loads(answer.body)

    def lost(self, engine: Engine) -> Seen:
        """The items of which the latest revision never came."""
        with engine.connect() as connection:
            committed = connection.execute(select(Item.Id, Item.Revision)).all()
        return {id: revision for id, revision in committed if self.seen.get(id) != revision}


class DeltaFollower(Follower):
    def pull(self) -> None:
        url: str | None = self.following or "Items"
        while url is not None:
            page = self.ask(V4, url, Prefer="track-changes,maxpagesize=7")
            self.seen |= {each["Id"]: each["Revision"] for each in page["value"]}
            self.following = page.get("@odata.deltaLink", self.following)
            url = page.get("@odata.nextLink")


class TokenFollower(Follower):
    def pull(self) -> None:
        for page in self.pages():
            self.seen |= {each["id"]: each["revision"] for each in page["records"]}

    def pages(self) -> Iterator[Any]:
        more = True
        while more:
            page = self.ask(SYNC, f"Items?limit=7&since={self.following}")
            self.following, more = page["token"], page["more"]
            yield page


def run(engine: Engine, hook: Hook) -> list[Follower]:
    service = ODataService(Base, engine, namespace="Lossless")
    service.rights("*", EntitySetRights.ALL_READ)
    engines = [engine_of_its_own(engine) for _ in range(WRITERS)]
    writers = [Writer(number, hook(each)) for number, each in enumerate(engines)]
    followers: list[Follower] = [DeltaFollower(service), TokenFollower(service)]
    with following(*followers):
        write_side_by_side(writers, transactions=TRANSACTIONS, longest_pause=LONGEST_PAUSE[engine.dialect.name])
    for each in engines:
        each.dispose()
    return followers


def test_no_row_is_lost(items):
    for follower in run(items, write_sessions):
        assert follower.lost(items) == {}
        assert len(follower.seen) == WRITERS * TRANSACTIONS


def test_a_stamp_taken_at_flush_loses_rows(items):
    """The same writers and the same clients: the test above is able to fail. Such stamps do not move the clock, so these
    clients hear of nothing that is stamped after it."""
    for follower in run(items, flush_time_sessions):
        assert len(follower.lost(items)) > 0
