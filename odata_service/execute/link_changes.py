"""Changes of how entities are related: what ``$ref`` and ``$links`` do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NoReturn

from sqlalchemy import inspect

from odata_service.bind.payload import EntityPayload, EntityReference
from odata_service.edm.model import NavigationProperty
from odata_service.errors import BadRequest, NotFound

Entity = Any  # an instance of whatever class is mapped


def relate(entity: Entity, navigation: NavigationProperty, other: Entity) -> None:
    """Connect two entities without loading the collection that one joins."""
    if not navigation.collection:
        setattr(entity, navigation.attribute, other)
    elif navigation.link_near:
        members = getattr(entity, navigation.attribute)
        if other not in members:
            members.append(other)
    elif navigation.partner is not None:
        setattr(other, navigation.partner, entity)
    else:
        getattr(entity, navigation.attribute).append(other)


def unrelate(entity: Entity, navigation: NavigationProperty, others: Sequence[Entity]) -> None:
    """Disconnect entities; 404 for one that is not connected."""
    if not navigation.collection:
        _demand_optional(navigation)
        setattr(entity, navigation.attribute, None)
        return
    members = getattr(entity, navigation.attribute)
    for other in others:
        if other not in members:
            raise NotFound("ResourceNotFound", f"{navigation.name} has no such member")
        _demand_optional(navigation)
        members.remove(other)


def replace_all(
    entity: Entity, navigation: NavigationProperty, others: Sequence[Entity], present: Sequence[Entity]
) -> None:
    """The membership anew, as far as the members that are ``present`` for the caller."""
    if not navigation.collection:
        if others:
            setattr(entity, navigation.attribute, others[0])
        else:
            unrelate(entity, navigation, ())
        return
    members = getattr(entity, navigation.attribute)
    unrelate(entity, navigation, [each for each in present if each not in others])
    for other in others:
        if other not in members:
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
