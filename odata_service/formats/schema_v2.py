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
    Plain,
    by_discriminator,
    is_required,
    left_to_default,
    supplied_columns,
)
from odata_service.formats.structure import Structure
from odata_service.formats.value_v2 import read_json

_CONTROL = frozenset({"__metadata", "__deferred", "__count", "__next", "__mediaresource"})
Related = EntityPayload | EntityReference


def read_entity(data: object, entity_type: EntityType, model: EntityModel, *, partial: bool = False) -> EntityPayload:
    """An entity of a type, or of one derived from it that ``__metadata`` or the discriminating property names."""
    if not isinstance(data, dict):
        raise ValidationError("expected an object")
    said = _said_type(data.get("__metadata"), entity_type, model) or by_discriminator(data, entity_type)
    schema = _schema_of(said or entity_type, model, open=said is None and partial)
    plain = schema.plain[partial].values(data, partial=partial)
    if plain is not None:
        return EntityPayload(schema.entity_type, plain)
    payload = schema.load(data, partial=partial)
    assert isinstance(payload, EntityPayload)
    return payload


def _said_type(metadata: object, entity_type: EntityType, model: EntityModel) -> EntityType | None:
    name = metadata.get("type") if isinstance(metadata, dict) else None
    if name is None:
        return None
    said = model.type_named(name) if isinstance(name, str) else None
    if said is None or not said.is_a(entity_type):
        raise ValidationError({"__metadata": [f"expected {entity_type.full_name}, not {name!r:.100}"]})
    return said


def _schema_of(entity_type: EntityType, model: EntityModel, *, open: bool) -> EntitySchema:
    """The schema of a type, made when it is first asked for; ``open`` to the properties of derived types, for changes of
    an entity whose type only the database knows."""
    schemas = _SCHEMAS.setdefault(model, {})
    key = (entity_type.name, open and bool(entity_type.derived))
    if key not in schemas:
        schemas[key] = _entity_schema(entity_type, model, open=key[1])
    return schemas[key]


_SCHEMAS: WeakKeyDictionary[EntityModel, dict[tuple[str, bool], EntitySchema]] = WeakKeyDictionary()


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
        return read_entity(item, self._model.types[self._navigation.target], self._model)


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
    properties: Mapping[str, Property]
    navigation: Mapping[str, NavigationProperty]
    plain: Mapping[bool, Plain]  # for new entities, and for changes

    @pre_load
    def _put_aside(self, data: dict[str, Any], *, partial: bool = False, **_kwargs: Any) -> object:
        return {name: value for name, value in data.items() if not self._is_aside(name, value, partial)}

    def _is_aside(self, name: str, value: object, partial: bool) -> bool:
        if name in _CONTROL:
            return True
        if name in self.properties:
            return _is_service_made(self.properties[name], value, partial)
        return name in self.navigation and _is_not_followed(self.navigation[name], value, partial)

    def taken(self, partial: bool) -> list[Property]:
        """The properties whose values are never put aside, except a null for a default."""
        return [each for name, each in self.properties.items() if not self._is_aside(name, "", partial)]

    @post_load
    def _payload(self, values: dict[str, Any], partial: bool = False, **_kwargs: Any) -> EntityPayload:
        related = {name: value or () for name, value in values.items() if name in self.navigation}
        return EntityPayload(
            self.entity_type,
            {name: value for name, value in values.items() if name in self.properties},
            related,
            {name.removeprefix("structure "): value for name, value in values.items() if name.startswith("structure ")},
            added=frozenset(related if partial else ()),  # an update binds further members and takes none out
        )


def _is_service_made(declared: Property, value: object, partial: bool) -> bool:
    """Set by the service, fixed once the entity exists, or left to a default by a null where none may stand."""
    if declared.server_set or (partial and (declared.is_key or declared.immutable)):
        return True
    return not partial and (declared.only_later or left_to_default(declared, value))


def _is_not_followed(navigation: NavigationProperty, value: object, partial: bool) -> bool:
    """``{"__deferred":…}`` as it was read, a null collection; in a change all that is no reference or null, because
    entities inside are not changed with the one around them (MS-ODATA, Update an Entity)."""
    if isinstance(value, dict) and "__deferred" in value:
        return True
    if value is None:
        return navigation.collection
    items = value.get("results", [value]) if isinstance(value, dict) else value
    return partial and isinstance(items, list) and not (items and all(reference(item) for item in items))


def _entity_schema(entity_type: EntityType, model: EntityModel, *, open: bool) -> EntitySchema:
    """Field names get an underscore, so that no property can hide a part of the schema."""
    supplied = supplied_columns(entity_type, model)
    types = list(reversed(list(entity_type.with_derived()))) if open else [entity_type]
    properties = {name: each for kind in types for name, each in kind.properties.items()}
    navigation = {name: each for kind in types for name, each in kind.navigation.items()}
    members: dict[str, fields.Field[Any]] = {}
    for declared in properties.values():
        if declared.type.v2:
            members[f"_{declared.name}"] = Value(declared, read_json, required=is_required(declared, supplied))
    for structure in (each for kind in types for each in kind.complex.values()):
        members[f"_{structure.name}"] = Structure(structure, read_json)
    for way in navigation.values():
        members[f"_{way.name}"] = Way(way, model)
    said = {"entity_type": entity_type, "properties": properties, "navigation": navigation, "Meta": Unregistered}
    schema: EntitySchema = type(
        entity_type.name, (EntitySchema,), {**members, **said, "error_messages": {"unknown": UNKNOWN}}
    )()
    schema.plain = {partial: Plain(schema, schema.taken(partial)) for partial in (False, True)}
    return schema
