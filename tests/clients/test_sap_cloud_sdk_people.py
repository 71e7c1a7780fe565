"""A client that the SAP Cloud SDK generates of the article's service."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import create_engine

from odata_service import ODataService
from odata_service.sample import sample_named
from tests.clients.http import served
from tests.clients.node import Node
from tests.clients.sap_cloud_sdk import PACKAGES, generated, send_to
from tests.npm import Npm
from tests.service.client import Client
from tests.service.databases import service_of

WORDS = """
const { peopleApi, addressesApi } = client.people()
Object.assign(globalThis, {
  peopleApi, people: () => peopleApi.requestBuilder(), Person: peopleApi.schema,
  addressesApi, addresses: () => addressesApi.requestBuilder(), Address: addressesApi.schema,
  functions: odata.filterFunctions(),
  since: (moment) => people().getAll().filter(Person.LAST_UPDATED.greaterThan(moment)).execute(service),
})
"""


@pytest.fixture(scope="session")
def people_client(npm: Npm) -> Iterator[Node]:
    metadata = Client(service_of(sample_named("people"), create_engine("sqlite://"))).get("$metadata").body
    with generated(npm("sap-cloud-sdk", *PACKAGES), "people", "v2", metadata) as node:
        node(WORDS)
        yield node


@pytest.fixture
def service(people: Client) -> ODataService:
    people.changing()
    return people.service


@pytest.fixture
def sdk(people_client: Node, service: ODataService) -> Iterator[Node]:
    with served(service) as root:
        yield send_to(people_client, root)


def test_list_filter_expand(sdk: Node):
    assert sdk("""
        const found = await people().getAll()
            .filter(functions.startsWith(Person.NAME, "A").equals(true), Person.IS_DELETED.equals(false))
            .select(Person.NAME, Person.ADDRESSES.select(Address.STREET_ADDRESS)).execute(service)
        return found.map((person) => [person.name, person.addresses.map((each) => each.streetAddress).sort()])
    """) == [["Ada Lovelace", ["1 Dorset Street, London", "12 St James's Square, London"]]]


def test_first_page_only(sdk: Node, service: ODataService):
    """It follows no ``__next``: whoever uses it skips."""
    service.page_size("People", 5)
    assert (
        sdk("""
        const found = []
        for (let page; page?.length !== 0; found.push(...page))
          page = await people().getAll().skip(found.length).execute(service)
        return new Set(found.map((person) => person.personId)).size
    """)
        == 12
    )


def test_keeping_a_copy(sdk: Node):
    """What was made, changed and deleted is found by its stamp; a deleted person is a tombstone."""
    assert sdk("""
        const before = (await people().getAll().orderBy(odata.desc(Person.LAST_UPDATED)).top(1).execute(service))[0].lastUpdated
        const mary = await people().create(peopleApi.entityBuilder().name("Mary Müller").build()).execute(service)
        mary.name = "Mary O'Neil"
        await people().update(mary).execute(service)
        const home = addressesApi.entityBuilder().streetAddress("1 Mill Lane").build()
        await addresses().create(home).asChildOf(mary, Person.ADDRESSES).execute(service)
        const changed = await since(before)
        await people().delete(mary).execute(service)
        const deleted = await since(changed[0].lastUpdated)
        return [changed, deleted].map((found) => found.map((person) => [person.name, person.isDeleted]))
    """) == [[["Mary O'Neil", False]], [["Mary O'Neil", True]]]


def test_batch(sdk: Node):
    assert sdk("""
        const [ada] = await people().getAll().filter(Person.NAME.equals("Ada Lovelace")).execute(service)
        ada.name = "Ada King"
        const made = people().create(peopleApi.entityBuilder().name("Mary").build())
        const [changes, after] = await client.batch(
          client.changeset(made, people().update(ada)), people().getAll().filter(Person.NAME.equals("Ada King")),
        ).execute(service)
        return [changes.responses.map((each) => each.httpCode), after.as(peopleApi).length]
    """) == [[201, 204], 1]
