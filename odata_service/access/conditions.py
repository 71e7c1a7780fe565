"""Query interceptors: the condition that the application puts on the rows of a set for one caller.

An interceptor is called once in a request, when the first statement over its set is planned. The values in what it
returns are parameters of the plan under names of ours, so that callers who differ in nothing but values share plans; a
plan is guarded by the *shape* of the conditions that are in it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, and_, bindparam, false, inspect, true
from sqlalchemy.sql import visitors

from odata_service.context import Context

QueryInterceptor = Callable[[Context], "ColumnElement[bool] | bool"]
Guards = tuple[tuple[str, Hashable], ...]  # sets, and the shape that their conditions must have
_CONSTANTS = {True: true(), False: false()}
Alias = Any  # of a mapped class, or the class itself: it has whatever attributes the class has


@dataclass(frozen=True, slots=True)
class Condition:
    """What the rows of one set must meet for one caller; ``values`` are those of its parameters, and conditions of one
    ``shape`` differ in nothing else."""

    expression: ColumnElement[bool]
    shape: Hashable
    values: Mapping[str, object]

    def __call__(self, alias: Alias) -> ColumnElement[bool]:
        """The condition about an alias of the set, as SQLAlchemy adapts criteria of loaders to aliases."""
        inspected: Any = inspect(alias)
        if not inspected.is_aliased_class:
            return self.expression
        adapted: ColumnElement[bool] = inspected._adapter.traverse(self.expression)
        return adapted


@dataclass(slots=True)
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
    expression = and_(true(), *(_CONSTANTS[each] if isinstance(each, bool) else each for each in said))
    key = expression._generate_cache_key()  # by which SQLAlchemy itself keeps compiled statements
    if key is None:
        return Condition(expression, object(), {})  # of which nobody can tell whether it is like another
    named, values = _named(expression, key.bindparams, f"row_{number}")
    fixed = tuple(repr(bind.effective_value) for bind in key.bindparams if bind.key not in named)
    return Condition(_with_names(expression, named), (key.key, fixed), values)


def _named(
    expression: ColumnElement[bool], binds: Sequence[BindParameter[Any]], prefix: str
) -> tuple[dict[str, BindParameter[Any]], dict[str, object]]:
    """A parameter with a name for each value that can have one: not for lists, whose length is part of the SQL, and not
    where SQLAlchemy lets nothing be replaced."""
    reachable: set[str] = set()

    def note(element: Any, **_: Any) -> None:
        if isinstance(element, BindParameter):
            reachable.add(element.key)

    visitors.replacement_traverse(expression, {}, note)
    named, values = {}, {}
    for number, bind in enumerate(binds):
        if bind.key in reachable and not bind.expanding and not bind.literal_execute:
            name = f"{prefix}_{number}"
            named[bind.key] = bindparam(name, bind.effective_value, type_=bind.type)
            values[name] = bind.effective_value
    return named, values


def _with_names(expression: ColumnElement[bool], named: Mapping[str, BindParameter[Any]]) -> ColumnElement[bool]:
    """(Any: SQLAlchemy's traversal has no types.)"""

    def put(element: Any, **_: Any) -> Any:
        return named.get(element.key) if isinstance(element, BindParameter) else None

    replaced: Any = visitors.replacement_traverse(expression, {}, put)
    found: ColumnElement[bool] = replaced
    return found
