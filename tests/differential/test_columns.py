"""Columns of rarer types: enumerations, intervals, and keys that are octets."""

from __future__ import annotations

import datetime
import json
from base64 import b64decode
from urllib.parse import quote

import pytest
from sqlalchemy import Engine, Enum, ForeignKeyConstraint, Interval, LargeBinary, insert
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from odata_service import EntitySetRights, Headers, ODataRequest, ODataService
from odata_service.protocol import V2

pytestmark = pytest.mark.every_database


class Base(DeclarativeBase):
    pass


class Song(Base):
    __tablename__ = "song"
    Id: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    Side: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    Mood = mapped_column(Enum("sad", "glad", name="mood"))
    Length = mapped_column(Interval)
    Verses = relationship("Verse", back_populates="Song")


class Verse(Base):
    __tablename__ = "verse"
    __table_args__ = (ForeignKeyConstraint(["SongId", "SongSide"], ["song.Id", "song.Side"]),)
    Id: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    SongId: Mapped[bytes]
    SongSide: Mapped[int]
    Song = relationship("Song", back_populates="Verses")


@pytest.fixture
def service(database: Engine) -> ODataService:
    Base.metadata.create_all(database)
    hour = datetime.timedelta(hours=1)
    with database.begin() as connection:
        songs = [(b"\x01", "sad", 26 * hour), (b"\xff\x00", "glad", hour), (b"\xff", None, hour / 60)]
        columns = ("Id", "Mood", "Length")
        connection.execute(insert(Song), [{"Side": 1, **dict(zip(columns, song, strict=True))} for song in songs])
        connection.execute(insert(Verse), [{"Id": b"v", "SongId": b"\xff\x00", "SongSide": 1}])
    service = ODataService(Base, database, namespace="S")
    service.rights("*", EntitySetRights.ALL)
    service.page_size("*", 1)
    return service


def songs(service: ODataService, query: str) -> list[dict[str, object]]:
    """The songs of all pages."""
    found: list[dict[str, object]] = []
    while query and len(found) < 10:
        response = service.handle(ODataRequest(V2, "GET", "Songs", query, Headers({"Accept": "application/json"})))
        assert response.status == 200, response.body
        answer = json.loads(response.body)["d"]
        found += answer["results"]
        query = answer.get("__next", "").partition("?")[2]
    return found


@pytest.mark.parametrize("option, ids", [
    ("$filter=Mood eq 'sad'", [b"\x01"]), ("$filter=Mood eq 'angry'", []), ("$filter=Mood ne 'sad'", [b"\xff", b"\xff\x00"]),
    ("$filter=startswith(Mood,'g')", [b"\xff\x00"]), ("$filter=Mood eq 'sad' or Mood eq 'glad'", [b"\x01", b"\xff\x00"]),
    ("$filter=Length gt time'PT2H'", [b"\x01"]), ("$filter=hour(Length) eq 2", [b"\x01"]), ("$filter=minute(Length) eq 1", [b"\xff"]),
    ("$orderby=Length desc", [b"\x01", b"\xff\x00", b"\xff"]), ("$filter=Id eq X'FF00'", [b"\xff\x00"]),
])  # fmt: skip
def test_found(service: ODataService, option: str, ids: list[bytes]) -> None:
    name, _, value = option.partition("=")
    assert [b64decode(str(song["Id"])) for song in songs(service, f"{name}={quote(value)}")] == ids


def test_expanded_by_octets(service: ODataService) -> None:
    found = songs(service, "$expand=Verses")
    assert [len(song["Verses"]["results"]) for song in found] == [0, 0, 1]  # type: ignore[call-overload, index]
