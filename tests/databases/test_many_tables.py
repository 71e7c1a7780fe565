"""A database of many tables: the catalogue is asked about all of them at once, and says how far it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import (
    Column,
    DateTime,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    create_engine,
    event,
)

from odata_service.config import Settings
from odata_service.reflect.products import product_named
from odata_service.reflect.reading import read_facts
from odata_service.reflect.service import reflected


def make_tables(engine: Any, count: int) -> None:
    metadata = MetaData()
    for number in range(count):
        referred = f"t{number - 1}.id" if number else "t0.id"
        Table(
            f"t{number}", metadata, Column("id", Integer, primary_key=True), Column("name", String(20)), Column("at", DateTime),
            Column("other", ForeignKey(referred)), UniqueConstraint("name", name=f"u{number}"),
        )  # fmt: skip
    metadata.create_all(engine)


@pytest.mark.parametrize(("named", "for_each_table"), [("postgresql", 0), ("mariadb", 1)])
def test_statements_for_many_tables(named: str, for_each_table: int, request: pytest.FixtureRequest) -> None:
    counts = []
    for tables in (3, 30):
        with request.getfixturevalue(f"{named}_database")() as url:
            engine = create_engine(url)
            make_tables(engine, tables)
            said: list[str] = []
            event.listen(engine, "before_cursor_execute", lambda *told, said=said: said.append(told[2]))
            assert len(read_facts(engine, product_named(named)).tables) == tables
            counts.append(len(said))
            engine.dispose()
    assert counts[1] - counts[0] == 27 * for_each_table


def test_progress(tmp_path: Any) -> None:
    url = f"sqlite:///{tmp_path}/many.db"
    engine = create_engine(url)
    make_tables(engine, 60)
    engine.dispose()
    said: list[str] = []
    tell: Callable[[str], None] = said.append
    reflected(Settings(database_url=url), tell)
    assert said == [
        "reading the catalogue",
        "reading 60 tables and views",
        "looking at the values of 1 of 60",
        "looking at the values of 51 of 60",
        "mapping 60 tables and views",
    ]
