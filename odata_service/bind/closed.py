"""Properties that a caller may read, but not filter, sort or aggregate by: wherever they stand in an expression."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal, TypeVar

from odata_service.bind.nodes import nodes_in
from odata_service.bind.typed import Given, PropertyRef, Typed
from odata_service.edm.model import ComplexProperty, Property

if TYPE_CHECKING:
    from odata_service.bind.expression import ExpressionBinder

Use = Literal["filter", "sort", "aggregate"]
Bound = TypeVar("Bound", bound=Typed)


def demand_open(value: Bound, use: Use, binder: ExpressionBinder, at: int) -> Bound:
    """The value, unless it is made of a property that is closed to such a use."""
    for declared in properties_in(value):
        if use in declared.closed_to:
            binder.refuse("NotAllowed", f"{declared.name} is not open to {use} by", at)
    return value


def properties_in(node: object) -> Iterator[Property]:
    """The properties whose values an expression is made of, also those behind ``$compute`` and in lambdas."""
    for each in nodes_in(node):
        if isinstance(each, PropertyRef | Given) and each.property is not None:
            yield each.property
        elif isinstance(each, ComplexProperty):
            yield from each.members
