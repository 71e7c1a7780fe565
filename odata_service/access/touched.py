"""What a query is about besides the rows that it shows."""

from __future__ import annotations

from collections.abc import Iterator

from odata_service.bind.nodes import nodes_in
from odata_service.bind.query import Query
from odata_service.bind.typed import FromRoot
from odata_service.edm.cross_join import CrossJoin
from odata_service.edm.model import NavigationProperty


def touched(query: Query) -> Iterator[tuple[str, bool]]:
    """Every set a query reads, and whether single entities or many of it: a condition or an order over a navigation
    tells of the rows there as much as showing them does."""
    for step in query.source:
        crossed = step.entity_set.sides if isinstance(step.entity_set, CrossJoin) else ()
        if step.permitted:
            continue
        yield from [(side.target_set, False) for side in crossed] or [
            (step.entity_set.name, step.single or step.entity_set.singleton)
        ]
    conditions = tuple(step.filters for step in query.source)
    yield from touched_by((query.filter, query.order, query.computed, query.subset, query.collections, conditions))
    for expansion in query.expand:
        yield from touched(expansion.query)


def touched_by(node: object) -> Iterator[tuple[str, bool]]:
    """The same of an expression alone."""
    for each in nodes_in(node):
        if isinstance(each, FromRoot):
            yield each.entity_set.name, True
        elif (
            isinstance(each, NavigationProperty) and not each.certain
        ):  # the sides of a cross join are among the sources
            yield each.target_set, not each.collection
