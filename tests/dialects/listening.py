"""A driver that only listens: it has one row for whoever asks, and keeps what it was asked."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sqlalchemy import ForeignKey, create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from odata_service import EntitySetRights, Headers, ODataRequest, ODataService
from odata_service.message import ODataResponse
from odata_service.protocol import V4

ROOT = "http://books.example/"


class Base(DeclarativeBase):
    pass


class Book(Base):
    __tablename__ = "book"
    Id: Mapped[int] = mapped_column(primary_key=True)
    Title: Mapped[str]
    Price: Mapped[Decimal | None]
    Weight: Mapped[float | None]
    Sold: Mapped[bool]
    Printed: Mapped[datetime.datetime | None]
    AuthorName: Mapped[str | None] = mapped_column(ForeignKey("author.Name"))
    Author: Mapped[Author | None] = relationship(back_populates="Books")


class Author(Base):
    __tablename__ = "author"
    Name: Mapped[str] = mapped_column(primary_key=True)
    Books: Mapped[list[Book]] = relationship(back_populates="Author")


class Error(Exception):
    """What a driver calls its errors."""


@dataclass
class Listener:
    """Driver, connection and cursor in one."""

    paramstyle: str
    asked: list[str] = field(default_factory=list)
    row: Sequence[Any] = ()
    times: int = 1
    autocommit: bool = False
    version: str = "3.0.0"
    threadsafety: int = 1
    apilevel: str = "2.0"
    Error: type[Exception] = Error

    def __getattr__(self, name: str) -> Any:
        """Whatever SQLAlchemy's dialects want to know of a driver."""
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (Error,), {})

    def connect(self, *_: Any, **__: Any) -> Listener:
        return self

    cursor = connect

    def execute(self, text: str, _: Any = None) -> Listener:
        self.asked.append(text)
        return self

    def fetchall(self) -> list[Any]:
        """Whoever counts gets a number, and the first of a request the row."""
        if self.asked[-1].lower().startswith("select count("):
            return [(3,)]
        is_first = sum(each.startswith("SELECT") for each in self.asked) == 1
        return [self.row] * self.times if self.row and is_first else []

    def nothing(self, *_: Any) -> None:
        return None

    close = rollback = commit = nothing


def listening(name: str, paramstyle: str, version: tuple[int, ...]) -> tuple[ODataService, Listener]:
    """A service on such a database, and what hears what it asks."""
    driver = Listener(paramstyle)
    engine = create_engine(f"{name}://nowhere", module=driver, _initialize=False, paramstyle=paramstyle)
    engine.dialect.server_version_info = version
    engine.dialect._supports_offset_fetch = True  # what SQLAlchemy would have seen by the version
    engine.dialect.supports_native_boolean = False
    service = ODataService(Base, engine, namespace="Books")
    service.rights("*", EntitySetRights.ALL_READ)
    return service, driver


def answer(service: ODataService, url: str) -> ODataResponse:
    target, _, query = url.partition("?")
    response = service.handle(ODataRequest(V4, "GET", target, query, Headers(), root=ROOT))
    assert response.status < 500, response.body
    return response


def statements(service: ODataService, driver: Listener, url: str) -> list[str]:
    driver.asked.clear()
    answer(service, url)
    return [" ".join(each.split()) for each in driver.asked]
