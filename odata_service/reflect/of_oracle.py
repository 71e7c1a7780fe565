"""Oracle. Its types are looked up in tests, and no server was ever reflected there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Engine, event, text, types
from sqlalchemy.dialects import oracle

from odata_service.reflect.facts import ColumnFacts, Columns
from odata_service.reflect.products import Arrival, Product, standard
from odata_service.types import Padded

_SIGN = """
SELECT to_char(max(last_ddl_time), 'YYYYMMDDHH24MISS') || ' ' || count(*) FROM all_objects
WHERE owner = coalesce(upper(:schema), sys_context('USERENV', 'CURRENT_SCHEMA')) AND object_type IN ('TABLE', 'VIEW', 'INDEX')
"""
_REFUSED = "SELECT table_name, 'it is a table in the recycle bin' FROM user_tables WHERE table_name LIKE 'BIN$%'"
# NUMBER(digits) without decimals → the type that holds all of its values.
_WHOLE = ((4, types.SmallInteger()), (9, types.Integer()), (18, types.BigInteger()))
_LEFT_OUT = (oracle.BFILE, oracle.ROWID)


class Oracle(Product):
    name = "oracle"

    def refused_tables(self, connection: Connection, schema: str | None) -> Mapping[str, str]:
        return {str(name): str(reason) for name, reason in connection.execute(text(_REFUSED))}

    def catalogue_sign(self, connection: Connection, schema: str | None) -> str:
        return str(connection.execute(text(_SIGN), {"schema": schema}).scalar())

    def counts(self, said: Mapping[str, Any], declared: str, key: Columns) -> bool:
        return False  # it says so as an identity

    def arrival(self, column: ColumnFacts, values: frozenset[str]) -> Arrival:
        kind = column.type
        if isinstance(kind, _LEFT_OUT):
            return Arrival(None, f"OData has no type for {column.declared}")
        if isinstance(kind, oracle.DATE):
            return Arrival(types.DateTime(), "Oracle's DATE has a time of day")
        if isinstance(kind, oracle.TIMESTAMP):
            zoned = bool(kind.timezone or getattr(kind, "local_timezone", False))
            return Arrival(types.DateTime(timezone=zoned))
        if isinstance(kind, oracle.INTERVAL):
            return Arrival(types.Interval())
        if isinstance(kind, (oracle.BINARY_DOUBLE, oracle.BINARY_FLOAT)):
            return Arrival(types.Double() if isinstance(kind, oracle.BINARY_DOUBLE) else types.REAL())
        if isinstance(kind, (types.Numeric, types.Integer)) and not isinstance(kind, types.Float):
            return Arrival(_number(kind))
        if isinstance(kind, oracle.RAW):
            return Arrival(types.LargeBinary(kind.length))
        if isinstance(kind, (types.CHAR, types.NCHAR)):
            return Arrival(Padded(kind.length))
        return standard(column)

    def keeps_milliseconds(self, column: ColumnFacts, shown: types.TypeEngine[Any]) -> bool:
        return isinstance(column.type, oracle.TIMESTAMP)

    def read_only(self, engine: Engine) -> None:
        @event.listens_for(engine, "begin")
        def only_read(connection: Connection) -> None:
            connection.exec_driver_sql("SET TRANSACTION READ ONLY")


def _number(kind: types.TypeEngine[Any]) -> types.TypeEngine[Any]:
    """``NUMBER(9)`` is whole; ``INTEGER`` has 38 digits, and a ``NUMBER`` that says nothing of its digits may have any."""
    if not isinstance(kind, types.Numeric):
        return types.Numeric(38, 0)
    if kind.precision is not None and not kind.scale:
        return next((ours for digits, ours in _WHOLE if kind.precision <= digits), types.Numeric(kind.precision, 0))
    return types.Numeric(kind.precision, kind.scale)


PRODUCT = Oracle()
