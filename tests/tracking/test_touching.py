"""Tracking on the entity: a change of a Letter is a change of its Person."""

from __future__ import annotations

import pytest

from tests.tracking.conftest import Store
from tests.tracking.models import Booking, Letter, Page, Person, Seat

pytestmark = pytest.mark.every_database


class TestTouching:
    """Tracking on the entity: a change of a Letter is a change of its Person."""

    @pytest.fixture
    def store(self, store: Store) -> Store:
        store.save(Person(Id=1, Letters=[Letter(Id=1, Pages=[Page(Id=1)])]), Person(Id=2), Person(Id=3))
        store.later()
        return store

    def stamped(self, store: Store) -> set[int]:
        return {id for id in (1, 2, 3) if store.stamp(Person, id) == store.watch.ms}

    def test_insert(self, store: Store) -> None:
        store.save(Letter(Id=2, PersonId=2))
        assert self.stamped(store) == {2}

    def test_update(self, store: Store) -> None:
        with store.sessions.begin() as session:
            session.get_one(Letter, 1).Text = "Dear Ann"
        assert self.stamped(store) == {1}

    def test_no_change(self, store: Store) -> None:
        with store.sessions.begin() as session:
            session.get_one(Letter, 1).Text = ""
        assert self.stamped(store) == set()

    def test_delete(self, store: Store) -> None:
        with store.sessions.begin() as session:
            session.delete(session.get_one(Letter, 1))
        assert store.row(Letter, 1) is None
        assert self.stamped(store) == {1}

    def test_orphan(self, store: Store) -> None:
        with store.sessions.begin() as session:
            person = session.get_one(Person, 1)
            person.Letters.clear()
        assert store.row(Letter, 1) is None
        assert self.stamped(store) == {1}

    def test_move_by_foreign_key(self, store: Store) -> None:
        with store.sessions.begin() as session:
            session.get_one(Letter, 1).PersonId = 2
        assert self.stamped(store) == {1, 2}

    def test_move_by_relationship(self, store: Store) -> None:
        with store.sessions.begin() as session:
            session.get_one(Letter, 1).Person = session.get_one(Person, 2)
        assert self.stamped(store) == {1, 2}

    def test_move_by_collection(self, store: Store) -> None:
        with store.sessions.begin() as session:
            person = session.get_one(Person, 2)
            person.Letters.append(session.get_one(Letter, 1))
        assert self.stamped(store) == {1, 2}

    def test_move_of_an_expired_instance(self, store: Store) -> None:
        with store.sessions.begin() as session:
            letter = session.get_one(Letter, 1)
            session.expire(letter)
            letter.PersonId = 2
        assert self.stamped(store) == {1, 2}

    def test_move_twice(self, store: Store) -> None:
        with store.sessions.begin() as session:
            letter = session.get_one(Letter, 1)
            letter.PersonId = 2
            session.flush()
            letter.PersonId = 3
        assert self.stamped(store) == {1, 2, 3}

    def test_move_that_another_session_has_not_seen(self, store: Store) -> None:
        with store.sessions() as stale:
            letter = stale.get_one(Letter, 1)
            stale.commit()
            with store.sessions.begin() as session:
                session.get_one(Letter, 1).PersonId = 2
            store.later()
            letter.Text = "Dear Bob"
            stale.commit()
        assert 2 in self.stamped(store)

    def test_to_nobody(self, store: Store) -> None:
        with store.sessions.begin() as session:
            session.get_one(Letter, 1).PersonId = None
        assert self.stamped(store) == {1}

    def test_parents_in_memory_have_the_stamp(self, store: Store) -> None:
        with store.sessions.begin() as session:
            person = session.get_one(Person, 1)
            person.Letters[0].Text = "Dear Ann"
        assert person.LastUpdated == store.at(store.watch.ms)
        assert store.row(Person, 1).Version == person.Version == 1

    def test_grandchildren(self, store: Store) -> None:
        with store.sessions.begin() as session:
            session.get_one(Page, 1).Text = "My dear"
        assert self.stamped(store) == {1}

    def test_deleted_with_its_children(self, store: Store) -> None:
        with store.sessions.begin() as session:
            session.delete(session.get_one(Letter, 1))
        assert store.row(Page, 1) is None
        assert self.stamped(store) == {1}

    def test_composite_foreign_key(self, store: Store) -> None:
        store.save(Seat(Row=1, Number=2), Seat(Row=2, Number=1))
        now = store.later()
        store.save(Booking(Id=1, SeatRow=1, SeatNumber=2))
        assert store.stamp(Seat, 1, 2) == now
        assert store.stamp(Seat, 2, 1) < now
