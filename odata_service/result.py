"""What came of a request, before any format: levels of driver rows, values, counts."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from datetime import datetime
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING

from odata_service.access import EntitySetRights
from odata_service.behavior import Behaviors
from odata_service.bind.query import Tally
from odata_service.context import Context
from odata_service.edm.model import CollectionProperty, ComplexProperty, EntityModel, EntitySet, EnumType, Property
from odata_service.edm.primitive import PrimitiveType
from odata_service.entry import BoundHook
from odata_service.errors import ODataError
from odata_service.limits import Limits
from odata_service.plan.row import RowShape
from odata_service.signals import Signals
from odata_service.values import frozen

if TYPE_CHECKING:
    from odata_service.edm.operation import ParameterType

Row = tuple[object, ...]


@frozen
class Level:
    """The rows of one entity set at one level of ``$expand``.

    ``children`` stands beside ``shape.expanded``. For a level below the top, ``cut`` has, for every parent whose
    collection went past the page, the skip token with which it goes on; its key is the tuple of the parent's near
    values (the child's far values).
    """

    shape: RowShape
    rows: Sequence[Row]
    children: tuple[Level, ...] = ()
    cut: Mapping[Row, str] = field(default_factory=dict)
    counts: Mapping[Row, int] = field(default_factory=dict)
    hooks: Sequence[BoundHook] = ()  # the application's code that is shown each entity before it is written


@frozen
class Part:
    """Whether there were others before a part of an answer, and whether there will be others after it."""

    begun: bool
    unfinished: bool


@frozen
class EntityCollection:
    """Entities, the count over all pages where it was asked for, and the link to the next page."""

    level: Level
    count: int | None = None
    next_link: str | None = None
    delta_link: str | None = None  # on the last page only
    tracked: bool = False  # the client asked for a delta link, and will get one
    tally: Tally | None = None  # how it was counted
    part: Part | None = None  # of a long answer; ``None`` is all of it


@frozen
class LongCollection:
    """An :class:`EntityCollection` that is read while it is written: its ``first`` part, and how to go on. All parts are of one
    state of the data. Whoever has one goes on to its end or closes it."""

    first: EntityCollection
    rest: Iterator[EntityCollection]
    close: Callable[[], None]

    @property
    def parts(self) -> Iterator[EntityCollection]:
        return chain((self.first,), self.rest)

    def each(self, changed: Callable[[EntityCollection], EntityCollection]) -> LongCollection:
        """The same with every part changed, when its time comes."""
        return replace(self, first=changed(self.first), rest=map(changed, self.rest))


@frozen
class MixedEntities:
    """Entities of many sets, ``$all``: a level for each set."""

    levels: Sequence[Level]
    count: int | None = None
    next_link: str | None = None


@frozen
class EntityDelta:
    """What changed since a delta link was given, in the order of the changes. ``reasons`` stands beside the rows: empty
    for an entity that is there, else why it is not: ``deleted``, or ``changed`` so that it matches no more. ``moments``
    says when, in UTC."""

    level: Level
    reasons: Sequence[str]
    next_link: str | None = None
    delta_link: str | None = None
    moments: Sequence[datetime] = ()


@frozen
class Failure:
    """Why one of many changes was not made; ``operation`` is insert, update or delete."""

    operation: str
    error: ODataError


@frozen
class DeltaItem:
    """What became of one item of a delta that a client sent: ``entity`` is a level of one row, ``reason`` why there is
    none; ``address`` is empty for what could not be inserted."""

    address: str
    entity: Level | None = None
    reason: str = ""
    content_id: str | None = None
    failure: Failure | None = None


@frozen
class DeltaResponse:
    """The answer to a change of many entities, in the order in which they were named."""

    entity_set: EntitySet
    items: Sequence[DeltaItem]


@frozen
class SingleEntity:
    """One entity; ``level.rows`` has one row. ``etag`` is the header's text, or ``None``."""

    level: Level
    etag: str | None = None


@frozen
class PropertyValue:
    """A property of one entity (``People(1)/Name``), its value in Python; ``raw`` for ``…/$value``."""

    property: Property
    value: object
    raw: bool = False
    etag: str | None = None


@frozen
class ComplexValue:
    """``Products(1)/ShippingAddress``: members by name in Python, or ``None`` for a structure that is null."""

    property: ComplexProperty
    members: Mapping[str, object] | None
    etag: str | None = None


@frozen
class CollectionValue:
    """``Products(1)/Tags``: values in Python, and how many there are in all where that was asked for."""

    property: CollectionProperty
    values: Sequence[object]
    count: int | None = None
    etag: str | None = None


@frozen
class StreamContent:
    """The octets of a media entity or named stream, those that were asked for, with their media type and ETag; ``None``
    where it is empty. ``length`` is that of the whole, where this may be a part."""

    content: bytes | None
    content_type: str
    etag: str | None = None
    length: int | None = None


@frozen
class OperationResult:
    """What a function or action returned that is no entity: a primitive, enumeration or structure, or a collection of
    them; ``type_name`` is its qualified type name as in V4's ``$metadata``, ``name`` the operation's, ``shape`` the type
    with the members of a structure."""

    value: object
    type_name: str
    collection: bool = False
    name: str = ""
    shape: ParameterType | None = None


@frozen
class Nothing:
    """An operation that returns an entity found none."""


@frozen
class DynamicType:
    """The type of a value that ``$apply`` made, or that the model has ``declared``."""

    kind: PrimitiveType
    enum: EnumType | None = None
    declared: bool = False


@frozen
class DynamicRows:
    """Rows without a declared type, as ``$apply`` makes them: names to values in Python, structures nested. ``context``
    is what the context URL says of them after ``#``: ``Sales(Customer(Country),Total)``; ``types`` what is known of the
    values by their path."""

    rows: Sequence[Mapping[str, object]]
    context: str
    count: int | None = None
    next_link: str | None = None
    types: Mapping[tuple[str, ...], DynamicType] = field(default_factory=dict)


@frozen
class EntityLinks:
    """``…/$links/Nav``: the addresses of entities; ``collection`` false for a single one."""

    level: Level
    collection: bool
    count: int | None = None
    next_link: str | None = None

    @property
    def leads_nowhere(self) -> bool:
        """A single navigation without an entity at its end."""
        return not self.collection and not self.level.rows


@frozen
class EntityCount:
    """``…/$count``."""

    count: int
    tally: Tally | None = None  # how it was counted


@frozen
class NoContent:
    """204, with the ETag and the entity's address where there is one."""

    etag: str | None = None
    entity_id: str | None = None


@frozen
class NotModified:
    """304: the client has this state already."""

    etag: str


@frozen
class Created:
    """201 with the new entity; ``location`` is its address."""

    entity: SingleEntity
    location: str

    @property
    def row_shape(self) -> RowShape | None:
        """Of an entity of which nothing but its own row is shown, and to nobody but the client."""
        level = self.entity.level
        return None if level.children or level.hooks else level.shape


def together(results: Sequence[Created]) -> Level:
    """The rows of entities that have one :attr:`Created.row_shape`."""
    return Level(results[0].entity.level.shape, [row for each in results for row in each.entity.level.rows])


@frozen
class CurrentState:
    """A request that another change has forestalled, with the entity as that has left it."""

    entity: SingleEntity
    error: ODataError


@frozen
class ServiceDocument:
    """The root: the sets this caller may see."""

    model: EntityModel


@frozen
class Metadata:
    """``$metadata``, with what the caller may do and how much of it, for formats that say so."""

    model: EntityModel
    rights: Callable[[EntitySet], EntitySetRights]
    limits: Limits
    behaviors: Behaviors
    written: dict[Hashable, bytes] = field(default_factory=dict)  # by form, as long as the caller's rights stay what they are

    def document(self, form: Hashable, write: Callable[[], bytes]) -> bytes:
        """Written once: of a large model that takes as long as thousands of its rows."""
        if form not in self.written:
            self.written[form] = write()
        return self.written[form]


Result = (
    EntityCollection | LongCollection | MixedEntities | EntityDelta | DeltaResponse | SingleEntity | PropertyValue | ComplexValue
    | CollectionValue | StreamContent | OperationResult | DynamicRows
    | EntityLinks | EntityCount | Nothing | NoContent | NotModified | Created | CurrentState | ServiceDocument | Metadata
)  # fmt: skip


def hooked(result: Result, signals: Signals, context: Context) -> Result:
    """The same, of which each entity is shown to the hooks of its set before it is written."""
    return _shown_to(result, partial(signals.entry_hooks_of, context)) if signals.entry_hooks else result


def _shown_to(result: Result, hooks_of: Callable[[str], Sequence[BoundHook]]) -> Result:
    def hooked(level: Level) -> Level:
        hooks = () if level.shape.sides else hooks_of(level.shape.entity_set.name)
        return replace(level, hooks=hooks, children=tuple(map(hooked, level.children)))

    match result:
        case EntityCollection() | EntityDelta() | SingleEntity():
            return replace(result, level=hooked(result.level))
        case LongCollection():
            return result.each(lambda part: replace(part, level=hooked(part.level)))
        case Created(entity):
            return replace(result, entity=replace(entity, level=hooked(entity.level)))
        case MixedEntities(levels):
            return replace(result, levels=[hooked(level) for level in levels])
        case DeltaResponse(items=items):
            shown = [each if each.entity is None else replace(each, entity=hooked(each.entity)) for each in items]
            return replace(result, items=shown)
    return result
