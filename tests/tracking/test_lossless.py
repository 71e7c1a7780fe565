"""Eight writers with pauses inside their transactions, and a client that follows the greatest LastUpdated it has seen."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session, sessionmaker

from odata_service.tracking import install_clock, prepare_engine, write_sessions, writing
from tests.tracking.lossless import (
    Base,
    StampCursor,
    Writer,
    engine_of_its_own,
    following,
    stamp_at_flush,
    write_side_by_side,
)

pytestmark = pytest.mark.every_database

WRITERS = 8
TRANSACTIONS, BAD = 60, 25
# SQLite's writers stand in one queue: all pauses add up.
LONGEST_PAUSE = {"sqlite": 0.006, "postgresql": 0.04, "mariadb": 0.04}

Hook = Callable[[Engine], sessionmaker[Session]]


def flush_time_sessions(engine: Engine) -> sessionmaker[Session]:
    """Everything as in ``write_sessions`` but the hook."""
    prepare_engine(engine)
    sessions = sessionmaker(writing(engine), expire_on_commit=False)
    stamp_at_flush(sessions, lambda: datetime.now(UTC).replace(tzinfo=None))
    return sessions


@pytest.fixture
def items(database: Engine) -> Engine:
    if database.dialect.name == "sqlite":
        with database.connect() as connection:
            connection.execute(text("PRAGMA journal_mode = WAL"))  # else the reader holds up the writers
    install_clock(database)
    Base.metadata.create_all(database)
    return database


def run(items: Engine, hook: Hook, transactions: int) -> tuple[StampCursor, list[Writer]]:
    engines = [engine_of_its_own(items) for _ in range(WRITERS)]
    writers = [Writer(number, hook(engine)) for number, engine in enumerate(engines)]
    cursor = StampCursor(items)
    with following(cursor):
        write_side_by_side(writers, transactions=transactions, longest_pause=LONGEST_PAUSE[items.dialect.name])
    for engine in engines:
        engine.dispose()
    return cursor, writers


def test_no_row_is_lost(items: Engine) -> None:
    cursor, writers = run(items, write_sessions, TRANSACTIONS)
    assert cursor.lost() == {}
    assert len(cursor.seen) == WRITERS * TRANSACTIONS
    for writer in writers:
        assert writer.stamps == sorted(set(writer.stamps)), "stamps rise from transaction to transaction"
    assert len({stamp for writer in writers for stamp in writer.stamps}) == WRITERS * TRANSACTIONS
    assert len({stamp for stamp, _ in cursor.deliveries}) == len(set(cursor.deliveries)), "one stamp, one transaction"
    assert all(stamp.microsecond % 1000 == 0 for stamp, _ in cursor.deliveries), "whole milliseconds"


def test_a_stamp_taken_at_flush_loses_rows(items: Engine) -> None:
    """The same writers and the same client: the test above is able to fail."""
    cursor, _ = run(items, flush_time_sessions, BAD)
    assert len(cursor.lost()) > 0
