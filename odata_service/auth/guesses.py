"""How often was guessed, by account and by address: a small table that all workers and machines have in common.

Each guess counts as a wrong one until it is found right, so that guesses which come all at once are no more than those that come
one after the other. Names and addresses are kept as hashes.
"""

from __future__ import annotations

import hashlib
import ipaddress
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import field
from pathlib import Path

from sqlalchemy import (
    BigInteger, Column, Connection, Engine, Integer, MetaData, String, Table, create_engine, delete, insert, select, update,
)  # fmt: skip
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from odata_service.config import ConfigurationError
from odata_service.errors import ServiceUnavailable, TooManyRequests
from odata_service.tracking import create_missing, writing
from odata_service.values import frozen, mutable

SECONDS_BETWEEN_SWEEPS = 600
GUESSES = Table(
    "odata_guesses",
    MetaData(),
    Column("who", String(64), primary_key=True),  # an account or an address, hashed
    Column("guesses", Integer, nullable=False),
    Column("until", BigInteger, nullable=False, index=True),  # seconds since the epoch; then it is forgotten
)


@frozen
class Guess:
    """One that is being checked."""

    guesses: Guesses
    account: str | None
    address: str | None

    def was_right(self) -> None:
        """It is no wrong guess after all, and the account's wrong ones are forgotten."""
        with self.guesses.changing() as connection:
            if self.account is not None:
                connection.execute(delete(GUESSES).where(GUESSES.c.who == self.account))
            if self.address is not None:
                mine = (GUESSES.c.who == self.address) & (GUESSES.c.guesses > 0)
                connection.execute(update(GUESSES).where(mine).values(guesses=GUESSES.c.guesses - 1))


@mutable
class Guesses:
    """So many wrong guesses for an account, and so many from an address, in so many ``seconds``; then everybody waits who
    guesses for this account or from this address until they are over. 0 of either is no limit."""

    engine: Engine
    per_account: int = 10
    per_address: int = 100
    seconds: int = 300
    _has_table: bool = field(default=False, repr=False)
    _next_sweep: int = field(default=0, repr=False)

    def guess(self, name: str | None, address: str | None) -> Guess:
        """One more, or 429 where there were too many. Names that nobody has are counted like others."""
        account = _hashed("account", name) if name is not None and self.per_account else None
        place = _hashed("address", network(address)) if network(address) and self.per_address else None
        limits = {
            who: most for who, most in ((account, self.per_account), (place, self.per_address)) if who is not None
        }
        now = int(time.time())
        self._demand_room(limits, now)
        if limits:
            self._sweep(now)
            with self.changing() as connection:
                for who in sorted(limits):  # so that two who guess at once wait in one order
                    _count(connection, who, now, now + self.seconds)
                self._demand(connection, {who: most + 1 for who, most in limits.items()}, now)
        return Guess(self, account, place)

    def _demand_room(self, limits: dict[str, int], now: int) -> None:
        """Before anything is written: who has to wait may ask as often as he wants."""
        with self._reading() as connection:
            self._demand(connection, limits, now)

    def _sweep(self, now: int) -> None:
        """Forget what is over, now and then."""
        if now >= self._next_sweep:
            self._next_sweep = now + SECONDS_BETWEEN_SWEEPS
            with self.changing() as connection:
                connection.execute(delete(GUESSES).where(GUESSES.c.until <= now))

    def _demand(self, connection: Connection, limits: dict[str, int], now: int) -> None:
        wanted = select(GUESSES).where(GUESSES.c.who.in_(limits), GUESSES.c.until > now)
        waits = [row.until - now for row in connection.execute(wanted) if row.guesses >= limits[row.who]]
        if waits:
            raise TooManyRequests("too many wrong guesses; try again later", retry_after=max(waits))

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with self._answering():
            self._create_table()
            with self.engine.connect() as connection:
                yield connection

    @contextmanager
    def changing(self) -> Iterator[Connection]:
        with self._answering(), writing(self.engine).begin() as connection:
            yield connection

    @contextmanager
    def _answering(self) -> Iterator[None]:
        """Where guesses cannot be counted, nobody guesses."""
        try:
            yield
        except SQLAlchemyError as error:
            raise ServiceUnavailable("TryAgain", "passwords and keys cannot be checked at present") from error

    def _create_table(self) -> None:
        if not self._has_table:
            create_missing(self.engine, GUESSES)
            self._has_table = True


def _count(connection: Connection, who: str, now: int, until: int) -> None:
    """One more; the first begins the time in which they are counted."""
    connection.execute(delete(GUESSES).where(GUESSES.c.who == who, GUESSES.c.until <= now))
    more = update(GUESSES).where(GUESSES.c.who == who).values(guesses=GUESSES.c.guesses + 1)
    if connection.execute(more).rowcount:
        return
    try:
        with connection.begin_nested():
            connection.execute(insert(GUESSES), {"who": who, "guesses": 1, "until": until})
    except IntegrityError:  # somebody else was the first
        connection.execute(more)


def _hashed(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode(errors="surrogateescape")).hexdigest()


def network(address: str | None) -> str:
    """What one guesser has: an address of IPv4, or the half of one of IPv6 that everybody gets as a whole.

    >>> network("192.0.2.7"), network("2001:db8::1:2"), network("::ffff:192.0.2.7"), network(None)
    ('192.0.2.7', '2001:db8::/64', '192.0.2.7', '')
    """
    try:
        found = ipaddress.ip_address((address or "").partition("%")[0])
    except ValueError:
        return ""  # a socket of this computer
    if isinstance(found, ipaddress.IPv6Address):
        mapped = found.ipv4_mapped
        return str(mapped) if mapped else str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)


def of_this_machine(key: str) -> Engine:
    """A file that the workers of one machine have in common, for a database that nothing may be written to. It is the
    user's own, in a folder that nobody else may look into."""
    folder = Path(tempfile.gettempdir()) / f"odata-service-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    seen = folder.lstat()
    if folder.is_symlink() or seen.st_uid != os.getuid() or seen.st_mode & 0o077:
        raise ConfigurationError(
            f"{folder} is not this user's alone; guesses_url names another place for wrong guesses"
        )
    return create_engine(f"sqlite:///{folder / _hashed(key)[:32]}.db")
