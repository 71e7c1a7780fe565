"""What V2's clients really send, recorded from them against another server, answered as they need it.

Each client's requests run in their order on one service, because later ones change what earlier ones made.
"""

from __future__ import annotations

import dataclasses
import json
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
    body: str | None

    @property
    def left_out(self) -> str | None:
        """Why it is not asked of a service of one model in JSON."""
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


LEFT_OUT = {
    "$batch is another matter": lambda asked: "$batch" in asked.url,
    "the web server answers OPTIONS": lambda asked: asked.method == "OPTIONS",
    "it calls a service operation": lambda asked: asked.url.startswith(("/TopRated", "/Discount")),
    "its body is Atom or XML": lambda asked: "xml" in asked.headers.get("Content-Type", "") and bool(asked.body),
    "it tests ETags, which the model has none of": lambda asked: "if-match" in {name.lower() for name in asked.headers},
}
# A step, or a part of the method and the URL → the status.
EXPECTED = {
    "404": 404,
    "bad filter": 400,
    "$skiptoken=": 400,  # of the server it was recorded with
    "atom read attempt": 406,
}
# What the clients made in a $batch or in Atom, before they went on with it.
MADE_OTHERWISE = [
    ("Products", {"ID": 9002, "Name": "made in a batch"}),
    ("Products", {"ID": 9813, "Name": "made in Atom"}),
    ("Suppliers", {"ID": 9801, "Name": "made in Atom"}),
]


def recorded() -> dict[str, list[Recorded]]:
    """The requests of each client, in their order. What it sent again in the same step, it sent once."""
    clients: dict[str, dict[tuple[object, ...], Recorded]] = {}
    for row in map(json.loads, FILE.read_text().splitlines() if FILE.exists() else ()):
        if row.get("protocol") == "v2":
            asked = Recorded(*(row[each.name] for each in dataclasses.fields(Recorded)))
            said = (asked.step, asked.method, asked.url, asked.body)
            clients.setdefault(asked.client, {}).setdefault(said, asked)
    return {client: list(requests.values()) for client, requests in clients.items()}


@pytest.mark.parametrize("requests", recorded().values(), ids=recorded().keys())
def test_recorded_requests(shop: Client, requests: list[Recorded]):
    for url, body in MADE_OTHERWISE:
        assert shop.post(url, body).status == 201
    wrong = []
    for asked in requests:
        if asked.left_out is None:
            answer = ask(shop, asked)
            if answer.status != asked.status:
                wrong.append(f"{asked.step}: {asked.method} {asked.url}: {answer.status} {answer.text[:200]}")
    assert not wrong, "\n".join(wrong)


def ask(shop: Client, asked: Recorded) -> Answer:
    headers = dict(asked.headers)
    if "json" not in headers.get("Accept", "json") and "atom read" not in asked.step and "metadata" not in asked.url:
        headers["Accept"] = "application/json"  # in place of Atom
    body = (asked.body or "").replace("{root}", shop.root.rstrip("/"))
    return shop.send(asked.method, asked.url.removeprefix("/"), body.encode(), headers)


def test_reasons_are_needed():
    left_out = {request.left_out for requests in recorded().values() for request in requests}
    assert left_out == {None, *LEFT_OUT}
