"""OData V4: entity sets by their addresses, changes by delta links."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, unquote

from odata_service.edm import primitive as edm
from odata_service.edm.literal_v4 import read_literal, write_literal
from odata_service.edm.names import plural
from odata_service.values import frozen

from .columns import Json, dumps, loads
from .entity import ID, EntityShape
from .operations import Remote
from .transport import ClientError, Response, Transport
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

STAMP = "LastUpdated"
TOMBSTONE = "IsDeleted"
KEY_REUSED = "KeyReused"
_REPRESENTATION = {"Prefer": "return=representation"}
_LITERALS = {int: edm.INT64, str: edm.STRING}


@frozen
class Asked:
    """A request, alone or as a part of a batch."""

    method: str
    address: str
    headers: Mapping[str, str]
    content: bytes = b""

    def part(self, id: str) -> dict[str, Json]:
        parsed = {"body": loads(self.content)} if self.content else {}
        kind = {"Content-Type": "application/json"} if self.content else {}
        return {"id": id, "method": self.method, "url": self.address, "headers": dict(self.headers) | kind, **parsed}


@frozen
class WireDeltas:
    """Changes are sent as PATCH of what has changed, so that what this device does not know of an entity stays."""

    transport: Transport
    at_once: int = 50

    def default_endpoint(self, shape: EntityShape) -> str:
        return plural(shape.name)

    def send(self, outgoing: Sequence[Outgoing]) -> list[Answer]:
        """In one batch, where each request stands for itself; one that went alone goes alone again. A type without ETags can
        only be looked at before it is changed, so its entities go one by one."""
        alone = {
            place: self._alone(each) for place, each in enumerate(outgoing) if len(outgoing) == 1 or _is_untagged(each)
        }
        together = [each for place, each in enumerate(outgoing) if place not in alone]
        answers = iter(in_pieces(together, self._together))
        return [alone[place] if place in alone else next(answers) for place in range(len(outgoing))]

    def changes(self, place: Place, since: str | None, following: str | None) -> Page:
        address = following or since or self._address(place)
        size = place.page_size or PAGE_SIZE
        response = self.transport.ask("GET", address, {"Prefer": f"odata.track-changes,odata.maxpagesize={size}"})
        document = response.json
        if response.status == GONE:
            raise Expired(response, address)
        if response.status != 200 or not isinstance(document, dict) or not isinstance(document.get("value"), list):
            raise Refusal(response, address)
        names = _names(place)
        rows = [_incoming(names, place, row) for row in document["value"]]
        more = document.get("@odata.nextLink")
        link = more or document.get("@odata.deltaLink")
        if link is None:
            raise ClientError(
                f"{place.endpoint} of {self.transport.root} does not tell its changes: there is no delta link"
            )
        place_after = self.transport.link(link, self.transport.link(address)).removeprefix(self.transport.root)
        return Page(rows, place_after, place_after if more else None, document.get("@odata.count"))

    def read(self, place: Place, id: str) -> Remote | None:
        response = self.transport.ask("GET", self._entity(place, id))
        if response.status in (404, GONE):
            return None
        if response.status != 200:
            raise Refusal(response, self._entity(place, id))
        return _remote(place, response)

    def holds(self, place: Place, id: str) -> bool:
        address = self._address(narrowed(place, _names(place).there[ID], id))
        response = self.transport.ask("GET", address)
        if response.status != 200:
            raise Refusal(response, address)
        return bool(response.json["value"])

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

    def _alone(self, each: Outgoing) -> Answer:
        if _is_untagged(each):
            stored = self.read(each.place, each.item_id)
            if stored is None or stored.version != each.sent.version:
                return Answer("conflict", 412 if stored else GONE, stored, "the entity has changed")
        asked = self._request(each)
        return self._answer(each, self.transport.ask(asked.method, asked.address, asked.headers, asked.content))

    def _together(self, outgoing: Sequence[Outgoing]) -> list[Answer]:
        requests = [self._request(each).part(str(number)) for number, each in enumerate(outgoing)]
        content = dumps({"requests": requests}).encode()
        headers = {"Prefer": "odata.continue-on-error", "OData-Version": "4.01"}
        response = self.transport.ask("POST", self.transport.link("$batch"), headers, content)
        document = response.json
        if response.status != 200 or not isinstance(document, dict):
            if outcome_of(response.status, "Add") in ("unknown", "denied"):
                return [Answer(outcome_of(response.status, "Add"), response.status, None, response.message)] * len(
                    outgoing
                )
            return [self._alone(each) for each in outgoing]  # a service without batches
        parts = {part["id"]: part for part in document["responses"]}
        return [self._answer(each, _part(parts.get(str(number)))) for number, each in enumerate(outgoing)]

    def _request(self, each: Outgoing) -> Asked:
        sent, place = each.sent, each.place
        headers = {"Idempotency-Key": sent.id} | _REPRESENTATION
        if sent.version and not _is_untagged(each):
            headers["If-Match"] = sent.version
        match sent.kind:
            case "Delete":
                return Asked("DELETE", self._entity(place, each.item_id), headers)
            case "Replace":
                body = {name: value for name, value in changed(sent, place.shape).items() if name != ID}
                return Asked("PATCH", self._entity(place, each.item_id), headers, _text(place, body))
        return Asked("POST", self.transport.link(place.endpoint), headers, _text(place, sent.item))

    def _answer(self, each: Outgoing, response: Response) -> Answer:
        outcome = outcome_of(response.status, each.sent.kind)
        if response.status == 422 and _code(response) == KEY_REUSED:
            outcome = "conflict"  # it was heard in other words, and what came of it is there to see
        remote = _remote(each.place, response) if outcome == "done" else None
        if outcome == "conflict" or (outcome == "done" and remote is None and each.sent.kind != "Delete"):
            remote = self.read(each.place, each.item_id)
            if remote is None and each.sent.kind == "Add":
                outcome = "refused"  # it is another entity that is in the way
        return Answer(outcome, response.status, remote, response.message)


def _code(response: Response) -> object:
    document = response.json
    error = document.get("error") if isinstance(document, dict) else None
    return error.get("code") if isinstance(error, dict) else None


def _is_untagged(each: Outgoing) -> bool:
    """Whether the entity is known in a state that no ETag tells of."""
    return bool(each.sent.version) and not each.sent.version.startswith(('"', "W/"))


def _part(document: Mapping[str, Any] | None) -> Response:
    """A part of a batch; one that is not there may have been done."""
    if document is None:
        return Response(504, {}, b"")
    headers = {name.lower(): value for name, value in (document.get("headers") or {}).items()}
    body = document.get("body")
    return Response(document["status"], headers, b"" if body is None else dumps(body).encode())


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
    return Incoming(id, Remote(row.get("@odata.etag") or row.get("@etag") or stamp, item, stamp, rest or None))


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
