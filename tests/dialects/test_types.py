"""Types of the databases that nobody has here → what they are in OData, or why they are left out."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import types
from sqlalchemy.dialects import mssql, oracle

from odata_service.edm.values import edm_type
from odata_service.reflect.facts import ColumnFacts
from odata_service.reflect.products import product_named

Kind = types.TypeEngine[Any]
SQL_SERVER: list[tuple[Kind, str, str | None]] = [
    (mssql.BIT(), "bit", "Edm.Boolean"),
    (mssql.TINYINT(), "tinyint", "Edm.Byte"),
    (types.SMALLINT(), "smallint", "Edm.Int16"),
    (types.INTEGER(), "int", "Edm.Int32"),
    (types.BIGINT(), "bigint", "Edm.Int64"),
    (types.DECIMAL(10, 2), "decimal", "Edm.Decimal"),
    (mssql.MONEY(), "money", "Edm.Decimal"),
    (mssql.SMALLMONEY(), "smallmoney", "Edm.Decimal"),
    (mssql.REAL(), "real", "Edm.Single"),
    (mssql.DOUBLE_PRECISION(), "float", "Edm.Double"),
    (types.DATE(), "date", "Edm.Date"),
    (mssql.TIME(), "time", "Edm.TimeOfDay"),
    (types.DATETIME(), "datetime", "Edm.DateTimeOffset"),
    (mssql.DATETIME2(), "datetime2", "Edm.DateTimeOffset"),
    (mssql.SMALLDATETIME(), "smalldatetime", "Edm.DateTimeOffset"),
    (mssql.DATETIMEOFFSET(), "datetimeoffset", "Edm.DateTimeOffset"),
    (types.CHAR(5), "char", "Edm.String"),
    (types.NVARCHAR(60), "nvarchar", "Edm.String"),
    (types.NVARCHAR(128), "sysname", "Edm.String"),
    (mssql.NTEXT(), "ntext", "Edm.String"),
    (types.TEXT(), "text", "Edm.String"),
    (mssql.XML(), "xml", "Edm.String"),
    (mssql.UNIQUEIDENTIFIER(), "uniqueidentifier", "Edm.Guid"),
    (types.BINARY(8), "binary", "Edm.Binary"),
    (mssql.VARBINARY("max"), "varbinary", "Edm.Binary"),
    (mssql.IMAGE(), "image", "Edm.Binary"),
    (mssql.TIMESTAMP(), "timestamp", None),
    (mssql.SQL_VARIANT(), "sql_variant", None),
    (types.NullType(), "hierarchyid", None),
    (types.NullType(), "geography", None),
]
ORACLE: list[tuple[Kind, str, str | None]] = [
    (oracle.NUMBER(4, 0), "NUMBER(4, 0)", "Edm.Int16"),
    (oracle.NUMBER(9, 0), "NUMBER(9, 0)", "Edm.Int32"),
    (oracle.NUMBER(18, 0), "NUMBER(18, 0)", "Edm.Int64"),
    (oracle.NUMBER(38, 0), "NUMBER(38, 0)", "Edm.Decimal"),
    (oracle.NUMBER(10, 2), "NUMBER(10, 2)", "Edm.Decimal"),
    (oracle.NUMBER(), "NUMBER", "Edm.Decimal"),
    (types.INTEGER(), "INTEGER", "Edm.Decimal"),
    (oracle.FLOAT(), "FLOAT", "Edm.Double"),
    (oracle.BINARY_DOUBLE(), "BINARY_DOUBLE", "Edm.Double"),
    (oracle.BINARY_FLOAT(), "BINARY_FLOAT", "Edm.Single"),
    (oracle.DATE(), "DATE", "Edm.DateTimeOffset"),
    (oracle.TIMESTAMP(), "TIMESTAMP", "Edm.DateTimeOffset"),
    (oracle.TIMESTAMP(timezone=True), "TIMESTAMP WITH TIME ZONE", "Edm.DateTimeOffset"),
    (oracle.INTERVAL(), "INTERVAL DAY TO SECOND", "Edm.Duration"),
    (types.CHAR(3), "CHAR(3)", "Edm.String"),
    (oracle.VARCHAR2(60), "VARCHAR2(60)", "Edm.String"),
    (oracle.NVARCHAR2(60), "NVARCHAR2(60)", "Edm.String"),
    (oracle.CLOB(), "CLOB", "Edm.String"),
    (oracle.LONG(), "LONG", "Edm.String"),
    (oracle.RAW(16), "RAW(16)", "Edm.Binary"),
    (oracle.BLOB(), "BLOB", "Edm.Binary"),
    (oracle.BFILE(), "BFILE", None),
    (oracle.ROWID(), "ROWID", None),
    (types.NullType(), "SDO_GEOMETRY", None),
]


@pytest.mark.parametrize(
    ("named", "kind", "declared", "wanted"),
    [*(("mssql", *row) for row in SQL_SERVER), *(("oracle", *row) for row in ORACLE)],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_arrival(named: str, kind: Kind, declared: str, wanted: str | None) -> None:
    arrival = product_named(named).arrival(ColumnFacts("c", kind, declared, nullable=True), frozenset())
    if wanted is None:
        assert arrival.type is None and arrival.note == f"OData has no type for {declared}"
    else:
        assert arrival.type is not None and str(edm_type(arrival.type)) == wanted
