"""Many clients at once: every change is made once or refused for a reason, and nobody sees half of one."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.service.client import Client
from tests.service.databases import ClientOf

ADA = "People(guid'0d3b3f0e-6f61-4a27-9a35-64d2a1f0c001')"
KEY = "11111111-2222-4333-8444-555555555555"


def test_one_key_is_given_once(people: Client):
    with ThreadPoolExecutor(8) as clients:
        posts = clients.map(lambda number: people.post("People", {"PersonId": KEY, "Name": f"{number}"}), range(16))
        assert Counter(answer.status for answer in posts) == {201: 1, 409: 15}


@pytest.mark.parametrize("sample, stamps", [("people", 3), ("people-entity", 1)])
def test_changes_of_the_same_rows(client_of: ClientOf, sample: str, stamps: int):
    """In turns, never in a deadlock: a person and its addresses, which touch the person where only it has a stamp."""
    client = client_of(sample)
    addresses = [address["__metadata"]["uri"] for address in client.all(f"{ADA}/Addresses")]

    def change(number: int) -> int:
        url = [ADA, *addresses][number % 3]
        return client.merge(url, {"Name" if url == ADA else "StreetAddress": f"{number}"}).status

    with ThreadPoolExecutor(8) as clients:
        assert set(clients.map(change, range(48))) == {204}
    rows = [client.get(ADA).d, *client.all(f"{ADA}/Addresses")]
    assert len({row["LastUpdated"] for row in rows if "LastUpdated" in row}) == stamps


def test_an_answer_is_of_one_moment(people: Client):
    """A person and its phone numbers come and go together: no page shows one without the other, or another count."""

    def come_and_go(number: int) -> None:
        created = people.post("People", {"Name": f"Temporary {number}", "PhoneNumbers": [{"Number": f"{number}"}]})
        assert created.status == 201
        assert people.delete(created.headers["Location"]).status == 204

    def look(_: int) -> None:
        answer = people.get(
            "People?$filter=startswith(Name,'Temporary')&$expand=PhoneNumbers&$inlinecount=allpages&includeDeleted=false"
        )
        assert int(answer.d["__count"]) == len(answer.entities)
        assert all(len(person["PhoneNumbers"]["results"]) == 1 for person in answer.entities)

    with ThreadPoolExecutor(8) as clients:
        changes, looks = clients.map(come_and_go, range(12)), clients.map(look, range(40))
        assert list(changes)
        assert list(looks)
