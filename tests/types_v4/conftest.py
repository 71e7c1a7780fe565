import pytest
from sqlalchemy.orm import Session

from odata_service import ODataService
from tests.delta.client import ClientV4
from tests.service.client import Client
from tests.service.databases import databases, emptied, engines
from tests.types_v4 import workshop

__all__ = ["databases", "engines"]


@pytest.fixture
def service(databases, engines):
    """The workshop with its first rows."""
    engine = engines("workshop")
    if "workshop" not in databases.pristine:
        emptied(workshop.Base.metadata, engine)
        with Session(engine) as session, session.begin():
            workshop.fill(session)
        databases.pristine.add("workshop")
    return workshop.configured(ODataService(workshop.Base, engine, namespace="Workshop"))


@pytest.fixture
def tools(service, databases):
    return ClientV4(service, changing=lambda: databases.pristine.discard("workshop"))


@pytest.fixture
def newest(service, databases):
    """The same for a client of 4.01."""
    return ClientV4(service, newest=True, changing=lambda: databases.pristine.discard("workshop"))


@pytest.fixture
def old(service, databases):
    """The same for a client of V2."""
    return Client(service, changing=lambda: databases.pristine.discard("workshop"))
