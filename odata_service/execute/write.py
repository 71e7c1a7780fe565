"""Changes, each in one transaction, through a Session: there the save hook, defaults and version counters live."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import field
from typing import NoReturn, TypeVar

from sqlalchemy import Connection, event
from sqlalchemy.exc import DBAPIError, StatementError
from sqlalchemy.orm import Session, sessionmaker

from odata_service.access import Caller
from odata_service.bind.command import Insert, Invoke
from odata_service.bind.sync import Sync
from odata_service.dialects.base import Database
from odata_service.edm.model import EntitySet
from odata_service.errors import ODataError, ServiceUnavailable
from odata_service.etag import TagConditions
from odata_service.execute.change import Change
from odata_service.execute.connection import Timing
from odata_service.execute.new_rows import are_plain, inserted, row_of
from odata_service.execute.order import Changed, Effect, Order
from odata_service.execute.sync_change import SyncChange, Synced
from odata_service.plan.read import Planner
from odata_service.tracking.rows import Key
from odata_service.values import frozen

ATTEMPTS = 8  # of a change that the database took back because of another one
SECONDS_TO_WAIT = 0.005  # before the second, at most; each time twice as long
NOT_CONFIRMED = "the change was made, but nobody has confirmed in time that it would outlive its server; ask again under the same key"
Outcome = TypeVar("Outcome")


@frozen
class Writer:
    """Runs orders. ``sessions`` makes sessions with the save hook installed."""

    sessions: sessionmaker[Session]
    planner: Planner
    database: Database
    is_told: bool = True  # whether announcements are made

    def run(self, work: Callable[[Transaction], Outcome], timing: Timing) -> Outcome:
        """All of the work or nothing of it; again when another transaction was in the way, or the connection was lost."""
        for attempt in range(ATTEMPTS):
            try:
                with self.sessions.begin() as session, session.no_autoflush:  # not before all is put together
                    connection = session.connection()
                    timing.count(connection)
                    driver = connection.connection.dbapi_connection
                    doubts = self.database.doubts(driver)
                    transaction = Transaction(self, session)
                    outcome = work(transaction)
                if self.database.doubts(driver) > doubts:
                    raise ServiceUnavailable("NotConfirmed", NOT_CONFIRMED)
                for announce in transaction.announcements if self.is_told else ():
                    announce()
                return outcome
            except (StatementError, ServiceUnavailable) as error:
                if attempt == 0 and _is_lost_before_commit(error):
                    continue
                cause = _cause(error)
                refusal = None if cause is None else self.database.refusal(cause)
                if refusal is None:
                    raise
                if not isinstance(refusal, ServiceUnavailable) or refusal.code != "TryAgain" or attempt == ATTEMPTS - 1:
                    raise refusal from error
                time.sleep(random.uniform(0, SECONDS_TO_WAIT * 2**attempt))  # else both would be in each other's way again
        raise AssertionError("the last attempt returns or raises")


def _cause(error: StatementError | ServiceUnavailable) -> BaseException | None:
    """What the driver said; also where it said so to a read of this transaction, which has made a refusal of it."""
    found = error.__cause__ if isinstance(error, ServiceUnavailable) else error
    return found.orig if isinstance(found, StatementError) else found


def _is_lost_before_commit(error: BaseException) -> bool:
    """Whether nothing can have been written. Most often the database was restarted, and this connection is from before.
    COMMIT alone is no statement of ours: whoever lost his connection there cannot know."""
    return isinstance(error, DBAPIError) and error.connection_invalidated and error.statement is not None


@frozen
class Transaction:
    """Commands that are committed together."""

    writer: Writer
    session: Session
    announcements: list[Callable[[], None]] = field(default_factory=list)  # to be made when all is committed

    @property
    def connection(self) -> Connection:
        return self.session.connection()

    def at_last(self, work: Callable[[], None]) -> None:
        """Do something just before COMMIT, when all is written and has its stamp; nothing else may be changed then."""
        event.listen(self.session, "before_commit", lambda session: work(), once=True)

    def synchronise(self, command: Sync, caller: Caller) -> Synced | ODataError:
        """One operation of many, in a savepoint of its own; a refusal is given back and has undone just this."""
        change = self._change(Order(command, (), TagConditions(), _nothing_else, caller, caller.rules("asked")))
        try:
            with self.session.begin_nested():
                synced = SyncChange(change, command).apply()
                change.flush()
                return synced()
        except ODataError as error:
            refusal = error
        except DBAPIError as error:
            known = change.refusal(error)
            if not isinstance(known, ODataError):
                raise
            refusal = known
            if known.status >= 500:
                raise  # it is the whole transaction that may be tried again
        return refusal

    def synchronise_together(self, commands: Sequence[Sync], caller: Caller) -> list[Synced] | None:
        """Operations that are written together, because nothing is in the way of any; else none of them is done."""
        if caller.rows.is_watched:
            return None
        change = self._change(Order(commands[0], (), TagConditions(), _nothing_else, caller, caller.rules("asked")))
        wanted: dict[EntitySet, list[Key]] = {}
        for command in commands:
            if None not in command.key:
                wanted.setdefault(command.entity_set, []).append(command.key)
        try:
            with self.session.begin_nested():
                change.look_ahead(wanted)
                synced = [SyncChange(change, command).apply() for command in commands]
                change.flush()
                return [each() for each in synced]
        except ODataError:
            return None
        except DBAPIError as error:
            known = change.refusal(error)
            if not isinstance(known, ODataError) or known.status >= 500:
                raise  # it is the whole transaction that may be tried again
            return None

    def apply(self, order: Order) -> Effect:
        """Do one command; the entity it was about has its key when this returns."""
        if order.joins(order):
            return self.insert([order])[0]
        change = self._change(order)
        with _named(order):
            changed = change.apply()
        if isinstance(order.command, Invoke):
            self.session.flush()  # the application's own changes are nobody else's business
        else:
            self._flush(change)
        return changed() if changed else None

    def insert(self, orders: Sequence[Order]) -> list[Effect]:
        """Inserts that go together, see :meth:`Order.joins`, written by one flush."""
        inserts = [(self._change(order), order.command) for order in orders if isinstance(order.command, Insert)]
        last, _ = inserts[-1]
        dead, named = last.newcomers.dead(command for _, command in inserts), []
        if not dead and are_plain(orders, self.session, self.writer.planner.model):
            return [*self._rows(inserts)]
        for change, command in inserts:
            with _named(change.order):
                named.append(change.inserted(command, dead))
        self._flush(last)
        return [each() for each in named]

    def _rows(self, inserts: Sequence[tuple[Change, Insert]]) -> list[Changed]:
        """Inserts that are nothing but rows."""
        rows = []
        for change, command in inserts:
            with _named(change.order):
                rows.append(row_of(command.payload, self.writer.database))
        return inserted([command for _, command in inserts], rows, self.session)

    def _change(self, order: Order) -> Change:
        order.caller.context.session = self.session
        return Change(self.writer.planner, self.session, order)

    def _flush(self, change: Change) -> None:
        with _named(change.order):
            change.flush()
        self.announcements.extend(change.announcements)


@contextmanager
def _named(order: Order) -> Iterator[None]:
    """A refusal says which request of a change set it is about."""
    try:
        yield
    except ODataError as error:
        error.content_id = error.content_id or order.content_id
        raise


def _nothing_else(uri: str) -> NoReturn:
    raise AssertionError("records refer to others by the values of keys")
