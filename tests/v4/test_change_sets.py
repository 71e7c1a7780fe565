"""Change sets whose inserts are written together: nothing shows but the number of statements."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest

from tests.delta.client import ClientV4

ANNA = "0d1e2f30-0000-4000-8000-00000000000a"


@pytest.fixture
def people(client_of):
    found = client_of("people")
    return ClientV4(found.service, changing=found.changing)


def post(number: int, url: str = "People", **body: Any) -> dict[str, Any]:
    return {"id": str(number), "atomicityGroup": "g", "method": "post", "url": url, "body": body}


def statuses(answer: Any) -> list[int]:
    return [each["status"] for each in answer.json["responses"]]


def send(people: ClientV4, *requests: dict[str, Any]) -> Any:
    return people.send("POST", "$batch", {"requests": list(requests)})


def test_twenty_inserts_take_as_many_statements_as_two(people):
    send(people, post(1, Name="Anna"), post(2, Name="Boris"))  # the counter of stamps is there from now on
    some, many = (send(people, *(post(number, Name="Chen") for number in range(count))) for count in (2, 20))
    counted = [re.search(r"statements=(\d+)", each.headers["Server-Timing"])[1] for each in (some, many)]
    assert (statuses(many), counted[0]) == ([201] * 20, counted[1])


def test_each_is_answered_with_what_became_of_it(people):
    answer = send(
        people, *(post(number, PersonId=str(uuid.UUID(int=number)), Name=f"N{number}") for number in range(5))
    )
    for number, each in enumerate(answer.json["responses"]):
        assert each["headers"]["location"].endswith(f"/People({uuid.UUID(int=number)})")
        assert each["body"]["Name"] == f"N{number}"
        assert each["body"]["LastUpdated"] == people.get(f"People({uuid.UUID(int=number)})").json["LastUpdated"]


def test_a_deleted_one_comes_back_among_new_ones(people):
    people.send("POST", "People", {"PersonId": ANNA, "Name": "Anna"})
    people.send("DELETE", f"People({ANNA})")
    answer = send(people, post(1, Name="Boris"), post(2, PersonId=ANNA, Name="Anna again"), post(3, Name="Chen"))
    assert statuses(answer) == [201, 201, 201]
    assert people.get(f"People({ANNA})").json["Name"] == "Anna again"


@pytest.mark.parametrize("there_before", [False, True])
def test_a_key_that_is_taken_undoes_all(people, there_before):
    if there_before:
        people.send("POST", "People", {"PersonId": ANNA, "Name": "Anna"})
    before = people.get("People/$count").text
    twice = [post(2, PersonId=ANNA, Name="Anna"), *([] if there_before else [post(3, PersonId=ANNA, Name="Anna")])]
    answer = send(people, post(1, Name="Boris"), *twice)
    assert set(statuses(answer)) == {409}
    assert people.get("People/$count").text == before


def test_what_refers_to_an_insert_finds_it(people):
    answer = send(
        people,
        post(1, PersonId=ANNA, Name="Anna"),
        post(2, Name="Boris"),
        post(3, "$1/Addresses", StreetAddress="1 Main Street", AddressTypeId=1),
        post(4, Name="Chen"),
        {"id": "5", "atomicityGroup": "g", "method": "patch", "url": "$4", "body": {"Name": "Chen Li"}},
        {"id": "6", "atomicityGroup": "g", "method": "delete", "url": "$2"},
    )
    assert statuses(answer) == [201, 201, 201, 201, 204, 204]
    assert people.get(f"People({ANNA})/Addresses").json["value"][0]["StreetAddress"] == "1 Main Street"
    assert people.get("People/$count?$filter=Name eq 'Chen Li' or Name eq 'Boris'").text == "1"


def test_a_refusal_names_the_one_that_it_is_about(people):
    answer = send(people, post(1, Name="Anna"), post(2, Name="x" * 5000), post(3, Name="Chen"))
    assert set(statuses(answer)) == {400}
    assert answer.json["responses"][0]["body"]["error"]["@Org.OData.Core.V1.ContentID"] == "2"
