"""Values as clients send them in JSON, read generously and refused clearly.

A value is what :mod:`odata_service.formats.read_json` gives: a string, an ``int``, a ``Decimal`` for any number with a
point or an exponent, or a ``bool``. Every reader raises ``ValueError`` with words for the client.
"""

from __future__ import annotations

import base64
import math
import re
import uuid
from decimal import Decimal

from odata_service.edm.model import Property
from odata_service.edm.numeric import LARGEST_SINGLE, nearest_single
from odata_service.edm.primitive import PrimitiveType

_INTEGER = re.compile(r"[+-]?\d{1,25}", re.ASCII)
_NUMBER = re.compile(r"[+-]?(\d{1,1000}(\.\d{0,1000})?|\.\d{1,1000})([eE][+-]?\d{1,4})?", re.ASCII)
_GUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|[0-9a-f]{32}", re.IGNORECASE)
_NOT_STORABLE = re.compile("[\0\ud800-\udfff]")
_NOT_FINITE = {"NaN": math.nan, "INF": math.inf, "-INF": -math.inf}
_MOST_DIGITS = 1_000  # of a decimal without a precision: 1E999999 would be a megabyte of zeros


def shown(value: object) -> str:
    """A value for an error message, cut to a readable length."""
    if isinstance(value, (dict, list)):
        return "an object" if isinstance(value, dict) else "an array"
    text = repr(value) if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)
    return text if len(text) <= 60 else text[:60] + "…"


def text(value: object) -> str:
    """Any Unicode text but U+0000 and half characters, which no database and no XML document can hold."""
    if not isinstance(value, str):
        raise ValueError(f"expected a string, not {shown(value)}")
    if _NOT_STORABLE.search(value):
        raise ValueError("the text has a character that cannot be stored: U+0000 or half of a surrogate pair")
    return value


def boolean(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"expected true or false, not {shown(value)}")
    return value


def integer(value: object, kind: PrimitiveType) -> int:
    """
    >>> from odata_service.edm.primitive import BYTE
    >>> integer("3", BYTE), integer(Decimal("3.0"), BYTE)
    (3, 3)
    """
    number = _whole(value)
    assert kind.low is not None and kind.high is not None
    if number is None:
        raise ValueError(f"expected a whole number, not {shown(value)}")
    if not kind.low <= number <= kind.high:
        raise ValueError(f"{shown(value)} is out of range: {kind.low} to {kind.high}")
    return number


def _whole(value: object) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        return int(value) if _INTEGER.fullmatch(value) else None
    if isinstance(value, Decimal) and value.is_finite() and value == value.to_integral_value():
        return int(value) if value.adjusted() < 25 else 10**25  # out of every range
    return value if isinstance(value, int) else None


def decimal(value: object) -> Decimal:
    """Never through a float, so that every digit stays.

    >>> decimal("0.10"), decimal(Decimal("1E+2"))
    (Decimal('0.10'), Decimal('100'))
    """
    number = _decimal(value)
    if number is None:
        raise ValueError(f"expected a decimal number, not {shown(value)}")
    exponent = number.as_tuple().exponent
    assert isinstance(exponent, int)
    if max(number.adjusted(), -exponent) > _MOST_DIGITS:
        raise ValueError(f"{shown(value)} has too many digits")
    return Decimal(format(number, "f"))


def _decimal(value: object) -> Decimal | None:
    if isinstance(value, str):
        return Decimal(value) if _NUMBER.fullmatch(value) else None
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    return value if isinstance(value, Decimal) and value.is_finite() else None


def double(value: object) -> float:
    """
    >>> double("8.5"), double("-INF"), double(Decimal("1E-3"))
    (8.5, -inf, 0.001)
    """
    if isinstance(value, str) and value in _NOT_FINITE:
        return _NOT_FINITE[value]
    number = _decimal(value)
    if number is None:
        raise ValueError(f"expected a number, not {shown(value)}")
    return _in_range(float(number), math.inf, value)


def single(value: object) -> float:
    number = double(value)
    if not math.isfinite(number):
        return number
    return nearest_single(_in_range(number, LARGEST_SINGLE, value))


def _in_range(number: float, bound: float, value: object) -> float:
    if abs(number) >= bound:
        raise ValueError(f"{shown(value)} is out of range")
    return number


def guid(value: object) -> uuid.UUID:
    if not isinstance(value, str) or not _GUID.fullmatch(value):
        raise ValueError(f"expected a Guid as dddddddd-dddd-dddd-dddd-dddddddddddd, not {shown(value)}")
    return uuid.UUID(value)


def binary(value: object) -> bytes:
    if not isinstance(value, str):
        raise ValueError(f"expected base64 text, not {shown(value)}")
    try:
        return base64.b64decode(value, validate=True)
    except ValueError:
        raise ValueError(f"{shown(value)} is not base64 text") from None


def check_facets(value: object, declared: Property) -> None:
    """MaxLength, Precision and Scale (CSDL, Type Facets)."""
    if isinstance(value, (str, bytes)) and declared.max_length is not None and len(value) > declared.max_length:
        unit = "characters" if isinstance(value, str) else "bytes"
        raise ValueError(f"has {len(value)} {unit}, and at most {declared.max_length} fit")
    if isinstance(value, Decimal):
        _check_digits(value, declared.precision, declared.scale)


def _check_digits(value: Decimal, precision: int | None, scale: int | None) -> None:
    whole, _, fraction = format(value, "f").lstrip("-").partition(".")
    if scale is not None and len(fraction.rstrip("0")) > scale:
        raise ValueError(f"{shown(value)} has more than {scale} digits after the point")
    if precision is not None and len(whole.lstrip("0")) > precision - (scale or 0):
        raise ValueError(f"{shown(value)} has more than {precision - (scale or 0)} digits before the point")
