"""A small library, mapped, as a model and as rows of levels the way the drivers give them."""

from __future__ import annotations

import datetime
import decimal
import uuid

from sqlalchemy import (
    REAL,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Double,
    ForeignKey,
    Integer,
    Interval,
    LargeBinary,
    Numeric,
    SmallInteger,
    String,
    Table,
    Time,
)  # fmt: skip
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from odata_service.edm.from_models import model_from
from odata_service.edm.model import EntityModel
from odata_service.plan.row import ExpandedNavigation, RowShape


class Base(DeclarativeBase):
    pass


book_tags = Table(
    "book_tags",
    Base.metadata,
    Column("book", ForeignKey("Book.BookId"), primary_key=True),
    Column("tag", ForeignKey("Tag.Name"), primary_key=True),
)


class Author(Base):
    __tablename__ = "Author"

    AuthorId: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    Name: Mapped[str] = mapped_column(String(50))
    Born: Mapped[datetime.datetime | None]
    Living: Mapped[bool]

    Books: Mapped[list[Book]] = relationship(back_populates="Author", foreign_keys="Book.AuthorId")
    Edited: Mapped[list[Book]] = relationship(back_populates="Editor", foreign_keys="Book.EditorId")


class Book(Base):
    __tablename__ = "Book"
    __odata__ = {"etag": ("Version",)}

    BookId: Mapped[int] = mapped_column(primary_key=True)
    Title: Mapped[str] = mapped_column(String(100))
    Price: Mapped[decimal.Decimal | None] = mapped_column(Numeric(8, 2))
    Version: Mapped[int] = mapped_column(BigInteger, default=1)
    AuthorId: Mapped[uuid.UUID] = mapped_column(ForeignKey("Author.AuthorId"))
    EditorId: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("Author.AuthorId"))

    Author: Mapped[Author] = relationship(back_populates="Books", foreign_keys=AuthorId)
    Editor: Mapped[Author | None] = relationship(back_populates="Edited", foreign_keys=EditorId)
    Tags: Mapped[list[Tag]] = relationship(secondary=book_tags, back_populates="Books")


class Tag(Base):
    __tablename__ = "Tag"

    Name: Mapped[str] = mapped_column(String(30), primary_key=True)

    Books: Mapped[list[Book]] = relationship(secondary=book_tags, back_populates="Tags")


class Loan(Base):
    """Two key properties, and a way in one direction only."""

    __tablename__ = "Loan"

    Card: Mapped[str] = mapped_column(String(20), primary_key=True)
    Number: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    BookId: Mapped[int] = mapped_column(ForeignKey("Book.BookId"))

    Book: Mapped[Book] = relationship()


class Everything(Base):
    """One property of every type."""

    __tablename__ = "Everything"

    Id: Mapped[int] = mapped_column(primary_key=True)
    Flag = mapped_column(Boolean)
    Small = mapped_column(SmallInteger)
    Whole = mapped_column(Integer)
    Big = mapped_column(BigInteger)
    Exact = mapped_column(Numeric(10, 3))
    Loose = mapped_column(Numeric())
    Half = mapped_column(REAL)
    Real = mapped_column(Double)
    Text = mapped_column(String(20))
    Guid: Mapped[uuid.UUID | None]
    Data = mapped_column(LargeBinary(16))
    Day = mapped_column(Date)
    Clock = mapped_column(Time)
    Span = mapped_column(Interval)
    Moment = mapped_column(DateTime)
    Instant = mapped_column(DateTime(timezone=True))


MODEL: EntityModel = model_from(Base, "Library")
ROOT = "http://localhost/Library.svc/"


def shape(
    set_name: str,
    columns: str,
    *,
    select: str | None = None,
    links: str = "",
    expanded: tuple[ExpandedNavigation, ...] = (),
    decoders: dict[str, object] | None = None,
) -> RowShape:
    """A shape from names: ``shape("Books", "BookId Title", links="Author")``."""
    entity_set = MODEL.sets[set_name]
    entity_type = entity_set.type
    names = columns.split()
    return RowShape(
        entity_set,
        tuple(entity_type.properties[name] for name in names),
        tuple((decoders or {}).get(name) for name in names),
        tuple(entity_type.properties[name] for name in (columns if select is None else select).split()),
        tuple(entity_type.navigation[name] for name in links.split()),
        expanded,
    )


def expansion(
    set_name: str, navigation: str, child: RowShape, near: tuple[int, ...], far: tuple[int, ...]
) -> ExpandedNavigation:
    return ExpandedNavigation(MODEL.sets[set_name].type.navigation[navigation], child, near, far)
