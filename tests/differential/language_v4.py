"""The trees of ``language`` as V4 writes them, and what V4 says they are worth.

Written from URL Conventions, sections Logical Operators to Canonical Functions, and from nothing in the service itself.
"""

from __future__ import annotations

import base64
import datetime
import decimal
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from tests.differential import language
from tests.differential.language import ALONE, STRENGTH, UNARY, Call, D, Lit, Op, Prefix, Prop
from tests.differential.model import Row


@dataclass(frozen=True)
class In:
    """``operand in (1,2,null)``."""

    operand: Node
    items: tuple[Lit, ...]


@dataclass(frozen=True)
class Case:
    """``case(a:1,b:2)``, of values of one kind."""

    kind: str
    branches: tuple[tuple[Node, Node], ...]


Node = language.Node | In | Case


# --- text ------------------------------------------------------------------------------------------------------------


def text(node: Node, needed: int = 0) -> str:
    written, strength = _written(node)
    return f"({written})" if strength < needed or (isinstance(node, Op) and node.wrapped) else written


def _written(node: Node) -> tuple[str, int]:
    match node:
        case Lit():
            return _literal(node.value), ALONE
        case Prop(_, name, of_part):
            return (f"Part/{name}" if of_part else name), ALONE
        case Op(_, symbol, left, right):
            strength = STRENGTH.get(symbol, STRENGTH["div"])
            return f"{text(left, strength)} {symbol} {text(right, strength + 1)}", strength
        case Prefix(_, "not", operand):
            return f"not ({text(operand)})", UNARY
        case Prefix(_, _, operand):
            inside = text(operand, ALONE)
            return (f"-{inside}" if isinstance(operand, Prop) else f"-({inside})"), UNARY
        case Call(_, name, arguments):
            return f"{name}({','.join(text(argument) for argument in arguments)})", ALONE
        case In(operand, items):
            return f"{text(operand, ALONE)} in ({','.join(text(item) for item in items)})", STRENGTH["lt"]
        case Case(_, branches):
            return f"case({','.join(f'{text(one)}:{text(other)}' for one, other in branches)})", ALONE
    raise AssertionError(node)


def _literal(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case int():
            return str(value)
        case float():
            written = repr(value).replace("e+", "e")
            return written if "e" in written else f"{written}e0"
        case decimal.Decimal():
            return f"{value:f}" if "." in f"{value:f}" else f"{value:f}.0"
        case str():
            return "'" + value.replace("'", "''") + "'"
        case uuid.UUID():
            return str(value)
        case bytes():
            return f"binary'{base64.urlsafe_b64encode(value).decode()}'"
        case datetime.datetime():
            aware = value if value.tzinfo else value.replace(tzinfo=datetime.UTC)
            return aware.isoformat().replace("+00:00", "Z")
        case datetime.time():
            return value.isoformat()
    raise AssertionError(value)


# --- value -----------------------------------------------------------------------------------------------------------


def value(node: Node, row: Row) -> object:
    """What the expression is on one row; ``None`` is null, to which ``and``, ``or`` and ``not`` are three-valued."""
    match node:
        case Op(_, "and" | "or" as symbol, left, right):
            return _joined(symbol, value(left, row), value(right, row))
        case Op(_, symbol, left, right) if STRENGTH.get(symbol, 9) <= 4:
            return language._compared(symbol, *_alike(left, right, row))
        case Op(_, "divby", left, right):
            one, other = value(left, row), value(right, row)
            return language._combined("Decimal", "div", one, other)
        case Op(kind, symbol, left, right):
            return language._combined(kind, symbol, *_alike(left, right, row))
        case Prefix(_, "not", operand):
            found = value(operand, row)
            return None if found is None else not found
        case Prefix(kind, _, operand):
            return language._combined(kind, "sub", language._zero(kind), value(operand, row))
        case Call(_, name, arguments):
            values = [value(argument, row) for argument in arguments]
            return None if None in values else _function(name)(*values)
        case In(operand, items):
            return any(language._compared("eq", *_alike(operand, item, row)) for item in items)
        case Case(_, branches):
            return next((value(found, row) for condition, found in branches if value(condition, row) is True), None)
    return language.value(node, row)


def _alike(left: Node, right: Node, row: Row) -> tuple[object, object]:
    """Both values in the type that both are promoted to."""
    values = {"left": value(left, row), "right": value(right, row)}
    sides = (
        side if isinstance(side, Lit) else Prop(_kind(side), name)
        for name, side in zip(values, (left, right), strict=True)
    )
    return language._alike(*sides, values)


def _kind(node: Node) -> str:
    return "Boolean" if isinstance(node, In) else node.kind


def _joined(symbol: str, one: object, other: object) -> object:
    decisive = symbol == "or"
    if decisive in (one, other):
        return decisive
    return None if None in (one, other) else not decisive


def _from_end(written: str, start: int, length: int | None = None) -> str:
    rest = written[max(len(written) + start, 0) :] if start < 0 else written[start:]
    return rest if length is None else rest[: max(length, 0)]


def _half_away(number: object) -> object:
    whole = D(str(number)).to_integral_value(decimal.ROUND_HALF_UP)
    return float(whole) if isinstance(number, float) else whole


_FUNCTIONS: dict[str, Callable[..., object]] = {
    "contains": lambda written, part: part in written,
    "substring": _from_end,
    "round": _half_away,
    "date": lambda moment: moment.date(),
    "time": lambda moment: moment.time().replace(tzinfo=None),
}


def _function(name: str) -> Callable[..., object]:
    return _FUNCTIONS.get(name) or language._FUNCTIONS[name]
