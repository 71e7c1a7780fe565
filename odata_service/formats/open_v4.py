"""Dynamic properties in V4's JSON: each says its type where the JSON does not (OData JSON Format, Control Information: type)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from odata_service.edm.dynamic import DynamicType, collection_of
from odata_service.formats.collection_v4 import values_text
from odata_service.formats.json_text import quoted
from odata_service.formats.pieces import Page, Piece
from odata_service.formats.style_v4 import Style
from odata_service.formats.value_v4 import write_typed
from odata_service.plan.row import SelectedDynamic


def dynamic_piece(selected: SelectedDynamic, style: Style, *, before: str = "", after: str = "") -> Piece:
    """What entities have besides, with a comma before or after it where there is any."""
    return partial(_texts, selected, style, before, after)


def _texts(selected: SelectedDynamic, style: Style, before: str, after: str, page: Page) -> list[str]:
    texts = [",".join(_members(selected, style, row)) for row in page.rows]
    return [f"{before}{text}{after}" if text else "" for text in texts]


def _members(selected: SelectedDynamic, style: Style, row: tuple[object, ...]) -> Iterator[str]:
    for name, value, kind in selected.of_row(row):
        if style.metadata != "none" and not kind.is_obvious(value):
            yield f"{style.control('type', name)}{quoted(type_name(kind, style))}"
        yield f"{quoted(name)}:{value_text(name, value, kind, style)}"


def type_name(kind: DynamicType, style: Style) -> str:
    """``#Date``, ``#Collection(Int16)``"""
    return style.collection_type(kind.type.name) if kind.collection else style.type_name(kind.type)


def value_text(name: str, value: object, kind: DynamicType, style: Style) -> str:
    if kind.collection and isinstance(value, list):
        return values_text(value, collection_of(name, kind), style)
    return write_typed(value, kind.type, ieee754=style.ieee754)
