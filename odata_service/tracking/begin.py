"""How transactions begin: in words, so that a writer is one from its first statement on."""

from __future__ import annotations

from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine


MARIADB = ("mysql", "mariadb")  # as SQLAlchemy calls it, by the URL
_MARIADB_SETTINGS = (
    "TRANSACTION ISOLATION LEVEL READ COMMITTED",
    # A key of 0 is one like any other, and what does not fit is refused, never cut.
    "sql_mode = CONCAT_WS(',', @@sql_mode, 'NO_AUTO_VALUE_ON_ZERO', 'STRICT_ALL_TABLES', 'NO_ENGINE_SUBSTITUTION')",
)


def prepare_engine(engine: Engine) -> None:
    """Begin SQLite transactions in words: ``BEGIN`` for readers, ``BEGIN IMMEDIATE`` on ``writing(engine)``.

    Left alone, Python's driver begins only before the first INSERT or UPDATE. What was read until then belongs to no
    transaction, and a writer that has read fails at once with "database is locked" when another was faster.

    MariaDB's sessions are to see what others have committed when they look, as those of other databases with row locks do
    by themselves: by its own default a writer that waits for a row goes on with what was there before it waited.
    """
    if engine.dialect.name in MARIADB and not event.contains(engine, "checkout", _make_fit):
        event.listen(engine, "checkout", _make_fit)
    if engine.dialect.name == "sqlite" and not event.contains(engine, "begin", _begin):
        event.listen(engine, "begin", _begin)


def writing(engine: Engine) -> Engine:
    """The same engine, pool included, for transactions that will write."""
    return engine.execution_options(odata_begin="BEGIN IMMEDIATE")


def _make_fit(driver_connection: Any, record: Any, _proxy: object) -> None:
    """(Any: drivers share no type.)"""
    if not record.info.get(_make_fit):
        with driver_connection.cursor() as cursor:
            for setting in _MARIADB_SETTINGS:
                cursor.execute(f"SET SESSION {setting}")
        record.info[_make_fit] = True


def _begin(connection: Connection) -> None:
    driver_connection = connection.connection.dbapi_connection
    assert driver_connection is not None
    if not connection.dialect.detect_autocommit_setting(driver_connection):
        connection.exec_driver_sql(connection.get_execution_options().get("odata_begin", "BEGIN"))
