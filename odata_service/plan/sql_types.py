"""How values of the primitive types are bound as parameters when no column says it better."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import types

from odata_service.dialects.exact import ExactDecimal
from odata_service.edm import primitive
from odata_service.edm.primitive import PrimitiveType
from odata_service.types import Geography

SQL_TYPES: Mapping[PrimitiveType, types.TypeEngine[Any]] = {
    primitive.BOOLEAN: types.Boolean(),
    **{kind: types.BigInteger() for kind in primitive.PRIMITIVES if kind.is_integer},
    primitive.DECIMAL: ExactDecimal(),
    primitive.SINGLE: types.REAL(),
    primitive.DOUBLE: types.Double(),
    primitive.STRING: types.String(),
    primitive.GUID: types.Uuid(),
    primitive.BINARY: types.LargeBinary(),
    primitive.DATE: types.Date(),
    primitive.TIME_OF_DAY: types.Time(),
    primitive.DURATION: types.Interval(),
    primitive.DATE_TIME: types.DateTime(),
    primitive.DATE_TIME_OFFSET: types.DateTime(timezone=True),
    **{kind: Geography(kind) for kind in primitive.GEOGRAPHIES},
    primitive.NULL: types.NullType(),
}
