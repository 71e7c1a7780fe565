"""Query options inside parentheses, ``Orders($top=5;$orderby=Total desc)``, put together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from odata_service.parse.grammar import Mistake
from odata_service.parse.syntax import Expression, Options


class Option(NamedTuple):
    """One option inside parentheses: the field of :class:`Options`, what was written, its value."""

    field: str
    name: str
    value: object
    at: int


def options_of(options: Sequence[Option]) -> Options:
    """The options of one pair of parentheses; none may come twice."""
    values: dict[str, object] = {}
    aliases: dict[str, Expression] = {}
    for option in options:
        known: dict[str, object] = aliases if option.field == "aliases" else values  # type: ignore[assignment]
        key = option.name if option.field == "aliases" else option.field
        if key in known:
            raise Mistake(f"{option.name} is given twice", option.at)
        known[key] = option.value
    return Options(**values, aliases=tuple(aliases.items()))  # type: ignore[arg-type]
