"""The toolkit's own queries with what its tests expect of them; the public half of them."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

import pytest

from tests.datasync import data
from tests.datasync.client import Client

QUERIES = data.read("movie_queries.json") if data.is_there() else []
CURRENT = [query for query in QUERIES if query["sources"][0][0].startswith("datasync")]
BY_KIND = {
    kind: [query for query in CURRENT if query["kind"] == kind] for kind in ("query", "select", "paging", "error")
}

pytestmark = pytest.mark.skipif(not data.is_there(), reason=data.MISSING)


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
