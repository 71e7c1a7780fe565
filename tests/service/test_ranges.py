"""Parts of streams: the database gives no more of them than was asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import pytest
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from odata_service import EntitySetRights, ODataService
from odata_service.execute.connection import Connection, Row
from odata_service.plan.statement import Statement
from odata_service.types import Stream
from tests.delta.client import ClientV4
from tests.service.client import Client
from tests.service.databases import EngineOf, emptied

CONTENT = bytes(number % 251 for number in range(50_000))


class Base(DeclarativeBase):
    pass


class Film(Base):
    __tablename__ = "Film"
    __odata__: ClassVar = {"media": "Content"}

    ID: Mapped[int] = mapped_column(primary_key=True)
    Content: Mapped[bytes | None] = mapped_column(Stream("video/mp4"), deferred=True)


@pytest.fixture
def films(engine_of: EngineOf) -> ODataService:
    engine = engine_of("films")
    emptied(Base.metadata, engine)
    with Session(engine) as session, session.begin():
        session.add_all([Film(ID=1, Content=CONTENT), Film(ID=2, Content=b""), Film(ID=3)])
    service = ODataService(Base, engine, namespace="Films")
    service.rights("*", EntitySetRights.ALL)
    return service


@pytest.mark.parametrize("asked, first, last", [
    ("0-9", 0, 9), ("500-", 500, 49_999), ("-10", 49_990, 49_999), ("-999999999999", 0, 49_999), ("49999-99999999999", 49_999, 49_999), ("0-", 0, 49_999),
])  # fmt: skip
def test_a_part(films: ODataService, monkeypatch: pytest.MonkeyPatch, asked: str, first: int, last: int) -> None:
    fetched: list[int] = []
    rows = Connection.rows

    def seen(connection: Connection, statement: Statement, values: Mapping[str, object]) -> list[Row]:
        found = rows(connection, statement, values)
        fetched.extend(len(value) for row in found for value in row if isinstance(value, (bytes, memoryview)))
        return found

    monkeypatch.setattr(Connection, "rows", seen)
    for client in (Client(films), ClientV4(films)):
        answer = client.get("Films(1)/$value", Range=f"bytes={asked}")
        assert (answer.status, answer.headers["Content-Range"]) == (206, f"bytes {first}-{last}/50000")
        assert answer.body == CONTENT[first : last + 1]
    assert fetched == [last - first + 1] * 2


@pytest.mark.parametrize("asked", ["50000-", "999999999999999-", "-0"])
def test_a_part_that_there_is_not(films: ODataService, asked: str) -> None:
    for client in (Client(films), ClientV4(films)):
        answer = client.get("Films(1)/$value", Range=f"bytes={asked}")
        assert (answer.status, answer.headers["Content-Range"]) == (416, "bytes */50000")
        assert client.get("Films(2)/$value", Range=f"bytes={asked}").status == 416


def test_the_whole(films: ODataService) -> None:
    for client in (Client(films), ClientV4(films)):
        for headers in ({}, {"Range": "bytes=5-4"}, {"Range": "bytes=-"}, {"Range": "lines=1-2"}, {"Range": "bytes=0-1", "If-Range": '"x"'}):
            answer = client.get("Films(1)/$value", **headers)
            assert (answer.status, answer.body) == (200, CONTENT), headers
        assert client.get("Films(2)/$value").body == b""
    assert Client(films).get("Films(3)/$value", Range="bytes=0-1").status == 404
    assert ClientV4(films).get("Films(3)/$value", Range="bytes=0-1").status == 204
