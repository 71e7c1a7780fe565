"""A client of the Sync API in the same process."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote

from odata_service import Headers, ODataRequest, ODataService
from odata_service.message import ANONYMOUS, Principal
from odata_service.protocol import SYNC, V4, Protocol
from tests.service.client import Answer

ROOT = "http://services.example/api/sync/"
_ASCII = "".join(map(chr, range(33, 127)))
Record = dict[str, Any]


@dataclass(frozen=True)
class SyncClient:
    """Pushes operations with ids of their own, and pulls."""

    service: ODataService
    principal: Principal = ANONYMOUS
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def by(self, principal: Principal) -> SyncClient:
        return replace(self, principal=principal)

    def send(self, method: str, url: str, body: object = None, protocol: Protocol = SYNC, **headers: str) -> Answer:
        target, _, query = quote(url.removeprefix(ROOT), safe=_ASCII).partition("?")
        given = {"Content-Type": "application/json"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        request = ODataRequest(protocol, method, target, query, Headers(given), content, ROOT, self.principal)
        answer = self.service.handle(request)
        assert answer.status < 500, f"{method} {url}: {answer.body!r}"
        return Answer(answer.status, Headers(answer.headers), answer.body)

    def operation(self, action: str, data: Record, **said: object) -> Record:
        return {"id": f"op-{next(self.numbers)}", "action": action, "data": data, **said}

    def push(self, url: str, *operations: Record, **said: object) -> Answer:
        return self.send("POST", url, {"operations": list(operations), **said})

    def results(self, url: str, *operations: Record) -> list[Record]:
        answer = self.push(url, *operations)
        assert answer.status == 200 and answer.json["message"] == "Sync complete", answer.body
        found: list[Record] = answer.json["results"]
        return found

    def do(self, action: str, data: Record, url: str = "Orders", **said: object) -> Record:
        """What came of one operation."""
        (result,) = self.results(url, self.operation(action, data, **said))
        return result

    def pull(self, url: str) -> Record:
        answer = self.send("GET", url)
        assert answer.status == 200, answer.body
        found: Record = answer.json
        return found

    def records(self, url: str = "Orders") -> dict[str, Record]:
        return {each["localId"]: each for each in self.pull(url)["records"]}

    def v4(self, method: str, url: str, body: object = None) -> Any:
        answer = self.send(method, url, body, protocol=V4)
        assert answer.status < 300, answer.body
        return answer.json if answer.body else None

    def logs(self) -> list[Record]:
        found: list[Record] = self.v4("GET", "SyncLogs?$orderby=SyncId")["value"]
        return found
