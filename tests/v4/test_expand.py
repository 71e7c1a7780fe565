"""Expanded collections: few rows are fetched at once, many are numbered within their parents, and nobody sees which."""

from __future__ import annotations

import pytest

from odata_service.execute import read

EXPANDED = [
    "Categories?$expand=Products&$orderby=Name",
    "Categories?$expand=Products($orderby=Price desc;$top=1)&$orderby=Name",
    "Categories?$expand=Products($top=2;$select=Name;$expand=Category)&$orderby=Name",
    "Categories?$expand=Products($filter=Price gt 10;$orderby=Name;$count=true)&$orderby=Name",
    "Categories?$expand=Products($orderby=Name;$skip=1)&$orderby=Name",
    "Categories?$expand=Products/$ref&$orderby=Name",
    "Products?$expand=Category&$orderby=Name",
]  # fmt: skip


@pytest.mark.parametrize("page_size", [1, 2, 100])
@pytest.mark.parametrize("url", EXPANDED)
def test_few_and_many(shop, monkeypatch, url, page_size):
    shop.service.page_size("*", page_size)
    answers = []
    for few in (0, 8):
        monkeypatch.setattr(read, "FEW", few)
        answers.append(shop.get(url).body)
    assert answers[0] == answers[1] and b'"value"' in answers[0]


def test_rows_of_one_parent_are_never_numbered(shop):
    """Its page is that of the level: one statement for the parent, one for what belongs to it."""
    shop.service.page_size("*", 1)
    answer = shop.get("Categories?$expand=Products&$top=1&$orderby=Name")
    assert "statements=2" in answer.headers["Server-Timing"]


@pytest.mark.parametrize("options, shown", [
    ("$top=0", []),
    ("$skip=9", []),
    ("$skip=4;$top=1;$orderby=Price desc", ["Wireless Mouse"]),
    ("$top=1;$orderby=Price", ["Wireless Mouse"]),
    ("$filter=Price gt 9999", []),
])  # fmt: skip
def test_the_count_is_of_all_whatever_page_is_shown(shop, options, shown):
    url = f"Categories?$filter=Name eq 'Electronics'&$expand=Products($count=true;$select=Name;{options})"
    (category,) = shop.get(url).json["value"]
    assert [each["Name"] for each in category["Products"]] == shown
    assert category["Products@odata.count"] == (0 if "filter" in options else 5)


def test_there_is_no_count_of_a_single_entity(shop):
    answer = shop.get("Products?$expand=Category/$count")
    assert answer.error == (400, "NotACollection")
