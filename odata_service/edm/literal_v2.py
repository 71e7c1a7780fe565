"""Literals of V2 as they stand in URLs, keys, ETags and skip tokens (MS-ODATA, Abstract Type System)."""

from __future__ import annotations

import datetime
import decimal
import math
import re
import uuid
from collections.abc import Callable

from odata_service.edm import numeric, temporal
from odata_service.edm.primitive import (
    BINARY,
    BOOLEAN,
    BYTE,
    DATE,
    DATE_TIME,
    DATE_TIME_OFFSET,
    DECIMAL,
    DOUBLE,
    DURATION,
    GUID,
    INT16,
    INT32,
    INT64,
    NULL,
    SBYTE,
    SINGLE,
    STRING,
    TIME_OF_DAY,
    PrimitiveType,
)
from odata_service.errors import BadRequest

TypedValue = tuple[PrimitiveType, object]

_WORDS: dict[str, TypedValue] = {
    "null": (NULL, None),
    "true": (BOOLEAN, True),
    "false": (BOOLEAN, False),
    "NaN": (DOUBLE, math.nan),
    "INF": (DOUBLE, math.inf),
    "-INF": (DOUBLE, -math.inf),
}
_NUMBER = re.compile(r"([+-]?\d+)(\.\d+)?([eE][+-]?\d+)?([lLmMdDfF]?)", re.ASCII)
_GUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)


def read_literal(text: str, target: str | None = None, at: int | None = None) -> TypedValue:
    """The type and value of a literal; an integer takes the smallest of Int32, Int64 and Decimal that holds it.

    >>> [str(read_literal(text)[0]) for text in ("5", "5000000000", "5L", "5m", "5.5", "1E3f", "'5'")]
    ['Edm.Int32', 'Edm.Int64', 'Edm.Int64', 'Edm.Decimal', 'Edm.Double', 'Edm.Single', 'Edm.String']
    >>> read_literal("'O''Neil'")[1], read_literal("X'0AFF'")[1]
    ("O'Neil", b'\\n\\xff')
    """
    try:
        return _read(text)
    except ValueError as error:
        shown = text if len(text) <= 60 else text[:60] + "…"
        raise BadRequest("InvalidLiteral", f"{shown} is not a valid literal: {error}", target=target, at=at) from None


def _read(text: str) -> TypedValue:
    if text in _WORDS:
        return _WORDS[text]
    prefix, quote, rest = text.partition("'")
    if not quote:
        return _number(text)
    if not rest.endswith("'"):
        raise ValueError("the closing quote is missing")
    if not prefix:
        return STRING, _unquoted(rest[:-1])
    if prefix.lower() not in _PREFIXES:
        raise ValueError(f"there is no type with the prefix {prefix}")
    return _PREFIXES[prefix.lower()](rest[:-1])


def _unquoted(text: str) -> str:
    if text.count("'") != 2 * text.count("''"):
        raise ValueError("a quote inside a string is written twice")
    return text.replace("''", "'")


def _number(text: str) -> TypedValue:
    if text[:-1] in _WORDS and text[-1:] in "dDfF" and text[:-1].strip("-") in ("NaN", "INF"):
        return (SINGLE if text[-1] in "fF" else DOUBLE), _WORDS[text[:-1]][1]
    match = _NUMBER.fullmatch(text)
    if match is None:
        raise ValueError("expected a number, a string in single quotes, or a type prefix such as datetime'…'")
    whole, fraction, exponent, suffix = match.groups()
    suffix = suffix.upper()
    if suffix in ("L", "M") and (exponent or (suffix == "L" and fraction)):
        raise ValueError(f"the suffix {suffix} does not go with a fraction or an exponent")
    if suffix == "M":
        return DECIMAL, decimal.Decimal(text[:-1])
    if suffix in ("D", "F") or fraction or exponent:
        return numeric.read_floating(text.rstrip("dDfF"), is_single=suffix == "F")
    return numeric.read_integer(whole, is_int64=suffix == "L")


def _guid(text: str) -> TypedValue:
    if not _GUID.fullmatch(text):
        raise ValueError("a Guid has the form dddddddd-dddd-dddd-dddd-dddddddddddd")
    return GUID, uuid.UUID(text)


def _binary(text: str) -> TypedValue:
    if not all(digit in "0123456789abcdefABCDEF" for digit in text) or len(text) % 2:
        raise ValueError("binary data is written in pairs of hexadecimal digits")
    return BINARY, bytes.fromhex(text)


def _date_time(text: str) -> TypedValue:
    # Clients that know only one kind of date add a Z: the column has no zone and means UTC.
    return DATE_TIME, temporal.read_instant(text).replace(tzinfo=None)


def _date_time_offset(text: str) -> TypedValue:
    instant = temporal.read_instant(text)
    if instant.tzinfo is None:
        raise ValueError("a DateTimeOffset ends with Z or an offset such as +01:00")
    return DATE_TIME_OFFSET, instant


def _time(text: str) -> TypedValue:
    return DURATION, temporal.read_duration(text)


_PREFIXES: dict[str, Callable[[str], TypedValue]] = {
    "guid": _guid,
    "datetime": _date_time,
    "datetimeoffset": _date_time_offset,
    "time": _time,
    "x": _binary,
    "binary": _binary,
}


def write_literal(value: object, type: PrimitiveType) -> str:
    """The canonical literal, not yet percent-encoded.

    >>> write_literal("O'Neil", STRING), write_literal(5, INT64), write_literal(decimal.Decimal("1.50"), DECIMAL)
    ("'O''Neil'", '5L', '1.50M')
    """
    return "null" if value is None else _WRITERS[type](value)


def _write_floating(value: float, suffix: str) -> str:
    if math.isnan(value) or math.isinf(value):
        return ("NaN" if math.isnan(value) else "INF" if value > 0 else "-INF") + suffix.replace("d", "")
    return repr(value).upper().replace("E+", "E") + suffix  # a plus sign in a URL means a blank


def _write_time(value: datetime.time | datetime.timedelta) -> str:
    if isinstance(value, datetime.time):
        value = datetime.datetime.combine(datetime.date.min, value) - datetime.datetime.min
    return f"time'{temporal.write_duration(value)}'"


def _write_date_time(value: datetime.date) -> str:
    if not isinstance(value, datetime.datetime):
        value = datetime.datetime.combine(value, datetime.time.min)
    if value.tzinfo is not None:
        value = value.astimezone(temporal.UTC).replace(tzinfo=None)
    return f"datetime'{temporal.write_instant(value)}'"


def _write_date_time_offset(value: datetime.datetime) -> str:
    aware = value if value.tzinfo else value.replace(tzinfo=temporal.UTC)
    return f"datetimeoffset'{temporal.write_instant(aware)}'"


_WRITERS: dict[PrimitiveType, Callable[..., str]] = {
    BOOLEAN: lambda value: "true" if value else "false",
    BYTE: str,
    SBYTE: str,
    INT16: str,
    INT32: str,
    INT64: lambda value: f"{value}L",
    DECIMAL: lambda value: f"{decimal.Decimal(value):f}M",
    SINGLE: lambda value: _write_floating(value, "f"),
    DOUBLE: lambda value: _write_floating(value, "d"),
    STRING: lambda value: "'" + value.replace("'", "''") + "'",
    GUID: lambda value: f"guid'{value}'",
    BINARY: lambda value: f"X'{value.hex().upper()}'",
    DATE: _write_date_time,
    DATE_TIME: _write_date_time,
    DATE_TIME_OFFSET: _write_date_time_offset,
    TIME_OF_DAY: _write_time,
    DURATION: _write_time,
}
