"""What a bound expression is made of, for whoever looks for something in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from functools import cache

from odata_service.bind.typed import Constant
from odata_service.edm.model import (
    CollectionProperty, ComplexProperty, DynamicColumn, EntitySet, EntityType, NavigationProperty, Property,
)  # fmt: skip
from odata_service.edm.primitive import PrimitiveType
from odata_service.functions import Canonical

_LEAVES = (
    Canonical, CollectionProperty, ComplexProperty, Constant, DynamicColumn, EntitySet, EntityType, NavigationProperty, PrimitiveType, Property,
)  # fmt: skip
_PLAIN = ("str", "bool", "PrimitiveType")  # annotations of fields that lead nowhere


def nodes_in(node: object) -> Iterator[object]:
    """The node and all below it, in the order written, as far as those of the model that are named, and no further."""
    waiting = [node]
    while waiting:
        node = waiting.pop()
        if isinstance(node, tuple):
            waiting += reversed(node)
            continue
        yield node
        waiting += [getattr(node, name) for name in _ways_on(type(node))]  # type: ignore[arg-type]  # classes can be hashed


@cache
def _ways_on(kind: type) -> tuple[str, ...]:
    """The fields of a node that may lead to others, the last first."""
    is_inner = is_dataclass(kind) and not issubclass(kind, _LEAVES)
    return tuple(each.name for each in reversed(fields(kind)) if each.type not in _PLAIN) if is_inner else ()
