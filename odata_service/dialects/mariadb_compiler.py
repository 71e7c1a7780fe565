"""SQL for MariaDB in which texts are what they are, letter by letter, whatever the collations of the columns.

Most databases have collations to which ``'a'`` is ``'A'``, ``'é'`` and ``'a '``. A parameter brings a collation of its own
along, which decides a comparison and lets an index of a column with the same one serve it. Columns that have another one
get it where they are compared without a parameter, and where they are sorted, grouped or counted.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Column, Engine, Table, text, types
from sqlalchemy.dialects.mysql.mysqldb import MySQLCompiler_mysqldb
from sqlalchemy.engine import Dialect
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import BinaryExpression, BindParameter, ColumnClause, Tuple
from sqlalchemy.util import memoized_property

from odata_service.config import ConfigurationError
from odata_service.dialects.mariadb_constructs import plain_type

COLLATION = "utf8mb4_nopad_bin"
FLOAT = "float"
_COLUMNS = text(
    "SELECT table_name, column_name, coalesce(collation_name, data_type) FROM information_schema.columns"
    f" WHERE table_schema = DATABASE() AND (collation_name IS NOT NULL OR data_type = '{FLOAT}')"
)
# By table and column, and for those that are made later the database's default under ``None``: the collation of a text; of
# a number that it has but four octets.
Columns = Mapping[tuple[str, str] | None, str]

_known: WeakKeyDictionary[Dialect, Columns] = WeakKeyDictionary()
_OLDEST = (10, 6)  # has JSON_TABLE


def learn_columns(engine: Engine) -> None:
    """Look up how columns compare, on a connection that the pool never sees: it may be shared out among processes later."""
    with engine.connect() as connection:
        connection.detach()
        if not getattr(engine.dialect, "is_mariadb", False) or (engine.dialect.server_version_info or ()) < _OLDEST:
            version = connection.scalar(text("SELECT version()"))
            raise ConfigurationError(f"{engine.url!r} is of the version {version}; MariaDB is served from 10.11 on")
        found: dict[tuple[str, str] | None, str] = {None: str(connection.scalar(text("SELECT @@collation_database")))}
        found |= {(table, column): said for table, column, said in connection.execute(_COLUMNS)}
        _known[engine.dialect] = found


class ExactCompiler(MySQLCompiler_mysqldb):
    def visit_bindparam(self, bindparam: BindParameter[Any], *arguments: Any, **kw: Any) -> str:
        written: str = super().visit_bindparam(bindparam, *arguments, **kw)  # type: ignore[no-untyped-call]
        if bindparam.expanding or kw.get("literal_binds") or kw.get("literal_execute"):
            return written
        return _as_typed(written, plain_type(bindparam.type, self.dialect))

    @memoized_property
    def _bind_processors(self) -> dict[str, Any]:
        finite = {self.bind_names[each]: _finite for each in self.bind_names if isinstance(each.type, types.Float)}
        return {**super()._bind_processors, **finite}

    def visit_column(
        self, column: ColumnClause[Any], *arguments: Any, beside_parameter: bool = False, **kw: Any
    ) -> str:
        written: str = super().visit_column(column, *arguments, **kw)
        if not beside_parameter and self._said_of(column) == FLOAT:
            return f"({written} + 0e0)"  # of such a number by itself six digits are shown
        if beside_parameter or kw.get("within_columns_clause") or self._is_exact(column):
            return written
        return f"{written} COLLATE {COLLATION}"

    def visit_binary(self, binary: BinaryExpression[Any], *arguments: Any, **kw: Any) -> str:
        kw.pop("beside_parameter", None)
        sides = (binary.left, binary.right)
        if operators.is_comparison(binary.operator) and any(isinstance(side, BindParameter) for side in sides):
            kw["beside_parameter"] = all(isinstance(side, (BindParameter, ColumnClause)) for side in sides)
        written: str = super().visit_binary(binary, *arguments, **kw)  # type: ignore[no-untyped-call]
        if isinstance(binary.left, Tuple) and binary.operator in _BOUNDS:
            return f"({self._first_bound(binary, **kw)} AND {written})"
        return written

    def _first_bound(self, binary: BinaryExpression[Any], **kw: Any) -> str:
        """``a >= 1`` in front of ``(a, b) > (1, 2)``, in which MariaDB sees no place in an index."""
        first, given = binary.left.clauses[0], binary.right.clauses[0]
        bound: str = self.process(_BOUNDS[binary.operator](first, given), **kw)
        return bound

    def _is_exact(self, column: ColumnClause[Any]) -> bool:
        """Whether the column is no text, or compares letter by letter by itself."""
        plain = plain_type(column.type, self.dialect)
        if not isinstance(plain, types.String) or isinstance(plain, types.Enum):
            return True
        return self._said_of(column) == COLLATION

    def _said_of(self, column: ColumnClause[Any]) -> str | None:
        """What is known of a column of a table in the database of the connection."""
        known = _known.get(self.dialect, {})
        table = getattr(column.table, "element", column.table)
        if not isinstance(column, Column) or not isinstance(table, Table) or table.schema is not None:
            return None
        return known.get((table.name, column.name), known.get(None))


_BOUNDS = {operators.gt: operators.ge, operators.lt: operators.le}


def _finite(number: float | None) -> float | None:
    """A Double has no infinity here, so that what would be compared with one may as well be with the greatest of all."""
    return number if number is None else max(-sys.float_info.max, min(number, sys.float_info.max))


def _as_typed(parameter: str, kind: types.TypeEngine[Any]) -> str:
    """The driver writes every moment as a text, which has yet to become one."""
    if isinstance(kind, types.String) and not isinstance(kind, types.Enum):
        return f"({parameter} COLLATE {COLLATION})"
    if isinstance(kind, types.DateTime):
        return f"CAST({parameter} AS DATETIME(6))"
    if isinstance(kind, types.Date):
        return f"CAST({parameter} AS DATE)"
    return f"CAST({parameter} AS TIME(6))" if isinstance(kind, types.Time) else parameter
