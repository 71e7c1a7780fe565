"""What V2's clients really send, recorded from them against another server, answered as they need it.

Each client's requests run in their order on one service, because later ones change what earlier ones made.
"""

from __future__ import annotations

import dataclasses
import json
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.service.client import Answer, Client

FILE = Path(__file__).parents[3] / "shared" / "data" / "client_requests.jsonl"
pytestmark = pytest.mark.skipif(not FILE.exists(), reason="the recorded requests are kept apart from the source")


@dataclass(frozen=True)
class Recorded:
    """One request; ``{root}`` stands for the service root."""

    client: str
    step: str
    method: str
    url: str
    headers: dict[str, str]
    body: str

    @property
    def left_out(self) -> str | None:
        """Why it is not asked of a service of one model."""
        return next((reason for reason, applies in LEFT_OUT.items() if applies(self)), None)

    @property
    def method_meant(self) -> str:
        tunnelled = {name.lower(): value for name, value in self.headers.items()}.get("x-http-method")
        return tunnelled or self.method

    @property
    def status(self) -> int:
        """What its client needs to see."""
        for part, status in EXPECTED.items():
            if part in f"{self.step} {self.method} {self.url}":
                return status
        return {"GET": 200, "HEAD": 200, "POST": 201}.get(self.method_meant, 204)

    @property
    def refused_inside(self) -> list[int]:
        return next((statuses for part, statuses in REFUSED_INSIDE.items() if part in self.step), [])


LEFT_OUT = {
    "the web server answers OPTIONS": lambda asked: asked.method == "OPTIONS",
}
# A step, or a part of the method and the URL → the status.
EXPECTED = {
    "404": 404,
    "stale etag GET": 200,
    "stale": 412,
    "bad filter": 400,
    "HEAD /Discount": 405,
    "POST /Discount": 200,
    "POST /$batch": 202,
    "HEAD /$batch": 405,
    "$skiptoken=": 400,  # of the server it was recorded with
}
# What of a batch is refused: a key that there is already.
REFUSED_INSIDE = {"several writes in one changeset + one failing": [409]}
# The types of the other service that WCF's client was recorded with, by their names here.
TYPES = {f"ODataDemo.{name}": f"CatalogService.{name}s" for name in ("Product", "Supplier")}
TYPES["ODataDemo.Category"] = "CatalogService.Categories"


def comparable(body: str) -> str:
    """A body without the moment at which it was written, and with the names of the types as they are here."""
    for theirs, ours in TYPES.items():
        body = body.replace(f'term="{theirs}"', f'term="{ours}"')
    return re.sub("<updated>.*?</updated>", "", body)


def recorded() -> dict[str, list[Recorded]]:
    """The requests of each client, in their order. What it sent again in the same step, it sent once."""
    clients: dict[str, dict[tuple[object, ...], Recorded]] = {}
    for row in map(json.loads, FILE.read_text().splitlines() if FILE.exists() else ()):
        if row.get("protocol") == "v2":
            asked = Recorded(*(row[each.name] for each in dataclasses.fields(Recorded)))
            asked = dataclasses.replace(asked, body=comparable(asked.body or ""))
            said = (asked.step, asked.method, asked.url, asked.body)
            clients.setdefault(asked.client, {}).setdefault(said, asked)
    return {client: list(requests.values()) for client, requests in clients.items()}


@pytest.mark.parametrize("requests", recorded().values(), ids=recorded().keys())
def test_recorded_requests(shop: Client, requests: list[Recorded]):
    wrong = []
    for asked in requests:
        if asked.left_out is None:
            answer = ask(shop, asked)
            if answer.status != asked.status or refused_inside(answer) != asked.refused_inside:
                wrong.append(f"{asked.step}: {asked.method} {asked.url}: {answer.status} {answer.text[:200]}")
    assert not wrong, "\n".join(wrong)


def refused_inside(answer: Answer) -> list[int]:
    """The statuses of those requests of a batch that were refused."""
    return [int(status) for status in re.findall(r"^HTTP/1.1 ([45]\d\d)", answer.text, re.MULTILINE)]


def ask(shop: Client, asked: Recorded) -> Answer:
    body = asked.body.replace("{root}", shop.root.rstrip("/"))
    return shop.send(asked.method, asked.url.removeprefix("/"), body.encode(), asked.headers)


def test_reasons_are_needed():
    left_out = {request.left_out for requests in recorded().values() for request in requests}
    assert left_out == {None, *LEFT_OUT}
