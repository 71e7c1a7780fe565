"""ETags made of values of every type: what is read is what a change is compared with."""

from __future__ import annotations

import datetime
import decimal
import enum
import uuid
from typing import ClassVar

import pytest
from sqlalchemy import REAL, BigInteger, DateTime, Double, Engine, Interval, Numeric, SmallInteger, String, insert
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from odata_service import EntitySetRights, ODataService
from odata_service.dialects.exact import ExactDecimal
from odata_service.types import Enumeration
from tests.service.client import Client

pytestmark = pytest.mark.every_database

OF_EVERY_TYPE = (
    "Boolean", "Small", "Int", "Big", "Money", "Exact", "Single", "Double", "Text", "Guid", "Octets", "Local", "Instant",
    "Day", "Clock", "Span", "Shade",
)  # fmt: skip


class Shade(enum.IntFlag):
    RED = 1
    BLUE = 2


class Base(DeclarativeBase):
    pass


class Everything(Base):
    __tablename__ = "everything"
    __odata__: ClassVar = {"set": "Everything", "etag": OF_EVERY_TYPE}

    ID: Mapped[int] = mapped_column(primary_key=True)
    Remark: Mapped[str | None]
    Boolean: Mapped[bool | None]
    Small: Mapped[int | None] = mapped_column(SmallInteger)
    Int: Mapped[int | None]
    Big: Mapped[int | None] = mapped_column(BigInteger)
    Money: Mapped[decimal.Decimal | None] = mapped_column(Numeric(9, 2))
    Exact: Mapped[decimal.Decimal | None] = mapped_column(ExactDecimal(30, 10))
    Single: Mapped[float | None] = mapped_column(REAL)
    Double: Mapped[float | None] = mapped_column(Double)
    Text: Mapped[str | None] = mapped_column(String(1000))
    Guid: Mapped[uuid.UUID | None]
    Octets: Mapped[bytes | None]
    Local: Mapped[datetime.datetime | None]
    Instant: Mapped[datetime.datetime | None] = mapped_column(DateTime(timezone=True))
    Day: Mapped[datetime.date | None]
    Clock: Mapped[datetime.time | None]
    Span: Mapped[datetime.timedelta | None] = mapped_column(Interval)
    Shade: Mapped[Shade | None] = mapped_column(Enumeration(Shade))


FULL: dict[str, object] = {
    "Boolean": True, "Small": -3, "Int": 5, "Big": 2**53 + 1, "Money": decimal.Decimal("19.90"),
    "Exact": decimal.Decimal("0.1000000000"), "Single": 0.1, "Double": 1e-7, "Text": "it's \"50%\"; naïve, 😀",
    "Guid": uuid.UUID(int=7), "Octets": b"\x00\xff", "Local": datetime.datetime(2024, 5, 6, 7, 8, 9, 123456),
    "Instant": datetime.datetime(2024, 5, 6, 7, 8, 9, tzinfo=datetime.timezone(datetime.timedelta(hours=2))),
    "Day": datetime.date(2024, 2, 29), "Clock": datetime.time(1, 2, 3), "Span": datetime.timedelta(days=1, seconds=5),
    "Shade": Shade.RED | Shade.BLUE,
}  # fmt: skip


@pytest.fixture
def client(database: Engine) -> Client:
    Base.metadata.create_all(database)
    rows = [{"ID": 1, **FULL}, {"ID": 2, **dict.fromkeys(FULL)}, {"ID": 3, **FULL, "Text": "x" * 900}]
    rows += [{"ID": 10 + number, **dict.fromkeys(FULL), name: FULL[name]} for number, name in enumerate(FULL)]
    with database.begin() as connection:
        connection.execute(insert(Everything), rows)
    service = ODataService(Base, database, namespace="Things")
    service.rights("*", EntitySetRights.ALL)
    return Client(service)


def test_read_and_changed(client: Client) -> None:
    entities = client.all("Everything")
    assert len(entities) == 3 + len(OF_EVERY_TYPE)
    for entity in entities:
        url, etag = entity["__metadata"]["uri"], entity["__metadata"]["etag"]
        assert client.get(url).headers["ETag"] == etag
        answer = client.merge(url, {"Remark": "changed"}, If_Match=etag)
        assert (answer.status, answer.headers.get("ETag")) == (204, etag), url  # no property of the ETag was touched
        assert client.merge(url, {"Int": 6}, If_Match=etag).status == 204
        assert client.merge(url, {"Int": 7}, If_Match=etag).error == (412, "PreconditionFailed")


def test_a_tag_is_a_header(client: Client) -> None:
    """Only characters that every server lets through, and not too many of them."""
    for number in (1, 2, 3, 18):
        etag = client.get(f"Everything({number})").headers["ETag"]
        assert etag.isascii() and etag.isprintable() and etag.count('"') == 2 and len(etag) < 250
    assert client.get("Everything(18)").headers["ETag"].count("it''s%20%2250%25%22%3B%20na%C3%AFve") == 1


def test_one_of_several_tags(client: Client) -> None:
    etag = client.get("Everything(2)").headers["ETag"]
    assert client.merge("Everything(2)", {"Remark": "x"}, If_Match=f'"a", {etag}').status == 204
    assert client.merge("Everything(2)", {"Remark": "y"}, If_Match='"a", "b"').status == 412
