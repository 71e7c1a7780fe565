"""What a read means in the model, before any SQL."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import ColumnElement, false

from odata_service.bind.typed import Constant, Typed

if TYPE_CHECKING:
    from odata_service.bind.applied import Applied, Transformation
from odata_service.edm.model import (
    CollectionProperty, ComplexProperty, DynamicColumn, EntitySet, EntityType, NavigationProperty, Property, StreamProperty,
)  # fmt: skip
from odata_service.values import frozen

# A condition that the rows of a set must meet for this caller, given the set's alias in a statement. (Any: an alias of
# a mapped class has whatever attributes the class has.)
RowRule = Callable[[Any], ColumnElement[bool]]


@frozen
class NotDeleted:
    """The row rule that hides tombstones, by the attribute that marks them."""

    attribute: str

    def __call__(self, alias: Any) -> ColumnElement[bool]:
        """(Any: see RowRule.)"""
        column: ColumnElement[bool] = getattr(alias, self.attribute)
        return column.is_(false())


Key = tuple[tuple[Property, Constant], ...]
LEFT = "left"


@frozen
class Step:
    """One step of a resource path: ``People``, ``People(k)``, ``/Addresses``, ``/Addresses(k)``. After a cast ``type`` is
    the derived type; ``filters`` are the conditions of ``/$filter(…)``. What a function returned is a step with ``among``,
    the condition to be one of those entities, in the function's ``order``. ``of_all`` steps begin at ``$all``: they are
    collections, even of a singleton, and no context URL says which set is meant."""

    entity_set: EntitySet
    navigation: NavigationProperty | None = None
    key: Key = ()
    cast: EntityType | None = None
    filters: tuple[Typed, ...] = ()
    among: RowRule | None = None
    permitted: bool = False  # an operation with rights of its own returned it
    order: tuple[Order, ...] = ()
    of_all: bool = False

    @property
    def type(self) -> EntityType:
        return self.cast or self.entity_set.type

    @property
    def single(self) -> bool:
        if self.key or (self.navigation is None and self.entity_set.singleton and not self.of_all):
            return True
        return self.navigation is not None and not self.navigation.collection


@frozen
class Order:
    """One item of ``$orderby``."""

    expression: Typed
    descending: bool = False


@frozen
class Values:
    """``Tags($filter=startswith($this,'a');$orderby=$this;$top=5;$count=true)``: the values of a collection that are wanted,
    in which order. In the conditions and the order they go by ``names``."""

    collection: CollectionProperty
    names: tuple[str, ...] = ()
    filter: Typed | None = None
    order: tuple[Order, ...] = ()
    top: Constant | None = None
    skip: Constant | None = None
    count: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether all values are wanted, as they are."""
        return not (self.filter or self.order or self.top or self.skip)


@frozen
class Dynamic:
    """The dynamic properties that are wanted: those of some names, or without names all."""

    column: DynamicColumn
    names: frozenset[str] | None = None


@frozen
class Expansion:
    """One item of ``$expand`` with the query over its far end; ``only`` is ``ref`` or ``count`` where just the addresses
    or the number of the related entities are wanted. In a delta those that were related, or matched, and may not do so any
    more, are ``left``."""

    navigation: NavigationProperty
    query: Query
    only: str = ""


@frozen
class Tally:
    """How exactly rows are counted: no further than to ``most``, or as many as the database ``estimates``."""

    most: int | None = None
    estimated: bool = False


EXACT = Tally()


@frozen
class Query:
    """Entities: where they come from, which of them, in which order, and how much of each.

    ``order`` ends in the key, so that it is total. ``rules`` are the row rules of every set the query touches, put in
    by ``access``. ``page_size`` is the most rows of one page, or ``None``; then ``most`` are all that will be answered.
    """

    source: tuple[Step, ...]
    filter: Typed | None = None
    order: tuple[Order, ...] = ()
    top: Constant | None = None
    skip: Constant | None = None
    count: bool = False
    tally: Tally = EXACT
    numbered: bool = False  # its rows cannot be told apart, so that a page starts at a number
    select: tuple[Property, ...] = ()
    structures: tuple[ComplexProperty, ...] = ()
    collections: tuple[Values, ...] = ()
    dynamic: Dynamic | None = None
    computed: tuple[tuple[str, Typed], ...] = ()
    chosen: bool = False
    links: tuple[NavigationProperty, ...] = ()
    expand: tuple[Expansion, ...] = ()
    page_size: int | None = None
    most: int | None = None
    rules: Mapping[str, tuple[RowRule, ...]] = field(default_factory=dict)
    together: bool = False  # no page ends between rows that are alike in the first value of the order
    subset: tuple[Transformation, ...] = ()  # of $apply, by which some of the entities are taken
    once_seen: bool = False  # the rows that the caller has seen at some time are among them
    own_rules: tuple[RowRule, ...] | None = None  # those of the entities themselves, where a delta shows tombstones

    @property
    def entity_set(self) -> EntitySet:
        return self.source[-1].entity_set

    @property
    def single(self) -> bool:
        return self.source[-1].single


Kind = Literal["entities", "property", "raw", "structure", "values", "value_count", "dynamic", "dynamic_raw", "stream", "count", "links"]


@frozen
class Read:
    """A GET: the query and what of its result is asked for; ``property`` for the kinds property and raw, and so on. For
    values and their number the query has the one collection, and for a dynamic property its name."""

    query: Query
    kind: Kind = "entities"
    property: Property | None = None
    structure: ComplexProperty | None = None
    stream: StreamProperty | None = None


@frozen
class ReadApplied:
    """A GET with ``$apply``: the entities of ``query``'s path, and the sequences of transformations whose results follow
    one another; ``counted`` for ``/$count``, ``count`` for ``$count=true``."""

    query: Query
    sequences: tuple[Applied, ...]
    counted: bool = False


@frozen
class ReadAll:
    """``GET $all``: a read of every set, one after another, cut by ``top`` and ``skip`` as if they were one; ``counted``
    for ``$all/$count``, ``count`` for ``$count=true``."""

    reads: tuple[Read, ...]
    top: Constant | None = None
    skip: Constant | None = None
    count: bool = False
    counted: bool = False


@frozen
class ReadServiceDocument:
    """``GET /``."""


@frozen
class ReadMetadata:
    """``GET /$metadata``."""
