"""MariaDB: its schemas are databases, so that there is one; what it lacks a type for it has as a number or a text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, case, cast, event, func, null, text, types
from sqlalchemy.dialects import mysql

from odata_service.dialects.constructs import AsDouble
from odata_service.reflect.facts import ColumnFacts, Columns
from odata_service.reflect.products import Arrival, Product, standard
from odata_service.types import Byte, Kept, SByte, Seen

_DECLARED = """
SELECT table_name, column_name, column_type FROM information_schema.columns WHERE table_schema = coalesce(:schema, database())
"""
_SIGN = """
SELECT concat_ws(' ',
    (SELECT sum(crc32(concat_ws('|', table_name, column_name, ordinal_position, column_type, is_nullable, coalesce(column_default, '-'),
        column_key, extra, column_comment, coalesce(generation_expression, '-'))))
        FROM information_schema.columns WHERE table_schema = coalesce(:schema, database())),
    (SELECT sum(crc32(concat_ws('|', table_name, index_name, seq_in_index, column_name, non_unique)))
        FROM information_schema.statistics WHERE table_schema = coalesce(:schema, database())),
    (SELECT sum(crc32(concat_ws('|', constraint_name, table_name, column_name, referenced_table_name, referenced_column_name)))
        FROM information_schema.key_column_usage WHERE table_schema = coalesce(:schema, database())))
"""
# The words of a declaration, as far as they decide, and the types that hold all of its values; unsigned ones first.
_TYPES: tuple[tuple[str, types.TypeEngine[Any]], ...] = (
    ("tinyint(1)", types.Boolean()),
    ("tinyint unsigned", Byte()),
    ("tinyint", SByte()),
    ("smallint unsigned", types.Integer()),
    ("smallint", types.SmallInteger()),
    ("mediumint", types.Integer()),
    ("int unsigned", types.BigInteger()),
    ("bigint unsigned", types.Numeric(20, 0)),
    ("year", types.SmallInteger()),
    ("bit", Seen(mysql.BIGINT(unsigned=True))),
    ("uuid", types.Uuid()),
    ("inet4", Seen(types.String(15))),
    ("inet6", Seen(types.String(39))),
)


class Single(Seen):
    """A number of four octets: the server compares it as the double that it is not, and shows its digits only in a text."""

    cache_ok = True

    def __init__(self) -> None:
        super().__init__(types.REAL())

    def seen(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        return AsDouble(cast(column, types.String()))


class _KeptDay(Kept):
    """What is no day of a calendar is null: ``0000-00-00``."""

    def __init__(self, unsure: bool = False) -> None:
        super().__init__()
        self.unsure = unsure

    def guarded(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        is_one = func.last_day(column).is_not(null()) & (func.year(column) > 0)
        return case((is_one, column), else_=null())


class KeptDate(_KeptDay, types.Date):
    pass


class KeptDateTime(_KeptDay, types.DateTime):
    pass


class KeptTime(Kept, types.Time):
    """What is no time of a day is null: ``-01:00:00``, ``100:00:00``."""

    def guarded(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        seconds = func.time_to_sec(column)
        return case(((seconds >= 0) & (seconds < 86_400), column), else_=null())


class MariaDB(Product):
    name = "mariadb"
    no_day = "last_day({0}) IS NULL OR year({0}) = 0"

    def declared_types(self, connection: Connection, schema: str | None) -> Mapping[tuple[str, str], str]:
        rows = connection.execute(text(_DECLARED), {"schema": schema})
        return {(table, column): str(declared) for table, column, declared in rows}

    def catalogue_sign(self, connection: Connection, schema: str | None) -> str:
        return str(connection.execute(text(_SIGN), {"schema": schema}).scalar())

    def counts(self, said: Mapping[str, Any], declared: str, key: Columns) -> bool:
        return said.get("autoincrement") is True

    def arrival(self, column: ColumnFacts, values: frozenset[str]) -> Arrival:
        declared, kind = _without_width(column.declared), column.type
        found = next((ours for words, ours in _TYPES if declared.startswith(words)), None)
        if found is not None:
            return Arrival(found)
        if isinstance(kind, (mysql.ENUM, mysql.SET)):
            values_of = tuple(kind.enums if isinstance(kind, mysql.ENUM) else kind.values)
            what = "one of" if isinstance(kind, mysql.ENUM) else "some of"
            return Arrival(Seen(types.String()), f"{what} {', '.join(values_of)}")
        if isinstance(kind, types.Float):
            return Arrival(Single() if declared.startswith("float") else types.Double())
        if isinstance(kind, (types.Date, types.DateTime)):
            found_day = (KeptDate if isinstance(kind, types.Date) else KeptDateTime)(bool(values))
            return Arrival(
                found_day, "it holds days that no calendar has like 0000-00-00; these are null" if values else ""
            )
        if isinstance(kind, types.Time):
            return Arrival(KeptTime())
        return standard(column)

    def keeps_milliseconds(self, column: ColumnFacts, shown: types.TypeEngine[Any]) -> bool:
        return (getattr(column.type, "fsp", None) or 0) >= 3

    def read_only(self, engine: Engine) -> None:
        @event.listens_for(engine, "connect")
        def only_read(connection: Any, _record: object) -> None:
            with connection.cursor() as cursor:
                cursor.execute("SET SESSION TRANSACTION READ ONLY")


def _without_width(declared: str) -> str:
    """
    >>> _without_width("int(10) unsigned"), _without_width("tinyint(1)"), _without_width("decimal(10,2)")
    ('int unsigned', 'tinyint(1)', 'decimal(10,2)')
    """
    name, _, rest = declared.lower().partition("(")
    width, _, more = rest.partition(")")
    return declared.lower() if not width.isdecimal() or declared.lower() == "tinyint(1)" else f"{name}{more}"


PRODUCT = MariaDB()
