"""Numbers as both protocols write them: which type their digits alone give them, and its range."""

from __future__ import annotations

import decimal
import math

from odata_service.edm.primitive import DECIMAL, DOUBLE, INT32, INT64, SINGLE, PrimitiveType

_LARGEST_SINGLE = 3.4028235677973366e38


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


def read_floating(text: str, *, is_single: bool = False) -> tuple[PrimitiveType, object]:
    """
    >>> str(read_floating("1e3")[0]), read_floating("1e3")[1]
    ('Edm.Double', 1000.0)
    """
    kind, value = (SINGLE if is_single else DOUBLE), float(text)
    if math.isinf(value) or (is_single and abs(value) > _LARGEST_SINGLE):
        raise ValueError(f"it is out of range for {kind}")
    return kind, value
