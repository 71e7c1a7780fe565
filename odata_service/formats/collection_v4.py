"""Collections of values in V4's JSON: arrays of primitive values or of objects, as they go out and as they come in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from marshmallow import ValidationError, fields

from odata_service.edm.model import CollectionProperty, ComplexProperty
from odata_service.formats.json_text import quoted
from odata_service.formats.pieces import Page, Piece
from odata_service.formats.structure import StructureReader
from odata_service.formats.style_v4 import Style
from odata_service.formats.value_v4 import read_json, write_json
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


class ValuesField(fields.Field[list[object]]):
    """A collection of values in a body: always whole."""

    def __init__(self, declared: CollectionProperty) -> None:
        super().__init__(attribute=f"values {declared.name}", data_key=declared.name)
        self.error_messages["null"] = "cannot be null; an empty collection is []"
        self._declared = declared

    # Any: marshmallow's own signature.
    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> list[object]:
        return read_values(value, self._declared)


def read_values(value: object, declared: CollectionProperty) -> list[object]:
    """The values in Python; ``ValidationError`` has a message for each that is wrong, by its place."""
    if not isinstance(value, list):
        raise ValidationError("is a collection; expected an array")
    values, mistakes = [], {}
    for place, item in enumerate(value):
        try:
            values.append(read_value(item, declared))
        except ValidationError as error:
            mistakes[place] = error.messages
    if mistakes:
        raise ValidationError(mistakes)
    return values


def read_value(value: object, declared: CollectionProperty) -> object:
    """One value; a structure as an instance of its class."""
    item = declared.item
    try:
        if not isinstance(item, ComplexProperty):
            return read_json(value, item)
        if value is None:
            if item.nullable:
                return None
            raise ValueError("cannot be null")
    except ValueError as error:
        raise ValidationError(str(error)) from None
    members = StructureReader(item, read_json).members(value, partial=False)
    return item.type.python(**{**dict.fromkeys(item.type.members), **members})
