"""Decimals that keep every digit, also on SQLite, which has no such type."""

from __future__ import annotations

import decimal
import sqlite3
from typing import Any

from sqlalchemy import Engine, Numeric, String, TypeDecorator, event
from sqlalchemy.engine import Dialect

COLLATION = "odata_decimal"
# No result is ever rounded for want of room: what a request can ask for has far fewer digits.
EXACT = decimal.Context(prec=200_000, Emax=decimal.MAX_EMAX, Emin=decimal.MIN_EMIN, rounding=decimal.ROUND_HALF_UP)


def exact_text(number: decimal.Decimal) -> str:
    """One text for equal numbers, so that texts which mean the same are the same.

    >>> exact_text(decimal.Decimal("1.50")), exact_text(decimal.Decimal("1E+2")), exact_text(decimal.Decimal("-0.0"))
    ('1.5', '100', '0')
    """
    text = format(number, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


class TextDecimal(TypeDecorator[decimal.Decimal]):
    """A Decimal as text; the collation puts such texts in the order of their numbers, in indexes too."""

    impl = String(collation=COLLATION)
    cache_ok = True

    def __init__(self, scale: int | None = None) -> None:
        super().__init__()
        self.scale = scale

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else exact_text(decimal.Decimal(str(value)))

    def process_result_value(self, value: Any, dialect: Dialect) -> decimal.Decimal | None:
        """With as many decimals as the column has, as other databases give them."""
        if value is None:
            return None
        number = decimal.Decimal(str(value))
        shown = number.as_tuple().exponent
        if self.scale is None or not isinstance(shown, int) or -shown >= self.scale:
            return number
        return number.quantize(decimal.Decimal(1).scaleb(-self.scale), context=EXACT)


def ExactDecimal(precision: int | None = None, scale: int | None = None) -> Numeric[decimal.Decimal]:
    """A column type: ``NUMERIC`` where that is exact, text on SQLite, whose own numbers end at 15 digits.

    ``Price: Mapped[Decimal] = mapped_column(ExactDecimal(38, 18))``
    """
    return Numeric(precision, scale).with_variant(TextDecimal(scale), "sqlite")


class DecimalTotal:
    """Adds up Decimals that are kept as texts, for SQLite, which would make Doubles of them; also over a window that
    numbers come into and go out of."""

    def __init__(self) -> None:
        self._total = decimal.Decimal(0)
        self._count = 0

    def step(self, number: object) -> None:
        self._add(number, 1)

    def inverse(self, number: object) -> None:
        self._add(number, -1)

    def value(self) -> str | None:
        return exact_text(self._total) if self._count else None

    finalize = value

    def _add(self, number: object, sign: int) -> None:
        if number is not None:
            self._total = EXACT.add(self._total, sign * decimal.Decimal(str(number)))
            self._count += sign


def compared(one: str, other: str) -> int:
    """-1, 0 or 1 as the first number is less than, equal to or greater than the second.

    >>> compared("9.5", "10"), compared("1.50", "1.5")
    (-1, 0)
    """
    left, right = decimal.Decimal(one), decimal.Decimal(other)
    return (left > right) - (left < right)


def compared_texts(one: str, other: str) -> int:
    """A total order, also of texts that another program put where only numbers should be."""
    try:
        return compared(one, other)
    except decimal.InvalidOperation:
        return (one > other) - (one < other)


@event.listens_for(Engine, "connect")
def _know_collation(connection: Any, _record: object) -> None:
    """Tables with such columns can be made and filled through any engine, not only a service's."""
    if isinstance(connection, sqlite3.Connection):
        connection.create_collation(COLLATION, compared_texts)
