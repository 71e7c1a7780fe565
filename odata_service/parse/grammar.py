"""Finds the grammar files and turns text into values with them; each grammar is built when it is first used."""

from __future__ import annotations

import functools
import importlib.resources
import importlib.util
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from lark import Lark, Token, Transformer
from lark.exceptions import UnexpectedCharacters, UnexpectedToken

from odata_service.errors import BadRequest
from odata_service.parse.mistakes import explain
from odata_service.parse.syntax import EnumLiteral, Literal
from odata_service.values import frozen


def grammar_folder() -> Path:
    """Where the ``*.lark`` files are: in the installed package, or beside the package in a checkout."""
    if importlib.util.find_spec("odata_service.grammar"):
        return Path(str(importlib.resources.files("odata_service.grammar")))
    return Path(__file__).resolve().parents[2] / "grammar"


def _compiled(files: Iterable[str]) -> Path:
    """Where Lark keeps the tables of a grammar, which take ten times as long to make as to read: beside the bytecode of this file,
    because who may write there may say what this program does anyway. Where nobody may, they are made each time. Lark itself
    sees to it that they are of this grammar, of this version of Lark and of this Python."""
    bytecode = Path(importlib.util.cache_from_source(__file__))
    return bytecode.with_name(f"{'_'.join(files)}.{sys.implementation.cache_tag}.tables")


@frozen
class Lexeme:
    """A token whose value is already a node of the tree."""

    type: str
    node: Literal | EnumLiteral
    start_pos: int


Watch = Callable[[Iterator[Token]], Iterable[Token | Lexeme]]


class Mistake(Exception):
    """What a callback finds wrong with text that fits the grammar; becomes a refusal of the option being read."""

    def __init__(self, message: str, at: int) -> None:
        super().__init__(message)
        self.at = at


class Grammar:
    """Some ``.lark`` files, read one after the other, with their start rules; the callbacks build the tree while the
    text is read.

    Nothing here recurses, so the depth of what a client nests costs memory only, and ``watch`` ends it early.
    """

    def __init__(
        self, files: Iterable[str], starts: Iterable[str], callbacks: Callable[[], Transformer[Any, Any]]
    ) -> None:
        self.starts = tuple(starts)
        self._files = tuple(files)
        self._callbacks = callbacks

    @functools.cached_property
    def _lark(self) -> Lark:
        folder = grammar_folder()
        return Lark(
            "\n".join((folder / f"{name}.lark").read_text(encoding="utf-8") for name in self._files),
            parser="lalr",
            start=sorted(self.starts),
            transformer=self._callbacks(),
            maybe_placeholders=False,
            cache=str(_compiled(self._files)),
        )

    def load(self) -> None:
        """Now, instead of when it is first used."""
        assert self._lark is not None

    def read(self, start: str, text: str, watch: Watch, *, target: str, offset: int = 0) -> Any:
        """The value of ``text`` by the rule ``start``. ``offset`` is where ``text`` begins within ``target``."""
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
