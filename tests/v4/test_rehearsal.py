"""Dry runs, ``Prefer: tx=rollback``: answered as if done, and nothing is done."""

from __future__ import annotations

import json
from typing import Any

import pytest

from odata_service import Headers, ODataRequest
from odata_service.protocol import DATASYNC, SYNC, V2
from tests.delta.client import ClientV4

pytestmark = pytest.mark.every_database

DRY = {"Prefer": "tx=rollback"}
ANNA = "0d1e2f30-0000-4000-8000-00000000000a"


@pytest.fixture
def people(client_of):
    found = client_of("people")
    return ClientV4(found.service, changing=found.changing)


def rows(people: ClientV4) -> Any:
    return people.get("People?$expand=Addresses,PhoneNumbers&$orderby=PersonId").json["value"]


def post(number: str, url: str = "People", **body: Any) -> dict[str, Any]:
    return {"id": number, "method": "post", "url": url, "body": body}


def test_an_insert(people):
    before = rows(people)
    answer = people.send("POST", "People", {"PersonId": ANNA, "Name": "Anna"}, **DRY)
    assert (answer.status, answer.json["Name"]) == (201, "Anna")
    assert answer.headers["Location"].endswith(f"/People({ANNA})")
    assert answer.headers["Preference-Applied"] == "tx=rollback"
    assert rows(people) == before
    assert people.send("POST", "People", {"PersonId": ANNA, "Name": "Anna"}).status == 201  # in earnest


def test_update_and_delete(people):
    before = rows(people)
    key = before[0]["PersonId"]
    both = {"Prefer": "return=representation, tx=rollback"}
    answer = people.send("PATCH", f"People({key})", {"Name": "Somebody"}, **both)
    assert (answer.status, answer.json["Name"]) == (200, "Somebody")
    assert answer.json["LastUpdated"] != before[0]["LastUpdated"]
    assert answer.headers["Preference-Applied"] == "return=representation, tx=rollback"
    assert people.send("DELETE", f"People({key})", **DRY).status == 204
    assert rows(people) == before


def test_a_refusal_is_the_same(people):
    answer = people.send("PATCH", f"People({ANNA})", {"Nam": "Anna"}, **DRY)
    assert answer.status == 400
    assert answer.json == people.send("PATCH", f"People({ANNA})", {"Nam": "Anna"}).json


def test_a_batch_sees_what_it_did(people):
    """Requests that follow each other, not only those of one change set."""
    before = rows(people)
    requests = [
        post("1", PersonId=ANNA, Name="Anna"),
        {"id": "2", "method": "patch", "url": "$1", "body": {"Name": "Anne"}},
        {"id": "3", "method": "get", "url": f"People({ANNA})"},
        {**post("4", PersonId=ANNA, Name="Twice"), "atomicityGroup": "g"},
        {"id": "5", "method": "get", "url": "People/$count"},
    ]
    answers = people.send("POST", "$batch", {"requests": requests}, **DRY).json["responses"]
    assert [each["status"] for each in answers] == [201, 204, 200, 409, 200]
    assert answers[2]["body"]["Name"] == "Anne"
    assert rows(people) == before


def test_the_same_key_can_be_used_in_earnest(people):
    key = {"Idempotency_Key": "b7f1"}
    assert people.send("POST", "People", {"PersonId": ANNA, "Name": "Anna"}, **DRY, **key).status == 201
    assert people.send("POST", "People", {"PersonId": ANNA, "Name": "Anna"}, **key).status == 201
    assert people.get(f"People({ANNA})").status == 200


def test_not_in_the_middle_of_a_change_set(people):
    requests = [{**post("1", Name="Anna"), "atomicityGroup": "g", "headers": DRY}]
    (answer,) = people.send("POST", "$batch", {"requests": requests}).json["responses"]
    assert (answer["status"], answer["body"]["error"]["target"]) == (400, "Prefer")


def test_one_request_of_a_batch(people):
    requests = [{**post("1", PersonId=ANNA, Name="Anna"), "headers": DRY}, post("2", PersonId=ANNA, Name="Anna")]
    answers = people.send("POST", "$batch", {"requests": requests}).json["responses"]
    assert [each["status"] for each in answers] == [201, 201]


def test_nobody_is_told(people, monkeypatch):
    told: list[str] = []
    monkeypatch.setattr(people.service.signals.changeset_saved, "handlers", [lambda context: told.append("saved")])
    people.send("POST", "People", {"Name": "Anna"}, **DRY)
    assert told == []
    people.send("POST", "People", {"Name": "Anna"})
    assert told == ["saved"]


@pytest.mark.parametrize("protocol, url, body, status", [
    (V2, "People", {"Name": "Anna"}, 201),
    (DATASYNC, "people", {"name": "Anna"}, 201),
    (SYNC, "People", {"operations": [{"id": "op-1", "action": "add", "data": {"Name": "Anna"}}]}, 200),
])  # fmt: skip
def test_other_protocols(people, protocol, url, body, status):
    before = rows(people)
    headers = Headers({"Content-Type": "application/json", "Accept": "application/json", **DRY})
    for _ in range(2):
        answer = people.service.handle(ODataRequest(protocol, "POST", url, "", headers, json.dumps(body).encode()))
        assert (answer.status, answer.headers["Preference-Applied"]) == (status, "tx=rollback"), answer.body
    assert rows(people) == before
