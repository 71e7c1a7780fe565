"""The state of one request while it is read: its limits, and its literals in the order written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from odata_service.edm.primitive import INT64, PrimitiveType
from odata_service.errors import BadRequest
from odata_service.limits import Limits, counts_rows
from odata_service.parse.grammar import Grammar, Lexeme
from odata_service.parse.measure import check_expression
from odata_service.parse.syntax import EnumLiteral, Literal

if TYPE_CHECKING:
    from lark import Token

ReadLiteral = Callable[[str, str, int], tuple[PrimitiveType, object]]
CheckFunction = Callable[[str, str, int], None]

_OPENING = frozenset({"_LPAR", "LSQB", "LBRACE"})
_CLOSING = frozenset({"_RPAR", "_RSQB", "_RBRACE"})
_PUNCTUATION = _OPENING | _CLOSING | {"_COMMA", "_SLASH", "_EQUALS", "_COLON", "_SEMICOLON"}
_COUNTS = {"TOP_IS": "max_top", "SKIP_IS": "max_skip"}


class Reading:
    """Reads the parts of one request, refusing what is over a limit as soon as it is seen."""

    def __init__(
        self,
        grammar: Grammar,
        read_literal: ReadLiteral,
        limits: Limits,
        check_function: CheckFunction | None = None,
    ) -> None:
        self.limits = limits
        self.literals: list[Literal | EnumLiteral] = []
        self.counts: list[tuple[int, int]] = []
        self._grammar = grammar
        self._read_literal = read_literal
        self._check_function = check_function

    def read(self, start: str, text: str, target: str, offset: int = 0) -> Any:
        """The value of ``text`` by the grammar's rule ``start``."""

        def watch(tokens: Iterator[Token]) -> Iterator[Token | Lexeme]:
            return self._watch(tokens, target)

        return self._grammar.read(start, text, watch, target=target, offset=offset)

    def expression(self, start: str, text: str, target: str) -> Any:
        """As :meth:`read`, for options that hold expressions; checks how they are nested."""
        tree = self.read(start, text, target)
        check_expression(tree, self.limits, target)
        return tree

    def literal(self, text: str, target: str, at: int) -> Literal | EnumLiteral:
        """A literal, numbered unless it is a word such as ``null``, which decides the tree and not only a value."""
        type_name = enum_type(text)
        if type_name:
            members = text[len(type_name) + 1 : -1]
            enum = EnumLiteral(type_name, members, text, at, len(self.literals))
            self.literals.append(enum)
            return enum
        kind, value = self._read_literal(text, target, at)
        if is_word(text):
            return Literal(kind, value, text, at)
        return self._numbered(kind, value, text, at)

    def _numbered(self, kind: PrimitiveType, value: object, text: str, at: int) -> Literal:
        literal = Literal(kind, value, text, at, len(self.literals))
        self.literals.append(literal)
        return literal

    def count(self, text: str, target: str, limit: str) -> Literal:
        """The value of ``$top`` or ``$skip``."""
        digits = text.strip()
        if not (digits.isascii() and digits.isdigit()):
            message = f"{target} is a whole number from 0 on, not {text[:60]!r}"
            raise BadRequest("InvalidValue", message, target=target)
        return self._count(digits, target, limit, 0)

    def _count(self, digits: str, target: str, limit: str | None, at: int) -> Literal:
        limit = limit or "max_top"
        if not counts_rows(digits):
            self.limits.refuse(limit, digits[:60], target=target, at=at)
        self.limits.check(limit, int(digits), target=target, at=at)
        self.counts.append((len(self.literals), self.limits.most(limit)))
        return self._numbered(INT64, int(digits), digits, at)

    def _watch(self, tokens: Iterator[Token], target: str) -> Iterator[Token | Lexeme]:
        """The tokens on their way to the parser: counted, and literals read."""
        nodes = open_parentheses = 0
        most_nodes = self.limits.max_expression_nodes
        previous = ""
        for token in tokens:
            start = token.start_pos or 0
            if token.type in _OPENING:
                open_parentheses += 1
                self.limits.check("max_expression_depth", open_parentheses, target=target, at=start)
            elif token.type in _CLOSING:
                open_parentheses -= 1
            if token.type not in _PUNCTUATION:
                nodes += 1
                if nodes > most_nodes:
                    self.limits.refuse("max_expression_nodes", str(nodes), target=target, at=start)
            yield self._read_token(token, target, previous)
            previous = token.type

    def _read_token(self, token: Token, target: str, previous: str) -> Token | Lexeme:
        start = token.start_pos or 0
        if token.type == "LITERAL":
            return Lexeme("LITERAL", self.literal(str(token), target, start), start)
        if token.type == "DIGITS":
            return Lexeme("DIGITS", self._count(str(token), target, _COUNTS.get(previous), start), start)
        if token.type == "FUNCTION" and self._check_function:
            self._check_function(str(token), target, start)
        return token


def enum_type(text: str) -> str:
    """The type of an enumeration literal, which alone has a dot before its quote; else nothing.

    >>> enum_type("Sales.Color'Red'"), enum_type("geography'SRID=0;Point(1.5 2)'"), enum_type("1.5")
    ('Sales.Color', '', '')
    """
    prefix, quote, _ = text.partition("'")
    return prefix if quote and "." in prefix else ""


def is_word(text: str) -> bool:
    """Is this literal a word? ``null``, ``true`` and their like stay in a request's shape.

    >>> is_word("null"), is_word("-INF"), is_word("'null'"), is_word("5")
    (True, True, False, False)
    """
    return text.lstrip("-").isalpha()
