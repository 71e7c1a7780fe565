"""Whatever stands in an address, a header or a body, the answer is an answer and never a failure of the service."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine

from odata_service import Headers, ODataRequest
from odata_service.protocol import DATASYNC, ZUMO
from tests.datasync.client import Client
from tests.datasync.conftest import service_of
from tests.datasync.models import Base
from tests.datasync.rows import panther
from tests.service.databases import Databases, emptied

STABLE = settings(
    max_examples=int(os.environ.get("FUZZ_EXAMPLES", "150")),
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
QUERIES = [
    "$filter=((rating eq 'G') and (updatedAt gt cast(2024-08-23T20:22:54.291Z,Edm.DateTimeOffset)))&$orderby=updatedAt"
    "&$count=true&__includedeleted=true",
    "$filter=((year sub 1900) ge 80) and (duration le 120)&$top=5&$skip=1",
    "$filter=floor(duration div 60.0) eq 2 or title in ('a','b')&$select=title,id",
    "$filter=startswith(tolower(title),'the')&$orderby=year desc,title",
    "$filter=geo.distance(pointValue,geography'POINT(1 2)') lt 5",
    "$filter=releaseDate ge datetime'1999-12-31T00:00:00.000Z'&$inlinecount=allpages",
]
FRAGMENTS = [
    "'", "''", "(", ")", ",", "&", "$", "%", "%27", "%zz", "null", "not ", " and ", " eq ", "1e999", "99999999999999999999",
    "cast(", "Edm.Guid", "$it", "/", "any(x:x)", "$skiptoken=", "=", "\x00", "é", "\ud800", "__includedeleted=true", "-", "[", "{",
]  # fmt: skip
HEADERS = ["If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since", "Content-Type", "X-ZUMO-Options"]
VALUES = [
    '"AAA="',
    "*",
    'W/"x"',
    '"',
    "Fri, 31 Feb 2099 25:00:00 GMT",
    "application/json",
    "text/plain",
    "\x00",
    ",,",
    "include:deleted",
]
TEXT = st.text(max_size=40)
JSON: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=5,
)


@st.composite
def spoiled(draw: st.DrawFn) -> str:
    query = draw(st.sampled_from(QUERIES))
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(query)))
        end = min(len(query), start + draw(st.integers(0, 5)))
        query = query[:start] + draw(st.one_of(st.sampled_from(FRAGMENTS), TEXT)) + query[end:]
    return query


@pytest.fixture(scope="module")
def door(databases: Databases) -> Iterator[Client]:
    engine = create_engine(databases.url("datasync-fuzz"))
    emptied(Base.metadata, engine)
    client = Client(service_of(engine))
    for id in "abc":
        client.post("movies", panther(id=id))
    client.post("kitchensink", {"id": "a", "pointValue": {"type": "Point", "coordinates": [1, 2]}})
    yield client
    engine.dispose()


def ask(door: Client, method: str, target: str, query: str, headers: dict[str, str], body: bytes = b"") -> None:
    for protocol, more in ((DATASYNC, {}), (ZUMO, {"ZUMO-API-VERSION": "3.0"}), (ZUMO, {"ZUMO-API-VERSION": "2.0"})):
        request = ODataRequest(protocol, method, target, query, Headers(headers | more), body)
        response = door.service.handle(request)
        assert response.status < 500, (protocol, method, target, query, headers, body, response.body)


@STABLE
@given(st.sampled_from(["movies", "kitchensink", "countries/", "movies/a"]), spoiled())
def test_queries(door: Client, target: str, query: str) -> None:
    ask(door, "GET", target, query, {})


@STABLE
@given(st.sampled_from(["GET", "PUT", "DELETE", "POST", "PATCH", "OPTIONS", "TRACE"]), TEXT, TEXT)
def test_paths(door: Client, method: str, target: str, query: str) -> None:
    for path in (target, f"movies/{target}", f"{target}/a"):
        ask(door, method, path, query, {"Content-Type": "application/json"}, b"{}")


@STABLE
@given(
    st.sampled_from(["GET", "PUT", "POST", "PATCH"]),
    st.dictionaries(st.sampled_from(HEADERS), st.sampled_from(VALUES) | TEXT, max_size=3),
)
def test_headers(door: Client, method: str, headers: dict[str, str]) -> None:
    ask(door, method, "movies/a" if method != "POST" else "movies", "", headers, json.dumps(panther(id="a")).encode())


@STABLE
@given(
    st.dictionaries(
        st.sampled_from([*panther(), "deleted", "version", "Title", "@odata.type"]) | TEXT, JSON, max_size=6
    )
)
def test_rows(door: Client, row: dict[str, object]) -> None:
    for method, target, body in (
        ("PUT", "movies/a", panther(id="a") | row),
        ("POST", "movies", row),
        ("PATCH", "movies/a", row),
    ):
        ask(door, method, target, "", {"Content-Type": "application/json"}, json.dumps(body).encode())


@STABLE
@given(st.sampled_from([b'{"id": "a", // c\n "title": "x", }', b'{"title": [1, {"a": /* */ 2}]}']), st.data())
def test_bodies(door: Client, body: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(body)))
    spoilt = body[:at] + data.draw(st.binary(max_size=4)) + body[at + data.draw(st.integers(0, 3)) :]
    ask(door, "POST", "movies", "", {"Content-Type": "application/json"}, spoilt)
