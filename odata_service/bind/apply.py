"""``$apply``: transformations with everything looked up, each about what the ones before it left (Data Aggregation).

While rows are entities, names are properties; after a grouping there are only the columns that it made.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from typing import Any, NoReturn

from odata_service.bind.aggregates import TARGET, AggregateBinder
from odata_service.bind.applied import Aggregated, Applied, Best, Grouped, Narrowed, Ordered, Sliced, Transformation
from odata_service.bind.closed import demand_open
from odata_service.bind.expression import ExpressionBinder
from odata_service.bind.query import Order
from odata_service.bind.typed import Constant, EntityRef, Given, Logical, PropertyRef, StructureRef, Typed
from odata_service.edm.primitive import INT64
from odata_service.errors import BadRequest, NotImplementedByService, did_you_mean
from odata_service.parse import apply_syntax as written
from odata_service.parse.syntax import (
    AggregateItem, Compute, Expression, Literal, Options, OrderBy, Path, Segment, SelectItem,
)  # fmt: skip
from odata_service.values import frozen

Grouping = Path | written.Rollup | written.RollupRecursive
_BEFORE_AGGREGATE = (written.Identity, written.FilterRows, written.SearchRows, written.ComputeRows)


@frozen
class ApplyBinder:
    """Binds one sequence. ``names`` are the columns there are now; ``grouped`` says that rows are no entities any
    more, so that there is nothing else."""

    expressions: ExpressionBinder
    steps: tuple[Transformation, ...] = ()
    columns: Mapping[str, Typed] = field(default_factory=dict)
    grouped: bool = False
    wholes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # structures and entities, with what contexts call them

    def sequences(self, transformations: Sequence[written.Transformation]) -> list[ApplyBinder]:
        """One result, or with ``concat`` several, whose rows follow one another."""
        binder = self
        for position, transformation in enumerate(transformations):
            several = _sequences_of(transformation)
            if several is not None:
                rest = transformations[position + 1 :]
                return [one for each in several for one in binder.sequences((*each, *rest))]
            binder = binder.after(transformation)
        return [binder]

    def with_options(self, options: Options) -> ApplyBinder:
        """The query options beside ``$apply`` are about its result; ``$skip`` and ``$top`` cut it into pages."""
        binder = self.computed(options.compute)
        if options.filter is not None:
            binder = binder.condition(options.filter, "$filter")
        if options.search is not None:
            message = "$search beside $apply is not supported where rows are no entities; search(…) may stand inside"
            raise NotImplementedByService("NotImplemented", message, target="$search")
        return binder.ordered(options.orderby, "$orderby") if options.orderby else binder

    def of_entities(self) -> tuple[tuple[Transformation, ...], tuple[Typed, ...], tuple[Order, ...]]:
        """What the steps do to rows that stay entities: what takes some of them by their place, the conditions after that,
        and the order they end in."""
        placing = [at for at, step in enumerate(self.steps, start=1) if isinstance(step, Sliced | Best)]
        subset = self.steps[: max(placing, default=0)]
        conditions = tuple(step.condition for step in self.steps[len(subset) :] if isinstance(step, Narrowed))
        orders = [step.order for step in self.steps if isinstance(step, Ordered)]
        return subset, conditions, orders[-1] if orders else ()

    def applied(self, select: Sequence[SelectItem] = ()) -> Applied:
        """The result, and what of it was chosen; see :func:`demand_columns`."""
        columns = self.result_columns()
        names = [_selected(item) for item in select]
        is_all = not names or "*" in names
        chosen = {each: columns[each] for each in columns if is_all or any(_is_at(name, each) for name in names)}
        known = self.wholes if self.grouped else {name: (name,) for name in self.expressions.type.complex}
        wholes = {name: steps for name, steps in known.items() if is_all or any(_is_at(each, name) for each in names)}
        return Applied(self.steps, tuple(chosen.items()), frozenset(wholes), _context_of(chosen, wholes))

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
        own = dict(_members_of(EntityRef((), self.expressions.type, self.expressions.own)))
        return {**own, **self.columns}

    def condition(self, node: Expression, target: str = TARGET) -> ApplyBinder:
        return self._with(Narrowed(replace(self._binder, target=target).condition(node)))

    def ordered(self, items: Sequence[OrderBy], target: str = TARGET) -> ApplyBinder:
        order = (Order(self._sortable(item.expression, target), item.descending) for item in items)
        return self._with(Ordered(tuple(order)))

    def _sortable(self, node: Expression, target: str = TARGET) -> Typed:
        binder = replace(self._binder, target=target)
        return demand_open(binder.known(node), "sort", binder, node.at)

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
        groups = [column for path in node.groupings for column in self._group(path)]
        wholes = dict(whole for path in node.groupings if isinstance(path, Path) for whole in self._wholes(path))
        *before, last = node.then or (written.Aggregate((), node.at),)
        if not isinstance(last, written.Aggregate) or not all(isinstance(each, _BEFORE_AGGREGATE) for each in before):
            message = "groupby(…) goes with filter(…), compute(…) and aggregate(…) only"
            raise NotImplementedByService("NotImplemented", message, target=TARGET, at=node.at)
        inside = self
        for each in before:
            inside = inside.after(each)
        conditions = tuple(step.condition for step in inside.steps[len(self.steps) :] if isinstance(step, Narrowed))
        return inside._grouped(groups, last.items, conditions, self.steps, wholes)

    def _group(self, node: object) -> Iterator[tuple[str, Typed]]:
        """The columns that a grouping gives: of an entity or a structure all that it has."""
        if not isinstance(node, Path):
            raise NotImplementedByService("NotImplemented", "rolluprecursive(…) is not supported", target=TARGET)
        value = demand_open(self._binder.path(node), "aggregate", self._binder, node.at)
        name = _name_of(node)
        if isinstance(value, EntityRef | StructureRef):
            yield from ((f"{name}/{member}", each) for member, each in _members_of(value))
        elif isinstance(value, PropertyRef | Given) or name in self.columns:
            yield name, value
        else:
            message = f"grouping by {name} is not supported"
            raise NotImplementedByService("NotImplemented", message, target=TARGET, at=node.at)

    def _wholes(self, path: Path) -> Iterator[tuple[str, tuple[str, ...]]]:
        """An entity or structure that is grouped by, and the structures inside it; what context URLs call them."""
        name, value = _name_of(path), self._binder.path(path)
        if isinstance(value, EntityRef):
            steps = _steps_of(f"{name}/", PropertyRef(value.path, value.entity_type.key[0]))[:-1]
            yield name, steps
            yield from ((f"{name}/{inner}", (*steps, inner)) for inner in value.entity_type.complex)
        elif isinstance(value, StructureRef):
            yield name, _steps_of(name, PropertyRef(value.path, value.structure.members[0]))

    def _grouped(
        self,
        groups: Sequence[tuple[str, Typed]],
        items: Sequence[AggregateItem],
        conditions: tuple[Typed, ...] = (),
        before: tuple[Transformation, ...] | None = None,
        wholes: Mapping[str, tuple[str, ...]] | None = None,
    ) -> ApplyBinder:
        """``conditions`` narrow each group, after the steps ``before`` it was made."""
        aggregates: list[Aggregated] = []
        for item in items:
            found = AggregateBinder(self._binder).aggregated(item)
            if found.name in {*(name for name, _ in groups), *(each.name for each in aggregates)}:
                self._refuse(f"there are two columns {found.name!r}", item.at)
            if not (self.grouped or _is_own_name(item, found)):
                self._demand_new(found.name, item.at)
            aggregates.append(replace(found, condition=_together(conditions)))
        columns: dict[str, Typed] = {name: _given(name, value) for name, value in groups}
        columns |= {each.name: _result_of(each) for each in aggregates}
        nothing = self.expressions.without_properties()
        step = Grouped(tuple(groups), tuple(aggregates))
        steps = self.steps if before is None else before
        return ApplyBinder(nothing, (*steps, step), columns, grouped=True, wholes=wholes or {})

    def _demand_new(self, name: str, at: int) -> None:
        if name in self.expressions.type.member_names or name in self.columns:
            self._refuse(f"there is a property {name!r} already", at)

    def _refuse(self, message: str, at: int) -> NoReturn:
        raise BadRequest("BadTransformation", message, target=TARGET, at=at)


def _is_own_name(item: AggregateItem, found: Aggregated) -> bool:
    """``Price with sum as Price``, as OpenUI5 writes it, or ``aggregate(Price)``: in the result there is no other Price."""
    return found.related is None and isinstance(item.expression, Path) and _name_of(item.expression) == found.name


def _given(name: str, value: Typed) -> Given:
    declared = value.property if isinstance(value, PropertyRef | Given) else None
    return Given(name, value.type, value.nullable, declared, context=_steps_of(name, value))


def _result_of(aggregated: Aggregated) -> Given:
    counts = aggregated.counts
    return Given(aggregated.name, aggregated.type, not counts, aggregated.property, True, counts, (aggregated.name,))


def demand_columns(select: Sequence[SelectItem], sequences: Sequence[ApplyBinder]) -> None:
    """400 where something is chosen that no row of any sequence has."""
    columns = {name for each in sequences for name in each.result_columns()}
    for item in select:
        name = _selected(item)
        if name != "*" and not any(_is_at(name, each) for each in columns):
            hint = did_you_mean(name, sorted(columns))
            raise BadRequest("UnknownProperty", f"the result has no {name!r}{hint}", target="$select", at=item.at)


def _selected(item: SelectItem) -> str:
    return "/".join(segment.name for segment in item.path)


def _is_at(name: str, column: str) -> bool:
    """Whether a column is what a path names, or part of that."""
    return column == name or column.startswith(f"{name}/")


def _steps_of(name: str, value: Typed) -> tuple[str, ...]:
    """A path by its navigation properties; a cast stays with what follows it, and a member with its structure.

    >>> way = type("Way", (), {})
    >>> _steps_of("Ns.Sale/Customer/Address/City", PropertyRef((way,), None))
    ('Ns.Sale/Customer', 'Address/City')
    """
    if isinstance(value, Given):
        return value.context
    ways = len(value.path) if isinstance(value, PropertyRef) else 0
    steps: list[str] = []
    waiting: list[str] = []
    for segment in name.split("/"):
        waiting.append(segment)
        if "." not in segment and len(steps) < ways:
            steps.append("/".join(waiting))
            waiting = []
    return (*steps, "/".join(waiting))


def _context_of(
    columns: Mapping[str, Typed], wholes: Mapping[str, tuple[str, ...]]
) -> tuple[tuple[str, ...], ...]:
    """The paths of columns, and of those that are part of a whole the path of that."""
    paths = []
    for name, value in columns.items():
        whole = next((steps for each, steps in wholes.items() if name.startswith(f"{each}/")), None)
        paths.append(whole or _steps_of(name, value))
    return tuple(dict.fromkeys(paths))


def _together(conditions: tuple[Typed, ...]) -> Typed | None:
    return Logical("and", conditions) if conditions else None


def _name_of(path: Path) -> str:
    return "/".join(step.name for step in path.steps if isinstance(step, Segment))


def _members_of(reference: EntityRef | StructureRef) -> Iterator[tuple[str, Typed]]:
    """All that an entity or a structure has of its own."""
    path, variable = reference.path, reference.variable
    if isinstance(reference, StructureRef):
        yield from ((member.name, PropertyRef(path, member, variable)) for member in reference.structure.members)
        return
    for name, declared in reference.entity_type.properties.items():
        yield name, PropertyRef(path, declared, variable)
    for name, structure in reference.entity_type.complex.items():
        for member in structure.members:
            yield f"{name}/{member.name}", PropertyRef(path, member, variable)


def _sequences_of(transformation: written.Transformation) -> Sequence[Sequence[written.Transformation]] | None:
    """Those of ``concat(…)``, and of a grouping with ``rollup(…)``, which is one of several groupings."""
    if isinstance(transformation, written.Concat):
        return transformation.sequences
    if isinstance(transformation, written.GroupBy):
        rollups = [each for each in transformation.groupings if isinstance(each, written.Rollup)]
        if rollups:
            return [(replace(transformation, groupings=groupings),) for groupings in _levels(transformation.groupings)]
    return None


def _levels(groupings: Sequence[Grouping]) -> Iterator[tuple[Grouping, ...]]:
    """``rollup(A,B),C`` as ``A,B,C`` and ``A,C``: the last levels go first."""
    choices = [_prefixes(each) if isinstance(each, written.Rollup) else [(each,)] for each in groupings]
    for chosen in itertools.product(*choices):
        yield tuple(one for each in chosen for one in each)


def _prefixes(rollup: written.Rollup) -> list[tuple[Grouping, ...]]:
    if len(rollup.paths) < 2:
        message = "rollup(…) takes the paths of two levels or more; no hierarchy has a name here"
        raise NotImplementedByService("NotImplemented", message, target=TARGET, at=rollup.at)
    return [rollup.paths[:count] for count in range(len(rollup.paths), 0, -1)]


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
