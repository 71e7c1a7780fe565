"""A read → the read of what has changed in it since a stamp (Protocol, Requesting Changes)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from odata_service.bind.query import Order, Query, Read
from odata_service.bind.typed import Comparison, Constant, Logical, PropertyRef, Typed, Visible
from odata_service.edm.from_models import tracking_property
from odata_service.edm.model import Property
from odata_service.edm.primitive import DATE_TIME

IS_DELETED = "$deleted"
MATCHES = "$matches"
STAMPED = "$stamped"


def can_be_followed(read: Read) -> bool:
    """Whether changes of what a read gives can be told: a whole set whose rows carry stamps, nothing expanded."""
    query = read.query
    if read.kind not in ("entities", "count") or len(query.source) != 1 or query.single or query.expand or query.source[0].of_all:
        return False
    tracking = query.entity_set.type.tracking
    return tracking is not None and tracking.last_updated is not None


def changes_of(read: Read, since: Constant, until: Constant, *, of_view: bool = False) -> Read:
    """The rows that were stamped after ``since`` and not after ``until``, in the order of their stamps. Columns more
    say what became of each: whether and when it was deleted, and whether it still matches the query; with ``of_view``,
    also whether it is one that the caller still sees."""
    query, last = read.query, read.query.source[-1]
    tracking = query.entity_set.type.tracking
    assert tracking is not None and tracking.last_updated and tracking.is_deleted, "see can_be_followed"
    stamp = PropertyRef((), tracking_property(query.entity_set.type, tracking.last_updated))
    deleted = PropertyRef((), tracking_property(query.entity_set.type, tracking.is_deleted))
    key = tuple(Order(PropertyRef((), part)) for part in query.entity_set.type.key)
    after = Comparison("gt", stamp, _like(since, stamp.property), stamp.type)
    before = Comparison("le", stamp, _like(until, stamp.property), stamp.type)
    changed = replace(
        query,
        source=(replace(last, filters=()),),
        filter=Logical("and", (after, before)),
        order=(Order(stamp), *key),
        computed=(*query.computed, (IS_DELETED, deleted), (STAMPED, stamp), *_matching(query, of_view)),
        top=None,
        skip=None,
        count=False,
    )
    return replace(read, query=changed)


def moment_constant(moment: datetime, slot: int) -> Constant:
    """A stamp as the literal of a request."""
    return Constant(DATE_TIME, moment, slot, DATE_TIME)


def _like(constant: Constant, declared: Property) -> Constant:
    return replace(constant, type=declared.type, like=declared)


def _matching(query: Query, of_view: bool) -> tuple[tuple[str, Typed], ...]:
    """The condition of the query as a column, where it has one."""
    asked = () if query.filter is None else (query.filter,)
    conditions = (*query.source[-1].filters, *asked, *((Visible(),) if of_view else ()))
    if not conditions:
        return ()
    return ((MATCHES, conditions[0] if len(conditions) == 1 else Logical("and", conditions)),)
