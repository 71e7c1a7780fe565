"""A service of items on a primary with a replica."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson
import pytest
from sqlalchemy import URL, Engine, create_engine

from odata_service import EntitySetRights, Headers, ODataRequest, ODataResponse, ODataService
from odata_service.message import ANONYMOUS, User
from odata_service.protocol import V4, Protocol
from tests.conftest import FreshDatabase
from tests.standby import Standby, standby_of
from tests.tracking.lossless import Base, Item

ROOT = "http://localhost/"


@pytest.fixture(scope="session")
def standby(postgresql_url: URL) -> Iterator[Standby]:
    with standby_of(postgresql_url) as found:
        yield found


@dataclass
class Client:
    """Keeps cookies, as clients do that have any."""

    service: ODataService
    user: User = ANONYMOUS
    cookies: dict[str, str] = field(default_factory=dict)
    keeps: bool = True
    place: str = ""  # where the last read went, and why not elsewhere

    def __post_init__(self) -> None:
        self.service.request_finished.connect(self._hear)

    def _hear(self, context: Any, _response: ODataResponse) -> None:
        self.place = f"{context.timing.place} {context.timing.why}".strip()

    def ask(self, method: str, url: str, body: Any = None, protocol: Protocol = V4, **headers: str) -> ODataResponse:
        target, _, query = url.removeprefix(ROOT).partition("?")
        said = {"Content-Type": "application/json", **headers}
        if self.cookies:
            said["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        data = b"" if body is None else orjson.dumps(body)
        answer = self.service.handle(
            ODataRequest(protocol, method, target, query, Headers(said), data, ROOT, self.user)
        )
        name, _, value = answer.headers.get("Set-Cookie", "").partition(";")[0].partition("=")
        if name and self.keeps:
            self.cookies[name] = value
        return answer

    def get(self, url: str, protocol: Protocol = V4, **headers: str) -> Any:
        answer = self.ask("GET", url, protocol=protocol, **headers)
        assert answer.status == 200, answer.body
        return orjson.loads(answer.body)

    def revisions(self) -> dict[int, int]:
        return {each["Id"]: each["Revision"] for each in self.get("Items?$select=Id,Revision")["value"]}


@dataclass
class Pair:
    """A primary with its replica."""

    standby: Standby
    primary: Engine
    replica: Engine
    service: ODataService

    def client(self, **how: Any) -> Client:
        return Client(self.service, **how)


READER = User("reader", frozenset(["reader"]))
WRITER = User("writer", frozenset(["writer"]))


def service_on(primary: Engine, replica: Engine | None, secret: str | None = None) -> ODataService:
    service = ODataService(Base, primary, namespace="Scale", secret=secret)
    service.rights("*", EntitySetRights.ALL_READ)
    service.rights("*", EntitySetRights.ALL, role="writer")
    service.table("items", Item)
    if replica is not None:
        service.read_replica(replica)
    return service


@pytest.fixture
def pair(standby: Standby, postgresql_database: FreshDatabase) -> Iterator[Pair]:
    with postgresql_database() as url:
        primary, replica = create_engine(url), create_engine(standby.url.set(database=url.database))
        Base.metadata.create_all(primary)
        service = service_on(primary, replica)
        for number in (1, 2):
            Client(service, WRITER).ask("POST", "Items", {"Id": number, "Revision": 1, "Transaction": "-"})
        standby.resume()
        yield Pair(standby, primary, replica, service)
        standby.resume()
        primary.dispose()
        replica.dispose()
