"""Callbacks for ``grammar/abnf_context.lark``: a fragment as steps, select lists among them."""

from __future__ import annotations

from typing import Any

from lark import Token, Transformer, v_args

from odata_service.parse.build import position
from odata_service.parse.declared import Part
from odata_service.parse.syntax import Segment
from odata_service.values import frozen


@frozen
class SelectList:
    """``(Name,Address/Country(Code),Orders+)``: each item a path, with the lists inside it."""

    items: tuple[tuple[ContextStep, ...], ...]
    at: int


ContextStep = Segment | Part | SelectList


class ContextBuilder(Transformer[Any, Any]):
    def context(self, parts: list[Any]) -> tuple[ContextStep, ...]:
        fragment: tuple[ContextStep, ...] = parts[-1]
        return fragment

    def context_fragment(self, parts: list[Any]) -> tuple[ContextStep, ...]:
        return _steps(parts)

    select_list_item = context_fragment

    def select_list(self, items: list[tuple[ContextStep, ...]]) -> SelectList:
        return SelectList(tuple(items), items[0][0].at if items else 0)

    def keyed(self, parts: list[Any]) -> tuple[ContextStep, ...]:
        return _steps(parts)

    listed = item_call = keyed

    @v_args(inline=True)
    def key(self, *values: Token) -> Part:
        return Part("[key]", position(values[0]))


def _steps(parts: list[Any]) -> tuple[ContextStep, ...]:
    steps: list[ContextStep] = []
    for part in parts:
        if isinstance(part, Token):
            steps.append(_step(part))
        else:
            steps += part if isinstance(part, tuple) else [part]
    return tuple(steps)


def _step(token: Token) -> ContextStep:
    if token.type == "PLUS":
        return Part("[plus]", position(token))
    name = token.replace("%40", "@")
    if token.type in ("COLLECTION", "TYPE"):
        name = name[len("Collection(") : -1]
    return Segment(str(name), None, position(token))
