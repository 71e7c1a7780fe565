"""An entity type as a table of the Datasync protocol: the same columns under the protocol's names.

Four of them mean something to every client: ``id``, ``updatedAt``, ``version``, ``deleted``. They are the key, the stamp, the
version of SQLAlchemy's counter (where there is none, the stamp once more, which is another one after every change) and
the tombstone. All others are the type's own in camel case. Navigation, structures, collections and streams are no part of a table.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from odata_service.edm.errors import ModelError
from odata_service.edm.from_models import property_of_attribute, tracking_property
from odata_service.edm.model import EntitySet, EntityType, Property
from odata_service.edm.names import camel_case

ID, UPDATED_AT, VERSION, DELETED = "id", "updatedAt", "version", "deleted"


def can_be_table(entity_set: EntitySet) -> bool:
    """Whether the rows of a set carry what the protocol needs, one key, a stamp and a tombstone, and nobody has hidden
    that from whoever sees the set; columns that are no properties at all hide nothing."""
    tracking, entity_type = entity_set.type.tracking, entity_set.type
    if tracking is None or not tracking.last_updated or not tracking.is_deleted:
        return False
    is_hidden = {tracking.last_updated, tracking.is_deleted} & (
        _attributes(entity_type.complete) - _attributes(entity_type)
    )
    return not is_hidden and len(entity_type.key) == 1 and not entity_set.singleton


def _attributes(entity_type: EntityType) -> set[str]:
    return {declared.attribute for declared in entity_type.properties.values()}


def table_type(entity_type: EntityType, *, soft_delete: bool) -> EntityType:
    """The type under the protocol's names; with ``soft_delete`` a client may say itself that a row is deleted, but not where
    the database takes deleted rows away."""
    properties: dict[str, Property] = {}
    for declared in (*_system(entity_type, soft_delete), *_own(entity_type)):
        if declared.name in properties:
            other, mine = properties[declared.name].attribute, declared.attribute
            raise ModelError(f"{other} and {mine} of {entity_type.name} would both be {declared.name!r} in its table")
        properties[declared.name] = declared
    nothing_else: dict[str, Any] = {"navigation": {}, "complex": {}, "collections": {}, "dynamic": None, "streams": {}}
    return replace(entity_type, properties=properties, media=None, slug=None, base=None, derived=[], **nothing_else)


def _system(entity_type: EntityType, soft_delete: bool) -> Iterator[Property]:
    tracking = entity_type.tracking
    assert tracking is not None and tracking.last_updated and tracking.is_deleted, "see can_be_table"
    stamp = tracking_property(entity_type, tracking.last_updated)
    (key,) = entity_type.key
    yield replace(key, name=ID)
    yield replace(stamp, name=UPDATED_AT, server_set=True)
    yield replace(_version(entity_type) or stamp, name=VERSION, server_set=True)
    tombstone = tracking_property(entity_type, tracking.is_deleted)
    yield replace(tombstone, name=DELETED, server_set=tracking.by_database or not soft_delete)


def _version(entity_type: EntityType) -> Property | None:
    counter = entity_type.mapper.version_id_col
    if counter is None:
        return None
    return property_of_attribute(entity_type, entity_type.mapper.get_property_by_column(counter).key)


def _own(entity_type: EntityType) -> Iterator[Property]:
    used = {declared.attribute for declared in _system(entity_type, True)}
    for declared in entity_type.properties.values():
        if declared.attribute not in used:
            yield replace(declared, name=camel_case(declared.name))
