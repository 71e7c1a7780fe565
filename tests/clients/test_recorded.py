"""What clients really send, recorded from them against other servers, answered as they need it.

Each client's requests run in their order on one service, because later ones change what earlier ones made.
"""

from __future__ import annotations

import dataclasses
import json
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from odata_service import Headers, ODataRequest, ODataResponse
from odata_service.protocol import V2, V4, Protocol
from tests.service.client import Client

FILE = Path(__file__).parents[3] / "shared" / "data" / "client_requests.jsonl"
pytestmark = pytest.mark.skipif(not FILE.exists(), reason="the recorded requests are kept apart from the source")

PROTOCOLS: dict[str, Protocol] = {"v2": V2, "v4": V4}
BATCH: dict[Protocol, int] = {V2: 202, V4: 200}
# A step, or a part of the method and the URL → the status that the client has to see. The first that fits holds.
EXPECTED = {
    "stale etag GET": 200,
    "stale etag 412 GET": 200,
    "stale etag 412 PATCH /Products(9101)": 204,  # by another, so that the next is stale
    "stale etag": 412,
    "404 GET /Products?": 200,
    "404": 404,
    "bad filter": 400,
    "$skiptoken=": 400,  # of the server it was recorded with
    "HEAD /Discount": 405,
    "HEAD /$batch": 405,
    "POST Discount": 200,
    "POST /Discount": 200,
}
# What comes back from a batch, where it is not what each of its requests would have alone.
EXPECTED_IN_BATCH = {
    "one failing": [409, 204, 200],
}
# The types of the other service that WCF's client was recorded with, by their names here.
TYPES = {f"ODataDemo.{name}": f"CatalogService.{name}s" for name in ("Product", "Supplier")}
TYPES["ODataDemo.Category"] = "CatalogService.Categories"
_REQUEST_LINE = re.compile(r"^([A-Z]+) (\S+) HTTP/1\.1\r?$", re.MULTILINE)
_STATUS_LINE = re.compile(rb"^HTTP/1\.1 (\d+)", re.MULTILINE)


@dataclass(frozen=True)
class Recorded:
    """One request; ``{root}`` stands for the service root."""

    client: str
    protocol: str
    step: str
    method: str
    url: str
    headers: dict[str, str]
    body: str

    @property
    def statuses(self) -> list[int]:
        """What its client needs to see: the answer's, and in a batch those of its parts."""
        if self.method != "POST" or "$batch" not in self.url:
            return [self._status(self.method, self.url, self.headers)]
        parts = [(part[1], part[2]) for part in _REQUEST_LINE.finditer(self.body)]
        named = f"{self.step} {' '.join(method for method, _ in parts)}"
        inside = next((expected for name, expected in EXPECTED_IN_BATCH.items() if name in named), None)
        return [BATCH[PROTOCOLS[self.protocol]], *(inside or (self._status(method, url, {}) for method, url in parts))]

    def _status(self, method: str, url: str, headers: dict[str, str]) -> int:
        tunnelled = {name.lower(): value for name, value in headers.items()}.get("x-http-method", method)
        usual = {"GET": 200, "HEAD": 200, "POST": 201}.get(tunnelled, 204)
        return next((status for part, status in EXPECTED.items() if part in f"{self.step} {method} {url}"), usual)


def comparable(body: str) -> str:
    """A body without the moment at which it was written, and with the names of the types as they are here."""
    for theirs, ours in TYPES.items():
        body = body.replace(f'term="{theirs}"', f'term="{ours}"')
    return re.sub("<updated>.*?</updated>", "", body)


def recorded() -> dict[str, list[Recorded]]:
    """The requests of each client, in their order. What it sent again in the same step, it sent once."""
    clients: dict[str, dict[object, Recorded]] = {}
    for row in map(json.loads, FILE.read_text().splitlines() if FILE.exists() else ()):
        if row.get("captured", True):
            values = {each.name: row[each.name] for each in dataclasses.fields(Recorded)}
            asked = Recorded(**values | {"body": comparable(row["body"] or "")})
            said = (asked.step, asked.method, asked.url, asked.body)
            clients.setdefault(f"{asked.protocol} {asked.client}", {}).setdefault(said, asked)
    return {client: list(requests.values()) for client, requests in clients.items()}


@pytest.mark.parametrize("requests", recorded().values(), ids=recorded().keys())
def test_recorded_requests(shop: Client, requests: list[Recorded]):
    shop.changing()
    wrong = []
    for asked in requests:
        answer = ask(shop, asked)
        found = [answer.status, *map(int, _STATUS_LINE.findall(answer.body))]
        if found != asked.statuses:
            wrong.append(
                f"{asked.step}: {asked.method} {asked.url}: {found}, not {asked.statuses}: {answer.body[:300]!r}"
            )
    assert not wrong, "\n".join(wrong)


def ask(shop: Client, asked: Recorded) -> ODataResponse:
    root = f"http://services.example/{asked.protocol}/"
    target, _, query = asked.url.lstrip("/").partition("?")
    method = "GET" if asked.method == "HEAD" else asked.method
    body = asked.body.replace("{root}", root.rstrip("/")).encode()
    headers = Headers(asked.headers)
    return shop.service.handle(ODataRequest(PROTOCOLS[asked.protocol], method, target, query, headers, body, root))
