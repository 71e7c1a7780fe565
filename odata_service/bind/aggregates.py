"""The items of ``aggregate(…)``: values, counts, and the aggregates that a model has for some properties itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NoReturn

from odata_service.bind.applied import Aggregated, Related
from odata_service.bind.closed import demand_open
from odata_service.bind.expression import ExpressionBinder
from odata_service.bind.typed import EntityRef, Given, PropertyRef, StructureRef, Typed
from odata_service.edm import primitive
from odata_service.edm.model import EntityType, NavigationProperty, Property
from odata_service.edm.primitive import DECIMAL, DOUBLE, INT64, PrimitiveType
from odata_service.edm.said import AGGREGATION_METHODS
from odata_service.errors import BadRequest, NotImplementedByService, did_you_mean
from odata_service.parse.syntax import AggregateItem, Expression, Path, Segment
from odata_service.values import frozen

TARGET = "$apply"
METHODS = (*AGGREGATION_METHODS, "$count")
_WHATEVER_REPEATS = ("min", "max", "countdistinct")  # do not care how often there is a value
_IN_ORDER = (primitive.STRING, primitive.DATE, primitive.TIME_OF_DAY, primitive.DATE_TIME, primitive.DATE_TIME_OFFSET,
             primitive.DURATION)  # fmt: skip


@frozen
class AggregateBinder:
    """Binds items over rows that are entities, or that have only the columns that ``expressions`` knows."""

    expressions: ExpressionBinder

    def aggregated(self, item: AggregateItem) -> Aggregated:
        if item.sources:
            self._unsupported("aggregating with 'from' is not supported", item.at)
        if item.method is None:
            return self._by_model(item)
        if item.method not in METHODS and "." not in item.method:
            self._refuse(
                f"there is no aggregation method {item.method!r:.40}{did_you_mean(item.method, METHODS)}", item.at
            )
        if item.method not in METHODS:
            self._unsupported(f"aggregating with {item.method:.80} is not supported", item.at)
        if item.alias is None:
            self._refuse("an aggregate needs a name: … as Total", item.at)
        return self._of(item.expression, item.method, item.alias, item.at)

    def _of(self, expression: Expression | None, method: str, name: str, at: int) -> Aggregated:
        if expression is None:
            return Aggregated(name, "$count", None, INT64)
        related, value = self._operand(expression, method)
        if method == "$count" and not isinstance(value, EntityRef):
            self._refuse("$count is of rows or of entities; write … with countdistinct for values", at)
        if isinstance(value, EntityRef) and method in ("$count", "countdistinct"):
            return self._entities(value, related, method, name, at)
        if isinstance(value, EntityRef | StructureRef):
            self._refuse(f"{method} needs values, not a structure", at)
        return Aggregated(name, method, value, result_type(method, self._fitting(method, value, at)), related,
                          property=_source(method, value))  # fmt: skip

    def _entities(self, value: EntityRef, related: Related | None, method: str, name: str, at: int) -> Aggregated:
        """How many entities there are: all that are related, or different ones at the end of a single path."""
        if related is not None:
            return Aggregated(name, "$count", None, INT64, related)
        if len(value.entity_type.key) > 1:
            self._unsupported(f"counting entities of {value.entity_type.name}, whose key has several parts", at)
        key = PropertyRef(value.path, value.entity_type.key[0], value.variable)
        return Aggregated(name, "countdistinct", key, INT64, related)

    def _by_model(self, item: AggregateItem) -> Aggregated:
        """``aggregate(Amount)``: the model says how (Aggregation.CustomAggregate)."""
        assert isinstance(item.expression, Path), "the parser takes nothing else without a method"
        *_, last = item.expression.steps
        name = last.name if isinstance(last, Segment) else ""
        _, value = self._operand(item.expression, None)
        declared = value.property if isinstance(value, PropertyRef | Given) else None
        if declared is None or declared.aggregate is None:
            self._refuse(f"{name} has no aggregate of its own; write {name} with sum as Total", item.at)
        return self._of(item.expression, declared.aggregate, item.alias or name, item.at)

    def _operand(self, node: Expression, method: str | None) -> tuple[Related | None, Typed]:
        """What is aggregated, and the way to the entities that have it, of which each counts once."""
        way = self._way(node) if isinstance(node, Path) else None
        if way is None or (method in _WHATEVER_REPEATS and not any(each.collection for each, _ in way[0].ways)):
            return None, self._value(self.expressions, node)
        related, rest = way
        entity_type = related.ways[-1][1]
        inside = replace(self.expressions.about(entity_type, related.name), own=related.name)
        if not rest:
            return related, EntityRef((), entity_type, related.name)
        return related, self._value(inside, Path(tuple(rest), node.at))

    def _value(self, binder: ExpressionBinder, node: Expression) -> Typed:
        found = binder.operand(node)
        found = found if isinstance(found, EntityRef | StructureRef) else binder.known(node)
        return demand_open(found, "aggregate", binder, node.at)

    def _way(self, path: Path) -> tuple[Related, Sequence[Segment]] | None:
        """The part of a path up to its last navigation property, with a cast behind it, and what follows."""
        steps = [step for step in path.steps if isinstance(step, Segment) and step.arguments is None]
        ways: list[tuple[NavigationProperty, EntityType]] = []
        current, taken = self.expressions.type, 0
        for position, step in enumerate(steps, start=1):
            if "." in step.name:
                current = self._derived(current, step)
                if taken == position - 1 and ways:
                    ways[-1], taken = (ways[-1][0], current), position
            elif step.name in current.navigation:
                way = current.navigation[step.name]
                current = self.expressions.model.types[way.target]
                ways.append((way, current))
                taken = position
            else:
                break
        if not ways or len(steps) < len(path.steps):
            return None
        return Related(tuple(ways), f"$related/{path.at}"), steps[taken:]

    def _derived(self, current: EntityType, step: Segment) -> EntityType:
        wanted = self.expressions.model.type_named(step.name)
        if wanted is None or not wanted.is_a(current):
            self._refuse(f"{step.name} is no type derived from {current.full_name}", step.at)
        return wanted

    def _fitting(self, method: str, value: Typed, at: int) -> PrimitiveType:
        if method in ("sum", "average") and not value.type.is_numeric:
            self._refuse(f"{method} needs numbers, not {value.type}", at)
        if method in ("min", "max") and not (value.type.is_numeric or value.type in _IN_ORDER):
            self._refuse(f"{method} needs values that have an order, not {value.type}", at)
        return value.type

    def _refuse(self, message: str, at: int) -> NoReturn:
        raise BadRequest("BadTransformation", message, target=TARGET, at=at)

    def _unsupported(self, message: str, at: int) -> NoReturn:
        raise NotImplementedByService("NotImplemented", message, target=TARGET, at=at)


def _source(method: str, value: Typed) -> Property | None:
    """The property whose values a least or greatest one is among."""
    return value.property if method in ("min", "max") and isinstance(value, PropertyRef | Given) else None


def result_type(method: str, kind: PrimitiveType) -> PrimitiveType:
    if method in ("countdistinct", "$count"):
        return INT64
    if method == "average":
        return DECIMAL if kind == DECIMAL else DOUBLE
    if method == "sum" and kind.is_integer:
        return DECIMAL if kind == INT64 else INT64  # which has room for as many smaller ones as there may be
    return (DECIMAL if kind == DECIMAL else DOUBLE) if method == "sum" else kind
