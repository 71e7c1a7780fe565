"""Callbacks for ``grammar/v2.lark``: V2's words in, V4's nodes out."""

from __future__ import annotations

from lark import Token, v_args

from odata_service.edm.primitive import BOOLEAN, STRING
from odata_service.parse.build import ExpressionBuilder, position, segments
from odata_service.parse.grammar import Lexeme, Mistake
from odata_service.parse.syntax import (
    Argument,
    Binary,
    Call,
    Expression,
    Junction,
    Literal,
    Path,
    Segment,
    TypeName,
    Unary,
)


def type_name(node: Expression) -> Expression:
    """V2 writes a type as a string: ``cast(Price,'Edm.Int32')``."""
    if isinstance(node, Literal) and node.type is STRING:
        return TypeName(str(node.value), node.at)
    return node


def falsy_null(node: Expression) -> Expression:
    """The same truth without null: V2's logical operators take null for false, V4's pass it on.

    What may be null is compared with true; a comparison is never null and stays.
    """
    if isinstance(node, Path | Literal) or (isinstance(node, Call) and node.name != "isof"):
        return Binary("eq", node, Literal(BOOLEAN, True, "true", node.at), node.at)
    if isinstance(node, Junction):
        return Junction(node.operator, tuple(falsy_null(term) for term in node.terms), node.at)
    return node


class V2Builder(ExpressionBuilder):
    @v_args(inline=True)
    def binary(self, left: Expression, operator: Token, right: Expression) -> Expression:
        left, right = (falsy_null(side) if isinstance(side, Junction) else side for side in (left, right))
        return Binary(str(operator), left, right, position(operator))

    @v_args(inline=True)
    def unary(self, operator: Token, operand: Expression) -> Expression:
        inner = falsy_null(operand) if operator == "not" else operand
        return Unary(str(operator), inner, position(operator))

    @v_args(inline=True)
    def call(self, name: Token, *arguments: Expression) -> Expression:
        if name in ("isof", "cast") and arguments:
            arguments = (*arguments[:-1], type_name(arguments[-1]))
        return Call(str(name), arguments, position(name))

    @v_args(inline=True)
    def member(self, call: Call, *names: Token) -> Path:
        """``cast('NS.Manager')/Budget`` is ``NS.Manager/Budget``, and ``cast(Boss,'NS.Manager')/Budget`` goes by Boss."""
        *before, kind = call.arguments or (None,)
        if call.name != "cast" or not isinstance(kind, TypeName) or not all(isinstance(each, Path) for each in before):
            raise Mistake(f"{call.name}() has no properties; only entities that are cast have", position(names[0]))
        steps = [step for each in before if isinstance(each, Path) for step in each.steps]
        return Path((*steps, Segment(kind.name, None, kind.at), *segments(list(names))), call.at)

    def path(self, names: list[Token]) -> Path:
        return Path(tuple(segments(names)), position(names[0]))

    def expand_path(self, names: list[Token]) -> tuple[Segment, ...]:
        return tuple(segments(names))

    select_path = expand_path

    def expand(self, paths: list[tuple[Segment, ...]]) -> tuple[tuple[Segment, ...], ...]:
        return tuple(paths)

    select = expand

    @v_args(inline=True)
    def segment(self, name: Token) -> Segment:
        return Segment(str(name), None, position(name))

    @v_args(inline=True)
    def call_segment(self, name: Token, *arguments: Argument) -> Segment:
        return Segment(str(name), arguments, position(name))

    @v_args(inline=True)
    def argument(self, value: Lexeme) -> Argument:
        return Argument(None, value.node, value.start_pos)

    @v_args(inline=True)
    def named_argument(self, name: Token, value: Lexeme) -> Argument:
        return Argument(str(name), value.node, position(name))
