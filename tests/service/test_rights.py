"""Closed by default: what is not opened does not exist, and what is opened for one thing is not for another."""

from __future__ import annotations

import pytest

from odata_service import EntitySetRights, ODataService
from odata_service.sample import sample_named
from tests.service.client import Client
from tests.service.databases import ClientOf, EngineOf

ADA = "People(guid'0d3b3f0e-6f61-4a27-9a35-64d2a1f0c001')"
DORSET_STREET = "Addresses(guid'39909f7b-83eb-5a1d-a7e4-3e602584c3f1')"

R = EntitySetRights


@pytest.fixture
def closed(client_of: ClientOf, engines: EngineOf) -> Client:
    """As a library: nothing is open until it is opened."""
    filled = client_of("people")
    sample = sample_named("people")
    service = ODataService(sample.base, engines("people"), namespace="PeopleModel", container="MyPeopleEntities")
    return Client(service, changing=filled.changing)


def test_nothing_is_open(closed: Client):
    for url in ("People", ADA, "People/$count", f"{ADA}/Name", f"{ADA}/Addresses", "AddressTypes(1)", "Nothing"):
        assert closed.get(url).error == (404, "ResourceNotFound")
    assert closed.post("People", {"Name": "x"}).error == (404, "ResourceNotFound")
    assert closed.delete(ADA).error == (404, "ResourceNotFound")
    assert closed.get("").d == {"EntitySets": []}
    assert "EntityType" not in closed.get("$metadata").text


def test_a_closed_set_is_as_one_that_does_not_exist(closed: Client):
    closed.service.rights("Addresses", R.ALL)
    closed.service.rights("AddressTypes", R.ALL)
    hidden_and_missing = [
        ("People", "Poeple"),
        ("Addresses?$expand=Person", "Addresses?$expand=Perzon"),
        ("Addresses?$select=Person", "Addresses?$select=Perzon"),
        ("Addresses?$filter=Person/Name eq 'x'", "Addresses?$filter=Perzon/Name eq 'x'"),
        ("Addresses?$orderby=Person/Name", "Addresses?$orderby=Perzon/Name"),
        ("Addresses?$expand=AddressType/Addresses/Person", "Addresses?$expand=AddressType/Addresses/Perzon"),
        (f"{DORSET_STREET}/Person", f"{DORSET_STREET}/Perzon"),
        (f"{DORSET_STREET}/Person/Name", f"{DORSET_STREET}/Perzon/Name"),
        (f"{DORSET_STREET}/$links/Person", f"{DORSET_STREET}/$links/Perzon"),
    ]
    for hidden, missing in hidden_and_missing:
        refused, unknown = closed.get(hidden), closed.get(missing)
        assert (refused.status, refused.error) == (unknown.status, unknown.error), hidden
        assert refused.text == unknown.text.replace("Perzon", "Person").replace("Poeple", "People"), hidden
    bound = {"StreetAddress": "x", "Person": {"__metadata": {"uri": ADA}}}
    assert closed.post("Addresses", bound).error == (400, "UnknownProperty")
    assert closed.post("Addresses", {"StreetAddress": "x", "Perzon": None}).error == (400, "UnknownProperty")
    metadata = closed.get("$metadata").text
    assert "Person" not in metadata.replace("PersonId", "")
    assert closed.get("").d == {"EntitySets": ["Addresses", "AddressTypes"]}
    assert "Person" not in closed.get("Addresses?$top=1").text.replace("PersonId", "")


@pytest.mark.parametrize(
    "rights, method, url, body",
    [
        (R.READ_MULTIPLE, "GET", ADA, None),
        (R.READ_MULTIPLE, "GET", f"{ADA}/Name", None),
        (R.READ_MULTIPLE, "GET", f"{ADA}/Addresses", None),
        (R.READ_MULTIPLE, "GET", "Addresses?$expand=Person", None),
        (R.READ_MULTIPLE, "GET", "Addresses?$filter=Person/Name eq 'x'", None),
        (R.READ_MULTIPLE, "GET", "Addresses?$orderby=Person/Name", None),
        (R.READ_MULTIPLE, "GET", "Addresses?$filter=not (tolower(concat(Person/Name,'x')) eq 'x')", None),
        (R.READ_SINGLE, "GET", "People", None),
        (R.READ_SINGLE, "GET", "People/$count", None),
        (R.ALL_READ, "POST", "People", {"Name": "x"}),
        (R.ALL_READ, "POST", "Addresses", {"StreetAddress": "x", "Person": {"Name": "x"}}),
        (R.ALL & ~R.WRITE_REPLACE, "PUT", ADA, {"Name": "x"}),
        (R.ALL & ~R.WRITE_MERGE, "MERGE", ADA, {"Name": "x"}),
        (R.ALL & ~R.WRITE_MERGE, "PATCH", ADA, {"Name": "x"}),
        (R.ALL & ~R.WRITE_MERGE, "PUT", f"{ADA}/Name", {"Name": "x"}),
        (R.ALL & ~R.WRITE_DELETE, "DELETE", ADA, None),
        (R.ALL & ~R.WRITE_DELETE, "DELETE", f"{DORSET_STREET}/Person", None),
        (R.ALL & ~R.READ_SINGLE, "POST", f"{ADA}/Addresses", {"StreetAddress": "x"}),
        (
            R.ALL & ~R.READ_SINGLE,
            "POST",
            "Addresses",
            {"StreetAddress": "x", "Person": {"__metadata": {"uri": ADA}}},
        ),
        (R.WRITE_APPEND, "GET", "People", None),
    ],
)
def test_a_missing_right_is_403(closed: Client, rights: R, method: str, url: str, body: object):
    closed.service.rights("*", R.ALL)
    before = closed.all("People")
    closed.service.rights("People", rights)
    answer = closed.get(url) if body is None and method == "GET" else closed.change(method, url, body, {})
    assert answer.error == (403, "Forbidden")
    closed.service.rights("People", R.ALL)
    assert closed.all("People") == before


def test_what_is_inserted_along_needs_the_right_too(closed: Client):
    closed.service.rights("*", R.ALL)
    closed.service.rights("Addresses", R.ALL_READ)
    inline = {"Name": "x", "Addresses": [{"StreetAddress": "x"}]}
    bound = {"Name": "x", "Addresses": [{"__metadata": {"uri": DORSET_STREET}}]}
    assert closed.post("People", inline).error == (403, "Forbidden")
    assert closed.post("People", bound).error == (403, "Forbidden")
    assert closed.merge(ADA, {"Addresses": [{"__metadata": {"uri": DORSET_STREET}}]}).error == (403, "Forbidden")
    assert closed.post("People", {"Name": "x"}).status == 201


def test_named_rights_come_before_those_for_all(closed: Client):
    closed.service.rights("*", R.ALL)
    closed.service.rights("PhoneNumbers", R.NONE)
    assert closed.get("PhoneNumbers").status == 404
    assert closed.get("People").status == 200
    assert closed.get(f"{ADA}?$expand=PhoneNumbers").status == 400


def test_rights_that_change_are_obeyed_at_once(closed: Client):
    """Whatever was planned for requests of the same shape before."""
    closed.service.rights("*", R.ALL)
    for _ in range(2):
        assert closed.get("People?$top=1").status == 200
    closed.service.rights("People", R.NONE)
    assert closed.get("People?$top=1").status == 404
    closed.service.rights("People", R.READ_SINGLE)
    assert closed.get("People?$top=1").status == 403
    closed.service.rights("People", R.ALL)
    closed.service.page_size("People", 3)
    assert len(closed.get("People").entities) == 3
    closed.service.page_size("People", 4)
    assert len(closed.get("People").entities) == 4
    closed.delete(ADA)
    closed.service.tombstones("People", "hidden")
    assert closed.get(ADA).status == 404


def test_a_set_that_is_not_in_the_model(closed: Client):
    with pytest.raises(Exception, match="Poeple"):
        closed.service.rights("Poeple", R.ALL)
