"""The file: what is written of a row that comes from a server, and who gets the lock when."""

from __future__ import annotations

import threading

import uuid
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import JSON, Uuid, insert, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from odata_service.client import OfflineEntity, store
from odata_service.client.entity import shapes_of
from odata_service.client.operations import Remote
from odata_service.client.rows import Rows, arrivals
from odata_service.client.store import Store


class Base(DeclarativeBase):
    pass


def initials(context):
    return context.get_current_parameters()["full_name"][:1]


class Person(OfflineEntity, Base):
    __tablename__ = "People"

    Id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    Name: Mapped[str] = mapped_column("full_name")
    Age: Mapped[int | None]
    Place: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    Initial: Mapped[str] = mapped_column(default=initials, info={"local": True})
    Color: Mapped[str] = mapped_column(default="white", info={"local": True})
    Tags: Mapped[str] = mapped_column(default=lambda: "none", info={"local": True})


SHAPE = shapes_of(Base)["Person"]
ADA = uuid.UUID(int=1)


@pytest.fixture
def file(tmp_path):
    made = Store(tmp_path / "here.db")
    made.create(Base.metadata)
    yield made
    made.close()


def remote(stamp, **values):
    return Remote(stamp, {"Id": str(ADA), **values}, stamp)


def stored(file, found, **told):
    with file.writing() as connection:
        Rows(connection, SHAPE).store(arrivals(SHAPE, [(str(ADA), found)]), **told)


def people(file):
    columns = ("full_name", "Age", "Initial", "Color", "Tags")
    with file.reading() as connection:
        return [tuple(getattr(row, name) for name in columns) for row in connection.execute(select(Person.__table__))]


def test_what_no_server_knows_of(file):
    """Has its default in a new row, and stays what it is in one that is there."""
    stored(file, remote("2026-01-01T00:00:00Z", Name="Ada", Age=36))
    assert people(file) == [("Ada", 36, "A", "white", "none")]
    with file.writing() as connection:
        connection.execute(update(Person.__table__).values(Color="red", Initial="?"))
    stored(file, remote("2026-01-02T00:00:00Z", Name="Ada King", Age=None))
    assert people(file) == [("Ada King", None, "?", "red", "none")]


def test_what_is_newer_here_stays(file):
    stored(file, remote("2026-01-02T00:00:00Z", Name="new"))
    stored(file, remote("2026-01-01T00:00:00Z", Name="old"))
    assert people(file)[0][0] == "new"
    stored(file, remote("2026-01-01T00:00:00Z", Name="old"), whatever=True)
    assert people(file)[0][0] == "old"


def test_a_part_of_the_columns(file):
    """What the server has not said stays, too."""
    stored(file, remote("2026-01-01T00:00:00Z", Name="Ada", Age=36))
    stored(file, remote("2026-01-02T00:00:00Z", Name="Ada King"))
    assert people(file)[0][:2] == ("Ada King", 36)


def test_a_structure(file):
    """With numbers to the digit, from the server and to it."""
    place = {"type": "Point", "coordinates": [Decimal("-74.0060"), Decimal("40.71280000000000001")]}
    stored(file, remote("2026-01-01T00:00:00Z", Name="Ada", Place=place))
    with file.reading() as connection:
        assert Rows(connection, SHAPE).items()[str(ADA)][1]["Place"] == place


def test_many_keys(file):
    ids = [str(uuid.UUID(int=number)) for number in range(3_000)]
    with file.writing() as connection:
        rows = Rows(connection, SHAPE)
        rows.store(arrivals(SHAPE, [(id, Remote("v", {"Id": id, "Name": "x"})) for id in ids]))
        assert rows.known([*ids, str(uuid.UUID(int=9_999))]) == set(ids)
        assert rows.remove(ids[1:]) == 2_999 and rows.known(ids) == {ids[0]}


def test_whoever_waits_for_the_file_gets_it(file):
    """As soon as it is free, not when a growing pause is over; and what he could not wait for is said."""
    held, done = threading.Event(), threading.Event()

    def holding():
        with file.writing():
            held.set()
            assert done.wait(20)

    thread = threading.Thread(target=holding)
    thread.start()
    assert held.wait(20)
    threading.Timer(0.3, done.set).start()
    with file.writing() as connection:
        connection.execute(insert(Person.__table__).values(Id=ADA, full_name="Ada"))
    thread.join()
    assert [row[0] for row in people(file)] == ["Ada"]


def test_a_file_that_somebody_keeps(file, monkeypatch):
    monkeypatch.setattr(store, "BUSY_SECONDS", 0)
    with file.writing(), pytest.raises(OperationalError, match="locked"), file.writing():
        raise AssertionError("nobody should come here")
