from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import create_engine
from werkzeug.serving import make_server

from odata_service import ODataService
from odata_service.client import ODataClient
from odata_service.sample import sample_named

WAYS = [(version, way) for version in ("v4", "v2") for way in ("in process", "http")]


@dataclass
class Running:
    """A service, and where it is on the network."""

    service: ODataService
    root: str

    def client(self, version: str, way: str = "in process") -> ODataClient:
        return ODataClient(f"{self.root}{version}/") if way == "http" else ODataClient(self.service, version)


def running(service: ODataService) -> Iterator[Running]:
    """The service over real HTTP, at ``/v4`` and ``/v2`` of a free port."""
    app = Flask(__name__)
    for version in ("v4", "v2"):
        app.register_blueprint(service.blueprint(version), url_prefix=f"/{version}")
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Running(service, f"http://127.0.0.1:{server.server_port}/")
    server.shutdown()
    thread.join()
    server.server_close()


def sample(name: str, folder: Path) -> ODataService:
    found = sample_named(name)
    engine = create_engine(f"sqlite:///{folder}/{name}.db")
    service = ODataService(found.base, engine, namespace=found.namespace, container=found.container)
    service.page_size("*", 5)
    found.configure(service)
    found.create(engine)
    return service


@pytest.fixture(scope="module")
def people_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    yield from running(sample("people", tmp_path_factory.mktemp("people")))


@pytest.fixture(scope="module")
def techstore_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    yield from running(sample("techstore", tmp_path_factory.mktemp("techstore")))


@pytest.fixture(params=WAYS, ids=lambda way: f"{way[0]} {way[1]}".replace(" ", "-"))
def way(request: pytest.FixtureRequest) -> tuple[str, str]:
    found: tuple[str, str] = request.param
    return found


@pytest.fixture
def people(people_service: Running, way: tuple[str, str]) -> ODataClient:
    return people_service.client(*way)


@pytest.fixture
def shop(techstore_service: Running, way: tuple[str, str]) -> ODataClient:
    return techstore_service.client(*way)


@pytest.fixture
def shop_v4(techstore_service: Running) -> ODataClient:
    return techstore_service.client("v4")
