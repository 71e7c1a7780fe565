"""Typed expressions of V2, as trees of ``language``."""

from __future__ import annotations

import datetime
import decimal
from collections.abc import Callable

from hypothesis import strategies as st

from tests.differential.language import INTEGERS, Call, Lit, Node, Op, Prefix, Prop, literals, with_literals
from tests.differential.model import COLUMNS, PROPERTIES

D = decimal.Decimal
Draw = Callable[..., object]
NUMBERS = (*INTEGERS, "Decimal", "Double", "Single")
MOMENTS = ("DateTime", "DateTimeOffset", "Date")
ORDERED = (*NUMBERS, "String", "Guid", *MOMENTS, "Time", "Boolean")
RANK = {kind: rank for rank, kind in enumerate(NUMBERS)}

_OTHER_VALUES = {
    "String": ("off", "%", "_", "x", "ü", "Σ", "a'b", "\t", "zz", "longer than any of the columns " * 3),
    "Int32": (2, 4, -3, 12, 20),
    "Int64": (2**40, -(2**62)),
    "Decimal": (D("0.25"), D("9007199254740993"), D("-1.005"), D("0.0000000001"), D("12345678901234567890.5")),
    "Double": (1e300, -1e-300, 3.0, 0.7),
    "DateTime": (datetime.datetime(2020, 12, 31), datetime.datetime(2000, 1, 1, 1, 1, 1, 10)),
}

_VALUES = {kind: [value for of_kind, _, values in COLUMNS.values() if of_kind == kind for value in values]
           for kind, _, _ in COLUMNS.values()}  # fmt: skip


def literal(kind: str) -> st.SearchStrategy[Node]:
    """A literal that may stand where a value of the type is wanted; a Date is written as a DateTime."""
    if kind == "Date":
        return literal("DateTime")
    values = (*_VALUES[kind], *_OTHER_VALUES.get(kind, ()))
    if kind in INTEGERS:
        return st.builds(_integer, st.sampled_from(values), st.sampled_from(("", "", "L")))
    suffix = {"Single": ("f",), "Double": ("", "d")}.get(kind, ("",))
    return st.builds(Lit, st.just(kind), st.sampled_from(values), st.sampled_from(suffix))


def _integer(value: int, suffix: str) -> Node:
    if abs(value) >= 2**31 - 1:
        suffix = "L"
    return Lit("Int64" if suffix else "Int32", value, suffix)


NULL = st.just(Lit("null", None))


@st.composite
def leaf(draw: Draw, kind: str) -> Node:
    """A property or a literal, rarely null."""
    chance = draw(st.integers(0, 19))
    if chance == 0:
        return draw(NULL)
    if chance < 6:
        return draw(literal(kind))
    names = [name for name, of_kind in PROPERTIES.items() if of_kind == kind]
    return Prop(kind, draw(st.sampled_from(names)), draw(st.integers(0, 2)) == 0)


@st.composite
def value(draw: Draw, kind: str, depth: int) -> Node:
    """An expression of a type."""
    if depth <= 0 or kind not in _COMPOUND or draw(st.integers(0, 2)) == 0:
        return draw(leaf(kind))
    return draw(_COMPOUND[kind](depth - 1))


def promoted(left: Node, right: Node) -> str:
    """The type of the result of arithmetic."""
    kinds = [kind for kind in (left.kind, right.kind) if kind != "null"]
    if not kinds:
        return "null"
    written = [side.kind for side in (left, right) if isinstance(side, Lit)]
    if "Decimal" in kinds and "Double" in written and len(written) == 1:
        return "Decimal"
    best = max(kinds, key=RANK.__getitem__)
    return "Double" if best == "Single" else "Int64" if best in INTEGERS else best


@st.composite
def arithmetic(draw: Draw, kind: str, depth: int) -> Node:
    """``left op right`` with a result of the type: one side has it, the other at most a smaller one."""
    smaller = INTEGERS if kind in INTEGERS else (*INTEGERS, "Decimal") if kind == "Decimal" else NUMBERS
    sides = [draw(value(kind, depth)), draw(value(draw(st.sampled_from(smaller)), depth))]
    left, right = draw(st.permutations(sides))
    result = promoted(left, right)
    if result == "null":
        return Lit("null", None)
    return Op(result, draw(st.sampled_from(("add", "sub", "mul", "div", "mod"))), left, right, draw(st.booleans()))


@st.composite
def number(draw: Draw, kind: str, depth: int) -> Node:
    choice = draw(st.integers(0, 5))
    if choice == 0:
        operand = draw(value(kind, depth))
        return Prefix("Double" if operand.kind == "Single" else operand.kind, "-", operand)
    if choice == 1 and kind in ("Decimal", "Double"):
        operand = draw(value(kind, depth))
        if operand.kind in ("Decimal", "Double"):
            return Call(operand.kind, draw(st.sampled_from(("round", "floor", "ceiling"))), (operand,))
    if choice <= 2 and kind in INTEGERS:
        return draw(counted(depth))
    return draw(arithmetic(kind, depth))


@st.composite
def counted(draw: Draw, depth: int) -> Node:
    """A function that gives an integer."""
    name = draw(st.sampled_from(("length", "indexof", "year", "month", "day", "hour", "minute", "second")))
    if name == "length":
        return Call("Int32", name, (draw(value("String", depth)),))
    if name == "indexof":
        return Call("Int32", name, (draw(value("String", depth)), draw(value("String", 0))))
    kinds = ("DateTime", "DateTimeOffset", "Date") if name in ("year", "month", "day") else (
        "DateTime", "DateTimeOffset", "Time")  # fmt: skip
    return Call("Int32", name, (draw(value(draw(st.sampled_from(kinds)), 0)),))


@st.composite
def string(draw: Draw, depth: int) -> Node:
    name = draw(st.sampled_from(("tolower", "toupper", "trim", "concat", "substring", "replace")))
    first = draw(value("String", depth))
    if name in ("tolower", "toupper", "trim"):
        return Call("String", name, (first,))
    if name == "concat":
        return Call("String", name, (first, draw(value("String", depth))))
    if name == "replace":
        return Call("String", name, (first, draw(value("String", 0)), draw(value("String", 0))))
    places = draw(st.lists(value("Int32", depth - 1), min_size=1, max_size=2))
    return Call("String", name, (first, *places))


_COMPOUND: dict[str, Callable[[int], st.SearchStrategy[Node]]] = {
    "Int16": lambda depth: number("Int16", depth),
    "Int32": lambda depth: number("Int32", depth),
    "Int64": lambda depth: number("Int64", depth),
    "Decimal": lambda depth: number("Decimal", depth),
    "Double": lambda depth: number("Double", depth),
    "String": lambda depth: string(depth),
    "Boolean": lambda depth: condition(depth),
}


@st.composite
def comparison(draw: Draw, depth: int) -> Node:
    kind = draw(st.sampled_from((*ORDERED, *NUMBERS, "String", "Binary")))
    other = kind
    if kind in NUMBERS:
        other = draw(st.sampled_from((kind, *NUMBERS)))
    elif kind in MOMENTS:
        other = draw(st.sampled_from(MOMENTS))
    symbols = ("eq", "ne") if kind == "Binary" else ("eq", "ne", "lt", "le", "gt", "ge")
    left, right = draw(value(kind, depth)), draw(value(other, depth))
    return Op("Boolean", draw(st.sampled_from(symbols)), left, right, draw(st.booleans()))


@st.composite
def condition(draw: Draw, depth: int) -> Node:
    """Something that is true, false or null."""
    choice = draw(st.integers(0, 9))
    if depth <= 0 or choice <= 2:
        return draw(comparison(depth))
    if choice <= 5:
        symbol = draw(st.sampled_from(("and", "or")))
        left, right = draw(condition(depth - 1)), draw(condition(depth - 1))
        return Op("Boolean", symbol, left, right, draw(st.booleans()))
    if choice <= 7:
        return Prefix("Boolean", "not", draw(condition(depth - 1)))
    if choice == 8:
        return draw(leaf("Boolean"))
    name = draw(st.sampled_from(("substringof", "startswith", "endswith")))
    return Call("Boolean", name, (draw(value("String", depth - 1)), draw(value("String", depth - 1))))


@st.composite
def alternatives(draw: Draw) -> Node:
    """``Name eq 'a' or Name eq 'b' or …``, which the service turns into a list."""
    kind = draw(st.sampled_from(ORDERED))
    operand = draw(leaf(kind))
    terms = [Op("Boolean", "eq", operand, draw(leaf(kind))) for _ in range(draw(st.integers(2, 4)))]
    chain: Node = terms[0]
    for term in terms[1:]:
        chain = Op("Boolean", "or", chain, term)
    return Prefix("Boolean", "not", chain) if draw(st.booleans()) else chain


@st.composite
def pair(draw: Draw, depth: int = 3) -> tuple[Node, Node]:
    """A filter, and the same with other literals: requests of one shape."""
    first = draw(st.one_of(condition(depth), condition(depth), alternatives()))
    chosen = [draw(literal(old.kind)) if old.kind != "null" else old for old in literals(first)]
    return first, with_literals(first, iter(chosen))


@st.composite
def order(draw: Draw) -> list[tuple[Node, bool]]:
    """Items of ``$orderby``, and whether each is descending."""
    items = []
    for _ in range(draw(st.integers(1, 3))):
        kind = draw(st.sampled_from(ORDERED))
        node = draw(value(kind, 1))
        constant = any(part.kind == "null" for part in literals(node)) or not list(_properties(node))
        if not constant:  # which would give no order
            items.append((node, draw(st.booleans())))
    return items or [(Prop("String", "MaybeName"), draw(st.booleans()))]


def _properties(node: Node) -> list[Prop]:
    match node:
        case Prop():
            return [node]
        case Op(_, _, left, right):
            return [*_properties(left), *_properties(right)]
        case Prefix(_, _, operand):
            return _properties(operand)
        case Call(_, _, arguments):
            return [found for argument in arguments for found in _properties(argument)]
    return []
