"""Entities that are part of another one (CSDL, Containment Navigation Property): a line has no place but its order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from odata_service.edm.errors import ModelError
from odata_service.edm.model import Containment, EntitySet, EntityType, NavigationProperty


def contain(types: Mapping[str, EntityType], sets: Mapping[str, EntitySet], parents: Mapping[str, str]) -> None:
    """Put entities into those of which they are a part; ``parents`` has the types of both by name."""
    for child_name, parent_name in parents.items():
        child, parent = types[child_name], types.get(parent_name)
        if parent is None:
            raise ModelError(f"{child_name} cannot be contained in {parent_name!r}, which is not published")
        way, own = replace(_way(child, parent), contains=True), _set_of(child, sets)
        for each in types.values():
            each.navigation = {name: _seen(other, own) for name, other in each.navigation.items()}
        for each in parent.with_derived():
            each.navigation = {**each.navigation, way.name: way}
        for each in child.with_derived():
            each.implied = _implied(child, way)
        own.containment = Containment(_set_of(parent, sets), way, _back(way, child))
    for entity_set in sets.values():
        _refuse_circle(entity_set)


def _seen(way: NavigationProperty, contained: EntitySet) -> NavigationProperty:
    return replace(way, elsewhere=True) if way.target_set == contained.name else way


def _implied(child: EntityType, way: NavigationProperty) -> frozenset[str]:
    """The key without what all in one place have in common, if that leaves enough to tell them apart."""
    implied = frozenset(part.name for part in child.key if part.column in way.far)
    return implied if len(implied) < len(child.key) or not way.collection else frozenset()


def _set_of(entity_type: EntityType, sets: Mapping[str, EntitySet]) -> EntitySet:
    return next(each for each in sets.values() if each.type is entity_type.root)


def _way(child: EntityType, parent: EntityType) -> NavigationProperty:
    """The one way from the parent, by the parent's key."""
    ways = [
        each
        for each in parent.navigation.values()
        if each.target == child.name and not (each.owns_key or each.link_near)
    ]
    if child.base is not None or parent.base is not None:
        raise ModelError(
            f"{child.name} cannot be contained in {parent.name}: both must be at the root of their hierarchy"
        )
    if len(ways) != 1:
        raise ModelError(f"{child.name} is contained in {parent.name} if there is one relationship from there")
    if {*ways[0].near} != {part.column for part in parent.key}:
        raise ModelError(f"{child.name} is contained in {parent.name} if its foreign key is the key of that")
    if any(getattr(column, "nullable", True) for column in ways[0].far):
        raise ModelError(f"{child.name} is contained in {parent.name} if its foreign key is never null")
    return ways[0]


def _back(way: NavigationProperty, child: EntityType) -> NavigationProperty:
    """From an entity to the one that contains it, whether that is published or not."""
    return replace(
        way, name=f"${way.name}", source=child.name, target=way.source, target_set="", collection=False, nullable=False,
        near=way.far, far=way.near, partner=None, owns_key=True, contains=False,
    )  # fmt: skip


def _refuse_circle(entity_set: EntitySet) -> None:
    seen = [entity_set]
    for above in containers(entity_set):
        if above in seen:
            raise ModelError(f"the entities of {entity_set.name} would be contained in themselves")
        seen.append(above)


def with_containers(sets: Mapping[str, EntitySet]) -> dict[str, EntitySet]:
    """Without the sets that are contained in others which are not among them."""
    return {name: each for name, each in sets.items() if all(above.name in sets for above in containers(each))}


def connected(sets: dict[str, EntitySet]) -> dict[str, EntitySet]:
    """Copies of sets, each in the copy of the one that contains it."""
    for each in sets.values():
        if each.containment is not None:
            each.containment = replace(each.containment, parent=sets[each.containment.parent.name])
    return sets


def containers(entity_set: EntitySet) -> Iterator[EntitySet]:
    """The sets around a set, the nearest first."""
    while entity_set.containment is not None:
        entity_set = entity_set.containment.parent
        yield entity_set
