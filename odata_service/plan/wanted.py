"""Which values of a collection are wanted, and how many there are: as columns of the row that has them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select

from odata_service.bind.query import Values
from odata_service.dialects.base import Database
from odata_service.dialects.documents import Gathered
from odata_service.plan.expression import exact, truth
from odata_service.plan.scope import Scope
from odata_service.plan.values import values_of

EVERY = 2**31 - 1


def places_of_values(asked: Values, scope: Scope, database: Database) -> ColumnElement[Any]:
    """The places of the wanted values as a JSON array, in the order that is asked for."""
    within, matching = _matching(asked, scope)
    # What gives the order is a column too: SQLite finds nothing from outside in the ORDER BY of a subquery.
    by = [exact(item.expression, within).label(f"by_{number}") for number, item in enumerate(asked.order)]
    order = [
        database.ordered(column, item.descending, item.expression.nullable)
        for column, item in zip(by, asked.order, strict=True)
    ]
    wanted = matching(within.alias.c.place, *by).order_by(*order, within.alias.c.place)
    # Always with a limit: SQLite forgets the order of a subquery that has none.
    wanted = wanted.limit(EVERY if asked.top is None else exact(asked.top, scope))
    if asked.skip is not None:
        wanted = wanted.offset(exact(asked.skip, scope))
    return select(Gathered(wanted.subquery().c.place)).scalar_subquery()


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
