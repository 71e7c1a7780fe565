"""Who may see and do what with tables (protocol, Access control)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from odata_service import Context, ModelError, UpdateOperations
from odata_service.errors import BadRequest
from odata_service.tables import TableOperation
from odata_service.tracking import write_sessions
from tests.datasync.client import Client
from tests.datasync.models import Movie, MovieRating
from tests.datasync.rows import added, deleted, outcome, panther, tag
from tests.datasync.test_pulling import Copy

ROW, STALE = "Black Panther", '"dGVzdA=="'


@pytest.fixture
def children(client: Client) -> Client:
    """What is rated R is not there for anybody."""
    added(client, id="hidden", rating="R")
    added(client, id="seen", rating="PG")
    client.service.query_interceptor("Movies")(lambda ctx: Movie.Rating != MovieRating.R)
    return client


class TestDataView:
    def test_queries(self, children: Client):
        assert children.get("movies?$count=true").json["count"] == 1
        assert [row["id"] for row in children.items("movies?__includedeleted=true")] == ["seen"]

    @pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
    @pytest.mark.parametrize("headers", [{}, {"If_Match": STALE}])
    def test_one_row(self, children: Client, method, headers):
        assert outcome(children.send(method, "movies/hidden", panther(id="hidden"), **headers)) == (404, "")

    def test_an_id_that_is_taken_tells_nothing_of_the_row(self, children: Client):
        """409 with the row would show it; 201 would be a lie."""
        assert outcome(children.post("movies", panther(id="hidden", rating="PG"))) == (400, "")
        assert outcome(children.post("movies", panther(id="seen", title="New", rating="PG"))) == (409, ROW)

    def test_a_row_must_not_be_put_out_of_sight(self, children: Client):
        assert children.post("movies", panther(id="new", rating="R")).status == 403
        assert children.put("movies/seen", panther(id="seen", rating="R")).status == 403
        assert children.items("movies")[0]["rating"] == "PG"

    def test_a_deleted_row_out_of_sight(self, client: Client):
        deleted(client, rating="R")
        client.service.query_interceptor("Movies")(lambda ctx: Movie.Rating != MovieRating.R)
        assert client.get("movies/panther").status == 404


class TestRowsThatLeaveTheView:
    @pytest.fixture
    def seen(self) -> set[str]:
        return {"a", "b"}

    @pytest.fixture
    def narrowing(self, client: Client, seen: set[str]) -> Client:
        """Which rows there are may change from request to request."""
        for id in "abc":
            added(client, id=id, title=id.upper())
        client.service.query_interceptor("Movies")(lambda ctx: Movie.Id.in_(sorted(seen)))
        return client

    @pytest.mark.parametrize("leavers, titles", [("filter", ["A", "B"]), ("view", ["A", "B"]), ("all", ["A"])])
    def test_a_condition_that_is_another_one_by_now(self, narrowing: Client, seen, leavers, titles):
        narrowing.service.table("movies", Movie, leavers=leavers)
        copy = Copy(narrowing)
        copy.pull()
        assert copy.titles == ["A", "B"]
        narrowing.put("movies/b", panther(id="b", title="B2"))
        seen.discard("b")
        copy.pull()
        assert copy.titles == titles

    def test_nothing_but_that_they_are_gone(self, narrowing: Client, seen):
        narrowing.service.table("movies", Movie, leavers="all")
        copy = Copy(narrowing)
        copy.pull()
        seen.add("c")
        narrowing.put("movies/c", panther(id="c", title="Secret"))
        seen.discard("c")
        (told,) = narrowing.items(copy.query)
        assert (told["id"], told["deleted"], told["title"], told["duration"]) == ("c", True, None, 0)


class TestRowsThatAreChangedOutOfView:
    """The condition stays, the rows change: followers hear of those that they have seen, and of no others."""

    @pytest.fixture
    def children(self, client: Client) -> Client:
        for id, rating in (("a", "PG"), ("b", "PG"), ("never", "R")):
            added(client, id=id, title=id.upper(), rating=rating)
        client.service.query_interceptor("Movies")(lambda ctx: Movie.Rating != MovieRating.R)
        return client

    def rated(self, client: Client, id: str, rating: MovieRating, title: str = "x") -> None:
        """By somebody whom no condition holds back."""
        with write_sessions(client.service.engine).begin() as session:
            movie = session.get_one(Movie, id)
            movie.Rating, movie.Title = rating, title

    @pytest.mark.parametrize("query", ["movies?", "movies?$filter=title ne 'y'&"])
    def test_one_that_leaves(self, children: Client, query: str):
        copy = Copy(children, condition="title ne 'y'" if "filter" in query else "")
        copy.pull()
        self.rated(children, "a", MovieRating.R, "secret")
        self.rated(children, "never", MovieRating.R, "secret")
        told = children.items(copy.query)
        assert [(row["id"], row["deleted"], row["title"]) for row in told] == [("a", True, None)]
        copy.pull()
        assert copy.titles == ["B"]
        assert children.items(copy.query) == []

    def test_one_that_was_never_seen(self, children: Client):
        copy = Copy(children)
        copy.pull()
        self.rated(children, "never", MovieRating.R, "more secret")
        with write_sessions(children.service.engine).begin() as session:
            session.delete(session.get_one(Movie, "never"))
        assert children.items(copy.query) == []

    def test_one_that_is_deleted_out_of_view(self, children: Client):
        copy = Copy(children)
        copy.pull()
        self.rated(children, "a", MovieRating.R)
        with write_sessions(children.service.engine).begin() as session:
            session.delete(session.get_one(Movie, "a"))
        copy.pull()
        assert copy.titles == ["B"]

    def test_there_and_back(self, children: Client):
        copy = Copy(children)
        copy.pull()
        for rating in (MovieRating.R, MovieRating.PG):
            self.rated(children, "a", rating, "again")
        copy.pull()
        assert copy.titles == ["B", "again"]

    def test_one_that_was_changed_twice_between_two_pages(self, children: Client):
        """The client's token has passed the first of the changes already when it is interrupted."""
        children.service.table("movies", Movie, page_size=1)
        copy = Copy(children)
        copy.pull()
        self.rated(children, "a", MovieRating.R)
        self.rated(children, "b", MovieRating.PG, "new")
        self.rated(children, "a", MovieRating.R, "y")
        copy.pull(pages=1)
        copy.pull()
        assert copy.titles == ["new"]


class TestAuthorize:
    """A hook of the table, asked in the reference's order."""

    @pytest.fixture
    def asked(self) -> list[tuple[TableOperation, Any]]:
        return []

    @pytest.fixture
    def guarded(self, client: Client, asked) -> Callable[..., Client]:
        def guarded(*denied: TableOperation, **options: Any) -> Client:
            def authorize(ctx: Context, operation: TableOperation, movie: Any) -> bool:
                asked.append((operation, None if movie is None else movie.Title))
                return operation not in denied

            client.service.table("movies", Movie, authorize=authorize, **options)
            return client

        return guarded

    def test_what_it_is_asked(self, guarded, asked):
        client = guarded()
        client.post("movies", panther())
        client.get("movies/panther")
        client.get("movies?$top=1")
        client.put("movies/panther", panther(title="New"))
        client.delete("movies/panther")
        assert asked == [
            (TableOperation.CREATE, ROW),
            (TableOperation.READ, ROW),
            (TableOperation.QUERY, None),
            (TableOperation.UPDATE, ROW),  # the row as it is
            (TableOperation.DELETE, "New"),
        ]

    @pytest.mark.parametrize(
        "operation, method, address",
        [
            (TableOperation.QUERY, "GET", "movies"),
            (TableOperation.READ, "GET", "movies/panther"),
            (TableOperation.CREATE, "POST", "movies"),
            (TableOperation.UPDATE, "PUT", "movies/panther"),
            (TableOperation.DELETE, "DELETE", "movies/panther"),
        ],
    )
    @pytest.mark.parametrize(
        "options, status", [({}, 401), ({"unauthorized_status": 403}, 403), ({"unauthorized_status": 499}, 499)]
    )
    def test_no(self, client: Client, guarded, operation, method, address, options, status):
        added(client)
        guarded(operation, **options)
        assert outcome(client.send(method, address, panther())) == (status, "")

    def test_it_comes_after_what_is_not_there(self, guarded):
        client = guarded(*TableOperation)
        assert client.get("movies/panther").status == 404
        assert client.put("movies/panther", panther()).status == 404
        assert client.delete("movies/panther").status == 404

    def test_it_comes_after_another_id_in_the_body(self, client: Client, guarded):
        added(client)
        assert guarded(TableOperation.UPDATE).put("movies/panther", panther(id="other")).status == 400

    @pytest.mark.parametrize(
        "method, operation",
        [("GET", TableOperation.READ), ("PUT", TableOperation.UPDATE), ("DELETE", TableOperation.DELETE)],
    )
    def test_it_comes_before_deleted_and_conditions(self, client: Client, guarded, method, operation):
        deleted(client)
        guarded(operation)
        assert client.send(method, "movies/panther", panther(), If_Match=STALE).status == 401

    def test_it_comes_before_a_conflict(self, client: Client, guarded):
        added(client)
        assert guarded(TableOperation.CREATE).post("movies", panther(title="New")).status == 401

    def test_it_comes_before_a_repetition(self, client: Client, guarded):
        row = added(client)
        client.put("movies/panther", panther(title="New"), If_Match=tag(row))
        guarded(TableOperation.UPDATE)
        assert client.put("movies/panther", panther(title="New"), If_Match=tag(row)).status == 401

    @pytest.mark.parametrize("status", [200, 399, 500])
    def test_a_status_that_is_none(self, client: Client, status):
        with pytest.raises(ModelError):
            client.service.table("movies", Movie, unauthorized_status=status)


class TestHooks:
    def test_before_the_commit(self, client: Client):
        """An interceptor may change the row, or refuse the change."""

        @client.service.change_interceptor("Movies")
        def check(ctx: Context, movie: Movie, operation: UpdateOperations, changes: object) -> None:
            if movie.Year < 1895:
                raise BadRequest("TooEarly", "there were no films then")
            movie.Title = movie.Title.strip()

        assert client.post("movies", panther(title=" Up ")).json["title"] == "Up"
        answer = client.put("movies/panther", panther(year=1800))
        assert (answer.status, answer.json) == (400, "there were no films then")
        assert client.get("movies/panther").json["year"] == 2018

    def test_after_the_commit(self, client: Client):
        heard: list[tuple[UpdateOperations, str, int]] = []

        @client.service.change_listener("Movies")
        def tell(ctx: Context, movie: Movie, operation: UpdateOperations) -> None:
            committed = Client(client.service).items("movies?__includedeleted=true")
            heard.append((operation, movie.Title, len(committed)))

        client.post("movies", panther())
        client.put("movies/panther", panther(title="New"))
        client.put("movies/panther", panther(title="Stale"), If_Match=STALE)
        client.post("movies", {"id": "a"})
        client.delete("movies/panther")
        assert heard == [
            (UpdateOperations.ADD, ROW, 1),
            (UpdateOperations.CHANGE, "New", 1),
            (UpdateOperations.DELETE, "New", 1),
        ]

    def test_a_listener_that_fails_undoes_nothing(self, client: Client, caplog):
        @client.service.change_listener("Movies")
        def tell(ctx: Context, movie: Movie, operation: UpdateOperations) -> None:
            raise RuntimeError("the queue is away")

        assert client.post("movies", panther()).status == 201
        assert len(client.items("movies")) == 1
        assert "a listener has failed" in caplog.text


def test_a_change_may_have_to_say_which_version_it_is_of(client: Client):
    row = added(client)
    client.service.concurrency("Movies", "demanded")
    assert client.put("movies/panther", panther(title="New")).status == 428
    assert client.delete("movies/panther").status == 428
    assert client.put("movies/panther", panther(title="New"), If_Match=tag(row)).status == 200
    assert client.delete("movies/panther", If_Match="*").status == 204
