"""A table that is to be kept track of, and the names of what is made for it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Engine

from odata_service.reflect.facts import ColumnFacts, Columns, ForeignKey, TableFacts, TableName
from odata_service.tracking.clock import COUNTERS
from odata_service.tracking.floor import FLOORS
from odata_service.tracking.kept import REGISTER
from odata_service.values import frozen

LONGEST = 60  # characters of a name, which all databases take


@frozen
class Reference:
    """A foreign key that leads to a table, and what becomes of its row when the one it refers to goes or gets another key:
    ``CASCADE``, ``SET NULL`` or nothing."""

    child: TableName
    key: ForeignKey
    on_delete: str = ""
    on_update: str = ""


@frozen
class Names:
    """Quoted names, and the conditions that are made of them."""

    engine: Engine
    own_schema: str | None  # where the clock is

    def quote(self, name: str) -> str:
        return self.engine.dialect.identifier_preparer.quote_identifier(name)

    def table(self, name: TableName) -> str:
        """Always with its schema, because triggers do not look for it."""
        schema = name.schema or self.own_schema
        return self.quote(name.name) if schema is None else f"{self.quote(schema)}.{self.quote(name.name)}"

    def own(self, name: str) -> str:
        return self.table(TableName(None, name))

    def list(self, columns: Iterable[str], of: str = "") -> str:
        return ", ".join(f"{of}{self.quote(each)}" for each in columns)

    def same(self, columns: Iterable[str], here: str, there: str, equals: str = "=") -> str:
        return " AND ".join(f"{here}{self.quote(each)} {equals} {there}{self.quote(each)}" for each in columns)

    @property
    def clock(self) -> str:
        return self.own(COUNTERS.name)

    @property
    def register(self) -> str:
        return self.own(REGISTER.name)

    @property
    def floors(self) -> str:
        return self.own(FLOORS.name)


@frozen
class Target:
    """One table. ``references`` are the foreign keys between it and what is around it, as far as rows follow others."""

    facts: TableFacts
    last_updated: str
    is_deleted: str
    apart: bool  # the stamps stand in a table of their own
    since: datetime  # the stamp of the rows that are there already
    references: tuple[Reference, ...] = ()

    @property
    def name(self) -> TableName:
        return self.facts.name

    @property
    def key(self) -> Columns:
        return self.facts.key

    @property
    def columns(self) -> tuple[ColumnFacts, ...]:
        """Those that are the table's own."""
        ours = () if self.apart else (self.last_updated, self.is_deleted)
        return tuple(each for each in self.facts.columns if each.name not in ours)

    @property
    def gone(self) -> TableName:
        return self.beside("gone")

    @property
    def stamps(self) -> TableName:
        return self.beside("stamps")

    def named(self, what: str) -> str:
        """``odata_gone_customer``, the same at every time."""
        return named(what, self.name.name)

    def beside(self, what: str) -> TableName:
        return TableName(self.name.schema, self.named(what))


def named(what: str, table: str) -> str:
    """
    >>> named("gone", "customer"), len(named("gone", "customer" * 9))
    ('odata_gone_customer', 60)
    """
    name = f"odata_{what}_{table}"
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 9]}_{hashlib.sha256(table.encode()).hexdigest()[:8]}"


def literal(text: str) -> str:
    """
    >>> literal("o'clock")
    "'o''clock'"
    """
    return "'" + text.replace("'", "''") + "'"
