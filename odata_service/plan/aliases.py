"""Aliases of mapped classes, and how one plan leaves them to the next."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from sqlalchemy.orm import Mapper, aliased, with_polymorphic

from odata_service.edm.model import EntityType
from odata_service.tracking import rows_of

Alias = Any  # of a mapped class: it has whatever attributes the class has
_Kind = tuple[Mapper[Any], bool, bool]


def alias_of(entity_type: EntityType, *, dead: bool = False) -> Alias:
    """A new alias for rows of a type; in a hierarchy one that has the columns of all types below the root. ``dead`` rows are
    among them, too, where the database keeps these apart."""
    root = entity_type.root
    rows = rows_of(root.mapper, dead=dead)
    if rows is not None:
        return aliased(root.mapper.class_, rows, adapt_on_names=True)
    if not root.derived:
        return aliased(root.mapper.class_)
    return with_polymorphic(root.mapper.class_, "*", aliased=True, flat=True)


class Aliases:
    """The aliases that no plan is about at the moment. SQLAlchemy finds out what a column of an alias is when it is first asked
    for, and that takes longer than all else about a statement; so a plan that is compiled leaves its aliases to the next.
    Each has one plan at a time, whatever the threads do."""

    def __init__(self) -> None:
        self._left: defaultdict[_Kind, list[Alias]] = defaultdict(list)

    def take(self, entity_type: EntityType, dead: bool) -> Alias:
        """One that was left, or a new one."""
        try:
            return self._left[_kind(entity_type, dead)].pop()
        except IndexError:
            return alias_of(entity_type, dead=dead)

    def leave(self, entity_type: EntityType, dead: bool, alias: Alias) -> None:
        self._left[_kind(entity_type, dead)].append(alias)


def _kind(entity_type: EntityType, dead: bool) -> _Kind:
    """What one caller sees of a hierarchy may be its root alone."""
    return entity_type.root.mapper, bool(entity_type.root.derived), dead
