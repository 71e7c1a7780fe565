"""What a change means in the model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from odata_service.bind.payload import DeltaPayload, EntityPayload, EntityReference, Octets
from odata_service.bind.query import Query
from odata_service.bind.sync import Sync
from odata_service.edm.dynamic import DynamicType
from odata_service.edm.model import (
    CollectionProperty, ComplexProperty, DynamicColumn, EntitySet, NavigationProperty, Property, StreamProperty,
)  # fmt: skip
from odata_service.values import frozen

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@frozen
class Insert:
    """``POST People``; with ``parent`` and ``navigation`` it is ``POST People(k)/Addresses``. Where the client sees no
    tombstones, it ``revives`` a deleted entity of the same key. With ``replays`` an entity that is there just so is
    taken for the one that this insert has made before."""

    entity_set: EntitySet
    payload: EntityPayload
    parent: Query | None = None
    navigation: NavigationProperty | None = None
    revives: bool = False
    replays: bool = False


@frozen
class Update:
    """``replace`` sets what the payload leaves out to its default (PUT); otherwise that stays (MERGE, PATCH)."""

    target: Query
    payload: EntityPayload
    replace: bool
    upsert: Callable[[], EntityPayload] | None = None  # reads what is inserted where there is no such entity
    revives: bool = False


@frozen
class SetProperty:
    """``PUT People(k)/Name``."""

    target: Query
    property: Property
    value: object


@frozen
class Delete:
    """``DELETE People(k)``. With ``for_good`` no tombstone is left."""

    target: Query
    for_good: bool = False


@frozen
class SetStructure:
    """``PATCH Products(k)/ShippingAddress`` and, with ``replace``, PUT; ``None`` makes it null."""

    target: Query
    structure: ComplexProperty
    members: Mapping[str, object] | None
    replace: bool


@frozen
class SetValues:
    """``PUT Products(k)/Tags``, and DELETE, which leaves an empty collection."""

    target: Query
    collection: CollectionProperty
    values: Sequence[object]


@frozen
class AddValue:
    """``POST Products(k)/Tags``: one value more, at the end."""

    target: Query
    collection: CollectionProperty
    value: object


@frozen
class SetDynamic:
    """``PUT Products(k)/Colour`` where no type declares it; ``None`` takes it away."""

    target: Query
    column: DynamicColumn
    name: str
    value: tuple[object, DynamicType] | None


@frozen
class SetStream:
    """``PUT Products(k)/Photo`` or the ``$value`` of a media entity; ``None`` empties it."""

    target: Query
    stream: StreamProperty
    octets: Octets | None


@frozen
class InsertMedia:
    """``POST MediaItems`` with the octets themselves; ``slug`` is what the entity should be called. With ``parent`` and
    ``navigation`` it is ``POST Products(k)/Pictures``."""

    entity_set: EntitySet
    stream: StreamProperty
    octets: Octets
    slug: str | None = None
    parent: Query | None = None
    navigation: NavigationProperty | None = None


@frozen
class Link:
    """``POST …/Nav/$ref`` (add), ``PUT …/Nav/$ref`` (set), ``DELETE`` (remove): relate an entity to others.

    ``references`` are their addresses; to remove, none means the one there is, or for a collection all.
    """

    target: Query
    navigation: NavigationProperty
    action: Literal["add", "set", "remove"]
    references: tuple[EntityReference, ...] = ()
    keyed: Query | None = None  # the member that ``DELETE …/Nav(key)/$ref`` names


@frozen
class Invoke:
    """``POST Products(k)/ApplyDiscount``: ``run`` does it in the session of a transaction. What that gives is called when
    all is written, and says what the action returned."""

    run: Callable[[Session], Callable[[], Any]]  # what an action returns is known above only, in ``invoke``


@frozen
class ApplyDelta:
    """``PATCH Products`` with a delta payload. ``goes_on`` does what is possible where some of it is not."""

    target: Query
    payload: DeltaPayload
    goes_on: bool = False


@frozen
class UpdateEach:
    """``PATCH Products/$filter(Price gt 100)/$each``; ``check`` refuses more entities than one request may change."""

    target: Query
    payload: EntityPayload
    goes_on: bool = False
    check: Callable[[int], None] = lambda count: None


@frozen
class DeleteEach:
    """``DELETE Products/$filter(Price gt 100)/$each``."""

    target: Query
    goes_on: bool = False
    check: Callable[[int], None] = lambda count: None


SetCommand = ApplyDelta | UpdateEach | DeleteEach
OfProperty = SetProperty | SetStructure | SetValues | AddValue | SetDynamic | SetStream
Command = Insert | Update | Delete | OfProperty | InsertMedia | Link | Invoke | SetCommand | Sync
Method = Literal["GET", "POST", "PUT", "MERGE", "PATCH", "DELETE"]
