"""The primitive types: one row each, with its name in both protocols (CSDL, Primitive Types; MS-ODATA, Abstract Types)."""

from __future__ import annotations

import datetime
import decimal
import uuid

from odata_service.values import frozen


@frozen(eq=False)  # there is one of each: what is compared so often, is so by identity
class PrimitiveType:
    """A row of :data:`PRIMITIVES`.

    ``name`` is V4's; ``v2`` is V2's, or empty where V2 has no such type. ``python`` is what a value is in Python.
    ``rank`` orders numeric types for promotion: the result of mixing two is the one with the higher rank.
    """

    name: str
    v2: str
    python: type
    rank: int = 0
    low: int | None = None
    high: int | None = None

    @property
    def is_numeric(self) -> bool:
        return self.rank > 0

    @property
    def is_integer(self) -> bool:
        return self.low is not None

    @property
    def is_temporal(self) -> bool:
        return self in (DATE_TIME, DATE_TIME_OFFSET, DATE, TIME_OF_DAY)

    def __str__(self) -> str:
        return self.name


def _integer(name: str, rank: int, low: int, high: int) -> PrimitiveType:
    return PrimitiveType(name, name, int, rank, low, high)


BOOLEAN = PrimitiveType("Edm.Boolean", "Edm.Boolean", bool)
BYTE = _integer("Edm.Byte", 1, 0, 255)
SBYTE = _integer("Edm.SByte", 2, -128, 127)
INT16 = _integer("Edm.Int16", 3, -(2**15), 2**15 - 1)
INT32 = _integer("Edm.Int32", 4, -(2**31), 2**31 - 1)
INT64 = _integer("Edm.Int64", 5, -(2**63), 2**63 - 1)
DECIMAL = PrimitiveType("Edm.Decimal", "Edm.Decimal", decimal.Decimal, 6)
SINGLE = PrimitiveType("Edm.Single", "Edm.Single", float, 7)
DOUBLE = PrimitiveType("Edm.Double", "Edm.Double", float, 8)
STRING = PrimitiveType("Edm.String", "Edm.String", str)
GUID = PrimitiveType("Edm.Guid", "Edm.Guid", uuid.UUID)
BINARY = PrimitiveType("Edm.Binary", "Edm.Binary", bytes)
DATE = PrimitiveType("Edm.Date", "Edm.DateTime", datetime.date)
TIME_OF_DAY = PrimitiveType("Edm.TimeOfDay", "Edm.Time", datetime.time)
DURATION = PrimitiveType("Edm.Duration", "Edm.Time", datetime.timedelta)
DATE_TIME_OFFSET = PrimitiveType("Edm.DateTimeOffset", "Edm.DateTimeOffset", datetime.datetime)
# A column without a time zone: V2 has a type for it, V4 shows it as a point in UTC.
DATE_TIME = PrimitiveType("Edm.DateTimeOffset", "Edm.DateTime", datetime.datetime, low=None)
STREAM = PrimitiveType("Edm.Stream", "", bytes)
GEOGRAPHY_POINT = PrimitiveType("Edm.GeographyPoint", "", dict)
GEOGRAPHY_LINE_STRING = PrimitiveType("Edm.GeographyLineString", "", dict)
GEOGRAPHY_POLYGON = PrimitiveType("Edm.GeographyPolygon", "", dict)
GEOGRAPHIES = (GEOGRAPHY_POINT, GEOGRAPHY_LINE_STRING, GEOGRAPHY_POLYGON)
# The type of the literal null, and of an expression that is nothing but null.
NULL = PrimitiveType("null", "null", type(None))
# The type of a dynamic property before it is known what it is compared with.
UNTYPED = PrimitiveType("Edm.Untyped", "", object)

PRIMITIVES = (
    BOOLEAN, BYTE, SBYTE, INT16, INT32, INT64, DECIMAL, SINGLE, DOUBLE, STRING, GUID, BINARY, DATE, TIME_OF_DAY,
    DURATION, DATE_TIME_OFFSET, DATE_TIME, STREAM, *GEOGRAPHIES,
)  # fmt: skip


def promote(left: PrimitiveType, right: PrimitiveType) -> PrimitiveType | None:
    """The type in which two values are compared or combined, or ``None`` where they do not go together.

    >>> promote(INT16, DECIMAL).name, promote(DECIMAL, DOUBLE).name, promote(STRING, INT32)
    ('Edm.Decimal', 'Edm.Double', None)
    """
    if left == right or right is NULL:
        return left
    if left is NULL:
        return right
    if left.is_numeric and right.is_numeric:
        return max(left, right, key=lambda kind: kind.rank)
    if left.is_temporal and right.is_temporal and TIME_OF_DAY not in (left, right):
        return DATE_TIME if DATE_TIME in (left, right) else DATE_TIME_OFFSET
    if {left, right} == {TIME_OF_DAY, DURATION}:
        return TIME_OF_DAY  # V2 has one type for both
    return None
