"""The values of an entity: properties, structures, streams, and what they have where nothing is said."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, NoReturn

from sqlalchemy import ColumnElement, inspect

from odata_service.bind.payload import EntityPayload, Octets
from odata_service.edm.dynamic import DynamicType, DynamicValues
from odata_service.edm.model import ComplexProperty, DynamicColumn, EntityType, Property, StreamProperty
from odata_service.edm.primitive import STRING
from odata_service.edm.temporal import in_utc
from odata_service.errors import BadRequest

Entity = Any  # an instance of whatever class is mapped


def bound_columns(payload: EntityPayload) -> frozenset[object]:
    """Foreign keys that a payload gives as the entity they lead to; such a one is worth more than the column's value."""
    ways = (payload.type.navigation[name] for name in payload.related)
    return frozenset(column for way in ways if way.owns_key for column in way.near)


def set_value(entity: Entity, declared: Property, value: object) -> None:
    demand_value(declared, value)
    setattr(entity, declared.attribute, value)


def demand_value(declared: Property, value: object) -> None:
    if value is None and not declared.nullable:
        message = f"{declared.name} cannot be null"
        raise BadRequest("ValueRequired", message, target=declared.name)


def has_values(entity: Entity, payload: EntityPayload) -> bool:
    """Whether an entity has all that a payload of plain values says, so that it would change nothing."""
    declared = ((payload.type.properties[name], value) for name, value in payload.values.items())
    return all(_same(getattr(entity, each.attribute), value) for each, value in declared)


def _same(stored: object, given: object) -> bool:
    if isinstance(stored, datetime.datetime) and isinstance(given, datetime.datetime):
        return in_utc(stored) == in_utc(given)
    return bool(stored == given)


def set_structure(
    entity: Entity, structure: ComplexProperty, members: Mapping[str, object] | None, replace: bool
) -> None:
    """The members that are named, or with ``replace`` all but those that the caller does not see; a structure of nothing
    but nulls is null."""
    if members is None and not structure.nullable:
        raise BadRequest("ValueRequired", f"{structure.name} cannot be null", target=structure.name)
    present, kind = getattr(entity, structure.attribute, None), structure.type
    kept = kind.hidden if replace or members is None else (*kind.members, *kind.hidden)
    values = dict.fromkeys((*kind.members, *kind.hidden)) | {name: getattr(present, name, None) for name in kept}
    setattr(entity, structure.attribute, kind.python(**{**values, **(members or {})}))


def set_stream(entity: Entity, stream: StreamProperty, octets: Octets | None) -> None:
    """The content anew, or none; what has no content keeps its media type."""
    setattr(entity, stream.attribute, None if octets is None else octets.content)
    if stream.content_type_attribute is not None and octets is not None:
        _demand_room(entity, stream.content_type_attribute, octets.content_type)
        setattr(entity, stream.content_type_attribute, octets.content_type)


def _demand_room(entity: Entity, attribute: str, media_type: str) -> None:
    """Not every database refuses what is too long."""
    length = inspect(entity).mapper.column_attrs[attribute].columns[0].type.length
    if length is not None and len(media_type) > length:
        message = f"the media type has {len(media_type)} characters, and at most {length} fit"
        raise BadRequest("InvalidValue", message, target="Content-Type")


def media_values(entity_type: EntityType, slug: str | None) -> dict[str, object]:
    """The values of a media entity that begins with its octets: what it should be called, as far as there is room, and
    nothing else (RFC 5023, The Slug Header)."""
    values: dict[str, object] = {each.name: "" for each in entity_type.complete.properties.values() if _needs_text(each)}
    called = entity_type.slug
    if called is not None and slug is not None:
        values[called.name] = slug[: called.max_length]
    if called is not None and called.is_key and not values.get(called.name):
        raise BadRequest("SlugMissing", f"the header Slug has to give the {called.name}", target="Slug")
    return values


def _needs_text(declared: Property) -> bool:
    absent_is_fine = declared.nullable or declared.generated or declared.server_set
    return declared.type is STRING and not absent_is_fine


def set_collections(entity: Entity, entity_type: EntityType, payload: EntityPayload, replace: bool) -> None:
    """The collections of values that are named, each as a whole; with ``replace`` the others are emptied."""
    for name, collection in entity_type.collections.items():
        changeable = not (collection.server_set or collection.immutable)
        if changeable and (replace or name in payload.collections):
            setattr(entity, collection.attribute, list(payload.collections.get(name, ())))


def set_dynamic(
    entity: Entity, column: DynamicColumn, given: Mapping[str, tuple[object, DynamicType] | None], replace: bool
) -> None:
    """The dynamic properties that are named, or with ``replace`` no others; null takes one away."""
    present = None if replace else getattr(entity, column.attribute)
    known = present if isinstance(present, DynamicValues) else DynamicValues(present or {})
    setattr(entity, column.attribute, known.changed(given))


def has_default(column: ColumnElement[object]) -> bool:
    return getattr(column, "default", None) is not None


def forget_hidden(entity: Entity, entity_type: EntityType) -> None:
    """Defaults for what the caller does not know of: a row that comes back is a new entity."""
    for declared in entity_type.complete.properties.values():
        if declared.name not in entity_type.properties and not declared.server_set:
            with suppress(BadRequest):  # what has no default stays
                set_value(entity, declared, default_of(declared))


def make_key(entity: Entity, entity_type: EntityType, declared: Property, payload: EntityPayload) -> None:
    """A Guid for an entity that came without; not where the key is taken over from a related entity."""
    if not is_borrowed(declared, entity_type):
        setattr(entity, declared.attribute, uuid.uuid4())


def is_borrowed(declared: Property, entity_type: EntityType) -> bool:
    """Whether a related entity gives the value."""
    return any(declared.column in way.near and way.owns_key for way in entity_type.complete.navigation.values())


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
