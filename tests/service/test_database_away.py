"""A database that cannot be reached is the service's trouble, not the client's mistake, and says when to come back."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine

from odata_service import EntitySetRights, Headers, ODataRequest, ODataService
from odata_service.protocol import V2
from odata_service.sample import sample_named


@pytest.fixture
def service() -> ODataService:
    people = sample_named("people")
    nobody_listens = create_engine("postgresql+psycopg://nobody@127.0.0.1:1/nothing?connect_timeout=2")
    service = ODataService(people.base, nobody_listens, namespace="PeopleModel")
    service.rights("*", EntitySetRights.ALL)
    return service


@pytest.mark.parametrize(
    ("method", "target", "body"),
    [
        ("GET", "People", b""),
        ("GET", "People/$count", b""),
        ("POST", "People", b'{"Name":"Ada"}'),
    ],
)
def test_away(service: ODataService, method: str, target: str, body: bytes) -> None:
    request = ODataRequest(V2, method, target, "", Headers({"Content-Type": "application/json"}), body)
    response = service.handle(request)
    assert response.status == 503
    assert response.headers["Retry-After"] == "5"
    assert b"DatabaseAway" in response.body
    assert b"127.0.0.1" not in response.body


def test_metadata_needs_no_database(service: ODataService) -> None:
    assert service.handle(ODataRequest(V2, "GET", "$metadata")).status == 200
