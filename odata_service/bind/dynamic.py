"""Dynamic properties in expressions: each is taken for what it is compared with (Protocol, Dynamic Properties)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from odata_service.bind.query import Order
from odata_service.bind.typed import Cast, DynamicRef, Typed
from odata_service.edm.primitive import (
    DATE_TIME, DATE_TIME_OFFSET, DECIMAL, DOUBLE, NULL, SINGLE, STRING, UNTYPED, PrimitiveType,
)  # fmt: skip


def taken_as(node: Typed, kind: PrimitiveType) -> Typed:
    """A property whose type is not known yet, as one of a type; everything else as it is."""
    if not isinstance(node, DynamicRef) or node.type != UNTYPED:
        return node
    if kind.is_numeric and kind not in (DECIMAL, DOUBLE):
        return Cast(replace(node, type=DOUBLE if kind == SINGLE else DECIMAL), kind)
    return replace(node, type=STRING if kind in (NULL, UNTYPED) else kind)


def beside(node: Typed, others: Iterable[Typed]) -> Typed:
    """A property of unknown type as what the first of the others says; numbers of all kinds go together."""
    kind = next((other.type for other in others if other.type not in (NULL, UNTYPED)), UNTYPED)
    return taken_as(node, _WIDE.get(kind, DECIMAL if kind.is_integer else kind))


_WIDE = {SINGLE: DOUBLE, DATE_TIME: DATE_TIME_OFFSET}


def orders_of(order: Order) -> tuple[Order, ...]:
    """What has no known type is put in order as numbers, and what are no numbers, before them, as text."""
    if order.expression.type != UNTYPED:
        return (order,)
    return tuple(replace(order, expression=taken_as(order.expression, kind)) for kind in (DECIMAL, STRING))
