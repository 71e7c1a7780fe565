"""Members of enumerations by their names: ``InStock``, ``InStock,OnSale`` (OData JSON Format, Primitive Value)."""

from __future__ import annotations

import re

from odata_service.edm.model import EnumType
from odata_service.errors import did_you_mean
from odata_service.formats.value import shown

_NUMBER = re.compile(r"[+-]?\d{1,20}", re.ASCII)
_MOST_NAMES = 64


def enum_text(kind: EnumType, number: int) -> str:
    """The member with this number; of flags the members that make it up; a number without a name stays a number."""
    names = {value: name for name, value in reversed(kind.numbers.items())}
    if number in names or not kind.is_flags:
        return names.get(number, str(number))
    rest, parts = number, []
    for name, value in kind.numbers.items():
        if value > 0 and value.bit_count() == 1 and rest & value == value:
            parts.append(name)
            rest &= ~value
    return ",".join(parts) if parts and not rest else str(number)


def read_enum(kind: EnumType, value: object) -> int:
    """The number of ``"InStock"``, ``"InStock, OnSale"``, ``1`` or ``"1"``; ``ValueError`` where there is none."""
    number = _number(kind, value)
    low, high = kind.underlying.low, kind.underlying.high
    assert low is not None and high is not None, "the type under an enumeration is an integer"
    if not low <= number <= high:
        raise ValueError(f"{shown(value)} is out of range for {kind.name}")
    _check_known(kind, number, value)
    return number


def _number(kind: EnumType, value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if not isinstance(value, str):
        raise ValueError(f"expected the name of a member of {kind.name}, not {shown(value)}")
    if _NUMBER.fullmatch(value):
        return int(value)
    names = [name.strip() for name in value.split(",", _MOST_NAMES)]
    if len(names) > 1 and not kind.is_flags:
        raise ValueError(f"{kind.name} takes one member, not {shown(value)}")
    number = 0
    for name in names:
        number |= _member(kind, name)
    return number


def _member(kind: EnumType, name: str) -> int:
    number = kind.numbers.get(name)
    if number is None:
        raise ValueError(f"{kind.name} has no member {shown(name)}{did_you_mean(name, kind.numbers)}")
    return number


def _check_known(kind: EnumType, number: int, value: object) -> None:
    known = set(kind.numbers.values())
    if kind.is_flags:
        every = 0
        for each in known:
            every |= each
        fits = number >= 0 and number & ~every == 0
    else:
        fits = number in known
    if not fits:
        raise ValueError(f"{kind.name} has no member {shown(value)}")
