"""What rows were before they were changed, for followers who see only some rows.

A row that is changed so that a follower may not see it any more has to be told of, and one that he never could see must not
be. Only the row as it was tells the two apart. So each change of a tracked row keeps its image, with the stamp up to which
the row was like that, once :func:`keep_images` was called for its model and somebody follows it: then there is the table.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import (
    BigInteger, Column, ColumnElement, Connection, Engine, Integer, LargeBinary, MetaData, Table, TypeDecorator, delete, inspect, insert,
    select, update,
)  # fmt: skip
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import Session

from .begin import writing
from .bookkeeping import create_missing
from .clock import UTC_CLOCK, Clock
from .rows import Key, chunks, in_zone_of, is_one_of, stamp_column
from .tracked import AnyMapper

IMAGE, UNTIL = "odata_image", "odata_until"
_INFO = "odata_images"


@dataclass(frozen=True)
class Images:
    """The images of one table's rows: its columns but for octets, and the stamp in milliseconds up to which they held."""

    of: Table
    table: Table

    @property
    def kept(self) -> list[Column[Any]]:
        return [column for column in self.of.columns if column.name in self.table.c]


_known: WeakKeyDictionary[Dialect, set[str]] = WeakKeyDictionary()  # by an engine's, which its variants share


def keep_images(mapper: AnyMapper) -> None:
    """From now on, of a model whose hierarchy has one table; others have none."""
    table, target = mapper.local_table, stamp_column(mapper)
    if isinstance(table, Table) and target is not None and not target.by_database and _has_one_table(mapper):
        table.info.setdefault(_INFO, _images(table))


def images_of(mapper: AnyMapper) -> Images | None:
    images: Images | None = getattr(mapper.local_table, "info", {}).get(_INFO)
    return images


def are_kept(bind: Engine | Connection, images: Images) -> bool:
    """Whether there is the table: nobody has followed the model before. In a transaction, that is what is asked."""
    known = _known.setdefault(bind.dialect, set())
    if images.table.name not in known and inspect(bind).has_table(images.table.name, images.table.schema):
        known.add(images.table.name)
    return images.table.name in known


def begin_to_keep(engine: Engine, images: Iterable[Images]) -> None:
    """Make the tables that are missing."""
    for each in images:
        if not are_kept(engine, each):
            create_missing(engine, each.table)


def forget_images(engine: Engine, mappers: Iterable[AnyMapper], older_than: timedelta, clock: Clock = UTC_CLOCK) -> None:
    """Those that nobody needs any more who follows the model."""
    until = clock.now_ms() - older_than // timedelta(milliseconds=1)
    for images in filter(None, map(images_of, mappers)):
        if are_kept(engine, images):
            with writing(engine).begin() as connection:
                connection.execute(delete(images.table).where(images.table.c[UNTIL] < until))


def take_images(session: Session) -> None:
    """Before a flush: of the rows that it will change, as they stand in the database."""
    changed: dict[AnyMapper, list[Key]] = {}
    for instance in session.dirty:
        state: Any = inspect(instance)
        if images_of(state.mapper) and session.is_modified(instance, include_collections=False):
            changed.setdefault(state.mapper, []).append(tuple(state.mapper.primary_key_from_instance(instance)))
    for mapper, keys in changed.items():
        images, connection = images_of(mapper), session.connection(bind_arguments={"mapper": mapper})
        if images is not None and are_kept(connection, images):
            for some in chunks(keys):
                _take(connection, images, mapper, some)


def _take(connection: Connection, images: Images, mapper: AnyMapper, keys: list[Key]) -> None:
    rows = select(*images.kept).where(is_one_of(tuple(mapper.local_table.primary_key), keys)).with_for_update()
    connection.execute(insert(images.table).from_select([column.name for column in images.kept], rows))


def image_at(
    session: Session,
    entity: object,
    images: Images,
    stamp: datetime,
    conditions: Iterable[ColumnElement[bool]],
    values: Mapping[str, object],
) -> Mapping[str, object] | None:
    """The row of an entity as it was when it got a stamp, by column; if it was kept, and meets the conditions."""
    mapper: AnyMapper = inspect(type(entity))
    target, connection = stamp_column(mapper), session.connection(bind_arguments={"mapper": mapper})
    if target is None or not are_kept(connection, images):
        return None
    key = zip(images.of.primary_key, mapper.primary_key_from_instance(entity), strict=True)
    same = [images.table.c[column.name] == value for column, value in key]
    then = images.table.c[target.column.name] == in_zone_of(target, stamp)
    row = connection.execute(select(images.table).where(*same, then, *conditions).limit(1), values).mappings().first()
    return None if row is None else dict(row)


def stamp_images(connection: Connection, mapper: AnyMapper, until: int) -> None:
    """The images of this transaction: those of others that have no stamp yet, nobody sees."""
    images = images_of(mapper)
    if images is not None and are_kept(connection, images):
        stamp_kept(connection, images, until)


def stamp_kept(connection: Connection, images: Images, until: int) -> None:
    connection.execute(update(images.table).where(images.table.c[UNTIL].is_(None)).values({UNTIL: until}))


def _has_one_table(mapper: AnyMapper) -> bool:
    return {table for each in mapper.base_mapper.self_and_descendants for table in each.tables} == {mapper.local_table}


def _images(table: Table) -> Images:
    columns = [Column(each.name, each.type, index=each.primary_key) for each in table.columns if not _is_octets(each)]
    name = f"odata_was_{table.name}"[:60]
    kept = Table(
        name,
        MetaData(),
        Column(IMAGE, Integer, primary_key=True),
        Column(UNTIL, BigInteger, index=True),
        *columns,
        schema=table.schema,
    )
    return Images(table, kept)


def _is_octets(column: Column[Any]) -> bool:
    plain = column.type.impl_instance if isinstance(column.type, TypeDecorator) else column.type
    return isinstance(plain, LargeBinary)
