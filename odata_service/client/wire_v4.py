"""OData V4: entity sets by their addresses, changes by delta links."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote

from odata_service.edm import primitive as edm
from odata_service.edm.literal_v4 import read_literal, write_literal
from odata_service.edm.names import plural

from .columns import Json, dumps
from .entity import ID, EntityShape
from .operations import Remote
from .transport import Response, Transport
from .wire import Answer, Expired, Incoming, Names, Outgoing, Page, Place, Refusal, changed, outcome_of

STAMP = "LastUpdated"
TOMBSTONE = "IsDeleted"
PAGE_SIZE = 1_000
GONE = 410
_REPRESENTATION = {"Prefer": "return=representation"}
_LITERALS = {int: edm.INT64, str: edm.STRING}


@dataclass(frozen=True, slots=True)
class WireDeltas:
    """Changes are sent as PATCH of what has changed, so that what this device does not know of an entity stays."""

    transport: Transport
    at_once: int = 1

    def default_endpoint(self, shape: EntityShape) -> str:
        return plural(shape.name)

    def send(self, outgoing: Sequence[Outgoing]) -> list[Answer]:
        return [self._sent(each) for each in outgoing]

    def changes(self, place: Place, since: str | None, following: str | None) -> Page:
        address = following or since or self._address(place)
        size = place.page_size or PAGE_SIZE
        response = self.transport.ask("GET", address, {"Prefer": f"odata.track-changes,odata.maxpagesize={size}"})
        document = response.json
        if response.status == GONE:
            raise Expired(response, address)
        if response.status != 200 or not isinstance(document, dict):
            raise Refusal(response, address)
        names = _names(place)
        rows = [_incoming(names, place, row) for row in document["value"]]
        more = document.get("@odata.nextLink")
        link = more or document.get("@odata.deltaLink")
        if link is None:
            raise Refusal(response, f"{address} cannot be followed")
        link = self.transport.link(link, address)
        return Page(rows, link, link if more else None, document.get("@odata.count"))

    def read(self, place: Place, id: str) -> Remote | None:
        response = self.transport.ask("GET", self._entity(place, id))
        if response.status in (404, GONE):
            return None
        if response.status != 200:
            raise Refusal(response, self._entity(place, id))
        return _remote(place, response)

    def versions(self, place: Place) -> dict[str, str | None]:
        found: dict[str, str | None] = {}
        address: str | None = self._address(place)
        while address is not None:
            response = self.transport.ask("GET", address, {"Prefer": f"odata.maxpagesize={PAGE_SIZE}"})
            if response.status != 200:
                raise Refusal(response, address)
            rows = [_incoming(_names(place), place, row) for row in response.json["value"]]
            found |= {each.id: each.remote.version for each in rows}
            link = response.json.get("@odata.nextLink")
            address = None if link is None else self.transport.link(link, address)
        return found

    def _address(self, place: Place) -> str:
        address = self.transport.link(place.endpoint)
        return address if place.query is None else f"{address}?$filter={quote(place.query)}"

    def _entity(self, place: Place, id: str) -> str:
        key = place.shape.id_value(id)
        literal = write_literal(key, _LITERALS.get(type(key), edm.GUID))
        return f"{self.transport.link(place.endpoint)}({quote(literal, safe='')})"

    def _sent(self, each: Outgoing) -> Answer:
        sent, place = each.sent, each.place
        address = self._entity(place, each.item_id)
        has_tag = sent.version.startswith(('"', "W/"))
        if sent.version and not has_tag:  # a type without ETags can only be looked at before it is changed
            stored = self.read(place, each.item_id)
            if stored is None or stored.version != sent.version:
                return Answer("conflict", 412 if stored else GONE, stored, "the entity has changed")
        headers = {"Idempotency-Key": sent.id} | _REPRESENTATION | ({"If-Match": sent.version} if has_tag else {})
        match sent.kind:
            case "Delete":
                response = self.transport.ask("DELETE", address, headers)
            case "Replace":
                body = {name: value for name, value in changed(sent, place.shape).items() if name != ID}
                response = self.transport.ask("PATCH", address, headers, _text(place, body))
            case "Add":
                response = self.transport.ask(
                    "POST", self.transport.link(place.endpoint), headers, _text(place, sent.item)
                )
        return self._answer(each, response)

    def _answer(self, each: Outgoing, response: Response) -> Answer:
        outcome = outcome_of(response.status, each.sent.kind)
        remote = _remote(each.place, response) if outcome == "done" else None
        if outcome == "conflict" or (outcome == "done" and remote is None and each.sent.kind != "Delete"):
            remote = self.read(each.place, each.item_id)
            if remote is None and each.sent.kind == "Add":
                outcome = "refused"  # it is another entity that is in the way
        return Answer(outcome, response.status, remote, response.message)


def _names(place: Place) -> Names:
    return Names.of(place.shape, place.key or ID, lambda attribute: attribute)


def _text(place: Place, item: Mapping[str, Json]) -> bytes:
    return dumps(_names(place).body(item)).encode()


def _remote(place: Place, response: Response) -> Remote | None:
    document = response.json
    names = _names(place)
    return (
        _incoming(names, place, document).remote if isinstance(document, dict) and names.there[ID] in document else None
    )


def _incoming(names: Names, place: Place, row: Mapping[str, Any]) -> Incoming:
    removed = row.get("@removed") or row.get("@odata.removed")
    if removed is not None or "reason" in row or "$deletedEntity" in str(row.get("@odata.context", "")):
        return Incoming(
            _id_of(row.get("id") or row.get("@id") or row.get("@odata.id") or ""), Remote(None, None), deleted=True
        )
    plain = {name: value for name, value in row.items() if "@" not in name}
    stamp = plain.pop(place.updated_at or STAMP, None)
    plain.pop(TOMBSTONE, None)
    item, rest = names.item(plain)
    id = place.shape.id_text(place.shape.values({ID: item[ID]})[ID])
    return Incoming(id, Remote(row.get("@odata.etag") or stamp, item, stamp, rest or None))


def _id_of(address: str) -> str:
    """
    >>> _id_of("https://services.example/v4/Orders('O''Neil')"), _id_of("Orders(7)"), _id_of("Orders(Id='a%2Fb')")
    ("O'Neil", '7', 'a/b')
    """
    literal = unquote(address.rpartition("/")[2].partition("(")[2].removesuffix(")"))
    name, equals, value = literal.partition("=")
    if equals and name.isidentifier():
        literal = value
    return str(read_literal(literal)[1])
