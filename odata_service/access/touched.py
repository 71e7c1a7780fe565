"""What a query is about besides the rows that it shows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass

from odata_service.bind.query import Query
from odata_service.edm.cross_join import CrossJoin
from odata_service.edm.model import CollectionProperty, ComplexProperty, NavigationProperty, Property


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
    for navigation in _navigation_in(node):
        if not navigation.certain:  # the sides of a cross join are among the sources
            yield navigation.target_set, not navigation.collection


def _navigation_in(node: object) -> Iterator[NavigationProperty]:
    """The navigation properties named anywhere in an expression."""
    if isinstance(node, NavigationProperty):
        yield node
    elif isinstance(node, tuple):
        for each in node:
            yield from _navigation_in(each)
    elif is_dataclass(node) and not isinstance(node, (Property, CollectionProperty, ComplexProperty)):
        for each in fields(node):
            yield from _navigation_in(getattr(node, each.name))
