"""Finds the grammar files and turns text into values with them; each grammar is built when it is first used, and Lark loaded."""

from __future__ import annotations

import functools
import importlib.resources
import importlib.util
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from odata_service.parse.syntax import EnumLiteral, Literal
from odata_service.values import frozen

if TYPE_CHECKING:
    from lark import Token, Transformer

    from odata_service.parse.tables import Tables


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


Watch = Callable[["Iterator[Token]"], "Iterable[Token | Lexeme]"]


class Mistake(Exception):
    """What a callback finds wrong with text that fits the grammar; becomes a refusal of the option being read."""

    def __init__(self, message: str, at: int) -> None:
        super().__init__(message)
        self.at = at


class Grammar:
    """Some ``.lark`` files, read one after the other, with their start rules; the callbacks build the tree while the
    text is read."""

    def __init__(
        self, files: Iterable[str], starts: Iterable[str], callbacks: Callable[[], Transformer[Any, Any]]
    ) -> None:
        self.starts = tuple(starts)
        self._files = tuple(files)
        self._callbacks = callbacks

    @functools.cached_property
    def _tables(self) -> Tables:
        from odata_service.parse.tables import Tables  # with Lark: whoever only starts does not wait for it

        folder = grammar_folder()
        text = "\n".join((folder / f"{name}.lark").read_text(encoding="utf-8") for name in self._files)
        return Tables(text, self.starts, self._callbacks(), _compiled(self._files))

    def load(self) -> None:
        """Now, instead of when it is first used."""
        assert self._tables is not None

    def read(self, start: str, text: str, watch: Watch, *, target: str, offset: int = 0) -> Any:
        """The value of ``text`` by the rule ``start``. ``offset`` is where ``text`` begins within ``target``."""
        return self._tables.read(start, text, watch, target, offset)
