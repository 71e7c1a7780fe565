"""Literals of V4 as they stand in URLs, keys and tokens (ABNF, Literal Data Values)."""

from __future__ import annotations

import base64
import binascii
import datetime
import decimal
import math
import re
import uuid
from collections.abc import Callable

from odata_service.edm import geography, numeric, temporal
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
    GEOGRAPHY_LINE_STRING,
    GEOGRAPHY_POINT,
    GEOGRAPHY_POLYGON,
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
from odata_service.errors import BadRequest, NotImplementedByService

TypedValue = tuple[PrimitiveType, object]

_WORDS: dict[str, TypedValue] = {
    "null": (NULL, None),
    "NaN": (DOUBLE, math.nan),
    "INF": (DOUBLE, math.inf),
    "-INF": (DOUBLE, -math.inf),
}
_NUMBER = re.compile(r"([+-]?\d+)(\.\d+)?(e[+-]?\d+)?([lmdf]?)", re.ASCII | re.IGNORECASE)
_GUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
_DATE = re.compile(r"-?\d{4,}-\d\d-\d\d", re.ASCII)
_TIME = re.compile(r"\d\d:\d\d", re.ASCII)
_BASE64 = re.compile(r"(?:[\w-]{4})*(?:[\w-]{3}=?|[\w-]{2}(?:==)?)?", re.ASCII)
_V2_PREFIXES = ("guid", "datetime", "datetimeoffset", "time", "x")


def read_literal(text: str, target: str | None = None, at: int | None = None) -> TypedValue:
    """The type and value of a literal; an integer takes the smallest of Int32, Int64 and Decimal that holds it.

    >>> [str(read_literal(text)[0]) for text in ("5", "5000000000", "1.5", "1e3", "2010-12-31", "23:59", "'5'")]
    ['Edm.Int32', 'Edm.Int64', 'Edm.Decimal', 'Edm.Double', 'Edm.Date', 'Edm.TimeOfDay', 'Edm.String']
    >>> str(read_literal("5L")[0]), str(read_literal("10m")[0])  # some clients keep V2's suffixes
    ('Edm.Int64', 'Edm.Decimal')
    """
    shown = text if len(text) <= 60 else text[:60] + "…"
    try:
        return _read(text)
    except geography.NotSupported as error:
        raise NotImplementedByService("NotImplemented", f"{shown}: {error}", target=target, at=at) from None
    except ValueError as error:
        raise BadRequest("InvalidLiteral", f"{shown} is not a valid literal: {error}", target=target, at=at) from None


def _read(text: str) -> TypedValue:
    if text in _WORDS:
        return _WORDS[text]
    if text.endswith("'"):
        return _quoted(text)
    if text.startswith('"'):
        return STRING, read_json_string(text)
    if text.lower() in ("true", "false"):
        return BOOLEAN, text.lower() == "true"
    if _GUID.fullmatch(text):
        return GUID, uuid.UUID(text)
    if _TIME.match(text):
        return TIME_OF_DAY, temporal.read_time_of_day(text)
    if _DATE.match(text):
        return _date(text)
    return _number(text)


def _quoted(text: str) -> TypedValue:
    prefix, _, rest = text.partition("'")
    if not rest:
        raise ValueError("the closing quote is missing")
    if prefix.lower() in _PREFIXES:
        return _PREFIXES[prefix.lower()](rest[:-1])
    if prefix:
        old = "; V4 writes it without the prefix and the quotes" if prefix.lower() in _V2_PREFIXES else ""
        raise ValueError(f"there is no type with the prefix {prefix}{old}")
    inner = rest[:-1]
    if inner.count("'") != 2 * inner.count("''"):
        raise ValueError("a quote inside a string is written twice")
    return STRING, inner.replace("''", "'")


_JSON_ESCAPE = re.compile(r'\\(?:u([0-9a-fA-F]{4})|(["\\/bfnrt]))')
_JSON_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


def read_json_string(text: str) -> str:
    r"""
    >>> read_json_string('"a\\n\\u00e9"')
    'a\né'
    """
    inner = text[1:-1]
    if "\\" not in inner:
        return inner
    plain = _JSON_ESCAPE.sub(
        lambda escape: chr(int(escape[1], 16)) if escape[1] else _JSON_ESCAPES.get(escape[2], escape[2]), inner
    )
    # Escaped surrogates come in pairs; a lone one is no character.
    return plain.encode("utf-16", "surrogatepass").decode("utf-16")


def _number(text: str) -> TypedValue:
    match = _NUMBER.fullmatch(text)
    if match is None:
        raise ValueError("expected a number, a date, a Guid or a string in single quotes")
    digits, fraction, exponent, suffix = match.groups()
    suffix = suffix.lower()
    if suffix == "l" and (fraction or exponent):
        raise ValueError("the suffix L does not go with a fraction or an exponent")
    if exponent or suffix in ("d", "f"):
        return numeric.read_floating(text.rstrip("dDfFmM"), is_single=suffix == "f")
    if fraction or suffix == "m":
        return DECIMAL, decimal.Decimal(text.rstrip("mM"))
    return numeric.read_integer(digits, is_int64=suffix == "l")


def _date(text: str) -> TypedValue:
    if text[0] == "-" or text[4] != "-":
        raise ValueError("only the years 1 to 9999 can be stored")
    if len(text) == 10:
        return DATE, temporal.read_date(text)
    instant = temporal.read_instant(text)
    if instant.tzinfo is None:
        raise ValueError("a DateTimeOffset ends with Z or an offset such as +01:00")
    return DATE_TIME_OFFSET, instant


def _binary(text: str) -> TypedValue:
    if not _BASE64.fullmatch(text):
        raise ValueError("binary data is written in base64url")
    text = text.rstrip("=")
    try:
        return BINARY, base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from None


_PREFIXES: dict[str, Callable[[str], TypedValue]] = {
    "duration": lambda text: (DURATION, temporal.read_duration(text)),
    "binary": _binary,
    "geography": geography.read_geography,
    "geometry": geography.refuse_geometry,
}


def write_literal(value: object, type: PrimitiveType) -> str:
    """The canonical literal, not yet percent-encoded.

    >>> write_literal("O'Neil", STRING), write_literal(decimal.Decimal("1.50"), DECIMAL), write_literal(b"fo", BINARY)
    ("'O''Neil'", '1.50', "binary'Zm8='")
    """
    return "null" if value is None else _WRITERS[type](value)


def _write_floating(value: float) -> str:
    if math.isnan(value) or math.isinf(value):
        return "NaN" if math.isnan(value) else "INF" if value > 0 else "-INF"
    return repr(value).replace("e+", "e")


def _write_date_time(value: datetime.datetime) -> str:
    return temporal.write_instant(value if value.tzinfo else value.replace(tzinfo=temporal.UTC))


_WRITERS: dict[PrimitiveType, Callable[..., str]] = {
    BOOLEAN: lambda value: "true" if value else "false",
    BYTE: str,
    SBYTE: str,
    INT16: str,
    INT32: str,
    INT64: str,
    DECIMAL: lambda value: f"{decimal.Decimal(value):f}",
    SINGLE: _write_floating,
    DOUBLE: _write_floating,
    STRING: lambda value: "'" + value.replace("'", "''") + "'",
    GUID: str,
    BINARY: lambda value: f"binary'{base64.urlsafe_b64encode(value).decode()}'",
    DATE: lambda value: value.isoformat(),
    TIME_OF_DAY: temporal.write_time_of_day,
    DATE_TIME_OFFSET: _write_date_time,
    DATE_TIME: _write_date_time,
    DURATION: lambda value: f"duration'{temporal.write_duration(value)}'",
    GEOGRAPHY_POINT: geography.write_geography,
    GEOGRAPHY_LINE_STRING: geography.write_geography,
    GEOGRAPHY_POLYGON: geography.write_geography,
}
