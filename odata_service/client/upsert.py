"""``INSERT … ON CONFLICT DO UPDATE`` as the driver takes it. A pull writes hundreds of thousands of rows with one and the same
statement; what SQLAlchemy would work out for each of them is worked out once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Column, Connection, Table, or_
from sqlalchemy.dialects import sqlite

from odata_service.values import frozen

from .columns import DIALECT

Row = Mapping[str, Any]  # by the names of columns
Parameters = tuple[Any, ...]


@frozen
class Bound:
    """A parameter: the column that it is for, how the driver wants its value, and what is written where a row has none."""

    name: str
    processed: Callable[[Any], Any] | None
    default: Callable[[Row], Any] | None

    def of(self, rows: Sequence[Row]) -> list[Any]:
        name, processed, default = self.name, self.processed, self.default
        values = [row[name] for row in rows] if default is None else [default(row) for row in rows]
        return values if processed is None else [processed(value) for value in values]


@frozen
class Upsert:
    text: str
    parameters: tuple[Bound, ...]

    def bound(self, rows: Sequence[Row]) -> list[Parameters]:
        """Rows as the driver takes them."""
        return list(zip(*(each.of(rows) for each in self.parameters), strict=True))

    def run(self, connection: Connection, rows: Sequence[Parameters]) -> None:
        if rows:
            connection.exec_driver_sql(self.text, list(rows))


@lru_cache(maxsize=256)
def upsert(table: Table, names: tuple[str, ...], newer: str | None = None) -> Upsert:
    """For rows with columns of these names. With ``newer``, the name of a stamp, a row that has a greater one stays."""
    keys = list(table.primary_key)
    made = sqlite.insert(table)
    updated = {name: made.excluded[name] for name in names if name not in {key.name for key in keys}}
    where = None
    if newer is not None:
        stamp, given = table.c[newer], made.excluded[newer]
        where = or_(stamp.is_(None), given.is_(None), given >= stamp)
    statement = made.on_conflict_do_update(index_elements=keys, set_=updated, where=where)
    compiled = statement.compile(dialect=DIALECT, column_keys=list(names))
    assert compiled.positiontup is not None, "SQLite's parameters have no names"
    return Upsert(str(compiled), tuple(_bound(table.c[name], names) for name in compiled.positiontup))


def _bound(column: Column[Any], names: Sequence[str]) -> Bound:
    processed = column.type.dialect_impl(DIALECT).bind_processor(DIALECT)
    return Bound(column.name, processed, None if column.name in names else _default(column))


def _default(column: Column[Any]) -> Callable[[Row], Any]:
    """What a column that no server knows of has in a new row. A function may ask for what else the row has."""
    default: Any = column.default
    if default.is_scalar:
        return lambda row: default.arg
    return lambda row: default.arg(SimpleNamespace(get_current_parameters=lambda **_options: dict(row)))
