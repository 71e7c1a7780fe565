from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conftest import FreshDatabase
from tests.track.shop import MODES, Shop


@pytest.fixture(params=MODES)
def shop(request: pytest.FixtureRequest, fresh_database: FreshDatabase) -> Iterator[Shop]:
    """In both ways of keeping stamps."""
    with fresh_database() as url:
        found = Shop(url, MODES[request.param])
        if url.get_backend_name() == "sqlite":
            found.sql("PRAGMA user_version = 1")  # so that there is a file
        yield found
        found.engine.dispose()
