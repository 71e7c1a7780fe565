"""The rows one transaction has touched, and their stamping."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import chain

from sqlalchemy import Connection, Table, inspect, select, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from .begin import MARIADB
from .clock import Clock, milliseconds
from .floor import raise_floor
from .images import Images, stamp_images, stamp_kept
from .kept import stamp_now
from .rows import Key, StampColumn, chunks, in_zone_of, is_one_of, locked_rows, parent_link, stamp_column
from .tombstones import Vanishing
from .tracked import AnyMapper

KeysByMapper = defaultdict[AnyMapper, set[Key]]


class Touched:
    """The rows of one transaction, or of one savepoint in it, that are to carry its stamp."""

    def __init__(self) -> None:
        self._written: KeysByMapper = defaultdict(set)  # a flush has written the row to stamp: it is locked
        self._unwritten: KeysByMapper = defaultdict(set)  # parents, and rows changed in another table only
        self.unlinked: dict[str, tuple[AnyMapper, Images]] = {}  # where something was kept, by the table's name
        self.by_database: set[AnyMapper] = set()  # whose rows triggers stamp

    def add(self, mapper: AnyMapper, key: Key, *, written: bool = False) -> None:
        (self._written if written else self._unwritten)[mapper].add(key)

    def update(self, other: Touched) -> None:
        for mapper, keys in other._written.items():
            self._written[mapper] |= keys
        for mapper, keys in other._unwritten.items():
            self._unwritten[mapper] |= keys
        self.unlinked |= other.unlinked
        self.by_database |= other.by_database

    def stamp(self, session: Session, clock: Clock) -> None:
        """Give all rows the transaction's one stamp, in the database and in the session's instances.

        Every row lock is taken before the clock's. A transaction that held the clock and waited for a row could wait
        for one that holds the row and waits for the clock.
        """
        self._add_ancestors(session)
        targets = [(connection_for(session, target.mapper), target, keys) for target, keys in self._targets()]
        for connection, target, _ in targets:
            unlocked = self._unwritten[target.mapper] - self._written[target.mapper]
            for _ in locked_rows(connection, select(*target.key), target.key, unlocked):
                pass
        stamps: dict[tuple[Connection, str], datetime] = {}
        for connection, target, _ in sorted(targets, key=lambda entry: entry[1].group):
            if (connection, target.group) not in stamps:
                stamps[connection, target.group] = clock.stamp(connection, target.group)
        for connection, target, keys in targets:
            stamp = in_zone_of(target, stamps[connection, target.group])
            _stamp_rows(connection, target, keys, stamp)
            _stamp_instances(session, target, keys, stamp)
            stamp_images(connection, target.mapper, milliseconds(stamp))
        for mapper, images in self.unlinked.values():
            found = stamp_column(mapper)
            assert found is not None, "what was taken apart was taken from a row that is stamped"
            connection = connection_for(session, mapper)
            stamp_kept(connection, images, milliseconds(stamps[connection, found.group]))
        for mapper in self.by_database:
            stamp_now(connection_for(session, mapper), mapper)
        for mapper in {inspect(type(each)) for each in Vanishing.of(session).instances}:
            _tell_of_vanished(mapper, connection_for(session, mapper), stamps)

    def _targets(self) -> Iterator[tuple[StampColumn, set[Key]]]:
        for mapper in {**self._written, **self._unwritten}:
            keys = self._written[mapper] | self._unwritten[mapper]
            if keys and (target := stamp_column(mapper)):
                yield target, keys

    def _add_ancestors(self, session: Session) -> None:
        """A PhoneNumber that touches its Address touches the Person whom the Address touches."""
        found = {mapper: set(keys) for mapper, keys in self._unwritten.items()}
        while found:
            mapper, keys = found.popitem()
            if link := parent_link(mapper):
                pairs = link.stored_keys(connection_for(session, mapper), keys)
                parents = {parent for _, parent in pairs} - self._unwritten[link.parent]
                self._unwritten[link.parent] |= parents
                if parents:
                    found.setdefault(link.parent, set()).update(parents)


def _tell_of_vanished(
    mapper: AnyMapper, connection: Connection, stamps: Mapping[tuple[Connection, str], datetime]
) -> None:
    """Whoever goes on from before this transaction would never hear of what has vanished in it."""
    target = stamp_column(mapper)
    stamp = stamps.get((connection, target.group)) if target is not None else None
    if target is not None and stamp is not None and isinstance(target.column.table, Table):
        raise_floor(connection, target.column.table, milliseconds(stamp))


def lock_parents(session: Session) -> None:
    """MariaDB locks the row that a foreign key refers to: two transactions that both add to a parent would each keep the
    other from stamping it. So they wait for the parent before they add anything."""
    parents: KeysByMapper = KeysByMapper(set)
    for instance in chain(session.new, session.dirty):
        if link := parent_link(inspect(type(instance))):
            parents[link.parent].update(link.wanted_key(instance))
    for mapper, keys in parents.items():
        connection, target = connection_for(session, mapper), stamp_column(mapper)
        if target is not None and connection.dialect.name in MARIADB:
            for _ in locked_rows(connection, select(*target.key), target.key, keys):
                pass


def connection_for(session: Session, mapper: AnyMapper) -> Connection:
    return session.connection(bind_arguments={"mapper": mapper})


def _stamp_rows(connection: Connection, target: StampColumn, keys: Iterable[Key], stamp: datetime) -> None:
    table = target.column.table
    kept = {column: column for column in table.columns if column.onupdate is not None}  # else it would fire again
    for chunk in chunks(keys):
        connection.execute(update(table).where(is_one_of(target.key, chunk)).values({**kept, target.column: stamp}))


def _stamp_instances(session: Session, target: StampColumn, keys: Iterable[Key], stamp: datetime) -> None:
    for key in keys:
        instance = session.identity_map.get(target.mapper.identity_key_from_primary_key(key))
        if instance is not None:
            set_committed_value(instance, target.attribute, stamp)
