"""Connections for reading: straight to the driver, without a transaction where one statement answers the request."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import field
from types import TracebackType
from typing import Any, ClassVar

from sqlalchemy import Connection as SqlConnection
from sqlalchemy import Engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from odata_service.dialects.base import Database
from odata_service.errors import ConnectionLost, ServiceUnavailable
from odata_service.plan.statement import Statement
from odata_service.values import mutable

Row = tuple[object, ...]


@mutable
class Timing:
    """What a request asked of the database; shown in the ``Server-Timing`` header. ``after`` is what its reads must have seen, where they
    may go to a replica; ``place`` and ``why`` say where they went then."""

    statements: int = 0
    seconds: float = 0.0
    counted: SqlConnection | None = None
    rows: int = 0
    parsed: bool = False  # no plan was at hand
    after: str | None = None
    place: str = ""
    why: str = ""

    def count(self, connection: SqlConnection) -> None:
        """Count what a session's connection executes, for as long as the session has it."""
        if self.counted is connection:
            return
        self.counted, started = connection, 0.0

        @event.listens_for(connection, "before_cursor_execute")
        def start(*_: object) -> None:
            nonlocal started
            self.statements += 1
            started = time.perf_counter()

        @event.listens_for(connection, "after_cursor_execute")
        def end(*_: object) -> None:
            self.seconds += time.perf_counter() - started

    @property
    def header(self) -> str:
        """
        >>> Timing(2, 0.00125).header
        'sql;desc="statements=2";dur=1.25'
        """
        return f'sql;desc="statements={self.statements}";dur={self.seconds * 1000:.2f}'


@mutable
class Connection:
    """A driver's connection (Any: drivers share no type) that counts and times its statements."""

    driver: Any
    timing: Timing

    def rows(self, statement: Statement, values: Mapping[str, object]) -> list[Row]:
        cursor = self.driver.cursor()
        started = time.perf_counter()
        try:
            cursor.execute(statement.text, statement.bound(values))
            fetched: list[Row] = cursor.fetchall()
            self.timing.rows += len(fetched)
            return fetched
        finally:
            self.timing.statements += 1
            self.timing.seconds += time.perf_counter() - started
            cursor.close()

    def fetched(self, statement: Statement, fetch: Callable[[], list[Row]]) -> list[Row]:
        """Some of a statement's rows."""
        started = time.perf_counter()
        try:
            rows = fetch()
            self.timing.rows += len(rows)
            return rows
        finally:
            self.timing.statements += 1
            self.timing.seconds += time.perf_counter() - started

    def one(self, text: str, values: Sequence[object]) -> Row:
        """The one row of a statement about the database itself."""
        cursor = self.driver.cursor()
        try:
            cursor.execute(text, values)
            found: Row = cursor.fetchone()
            return found
        finally:
            self.timing.statements += 1
            cursor.close()

    def do(self, text: str) -> None:
        """A statement without result that belongs to the connection, not to the request: BEGIN, COMMIT."""
        cursor = self.driver.cursor()
        cursor.execute(text)
        cursor.close()


Hear = Callable[[str, float], None]


@mutable
class HeardConnection(Connection):
    """One of whose statements somebody hears: their text, which has none of the values, and the seconds that they took."""

    hear: Hear

    def rows(self, statement: Statement, values: Mapping[str, object]) -> list[Row]:
        started = time.perf_counter()
        try:
            return Connection.rows(self, statement, values)
        finally:
            self.hear(statement.text, time.perf_counter() - started)

    def fetched(self, statement: Statement, fetch: Callable[[], list[Row]]) -> list[Row]:
        started = time.perf_counter()
        try:
            return Connection.fetched(self, statement, fetch)
        finally:
            self.hear(statement.text, time.perf_counter() - started)


def hear_sessions(engine: Engine, hear: Hear) -> None:
    """The same for what goes through SQLAlchemy."""

    @event.listens_for(engine, "before_cursor_execute")
    def start(_connection: object, _cursor: object, _text: str, _values: object, context: Any, _many: bool) -> None:
        context.odata_started = time.perf_counter()

    @event.listens_for(engine, "after_cursor_execute")
    def end(_connection: object, _cursor: object, text: str, _values: object, context: Any, _many: bool) -> None:
        """(Any: SQLAlchemy's context of the execution, on which one may keep what one likes.)"""
        hear(text, time.perf_counter() - context.odata_started)


class Behind(Exception):
    """A replica has not replayed what a read needs."""


@mutable
class ReadConnections:
    """Hands out connections for reads from the engine's pool."""

    engine: Engine
    database: Database
    timeout_ms: int
    hear: Hear | None = None
    _there: set[object] = field(default_factory=set)
    lasting: ClassVar[bool] = True  # a connection may be held until an answer is sent

    def once(self, is_there: Callable[[Engine], bool]) -> bool:
        """Whether something is in the database that never goes away again: once it is there, nobody is asked any more."""
        if is_there not in self._there and is_there(self.engine):
            self._there.add(is_there)
        return is_there in self._there

    def demand(self, is_there: bool) -> None:
        """Of a replica, that it has what a read needs; the database itself has everything that there is."""

    def of(self, driver: Any, timing: Timing) -> Connection:
        """(Any: drivers share no type.)"""
        return Connection(driver, timing) if self.hear is None else HeardConnection(driver, timing, self.hear)

    @property
    def errors(self) -> tuple[type[BaseException], ...]:
        return (self.engine.dialect.loaded_dbapi.Error, OverflowError, DBAPIError, PoolTimeout)

    def within(self, connection: SqlConnection) -> ReadConnections:
        """Reads that are part of a transaction, and see what it has done so far."""
        return _Within(self.engine, self.database, self.timeout_ms, self.hear, self._there, transaction=connection)

    def open(self, timing: Timing, *, snapshot: bool = False) -> AbstractContextManager[Connection]:
        """A connection; with ``snapshot`` all its statements see the same state of the data."""
        return _Opened(self, timing, snapshot)

    def portions(
        self, connection: Connection, statement: Statement, values: Mapping[str, object], size: int
    ) -> Generator[list[Row], None, None]:
        """The rows of a statement, so many at a time, fetched when they are wanted; the last ones are fewer, or none. Each time
        the database may take as long as for a statement, however long the client takes in between."""
        with closing(self.database.cursor(connection.driver)) as cursor:
            portions, more = _portions(cursor, statement, values, size), True
            while more:
                self.database.start_timer(connection.driver, self.timeout_ms)
                rows = connection.fetched(statement, portions.__next__)
                yield rows
                more = len(rows) == size

    def greet(self, connection: Connection, timing: Timing) -> None:
        """Before anything is read."""

    def drop(self, pooled: Any, error: BaseException, is_lost: bool) -> None:
        """A connection after an error may be in any state, and when one is lost the others of the pool are too."""
        pooled.invalidate(error)
        if is_lost:
            self.engine.dispose(close=False)

    def refusal(self, error: BaseException) -> BaseException:
        """What the client is told; an error that says nothing of the request is passed on as it is."""
        cause = getattr(error, "orig", None) or error
        if isinstance(error, PoolTimeout):
            return ServiceUnavailable("DatabaseBusy", "all connections to the database are in use; try again")
        if getattr(error, "connection_invalidated", False) or self.is_disconnect(cause):
            return ServiceUnavailable("DatabaseAway", "the database cannot be reached")
        return self.database.refusal(cause) or error

    def unavailable(self, error: Exception) -> Exception:
        """The refusal where the database was away or busy, wherever it was asked; else the error as it is."""
        refusal = self.refusal(error) if isinstance(error, (DBAPIError, PoolTimeout)) else error
        return refusal if isinstance(refusal, ServiceUnavailable) else error

    def is_disconnect(self, cause: Any, driver: Any = None) -> bool:
        """Some drivers tell it by the error, some by the connection's state. (Any: a driver's own.)"""
        return bool(self.engine.dialect.is_disconnect(cause, driver, None))


class _Opened:
    """A connection of the pool for the time of a ``with`` block, as it shall be for reading, and then as it was. After an
    error of the database it does not go back. (Not made of a generator, which costs every read as much as its statement.)"""

    __slots__ = ("_connection", "_end", "_of", "_pooled", "_snapshot", "_timing")

    def __init__(self, of: ReadConnections, timing: Timing, snapshot: bool) -> None:
        self._of, self._timing, self._snapshot = of, timing, snapshot
        self._end: str | None = None

    def __enter__(self) -> Connection:
        of = self._of
        try:
            self._pooled = of.engine.raw_connection()
        except of.errors as error:
            raise of.refusal(error) from None
        self._connection = connection = of.of(self._pooled.dbapi_connection, self._timing)
        try:
            self._begin(of, connection)
        except BaseException as error:
            self.__exit__(type(error), error, None)
            raise
        return connection

    def _begin(self, of: ReadConnections, connection: Connection) -> None:
        of.database.autocommit(connection.driver, True)
        of.database.start_timer(connection.driver, of.timeout_ms)
        of.greet(connection, self._timing)
        if bounds := of.database.bounds(connection.driver, self._snapshot):
            connection.do(bounds[0])
            self._end = bounds[1]

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            if error is not None and isinstance(error, self._of.errors):
                raise self._broken(error) from error  # what was begun ended with the connection
            try:
                self._leave()
            except self._of.errors as failure:
                raise self._broken(failure) from failure
        finally:
            self._pooled.close()

    def _leave(self) -> None:
        database, connection = self._of.database, self._connection
        if self._end is not None:
            connection.do(self._end)
        database.stop_timer(connection.driver)
        database.autocommit(connection.driver, False)

    def _broken(self, error: BaseException) -> BaseException:
        is_lost = self._of.is_disconnect(error, self._pooled.dbapi_connection)
        self._of.drop(self._pooled, error, is_lost)
        return ConnectionLost() if is_lost else self._of.refusal(error)


def _portions(cursor: Any, statement: Statement, values: Mapping[str, object], size: int) -> Iterator[list[Row]]:
    """(Any: drivers share no type.)"""
    cursor.execute(statement.text, statement.bound(values))
    while True:
        yield cursor.fetchmany(size)


@mutable
class _Within(ReadConnections):
    """Hands out the connection of one transaction."""

    lasting: ClassVar[bool] = False
    transaction: SqlConnection = field(kw_only=True)

    @contextmanager
    def open(self, timing: Timing, *, snapshot: bool = False) -> Iterator[Connection]:
        try:
            yield self.of(self.transaction.connection.dbapi_connection, timing)
        except self.errors as error:
            raise self.refusal(error) from error
