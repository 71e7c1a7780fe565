"""Deleted rows stay for those who hold copies (protocol, Soft delete)."""

from __future__ import annotations

import pytest

from tests.datasync.client import Client
from tests.datasync.rows import added, deleted, panther, tag


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
