"""Eight writers side by side, and a client of the toolkit that follows them page by page."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from sqlalchemy import Engine, text

from odata_service import EntitySetRights, ODataService
from odata_service.tracking import install_clock, write_sessions
from tests.datasync.client import Client
from tests.datasync.test_pulling import Copy
from tests.tracking.lossless import Base, Item, Writer, engine_of_its_own, following, write_side_by_side

WRITERS, TRANSACTIONS = 8, 25
LONGEST_PAUSE = {"sqlite": 0.006, "postgresql": 0.04}


@dataclass
class PullCursor:
    """Pulls some pages at a time, as a client whose connection breaks now and then."""

    copy: Copy
    pulls: int = 0

    def pull(self) -> None:
        self.pulls += 1
        self.copy.pull(pages=1 if self.pulls % 3 else None)


@pytest.fixture
def items(database: Engine) -> Engine:
    if database.dialect.name == "sqlite":
        with database.connect() as connection:
            connection.execute(text("PRAGMA journal_mode = WAL"))
    install_clock(database)
    Base.metadata.create_all(database)
    return database


def test_no_row_is_lost(items: Engine):
    service = ODataService(Base, items, namespace="Items")
    service.rights("*", EntitySetRights.ALL)
    service.table("items", Item, page_size=7)
    engines = [engine_of_its_own(items) for _ in range(WRITERS)]
    writers = [Writer(number, write_sessions(engine)) for number, engine in enumerate(engines)]
    copy = Copy(Client(service), "items")
    with following(PullCursor(copy)):
        write_side_by_side(writers, transactions=TRANSACTIONS, longest_pause=LONGEST_PAUSE[items.dialect.name])
    for engine in engines:
        engine.dispose()
    copy.pull()
    there = {row["id"]: row for row in Client(service).all("items?$orderby=id")}
    assert len(there) == WRITERS * TRANSACTIONS
    assert copy.rows == there
