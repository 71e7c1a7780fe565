"""Writers that overlap and a poller that follows them: does any row get lost between the two?

::

    cursor = StampCursor(engine)
    with following(cursor):
        write_side_by_side(writers, transactions=60, longest_pause=0.04)
    assert cursor.lost() == {}

A cursor is anything with ``pull()``, and several may follow the same writers.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from sqlalchemy import Engine, create_engine, event, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

from odata_service.tracking import EntityTracking

Seen = dict[int, int]  # the revision of each item


class Base(DeclarativeBase):
    pass


class Item(EntityTracking, Base):
    __tablename__ = "item"
    Id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    Revision: Mapped[int]
    Transaction: Mapped[str]  # which transaction has written this revision: "writer/number"


class Cursor(Protocol):
    """A client's side of a synchronisation; several may follow the same writers."""

    def pull(self) -> None:
        """Fetch what is new since the last pull."""


@dataclass
class StampCursor:
    """The article's client: ``LastUpdated gt <the greatest I have seen>``."""

    engine: Engine
    greatest: datetime = datetime(1900, 1, 1)
    seen: Seen = field(default_factory=dict)
    deliveries: list[tuple[datetime, str]] = field(default_factory=list)  # stamp and transaction of each row

    def pull(self) -> None:
        newer = select(Item.Id, Item.Revision, Item.LastUpdated, Item.Transaction)
        newer = newer.where(Item.LastUpdated > self.greatest).order_by(Item.LastUpdated)
        with self.engine.connect() as connection:
            rows = connection.execute(newer).all()
        for id, revision, stamp, transaction in rows:
            self.seen[id] = revision
            self.deliveries.append((stamp, transaction))
            self.greatest = stamp

    def lost(self) -> Seen:
        """The items of which the latest revision never came."""
        with self.engine.connect() as connection:
            committed = connection.execute(select(Item.Id, Item.Revision)).all()
        return {id: revision for id, revision in committed if self.seen.get(id) != revision}


@dataclass
class Writer:
    """One of several writers, each with connections of its own. It adds items and changes those it has added."""

    number: int
    sessions: sessionmaker[Session]
    stamps: list[datetime] = field(default_factory=list)

    def run(self, transactions: int, longest_pause: float, goes_on: Callable[[], bool] = lambda: True) -> None:
        chance = random.Random(self.number)
        mine: list[int] = []
        for transaction in range(transactions):
            if not goes_on():
                return
            with self.sessions() as session:
                added = Item(Id=self.number * 1_000_000 + transaction, Revision=1)
                changed = session.get(Item, chance.choice(mine)) if mine and chance.random() < 0.5 else None
                touched = [added, changed] if changed else [added]
                session.add(added)
                if changed:
                    changed.Revision += 1
                for item in touched:
                    item.Transaction = f"{self.number}/{transaction}"
                session.flush()
                time.sleep(chance.uniform(0, longest_pause))
                session.commit()
                mine.append(added.Id)
                self.stamps.append(added.LastUpdated)
            time.sleep(chance.uniform(0, longest_pause))  # lets others in: SQLite's lock is not fair


def write_side_by_side(writers: list[Writer], *, transactions: int, longest_pause: float) -> None:
    failures: list[BaseException] = []

    def run(writer: Writer) -> None:
        try:
            writer.run(transactions, longest_pause)
        except Exception as failure:
            failures.append(failure)

    threads = [threading.Thread(target=run, args=[writer]) for writer in writers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


@contextmanager
def following(*cursors: Cursor, every: float = 0.002) -> Iterator[None]:
    """Let the cursors follow what is written inside the block, and once more when it has ended."""
    ended = threading.Event()

    def follow(cursor: Cursor) -> None:
        while not ended.wait(every):
            cursor.pull()

    threads = [threading.Thread(target=follow, args=[cursor]) for cursor in cursors]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        ended.set()
        for thread in threads:
            thread.join()
    for cursor in cursors:
        cursor.pull()


def stamp_at_flush(sessions: sessionmaker[Session], utc_now: Callable[[], datetime]) -> None:
    """The hook as one would write it first, and wrong: the time at which the row is saved, not that of its commit."""

    def before_flush(session: Session, *_: object) -> None:
        for item in [*session.new, *session.dirty]:
            item.LastUpdated = utc_now()
            item.IsDeleted = False

    event.listen(sessions, "before_flush", before_flush)


def engine_of_its_own(engine: Engine) -> Engine:
    """Another process's engine, as far as the database can tell."""
    patience = {"timeout": 60} if engine.dialect.name == "sqlite" else {}  # eight writers queue for one lock
    return create_engine(engine.url, connect_args=patience)
