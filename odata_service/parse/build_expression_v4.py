"""Callbacks for ``grammar/v4_expression.lark`` and ``grammar/search.lark``."""

from __future__ import annotations

from typing import NamedTuple

from lark import Token, v_args

from odata_service.edm.literal_v4 import read_json_string
from odata_service.edm.primitive import STRING
from odata_service.parse.build import ExpressionBuilder, position, start_of
from odata_service.parse.grammar import Mistake
from odata_service.parse.option import Option, options_of
from odata_service.parse.search import search_expression
from odata_service.parse.syntax import (
    Alias,
    AnyAll,
    Argument,
    Call,
    Case,
    CountOf,
    EnumLiteral,
    Expression,
    FilterStep,
    In,
    ListExpression,
    Literal,
    ObjectExpression,
    Path,
    SearchExpression,
    Segment,
    Step,
    TypeName,
)

FUNCTIONS_V4 = frozenset(
    {"concat", "contains", "endswith", "indexof", "length", "startswith", "substring", "tolower", "toupper", "trim"}
    | {"matchesPattern", "hassubset", "hassubsequence", "year", "month", "day", "hour", "minute", "second", "now"}
    | {"fractionalseconds", "totalseconds", "date", "time", "totaloffsetminutes", "mindatetime", "maxdatetime"}
    | {"round", "floor", "ceiling", "geo.distance", "geo.length", "geo.intersects", "cast", "isof", "isdefined"}
)
_CANONICAL = {name.lower(): name for name in FUNCTIONS_V4}


class Invocation(NamedTuple):
    """``name(arguments)``, and the key after it, before it is known whether it is a function or a key."""

    name: str
    arguments: tuple[Expression | Argument, ...]
    key: Segment | None
    at: int

    @property
    def is_keyed_name(self) -> bool:
        """Could this be a navigation with its key, ``Orders(1)``, or a function with named parameters?"""
        if len(self.arguments) == 1 and isinstance(self.arguments[0], Literal | EnumLiteral | Alias):
            return True
        return all(isinstance(argument, Argument) for argument in self.arguments)

    def as_call(self) -> Expression | None:
        """A function of the language, or what can only be meant for one; its name in the specification's case."""
        positional = [argument for argument in self.arguments if not isinstance(argument, Argument)]
        name = _CANONICAL.get(self.name.lower())
        if self.key or len(positional) < len(self.arguments) or (name is None and self.is_keyed_name):
            return None
        if name in ("cast", "isof") and positional:
            positional[-1] = _type_name(positional[-1])
        return Call(name or self.name, tuple(positional), self.at)

    def as_steps(self) -> list[Step]:
        segment = Segment(self.name, tuple(map(argument_of, self.arguments)), self.at)
        return [segment, self.key] if self.key else [segment]


def argument_of(value: Expression | Argument) -> Argument:
    return value if isinstance(value, Argument) else Argument(None, value, start_of(value))


def _type_name(node: Expression) -> Expression:
    """The last argument of ``cast`` and ``isof``, which was read as a path: ``Edm.Int32``, ``Collection(Edm.String)``."""
    match node:
        case Path((Segment(name, None),)):
            return TypeName(name, node.at)
        case Call("Collection", (Path((Segment(name, None),)),)):
            return TypeName(f"Collection({name})", node.at)
    return node


Part = Token | Invocation | Step | list[Step]


class ExpressionBuilderV4(ExpressionBuilder):
    def path(self, parts: list[Part]) -> Expression:
        first = parts[0]
        if len(parts) == 1 and isinstance(first, Invocation):
            call = first.as_call()
            if call:
                return call
        if len(parts) == 1 and isinstance(first, Token) and first.type == "AT" and not set(first) & set(".#"):
            return Alias(str(first), position(first))
        steps: list[Step] = []
        for part in parts:
            steps += _steps(part)
        return Path(tuple(steps), steps[0].at)

    @v_args(inline=True)
    def invocation(self, name: Token, *rest: Expression | Argument | Segment) -> Invocation:
        key = rest[-1] if rest and isinstance(rest[-1], Segment) else None
        arguments = tuple(each for each in rest if not isinstance(each, Segment))
        return Invocation(str(name), arguments, key, position(name))

    @v_args(inline=True)
    def named_argument(self, name: Token, value: Expression) -> Argument:
        return Argument(str(name), value, position(name))

    def key(self, arguments: list[Expression | Argument]) -> Segment:
        values = tuple(map(argument_of, arguments))
        return Segment("", values, values[0].at)

    @v_args(inline=True)
    def any(self, quantifier: Token, variable: Token | None = None, condition: Expression | None = None) -> AnyAll:
        name = None if variable is None else str(variable)
        return AnyAll(quantifier.lower(), name, condition, position(quantifier))

    @v_args(inline=True)
    def filter_step(self, word: Token, condition: Expression, key: Segment | None = None) -> list[Step]:
        step = FilterStep(condition, position(word))
        return [step, key] if key else [step]

    @v_args(inline=True)
    def count_of(self, word: Token, *options: Option) -> CountOf:
        return CountOf(options_of(options), position(word))

    @v_args(inline=True)
    def contained(self, operand: Expression, word: Token, items: Expression) -> In:
        return In(operand, items, position(word))

    @v_args(inline=True)
    def list_expr(self, *items: Literal | EnumLiteral) -> ListExpression:
        return ListExpression(items, items[0].at if items else 0)

    @v_args(inline=True)
    def case(self, word: Token, *branches: tuple[Expression, Expression]) -> Case:
        return Case(branches, position(word))

    @v_args(inline=True)
    def branch(self, condition: Expression, value: Expression) -> tuple[Expression, Expression]:
        return condition, value

    @v_args(inline=True)
    def array(self, bracket: Token, *items: Expression) -> ListExpression:
        return ListExpression(items, position(bracket))

    @v_args(inline=True)
    def object(self, brace: Token, *members: tuple[str, Expression]) -> ObjectExpression:
        return ObjectExpression(members, position(brace))

    @v_args(inline=True)
    def member(self, name: Token, value: Expression) -> tuple[str, Expression]:
        return json_text(name), value

    @v_args(inline=True)
    def json_string(self, text: Token) -> Literal:
        return Literal(STRING, json_text(text), str(text), position(text))

    @v_args(inline=True)
    def search(self, expression: SearchExpression) -> SearchExpression:
        return expression

    @v_args(inline=True)
    def search_quoted(self, text: Token) -> SearchExpression:
        return SearchExpression("", (), text[1:-1].replace("''", "'"), position(text))

    def search_expression(self, items: list[Token | SearchExpression]) -> SearchExpression:
        return search_expression([_search_item(item) for item in items])

    @v_args(inline=True)
    def search_group(self, expression: SearchExpression) -> SearchExpression:
        return expression


def _steps(part: Part) -> list[Step]:
    if isinstance(part, Token):
        return [Segment(str(part), None, position(part))]
    if isinstance(part, Invocation):
        return part.as_steps()
    return part if isinstance(part, list) else [part]


def _search_item(item: Token | SearchExpression) -> SearchExpression | tuple[str, int]:
    if not isinstance(item, Token):
        return item
    if item.type == "SEARCH_PHRASE":
        return SearchExpression("", (), item[1:-1], position(item))
    return str(item), position(item)


def json_text(token: Token) -> str:
    try:
        return read_json_string(token)
    except ValueError:
        raise Mistake("the string has an escape that is no character", position(token)) from None
