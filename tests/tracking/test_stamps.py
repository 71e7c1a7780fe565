"""Which rows a transaction stamps, and when."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import event
from sqlalchemy.exc import IntegrityError

from tests.tracking.conftest import Store
from tests.tracking.models import Address, Person, Tag

pytestmark = pytest.mark.every_database

LONG_AGO = datetime(1900, 1, 1)


class TestStamps:
    def test_rows_of_one_transaction_share_one_stamp(self, store: Store) -> None:
        with store.sessions.begin() as session:
            session.add(Person(Id=1))
            session.flush()
            store.later()
            session.add(Address(Id=1, PersonId=1))
            session.flush()
            now = store.later()
        assert store.stamp(Person, 1) == store.stamp(Address, 1) == now

    def test_transactions_in_the_same_millisecond_differ(self, store: Store) -> None:
        first = store.save(Person(Id=1))
        store.save(Person(Id=2))
        assert store.stamp(Person, 2) == first + 1

    def test_a_clock_set_back_does_not_take_stamps_back(self, store: Store) -> None:
        first = store.save(Person(Id=1))
        store.watch.ms -= 3_600_000
        store.save(Person(Id=2))
        assert store.stamp(Person, 2) == first + 1

    def test_the_instance_has_the_stamp_after_commit(self, store: Store) -> None:
        person = Person(Id=1)
        with store.sessions() as session:
            session.add(person)
            session.commit()
            assert person.LastUpdated == store.at(store.watch.ms)
            assert person not in session.dirty

    def test_an_update_stamps_only_its_row(self, store: Store) -> None:
        before = store.save(Person(Id=1), Person(Id=2))
        now = store.later()
        with store.sessions.begin() as session:
            session.get_one(Person, 1).Name = "Ann"
        assert (store.stamp(Person, 1), store.stamp(Person, 2)) == (now, before)

    def test_the_same_value_again_is_no_change(self, store: Store) -> None:
        before = store.save(Person(Id=1, Name="Ann"))
        store.later()
        with store.sessions.begin() as session:
            session.get_one(Person, 1).Name = "Ann"
        assert store.stamp(Person, 1) == before

    def test_reading_takes_no_stamp(self, store: Store, statements: list[str]) -> None:
        store.save(Person(Id=1))
        statements.clear()
        with store.sessions.begin() as session:
            session.get_one(Person, 1)
        assert not any("odata_clock" in statement for statement in statements)

    def test_an_assigned_stamp_is_dropped(self, store: Store) -> None:
        now = store.save(Person(Id=1, LastUpdated=LONG_AGO))
        assert store.stamp(Person, 1) == now
        now = store.later()
        with store.sessions.begin() as session:
            person = session.get_one(Person, 1)
            person.Name, person.LastUpdated = "Ann", LONG_AGO
        assert store.stamp(Person, 1) == now

    def test_an_assigned_stamp_alone_is_no_change(self, store: Store) -> None:
        before = store.save(Person(Id=1))
        store.later()
        with store.sessions.begin() as session:
            person = session.get_one(Person, 1)
            person.LastUpdated = LONG_AGO
            session.flush()
            assert person.LastUpdated == store.at(before)
        assert store.stamp(Person, 1) == before

    def test_a_new_child_does_not_change_its_parent(self, store: Store) -> None:
        before = store.save(Person(Id=1))
        now = store.later()
        with store.sessions.begin() as session:
            person = session.get_one(Person, 1)
            person.Addresses.append(Address(Id=1))
        assert (store.stamp(Person, 1), store.stamp(Address, 1)) == (before, now)

    def test_many_to_many_links_change_both_ends(self, store: Store) -> None:
        store.save(Person(Id=1), Tag(Id=1))
        for links in ([1], []):
            now = store.later()
            with store.sessions.begin() as session:
                session.get_one(Person, 1).Tags = [session.get_one(Tag, id) for id in links]
            assert store.stamp(Person, 1) == store.stamp(Tag, 1) == now

    def test_hundreds_of_rows_in_few_statements(self, store: Store, statements: list[str]) -> None:
        people = [Person(Id=id) for id in range(1, 1201)]
        now = store.save(*people)
        assert {person.LastUpdated for person in people} == {store.at(now)}
        assert {store.stamp(Person, id) for id in (1, 600, 1200)} == {now}
        assert len([each for each in statements if each.startswith("UPDATE person")]) == 3
        assert (
            len([each for each in statements if each.startswith("UPDATE odata_clock")]) <= 2
        )  # the first adds the row

    def test_the_stamp_is_the_last_thing_before_commit(self, store: Store, statements: list[str]) -> None:
        store.save(Person(Id=1))
        statements.clear()
        store.save(Person(Id=2), Address(Id=2, PersonId=2))
        clock = next(at for at, statement in enumerate(statements) if "odata_clock" in statement)
        assert [statement.split()[0] for statement in statements[clock + 1 :]] == ["UPDATE", "UPDATE"]


class TestTransactions:
    def test_a_savepoint_rolled_back_takes_its_rows_with_it(self, store: Store) -> None:
        before = store.save(Person(Id=1), Person(Id=2))
        now = store.later()
        with store.sessions.begin() as session:
            session.get_one(Person, 1).Name = "Ann"
            savepoint = session.begin_nested()
            session.get_one(Person, 2).Name = "Bob"
            session.flush()
            savepoint.rollback()
        assert (store.stamp(Person, 1), store.stamp(Person, 2)) == (now, before)

    def test_a_released_savepoint_is_stamped_with_its_transaction(self, store: Store) -> None:
        with store.sessions.begin() as session:
            with session.begin_nested():
                session.add(Person(Id=1))
                with session.begin_nested():
                    session.add(Person(Id=2))
            now = store.later()
            session.add(Person(Id=3))
        assert {store.stamp(Person, id) for id in (1, 2, 3)} == {now}

    @pytest.mark.parametrize("levels", [1, 2, 3])
    def test_a_savepoint_left_open_at_commit(self, store: Store, levels: int) -> None:
        before = store.save(Person(Id=1))
        now = store.later()
        with store.sessions.begin() as session:
            for _ in range(levels):
                session.begin_nested()
            session.get_one(Person, 1).Name = "Ann"
        assert store.stamp(Person, 1) == now > before

    def test_session_commit_with_a_savepoint_open(self, store: Store) -> None:
        store.save(Person(Id=1))
        now = store.later()
        with store.sessions() as session:
            session.begin_nested()
            session.get_one(Person, 1).Name = "Ann"
            session.commit()
        assert store.stamp(Person, 1) == now

    def test_rollback_forgets(self, store: Store, statements: list[str]) -> None:
        before = store.save(Person(Id=1))
        store.later()
        with store.sessions() as session:
            session.get_one(Person, 1).Name = "Ann"
            session.flush()
            session.rollback()
            statements.clear()
            session.commit()
            assert statements == []
        assert store.stamp(Person, 1) == before

    def test_a_session_serves_several_transactions(self, store: Store) -> None:
        with store.sessions() as session:
            stamps = []
            person = Person(Id=1)
            session.add(person)
            for name in ("Ann", "Bob", "Cid"):
                person.Name = name
                session.commit()
                stamps.append(person.LastUpdated)
        assert stamps == sorted(set(stamps))

    def test_a_failed_flush_leaves_a_usable_session(self, store: Store) -> None:
        store.save(Person(Id=1))
        now = store.later()
        with store.sessions() as session:
            session.add(Person(Id=1))
            with pytest.raises(IntegrityError):
                session.commit()
            session.rollback()
            session.add(Person(Id=2))
            session.commit()
        assert store.stamp(Person, 2) == now

    def test_a_listener_that_changes_rows_after_the_stamp(self, store: Store) -> None:
        sessions = store.sessions
        event.listen(sessions, "before_commit", lambda session: session.add(Person(Id=9)))
        with sessions.begin() as session:
            session.add(Person(Id=1))
        assert store.stamp(Person, 9) == store.stamp(Person, 1)

    def test_expire_on_commit(self, store: Store) -> None:
        sessions = store.sessions
        sessions.configure(expire_on_commit=True)
        with sessions() as session:
            person = Person(Id=1)
            session.add(person)
            session.commit()
            assert person.LastUpdated == store.at(store.watch.ms)
