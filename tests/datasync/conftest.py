from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, create_engine

from odata_service import EntitySetRights, ODataService
from odata_service.limits import Limits
from tests.datasync import data
from tests.datasync.client import Client
from tests.datasync.models import Base, Country, KitchenSink, Movie, OldDay, OldMovie, OldSoftMovie, SoftMovie
from tests.service.databases import Databases, databases, emptied

__all__ = ["databases"]


def service_of(engine: Engine, limits: Limits | None = None) -> ODataService:
    """The tables of the toolkit's tests, all open."""
    service = ODataService(Base, engine, namespace="Datasync", limits=limits)
    service.rights("*", EntitySetRights.ALL)
    service.table("movies", Movie)
    service.table("pagedmovies", Movie, page_size=25)
    service.table("softmovies", SoftMovie)
    service.table("oldmovies", OldMovie)
    service.table("oldmovies_pagesize", OldMovie, page_size=25)
    service.table("oldsoft", OldSoftMovie)
    service.table("kitchensink", KitchenSink)
    service.table("countries", Country)
    service.table("datetime", OldDay)
    return service


@pytest.fixture(scope="session")
def filled(databases: Databases) -> Iterator[Engine]:
    """A database with all of the toolkit's rows, which no test changes."""
    if not data.is_there():
        pytest.skip(data.MISSING)
    engine = create_engine(databases.url("datasync-filled"))
    data.fill(engine)
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def toolkit(filled: Engine) -> Client:
    """A client of the filled tables."""
    return Client(service_of(filled))


@pytest.fixture
def client(databases: Databases) -> Iterator[Client]:
    """A client of empty tables."""
    engine = create_engine(databases.url("datasync"))
    emptied(Base.metadata, engine)
    yield Client(service_of(engine))
    engine.dispose()
