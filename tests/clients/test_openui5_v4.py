"""OpenUI5's V4 model, bound to a table in Chromium."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from tests.clients.openui5 import Stage
from tests.v4.store import CHAIR, MOUSE, MUG

VAR = Path(__file__).parents[2] / "var"
FIRST_PAGE = [
    ["Premium Laptop Pro", "1,999.99", "Electronics", "InStock,Featured"],
    ["Office Chair", "249.99", "Furniture", "Discontinued"],
    ["Wireless Mouse", "29.99", "Electronics", "InStock,OnSale"],
    ["Coffee Mug", "15.5", "Kitchen", "InStock"],
    ["Gaming Mouse Ultra", "149.99", "Electronics", "InStock,OnSale"],
]
NAMES = [name for name, *_ in FIRST_PAGE] + ["Smartphone", "Laptop"]


@pytest.fixture
def root(openui5: Stage) -> str:
    return f"{openui5.origin}/techstore/v4/"


@pytest.fixture
def page(openui5: Stage, root: str) -> Stage:
    """With a new table of the first rows."""
    openui5.open("products", "techstore")
    openui5.run("ui.show(args[0])", root)
    assert rows(openui5, FIRST_PAGE) == FIRST_PAGE
    return openui5


def rows(page: Stage, expected: list[list[str]]) -> object:
    """Those that are seen in the end."""
    return page.see("ui.rows()", expected)


def names(page: Stage, expected: list[str]) -> object:
    return page.see("ui.rows().map(([name]) => name)", expected)


def price(root: str, name: str) -> float:
    """As the service has it."""
    return httpx.get(f"{root}Products", params={"$filter": f"Name eq '{name}'"}).json()["value"][0]["Price"]


def test_list(page: Stage):
    assert page.asked == [
        "GET $metadata",
        "POST $batch",
        "GET Products?$count=true&$select=ID,Name,Price,Status&$expand=Category($select=ID,Name)&$skip=0&$top=5",
    ]
    page.browser.screenshot(VAR / "openui5_v4.png")
    assert page.browser.page.inner_text(".sapMTitle") == "Products: 7"


def test_page(page: Stage):
    page.asked.clear()
    page.browser.page.click(".sapMGrowingListTrigger")
    assert names(page, NAMES) == NAMES
    assert page.asked[0] == "POST $batch"
    assert page.asked[1].endswith("&$skip=5&$top=2")


@pytest.mark.parametrize("order, found", [
    ("new ui.Sorter('Price', true)", ["Premium Laptop Pro", "Laptop", "Smartphone", "Office Chair", "Gaming Mouse Ultra"]),
    ("new ui.Sorter('Name')", ["Coffee Mug", "Gaming Mouse Ultra", "Laptop", "Office Chair", "Premium Laptop Pro"]),
    ("[new ui.Sorter('Category/Name', true), new ui.Sorter('Name')]", ["Coffee Mug", "Office Chair", "Gaming Mouse Ultra", "Laptop", "Premium Laptop Pro"]),
])  # fmt: skip
def test_sort(page: Stage, order: str, found: list[str]):
    page.run(f"ui.binding.sort({order})")
    assert names(page, found) == found


@pytest.mark.parametrize("condition, found", [
    ("{ path: 'Name', operator: 'Contains', value1: 'Mouse' }", ["Wireless Mouse", "Gaming Mouse Ultra"]),
    ("{ path: 'Name', operator: 'Contains', value1: 'mOUSE', caseSensitive: false }", ["Wireless Mouse", "Gaming Mouse Ultra"]),
    ("{ path: 'Name', operator: 'NotStartsWith', value1: 'L' }", NAMES[:5]),
    ("{ path: 'Price', operator: 'BT', value1: 100, value2: 300 }", ["Office Chair", "Gaming Mouse Ultra"]),
    ("{ path: 'Category/Name', operator: 'EQ', value1: 'Kitchen' }", ["Coffee Mug"]),
    ("{ path: 'ReleaseDate', operator: 'GE', value1: '2024-12-31' }", ["Office Chair"]),
    ("{ path: 'Descriptions', operator: 'Any', variable: 'd', condition: new ui.Filter('d/LanguageKey', 'EQ', 'DE') }", ["Laptop"]),
    ("{ filters: [new ui.Filter('Price', 'LT', 16), new ui.Filter('Name', 'EQ', \"O'Neil\")], and: false }", ["Coffee Mug"]),
])  # fmt: skip
def test_filter(page: Stage, condition: str, found: list[str]):
    page.run(f"ui.binding.filter(new ui.Filter({condition}))")
    assert names(page, found) == found


def test_search(page: Stage):
    page.run("ui.binding.changeParameters({ $search: 'mouse' })")
    assert names(page, ["Wireless Mouse", "Gaming Mouse Ultra"]) == ["Wireless Mouse", "Gaming Mouse Ultra"]


def test_expand(page: Stage):
    assert page.run("""
        const parameters = { $expand: { Descriptions: { $select: ["LongText", "Description"], $orderby: "LanguageKey desc" } } }
        const [laptop] = await ui.model.bindList("/Products", null, [], [new ui.Filter("Name", "EQ", "Laptop")], parameters).requestContexts()
        return (await laptop.requestObject("Descriptions")).map((each) => each.Description)
    """) == ["A light laptop", "Ein leichter Laptop"]


def test_create(page: Stage, root: str):
    page.asked.clear()
    assert page.run("""
        const pen = ui.binding.create({ Name: "Pen", Price: 1.5, Status: "OnSale" })
        await pen.created()
        return [pen.getProperty("ID").length, pen.getPath() === `/Products(${pen.getProperty("ID")})`]
    """) == [36, True]
    expected = [["Pen", "1.5", "", "OnSale"], *FIRST_PAGE[:4]]
    assert rows(page, expected)[:5] == expected
    assert page.asked[:2] == ["POST $batch", "POST Products"]
    assert price(root, "Pen") == 1.5


def test_create_that_is_refused(page: Stage, root: str):
    page.run("ui.binding.create({ Name: 'x'.repeat(101), Price: 1.5 })")
    message = ["Name: has 101 characters, and at most 100 fit"]
    assert page.see("ui.messages()", message) == message


def test_update(page: Stage, root: str):
    """Somebody types a price; the change goes out with the entity's ETag."""
    page.asked.clear()
    with page.browser.page.expect_response("**/$batch"):
        page.type(2, 2, "199.5")
    expected = [FIRST_PAGE[0], ["Office Chair", "199.5", *FIRST_PAGE[1][2:]], *FIRST_PAGE[2:]]
    assert rows(page, expected) == expected
    assert page.asked == ["POST $batch", "PATCH Products(29386ddb-7cf9-4a1e-bf8d-0afdc6ed5e38)"]
    assert price(root, "Office Chair") == 199.5


def test_update_of_what_another_has_changed(page: Stage, root: str):
    httpx.patch(f"{root}{CHAIR}", json={"Price": 100})
    page.run("ui.binding.getCurrentContexts()[1].setProperty('Price', 199).catch(() => {})")
    assert page.see("ui.messages().length", 1) == 1
    assert "changed" in page.run("return ui.messages()[0]")
    assert price(root, "Office Chair") == 100


def test_changes_that_wait_go_out_as_one(page: Stage, root: str):
    page.run(
        """
        ui.show(args[0], "changes")
        await ui.eventually(() => ui.rows().length, 5)
        const [, chair, mouse] = ui.binding.getCurrentContexts()
        chair.setProperty("Price", 199)
        mouse.setProperty("Name", "Mouse")
        mouse.setProperty("Price", 19)
    """,
        root,
    )
    assert price(root, "Office Chair") == 249.99
    page.asked.clear()
    assert page.run("await ui.model.submitBatch('changes'); return [ui.model.hasPendingChanges(), ui.messages()]") == [
        False,
        [],
    ]
    assert page.asked == ["POST $batch", f"PATCH {CHAIR}", f"PATCH {MOUSE}"]
    assert (price(root, "Office Chair"), price(root, "Mouse")) == (199, 19)


def test_changes_of_which_one_fails_are_all_kept_back(page: Stage, root: str):
    assert page.run(
        """
        ui.show(args[0], "changes")
        await ui.eventually(() => ui.rows().length, 5)
        const [, chair, mouse] = ui.binding.getCurrentContexts()
        const again = true
        chair.setProperty("Price", 199, undefined, again)
        mouse.setProperty("Name", "x".repeat(101), undefined, again)
        await ui.model.submitBatch("changes")
        return [ui.model.hasPendingChanges(), ui.messages()]
    """,
        root,
    ) == [True, ["Name: has 101 characters, and at most 100 fit"]]
    where = page.browser.page.input_value("[aria-invalid=true]")
    assert where == "x" * 101  # the message is shown where the mistake is
    assert price(root, "Office Chair") == 249.99
    found = page.run("""
        ui.binding.getCurrentContexts()[2].setProperty("Name", "Mouse")
        await ui.model.submitBatch("changes")
        return ui.model.hasPendingChanges()
    """)
    assert found is False
    assert price(root, "Office Chair") == 199


def test_create_with_what_belongs_to_it(page: Stage, root: str):
    page.run("""
        const pen = ui.binding.create({ Name: "Pen", Price: 1.5, Descriptions: [{ LanguageKey: "EN", Description: "It writes" }] })
        await pen.created()
    """)
    (pen,) = httpx.get(f"{root}Products?$filter=Name eq 'Pen'&$expand=Descriptions").json()["value"]
    assert [each["Description"] for each in pen["Descriptions"]] == ["It writes"]


def test_delete(page: Stage, root: str):
    page.asked.clear()
    page.run("await ui.binding.getCurrentContexts()[3].delete()")
    left = [name for name in NAMES if name != "Coffee Mug"]
    assert names(page, left[:5]) == left[:5]
    assert page.asked[:2] == ["POST $batch", f"DELETE {MUG}"]
    assert page.browser.page.inner_text(".sapMTitle") == "Products: 6"
    assert httpx.get(f"{root}{MUG}").status_code == 404


def test_another_changes_what_is_shown(page: Stage, root: str):
    httpx.patch(f"{root}{CHAIR}", json={"Price": 100})
    page.asked.clear()
    page.run("await ui.binding.getCurrentContexts()[1].requestSideEffects(['Price'])")
    expected = [FIRST_PAGE[0], ["Office Chair", "100", *FIRST_PAGE[1][2:]], *FIRST_PAGE[2:]]
    assert rows(page, expected) == expected
    assert page.asked == ["POST $batch", f"GET {CHAIR}?$select=Price"]


def test_action_of_a_row(page: Stage, root: str):
    """What it returns is shown in the row."""
    page.run("""
        const action = ui.model.bindContext("TechStore.ApplyDiscount(...)", ui.binding.getCurrentContexts()[3])
        await action.setParameter("percentage", 20).invoke()
    """)
    expected = [*FIRST_PAGE[:3], ["Coffee Mug", "12.4", *FIRST_PAGE[3][2:]], FIRST_PAGE[4]]
    assert rows(page, expected) == expected
    assert price(root, "Coffee Mug") == 12.4


@pytest.mark.parametrize("operation, parameters, result", [
    ("/ResetAllPrices(...)", {}, {"value": "7"}),
    (f"/{CHAIR}/TechStore.GetInfo(...)", {"format": "ä/'&?"}, {"value": "Office Chair: 249.99 (ä/'&?)"}),
    (f"/{CHAIR}/TechStore.IncreasePrice(...)", {"amount": 1}, {}),
    (f"/{CHAIR}/TechStore.GetTotalPrice(...)", {"taxRate": 0.5}, {"value": 374.985}),
])  # fmt: skip
def test_operations(page: Stage, operation: str, parameters: dict[str, object], result: object):
    invoked = page.run(
        """
        const operation = ui.model.bindContext(args[0])
        Object.entries(args[1]).forEach(([name, value]) => operation.setParameter(name, value))
        await operation.invoke()
        return operation.getBoundContext().getObject()
    """,
        operation,
        parameters,
    )
    assert {name: value for name, value in invoked.items() if not name.startswith("@")} == result


def test_function_that_gives_products(page: Stage):
    assert page.run("""
        const found = ui.model.bindList("/FindProducts(name='Laptop',maxPrice=1000)", null, new ui.Sorter("Name"))
        return (await found.requestContexts()).map((context) => context.getProperty("Name"))
    """) == ["Laptop"]


def test_singleton(page: Stage, root: str):
    assert page.run("""
        const company = ui.model.bindContext("/Company").getBoundContext()
        const before = await company.requestProperty("CEO")
        await company.setProperty("CEO", "Ada Lovelace")
        return [before, await company.requestProperty("CEO")]
    """) == ["Sarah Johnson", "Ada Lovelace"]
    assert httpx.get(f"{root}Company/CEO").json()["value"] == "Ada Lovelace"


def test_groups_and_sums(page: Stage):
    """The sum of all, groups with their sums, and the rows of a group that is opened."""
    before, opened = page.run("""
        const $$aggregation = {
          aggregate: { Total: { name: "Price", with: "sum", grandTotal: true, subtotals: true } },
          group: { ProductType: {}, Name: {} },
          groupLevels: ["ProductType"],
        }
        const sorters = [new ui.Sorter("ProductType"), new ui.Sorter("Name")]
        const list = ui.model.bindList("/Products", null, sorters, [], { $$aggregation })
        const shown = async () => (await list.requestContexts()).map((context) =>
          ["ProductType", "Name", "Total"].map((name) => context.getProperty(name) ?? null))
        const before = await shown()
        await list.getAllCurrentContexts()[1].expand()
        return [before, await shown()]
    """)
    total, plain, special = before
    assert (total[:2], plain[:2], special[:2]) == ([None, None], ["Product", None], ["SpecialProduct", None])
    assert total[2] == pytest.approx(plain[2] + special[2]) == pytest.approx(4245.44)
    assert [name for _, name, _ in opened] == [
        None, None, "Coffee Mug", "Office Chair", "Smartphone", "Wireless Mouse", None,
    ]  # fmt: skip
