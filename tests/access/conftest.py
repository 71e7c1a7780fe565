from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import Engine

from odata_service import Headers, ODataRequest, ODataService
from odata_service.message import ANONYMOUS, Principal
from odata_service.protocol import PROTOCOLS
from odata_service.tracking import install_clock, write_sessions
from tests.access.model import Base, fill
from tests.service.client import Answer

ROOT = "http://services.example/svc/"
_ASCII = "".join(map(chr, range(33, 127)))


@dataclass(frozen=True)
class Client:
    """Somebody who asks in one protocol; ``client.by(CLERK)`` is somebody else."""

    service: ODataService
    protocol: str = "v4"
    principal: Principal = ANONYMOUS

    def by(self, principal: Principal) -> Client:
        return replace(self, principal=principal)

    def v2(self) -> Client:
        return replace(self, protocol="v2")

    def send(self, method: str, url: str, body: object = None, **headers: str) -> Answer:
        target, _, query = quote(url.removeprefix(ROOT), safe=_ASCII).partition("?")
        given = {"Accept": "application/json", "Content-Type": "application/json"}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        request = ODataRequest(
            PROTOCOLS[self.protocol], method, target, query, Headers(given), content, ROOT, self.principal
        )
        answer = self.service.handle(request)
        assert answer.status < 500 or answer.status == 501, f"{method} {url}: {answer.body!r}"
        return Answer(answer.status, Headers(answer.headers), answer.body)

    def get(self, url: str, **headers: str) -> Answer:
        return self.send("GET", url, **headers)

    def rows(self, url: str, **headers: str) -> list[dict[str, Any]]:
        answer = self.get(url, **headers)
        assert answer.status == 200, answer.text
        found: list[dict[str, Any]] = answer.json["value"] if self.protocol == "v4" else answer.entities
        return found

    @property
    def service_root(self) -> str:
        return ROOT

    def ids(self, url: str) -> list[int]:
        return [row["Id"] for row in self.rows(url)]


@pytest.fixture
def orders(database: Engine) -> Client:
    """The model's first rows; nothing is open yet."""
    Base.metadata.create_all(database)
    install_clock(database)
    with write_sessions(database).begin() as session:
        fill(session)
    return Client(ODataService(Base, database, namespace="Shop", secret="s"))
