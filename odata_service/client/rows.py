"""The application's tables, as pushes and pulls write them: rows of the server, and which query has brought them."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, or_, select, update
from sqlalchemy.dialects.sqlite import insert

from odata_service.edm.temporal import read_instant

from .columns import dumps, loads
from .entity import DELETED, ID, UPDATED_AT, VERSION, EntityShape
from .operations import AT_ONCE, Remote, pieces
from .store import ROWS

PUSHED = 0  # instead of the number of a pass: whether the row is one of the query is for a pull to say


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of one class inside a transaction."""

    connection: Connection
    shape: EntityShape

    def store(self, remotes: Mapping[str, Remote], *, whatever: bool = False) -> None:
        """Put the server's entities where they belong, all columns but those that stay on the device. An entity that is
        newer here stays, because a push has brought it meanwhile; with ``whatever`` none is."""
        rows = [self._row(id, remote) for id, remote in remotes.items()]
        for some in _alike(rows):
            statement = insert(self.shape.table)
            key = self.shape.column(ID)
            updated, stamp = (
                {name: statement.excluded[name] for name in some[0] if name != key.name},
                self._column(UPDATED_AT),
            )
            where = (
                None
                if whatever
                else or_(
                    stamp.is_(None), statement.excluded[stamp.name].is_(None), statement.excluded[stamp.name] >= stamp
                )
            )
            self.connection.execute(
                statement.on_conflict_do_update(index_elements=[key], set_=updated, where=where), some
            )

    def set_version(self, id: str, remote: Remote) -> None:
        """What the server calls the state that a change was made of, while the device has a further change."""
        key, stamp = self.shape.column(ID), remote.updated_at
        values = {VERSION: remote.version, UPDATED_AT: None if stamp is None else read_instant(stamp)}
        statement = update(self.shape.table).where(key == self.shape.id_value(id))
        self.connection.execute(statement.values(self.shape.columns(values)))

    def remove(self, ids: Iterable[str]) -> int:
        key, count = self.shape.column(ID), 0
        for some in pieces(ids, AT_ONCE):
            wanted = key.in_([self.shape.id_value(id) for id in some])
            count += self.connection.execute(delete(self.shape.table).where(wanted)).rowcount
        return count

    def known(self, ids: Iterable[str]) -> set[str]:
        key, found = self.shape.column(ID), set()
        for some in pieces(ids, AT_ONCE):
            wanted = key.in_([self.shape.id_value(id) for id in some])
            found |= {self.shape.id_text(id) for id in self.connection.scalars(select(key).where(wanted))}
        return found

    def items(self, ids: Iterable[str] | None = None) -> dict[str, tuple[str | None, dict[str, Any]]]:
        """The version and the members of each."""
        names = [*self.shape.members, VERSION]
        statement = select(*(self.shape.column(name).label(name) for name in names))
        found = {}
        batches = (
            [None]
            if ids is None
            else [self.shape.column(ID).in_([self.shape.id_value(id) for id in some]) for some in pieces(ids, AT_ONCE)]
        )
        for wanted in batches:
            for row in self.connection.execute(statement if wanted is None else statement.where(wanted)).mappings():
                found[self.shape.id_text(row[ID])] = (row[VERSION], self.shape.item(dict(row)))
        return found

    def _row(self, id: str, remote: Remote) -> dict[str, Any]:
        assert remote.values is not None, "what is deleted is removed"
        given = self.shape.values({name: value for name, value in remote.values.items() if name in self.shape.members})
        given |= {ID: self.shape.id_value(id), VERSION: remote.version, DELETED: False}
        given[UPDATED_AT] = None if remote.updated_at is None else read_instant(remote.updated_at)
        return self.shape.columns(given)

    def _column(self, attribute: str) -> Any:
        return self.shape.column(attribute)


@dataclass(frozen=True, slots=True)
class Membership:
    """Which rows a query has brought."""

    connection: Connection
    query: str

    def note(self, shape: EntityShape, remotes: Mapping[str, Remote], number: int) -> None:
        rows = [
            {
                "Query": self.query,
                "ItemId": id,
                "Pass": number,
                "Hash": checksum(shape, remote.values or {}),
                "Rest": _text(remote),
            }
            for id, remote in remotes.items()
        ]
        if rows:
            statement = insert(ROWS)
            new = {name: statement.excluded[name] for name in ("Pass", "Hash", "Rest")}
            keys = [ROWS.c.Query, ROWS.c.ItemId]
            self.connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=new), rows)

    def forget(self, ids: Sequence[str], others: Sequence[str]) -> set[str]:
        """Those of the rows that no other query of the class has brought."""
        left: set[str] = set()
        for some in pieces(ids, AT_ONCE):
            mine = (ROWS.c.Query == self.query) & ROWS.c.ItemId.in_(some)
            self.connection.execute(delete(ROWS).where(mine))
            theirs = ROWS.c.Query.in_(others) & ROWS.c.ItemId.in_(some)
            left |= set(some) - set(self.connection.scalars(select(ROWS.c.ItemId).where(theirs)))
        return left

    def older(self, number: int) -> list[str]:
        """Rows that the last pass has brought and this one has not."""
        wanted = (ROWS.c.Query == self.query) & (ROWS.c.Pass < number) & (ROWS.c.Pass != PUSHED)
        return list(self.connection.scalars(select(ROWS.c.ItemId).where(wanted)))

    def pushed(self) -> set[str]:
        """Rows that no pull has brought since they were pushed."""
        wanted = (ROWS.c.Query == self.query) & (ROWS.c.Pass == PUSHED)
        return set(self.connection.scalars(select(ROWS.c.ItemId).where(wanted)))

    def confirm(self, ids: Iterable[str], number: int) -> None:
        for some in pieces(ids, AT_ONCE):
            wanted = (ROWS.c.Query == self.query) & ROWS.c.ItemId.in_(some)
            self.connection.execute(update(ROWS).where(wanted).values(Pass=number))

    def hashes(self) -> dict[str, int]:
        rows = self.connection.execute(select(ROWS.c.ItemId, ROWS.c.Hash).where(ROWS.c.Query == self.query))
        return {row.ItemId: row.Hash for row in rows}


def rests(connection: Connection, queries: Sequence[str], id: str) -> dict[str, Any] | None:
    """What only the server knows of a row."""
    statement = select(ROWS.c.Rest).where(ROWS.c.Query.in_(queries), ROWS.c.ItemId == id, ROWS.c.Rest.is_not(None))
    text = connection.scalar(statement.limit(1))
    return None if text is None else loads(text)


def checksum(shape: EntityShape, item: Mapping[str, Any]) -> int:
    """Of what is stored, in one spelling: the same before and after a column has had it."""
    known = {name: value for name, value in item.items() if name in shape.members}
    return zlib.crc32(dumps(dict(sorted(shape.item(shape.values(known)).items()))).encode())


def _text(remote: Remote) -> str | None:
    return dumps(remote.rest) if remote.rest else None


def _alike(rows: Iterable[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Rows with the same columns; a statement has but one list of them."""
    found: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(tuple(row), []).append(row)
    return list(found.values())
