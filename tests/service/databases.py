"""Databases that are made once and filled anew for each test that follows a change, on each product."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

import pytest
from sqlalchemy import URL, Connection, Engine, MetaData, create_engine, inspect, text

from odata_service import ODataService
from odata_service.sample import Sample, sample_named
from odata_service.tracking import UTC_CLOCK, install_clock, writing
from tests.conftest import FreshDatabase
from tests.service import blog, catalogue, market
from tests.service.client import Client

OF_TESTS = {sample.name: sample for sample in (blog.SAMPLE, catalogue.SAMPLE, market.SAMPLE)}
ClientOf = Callable[[str], Client]
EngineOf = Callable[[str], Engine]


@dataclass
class Databases:
    """The databases of one product, by name, and which of them have just their first rows."""

    product: str
    fresh: FreshDatabase
    stack: ExitStack
    urls: dict[str, URL] = field(default_factory=dict)
    pristine: set[str] = field(default_factory=set)
    _fillers: dict[str, Engine] = field(default_factory=dict)

    def url(self, name: str) -> URL:
        if name not in self.urls:
            self.urls[name] = self.stack.enter_context(self.fresh())
        return self.urls[name]

    def refill(self, name: str, metadata: MetaData, fill: Callable[[Connection], object]) -> None:
        """Just the first rows again, where a test has changed them; by connections and statements that are kept."""
        if name in self.pristine:
            return
        if name not in self._fillers:
            self._fillers[name] = create_engine(self.url(name))
            self.stack.callback(self._fillers[name].dispose)
        emptied(metadata, self._fillers[name])
        with writing(self._fillers[name]).begin() as connection:
            fill(connection)
        self.pristine.add(name)


@pytest.fixture(scope="session")
def databases(product: str, fresh_database: FreshDatabase) -> Iterator[Databases]:
    with ExitStack() as stack:
        yield Databases(product, fresh_database, stack)


@pytest.fixture
def engines(databases: Databases) -> Iterator[EngineOf]:
    """A new engine for the test, so that no service meets the connections of another."""
    with ExitStack() as stack:

        def engine(name: str) -> Engine:
            made = create_engine(databases.url(name))
            stack.callback(made.dispose)
            return made

        yield engine


@pytest.fixture
def engine_of(databases: Databases, engines: EngineOf) -> EngineOf:
    """``engine_of("people")`` is a database that the test may do anything with."""

    def engine(name: str) -> Engine:
        databases.pristine.discard(name)
        return engines(name)

    return engine


@pytest.fixture
def client_of(databases: Databases, engines: EngineOf) -> ClientOf:
    """``client_of("people")`` talks to that sample's service, with just its first rows in the database."""

    def client(name: str) -> Client:
        sample = _sample(name)
        databases.refill(name, sample.base.metadata, lambda made: sample.fill(made, UTC_CLOCK.stamp(made)))
        return Client(service_of(sample, engines(name)), changing=lambda: databases.pristine.discard(name))

    return client


def _sample(name: str) -> Sample:
    return OF_TESTS[name] if name in OF_TESTS else sample_named(name)


@pytest.fixture
def people(client_of: ClientOf) -> Client:
    """The article's service with its dozen people; everything is open."""
    return client_of("people")


@pytest.fixture
def people_by_entity(client_of: ClientOf) -> Client:
    """The same, tracked on the entity: only Person has a stamp."""
    return client_of("people-entity")


@pytest.fixture
def shop(client_of: ClientOf) -> Client:
    """The catalogue that clients were recorded with: products, suppliers, orders with a composite key."""
    return client_of("catalogue")


def service_of(sample: Sample, engine: Engine) -> ODataService:
    service = ODataService(sample.base, engine, namespace=sample.namespace, container=sample.container)
    sample.configure(service)
    return service


def emptied(metadata: MetaData, engine: Engine) -> None:
    """All tables there, and nothing in them."""
    install_clock(engine)
    known = set(inspect(engine).get_table_names())
    with writing(engine).begin() as connection, _without_references(connection):
        for table in reversed(metadata.sorted_tables):
            if table.name in known:
                connection.execute(table.delete())
    if not known >= set(metadata.tables):
        metadata.create_all(engine)


@contextmanager
def _without_references(connection: Connection) -> Iterator[None]:
    """MariaDB looks after each row whether others of the same table still refer to it."""
    if connection.dialect.name == "mariadb":
        connection.execute(text("SET foreign_key_checks = 0"))
    yield
    if connection.dialect.name == "mariadb":
        connection.execute(text("SET foreign_key_checks = 1"))
