"""Authors with books of several tenants, books with reviews and tags: all that can be around an entity, and who sees it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from sqlalchemy import Column, ForeignKey, String, Table
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

from odata_service import User
from odata_service.tracking import EntityTracking


class Base(DeclarativeBase):
    pass


book_tag = Table(
    "book_tag",
    Base.metadata,
    Column("BookId", ForeignKey("book.Id"), primary_key=True),
    Column("TagId", ForeignKey("tag.Id"), primary_key=True),
)


class Author(EntityTracking, Base):
    __tablename__ = "author"

    Id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    Name: Mapped[str] = mapped_column(String(50))
    Tenant: Mapped[str] = mapped_column(String(10))

    Books: Mapped[list[Book]] = relationship(back_populates="Author")


class Book(EntityTracking, Base):
    __tablename__ = "book"

    Id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    Title: Mapped[str] = mapped_column(String(50))
    Genre: Mapped[str] = mapped_column(String(10))
    Tenant: Mapped[str] = mapped_column(String(10))
    AuthorId: Mapped[int | None] = mapped_column(ForeignKey("author.Id"))
    LanguageId: Mapped[int | None] = mapped_column(ForeignKey("language.Id"))

    Author: Mapped[Author | None] = relationship(back_populates="Books")
    Reviews: Mapped[list[Review]] = relationship(back_populates="Book")
    Tags: Mapped[list[Tag]] = relationship(secondary=book_tag, back_populates="Books")
    Language: Mapped[Language | None] = relationship()


class Review(EntityTracking, Base):
    __tablename__ = "review"

    Id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    Text: Mapped[str] = mapped_column(String(50))
    BookId: Mapped[int | None] = mapped_column(ForeignKey("book.Id"))

    Book: Mapped[Book | None] = relationship(back_populates="Reviews")


class Tag(EntityTracking, Base):
    __tablename__ = "tag"

    Id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    Name: Mapped[str] = mapped_column(String(50))

    Books: Mapped[list[Book]] = relationship(secondary=book_tag, back_populates="Tags")


class Language(Base):
    """Not tracked."""

    __tablename__ = "language"
    __odata__: ClassVar = {"set": "Languages"}

    Id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)


@dataclass(frozen=True)
class Reader(User):
    """Somebody who sees what is of his tenant."""

    tenant: str = ""


RED, BLUE = Reader("Rita", tenant="red"), Reader("Bert", tenant="blue")
LIBRARIAN = User("Lena")


def fill(session: Session) -> None:
    """Authors 1 and 2 are red, 3 is blue; books 1 to 6, each of the author who comes next; each book has a review, and a
    tag."""
    authors = {
        number: Author(Id=number, Name=f"author {number}", Tenant="red" if number < 3 else "blue")
        for number in (1, 2, 3)
    }
    tags = {number: Tag(Id=number, Name=f"tag {number}") for number in (1, 2)}
    session.add_all([*authors.values(), *tags.values()])
    for number in range(1, 7):
        session.add(Book(
            Id=number, Title=f"book {number}", Genre="novel" if number % 2 else "essay",
            Tenant="blue" if number == 6 else "red", Author=authors[(number - 1) % 3 + 1], Tags=[tags[number % 2 + 1]],
            Reviews=[Review(Id=number, Text=f"review {number}")],
        ))  # fmt: skip
