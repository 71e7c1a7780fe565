"""Numbers as both protocols write them: which type their digits alone give them, and its range."""

from __future__ import annotations

import decimal
import math
import struct

from odata_service.edm.primitive import DECIMAL, DOUBLE, INT32, INT64, SINGLE, PrimitiveType

LARGEST_SINGLE = 3.4028235677973366e38


def read_integer(digits: str, *, is_int64: bool = False) -> tuple[PrimitiveType, object]:
    """The smallest of Int32, Int64 and Decimal that holds the digits; with ``is_int64`` only that will do.

    >>> [str(read_integer(digits)[0]) for digits in ("5", "5000000000", "9" * 30)]
    ['Edm.Int32', 'Edm.Int64', 'Edm.Decimal']
    """
    # int() refuses thousands of digits, and no integer type holds thirty
    value = int(digits) if len(digits) < 30 else 2**63
    if not -(2**63) <= value < 2**63:
        if is_int64:
            raise ValueError("it is out of range for Edm.Int64")
        return DECIMAL, decimal.Decimal(digits)
    return (INT32 if not is_int64 and -(2**31) <= value < 2**31 else INT64), value


def nearest_single(number: float) -> float:
    """The Single that is nearest to a number, as the Double of its fewest digits: what every database shows of it.

    >>> nearest_single(16777217.0), nearest_single(0.1), nearest_single(0.12345678912), nearest_single(1.5e-45)
    (16777216.0, 0.1, 0.12345679, 1e-45)
    """
    single = _rounded(number)
    texts = (float(f"{single:.{digits}g}") for digits in range(1, 10))
    return next((text for text in texts if abs(text) < LARGEST_SINGLE and _rounded(text) == single), single)


def _rounded(number: float) -> float:
    (single,) = struct.unpack("f", struct.pack("f", number))
    return float(single)


def read_floating(text: str, *, is_single: bool = False) -> tuple[PrimitiveType, object]:
    """
    >>> str(read_floating("1e3")[0]), read_floating("1e3")[1]
    ('Edm.Double', 1000.0)
    """
    kind, value = (SINGLE if is_single else DOUBLE), float(text)
    if math.isinf(value) or (is_single and abs(value) > LARGEST_SINGLE):
        raise ValueError(f"it is out of range for {kind}")
    return kind, value
