"""The local database: one SQLite file with the application's tables and three of ours.

Queue, tokens and rows change in the same transactions as the data. A transaction that writes takes SQLite's lock at its
start and never waits for anything but the disk: no request is made inside one.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import field
from pathlib import Path
from typing import Any

from sqlalchemy import (
    BigInteger, Column, ColumnElement, Connection, Engine, Index, Integer, MetaData, String, Table, Text, create_engine, event, func,
    inspect, select,
)  # fmt: skip
from sqlalchemy.exc import OperationalError
from sqlalchemy.schema import CreateColumn
from sqlalchemy.types import TypeEngine

from odata_service.values import mutable

from .columns import DIALECT, Moment, dumps, loads

BUSY_SECONDS = 30
LOOK_SECONDS = 0.001  # between two looks whether the lock is free
_BOOKS = MetaData()

QUEUE = Table(
    "DatasyncOperationsQueue",
    _BOOKS,
    Column("Id", String(32), primary_key=True),
    Column("Kind", String(10), nullable=False),
    Column("State", String(10), nullable=False),
    Column("LastAttempt", Moment),
    Column("HttpStatusCode", Integer),
    Column("EntityType", String(255), nullable=False),
    Column("ItemId", String(126), nullable=False),
    Column("EntityVersion", String(126), nullable=False),
    Column("Item", Text, nullable=False),  # as it is to be; what it was, of one that is deleted
    Column("Sequence", BigInteger, nullable=False, index=True),
    Column("Version", Integer, nullable=False),  # how many changes have been put into this one
    Column("Made", Moment, nullable=False),  # when the last of them was made, by this device's clock
    Column("Base", Text),  # what the server had when the first of them was made
    Column("Theirs", Text),  # what it has by now, if that is something else
    Column("Sent", Text),  # a request of which nobody knows whether it was heard
    Column("Attempts", Integer, nullable=False),
    Column("Problem", Text),
    Index("DatasyncOperationsQueue_Entity", "EntityType", "ItemId", unique=True),
)
TOKENS = Table(
    "DatasyncDeltaTokens",
    _BOOKS,
    Column("Id", String(400), primary_key=True),
    Column("EntityType", String(255), nullable=False),
    Column("Value", Text),  # where the next pull goes on
    Column("Pass", Integer, nullable=False),  # how often all was fetched anew
    Column("Whole", Integer, nullable=False),  # whether this pass has come to its end
    Column("Open", Integer, nullable=False),  # whether the last page said that there is more
    Column("Columns", Text, nullable=False),  # what was fetched
)
# Which rows a query has brought, with what they were: a checksum, and what of them only the server knows.
ROWS = Table(
    "DatasyncRows",
    _BOOKS,
    Column("Query", String(400), primary_key=True),
    Column("ItemId", String(126), primary_key=True),
    Column("Pass", Integer, nullable=False),
    Column("Hash", BigInteger, nullable=False),
    Column("Rest", Text),
    sqlite_with_rowid=False,
)
# What a replica that was made by the command was made from.
REPLICA = Table("DatasyncReplica", _BOOKS, Column("Name", String(40), primary_key=True), Column("Value", Text))


@mutable
class Store:
    """The file. ``durable`` is for the application, whose edits are nowhere else; what a sync writes could be fetched or
    sent again, and need not wait for the disk each time."""

    path: Path
    engine: Engine = field(init=False)
    syncing: Engine = field(init=False)

    def __post_init__(self) -> None:
        self.engine = _engine(self.path, "FULL")
        self.syncing = _engine(self.path, "NORMAL")

    def create(self, metadata: MetaData) -> None:
        """Make what is missing of the tables, and of the columns of those that are there."""
        with self.writing() as connection:
            _BOOKS.create_all(connection)
            known = set(inspect(connection).get_table_names())
            metadata.create_all(connection)
            for table in metadata.tables.values():
                if table.name in known:
                    _grow(connection, table)

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction that holds the lock from its start."""
        with self.syncing.connect() as connection:
            begin(connection)
            yield connection
            connection.commit()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        with self.syncing.connect() as connection:
            yield connection

    def close(self) -> None:
        self.engine.dispose()
        self.syncing.dispose()


def begin(connection: Connection) -> None:
    """Take the lock now, so that what is read from here on is what will be written to. SQLite itself would look for it after
    1, 2, 5, … 100 ms; whoever wants it next should have it as soon as it is free."""
    raw: Any = connection.connection.dbapi_connection
    if raw.in_transaction:
        return
    until = time.monotonic() + BUSY_SECONDS
    raw.execute("PRAGMA busy_timeout = 0").close()
    try:
        while True:
            try:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
                return
            except OperationalError as error:
                if not _is_busy(error) or time.monotonic() > until:
                    raise
            time.sleep(LOOK_SECONDS)
    finally:
        raw.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}").close()


def among(column: ColumnElement[Any], values: Iterable[Any]) -> ColumnElement[bool]:
    """``column IN values``, however many, in a statement that reads the same for any number of them.

    >>> str(among(QUEUE.c.Id, ["a", "b"]).compile(compile_kwargs={"literal_binds": True})).replace(chr(10), "")
    '"DatasyncOperationsQueue"."Id" IN (SELECT anon_1.value FROM json_each(\\'["a","b"]\\') AS anon_1)'
    """
    stored = _stored(column.type)
    text = dumps([value if stored is None else stored(value) for value in values])
    return column.in_(select(func.json_each(text).table_valued("value").c.value))


def _stored(column_type: TypeEngine[Any]) -> Callable[[Any], Any] | None:
    return column_type.dialect_impl(DIALECT).bind_processor(DIALECT)


def _is_busy(error: OperationalError) -> bool:
    return getattr(error.orig, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY


def _engine(path: Path, synchronous: str) -> Engine:
    engine = create_engine(
        f"sqlite:///{path}",
        connect_args={"timeout": BUSY_SECONDS},
        json_serializer=dumps,
        json_deserializer=loads,
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        for pragma in ("journal_mode = WAL", f"synchronous = {synchronous}", "cache_size = -16000"):
            connection.execute(f"PRAGMA {pragma}").close()

    return engine


def _grow(connection: Connection, table: Table) -> None:
    """Give a table the columns that its class has got since. What their rows have there is fetched, so that they may be
    empty until then. A column that the class has lost may not stand in the way of new rows."""
    stored: Mapping[str, Any] = {each["name"]: each for each in inspect(connection).get_columns(table.name)}
    new = [column for column in table.columns if column.name not in stored]
    for column in new:
        definition = str(CreateColumn(column).compile(dialect=connection.dialect)).replace(" NOT NULL", "")
        if column.server_default is not None:
            definition = str(CreateColumn(column).compile(dialect=connection.dialect))
        _execute(connection, f"ALTER TABLE {_quoted(connection, table.name)} ADD COLUMN {definition}")
    for name, each in stored.items():
        if name not in table.columns and not each["nullable"] and each["default"] is None:
            _execute(
                connection, f"ALTER TABLE {_quoted(connection, table.name)} DROP COLUMN {_quoted(connection, name)}"
            )


def _quoted(connection: Connection, name: str) -> str:
    return connection.dialect.identifier_preparer.quote(name)


def _execute(connection: Connection, statement: str) -> None:
    connection.exec_driver_sql(statement)
