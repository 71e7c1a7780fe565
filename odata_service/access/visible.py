"""The model as one caller may see it: what is closed to him is not in it, so that to every road it is as unknown as
what does not exist."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from odata_service.edm.model import EntityModel, EntitySet


def visible(model: EntityModel, open_sets: Mapping[str, EntitySet]) -> EntityModel:
    """The types of the open sets with all that derive from them, and only the ways between them."""
    if len(open_sets) == len(model.sets):
        return model
    types = {below.name: replace(below) for each in open_sets.values() for below in each.type.with_derived()}
    for entity_type in types.values():
        ways = entity_type.navigation.items()
        entity_type.navigation = {name: way for name, way in ways if way.target_set in open_sets}
        entity_type.base = None if entity_type.base is None else types.get(entity_type.base.name)
        entity_type.derived = [types[below.name] for below in entity_type.derived]
    sets = {name: replace(each, type=types[each.type.name]) for name, each in open_sets.items()}
    return replace(model, sets=sets, types=types)
