"""SQL Server. Its types are looked up in tests, and no server was ever reflected there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Engine, event, text, types
from sqlalchemy.dialects import mssql

from odata_service.reflect.facts import ColumnFacts, Columns
from odata_service.reflect.products import Arrival, Product, standard
from odata_service.types import Byte, Seen

_DECLARED = """
SELECT t.name, c.name, y.name FROM sys.columns c JOIN sys.objects t ON t.object_id = c.object_id
JOIN sys.types y ON y.user_type_id = c.user_type_id
WHERE t.type IN ('U', 'V') AND t.schema_id = schema_id(coalesce(:schema, schema_name()))
"""
_REFUSED = """
SELECT t.name, 'there is no right to read it' FROM sys.objects t
WHERE t.type IN ('U', 'V') AND t.schema_id = schema_id(coalesce(:schema, schema_name()))
AND has_perms_by_name(quotename(schema_name(t.schema_id)) + '.' + quotename(t.name), 'OBJECT', 'SELECT') = 0
"""
_SIGN = """
SELECT concat((SELECT checksum_agg(checksum(t.object_id, t.name, t.modify_date)) FROM sys.objects t
    WHERE t.schema_id = schema_id(coalesce(:schema, schema_name()))), ' ',
    (SELECT checksum_agg(checksum(c.object_id, c.column_id, c.name, c.user_type_id, c.max_length, c.is_nullable)) FROM sys.columns c))
"""
_TYPES: tuple[tuple[type[types.TypeEngine[Any]], types.TypeEngine[Any]], ...] = (
    (mssql.BIT, types.Boolean()),
    (mssql.TINYINT, Byte()),
    (mssql.MONEY, types.Numeric(19, 4)),
    (mssql.SMALLMONEY, types.Numeric(10, 4)),
    (mssql.UNIQUEIDENTIFIER, types.Uuid()),
    (mssql.DATETIMEOFFSET, types.DateTime(timezone=True)),
    (mssql.XML, Seen(types.UnicodeText())),
    (mssql.NTEXT, Seen(types.UnicodeText())),
    (mssql.IMAGE, types.LargeBinary()),
)
_SHOWN = {"sysname": types.Unicode(128)}
_LEFT_OUT = ("timestamp", "rowversion", "sql_variant", "hierarchyid", "geometry", "geography")


class SQLServer(Product):
    name = "mssql"

    def declared_types(self, connection: Connection, schema: str | None) -> Mapping[tuple[str, str], str]:
        rows = connection.execute(text(_DECLARED), {"schema": schema})
        return {(table, column): declared for table, column, declared in rows}

    def refused_tables(self, connection: Connection, schema: str | None) -> Mapping[str, str]:
        return {str(name): str(reason) for name, reason in connection.execute(text(_REFUSED), {"schema": schema})}

    def catalogue_sign(self, connection: Connection, schema: str | None) -> str:
        return str(connection.execute(text(_SIGN), {"schema": schema}).scalar())

    def counts(self, said: Mapping[str, Any], declared: str, key: Columns) -> bool:
        return False  # it says so as an identity

    def arrival(self, column: ColumnFacts, values: frozenset[str]) -> Arrival:
        declared = column.declared.partition("(")[0].lower()
        if declared in _LEFT_OUT:
            return Arrival(None, f"OData has no type for {column.declared}")
        if declared in _SHOWN:
            return Arrival(_SHOWN[declared])
        found = next((shown for kind, shown in _TYPES if isinstance(column.type, kind)), None)
        return standard(column) if found is None else Arrival(found)

    def keeps_milliseconds(self, column: ColumnFacts, shown: types.TypeEngine[Any]) -> bool:
        """``datetime`` counts in steps of three and a third, which is too coarse."""
        precision: int | None = getattr(column.type, "precision", None)
        return isinstance(column.type, (mssql.DATETIME2, mssql.DATETIMEOFFSET)) and (
            precision is None or precision >= 3
        )

    def read_only(self, engine: Engine) -> None:
        """A session has no such switch: whatever a transaction of ours has done is taken back, and the user should have no more
        rights than he needs."""

        @event.listens_for(engine, "commit")
        def take_back(connection: Connection) -> None:
            connection.connection.dbapi_connection.rollback()  # type: ignore[union-attr]


PRODUCT = SQLServer()
