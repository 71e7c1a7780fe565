"""The tables of the Datasync Toolkit: one request for each operation, changes by ``updatedAt``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

from odata_service.edm.names import camel_case
from odata_service.edm.temporal import read_instant
from odata_service.values import frozen

from .columns import dumps
from .entity import EntityShape
from .operations import Remote
from .transport import Response, Transport, Unreachable
from .wire import Answer, Incoming, Names, Outgoing, Page, Place, Refusal, narrowed, outcome_of

KEY, UPDATED_AT, VERSION, DELETED = "id", "updatedAt", "version", "deleted"
_OURS = frozenset({UPDATED_AT, VERSION, DELETED})
DELETED_TOO = "__includedeleted=true"


@frozen
class WireDatasync:
    transport: Transport
    at_once: int = 10  # which the queue hears of together

    def default_endpoint(self, shape: EntityShape) -> str:
        return shape.name.lower()

    def send(self, outgoing: Sequence[Outgoing]) -> list[Answer]:
        """One after the other; when the server stops answering, nothing is known of the rest."""
        answers: list[Answer] = []
        for each in outgoing:
            try:
                answers.append(self._sent(each))
            except Unreachable as error:
                answers.append(Answer("unknown", message=str(error)))
            if answers[-1].stops:
                return answers + [answers[-1]] * (len(outgoing) - len(answers))
        return answers

    def changes(self, place: Place, since: str | None, following: str | None) -> Page:
        """A page may end between two rows of one stamp, so until the last one is there a pull that goes on later asks for
        that stamp once more."""
        query = following or self._query(place, since)
        response = self.transport.ask("GET", self._address(place, query))
        document = response.json
        if response.status != 200 or not isinstance(document, dict) or not isinstance(document.get("items"), list):
            raise Refusal(response, self._address(place, query))
        names = _names(place)
        rows = [_incoming(names, row) for row in document["items"]]
        link = document.get("nextLink")
        place_after = _greatest(
            since, [row[UPDATED_AT] for row in document["items"] if row.get(UPDATED_AT)], bool(link)
        )
        return Page(rows, place_after or "", link, document.get("count"))

    def read(self, place: Place, id: str) -> Remote | None:
        response = self.transport.ask("GET", self._row(place, id) + f"?{DELETED_TOO}")
        if response.status in (404, 410):
            return None
        if response.status != 200:
            raise Refusal(response, self._row(place, id))
        return _remote(_names(place), response)

    def holds(self, place: Place, id: str) -> bool:
        return any(not row.deleted for row in self.changes(narrowed(place, KEY, id), None, None).rows)

    def versions(self, place: Place) -> dict[str, str | None]:
        found: dict[str, str | None] = {}
        query: str | None = urlencode(
            {"$select": f"{KEY},{VERSION}"} | ({"$filter": place.query} if place.query else {})
        )
        while query is not None:
            response = self.transport.ask("GET", self._address(place, query))
            if response.status != 200:
                raise Refusal(response, self._address(place, query))
            found |= {str(row[KEY]): row.get(VERSION) for row in response.json["items"]}
            query = response.json.get("nextLink")
        return found

    def _query(self, place: Place, since: str | None) -> str:
        terms = [f"({place.query})"] if place.query else []
        terms += [f"({UPDATED_AT} gt cast({since},Edm.DateTimeOffset))"] if since else []
        options = {"$orderby": UPDATED_AT, "$count": "true"} | ({"$filter": " and ".join(terms)} if terms else {})
        return f"{urlencode(options)}&{DELETED_TOO}"

    def _address(self, place: Place, query: str) -> str:
        """Next links are query strings, or whole addresses."""
        table = self.transport.link(place.endpoint)
        return self.transport.link(query, table) if "://" in query or query.startswith("/") else f"{table}?{query}"

    def _row(self, place: Place, id: str) -> str:
        return f"{self.transport.link(place.endpoint)}/{quote(id, safe='')}"

    def _sent(self, each: Outgoing) -> Answer:
        sent, names = each.sent, _names(each.place)
        headers = {"Idempotency-Key": sent.id} | ({"If-Match": f'"{sent.version}"'} if sent.version else {})
        row = self._row(each.place, each.item_id)
        if sent.kind == "Delete":
            response = self.transport.ask("DELETE", row, headers)
        else:
            body = dict(each.rest or {}) | names.body(sent.item)
            if sent.kind == "Replace":
                response = self.transport.ask("PUT", row, headers, dumps(body).encode())
            elif sent.version:  # it was there, and is brought back
                body[DELETED] = False
                response = self.transport.ask("PUT", f"{row}?{DELETED_TOO}", headers, dumps(body).encode())
            else:
                address = self.transport.link(each.place.endpoint)
                response = self.transport.ask("POST", address, headers, dumps(body).encode())
        return self._answer(each, names, response)

    def _answer(self, each: Outgoing, names: Names, response: Response) -> Answer:
        outcome = outcome_of(response.status, each.sent.kind)
        remote = _remote(names, response) if outcome in ("done", "conflict") else None
        if outcome == "conflict" and remote is None:
            remote = self.read(each.place, each.item_id)
            if remote is None and each.sent.kind == "Add" and response.status == 409:
                outcome = "refused"  # it is another row that is in the way
        return Answer(outcome, response.status, remote, response.message)


def _names(place: Place) -> Names:
    return Names.of(place.shape, KEY, camel_case)


def _remote(names: Names, response: Response) -> Remote | None:
    document = response.json
    return _incoming(names, document).remote if isinstance(document, dict) and KEY in document else None


def _incoming(names: Names, row: Mapping[str, Any]) -> Incoming:
    item, rest = names.item({name: value for name, value in row.items() if name not in _OURS})
    deleted = bool(row.get(DELETED))
    remote = Remote(row.get(VERSION), None if deleted else item, row.get(UPDATED_AT), rest or None)
    return Incoming(str(row[KEY]), remote, deleted)


def _greatest(since: str | None, stamps: Sequence[str], more: bool) -> str | None:
    """The place after a page: its greatest stamp, or the greatest but that if the page may have cut it in two."""
    newer = sorted(set(stamps), key=read_instant)[: -1 if more else None]
    return newer[-1] if newer else since
