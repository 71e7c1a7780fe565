"""Which rows were related and are not any more, for followers of what is expanded.

A row that goes from one parent to another is found under the new one, and a row of a link table that is gone is found nowhere.
Who holds the pair must be told all the same. So when a foreign key changes, or a row of a link table goes, what it was is
kept with the stamp up to which it held, once somebody follows it: then there is the table. Only then is the database asked
for the table, because foreign keys change seldom.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, Column, Engine, Integer, MetaData, Table, delete, insert, inspect
from sqlalchemy.orm import RelationshipProperty, Session
from sqlalchemy.orm.attributes import get_history

from .begin import writing
from .clock import UTC_CLOCK, Clock
from .images import IMAGE, UNTIL, Images, are_kept
from .rows import stamp_column
from .tombstones import LOADED_OR_PENDING
from .tracked import AnyMapper

_INFO = "odata_unlinked"


def unlinked(table: Table) -> Images:
    """What the rows of a table were related to: its keys, without the rest."""
    images: Images = table.info.setdefault(_INFO, _images(table))
    return images


def watch_links(mappers: Iterable[AnyMapper]) -> None:
    """So that a foreign key which is set unread is read first: else nobody would know what it was."""
    for mapper in mappers:
        for attribute, _ in _foreign_keys(mapper):
            mapper.class_manager[attribute].impl.active_history = True


def tables_of_links(relationship: RelationshipProperty[Any]) -> Iterator[Table]:
    """The table that has the pairs of a relationship: one of the two ends', or one between."""
    if isinstance(relationship.secondary, Table):
        yield relationship.secondary
    else:
        held = {each.table for pair in relationship.local_remote_pairs or () for each in pair if each.foreign_keys}
        yield from (each for each in held if isinstance(each, Table))


def take_unlinked(session: Session) -> Iterator[tuple[AnyMapper, Images]]:
    """After a flush: keep what its changes have taken apart. Says in which tables, so that they are stamped."""
    for instance in session.dirty:
        state: Any = inspect(instance)
        if stamp_column(state.mapper) is None:
            continue
        for table, rows in (*_changed_keys(state), *_removed_links(state)):
            images, connection = unlinked(table), session.connection(bind_arguments={"mapper": state.mapper})
            if rows and are_kept(connection, images):
                connection.execute(insert(images.table), rows)
                yield state.mapper, images


def forget_unlinked(engine: Engine, tables: Iterable[Table], older_than: timedelta, clock: Clock = UTC_CLOCK) -> None:
    """What nobody needs any more who follows it."""
    until = clock.now_ms() - older_than // timedelta(milliseconds=1)
    for images in map(unlinked, tables):
        if are_kept(engine, images):
            with writing(engine).begin() as connection:
                connection.execute(delete(images.table).where(images.table.c[UNTIL] < until))


def _changed_keys(state: Any) -> Iterator[tuple[Table, list[dict[str, object]]]]:
    """The keys that a row had in each of its tables, where a foreign key among them has changed."""
    set_anew = [(name, column) for name, column in _foreign_keys(state.mapper) if name in state.committed_state]
    for table in {column.table for name, column in set_anew if _was(state, name) != _is(state, name)}:
        kept = [column for column in table.columns if column.name in unlinked(table).table.c]
        names = {column.name: state.mapper.get_property_by_column(column).key for column in kept}
        yield table, [{column: _was(state, name) for column, name in names.items()}]


def _was(state: Any, name: str) -> object:
    history = state.attrs[name].history
    before = history.deleted or history.unchanged
    return before[0] if before else None


def _is(state: Any, name: str) -> object:
    history = state.attrs[name].history
    after = history.added or history.unchanged
    return after[0] if after else None


@lru_cache(maxsize=1024)
def _foreign_keys(mapper: AnyMapper) -> tuple[tuple[str, Column[Any]], ...]:
    """The attributes that are foreign keys, but for the key that a row of a hierarchy shares with the one above."""
    alone = ((each.key, each.columns[0]) for each in mapper.column_attrs if len(each.columns) == 1)
    return tuple((name, column) for name, column in alone if isinstance(column, Column) and column.foreign_keys)


def _removed_links(state: Any) -> Iterator[tuple[Table, list[dict[str, object]]]]:
    """The pairs that are gone from the table between, as it had them."""
    for table, way in _link_tables(state.mapper):
        if way.key in state.committed_state or way.key in state.__dict__.get("_pending_mutations", ()):
            removed = get_history(state.obj(), way.key, LOADED_OR_PENDING).deleted
            yield table, [_pair(way, state.obj(), other) for other in removed]


@lru_cache(maxsize=1024)
def _link_tables(mapper: AnyMapper) -> tuple[tuple[Table, RelationshipProperty[Any]], ...]:
    found = ((each.secondary, each) for each in mapper.relationships if not each.viewonly)
    return tuple((table, each) for table, each in found if isinstance(table, Table))


def _pair(way: RelationshipProperty[Any], near: object, far: object) -> dict[str, object]:
    ends = (
        (way.parent, near, way.synchronize_pairs),
        (way.mapper, far, way.secondary_synchronize_pairs or ()),
    )
    return {
        str(link.name): getattr(entity, mapper.get_property_by_column(column).key)
        for mapper, entity, pairs in ends
        for column, link in pairs
    }


def _images(table: Table) -> Images:
    keys = [each for each in table.columns if each.primary_key or each.foreign_keys]
    kept = Table(
        f"odata_unlinked_{table.name}"[:60],
        MetaData(),
        Column(IMAGE, Integer, primary_key=True),
        Column(UNTIL, BigInteger, index=True),
        *(Column(each.name, each.type, index=bool(each.foreign_keys)) for each in keys),
        schema=table.schema,
    )
    return Images(table, kept)
