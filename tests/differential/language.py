"""V2's expressions once more: a tree of our own, its text, and what it is worth on a row of Python values.

Written from MS-ODATA 2.2.3.6.1.1 and ``docs/deviations.md``, and from nothing in the service itself.
"""

from __future__ import annotations

import datetime
import decimal
import math
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from tests.differential.model import Row

D = decimal.Decimal
EXACT = decimal.Context(prec=3_000, rounding=decimal.ROUND_HALF_UP)
INTEGERS = ("Int16", "Int32", "Int64")
# From weak to strong, then unary operators, and what stands by itself.
STRENGTH = {"or": 1, "and": 2, "eq": 3, "ne": 3, "lt": 4, "le": 4, "gt": 4, "ge": 4,
            "add": 5, "sub": 5, "mul": 6, "div": 6, "mod": 6}  # fmt: skip
UNARY, ALONE = 7, 8


@dataclass(frozen=True)
class Lit:
    kind: str
    value: object
    suffix: str = ""


@dataclass(frozen=True)
class Prop:
    kind: str
    name: str
    of_part: bool = False


@dataclass(frozen=True)
class Op:
    kind: str
    symbol: str
    left: Node
    right: Node
    wrapped: bool = False  # in parentheses, needed or not


@dataclass(frozen=True)
class Prefix:
    """``not x`` or ``-x``."""

    kind: str
    symbol: str
    operand: Node


@dataclass(frozen=True)
class Call:
    kind: str
    name: str
    arguments: tuple[Node, ...]


Node = Lit | Prop | Op | Prefix | Call


def literals(node: Node) -> Iterator[Lit]:
    match node:
        case Lit():
            yield node
        case Op(_, _, left, right):
            yield from literals(left)
            yield from literals(right)
        case Prefix(_, _, operand):
            yield from literals(operand)
        case Call(_, _, arguments):
            for argument in arguments:
                yield from literals(argument)


def with_literals(node: Node, chosen: Iterator[Lit]) -> Node:
    """The same tree with other literals, in the order of :func:`literals`."""
    match node:
        case Lit():
            return next(chosen)
        case Op(_, _, left, right):
            return replace(node, left=with_literals(left, chosen), right=with_literals(right, chosen))
        case Prefix(_, _, operand):
            return replace(node, operand=with_literals(operand, chosen))
        case Call(_, _, arguments):
            return replace(node, arguments=tuple(with_literals(argument, chosen) for argument in arguments))
    return node


# --- text ------------------------------------------------------------------------------------------------------------


def text(node: Node, needed: int = 0) -> str:
    """As a client writes it, with the parentheses that precedence needs and those that were asked for."""
    written, strength = _written(node)
    return f"({written})" if strength < needed or (isinstance(node, Op) and node.wrapped) else written


def _written(node: Node) -> tuple[str, int]:
    match node:
        case Lit():
            return _literal(node), ALONE
        case Prop(_, name, of_part):
            return (f"Part/{name}" if of_part else name), ALONE
        case Op(_, symbol, left, right):
            strength = STRENGTH[symbol]
            return f"{text(left, strength)} {symbol} {text(right, strength + 1)}", strength
        case Prefix(_, "not", operand):
            return f"not {text(operand, UNARY)}", UNARY
        case Prefix(_, _, operand):
            inside = text(operand, ALONE)
            return (f"-{inside}" if isinstance(operand, Prop) else f"-({inside})"), UNARY
        case Call(_, name, arguments):
            return f"{name}({','.join(text(argument) for argument in arguments)})", ALONE
    raise AssertionError(node)


def _literal(node: Lit) -> str:
    value = node.value
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case int():
            return f"{value}{node.suffix}"
        case float():
            return f"{value!r}".replace("e+", "e") + node.suffix
        case decimal.Decimal():
            return f"{value:f}M"
        case str():
            return "'" + value.replace("'", "''") + "'"
        case uuid.UUID():
            return f"guid'{value}'"
        case bytes():
            return f"X'{value.hex().upper()}'"
        case datetime.datetime():
            prefix = "datetime" if value.tzinfo is None else "datetimeoffset"
            return f"{prefix}'{value.isoformat().replace('+00:00', 'Z')}'"
        case datetime.time():
            return f"time'PT{value.hour}H{value.minute}M{value.second}.{value.microsecond:06}S'"
    raise AssertionError(value)


# --- value -----------------------------------------------------------------------------------------------------------


def value(node: Node, row: Row) -> object:
    """What the expression is on one row; ``None`` is null."""
    match node:
        case Lit(_, constant):
            return constant
        case Prop(_, name, of_part):
            holder = row["Part"] if of_part else row
            assert holder is None or isinstance(holder, dict)
            return None if holder is None else holder[name]
        case Op(_, "and", left, right):
            return holds(left, row) and holds(right, row)
        case Op(_, "or", left, right):
            return holds(left, row) or holds(right, row)
        case Op(_, symbol, left, right) if STRENGTH[symbol] <= 4:
            return _compared(symbol, *_alike(left, right, row))
        case Op(kind, symbol, left, right):
            return _combined(kind, symbol, *_alike(left, right, row))
        case Prefix(_, "not", operand):
            return not holds(operand, row)
        case Prefix(kind, _, operand):
            return _combined(kind, "sub", _zero(kind), value(operand, row))
        case Call(_, "isof", (operand, _)):
            return value(operand, row) is not None
        case Call(kind, name, arguments):
            values = [value(argument, row) for argument in arguments]
            return None if None in values else _FUNCTIONS[name](*values)
    raise AssertionError(node)


def holds(node: Node, row: Row) -> bool:
    """Null is false to ``and``, ``or``, ``not`` and to ``$filter`` itself."""
    return value(node, row) is True


def _zero(kind: str) -> object:
    return 0 if kind in INTEGERS else D(0) if kind == "Decimal" else 0.0


def _alike(left: Node, right: Node, row: Row) -> tuple[object, object]:
    """Both values in the type that both are promoted to."""
    one, other = value(left, row), value(right, row)
    if one is None or other is None:
        return one, other
    kinds = {left.kind, right.kind}
    if "Decimal" in kinds and not any(kind in ("Double", "Single") and not isinstance(side, Lit)
                                      for side, kind in ((left, left.kind), (right, right.kind))):  # fmt: skip
        both_literals = isinstance(left, Lit) and isinstance(right, Lit)
        if not (both_literals and kinds & {"Double", "Single"}):
            return D(str(one)), D(str(other))  # a literal is what it says: 1.5 beside a Decimal is a Decimal
    if kinds & {"Double", "Single"}:
        return float(one), float(other)  # type: ignore[arg-type]
    if isinstance(one, datetime.date) and isinstance(other, datetime.date):
        return _moment(one), _moment(other)
    return one, other


def _moment(day: datetime.date) -> datetime.datetime:
    moment = day if isinstance(day, datetime.datetime) else datetime.datetime(day.year, day.month, day.day)
    return moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)


def _compared(symbol: str, one: object, other: object) -> bool:
    if symbol == "eq":
        return one == other
    if symbol == "ne":
        return one != other
    if one is None or other is None:
        return False
    return _ORDERS[symbol](one, other)


_ORDERS: dict[str, Callable[..., bool]] = {
    "lt": lambda one, other: one < other,
    "le": lambda one, other: one <= other,
    "gt": lambda one, other: one > other,
    "ge": lambda one, other: one >= other,
}


def _combined(kind: str, symbol: str, one: object, other: object) -> object:
    if one is None or other is None or (symbol in ("div", "mod") and not other):
        return None
    if kind in INTEGERS:
        return _integers(symbol, int(one), int(other))  # type: ignore[call-overload]
    if kind == "Decimal":
        return _decimals(symbol, D(str(one)), D(str(other)))
    return _doubles(symbol, float(one), float(other))  # type: ignore[arg-type]


def _integers(symbol: str, one: int, other: int) -> int | None:
    if symbol in ("div", "mod"):
        quotient = abs(one) // abs(other) * (1 if (one < 0) == (other < 0) else -1)
        result = quotient if symbol == "div" else one - other * quotient
    else:
        result = {"add": one + other, "sub": one - other, "mul": one * other}[symbol]
    return result if -(2**63) <= result < 2**63 else None


def _decimals(symbol: str, one: D, other: D) -> D:
    if symbol == "div":
        return EXACT.quantize(EXACT.divide(one, other), D(1).scaleb(-28))
    operation = {"add": EXACT.add, "sub": EXACT.subtract, "mul": EXACT.multiply, "mod": EXACT.remainder}[symbol]
    return operation(one, other)


def _doubles(symbol: str, one: float, other: float) -> float:
    if symbol == "mod":
        return float(EXACT.remainder(D(repr(one)), D(repr(other))))
    return {"add": one + other, "sub": one - other, "mul": one * other, "div": one / (other or 1)}[symbol]


def _lower(letters: str) -> str:
    return "".join("i" if letter == "İ" else letter.lower() for letter in letters)


def _upper(letters: str) -> str:
    """``ß`` has no single capital letter; ``ᾳ`` has one, which only its title form shows."""
    return "".join(next((big for big in (c.upper(), c.title()) if len(big) == 1), c) for c in letters)


def _substring(letters: str, start: int, length: int = 2**31) -> str:
    start = max(start, 0)
    return letters[start : start + max(length, 0)]


def _whole(number: object, to_whole: Callable[[object], object]) -> object:
    return float(to_whole(number)) if isinstance(number, float) else D(to_whole(number))  # type: ignore[arg-type]


def _part(name: str) -> Callable[[object], int]:
    return lambda moment: int(getattr(moment, name))


_FUNCTIONS: dict[str, Callable[..., object]] = {
    "length": len,
    "indexof": lambda hay, needle: hay.find(needle),
    "substringof": lambda needle, hay: needle in hay,
    "startswith": lambda hay, start: hay.startswith(start),
    "endswith": lambda hay, end: hay.endswith(end),
    "replace": lambda hay, old, new: hay.replace(old, new) if old else hay,
    "substring": _substring,
    "tolower": _lower,
    "toupper": _upper,
    "trim": str.strip,
    "concat": lambda one, other: one + other,
    "round": lambda number: _whole(number, round),  # Python rounds half to even, as V2 does
    "floor": lambda number: _whole(number, math.floor),
    "ceiling": lambda number: _whole(number, math.ceil),
    **{name: _part(name) for name in ("year", "month", "day", "hour", "minute", "second")},
}
