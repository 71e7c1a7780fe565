"""The model as one caller may see it: what is closed to him is not in it, so that to every road it is as unknown as
what does not exist."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from typing import TypeVar

from odata_service.access.columns import Columns
from odata_service.edm.containment import connected, with_containers
from odata_service.edm.model import (
    ComplexProperty, EntityModel, EntitySet, EntityType, NavigationProperty, Property,
)  # fmt: skip
from odata_service.edm.operation import Operation, Operations, types_of
from odata_service.values import frozen

Member = TypeVar("Member")


def visible(
    model: EntityModel,
    open_sets: Mapping[str, EntitySet],
    columns: Callable[[str], Columns],
    closed_operations: Collection[str],
    veil: bytes,
) -> EntityModel:
    """The types of the open sets with all that derive from them, and only the ways between them; what is contained in
    others is not there without them. ``veil`` is the key with which ETags are made of what is hidden."""
    open_sets = with_containers(open_sets)
    everything = len(open_sets) == len(model.sets) and not closed_operations
    if everything and not any(columns(name).granted for name in open_sets):
        return model
    types: dict[str, EntityType] = {}
    for name, each in open_sets.items():
        types |= {below.name: _type(below, columns(name), veil) for below in each.type.with_derived()}
    for entity_type in types.values():
        whole = entity_type.whole or entity_type
        ways = _Ways(types, open_sets, columns)
        entity_type.navigation = {name: way for name, way in whole.navigation.items() if ways.is_open(whole, way)}
        entity_type.base = None if whole.base is None else types.get(whole.base.name)
        entity_type.derived = [types[below.name] for below in whole.derived]
    sets = connected({name: replace(each, type=types[each.type.name]) for name, each in open_sets.items()})
    return _with_kinds(model, replace(model, sets=sets, types=types), closed_operations)


def _type(whole: EntityType, columns: Columns, veil: bytes) -> EntityType:
    always = frozenset((*(part.name for part in whole.key), whole.root.discriminator or ""))
    properties = {each.name: each for each in columns.properties(whole.properties, always)}
    return replace(
        whole,
        properties=properties,
        complex=dict(_structures(whole, columns)),
        collections=_shown(whole.collections, columns),
        streams=_shown(whole.streams, columns),
        slug=None if whole.slug is None else properties.get(whole.slug.name),
        whole=whole,
        veil=veil,
    )


def _structures(whole: EntityType, columns: Columns) -> Iterator[tuple[str, ComplexProperty]]:
    """Each with the members that are shown, if there is any."""
    for name, structure in _shown(whole.complex, columns).items():
        members = tuple(each for each in structure.members if columns.shows_member(structure, each))
        if len(members) == len(structure.members):
            yield name, structure
        elif members:
            kind = replace(structure.type, members=tuple(each.name for each in members), whole=structure.type)
            yield name, replace(structure, members=members, type=kind)


def _shown(members: Mapping[str, Member], columns: Columns) -> dict[str, Member]:
    return {name: member for name, member in members.items() if columns.shows(name)}


@frozen
class _Ways:
    """Which navigation properties are left: none to what is closed, none over a foreign key that is hidden."""

    types: Mapping[str, EntityType]
    open_sets: Mapping[str, EntitySet]
    columns: Callable[[str], Columns]

    def is_open(self, source: EntityType, way: NavigationProperty) -> bool:
        if way.target_set not in self.open_sets or not self._columns_of(source).shows(way.name):
            return False
        return not any(column in self._hidden(way) for column in (*way.near, *way.far))

    def _columns_of(self, entity_type: EntityType) -> Columns:
        return self.columns(next(name for name, each in self.open_sets.items() if each.type is entity_type.root))

    def _hidden(self, way: NavigationProperty) -> list[object]:
        ends = (self.types[way.source], self.types[way.target])
        return [each.column for end in ends for each in _hidden_properties(end)]


def _hidden_properties(entity_type: EntityType) -> Iterator[Property]:
    assert entity_type.whole is not None, "a type of a trimmed model knows the whole one"
    return (each for each in entity_type.whole.properties.values() if each.name not in entity_type.properties)


def _with_kinds(whole: EntityModel, model: EntityModel, closed_operations: Collection[str]) -> EntityModel:
    """Without operations that are closed or need what is hidden, and without enumerations and structures that only that
    needs."""
    hidden_types = whole.types.keys() - model.types.keys()
    operations = [
        each for each in whole.operations if each.name not in closed_operations and not hidden_types & _names(each)
    ]
    before, after = _kinds(whole, whole.operations), _kinds(model, operations)
    hidden = before - after
    return replace(
        model,
        operations=Operations(operations),
        enums={name: kind for name, kind in whole.enums.items() if name not in hidden},
        complex_types={name: kind for name, kind in whole.complex_types.items() if name not in hidden},
    )


def _kinds(model: EntityModel, operations: Operations | list[Operation]) -> frozenset[str]:
    """The names of the enumerations and structures that types and operations speak of."""
    names = {name for each in operations for name in _names(each)}
    for entity_type in model.types.values():
        names |= {name for each in entity_type.properties.values() for name in _kinds_of(each)}
        names |= {name for each in entity_type.complex.values() for name in _kinds_of(each)}
        names |= {name for each in entity_type.collections.values() for name in _kinds_of(each.item)}
    return frozenset(names)


def _names(operation: Operation) -> frozenset[str]:
    """Of all types that go in or come out, without their namespace."""
    return frozenset(kind.type_name.rpartition(".")[2] for kind in types_of(operation))


def _kinds_of(declared: Property | ComplexProperty) -> Iterator[str]:
    if isinstance(declared, Property):
        yield from () if declared.enum is None else (declared.enum.name,)
        return
    yield declared.type.name
    for member in declared.members:
        yield from _kinds_of(member)
