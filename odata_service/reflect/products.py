"""What each database product says in a way of its own: found by SQLAlchemy's name of its dialect, as ``dialects/`` is."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from sqlalchemy import Connection, Engine, types

from odata_service.reflect.facts import ColumnFacts, Columns, TableFacts, TableName
from odata_service.values import frozen

LOOKED_AT = 5_000  # rows of a table; what comes later may be of another form
Evidence = Mapping[str, frozenset[str]]  # what kinds of values a column has, where its type does not say it


@frozen
class Arrival:
    """A column as it is published: with this type, or without one for a reason. ``note`` is what a reader should know."""

    type: types.TypeEngine[Any] | None
    note: str = ""


class Product:
    """Standard SQL; a subclass per product overrides."""

    name: ClassVar[str] = "default"
    no_day: ClassVar[str] = ""  # the condition that a moment is in no calendar

    def declared_types(self, connection: Connection, schema: str | None) -> Mapping[tuple[str, str], str]:
        """By table and column, the types as the database writes them."""
        return {}

    def refused_tables(self, connection: Connection, schema: str | None) -> Mapping[str, str]:
        """What is not published, and why."""
        return {}

    def catalogue_sign(self, connection: Connection, schema: str | None) -> str:
        """A text that is another one after the schema was changed; nothing where all facts have to be read for it."""
        return ""

    def counts(self, said: Mapping[str, Any], declared: str, key: Columns) -> bool:
        """Whether a column of a table with this key counts rows by itself."""
        return said.get("autoincrement") is True

    def lacking(self, connection: Connection, table: TableFacts) -> Columns:
        """The columns of a primary key that are null in some rows."""
        return ()

    def evidence(self, connection: Connection, table: TableFacts) -> Evidence:
        """What the values say where types do not bind them: whether there are days that no calendar has."""
        days = [each for each in table.columns if isinstance(each.type, (types.Date, types.DateTime))]
        if not days or not self.no_day:
            return {}
        quote = connection.dialect.identifier_preparer.quote_identifier
        asked_of = ", ".join(quote(each.name) for each in days)
        tests = [f"{quote(each.name)} IS NOT NULL AND ({self.no_day.format(quote(each.name))})" for each in days]
        asked = ", ".join(f"max(CASE WHEN {test} THEN 1 END)" for test in tests)
        found = connection.exec_driver_sql(f"SELECT {asked} FROM {some_rows(table.name, quote, asked_of)}").one()
        return {each.name: frozenset({"no day"} if said else ()) for each, said in zip(days, found, strict=True)}

    def arrival(self, column: ColumnFacts, values: frozenset[str]) -> Arrival:
        """The type under which a column is published."""
        return standard(column)

    def keeps_milliseconds(self, column: ColumnFacts, shown: types.TypeEngine[Any]) -> bool:
        """Whether a column of moments has room for the stamps of the clock."""
        return True

    def read_only(self, engine: Engine) -> None:
        """See to it that no statement of this engine can change anything."""


_OCTETS = ("BINARY", "VARBINARY", "TINYBLOB", "MEDIUMBLOB", "LONGBLOB")  # which SQLAlchemy does not call LargeBinary
# The first row whose type fits, so special types stand before general ones.
_STANDARD: tuple[tuple[type[types.TypeEngine[Any]], type[types.TypeEngine[Any]]], ...] = (
    (types.Boolean, types.Boolean),
    (types.SmallInteger, types.SmallInteger),
    (types.BigInteger, types.BigInteger),
    (types.Integer, types.Integer),
    (types.REAL, types.REAL),
    (types.Float, types.Double),
    (types.Date, types.Date),
    (types.Text, types.Text),
    (types.Uuid, types.Uuid),
)


def standard(column: ColumnFacts) -> Arrival:
    """
    >>> standard(ColumnFacts("n", types.VARCHAR(20), "varchar(20)", True)).type
    String(length=20)
    >>> standard(ColumnFacts("n", types.NullType(), "geometry", True)).note
    'OData has no type for geometry'
    """
    kind = column.type
    found = next((ours for theirs, ours in _STANDARD if isinstance(kind, theirs)), None)
    if found is not None:
        return Arrival(found())
    if isinstance(kind, types.Numeric):
        return Arrival(types.Numeric(kind.precision, kind.scale))
    if isinstance(kind, types.DateTime):
        return Arrival(types.DateTime(timezone=kind.timezone))
    if isinstance(kind, types.Time) and not kind.timezone:
        return Arrival(types.Time())
    if isinstance(kind, types.String) and not isinstance(kind, types.Enum):
        return Arrival(types.String(kind.length))
    if isinstance(kind, types.LargeBinary) or type(kind).__name__ in _OCTETS:
        return Arrival(types.LargeBinary(getattr(kind, "length", None)))
    return Arrival(None, f"OData has no type for {column.declared}")


def some_rows(table: TableName, quote: Callable[[str], str], columns: str = "*") -> str:
    """The first rows of a table, to look at their values. Not all columns are among ``*``: MariaDB has invisible ones."""
    name = ".".join(quote(part) for part in (table.schema, table.name) if part)
    return f"(SELECT {columns} FROM {name} LIMIT {LOOKED_AT}) AS looked_at"


def product_named(name: str) -> Product:
    """The ``PRODUCT`` of ``of_<name>.py``, or standard SQL where there is no such file."""
    module = f"odata_service.reflect.of_{name}"
    if importlib.util.find_spec(module) is None:
        return Product()
    found: Product = importlib.import_module(module).PRODUCT
    return found
