"""The Sync API: a queue goes in one request, changes come by token. Who wins is the service's rule, and where that asks
the client, the client's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from typing import Any
from urllib.parse import urlencode

from odata_service.edm.names import camel_case, plural
from odata_service.values import mutable

from .columns import Json, dumps
from .entity import ID, EntityShape
from .operations import Remote
from .transport import Transport
from .wire import (
    GONE,
    PAGE_SIZE,
    Answer,
    Expired,
    Incoming,
    Names,
    Outgoing,
    Page,
    Place,
    Refusal,
    changed,
    in_pieces,
    narrowed,
    outcome_of,
)

ACTIONS = {"Add": "add", "Replace": "update", "Delete": "delete"}
STAMPS = ("lastUpdated", "lastModified", "updatedAt")  # what models usually call it


@mutable
class WireSync:
    transport: Transport
    at_once: int = 100
    _said: dict[str, Mapping[str, Any]] | None = field(default=None)

    def default_endpoint(self, shape: EntityShape) -> str:
        return plural(shape.name)

    def send(self, outgoing: Sequence[Outgoing]) -> list[Answer]:
        """As a queue, or in pieces of it."""
        return in_pieces(outgoing, self._pushed)

    def _pushed(self, outgoing: Sequence[Outgoing]) -> list[Answer]:
        """The results stand in the order of the operations."""
        body = {"operations": [self._operation(each) for each in outgoing]}
        response = self.transport.ask("POST", self.transport.root, content=dumps(body).encode())
        document = response.json
        if 400 <= response.status < 500 and outcome_of(response.status, "Add") == "refused" and len(outgoing) > 1:
            half = len(outgoing) // 2  # too many at once, or one that spoils it for all
            return [*self._pushed(outgoing[:half]), *self._pushed(outgoing[half:])]
        if response.status != 200 or not isinstance(document, dict) or "results" not in document:
            outcome = outcome_of(response.status, "Add") if response.status >= 400 else "unknown"
            return [
                Answer("refused" if outcome == "conflict" else outcome, response.status, message=response.message)
            ] * len(outgoing)
        return [self._answer(each, said) for each, said in zip(outgoing, document["results"], strict=True)]

    def changes(self, place: Place, since: str | None, following: str | None) -> Page:
        return self._page(place, following or since)

    def _page(self, place: Place, token: str | None, *members: str) -> Page:
        """What has changed since; of each record all members, or the key and those that are named."""
        options = {"limit": str(place.page_size or PAGE_SIZE)} | ({"since": token} if token else {})
        if members:
            options["$select"] = ",".join((self._names(place).there[ID], *members))
        address = f"{place.endpoint}?{urlencode(options | ({'$filter': place.query} if place.query else {}))}"
        response = self.transport.ask("GET", address)
        document = response.json
        if response.status == GONE:
            raise Expired(response, address)
        if response.status != 200 or not isinstance(document, dict) or not isinstance(document.get("records"), list):
            raise Refusal(response, address)
        names, stamps = self._names(place), self._stamps(place)
        there = [_incoming(names, stamps, row) for row in document["records"]]
        gone = [Incoming(_id(names, row), Remote(None, None), deleted=True) for row in document["deleted"]]
        return Page([*there, *gone], document["token"], document["token"] if document["more"] else None)

    def read(self, place: Place, id: str) -> Remote | None:
        """One record, by a filter: the protocol has no addresses for them."""
        return self._one(replace(place, query=None), id)

    def holds(self, place: Place, id: str) -> bool:
        return self._one(place, id) is not None

    def _one(self, place: Place, id: str) -> Remote | None:
        page = self.changes(narrowed(place, self._names(place).there[ID], id), None, None)
        return page.rows[0].remote if page.rows else None

    def versions(self, place: Place) -> dict[str, str | None]:
        found: dict[str, str | None] = {}
        following: str | None = None
        stamps = self._stamps(place)
        members = stamps if len(stamps) == 1 else ()  # else the service does not say which of them it has
        while True:
            page = self._page(place, following, *members)
            found |= {each.id: each.remote.version for each in page.rows if not each.deleted}
            following = page.following
            if following is None:
                return found

    def _operation(self, each: Outgoing) -> dict[str, Json]:
        sent, place = each.sent, each.place
        names = self._names(place)
        item = changed(sent, place.shape) if sent.kind == "Replace" else sent.item
        operation: dict[str, Json] = {
            "id": sent.id,
            "set": place.endpoint,
            "action": ACTIONS[sent.kind],
            "at": sent.made,
        }
        operation["data"] = names.body({ID: sent.item[ID]} if sent.kind == "Delete" else item)
        if sent.version:
            operation["version"] = sent.version
        if sent.base is not None:
            operation["base"] = names.body({name: value for name, value in sent.base.items() if name in item})
        return operation

    def _answer(self, each: Outgoing, said: Mapping[str, Any]) -> Answer:
        names, conflict = self._names(each.place), said.get("conflict") or {}
        status, result = said["status"], said["result"]
        row = said.get("record") or conflict.get("server")
        remote = _incoming(names, self._stamps(each.place), row).remote if row else None
        if result == "open":
            gone = Remote(conflict.get("version"), None)
            return Answer("conflict", status, remote or gone, "somebody else has changed the record")
        if result == "kept":
            return Answer("kept", status, remote)
        if result == "rejected":
            message = (said.get("error") or {}).get("message", "")
            missing = status == 404 and each.sent.kind == "Replace"
            return Answer("conflict" if missing else "refused", status, None, f"{status}: {message}")
        return Answer("done", status, remote)

    def _names(self, place: Place) -> Names:
        key = camel_case(place.key) if place.key is not None else self._set(place).get("key", [camel_case(ID)])[0]
        return Names.of(place.shape, key, camel_case)

    def _set(self, place: Place) -> Mapping[str, Any]:
        """What the service says of a set: by what it knows its records, and where their stamp is."""
        if self._said is None:
            response = self.transport.ask("GET", self.transport.root)
            if response.status != 200:
                raise Refusal(response, self.transport.root)
            self._said = {each["name"].lower(): each for each in response.json["sets"]}
        return self._said.get(place.endpoint.lower(), {})

    def _stamps(self, place: Place) -> Sequence[str]:
        said = place.updated_at or self._set(place).get("stamp")
        return STAMPS if said is None else (camel_case(said),)


def _incoming(names: Names, stamps: Sequence[str], row: Mapping[str, Any]) -> Incoming:
    stamp = next((row[name] for name in stamps if name in row), None)
    item, rest = names.item({name: value for name, value in row.items() if name not in stamps})
    return Incoming(_id(names, row), Remote(stamp, item, stamp, rest or None))


def _id(names: Names, row: Mapping[str, Any]) -> str:
    return names.shape.id_text(names.shape.values({ID: row[names.there[ID]]})[ID])
