"""An entity type as the records of the Sync API: its own properties in camel case, without navigation.

Clients that make records offline give them a key of their own, so a type may be known by another property than its primary
key, which is then an ordinary value that the service sets. The stamp is always among the properties: it is the version
of a record. The tombstone never is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from odata_service.edm.errors import ModelError
from odata_service.edm.from_models import tracking_property
from odata_service.edm.model import EntityType, Property
from odata_service.edm.names import camel_case


def is_syncable(entity_type: EntityType) -> bool:
    """Whether records of a type carry a stamp and a tombstone of their own, and show the stamp."""
    tracking = entity_type.tracking
    return tracking is not None and _has(entity_type, tracking.last_updated)


def _has(entity_type: EntityType, attribute: str | None) -> bool:
    return any(each.attribute == attribute for each in entity_type.properties.values())


def stamp_of(entity_type: EntityType) -> Property:
    tracking = entity_type.tracking
    assert tracking is not None and tracking.last_updated is not None, "see is_syncable"
    return tracking_property(entity_type, tracking.last_updated)


def sync_type(entity_type: EntityType, key: str | None) -> EntityType:
    """``key`` names the attribute by which clients know a record; its values must be unique."""
    if key is not None and not _has(entity_type, key):
        raise ModelError(f"{entity_type.name} has no property {key!r} by which its records could be known")
    properties: dict[str, Property] = {}
    for declared in _properties(entity_type, key):
        named = replace(declared, name=camel_case(declared.name))
        if named.name in properties:
            raise ModelError(f"two properties of {entity_type.name} would both be {named.name!r} in its records")
        properties[named.name] = named
    nothing_else: dict[str, Any] = {"navigation": {}, "complex": {}, "collections": {}, "streams": {}, "media": None}
    return replace(entity_type, properties=properties, slug=None, base=None, derived=[], **nothing_else)


def _properties(entity_type: EntityType, key: str | None) -> Iterator[Property]:
    stamp, tracking = stamp_of(entity_type), entity_type.tracking
    assert tracking is not None
    for declared in entity_type.properties.values():
        if declared.attribute not in (stamp.attribute, tracking.is_deleted):
            yield declared if key is None else _known_by(key, declared)
    yield replace(stamp, server_set=True)


def _known_by(key: str, declared: Property) -> Property:
    if declared.attribute == key:
        return replace(declared, is_key=True, nullable=False)
    return replace(declared, is_key=False, server_set=True) if declared.is_key else declared
