"""What is aggregated as SQL, over the rows themselves or over the entities that they lead to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, literal, select
from sqlalchemy.orm import join
from sqlalchemy.sql.functions import FunctionElement

from odata_service.bind.applied import Aggregated
from odata_service.dialects import constructs
from odata_service.edm.primitive import DECIMAL, PrimitiveType
from odata_service.plan.expression import exact, truth
from odata_service.plan.joins import at_link, meeting
from odata_service.plan.aliases import Alias
from odata_service.plan.scope import Scope, of_type, value_of
from odata_service.plan.sql_types import SQL_TYPES

SQL = ColumnElement[Any]


def aggregate(aggregated: Aggregated, scope: Scope) -> SQL:
    """Over the rows of a group; those that do not meet the condition are as if they had no value."""
    value = literal(1) if aggregated.expression is None else exact(aggregated.expression, scope)
    if aggregated.condition is not None:
        value = case((truth(aggregated.condition, scope), value))
    return _sql(aggregated, value)


def over_related(
    aggregated: Aggregated, scope: Scope, source: Any, conditions: Sequence[SQL], groups: Sequence[SQL]
) -> Select[Any]:
    """For each group the aggregate over the related entities, each of which is there once (Data Aggregation, Aggregation
    Algorithm). Columns: ``g0`` and so on for the groups, ``value``. (Any: an alias or a join.)"""
    assert aggregated.related is not None, "the others are aggregated over rows"
    conditions = list(conditions)
    if aggregated.condition is not None:
        conditions.append(truth(aggregated.condition, scope))
    within, ways, last = _scopes(aggregated, scope)
    value = literal(1) if aggregated.expression is None else exact(aggregated.expression, within)
    clause, near = scope.joined(source), scope.start_of(aggregated.related.ways[0][0])
    for (way, entity_type), alias in zip(aggregated.related.ways, ways, strict=True):
        clause = _reached(clause, near, alias, way)
        conditions += [*scope.allowed(way.target_set, alias), *of_type(alias, entity_type)]
        near = alias
    clause = within.joined(clause)
    key = [value_of(last, part) for part in scope.model.target_set(aggregated.related.ways[-1][0]).type.key]
    named = [group.label(f"g{at}") for at, group in enumerate(groups)]
    once = select(*named, *(part.label(f"k{at}") for at, part in enumerate(key)), value.label("v"))
    entities = once.select_from(clause).where(*conditions).distinct().subquery()
    groups_of_them = [entities.c[f"g{at}"] for at in range(len(groups))]
    found = select(*groups_of_them, _sql(aggregated, entities.c.v).label("value"))
    return found.group_by(*groups_of_them) if groups else found


def _scopes(aggregated: Aggregated, scope: Scope) -> tuple[Scope, Sequence[Alias], Alias]:
    """The scope of the last entities of a way, and the aliases of all on it."""
    assert aggregated.related is not None, "see over_related"
    *before, (last, entity_type) = aggregated.related.ways
    within = scope.inside(scope.model.target_set(last), entity_type, (aggregated.related.name,))
    return within, [*(scope.alias_of(way) for way, _ in before), within.alias], within.alias


def _reached(clause: Any, source: Alias, target: Alias, way: Any) -> Any:
    """A clause that has the source, joined with where a navigation property leads."""
    if not way.link_near:
        return join(clause, target, meeting(way, source, target))
    link = way.link_table.alias()
    linked = join(clause, link, at_link(link, way.link_near, source, way.near))
    return join(linked, target, at_link(link, way.link_far, target, way.far))


def _sql(aggregated: Aggregated, value: SQL) -> SQL:
    if aggregated.method in ("sum", "average") and aggregated.type == DECIMAL:
        total = constructs.AsDecimal(total_of(value, DECIMAL))
        return total if aggregated.method == "sum" else constructs.arithmetic("div", total, func.count(value), EXACT)
    return _AGGREGATES[aggregated.method](value)


def total_of(value: SQL, kind: PrimitiveType) -> FunctionElement[Any]:
    """Decimals are added up exactly. Over a window there must always be a row in it: Python's sqlite3 breaks down
    where an empty one is asked for its value."""
    return constructs.DecimalSum(value) if kind == DECIMAL else func.sum(value)


def without(total: SQL, value: SQL, kind: PrimitiveType) -> SQL:
    return constructs.arithmetic("sub", total, value, EXACT) if kind == DECIMAL else total - value


def percent_of(total: SQL, amount: SQL, kind: PrimitiveType) -> SQL:
    if kind != DECIMAL:
        return total * amount / 100
    return constructs.arithmetic("div", constructs.arithmetic("mul", total, amount, EXACT), literal(100), EXACT)


def is_less(left: SQL, right: SQL, kind: PrimitiveType) -> SQL:
    return constructs.decimal_test("lt", left, right) if kind == DECIMAL else left < right


EXACT = SQL_TYPES[DECIMAL]
_AGGREGATES: Mapping[str, Callable[[SQL], SQL]] = {
    "sum": func.sum,
    "min": func.min,
    "max": func.max,
    "average": func.avg,
    "countdistinct": lambda value: func.count(value.distinct()),
    "$count": func.count,
}
