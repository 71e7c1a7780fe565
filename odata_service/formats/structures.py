"""The structures of a model as its metadata documents declare them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from odata_service.edm.model import ComplexProperty, ComplexType, EntityModel, EntityType, Property


def structures_of(model: EntityModel) -> Mapping[str, tuple[ComplexType, tuple[Property, ...]]]:
    """Each complex type with its members, as wide as the widest property of that type."""
    kinds = dict(model.complex_types)
    uses: dict[str, list[ComplexProperty]] = {}
    for entity_type in model.types.values():
        for declared in structures_in(entity_type):
            kinds[declared.type.name] = declared.type
            uses.setdefault(declared.type.name, []).append(declared)
    return {name: (kinds[name], _widest(uses.get(name, [])) or kinds[name].properties) for name in sorted(kinds)}


def structures_in(entity_type: EntityType) -> list[ComplexProperty]:
    """Those of the entity itself, and those that are the values of its collections."""
    items = (each.item for each in entity_type.collections.values())
    return [*entity_type.complex.values(), *(item for item in items if isinstance(item, ComplexProperty))]


def _widest(uses: list[ComplexProperty]) -> tuple[Property, ...]:
    """In the order of the type's own members; not all of them are seen in all places."""
    names = () if not uses else (uses[0].type.whole or uses[0].type).members
    members = {name: tuple(found for use in uses if (found := use.member(name)) is not None) for name in names}
    return tuple(_wider(found) for found in members.values() if found)


def _wider(members: tuple[Property, ...]) -> Property:
    lengths = [member.max_length for member in members]
    return replace(
        members[0],
        nullable=any(member.nullable for member in members),
        max_length=None if None in lengths else max(filter(None, lengths)),
    )
