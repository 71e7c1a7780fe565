"""How large a finished tree is; checked before anything recurses into it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from odata_service.limits import Limits
from odata_service.parse.syntax import (
    AggregateOf,
    AnyAll,
    Binary,
    Call,
    Case,
    CountOf,
    FilterStep,
    In,
    Junction,
    ListExpression,
    ObjectExpression,
    Options,
    OrderBy,
    Path,
    Segment,
    Unary,
)


_PARTS: Mapping[type, Callable[[Any], Iterable[object]]] = {
    Path: lambda node: node.steps,
    Segment: lambda node: [argument.value for argument in node.arguments or ()],
    Binary: lambda node: (node.left, node.right),
    Junction: lambda node: node.terms,
    ListExpression: lambda node: node.items,
    Call: lambda node: node.arguments,
    Unary: lambda node: (node.operand,),
    OrderBy: lambda node: (node.expression,),
    FilterStep: lambda node: (node.condition,),
    AnyAll: lambda node: (node.condition,),
    In: lambda node: (node.operand, node.items),
    CountOf: lambda node: (node.options.filter,),
    AggregateOf: lambda node: (node.item.expression,),
    Case: lambda node: [part for branch in node.branches for part in branch],
    ObjectExpression: lambda node: [value for _, value in node.members],
}
_LEVEL = (Path, Segment, OrderBy)  # what is inside of them is no deeper than they are


def parts(node: object) -> Iterable[object]:
    """The nodes directly inside a node.

    >>> parts(Unary("not", Path((), 4), 0))
    (Path(steps=(), at=4),)
    """
    inside = _PARTS.get(type(node))
    return () if inside is None else inside(node)


def check_expression(tree: object, limits: Limits, target: str) -> None:
    """Refuse a tree that is too deep, or too wide in one place. ``tree`` may be a tuple of trees."""
    waiting = [(node, 1, 0, 0) for node in (tree if isinstance(tree, tuple) else (tree,))]
    while waiting:
        node, depth, calls, lambdas = waiting.pop()
        kind, at = type(node), getattr(node, "at", None)
        limits.check("max_expression_depth", depth, target=target, at=at)
        if kind is Call:
            calls += 1
            limits.check("max_function_depth", calls, target=target, at=at)
        elif kind is AnyAll:
            lambdas += 1
            limits.check("max_lambda_depth", lambdas, target=target, at=at)
        elif isinstance(node, Junction):
            limits.check("max_or_terms", len(node.terms), target=target, at=at)
        elif isinstance(node, In) and isinstance(node.items, ListExpression):
            limits.check("max_in_items", len(node.items.items), target=target, at=at)
        deeper = depth if kind in _LEVEL else depth + 1
        waiting += [(part, deeper, calls, lambdas) for part in parts(node)]


def check_options(options: Options, limits: Limits) -> None:
    """Refuse options that are too many or too deep, in ``$expand`` and ``$select`` at every level."""
    waiting: list[tuple[Options, str, int]] = [(options, "", 0)]
    expanded = 0
    while waiting:
        level, target, depth = waiting.pop()
        _check_level(level, limits, target)
        expanded += len(level.expand)
        if level.expand:
            limits.check("max_expand_depth", depth + 1, target="$expand", at=level.expand[0].at)
            limits.check("max_expand_count", expanded, target="$expand", at=level.expand[0].at)
        waiting += [(item.options, "$expand", depth + 1) for item in level.expand]
        waiting += [(item.options, target or "$select", depth) for item in level.select]


def _check_level(options: Options, limits: Limits, target: str) -> None:
    limits.check("max_orderby_items", len(options.orderby), target=target or "$orderby")
    limits.check("max_select_items", len(options.select), target=target or "$select")
    check_expression(tuple(item.expression for item in options.compute), limits, target or "$compute")
    check_expression(tuple(value for _, value in options.aliases), limits, target or "the aliases")
    if target:  # those of the request itself were checked when they were read
        check_expression(options.orderby, limits, target)
        check_expression((options.filter,), limits, target)
