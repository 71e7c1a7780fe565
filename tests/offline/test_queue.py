"""What a session commits is in the queue, in the same transaction, and at most once for each entity."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm.exc import StaleDataError

from odata_service.client import BulkWriteRefused, QueueError
from odata_service.client.operations import Edit, Operation, Sent, collapsed
from tests.offline.harness import fuller
from tests.offline.models import Customer, Draft, Order

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def protocol():
    return "tables"


def queued(device):
    return [(each.kind, each.entity_type, each.item_id) for each in device.pending()]


def operation(kind, **told):
    return Operation("op", kind, "Order", "1", {"Status": "old"}, "v1", 7, NOW, **told)


def edit(kind):
    return Edit(kind, "Order", "1", {"Status": "new"}, "v2")


COLLAPSE = [
    # there      then       becomes    with
    ("Add",     "Replace", "Add",     "new"),
    ("Add",     "Delete",  None,      None),
    ("Replace", "Replace", "Replace", "new"),
    ("Replace", "Delete",  "Delete",  "old"),
    ("Delete",  "Add",     "Replace", "new"),
]  # fmt: skip


@pytest.mark.parametrize("there, then, becomes, status", COLLAPSE)
def test_collapse(there, then, becomes, status):
    after = collapsed(operation(there, state="Failed", status=400), edit(then), NOW)
    if becomes is None:
        assert after is None
        return
    assert (after.kind, after.item["Status"], after.state, after.version) == (becomes, status, "Pending", 1)
    assert (after.entity_version, after.sequence, after.status) == ("v1", 7, None)


@pytest.mark.parametrize(
    "there, then", [("Add", "Add"), ("Replace", "Add"), ("Delete", "Replace"), ("Delete", "Delete")]
)
def test_what_cannot_come_after(there, then):
    with pytest.raises(QueueError, match=f"Order 1: {then} cannot come after {there}"):
        collapsed(operation(there), edit(then), NOW)


def test_an_addition_that_may_have_been_heard_is_not_taken_back():
    sent = Sent("r", "Add", {"Status": "old"}, "", 0)
    assert collapsed(operation("Add", sent=sent), edit("Delete"), NOW).kind == "Delete"


def test_data_and_queue_are_one_transaction(device):
    here = device()
    with here.session() as session:
        session.add(Order(Id="1", CustomerName="Ada", Status="new"))
        session.flush()
        session.rollback()
    assert here.rows() == {} and queued(here) == []
    here.add(Id="1")
    assert list(here.rows()) == ["1"] and queued(here) == [("Add", "Order", "1")]


def test_an_id_is_made(device):
    here = device()
    here.add()
    (id,) = here.rows()
    assert len(id) == 32 and queued(here) == [("Add", "Order", id)]


@pytest.mark.parametrize("id", ["", "-1", "a/b", "x" * 127, "ä"])
def test_an_id_that_no_server_takes(device, id):
    here = device()
    with pytest.raises(ValueError, match="is no Id"):
        here.add(Id=id)
    assert here.rows() == {} and queued(here) == []


def test_values_are_kept_to_the_digit(device):
    here = device()
    here.add(Id="1", Total=Decimal("12345678901234.5678"))
    assert here.pending()[0].item["Total"] == Decimal("12345678901234.5678")


def test_the_base_is_what_the_server_had(device):
    here = device()
    with here.session(queue=False) as session:
        session.add(Order(Id="1", CustomerName="Ada", Status="new", Version="v1"))
        session.commit()
    assert queued(here) == []
    here.change("1", Status="paid")
    here.change("1", Status="shipped")
    (pending,) = here.pending()
    assert (pending.kind, pending.entity_version, pending.version) == ("Replace", "v1", 1)
    assert (pending.base["Status"], pending.item["Status"]) == ("new", "shipped")


def test_what_changes_nothing_is_no_operation(device):
    here = device()
    with here.session(queue=False) as session:
        session.add_all([Order(Id="1", CustomerName="Ada", Status="new"), Customer(Id="c", Name="Ada")])
        session.commit()
    here.change("1", Status="new")
    with here.session() as session:
        session.get_one(Customer, "c").Color = "red"  # which stays on the device
        session.commit()
    assert queued(here) == []


def test_what_is_not_synchronised(device):
    here = device()
    with here.session() as session:
        session.add(Draft(Text="…"))
        session.commit()
    assert queued(here) == []


def test_an_entity_that_moved_on_while_it_was_being_edited(device):
    """The application has read the order; a pull brings another one; the application writes what it has read."""
    here = device()
    with here.session(queue=False) as session:
        session.add(Order(Id="1", CustomerName="Ada", Status="new", Version="v1"))
        session.commit()
    with here.session() as session:
        order = session.get_one(Order, "1")
        assert (order.Status, order.Version) == ("new", "v1")
        session.rollback()
        order = session.get_one(Order, "1")
        _ = order.Status
        with here.store.writing() as connection:
            connection.execute(update(Order.__table__).values(CustomerName="Ada King", Version="v2"))
        order.Status = "paid"
        session.commit()
    (pending,) = here.pending()
    assert (pending.entity_version, pending.base["CustomerName"], pending.item["Status"]) == ("v1", "Ada", "paid")
    assert pending.theirs.version == "v2" and pending.theirs.values["CustomerName"] == "Ada King"


def test_statements_on_many_entities_would_go_past_the_queue(device):
    here = device()
    with here.session() as session:
        with pytest.raises(BulkWriteRefused, match="one by one"):
            session.execute(update(Order).values(Status="paid"))
        with pytest.raises(BulkWriteRefused, match="one by one"):
            session.execute(Order.__table__.delete())
        with pytest.raises(BulkWriteRefused, match="nobody"):
            session.bulk_save_objects([Order(Id="1", CustomerName="Ada", Status="new")])
        session.execute(update(Draft).values(Text="…"))
        assert session.scalars(select(Order)).all() == []
    with here.session(queue=False) as session:
        session.execute(update(Order).values(Status="paid"))


def test_what_a_savepoint_takes_back_is_not_queued(device):
    here = device()
    with here.session() as session:
        session.add(Order(Id="1", CustomerName="Ada", Status="new"))
        inner = session.begin_nested()
        session.add(Order(Id="2", CustomerName="Ada", Status="new"))
        session.flush()
        inner.rollback()
        session.commit()
    assert queued(here) == [("Add", "Order", "1")]


def test_a_flush_that_fails_in_a_savepoint_leaves_nothing_behind(device):
    here = device()
    here.add(Id="1")
    with here.session() as session:
        inner = session.begin_nested()
        session.add_all(
            [Order(Id="0", CustomerName="Ada", Status="new"), Order(Id="1", CustomerName="Ada", Status="new")]
        )
        with pytest.raises(IntegrityError):
            session.flush()
        inner.rollback()
        session.add(Order(Id="2", CustomerName="Ada", Status="new"))
        session.commit()
    assert queued(here) == [("Add", "Order", "1"), ("Add", "Order", "2")] and set(here.rows()) == {"1", "2"}


def test_an_entity_that_was_deleted_meanwhile(device):
    """The pull was faster: the application is told, and nothing is queued for what is not there."""
    here = device()
    with here.session(queue=False) as session:
        session.add(Order(Id="1", CustomerName="Ada", Status="new", Version="v1"))
        session.commit()
    with here.session() as session:
        order = session.get_one(Order, "1")
        with here.store.writing() as connection:
            connection.execute(Order.__table__.delete())
        order.Status = "paid"
        with pytest.raises(StaleDataError):
            session.commit()
    assert queued(here) == []


def test_a_full_disk(device):
    """Neither the order nor its operation is there; what was there is."""
    here = device()
    here.add(Id="1")
    with fuller(here):
        with pytest.raises(OperationalError, match="full"):
            here.add(Id="2", CustomerName="Ada" * 30, Status="x" * 200_000)
        assert set(here.rows()) == {"1"} and queued(here) == [("Add", "Order", "1")]
    here.add(Id="2")
    assert len(queued(here)) == 2


def test_a_key_does_not_change(device):
    here = device()
    here.add(Id="1")
    with pytest.raises(ValueError, match="does not change"):
        here.change("1", Id="2")
    assert list(here.rows()) == ["1"]
