"""The shape of the rows of one level: which column stands where, and what of it is shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from typing import Any

from odata_service.dialects.base import Decoder
from odata_service.edm.dynamic import DynamicType, DynamicValues
from odata_service.edm.model import (
    CollectionProperty, ComplexProperty, EntitySet, EntityType, NavigationProperty, Property,
)  # fmt: skip
from odata_service.edm.primitive import PrimitiveType
from odata_service.values import frozen


@frozen
class RowShape:
    """``row[i]`` is the value of ``columns[i]`` as the driver gave it; further, nameless columns may follow.

    ``decoders[i]`` makes the Python value of ``columns[i].type`` out of the driver's, or is ``None`` where the driver
    gives it already; both are for values that are not null. The key is always among the columns, and so are the members
    of ``structures``. ``selected`` are the properties to write, ``structures`` the complex ones, ``links`` the
    navigation properties to write as links, ``expanded`` those with content, ``computed`` what ``$compute`` added.
    ``sides`` are the sets of a cross join; ``scattered`` rows are in no one place, so that each has to say its own.
    ``chosen`` says that the client named what it wants (``$select``), so that all of a type may not be meant.
    """

    entity_set: EntitySet
    columns: tuple[Property, ...]
    decoders: tuple[Decoder | None, ...]
    selected: tuple[Property, ...]
    links: tuple[NavigationProperty, ...] = ()
    expanded: tuple[ExpandedNavigation, ...] = ()
    structures: tuple[ComplexProperty, ...] = ()
    computed: tuple[ComputedColumn, ...] = ()
    chosen: bool = False
    type: EntityType | None = None  # after a cast, the type that the path ends in
    discriminator: int | None = None  # where a row says which type of its hierarchy it has
    types: Mapping[object, EntityType] = field(default_factory=dict)  # by the value at ``discriminator``
    sides: tuple[Side, ...] = ()
    scattered: bool = False
    collections: tuple[SelectedValues, ...] = ()
    dynamic: SelectedDynamic | None = None
    around: tuple[Around, ...] = ()  # the entities that contain these, from the root on
    # Its writers. (Any: they are the formats'.)
    made: dict[object, Any] = field(default_factory=dict, init=False, compare=False, repr=False)

    @property
    def declared_type(self) -> EntityType:
        """The type that a client may expect of every row without being told."""
        return self.type or self.entity_set.type

    def position(self, declared: Property) -> int:
        return self.columns.index(declared)

    def value(self, row: tuple[object, ...], declared: Property) -> object:
        """The Python value of a property in a row."""
        position = self.position(declared)
        raw, decode = row[position], self.decoders[position]
        return raw if raw is None or decode is None else decode(raw)


@frozen
class ComputedColumn:
    """What ``$compute=Price mul 2 as Double`` adds to a row."""

    name: str
    type: PrimitiveType
    position: int
    decode: Decoder | None


@frozen
class StreamColumns:
    """Where a row has a part of a stream's content, the length of the whole and, where a column says it, the media type."""

    content: int
    length: int
    media_type: int | None = None


@frozen
class Side:
    """One set of a cross join: a row has the key of its entity, all of ``shape``, at the positions ``near``."""

    navigation: NavigationProperty
    shape: RowShape
    near: tuple[int, ...]


@frozen
class Around:
    """An entity in which others are contained: ``Orders(5)`` in the address of a line. ``key`` says where a row has it."""

    segment: str
    key: tuple[tuple[Property, int, Decoder | None], ...]


@frozen
class SelectedDynamic:
    """Where a row has its dynamic properties, and the ``names`` of those that are wanted, if not all are. Those with a
    ``declared`` name were put there by somebody who does not see the property of that name."""

    position: int
    decode: Decoder | None
    names: frozenset[str] | None
    declared: frozenset[str] = frozenset()

    def of_row(self, row: tuple[object, ...]) -> Iterator[tuple[str, object, DynamicType]]:
        """Each wanted one that the row has, by name: name, value, type. Databases keep no order of them."""
        raw = row[self.position]
        values = raw if raw is None or self.decode is None else self.decode(raw)
        if isinstance(values, DynamicValues):
            names = values.keys() if self.names is None else self.names & values.keys()
            yield from ((name, values[name], values.type_of(name)) for name in sorted(names - self.declared))


@frozen
class SelectedValues:
    """A collection of values in a row. ``places`` is where the row says which of them are wanted, if not all are, and
    ``count`` where it says how many there are but for ``$top`` and ``$skip``."""

    collection: CollectionProperty
    position: int
    decode: Decoder | None
    places: int | None = None
    read_places: Decoder | None = None
    count: int | None = None

    def values(self, raw: object, places: object = None) -> Sequence[object]:
        """The wanted values in Python, of what the driver gave for both."""
        decoded = raw if raw is None or self.decode is None else self.decode(raw)
        values: Sequence[object] = decoded if isinstance(decoded, list) else []
        if self.places is None:
            return values
        wanted = places if places is None or self.read_places is None else self.read_places(places)
        return [values[place] for place in wanted] if isinstance(wanted, list) else []

    def of_row(self, row: tuple[object, ...]) -> Sequence[object]:
        return self.values(row[self.position], None if self.places is None else row[self.places])


@frozen
class ExpandedNavigation:
    """A navigation property and the rows at its other end: a child belongs to the parent for which the values at
    ``far`` (positions in the child's row) equal those at ``near`` (positions in the parent's).

    ``only`` is ``ref`` for ``$expand=Nav/$ref`` and ``count`` for ``Nav/$count``; ``counted`` says that ``$count=true``
    was asked for inside.
    """

    navigation: NavigationProperty
    shape: RowShape
    near: tuple[int, ...]
    far: tuple[int, ...]
    only: str = ""
    counted: bool = False
