"""Two services that a clerk cannot tell apart: in one there is something that he may not see, in the other there is not."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from types import ModuleType, SimpleNamespace
from typing import Any
from urllib.parse import quote

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from odata_service import EntitySetRights, Headers, ODataRequest, ODataResponse, ODataService, User
from odata_service.protocol import PROTOCOLS
from odata_service.tracking import install_clock, write_sessions

ROOT = "http://services.example/svc/"
CLERK, BOSS = User("Carla", frozenset({"clerk"})), User("Bea", frozenset({"boss"}))
_ASCII = "".join(map(chr, range(33, 127)))
# What is drawn by lot or measured; the number of statements is neither.
_VOLATILE = re.compile(rb"batchresponse_[0-9a-f-]{36}|<updated>[^<]*</updated>|;dur=[0-9.]+")


@dataclass(frozen=True)
class Road:
    """One request."""

    method: str
    url: str
    body: object = None
    headers: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        body = "" if self.body is None else f" {self.body}"
        return f"{self.method} {self.url}{body}"


def get(*urls: str) -> list[Road]:
    return [Road("GET", url) for url in urls]


@dataclass
class Twins:
    """``hiding`` has the secret, ``lacking`` has it not. What they answer is compared byte for byte."""

    hiding: ODataService
    lacking: ODataService
    tried: Counter[str] = field(default_factory=Counter)

    def ask(self, service: ODataService, protocol: str, road: Road, who: User = CLERK) -> ODataResponse:
        target, _, query = quote(road.url.removeprefix(ROOT), safe=_ASCII).partition("?")
        content = (
            road.body if isinstance(road.body, bytes) else b"" if road.body is None else json.dumps(road.body).encode()
        )
        headers = {"Accept": "application/json", "Content-Type": "application/json", **dict(road.headers)}
        request = ODataRequest(PROTOCOLS[protocol], road.method, target, query, Headers(headers), content, ROOT, who)
        return service.handle(request)

    def compare(self, what: str, protocol: str, roads: Iterable[Road]) -> None:
        """Of all roads, those on which something can be told."""
        different = []
        for road in roads:
            one, other = (told(self.ask(each, protocol, road)) for each in (self.hiding, self.lacking))
            self.tried[what] += 1
            assert one[0] < 500 or one[0] == 501, f"{road}: {one}"
            if one != other:
                different.append(f"{road}\n  hiding:  {one}\n  lacking: {other}")
        assert not different, f"{len(different)} of {self.tried[what]} roads tell of {what}:\n" + "\n".join(
            different[:12]
        )

    def print_counts(self) -> None:
        for what, count in self.tried.items():
            print(f"{count:6} roads: {what}")


def told(response: ODataResponse) -> tuple[int, dict[str, str], bytes]:
    """All that a client is told, but for how long it took and what is drawn by lot."""
    headers = {name: _VOLATILE.sub(b"", value.encode()).decode() for name, value in response.headers.items()}
    return response.status, headers, _VOLATILE.sub(b"", response.body)


def service_of(
    models: ModuleType, engine: Engine, fill: Callable[[Any, Session], None], namespace: str = "Shop"
) -> ODataService:
    """Everything is open, until something is closed."""
    models.Base.metadata.create_all(engine)
    install_clock(engine)
    with write_sessions(engine).begin() as session:
        fill(models, session)
    service = ODataService(models.Base, engine, namespace=namespace, secret="the same")
    service.rights("*", EntitySetRights.ALL)
    return service


def copy_of(module: ModuleType) -> ModuleType:
    """The same classes once more."""
    assert module.__spec__ is not None
    again = importlib.util.module_from_spec(module.__spec__)
    sys.modules[f"{module.__name__}_again"] = again
    module.__spec__.loader.exec_module(again)  # type: ignore[union-attr]
    return again


class StandingMoment(datetime):
    """Instead of ``datetime``."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> StandingMoment:
        return cls(2023, 11, 14, 22, 13, 20, tzinfo=tz)


def standing_clock() -> SimpleNamespace:
    """Instead of the module ``time``: stamps that differ by nothing but their order."""
    return SimpleNamespace(time_ns=lambda: 1_700_000_000_000_000_000, time=lambda: 1_700_000_000.0)
