"""pyodata, a V2 client of SAP's, over real HTTP."""

from __future__ import annotations

import datetime
import re
import warnings
from collections.abc import Iterator
from typing import Any

import pyodata
import pytest
import requests
from pyodata.exceptions import HttpError
from pyodata.v2.service import GetEntitySetFilter

from odata_service import ODataService
from tests.clients.http import served
from tests.service.client import Client

ADA = "0d3b3f0e-6f61-4a27-9a35-64d2a1f0c001"


@pytest.fixture
def service(people: Client) -> ODataService:
    people.changing()  # pyodata will, past the client's back
    return people.service


@pytest.fixture
def client(service: ODataService) -> Iterator[Any]:
    """What pyodata makes of $metadata, which it reads strictly: any complaint is an error."""
    with served(service) as root, requests.Session() as session, warnings.catch_warnings(action="error"):
        yield pyodata.Client(root, session)


def test_metadata(client: Any):
    schema = client.schema
    assert {each.name for each in schema.entity_sets} == {"Addresses", "AddressTypes", "People", "PhoneNumbers"}
    person = schema.entity_type("Person")
    assert [key.name for key in person.key_proprties] == ["PersonId"]
    assert {each.name: (each.typ.name, each.nullable, each.max_length) for each in person.proprties()} == {
        "PersonId": ("Edm.Guid", False, None),
        "Name": ("Edm.String", False, 100),
        "LastUpdated": ("Edm.DateTime", False, None),
        "IsDeleted": ("Edm.Boolean", False, None),
    }
    assert {each.name for each in person.nav_proprties} == {"Addresses", "PhoneNumbers"}


def test_list_filter_order_select_expand(client: Any):
    people = client.entity_sets.People.get_entities()
    found = people.filter("startswith(Name,'K') or Name eq 'Brian O''Neil'").order_by("Name desc").execute()
    assert [person.Name for person in found] == ["Karen Jensen", "Brian O'Neil"]
    assert isinstance(found[0].LastUpdated, datetime.datetime)

    first = client.entity_sets.People.get_entities().select("PersonId,Name").top(2).skip(1).execute()
    assert [person.Name for person in first] == ["Brian O'Neil", "Chloé Lefèvre"]

    with_addresses = client.entity_sets.People.get_entities().expand("Addresses").top(1).execute()
    assert len(with_addresses[0].Addresses) == 2

    request = client.entity_sets.Addresses.get_entities()
    both = request.filter(GetEntitySetFilter.and_(request.AddressTypeId == 2, request.StreetAddress >= "9"))
    assert [address.StreetAddress for address in both.execute()] == ["9 Broad Street, Lagos"]

    one = client.entity_sets.People.get_entities().filter(Name="Ada Lovelace").execute()
    assert [person.PersonId for person in one] == [ADA]


def test_one_entity_and_where_it_leads(client: Any):
    ada = client.entity_sets.People.get_entity(ADA).execute()
    assert ada.Name == "Ada Lovelace"
    addresses = ada.nav("Addresses").get_entities().order_by("StreetAddress").execute()
    assert [address.StreetAddress for address in addresses] == [
        "1 Dorset Street, London",
        "12 St James's Square, London",
    ]
    assert addresses[0].nav("AddressType").execute().Name == "Work"
    assert client.entity_sets.People.get_entity(PersonId=ADA).expand("PhoneNumbers").execute().PhoneNumbers[0].Number


def test_pages_and_counts(client: Any, service: ODataService):
    service.page_size("People", 5)
    assert client.entity_sets.People.get_entities().count().execute() == 12
    page = client.entity_sets.People.get_entities().count(inline=True).filter("Name ne 'x'").execute()
    assert page.total_count == 12
    names = [person.Name for person in page]
    while page.next_url is not None:
        page = client.entity_sets.People.get_entities().next_url(page.next_url).execute()
        names += [person.Name for person in page]
    assert len(names) == len(set(names)) == 12


def test_create_update_delete(client: Any):
    people = client.entity_sets.People
    mary = people.create_entity().set(Name="Mary Müller", Addresses=[{"StreetAddress": "1 First Street"}]).execute()
    key = mary.PersonId
    assert mary.Name == "Mary Müller"
    assert people.get_entity(key).expand("Addresses").execute().Addresses[0].StreetAddress == "1 First Street"

    people.update_entity(key).set(Name="Patched").execute()
    assert people.get_entity(key).execute().Name == "Patched"
    people.update_entity(key, method="MERGE").set(Name="Merged").execute()
    assert people.get_entity(key).execute().Name == "Merged"
    people.update_entity(key, method="PUT").set(Name="Put").execute()
    assert people.get_entity(key).execute().Name == "Put"

    before = people.get_entity(key).execute().LastUpdated
    people.delete_entity(key).execute()
    deleted = people.get_entity(key).execute()
    assert deleted.IsDeleted
    assert deleted.LastUpdated > before

    since = client.entity_sets.People.get_entities()
    changed = since.filter(f"LastUpdated gt datetime'{before.replace(tzinfo=None).isoformat()}'").execute()
    assert [person.PersonId for person in changed] == [key]


def test_related_and_with_its_own_key(client: Any):
    kind = client.entity_sets.AddressTypes.create_entity().set(AddressTypeId=9, Name="Holiday").execute()
    assert (kind.AddressTypeId, kind.Name) == (9, "Holiday")
    client.entity_sets.Addresses.create_entity().set(StreetAddress="x", PersonId=ADA, AddressTypeId=9).execute()
    assert client.entity_sets.AddressTypes.get_entity(9).nav("Addresses").get_entities().execute()[0].PersonId == ADA
    client.entity_sets.AddressTypes.delete_entity(9).execute()
    assert client.entity_sets.AddressTypes.get_entities().count().execute() == 3


@pytest.mark.parametrize(
    "status, ask",
    [
        (404, lambda client: client.entity_sets.People.get_entity("00000000-0000-0000-0000-000000000000")),
        (400, lambda client: client.entity_sets.People.get_entities().filter("Nmae eq 'x'")),
        (400, lambda client: client.entity_sets.People.get_entities().filter("Name eq")),
        (400, lambda client: client.entity_sets.People.create_entity().set(Name="x" * 101)),
        (409, lambda client: client.entity_sets.People.create_entity().set(PersonId=ADA, Name="x")),
        (404, lambda client: client.entity_sets.AddressTypes.delete_entity(99)),
        (404, lambda client: client.entity_sets.AddressTypes.update_entity(99).set(Name="x")),
    ],
)
def test_errors_surface(client: Any, status: int, ask: Any):
    with pytest.raises(HttpError) as refused:
        ask(client).execute()
    assert refused.value.response.status_code == status
    message = re.search(
        r'"value":"([^"]+)"|<m:message[^>]*>([^<]+)<', refused.value.response.text
    )  # it deletes with */*
    assert message is not None


def test_composite_keys(shop: Client):
    with served(shop.service) as root, requests.Session() as session, warnings.catch_warnings(action="error"):
        client: Any = pyodata.Client(root, session)
        order = "01886f43-5079-41d6-9a8a-ec9feffa41eb"
        item = client.entity_sets.OrderItems.get_entity(Order_ID=order, Pos=10).expand("Product").execute()
        assert (item.Quantity, item.Product.ID) == (1, 1)
        product = client.entity_sets.Products.get_entity(2).execute()
        assert (product.Price, product.Stock) == ("2.50", 2**53 + 2)
