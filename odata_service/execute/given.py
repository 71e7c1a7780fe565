"""What a request brings to a plan, and the parameters of its statements that this makes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from odata_service.bind.convert import NotConvertible, convert
from odata_service.bind.typed import Constant
from odata_service.edm.primitive import INT64, STRING, PrimitiveType
from odata_service.errors import BadRequest
from odata_service.parse.syntax import Literal, Syntax
from odata_service.plan.paging import after_name
from odata_service.plan.read_plan import ReadPlan
from odata_service.plan.statement import FIRST, OCTETS, SKIP
from odata_service.token import Plain, foreign_token, typed
from odata_service.values import frozen

MOST_OCTETS = 2**30 - 1  # of one value in a database
Literals = Sequence[tuple[PrimitiveType, object]]


class OctetRange(NamedTuple):
    """Which octets of a stream are wanted: from one on, or from the end where it is negative, and how many."""

    first: int
    most: int


WHOLE = OctetRange(0, MOST_OCTETS)


@frozen
class Given:
    """What one request brings to a plan: its literals by slot, the row after which it goes on, how to sign the place where
    its page ends, and the values in the conditions on rows that hold for the caller."""

    literals: Literals
    after: Sequence[Plain] | None
    sign: Callable[[ReadPlan, Sequence[Plain]], str]
    next_link: Callable[[str, int | None], str]
    of_caller: Mapping[str, object]
    octets: OctetRange = WHOLE

    @classmethod
    def whole(cls, literals: Literals, of_caller: Mapping[str, object]) -> Given:
        """To a plan that has no pages."""
        return cls(literals, None, _no_token, _no_link, of_caller)


def _no_token(plan: ReadPlan, values: Sequence[Plain]) -> str:
    raise AssertionError("what has no pages has no next one")


def _no_link(token: str, top_left: int | None) -> str:
    raise AssertionError("what has no pages has no next one")


def values_of(plan: ReadPlan, given: Given) -> dict[str, object]:
    """The parameters by name: literals in the types they are taken as, the row to go on after, how many to skip."""
    values = parameter_values(plan.constants, given.literals)
    values.update(given.of_caller)
    if plan.query.numbered:
        done = number(plan.query.skip, given.literals) or 0
        return values | {SKIP: done if given.after is None else _of_token(given.after[0], INT64)}
    if given.after is not None:
        for position, (value, at) in enumerate(zip(given.after, plan.order, strict=True)):
            values[after_name(position)] = _of_token(value, at.type)
    if plan.stream is not None:
        values[FIRST], values[OCTETS] = given.octets
    if plan.query.skip is not None:
        values[SKIP] = 0 if given.after is not None else number(plan.query.skip, given.literals)
    return values


def _of_token(value: Plain, kind: PrimitiveType) -> object:
    """A token that was given for another order has values of other types."""
    try:
        return typed(value, kind)
    except (ValueError, ArithmeticError):
        raise foreign_token("$skiptoken") from None


def parameter_values(constants: Mapping[str, Constant], literals: Literals) -> dict[str, object]:
    """The literals of a request by parameter name, in the types they are taken as."""
    return {name: _literal(constant, literals) for name, constant in constants.items()}


def _literal(constant: Constant, literals: Literals) -> object:
    kind, value = literals[constant.slot]
    try:
        return convert(value, kind, constant.type)
    except NotConvertible as reason:
        raise BadRequest("TypeMismatch", str(reason)) from None


def literal_values(syntax: Syntax) -> Literals:
    """By slot; a member of an enumeration is part of the plan, but keeps its place."""
    return [
        (literal.type, literal.value) if isinstance(literal, Literal) else (STRING, literal.members)
        for literal in syntax.literals
    ]


def number(constant: Constant | None, literals: Literals) -> int | None:
    """The value of ``$top`` or ``$skip``."""
    if constant is None:
        return None
    value = _literal(constant, literals)
    assert isinstance(value, int)
    return value
