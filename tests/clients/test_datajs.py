"""datajs, over real HTTP: the People service and the TechStore, in JSON and in Atom."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from odata_service import ODataService
from tests.clients.datajs import FORMATS, send_to
from tests.clients.http import served
from tests.clients.node import Node
from tests.service.client import Client

ADA = "People(guid'0d3b3f0e-6f61-4a27-9a35-64d2a1f0c001')"


@pytest.fixture(params=FORMATS)
def format_(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def service(people: Client) -> ODataService:
    people.changing()
    return people.service


@pytest.fixture
def ask(datajs: Node, service: ODataService, format_: str) -> Iterator[Node]:
    with served(service) as root:
        yield send_to(datajs, root, format_)


@pytest.fixture
def shop(datajs: Node, techstore: str, format_: str) -> Node:
    return send_to(datajs, techstore.replace("v4", "v2"), format_)


def test_metadata(ask: Node):
    assert ask("return metadata.dataServices.schema[0].entityType.map((type) => type.name)") == [
        "Address", "AddressType", "Person", "PhoneNumber",
    ]  # fmt: skip


def test_service_document(ask: Node):
    assert ask("""
        const document = await ask("GET", "", undefined, { Accept: "application/atomsvc+xml" })
        return document.workspaces[0].collections.map((each) => each.title)
    """) == ["Addresses", "AddressTypes", "People", "PhoneNumbers"]


@pytest.mark.parametrize("url, found", [
    ("People?$filter=startswith(Name,'K')", ["Karen Jensen"]),
    ("People?$filter=Name eq 'Brian O''Neil' or PersonId eq guid'0d3b3f0e-6f61-4a27-9a35-64d2a1f0c001'&$orderby=Name desc", ["Brian O'Neil", "Ada Lovelace"]),
    ("People?$orderby=Name&$skip=1&$top=2&$select=Name", ["Brian O'Neil", "Chloé Lefèvre"]),
    ("People?$filter=LastUpdated gt datetime'2999-01-01T00:00:00'", []),
])  # fmt: skip
def test_list(ask: Node, url: str, found: list[str]):
    assert ask(f'return names(await ask("GET", {url!r}.replaceAll(" ", "%20")))') == found


def test_types(ask: Node):
    """Dates are dates, because it has read the metadata."""
    assert ask(f"""
        const ada = await ask("GET", "{ADA}")
        return [ada.Name, ada.LastUpdated instanceof Date, ada.IsDeleted, ada.__metadata.type, ada.__metadata.uri === root + "{ADA}"]
    """) == ["Ada Lovelace", True, False, "PeopleModel.Person", True]


def test_expand(ask: Node):
    assert ask(f"""
        const ada = await ask("GET", "{ADA}?$expand=Addresses/AddressType,PhoneNumbers")
        return [ada.Addresses.results.map((each) => each.AddressType.Name).sort(), ada.PhoneNumbers.results.length]
    """) == [["Home", "Work"], 1]


def test_deferred(ask: Node):
    assert ask(f"""
        const ada = await ask("GET", "{ADA}")
        const addresses = await ask("GET", ada.Addresses.__deferred.uri)
        return (await ask("GET", addresses.results[0].AddressType.__deferred.uri)).Name
    """) in ("Home", "Work")


def test_pages(ask: Node, service: ODataService):
    service.page_size("People", 5)
    count, found = ask("""
        let page = await ask("GET", "People?$inlinecount=allpages")
        const [count, found] = [page.__count, names(page)]
        for (; page.__next; found.push(...names(page))) page = await ask("GET", page.__next)
        return [count, found]
    """)
    assert (int(count), len(found), len(set(found))) == (12, 12, 12)


@pytest.mark.parametrize("method", ["MERGE", "PUT"])
def test_create_update_delete(ask: Node, method: str):
    made, changed, deleted = ask(f"""
        const made = await ask("POST", "People", {{ Name: "Mary Müller" }})
        const {{ uri }} = made.__metadata
        await ask("{method}", uri, {{ Name: "Mary O'Neil" }})
        const changed = await ask("GET", uri)
        await ask("DELETE", uri)
        return [made, changed, await ask("GET", uri)]
    """)
    assert [made["Name"], changed["Name"]] == ["Mary Müller", "Mary O'Neil"]
    assert made["LastUpdated"] < changed["LastUpdated"] < deleted["LastUpdated"]
    assert (changed["IsDeleted"], deleted["IsDeleted"]) == (False, True)


def test_create_with_related(ask: Node):
    assert ask("""
        const home = { __metadata: { uri: `${root}AddressTypes(1)` } }
        const address = { StreetAddress: "1 Mill Lane", AddressType: home }
        const mary = await ask("POST", "People", { Name: "Mary", Addresses: [address] })
        const read = await ask("GET", `${mary.__metadata.uri}?$expand=Addresses/AddressType`)
        return read.Addresses.results.map((each) => [each.StreetAddress, each.AddressType.Name])
    """) == [["1 Mill Lane", "Home"]]


def test_links(ask: Node):
    assert ask(f"""
        const [address] = (await ask("GET", "{ADA}/Addresses?$filter=AddressTypeId%20eq%201")).results
        const link = `${{address.__metadata.uri}}/$links/AddressType`
        const json = {{ Accept: "application/json", "Content-Type": "application/json" }}
        const before = await ask("GET", link, undefined, json)
        await ask("PUT", link, {{ uri: `${{root}}AddressTypes(2)` }}, json)
        const after = await ask("GET", link, undefined, json)
        return [before.uri, after.uri].map((uri) => uri.replace(root, ""))
    """) == ["AddressTypes(1)", "AddressTypes(2)"]


def test_batch(ask: Node):
    assert ask(f"""
        const [before, changes, after] = await batch([
          ["GET", "People?$filter=startswith(Name,'K')"],
          [
            ["POST", "People", {{ Name: "Mary" }}, {{ "Content-ID": "1" }}],
            ["POST", "$1/PhoneNumbers", {{ Number: "12" }}],
            ["MERGE", "{ADA}", {{ Name: "Ada King" }}],
          ],
          ["GET", "{ADA}"],
        ])
        const numbers = await ask("GET", `${{changes[0].data.__metadata.uri}}/PhoneNumbers`)
        const statuses = changes.map((change) => Number(change.statusCode))
        return [names(before.data), statuses, numbers.results[0].Number, after.data.Name]
    """) == [["Karen Jensen"], [201, 201, 204], "12", "Ada King"]


def test_a_failed_change_set_changes_nothing(ask: Node):
    assert ask("""
        const [refused] = await batch([[["POST", "People", { Name: "Mary" }], ["POST", "People", { Name: "x".repeat(101) }]]])
        return [Number(refused.response.statusCode), names(await ask("GET", "People")).includes("Mary")]
    """) == [400, False]


def test_etags(shop: Node):
    assert shop("""
        const chair = async () => (await ask("GET", "Products?$filter=Name%20eq%20'Office%20Chair'")).results[0]
        const { uri, etag } = (await chair()).__metadata
        const merge = (Price, tag) => ask("MERGE", uri, { Price }, { "If-Match": tag })
        await merge(199, etag)
        return [await status(merge(299, etag)), Number((await chair()).Price), (await chair()).__metadata.etag === etag]
    """) == [412, 199, False]


@pytest.mark.parametrize("method, url, body, expected", [
    ("GET", "People(guid'00000000-0000-0000-0000-000000000000')", None, 404),
    ("GET", "People?$filter=Nmae%20eq%201", None, 400),
    ("POST", "People", {"Name": "x" * 101}, 400),
    ("DELETE", "AddressTypes(99)", None, 404),
])  # fmt: skip
def test_refusals(ask: Node, method: str, url: str, body: dict[str, str] | None, expected: int):
    sent = "undefined" if body is None else str(body)
    assert ask(f'return status(ask("{method}", "{url}", {sent}))') == expected
