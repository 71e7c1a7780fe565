"""The end of tombstones: they are removed when no client needs them any more, and the floor says up to which stamp.

A client that has not heard of a removed tombstone would keep the entity for ever. So a cursor below the floor is refused
(410 for a delta link), and its client begins anew.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any

from sqlalchemy import (
    Column, Connection, Engine, ForeignKeyConstraint, Select, Table, and_, delete, exists, inspect, select, true,
)  # fmt: skip
from sqlalchemy.exc import IntegrityError
from sqlalchemy.schema import sort_tables
from sqlalchemy.sql.elements import ColumnElement

from .begin import writing
from .bookkeeping import create_missing
from .clock import UTC_CLOCK, Clock, milliseconds, moment
from .floor import FLOORS, raise_floor
from .kept import forget_gone, kept_of
from .rows import KEYS_PER_STATEMENT, Key, StampColumn, in_zone_of, is_one_of, same_column_in, stamp_column
from .tracked import AnyMapper, tombstone_of

ATTEMPTS = 4  # when rows come to refer to a tombstone that is just being removed


def purge(
    engine: Engine, models: Iterable[type | AnyMapper], older_than: timedelta, clock: Clock = UTC_CLOCK
) -> Mapping[str, int]:
    """Remove tombstones that are older, for good; returns how many of each model.

    Tombstones that other rows refer to stay until those are gone, children before parents; rows of link tables go along.
    It is done in many short transactions, so that nobody waits long.
    """
    create_missing(engine, FLOORS)
    until = clock.now_ms() - older_than // timedelta(milliseconds=1)
    graves = [_Graves(mapper, target) for mapper, target in _buried(models)]
    parents_first = sort_tables({table for each in graves for table in each.known})
    removed: Counter[str] = Counter()
    for mapper in _kept(models):
        with writing(engine).begin() as connection:
            removed[mapper.class_.__name__] += forget_gone(connection, mapper, until)
    for each in sorted(graves, key=lambda grave: parents_first.index(grave.table), reverse=True):
        while count := _removed(engine, each, until):
            removed[each.mapper.class_.__name__] += count
    return +removed


def _kept(models: Iterable[type | AnyMapper]) -> Iterator[AnyMapper]:
    """The models whose deleted rows stand in a table of their own."""
    mappers: Iterator[AnyMapper] = (inspect(model) for model in models)
    yield from (mapper for mapper in mappers if kept_of(mapper) is not None)


def _buried(models: Iterable[type | AnyMapper]) -> Iterator[tuple[AnyMapper, StampColumn]]:
    """The models that have tombstones, each hierarchy once."""
    for model in models:
        mapper: AnyMapper = inspect(model)
        target = stamp_column(mapper)
        is_first = mapper.inherits is None or stamp_column(mapper.inherits) is None
        if target is not None and tombstone_of(mapper) and is_first:
            yield mapper, target


def _removed(engine: Engine, graves: _Graves, until: int) -> int:
    """One transaction's share."""
    for _ in range(ATTEMPTS):
        try:
            with writing(engine).begin() as connection:
                return graves.remove(connection, until)
        except IntegrityError:
            continue  # a row that refers to one of them was committed after we had looked
    return 0


@dataclass(frozen=True)
class _Graves:
    """The tombstones of one model."""

    mapper: AnyMapper
    target: StampColumn

    @property
    def table(self) -> Table:
        table = self.target.column.table
        assert isinstance(table, Table), "a tracked model has a table"
        return table

    @property
    def known(self) -> list[Table]:
        return list(self.table.metadata.tables.values())

    @cached_property
    def tables(self) -> list[Table]:
        """Those in which one entity has rows, the ones that refer to others first."""
        mappers = (self.mapper, *self.mapper.self_and_descendants)
        mine = {table for mapper in mappers for table in mapper.tables if isinstance(table, Table)}
        return [table for table in reversed(sort_tables(self.known)) if table in mine]

    @cached_property
    def links(self) -> set[Table]:
        """The tables of many-to-many relationships."""
        relationships = (each for mapper in self.mapper.registry.mappers for each in mapper.relationships)
        return {each.secondary for each in relationships if isinstance(each.secondary, Table)}

    def remove(self, connection: Connection, until: int) -> int:
        rows = connection.execute(self._oldest(until)).all()
        keys: list[Key] = [tuple(key) for _, *key in rows]
        if keys:
            self._remove(connection, keys)
            raise_floor(connection, self.table, max(milliseconds(stamp) for stamp, *_ in rows))
        return len(keys)

    def _oldest(self, until: int) -> Select[Any]:
        """Some tombstones that nothing refers to, locked."""
        stamp, tombstone = self.target.column, self._tombstone()
        old = and_(tombstone.is_(true()), stamp <= in_zone_of(self.target, moment(until)))
        alone = (~exists().where(refers) for refers in self._references())
        rows = select(stamp, *self.target.key).where(old, *alone).order_by(stamp).limit(KEYS_PER_STATEMENT)
        return rows.with_for_update(skip_locked=True)

    def _tombstone(self) -> ColumnElement[bool]:
        name = tombstone_of(self.mapper)
        assert name is not None
        column: ColumnElement[bool] = self.mapper.column_attrs[name].columns[0]
        return column

    def _references(self) -> Iterator[ColumnElement[bool]]:
        """For each foreign key that leads to the entity: the condition that a row has it."""
        for table, constraint in self._constraints():
            if table in self.links or (table in self.tables and _is_inheritance(constraint)):
                continue
            other = table.alias() if table is self.table else table
            key = dict(zip(self._key_in(constraint.referred_table), self.target.key, strict=True))
            if all(each.column in key for each in constraint.elements):
                yield and_(*(other.c[each.parent.name] == key[each.column] for each in constraint.elements))

    def _constraints(self) -> Iterator[tuple[Table, ForeignKeyConstraint]]:
        for table in self.known:
            for constraint in table.foreign_key_constraints:
                if constraint.referred_table in self.tables:
                    yield table, constraint

    def _key_in(self, table: Table) -> list[Column[Any]]:
        mappers = (self.mapper, *self.mapper.self_and_descendants)
        mapper = next(each for each in mappers if table in each.tables)
        return [same_column_in(table, mapper, primary) for primary in mapper.primary_key]

    def _remove(self, connection: Connection, keys: list[Key]) -> None:
        for table, constraint in self._constraints():
            if table in self.links:
                columns = {each.column: table.c[each.parent.name] for each in constraint.elements}
                ordered = tuple(columns[part] for part in self._key_in(constraint.referred_table))
                connection.execute(delete(table).where(is_one_of(ordered, keys)))
        for table in self.tables:
            connection.execute(delete(table).where(is_one_of(tuple(self._key_in(table)), keys)))


def _is_inheritance(constraint: ForeignKeyConstraint) -> bool:
    """Whether a foreign key makes a row part of the entity in the table above."""
    return set(constraint.columns) == set(constraint.table.primary_key.columns)
