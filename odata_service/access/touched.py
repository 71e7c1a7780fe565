"""What a query is about besides the rows that it shows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from functools import cache

from odata_service.bind.query import Query
from odata_service.bind.typed import FromRoot
from odata_service.edm.cross_join import CrossJoin
from odata_service.edm.model import CollectionProperty, ComplexProperty, NavigationProperty, Property
from odata_service.edm.primitive import PrimitiveType


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
    for way in _ways_in(node):
        if isinstance(way, FromRoot):
            yield way.entity_set.name, True
        elif not way.certain:  # the sides of a cross join are among the sources
            yield way.target_set, not way.collection


def _ways_in(node: object) -> Iterator[NavigationProperty | FromRoot]:
    """The navigation properties named anywhere in an expression, and what starts at the root."""
    if isinstance(node, NavigationProperty):
        yield node
    elif isinstance(node, FromRoot):
        yield node
        yield from _ways_in(node.value)
    elif isinstance(node, tuple):
        for each in node:
            yield from _ways_in(each)
    else:
        for name in _parts(type(node)):  # type: ignore[arg-type]  # classes can be hashed
            yield from _ways_in(getattr(node, name))


@cache
def _parts(kind: type) -> tuple[str, ...]:
    """The fields of a node that may lead to others."""
    is_leaf = issubclass(kind, (Property, CollectionProperty, ComplexProperty, PrimitiveType))
    return tuple(each.name for each in fields(kind)) if is_dataclass(kind) and not is_leaf else ()
