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
