"""Collections of values in V4's JSON, as they come in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields

from odata_service.edm.model import CollectionProperty, ComplexProperty
from odata_service.formats.structure import StructureReader
from odata_service.formats.value_v4 import read_json


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
