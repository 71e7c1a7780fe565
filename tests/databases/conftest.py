"""The harbour on every product, read-only and for changes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from odata_service.config import Settings
from odata_service.reflect.service import reflected
from tests.csdl_v4.conftest import oasis
from tests.databases.harbour import Harbour, make_mariadb, make_postgresql, make_sqlite

__all__ = ["oasis"]

PRODUCTS = ["sqlite", "postgresql", "mariadb"]
SCHEMAS = {"postgresql": ("public", "yard")}


@pytest.fixture(scope="module", params=PRODUCTS)
def database_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with ExitStack() as stack:
        if request.param == "sqlite":
            yield make_sqlite(tmp_path_factory.mktemp("harbour") / "harbour.db")
        else:
            url = stack.enter_context(request.getfixturevalue(f"{request.param}_database")())
            yield {"postgresql": make_postgresql, "mariadb": make_mariadb}[request.param](url)


@pytest.fixture(scope="module")
def harbour(database_url: str) -> Iterator[Harbour]:
    """Two entities on a page, for clients that only read."""
    yield from _published(database_url, Settings(database_url=database_url, page_size=2))


@pytest.fixture
def open_harbour(database_url: str) -> Iterator[Harbour]:
    """For clients that change."""
    yield from _published(database_url, Settings(database_url=database_url, writable=True))


def _published(url: str, settings: Settings) -> Iterator[Harbour]:
    from dataclasses import replace

    found = reflected(replace(settings, schemas=SCHEMAS.get(url.partition(":")[0].partition("+")[0], ())))
    yield Harbour(found)
    found.service.engine.dispose()
