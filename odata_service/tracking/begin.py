"""How transactions begin: in words, so that a writer is one from its first statement on."""

from __future__ import annotations

from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine


def prepare_engine(engine: Engine) -> None:
    """Begin SQLite transactions in words: ``BEGIN`` for readers, ``BEGIN IMMEDIATE`` on ``writing(engine)``.

    Left alone, Python's driver begins only before the first INSERT or UPDATE. What was read until then belongs to no
    transaction, and a writer that has read fails at once with "database is locked" when another was faster. Databases
    with row locks need nothing.
    """
    if engine.dialect.name == "sqlite" and not event.contains(engine, "begin", _begin):
        event.listen(engine, "begin", _begin)


def writing(engine: Engine) -> Engine:
    """The same engine, pool included, for transactions that will write."""
    return engine.execution_options(odata_begin="BEGIN IMMEDIATE")


def _begin(connection: Connection) -> None:
    driver_connection = connection.connection.dbapi_connection
    assert driver_connection is not None
    if not connection.dialect.detect_autocommit_setting(driver_connection):
        connection.exec_driver_sql(connection.get_execution_options().get("odata_begin", "BEGIN"))
