"""The application's tables, as pushes and pulls write them: rows of the server, and which query has brought them."""

from __future__ import annotations

import zlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import groupby
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, delete, select, update

from odata_service.edm.temporal import read_instant
from odata_service.values import frozen

from .columns import dumped, dumps, loads
from .entity import DELETED, ID, UPDATED_AT, VERSION, EntityShape
from .operations import Remote
from .store import ROWS, among
from .upsert import Parameters, upsert

PUSHED = 0  # instead of the number of a pass: whether the row is one of the query is for a pull to say
NOTED = ("Query", "ItemId", "Pass", "Hash", "Rest")


@frozen
class Arrival:
    """An entity of the server as it will stand in the file, worked out before the file's lock is taken: ``row`` has the
    columns of ``names`` as the driver takes them. Of what is synchronised there is a checksum, and as a text what only the
    server knows."""

    id: str
    names: tuple[str, ...]
    row: Parameters
    hash: int
    rest: str | None


def arrivals(shape: EntityShape, remotes: Iterable[tuple[str, Remote]]) -> list[Arrival]:
    """Entities that are there, by their ids."""
    found: list[Arrival] = []
    for names, some in groupby((_seen(shape, id, remote) for id, remote in remotes), lambda seen: tuple(seen.columns)):
        alike = list(some)
        rows = upsert(shape.table, names).bound([each.columns for each in alike])
        found += [Arrival(each.id, names, row, each.hash, each.rest) for each, row in zip(alike, rows, strict=True)]
    return found


class _Seen(NamedTuple):
    id: str
    columns: Mapping[str, Any]
    hash: int
    rest: str | None


def _seen(shape: EntityShape, id: str, remote: Remote) -> _Seen:
    assert remote.values is not None, "what is deleted is removed"
    values = shape.values(shape.known(remote.values))
    hash = checksum(shape.item(values))
    values[ID], values[VERSION], values[DELETED] = shape.id_value(id), remote.version, False
    values[UPDATED_AT] = None if remote.updated_at is None else _instant(remote.updated_at)
    return _Seen(id, shape.columns(values), hash, dumps(remote.rest) if remote.rest else None)


@frozen
class Rows:
    """The rows of one class inside a transaction."""

    connection: Connection
    shape: EntityShape

    def store(self, arrived: Sequence[Arrival], *, whatever: bool = False) -> None:
        """Put the server's entities where they belong, all columns but those that stay on the device. An entity that is
        newer here stays, because a push has brought it meanwhile; with ``whatever`` none is."""
        newer = None if whatever else self.shape.column(UPDATED_AT).name
        for names, some in groupby(arrived, lambda each: each.names):
            upsert(self.shape.table, names, newer).run(self.connection, [each.row for each in some])

    def set_version(self, id: str, remote: Remote) -> None:
        """What the server calls the state that a change was made of, while the device has a further change."""
        key, stamp = self.shape.column(ID), remote.updated_at
        values = {VERSION: remote.version, UPDATED_AT: None if stamp is None else _instant(stamp)}
        statement = update(self.shape.table).where(key == self.shape.id_value(id))
        self.connection.execute(statement.values(self.shape.columns(values)))

    def remove(self, ids: Collection[str]) -> int:
        return self.connection.execute(delete(self.shape.table).where(self._among(ids))).rowcount if ids else 0

    def known(self, ids: Collection[str]) -> set[str]:
        key = self.shape.column(ID)
        return {self.shape.id_text(id) for id in self.connection.scalars(select(key).where(self._among(ids)))}

    def items(self) -> dict[str, tuple[str | None, dict[str, Any]]]:
        """The version and the members of each."""
        names = [*self.shape.members, VERSION]
        statement = select(*(self.shape.column(name).label(name) for name in names))
        rows = self.connection.execute(statement).mappings()
        return {self.shape.id_text(row[ID]): (row[VERSION], self.shape.item(dict(row))) for row in rows}

    def _among(self, ids: Iterable[str]) -> ColumnElement[bool]:
        return among(self.shape.column(ID), map(self.shape.id_value, ids))


@frozen
class Membership:
    """Which rows a query has brought."""

    connection: Connection
    query: str

    def note(self, arrived: Sequence[Arrival], number: int) -> None:
        query = self.query
        rows = [(query, each.id, number, each.hash, each.rest) for each in arrived]
        upsert(ROWS, NOTED).run(self.connection, rows)

    def forget(self, ids: Collection[str], others: Sequence[str]) -> set[str]:
        """Those of the rows that no other query of the class has brought."""
        if not ids:
            return set()
        self.connection.execute(delete(ROWS).where(self._mine(ids)))
        theirs = ROWS.c.Query.in_(others) & among(ROWS.c.ItemId, ids)
        return set(ids) - set(self.connection.scalars(select(ROWS.c.ItemId).where(theirs)))

    def older(self, number: int) -> list[str]:
        """Rows that the last pass has brought and this one has not."""
        wanted = (ROWS.c.Query == self.query) & (ROWS.c.Pass < number) & (ROWS.c.Pass != PUSHED)
        return list(self.connection.scalars(select(ROWS.c.ItemId).where(wanted)))

    def pushed(self) -> set[str]:
        """Rows that no pull has brought since they were pushed."""
        wanted = (ROWS.c.Query == self.query) & (ROWS.c.Pass == PUSHED)
        return set(self.connection.scalars(select(ROWS.c.ItemId).where(wanted)))

    def confirm(self, ids: Iterable[str], number: int) -> None:
        self.connection.execute(update(ROWS).where(self._mine(ids)).values(Pass=number))

    def hashes(self) -> dict[str, int]:
        rows = self.connection.execute(select(ROWS.c.ItemId, ROWS.c.Hash).where(ROWS.c.Query == self.query))
        return {row.ItemId: row.Hash for row in rows}

    def rests(self, ids: Collection[str]) -> dict[str, Any]:
        """What only the server knows of rows."""
        wanted = self._mine(ids) & ROWS.c.Rest.is_not(None)
        return {row.ItemId: loads(row.Rest) for row in self.connection.execute(select(ROWS).where(wanted))}

    def _mine(self, ids: Iterable[str]) -> ColumnElement[bool]:
        return (ROWS.c.Query == self.query) & among(ROWS.c.ItemId, ids)


def checksum(item: Mapping[str, Any]) -> int:
    """Of what is stored, in one spelling: the same before and after a column has had it."""
    return zlib.crc32(dumped(item))


@lru_cache(maxsize=1024)
def _instant(text: str) -> datetime:
    """Rows of one transaction have one stamp."""
    return read_instant(text)
