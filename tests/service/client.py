"""A client in the same process: requests as they would stand on the wire, answers as a test wants to compare them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from odata_service import Headers, ODataRequest, ODataResponse, ODataService
from odata_service.protocol import V2

ROOT = "http://services.example/PeopleDataService.svc/"
_MOST_PAGES = 1_000
_ASCII = "".join(map(chr, range(33, 127)))  # what a client leaves as it is; all else it percent-encodes


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Headers
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def d(self) -> Any:
        return self.json["d"]

    @property
    def entities(self) -> list[dict[str, Any]]:
        """Those of one page, in the form of either version."""
        results: list[dict[str, Any]] = self.d if isinstance(self.d, list) else self.d["results"]
        return results

    @property
    def next(self) -> str | None:
        return self.d.get("__next") if isinstance(self.d, dict) else None

    @property
    def error(self) -> tuple[int, str]:
        """``(404, "ResourceNotFound")``"""
        return self.status, self.json["error"]["code"]

    @property
    def message(self) -> str:
        message: str = self.json["error"]["message"]["value"]
        return message

    @property
    def statements(self) -> int:
        """How many SQL statements it took."""
        match = re.search(r'desc="statements=(\d+)"', self.headers["Server-Timing"])
        assert match is not None
        return int(match[1])


@dataclass(frozen=True)
class Client:
    """Sends requests through the service's one door."""

    service: ODataService
    root: str = ROOT
    changing: Callable[[], object] = bool  # called before any request that may change the database

    def send(self, method: str, url: str, body: bytes = b"", headers: dict[str, str] | None = None) -> Answer:
        """``url`` is absolute, or relative to the root; blanks and letters beyond ASCII are encoded on the way."""
        if method not in ("GET", "HEAD"):
            self.changing()
        target, _, query = quote(url.removeprefix(self.root), safe=_ASCII).partition("?")
        asked = ODataRequest(V2, method, target, query, Headers(headers or {}), body, self.root)
        answer: ODataResponse = self.service.handle(asked)
        assert answer.status < 500 or answer.status == 501, f"{method} {url}: {answer.body!r}"
        return Answer(answer.status, Headers(answer.headers), answer.body)

    def get(self, url: str, **headers: str) -> Answer:
        return self.send("GET", url, headers=_headers({"Accept": "application/json"}, headers))

    def post(self, url: str, body: object, **headers: str) -> Answer:
        return self.change("POST", url, body, headers)

    def put(self, url: str, body: object, **headers: str) -> Answer:
        return self.change("PUT", url, body, headers)

    def merge(self, url: str, body: object, **headers: str) -> Answer:
        return self.change("MERGE", url, body, headers)

    def delete(self, url: str, **headers: str) -> Answer:
        return self.send("DELETE", url, headers=_headers({"Accept": "application/json"}, headers))

    def change(self, method: str, url: str, body: object, headers: dict[str, str]) -> Answer:
        sent = body if isinstance(body, bytes) else json.dumps(body).encode()
        usual = {"Accept": "application/json", "Content-Type": "application/json"}
        return self.send(method, url, sent, _headers(usual, headers))

    def pages(self, url: str) -> Iterator[Answer]:
        """The pages of a collection, by following ``__next``."""
        following: str | None = url
        for _ in range(_MOST_PAGES):
            if following is None:
                return
            page = self.get(following)
            assert page.status == 200, page.body
            yield page
            following = page.next
        raise AssertionError(f"{url} has no last page")

    def all(self, url: str) -> list[dict[str, Any]]:
        """The entities of all pages."""
        return [entity for page in self.pages(url) for entity in page.entities]


def _headers(usual: dict[str, str], special: dict[str, str]) -> dict[str, str]:
    """Keyword names as header names: ``X_HTTP_Method`` → ``X-HTTP-Method``."""
    return usual | {name.replace("_", "-"): value for name, value in special.items()}
