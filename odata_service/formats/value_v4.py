"""V4's primitive values: one row per type, with its JSON text, its plain text (``/$value``) and the way back.

Numbers are JSON numbers with every digit; with ``IEEE754Compatible=true`` the two types that JavaScript cannot hold,
Int64 and Decimal, are strings (OData JSON Format, Controlling the Representation of Numbers).
"""

from __future__ import annotations

import base64
import datetime
import math
import uuid
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import partial
from typing import Any

import orjson

from odata_service.edm import primitive as edm
from odata_service.edm import temporal
from odata_service.edm.model import Property
from odata_service.edm.primitive import PrimitiveType
from odata_service.formats import value as values
from odata_service.formats.enum_v4 import enum_text, read_enum
from odata_service.formats.geo_json import read_geography
from odata_service.formats.json_text import quoted
from odata_service.formats.value import shown
from odata_service.values import frozen


@frozen
class ValueFormat:
    """How the values of one type are written and read; never called with null. (Any: each row knows its own type.)
    ``exact`` is the JSON for clients whose numbers are floats, where it differs."""

    json: Callable[[Any], str]
    text: Callable[[Any], str]
    read: Callable[[object], object]
    exact: Callable[[Any], str] | None = None

    def writer(self, *, ieee754: bool) -> Callable[[Any], str]:
        return self.exact if ieee754 and self.exact is not None else self.json


def write_json(value: object, declared: Property, *, ieee754: bool = False) -> str:
    """A property's value as JSON text."""
    if value is None:
        return "null"
    if declared.enum is not None:
        assert isinstance(value, int), "a member of an enumeration is a number"
        return quoted(enum_text(declared.enum, int(value)))
    return VALUES[declared.type].writer(ieee754=ieee754)(value)


def write_typed(value: object, kind: PrimitiveType, *, ieee754: bool = False) -> str:
    """A value of a primitive type as JSON text.

    >>> write_typed(Decimal("1.50"), edm.DECIMAL), write_typed(Decimal("1.50"), edm.DECIMAL, ieee754=True)
    ('1.50', '"1.50"')
    >>> write_typed(datetime.datetime(2010, 12, 31), edm.DATE_TIME)
    '"2010-12-31T00:00:00Z"'
    """
    return "null" if value is None else VALUES[kind].writer(ieee754=ieee754)(value)


def write_text(value: object, declared: Property) -> str:
    """A value as plain text, as ``/$value`` gives it."""
    if declared.enum is not None and isinstance(value, int):
        return enum_text(declared.enum, int(value))
    return VALUES[declared.type].text(value)


def read_json(value: object, declared: Property) -> object:
    """The Python value of a property; ``ValueError`` says what is wrong with it."""
    if value is None:
        if not declared.nullable:
            raise ValueError("cannot be null")
        return None
    found = read_enum(declared.enum, value) if declared.enum is not None else VALUES[declared.type].read(value)
    values.check_facets(found, declared)
    return found


def read_text(text: str, declared: Property) -> object:
    """The Python value of what stands alone in a body (``…/Name/$value``)."""
    if declared.type is edm.BOOLEAN:
        return read_json({"true": True, "false": False}.get(text, text), declared)
    if declared.type.name.startswith("Edm.Geography"):
        return read_json(_geo_json(text), declared)
    return read_json(text, declared)


def as_text(value: object, declared: Property) -> object:
    """A value such that :func:`read_json` gives it back: text, which has every digit."""
    return value if value is None or isinstance(value, bool) else write_text(value, declared)


def _geo_json(text: str) -> object:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        raise ValueError("expected a GeoJSON object") from None


def _double_json(number: float) -> str:
    return repr(float(number)) if math.isfinite(number) else f'"{_double_text(number)}"'


def _double_text(number: float) -> str:
    if math.isfinite(number):
        return repr(float(number))
    return "NaN" if math.isnan(number) else "INF" if number > 0 else "-INF"


def decimal_text(number: Decimal | int | float) -> str:
    """Plain notation, every digit: ``0.0000001``, not ``1E-7``.

    >>> decimal_text(Decimal("1E-7")), decimal_text(Decimal("1.10"))
    ('0.0000001', '1.10')
    """
    number = number if isinstance(number, Decimal) else Decimal(str(number))
    return format(number, "f") if number.is_finite() else _double_text(float(number))


def _decimal_json(number: Decimal | int | float) -> str:
    text = decimal_text(number)
    return text if text[-1].isdigit() else f'"{text}"'


def _between_quotes(text: Callable[[Any], str]) -> Callable[[Any], str]:
    return lambda value: f'"{text(value)}"'


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode()


def instant_text(moment: datetime.datetime) -> str:
    """Always in UTC; a column without a time zone holds UTC.

    >>> instant_text(datetime.datetime(2010, 12, 31, 23, 59, 59, 500_000))
    '2010-12-31T23:59:59.500Z'
    """
    if moment.tzinfo is None:
        return temporal.write_instant(moment.replace(tzinfo=datetime.UTC))
    return temporal.write_instant(moment.astimezone(datetime.UTC))


def _word(truth: object) -> str:
    return "true" if truth else "false"


def _geography(place: Mapping[str, Any]) -> str:
    return orjson.dumps(place).decode()


def _text_of(value: object, what: str) -> str:
    if not isinstance(value, str):
        raise ValueError(f"expected {what}, not {shown(value)}")
    return value


def _temporal(read: Callable[[str], Any], what: str, example: str) -> Callable[[object], Any]:
    def reader(value: object) -> Any:
        text = _text_of(value, f"{what} as {example}")
        try:
            return read(text)
        except (OverflowError, ValueError) as error:
            raise ValueError(f"{shown(value)} is not {what}: {error}") from None

    return reader


def _instant(text: str) -> datetime.datetime:
    """With any offset and any number of digits after the point; without an offset it is taken as UTC."""
    moment = temporal.read_instant(text)
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=datetime.UTC)


def _naive(text: str) -> datetime.datetime:
    return _instant(text).replace(tzinfo=None)


def _date(text: str) -> datetime.date:
    """A date; clients that know only dates with times send midnight."""
    moment = temporal.read_instant(text)
    if moment.time() != datetime.time():
        raise ValueError("it has a time of day")
    return moment.date()


def _binary(value: object) -> bytes:
    """base64url; with the alphabet and padding of plain base64 too, which many clients write."""
    text = _text_of(value, "base64url text").translate(_URL_SAFE).rstrip("=")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError:
        raise ValueError(f"{shown(value)} is not base64url text") from None


_URL_SAFE = str.maketrans("+/", "-_")


def _integer(kind: PrimitiveType, exact: Callable[[int], str] | None = None) -> ValueFormat:
    return ValueFormat(int.__repr__, int.__repr__, partial(values.integer, kind=kind), exact)


def _in_quotes(text: Callable[[Any], str], read: Callable[[object], object]) -> ValueFormat:
    return ValueFormat(_between_quotes(text), text, read)


def _place(kind: PrimitiveType) -> ValueFormat:
    return ValueFormat(_geography, _geography, partial(read_geography, kind=kind))


VALUES: dict[PrimitiveType, ValueFormat] = {
    edm.BOOLEAN: ValueFormat(_word, _word, values.boolean),
    edm.BYTE: _integer(edm.BYTE),
    edm.SBYTE: _integer(edm.SBYTE),
    edm.INT16: _integer(edm.INT16),
    edm.INT32: _integer(edm.INT32),
    edm.INT64: _integer(edm.INT64, exact=_between_quotes(int.__repr__)),
    edm.DECIMAL: ValueFormat(_decimal_json, decimal_text, values.decimal, exact=_between_quotes(decimal_text)),
    edm.SINGLE: ValueFormat(_double_json, _double_text, values.single),
    edm.DOUBLE: ValueFormat(_double_json, _double_text, values.double),
    edm.STRING: ValueFormat(quoted, str, values.text),
    edm.GUID: _in_quotes(uuid.UUID.__str__, values.guid),
    edm.BINARY: _in_quotes(_base64url, _binary),
    edm.STREAM: _in_quotes(_base64url, _binary),
    edm.DATE: _in_quotes(datetime.date.isoformat, _temporal(_date, "a date", "2010-12-31")),
    edm.DATE_TIME: _in_quotes(instant_text, _temporal(_naive, "a date and time", "2010-12-31T23:59:59Z")),
    edm.DATE_TIME_OFFSET: _in_quotes(instant_text, _temporal(_instant, "a date and time", "2010-12-31T23:59:59Z")),
    edm.TIME_OF_DAY: _in_quotes(
        temporal.write_time_of_day, _temporal(temporal.read_time_of_day, "a time of day", "23:59:59")
    ),
    edm.DURATION: _in_quotes(temporal.write_duration, _temporal(temporal.read_duration, "a duration", "P1DT2H30M")),
    edm.GEOGRAPHY_POINT: _place(edm.GEOGRAPHY_POINT),
    edm.GEOGRAPHY_LINE_STRING: _place(edm.GEOGRAPHY_LINE_STRING),
    edm.GEOGRAPHY_POLYGON: _place(edm.GEOGRAPHY_POLYGON),
}
