"""Transformations of ``$apply`` → one SELECT over common table expressions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    UnaryExpression,
    and_,
    bindparam,
    func,
    literal,
    select,
    true,
    tuple_,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import outerjoin

from odata_service.bind.applied import (
    Aggregated, Applied, Best, Grouped, Narrowed, Ordered, Sliced, Transformation,
)  # fmt: skip
from odata_service.bind.query import Order, Step
from odata_service.bind.typed import Given, PropertyRef, Typed
from odata_service.dialects.base import Database, Decoder
from odata_service.edm.model import EntityModel, EnumType
from odata_service.edm.primitive import PrimitiveType
from odata_service.plan.aggregates import aggregate, is_less, over_related, percent_of, total_of, without
from odata_service.plan.expression import exact, truth
from odata_service.plan.scope import Parameters, Rules, Scope
from odata_service.plan.source import source_of
from odata_service.plan.sql_types import SQL_TYPES
from odata_service.plan.statement import LIMIT, SKIP, Statement, compiled
from odata_service.values import frozen

SQL = ColumnElement[Any]


@frozen
class ResultColumn:
    """A column of the result: its path, ``("Category", "Name")``, and how its values become Python's. Of a ``declared`` one
    the model says the type; one that ``counts`` is shown as a Decimal (Data Aggregation, $count)."""

    path: tuple[str, ...]
    type: PrimitiveType
    decode: Decoder | None
    enum: EnumType | None = None
    declared: bool = False
    counts: bool = False


@frozen
class ApplyPlan:
    """The statements for one sequence: its rows, page by page, and their number. The columns below each of ``wholes`` are
    one value, which is null where all of them are."""

    columns: tuple[ResultColumn, ...]
    rows: Statement
    count: Statement
    wholes: frozenset[str] = frozenset()


class Frame:
    """What a transformation starts from: the rows of a scope, with conditions, an order and a slice not yet applied."""

    def __init__(self, scope: Scope, source: Any, conditions: Sequence[SQL]) -> None:
        self.scope = scope
        self.source = source
        self.conditions = list(conditions)
        self.order: list[UnaryExpression[Any]] = []
        self.skip: SQL | None = None
        self.top: SQL | None = None

    @property
    def is_sliced(self) -> bool:
        return self.skip is not None or self.top is not None

    def select(self, *columns: SQL) -> Select[Any]:
        return self.scope.select(*columns).select_from(self.scope.joined(self.source)).where(*self.conditions)


@frozen
class ApplyPlanner:
    """Plans one sequence."""

    model: EntityModel
    database: Database
    dialect: Dialect
    rules: Rules
    parameters: Parameters

    def plan(self, steps: Sequence[Step], applied: Applied) -> ApplyPlan:
        frame = self._entities(steps)
        for transformation in applied.steps:
            frame = _PLANNERS[type(transformation)](self, frame, transformation)
        columns = [exact(value, frame.scope).label(f"c{at}") for at, (_, value) in enumerate(applied.columns)]
        rows = self._ordered(self._sliced(frame, frame.select(*columns)), frame)
        count = select(func.count()).select_from(self._sliced(frame, frame.select(literal(1).label("one"))).subquery())
        named = zip(applied.columns, columns, strict=True)
        return ApplyPlan(
            tuple(self._column(name, value, column) for (name, value), column in named),
            compiled(self._paged(rows, frame), self.database, self.dialect),
            compiled(count, self.database, self.dialect),
            applied.wholes,
        )

    def keys(self, steps: Sequence[Step], transformations: Sequence[Transformation]) -> Select[Any]:
        """The keys of the entities that transformations leave."""
        frame = self._entities(steps)
        for transformation in transformations:
            frame = _PLANNERS[type(transformation)](self, frame, transformation)
        return select(self._sliced(frame, frame.select(*frame.scope.key())).subquery())

    def _column(self, name: str, value: Typed, column: SQL) -> ResultColumn:
        declared = value.property if isinstance(value, PropertyRef | Given) else None
        sql_type = SQL_TYPES[value.type] if declared is None else declared.column.type
        made, counts = (value.made, value.counts) if isinstance(value, Given) else (False, False)
        return ResultColumn(
            tuple(segment for segment in name.split("/") if "." not in segment),
            value.type,
            self.database.decoder(sql_type, self.dialect),
            None if declared is None else declared.enum,
            declared is not None and not made,
            counts,
        )

    def _entities(self, steps: Sequence[Step]) -> Frame:
        scope = Scope(self.model, steps[-1].entity_set, self.rules, self.parameters)
        source, conditions = source_of(steps, scope)
        return Frame(scope, source, conditions)

    def _paged(self, rows: Select[Any], frame: Frame) -> Select[Any]:
        """One page of the result, by its number: rows without a key have no other place."""
        if frame.is_sliced:
            within = rows.cte()
            rows = select(*within.c)
        limit, skip = bindparam(LIMIT, type_=Integer()), bindparam(SKIP, type_=Integer())
        return rows.limit(limit).offset(skip)

    def narrowed(self, frame: Frame, step: Narrowed) -> Frame:
        frame = self._whole(frame)
        frame.conditions.append(truth(step.condition, frame.scope))
        return frame

    def ordered(self, frame: Frame, step: Ordered) -> Frame:
        frame = self._whole(frame)
        frame.order = [self._in_order(item, frame) for item in step.order]
        return frame

    def _in_order(self, item: Order, frame: Frame) -> UnaryExpression[Any]:
        value = exact(item.expression, frame.scope)
        return self.database.ordered(value, item.descending, item.expression.nullable)

    def sliced(self, frame: Frame, step: Sliced) -> Frame:
        if frame.top is not None or (frame.skip is not None and step.kind == "skip"):
            frame = self._whole(frame)
        setattr(frame, step.kind, exact(step.count, frame.scope))
        return frame

    def best(self, frame: Frame, step: Best) -> Frame:
        """The rows with the greatest values, until their number, sum or percentage is reached."""
        frame = self._whole(frame)
        top, measure = step.kind.startswith("top"), step.kind.removeprefix("top").removeprefix("bottom")
        if measure != "count":
            frame.conditions.append(self._until(frame, step, top, measure))
            return frame
        frame.order = [self._in_order(Order(step.value, descending=top), frame)]
        frame.top = exact(step.amount, frame.scope)
        return frame

    def _until(self, frame: Frame, step: Best, top: bool, measure: str) -> SQL:
        """What the rows before a row sum up to is still less than what is asked for."""
        kind = step.value.type
        value, amount = exact(step.value, frame.scope), exact(step.amount, frame.scope)
        key, order = self._key(frame), self._in_order(Order(step.value, descending=top), frame)
        running = total_of(value, kind).over(order_by=[order, *key], rows=(None, 0)).label("running")
        total = total_of(value, kind).over().label("total")
        ranked = frame.select(*key, func.coalesce(value, 0).label("own"), running, total).subquery()
        before = func.coalesce(without(ranked.c.running, ranked.c.own, kind), 0)
        enough = amount if measure == "sum" else percent_of(ranked.c.total, amount, kind)
        keys = select(*list(ranked.c)[: len(key)]).where(is_less(before, enough, kind))
        return among(key, keys)

    def _key(self, frame: Frame) -> list[SQL]:
        if frame.scope.given:
            return list(frame.scope.given.values())
        return frame.scope.key()

    def grouped(self, frame: Frame, step: Grouped) -> Frame:
        frame = self._whole(frame)
        groups = [exact(value, frame.scope) for _, value in step.groups]
        own = [each for each in step.aggregates if each.related is None]
        aggregates = [aggregate(each, frame.scope) for each in own]
        labelled = [column.label(f"g{at}") for at, column in enumerate([*groups, *aggregates])]
        related = [each for each in step.aggregates if each.related is not None]
        counted = [func.count().label("$rows")] if related and not labelled else []
        statement = frame.select(*labelled, *counted)
        if groups:
            statement = statement.group_by(*groups) if aggregates else statement.distinct()
        names = [*(name for name, _ in step.groups), *(each.name for each in own), *(each.name for each in counted)]
        rows = self._of_columns(frame, statement, names)
        return rows if not related else self._beside(rows, frame, groups, related, step)

    def _beside(
        self, rows: Frame, frame: Frame, groups: Sequence[SQL], related: Sequence[Aggregated], step: Grouped
    ) -> Frame:
        """The groups with what is aggregated over the entities that their rows lead to."""
        clause, found = rows.source, {}
        keys = [rows.source.c[f"g{at}"] for at in range(len(groups))]
        for each in related:
            far = over_related(each, frame.scope, frame.source, frame.conditions, groups).subquery()
            same = [key.is_not_distinct_from(far.c[f"g{at}"]) for at, key in enumerate(keys)]
            clause = outerjoin(clause, far, and_(true(), *same))
            found[each.name] = func.coalesce(far.c.value, 0) if each.counts else far.c.value
        columns = {**rows.scope.given, **found}
        names = [*(name for name, _ in step.groups), *(each.name for each in step.aggregates)]
        statement = select(*(columns[name].label(f"g{at}") for at, name in enumerate(names))).select_from(clause)
        return self._of_columns(frame, statement, names)

    def _of_columns(self, frame: Frame, statement: Select[Any], names: Sequence[str]) -> Frame:
        rows = statement.cte()
        given: dict[str, SQL] = dict(zip(names, rows.c, strict=True))
        scope = frame.scope.of_columns(given)
        return Frame(scope, rows, [])

    def _whole(self, frame: Frame) -> Frame:
        """The frame with its slice taken, so that what comes next is about the rows left."""
        if not frame.is_sliced:
            return frame
        key = self._key(frame)
        if frame.scope.given:
            statement = self._sliced(frame, frame.select(*key))
            return self._of_columns(frame, statement, list(frame.scope.given))
        rows = self._sliced(frame, frame.select(*key)).subquery()
        frame.conditions = [among(key, select(rows))]
        frame.conditions += frame.scope.conditions
        frame.skip = frame.top = None
        return frame

    def _sliced(self, frame: Frame, statement: Select[Any]) -> Select[Any]:
        if not frame.is_sliced:
            return statement
        statement = self._ordered(statement, frame)
        if frame.top is not None:
            statement = statement.limit(frame.top)
        elif frame.skip is not None:
            statement = statement.limit(2**31 - 1)
        return statement if frame.skip is None else statement.offset(frame.skip)

    def _ordered(self, statement: Select[Any], frame: Frame) -> Select[Any]:
        return statement.order_by(None).order_by(*frame.order, *self._key(frame))


def among(key: Sequence[SQL], keys: Select[Any]) -> SQL:
    """That an entity is one of those with some keys."""
    return tuple_(*key).in_(keys) if len(key) > 1 else key[0].in_(keys)


# (Any: a table cannot say that each row takes its own kind of transformation.)
_PLANNERS: Mapping[type, Callable[[ApplyPlanner, Frame, Any], Frame]] = {
    Narrowed: ApplyPlanner.narrowed,
    Ordered: ApplyPlanner.ordered,
    Sliced: ApplyPlanner.sliced,
    Best: ApplyPlanner.best,
    Grouped: ApplyPlanner.grouped,
}
