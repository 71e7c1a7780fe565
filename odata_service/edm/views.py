"""Parts of a model as models of their own: what one caller may see, what one protocol has words for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from weakref import WeakKeyDictionary

from odata_service.edm.model import EntityModel, EntitySet, EntityType

Change = Callable[[EntityType], EntityType]


def view(model: EntityModel, sets: Mapping[str, EntitySet], change: Change = replace) -> EntityModel:
    """The types of some sets with all that derive from them, each as ``change`` makes it, and only the ways between them."""
    types = {below.name: change(below) for each in sets.values() for below in each.type.with_derived()}
    for entity_type in types.values():
        ways = entity_type.navigation.items()
        entity_type.navigation = {name: way for name, way in ways if way.target_set in sets}
        entity_type.base = None if entity_type.base is None else types.get(entity_type.base.name)
        entity_type.derived = [types[below.name] for below in entity_type.derived]
    seen = {name: replace(each, type=types[each.type.name]) for name, each in sets.items()}
    return replace(model, sets=seen, types=types)


def plain(model: EntityModel) -> EntityModel:
    """The model for a protocol that knows only values that stand alone, and entities in sets."""
    if not any(each.containment or each.singleton for each in model.sets.values()) and not any(
        each.collections or each.dynamic or each.alternate for each in model.types.values()
    ):
        return model
    if model not in _PLAIN:
        sets = {name: replace(each, containment=None, singleton=False) for name, each in model.sets.items()}
        _PLAIN[model] = view(model, sets, _plain_type)
    return _PLAIN[model]


_PLAIN: WeakKeyDictionary[EntityModel, EntityModel] = WeakKeyDictionary()


def _plain_type(entity_type: EntityType) -> EntityType:
    ways = {name: replace(way, contains=False, elsewhere=False) for name, way in entity_type.navigation.items()}
    return replace(entity_type, navigation=ways, collections={}, dynamic=None, alternate=(), implied=frozenset())
