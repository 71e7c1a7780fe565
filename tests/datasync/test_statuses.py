"""Status codes and bodies, and which comes first (protocol, Status codes)."""

from __future__ import annotations

import uuid

import pytest
from sqlalchemy import create_engine

from odata_service import EntitySetRights
from odata_service.sample import sample_named
from tests.datasync.client import Client
from tests.datasync.models import Movie
from tests.datasync.rows import added, deleted, outcome, panther, tag
from tests.service.databases import emptied, service_of

ROW, STALE = "Black Panther", '"dGVzdA=="'


class TestDone:
    def test_create(self, client: Client):
        answer = client.post("movies", panther())
        assert outcome(answer) == (201, ROW)
        assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
        assert {"Location", "ETag", "Last-Modified"} <= set(answer.headers)

    def test_read(self, client: Client):
        added(client)
        assert outcome(client.get("movies/panther")) == (200, ROW)

    def test_query(self, client: Client):
        assert client.get("movies").json == {"items": [], "count": None, "nextLink": None}

    def test_replace(self, client: Client):
        added(client)
        assert outcome(client.put("movies/panther", panther(title="New"))) == (200, "New")

    def test_delete(self, client: Client):
        added(client)
        assert outcome(client.delete("movies/panther")) == (204, "")


class TestNotThere:
    @pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
    def test_missing(self, client: Client, method):
        assert outcome(client.send(method, "movies/panther", panther())) == (404, "")

    @pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
    def test_missing_comes_before_conditions(self, client: Client, method):
        assert outcome(client.send(method, "movies/panther", panther(), If_Match=STALE)) == (404, "")

    @pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
    def test_deleted(self, client: Client, method):
        deleted(client)
        assert outcome(client.send(method, "movies/panther", panther())) == (410, "")

    @pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
    def test_deleted_comes_before_conditions(self, client: Client, method):
        deleted(client)
        assert outcome(client.send(method, "movies/panther", panther(), If_Match=STALE)) == (410, "")

    def test_deleted_and_asked_for(self, client: Client):
        row, address = deleted(client), "movies/panther?__includedeleted=true"
        assert outcome(client.get(address)) == (200, ROW)
        assert outcome(client.get(address.upper().replace("PANTHER", "panther"), If_None_Match=tag(row))) == (304, "")
        assert outcome(client.delete(address)) == (410, "")
        assert outcome(client.put(address, panther(title="New"), If_Match=STALE)) == (412, ROW)
        assert outcome(client.put(address, panther(title="New"))) == (200, "New")


class TestConflicts:
    def test_an_id_that_is_taken(self, client: Client):
        row = added(client)
        answer = client.post("movies", panther(title="New"))
        assert (outcome(answer), answer.headers["ETag"]) == ((409, ROW), tag(row))

    def test_an_id_that_a_deleted_row_has(self, client: Client):
        deleted(client)
        answer = client.post("movies", panther(title="New"))
        assert (outcome(answer), answer.json["deleted"]) == ((409, ROW), True)

    def test_deleted_as_a_conflict(self, client: Client):
        """For clients that could do nothing with 410 but try again."""
        client.service.table("movies", Movie, gone_is_conflict=True)
        deleted(client)
        answer = client.put("movies/panther", panther(title="New"), If_Match=STALE)
        assert (outcome(answer), answer.json["deleted"]) == ((409, ROW), True)
        assert client.delete("movies/panther").status == 410
        assert client.get("movies/panther").status == 410


class TestBadRequests:
    @pytest.mark.parametrize("id", [{"id": "other"}, {}, {"id": None}])
    def test_another_id_in_the_body(self, client: Client, id):
        added(client)
        body = {name: value for name, value in panther(title="New").items() if name != "id"} | id
        assert outcome(client.put("movies/panther", body)) == (400, "")

    def test_another_id_comes_before_missing(self, client: Client):
        assert client.put("movies/panther", panther(id="other")).status == 400

    def test_not_valid(self, client: Client):
        answer = client.post("movies", {"id": "a", "title": "T" * 129, "duration": "long"})
        assert (answer.status, answer.json) == (
            400,
            [
                {"memberNames": ["title"], "errorMessage": "has 129 characters, and at most 128 fit"},
                {"memberNames": ["duration"], "errorMessage": "expected a whole number, not 'long'"},
            ],
        )

    def test_required(self, client: Client):
        answer = client.post("movies", {"id": "a"})
        assert (answer.status, answer.json) == (400, [{"memberNames": ["title"], "errorMessage": "is required"}])

    @pytest.mark.parametrize("body", [b"", b"{", b"nonsense", b"[]", b'"a"', b"null", b'{"title": {', b"\xff"])
    def test_not_json(self, client: Client, body):
        """Where the reference says 500."""
        assert client.post("movies", body).status == 400
        assert client.put("movies/panther", body).status == 400

    @pytest.mark.parametrize("kind", ["text/plain", "application/xml", "application/x-www-form-urlencoded", ""])
    def test_not_json_at_all(self, client: Client, kind):
        added(client)
        for method, address in (("POST", "movies"), ("PUT", "movies/panther")):
            assert outcome(client.send(method, address, panther(), Content_Type=kind)) == (415, "")

    def test_json_with_a_charset(self, client: Client):
        assert client.post("movies", panther(), Content_Type="application/json; charset=utf-8").status == 201

    @pytest.mark.parametrize(
        "query",
        [
            "$filter=(year - 1900) ge 100", "$filter=missing eq 20", "$filter=title", "$filter=year eq 'x", "$filter=",
            "$orderby=missing asc", "$orderby=year ascending", "$select=foo", "$select=year rating",
            "$top=-1", "$top=NaN", "$top=128001", "$skip=-1", "$skip=NaN", "$top=5&top=6",
            "$expand=title", "expand=title", "$search=x", "$apply=aggregate($count as n)", "$nonsense=1", "$count=perhaps",
            "$skiptoken=nonsense",
        ],
    )  # fmt: skip
    def test_query_options(self, client: Client, query):
        """The answer says what is wrong, as a JSON string."""
        answer = client.get(f"movies?{query}")
        assert answer.status == 400
        assert isinstance(answer.json, str) and answer.json


class TestConstraints:
    """What the database refuses is no conflict that a client could resolve with the row."""

    def test_another_value_that_must_be_unique(self, client: Client):
        client.post("counters", {"id": "1", "name": "A"})
        client.post("counters", {"id": "2", "name": "B"})
        for answer in (
            client.post("counters", {"id": "3", "name": "A"}),
            client.post("counters", {"name": "A"}),
            client.put("counters/2", {"id": "2", "name": "A"}),
        ):
            assert (answer.status, answer.json) == (400, "an entity with the same key or unique value exists already")

    def test_a_row_that_is_referred_to_and_not_there(self, databases):
        engine = create_engine(databases.url("datasync-people"))
        sample = sample_named("people")
        emptied(sample.base.metadata, engine)
        sample.create(engine)
        people = Client(service_of(sample, engine))
        address = people.items("address?$top=1")[0]
        answer = people.put(f"address/{address['id']}", address | {"personId": str(uuid.UUID(int=7))})
        assert (answer.status, answer.json) == (400, "a related entity does not exist, or still refers to this one")
        engine.dispose()


def test_rights(client: Client):
    client.service.rights("Movies", EntitySetRights.READ_SINGLE)
    assert outcome(client.get("movies/panther")) == (404, "")
    assert outcome(client.get("movies")) == (403, "")
    assert outcome(client.post("movies", panther())) == (403, "")
    client.service.rights("Movies", EntitySetRights.NONE)
    assert outcome(client.get("movies/panther")) == (404, "")


def test_a_put_that_deletes_needs_the_right_to(client: Client):
    added(client)
    client.service.rights("Movies", EntitySetRights.ALL & ~EntitySetRights.WRITE_DELETE)
    assert client.put("movies/panther", panther(title="New")).status == 200
    assert client.put("movies/panther", panther(deleted=True)).status == 403
