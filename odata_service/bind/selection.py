"""``$select``: which properties of an entity are shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field, replace
from typing import NoReturn

from odata_service.bind.query import Dynamic
from odata_service.edm.any_entity import AnyEntity
from odata_service.edm.model import (
    CollectionProperty, ComplexProperty, EntityModel, EntityType, NavigationProperty, Property,
)  # fmt: skip
from odata_service.errors import BadRequest, did_you_mean
from odata_service.parse.syntax import Options, Segment, SelectItem
from odata_service.values import frozen, mutable


EVERYTHING = "*"


@frozen
class Selection:
    """What is shown, in the order of declaration; ``chosen`` is false where nothing was said and all of it is. With a
    collection of values come the options that are about them."""

    properties: tuple[Property, ...]
    structures: tuple[ComplexProperty, ...]
    links: tuple[NavigationProperty, ...]
    collections: tuple[tuple[CollectionProperty, Options], ...] = ()
    dynamic: Dynamic | None = None
    computed: tuple[str, ...] = ()
    chosen: bool = False


@mutable
class _Named:
    """The names that the items give, before they are put in order; of structures also single members."""

    properties: set[str] = field(default_factory=set)
    members: dict[str, set[str]] = field(default_factory=dict)
    collections: dict[str, list[Options]] = field(default_factory=dict)
    dynamic: set[str] = field(default_factory=set)
    links: set[str] = field(default_factory=set)
    computed: list[str] = field(default_factory=list)


def selection(
    model: EntityModel, entity_type: EntityType, items: Sequence[SelectItem], computed: Sequence[str] = ()
) -> Selection:
    """All of a type, derived types included, or what the items name."""
    properties, structures = all_properties(entity_type), all_structures(entity_type)
    collections = all_collections(entity_type)
    links = tuple(entity_type.navigation.values())
    if not items:
        whole = tuple((each, Options()) for each in collections.values())
        dynamic = _dynamic(entity_type)
        return Selection(tuple(properties.values()), tuple(structures.values()), links, whole, dynamic, tuple(computed))
    named = _Named()
    for item in items:
        _Chooser(model, entity_type, computed, named, item).choose()
    return Selection(
        tuple(each for name, each in properties.items() if name in named.properties),
        tuple(_part(each, named.members[name]) for name, each in structures.items() if name in named.members),
        tuple(each for each in links if each.name in named.links),
        tuple((each, _together(named.collections[name])) for name, each in collections.items() if name in named.collections),
        _chosen_dynamic(entity_type, named.dynamic),
        tuple(dict.fromkeys(named.computed)),
        chosen=True,
    )


def all_properties(entity_type: EntityType) -> dict[str, Property]:
    """Of the type and of every type derived from it: rows of its set may have them."""
    return {name: each for below in entity_type.with_derived() for name, each in below.properties.items()}


def all_structures(entity_type: EntityType) -> dict[str, ComplexProperty]:
    return {name: each for below in entity_type.with_derived() for name, each in below.complex.items()}


def all_collections(entity_type: EntityType) -> dict[str, CollectionProperty]:
    return {name: each for below in entity_type.with_derived() for name, each in below.collections.items()}


def _dynamic(entity_type: EntityType) -> Dynamic | None:
    column = next((each.dynamic for each in entity_type.with_derived() if each.dynamic is not None), None)
    return None if column is None else Dynamic(column)


def _chosen_dynamic(entity_type: EntityType, names: set[str]) -> Dynamic | None:
    found = _dynamic(entity_type)
    if found is None or not names:
        return None
    return found if EVERYTHING in names else Dynamic(found.column, frozenset(names))


def _part(structure: ComplexProperty, members: set[str]) -> ComplexProperty:
    if not members:
        return structure
    return replace(structure, members=tuple(member for member in structure.members if member.name in members))


def _together(asked: Sequence[Options]) -> Options:
    """What several items say of one collection of values."""
    narrowing = next((each for each in asked if _narrows(each)), None)
    if narrowing is not None or Options() in asked:
        return narrowing or Options()
    return Options(select=tuple(item for each in asked for item in each.select))


def _narrows(options: Options) -> bool:
    return replace(options, select=()) != Options()


def _nested(rest: Sequence[Segment], item: SelectItem) -> list[Sequence[Segment]]:
    """``Address($select=City,Street)`` is ``Address/City`` and ``Address/Street``."""
    return [(*rest, *inner.path) for inner in item.options.select] or [rest]


@frozen
class _Chooser:
    """Looks up one item."""

    model: EntityModel
    entity_type: EntityType
    computed: Sequence[str]
    named: _Named
    item: SelectItem

    def choose(self) -> None:
        path, entity_type = list(self.item.path), self.entity_type
        while path and "." in path[0].name:
            if path[0].name.endswith(".*") or (len(path) == 1 and self.model.type_named(path[0].name) is None):
                return  # operations, which only metadata=full would show
            wanted = self._cast(entity_type, path.pop(0))
            if isinstance(entity_type, AnyEntity) and not entity_type.may_be(wanted):
                return  # it is about entities of another set
            entity_type = wanted
        if not path:
            return
        name = path[0].name
        if name == EVERYTHING:
            self._everything(entity_type)
        elif name in entity_type.complex:
            for rest in _nested(path[1:], self.item):
                self._structure(entity_type.complex[name], rest)
        elif name in all_collections(entity_type):
            self._values(name, path[1:])
        elif len(path) == 1 and name in all_properties(entity_type):
            self.named.properties.add(name)
        elif name in entity_type.navigation:
            self.named.links.add(name)
        elif name in self.computed:
            self.named.computed.append(name)
        elif len(path) == 1 and entity_type.has_dynamic(name):
            self.named.dynamic.add(name)
        elif name not in entity_type.streams:
            self._unknown(entity_type.name, path[0] if name not in entity_type.member_names else path[1], entity_type)

    def _everything(self, entity_type: EntityType) -> None:
        self.named.properties |= set(all_properties(entity_type))
        self.named.computed += self.computed
        self.named.dynamic.add(EVERYTHING)
        for name in all_structures(entity_type):
            self.named.members[name] = set()
        for name in all_collections(entity_type):
            self.named.collections.setdefault(name, []).append(Options())

    def _values(self, name: str, rest: Sequence[Segment]) -> None:
        """``Tags($filter=…)``; ``Addresses/City`` is ``Addresses($select=City)``."""
        members = (SelectItem(tuple(rest), Options(), self.item.at),)
        options = Options(select=members) if rest else self.item.options
        asked = self.named.collections.setdefault(name, [])
        if _narrows(options) and any(_narrows(each) and each != options for each in asked):
            self._refuse(f"{name} is chosen twice, with options each time")
        asked.append(options)

    def _structure(self, structure: ComplexProperty, rest: Sequence[Segment]) -> None:
        whole = structure.name in self.named.members and not self.named.members[structure.name]
        if not rest or rest[0].name == EVERYTHING:
            self.named.members[structure.name] = set()
        elif structure.member(rest[0].name) is None:
            hint = did_you_mean(rest[0].name, structure.type.members)
            self._refuse(f"{structure.type.name} has no property {rest[0].name!r}{hint}")
        elif not whole:
            self.named.members.setdefault(structure.name, set()).add(rest[0].name)

    def _cast(self, entity_type: EntityType, segment: Segment) -> EntityType:
        wanted = self.model.type_named(segment.name)
        if wanted is None or not (wanted.is_a(entity_type) or isinstance(entity_type, AnyEntity)):
            self._refuse(f"{segment.name!r} is no type derived from {entity_type.full_name}")
        return wanted

    def _unknown(self, owner: str, segment: Segment, entity_type: EntityType) -> NoReturn:
        hint = did_you_mean(segment.name, entity_type.member_names)
        self._refuse(f"{owner} has no property {segment.name!r}{hint}")

    def _refuse(self, message: str) -> NoReturn:
        raise BadRequest("UnknownProperty", message, target="$select", at=self.item.at)
