"""A read → the read of what has changed in it since a stamp (Protocol, Requesting Changes)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from odata_service.bind.nodes import nodes_in
from odata_service.bind.query import Expansion, Order, Query, Read, RowRule
from odata_service.bind.typed import FromRoot, Function, Logical, Meets, Not, PropertyRef, Typed, Visible
from odata_service.edm.from_models import tracking_property
from odata_service.edm.model import NavigationProperty
from odata_service.tracking import parent_link, stamp_column
from odata_service.values import frozen

IS_DELETED = "$deleted"
MATCHES = "$matches"
STAMPED = "$stamped"


@frozen
class Changed:
    """In which rows something has changed: in ``themselves``, or around them. With ``of_view`` they are also rows that the
    caller does not see any more."""

    themselves: RowRule
    around: RowRule
    of_view: bool = False


def can_be_followed(read: Read) -> bool:
    """Whether changes of what a read gives can be told: a whole set whose rows carry stamps, and what is around them."""
    query = read.query
    if read.kind not in ("entities", "count") or len(query.source) != 1 or query.single or query.source[0].of_all:
        return False
    has_stamps = stamp_column(query.entity_set.type.mapper) is not None
    return has_stamps and is_of_rows(query) and all(map(_is_followed, query.expand))


def is_of_rows(query: Query) -> bool:
    """Whether a row alone decides if it is in the result, and what is calculated of it. Who asks for ``Author/Name eq 'Ada'``
    or ``Due lt now()`` has other rows without any of them being changed."""
    asked = (query.filter, query.source[-1].filters, tuple(value for _, value in query.computed))
    return all(map(_is_of_row, nodes_in(asked)))


def _is_of_row(node: object) -> bool:
    if isinstance(node, NavigationProperty):
        return _is_touched_from(node)
    return not isinstance(node, FromRoot) and not (isinstance(node, Function) and node.signature.name == "now")


def _is_touched_from(way: NavigationProperty) -> bool:
    """Whether a change of the entities to which it leads counts as one of those from which it does."""
    link = None if way.relationship is None else parent_link(way.relationship.mapper)
    return link is not None and way.relationship is not None and link.back_to(way.relationship)


def is_trackable(way: NavigationProperty) -> bool:
    """Whether changes of related entities have their place among those of the entities around which they are. Triggers do not
    keep what was related before."""
    if way.relationship is None:
        return False
    near, far = stamp_column(way.relationship.parent), stamp_column(way.relationship.mapper)
    return near is not None and far is not None and near.group == far.group and not (near.by_database or far.by_database)


def _is_followed(expansion: Expansion) -> bool:
    """All of what is related, as it is: not the first few, nor how many."""
    query = expansion.query
    if expansion.only == "count" or query.top is not None or query.skip is not None:
        return False
    return is_trackable(expansion.navigation) and is_of_rows(query) and all(map(_is_followed, query.expand))


def followed_sets(query: Query) -> Iterator[Query]:
    """The query itself, and those of what it expands."""
    yield query
    for each in query.expand:
        yield from followed_sets(each.query)


def changes_of(read: Read, changed: Changed) -> Read:
    """The rows in which something has changed, in the order of their stamps. Columns more say what became of each: whether
    and when it was deleted, and whether it still matches the query. What has changed around a row only is of interest
    where it does."""
    query, last = read.query, read.query.source[-1]
    tracking = query.entity_set.type.tracking
    assert tracking is not None and tracking.last_updated and tracking.is_deleted, "see can_be_followed"
    stamp = PropertyRef((), tracking_property(query.entity_set.type, tracking.last_updated))
    deleted = PropertyRef((), tracking_property(query.entity_set.type, tracking.is_deleted))
    key = tuple(Order(PropertyRef((), part)) for part in query.entity_set.type.key)
    matching = _matching(query, changed.of_view)
    condition: Typed = Meets(changed.themselves)
    if query.expand:
        condition = Logical("or", (condition, Logical("and", (Meets(changed.around), Not(deleted), *matching))))
    matches = ((MATCHES, _all(matching)),) if matching else ()
    changes = replace(
        query,
        source=(replace(last, filters=()),),
        filter=condition,
        order=(Order(stamp), *key),
        computed=(*query.computed, (IS_DELETED, deleted), (STAMPED, stamp), *matches),
        top=None,
        skip=None,
        count=False,
    )
    return replace(read, query=changes)


def leavers_of(query: Query) -> Query:
    """The rows of an expanded query without what it asks of them, by their keys and with a column that says which are
    deleted."""
    tracking, last = query.entity_set.type.tracking, query.source[-1]
    assert tracking is not None and tracking.is_deleted, "see can_be_followed"
    deleted = PropertyRef((), tracking_property(query.entity_set.type, tracking.is_deleted))
    key = tuple(Order(PropertyRef((), part)) for part in query.entity_set.type.key)
    source = (*query.source[:-1], replace(last, filters=()))
    return Query(source, order=key, computed=((IS_DELETED, deleted),), rules=query.rules)


def _matching(query: Query, of_view: bool) -> tuple[Typed, ...]:
    """The conditions of the query."""
    asked = () if query.filter is None else (query.filter,)
    return (*query.source[-1].filters, *asked, *((Visible(),) if of_view else ()))


def _all(conditions: tuple[Typed, ...]) -> Typed:
    return conditions[0] if len(conditions) == 1 else Logical("and", conditions)
