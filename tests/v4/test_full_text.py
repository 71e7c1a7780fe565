"""``$search`` where the model asks for the database's own full text: words and phrases, kept up to date by the database."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import ClassVar

import pytest
from sqlalchemy import Engine, ForeignKey, String, insert, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from odata_service import EntitySetRights, Headers, ODataRequest, ODataService
from odata_service.protocol import V4

ROWS = [
    {"Code": "a1", "Title": "The Sea", "Text": "Waves, and a sea room", "ShelfId": 1},
    {"Code": "b2", "Title": "Sea Room", "Text": None, "ShelfId": 1},
    {"Code": "c3", "Title": "Überseehafen", "Text": 'A harbour\'s 50% "quay"', "ShelfId": 2},
    {"Code": "d4", "Title": "Sea", "Text": "No room here", "ShelfId": 2},
]


class Base(DeclarativeBase):
    pass


class Shelf(Base):
    __tablename__ = "Shelf"
    Id: Mapped[int] = mapped_column(primary_key=True)
    Books: Mapped[list[Book]] = relationship(back_populates="Shelf")


class Book(Base):
    __tablename__ = "Book"
    __odata__: ClassVar = {"set": "Books", "full_text": ("Title", "Text")}
    Code: Mapped[str] = mapped_column(String(5), primary_key=True)
    Title: Mapped[str] = mapped_column(String(50))
    Text: Mapped[str | None] = mapped_column(String(500))
    ShelfId: Mapped[int] = mapped_column(ForeignKey("Shelf.Id"))
    Shelf: Mapped[Shelf] = relationship(back_populates="Books")


@pytest.fixture
def service(database: Engine) -> ODataService:
    made = ODataService(Base, database, namespace="Library")
    made.rights("*", EntitySetRights.ALL)
    Base.metadata.create_all(database)
    with database.begin() as connection:
        connection.execute(insert(Shelf), [{"Id": 1}, {"Id": 2}])
        connection.execute(insert(Book), ROWS)
    return made


Found = Callable[[str], list[str]]


@pytest.fixture
def found(service: ODataService) -> Found:
    def codes(url: str) -> list[str]:
        path, _, query = url.partition("?")
        headers = Headers({"Accept": "application/json;odata.metadata=none"})
        answer = service.handle(ODataRequest(V4, "GET", path, query.replace(" ", "%20").replace('"', "%22"), headers))
        assert answer.status == 200, answer.body

        document = json.loads(answer.body)
        return [row["Code"] for row in document["value"]]

    return codes


@pytest.mark.parametrize("search, codes", [
    ("sea",                     ["a1", "b2", "d4"]),  # words, not parts of them
    ("SEA AND room",            ["a1", "b2", "d4"]),  # in whichever property
    ('"sea room"',              ["a1", "b2"]),
    ("sea NOT room",            []),
    ("NOT sea",                 ["c3"]),
    ("waves OR harbour",        ["a1", "c3"]),
    ("überseehafen",            ["c3"]),
    ("nothing",                 []),
])  # fmt: skip
def test_words_and_phrases(found: Found, search: str, codes: list[str]) -> None:
    assert found(f"Books?$search={search}&$orderby=Code") == codes


@pytest.mark.parametrize("url, codes", [
    ("Books?$search=sea&$filter=ShelfId eq 1&$orderby=Code desc", ["b2", "a1"]),
    ("Shelf(2)/Books?$search=room", ["d4"]),
    ("Books?$apply=search(waves)", ["a1"]),
])  # fmt: skip
def test_beside_other_options(found: Found, url: str, codes: list[str]) -> None:
    assert found(url.replace("Shelf(", "Shelves(")) == codes


def test_it_follows_every_change(service: ODataService, found: Found, database: Engine) -> None:
    with database.begin() as connection:
        connection.execute(text("""UPDATE "Book" SET "Title" = 'The Lake' WHERE "Code" = 'a1'"""))
        connection.execute(text("""DELETE FROM "Book" WHERE "Code" = 'b2'"""))
        connection.execute(text("""INSERT INTO "Book" VALUES ('e5', 'Lakes', 'of the lake', 1)"""))
    assert found("Books?$search=lake&$orderby=Code") == ["a1", "e5"]
    assert found('Books?$search="sea room"') == ["a1"]
    assert found('Books?$search="the sea"') == []


def test_a_table_that_was_there_before(database: Engine) -> None:
    with database.begin() as connection:
        connection.execute(text('CREATE TABLE "Shelf" ("Id" INTEGER PRIMARY KEY)'))
        connection.execute(text(
            'CREATE TABLE "Book" ("Code" VARCHAR(5) PRIMARY KEY, "Title" VARCHAR(50), "Text" VARCHAR(500), "ShelfId" INTEGER)'
        ))  # fmt: skip
        connection.execute(text("""INSERT INTO "Book" VALUES ('x', 'Old words', NULL, NULL)"""))
    made = ODataService(Base, database, namespace="Library")
    made.rights("*", EntitySetRights.ALL)
    answer = made.handle(ODataRequest(V4, "GET", "Books/$count", "$search=words"))
    assert (answer.status, answer.body) == (200, b"1")


def test_postgresql_has_an_index(service: ODataService, database: Engine) -> None:
    if database.dialect.name == "postgresql":
        with database.begin() as connection:
            connection.execute(text("SET LOCAL enable_seqscan = off"))
            plan = connection.execute(text(
                """EXPLAIN SELECT * FROM "Book" WHERE to_tsvector('simple'::regconfig, coalesce("Title", '') || ' ' || """
                """coalesce("Text", '')) @@ phraseto_tsquery('simple'::regconfig, 'sea')"""
            )).scalars()  # fmt: skip
            assert "Book_full_text" in "\n".join(plan)
