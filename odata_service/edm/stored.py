"""Values in a column of JSON: nothing of them is lost there, and a database's own functions can take them apart."""

from __future__ import annotations

import datetime
import decimal
import math
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from odata_service.edm import primitive, temporal
from odata_service.edm.primitive import PrimitiveType
from odata_service.edm.values import StructureOf, ValueOf

Json = Any  # what a JSON document holds
Way = tuple[Callable[[Any], Json], Callable[[Any], object]]


def stored(value: Any, shape: ValueOf | StructureOf) -> Json:
    """(Any: a value of whatever the shape says.)

    >>> stored(decimal.Decimal("0.10"), ValueOf(primitive.DECIMAL)), stored(b"ab", ValueOf(primitive.BINARY))
    ('0.10', '6162')
    """
    if value is None:
        return None
    if isinstance(shape, StructureOf):
        return {name: stored(_member(value, name), member) for name, member in shape.members.items()}
    return _WAYS[shape.type][0](value) if shape.members is None else int(value)


def restored(value: Json, shape: ValueOf | StructureOf) -> object:
    """What :func:`stored` was given.

    >>> restored("PT0.5S", ValueOf(primitive.DURATION)), restored("INF", ValueOf(primitive.DOUBLE))
    (datetime.timedelta(microseconds=500000), inf)
    """
    if value is None:
        return None
    if isinstance(shape, StructureOf):
        return shape.python(**{name: restored(value.get(name), member) for name, member in shape.members.items()})
    return _WAYS[shape.type][1](value) if shape.members is None else shape.members(value)


def _member(value: object, name: str) -> object:
    return value.get(name) if isinstance(value, Mapping) else getattr(value, name)


def _plain(value: Json) -> Json:
    return value


def _floating(number: float) -> Json:
    """JSON has no word for what is not finite."""
    if math.isfinite(number):
        return float(number)
    return "NaN" if math.isnan(number) else "INF" if number > 0 else "-INF"


def _moment(value: datetime.datetime) -> str:
    aware = value.replace(tzinfo=datetime.UTC) if value.tzinfo is None else value.astimezone(datetime.UTC)
    return temporal.write_instant(aware)


def _naive(text: str) -> datetime.datetime:
    return temporal.read_instant(text).replace(tzinfo=None)


_WAYS: Mapping[PrimitiveType, Way] = {
    primitive.BOOLEAN: (bool, bool),
    **{kind: (int, int) for kind in primitive.PRIMITIVES if kind.is_integer},
    primitive.DECIMAL: ("{:f}".format, decimal.Decimal),
    primitive.SINGLE: (_floating, float),
    primitive.DOUBLE: (_floating, float),
    primitive.STRING: (str, str),
    primitive.GUID: (str, uuid.UUID),
    primitive.BINARY: (bytes.hex, bytes.fromhex),
    primitive.DATE: (datetime.date.isoformat, temporal.read_date),
    primitive.TIME_OF_DAY: (temporal.write_time_of_day, temporal.read_time_of_day),
    primitive.DURATION: (temporal.write_duration, temporal.read_duration),
    primitive.DATE_TIME: (_moment, _naive),
    primitive.DATE_TIME_OFFSET: (_moment, temporal.read_instant),
    **dict.fromkeys(primitive.GEOGRAPHIES, (_plain, _plain)),
}
