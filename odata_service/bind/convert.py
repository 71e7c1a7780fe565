"""Values from one primitive type to another: a literal to the type of what it is compared with."""

from __future__ import annotations

import datetime
import decimal
import math
import uuid
from collections.abc import Callable

from odata_service.edm import primitive, temporal
from odata_service.edm.primitive import PrimitiveType

Conversion = Callable[[object], object]


class NotConvertible(ValueError):
    """The value has no counterpart in the other type; the message says why."""


def convert(value: object, written: PrimitiveType, wanted: PrimitiveType) -> object:
    """``value`` as ``wanted``.

    >>> convert("2f4e5c5e-0000-4000-8000-000000000001", primitive.STRING, primitive.GUID)
    UUID('2f4e5c5e-0000-4000-8000-000000000001')
    >>> convert(5, primitive.INT32, primitive.DECIMAL)
    Decimal('5')
    """
    if value is None or written == wanted:
        return value
    conversion = _CONVERSIONS.get((written, wanted)) or _BY_TARGET.get(wanted)
    if conversion is None:
        raise NotConvertible(f"a value of {written} is no {wanted}")
    try:
        return _in_range(conversion(value), wanted)
    except (ValueError, OverflowError, ArithmeticError):
        shown = repr(value) if isinstance(value, str) else str(value)
        raise NotConvertible(f"{shown:.60} is no {wanted}") from None


def convertible(written: PrimitiveType, wanted: PrimitiveType) -> bool:
    """Whether literals of one type are taken where the other is wanted."""
    same_family = written.is_integer and wanted.is_integer
    return written == wanted or same_family or (written, wanted) in _CONVERSIONS or (
        written.is_numeric and wanted in _BY_TARGET
    )  # fmt: skip


def _in_range(value: object, wanted: PrimitiveType) -> object:
    if wanted.low is not None and wanted.high is not None:
        assert isinstance(value, int)
        if not wanted.low <= value <= wanted.high:
            raise OverflowError(value)
    return value


def _utc(moment: object) -> object:
    assert isinstance(moment, datetime.datetime)
    return moment.replace(tzinfo=datetime.UTC) if moment.tzinfo is None else moment.astimezone(datetime.UTC)


def _naive_utc(moment: object) -> object:
    aware = _utc(moment)
    assert isinstance(aware, datetime.datetime)
    return aware.replace(tzinfo=None)


def _midnight(day: object) -> object:
    assert isinstance(day, datetime.date)
    return datetime.datetime(day.year, day.month, day.day)


def _day(moment: object) -> object:
    assert isinstance(moment, datetime.datetime)
    if moment.time() != datetime.time():
        raise ValueError(moment)
    return moment.date()


def _moment(text: object) -> object:
    return _utc(temporal.read_instant(str(text)))


def _time_of_day(duration: object) -> object:
    assert isinstance(duration, datetime.timedelta)
    if duration.days:
        raise ValueError(duration)
    return (datetime.datetime.min + duration).time()


def _whole(number: object) -> object:
    """A number as an integer, which it must be."""
    if isinstance(number, int):
        return number
    exact = decimal.Decimal(str(number))
    if exact != exact.to_integral_value():
        raise ValueError(number)
    return int(exact)


def _double(number: object) -> object:
    return float(str(number))


def _finite_decimal(number: object) -> object:
    if isinstance(number, float) and not math.isfinite(number):
        raise ValueError(number)
    return decimal.Decimal(str(number))


_BY_TARGET: dict[PrimitiveType, Conversion] = {
    primitive.DECIMAL: _finite_decimal,
    primitive.DOUBLE: _double,
    primitive.SINGLE: _double,
    **{kind: _whole for kind in primitive.PRIMITIVES if kind.is_integer},
}
_CONVERSIONS: dict[tuple[PrimitiveType, PrimitiveType], Conversion] = {
    (primitive.STRING, primitive.GUID): lambda text: uuid.UUID(str(text)),
    (primitive.STRING, primitive.DATE): lambda text: temporal.read_date(str(text)),
    (primitive.STRING, primitive.TIME_OF_DAY): lambda text: temporal.read_time_of_day(str(text)),
    (primitive.STRING, primitive.DURATION): lambda text: temporal.read_duration(str(text)),
    (primitive.STRING, primitive.DATE_TIME_OFFSET): _moment,
    (primitive.STRING, primitive.DATE_TIME): lambda text: _naive_utc(_moment(text)),
    (primitive.DATE_TIME, primitive.DATE_TIME_OFFSET): _utc,
    (primitive.DATE_TIME_OFFSET, primitive.DATE_TIME): _naive_utc,
    (primitive.DATE, primitive.DATE_TIME): _midnight,
    (primitive.DATE, primitive.DATE_TIME_OFFSET): lambda day: _utc(_midnight(day)),
    (primitive.DATE_TIME, primitive.DATE): _day,
    (primitive.DURATION, primitive.TIME_OF_DAY): _time_of_day,
}
