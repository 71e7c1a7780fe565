"""A delete of a tracked entity becomes a tombstone; what cannot become one is refused."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, insert, update

from odata_service.tracking import BulkWriteRefused, HardDeleteRefused
from tests.tracking.conftest import Store
from tests.tracking.models import Address, AddressType, Album, Dog, Letter, Note, Passport, Person, Photo

pytestmark = pytest.mark.every_database


class TestTombstones:
    def test_delete(self, store: Store) -> None:
        store.save(Person(Id=1, Name="Ann"))
        now = store.later()
        with store.sessions.begin() as session:
            session.delete(session.get_one(Person, 1))
        row = store.row(Person, 1)
        assert (row.IsDeleted, row.Name, store.stamp(Person, 1)) == (True, "Ann", now)

    def test_deleted_again_is_no_change(self, store: Store) -> None:
        before = store.save(Person(Id=1, IsDeleted=True))
        store.later()
        with store.sessions() as session:
            person = session.get_one(Person, 1)
            session.expire(person)
            session.delete(person)
            session.commit()
        assert store.stamp(Person, 1) == before

    def test_undelete(self, store: Store) -> None:
        store.save(Person(Id=1, IsDeleted=True))
        now = store.later()
        with store.sessions.begin() as session:
            session.get_one(Person, 1).IsDeleted = False
        assert (store.row(Person, 1).IsDeleted, store.stamp(Person, 1)) == (False, now)

    def test_new_and_deleted_before_any_flush_never_was(self, store: Store) -> None:
        with store.sessions.begin() as session:
            session.add(person := Person(Id=1))
            session.expunge(person)
        assert store.row(Person, 1) is None

    def test_cascade(self, store: Store) -> None:
        """Tracked children become tombstones with their parent; others are deleted."""
        store.save(
            Person(Id=1, Addresses=[Address(Id=1), Address(Id=2)], Notes=[Note(Id=1)], Letters=[Letter(Id=1)]),
        )
        now = store.later()
        with store.sessions.begin() as session:
            session.delete(session.get_one(Person, 1))
        assert [store.row(Address, id).IsDeleted for id in (1, 2)] == [True, True]
        assert {store.stamp(Person, 1), store.stamp(Address, 1), store.stamp(Address, 2)} == {now}
        assert store.row(Address, 1).PersonId == 1
        assert store.row(Note, 1) is None
        assert store.row(Letter, 1) is None

    def test_cascade_left_to_the_database(self, store: Store) -> None:
        store.save(Album(Id=1, Photos=[Photo(Id=1)]))
        with store.sessions.begin() as session:
            session.delete(session.get_one(Album, 1))
        assert store.row(Photo, 1).IsDeleted

    def test_orphan(self, store: Store) -> None:
        before = store.save(Person(Id=1, Addresses=[Address(Id=1), Address(Id=2)]))
        now = store.later()
        with store.sessions.begin() as session:
            person = session.get_one(Person, 1)
            person.Addresses.remove(person.Addresses[0])
        gone = store.row(Address, 1)
        assert (gone.IsDeleted, gone.PersonId, store.stamp(Address, 1)) == (True, 1, now)
        assert store.stamp(Address, 2) == store.stamp(Person, 1) == before

    def test_orphans_of_a_replaced_collection(self, store: Store) -> None:
        store.save(Person(Id=1, Addresses=[Address(Id=1), Address(Id=2)]))
        with store.sessions.begin() as session:
            session.get_one(Person, 1).Addresses = [Address(Id=3)]
        assert [store.row(Address, id).IsDeleted for id in (1, 2, 3)] == [True, True, False]

    def test_orphan_of_a_collection_that_was_never_loaded(self, store: Store) -> None:
        store.save(Person(Id=1, Addresses=[Address(Id=1), Address(Id=2)]), Person(Id=2))
        with store.sessions.begin() as session:
            person, address = session.get_one(Person, 1), session.get_one(Address, 1)
            address.Person = None
            assert person in session.dirty
        assert (store.row(Address, 1).IsDeleted, store.row(Address, 1).PersonId) == (True, 1)

    def test_replaced_one_to_one(self, store: Store) -> None:
        store.save(Person(Id=1, Passport=Passport(Id=1)))
        with store.sessions.begin() as session:
            session.get_one(Person, 1).Passport = Passport(Id=2)
        assert [(row.IsDeleted, row.PersonId) for row in (store.row(Passport, 1), store.row(Passport, 2))] == [
            (True, 1),
            (False, 1),
        ]

    def test_an_orphan_stays_one_row_over_several_flushes(self, store: Store) -> None:
        store.save(Person(Id=1, Addresses=[Address(Id=1)]))
        with store.sessions() as session:
            person = session.get_one(Person, 1)
            person.Addresses.clear()
            session.commit()
            person.Name = "Ann"
            session.commit()
            session.expire(person)
            assert [address.IsDeleted for address in person.Addresses] == [True]

    def test_removed_from_the_collection_and_deleted(self, store: Store) -> None:
        store.save(Person(Id=1, Addresses=[Address(Id=1)]))
        with store.sessions.begin() as session:
            person, address = session.get_one(Person, 1), session.get_one(Address, 1)
            person.Addresses.remove(address)
            session.delete(address)
        assert store.row(Address, 1).IsDeleted

    def test_an_untracked_orphan_is_deleted(self, store: Store) -> None:
        store.save(Person(Id=1, Notes=[Note(Id=1)]))
        with store.sessions.begin() as session:
            person = session.get_one(Person, 1)
            person.Notes.clear()
        assert store.row(Note, 1) is None

    def test_a_move_is_not_a_delete(self, store: Store) -> None:
        store.save(Person(Id=1, Addresses=[Address(Id=1)]), Person(Id=2))
        with store.sessions.begin() as session:
            address, old, new = session.get_one(Address, 1), session.get_one(Person, 1), session.get_one(Person, 2)
            with session.no_autoflush:  # a flush in the middle of a move would see an orphan
                old.Addresses.remove(address)
                new.Addresses.append(address)
        row = store.row(Address, 1)
        assert (row.IsDeleted, row.PersonId) == (False, 2)


class TestRefusals:
    @pytest.mark.parametrize("statement", [delete(Person), delete(Person.__table__), delete(Letter), delete(Dog)])
    def test_bulk_delete(self, store: Store, statement) -> None:
        with store.sessions() as session, pytest.raises(HardDeleteRefused, match=r"session\.delete"):
            session.execute(statement)

    def test_query_delete(self, store: Store) -> None:
        with store.sessions() as session, pytest.raises(HardDeleteRefused, match="Person is tracked"):
            session.query(Person).delete()

    @pytest.mark.parametrize(
        "statement",
        [
            update(Person).values(Name=""),
            update(Person.__table__).values(Name=""),
            insert(Person).values(Id=1),
            insert(Letter).values(Id=1),
        ],
    )
    def test_bulk_write(self, store: Store, statement) -> None:
        with store.sessions() as session, pytest.raises(BulkWriteRefused, match="without a stamp"):
            session.execute(statement)

    def test_untracked_models_may_be_written_in_bulk(self, store: Store) -> None:
        with store.sessions.begin() as session:
            session.execute(insert(AddressType).values(Id=1, Name="Home"))
            session.execute(update(AddressType).values(Name="Work"))
            session.execute(delete(AddressType))

    def test_cascade_from_an_untracked_parent(self, store: Store) -> None:
        store.save(Person(Id=1), AddressType(Id=1), Address(Id=1, PersonId=1, AddressTypeId=1))
        with store.sessions() as session:
            session.delete(session.get_one(AddressType, 1))
            with pytest.raises(HardDeleteRefused, match="AddressType would cascade to Address"):
                session.commit()
        assert store.row(Address, 1).IsDeleted is False
