"""The entity model: what exists and under which names. All four protocols bind to it; nothing else is reachable.

Built once at start (see ``from_models``) and never changed afterwards.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from sqlalchemy import ColumnElement, FromClause
from sqlalchemy.orm import Mapper, RelationshipProperty

from odata_service.edm.feed import FeedMapping
from odata_service.edm.names import is_name
from odata_service.edm.operation import Operation, Operations, types_of
from odata_service.edm.primitive import PrimitiveType
from odata_service.errors import NotFound, did_you_mean
from odata_service.tracking import Tracking
from odata_service.values import frozen


@frozen(eq=False)
class EnumType:
    """``TechStore.ProductStatus``: names for numbers. V2 has no enumerations and sees ``underlying``."""

    name: str
    namespace: str
    members: type[enum.IntEnum] | type[enum.IntFlag]
    underlying: PrimitiveType

    @property
    def full_name(self) -> str:
        return f"{self.namespace}.{self.name}"

    @property
    def is_flags(self) -> bool:
        return issubclass(self.members, enum.IntFlag)

    @property
    def numbers(self) -> dict[str, int]:
        """Every name with its number, the zero of a flags type included."""
        return {name: int(member) for name, member in self.members.__members__.items()}


@frozen
class Property:
    """A structural property: ``Name Edm.String(100)``. ``attribute`` is the mapped class's attribute.

    ``server_set`` values are never taken from a client; ``immutable`` ones only when the entity is created. A property
    with an ``enum`` has that enumeration's underlying type as ``type``. ``subclass`` names the derived class that alone
    has it, where it is not the class at the root of the hierarchy.
    """

    name: str
    type: PrimitiveType
    attribute: str
    column: ColumnElement[object]
    nullable: bool = True
    max_length: int | None = None
    precision: int | None = None
    scale: int | None = None
    is_key: bool = False
    server_set: bool = False
    immutable: bool = False
    generated: bool = False  # the database or a default makes a value when the client sends none
    concurrency: bool = False
    searchable: bool = False
    aggregate: str | None = None  # how it is aggregated where a client does not say
    description: str = ""
    enum: EnumType | None = None
    subclass: str = ""
    only_later: bool = False  # a client may change the value, but not give it when the entity is created
    closed_to: frozenset[str] = frozenset()  # what a caller may not do with it: filter, sort, aggregate, search

    @property
    def media_type(self) -> str | None:
        """Of octets, where the column says: ``mapped_column(info={"odata": {"Core.MediaType": "image/svg+xml"}})``."""
        said: str | None = getattr(self.column, "info", {}).get("odata", {}).get("Core.MediaType")
        return said


@frozen(eq=False)
class ComplexType:
    """``TechStore.Address``: a structure without a key. ``python`` makes a value of its members in their order.
    ``properties`` are the members of a structure that no entity has: operations return it."""

    name: str
    namespace: str
    members: tuple[str, ...]
    python: type
    properties: tuple[Property, ...] = ()
    whole: ComplexType | None = None  # the type itself, where this is what one caller may see of it

    @property
    def full_name(self) -> str:
        return f"{self.namespace}.{self.name}"

    @property
    def hidden(self) -> frozenset[str]:
        """The members that the caller may not see."""
        return frozenset(() if self.whole is None else self.whole.members) - {*self.members}


@frozen
class ComplexProperty:
    """``ShippingAddress``: a structure whose members lie in columns of the entity's own row. It is null where all of
    them are."""

    name: str
    type: ComplexType
    attribute: str
    nullable: bool
    members: tuple[Property, ...]
    subclass: str = ""

    @property
    def full_name(self) -> str:
        return self.type.full_name

    def members_of(self, value: object) -> dict[str, object]:
        """The members of a value in Python; of none, nulls."""
        return {member.name: getattr(value, member.name, None) for member in self.members}

    def member(self, name: str) -> Property | None:
        return next((member for member in self.members if member.name == name), None)


@frozen
class CollectionProperty:
    """``Tags Collection(Edm.String)``: values in their order, all of them in one column. ``item`` is what each of them is; it
    has the collection's name. There is always a collection, if only an empty one."""

    name: str
    item: Property | ComplexProperty
    attribute: str
    column: ColumnElement[object]
    server_set: bool = False
    immutable: bool = False
    description: str = ""
    subclass: str = ""

    @property
    def item_type(self) -> str:
        """``Edm.String``, ``TechStore.Address``"""
        if isinstance(self.item, ComplexProperty):
            return self.item.full_name
        return self.item.type.name if self.item.enum is None else self.item.enum.full_name


@frozen
class DynamicColumn:
    """Where entities of an open type keep what they have besides the declared properties."""

    attribute: str
    column: ColumnElement[object]
    subclass: str = ""


@frozen
class StreamProperty:
    """A named stream, ``Products(1)/Photo``, or (without a name) the content of a media entity. Its media type is in
    the attribute ``content_type_attribute``, or always ``content_type``."""

    name: str
    attribute: str
    content_type: str
    content_type_attribute: str | None


@frozen
class NavigationProperty:
    """A way from one entity to others: ``Person.Addresses``, to one (``collection`` false) or to many.

    ``near`` and ``far`` are the columns that meet: on a row of the source and on a row of the target (or, where
    there is a link table, ``near``/``link_near`` and ``link_far``/``far`` around it). ``certain`` ones always lead to an entity
    that the caller may see.
    """

    name: str
    source: str
    target: str
    target_set: str
    collection: bool
    nullable: bool
    attribute: str
    relationship: RelationshipProperty[object] | None
    near: tuple[ColumnElement[object], ...]
    far: tuple[ColumnElement[object], ...]
    link_near: tuple[ColumnElement[object], ...] = ()
    link_far: tuple[ColumnElement[object], ...] = ()
    partner: str | None = None
    owns_key: bool = False  # the foreign key is on the source's row
    certain: bool = False
    contains: bool = False  # what it leads to is part of the source, and nowhere else
    elsewhere: bool = False  # it is part of another entity, in which alone it comes into being
    between: FromClause | None = None  # the link table, where it is not the relationship's own

    @property
    def link_table(self) -> FromClause:
        table = self.between if self.between is not None or self.relationship is None else self.relationship.secondary
        assert table is not None, f"{self.name} has no link table"
        return table


@dataclass(eq=False)
class EntityType:
    """``PeopleModel.Person``: key, properties and navigation properties in declaration order, inherited ones first."""

    name: str
    namespace: str
    mapper: Mapper[object]
    properties: Mapping[str, Property]
    navigation: Mapping[str, NavigationProperty] = field(default_factory=dict)
    complex: Mapping[str, ComplexProperty] = field(default_factory=dict)
    collections: Mapping[str, CollectionProperty] = field(default_factory=dict)
    streams: Mapping[str, StreamProperty] = field(default_factory=dict)
    dynamic: DynamicColumn | None = None
    alternate: tuple[tuple[str, ...], ...] = ()  # attributes that tell an entity from all others, too
    implied: frozenset[str] = frozenset()  # parts of the key that the entity has from the one it is contained in
    media: StreamProperty | None = None
    slug: Property | None = None  # what a media entity is called by the client that sends its octets
    tracking: Tracking | None = None
    feed: Mapping[str, FeedMapping] = field(default_factory=dict)  # by property, or structure/member
    full_text: tuple[str, ...] = ()  # the properties whose words the database itself looks up for $search
    base: EntityType | None = None
    derived: list[EntityType] = field(default_factory=list)
    discriminator: str | None = None  # the name of the property that says which type a row has
    discriminator_value: object = None
    keyless: bool = False  # its entities cannot be told apart, and so have no addresses
    whole: EntityType | None = None  # the type itself, where this is what one caller may see of it
    veil: bytes = b""  # the key with which ETags are made of what he may not see

    @property
    def full_name(self) -> str:
        return f"{self.namespace}.{self.name}"

    @cached_property
    def key(self) -> tuple[Property, ...]:
        return tuple(declared for declared in self.properties.values() if declared.is_key)

    @cached_property
    def local_key(self) -> tuple[Property, ...]:
        """What tells an entity from the others in the same place; all of the key but for contained ones."""
        return tuple(part for part in self.key if part.name not in self.implied)

    @cached_property
    def alternate_keys(self) -> tuple[tuple[Property, ...], ...]:
        """The other keys, as far as one may see them and look for their values."""
        seen = {each.attribute: each for each in self.properties.values() if "filter" not in each.closed_to}
        return tuple(tuple(seen[name] for name in key) for key in self.alternate if seen.keys() >= set(key))

    @cached_property
    def etag(self) -> tuple[Property, ...]:
        """What tells one state of an entity from another, hidden properties included."""
        every = self.complete.properties.values()
        return tuple(self.properties.get(each.name, each) for each in every if each.concurrency)

    @cached_property
    def hides_state(self) -> bool:
        return any(declared.name not in self.properties for declared in self.etag)

    @cached_property
    def member_names(self) -> tuple[str, ...]:
        return (*self.properties, *self.complex, *self.collections, *self.navigation, *self.streams)

    @property
    def complete(self) -> EntityType:
        """The type with all that it has, whoever asks."""
        return self.whole or self

    @property
    def is_abstract(self) -> bool:
        """No row has this type itself: it has a discriminator, but no value of it stands for the type."""
        return self.discriminator is not None and self.discriminator_value is None

    @property
    def root(self) -> EntityType:
        """The type at the top of the hierarchy."""
        return self if self.base is None else self.base.root

    @property
    def depth(self) -> int:
        """How many types there are above it."""
        return 0 if self.base is None else 1 + self.base.depth

    def with_derived(self) -> Iterator[EntityType]:
        """This type and every type below it."""
        yield self
        for each in self.derived:
            yield from each.with_derived()

    def declares(self, name: str) -> bool:
        """Whether it or a type derived from it has such a member."""
        return any(name in each.member_names for each in self.with_derived())

    def has_dynamic(self, name: str) -> bool:
        """Whether its entities may have a property of that name which nobody declares."""
        return self.dynamic is not None and is_name(name) and not self.declares(name)

    def is_a(self, other: EntityType) -> bool:
        return self is other or (self.base is not None and self.base.is_a(other))

    def __repr__(self) -> str:
        return f"EntityType({self.full_name})"


@frozen
class Containment:
    """Each entity is in one of ``parent``, under ``navigation``; ``back`` leads from it to that one."""

    parent: EntitySet
    navigation: NavigationProperty
    back: NavigationProperty


@dataclass(eq=False)
class EntitySet:
    """``People``: a named collection of entities of one type; as a ``singleton`` the one entity there is. The entities of a
    contained one are found through others only."""

    name: str
    type: EntityType
    singleton: bool = False
    containment: Containment | None = None

    @property
    def segment(self) -> str:
        """What stands for it in an address, at the root or after what its entities are contained in."""
        return self.name if self.containment is None else self.containment.navigation.name

    @property
    def needs_key(self) -> bool:
        """Whether an entity is one of many in its place."""
        return not self.singleton and (self.containment is None or self.containment.navigation.collection)

    def __repr__(self) -> str:
        return f"EntitySet({self.name})"


@dataclass(eq=False)
class EntityModel:
    """Everything a service publishes: namespace, container, types and sets by name; singletons are among the sets."""

    namespace: str
    container: str
    sets: Mapping[str, EntitySet]
    types: Mapping[str, EntityType]
    enums: dict[str, EnumType] = field(default_factory=dict)
    complex_types: dict[str, ComplexType] = field(default_factory=dict)
    operations: Operations = field(default_factory=Operations)
    schema_version: str | None = None

    @cached_property
    def is_torn(self) -> bool:
        """Whether a class is published without the one that it derives from."""
        return any(each.base is None and each.mapper.inherits is not None for each in self.types.values())

    @property
    def root_sets(self) -> Mapping[str, EntitySet]:
        """Those that are resources at the root: all but contained ones."""
        return {name: each for name, each in self.sets.items() if each.containment is None}

    def entity_set(self, name: str) -> EntitySet:
        """The set of that name; V2 clients may put the container's name before it (``Container.People``)."""
        return _found(name.removeprefix(f"{self.container}."), self.root_sets)

    def set_named(self, name: str) -> EntitySet:
        """The same for whoever configures the service, contained ones included."""
        return _found(name, self.sets)

    def set_of(self, entity_type: EntityType) -> EntitySet:
        """The set whose entities are of a type, or of one that it derives from."""
        return next(each for each in self.sets.values() if each.type is entity_type.root)

    @cached_property
    def _by_class(self) -> Mapping[type, EntityType]:
        return {each.mapper.class_: each for each in self.types.values()}

    def type_of_class(self, mapped: type) -> EntityType | None:
        """The type of a class's instances: of one that is not published, that of the nearest it derives from."""
        return next((self._by_class[each] for each in mapped.__mro__ if each in self._by_class), None)

    def set_of_class(self, mapped: type) -> EntitySet | None:
        entity_type = self.type_of_class(mapped)
        return None if entity_type is None else self.set_of(entity_type)

    def types_from_the_root(self) -> list[EntityType]:
        """Base types stand before what is derived from them: some clients make their classes as they read."""
        return sorted(self.types.values(), key=lambda each: each.depth)

    def target_set(self, navigation: NavigationProperty) -> EntitySet:
        return self.sets[navigation.target_set]

    def target_cast(self, navigation: NavigationProperty) -> EntityType | None:
        """The type of what it leads to, where that is one derived from the type of the set."""
        target = self.types[navigation.target]
        return None if target is self.target_set(navigation).type else target

    def published(self, operations: Iterable[Operation]) -> tuple[Operation, ...]:
        """Those of which all types are there: none that speaks of a set which is closed."""
        return tuple(each for each in operations if all(self._has(kind.type_name) for kind in types_of(each)))

    def _has(self, type_name: str) -> bool:
        namespace, _, name = type_name.rpartition(".")
        return namespace == "Edm" or name in self.types or name in self.enums or name in self.complex_types

    def type_named(self, full_name: str) -> EntityType | None:
        """The entity type of a qualified name: ``TechStore.SpecialProduct``."""
        namespace, _, name = full_name.rpartition(".")
        return self.types.get(name) if namespace == self.namespace else None


def _found(name: str, sets: Mapping[str, EntitySet]) -> EntitySet:
    if name not in sets:
        raise NotFound("ResourceNotFound", f"there is no {name!r} here{did_you_mean(name, sets)}")
    return sets[name]
