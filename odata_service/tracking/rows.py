"""Where a row's stamp is kept, and which parent a row touches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from itertools import islice
from typing import Any

from sqlalchemy import Column, Connection, FromClause, Select, inspect, select, tuple_
from sqlalchemy.engine import Row
from sqlalchemy.orm import InstanceState, RelationshipDirection, RelationshipProperty
from sqlalchemy.sql.elements import ColumnElement

from odata_service.values import frozen

from .tracked import AnyMapper, tracking_of

Key = tuple[object, ...]  # a primary key's values, in the order of Mapper.primary_key
AnyColumn = ColumnElement[Any]  # keys are compared with whatever type they have
KEYS_PER_STATEMENT = 500  # databases limit the parameters of a statement: 999 on old SQLite


@frozen
class StampColumn:
    """Where the rows of a model are stamped. With joined inheritance that may be the table of a base model."""

    mapper: AnyMapper
    attribute: str
    column: Column[Any]
    key: tuple[AnyColumn, ...]
    group: str
    by_database: bool = False

    @property
    def is_locked_by_any_change(self) -> bool:
        """Whether a change of any column writes, and so locks, the very row that is stamped."""
        return len(self.mapper.tables) == 1


def in_zone_of(target: StampColumn, stamp: datetime) -> datetime:
    """A column ``timestamp with time zone`` must be told that stamps are UTC, or takes them for local time; others know no
    zone."""
    utc = stamp.astimezone(UTC) if stamp.tzinfo else stamp.replace(tzinfo=UTC)
    return utc if getattr(target.column.type, "timezone", False) else utc.replace(tzinfo=None)


@lru_cache(maxsize=1024)
def stamp_column(mapper: AnyMapper) -> StampColumn | None:
    """Where the rows of ``mapper`` are stamped; ``None`` for a model that has no stamp of its own."""
    tracking = tracking_of(mapper)
    if tracking is None or tracking.last_updated is None:
        return None
    column = _as_column(mapper.column_attrs[tracking.last_updated].columns[0])
    key = tuple(same_column_in(column.table, mapper, primary) for primary in mapper.primary_key)
    return StampColumn(mapper, tracking.last_updated, column, key, tracking.group, tracking.by_database)


def same_column_in(table: FromClause, mapper: AnyMapper, column: AnyColumn) -> Column[Any]:
    """With joined inheritance ``employee.id`` and ``person.id`` are one attribute; this is the one in ``table``."""
    twins = mapper.get_property_by_column(_as_column(column)).columns
    return next(twin for twin in map(_as_column, twins) if twin.table is table)


@frozen
class ParentLink:
    """The way from a row to the parent it touches: the foreign key, in the order of the parent's primary key."""

    child: AnyMapper
    parent: AnyMapper
    foreign_key: tuple[Column[Any], ...]
    relationship: str

    def back_to(self, way: RelationshipProperty[Any]) -> bool:
        """Whether this is the other direction of a way from the parent to its children."""
        pairs = {(near, far) for near, far in way.local_remote_pairs or ()}
        own = {(primary, foreign) for primary, foreign in zip(self.parent.primary_key, self.foreign_key, strict=True)}
        return way.parent.isa(self.parent) and pairs == own

    def written_keys(self, state: InstanceState[Any]) -> Iterator[Key]:
        """The parents before and after what a flush has just written, as far as the instance knows them."""
        names = [self.child.get_property_by_column(column).key for column in self.foreign_key]
        histories = [state.attrs[name].history for name in names]
        before: list[Sequence[Any]] = [history.deleted or history.unchanged for history in histories]
        after: list[Sequence[Any]] = [history.added or history.unchanged for history in histories]
        for values in (before, after):
            if all(values):  # an attribute that was never loaded has neither
                yield from _complete(tuple(value[0] for value in values))

    def wanted_key(self, instance: object) -> Iterator[Key]:
        """The parent that an instance shall have, by its foreign key or by the parent itself."""
        parent = inspect(instance).dict.get(self.relationship)
        if parent is not None:
            yield from _complete(tuple(self.parent.primary_key_from_instance(parent)))
            return
        names = [self.child.get_property_by_column(column).key for column in self.foreign_key]
        yield from _complete(tuple(inspect(instance).dict.get(name) for name in names))

    def stored_keys(self, connection: Connection, children: Iterable[Key]) -> Iterator[tuple[Key, Key]]:
        """Child and parent as they stand in the database. The children's rows are locked, so it stays true."""
        width = len(self.child.primary_key)
        pairs = select(*self.child.primary_key, *self.foreign_key).select_from(self.child.persist_selectable)
        for row in locked_rows(connection, pairs, self.child.primary_key, children):
            for parent in _complete(tuple(row[width:])):
                yield tuple(row[:width]), parent


@lru_cache(maxsize=1024)
def parent_link(mapper: AnyMapper) -> ParentLink | None:
    """How the rows of ``mapper`` touch a parent; ``None`` for a model that touches none."""
    tracking = tracking_of(mapper)
    if tracking is None or tracking.touches is None:
        return None
    relationship = mapper.relationships[tracking.touches]
    parent = relationship.mapper
    foreign_keys = {
        parent.get_property_by_column(_as_column(remote)): _as_column(local)
        for local, remote in relationship.local_remote_pairs or ()
    }
    primary_key = [parent.get_property_by_column(_as_column(primary)) for primary in parent.primary_key]
    if relationship.direction is not RelationshipDirection.MANYTOONE or set(primary_key) != set(foreign_keys):
        raise TypeError(f"touches={tracking.touches!r} of {mapper.class_.__name__} must name a many-to-one "
                        "relationship to the parent's primary key")  # fmt: skip
    return ParentLink(mapper, parent, tuple(foreign_keys[part] for part in primary_key), tracking.touches)


def _as_column(column: AnyColumn) -> Column[Any]:
    assert isinstance(column, Column), f"{column} must be a table's column"
    return column


def _complete(key: Key) -> Iterator[Key]:
    """A foreign key with a null in it points to nothing.

    >>> [*_complete((1, 2)), *_complete((1, None))]
    [(1, 2)]
    """
    if None not in key:
        yield key


def locked_rows(
    connection: Connection, query: Select[Any], key: tuple[AnyColumn, ...], keys: Iterable[Key]
) -> Iterator[Row[Any]]:
    """The rows of ``query`` with these keys, locked until COMMIT, in the order of the key so that two
    transactions do not wait for each other. The lock does not hold up those who insert rows that refer to them."""
    for chunk in chunks(sorted(keys, key=repr)):
        yield from connection.execute(query.where(is_one_of(key, chunk)).order_by(*key).with_for_update(key_share=True))


def is_one_of(key: tuple[AnyColumn, ...], keys: list[Key]) -> ColumnElement[bool]:
    """``id IN (1, 2)``, or ``(a, b) IN ((1, 2), (1, 3))``."""
    if len(key) == 1:
        return key[0].in_([value for (value,) in keys])
    return tuple_(*key).in_(keys)


def chunks(keys: Iterable[Key]) -> Iterator[list[Key]]:
    remaining = iter(keys)
    while chunk := list(islice(remaining, KEYS_PER_STATEMENT)):
        yield chunk
