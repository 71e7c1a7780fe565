import pytest
from sqlalchemy.orm import Session

from odata_service import ODataService
from tests.delta.client import ClientV4
from tests.service.client import Client
from tests.service.databases import databases, engines
from tests.types_v4 import orders, workshop

__all__ = ["databases", "engines"]


def refill(databases, name, model):
    """The database has just the model's first rows again."""

    def fill(connection):
        with Session(connection) as session:
            model.fill(session)
            session.flush()

    databases.refill(name, model.Base.metadata, fill)


@pytest.fixture
def service(databases, engines):
    """The workshop with its first rows."""
    refill(databases, "workshop", workshop)
    return workshop.configured(ODataService(workshop.Base, engines("workshop"), namespace="Workshop"))


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


@pytest.fixture
def sales_service(databases, engines):
    """Orders and what is contained in them."""
    refill(databases, "orders", orders)
    return orders.configured(ODataService(orders.Base, engines("orders"), namespace="Sales"))


@pytest.fixture
def sales(sales_service, databases):
    return ClientV4(sales_service, changing=lambda: databases.pristine.discard("orders"))


@pytest.fixture
def newest_sales(sales_service, databases):
    return ClientV4(sales_service, newest=True, changing=lambda: databases.pristine.discard("orders"))


@pytest.fixture
def old_sales(sales_service, databases):
    return Client(sales_service, changing=lambda: databases.pristine.discard("orders"))
