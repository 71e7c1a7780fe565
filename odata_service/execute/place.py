"""Where an entity is: its key, and the keys of the entities that contain it."""

from __future__ import annotations

import decimal
from typing import Any

from sqlalchemy import inspect
from sqlalchemy.orm import Session

from odata_service.dialects.exact import EXACT
from odata_service.edm.model import EntitySet, Property
from odata_service.links import Place

Entity = Any  # an instance of whatever class is mapped


def place_of(entity: Entity, entity_set: EntitySet, session: Session) -> Place:
    key = tuple(as_read(getattr(entity, part.attribute), part) for part in entity_set.type.key)
    around: list[tuple[object, ...]] = []
    within = entity_set
    while within.containment is not None:
        parent, back = within.containment.parent, within.containment.back
        near = dict(zip(back.far, back.near, strict=True))
        known = {part: as_read(_value(entity, near[part.column]), part) for part in parent.type.key}
        around.append(tuple(known.values()))
        within = parent
        if parent.containment is not None:
            named = {part.attribute: value for part, value in known.items()}
            entity = session.get(parent.type.mapper.class_, named)
    return Place(entity_set, key, tuple(around))


def as_read(value: object, part: Property) -> object:
    """A Decimal has all decimals of its column once it is read; the entity may still have what was written."""
    if not isinstance(value, decimal.Decimal) or part.scale is None:
        return value
    return value.quantize(decimal.Decimal(1).scaleb(-part.scale), context=EXACT)


def _value(entity: Entity, column: Any) -> object:
    return getattr(entity, inspect(entity).mapper.get_property_by_column(column).key)
