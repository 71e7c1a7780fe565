"""New rows without instances.

To a unit of work a new row is an object with a history, a place in an order and an identity afterwards, which costs several
times its INSERT. Where nobody could tell the difference the rows are written as they are: of a class in one table that is
made of nothing but its columns, while nobody but the save hook listens to its instances or to the session.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import groupby
from typing import Any

from sqlalchemy import Insert, Table, insert
from sqlalchemy.orm import Session, decl_base

from .hook import SaveHook, innermost_ledger
from .rows import in_zone_of, parent_link, stamp_column
from .tracked import AnyMapper, tombstone_of

_OF_SESSIONS = (
    "before_flush", "after_flush", "after_flush_postexec", "before_attach", "after_attach", "transient_to_pending",
    "pending_to_persistent",
)  # fmt: skip
_OF_MAPPERS = ("before_insert", "after_insert")
NewRow = Mapping[str, object]  # by attribute


def are_rows(session: Session, mapper: AnyMapper) -> bool:
    """Whether new entities of a model are nothing but rows to everybody."""
    is_idle = not (session.new or session.dirty or session.deleted)
    return is_idle and _is_plain(mapper) and not _is_listened_to(mapper) and _hook_of(session) is not None


def insert_rows(session: Session, mapper: AnyMapper, rows: Sequence[NewRow]) -> None:
    """Write rows that :func:`are_rows`, in their order; each names its whole key. They are stamped with the rest of their
    transaction."""
    initial, connection = _initial_values(session, mapper), session.connection(bind_arguments={"mapper": mapper})
    complete = [_without_defaults(mapper, {**row, **initial}) for row in rows]
    for _, alike in groupby(complete, key=tuple):
        connection.execute(_statement(mapper), list(alike))
    if stamp_column(mapper) is not None:
        touched, names = innermost_ledger(session), [mapper.get_property_by_column(part).key for part in mapper.primary_key]
        for row in rows:
            touched.add(mapper, tuple(row[name] for name in names), written=True)


def _initial_values(session: Session, mapper: AnyMapper) -> dict[str, object]:
    """What the hook gives a new instance."""
    target, tombstone, hook = stamp_column(mapper), tombstone_of(mapper), _hook_of(session)
    if target is None or tombstone is None or hook is None:
        return {}
    return {target.attribute: in_zone_of(target, hook.clock.provisional()), tombstone: False}


def _without_defaults(mapper: AnyMapper, row: NewRow) -> dict[str, object]:
    """By column. As in a flush, a null stands for the default where there is one."""
    named = _columns(mapper)
    return {
        name: value
        for (name, has_default), value in ((named[attribute], value) for attribute, value in row.items())
        if value is not None or not has_default
    }


@lru_cache(maxsize=1024)
def _columns(mapper: AnyMapper) -> dict[str, tuple[str, bool]]:
    """The key of each attribute's column, and whether it has a default."""
    columns = ((attribute.key, attribute.columns[0]) for attribute in mapper.column_attrs)
    return {name: (each.key, each.default is not None or each.server_default is not None) for name, each in columns}


@lru_cache(maxsize=1024)
def _statement(mapper: AnyMapper) -> Insert:
    table = mapper.local_table
    assert isinstance(table, Table), "rows are written into tables"
    return insert(table)


@lru_cache(maxsize=1024)
def _is_plain(mapper: AnyMapper) -> bool:
    """Whether a class has one table of its own, and nothing happens when an instance is made or gets a value."""
    model: Any = mapper.class_
    made_by: Any = mapper.class_manager.original_init
    columns = [column for attribute in mapper.column_attrs for column in attribute.columns]
    target = stamp_column(mapper)
    return (
        isinstance(mapper.local_table, Table)
        and mapper.inherits is None
        and mapper.polymorphic_on is None
        and mapper.version_id_col is None
        and not mapper.validators
        and made_by in (decl_base._declarative_constructor, object.__init__)
        and model.__new__ is object.__new__
        and model.__setattr__ is object.__setattr__
        and parent_link(mapper) is None
        and not (target and target.by_database)
        and len(columns) == len(mapper.column_attrs)
        and all(column.table is mapper.local_table and not column.type.should_evaluate_none for column in columns)
    )


def _is_listened_to(mapper: AnyMapper) -> bool:
    manager: Any = mapper.class_manager
    made = any(getattr(each, "__module__", "") != "sqlalchemy.orm.mapper" for each in manager.dispatch.init)
    set_ = any(manager[attribute.key].dispatch.set for attribute in mapper.column_attrs)
    return made or set_ or any(getattr(mapper.dispatch, name) for name in _OF_MAPPERS)


def _hook_of(session: Session) -> SaveHook | None:
    """The save hook, if nobody else listens."""
    listeners = (each for name in _OF_SESSIONS for each in getattr(session.dispatch, name))
    hooks = {getattr(each, "__self__", None) for each in listeners}
    hook = hooks.pop() if len(hooks) == 1 else None
    return hook if isinstance(hook, SaveHook) else None
