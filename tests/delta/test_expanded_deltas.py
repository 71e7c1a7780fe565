"""Delta links of what is expanded: related entities that change, come and go, for whoever may see them."""

from __future__ import annotations

import os
import random
from datetime import timedelta

import pytest
from sqlalchemy import Engine, create_engine

from odata_service import EntitySetRights, ODataService
from odata_service.tracking import install_clock, unlinked, write_sessions
from tests.access.conftest import Client
from tests.delta.copies import Copy, Flat, Inline, Nested
from tests.delta.library import LIBRARIAN, RED, Author, Base, Book, Reader, fill

AUTHORS = "Authors?$expand=Books"
SHAPES = {
    AUTHORS: {"Books": ("Books", True, {})},
    "Books?$expand=Tags": {"Tags": ("Tags", True, {})},
    "Books?$expand=Author": {"Author": ("Authors", False, {})},
    "Authors?$expand=Books($expand=Reviews)": {"Books": ("Books", True, {"Reviews": ("Reviews", True, {})})},
    "Authors?$filter=Name ne 'hidden'&$expand=Books($filter=Genre eq 'novel';$expand=Tags,Reviews)": {
        "Books": ("Books", True, {"Tags": ("Tags", True, {}), "Reviews": ("Reviews", True, {})})
    },
    "Books?$expand=Author($expand=Books),Reviews": {
        "Author": ("Authors", False, {"Books": ("Books", True, {})}), "Reviews": ("Reviews", True, {}),
    },
}  # fmt: skip

READ_ONLY = {
    "postgresql": {"options": "-c default_transaction_read_only=on"},
    "mariadb": {"init_command": "SET SESSION TRANSACTION READ ONLY"},
}
ROUNDS = int(os.environ.get("ROUNDS", "5"))  # of changes and pulls; a long run takes hundreds
ONLY_NESTED = {"Books?$expand=Author($expand=Books),Reviews"}
IN_V2 = {
    AUTHORS: AUTHORS,
    "Books?$expand=Tags": "Books?$expand=Tags",
    "Authors?$expand=Books($expand=Reviews)": "Authors?$expand=Books/Reviews",
    "Books?$expand=Author($expand=Books),Reviews": "Books?$expand=Author/Books,Reviews",
}


@pytest.fixture
def library(database: Engine) -> Client:
    Base.metadata.create_all(database)
    install_clock(database)
    with write_sessions(database).begin() as session:
        fill(session)
    service = ODataService(Base, database, namespace="Library", secret="s")
    service.rights("*", EntitySetRights.ALL)
    for name, model in (("Authors", Author), ("Books", Book)):
        service.query_interceptor(name)(
            lambda ctx, model=model: model.Tenant == ctx.user.tenant if isinstance(ctx.user, Reader) else True
        )
    return Client(service, principal=LIBRARIAN)


def nested(client: Client, url: str = AUTHORS) -> Nested:
    copy = Nested(client, url)
    copy.start()
    return copy


def flat(client: Client, url: str = AUTHORS) -> Flat:
    copy = Flat(client, url, shape=SHAPES[url])
    copy.start()
    return copy


@pytest.mark.every_database
class TestNested:
    """4.01: an entity with all that is related to it."""

    def test_a_related_entity_changes(self, library):
        copy = nested(library)
        library.send("PATCH", "Books(1)", {"Title": "new"})
        (author,) = copy.pull()
        assert author["Id"] == 1 and [book["Title"] for book in author["Books"]] == ["new", "book 4"]

    def test_one_that_goes_elsewhere_is_told_of_on_both_sides(self, library):
        copy = nested(library)
        library.send("PATCH", "Books(1)", {"AuthorId": 2})
        told = {author["Id"]: [book["Id"] for book in author["Books"]] for author in copy.pull()}
        assert told == {1: [4], 2: [1, 2, 5]}
        assert copy.pull() == []

    @pytest.mark.parametrize("method, url, body", [
        ("DELETE", "Books(1)", None), ("PATCH", "Books(1)", {"AuthorId": None}),
        ("DELETE", "Authors(1)/Books/$ref?$id=Books(1)", None),
    ])  # fmt: skip
    def test_one_that_goes(self, library, method, url, body):
        copy = nested(library)
        assert library.send(method, url, body).status == 204
        assert [(author["Id"], [book["Id"] for book in author["Books"]]) for author in copy.pull()] == [(1, [4])]

    def test_links_between_many_and_many(self, library):
        copy = nested(library, "Books?$expand=Tags")
        assert library.send("DELETE", "Tags(2)/Books/$ref?$id=Books(1)").status == 204
        assert library.send("POST", "Books(2)/Tags/$ref", {"@odata.id": "Tags(2)"}).status == 204
        told = {book["Id"]: [tag["Id"] for tag in book["Tags"]] for book in copy.pull()}
        assert (told[1], told[2]) == ([], [1, 2])  # the others of this tag come, too: its own stamp is new

    def test_deeper(self, library):
        copy = nested(library, "Authors?$expand=Books($expand=Reviews)")
        library.send("PATCH", "Reviews(4)", {"Text": "new"})
        library.send("PATCH", "Reviews(2)", {"BookId": 3})
        assert [author["Id"] for author in copy.pull()] == [1, 2, 3] and copy.tree() == copy.fresh()

    def test_only_references(self, library):
        copy = nested(library, "Authors?$expand=Books/$ref")
        library.send("PATCH", "Books(1)", {"AuthorId": 2})
        assert [len(author["Books"]) for author in copy.pull()] == [1, 3]

    def test_a_collection_of_several_pages(self, library):
        library.service.page_size("Books", 2)
        copy = nested(library)
        library.send("PATCH", "Books(2)", {"AuthorId": 1})
        answer = library.get(copy.link, OData_MaxVersion="4.01").json["value"]
        author = next(each for each in answer if each["Id"] == 1)
        assert [book["Id"] for book in author["Books"]] == [1, 2]
        assert library.ids(author["Books@nextLink"]) == [4]

    def test_how_many(self, library):
        copy = nested(library)
        library.send("PATCH", "Books(1)", {"AuthorId": 2})
        assert library.get(copy.link.replace("Authors?", "Authors/$count?"), OData_MaxVersion="4.01").text == "2"


@pytest.mark.every_database
class TestFlat:
    """4.0: entities and links beside one another."""

    def test_entities_and_links(self, library):
        copy = flat(library)
        library.send("PATCH", "Books(1)", {"AuthorId": 2})
        told = [
            (each.get("@odata.context", "").partition("$metadata")[2], each.get("target", each.get("Id")))
            for each in copy.client.get(copy.link).json["value"]
        ]
        address = f"{library.service_root}Books(1)"
        assert told[:3] == [("", 1), ("#Books/$entity", 4), ("#Authors/$link", address.replace("(1)", "(4)"))]
        assert told[3:5] == [("#Authors/$deletedLink", address), ("", 2)]
        assert told[5:7] == [("#Books/$entity", 1), ("#Authors/$link", address)]

    def test_a_deleted_entity_takes_its_links_along(self, library):
        copy = flat(library)
        library.send("DELETE", "Books(4)")
        *_, last = copy.client.get(copy.link).json["value"]
        assert last == {
            "@odata.context": f"{library.service_root}$metadata#Books/$deletedEntity",
            "id": f"{library.service_root}Books(4)", "reason": "deleted",
        }  # fmt: skip

    def test_a_single_one_that_goes(self, library):
        copy = flat(library, "Books?$expand=Author")
        library.send("PATCH", "Books(1)", {"AuthorId": None})
        *_, last = copy.client.get(copy.link).json["value"]
        assert (last["@odata.context"][-12:], last["target"][-10:]) == ("$deletedLink", "Authors(1)")
        copy.pull()
        assert copy.tree() == copy.fresh()


class TestViews:
    """Row policies hold on both sides."""

    def test_what_leaves_the_view(self, library):
        red = [nested(library.by(RED)), flat(library.by(RED))]
        library.send("PATCH", "Books(1)", {"Tenant": "blue"})
        for copy in red:
            copy.pull()
            assert copy.tree() == copy.fresh() and "Books(1)" not in str(copy.tree())

    def test_nothing_is_told_of_what_was_never_seen(self, library):
        library.send("PATCH", "Books(5)", {"Tenant": "blue"})
        red = [nested(library.by(RED)), flat(library.by(RED))]
        library.send("PATCH", "Books(5)", {"Title": "secret"})
        library.send("PATCH", "Books(5)", {"AuthorId": 1})
        library.send("DELETE", "Books(5)")
        library.send("PATCH", "Authors(3)", {"Name": "secret"})
        library.send("PATCH", "Books(3)", {"Title": "of an author that he does not see"})
        for copy in red:
            assert copy.pull() == []

    def test_a_link_is_for_one_view_of_all_sets(self, library):
        link = nested(library.by(RED)).link
        assert library.by(Reader("Rosa", tenant="red")).get(link).status == 200
        assert library.by(Reader("Bert", tenant="blue")).get(link).error == (410, "DeltaLinkGone")


@pytest.mark.parametrize("url", [
    "Books?$expand=Language", "Authors?$expand=Books($top=1)", "Authors?$expand=Books($skip=1)", "Authors?$expand=Books/$count",
    "Authors?$expand=Books($expand=Language)", *ONLY_NESTED,
])  # fmt: skip
def test_what_cannot_be_followed(library, url):
    answer = library.get(url, Prefer="track-changes")
    assert answer.status == 200 and "Preference-Applied" not in answer.headers and b"deltaLink" not in answer.body


def test_a_purge_of_related_entities(library):
    link = nested(library, "Books?$expand=Reviews").link
    library.send("DELETE", "Reviews(1)")
    library.service.purge(timedelta())
    assert library.get(link).error == (410, "DeltaLinkGone")


def test_what_was_taken_apart_is_forgotten(library, database):
    nested(library)
    library.send("PATCH", "Books(1)", {"AuthorId": 2})
    table = unlinked(Book.__table__).table
    with database.begin() as connection:
        assert [(row.Id, row.AuthorId) for row in connection.execute(table.select())] == [(1, 1)]
        connection.execute(table.update().values(odata_until=1))
    library.service.purge(timedelta(days=30))
    with database.begin() as connection:
        assert connection.execute(table.select()).all() == []


@pytest.mark.every_database
def test_where_the_service_may_make_no_tables(library, database):
    """A wish that cannot be met is no reason to refuse the request."""
    file, options = f"sqlite:///file:{database.url.database}?mode=ro&uri=true", READ_ONLY.get(database.dialect.name)
    engine = create_engine(database.url, connect_args=options) if options else create_engine(file)
    service = ODataService(Base, engine, namespace="Library", secret="s")
    service.rights("*", EntitySetRights.ALL_READ)
    expanded, alone = (Client(service).get(url, Prefer="track-changes") for url in (AUTHORS, "Authors"))
    assert len(expanded.json["value"]) == 3 and b"deltaLink" not in expanded.body and b"deltaLink" in alone.body
    engine.dispose()


def test_a_foreign_key_that_was_not_loaded(library, database):
    copy = nested(library)
    with write_sessions(database).begin() as session:
        book = session.get(Book, 1)
        session.expire(book)
        book.AuthorId = 2
    assert [author["Id"] for author in copy.pull()] == [1, 2] and copy.tree() == copy.fresh()


def change(library: Client, chance: random.Random) -> None:
    """Something that somebody does."""
    book, author, tag, review = (chance.randint(1, most) for most in (6, 3, 2, 6))
    tenant, genre = chance.choice(["red", "blue"]), chance.choice(["novel", "essay"])
    method, url, body = chance.choice([
        ("PATCH", f"Books({book})", {"AuthorId": chance.choice([1, 2, 3, None])}),
        ("PATCH", f"Books({book})", {"Tenant": tenant, "Title": "x"}), ("PATCH", f"Books({book})", {"Genre": genre}),
        ("PATCH", f"Authors({author})", {"Tenant": tenant}),
        ("PATCH", f"Authors({author})", {"Name": chance.choice(["hidden", "shown", "seen"])}),
        ("PATCH", f"Reviews({review})", {"BookId": book, "Text": "y"}), ("PATCH", f"Tags({tag})", {"Name": genre}),
        ("POST", f"Books({book})/Tags/$ref", {"@odata.id": f"Tags({tag})"}),
        ("DELETE", f"Tags({tag})/Books/$ref?$id=Books({book})", None),
        ("DELETE", f"Books({book})/Tags/$ref?$id=Tags({tag})", None),
        ("DELETE", f"{chance.choice(['Books', 'Reviews'])}({book})", None),
        ("POST", "Books", {"Id": book, "Title": "again", "Genre": genre, "Tenant": tenant, "AuthorId": author}),
    ])  # fmt: skip
    library.send(method, url, body)  # which may fail: the entity is deleted, or is there


@pytest.mark.parametrize("url", SHAPES)
def test_copies_are_what_the_server_has(library, url):
    """Whatever is done, in whatever order, with changes between the pages of a pull."""
    chance = random.Random(f"{url} {ROUNDS}")
    readers = [library, library.by(RED)]
    copies: list[Copy] = [Nested(reader, url, 2) for reader in readers]
    copies += [Flat(reader, url, 2, shape=SHAPES[url]) for reader in readers if url not in ONLY_NESTED]
    copies += [Inline(reader, IN_V2[url]) for reader in readers if url in IN_V2]
    for copy in copies:
        copy.start()
    for _ in range(ROUNDS):
        for _ in range(chance.randint(1, 4)):
            change(library, chance)
        for copy in copies:
            if chance.random() < 0.3:
                pages = copy.pages(copy.link)
                copy.apply(next(pages))
                change(library, chance)
                for items in pages:
                    copy.apply(items)
    for copy in copies:
        copy.pull()
        assert copy.tree() == copy.fresh(), type(copy).__name__
