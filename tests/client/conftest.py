from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import URL, create_engine
from werkzeug.serving import make_server

from odata_service import ODataService
from odata_service.client import ODataClient
from odata_service.sample import sample_named
from tests.conftest import FreshDatabase

WAYS = [(version, way) for version in ("v4", "v2") for way in ("in process", "http")]


@dataclass
class Running:
    """A service, and where it is on the network."""

    service: ODataService
    root: str
    clients: dict[tuple[str, str], ODataClient] = field(default_factory=dict)  # each reads $metadata once

    def client(self, version: str, way: str = "in process") -> ODataClient:
        if (version, way) not in self.clients:
            there = f"{self.root}{version}/" if way == "http" else self.service
            self.clients[version, way] = ODataClient(there, version)
        return self.clients[version, way]


def running(service: ODataService) -> Iterator[Running]:
    """The service over real HTTP, at ``/v4`` and ``/v2`` of a free port."""
    app = Flask(__name__)
    for version in ("v4", "v2"):
        app.register_blueprint(service.blueprint(version), url_prefix=f"/{version}")
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield Running(service, f"http://127.0.0.1:{server.server_port}/")
    server.shutdown()
    thread.join()
    server.server_close()


@dataclass
class Services:
    """One sample on each database; in process it is asked on SQLite, over HTTP on PostgreSQL."""

    sqlite: Running
    postgresql: Running

    def client(self, version: str, way: str) -> ODataClient:
        return (self.postgresql if way == "http" else self.sqlite).client(version, way)


def sample(name: str, url: URL | str) -> ODataService:
    found, engine = sample_named(name), create_engine(url)
    service = ODataService(found.base, engine, namespace=found.namespace, container=found.container)
    service.page_size("*", 5)
    found.configure(service)
    found.create(engine)
    return service


def services(name: str, folder: Path, fresh: FreshDatabase) -> Iterator[Services]:
    with fresh() as url, contextmanager(running)(sample(name, f"sqlite:///{folder}/{name}.db")) as sqlite:
        service = sample(name, url)
        with contextmanager(running)(service) as postgresql:
            yield Services(sqlite, postgresql)
        service.engine.dispose()


@pytest.fixture(scope="module")
def people_services(tmp_path_factory: pytest.TempPathFactory, postgresql_database: FreshDatabase) -> Iterator[Services]:
    yield from services("people", tmp_path_factory.mktemp("people"), postgresql_database)


@pytest.fixture(scope="module")
def techstore_services(
    tmp_path_factory: pytest.TempPathFactory, postgresql_database: FreshDatabase
) -> Iterator[Services]:
    yield from services("techstore", tmp_path_factory.mktemp("techstore"), postgresql_database)


@pytest.fixture
def people_service(people_services: Services) -> Running:
    return people_services.sqlite


@pytest.fixture
def techstore_service(techstore_services: Services) -> Running:
    return techstore_services.sqlite


@pytest.fixture(params=WAYS, ids=lambda way: f"{way[0]}-{'http-postgresql' if way[1] == 'http' else 'in-process'}")
def way(request: pytest.FixtureRequest) -> tuple[str, str]:
    found: tuple[str, str] = request.param
    return found


@pytest.fixture
def people(people_services: Services, way: tuple[str, str]) -> ODataClient:
    return people_services.client(*way)


@pytest.fixture
def shop(techstore_services: Services, way: tuple[str, str]) -> ODataClient:
    return techstore_services.client(*way)


@pytest.fixture
def shop_v4(techstore_service: Running) -> ODataClient:
    return techstore_service.client("v4")
