"""The counter row, and who may begin when."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, inspect, select

from odata_service.tracking import Clock, install_clock, prepare_engine, write_sessions, writing
from odata_service.tracking.clock import COUNTERS, moment
from tests.tracking.conftest import Store
from tests.tracking.lossless import engine_of_its_own
from tests.tracking.models import Letter, Person

pytestmark = pytest.mark.every_database


def side_by_side(count: int, work: Callable[[int], object]) -> None:
    """All start at the same moment; what one of them raises is raised here."""
    start = threading.Barrier(count)

    def run(number: int) -> None:
        start.wait()
        work(number)

    with ThreadPoolExecutor(count) as pool:
        list(pool.map(run, range(count)))


def test_installed_by_several_processes_at_once(database: Engine) -> None:
    engines = [engine_of_its_own(database) for _ in range(8)]
    side_by_side(8, lambda number: install_clock(engines[number]))
    install_clock(database)
    assert inspect(database).has_table("odata_clock")
    for engine in engines:
        engine.dispose()


def test_the_first_stamps_of_a_group_at_once(database: Engine) -> None:
    install_clock(database)
    stamps = []

    def stamp(number: int) -> None:
        engine = engine_of_its_own(database)
        prepare_engine(engine)
        with writing(engine).begin() as connection:
            stamps.append(Clock(lambda: 5).stamp(connection, "new"))
        engine.dispose()

    side_by_side(8, stamp)
    assert sorted(stamps) == [moment(ms) for ms in range(5, 13)]


def test_a_database_without_returning(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store.engine.dialect, "update_returning", False)
    with writing(store.engine).begin() as connection:
        assert [Clock(lambda: 7).stamp(connection) for _ in "123"] == [moment(7), moment(8), moment(9)]


def test_a_stamp_rolled_back_is_given_again(store: Store) -> None:
    clock = Clock(lambda: 7)
    for _ in range(2):
        with writing(store.engine).connect() as connection:
            assert clock.stamp(connection) == moment(7)


def test_writers_that_have_read_wait_for_each_other(store: Store) -> None:
    """On SQLite a plain BEGIN would tell all but one of them that the database is locked."""
    store.save(*(Person(Id=id) for id in range(8)))

    def rename(number: int) -> None:
        with store.sessions.begin() as session:
            person = session.get_one(Person, number)
            time.sleep(0.01)
            person.Name = "Ann"

    side_by_side(8, rename)
    assert {store.row(Person, id).Name for id in range(8)} == {"Ann"}


def test_readers_do_not_wait(store: Store) -> None:
    store.save(Person(Id=1))
    with store.sessions() as session:
        session.get_one(Person, 1).Name = "Ann"
        session.flush()
        assert store.row(Person, 1).Name == ""


def test_autocommit_begins_nothing(store: Store, statements: list[str]) -> None:
    with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(select(COUNTERS)).all()
    assert not any(statement.startswith("BEGIN") for statement in statements)
    with store.engine.connect() as connection:
        connection.execute(select(COUNTERS)).all()
    assert statements.count("BEGIN") == (1 if store.engine.dialect.name == "sqlite" else 0)


def test_touching_and_changing_the_same_people_does_not_deadlock(store: Store) -> None:
    """A transaction waits for its rows before it waits for the clock, never the other way round."""
    store.save(*(Person(Id=id) for id in (1, 2, 3)))
    sessions = write_sessions(store.engine)

    def write(number: int) -> None:
        chance = random.Random(number)
        for round in range(15):
            with sessions.begin() as session:
                if chance.random() < 0.5:
                    for_update = {"key_share": True}  # as an UPDATE locks: letters may still refer to the person
                    person = session.get_one(Person, chance.choice((1, 2, 3)), with_for_update=for_update)
                    person.Name = f"{number}/{round}"
                else:
                    for part in (1, 2):
                        session.add(Letter(Id=number * 100 + round * 2 + part, PersonId=chance.choice((1, 2, 3))))
                session.flush()
                time.sleep(chance.uniform(0, 0.005))

    side_by_side(8, write)
