"""A V4 client in the same process."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from odata_service import Headers, ODataRequest, ODataService
from odata_service.protocol import V4
from tests.service.client import Answer

ROOT = "http://services.example/v4/"
_ASCII = "".join(map(chr, range(33, 127)))
_JSON = {"Accept": "application/json", "Content-Type": "application/json"}


@dataclass(frozen=True)
class ClientV4:
    """Speaks 4.0, or 4.01 with ``newest``."""

    service: ODataService
    newest: bool = False
    changing: Callable[[], None] = lambda: None  # called before whatever may change the database

    def send(self, method: str, url: str, body: object = None, **headers: str) -> Answer:
        if method not in ("GET", "HEAD", "OPTIONS"):
            self.changing()
        target, _, query = quote(url.removeprefix(ROOT), safe=_ASCII).partition("?")
        version = {"OData-MaxVersion": "4.01"} if self.newest else {}
        given = _JSON | version | {name.replace("_", "-"): value for name, value in headers.items()}
        content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        answer = self.service.handle(ODataRequest(V4, method, target, query, Headers(given), content, ROOT))
        assert answer.status < 500 or answer.status == 501, f"{method} {url}: {answer.body!r}"
        return Answer(answer.status, Headers(answer.headers), answer.body)

    def get(self, url: str, **headers: str) -> Answer:
        return self.send("GET", url, **headers)

    def value(self, url: str, **headers: str) -> list[dict[str, Any]]:
        answer = self.get(url, **headers)
        assert answer.status == 200, answer.body
        found: list[dict[str, Any]] = answer.json["value"]
        return found

    def pages(self, url: str | None, **headers: str) -> Iterator[dict[str, Any]]:
        while url is not None:
            page = self.get(url, **headers)
            assert page.status == 200, page.body
            yield page.json
            url = page.json.get("@odata.nextLink", page.json.get("@nextLink"))

    def delta_link(self, url: str, **headers: str) -> str:
        """What the last page of a tracked reading, or of a delta, ends with."""
        *_, last = self.pages(url, **{"Prefer": "track-changes"} | headers)
        link: str = last.get("@odata.deltaLink") or last["@deltaLink"]
        return link
