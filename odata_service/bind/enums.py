"""Literals that name members of an enumeration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from odata_service.bind.typed import Constant, FromRoot, Given, PropertyRef, Typed
from odata_service.edm.model import EnumType
from odata_service.errors import did_you_mean

if TYPE_CHECKING:
    from odata_service.bind.expression import ExpressionBinder


def enum_of(value: Typed) -> EnumType | None:
    """The enumeration of a property's values, if they are of one; rows of ``$apply`` may still have such values."""
    if isinstance(value, Given):
        return None if value.property is None or value.counts else value.property.enum
    return value.property.enum if isinstance(value, PropertyRef | FromRoot) else None


def enum_constant(binder: ExpressionBinder, kind: EnumType, literal: Constant, at: int) -> Constant:
    """The number behind ``'InStock,OnSale'``, ``'3'`` or ``3``. It is part of the plan, not a parameter: a name has to
    be looked up."""
    number = enum_number(kind, str(literal.value))
    if number is None:
        hint = did_you_mean(str(literal.value), kind.numbers)
        binder.refuse("UnknownMember", f"{kind.full_name} has no member {literal.value!r:.80}{hint}", at)
    return Constant(kind.underlying, number, -1, kind.underlying)


def enum_number(kind: EnumType, text: str) -> int | None:
    """The number of members by name, or of a number that is one (or, with flags, a sum of some).

    >>> import enum
    >>> from odata_service.edm.primitive import INT32
    >>> flags = EnumType("Color", "Ns", enum.IntFlag("Color", "Red Blue"), INT32)
    >>> enum_number(flags, "Red,Blue"), enum_number(flags, "2"), enum_number(flags, "Green")
    (3, 2, None)
    """
    numbers = kind.numbers
    parts = [part.strip() for part in text.split(",")]
    if len(parts) > 1 and not kind.is_flags:
        return None
    total = 0
    for part in parts:
        number = numbers.get(part, int(part) if part.lstrip("-").isdecimal() and len(part) < 12 else None)
        if number is None:
            return None
        total |= number
    return total
