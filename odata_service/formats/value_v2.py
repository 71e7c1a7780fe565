r"""V2's primitive values: one row per type, with its JSON text, its plain text (``/$value``, XML) and the way back.

Dates are ``"\/Date(ms)\/"`` with the backslashes on the wire, the only mark by which a client tells a date from a
string (OData JSON Verbose Format, Representing Primitive Types).
"""

from __future__ import annotations

import base64
import datetime
import math
import re
import uuid
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any

from odata_service.edm import primitive as edm
from odata_service.edm import temporal
from odata_service.edm.model import Property
from odata_service.edm.primitive import PrimitiveType
from odata_service.formats import value as values
from odata_service.formats.json_text import quoted
from odata_service.formats.options_v2 import USUAL, OptionsV2
from odata_service.formats.value import shown
from odata_service.values import frozen

EPOCH = datetime.datetime(1970, 1, 1)
_BOOLEANS: dict[str, object] = {"true": True, "false": False, "1": True, "0": False}  # XML Schema, boolean
MILLISECOND = datetime.timedelta(milliseconds=1)
_DATE = re.compile(r"\\?/Date\((-?\d{1,17})(?:([+-])(\d{1,4}))?\)\\?/", re.ASCII)


@frozen
class ValueFormat:
    """How the values of one type are written and read; never called with null. (Any: each row knows its own type.)"""

    json: Callable[[Any], str]
    text: Callable[[Any], str]
    read: Callable[[object], object]


def write_json(value: object, kind: PrimitiveType, options: OptionsV2 = USUAL) -> str:
    r"""A value as JSON text.

    >>> print(write_json(datetime.datetime(2010, 12, 31), edm.DATE_TIME), write_json(Decimal("1.50"), edm.DECIMAL))
    "\/Date(1293753600000)\/" "1.50"
    """
    return "null" if value is None else json_writer(kind, options)(value)


def json_writer(kind: PrimitiveType, options: OptionsV2) -> Callable[[Any], str]:
    """How the values of a type become JSON, but for null."""
    if options.doubles == "string" and kind in (edm.DOUBLE, edm.SINGLE):
        return _between_quotes(_double_text)
    if options.date_time_offset == "plain" and kind is edm.DATE_TIME_OFFSET:
        return _date_time_json
    return VALUES[kind].json


def write_text(value: object, kind: PrimitiveType) -> str:
    """A value as plain text, in the forms of XML Schema.

    >>> write_text(datetime.datetime(2010, 12, 31), edm.DATE_TIME), write_text(True, edm.BOOLEAN)
    ('2010-12-31T00:00:00', 'true')
    """
    return VALUES[kind].text(value)


def read_json(value: object, declared: Property) -> object:
    """The Python value of a property; ``ValueError`` says what is wrong with it."""
    if value is None:
        if not declared.nullable:
            raise ValueError("cannot be null")
        return None
    found = VALUES[declared.type].read(value)
    values.check_facets(found, declared)
    return found


def read_text(text: str, declared: Property) -> object:
    """The Python value of what stands alone in a body (``…/Name/$value``)."""
    return read_json(value_of_text(text, declared), declared)


def value_of_text(text: str, declared: Property) -> object:
    """A text as JSON would have the value: only Booleans are no strings there."""
    return _BOOLEANS.get(text, text) if declared.type is edm.BOOLEAN else text


def milliseconds(moment: datetime.datetime) -> int:
    """Whole milliseconds since 1970 of a naive UTC time, cut downwards also before 1970.

    >>> milliseconds(datetime.datetime(1969, 12, 31, 23, 59, 59, 999999))
    -1
    """
    return (moment - EPOCH) // MILLISECOND


def _in_utc(moment: datetime.datetime) -> datetime.datetime:
    return moment if moment.tzinfo is None else moment.astimezone(datetime.UTC).replace(tzinfo=None)


def _midnight(date: datetime.date) -> datetime.datetime:
    return datetime.datetime(date.year, date.month, date.day)


def _since_midnight(time: datetime.time) -> datetime.timedelta:
    return datetime.datetime.combine(EPOCH, time) - EPOCH


def _date_time_json(moment: datetime.datetime) -> str:
    return rf'"\/Date({milliseconds(_in_utc(moment))})\/"'


def _date_time_offset_json(moment: datetime.datetime) -> str:
    """Always in UTC: sources disagree whether the milliseconds of another offset are its local clock's."""
    return rf'"\/Date({milliseconds(_in_utc(moment))}+0000)\/"'


def _date_time_offset_text(moment: datetime.datetime) -> str:
    return temporal.write_instant(_in_utc(moment).replace(tzinfo=datetime.UTC))


def _double_json(number: float) -> str:
    return repr(float(number)) if math.isfinite(number) else f'"{_double_text(number)}"'


def _double_text(number: float) -> str:
    if math.isfinite(number):
        return repr(float(number))
    return "NaN" if math.isnan(number) else "INF" if number > 0 else "-INF"


def _decimal_text(number: Decimal | int | float) -> str:
    """Plain notation, every digit: ``0.0000001``, not ``1E-7``."""
    return format(number if isinstance(number, Decimal) else Decimal(str(number)), "f")


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _between_quotes(text: Callable[[Any], str]) -> Callable[[Any], str]:
    return lambda value: f'"{text(value)}"'


def _read_date_time_offset(value: object) -> datetime.datetime:
    r"""``/Date(ms)/``, ``/Date(ms+0060)/`` with the local clock's milliseconds and an offset in minutes, or ISO 8601.

    >>> _read_date_time_offset("/Date(3600000+0060)/").isoformat(), _read_date_time_offset(r"\/Date(-1)\/").isoformat()
    ('1970-01-01T00:00:00+00:00', '1969-12-31T23:59:59.999000+00:00')
    """
    if not isinstance(value, str):
        raise ValueError(f"expected a date as /Date(0)/ or 1970-01-01T00:00:00, not {shown(value)}")
    wcf = _DATE.fullmatch(value)
    try:
        moment = _since_epoch(*wcf.groups()) if wcf else temporal.read_instant(value)
    except (OverflowError, ValueError) as error:
        reason = "it is out of range" if isinstance(error, OverflowError) else str(error)
        raise ValueError(f"{shown(value)} is not a date: {reason}") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)


def _since_epoch(count: str, sign: str | None, minutes: str | None) -> datetime.datetime:
    offset = int(f"{sign or ''}{minutes or 0}") * 60_000
    return EPOCH + datetime.timedelta(milliseconds=int(count) - offset)


def _read_date_time(value: object) -> datetime.datetime:
    return _read_date_time_offset(value).replace(tzinfo=None)


def _read_date(value: object) -> datetime.date:
    return _read_date_time_offset(value).date()


def _read_duration(value: object) -> datetime.timedelta:
    """``PT13H20M``, ``P00DT01H02M03S`` and ``13:20:00``."""
    if not isinstance(value, str):
        raise ValueError(f"expected a duration as PT13H20M, not {shown(value)}")
    try:
        return _since_midnight(temporal.read_time_of_day(value)) if ":" in value else temporal.read_duration(value)
    except ValueError as error:
        raise ValueError(f"{shown(value)} is not a duration: {error}") from None


def _read_time_of_day(value: object) -> datetime.time:
    duration = _read_duration(value)
    if duration.days:
        raise ValueError(f"{shown(value)} is not a time of day: it is not between PT0S and PT24H")
    return (EPOCH + duration).time()


def _integer(kind: PrimitiveType, json: Callable[[int], str] = int.__repr__) -> ValueFormat:
    return ValueFormat(json, int.__repr__, partial(values.integer, kind=kind))


def _in_quotes(text: Callable[[Any], str], read: Callable[[object], object]) -> ValueFormat:
    return ValueFormat(_between_quotes(text), text, read)


def _duration_of(time: datetime.time) -> str:
    return temporal.write_duration(_since_midnight(time))


def _word(truth: object) -> str:
    return "true" if truth else "false"


def _date_json(date: datetime.date) -> str:
    return _date_time_json(_midnight(date))


def _date_text(date: datetime.date) -> str:
    return temporal.write_instant(_midnight(date))


def _date_time_text(moment: datetime.datetime) -> str:
    return temporal.write_instant(_in_utc(moment))


VALUES: dict[PrimitiveType, ValueFormat] = {
    edm.BOOLEAN: ValueFormat(_word, _word, values.boolean),
    edm.BYTE: _integer(edm.BYTE),
    edm.SBYTE: _integer(edm.SBYTE),
    edm.INT16: _integer(edm.INT16),
    edm.INT32: _integer(edm.INT32),
    edm.INT64: _integer(edm.INT64, json=_between_quotes(int.__repr__)),  # JavaScript's numbers end at 2^53
    edm.DECIMAL: _in_quotes(_decimal_text, values.decimal),
    edm.SINGLE: ValueFormat(_double_json, _double_text, values.single),
    edm.DOUBLE: ValueFormat(_double_json, _double_text, values.double),
    edm.STRING: ValueFormat(quoted, str, values.text),
    edm.GUID: _in_quotes(uuid.UUID.__str__, values.guid),
    edm.BINARY: _in_quotes(_base64, values.binary),
    edm.DATE: ValueFormat(_date_json, _date_text, _read_date),
    edm.DATE_TIME: ValueFormat(_date_time_json, _date_time_text, _read_date_time),
    edm.DATE_TIME_OFFSET: ValueFormat(_date_time_offset_json, _date_time_offset_text, _read_date_time_offset),
    edm.TIME_OF_DAY: _in_quotes(_duration_of, _read_time_of_day),
    edm.DURATION: _in_quotes(temporal.write_duration, _read_duration),
}
