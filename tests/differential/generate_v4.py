"""Conditions of V4: those of V2 in V4's terms, joined with what only V4 has."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from tests.differential import generate
from tests.differential.generate import Draw
from tests.differential.language import INTEGERS, Call, Op, Prefix, Prop
from tests.differential.language_v4 import Case, In, Node


def in_v4(node: Node) -> Node:
    """V2's functions in V4's names; what V4 has no function for becomes another of the same kind."""
    match node:
        case Call(_, "substringof", (part, whole)):
            return Call("Boolean", "contains", (in_v4(whole), in_v4(part)))
        case Call(_, "replace", (first, second, _)):
            return Call("String", "concat", (in_v4(first), in_v4(second)))
        case Call(_, _, arguments):
            return replace(node, arguments=tuple(map(in_v4, arguments)))
        case Op(_, _, left, right):
            return replace(node, left=in_v4(left), right=in_v4(right))
        case Prefix(_, _, operand):
            return replace(node, operand=in_v4(operand))
    return node


@st.composite
def among(draw: Draw) -> Node:
    kind = draw(
        st.sampled_from(("Int32", "Int64", "Decimal", "String", "Guid", "DateTime", "DateTimeOffset", "Boolean"))
    )
    item = st.one_of(generate.literal(kind), generate.NULL)
    return In(draw(properties(kind)), tuple(draw(st.lists(item, min_size=1, max_size=4))))


@st.composite
def properties(draw: Draw, kind: str) -> Node:
    names = [name for name, of_kind in generate.PROPERTIES.items() if of_kind == kind]
    return Prop(kind, draw(st.sampled_from(names)), draw(st.booleans()))


@st.composite
def chosen(draw: Draw) -> Node:
    """``case(…) eq value``."""
    kind = draw(st.sampled_from(("Int32", "String", "Guid")))
    branch = st.tuples(generate.condition(1).map(in_v4), properties(kind))
    return Op(
        "Boolean", "eq", Case(kind, tuple(draw(st.lists(branch, min_size=1, max_size=3)))), draw(properties(kind))
    )


@st.composite
def divided(draw: Draw) -> Node:
    kinds = st.sampled_from((*INTEGERS, "Decimal"))
    quotient = Op("Decimal", "divby", draw(properties(draw(kinds))), draw(properties(draw(kinds))))
    return Op("Boolean", draw(st.sampled_from(("gt", "le", "ne"))), quotient, draw(generate.literal("Decimal")))


@st.composite
def moment(draw: Draw) -> Node:
    """``date(Made) lt Day``, ``time(Seen) ge Clock``."""
    name, result = draw(st.sampled_from((("date", "Date"), ("time", "Time"))))
    of = draw(properties(draw(st.sampled_from(("DateTime", "DateTimeOffset")))))
    symbol = draw(st.sampled_from(("eq", "ne", "lt", "ge")))
    return Op("Boolean", symbol, Call(result, name, (of,)), draw(properties(result)))


@st.composite
def condition(draw: Draw, depth: int = 2) -> Node:
    only_v4 = st.one_of(among(), chosen(), divided(), moment())
    choice = draw(st.integers(0, 5))
    if choice <= 1 or depth <= 0:
        return draw(st.one_of(only_v4, generate.condition(2).map(in_v4)))
    if choice == 2:
        return Prefix("Boolean", "not", draw(condition(depth - 1)))
    symbol = draw(st.sampled_from(("and", "or")))
    return Op("Boolean", symbol, draw(condition(depth - 1)), draw(condition(depth - 1)), draw(st.booleans()))
