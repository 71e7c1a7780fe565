"""Values of columns as JSON, in V4's forms, which all protocols read; and the column type of moments."""

from __future__ import annotations

import base64
import datetime
import decimal
import enum
import json
import math
import sqlite3
import uuid
from collections.abc import Callable, Mapping
from typing import Any

import orjson
from sqlalchemy import (
    JSON, BigInteger, Boolean, Date, DateTime, Dialect, Enum, Float, Integer, Interval, LargeBinary, Numeric, Text,
    Time, TypeDecorator, Uuid,
)  # fmt: skip
from sqlalchemy.dialects import sqlite
from sqlalchemy.types import TypeEngine

from odata_service.dialects.exact import exact_text
from odata_service.edm import temporal
from odata_service.types import Enumeration
from odata_service.values import frozen

Json = Any  # what a JSON text stands for
Values = Mapping[str, Json]  # by attribute

LONGEST = 50  # digits of a number without an exponent
_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
_MICROSECOND = datetime.timedelta(microseconds=1)


class Moment(TypeDecorator[datetime.datetime]):
    """A point in time, always in UTC, kept as a whole number of microseconds: what a server says comes back to the digit."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime.datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else (temporal.in_utc(value) - _EPOCH) // _MICROSECOND

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime.datetime | None:
        return None if value is None else _EPOCH + value * _MICROSECOND


class Exact(TypeDecorator[decimal.Decimal]):
    """A Decimal with every digit, which SQLite's own numbers would lose."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: decimal.Decimal | None, dialect: Dialect) -> str | None:
        return None if value is None else format(decimal.Decimal(str(value)), "f")

    def process_result_value(self, value: str | None, dialect: Dialect) -> decimal.Decimal | None:
        return None if value is None else decimal.Decimal(value)


@frozen
class Kind:
    """How the values of a column are written as JSON and read from it; neither is asked of null."""

    write: Callable[[Any], Json]
    read: Callable[[Json], Any]


def kind_of(column_type: TypeEngine[Any]) -> Kind:
    """
    >>> kind_of(Moment()).write(_EPOCH), kind_of(Numeric()).read(decimal.Decimal("1.50")), kind_of(LargeBinary()).write(b"fo")
    ('1970-01-01T00:00:00Z', Decimal('1.50'), 'Zm8=')
    """
    if isinstance(column_type, Enumeration):
        return _enumeration(column_type.members)
    if isinstance(column_type, Enum) and column_type.enum_class is not None:
        members: Any = column_type.enum_class
        return Kind(lambda member: member.name, lambda name: members[name])
    return next((kind for types, kind in _KINDS if isinstance(column_type, types)), ITSELF)


def same(one: Json, other: Json, kind: Kind) -> bool:
    """Whether two texts of JSON mean one value: moments in any zone, decimals with any number of zeros."""
    if one is None or other is None:
        return one is other
    left, right = kind.read(one), kind.read(other)
    if isinstance(left, datetime.datetime):
        return temporal.in_utc(left) == temporal.in_utc(right)
    return bool(left == right) or (left != left and right != right)  # NaN is NaN


def dumps(document: Json) -> str:
    """
    >>> dumps({"Price": decimal.Decimal("1.50")})
    '{"Price":1.50}'
    """
    return orjson.dumps(document, default=_number).decode()


def dumped(item: Values) -> bytes:
    """The same bytes for the same values, in whatever order they stand and with however many zeros.

    >>> dumped({"b": decimal.Decimal("1.50"), "a": 2})
    b'{"a":2,"b":"1.5"}'
    """
    return orjson.dumps(item, default=_exact, option=orjson.OPT_SORT_KEYS)


def _exact(value: object) -> str:
    if not isinstance(value, decimal.Decimal):
        raise TypeError(f"{value!r} is nothing that JSON has")
    return exact_text(value)


def loads(text: str | bytes) -> Json:
    """Numbers with a fraction keep every digit.

    >>> loads('{"Price":1.50}')
    {'Price': Decimal('1.50')}
    """
    return _DECODER.decode(text if isinstance(text, str) else text.decode(json.detect_encoding(text)))


_DECODER = json.JSONDecoder(parse_float=decimal.Decimal)


DIALECT = sqlite.dialect(
    dbapi=sqlite3, json_serializer=dumps
)  # by which values are written where no connection is at hand


def _number(value: object) -> orjson.Fragment:
    if not isinstance(value, decimal.Decimal):
        raise TypeError(f"{value!r} is nothing that JSON has")
    is_long = abs(value.adjusted()) > LONGEST
    return orjson.Fragment(str(value) if is_long else format(value, "f"))


def _write_floating(value: float) -> Json:
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "INF" if value > 0 else "-INF"


def _read_binary(text: str) -> bytes:
    """Of either alphabet, with or without padding."""
    plain = text.rstrip("=").replace("-", "+").replace("_", "/")
    return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)


def _enumeration(members: type[enum.IntEnum] | type[enum.IntFlag]) -> Kind:
    def read(value: Json) -> enum.IntEnum | enum.IntFlag:
        if isinstance(value, int):
            return members(value)
        found = 0
        for name in value.split(","):
            found |= members[name.strip()]
        return members(found)

    return Kind(lambda member: ",".join(each.name for each in _parts(member)) or str(int(member)), read)


def _parts(member: Any) -> Any:
    return member if isinstance(member, enum.Flag) else (member,)


ITSELF = Kind(lambda value: value, lambda value: value)
_MOMENT = Kind(
    lambda value: temporal.write_instant(temporal.in_utc(value)),
    lambda text: temporal.in_utc(temporal.read_instant(text)),
)
_NAIVE = Kind(_MOMENT.write, lambda text: _MOMENT.read(text).replace(tzinfo=None))
_KINDS: tuple[tuple[type[TypeEngine[Any]] | tuple[type[TypeEngine[Any]], ...], Kind], ...] = (
    (Moment, _MOMENT),
    (DateTime, _NAIVE),  # SQLite keeps no zone
    (Date, Kind(lambda value: value.isoformat(), temporal.read_date)),
    (Time, Kind(temporal.write_time_of_day, temporal.read_time_of_day)),
    (Interval, Kind(temporal.write_duration, temporal.read_duration)),
    (Uuid, Kind(str, uuid.UUID)),
    (Boolean, Kind(bool, bool)),
    (Float, Kind(_write_floating, float)),
    ((Numeric, Exact), Kind(lambda value: decimal.Decimal(str(value)), lambda value: decimal.Decimal(str(value)))),
    (Integer, Kind(int, int)),
    (LargeBinary, Kind(lambda value: base64.b64encode(value).decode(), _read_binary)),
    (JSON, ITSELF),
)
