"""Marshmallow schemas made from entity types: they read and validate the JSON of V4's requests.

Control information comes in two spellings, ``@odata.type`` and ``@type``, and is sorted out first; annotations that nobody
knows are no mistake (OData JSON Format, Control Information).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any
from weakref import WeakKeyDictionary

from marshmallow import Schema, ValidationError, fields, post_load, pre_load

from odata_service.bind.payload import DeltaPayload, EntityPayload, EntityReference, Removed
from odata_service.edm.model import EntityModel, EntityType, Property
from odata_service.formats.control_v4 import ORIGIN, Control, Origin, type_of_control
from odata_service.formats.read_collection_v4 import ValuesField
from odata_service.formats.read_open_v4 import dynamic_names, read_dynamic
from odata_service.formats.relations_v4 import Binding, Changes, Way
from odata_service.formats.schema import (
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
from odata_service.formats.value_v4 import read_json
from odata_service.values import frozen, mutable


@frozen
class Reader:
    """Reads entities of one request. ``update`` says that entities inside may exist already; ``deep`` that they may
    stand inside at all, which they may not in updates of version 4.0."""

    model: EntityModel
    update: bool = False
    deep: bool = True

    def entity(self, data: object, entity_type: EntityType, *, partial: bool) -> EntityPayload:
        """An entity of a type or of one derived from it."""
        if not isinstance(data, dict):
            raise ValidationError("expected an object")
        control = Control.of(data)
        said = type_of_control(control.type, entity_type, self.model) or by_discriminator(data, entity_type)
        schema = schema_of(said or entity_type, self.model, open=said is None and partial)
        plain = schema.plain[partial].values(data, partial=partial)
        if plain is not None:
            return EntityPayload(schema.entity_type, plain)
        names = dynamic_names(data, schema.entity_type) if schema.is_open else []
        dynamic = read_dynamic(data, names)
        declared = {name: value for name, value in data.items() if name not in dynamic}
        payload = schema.load({**declared, ORIGIN: Origin(control, self)}, partial=partial)
        assert isinstance(payload, EntityPayload)
        return replace(payload, dynamic=dynamic) if dynamic else payload

    def related(self, data: object, entity_type: EntityType) -> EntityPayload | EntityReference:
        """An entity inside another: a reference, a new one, or (in updates) one that is to be found and changed."""
        if not isinstance(data, dict):
            raise ValidationError("expected an object")
        reference = Control.of(data).reference
        if reference is not None and not _own_names(data):
            return reference
        if not self.deep:
            raise ValidationError("an update has entities inside only with OData-Version: 4.01; bind existing ones")
        return self.entity(data, entity_type, partial=self.update)

    def delta(self, data: object, entity_type: EntityType) -> DeltaPayload:
        """The items of a delta payload: entities to be inserted or changed, and those to be removed."""
        if not isinstance(data, list):
            raise ValidationError("expected an array of changes")
        items: list[EntityPayload | EntityReference | Removed] = []
        mistakes: dict[int, Any] = {}
        for number, item in enumerate(data):
            try:
                items.append(self._item(item, entity_type))
            except ValidationError as error:
                mistakes[number] = error.messages
        if mistakes:
            raise ValidationError(mistakes)
        return DeltaPayload(tuple(items))

    def _item(self, data: object, entity_type: EntityType) -> EntityPayload | EntityReference | Removed:
        control = Control.of(data) if isinstance(data, dict) else Control()
        if not control.is_removed:
            return self.related(data, entity_type)
        assert isinstance(data, dict)
        key_only = {part.name: data[part.name] for part in entity_type.key if part.name in data}
        payload = self.entity(key_only, entity_type, partial=True)
        if control.reference is None and len(payload.values) < len(entity_type.key):
            raise ValidationError("what is removed is named by its @id or by its whole key")
        return Removed(payload.values, control.reference, control.reason)


def _own_names(data: Mapping[str, object]) -> list[str]:
    return [name for name in data if "@" not in name]


def schema_of(entity_type: EntityType, model: EntityModel, *, open: bool) -> EntitySchema:
    """The schema of a type, made when it is first asked for; ``open`` to the properties of derived types, for changes of
    an entity whose type only the database knows."""
    schemas = _SCHEMAS.setdefault(model, {})
    key = (entity_type.name, open and bool(entity_type.derived))
    if key not in schemas:
        schemas[key] = _entity_schema(entity_type, model, open=key[1])
    return schemas[key]


_SCHEMAS: WeakKeyDictionary[EntityModel, dict[tuple[str, bool], EntitySchema]] = WeakKeyDictionary()


class EntitySchema(Schema):
    """Reads one entity to an :class:`EntityPayload`; ``partial`` for changes, where what is absent stays."""

    entity_type: EntityType
    properties: Mapping[str, Property]
    ignored: frozenset[str]
    is_open: bool
    plain: Mapping[bool, Plain]  # for new entities, and for changes

    @pre_load
    def _put_aside(self, data: dict[str, Any], *, partial: bool = False, **_kwargs: Any) -> dict[str, Any]:
        said = {name: value for name, value in data.items() if not self._is_aside(name, value, partial)}
        return said | {ORIGIN: Origin.of(data)} | dict(_of_navigation(data, self.fields))

    def _is_aside(self, name: str, value: object, partial: bool) -> bool:
        """Control information and annotations, streams, values that only the service makes."""
        if "@" in name or name in self.ignored:
            return True
        declared = self.properties.get(name)
        if declared is None:
            return False
        return declared.server_set or (not partial and (declared.only_later or left_to_default(declared, value)))

    def taken(self, partial: bool) -> list[Property]:
        """The properties whose values are never put aside, except a null for a default."""
        return [each for name, each in self.properties.items() if not self._is_aside(name, "", partial)]

    @post_load
    def _payload(self, values: dict[str, Any], **_kwargs: Any) -> EntityPayload:
        control = Origin.of(values).control
        parts = _Parts.of(values)
        return EntityPayload(
            self.entity_type,
            parts.values,
            parts.related,
            parts.structures,
            collections=parts.collections,
            changes=parts.changes,
            added=frozenset(parts.bound) - parts.inline,
            reference=control.reference,
            etag=control.etag,
            content_id=control.content_id,
        )


def _of_navigation(data: Mapping[str, object], known: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    """``Category@odata.bind`` and ``Products@delta``, under one spelling each."""
    for name, value in data.items():
        of, _, control = name.partition("@")
        spelled = f"{of}@{control.removeprefix('odata.')}"
        if of and f"_{spelled}" in known:
            yield spelled, value


@mutable
class _Parts:
    """What marshmallow read, by what it is."""

    values: dict[str, object]
    structures: dict[str, Mapping[str, object] | None]
    collections: dict[str, list[object]]
    related: dict[str, tuple[EntityPayload | EntityReference, ...]]
    changes: dict[str, DeltaPayload]
    bound: set[str]
    inline: set[str]

    @classmethod
    def of(cls, read: Mapping[str, Any]) -> _Parts:
        parts = cls({}, {}, {}, {}, {}, set(), set())
        for name, value in read.items():
            if name != ORIGIN:
                parts._add(name, value)
        return parts

    def _add(self, name: str, value: Any) -> None:
        kind, _, own_name = name.partition(" ")  # the fields' attributes: "inline Category", "bind Category", "Name"
        if not own_name:
            self.values[name] = value
        elif kind == "structure":
            self.structures[own_name] = value
        elif kind == "values":
            self.collections[own_name] = value
        elif kind == "changes":
            self.changes[own_name] = value
        else:
            (self.inline if kind == "inline" else self.bound).add(own_name)
            self.related[own_name] = (*self.related.get(own_name, ()), *(value or ()))


class _Kept(fields.Field[Origin]):
    """Where the data came from, on its way through marshmallow."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Origin:
        assert isinstance(value, Origin)
        return value


def _entity_schema(entity_type: EntityType, model: EntityModel, *, open: bool) -> EntitySchema:
    """Field names get an underscore, so that no property can hide a part of the schema."""
    members: dict[str, fields.Field[Any]] = {f"_{ORIGIN}": _Kept(attribute=ORIGIN, data_key=ORIGIN)}
    types = list(entity_type.with_derived()) if open else [entity_type]
    supplied = supplied_columns(entity_type, model)
    for each in reversed(types):
        for declared in each.properties.values():
            members[f"_{declared.name}"] = Value(declared, read_json, required=is_required(declared, supplied))
        for structure in each.complex.values():
            members[f"_{structure.name}"] = Structure(structure, read_json)
        for collection in each.collections.values():
            members[f"_{collection.name}"] = ValuesField(collection)
        for way in each.navigation.values():
            members[f"_{way.name}"] = Way(way, model)
            members[f"_{way.name}@bind"] = Binding(way)
            if way.collection:
                members[f"_{way.name}@delta"] = Changes(way, model)
    streams = {name for each in types for name in each.streams}
    made_here = {name for each in types for name, values in each.collections.items() if values.server_set}
    said = {
        "entity_type": entity_type,
        "properties": {name: declared for each in reversed(types) for name, declared in each.properties.items()},
        "ignored": frozenset(streams | made_here),
        "is_open": any(each.dynamic for each in types),
        "Meta": Unregistered,
        "error_messages": {"unknown": UNKNOWN},
    }
    schema: EntitySchema = type(entity_type.name, (EntitySchema,), {**members, **said})()
    schema.plain = {partial: Plain(schema, schema.taken(partial)) for partial in (False, True)}
    return schema
