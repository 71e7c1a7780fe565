"""A deleted row keeps every value it had, of every type that a database has; and no table of the harbour is in the way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import inspect, make_url
from sqlalchemy.exc import DBAPIError

from tests.databases.harbour import make_mariadb, make_postgresql, make_sqlite
from tests.track.shop import Shop

OURS = {"LastUpdated", "IsDeleted"}


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def harbour(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shop]:
    with ExitStack() as stack:
        if request.param == "sqlite":
            url = make_sqlite(tmp_path / "harbour.db")
        else:
            made = {"postgresql": make_postgresql, "mariadb": make_mariadb}[request.param]
            url = made(stack.enter_context(request.getfixturevalue(f"{request.param}_database")()))
        found = Shop(make_url(url))
        yield found
        found.engine.dispose()


@pytest.mark.filterwarnings("ignore:Did not recognize type")
def test_every_table(harbour: Shop) -> None:
    found = inspect(harbour.engine)
    keyed = [name for name in found.get_table_names() if found.get_pk_constraint(name)["constrained_columns"]]
    parts = ("measured_2024", "line_search")  # of a table that is tracked itself, and of a virtual one
    tables = [name for name in keyed if not name.startswith(parts)]
    before = {name: rows(harbour, name, name) for name in tables}
    harbour.install(*tables)
    deleted: list[str] = []
    while more := [name for name in tables if name not in deleted and emptied(harbour, name)]:
        deleted += more
    assert len(deleted) >= 12
    for name in deleted:
        assert rows(harbour, name, f"odata_gone_{name}") == before[name], name
    assert any(before[name] for name in deleted)


def emptied(shop: Shop, table: str) -> bool:
    """Whether nothing refers to its rows."""
    try:
        shop.sql(f"DELETE FROM {quoted(shop, table)}")
    except DBAPIError:
        return False
    return True


def rows(shop: Shop, like: str, table: str) -> list[str]:
    columns = [each["name"] for each in inspect(shop.engine).get_columns(like) if each["name"] not in OURS]
    as_text = "CAST({} AS text)" if shop.url.get_backend_name() == "postgresql" else "{}"  # more days than Python has
    named = ", ".join(as_text.format(quoted(shop, each)) for each in columns)
    found: list[tuple[Any, ...]] = shop.sql(f"SELECT {named} FROM {quoted(shop, table)}")
    return sorted(map(repr, found))


def quoted(shop: Shop, name: str) -> str:
    return shop.engine.dialect.identifier_preparer.quote_identifier(name)
