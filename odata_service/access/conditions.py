"""Query interceptors: the condition that the application puts on the rows of a set for one caller.

An interceptor is called once in a request, when the first statement over its set is planned. The values in what it
returns are parameters of the plan under names of ours, so that callers who differ in nothing but values share plans; a
plan is guarded by the *shape* of the conditions that are in it.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import field
from functools import cached_property
from typing import Any

from sqlalchemy import BindParameter, ColumnClause, ColumnElement, Select, SelectBase, Table, TextClause
from sqlalchemy import and_, exists, false, inspect, literal, or_, select, true
from sqlalchemy.sql import visitors
from sqlalchemy.sql.util import ClauseAdapter
from sqlalchemy.util import immutabledict

from odata_service.context import Context
from odata_service.tracking import UNTIL, Images
from odata_service.values import mutable

QueryInterceptor = Callable[[Context], "ColumnElement[bool] | bool"]
Guards = tuple[tuple[str, Hashable], ...]  # sets, and the shape that their conditions must have
_CONSTANTS = {True: true(), False: false()}
Alias = Any  # of a mapped class, or the class itself: it has whatever attributes the class has


class Condition:
    """What the rows of one set must meet for one caller, as it was ``said``; ``values`` are those of its parameters, whose
    names begin with ``prefix``, and conditions of one ``shape`` differ in nothing else."""

    def __init__(self, said: ColumnElement[bool], prefix: str) -> None:
        self._said, self._prefix = said, prefix
        key = said._generate_cache_key()  # by which SQLAlchemy itself keeps compiled statements
        self.shape: Hashable = object()  # of which nobody can tell whether it is like another
        self.values: Mapping[str, object] = {}
        self._fixed: tuple[str, ...] = (uuid.uuid4().hex,)
        if key is not None:
            plain = [bind for bind in key.bindparams if _is_plain(bind)]
            self.values = {f"{prefix}_{number}": bind.effective_value for number, bind in enumerate(plain)}
            self._fixed = tuple(repr(bind.effective_value) for bind in key.bindparams if not _is_plain(bind))
            self.shape = (key.key, self._fixed)

    @cached_property
    def expression(self) -> ColumnElement[bool]:
        """With names of ours; what the application holds is not ours to change. Made only where a plan is: what is kept serves
        whoever has the same shape."""
        own = visitors.cloned_traverse(self._said, {}, {})
        _let_replace(own)
        key = own._generate_cache_key()
        for number, bind in enumerate(filter(_is_plain, () if key is None else key.bindparams)):
            bind.key, bind.unique = f"{self._prefix}_{number}", False
        return own

    def __call__(self, alias: Alias) -> ColumnElement[bool]:
        """The condition about an alias of the set. One that is only about columns of the row is put on the alias itself.
        Whatever else it may hold, above all subqueries, keeps its meaning where the class itself is selected from, so
        it is asked there, of the row with the same key."""
        inspected: Any = inspect(alias)
        if not inspected.is_aliased_class:
            return self.expression
        if _is_about_a_row(self.expression, inspected.mapper):
            # Not the adapter's own way, which would keep the condition as long as there is the alias.
            return ClauseAdapter.traverse(inspected._adapter, self.expression)
        return exists(_same_row(inspected, self.expression))

    @property
    def text(self) -> str:
        """What tells it from other conditions, also in another process."""
        return f"{self.expression} {sorted(self.values.items())} {self._fixed}"

    def of_image(self, images: Images) -> ColumnElement[bool]:
        """The condition about a row as it was. Columns inside of a subquery that selects from the class itself are those
        of other rows, as they are now."""

        def put(element: Any, **_: Any) -> Any:
            if isinstance(element, Select) and _selects_from(element, images.of):
                return element
            if isinstance(element, ColumnClause) and element.table is images.of and element.name in images.table.c:
                return images.table.c[element.name]
            return None

        put_in: ColumnElement[bool] = visitors.replacement_traverse(self.expression, {}, put)
        return put_in


def saw(condition: Condition, mapper: Any, images: Images, since: int) -> Callable[[Alias], ColumnElement[bool]]:
    """The rule that a caller sees a row, or saw it at the stamp ``since`` or later."""
    table = images.table
    keys = [mapper.get_property_by_column(column).key for column in images.of.primary_key]

    def rule(alias: Alias) -> ColumnElement[bool]:
        same = [
            table.c[column.name] == getattr(alias, key) for column, key in zip(images.of.primary_key, keys, strict=True)
        ]
        was = select(literal(1)).select_from(table).where(*same, table.c[UNTIL] > since, condition.of_image(images))
        return or_(condition(alias), exists(was.correlate(inspect(alias).selectable)))

    return rule


def _selects_from(statement: Select[Any], table: Table) -> bool:
    """Whether a subquery has the table for itself, and does not mean the row outside."""
    others = [each for each in statement.get_final_froms() if each is not table]
    return not others or any(table in visitors.iterate(each) for each in others)


def _is_about_a_row(expression: ColumnElement[bool], mapper: Any) -> bool:
    """(Any: a mapper of whatever class.)"""
    tables = {table for each in mapper.self_and_descendants for table in each.tables}
    for element in visitors.iterate(expression):
        if isinstance(element, SelectBase | TextClause):
            return False
        if isinstance(element, ColumnClause) and element.table not in tables:
            return False
    return True


def _same_row(inspected: Any, expression: ColumnElement[bool]) -> Any:
    """(Any: SQLAlchemy's inspection of an alias, and a select.)"""
    mapper = inspected.mapper
    keys = [mapper.get_property_by_column(column).key for column in mapper.primary_key]
    same = [getattr(mapper.class_, key) == getattr(inspected.entity, key) for key in keys]
    statement = select(literal(1)).select_from(mapper.class_).where(*same, expression)
    return statement.correlate(inspected.selectable)


@mutable
class Conditions:
    """The conditions of one caller in one request, each made when it is first asked for; ``values`` are those of the
    parameters in all that were made so far."""

    interceptors: Mapping[str, Sequence[QueryInterceptor]]
    context: Context
    made: dict[str, Condition] = field(default_factory=dict)
    values: dict[str, object] = field(default_factory=dict)

    def of(self, set_name: str) -> Condition | None:
        interceptors = self.interceptors.get(set_name)
        if not interceptors:
            return None
        if set_name not in self.made:
            number = list(self.interceptors).index(set_name)
            condition = _condition([each(self.context) for each in interceptors], set_name, number)
            self.made[set_name] = condition
            self.values.update(condition.values)
        return self.made[set_name]

    def hold(self, guards: Guards) -> bool:
        """Whether a plan with these guards is one for this caller."""
        return all(self._shape(set_name) == shape for set_name, shape in guards)

    def _shape(self, set_name: str) -> Hashable:
        condition = self.of(set_name)
        return None if condition is None else condition.shape


def _condition(said: Sequence[ColumnElement[bool] | bool], set_name: str, number: int) -> Condition:
    """All of what the interceptors of a set said; an interceptor that forgot to return something opens nothing."""
    if any(each is None for each in said):
        raise TypeError(f"a query interceptor of {set_name} returned None; True stands for all rows")
    first, *others = (_CONSTANTS[each] if isinstance(each, bool) else each for each in said)
    return Condition(and_(first, *others) if others else first, f"row_{number}")


def _let_replace(expression: ColumnElement[bool]) -> None:
    """``has(…)`` and ``any(…)`` keep their conditions from being adapted to aliases, which is not how we do it."""
    for element in visitors.iterate(expression):
        annotations: Any = element._annotations
        if "no_replacement_traverse" in annotations:
            kept = {name: value for name, value in annotations.items() if name != "no_replacement_traverse"}
            element.__dict__["_annotations"] = immutabledict(kept)


def _is_plain(bind: BindParameter[Any]) -> bool:
    """Whether its value can be a parameter: not a list, whose length is part of the SQL."""
    return not (bind.expanding or bind.literal_execute)
