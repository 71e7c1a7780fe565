import pytest

from tests.delta.client import ClientV4
from tests.service.databases import client_of, databases, engine_of, engines

__all__ = ["client_of", "databases", "engine_of", "engines"]


@pytest.fixture
def people(client_of):
    """The article's service, in V4: People, Addresses and PhoneNumbers are tracked, AddressTypes are not."""
    found = client_of("people")
    return ClientV4(found.service, changing=found.changing)


@pytest.fixture
def newest(people):
    """The same for a client of 4.01."""
    return ClientV4(people.service, newest=True, changing=people.changing)
