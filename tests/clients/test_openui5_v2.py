"""OpenUI5's V2 model, bound to a table in Chromium."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from tests.clients.openui5 import Stage
from tests.v4.store import CHAIR

VAR = Path(__file__).parents[2] / "var"
ADA = "People(guid'0d3b3f0e-6f61-4a27-9a35-64d2a1f0c001')"
FIRST_PAGE = [
    ["Ada Lovelace", "1 Dorset Street, London\n12 St James's Square, London"],
    ["Brian O'Neil", "27 O'Connell Street, Limerick"],
    ["Chloé Lefèvre", "31 quai d'Orsay, Paris\n8 rue de l'Échiquier, Paris"],
    ["Dmitri Волков", "15 Sadovaya Street, Riga"],
    ["Emily Watson", "140 Elm Avenue, Portland\n500 Harbor Way, Portland\nPO Box 77, Portland"],
]
READ = (
    "GET People?$skip=0&$top=5&$filter=IsDeleted%20eq%20false"
    "&$expand=Addresses&$select=PersonId%2cName%2cAddresses%2fStreetAddress&$inlinecount=allpages"
)


@pytest.fixture
def root(openui5: Stage) -> str:
    return f"{openui5.origin}/people/v2/"


@pytest.fixture
def page(openui5: Stage, root: str) -> Stage:
    """With a new table of the first rows."""
    openui5.open("people", "people")
    openui5.run("ui.show(args[0])", root)
    assert openui5.see("ui.rows().length", 5) == 5
    return openui5


def names(page: Stage, expected: list[str]) -> object:
    """Those that are seen in the end."""
    return page.see("ui.rows().map(([name]) => name)", expected)


def person(root: str, name: str) -> dict[str, object] | None:
    """As the service has it."""
    asked = {"$filter": f"Name eq '{name}'", "$expand": "Addresses"}
    found = httpx.get(f"{root}People", params=asked, headers={"Accept": "application/json"}).json()["d"]["results"]
    return found[0] if found else None


def test_list(page: Stage):
    """One batch brings a page of people, their addresses and how many there are."""
    assert page.see("ui.rows()", FIRST_PAGE) == FIRST_PAGE
    assert page.browser.page.inner_text(".sapMTitle") == "People: 12"
    assert page.asked == ["GET $metadata", "HEAD ", "POST $batch", READ]
    page.browser.screenshot(VAR / "openui5_v2.png")


def test_pages(page: Stage):
    for shown in (10, 12):
        page.browser.page.click(".sapMGrowingListTrigger")
        assert page.see("ui.rows().length", shown) == shown
    assert [line.partition("&$filter")[0] for line in page.asked if line.startswith("GET People")] == [
        "GET People?$skip=0&$top=5", "GET People?$skip=5&$top=5", "GET People?$skip=10&$top=2",
    ]  # fmt: skip


@pytest.mark.parametrize("order, found", [
    ("new ui.Sorter('Name', true)", ["Lars Østergård", "Karen Jensen", "John Smith", "Inês Gonçalves", "Haruto 山田"]),
    ("[new ui.Sorter('LastUpdated'), new ui.Sorter('Name')]", [name for name, _ in FIRST_PAGE]),
])  # fmt: skip
def test_sort(page: Stage, order: str, found: list[str]):
    page.run(f"ui.binding.sort({order})")
    assert names(page, found) == found


@pytest.mark.parametrize("condition, found", [
    ("{ path: 'Name', operator: 'Contains', value1: 'Neil' }", ["Brian O'Neil"]),
    ("{ path: 'Name', operator: 'EQ', value1: \"Brian O'Neil\" }", ["Brian O'Neil"]),
    ("{ path: 'Name', operator: 'Contains', value1: 'nEIL', caseSensitive: false }", ["Brian O'Neil"]),
    ("{ path: 'Name', operator: 'NotContains', value1: 'a' }", ["Chloé Lefèvre", "Dmitri Волков", "John Smith"]),
    ("{ path: 'Name', operator: 'BT', value1: 'A', value2: 'C' }", ["Ada Lovelace", "Brian O'Neil"]),
    ("{ path: 'PersonId', operator: 'EQ', value1: '0d3b3f0e-6f61-4a27-9a35-64d2a1f0c001' }", ["Ada Lovelace"]),
    ("{ path: 'LastUpdated', operator: 'LT', value1: new Date(2001, 0, 1) }", []),
    ("{ filters: [new ui.Filter('Name', 'StartsWith', 'K'), new ui.Filter('Name', 'EndsWith', 'ace')], and: false }", ["Ada Lovelace", "Karen Jensen"]),
])  # fmt: skip
def test_filter(page: Stage, condition: str, found: list[str]):
    page.run(f"ui.binding.filter(new ui.Filter({condition}))")
    assert names(page, found) == found


def test_what_is_typed_is_sent_when_it_is_submitted(page: Stage, root: str):
    page.asked.clear()
    page.type(1, 1, "Ada King")
    page.type(2, 1, "Brian Óg")
    assert page.see("Object.keys(ui.model.getPendingChanges()).length", 2) == 2
    assert page.asked == []
    page.run("await ui.done((how) => ui.model.submitChanges(how))")
    assert page.see("ui.model.hasPendingChanges()", False) is False
    assert page.asked[0] == "POST $batch"
    assert [line.partition("(")[0] for line in page.asked if line.startswith("MERGE")] == ["MERGE People"] * 2
    assert person(root, "Ada King")
    assert person(root, "Brian Óg")


def test_a_mistake_is_told_and_nothing_of_its_group_is_changed(page: Stage, root: str):
    page.run("ui.show(args[0], { refreshAfterChange: false })", root)  # reading again would take the message away
    assert names(page, [name for name, _ in FIRST_PAGE])
    page.type(1, 1, "Ada King")
    page.type(2, 1, "x" * 101)
    page.run("await ui.done((how) => ui.model.submitChanges(how))")
    told = ["Name: has 101 characters, and at most 100 fit"] * 2  # to each of the two that were changed
    assert page.see("ui.messages()", told) == told
    assert person(root, "Ada King") is None
    assert page.run("return ui.model.hasPendingChanges()")


def test_create(page: Stage, root: str):
    """An entry that is made on the page and sent with the others."""
    made = page.run("""
        const entry = ui.model.createEntry("/People", { properties: { Name: "Mary Müller" } })
        await ui.done((how) => ui.model.submitChanges(how))
        return [entry.getPath(), entry.getObject()]
    """)
    assert made[0].startswith("/People(guid'")
    assert (made[1]["Name"], made[1]["IsDeleted"]) == ("Mary Müller", False)
    assert person(root, "Mary Müller")
    page.run("ui.binding.filter(new ui.Filter('Name', 'StartsWith', 'Mary'))")
    assert names(page, ["Mary Müller"]) == ["Mary Müller"]


def test_create_with_what_belongs_to_it(page: Stage, root: str):
    page.run("""
        const address = { StreetAddress: "1 Mill Lane", AddressType: { __metadata: { uri: "AddressTypes(1)" } } }
        await ui.done((how) => ui.model.create("/People", { Name: "Mary", Addresses: [address] }, how))
    """)
    (address,) = person(root, "Mary")["Addresses"]["results"]
    assert (address["StreetAddress"], address["AddressTypeId"]) == ("1 Mill Lane", 1)


def test_remove(page: Stage, root: str):
    """It stays as a tombstone, which the table does not show."""
    page.asked.clear()
    page.run(f"""await ui.done((how) => ui.model.remove("/{ADA}", how))""")
    left = ["Brian O'Neil", "Chloé Lefèvre"]
    assert page.see("ui.rows().slice(0, 2).map(([name]) => name)", left) == left
    assert page.asked[:2] == ["POST $batch", f"DELETE {ADA}"]
    assert person(root, "Ada Lovelace")["IsDeleted"] is True


def test_another_has_changed_what_is_shown(page: Stage, root: str):
    httpx.request("MERGE", f"{root}{ADA}", json={"Name": "Ada King"})
    page.run("ui.model.refresh()")
    assert page.see("ui.rows()[0][0]", "Ada King") == "Ada King"


def test_without_batch(page: Stage, root: str):
    """A change is a POST that says what it means by ``x-http-method``."""
    page.asked.clear()
    page.run("ui.show(args[0], { useBatch: false })", root)
    assert page.see("ui.rows()", FIRST_PAGE) == FIRST_PAGE
    page.run(f"""await ui.done((how) => ui.model.update("/{ADA}", {{ Name: "Ada King" }}, how))""")
    assert [line for line in page.asked if ADA in line] == [f"POST {ADA}"]
    assert person(root, "Ada King")


@pytest.fixture
def shop(openui5: Stage) -> Stage:
    """The model of another service, whose entities have ETags."""
    openui5.open("people", "techstore")
    openui5.run("ui.connect(args[0])", f"{openui5.origin}/techstore/v2/")
    return openui5


PRODUCT = CHAIR.replace("(", "(guid'").replace(")", "')")


def test_etags(shop: Stage):
    """It sends what it has read with the entity; another has changed it meanwhile."""
    assert shop.run(
        """
        const [path, url] = args
        await ui.done((how) => ui.model.read(path, how))
        const change = (Price) => (how) => ui.model.update(path, { Price }, how)
        await ui.done(change(199))
        await ui.done((how) => ui.model.read(path, how))
        await fetch(url, { method: "MERGE", headers: { "Content-Type": "application/json", "If-Match": "*" }, body: '{"Price":99}' })
        return [await ui.refused(change(299)), await ui.done((how) => ui.model.read(path, how))].map((each) => each.Price ?? each)
    """,
        f"/{PRODUCT}",
        f"{shop.origin}/techstore/v2/{PRODUCT}",
    ) == [[412, "PreconditionFailed"], 99]


@pytest.mark.parametrize("name, parameters, found", [
    ("/FindProducts", {"name": "Laptop", "maxPrice": 1000.5}, ["Laptop"]),
    ("/GetTopProducts", {"count": "2"}, ["Premium Laptop Pro", "Laptop"]),
])  # fmt: skip
def test_functions(shop: Stage, name: str, parameters: dict[str, object], found: list[str]):
    assert (
        shop.run(
            """
        const [name, urlParameters] = args
        const { results } = await ui.done((how) => ui.model.callFunction(name, { method: "GET", urlParameters, ...how }))
        return results.map((product) => product.Name)
    """,
            name,
            parameters,
        )
        == found
    )


def test_actions(shop: Stage):
    assert shop.run("""
        return await ui.done((how) => ui.model.callFunction("/ResetAllPrices", { method: "POST", ...how }))
    """) == {"ResetAllPrices": "7"}
