"""Which of the features that can be switched off a query makes use of, and of which set."""

from __future__ import annotations

from collections.abc import Iterator

from odata_service.bind.nodes import nodes_in
from odata_service.bind.query import Query
from odata_service.bind.typed import CollectionRef, Constant, Counted, Exists, Function
from odata_service.edm.primitive import GEOGRAPHIES

Asked = tuple[str, str]  # a switch of :class:`odata_service.behavior.Behavior`, and the name of an entity set


def asked_of(query: Query, *, counted: bool = False) -> Iterator[Asked]:
    """``counted`` says that the number of the entities is wanted, and nothing else of them."""
    own = query.entity_set.name
    if counted or query.count:
        yield "accept_count_requests", own
    if query.chosen:
        yield "accept_projection_requests", own
    conditions = tuple(step.filters for step in query.source)
    yield from asked_in((query.filter, query.order, query.computed, query.collections, conditions), own)
    for expansion in query.expand:
        yield from asked_of(expansion.query, counted=expansion.only == "count")


def asked_in(node: object, own: str) -> Iterator[Asked]:
    """The same of an expression about the set ``own``."""
    for each in nodes_in(node):
        if isinstance(each, (Exists, Counted)) and isinstance(each.source, CollectionRef):
            name = "accept_any_all_requests" if isinstance(each, Exists) else "accept_count_requests"
            yield name, each.source.navigation.target_set
        elif isinstance(each, Function) and each.signature.name == "replace":
            yield "accept_replace_function_in_query", own
        elif isinstance(each, Constant) and each.type in GEOGRAPHIES:
            yield "accept_spatial_literals_in_query", own
