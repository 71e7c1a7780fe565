"""Conditions and orders → the same without a difference between capital and small letters."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import Any

from odata_service.bind.query import Order, Query, Read
from odata_service.bind.typed import Among, Comparison, Constant, Function, Logical, PropertyRef, Typed
from odata_service.edm.primitive import STRING
from odata_service.functions import FUNCTIONS

_LOWER = next(each for each in FUNCTIONS if each.name == "tolower")
# Those that look for one text in another; what makes a new text of an old one leaves its letters as they are.
_SEARCHING = frozenset({"substringof", "contains", "startswith", "endswith", "indexof"})


def without_case(read: Read, *, ordered: bool = False) -> Read:
    """``Name eq 'ada'`` finds Ada, and where the client has ``ordered`` the entities, ``$orderby=Name`` has ada beside Ada. Keys
    in the path stay exact: two may differ in nothing else, and each has an address of its own."""
    query = _in_query(read.query)
    return replace(read, query=replace(query, order=_in_order(query.order)) if ordered else query)


def _in_order(order: tuple[Order, ...]) -> tuple[Order, ...]:
    """Ended by the texts of keys as they are, so that no two places are one."""
    folded = [replace(each, expression=_lower(each.expression)) if _is_text(each) else each for each in order]
    return (*folded, *(each for each in order if _is_text(each) and _is_own_key(each.expression)))


def _is_text(item: Order) -> bool:
    return item.expression.type == STRING


def _is_own_key(node: Typed) -> bool:
    return isinstance(node, PropertyRef) and not node.path and node.property.is_key


def _in_query(query: Query) -> Query:
    expand = tuple(replace(each, query=_in_query(each.query)) for each in query.expand)
    return replace(query, filter=_folded(query.filter), expand=expand)


def _folded(node: Any) -> Any:
    """Any: whatever stands in an expression."""
    if isinstance(node, tuple):
        return tuple(map(_folded, node))
    if not is_dataclass(node) or isinstance(node, (Constant, type)) or type(node).__module__ != Comparison.__module__:
        return node
    node = replace(node, **{each.name: _folded(getattr(node, each.name)) for each in fields(node) if each.init})
    match node:
        case Comparison(left=left, right=right, in_type=kind) if kind == STRING:
            return replace(node, left=_lower(left), right=_lower(right))
        case Among(operand=operand, items=items) if operand.type == STRING:
            return Logical("or", tuple(Comparison("eq", _lower(operand), _lower(item), STRING) for item in items))
        case Function(signature=signature, arguments=arguments) if signature.name in _SEARCHING:
            return replace(node, arguments=tuple(map(_lower, arguments)))
    return node


def _lower(operand: Typed) -> Typed:
    return operand if isinstance(operand, Constant) and operand.value is None else Function(_LOWER, (operand,))
