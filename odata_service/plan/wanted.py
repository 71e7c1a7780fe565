"""Which values of a collection are wanted, and how many there are: as columns of the row that has them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, Select, func, literal, select

from odata_service.bind.query import Values
from odata_service.dialects.base import Database
from odata_service.plan.expression import exact, truth
from odata_service.plan.scope import Scope
from odata_service.plan.values import values_of

EVERY = 2**31 - 1


def places_of_values(asked: Values, scope: Scope, database: Database) -> ColumnElement[Any]:
    """The places of the wanted values as a JSON array, in the order that is asked for."""
    within, matching = _matching(asked, scope)
    order = [(exact(item.expression, within), item.descending, item.expression.nullable) for item in asked.order]
    top = literal(EVERY) if asked.top is None else exact(asked.top, scope)
    skip = None if asked.skip is None else exact(asked.skip, scope)
    return database.gathered(matching, within.alias.c.place, order, top, skip)


def number_of_values(asked: Values, scope: Scope) -> ColumnElement[Any]:
    """How many values match, whatever page of them is shown."""
    _, matching = _matching(asked, scope)
    return matching(func.count()).scalar_subquery()


def _matching(asked: Values, scope: Scope) -> tuple[Scope, Callable[..., Select[Any]]]:
    """The scope of the values, and how to select from those that match."""
    within, rows, meets = values_of(asked.collection, scope.alias, scope, asked.names)
    conditions = [] if asked.filter is None else [truth(asked.filter, within)]

    def select_from(*columns: ColumnElement[Any]) -> Select[Any]:
        return select(*columns).select_from(rows).where(meets, *conditions).correlate_except(rows)

    return within, select_from
