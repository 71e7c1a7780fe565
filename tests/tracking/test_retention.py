"""Tombstones end: what is purged, what has to stay, and what the floor says afterwards."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, text

from odata_service.tracking import Clock, floor_of, purge
from odata_service.tracking.floor import FLOORS
from tests.tracking.conftest import Store
from tests.tracking.models import (
    Address, Album, Animal, Base, Booking, Customer, Dog, Letter, Passport, Person, Photo, Seat, Tag,
)  # fmt: skip

pytestmark = pytest.mark.every_database

MODELS = [mapper.class_ for mapper in Base.registry.mappers]


@pytest.fixture(autouse=True)
def no_floor(store: Store):
    yield
    with store.engine.begin() as connection:
        connection.execute(FLOORS.delete())


def purged(store: Store, seconds: int = 60) -> dict[str, int]:
    return dict(purge(store.engine, MODELS, timedelta(seconds=seconds), Clock(store.watch)))


def floor(store: Store, model: type) -> int | None:
    with store.engine.connect() as connection:
        return connection.scalar(floor_of(model.__mapper__))


def delete(store: Store, *found: tuple[type, object]) -> int:
    """Delete entities in one transaction; the stamp of their tombstones."""
    now = store.later()
    with store.sessions.begin() as session:
        for model, key in found:
            session.delete(session.get_one(model, key))
    return now


def test_old_tombstones_go_and_the_floor_is_the_last_of_them(store: Store) -> None:
    store.save(*(Person(Id=number) for number in range(4)))
    first = delete(store, (Person, 0))
    second = delete(store, (Person, 1))
    store.watch.ms += 55_000
    delete(store, (Person, 2))
    assert purged(store) == {"Person": 2}
    assert [store.row(Person, number) is None for number in range(4)] == [True, True, False, False]
    assert first < second == floor(store, Person)


def test_nothing_to_remove(store: Store) -> None:
    store.save(Person(Id=1))
    store.watch.ms += 100_000
    assert purged(store) == {} and floor(store, Person) is None


def test_the_floor_never_sinks(store: Store) -> None:
    store.save(Person(Id=1), Person(Id=2))
    delete(store, (Person, 1))
    later = delete(store, (Person, 2))
    store.watch.ms += 100_000
    with store.engine.begin() as connection:
        connection.execute(FLOORS.insert().values(tracked_table="person", floor=later + 5))
    assert purged(store) == {"Person": 2} and floor(store, Person) == later + 5


def test_children_go_with_their_parents(store: Store) -> None:
    store.save(Person(Id=1, Addresses=[Address(Id=1), Address(Id=2)], Passport=Passport(Id=1)))
    delete(store, (Person, 1))
    store.watch.ms += 100_000
    assert purged(store) == {"Person": 1, "Address": 2, "Passport": 1}


def test_who_is_referred_to_stays(store: Store) -> None:
    """A living row refers to it, or a tombstone that is not yet old enough."""
    store.save(Seat(Row=1, Number=2), Seat(Row=2, Number=1), Booking(Id=1, SeatRow=1, SeatNumber=2), Person(Id=1))
    store.save(Address(Id=1, PersonId=1))
    delete(store, (Seat, (1, 2)), (Seat, (2, 1)), (Person, 1))
    store.watch.ms += 55_000
    with store.sessions.begin() as session:
        session.get_one(Address, 1).Street = "x"
    store.watch.ms += 55_000
    assert purged(store) == {"Seat": 1}
    assert store.row(Seat, 1, 2) is not None and store.row(Person, 1) is not None
    assert purged(store, seconds=0) == {"Person": 1, "Address": 1}


def test_links_go_with_either_end(store: Store) -> None:
    store.save(Person(Id=1, Tags=[Tag(Id=1), Tag(Id=2)]), Person(Id=2))
    delete(store, (Tag, 1))
    store.watch.ms += 100_000
    assert purged(store) == {"Tag": 1}
    with store.engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM tagging")) == 1


def test_hierarchies_and_a_zone_on_the_stamp(store: Store) -> None:
    store.save(Dog(Id=1), Animal(Id=2), Customer(id=1))
    delete(store, (Dog, 1), (Animal, 2), (Customer, 1))
    store.watch.ms += 100_000
    assert purged(store) == {"Animal": 2, "Customer": 1}
    assert store.row(Dog, 1) is None
    assert floor(store, Dog) == floor(store, Animal) == floor(store, Customer) == store.watch.ms - 100_000


def test_more_than_one_transaction_takes(store: Store) -> None:
    store.save(*(Photo(Id=number, AlbumId=1) for number in range(1200)), Album(Id=1))
    delete(store, *((Photo, number) for number in range(1200)))
    store.watch.ms += 100_000
    assert purged(store) == {"Photo": 1200}
    with store.engine.connect() as connection:
        assert connection.execute(select(Photo)).all() == []


def test_letters_have_none(store: Store) -> None:
    store.save(Person(Id=1, Letters=[Letter(Id=1)]))
    delete(store, (Letter, 1))
    store.watch.ms += 100_000
    assert purged(store) == {}
