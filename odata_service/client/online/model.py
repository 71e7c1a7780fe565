"""What a service says of itself in ``$metadata``, as its clients see it: types, sets and operations by name."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from odata_service.edm.primitive import PrimitiveType
from odata_service.errors import did_you_mean
from odata_service.values import frozen


class UnknownName(AttributeError, KeyError):
    """A name that ``$metadata`` does not have; the message says which one is near."""

    def __str__(self) -> str:
        return str(self.args[0])


@frozen(eq=False)
class EnumType:
    """``TechStore.ProductStatus``; ``members`` is Python's enumeration of the same names."""

    full_name: str
    members: type[enum.IntEnum] | type[enum.IntFlag]


@dataclass(eq=False)
class StructuredType:
    """An entity type or a complex type. What it inherits comes first."""

    full_name: str
    is_entity: bool
    is_open: bool = False
    has_stream: bool = False
    has_state: bool = False  # its entities have ETags, as V2 says; V4 does not
    base: StructuredType | None = None
    own_key: tuple[str, ...] = ()
    own_properties: dict[str, Property] = field(default_factory=dict)
    own_navigation: dict[str, Navigation] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.full_name.rpartition(".")[2]

    @cached_property
    def lineage(self) -> tuple[StructuredType, ...]:
        """From the root of the hierarchy down to the type itself."""
        return (*(self.base.lineage if self.base else ()), self)

    @cached_property
    def key(self) -> tuple[Property, ...]:
        names = next((each.own_key for each in self.lineage if each.own_key), ())
        return tuple(self.properties[name] for name in names)

    @property
    def wants_state(self) -> bool:
        """Whether a change has to say which state it is about."""
        return any(each.has_state for each in self.lineage)

    @cached_property
    def properties(self) -> Mapping[str, Property]:
        return {name: each for above in self.lineage for name, each in above.own_properties.items()}

    @cached_property
    def navigation(self) -> Mapping[str, Navigation]:
        return {name: each for above in self.lineage for name, each in above.own_navigation.items()}

    def has(self, name: str) -> bool:
        return self.is_open or name in self.properties or name in self.navigation

    def member(self, name: str) -> Property | Navigation:
        found = self.properties.get(name) or self.navigation.get(name)
        if found is None:
            raise self.unknown(name)
        return found

    def unknown(self, name: str) -> UnknownName:
        known = (*self.properties, *self.navigation)
        return UnknownName(f"{self.name} has no property {name!r}{did_you_mean(name, known)}")

    def is_a(self, other: StructuredType) -> bool:
        return other in self.lineage

    def __repr__(self) -> str:
        return f"StructuredType({self.full_name})"


Type = PrimitiveType | EnumType | StructuredType


@frozen
class ValueType:
    """``Edm.String``, ``Collection(TechStore.Product)``"""

    type: Type
    collection: bool = False

    @property
    def item(self) -> ValueType:
        return ValueType(self.type)

    def __str__(self) -> str:
        name = self.type.name if isinstance(self.type, PrimitiveType) else self.type.full_name
        return f"Collection({name})" if self.collection else name


@frozen
class Property:
    name: str
    value: ValueType


@frozen
class Navigation:
    """A way to one other entity or to many. What it ``contains`` is in no set of its own."""

    name: str
    target: StructuredType
    collection: bool
    contains: bool = False


@dataclass(eq=False)
class Resource:
    """An entity set, or the one entity of a singleton. ``bindings`` says in which set a navigation property ends."""

    name: str
    type: StructuredType
    is_singleton: bool = False
    bindings: dict[str, str] = field(default_factory=dict)


@frozen
class Operation:
    """A function or an action. ``parameters`` are those that a caller gives; ``bound`` is what it is called on, and
    ``segment`` what calls it in an address."""

    name: str
    segment: str
    is_action: bool
    parameters: Mapping[str, ValueType]
    returns: ValueType | None
    bound: ValueType | None = None
    result_set: str | None = None
    optional: frozenset[str] = frozenset()

    def takes(self, names: frozenset[str]) -> bool:
        return names <= self.parameters.keys() and self.parameters.keys() - names <= self.optional


@dataclass(eq=False)
class Model:
    """All of a service. ``repeats`` are the requests that it does once, however often they come (Repeatable Requests)."""

    version: str
    types: dict[str, Type] = field(default_factory=dict)
    resources: dict[str, Resource] = field(default_factory=dict)
    operations: list[Operation] = field(default_factory=list)
    repeats: bool = False

    def resource(self, name: str) -> Resource:
        if name not in self.resources:
            raise UnknownName(f"the service has no entity set {name!r}{did_you_mean(name, self.resources)}")
        return self.resources[name]

    def type_named(self, name: str) -> Type:
        """By its full name, or by its own where only one type has it."""
        found = self.types.get(name) or self._by_short_name.get(name)
        if found is None:
            raise UnknownName(f"the service has no type {name!r}{did_you_mean(name, self._by_short_name)}")
        return found

    def structured(self, name: str | None, usual: StructuredType) -> StructuredType:
        """The type that an entity says it has: one that derives from the usual one, or that itself."""
        found = self.types.get(name.removeprefix("#")) if name else None
        return found if isinstance(found, StructuredType) and found.is_a(usual) else usual

    def set_of(self, entity_type: StructuredType) -> Resource | None:
        """The only set whose entities are of a type."""
        found = [each for each in self.resources.values() if entity_type.is_a(each.type) and not each.is_singleton]
        return found[0] if len(found) == 1 else None

    def target_set(self, resource: Resource | None, navigation: Navigation) -> Resource | None:
        """Where the entities are at home that a navigation property leads to."""
        bound = resource.bindings.get(navigation.name) if resource else None
        if bound is not None:
            return self.resources.get(bound)
        return None if navigation.contains else self.set_of(navigation.target)

    def unbound(self) -> Iterator[Operation]:
        return (each for each in self.operations if each.bound is None)

    def bound_to(self, value: ValueType) -> Iterator[Operation]:
        """The operations of an entity type, or of a collection of its entities."""
        for each in self.operations:
            if each.bound is not None and each.bound.collection == value.collection:
                if isinstance(value.type, StructuredType) and isinstance(each.bound.type, StructuredType):
                    if value.type.is_a(each.bound.type):
                        yield each
                elif value.type == each.bound.type:
                    yield each

    @cached_property
    def _by_short_name(self) -> Mapping[str, Type]:
        return {name.rpartition(".")[2]: each for name, each in self.types.items()}
