"""Text from the network → :class:`Syntax`; the only home of the parser generator."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from odata_service.parse import v2, v4
from odata_service.parse.shape import Shape, shape_v2, shape_v4
from odata_service.parse.v2 import parse_path_v2, parse_v2
from odata_service.parse.v4 import parse_path_v4, parse_v4, parse_value_v4

__all__ = [
    "Shape",
    "load_grammars",
    "parse_path_v2",
    "parse_path_v4",
    "parse_rule",
    "parse_v2",
    "parse_v4",
    "parse_value_v4",
    "shape_v2",
    "shape_v4",
]


def load_grammars() -> None:
    """Now, instead of with the first request that is read by them, which waits a tenth of a second."""
    for each in (v4.GRAMMAR, v2.GRAMMAR):
        each.load()


def parse_rule(rule: str, text: str, names: Mapping[str, Collection[str]] | None = None) -> Any:
    """The value of ``text`` by a rule of the OData ABNF; what does not fit is a :class:`BadRequest` that says where.

    ``names`` gives the declared identifiers for rules such as ``entitySetName``; a rule that is not in it allows any.
    Unlike requests, the text is read by the letter: blanks and percent-encoding only where the ABNF has them.

    >>> parse_rule("boolCommonExpr", "Price add 2.45 eq 5.00").operator
    'eq'
    >>> parse_rule("filter", "$filter= true")
    Traceback (most recent call last):
    odata_service.errors.BadRequest: no blank may stand here
    """
    from odata_service.parse.rules import read_rule  # no service needs it, so none waits for it

    return read_rule(rule, text, names)
