"""The values of an entity: properties, structures, streams, and what they have where nothing is said."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any, NoReturn

from odata_service.bind.payload import EntityPayload
from odata_service.edm.model import ComplexProperty, EntityType, Property, StreamProperty
from odata_service.errors import BadRequest

Entity = Any  # an instance of whatever class is mapped


def bound_columns(payload: EntityPayload) -> frozenset[object]:
    """Foreign keys that a payload gives as the entity they lead to; such a one is worth more than the column's value."""
    ways = (payload.type.navigation[name] for name in payload.related)
    return frozenset(column for way in ways if way.owns_key for column in way.near)


def set_value(entity: Entity, declared: Property, value: object) -> None:
    if value is None and not declared.nullable:
        message = f"{declared.name} cannot be null"
        raise BadRequest("ValueRequired", message, target=declared.name)
    setattr(entity, declared.attribute, value)


def set_structure(
    entity: Entity, structure: ComplexProperty, members: Mapping[str, object] | None, replace: bool
) -> None:
    """The members that are named, or with ``replace`` all; a structure of nothing but nulls is null."""
    present = getattr(entity, structure.attribute, None)
    values = {name: None if replace or present is None else getattr(present, name) for name in structure.type.members}
    if members is None and not structure.nullable:
        raise BadRequest("ValueRequired", f"{structure.name} cannot be null", target=structure.name)
    values = dict.fromkeys(values) if members is None else {**values, **members}
    setattr(entity, structure.attribute, structure.type.python(**values))


def set_stream(entity: Entity, stream: StreamProperty, content: bytes | None, content_type: str) -> None:
    setattr(entity, stream.attribute, content)
    if stream.content_type_attribute is not None:
        setattr(entity, stream.content_type_attribute, content_type)


def make_key(entity: Entity, entity_type: EntityType, declared: Property, payload: EntityPayload) -> None:
    """A Guid for an entity that came without; not where the key is taken over from a related entity."""
    borrowed = any(
        declared.column in way.near and way.owns_key for way in entity_type.navigation.values()
    )  # fmt: skip
    if not borrowed:
        setattr(entity, declared.attribute, uuid.uuid4())


def default_of(declared: Property) -> object:
    """What a property has that PUT leaves out (MS-ODATA, Update Entity)."""
    default = getattr(declared.column, "default", None)
    if default is not None and default.is_scalar:
        return default.arg
    if declared.nullable:
        return None
    _refuse_missing(declared)


def _refuse_missing(declared: Property) -> NoReturn:
    message = f"{declared.name} needs a value: PUT replaces the whole entity; PATCH changes only what it names"
    raise BadRequest("ValueRequired", message, target=declared.name)
