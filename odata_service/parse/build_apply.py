"""Callbacks for ``grammar/apply.lark``."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from lark import Token, v_args

from odata_service.parse.apply_syntax import (
    Aggregate,
    ComputeRows,
    Concat,
    CustomTransformation,
    FilterRows,
    GroupBy,
    Hierarchy,
    Identity,
    Join,
    Nest,
    Nested,
    OrderRows,
    Related,
    Rollup,
    RollupRecursive,
    SearchRows,
    SkipRows,
    TopLevels,
    TopRows,
    Transformation,
    Traverse,
)
from odata_service.parse.build import position, start_of
from odata_service.parse.build_expression_v4 import argument_of
from odata_service.parse.build_options_v4 import OptionsBuilderV4
from odata_service.parse.grammar import Lexeme, Mistake
from odata_service.parse.syntax import (
    AggregateItem,
    AggregateOf,
    Argument,
    Expression,
    From,
    Literal,
    OrderBy,
    Path,
    Segment,
)

Transformations = tuple[Transformation, ...]


def _around(make: Callable[[Any, int], Transformation]) -> Any:
    """The callback of a transformation that holds one thing: ``filter(condition)``."""

    def callback(self: object, word: Token, inside: Any) -> Transformation:
        return make(inside.node if isinstance(inside, Lexeme) else inside, position(word))

    return v_args(inline=True)(callback)


class BuilderV4(OptionsBuilderV4):
    """All of V4's URL language."""

    filter = _around(FilterRows)
    search_rows = _around(SearchRows)
    compute_rows = _around(ComputeRows)
    orderby_rows = _around(OrderRows)
    skip_rows = _around(SkipRows)
    top_rows = _around(TopRows)

    def apply(self, transformations: list[Transformation]) -> Transformations:
        return tuple(transformations)

    @v_args(inline=True)
    def identity(self, word: Token) -> Transformation:
        return Identity(position(word))

    @v_args(inline=True)
    def top_levels(self, word: Token, amount: Expression, value: Expression) -> Transformation:
        return TopLevels(str(word), amount, value, position(word))

    @v_args(inline=True)
    def concat(self, word: Token, *sequences: Transformations) -> Transformation:
        return Concat(sequences, position(word))

    @v_args(inline=True)
    def custom(self, name: Token, *arguments: Expression | Argument) -> Transformation:
        return CustomTransformation(str(name), tuple(map(argument_of, arguments)), position(name))

    @v_args(inline=True)
    def aggregate(self, word: Token, *items: AggregateItem) -> Transformation:
        return Aggregate(items, position(word))

    def aggregate_item(self, parts: list[Any]) -> AggregateItem:
        *parts, alias = parts
        return aggregated(*parts, alias=str(alias))

    @v_args(inline=True)
    def aggregate_value(self, expression: Expression, method: str, *sources: From) -> AggregateItem:
        return aggregated(expression, method, *sources)

    def aggregate_count(self, parts: list[Any]) -> AggregateItem:
        *parts, alias = parts
        word, *sources = parts
        return AggregateItem(None, "$count", tuple(sources), str(alias), position(word))

    @v_args(inline=True)
    def aggregate_count_value(self, word: Token, *sources: From) -> AggregateItem:
        return AggregateItem(None, "$count", sources, None, position(word))

    def aggregate_custom(self, parts: list[Any]) -> AggregateItem:
        alias = str(parts.pop()) if isinstance(parts[-1], Token) else None
        return custom_aggregated(*parts, alias=alias)

    @v_args(inline=True)
    def aggregate_custom_value(self, expression: Expression, *sources: From) -> AggregateItem:
        return custom_aggregated(expression, *sources)

    @v_args(inline=True)
    def with_method(self, name: Token) -> Method:
        return Method(name)

    def from_clause(self, parts: list[Any]) -> From:
        method = str(parts.pop()) if isinstance(parts[-1], Method) else None
        return From(tuple(map(path_of, parts)), method, parts[0].at)

    @v_args(inline=True)
    def aggregate_step(self, word: Token, item: AggregateItem) -> AggregateOf:
        return AggregateOf(item, position(word))

    @v_args(inline=True)
    def groupby(self, word: Token, *parts: Any) -> Transformation:
        then: Transformations = parts[-1] if isinstance(parts[-1], tuple) else ()
        groupings = tuple(
            part if isinstance(part, Rollup | RollupRecursive) else path_of(part)
            for part in parts
            if not isinstance(part, tuple)
        )
        return GroupBy(groupings, then, position(word))

    @v_args(inline=True)
    def rollup(self, word: Token, *paths: Path) -> Rollup:
        return Rollup(tuple(map(path_of, paths)), position(word))

    @v_args(inline=True)
    def rollup_recursive(self, word: Token, hierarchy: Hierarchy, restriction: Transformations = ()) -> RollupRecursive:
        return RollupRecursive(hierarchy, restriction, position(word))

    @v_args(inline=True)
    def hierarchy(self, nodes: Path, qualifier: Token, node_property: Path) -> Hierarchy:
        return Hierarchy(path_of(nodes), str(qualifier), path_of(node_property), nodes.at)

    @v_args(inline=True)
    def nest(self, word: Token, *nested: Nested) -> Transformation:
        return Nest(None, nested, position(word))

    @v_args(inline=True)
    def add_nested(self, word: Token, path: Path, *nested: Nested) -> Transformation:
        return Nest(path_of(path), nested, position(word))

    @v_args(inline=True)
    def nested(self, transformations: Transformations, name: Token) -> Nested:
        return Nested(transformations, str(name), transformations[0].at)

    @v_args(inline=True)
    def join(self, word: Token, path: Path, name: Token, then: Transformations = ()) -> Transformation:
        return Join(str(word), path_of(path), str(name), then, position(word))

    @v_args(inline=True)
    def related(
        self, word: Token, hierarchy: Hierarchy, start: Transformations, *parts: Token | Lexeme
    ) -> Transformation:
        distances = [part.node for part in parts if isinstance(part, Lexeme) and isinstance(part.node, Literal)]
        keep_start = any(isinstance(part, Token) for part in parts)
        return Related(str(word), hierarchy, start, distances[0] if distances else None, keep_start, position(word))

    @v_args(inline=True)
    def traverse(self, word: Token, hierarchy: Hierarchy, order: Token, *parts: tuple[Any, ...]) -> Transformation:
        orderby = tuple(item for part in parts for item in part if isinstance(item, OrderBy))
        restriction = tuple(item for part in parts for item in part if not isinstance(item, OrderBy))
        return Traverse(hierarchy, str(order), restriction, orderby, position(word))


class Method(str):
    """The name of an aggregation method after ``with``."""


def aggregated(expression: Expression, method: str, *sources: From, alias: str | None = None) -> AggregateItem:
    return AggregateItem(expression, str(method), sources, alias, start_of(expression))


def custom_aggregated(expression: Expression, *sources: From, alias: str | None = None) -> AggregateItem:
    """What is aggregated without ``with``: a custom aggregate or a count, both written as a path."""
    path = path_of(expression)
    last = path.steps[-1]
    if isinstance(last, Segment) and last.name == "$count":
        return AggregateItem(dataclasses.replace(path, steps=path.steps[:-1]), "$count", sources, alias, path.at)
    return AggregateItem(path, None, sources, alias, path.at)


def path_of(node: Expression) -> Path:
    if not isinstance(node, Path):
        raise Mistake(
            "a path is expected here; an expression is aggregated as in: aggregate(A mul B with sum as C)",
            start_of(node),
        )
    return node
