"""Azure Mobile Apps 6 and what came before it (protocol, Older dialects)."""

from __future__ import annotations

import pytest

from odata_service.protocol import ZUMO
from tests.datasync.client import ROOT, Client
from tests.datasync.rows import added, deleted, outcome, tag

OLD_ROW = {
    "id": "panther",
    "title": "Black Panther",
    "duration": 134,
    "year": 2018,
    "releaseDate": "2018-02-16T00:00:00.000Z",
}


@pytest.fixture
def v6(client: Client) -> Client:
    return Client(client.service, ZUMO, {"ZUMO-API-VERSION": "3.0.0"})


@pytest.fixture
def v2(client: Client) -> Client:
    return Client(client.service, ZUMO, {"ZUMO-API-VERSION": "2.0.0"})


@pytest.mark.parametrize("version", [None, "", "4.0", "x"])
def test_a_client_says_its_version(client: Client, version):
    older = Client(client.service, ZUMO)
    answer = older.get("movies", **({} if version is None else {"ZUMO_API_VERSION": version}))
    assert (answer.status, answer.headers["Content-Type"]) == (400, "application/problem+json")
    assert answer.json["status"] == 400


@pytest.mark.parametrize("query", ["ZUMO-API-VERSION=3.0.0", "zumo-api-version=3.0.0", "$top=5&ZUMO-API-VERSION=3.0.0"])
def test_in_the_query(client: Client, query):
    assert Client(client.service, ZUMO).get(f"movies?{query}").json == {"items": [], "count": None, "nextLink": None}


def test_next_links(v6: Client):
    for id in "abc":
        added(v6, id=id)
    v6.service.page_size("Movies", 2)
    whole = v6.get("movies?$count=true").json["nextLink"]
    assert whole.startswith(f"{ROOT}movies?$count=true&$skiptoken=")
    path = v6.get("movies?$count=true", X_ZUMO_Options="nextlink=path").json["nextLink"]
    assert path == whole.removeprefix("http://services.example")
    assert [row["id"] for row in v6.items(whole.removeprefix(ROOT))] == ["c"]


def test_deleted_rows(v6: Client):
    deleted(v6)
    assert v6.items("movies") == []
    assert len(v6.items("movies", X_ZUMO_Options="include:deleted")) == 1
    assert len(v6.items("movies?__includeDeleted=true")) == 1
    assert v6.get("movies/panther", X_ZUMO_Options="include:deleted").status == 200


class TestPatch:
    def test_what_is_absent_stays(self, v6: Client):
        row = added(v6)
        changed = v6.send("PATCH", "movies/panther", {"title": "Panther"}, If_Match=tag(row))
        assert (outcome(changed), changed.json["duration"]) == ((200, "Panther"), 134)
        assert outcome(v6.send("PATCH", "movies/panther", {"title": "New"}, If_Match=tag(row))) == (412, "Panther")

    def test_as_a_list_of_operations(self, v6: Client):
        added(v6)
        patch = [{"op": "replace", "path": "/title", "value": "Panther"}, {"op": "add", "path": "/year", "value": 2019}]
        changed = v6.send("PATCH", "movies/panther", patch, Content_Type="application/json-patch+json").json
        assert (changed["title"], changed["year"], changed["duration"]) == ("Panther", 2019, 134)

    @pytest.mark.parametrize("patch", [[{"op": "test", "path": "/year", "value": 1}], [{"op": "add"}], "x", [1]])
    def test_operations_that_are_none(self, v6: Client, patch):
        added(v6)
        assert v6.send("PATCH", "movies/panther", patch, Content_Type="application/json-patch+json").status == 400

    def test_another_id(self, v6: Client):
        added(v6)
        assert v6.send("PATCH", "movies/panther", {"id": "other"}).status == 400

    def test_the_current_protocol_has_none(self, client: Client):
        added(client)
        assert client.send("PATCH", "movies/panther", {"title": "Panther"}).status == 405


class TestVersion2:
    @pytest.mark.parametrize(
        "query",
        [
            "$filter=releaseDate eq datetime'2018-02-16T00:00:00.000Z'",
            "$filter=releaseDate eq datetime'2018-02-16T00:00:00'",
            "$filter=releaseDate ge datetimeoffset'2018-02-16T01:00:00.000+01:00'",
            "$filter=substringof('Panther',title)",
            "$filter=startswith(title,'Black') and year eq 2018&$orderby=updatedAt&$skip=0&$top=50&__includeDeleted=true",
            "$inlinecount=none",
        ],
    )
    def test_an_array(self, v2: Client, query):
        assert v2.post("oldmovies", OLD_ROW).status == 201
        assert [row["title"] for row in v2.get(f"oldmovies?{query}").json] == ["Black Panther"]

    def test_with_a_count(self, v2: Client):
        v2.post("oldmovies", OLD_ROW)
        page = v2.get("oldmovies?$inlinecount=allpages&$top=0").json
        assert page == {"results": [], "count": 1}

    def test_version_3_does_not_write_so(self, v6: Client):
        assert v6.get("oldmovies?$filter=releaseDate eq datetime'2018-02-16T00:00:00.000Z'").status == 400
        assert v6.get("oldmovies?$inlinecount=allpages").status == 400

    def test_how_its_clients_pull(self, v2: Client):
        """They skip rows by themselves, and ask for ``ge``."""
        for id in "abc":
            v2.post("oldmovies", OLD_ROW | {"id": id})
        query = (
            "$filter=(updatedAt ge datetimeoffset'1970-01-01T00:00:00.000Z')&$orderby=updatedAt&__includeDeleted=true"
        )
        pages = [v2.get(f"oldmovies?{query}&$skip={skip}&$top=2").json for skip in (0, 2, 4)]
        assert [[row["id"] for row in page] for page in pages] == [["a", "b"], ["c"], []]
