"""A database with the tables and the clock, and sessions whose clock the tests can set."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, event, inspect, select
from sqlalchemy.orm import Session, sessionmaker

from odata_service.tracking import Clock, install_clock, tracking_of, write_sessions
from odata_service.tracking.clock import COUNTERS, moment
from tests.conftest import FreshDatabase
from tests.tracking.models import Base


@dataclass
class Wristwatch:
    """Milliseconds since the epoch, standing still until a test moves the hands."""

    ms: int = 1_000_000

    def __call__(self) -> int:
        return self.ms


@dataclass
class Store:
    """A database as another client sees it: everything is read on a connection of its own."""

    engine: Engine
    watch: Wristwatch = field(default_factory=Wristwatch)

    @property
    def sessions(self) -> sessionmaker[Session]:
        return write_sessions(self.engine, Clock(self.watch))

    def save(self, *entities: object) -> int:
        """Save them in one transaction, and tell its stamp, if it was the first of this millisecond."""
        with self.sessions.begin() as session:
            session.add_all(entities)
        return self.watch.ms

    def later(self) -> int:
        """Ten seconds on; the stamp that the next transaction gets."""
        self.watch.ms += 10_000
        return self.watch.ms

    def at(self, ms: int) -> datetime:
        return moment(ms)

    def row(self, model: type, *key: object) -> Any:
        mapper = inspect(model)
        query = select(mapper.persist_selectable)
        for column, value in zip(mapper.primary_key, key, strict=True):
            query = query.where(column == value)
        with self.engine.connect() as connection:
            return connection.execute(query).one_or_none()

    def stamp(self, model: type, *key: object) -> int:
        """When a row was stamped, in milliseconds."""
        column = inspect(model).column_attrs[tracking_of(model).last_updated].columns[0]
        stamp = getattr(self.row(model, *key), column.name).replace(tzinfo=None)
        return round((stamp - moment(0)).total_seconds() * 1000)


@pytest.fixture(scope="session")
def tables(fresh_database: FreshDatabase) -> Iterator[Engine]:
    """Created once for all tests, each of which leaves them empty."""
    with ExitStack() as stack:
        engine = create_engine(stack.enter_context(fresh_database()))
        stack.callback(engine.dispose)
        install_clock(engine)
        Base.metadata.create_all(engine)
        yield engine


@pytest.fixture
def store(tables: Engine) -> Iterator[Store]:
    yield Store(tables)
    with tables.begin() as connection:
        for table in [*reversed(Base.metadata.sorted_tables), COUNTERS]:
            connection.execute(table.delete())


@pytest.fixture
def statements(store: Store) -> Iterator[list[str]]:
    """The SQL that is executed from now on."""
    seen: list[str] = []

    def see(*arguments: Any) -> None:
        seen.append(arguments[2])

    event.listen(store.engine, "before_cursor_execute", see)
    yield seen
    event.remove(store.engine, "before_cursor_execute", see)
