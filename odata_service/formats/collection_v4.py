"""Collections of values in V4's JSON: arrays of primitive values or of objects."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial

from odata_service.edm.model import CollectionProperty, ComplexProperty
from odata_service.formats.json_text import quoted
from odata_service.formats.pieces import Page, Piece
from odata_service.formats.style_v4 import Style
from odata_service.formats.value_v4 import write_json
from odata_service.plan.row import SelectedValues

Member = list[Piece]


def collection_members(selected: SelectedValues, style: Style) -> Iterable[Member]:
    """``"Tags@odata.count":3,"Tags":["new","blue"]`` as the members of an entity."""
    name = selected.collection.name
    if style.metadata == "full":
        yield [style.control("type", name) + quoted(style.collection_type(selected.collection.item_type))]
    if selected.count is not None:
        yield [style.control("count", name), partial(_counts, selected.count, style)]
    yield [f"{quoted(name)}:", partial(_arrays, selected, style)]


def values_text(values: Iterable[object], collection: CollectionProperty, style: Style) -> str:
    return f"[{','.join(_item_text(value, collection, style) for value in values)}]"


def _counts(position: int, style: Style, page: Page) -> Sequence[str]:
    return [style.number(int(str(count))) for count in page.columns[position]]


def _arrays(selected: SelectedValues, style: Style, page: Page) -> Sequence[str]:
    return [values_text(selected.of_row(row), selected.collection, style) for row in page.rows]


def _item_text(value: object, collection: CollectionProperty, style: Style) -> str:
    item = collection.item
    if not isinstance(item, ComplexProperty):
        return write_json(value, item, ieee754=style.ieee754)
    return "null" if value is None else structure_text(value, item, style)


def structure_text(value: object, item: ComplexProperty, style: Style) -> str:
    """A structure that is not null, as Python has it."""
    members = [f"{style.control('type')}{quoted(f'#{item.type.full_name}')}"] if style.metadata == "full" else []
    for member in item.members:
        text = write_json(getattr(value, member.name), member, ieee754=style.ieee754)
        if text != "null" or not style.omit_nulls:
            members.append(f"{quoted(member.name)}:{text}")
    return f"{{{','.join(members)}}}"
