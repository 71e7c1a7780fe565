"""The People sample on each database, behind the one door."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest
from sqlalchemy import URL, create_engine, make_url

from odata_service import EntitySetRights, Headers, Limits, ODataRequest, ODataResponse, ODataService
from odata_service.protocol import V2
from odata_service.sample import sample_named
from tests.conftest import FreshDatabase
from tests.pace import answered

JSON = Headers({"Accept": "application/json", "Content-Type": "application/json"})
ALLOWED = 501  # "understood, but not offered" is an answer, and no failure


class Door:
    """What every answer must be: not a failure of the service, and quick."""

    def __init__(self, name: str, url: URL) -> None:
        self.name = name
        self.engine = create_engine(url)
        self._sample = sample_named("people")
        self._sample.create(self.engine)
        self._service = self._made(Limits())
        self._service.handle(ODataRequest(V2, "GET", "People", "$filter=null eq 1", JSON))  # builds the grammar, once

    @contextmanager
    def limited(self, limits: Limits) -> Iterator[None]:
        """The same service with other limits."""
        usual, self._service = self._service, self._made(limits)
        yield
        self._service = usual

    def _made(self, limits: Limits) -> ODataService:
        service = ODataService(
            self._sample.base,
            self.engine,
            namespace=self._sample.namespace,
            container=self._sample.container,
            limits=limits,
        )
        service.rights("*", EntitySetRights.ALL)
        service.page_size("*", 5)
        return service

    def ask(
        self, target: str, query: str = "", method: str = "GET", headers: Headers = JSON, body: bytes = b""
    ) -> ODataResponse:
        request = ODataRequest(V2, method, target, query, headers, body)
        response, seconds = answered(self._service, request)
        shown = f"{self.name}: {method} {target[:300]!a}?{query[:500]!a} {headers!a:.300} {body[:300]!a}"
        assert response.status < 500 or response.status == ALLOWED, (
            f"{response.status} {shown}\n{response.body[:300]!a}"
        )
        assert seconds < 1, f"{seconds:.2f} seconds for {shown}"
        return response


@pytest.fixture(scope="session")
def doors(postgresql_database: FreshDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Door]]:
    """For reading: the dozen people stay as they are."""
    with opened(postgresql_database, tmp_path_factory) as doors:
        yield doors


@pytest.fixture(scope="session")
def writing_doors(postgresql_database: FreshDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Door]]:
    with opened(postgresql_database, tmp_path_factory) as doors:
        yield doors


@contextmanager
def opened(postgresql_database: FreshDatabase, folders: pytest.TempPathFactory) -> Iterator[list[Door]]:
    with ExitStack() as stack:
        file = folders.mktemp("fuzz") / "people.db"
        urls = {"sqlite": make_url(f"sqlite:///{file}"), "postgresql": stack.enter_context(postgresql_database())}
        doors = [Door(name, url) for name, url in urls.items()]
        for door in doors:
            stack.callback(door.engine.dispose)
        yield doors
