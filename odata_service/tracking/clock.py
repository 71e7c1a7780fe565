"""Stamps in commit order.

A client that asks for ``LastUpdated gt <greatest seen>`` loses every row that is stamped before, and committed after,
another. So a stamp is taken last: one UPDATE of the group's counter row just before COMMIT, which holds back every other
transaction of the group until this one is visible. Stamps are whole milliseconds and rise strictly from transaction to
transaction, also when the computer's clock is set back.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy import (
    BigInteger,
    Column,
    MetaData,
    Select,
    String,
    Table,
    bindparam,
    case,
    insert,
    inspect,
    select,
    update,
)
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import IntegrityError

from odata_service.values import frozen

from .begin import MARIADB
from .bookkeeping import create_missing
from .floor import FLOORS

EPOCH = datetime(1970, 1, 1)  # stamps are UTC without a zone, as V2's Edm.DateTime is

COUNTERS = Table(
    "odata_clock",
    MetaData(),
    Column("tracked_group", String(100), primary_key=True),
    Column("last", BigInteger, nullable=False),  # milliseconds since the epoch
)
_NOW = bindparam("now", type_=BigInteger)
_ADVANCE = (
    update(COUNTERS)
    .where(COUNTERS.c.tracked_group == bindparam("counted_group"))
    .values(last=case((COUNTERS.c.last >= _NOW, COUNTERS.c.last + 1), else_=_NOW))
)


def utc_now_ms() -> int:
    return time.time_ns() // 1_000_000


@frozen
class Clock:
    """Hands out stamps. Tests give it their own ``now_ms``."""

    now_ms: Callable[[], int] = utc_now_ms

    def stamp(self, connection: Connection, group: str = "default") -> datetime:
        """The transaction's place in commit order. Nothing but the rows' stamping and COMMIT should come after it."""
        last = self._advance(connection, group)
        if last is None:
            _add_counter(connection, group)
            last = self._advance(connection, group)
        assert last is not None, "a counter row once added is never removed"
        return moment(last)

    def provisional(self) -> datetime:
        """What a new row carries from its INSERT until the stamp is known; no other transaction ever sees it."""
        return moment(self.now_ms())

    def _advance(self, connection: Connection, group: str) -> int | None:
        """A statement of its own, so that it waits for the counter row first and reads it then."""
        now = {"counted_group": group, "now": self.now_ms()}
        last: int | None
        if connection.dialect.name in MARIADB:
            return _advance_or_add(connection, group, self.now_ms())
        if connection.dialect.update_returning:
            last = connection.scalar(_ADVANCE.returning(COUNTERS.c.last), now)
        else:  # the row is ours until COMMIT, so it may as well be read afterwards
            connection.execute(_ADVANCE, now)
            last = connection.scalar(select(COUNTERS.c.last).where(COUNTERS.c.tracked_group == group))
        return last


UTC_CLOCK = Clock()


def last_stamp(group: str = "default") -> Select[tuple[int]]:
    """The stamp of the last transaction that has committed, in milliseconds; no row before the first one.

    Who reads it first and the rows afterwards misses nothing: whatever is not yet visible to the second statement gets a
    greater stamp.
    """
    return select(COUNTERS.c.last).where(COUNTERS.c.tracked_group == group)


def last_stamps() -> Select[tuple[str, int]]:
    """The same of every group."""
    return select(COUNTERS.c.tracked_group, COUNTERS.c.last)


def has_counter(engine: Engine) -> bool:
    """Whether anything was ever stamped in this database."""
    return inspect(engine).has_table(COUNTERS.name)


def moment(milliseconds: int) -> datetime:
    """
    >>> moment(1)
    datetime.datetime(1970, 1, 1, 0, 0, 0, 1000)
    """
    return EPOCH + timedelta(milliseconds=milliseconds)


def milliseconds(stamp: datetime) -> int:
    """The other way round; a stamp without a zone is UTC.

    >>> milliseconds(moment(1234))
    1234
    """
    utc = stamp.astimezone(UTC).replace(tzinfo=None) if stamp.tzinfo else stamp
    return (utc - EPOCH) // timedelta(milliseconds=1)


def install(engine: Engine) -> None:
    """Create the counter's table, and the one of what was purged, where they are missing."""
    create_missing(engine, COUNTERS, FLOORS)


def _advance_or_add(connection: Connection, group: str, now: int) -> int:
    """MariaDB gives back what it has inserted, not what it has updated; and where many look for a row that is not there
    and add it then, they stand in each other's way."""
    from sqlalchemy.dialects import mysql

    added = mysql.insert(COUNTERS).values(tracked_group=group, last=now)
    last = case((COUNTERS.c.last >= added.inserted.last, COUNTERS.c.last + 1), else_=added.inserted.last)
    advanced: int = connection.execute(added.on_duplicate_key_update(last=last).returning(COUNTERS.c.last)).scalar_one()
    return advanced


def _add_counter(connection: Connection, group: str) -> None:
    try:
        with connection.begin_nested():
            connection.execute(insert(COUNTERS).values(tracked_group=group, last=0))
    except IntegrityError:
        pass  # another transaction added it first and has committed
