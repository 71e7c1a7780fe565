"""Changes of how entities are related: what ``$ref`` and ``$links`` do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

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
    if navigation.collection:
        return not all(getattr(far, "nullable", True) for far in navigation.far)
    return not navigation.nullable


def _demand_optional(navigation: NavigationProperty) -> None:
    """A required relation can be changed, but not taken away."""
    if is_required(navigation):
        raise BadRequest("ValueRequired", f"{navigation.name} cannot be removed, only changed", target=navigation.name)
