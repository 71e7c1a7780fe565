"""Deleted rows stay for those who hold copies (protocol, Soft delete)."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine

from odata_service.sample import sample_named
from tests.datasync.client import Client
from tests.datasync.models import Movie
from tests.datasync.rows import added, deleted, panther, tag
from tests.delta.client import ClientV4
from tests.service.databases import emptied, service_of


def test_a_delete_is_a_change(client: Client):
    row = added(client)
    client.delete("movies/panther")
    (gone,) = client.items("movies?__includedeleted=true")
    assert gone["deleted"] is True and gone["title"] == "Black Panther"
    assert gone["updatedAt"] > row["updatedAt"] and gone["version"] != row["version"]


@pytest.mark.parametrize(
    "query, ids",
    [
        ("", ["there"]),
        ("__includedeleted=true", ["gone", "there"]),
        ("__includeDeleted=TRUE", ["gone", "there"]),
        ("__includedeleted=false", ["there"]),
        ("__includedeleted=1", ["there"]),
        ("$filter=deleted eq true", []),
        ("$filter=deleted eq true&__includedeleted=true", ["gone"]),
        ("$filter=not deleted&__includedeleted=true", ["there"]),
    ],
)
def test_queries(client: Client, query, ids):
    deleted(client, id="gone")
    added(client, id="there")
    assert [row["id"] for row in client.items(f"movies?{query}")] == ids


def test_a_put_may_delete(client: Client):
    added(client)
    assert client.put("movies/panther", panther(deleted=True)).json["deleted"] is True
    assert client.get("movies/panther").status == 410


@pytest.mark.parametrize("said", [{}, {"deleted": False}])
def test_a_put_may_undelete(client: Client, said):
    row = deleted(client)
    back = client.put("movies/panther?__includedeleted=true", panther(**said), If_Match=tag(row)).json
    assert back["deleted"] is False and back["updatedAt"] > row["updatedAt"]
    assert client.get("movies/panther").json == back


def test_what_the_service_says_of_tombstones_elsewhere_does_not_count_here(client: Client):
    """Hiding them in V2 must not keep a client of tables from hearing of deletions."""
    deleted(client)
    client.service.tombstones("*", "hidden")
    assert len(client.items("movies?__includedeleted=true")) == 1
    client.service.tombstones("*", "shown")
    assert client.items("movies") == []


class TestForGood:
    """Tables without ``soft_delete``: a deleted row is gone, and nobody will hear of it."""

    @pytest.fixture
    def hard(self, client: Client) -> Client:
        client.service.table("movies", Movie, soft_delete=False)
        return client

    def test_it_is_gone(self, hard: Client):
        row = added(hard)
        assert hard.delete("movies/panther", If_Match='"dGVzdA=="').status == 412
        assert hard.delete("movies/panther", If_Match=tag(row)).status == 204
        assert [hard.send(method, "movies/panther", panther()).status for method in ("GET", "PUT", "DELETE")] == [
            404
        ] * 3
        assert hard.items("movies?__includedeleted=true") == []

    def test_its_id_is_free(self, hard: Client):
        added(hard)
        hard.delete("movies/panther")
        assert hard.post("movies", panther(title="New")).status == 201

    def test_deleted_is_not_for_clients(self, hard: Client):
        assert hard.post("movies", panther(deleted=True)).json["deleted"] is False
        assert hard.put("movies/panther", panther(deleted=True)).json["deleted"] is False

    def test_what_others_deleted_is_an_ordinary_row(self, client: Client):
        deleted(client)
        client.service.table("movies", Movie, soft_delete=False)
        assert [row["deleted"] for row in client.items("movies")] == [True]
        assert client.get("movies/panther").status == 200

    def test_clients_of_delta_links_begin_anew(self, hard: Client):
        """They could not be told."""
        added(hard)
        v4 = ClientV4(hard.service)
        link = v4.delta_link("Movies")
        hard.delete("movies/panther")
        assert v4.get(link).status == 410

    def test_rows_that_belong_to_it_are_in_the_way(self, databases):
        engine = create_engine(databases.url("datasync-people"))
        sample = sample_named("people")
        emptied(sample.base.metadata, engine)
        sample.create(engine)
        client = Client(service_of(sample, engine))
        client.service.table("people", sample.main, soft_delete=False)
        ada = client.items("people?$filter=name eq 'Ada Lovelace'")[0]["id"]
        assert client.delete(f"people/{ada}").status == 409
        assert client.get(f"people/{ada}").status == 200
        engine.dispose()


def test_what_belongs_to_a_row_goes_along(databases):
    """Also where a PUT says that it is deleted."""
    engine = create_engine(databases.url("datasync-people"))
    sample = sample_named("people")
    emptied(sample.base.metadata, engine)
    sample.create(engine)
    client = Client(service_of(sample, engine))
    (ada,) = client.items("people?$filter=name eq 'Ada Lovelace'")
    client.put(f"people/{ada['id']}", ada | {"deleted": True})
    gone = client.items(f"addresses?$filter=personId eq {ada['id']}&__includedeleted=true")
    assert [row["deleted"] for row in gone] == [True, True]
    engine.dispose()


def test_what_one_request_looks_for_is_not_what_the_next_finds(client: Client):
    """The statement that finds a row is made once, but apart for requests that see deleted ones."""
    for id in ("a", "b"):
        client.post("movies", panther(id=id))
    client.delete("movies/a")
    for _ in range(2):
        assert client.put("movies/a", panther(id="a")).status == 410
        assert client.put("movies/b", panther(id="b", year=2019)).status == 200
        assert client.put("movies/a?__includedeleted=true", panther(id="a", deleted=True, year=2019)).status == 200
        assert client.put("movies/c?__includedeleted=true", panther(id="c")).status == 404
