"""The steps of a resource path as joins: ``People(k)/Addresses`` is addresses joined to the one person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement

from odata_service.bind.query import Step
from odata_service.plan.expression import key_conditions, truth
from odata_service.plan.joins import joined
from odata_service.plan.aliases import Alias
from odata_service.plan.scope import Scope, of_type


def source_of(steps: Sequence[Step], scope: Scope) -> tuple[Any, list[ColumnElement[bool]]]:
    """What the last step's alias (the scope's) is joined with, and the conditions of all steps. (Any: an alias or a
    join, for which SQLAlchemy has no common type.)"""
    clause: Any = scope.alias
    near_alias = scope.alias
    last = steps[-1]
    conditions = [*scope.conditions, *key_conditions(last.key, scope.alias, scope), *of_type(scope.alias, last.type)]
    conditions += [truth(condition, scope) for condition in last.filters] + _among(last, scope.alias)
    for position in range(len(steps) - 1, 0, -1):
        step, before = steps[position], steps[position - 1]
        alias = scope.alias_in(before.entity_set)
        assert step.navigation is not None
        clause = joined(clause, alias, near_alias, step.navigation)
        conditions += key_conditions(before.key, alias, scope) + _among(before, alias)
        conditions += [*scope.allowed(before.entity_set.name, alias), *of_type(alias, before.type)]
        near_alias = alias
    return clause, conditions


def _among(step: Step, alias: Alias) -> list[ColumnElement[bool]]:
    """That the entity is one of those that a function returned."""
    return [] if step.among is None else [step.among(alias)]
