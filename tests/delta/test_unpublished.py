"""Tracking columns that are not published: deltas and tombstones need them all the same."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

import pytest
from sqlalchemy import DateTime
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from odata_service import EntitySetRights, ODataService
from odata_service.tracking import install_clock, tracked
from tests.delta.client import ClientV4


class Base(DeclarativeBase):
    pass


@tracked(last_updated="changed_at", is_deleted="gone")
class Note(Base):
    __tablename__ = "note"
    __odata__: ClassVar = {"set": "Notes", "ignore": ["changed_at", "gone"]}

    Id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    Text: Mapped[str]
    changed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    gone: Mapped[bool] = mapped_column(default=False)


@pytest.fixture
def notes(database):
    Base.metadata.create_all(database)
    install_clock(database)
    service = ODataService(Base, database, namespace="Notes")
    service.rights("*", EntitySetRights.ALL)
    client = ClientV4(service)
    for number in range(3):
        client.send("POST", "Notes", {"Id": number, "Text": "a"})
    return client


def test_they_are_not_shown(notes):
    assert notes.value("Notes?$top=1") == [{"Id": 0, "Text": "a"}]


def test_deltas_follow_them(notes):
    link = notes.delta_link("Notes?$filter=Text eq 'a'")
    notes.send("DELETE", "Notes(0)")
    notes.send("PATCH", "Notes(1)", {"Text": "b"})
    notes.send("POST", "Notes", {"Id": 3, "Text": "a"})
    changes = notes.value(link)
    assert [each.get("reason") for each in changes] == ["deleted", "changed", None]
    assert changes[2] == {"Id": 3, "Text": "a"}
    pages = list(notes.pages(link, Prefer="maxpagesize=1"))
    assert [page["value"] for page in pages] == [[change] for change in changes]


def test_tombstones_are_hidden(notes):
    notes.send("DELETE", "Notes(0)")
    assert [each["Id"] for each in notes.value("Notes")] == [1, 2]
    assert notes.get("Notes(0)").status == 404 and notes.get("Notes/$count").text == "2"


def test_an_upsert_that_nobody_wants_to_see(notes):
    answer = notes.send("PUT", "Notes(9)", {"Text": "new"}, Prefer="return=minimal")
    assert (answer.status, answer.headers["OData-EntityId"]) == (204, answer.headers["Location"])
