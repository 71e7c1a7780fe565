"""The hook under every shape of mapping: versions, keys, inheritance, other names."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from odata_service.tracking import EntityTracking, Tracking, tracked, tracking_of
from tests.tracking.conftest import Store
from tests.tracking.models import AddressType, Animal, Customer, Dog, Letter, Person, Seat

pytestmark = pytest.mark.every_database


class TestContract:
    def test_tracking_of(self) -> None:
        assert tracking_of(Person) == Tracking("LastUpdated", "IsDeleted")
        assert tracking_of(Letter.__mapper__) == Tracking(touches="Person")
        assert tracking_of(Customer) == Tracking("changed_at", "gone", group="shop")
        assert tracking_of(AddressType) is None

    def test_keywords_add_to_what_is_inherited(self) -> None:
        @tracked(touches="Person")
        class Row(EntityTracking):
            pass

        assert tracking_of(Row) == Tracking("LastUpdated", "IsDeleted", touches="Person")

    def test_half_a_contract(self) -> None:
        with pytest.raises(TypeError, match="go together"):
            tracked(last_updated="changed_at")(type("Row", (), {}))
        with pytest.raises(TypeError, match="Row: name last_updated"):
            tracked()(type("Row", (), {}))


class TestMappings:
    def test_version_counter_is_left_alone(self, store: Store) -> None:
        with store.sessions() as session:
            person = Person(Id=1)
            session.add(person)
            for version in (1, 2, 3):
                person.Name = f"version {version}"
                session.commit()
                assert person.Version == store.row(Person, 1).Version == version

    def test_a_changed_key(self, store: Store) -> None:
        store.save(Seat(Row=1, Number=1), Seat(Row=1, Number=2))
        now = store.later()
        with store.sessions.begin() as session:
            seat = session.get_one(Seat, (1, 1))
            seat.Color = "red"
            session.flush()
            seat.Number = 9
        assert store.stamp(Seat, 1, 9) == now
        assert seat.LastUpdated == store.at(now)

    def test_a_composite_key(self, store: Store) -> None:
        before = store.save(Seat(Row=1, Number=2), Seat(Row=2, Number=1))
        now = store.later()
        with store.sessions.begin() as session:
            session.get_one(Seat, (1, 2)).Color = "red"
        assert (store.stamp(Seat, 1, 2), store.stamp(Seat, 2, 1)) == (now, before)

    def test_joined_inheritance(self, store: Store) -> None:
        store.save(Dog(Id=1), Animal(Id=2))
        now = store.later()
        with store.sessions.begin() as session:
            dog = session.get_one(Dog, 1)
            dog.Trick = "sit"
        assert store.stamp(Animal, 1) == now
        assert dog.LastUpdated == store.at(now)
        with store.sessions.begin() as session:
            session.delete(session.get_one(Dog, 1))
        assert store.row(Animal, 1).IsDeleted
        assert store.row(Dog, 1).Trick == "sit"

    def test_other_names(self, store: Store) -> None:
        now = store.save(Customer(id=1))
        assert store.stamp(Customer, 1) == now
        assert store.row(Customer, 1).gone is False
        now = store.later()
        with store.sessions.begin() as session:
            session.delete(session.get_one(Customer, 1))
        assert store.stamp(Customer, 1) == now
        assert store.row(Customer, 1).gone is True

    def test_a_zone_on_the_stamp_is_utc(self, store: Store) -> None:
        if store.engine.dialect.name == "sqlite":
            pytest.skip("SQLite has no zones")
        now = store.save(Customer(id=1))
        with store.engine.connect() as connection:
            assert round(connection.scalar(select(Customer.changed_at)).timestamp() * 1000) == now

    def test_groups_have_clocks_of_their_own(self, store: Store) -> None:
        first = store.save(Person(Id=1))
        store.save(Customer(id=1))
        assert store.stamp(Customer, 1) == first
        store.save(Person(Id=2), Customer(id=2))
        assert store.stamp(Customer, 2) == store.stamp(Person, 2) == first + 1

    def test_onupdate_does_not_fire_for_the_stamp(self, store: Store) -> None:
        store.save(Customer(id=1))
        assert store.row(Customer, 1).times_changed == 0
