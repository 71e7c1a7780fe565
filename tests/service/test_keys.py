"""An address that the service writes leads to its entity, whatever the key is made of."""

from __future__ import annotations

import datetime
import decimal
import uuid

import pytest
import requests
from sqlalchemy import BigInteger, DateTime, Double, LargeBinary, Numeric, String
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from odata_service import EntitySetRights, ODataService
from tests.clients.http import served
from tests.service.client import Client
from tests.service.databases import EngineOf, emptied

pytestmark = pytest.mark.every_database

TEXTS = [
    "plain", "", " ", "two words", "O'Neil", "''", "a/b", "a%2Fb", "100%", "a+b", "a&b=c", "a?b#c", "(1)", "a,b", "Key=1",
    "Größe", "山田", "\U0001f600", ".", "..", "$count", "$value", "null", "guid'x'", '"quoted"', "back\\slash", "tab\tnew\nline",
    "<b>", "{x}", "a;b:c@d", "trailing ", "x" * 100, "⟨int32⟩", "--", "a~b!c*d",
]  # fmt: skip


class Base(DeclarativeBase):
    pass


class Text(Base):
    __tablename__ = "text"

    Key: Mapped[str] = mapped_column(String(100), primary_key=True)


class Exact(Base):
    """One property of its key for each type that may be in one."""

    __tablename__ = "exact"

    Big: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    Amount: Mapped[decimal.Decimal] = mapped_column(Numeric(12, 4), primary_key=True)
    Moment: Mapped[datetime.datetime] = mapped_column(primary_key=True)
    Instant: Mapped[datetime.datetime] = mapped_column(DateTime(timezone=True), primary_key=True)
    Day: Mapped[datetime.date] = mapped_column(primary_key=True)
    Flag: Mapped[bool] = mapped_column(primary_key=True)
    Id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    Octets: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    Measure: Mapped[float] = mapped_column(Double, primary_key=True)


@pytest.fixture
def client(engine_of: EngineOf) -> Client:
    engine = engine_of("keys")
    emptied(Base.metadata, engine)
    with Session(engine) as session:
        session.add_all(Text(Key=text) for text in TEXTS)
        for sign in (1, -1):
            session.add(
                Exact(
                    Big=sign * 9007199254740993,
                    Amount=sign * decimal.Decimal("12345678.9012"),
                    Moment=datetime.datetime(2024, 2, 29, 23, 59, 59, 123456),
                    Instant=datetime.datetime(2024, 2, 29, 23, 59, 59, 123456, datetime.UTC),
                    Day=datetime.date(1, 1, 1),
                    Flag=sign > 0,
                    Id=uuid.UUID(int=7),
                    Octets=b"\x00\xff'",
                    Measure=sign * 0.1,
                )
            )
        session.commit()
    service = ODataService(Base, engine, namespace="Keys")
    service.rights("*", EntitySetRights.ALL)
    return Client(service)


def test_texts(client: Client):
    found = client.all("Texts")
    assert sorted(entity["Key"] for entity in found) == sorted(TEXTS)
    for entity in found:
        uri = entity["__metadata"]["uri"]
        assert client.get(uri).d["Key"] == entity["Key"]
        assert client.get(f"{uri}/Key/$value").text == entity["Key"]


def test_texts_are_paged(client: Client):
    whole = [entity["Key"] for entity in client.all("Texts?$orderby=Key desc")]
    client.service.page_size("*", 1)
    assert [entity["Key"] for entity in client.all("Texts?$orderby=Key desc")] == whole


def test_texts_over_http(client: Client):
    """Dots apart, which every HTTP client resolves before it asks, and which are encoded for that reason."""
    with served(client.service) as root, requests.Session() as session:
        for entity in session.get(f"{root}Texts?$format=json").json()["d"]["results"]:
            if entity["Key"] not in (".", ".."):
                answer = session.get(entity["__metadata"]["uri"], headers={"Accept": "application/json"})
                assert answer.ok, answer.url
                assert answer.json()["d"]["Key"] == entity["Key"]


def test_made_by_post(client: Client):
    for entity in client.all("Texts"):
        assert client.delete(entity["__metadata"]["uri"]).status == 204
    for text in TEXTS:
        created = client.post("Texts", {"Key": text})
        assert created.status == 201
        assert client.get(created.headers["Location"]).d["Key"] == text
        assert client.post("Texts", {"Key": text}).error == (409, "KeyExists")


def test_every_type(client: Client):
    entities = client.all("Exacts")
    assert len(entities) == 2
    for entity in entities:
        assert client.get(entity["__metadata"]["uri"]).d == entity
    client.service.page_size("*", 1)
    assert client.all("Exacts") == entities
