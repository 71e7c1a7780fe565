"""Routes: tables and rows, with and without a slash at the end (protocol, Routes)."""

from __future__ import annotations

import pytest

from tests.datasync.client import Client
from tests.datasync.rows import added, panther


@pytest.mark.parametrize("table", ["movies", "movies/", "Movies", "MOVIES/", "/movies"])
def test_table(client: Client, table):
    added(client)
    assert [row["title"] for row in client.items(table)] == ["Black Panther"]


@pytest.mark.parametrize("address", ["movies/panther", "movies/panther/"])
def test_row(client: Client, address):
    added(client)
    assert client.get(address).json["title"] == "Black Panther"
    assert client.put(address, panther(title="Panther")).json["title"] == "Panther"
    assert client.delete(address).status == 204


@pytest.mark.parametrize("table", ["movies", "movies/"])
def test_location(client: Client, table):
    """One slash, wherever the client put its own."""
    answer = client.post(table, panther(id="a|b:c.d_e-f"))
    assert answer.headers["Location"] == "http://services.example/tables/movies/a%7Cb:c.d_e-f"


@pytest.mark.parametrize("id", ["a|b:c.d_e-f", "title", "$count", "a'b", "a(1)", "ä", "id-000", "0"])
def test_ids_are_taken_as_they_are(client: Client, id):
    """A property's name, something that looks like a key, anything."""
    added(client, id=id)
    assert client.get(f"movies/{id}").json["id"] == id
    assert client.get(f"movies/{id}").json["id"] == id  # by the plan that is known now


def test_an_id_with_a_slash_is_encoded(client: Client):
    added(client, id="a/b")
    assert client.get("movies/a%2Fb").json["id"] == "a/b"
    assert client.get("movies/a/b").status == 404


@pytest.mark.parametrize("table", ["softmovie", "softmovies", "note", "notes"])
def test_tracked_classes_are_tables_by_convention(client: Client, table):
    """By the name of the type, which a client asks for where nobody tells it more, and by that of the set."""
    assert client.items(table) == []


@pytest.mark.parametrize("path", ["", "nothing", "movies/1/2", "$metadata", "$batch", "movies/panther/title"])
def test_nothing_else_is_there(client: Client, path):
    added(client)
    assert client.get(path).status == 404


@pytest.mark.parametrize(
    "method, path, allowed",
    [
        ("PATCH", "movies/panther", "GET, HEAD, PUT, DELETE"),
        ("MERGE", "movies/panther", "GET, HEAD, PUT, DELETE"),
        ("POST", "movies/panther", "GET, HEAD, PUT, DELETE"),
        ("PUT", "movies", "GET, HEAD, POST"),
        ("DELETE", "movies", "GET, HEAD, POST"),
    ],
)
def test_methods(client: Client, method, path, allowed):
    answer = client.send(method, path, {})
    assert (answer.status, answer.headers["Allow"], answer.body) == (405, allowed, b"")


def test_nothing_tunnels_through_post(client: Client):
    """It would pass by what may be asked before a row is deleted."""
    added(client)
    for header in ("X_HTTP_Method", "X_http_method"):
        assert client.send("POST", "movies/panther", {}, **{header: "DELETE"}).status == 405
    assert client.get("movies/panther").status == 200


def test_options(client: Client):
    assert client.send("OPTIONS", "movies/panther").headers["Allow"] == "GET, HEAD, PUT, DELETE, OPTIONS"


@pytest.mark.parametrize("id", ["1", "-1", "01"])
def test_a_number_as_key(client: Client, id):
    """Ids are texts to clients, whatever they are here."""
    created = client.post("counters", {"id": id, "name": "A"})
    assert (created.status, created.json["id"]) == (201, str(int(id)))
    assert client.get(f"counters/{id}").json["name"] == "A"
    assert client.put(f"counters/{int(id)}", {"id": str(int(id)), "name": "B"}).json["name"] == "B"
    assert [row["id"] for row in client.items(f"counters?$filter=id eq {int(id)}")] == [str(int(id))]


@pytest.mark.parametrize("id", ["x", "1.5", " 1", "9" * 40, "99999999999", "\u0661", "1e1"])
def test_what_is_no_number_is_no_key(client: Client, id):
    assert client.get(f"counters/{id}").status == 404


def test_a_guid_as_key(client: Client):
    row = client.post("note", {"bodyText": "Milk"}).json
    assert client.get(f"note/{row['id']}").json["bodyText"] == "Milk"
    assert client.get(f"note/{row['id'].upper()}").json["bodyText"] == "Milk"
    assert client.get("note/no-guid").status == 404
