"""Pages, followed by their links: every row once, whatever the order, and whatever happens in between."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import Double, String
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from odata_service import EntitySetRights, ODataService
from tests.service.client import Client
from tests.service.databases import EngineOf, emptied

pytestmark = pytest.mark.every_database

ORDERS = [
    "ID desc",
    "Name",
    "Name desc",
    "Price",
    "Price desc",
    "Weight",
    "Weight desc,Price",
    "Rating,Name desc",
    "Stock desc",
    "Discontinued",
    "Discontinued desc,Rating",
    "ReleaseDate",
    "ReleaseDate desc,Name",
    "RestockTime",
    "RestockTime desc",
    "MadeAt",
    "MadeIn desc,MadeAt",
    "ChangedAt,Rating desc",
    "ChangedAt desc",
    "UpdatedAt",
    "Guid",
    "Guid desc",
    "Description desc",
    "Category/Name",
    "Category/Name desc,Price desc,Weight",
    "Category_ID,Supplier_ID desc",
    "length(Name) desc,Rating add 1",
    "tolower(Name),year(ReleaseDate) desc",
    "Price mul 2 desc",
    "Discontinued eq null,startswith(Name,'Product 1') desc",
]


@pytest.mark.parametrize("order", ORDERS)
def test_pages_are_the_whole(shop: Client, order: str):
    """Rows share values and lack them, so a page ends again and again between equal rows and between nulls."""
    whole = [product["ID"] for product in shop.all(f"Products?$orderby={order}")]
    assert sorted(whole) == list(range(1, 41))
    for size in (1, 7):
        shop.service.page_size("Products", size)
        assert [product["ID"] for product in shop.all(f"Products?$orderby={order}&$select=ID")] == whole


@pytest.mark.parametrize("top", [1, 9, 10, 11, 20, 39, 40, 41, 1000])
def test_top_over_pages(shop: Client, top: int):
    shop.service.page_size("Products", 10)
    pages = list(shop.pages(f"Products?$top={top}&$orderby=Price desc"))
    found = [product["ID"] for page in pages for product in page.entities]
    assert len(found) == len(set(found)) == min(top, 40)
    assert [len(page.entities) for page in pages[:-1]] == [10] * (len(pages) - 1)


@pytest.mark.parametrize("skip", [0, 1, 10, 35, 40, 99])
def test_skip_counts_once(shop: Client, skip: int):
    shop.service.page_size("Products", 10)
    assert [product["ID"] for product in shop.all(f"Products?$skip={skip}")] == list(range(1 + skip, 41))


def test_top_nothing(shop: Client):
    shop.service.page_size("Products", 10)
    answer = shop.get("Products?$top=0&$inlinecount=allpages")
    assert (answer.entities, answer.d["__count"], answer.next) == ([], "40", None)


def test_next_link_repeats_what_was_asked(shop: Client):
    shop.service.page_size("Products", 3)
    asked = "Products?$filter=ID gt 1&$expand=Category&$select=ID,Category/Name&$inlinecount=allpages&$format=json&$top=8&x=y"
    link = shop.get(asked).next
    assert link is not None
    options = {name: values[0] for name, values in parse_qs(urlsplit(link).query).items()}
    assert options.pop("$skiptoken")
    assert options == {
        "$filter": "ID gt 1",
        "$expand": "Category",
        "$select": "ID,Category/Name",
        "$inlinecount": "allpages",
        "$format": "json",
        "$top": "5",
        "x": "y",
    }


def test_a_page_takes_two_statements_however_deep(shop: Client):
    shop.service.page_size("Products", 2)
    pages = list(shop.pages("Products?$expand=Category&$orderby=Price"))
    assert {page.statements for page in pages} == {2}


def test_rows_that_come_and_go_between_pages(people: Client):
    """What is inserted or deleted where the client has been is not seen; ahead of it, it is; the others come once."""
    people.service.page_size("People", 4)
    people.service.tombstones("People", "hidden")
    first = people.get("People?$orderby=Name")
    people.post("People", {"Name": "Aaron"})
    people.post("People", {"Name": "Maria"})
    people.delete(first.entities[0]["__metadata"]["uri"])
    people.delete(_named(people, "Haruto 山田"))
    assert first.next is not None
    seen = [person["Name"] for person in [*first.entities, *people.all(first.next)]]
    assert seen == sorted(
        "Ada Lovelace|Brian O'Neil|Chloé Lefèvre|Dmitri Волков|Emily Watson|Frank Müller|Grace Okafor|"
        "Inês Gonçalves|John Smith|Karen Jensen|Lars Østergård|Maria".split("|")
    )


def test_the_row_that_a_page_ended_with_may_go(shop: Client):
    shop.service.page_size("Products", 10)
    first = shop.get("Products?$orderby=Name desc,Price")
    last = first.entities[-1]["__metadata"]["uri"]
    shop.merge(last, {"Name": "Another", "Price": None})
    assert first.next is not None
    following = [product["ID"] for product in shop.all(first.next)]
    seen = [product["ID"] for product in first.entities]
    assert sorted({*seen, *following}) == list(range(1, 41))


def test_a_change_while_paging_by_stamp_is_seen_again(people: Client):
    """By LastUpdated a changed row moves to the end: nobody who follows the links to there misses it."""
    people.service.page_size("People", 5)
    since = "People?$filter=LastUpdated gt datetime'1900-01-01T00:00:00'&$orderby=LastUpdated"
    first = people.get(since)
    moved = first.entities[0]
    people.merge(moved["__metadata"]["uri"], {"Name": "Zoë"})
    assert first.next is not None
    following = people.all(first.next)
    assert following[-1]["Name"] == "Zoë"
    assert {person["PersonId"] for person in [*first.entities, *following]} == {
        person["PersonId"] for person in people.all("People")
    }


@pytest.mark.parametrize("size", [1, 2])
def test_nested_pages_are_the_whole(shop: Client, size: int):
    whole = {
        category["ID"]: [product["ID"] for product in category["Products"]["results"]]
        for category in shop.all("Categories?$expand=Products/Supplier")
    }
    shop.service.page_size("*", size)
    paged = {}
    for category in shop.all("Categories?$expand=Products/Supplier&$select=ID,Products/ID,Products/Supplier/Name"):
        products = category["Products"]["results"]
        assert len(products) <= size
        if following := category["Products"].get("__next"):
            products += shop.all(following)
        assert all(list(product) == ["__metadata", "ID", "Supplier"] for product in products)
        paged[category["ID"]] = [product["ID"] for product in products]
    assert paged == whole


def test_links_are_paged(shop: Client):
    shop.service.page_size("Products", 3)
    links = [link["uri"] for link in shop.all("Categories(1)/$links/Products")]
    assert len(links) == len(set(links)) == 10


class TestTokens:
    """A token is good for the query it was made for; every other use is the client's mistake."""

    @pytest.fixture
    def token(self, shop: Client) -> str:
        shop.service.page_size("*", 3)
        return self.token_of(shop, "Products?$orderby=Price&$filter=ID gt 0")

    @staticmethod
    def token_of(shop: Client, url: str) -> str:
        link = shop.get(url).next
        assert link is not None
        return link.partition("$skiptoken=")[2]

    def test_good(self, shop: Client, token: str):
        assert shop.get(f"Products?$skiptoken={token}&$filter=ID+gt+0&%24orderby=Price").status == 200

    @pytest.mark.parametrize(
        "url",
        [
            "Products",
            "Products?$orderby=Price",
            "Products?$orderby=Price desc&$filter=ID gt 0",
            "Products?$orderby=Price&$filter=ID gt 1",
            "Products?$orderby=Name&$filter=ID gt 0",
            "Suppliers?$orderby=Price&$filter=ID gt 0",
            "Categories",
            "Categories(1)/Products",
            "Products(1)",
            "Products/$count",
            "Products(1)/Name",
        ],
    )
    def test_for_another_query(self, shop: Client, token: str, url: str):
        joined = f"{url}{'&' if '?' in url else '?'}$skiptoken={token}"
        assert [shop.get(joined).status for _ in range(2)] == [400, 400]

    def test_of_another_set(self, shop: Client, token: str):
        foreign = self.token_of(shop, "OrderItems?$top=100") if shop.get("OrderItems").next else token
        assert shop.get(f"Products?$skiptoken={foreign}").error == (400, "BadToken")

    def test_edited(self, shop: Client, token: str):
        for at in range(0, len(token), 3):
            edited = token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :]
            answer = shop.get(f"Products?$orderby=Price&$filter=ID gt 0&$skiptoken={edited}")
            assert answer.error == (400, "BadToken"), edited

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "x",
            "null",
            "1",
            "'O''Neil',5",
            "=",
            "%",
            "%00",
            "%FF",
            "💾",
            "A" * 10_000,
            "-1",
            "[]",
            "AAAAAAAAAAAAAAAAW10",
        ],
    )
    def test_made_up(self, shop: Client, text: str):
        assert shop.get(f"Products?$skiptoken={text}").status == 400

    def test_of_another_service(self, shop: Client, people: Client):
        people.service.page_size("*", 3)
        assert shop.get(f"Products?$skiptoken={self.token_of(people, 'People')}").error == (400, "BadToken")


class Readings(DeclarativeBase):
    pass


class Reading(Readings):
    __tablename__ = "reading"

    ID: Mapped[int] = mapped_column(primary_key=True)
    Value: Mapped[float | None] = mapped_column(Double)


def test_infinite_values_at_the_end_of_a_page(engine_of: EngineOf, product: str):
    """INF and NaN are no JSON; a link that ends with one must still lead on."""
    if product == "mariadb":
        pytest.skip("MariaDB has no infinite numbers")
    engine = engine_of("readings")
    emptied(Readings.metadata, engine)
    values = [None, 1.5, float("inf"), float("-inf"), 0.1 + 0.2, float("inf"), None, 5e-324, 1.7976931348623157e308]
    with Session(engine) as session:
        session.add_all(Reading(ID=number, Value=value) for number, value in enumerate(values))
        session.commit()
    service = ODataService(Readings, engine, namespace="Readings")
    service.rights("*", EntitySetRights.ALL)
    client = Client(service)
    for order in ("Value", "Value desc"):
        whole = [reading["ID"] for reading in client.all(f"Readings?$orderby={order}")]
        service.page_size("*", 1)
        assert [reading["ID"] for reading in client.all(f"Readings?$orderby={order}")] == whole
        service.page_size("*", 100)


class Words(DeclarativeBase):
    pass


class Word(Words):
    __tablename__ = "Word"

    Text: Mapped[str] = mapped_column(String(10), primary_key=True)
    Kind: Mapped[str] = mapped_column(String(10))


def test_orders_that_do_not_tell_capital_letters_from_small_ones(engine_of: EngineOf) -> None:
    """Texts that differ in nothing else are neighbours, and none is lost between two pages."""
    engine = engine_of("words")
    emptied(Words.metadata, engine)
    words = ("b", "A", "a", "B", "aa", "Ab")
    with Session(engine) as session:
        session.add_all(Word(Text=word, Kind="x" if word.islower() else "X") for word in words)
        session.commit()
    service = ODataService(Words, engine, namespace="Words")
    service.rights("*", EntitySetRights.ALL)
    service.v2_options(strings="without case")
    service.page_size("*", 1)
    client = Client(service)
    for order, expected in (
        ("Text", ["A", "a", "aa", "Ab", "B", "b"]), ("Text desc", ["b", "B", "Ab", "aa", "a", "A"]), ("Kind,Text", ["A", "a", "aa", "Ab", "B", "b"]),
    ):  # fmt: skip
        found = [word["Text"] for word in client.all(f"Words?$orderby={order}")]
        assert [each.lower() for each in found] == [each.lower() for each in expected] and set(found) == set(words)
    assert client.get("Words('ab')").status == 404
    assert client.get("Words('Ab')").d["Text"] == "Ab"


def _named(client: Client, name: str) -> str:
    (found,) = client.all(f"People?$filter=Name eq '{name}'")
    uri: str = found["__metadata"]["uri"]
    return uri
