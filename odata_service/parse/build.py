"""Callbacks for ``grammar/expression.lark``: each makes the node of one rule."""

from __future__ import annotations

from typing import Any

from lark import Token, Transformer, v_args

from odata_service.parse.grammar import Lexeme
from odata_service.parse.syntax import (
    Binary,
    EnumLiteral,
    Expression,
    Junction,
    Literal,
    OrderBy,
    Segment,
    Unary,
)


def position(token: Token) -> int:
    return token.start_pos or 0


def start_of(node: Expression) -> int:
    """Where the text of a node begins; an operator's own place is further right."""
    while isinstance(node, Binary):
        node = node.left
    return node.at


def junction(operator: str, terms: list[Expression]) -> Junction:
    """A chain in one node, also where it was written with parentheses: ``(a and b) and c``."""
    flat: list[Expression] = []
    for term in terms:
        flat += term.terms if isinstance(term, Junction) and term.operator == operator else (term,)
    return Junction(operator, tuple(flat), start_of(terms[0]))


class ExpressionBuilder(Transformer[Any, Any]):
    """What both protocols have in common."""

    def disjunction(self, terms: list[Expression]) -> Expression:
        return junction("or", terms)

    def conjunction(self, terms: list[Expression]) -> Expression:
        return junction("and", terms)

    @v_args(inline=True)
    def binary(self, left: Expression, operator: Token, right: Expression) -> Expression:
        return Binary(operator.lower(), left, right, position(operator))

    @v_args(inline=True)
    def unary(self, operator: Token, operand: Expression) -> Expression:
        return Unary(operator.lower(), operand, position(operator))

    @v_args(inline=True)
    def literal(self, lexeme: Lexeme) -> Literal | EnumLiteral:
        return lexeme.node

    @v_args(inline=True)
    def order(self, expression: Expression, direction: Token | None = None) -> OrderBy:
        descending = direction is not None and direction.lower() == "desc"
        return OrderBy(expression, descending, start_of(expression))

    def orderby(self, items: list[OrderBy]) -> tuple[OrderBy, ...]:
        return tuple(items)


def segments(names: list[Token]) -> list[Segment]:
    return [Segment(str(name), None, position(name)) for name in names]
