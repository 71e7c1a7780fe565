import pytest

from tests.delta.client import ClientV4
from tests.service.databases import client_of, databases, engine_of, engines

__all__ = ["client_of", "databases", "engine_of", "engines"]


@pytest.fixture
def shop(client_of):
    """TechStore with its first rows, for a client that says nothing of versions."""
    found = client_of("techstore")
    return ClientV4(found.service, changing=found.changing)


@pytest.fixture
def newest(shop):
    """The same for a client of 4.01."""
    return ClientV4(shop.service, newest=True, changing=shop.changing)
