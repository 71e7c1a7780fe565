"""What a pull brings, what it leaves alone, and that it ends where the server is, whatever happened in between."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from odata_service.client import ForeignLink, OfflineEntity, SyncEventType
from tests.offline.harness import Device, Died, fuller
from tests.offline.models import Customer, Order, ServerCustomer, ServerOrder, ServerThing, Thing

PENDING = {"tables": "status eq 'new'", "v4": "Status eq 'new'", "sync": "status eq 'new'"}


def given(server, *entities):
    server.writing(lambda session: session.add_all(entities))


def order(id, status="new", **values):
    return ServerOrder(Id=id, CustomerName="Ada", Status=status, **values)


def changed(server, id, **values):
    def work(session):
        found = session.get_one(ServerOrder, id)
        for name, value in values.items():
            setattr(found, name, value)

    server.writing(work)


def counts(result):
    return result.additions, result.replacements, result.deletions


def test_what_is_counted(device, server):
    here = device()
    given(server, *(order(str(number)) for number in range(7)))
    assert counts(here.pull()) == (7, 0, 0)
    changed(server, "1", Status="paid")
    server.writing(lambda session: session.delete(session.get_one(ServerOrder, "2")))
    result = here.pull()
    assert counts(result) == (0, 1, 1) and result.operation_count == 2 and result.is_successful
    assert counts(here.pull()) == (0, 0, 0)


def test_progress(device, server):
    here = device()
    for number in range(7):
        given(server, order(str(number)))
    here.pull(Order)
    fetched = [each.items_processed for each in here.events if each.type is SyncEventType.ITEMS_FETCHED]
    assert fetched[-1] == 7 and len(fetched) >= 3


@pytest.mark.parametrize("parallel", [1, 4])
def test_stamps_are_kept_to_the_millisecond(device, server, parallel):
    given(server, order("1"))
    here = device()
    here.pull(parallel=parallel)
    with here.session() as session:
        stored = session.get_one(Order, "1")
        stamp = server.rows()["1"]["LastUpdated"].replace(tzinfo=UTC)
        assert stored.UpdatedAt == stamp and stored.Version and stored.Deleted is False


VALUES = [
    {"Flag": True, "Number": -(2**31), "Big": 2**63 - 1, "Amount": Decimal("12345678901234567890.123456789012345678")},
    {
        "Flag": False,
        "Ratio": 0.1,
        "Text": "Zażółć 'gęślą' \u2028 jaźń",
        "Code": uuid.UUID(int=7),
        "Data": b"\x00\xff\xfe",
    },
    {"Day": date(1, 1, 1), "At": time(23, 59, 59, 999000), "Instant": datetime(2026, 2, 28, 23, 59, 59, 123000)},
    {"Text": "", "Data": b"", "Number": 0, "Ratio": 1e300, "Amount": Decimal("0.000000000000000001")},
    {},
]


def test_values_of_every_kind(device, server, protocol):
    """There and back again, and once more to another device."""
    here, other = device("A"), device("B")
    with here.session() as session:
        session.add_all([Thing(Id=str(number), **values) for number, values in enumerate(VALUES)])
        session.commit()
    assert here.push().is_successful
    assert other.pull().is_successful
    expected = {str(number): values for number, values in enumerate(VALUES)}
    for found in (server.rows(ServerThing), here.rows(Thing), other.rows(Thing)):
        for id, values in expected.items():
            row = {name: value for name, value in found[id].items() if value is not None and name in Thing.__table__.c}
            assert {name: _naive(value) for name, value in row.items()} == {"Id": id} | values
    assert all(each.is_clean for each in other.verify(Thing) + here.verify(Thing))


def _naive(value):
    return value.replace(tzinfo=None) if isinstance(value, datetime) else value


def test_a_page_that_cannot_be_stored_is_no_place_to_go_on_from(device, server, protocol):
    """Other classes are pulled; when it can be stored again, nothing is missing."""
    given(server, order("1"), order("2"), ServerCustomer(Id="c", Name="Ada"))
    here = device()

    def wrong(request, answer):
        response = answer()
        place = "rders" if protocol != "tables" else "order"
        if place in str(request.url) and request.method == "GET":
            content = response.read().replace(b'otal":null', b'otal":"many"')
            return type(response)(response.status_code, content=content)
        return response

    here.network.broken = wrong
    result = here.pull()
    assert list(result.local_exceptions) == ["Order"] and not result.is_successful
    assert set(here.rows(Customer)) == {"c"}
    assert SyncEventType.LOCAL_EXCEPTION in [each.type for each in here.events]
    here.network.up()
    assert here.pull().is_successful and set(here.rows()) == {"1", "2"}


def test_a_query(device, server, protocol):
    """Only what matches; what does no longer, leaves; what waits in the queue, stays."""
    given(server, order("1"), order("2"), order("3", "paid"))
    here = device(Order={"query": PENDING[protocol]})
    here.pull()
    assert set(here.rows()) == {"1", "2"}
    here.change("2", CustomerName="Brian")
    changed(server, "1", Status="paid")
    changed(server, "3", Status="new")
    here.pull()
    assert set(here.rows()) == {"2", "3"}
    assert here.push().is_successful and server.rows()["2"]["CustomerName"] == "Brian"
    here.change("3", Status="paid")
    here.push()
    here.pull()
    assert set(here.rows()) == {"2"}


def test_what_the_device_sends_and_its_query_does_not_keep(device, server, protocol):
    """No pull tells of it: neither as there nor as gone."""
    here = device(Order={"query": PENDING[protocol]})
    here.pull()
    here.add(Id="1", Status="paid")
    here.add(Id="2", Status="new")
    assert here.push().is_successful and set(here.rows()) == {"1", "2"}
    assert here.pull().is_successful and set(here.rows()) == {"2"} and set(server.rows()) == {"1", "2"}
    before = len(here.network.requests)
    here.pull(Order)
    assert len(here.network.requests) == before + 1  # what was found out once is not asked again


def test_two_queries_of_one_class(device, server, protocol):
    """What one has lost, another may still have."""
    given(server, order("1"), order("2", "paid"))
    here = device()
    here.pull(Order)
    here.pull(Order, query=PENDING[protocol], query_id="pending")
    changed(server, "1", Status="paid")
    assert counts(here.pull(Order, query=PENDING[protocol], query_id="pending"))[2] == 0
    assert set(here.rows()) == {"1", "2"}
    here.pull(Order)
    assert here.rows()["1"]["Status"] == "paid"


def test_reset(device, server):
    """What was purged unseen is gone, what waits in the queue is not, and nothing else is asked for anew."""
    given(server, order("1"), order("2"))
    here = device()
    here.pull()
    here.change("2", Status="paid")
    server.writing(lambda session: session.delete(session.get_one(ServerOrder, "1")))
    server.service.purge(timedelta())
    here.reset(Order)
    here.pull()
    assert set(here.rows()) == {"2"} and here.rows()["2"]["Status"] == "paid"
    assert len(here.pending()) == 1 and here.push().is_successful


def test_a_full_disk(device, server):
    """The page is not there, and neither is its place."""
    given(server, *(order(str(number), CustomerId=None) for number in range(3)))
    here = device()
    here.pull()
    given(server, *(ServerOrder(Id=f"n{number}", CustomerName="x" * 100, Status="new") for number in range(600)))
    with fuller(here):
        result = here.pull(Order)
        assert "full" in str(result.local_exceptions["Order"])
    assert here.pull().is_successful and len(here.rows()) == 603


def test_one_page_ahead_and_no_more(device, server, protocol):
    """However slow the disk is: pages do not pile up in memory."""
    for number in range(12):
        given(server, order(str(number)))
    here = device()
    seen = []
    here.step = lambda name: seen.append(len(pages(here.network))) if name == "stored" else None
    assert here.pull(Order).is_successful and len(seen) >= 4
    assert all(asked <= stored + 1 for stored, asked in enumerate(seen, start=1))


def pages(network):
    return [request for request in network.requests if "rder" in request]


def test_a_pull_that_another_one_has_overtaken(device, server):
    """Somebody resets the query in another process: what is still on its way belongs to a pass that nobody counts."""
    given(server, order("1"), order("2"))
    one, other = device(), device()
    one.pull(Order)
    changed(server, "1", Status="paid")
    one.step = lambda name: other.reset(Order) if name == "fetched" else None
    assert one.pull(Order).is_successful
    one.step = lambda name: None
    assert one.pull(Order).replacements == 2 and one.rows()["1"]["Status"] == "paid"


def test_a_place_that_was_interrupted(device, server):
    """A pull that goes on where another one has stopped brings what has changed since that one began, too."""
    for number in range(9):
        given(server, order(str(number)))
    here = device()
    here.dies_at = "stored"
    with pytest.raises(Died):
        here.pull(Order)
    changed(server, "0", Status="paid")
    assert here.pull(Order).is_successful and here.rows()["0"]["Status"] == "paid"


class TestVerify:
    def test_all_is_well(self, device, server):
        given(server, order("1"), order("2"))
        one, other = device("A"), device("B")
        one.pull()
        other.pull()
        (here,), (there,) = one.verify(Order), other.verify(Order)
        assert here.is_clean and here.rows == 2 and here.checksum == there.checksum != 0

    def test_a_row_that_nobody_has_changed(self, device, server):
        """A bit has flipped: the row is found and fetched, and no other."""
        given(server, *(order(str(number)) for number in range(5)))
        here = device()
        here.pull(Order)
        with here.store.writing() as connection:
            connection.execute(update(Order.__table__).where(Order.__table__.c.Id == "3").values(Status="nev"))
            connection.execute(text('DELETE FROM "Orders" WHERE "Id" = \'4\''))
        (found,) = here.verify(Order)
        assert found.flipped == {"3", "4"} and here.rows()["3"]["Status"] == "new" and "4" in here.rows()
        assert here.verify(Order)[0].is_clean

    def test_all_is_looked_at_by_key_and_stamp(self, device, server, protocol):
        """Nothing else of a row is sent, where the protocol lets a client say so of a service that it does not know."""
        given(server, *(order(str(number)) for number in range(5)))
        here = device()
        here.pull(Order)
        here.network.requests.clear()
        assert here.verify(Order)[0].is_clean
        asked = pages(here.network)
        chosen = {"tables": "%24select=id%2Cversion", "sync": "%24select=id%2ClastUpdated", "v4": "/Orders"}[protocol]
        assert len(asked) > 1 or protocol == "v4"
        assert all(chosen in each or "skiptoken" in each for each in asked), asked

    def test_what_was_purged_unseen(self, device, server):
        given(server, order("1"), order("2"))
        here = device()
        here.pull()
        server.writing(lambda session: session.delete(session.get_one(ServerOrder, "1")))
        server.service.purge(timedelta())
        assert here.verify(Order)[0].surplus == {"1"} and set(here.rows()) == {"2"}

    def test_what_waits_in_the_queue_is_nobodys_mistake(self, device, server):
        given(server, order("1"))
        here = device()
        here.pull()
        here.change("1", Status="paid")
        here.add(Id="2")
        assert here.verify(Order)[0].is_clean and here.rows()["1"]["Status"] == "paid"


class Plain(DeclarativeBase):
    """An application that has never heard of any column type but SQLAlchemy's."""


class PlainOrder(OfflineEntity, Plain):
    __tablename__ = "Orders"

    CustomerName: Mapped[str]
    Status: Mapped[str]
    Total: Mapped[Decimal | None]


PlainOrder.__name__ = "Order"


def test_a_price_is_kept_to_the_digit(server, network, protocol, tmp_path):
    """Though SQLite has no type for it; so is the order of prices."""
    prices = [Decimal(text) for text in ("12345678901234.5678", "9.5", "10", "1.50", "0.0001")]
    given(server, *(order(str(number), Total=price) for number, price in enumerate(prices)))
    with type("Application", (Device,), {"base": Plain})(tmp_path / "app.db", network, protocol) as here:
        assert here.pull().is_successful and here.verify()[0].is_clean
        with here.session() as session:
            session.get_one(PlainOrder, "0").Status = "paid"
            session.commit()
            assert list(session.scalars(select(PlainOrder.Total).order_by(PlainOrder.Total))) == sorted(prices)
            assert session.scalar(select(func.count()).where(PlainOrder.Total > Decimal("9.75"))) == 2
        assert here.push().is_successful and here.verify()[0].is_clean
    assert server.rows()["0"]["Total"] == prices[0] and server.rows()["0"]["Status"] == "paid"


class Later(DeclarativeBase):
    """The application after an update: a column more, and a class more."""


class LaterOrder(OfflineEntity, Later):
    __tablename__ = "Orders"

    CustomerName: Mapped[str] = mapped_column()
    Status: Mapped[str] = mapped_column()
    CustomerId: Mapped[str] = mapped_column(default="")


class LaterCustomer(OfflineEntity, Later):
    __tablename__ = "Customers"

    Name: Mapped[str]


class Earlier(DeclarativeBase):
    pass


class EarlierOrder(OfflineEntity, Earlier):
    __tablename__ = "Orders"

    CustomerName: Mapped[str]
    Status: Mapped[str]
    Forgotten: Mapped[int] = mapped_column(default=0, info={"local": True})


EarlierOrder.__name__ = LaterOrder.__name__ = "Order"
LaterCustomer.__name__ = "Customer"


@pytest.mark.parametrize("first", ["push", "pull"])
def test_a_new_version_of_the_application(device, server, network, protocol, tmp_path, first):
    """Its new column and table are there, and fetched; what waits is not lost, and does not wipe out what it never knew."""
    given(server, ServerCustomer(Id="c", Name="Ada"), order("1", CustomerId="c"), order("2", CustomerId="c"))
    with type("Old", (Device,), {"base": Earlier})(tmp_path / "app.db", network, protocol) as old:
        assert old.pull().is_successful
        with old.session() as session:
            session.get_one(EarlierOrder, "1").Status = "paid"
            session.commit()
    with type("New", (Device,), {"base": Later})(tmp_path / "app.db", network, protocol) as new:
        assert getattr(new, first)().is_successful
        assert new.push().is_successful and new.pull().is_successful
        with new.session() as session:
            assert [session.get_one(LaterOrder, id).CustomerId for id in "12"] == ["c", "c"]
            assert session.get_one(LaterCustomer, "c").Name == "Ada"
            session.add(LaterOrder(Id="3", CustomerName="Ada", Status="new", CustomerId="c"))
            session.commit()
        assert new.push().is_successful
    assert {id: row["CustomerId"] for id, row in server.rows().items()} == {"1": "c", "2": "c", "3": "c"}
    assert server.rows()["1"]["Status"] == "paid"


def test_a_column_that_comes_back(server, network, protocol, tmp_path):
    """What was fetched while the application did not have it, was fetched without it."""
    versions = [type("Version", (Device,), {"base": base}) for base in (Later, Earlier, Later)]
    given(server, *(ServerCustomer(Id=id, Name="Ada") for id in "bc"), order("1", CustomerId="b"))
    for version, change in zip(versions, (None, {"CustomerId": "c"}, None), strict=True):
        if change is not None:
            changed(server, "1", **change)
        with version(tmp_path / "app.db", network, protocol) as application:
            assert application.pull().is_successful
    with versions[-1](tmp_path / "app.db", network, protocol) as application, application.session() as session:
        assert session.get_one(LaterOrder, "1").CustomerId == "c"


def test_a_link_to_somewhere_else(device, server, protocol):
    """Neither followed nor given a token."""
    for number in range(7):
        given(server, order(str(number)))
    here = device()

    def elsewhere(request, answer):
        response = answer()
        content = response.read().replace(b'nextLink":"', b'nextLink":"https://evil.example/')
        return type(response)(response.status_code, content=content)

    here.network.broken = elsewhere
    result = here.pull(Order)
    if protocol != "sync":  # which has no links at all
        assert isinstance(result.failed_requests["Order"], ForeignLink)
    assert not any("evil" in request for request in here.network.requests)
