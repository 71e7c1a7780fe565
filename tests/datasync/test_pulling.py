"""What a client that keeps a copy gets (protocol, What the offline client sends; Loss anomalies).

Every way in which the protocol as shipped loses rows is here, with a client that behaves as the toolkit's: it keeps the
greatest ``updatedAt`` it has seen, asks for what is newer, and follows ``nextLink``.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import Engine, insert

from tests.datasync.client import Client
from tests.datasync.models import Movie, MovieRating
from tests.datasync.rows import added, panther
from odata_service.tracking import UTC_CLOCK, writing

Row = dict[str, Any]


@dataclass
class Copy:
    """What a device keeps of a table, or of the rows that meet a condition. The token lasts over interruptions."""

    client: Client
    table: str = "movies"
    condition: str = ""
    rows: dict[str, Row] = field(default_factory=dict)
    token: str = ""
    received: list[Row] = field(default_factory=list)

    @property
    def query(self) -> str:
        since = f"(updatedAt gt cast({self.token},Edm.DateTimeOffset))" if self.token else ""
        both = f"(({self.condition}) and {since})" if self.condition and since else self.condition or since
        wanted = f"$filter={both}&" if both else ""
        return f"{self.table}?{wanted}$orderby=updatedAt&$count=true&__includedeleted=true"

    def pull(self, pages: int | None = None) -> None:
        """All pages, or only the first ones, as where the connection breaks."""
        for number, page in enumerate(self.client.pages(self.query), start=1):
            self._apply(page["items"])
            if number == pages:
                return

    def _apply(self, items: list[Row]) -> None:
        for row in items:
            self.received.append(row)
            self.token = max(self.token, row["updatedAt"])
            if not row["deleted"]:
                self.rows[row["id"]] = row
            else:
                self.rows.pop(row["id"], None)

    @property
    def titles(self) -> list[str]:
        return sorted(row["title"] for row in self.rows.values())


def in_one_transaction(engine: Engine, ids: range) -> None:
    """Rows that share a stamp."""
    with writing(engine).begin() as connection:
        stamp = UTC_CLOCK.stamp(connection)
        rows = [
            {
                "Id": f"{id:05}", "Title": f"Film {id}", "Duration": 90, "Year": 2000, "BestPictureWinner": False,
                "Rating": MovieRating.G, "ReleaseDate": datetime(2000, 1, 1).date(),
                "LastUpdated": stamp, "IsDeleted": False,
            }
            for id in ids
        ]  # fmt: skip
        connection.execute(insert(Movie), rows)


def written(client: Client) -> dict[str, Row]:
    """What there is, read otherwise."""
    return {row["id"]: row for row in client.all("movies?$orderby=id")}


class TestPull:
    def test_everything_then_what_is_new(self, client: Client):
        for id in "abc":
            added(client, id=id, title=id.upper())
        copy = Copy(client)
        copy.pull()
        assert copy.titles == ["A", "B", "C"]
        client.put("movies/b", panther(id="b", title="B2"))
        client.delete("movies/c")
        added(client, id="d", title="D")
        copy.received.clear()
        copy.pull()
        assert (copy.titles, [row["id"] for row in copy.received]) == (["A", "B2", "D"], ["b", "c", "d"])

    def test_nothing_is_sent_twice(self, client: Client):
        """``updatedAt`` has no more digits than are written, so ``gt`` excludes what was seen."""
        added(client)
        copy = Copy(client)
        copy.pull()
        copy.received.clear()
        copy.pull()
        assert copy.received == []

    def test_the_count_is_the_same_on_every_page(self, client: Client):
        client.service.page_size("Movies", 2)
        for id in "abcde":
            added(client, id=id)
        assert [page["count"] for page in client.pages(Copy(client).query)] == [5, 5, 5]


class TestRowsThatMove:
    """A row that is changed between two pages goes to the end, and all others move up by one."""

    @pytest.mark.parametrize("seed", range(5))
    def test_none_is_skipped(self, client: Client, seed):
        chance = random.Random(seed)
        client.service.page_size("Movies", 10)
        ids = [f"{number:02}" for number in range(60)]
        for id in ids:
            added(client, id=id)
        copy = Copy(client)
        for page in client.pages(copy.query):
            copy._apply(page["items"])
            for id in chance.sample(ids, 3):
                client.put(f"movies/{id}", panther(id=id, title=f"{chance.random()}"))
            if len(copy.received) > 200:
                break
        copy.pull()
        assert copy.rows == written(client)

    def test_the_reference_skips_some(self, client: Client):
        """The same with links that skip rows: the test above is able to fail."""
        client.service.table("movies", Movie, page_size=10, next_links="skip")
        ids = [f"{number:02}" for number in range(60)]
        for id in ids:
            added(client, id=id)
        copy = Copy(client)
        for number, page in enumerate(client.pages(copy.query)):
            copy._apply(page["items"])
            if number < 3:
                client.put(f"movies/{number:02}", panther(id=f"{number:02}", title="New"))
        copy.pull()
        assert copy.rows.keys() < written(client).keys()


class TestRowsOfOneStamp:
    """A page that ended between them would be lost from there on when the client is interrupted: ``gt`` excludes the rest."""

    @pytest.mark.parametrize("sizes", [[30], [7, 7, 7], [1, 25, 1], [9, 1, 10, 11]])
    def test_none_is_lost_by_an_interruption(self, client: Client, sizes):
        client.service.page_size("Movies", 10)
        first = 0
        for size in sizes:
            in_one_transaction(client.service.engine, range(first, first + size))
            first += size
        copy = Copy(client)
        for _ in range(len(sizes) + 2):
            copy.pull(pages=1)
        assert copy.rows == written(client)

    def test_a_page_is_as_long_as_it_must_be(self, client: Client):
        client.service.page_size("Movies", 10)
        for ids in (range(7), range(7, 14), range(14, 28), range(28, 29)):
            in_one_transaction(client.service.engine, ids)
        pages = list(client.pages(Copy(client).query))
        assert [len(page["items"]) for page in pages] == [14, 14, 1]

    def test_the_last_group_has_no_link(self, client: Client):
        client.service.page_size("Movies", 10)
        in_one_transaction(client.service.engine, range(15))
        page = client.get(Copy(client).query).json
        assert (len(page["items"]), page["nextLink"]) == (15, None)

    @pytest.mark.parametrize(
        "options, ids",
        [("$skip=3", range(3, 15)), ("$top=12", range(12)), ("$skip=3&$top=11", range(3, 14)), ("$top=5", range(5))],
    )
    def test_top_and_skip(self, client: Client, options, ids):
        client.service.page_size("Movies", 10)
        in_one_transaction(client.service.engine, range(15))
        found = client.all(f"movies?$orderby=updatedAt&{options}")
        assert [row["id"] for row in found] == [f"{id:05}" for id in ids]

    def test_other_orders_have_pages_of_one_size(self, client: Client):
        client.service.page_size("Movies", 10)
        in_one_transaction(client.service.engine, range(15))
        assert [len(page["items"]) for page in client.pages("movies?$orderby=title")] == [10, 5]


class TestRowsThatLeave:
    """A row that no longer meets the client's condition: the reference says nothing of it, and the copy keeps it."""

    def test_the_client_deletes_it(self, client: Client):
        for id in "abc":
            added(client, id=id, title=id.upper(), rating="PG")
        copy = Copy(client, condition="rating eq 'PG'")
        copy.pull()
        assert copy.titles == ["A", "B", "C"]
        client.put("movies/b", panther(id="b", title="B", rating="R"))
        copy.pull()
        assert copy.titles == ["A", "C"]

    def test_what_is_told_of_it(self, client: Client):
        added(client, id="b", rating="PG", bestPictureWinner=True)
        copy = Copy(client, condition="rating eq 'PG'")
        copy.pull()
        row = client.put("movies/b", panther(id="b", rating="R", bestPictureWinner=True)).json
        (told,) = client.items(copy.query)
        assert told == {
            "id": "b", "updatedAt": row["updatedAt"], "version": row["version"], "deleted": True,
            "title": None, "duration": 0, "year": 0, "bestPictureWinner": False, "rating": "Unrated",
            "releaseDate": "0001-01-01",
        }  # fmt: skip

    def test_in_the_order_of_changes(self, client: Client):
        for id in "abcd":
            added(client, id=id, title=id.upper(), rating="PG")
        copy = Copy(client, condition="rating eq 'PG'")
        copy.pull()
        for id, rating in (("a", "PG"), ("b", "R"), ("c", "PG"), ("d", "R")):
            client.put(f"movies/{id}", panther(id=id, title="New", rating=rating))
        assert [(row["id"], row["deleted"]) for row in client.items(copy.query)] == [
            ("a", False), ("b", True), ("c", False), ("d", True),
        ]  # fmt: skip

    def test_it_may_come_back(self, client: Client):
        added(client, rating="PG")
        copy = Copy(client, condition="rating eq 'PG'")
        for rating, titles in (("R", []), ("PG", ["Black Panther"])):
            copy.pull()
            client.put("movies/panther", panther(rating=rating))
            copy.pull()
            assert copy.titles == titles

    @pytest.mark.parametrize(
        "query",
        [
            "$filter=rating eq 'PG'&$orderby=updatedAt&__includedeleted=true",  # nothing was seen before
            "$filter=rating eq 'PG' and updatedAt gt 2020-01-01T00:00:00Z&$orderby=updatedAt",  # no deleted rows wanted
            "$filter=rating eq 'PG' and updatedAt gt 2020-01-01T00:00:00Z&__includedeleted=true",  # in another order
            "$filter=rating eq 'PG' or updatedAt gt 2090-01-01T00:00:00Z&$orderby=updatedAt&__includedeleted=true",
            "$filter=rating eq 'PG' and updatedAt gt 2020-01-01T00:00:00Z&$orderby=updatedAt&__includedeleted=true&$top=5",
            "$filter=rating eq 'PG' and updatedAt gt 2020-01-01T00:00:00Z&$orderby=updatedAt&__includedeleted=true&$select=id",
        ],
    )
    def test_other_queries_are_what_they_say(self, client: Client, query):
        added(client, id="a", rating="PG")
        added(client, id="b", rating="R")
        assert [row["id"] for row in client.items(f"movies?{query}")] == ["a"]

    def test_a_table_may_tell_nothing_of_them(self, client: Client):
        client.service.table("movies", Movie, leavers="none")
        added(client, rating="PG")
        copy = Copy(client, condition="rating eq 'PG'")
        copy.pull()
        client.put("movies/panther", panther(rating="R"))
        copy.pull()
        assert copy.titles == ["Black Panther"]


class TestLostAnswers:
    """The client sends again what it does not know to be done."""

    def test_a_post(self, client: Client):
        first = client.post("movies", panther())
        again = client.post("movies", panther())
        assert (again.status, again.json) == (201, first.json)
        assert again.headers["ETag"] == first.headers["ETag"]

    def test_a_post_of_another_row_is_a_conflict(self, client: Client):
        first = client.post("movies", panther())
        assert client.post("movies", panther(duration=1)).status == 409
        assert client.get("movies/panther").json == first.json

    def test_a_post_of_what_was_changed_since_is_a_conflict(self, client: Client):
        client.post("movies", panther())
        client.put("movies/panther", panther(title="New"))
        assert client.post("movies", panther()).json["title"] == "New"

    def test_a_put(self, client: Client):
        row = added(client)
        first = client.put("movies/panther", panther(title="New"), If_Match=f'"{row["version"]}"')
        again = client.put("movies/panther", panther(title="New"), If_Match=f'"{row["version"]}"')
        assert (again.status, again.json) == (200, first.json)

    def test_a_put_that_was_overtaken_is_a_conflict(self, client: Client):
        row = added(client)
        client.put("movies/panther", panther(title="New"), If_Match=f'"{row["version"]}"')
        client.put("movies/panther", panther(title="Newer"))
        again = client.put("movies/panther", panther(title="New"), If_Match=f'"{row["version"]}"')
        assert (again.status, again.json["title"]) == (412, "Newer")

    def test_a_version_that_never_was_is_none_of_the_row(self, client: Client):
        added(client)
        assert client.put("movies/panther", panther(), If_Match='"dGVzdA=="').status == 412

    @pytest.mark.parametrize("status", [410])
    def test_a_delete(self, client: Client, status):
        """To the client it is done."""
        added(client)
        client.delete("movies/panther")
        assert client.delete("movies/panther").status == status
