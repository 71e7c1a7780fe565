"""Dynamic properties in V4's JSON, as they come in: of the type that is said beside them, or that the JSON shows."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from marshmallow import ValidationError

from odata_service.edm import primitive
from odata_service.edm.dynamic import DynamicType, collection_of, property_of
from odata_service.edm.model import EntityType
from odata_service.edm.names import is_name
from odata_service.formats.read_collection_v4 import read_values
from odata_service.formats.value_v4 import read_json

Given = Mapping[str, tuple[object, DynamicType] | None]  # null is nothing
_EXACT_IN_A_DOUBLE = 2**53


def dynamic_names(data: Mapping[str, object], entity_type: EntityType) -> list[str]:
    """The names in an object that no type of its hierarchy declares."""
    return [name for name in data if "@" not in name and not entity_type.root.declares(name)]


def read_dynamic(data: Mapping[str, object], names: list[str]) -> Given:
    """The values with their types; ``ValidationError`` has a message for each that is wrong."""
    given: dict[str, tuple[object, DynamicType] | None] = {}
    mistakes: dict[str, object] = {}
    for name in names:
        said = data.get(f"{name}@odata.type", data.get(f"{name}@type"))
        try:
            given[name] = read_dynamic_value(name, data[name], said)
        except ValidationError as error:
            mistakes[name] = error.messages
    if mistakes:
        raise ValidationError(mistakes)
    return given


def read_dynamic_value(name: str, value: object, said: object) -> tuple[object, DynamicType] | None:
    """One value, of the type that is said or that its JSON shows."""
    if not is_name(name):
        raise ValidationError("is no name that a property can have")
    kind = _type(value, said)
    if value is None:
        return None
    if kind.collection:
        return read_values(value, collection_of(name, kind)), kind
    try:
        return read_json(value, property_of(name, kind)), kind
    except ValueError as error:
        raise ValidationError(str(error)) from None


def _type(value: object, said: object) -> DynamicType:
    if said is None:
        return _shown(value)
    kind = DynamicType.named(said) if isinstance(said, str) else None
    if kind is None:
        raise ValidationError(f"a dynamic property is of a primitive type or a collection of one, not {said!r:.100}")
    return kind


def _shown(value: object) -> DynamicType:
    """What the JSON says by itself: a number is a Double, unless it is a whole one that no Double holds."""
    if isinstance(value, list):
        kinds = [_shown(item).type for item in value if item is not None] or [primitive.STRING]
        if any(kind != kinds[0] for kind in kinds):
            raise ValidationError("the values are of different types; say which one is meant: …@odata.type")
        return DynamicType(kinds[0], True)
    if isinstance(value, bool):
        return DynamicType(primitive.BOOLEAN)
    if isinstance(value, int | Decimal):
        whole_and_large = isinstance(value, int) and abs(value) > _EXACT_IN_A_DOUBLE
        return DynamicType(primitive.INT64 if whole_and_large else primitive.DOUBLE)
    if isinstance(value, dict):
        raise ValidationError("an object needs its type beside it: …@odata.type")
    return DynamicType(primitive.STRING)
