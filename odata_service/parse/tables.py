"""The tables of a grammar, and how text is read by them. The only file that runs Lark."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from lark import Lark, Token, Transformer
from lark.exceptions import UnexpectedCharacters, UnexpectedToken

from odata_service.errors import BadRequest
from odata_service.parse.grammar import Mistake, Watch
from odata_service.parse.mistakes import explain


class Tables:
    """What a grammar was made into. It is kept in ``file``.

    Nothing here recurses, so the depth of what a client nests costs memory only, and ``watch`` ends it early.
    """

    def __init__(self, grammar: str, starts: Iterable[str], callbacks: Transformer[Any, Any], file: Path) -> None:
        self._lark = Lark(
            grammar,
            parser="lalr",
            start=sorted(starts),
            transformer=callbacks,
            maybe_placeholders=False,
            cache=str(file),
        )

    def read(self, start: str, text: str, watch: Watch, target: str, offset: int) -> Any:
        """See :meth:`Grammar.read`."""
        reading: Any = self._lark.parse_interactive(text, start=start)  # lark leaves its methods untyped
        try:
            for token in watch(_moved(reading.lexer_thread.lex(reading.parser_state), offset)):
                reading.feed_token(token)
            return reading.feed_eof()
        except Mistake as mistake:
            raise BadRequest("SyntaxError", str(mistake), target=target, at=mistake.at) from None
        except Stop as stop:
            at, expected = stop.at, stop.expected
        except UnexpectedToken as error:
            at = offset + len(text) if error.token.type == "$END" else error.token.start_pos or 0
            expected = set(error.expected)
        raise BadRequest("SyntaxError", explain(text, at - offset, expected), target=target, at=at)


class Stop(Exception):
    """Where the lexer found no token, and which it could have been."""

    def __init__(self, at: int, expected: Iterable[str]) -> None:
        self.at = at
        self.expected = set(expected)


def _moved(tokens: Iterator[Token], offset: int) -> Iterator[Token]:
    """The tokens, counted from the start of the whole target."""
    try:
        for token in tokens:
            token.start_pos = (token.start_pos or 0) + offset
            yield token
    except UnexpectedCharacters as error:
        raise Stop((error.pos_in_stream or 0) + offset, error.allowed) from None
    except UnexpectedToken as error:
        raise Stop((error.token.start_pos or 0) + offset, error.expected) from None
