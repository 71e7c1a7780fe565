"""Text by the letter of the ABNF: where blanks may stand, and which characters may or must be percent-encoded.

The service itself is lenient in both; :func:`odata_service.parse.parse_rule` is not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lark import Token

from odata_service.edm.primitive import NULL
from odata_service.limits import Limits
from odata_service.parse.grammar import Grammar, Lexeme, Mistake
from odata_service.parse.reading import Reading
from odata_service.parse.syntax import EnumLiteral, Literal
from odata_service.values import frozen

_PIECE = re.compile(r"(?:%[0-9A-Fa-f]{2})+|.", re.DOTALL)


@frozen
class Spelled:
    """Decoded text that remembers how it was written: ``places[i]`` is where character ``i`` begins in ``raw``."""

    raw: str
    text: str
    places: tuple[int, ...]

    @classmethod
    def of(cls, raw: str) -> Spelled:
        """
        >>> Spelled.of("a%20b").text, Spelled.of("a%20b").places
        ('a b', (0, 1, 4, 5))
        """
        text: list[str] = []
        places: list[int] = []
        for piece in _PIECE.finditer(raw):
            start = piece.start()
            for character in _characters(piece[0], start):
                text.append(character)
                places.append(start)
                start += 1 if len(piece[0]) == 1 else 3 * len(character.encode())
        return cls(raw, "".join(text), (*places, len(raw)))

    def place(self, at: int | None) -> int:
        """Where the character ``at`` was written."""
        return self.places[min(at or 0, len(self.text))]

    def written(self, start: int, end: int) -> str:
        """How the characters from ``start`` to ``end`` were written."""
        return self.raw[self.places[start] : self.places[end]]


def _characters(piece: str, at: int) -> str:
    if len(piece) == 1:
        if piece == "%":
            raise Mistake("a percent sign itself is written %25", at)
        return piece
    try:
        return bytes.fromhex(piece.replace("%", "")).decode()
    except UnicodeDecodeError:
        raise Mistake("the text is not UTF-8 after percent-decoding", at) from None


_BETWEEN = frozenset({"_OR", "_AND", "EQUALITY", "RELATION", "SUM", "PRODUCT", "IN", "HAS", "_AS", "_WITH", "_FROM"})
_SEARCH_TERMS = frozenset({"SEARCH_WORD", "SEARCH_PHRASE"})
_LOOSE = frozenset({"_COLON", "LSQB", "LBRACE"})
_OPENING = frozenset({"_LPAR", "LSQB", "LBRACE"})
_CLOSING = frozenset({"_RPAR", "_RSQB", "_RBRACE"})
_TIGHT = frozenset({"REF", "COUNT", "STAR", "FILTER_STEP", "ORDERBY_ROWS", "AT"})
# Punctuation that may be percent-encoded in a URL without losing its meaning.
_ENCODABLE = frozenset("(),:;*@#'\"[]{}\\ \t")
_SPELLINGS = {
    "SEARCH_WORD": re.compile(r"(?:[\w\-.~!*+,:@/?$=']|%[0-9A-Fa-f]{2})+", re.ASCII),
    "SEARCH_PHRASE": re.compile(r"""(?:"|%22)(?:[\w\-.~!*+,;:@/?$='() ]|%[0-9A-Fa-f]{2})+(?:"|%22)""", re.ASCII),
    "SEARCH_QUOTED": re.compile(r"""(?:'|%27)(?:[\w\-.~!*+,;:@/?$='()" ]|%[0-9A-Fa-f]{2})*(?:'|%27)""", re.ASCII),
}
_LONGEST_NAME = 128


class StrictReading(Reading):
    """Reads spelled text and refuses what the service would let pass."""

    def __init__(self, grammar: Grammar, literals: Grammar, spelled: Spelled) -> None:
        super().__init__(grammar, lambda *_: (NULL, None), Limits())
        self._literals = literals
        self._spelled = spelled

    def literal(self, text: str, target: str, at: int) -> Literal | EnumLiteral:
        """Literals are checked in their own grammar as they are written; their value does not matter here."""
        written = self._spelled.written(at, at + len(text))
        start = "string_in_url" if text.startswith('"') else "primitive_literal"
        self._literals.read(start, written, lambda tokens: tokens, target=target, offset=at)
        return super().literal(text, target, at)

    def _watch(self, tokens: Iterator[Token], target: str) -> Iterator[Token | Lexeme]:
        blanks = Blanks(self._spelled.text)
        for token in tokens:
            blanks.check(token)
            self._check_spelling(token, target)
            yield self._read_token(token, target, "")
        blanks.check_end()

    def _check_spelling(self, token: Token, target: str) -> None:
        start = token.start_pos or 0
        written = self._spelled.written(start, start + len(token))
        if token.type == "JSON_STRING":
            self.literal(str(token), target, start)
        elif token.type in _SPELLINGS:
            if not _SPELLINGS[token.type].fullmatch(written):
                raise Mistake(f"{str(token)[:60]!r} has a character that must be percent-encoded", start)
        elif token.type != "LITERAL":
            self._check_characters(token, start)

    def _check_characters(self, token: Token, start: int) -> None:
        if max(map(len, token.split("."))) > _LONGEST_NAME:
            raise Mistake(f"a name has at most {_LONGEST_NAME} characters", start)
        for at, character in enumerate(token, start):
            is_encoded = len(self._spelled.written(at, at + 1)) > 1
            if is_encoded and character.isascii() and not character.isalnum() and character not in _ENCODABLE:
                raise Mistake(f"{character!r} is not percent-encoded here", at)
            if not is_encoded and (character == "#" or not character.isascii()):
                raise Mistake(f"{character!r} must be percent-encoded", at)


class Blanks:
    """Where blanks stand and where they may: never around names, ``/`` and ``=``, always around operators."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._end = 0
        self._previous = ""
        self._loose: list[bool] = []  # for each open parenthesis or bracket, whether blanks may stand inside

    def check(self, token: Token) -> None:
        start = token.start_pos or 0
        gap = self._text[self._end : start]
        if token.type in _OPENING:
            self._loose.append(self._previous not in _TIGHT)
        if token.type.endswith("_IS") or token.type == "ALIAS":
            self._loose[-1:] = [False] if self._loose else []
        if gap.strip(" \t") or (gap and not self._may_stand(token.type)):
            raise Mistake("no blank may stand here", self._end)
        if not gap and self._must_stand(token.type):
            raise Mistake("a blank is missing", start)
        if token.type in _CLOSING and self._loose:
            self._loose.pop()
        self._previous, self._end = token.type, start + len(token)

    def check_end(self) -> None:
        if self._end < len(self._text):
            raise Mistake("no blank may stand here", self._end)

    def _may_stand(self, following: str) -> bool:
        previous = self._previous
        if self._must_stand(following) or {previous, following} & _LOOSE or previous == "MINUS":
            return True
        if previous == "SEARCH_IS":
            return True
        if previous == "_LPAR" or following in _CLOSING or "_COMMA" in (previous, following):
            return bool(self._loose) and self._loose[-1]
        return False

    def _must_stand(self, following: str) -> bool:
        previous = self._previous
        if previous in _BETWEEN or following in _BETWEEN or previous == "NOT" or following == "DIRECTION":
            return True
        if following in _SEARCH_TERMS:
            return previous in _SEARCH_TERMS or previous == "_RPAR"
        return following == "_LPAR" and previous in _SEARCH_TERMS
