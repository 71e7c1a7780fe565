"""``$explain=true``: how a read is answered, for those who may know."""

from __future__ import annotations

import json

import pytest

from odata_service import Headers, ODataRequest
from odata_service.message import User
from odata_service.protocol import V2, V4
from tests.delta.client import ClientV4

pytestmark = pytest.mark.every_database
URL = "People?$filter=startswith(Name,'A')&$expand=Addresses&$top=2&$explain=true"


@pytest.fixture
def people(client_of):
    return ClientV4(client_of("people").service)


@pytest.fixture
def explained(people):
    people.service.explain("*")
    return people


@pytest.mark.parametrize("protocol", [V2, V4])
def test_each_step(explained, protocol):
    target, _, query = URL.partition("?")
    answer = ClientV4(explained.service).service.handle(
        ODataRequest(protocol, "GET", target, query, Headers({"Accept": "application/json"}))
    )
    assert answer.status == 200, answer.body

    said = json.loads(answer.body)
    assert said["syntax"]["options"]["filter"]["kind"]
    assert said["query"]["query"]["source"][0]["entity_set"] == "People"
    assert said["rights"]["sets"]["People"]["rights"][:2] == ["READ_SINGLE", "READ_MULTIPLE"]
    first, *_ = said["statements"]
    assert "Person" in first["sql"] and first["rows"] == 1 and first["ms"] >= 0
    assert first["plan"]
    assert set(said["timings"]) == {"parse", "bind", "read", "write"}


def test_the_rows_are_those_of_the_read(explained):
    said = explained.get(URL).json
    plain = explained.value(URL.replace("&$explain=true", ""))
    assert said["statements"][0]["rows"] == len(plain)
    assert said["statements"][-1]["rows"] == sum(len(each["Addresses"]) for each in plain)


def test_a_mistake_is_refused_as_ever(explained):
    assert explained.get("People?$filter=Nam eq 1&$explain=true").error == (400, "UnknownProperty")


def test_who_may_know(people):
    assert people.get(URL).error == (400, "UnknownOption")
    people.service.explain("admin")
    assert people.get(URL).error == (403, "ExplainForbidden")
    target, _, query = URL.partition("?")
    asked = ODataRequest(V4, "GET", target, query, principal=User("root", frozenset({"admin"})))
    assert people.service.handle(asked).status == 200
    assert people.get(URL.replace("=true", "=false")).status == 400
