"""Marshmallow schemas made from entity types: they read and validate the JSON of V2's requests.

What a client need not say, or says because it read it before, is put aside first: control information, links that were
not followed, values that only the service sets.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from weakref import WeakKeyDictionary

from marshmallow import Schema, ValidationError, fields, post_load, pre_load

from odata_service.bind.payload import EntityPayload, EntityReference
from odata_service.edm.model import EntityModel, EntityType, NavigationProperty, Property
from odata_service.formats.schema import (
    ITSELF,
    UNKNOWN,
    Unregistered,
    Value,
    is_required,
    left_to_default,
    supplied_columns,
)
from odata_service.formats.value_v2 import read_json

_CONTROL = frozenset({"__metadata", "__deferred", "__count", "__next", "__mediaresource"})
Related = EntityPayload | EntityReference


def schema_of(entity_type: EntityType, model: EntityModel) -> EntitySchema:
    """The schema of a type, made when it is first asked for."""
    schemas = _SCHEMAS.setdefault(model, {})
    if entity_type.name not in schemas:
        schemas[entity_type.name] = _entity_schema(entity_type, model)
    return schemas[entity_type.name]


_SCHEMAS: WeakKeyDictionary[EntityModel, dict[str, EntitySchema]] = WeakKeyDictionary()


class Way(fields.Field[tuple[Related, ...]]):
    """A navigation property: entities inline, which are created too, and references to those that exist."""

    def __init__(self, navigation: NavigationProperty, model: EntityModel) -> None:
        super().__init__(attribute=navigation.name, data_key=navigation.name, allow_none=True)
        self._navigation = navigation
        self._model = model

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> tuple[Related, ...]:
        items = _items(value, self._navigation)
        related, mistakes = [], {}
        for number, item in enumerate(items):
            try:
                related.append(self._related(item))
            except ValidationError as error:
                mistakes[number if self._navigation.collection else ITSELF] = error.messages
        if mistakes:
            raise ValidationError(mistakes)
        return tuple(related)

    def _related(self, item: Any) -> Related:
        uri = reference(item)
        if uri is not None:
            return EntityReference(uri)
        payload = schema_of(self._model.types[self._navigation.target], self._model).load(item)
        assert isinstance(payload, EntityPayload)
        return payload


def reference(item: object) -> str | None:
    """The address in ``{"__metadata":{"uri":"Orders(1)"}}``, unless the object says more of the entity than that."""
    metadata = item.get("__metadata") if isinstance(item, dict) else None
    uri = metadata.get("uri") if isinstance(metadata, dict) else None
    return uri if isinstance(uri, str) and isinstance(item, dict) and item.keys() <= _CONTROL else None


def _items(value: object, navigation: NavigationProperty) -> list[object]:
    if not navigation.collection:
        return [value]
    if isinstance(value, dict) and "results" in value:
        value = value["results"]
    if not isinstance(value, list):
        raise ValidationError("is a collection; expected an array")
    return value


class EntitySchema(Schema):
    """Reads one entity to an :class:`EntityPayload`; ``partial`` for changes, where what is absent stays."""

    entity_type: EntityType

    @pre_load
    def _put_aside(self, data: object, *, partial: bool = False, **_kwargs: Any) -> object:
        if not isinstance(data, dict):
            raise ValidationError("expected an object")
        self._check_type(data.get("__metadata"))
        return {name: value for name, value in data.items() if not self._is_aside(name, value, partial)}

    def _check_type(self, metadata: object) -> None:
        said = metadata.get("type") if isinstance(metadata, dict) else None
        if said is not None and said != self.entity_type.full_name:
            raise ValidationError(f"expected {self.entity_type.full_name}, not {said!r:.100}", "__metadata")

    def _is_aside(self, name: str, value: object, partial: bool) -> bool:
        if name in _CONTROL:
            return True
        declared = self.entity_type.properties.get(name)
        if declared is not None:
            return _is_service_made(declared, value, partial)
        navigation = self.entity_type.navigation.get(name)
        return navigation is not None and _is_not_followed(navigation, value, partial)

    @post_load
    def _payload(self, values: dict[str, Any], partial: bool = False, **_kwargs: Any) -> EntityPayload:
        navigation = self.entity_type.navigation
        related = [name for name in values if name in navigation]
        return EntityPayload(
            self.entity_type,
            {name: value for name, value in values.items() if name not in navigation},
            {name: value or () for name, value in values.items() if name in navigation},
            added=frozenset(related if partial else ()),  # an update binds further members and takes none out
        )


def _is_service_made(declared: Property, value: object, partial: bool) -> bool:
    """Set by the service, fixed once the entity exists, or left to a default by a null where none may stand."""
    if declared.server_set or (partial and (declared.is_key or declared.immutable)):
        return True
    return not partial and left_to_default(declared, value)


def _is_not_followed(navigation: NavigationProperty, value: object, partial: bool) -> bool:
    """``{"__deferred":…}`` as it was read, a null collection; in a change all that is no reference or null, because
    entities inside are not changed with the one around them (MS-ODATA, Update an Entity)."""
    if isinstance(value, dict) and "__deferred" in value:
        return True
    if value is None:
        return navigation.collection
    items = value.get("results", [value]) if isinstance(value, dict) else value
    return partial and isinstance(items, list) and not (items and all(reference(item) for item in items))


def _entity_schema(entity_type: EntityType, model: EntityModel) -> EntitySchema:
    """Field names get an underscore, so that no property can hide a part of the schema."""
    supplied = supplied_columns(entity_type, model)
    members: dict[str, fields.Field[Any]] = {}
    for declared in entity_type.properties.values():
        if declared.type.v2:
            members[f"_{declared.name}"] = Value(declared, read_json, required=is_required(declared, supplied))
    for navigation in entity_type.navigation.values():
        members[f"_{navigation.name}"] = Way(navigation, model)
    said = {"entity_type": entity_type, "Meta": Unregistered, "error_messages": {"unknown": UNKNOWN}}
    schema: EntitySchema = type(entity_type.name, (EntitySchema,), {**members, **said})()
    return schema
