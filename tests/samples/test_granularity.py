"""The article's two ways to track: each row for itself, or a person with all that belongs to it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import Engine

from odata_service import Headers, ODataRequest, ODataService
from odata_service.config import Settings
from odata_service.protocol import V2
from odata_service.start import started

EMILY = "People(guid'4e6f8b2d-71a3-4d05-a94e-c3d7f1b84005')"
JSON = Headers({"Accept": "application/json", "Content-Type": "application/json"})


@dataclass
class Client:
    service: ODataService

    def ask(self, method: str, target: str, query: str = "", body: object = None) -> Any:
        request = ODataRequest(V2, method, target, query, JSON, json.dumps(body).encode() if body else b"")
        answer = self.service.handle(request)
        assert answer.status < 300, answer.body
        return json.loads(answer.body)["d"] if answer.body else None

    def emily(self) -> tuple[str, bool]:
        person = self.ask("GET", EMILY, "$select=LastUpdated,IsDeleted")
        return person["LastUpdated"], person["IsDeleted"]

    def addresses(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.ask("GET", f"{EMILY}/Addresses", "$orderby=StreetAddress")["results"]
        return found

    def first_address(self) -> str:
        return f"Addresses(guid'{self.addresses()[0]['AddressId']}')"


@pytest.fixture
def start(database: Engine):
    return lambda sample: Client(
        started(Settings(sample=sample, database_url=database.url.render_as_string(hide_password=False)))
    )


class TestOnTheRow:
    def test_a_changed_address_has_a_new_stamp_and_its_person_does_not(self, start):
        client = start("people")
        before = client.emily()
        client.ask("MERGE", client.first_address(), body={"StreetAddress": "1 Elm Avenue, Portland"})
        assert client.emily() == before
        changed, other, _ = client.addresses()
        assert changed["LastUpdated"] > other["LastUpdated"]

    def test_a_deleted_address_is_a_tombstone(self, start):
        client = start("people")
        client.ask("DELETE", client.first_address())
        assert [address["IsDeleted"] for address in client.addresses()] == [True, False, False]

    def test_a_deleted_person_takes_its_addresses_along(self, start):
        client = start("people")
        client.ask("DELETE", EMILY)
        stamp, is_deleted = client.emily()
        assert is_deleted
        assert {(address["LastUpdated"], address["IsDeleted"]) for address in client.addresses()} == {(stamp, True)}


class TestOnTheEntity:
    @pytest.mark.parametrize("change", ["MERGE", "DELETE"])
    def test_a_change_of_an_address_is_a_change_of_its_person(self, start, change):
        client = start("people-entity")
        (before, _) = client.emily()
        client.ask(
            change, client.first_address(), body={"StreetAddress": "1 Elm Avenue"} if change == "MERGE" else None
        )
        (after, is_deleted) = client.emily()
        assert after > before
        assert not is_deleted

    def test_a_deleted_address_is_gone(self, start):
        client = start("people-entity")
        client.ask("DELETE", client.first_address())
        assert len(client.addresses()) == 2

    def test_a_deleted_person_is_a_tombstone(self, start):
        client = start("people-entity")
        client.ask("DELETE", EMILY)
        assert client.emily()[1]
