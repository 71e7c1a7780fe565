"""What a deletion would leave behind."""

from __future__ import annotations

from typing import Any

from sqlalchemy import inspect, literal, select
from sqlalchemy.orm import RelationshipDirection, RelationshipProperty, Session, with_parent

from odata_service.edm.model import EntityModel, NavigationProperty
from odata_service.errors import Conflict
from odata_service.tracking.tracked import tombstone_of

Entity = Any  # an instance of whatever class is mapped


def refuse_orphans(session: Session, entity: Entity, model: EntityModel, whole: EntityModel) -> None:
    """A row that is really deleted must not be needed by others, neither must those it takes with it; what they contain
    goes with them. What is not in the caller's ``model`` is not named, ``whole`` is all there is."""
    if tombstone_of(type(entity)) is not None:
        return
    for doomed in _with_cascaded(entity):
        contained = {way.attribute for way in _containing(doomed, whole)}
        for relationship in inspect(doomed).mapper.relationships:
            needed = _is_needed(relationship) and relationship.key not in contained
            if needed and _has_related(session, doomed, relationship):
                raise _refusal(type(doomed), relationship.key, model)


def parts_of(entity: Entity, whole: EntityModel) -> list[Entity]:
    """What is contained in an entity and in those that it takes with it."""
    found: list[Entity] = []
    for doomed in _with_cascaded(entity):
        for way in _containing(doomed, whole):
            related = getattr(doomed, way.attribute)
            found += related if way.collection else [] if related is None else [related]
    return found


def _with_cascaded(entity: Entity) -> list[Entity]:
    cascaded = inspect(entity).mapper.cascade_iterator("delete", inspect(entity))
    return [entity, *(each for each, *_ in cascaded)]


def _containing(entity: Entity, whole: EntityModel) -> list[NavigationProperty]:
    entity_type = whole.type_of_class(type(entity))
    return [] if entity_type is None else [way for way in entity_type.navigation.values() if way.contains]


def _refusal(doomed: type, relationship: str, model: EntityModel) -> Conflict:
    entity_type = model.type_of_class(doomed)
    if entity_type is None or relationship not in entity_type.navigation:
        return Conflict("ReferenceMissing", "a related entity does not exist, or still refers to this one")
    message = f"there are still {relationship} that need this {doomed.__name__}"
    return Conflict("ReferenceMissing", message, target=relationship)


def _has_related(session: Session, entity: Entity, relationship: RelationshipProperty[Any]) -> bool:
    others = select(literal(1)).where(with_parent(entity, relationship.class_attribute)).limit(1)
    return session.scalar(others) is not None


def _is_needed(relationship: RelationshipProperty[Any]) -> bool:
    """Whether the far end's rows cannot be without this end's, and are not deleted along with it."""
    if relationship.direction is not RelationshipDirection.ONETOMANY or relationship.cascade.delete:
        return False
    return not relationship.viewonly and not all(getattr(far, "nullable", True) for far in relationship.remote_side)
