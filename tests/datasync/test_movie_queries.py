"""The toolkit's own queries with what its tests expect of them; the public half of them."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

import pytest
from sqlalchemy import Engine

from tests.datasync import data
from odata_service.protocol import ZUMO
from tests.datasync.client import ROOT, Client
from tests.datasync.conftest import service_of
from tests.datasync.models import KitchenSink, Movie, SoftMovie

QUERIES = data.read("movie_queries.json") if data.is_there() else []
CURRENT = [query for query in QUERIES if query["sources"][0][0].startswith("datasync")]
V6, V2 = (
    [query for query in QUERIES if query["sources"][0][0] == f"azure-mobile-apps-{each}"]
    for each in ("v6", "v2-protocol")
)
# The toolkit's names for tables whose rows others have here.
OLD_TABLES = {"movies": "oldmovies", "movies_pagesize": "oldmovies_pagesize", "soft": "oldsoft"}
BY_KIND = {
    kind: [query for query in CURRENT if query["kind"] == kind] for kind in ("query", "select", "paging", "error")
}

pytestmark = [pytest.mark.skipif(not data.is_there(), reason=data.MISSING), pytest.mark.every_database]


def cases(kind: str) -> Any:
    """(Any: pytest's decorator)"""
    return pytest.mark.parametrize("query", BY_KIND[kind], ids=lambda query: f"{query['n']}")


def url_of(query: dict[str, Any]) -> str:
    table = "countries" if query.get("setup") == "kitchensink-country" else query["endpoint"]
    return f"{table}?{query['query']}"


def test_there_are_as_many_as_ever():
    assert {kind: len(queries) for kind, queries in BY_KIND.items()} == {
        "query": 185, "select": 37, "paging": 4, "error": 5,
    }  # fmt: skip


@cases("query")
def test_query(toolkit: Client, query):
    page = toolkit.get(url_of(query)).json
    assert set(page) == {"items", "count", "nextLink"}
    assert [row["id"] for row in page["items"]][: len(query["first_ids"])] == query["first_ids"]
    assert len(page["items"]) == query["expected_count"]
    assert page["count"] == query["expected_total"]
    assert_carries_on(page["nextLink"], query["expected_next_link"])


def assert_carries_on(link: str | None, expected: str | None) -> None:
    """The reference skips a number of rows, we go on after a row; all else stands in both links."""
    assert (link is None) == (expected is None), (link, expected)
    if link is not None and expected is not None:
        ours = [option for option in unquote(link).split("&") if not option.startswith("$skiptoken=")]
        theirs = [option for option in unquote(expected).split("&") if not option.startswith("$skip=")]
        assert sorted(ours) == sorted(theirs)


@pytest.fixture(scope="module")
def skipping(filled: Engine) -> Client:
    """With next links as the reference has them."""
    service = service_of(filled)
    for name, model in (("movies", Movie), ("softmovies", SoftMovie), ("kitchensink", KitchenSink)):
        service.table(name, model, next_links="skip")
    return Client(service)


@pytest.mark.parametrize(
    "query", [each for each in BY_KIND["query"] if each["expected_next_link"]], ids=lambda query: f"{query['n']}"
)
def test_links_to_the_letter(skipping: Client, query):
    assert unquote(skipping.get(url_of(query)).json["nextLink"]) == query["expected_next_link"]


@cases("select")
def test_select(toolkit: Client, query):
    items = toolkit.items(url_of(query))
    assert len(items) == query["expected_count"]
    assert all(set(item) == set(query["expected_keys"]) for item in items)


@cases("paging")
def test_paging(toolkit: Client, query):
    pages = list(toolkit.pages(url_of(query)))
    assert len(pages) == query["expected_requests"]
    assert len({row["id"] for page in pages for row in page["items"]}) == query["expected_items"]


@cases("error")
def test_error(toolkit: Client, query):
    assert toolkit.get(url_of(query)).status == query["expected_status"]


class TestAzureMobileApps:
    """The same for clients of version 6 and of the protocol before it, behind a root of their own."""

    @pytest.fixture
    def v6(self, toolkit: Client) -> Client:
        return Client(toolkit.service, ZUMO, {"ZUMO-API-VERSION": "3.0.0"})

    def test_there_are_as_many_as_ever(self):
        assert (len(V6), len(V2)) == (203, 43)

    @pytest.mark.parametrize(
        "query", [each for each in V6 if each["kind"] == "query"], ids=lambda query: f"{query['n']}"
    )
    def test_query(self, v6: Client, query):
        page = v6.get(old_url_of(query), **header_of(query)).json
        assert [row["id"] for row in page["items"]][: len(query["first_ids"])] == query["first_ids"]
        assert (len(page["items"]), page["count"]) == (query["expected_count"], query["expected_total"])
        address, _, link = (page["nextLink"] or "").partition("?")
        assert address == (f"{ROOT}{old_url_of(query).partition('?')[0]}" if link else "")
        assert_carries_on(link or None, query["expected_next_link"])

    @pytest.mark.parametrize(
        "query", [each for each in V6 if each["kind"] == "error"], ids=lambda query: f"{query['n']}"
    )
    def test_error(self, v6: Client, query):
        assert v6.get(old_url_of(query)).status == query["expected_status"]

    @pytest.mark.parametrize(
        "query", [each for each in V6 if each["kind"] == "paging"], ids=lambda query: f"{query['n']}"
    )
    def test_paging(self, v6: Client, query):
        following, pages = f"{ROOT}{old_url_of(query)}", []
        while following is not None:
            pages.append(v6.get(following.removeprefix(ROOT)).json)
            following = pages[-1]["nextLink"]
        assert len(pages) == query["expected_requests"]
        assert len({row["id"] for page in pages for row in page["items"]}) == query["expected_items"]

    @pytest.mark.parametrize("query", V2, ids=lambda query: f"{query['n']}")
    def test_version_2(self, toolkit: Client, query):
        answer = Client(toolkit.service, ZUMO, query["request_headers"]).get(old_url_of(query))
        assert answer.status == query["expected_status"]
        found = answer.json
        assert isinstance(found, list) == (query["shape"] == "array")
        rows, count = (found, None) if isinstance(found, list) else (found["results"], found["count"])
        assert [row["id"] for row in rows][: len(query["first_ids"])] == query["first_ids"]
        assert (len(rows), count) == (query["expected_count"], query["expected_total"])


def old_url_of(query: dict[str, Any]) -> str:
    return f"{OLD_TABLES.get(query['endpoint'], query['endpoint'])}?{query['query']}"


def header_of(query: dict[str, Any]) -> dict[str, str]:
    name, *value = (each.strip('"') for each in query.get("extra_args", [""]))
    return {name: value[0]} if value else {}
