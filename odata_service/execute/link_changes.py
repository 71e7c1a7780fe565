"""Changes of how entities are related: what ``$ref`` and ``$links`` do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NoReturn

from sqlalchemy import inspect

from odata_service.bind.payload import EntityPayload, EntityReference
from odata_service.edm.model import EntityType, NavigationProperty
from odata_service.errors import BadRequest, NotFound

Entity = Any  # an instance of whatever class is mapped


def relate(entity: Entity, navigation: NavigationProperty, other: Entity) -> None:
    """Connect two entities without loading the collection that one joins."""
    itself = other is entity or (navigation.owns_key and leads_to_itself(entity, navigation))
    if itself and _pairs(entity, navigation):
        _refer(entity, navigation, other)
    elif not navigation.collection:
        setattr(entity, navigation.attribute, other)
    elif navigation.link_near:
        members = getattr(entity, navigation.attribute)
        if other not in members:
            members.append(other)
    elif navigation.partner is not None:
        setattr(other, navigation.partner, entity)
    else:
        getattr(entity, navigation.attribute).append(other)


def let_go(entity: Entity, navigation: NavigationProperty) -> None:
    """Let a single navigation lead nowhere."""
    if leads_to_itself(entity, navigation):
        _refer(entity, navigation, None)
    else:
        setattr(entity, navigation.attribute, None)


def free_of_itself(entity: Entity, entity_type: EntityType) -> bool:
    """Take an entity away from itself, wherever that can be; whether there is something to write now."""
    ways = [way for way in entity_type.navigation.values() if leads_to_itself(entity, way) and not is_required(way)]
    for way in ways:
        _refer(entity, way, None)
    return bool(ways)


def leads_to_itself(entity: Entity, navigation: NavigationProperty) -> bool:
    """Whether an entity is related to itself by its foreign key."""
    pairs = _pairs(entity, navigation)
    return bool(pairs) and all(getattr(entity, own) == getattr(entity, referred) for own, referred in pairs)


def _refer(entity: Entity, navigation: NavigationProperty, other: Entity | None) -> None:
    """By the foreign key: where a relationship leads, or led, to the row itself, SQLAlchemy would have to write that row
    before itself."""
    for own, referred in _pairs(entity, navigation):
        if own != referred:  # what is part of both keys stays
            setattr(entity, own, None if other is None else getattr(other, referred))
    state = inspect(entity)
    if state.session is not None and state.persistent:
        state.session.expire(entity, [name for name in (navigation.attribute, navigation.partner) if name])


def _pairs(entity: Entity, navigation: NavigationProperty) -> list[tuple[str, str]]:
    """The attributes of a foreign key of an entity and what they refer to, where both are of its own class; else none."""
    mapper, way = inspect(entity).mapper, navigation.relationship
    if way is None or navigation.link_near or not mapper.isa(way.mapper):
        return []
    foreign, referred = (navigation.near, navigation.far) if navigation.owns_key else (navigation.far, navigation.near)
    keys = [[mapper.get_property_by_column(column).key for column in columns] for columns in (foreign, referred)]
    return list(zip(*keys, strict=True))


def unrelate(entity: Entity, navigation: NavigationProperty, others: Sequence[Entity]) -> None:
    """Disconnect entities; 404 for one that is not connected."""
    if not navigation.collection:
        _demand_optional(navigation)
        let_go(entity, navigation)
        return
    members = getattr(entity, navigation.attribute)
    for other in others:
        if other not in members:
            raise NotFound("ResourceNotFound", f"{navigation.name} has no such member")
        _demand_optional(navigation)
        if other is entity and _pairs(entity, navigation):
            _refer(entity, navigation, None)
        else:
            members.remove(other)


def replace_all(
    entity: Entity, navigation: NavigationProperty, others: Sequence[Entity], present: Sequence[Entity]
) -> None:
    """The membership anew, as far as the members that are ``present`` for the caller."""
    if not navigation.collection:
        if others:
            relate(entity, navigation, others[0])
        else:
            unrelate(entity, navigation, ())
        return
    members = getattr(entity, navigation.attribute)
    unrelate(entity, navigation, [each for each in present if each not in others])
    for other in others:
        if other is entity:
            relate(entity, navigation, other)
        elif other not in members:
            members.append(other)


def is_required(navigation: NavigationProperty) -> bool:
    """Whether what is related cannot be without this relation, or this entity not without what it leads to."""
    if navigation.link_near:
        return False
    if navigation.owns_key:
        return not navigation.nullable
    return not all(getattr(far, "nullable", True) for far in navigation.far)


def given_by(entity: Entity, navigation: NavigationProperty) -> dict[object, object]:
    """The values that what is related has because it is: its foreign key, which may be part of its key."""
    if navigation.link_near or navigation.owns_key:
        return {}
    mapper = inspect(entity).mapper
    names = (mapper.get_property_by_column(near).key for near in navigation.near)
    return {far: getattr(entity, name) for far, name in zip(navigation.far, names, strict=True)}


def refuse_to_move(navigation: NavigationProperty) -> NoReturn:
    message = f"what {navigation.name} contains is part of one entity and cannot be put into another"
    raise BadRequest("BadReference", message, target=navigation.name)


def demand_own_place(navigation: NavigationProperty, item: EntityPayload | EntityReference) -> None:
    """What is contained in an entity comes into being there, and stays there."""
    if navigation.contains and isinstance(item, EntityReference):
        refuse_to_move(navigation)
    if navigation.elsewhere and isinstance(item, EntityPayload):
        message = f"{navigation.target} is part of another entity and can only be made there"
        raise BadRequest("BadBody", message, target=navigation.name)


def _demand_optional(navigation: NavigationProperty) -> None:
    """A required relation can be changed, but not taken away."""
    if is_required(navigation):
        raise BadRequest("ValueRequired", f"{navigation.name} cannot be removed, only changed", target=navigation.name)
