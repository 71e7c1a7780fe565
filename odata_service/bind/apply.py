"""``$apply``: transformations with everything looked up, each about what the ones before it left (Data Aggregation).

While rows are entities, names are properties; after a grouping there are only the columns that it made.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NoReturn

from odata_service.bind.closed import demand_open
from odata_service.bind.expression import ExpressionBinder
from odata_service.bind.query import Order
from odata_service.bind.typed import Constant, Given, PropertyRef, Typed
from odata_service.edm.model import EntityType
from odata_service.edm.primitive import DECIMAL, DOUBLE, INT64, PrimitiveType
from odata_service.errors import BadRequest, NotImplementedByService, did_you_mean
from odata_service.parse import apply_syntax as written
from odata_service.parse.syntax import (
    AggregateItem, Compute, Expression, Literal, Options, OrderBy, Path, Segment, SelectItem,
)  # fmt: skip

TARGET = "$apply"
METHODS = ("sum", "min", "max", "average", "countdistinct", "$count")


@dataclass(frozen=True, slots=True)
class Narrowed:
    """``filter(…)`` and ``search(…)``."""

    condition: Typed


@dataclass(frozen=True, slots=True)
class Ordered:
    """``orderby(…)``."""

    order: tuple[Order, ...]


@dataclass(frozen=True, slots=True)
class Sliced:
    """``skip(n)`` or ``top(n)``."""

    kind: str
    count: Constant


@dataclass(frozen=True, slots=True)
class Best:
    """``topcount(2,Amount)`` and its family."""

    kind: str
    amount: Typed
    value: Typed


@dataclass(frozen=True, slots=True)
class Aggregated:
    """``Amount with sum as Total``; without an ``expression`` it counts rows."""

    name: str
    method: str
    expression: Typed | None
    type: PrimitiveType


@dataclass(frozen=True, slots=True)
class Grouped:
    """``groupby((Country),aggregate(…))``; without ``groups`` all rows are one group."""

    groups: tuple[tuple[str, Typed], ...]
    aggregates: tuple[Aggregated, ...]


Transformation = Narrowed | Ordered | Sliced | Best | Grouped


@dataclass(frozen=True, slots=True)
class Applied:
    """A sequence of transformations, and the columns of its result by path (``Category/Name``)."""

    steps: tuple[Transformation, ...]
    columns: tuple[tuple[str, Typed], ...]


@dataclass(frozen=True, slots=True)
class ApplyBinder:
    """Binds one sequence. ``names`` are the columns there are now; ``grouped`` says that rows are no entities any
    more, so that there is nothing else."""

    expressions: ExpressionBinder
    steps: tuple[Transformation, ...] = ()
    columns: Mapping[str, Typed] = field(default_factory=dict)
    grouped: bool = False

    def sequences(self, transformations: Sequence[written.Transformation]) -> list[ApplyBinder]:
        """One result, or with ``concat`` several, whose rows follow one another."""
        binder = self
        for position, transformation in enumerate(transformations):
            if isinstance(transformation, written.Concat):
                rest = transformations[position + 1 :]
                return [one for each in transformation.sequences for one in binder.sequences((*each, *rest))]
            binder = binder.after(transformation)
        return [binder]

    def with_options(self, options: Options) -> ApplyBinder:
        """The query options beside ``$apply`` are about its result; ``$skip`` and ``$top`` cut it into pages."""
        binder = self.computed(options.compute)
        if options.filter is not None:
            binder = binder.condition(options.filter)
        return binder.ordered(options.orderby) if options.orderby else binder

    def applied(self, select: Sequence[SelectItem] = ()) -> Applied:
        columns = self.result_columns()
        names = ["/".join(segment.name for segment in item.path) for item in select]
        for name, item in zip(names, select, strict=True):
            if name not in columns and name != "*":
                hint = did_you_mean(name, columns)
                raise BadRequest("UnknownProperty", f"the result has no {name!r}{hint}", target="$select", at=item.at)
        chosen = columns if not names or "*" in names else {name: columns[name] for name in columns if name in names}
        return Applied(self.steps, tuple(chosen.items()))

    def after(self, transformation: written.Transformation) -> ApplyBinder:
        bind = _TRANSFORMATIONS.get(type(transformation))
        if bind is None:
            raise NotImplementedByService(
                "NotImplemented", f"the transformation {_name(transformation)} is not supported", target=TARGET,
                at=transformation.at,
            )  # fmt: skip
        return bind(self, transformation)

    def result_columns(self) -> dict[str, Typed]:
        """What a row of the result has: the columns made, or all properties and what was computed."""
        if self.grouped:
            return dict(self.columns)
        own = {name: PropertyRef((), declared) for name, declared in self.expressions.type.properties.items()}
        return {**own, **self.columns}

    def condition(self, node: Expression) -> ApplyBinder:
        return self._with(Narrowed(self._binder.condition(node)))

    def ordered(self, items: Sequence[OrderBy]) -> ApplyBinder:
        return self._with(Ordered(tuple(Order(self._sortable(item.expression), item.descending) for item in items)))

    def _sortable(self, node: Expression) -> Typed:
        return demand_open(self._binder.known(node), "sort", self._binder, node.at)

    def sliced(self, kind: str, literal: Literal) -> ApplyBinder:
        return self._with(Sliced(kind, Constant(INT64, literal.value, literal.slot, literal.type)))

    def computed(self, items: Sequence[Compute]) -> ApplyBinder:
        binder = self
        for item in items:
            binder._demand_new(item.name, item.at)
            value = binder._binder.known(item.expression)
            binder = replace(binder, columns={**binder.columns, item.name: value})
        return binder

    @property
    def _binder(self) -> ExpressionBinder:
        return replace(self.expressions, target=TARGET, computed=self.columns)

    def _with(self, step: Transformation) -> ApplyBinder:
        return replace(self, steps=(*self.steps, step))

    def _identity(self, _node: written.Identity) -> ApplyBinder:
        return self

    def _filter(self, node: written.FilterRows) -> ApplyBinder:
        return self.condition(node.condition)

    def _search(self, node: written.SearchRows) -> ApplyBinder:
        if self.grouped:
            self._refuse("search(…) looks into entities, so it stands before they are grouped", node.at)
        return self._with(Narrowed(self._binder.search(node.search)))

    def _compute(self, node: written.ComputeRows) -> ApplyBinder:
        return self.computed(node.items)

    def _orderby(self, node: written.OrderRows) -> ApplyBinder:
        return self.ordered(node.items)

    def _skip(self, node: written.SkipRows) -> ApplyBinder:
        return self.sliced("skip", node.count)

    def _top(self, node: written.TopRows) -> ApplyBinder:
        return self.sliced("top", node.count)

    def _best(self, node: written.TopLevels) -> ApplyBinder:
        amount, value = self._binder.value(node.amount), self._sortable(node.value)
        if not (amount.type.is_numeric and value.type.is_numeric):
            self._refuse(f"{node.kind} takes a number and a number to order by", node.at)
        return self._with(Best(node.kind, amount, value))

    def _aggregate(self, node: written.Aggregate) -> ApplyBinder:
        return self._grouped((), node.items)

    def _groupby(self, node: written.GroupBy) -> ApplyBinder:
        groups = [self._group(each) for each in node.groupings]
        items: Sequence[AggregateItem] = ()
        if node.then:
            only = node.then[0]
            if len(node.then) > 1 or not isinstance(only, written.Aggregate):
                raise NotImplementedByService("NotImplemented", "groupby(…) goes with aggregate(…) alone", target=TARGET)
            items = only.items
        return self._grouped(groups, items)

    def _group(self, node: object) -> tuple[str, Typed]:
        if not isinstance(node, Path):
            raise NotImplementedByService("NotImplemented", "rollup(…) is not supported", target=TARGET)
        value = demand_open(self._binder.path(node), "aggregate", self._binder, node.at)
        name = "/".join(step.name for step in node.steps if isinstance(step, Segment))
        if isinstance(value, PropertyRef | Given) or name in self.columns:
            return name, value
        raise NotImplementedByService("NotImplemented", f"grouping by {name} is not supported", target=TARGET, at=node.at)

    def _grouped(self, groups: Sequence[tuple[str, Typed]], items: Sequence[AggregateItem]) -> ApplyBinder:
        aggregates: list[Aggregated] = []
        for item in items:
            found = self._aggregated(item)
            if found.name in {*(name for name, _ in groups), *(each.name for each in aggregates)}:
                self._refuse(f"there are two columns {found.name!r}", item.at)
            aggregates.append(found)
        columns: dict[str, Typed] = {name: _given(name, value) for name, value in groups}
        columns |= {each.name: Given(each.name, each.type, True) for each in aggregates}
        nothing = replace(self.expressions, type=_without_properties(self.expressions.type))
        step = Grouped(tuple(groups), tuple(aggregates))
        return ApplyBinder(nothing, (*self.steps, step), columns, grouped=True)

    def _aggregated(self, item: AggregateItem) -> Aggregated:
        method = item.method or ""
        if method and method not in METHODS and "." not in method:
            self._refuse(f"there is no aggregation method {method!r:.40}{did_you_mean(method, METHODS)}", item.at)
        if method not in METHODS or item.sources:
            raise NotImplementedByService(
                "NotImplemented", f"aggregating {f'with {method}' if method else 'without a method'} is not supported",
                target=TARGET, at=item.at,
            )  # fmt: skip
        if item.alias is None:
            self._refuse("an aggregate needs a name: … as Total", item.at)
        value = None if item.expression is None else self._aggregatable(item.expression)
        if not (self.grouped or _is_own_name(item.alias, value)):
            self._demand_new(item.alias, item.at)
        if value is None:
            return Aggregated(item.alias, "$count", None, INT64)
        if method in ("sum", "average") and not value.type.is_numeric:
            self._refuse(f"{method} needs numbers, not {value.type}", item.at)
        return Aggregated(item.alias, method, value, _result_type(method, value.type))

    def _aggregatable(self, node: Expression) -> Typed:
        return demand_open(self._binder.known(node), "aggregate", self._binder, node.at)

    def _demand_new(self, name: str, at: int) -> None:
        if name in self.expressions.type.member_names or name in self.columns:
            self._refuse(f"there is a property {name!r} already", at)

    def _refuse(self, message: str, at: int) -> NoReturn:
        raise BadRequest("BadTransformation", message, target=TARGET, at=at)


def _is_own_name(alias: str, value: Typed | None) -> bool:
    """``Price with sum as Price``, as OpenUI5 writes it: in the result there is no other Price."""
    return isinstance(value, PropertyRef) and not value.path and value.property.name == alias


def _result_type(method: str, kind: PrimitiveType) -> PrimitiveType:
    if method in ("countdistinct", "$count"):
        return INT64
    if method == "average":
        return DECIMAL if kind == DECIMAL else DOUBLE
    if method == "sum":
        return INT64 if kind.is_integer else DECIMAL if kind == DECIMAL else DOUBLE
    return kind


def _given(name: str, value: Typed) -> Given:
    declared = value.property if isinstance(value, PropertyRef) else None
    return Given(name, value.type, value.nullable, declared)


def _without_properties(entity_type: EntityType) -> EntityType:
    return EntityType(f"{entity_type.name} (grouped)", entity_type.namespace, entity_type.mapper, {})


def _name(transformation: object) -> str:
    kind = getattr(transformation, "kind", None) or getattr(transformation, "name", None)
    return str(kind or type(transformation).__name__.lower())


# (Any: a table cannot say that each row takes its own kind of transformation.)
_TRANSFORMATIONS: Mapping[type, Callable[[ApplyBinder, Any], ApplyBinder]] = {
    written.Identity: ApplyBinder._identity,
    written.FilterRows: ApplyBinder._filter,
    written.SearchRows: ApplyBinder._search,
    written.ComputeRows: ApplyBinder._compute,
    written.OrderRows: ApplyBinder._orderby,
    written.SkipRows: ApplyBinder._skip,
    written.TopRows: ApplyBinder._top,
    written.TopLevels: ApplyBinder._best,
    written.Aggregate: ApplyBinder._aggregate,
    written.GroupBy: ApplyBinder._groupby,
}
