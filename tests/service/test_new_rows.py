"""Entities that are written as rows are what they would be as instances, and whoever listens to instances hears of each."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from sqlalchemy import Engine, event, func
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker, validates

from odata_service import EntitySetRights, Headers, ODataRequest, ODataResponse, ODataService
from odata_service.protocol import V2, V4, Protocol
from odata_service.tracking import EntityTracking

KEYS = [str(uuid.UUID(int=number)) for number in range(1, 7)]


class Base(DeclarativeBase):
    pass


class Tree(EntityTracking, Base):
    __tablename__ = "new_rows_tree"

    TreeId: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    Name: Mapped[str | None]
    Kind: Mapped[str] = mapped_column(default="oak")
    Planted: Mapped[date | None] = mapped_column(server_default=func.current_date())
    Height: Mapped[float | None]


class Shrub(EntityTracking, Base):
    __tablename__ = "new_rows_shrub"

    ShrubId: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    Name: Mapped[str | None]

    @validates("Name")
    def in_capitals(self, name: str, value: str) -> str:
        return value.upper()


class Stone(Base):
    __tablename__ = "new_rows_stone"

    StoneId: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    Name: Mapped[str | None]

    def __init__(self, **values: Any) -> None:
        super().__init__(**{"Name": "nameless", **values})


@pytest.fixture
def service(database: Engine) -> Iterator[ODataService]:
    Base.metadata.create_all(database)
    service = ODataService(Base, database, namespace="Garden")
    service.rights("*", EntitySetRights.ALL)
    yield service
    Base.metadata.drop_all(database)


@pytest.fixture
def as_instances() -> Iterator[None]:
    """Somebody who listens to instances, so that there have to be some."""

    def heard(*_: object) -> None:
        pass

    event.listen(Tree, "before_insert", heard)
    yield
    event.remove(Tree, "before_insert", heard)


BODIES = [
    f'{{"TreeId":"{KEYS[0]}","Name":"Ash"}}',
    f'{{"TreeId":"{KEYS[1]}","Name":null,"Kind":"fir"}}',
    f'{{"TreeId":"{KEYS[2]}","Planted":null,"Kind":null}}',
    f'{{"TreeId":"{KEYS[3]}","Name":"Ivy","Height":1.5}}',
    f'{{"Name":"Yew","TreeId":"{KEYS[4]}"}}',
]


def batch(service: ODataService, protocol: Protocol, entity_set: str, bodies: list[str]) -> ODataResponse:
    parts = "".join(
        f"--c\r\nContent-Type: application/http\r\nContent-ID: {number}\r\n\r\nPOST {entity_set} HTTP/1.1\r\n"
        f"Content-Type: application/json\r\nAccept: application/json\r\n\r\n{body}\r\n"
        for number, body in enumerate(bodies, 1)
    )
    content = f"--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n{parts}--c--\r\n--b--\r\n"
    headers = Headers({"Content-Type": "multipart/mixed; boundary=b"})
    return service.handle(ODataRequest(protocol, "POST", "$batch", headers=headers, body=content.encode()))


def post(service: ODataService, protocol: Protocol, entity_set: str, body: str) -> ODataResponse:
    headers = Headers({"Content-Type": "application/json", "Accept": "application/json"})
    return service.handle(ODataRequest(protocol, "POST", entity_set, headers=headers, body=body.encode()))


def said(answer: ODataResponse) -> str:
    """Without what is never the same twice."""
    text = re.sub(r"(batch|changeset)response_[0-9a-f-]+|Content-Length: \d+", "", answer.body.decode())
    return re.sub(r'"LastUpdated":"[^"]+"', "", text)


def everything(service: ODataService) -> str:
    return said(service.handle(ODataRequest(V4, "GET", "Trees", "$orderby=TreeId")))


@pytest.fixture
def written(service: ODataService) -> list[tuple[str, str]]:
    """What is answered, and what is there afterwards, for rows."""
    return list(changes(service))


def changes(service: ODataService) -> Iterator[tuple[str, str]]:
    for protocol in (V2, V4):
        yield said(batch(service, protocol, "Trees", BODIES)), everything(service)
        yield said(batch(service, protocol, "Trees", BODIES[:2])), everything(service)  # the keys are taken
        for key in KEYS[:5]:
            literal = key if protocol == V4 else f"guid'{key}'"
            service.handle(ODataRequest(protocol, "DELETE", f"Trees({literal})"))
        yield said(batch(service, protocol, "Trees", BODIES[:3])), everything(service)  # V4 brings back what was gone
        yield said(post(service, protocol, "Trees", f'{{"TreeId":"{KEYS[5]}","Height":"NaN"}}')), everything(service)
        yield said(post(service, protocol, "Trees", f'{{"TreeId":"{KEYS[5]}","Planted":null}}')), everything(service)
        with service.engine.begin() as connection:
            connection.execute(Tree.__table__.delete())


def test_rows_are_what_instances_would_be(service: ODataService, written: list[tuple[str, str]], as_instances: None):
    assert list(changes(service)) == written
    assert '"Kind":"oak"' in written[0][1]
    assert "201 Created" in written[0][0]
    assert "409 Conflict" in written[1][0]


def test_a_row_has_the_stamp_of_its_transaction(service: ODataService):
    answer = batch(service, V4, "Trees", BODIES).body.decode()
    stamps = set(re.findall(r'"LastUpdated":"([^"]+)"', answer))
    assert len(stamps) == 1
    later = post(service, V4, "Trees", f'{{"TreeId":"{KEYS[5]}"}}').body.decode()
    assert re.findall(r'"LastUpdated":"([^"]+)"', later) > sorted(stamps)


@pytest.mark.parametrize("protocol", [V2, V4])
def test_who_listens_hears_of_each(service: ODataService, protocol: Protocol):
    heard: list[str] = []

    def inserted(mapper: object, connection: object, tree: Tree) -> None:
        heard.append(str(tree.TreeId))

    event.listen(Tree, "after_insert", inserted)
    try:
        batch(service, protocol, "Trees", BODIES)
        post(service, protocol, "Trees", f'{{"TreeId":"{KEYS[5]}"}}')
    finally:
        event.remove(Tree, "after_insert", inserted)
    assert heard == KEYS


def test_who_listens_to_sessions_hears_of_each(service: ODataService):
    heard: list[int] = []

    def flushed(session: Session, *_: object) -> None:
        heard.append(len(session.new))

    sessions: sessionmaker[Session] = service._changes.sessions
    event.listen(sessions, "before_flush", flushed)
    try:
        batch(service, V4, "Trees", BODIES)
    finally:
        event.remove(sessions, "before_flush", flushed)
    assert max(heard) == len(BODIES)


def test_what_a_class_does_with_its_values_is_done(service: ODataService):
    shrubs = [f'{{"ShrubId":"{key}","Name":"box"}}' for key in KEYS[:2]]
    assert batch(service, V4, "Shrubs", shrubs).body.decode().count('"Name":"BOX"') == 2
    assert '"Name":"nameless"' in post(service, V4, "Stones", '{"StoneId":1}').body.decode()


def test_a_refused_value_undoes_all_and_names_its_request(service: ODataService):
    nan = f'{{"TreeId":"{KEYS[1]}","Height":"NaN"}}'
    answer = batch(service, V4, "Trees", [BODIES[0], nan, BODIES[2]]).body.decode()
    if service.engine.dialect.name == "sqlite":  # which has no NaN
        assert "400 Bad Request" in answer
        assert 'ContentID":"2"' in answer
        assert "TreeId" not in everything(service)
    else:
        assert answer.count("201 Created") == 3
