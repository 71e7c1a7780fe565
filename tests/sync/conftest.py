from __future__ import annotations

import pytest

from odata_service.repeats import REPEATS
from odata_service.tracking import create_missing, writing
from tests.service.databases import ClientOf, client_of, databases, engine_of, engines
from tests.sync.client import SyncClient

__all__ = ["client_of", "databases", "engine_of", "engines"]


@pytest.fixture
def orders(client_of: ClientOf) -> SyncClient:
    """The orders sample with its first rows, and no operation done yet."""
    found = client_of("orders")
    found.changing()
    engine = found.service.engine
    create_missing(engine, REPEATS)
    with writing(engine).begin() as connection:
        connection.execute(REPEATS.delete())
    return SyncClient(found.service)
