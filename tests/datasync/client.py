"""A Datasync client in the same process, as far as a request and its answer go."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from odata_service import Headers, ODataRequest, ODataService
from odata_service.protocol import DATASYNC, Protocol
from tests.service.client import Answer

ROOT = "http://services.example/tables/"
_ASCII = "".join(map(chr, range(33, 127)))
Row = dict[str, Any]


@dataclass(frozen=True)
class Client:
    """Sends requests through the service's one door. Header names are keywords: ``If_Match='"…"'``."""

    service: ODataService
    protocol: Protocol = DATASYNC
    headers: Mapping[str, str] = field(default_factory=dict)  # of every request
    changing: Callable[[], object] = bool  # called before any request that may change the database

    def send(self, method: str, url: str, body: object = None, **headers: str) -> Answer:
        """A body that is no bytes is sent as JSON. Clients of the toolkit say nothing of what they accept."""
        if method != "GET":
            self.changing()
        target, _, query = quote(url, safe=_ASCII).partition("?")
        content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        kind = {} if body is None else {"Content-Type": "application/json"}
        given = kind | dict(self.headers) | {name.replace("_", "-"): value for name, value in headers.items()}
        answer = self.service.handle(ODataRequest(self.protocol, method, target, query, Headers(given), content, ROOT))
        assert answer.status < 500, f"{method} {url}: {answer.body!r}"
        return Answer(answer.status, Headers(answer.headers), answer.body)

    def get(self, url: str, **headers: str) -> Answer:
        return self.send("GET", url, **headers)

    def post(self, url: str, body: object, **headers: str) -> Answer:
        return self.send("POST", url, body, **headers)

    def put(self, url: str, body: object, **headers: str) -> Answer:
        return self.send("PUT", url, body, **headers)

    def delete(self, url: str, **headers: str) -> Answer:
        return self.send("DELETE", url, **headers)

    def items(self, url: str, **headers: str) -> list[Row]:
        """The rows of one page."""
        answer = self.get(url, **headers)
        assert answer.status == 200, answer.body
        found: list[Row] = answer.json["items"]
        return found

    def pages(self, url: str) -> Iterator[dict[str, Any]]:
        """All pages: the client puts ``nextLink`` behind its own address."""
        following: str | None = url
        while following is not None:
            page = self.get(following)
            assert page.status == 200, page.body
            yield page.json
            link = page.json["nextLink"]
            following = None if link is None else f"{url.partition('?')[0]}?{link}"

    def all(self, url: str) -> list[Row]:
        return [row for page in self.pages(url) for row in page["items"]]
