"""Queries (protocol, Query), beside those that the toolkit's own tests ask."""

from __future__ import annotations

import pytest

from tests.datasync.client import Client
from tests.datasync.models import Movie
from tests.datasync.rows import added


@pytest.fixture
def films(client: Client) -> Client:
    for id, title, year in [("a", "Alien", 1979), ("b", "Brazil", 1985), ("c", "Cube", 1997), ("d", "Dune", 1985)]:
        added(client, id=id, title=title, year=year, releaseDate=f"{year}-06-01", rating="R" if year < 1980 else "PG")
    return client


@pytest.mark.parametrize(
    "query, ids",
    [
        ("$filter=TITLE eq 'Alien'", "a"),
        ("$FILTER=Title eq 'Alien'", "a"),
        ("filter=title eq 'Alien'", "a"),
        ("$orderby=YEAR desc,Title", "cbda"),
        ("orderBy=year", "abdc"),
        ("$orderby=year", "abdc"),  # the rest of the order is the id
        ("$orderby=year desc", "cbda"),
        ("$orderby=rating", "bcda"),  # by number
        ("$skip=1&$top=2", "bc"),
        ("skip=1&TOP=2", "bc"),
        ("$filter=rating eq 'PG' and year lt 1990", "bd"),
        ("$filter=id in ('a','c')", "ac"),
        ("$filter=title eq 'O''Neil'", ""),
        ("$filter=startswith(tolower(title),tolower('ALI'))", "a"),
        ("$filter=tolower('A') eq 'a' and year eq 1979", "a"),
        ("$filter=releaseDate gt 1985-06-01", "c"),
        ("$filter=releaseDate eq cast(1985-06-01,Edm.Date)", "bd"),
        ("$filter=(((year sub 1900) eq 79))", "a"),
        ("$filter=(year eq 1979L)", "a"),
        ("$filter=(duration gt 133.5M)", "abcd"),
        ("$filter=(duration gt 133.5f)", "abcd"),
        ("$filter=(duration gt 133.0)", "abcd"),
        ("$filter=bestPictureWinner", ""),
        ("$filter=not(bestPictureWinner)", "abcd"),
        ("$filter=(updatedAt gt cast(2020-01-01T00:00:00.000Z,Edm.DateTimeOffset))", "abcd"),
        ("$filter=(updatedAt gt cast(2090-01-01T00:00:00.000Z,Edm.DateTimeOffset))", ""),
        ("unknown=1&$top=1", "a"),
    ],
)
def test_rows(films: Client, query, ids):
    for _ in range(2):  # with a plan made for it, and with the one that is known then
        assert "".join(row["id"] for row in films.items(f"movies?{query}")) == ids


@pytest.mark.parametrize(
    "query, count",
    [
        ("$count=true", 4),
        ("$count=true&$top=1&$skip=2", 4),
        ("$count=true&$filter=year eq 1985", 2),
        ("$count=false", None),
        ("", None),
    ],
)
def test_count(films: Client, query, count):
    assert films.get(f"movies?{query}").json["count"] == count


def test_only_the_count(films: Client):
    """What the online client asks to count rows."""
    assert films.get("movies?$top=0&$count=true").json == {"items": [], "count": 4, "nextLink": None}


@pytest.mark.parametrize(
    "select, names",
    [("title", {"title"}), ("TITLE, Id", {"title", "id"}), ("version,updatedAt", {"version", "updatedAt"})],
)
def test_select_is_exact(films: Client, select, names):
    assert all(set(row) == names for row in films.items(f"movies?$select={select}"))


def test_one_row_takes_no_options(films: Client):
    assert set(films.get("movies/a?$select=title&$filter=nonsense").json) == set(films.items("movies")[0])


def test_distance_is_in_kilometres(client: Client):
    for id, place in (("paris", [2.35, 48.86]), ("london", [-0.13, 51.51])):
        client.post("kitchensink", {"id": id, "pointValue": {"type": "Point", "coordinates": place}})
    near = "kitchensink?$filter=geo.distance(pointValue,geography'POINT(2.35 48.86)') {}"
    assert [row["id"] for row in client.items(near.format("eq 0.0"))] == ["paris"]
    assert [row["id"] for row in client.items(near.format("lt 350"))] == ["london", "paris"]
    assert [row["id"] for row in client.items(near.format("lt 330"))] == ["paris"]


class TestPages:
    def test_next_link_is_a_query_string(self, films: Client):
        films.service.page_size("Movies", 2)
        link = films.get("movies?$filter=year ge 1979 and title ne 'x'&$count=true&$top=3").json["nextLink"]
        before, _, token = link.rpartition("&$skiptoken=")
        assert before == "$filter=year%20ge%201979%20and%20title%20ne%20%27x%27&$count=true&$top=1"
        assert token
        last = films.get(f"movies?{link}").json
        assert ([row["id"] for row in last["items"]], last["count"], last["nextLink"]) == (["c"], 4, None)

    def test_rows_that_come_and_go_disturb_nothing(self, films: Client):
        """Skipping a number of rows would now lose ``c``."""
        films.service.page_size("Movies", 2)
        pages = films.pages("movies")
        assert [row["id"] for row in next(pages)["items"]] == ["a", "b"]
        films.delete("movies/a")
        assert [row["id"] for row in next(pages)["items"]] == ["c", "d"]

    @pytest.mark.parametrize(
        "query, link",
        [
            ("", "$skip=2"),
            ("$skip=1", "$skip=3"),
            ("$filter=year ge 1979&$top=3", "$filter=year%20ge%201979&$skip=2&$top=1"),
            ("$top=2", None),
        ],
    )
    def test_links_of_the_reference(self, films: Client, query, link):
        films.service.table("movies", Movie, page_size=2, next_links="skip")
        assert films.get(f"movies?{query}").json["nextLink"] == link

    def test_a_link_goes_with_its_query(self, films: Client):
        films.service.page_size("Movies", 2)
        token = films.get("movies?$orderby=year").json["nextLink"].rpartition("=")[2]
        assert films.get(f"movies?$orderby=title&$skiptoken={token}").status == 400

    def test_page_of_a_table(self, films: Client):
        assert len(films.items("pagedmovies")) == 4
        films.service.table("pagedmovies", Movie, page_size=3)
        assert len(films.items("pagedmovies")) == 3
        assert len(films.items("movies")) == 4
