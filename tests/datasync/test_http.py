"""Tables over HTTP: slashes without redirects, HEAD, and the People sample as it is served."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.clients.http import served
from tests.datasync.client import Client
from tests.datasync.rows import panther
from tests.datasync.test_movie_queries import BY_KIND, assert_carries_on, url_of


@pytest.fixture(scope="module")
def toolkit_over_http(toolkit: Client) -> Iterator[httpx.Client]:
    with served(toolkit.service, "/tables", "tables") as root, httpx.Client(base_url=root) as http:
        yield http


@pytest.mark.parametrize("query", BY_KIND["query"][::9], ids=lambda query: f"{query['n']}")
@pytest.mark.parametrize("slash", ["", "/"])
def test_queries(toolkit_over_http: httpx.Client, query, slash):
    table, _, options = url_of(query).partition("?")
    answer = toolkit_over_http.get(f"{table}{slash}?{options}")
    assert (answer.status_code, answer.history) == (200, [])
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    page = answer.json()
    assert (len(page["items"]), page["count"]) == (query["expected_count"], query["expected_total"])
    assert_carries_on(page["nextLink"], query["expected_next_link"])


@pytest.mark.parametrize("query", BY_KIND["error"], ids=lambda query: f"{query['n']}")
def test_errors(toolkit_over_http: httpx.Client, query):
    assert toolkit_over_http.get(url_of(query)).status_code == query["expected_status"]


def test_changes(client: Client):
    with served(client.service, "/tables", "tables") as root, httpx.Client(base_url=root) as http:
        created = http.post("movies/", json=panther(id="a|b:c"))
        assert (created.status_code, created.headers["Location"]) == (201, f"{root}movies/a%7Cb:c")
        tag = created.headers["ETag"]
        assert http.head("movies/a|b:c").headers["ETag"] == tag
        assert http.get("movies/a|b:c", headers={"If-None-Match": tag}).status_code == 304
        assert (
            http.put("movies/a|b:c/", json=panther(id="a|b:c", title="New"), headers={"If-Match": tag}).status_code
            == 200
        )
        late = http.put("movies/a|b:c", json=panther(id="a|b:c"), headers={"If-Match": '"dGVzdA=="'})
        assert (late.status_code, late.json()["title"]) == (412, "New")
        gone = http.delete("movies/a|b:c")
        assert (gone.status_code, gone.content, gone.headers.get("Content-Type")) == (204, b"", None)
        assert http.get("movies/a|b:c").status_code == 410


def test_people(serve):
    """``odata-service serve``: tracked classes are tables, by the name that the client asks for by default."""
    root = serve("--workers", "1").root.replace("/v2/", "/tables/")
    query = "$orderby=updatedAt&$count=true&__includedeleted=true"
    people = httpx.get(f"{root}person?{query}").json()
    assert (people["count"], len(people["items"]), people["nextLink"]) == (12, 12, None)
    (ada,) = [row for row in people["items"] if row["name"] == "Ada Lovelace"]
    assert set(ada) == {"id", "updatedAt", "version", "deleted", "name"}
    changed = httpx.put(
        f"{root}person/{ada['id']}", json=ada | {"name": "Ada King"}, headers={"If-Match": f'"{ada["version"]}"'}
    )
    assert (changed.status_code, changed.json()["name"]) == (200, "Ada King")
    since = f"$filter=(updatedAt gt cast({ada['updatedAt']},Edm.DateTimeOffset))&{query}"
    assert [row["name"] for row in httpx.get(f"{root}person?{since}").json()["items"]] == ["Ada King"]
    assert httpx.get(f"{root}address?$top=0&$count=true").json()["count"] == 18
