"""How rows of two entity sets meet: by foreign keys, or through a link table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, FromClause, and_
from sqlalchemy.orm import join

from odata_service.edm.model import NavigationProperty
from odata_service.plan.aliases import Alias
from odata_service.plan.scope import column_of

Columns = Sequence[ColumnElement[Any]]


def joined(clause: Any, source: Alias, target: Alias, way: NavigationProperty) -> Any:
    """``clause``, which has the target, joined with the source, from which the way leads."""
    if not way.link_near:
        return join(clause, source, meeting(way, source, target))
    link = way.link_table.alias()
    linked = join(clause, link, at_link(link, way.link_far, target, way.far))
    return join(linked, source, at_link(link, way.link_near, source, way.near))


def at_link(link: FromClause, link_columns: Columns, alias: Alias, columns: Columns) -> ColumnElement[bool]:
    """The condition under which a row of a link table and one of an entity's belong together."""
    pairs = zip(link_columns, columns, strict=True)
    return and_(*(link.c[str(one.key)] == column_of(alias, other) for one, other in pairs))


def meeting(way: NavigationProperty, source: Alias, target: Alias) -> ColumnElement[bool]:
    """The condition under which a row of the target is related to one of the source, without a link table."""
    pairs = zip(way.near, way.far, strict=True)
    return and_(*(column_of(source, near) == column_of(target, far) for near, far in pairs))


def reached(way: NavigationProperty, target: Alias) -> tuple[Any, list[ColumnElement[Any]]]:
    """What a subquery over all rows of the target selects from, and the columns that say to which rows of the source they
    belong."""
    if not way.link_near:
        return target, [column_of(target, far) for far in way.far]
    link = way.link_table.alias()
    clause = join(target, link, at_link(link, way.link_far, target, way.far))
    return clause, [link.c[str(one.key)] for one in way.link_near]


def related(way: NavigationProperty, source: Alias, target: Alias) -> tuple[Any, ColumnElement[bool]]:
    """What a subquery over the target selects from, and the condition that ties it to a row of the source outside."""
    clause, columns = reached(way, target)
    return clause, and_(*(column_of(source, near) == far for near, far in zip(way.near, columns, strict=True)))
