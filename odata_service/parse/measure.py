"""How large a finished tree is; checked before anything recurses into it."""

from __future__ import annotations

from collections.abc import Iterable

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


def parts(node: object) -> Iterable[object]:
    """The nodes directly inside a node.

    >>> parts(Unary("not", Path((), 4), 0))
    (Path(steps=(), at=4),)
    """
    match node:
        case Path(steps):
            return steps
        case Segment(_, arguments):
            return tuple(argument.value for argument in arguments or ())
        case Binary(_, left, right):
            return left, right
        case Junction(_, terms) | ListExpression(terms) | Call(_, terms):
            return terms
        case Unary(_, inner) | OrderBy(inner) | FilterStep(inner) | AnyAll(_, _, inner):
            return (inner,)
        case In(operand, items):
            return operand, items
        case CountOf(options):
            return (options.filter,)
        case AggregateOf(item):
            return (item.expression,)
        case Case(branches):
            return tuple(part for branch in branches for part in branch)
        case ObjectExpression(members):
            return tuple(value for _, value in members)
    return ()


def check_expression(tree: object, limits: Limits, target: str) -> None:
    """Refuse a tree that is too deep, or too wide in one place. ``tree`` may be a tuple of trees."""
    waiting = [(node, 1, 0, 0) for node in (tree if isinstance(tree, tuple) else (tree,))]
    while waiting:
        node, depth, calls, lambdas = waiting.pop()
        at = getattr(node, "at", None)
        calls += isinstance(node, Call)
        lambdas += isinstance(node, AnyAll)
        limits.check("max_expression_depth", depth, target=target, at=at)
        limits.check("max_function_depth", calls, target=target, at=at)
        limits.check("max_lambda_depth", lambdas, target=target, at=at)
        if isinstance(node, Junction):
            limits.check("max_or_terms", len(node.terms), target=target, at=at)
        if isinstance(node, In) and isinstance(node.items, ListExpression):
            limits.check("max_in_items", len(node.items.items), target=target, at=at)
        deeper = depth + (not isinstance(node, Path | Segment | OrderBy))
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
