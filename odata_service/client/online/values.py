"""Values of Python for properties of a type: what is taken for one, and what is refused before it is sent."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation

from odata_service.edm import temporal
from odata_service.edm.primitive import DATE_TIME, SINGLE, PrimitiveType
from odata_service.edm.numeric import LARGEST_SINGLE


def accepted(value: object, kind: PrimitiveType) -> object:
    """The value as that type has it; ``TypeError`` or ``ValueError`` for what is none.

    >>> from odata_service.edm.primitive import BYTE, DECIMAL, GUID
    >>> accepted(1, DECIMAL), accepted("0d3b3f0e-6f61-4a27-9a35-64d2a1f0c001", GUID)
    (Decimal('1'), UUID('0d3b3f0e-6f61-4a27-9a35-64d2a1f0c001'))
    >>> accepted(256, BYTE)
    Traceback (most recent call last):
    ValueError: 256 is out of range for Edm.Byte: 0 to 255
    """
    if kind.python is object:
        return value
    found = _READERS[kind.python](value)
    if found is None:
        raise TypeError(f"{value!r:.60} is no value of {kind}")
    if kind.low is not None and kind.high is not None and isinstance(found, int) and not kind.low <= found <= kind.high:
        raise ValueError(f"{value!r:.60} is out of range for {kind}: {kind.low} to {kind.high}")
    if kind is SINGLE and isinstance(found, float) and LARGEST_SINGLE < abs(found) < float("inf"):
        raise ValueError(f"{value!r:.60} is out of range for {kind}")
    return found


def _boolean(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _integer(value: object) -> int | None:
    return int(value) if isinstance(value, int) and not isinstance(value, bool) else None


def _decimal(value: object) -> Decimal | None:
    """A float by its shortest digits: 0.1 is 0.1."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str, Decimal)):
        return None
    try:
        return Decimal(repr(value) if isinstance(value, float) else value)
    except InvalidOperation:
        return None


def _float(value: object) -> float | None:
    return None if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)) else float(value)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _guid(value: object) -> uuid.UUID | None:
    if isinstance(value, str):
        return uuid.UUID(value)
    return value if isinstance(value, uuid.UUID) else None


def _octets(value: object) -> bytes | None:
    return bytes(value) if isinstance(value, (bytes, bytearray, memoryview)) else None


def _date(value: object) -> datetime.date | None:
    return value if isinstance(value, datetime.date) and not isinstance(value, datetime.datetime) else None


def _moment(value: object) -> datetime.datetime | None:
    """Always with a zone; a day is its midnight in UTC, and so is a time without a zone."""
    if isinstance(value, datetime.datetime):
        return temporal.in_utc(value)
    if isinstance(value, datetime.date):
        return datetime.datetime.combine(value, datetime.time(), datetime.UTC)
    return None


def _time(value: object) -> datetime.time | None:
    return value if isinstance(value, datetime.time) else None


def _duration(value: object) -> datetime.timedelta | None:
    """V2 has one type for durations and times of day."""
    if isinstance(value, datetime.time):
        midnight = datetime.datetime.min
        return datetime.datetime.combine(midnight, value) - midnight
    return value if isinstance(value, datetime.timedelta) else None


def _place(value: object) -> dict[str, object] | None:
    return dict(value) if isinstance(value, Mapping) else None


_READERS: Mapping[type, Callable[[object], object]] = {
    bool: _boolean,
    int: _integer,
    Decimal: _decimal,
    float: _float,
    str: _text,
    uuid.UUID: _guid,
    bytes: _octets,
    datetime.date: _date,
    datetime.datetime: _moment,
    datetime.time: _time,
    datetime.timedelta: _duration,
    dict: _place,
}


def shown(value: object, kind: PrimitiveType) -> object:
    """What a program gets to see: V2's times without a zone are in UTC, and so say it."""
    return temporal.in_utc(value) if kind is DATE_TIME and isinstance(value, datetime.datetime) else value
