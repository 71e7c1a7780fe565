"""Plans of ``$apply`` and their values → rows without a declared type, page by page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from odata_service.edm.primitive import DECIMAL, PrimitiveType
from odata_service.execute.connection import Connection, Row
from odata_service.plan.apply import ApplyPlan, ResultColumn
from odata_service.plan.statement import LIMIT, SKIP
from odata_service.result import DynamicType
from odata_service.values import frozen


@frozen
class ApplyReader:
    """Runs the sequences of one request one after another."""

    connection: Connection
    values: Mapping[str, object]

    def count(self, plans: Sequence[ApplyPlan]) -> int:
        return sum(int(str(self.connection.rows(plan.count, self.values)[0][0])) for plan in plans)

    def page(self, plans: Sequence[ApplyPlan], start: int, size: int) -> tuple[list[dict[str, object]], bool]:
        """The rows from ``start`` on, as many as a page has, and whether there are more."""
        rows: list[dict[str, object]] = []
        for plan in plans:
            wanted = size + 1 - len(rows)
            if wanted <= 0:
                break
            fetched = self.connection.rows(plan.rows, {**self.values, LIMIT: wanted, SKIP: start})
            rows += [_nested(plan, row) for row in fetched]
            if start and len(plans) > 1:
                start = max(0, start - self.count([plan]))
        return rows[:size], len(rows) > size


def _nested(plan: ApplyPlan, row: Row) -> dict[str, object]:
    """``Category/Name`` as ``{"Category": {"Name": …}}``."""
    result: dict[str, object] = {}
    for column, raw in zip(plan.columns, row, strict=True):
        _inside(result, column.path[:-1])[column.path[-1]] = _value(column, raw)
    for whole in sorted(plan.wholes, key=len, reverse=True):  # what is inside another one first
        *before, last = whole.split("/")
        above = _inside(result, before)
        if all(value is None for value in _inside(above, [last]).values()):
            above[last] = None
    return result


def _inside(result: dict[str, object], path: Sequence[str]) -> dict[str, object]:
    for name in path:
        below = result.setdefault(name, {})
        assert isinstance(below, dict), "a path leads through entities and structures"
        result = below
    return result


def _value(column: ResultColumn, raw: object) -> object:
    if raw is None:
        return None
    value = raw if column.decode is None else column.decode(raw)
    if column.enum is not None:
        return column.enum.members(int(str(value)))
    if column.counts:
        return Decimal(str(value))
    return _in_type(value, column.type)


def _in_type(value: object, kind: PrimitiveType) -> object:
    """Databases sum and average in types of their own."""
    if kind.is_integer and not isinstance(value, int):
        return int(Decimal(str(value)))
    if kind == DECIMAL and not isinstance(value, Decimal):
        return Decimal(str(value))
    return float(value) if kind.python is float and isinstance(value, Decimal) else value


def types_of(plans: Sequence[ApplyPlan]) -> dict[tuple[str, ...], DynamicType]:
    """What is known of the types of values, by their path."""
    return {column.path: _type_of(column) for plan in plans for column in plan.columns}


def _type_of(column: ResultColumn) -> DynamicType:
    kind = DECIMAL if column.counts else column.type
    return DynamicType(kind, column.enum, column.declared)


def context_of(name: str, paths: Sequence[Sequence[str]]) -> str:
    """What the context URL says of the rows.

    >>> context_of("Sales", [("Customer", "Country"), ("Customer", "Name"), ("Total",)])
    'Sales(Customer(Country,Name),Total)'
    """
    inside: dict[str, list[Sequence[str]]] = {}
    for path in paths:
        inside.setdefault(path[0], []).extend([path[1:]] if len(path) > 1 else [])
    parts = [context_of(first, rest) if rest else first for first, rest in inside.items()]
    return f"{name}({','.join(parts)})"
