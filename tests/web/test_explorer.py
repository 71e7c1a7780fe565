"""What somebody sees who opens the host's address in a browser, and does there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser import new_device
from tests.explorer import Explorer
from tests.npm import Npm
from tests.serving import Serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser as Chromium

# Each comparison of each property, as the filter builder writes it in both versions.
EVERY_FILTER = """
const { Model, typesOfV2 } = await import("/-/explorer/model.js")
const { Query, operatorsOf } = await import("/-/explorer/query.js")
const [v4, v2, samples] = args
const model = new Model(await (await fetch(`${v4}$metadata`, { headers: { Accept: "application/json" } })).json())
const types = typesOfV2(await (await fetch(`${v2}$metadata`)).text())
const wrong = []
let asked = 0
for (const set of [model.sets.get("Products"), model.sets.get("DecimalSamples")]) {
  for (const property of set.type.properties.filter((each) => each.comparable)) {
    await Promise.all(operatorsOf(property).map(async ([operator]) => {
      const value = property.enum ? property.enum.members[0] : samples[property.type]
      const query = new Query(set, { where: [{ path: property.path, operator, value }] })
      for (const url of [`${v4}${query.v4}`, types.has(`${set.type.name}.${property.path}`) && `${v2}${query.v2(types)}`]) {
        if (!url) continue
        const answer = await fetch(url, { headers: { Accept: "application/json" } })
        asked += 1
        if (!answer.ok) wrong.push(`${url} ${await answer.text()}`)
      }
    }))
  }
}
return { asked, wrong }
"""
SAMPLES = {
    "String": "O'Neil & Söhne+", "Guid": "1265c7c8-e590-4e99-8dc4-9f872f89bcc6", "Boolean": "true", "Byte": "1",
    "SByte": "-1", "Int16": "1", "Int32": "1", "Int64": "1", "Single": "1.5", "Double": "1.5", "Decimal": "1.5",
    "Date": "2024-01-20", "DateTimeOffset": "2024-01-20T10:00:00Z", "TimeOfDay": "08:15:00", "Duration": "PT2H",
}  # fmt: skip
AXE = """
const found = (await axe.run()).violations.filter((each) => ["serious", "critical"].includes(each.impact))
return found.map((each) => `${each.id}: ${each.nodes.map((node) => node.html.slice(0, 120)).join(" | ")}`)
"""
SENT_ELSEWHERE = """
const names = performance.getEntriesByType("resource").map((each) => each.name)
return names.filter((name) => !name.startsWith(location.origin) && !name.startsWith("data:"))
"""


@pytest.fixture(scope="module")
def explorer(tmp_path_factory: pytest.TempPathFactory, chromium: Chromium) -> Iterator[Explorer]:
    serving = Serving.start(tmp_path_factory.mktemp("store"), "--sample", "techstore", "--workers", "1")
    with new_device(chromium) as browser:
        yield Explorer(browser, serving.root.removesuffix("v2/"))
    serving.stop()


def test_it_leads_to_the_services(explorer: Explorer):
    assert explorer.open()["title"] == "Types"
    status = "return Promise.all([...document.querySelectorAll('#services a')].map((link) => fetch(link.href).then((answer) => answer.status)))"
    assert set(explorer.browser.run(status)) == {200}
    sets = explorer.browser.run(
        "return [...document.querySelectorAll('#sets a')].map((link) => link.firstChild.textContent)"
    )
    assert sets == [
        "Types", "Operations", "Categories", "Company", "DecimalSamples", "MediaItems", "Products", "ProductDescriptions", "ReadOnlyItems",
    ]  # fmt: skip
    explorer.browser.run(
        "document.querySelector('.diagram a[href$=Products]').dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true, view: window }))"
    )
    assert explorer.seen("document.querySelector('h2')?.textContent === 'Products'")["title"] == "Products"


def test_rows_filtered_and_sorted(explorer: Explorer):
    explorer.open("Products", select=["Name", "Price"])
    explorer.click("Filter")
    explorer.click("Add a condition")
    explorer.fill("Property of condition 1", "Price")
    explorer.fill("Comparison of condition 1", "gt")
    explorer.fill("Value of condition 1", "500")
    explorer.click("Apply")
    explorer.seen("document.querySelectorAll('main > .scroll > table > tbody > tr').length === 3")
    explorer.click("Price")
    seen = explorer.seen("document.querySelector('[aria-sort=ascending]')")
    assert [row[1:3] for row in seen["rows"]] == [
        ["Smartphone", "799.99"],
        ["Laptop", "999.99"],
        ["Premium Laptop Pro", "1,999.99"],
    ]
    for address, names in zip(seen["addresses"], ("value", "d"), strict=True):
        body = explorer.browser.run(
            "return (await fetch(args[0], { headers: { Accept: 'application/json' } })).json()", address
        )
        found = body[names] if names == "value" else body["d"]["results"]
        assert [each["Name"] for each in found] == ["Smartphone", "Laptop", "Premium Laptop Pro"], address


def test_related_entities_open_below(explorer: Explorer):
    explorer.open("Categories", select=["Name"])
    explorer.click("▸ Products")
    seen = explorer.seen("document.querySelector('table.inner')")
    assert seen["inner"] == ["Products"] * 3
    assert "$expand=Products" in seen["addresses"][0]


def test_an_entity_is_made_changed_and_deleted(explorer: Explorer):
    explorer.open("Categories", select=["Name"], orderby=[["Name", False]])
    explorer.click("New")
    explorer.click("Save", "dialog")
    explorer.seen("document.querySelector('dialog .error')")  # what is missing, in the service's words
    explorer.fill("Name", "Books & <b>")
    explorer.click("Save", "dialog")
    seen = explorer.seen("!document.querySelector('dialog') && document.body.textContent.includes('Books &')")
    assert seen["rows"][0][1] == "Books & <b>"
    explorer.edit("Books & <b>")
    explorer.fill("Name", "Books")
    explorer.click("Save", "dialog")
    explorer.seen(
        "!document.querySelector('dialog') && [...document.querySelectorAll('td')].some((each) => each.textContent === 'Books')"
    )
    explorer.edit("Books")
    explorer.click("Delete…", "dialog")
    explorer.click("Delete", "dialog:last-of-type")
    seen = explorer.seen(
        "!document.querySelector('dialog') && document.querySelectorAll('main > .scroll > table > tbody > tr').length === 3"
    )
    assert "Books" not in [row[1] for row in seen["rows"]]


def test_who_may_not_change_sees_no_way_to(explorer: Explorer):
    explorer.open("ReadOnlyItems")
    buttons = explorer.browser.run(
        "return [...document.querySelectorAll('main button')].map((each) => each.textContent)"
    )
    assert "New" not in buttons and "Edit" not in buttons


def test_a_chart(explorer: Explorer):
    seen = explorer.open("Products", group={"by": "Category/Name", "of": "Price", "method": "max"})
    assert seen["bars"] == ["Electronics", "1,999.99", "Furniture", "249.99", "Kitchen", "15.5"]
    seen = explorer.open("Products", group={"by": "Status", "of": "Price", "method": "sum"})
    assert seen["bars"][:2] == ["InStock,Featured", "2,999.98"]


def test_operations(explorer: Explorer):
    explorer.browser.open("about:blank")
    explorer.browser.open(f"{explorer.home}#/-/operations")
    explorer.seen("document.querySelector('.api')")
    summaries = explorer.browser.run("return [...document.querySelectorAll('.api summary')].map((each) => each.textContent)")
    assert "POST /Products Add an entity to Products" in summaries
    assert not any("/ReadOnlyItems" in each and each.startswith(("POST", "PATCH", "DELETE")) for each in summaries)


def test_refusals_are_the_service_s_own(explorer: Explorer):
    seen = explorer.open("Products", raw="Nam eq 1")
    assert seen["errors"] == [
        "400 UnknownProperty Product has no property 'Nam'; did you mean 'Name'? (at position 0 of $filter)"
    ]
    explorer.browser.errors()


def test_every_filter_is_understood(explorer: Explorer):
    explorer.open()
    found = explorer.browser.run(EVERY_FILTER, f"{explorer.home}v4/", f"{explorer.home}v2/", SAMPLES)
    assert found["wrong"] == []
    assert found["asked"] > 200


VIEWS: list[tuple[str, dict[str, Any], str]] = [
    ("", {}, ""),
    ("Products", {"select": ["Name", "Price"]}, "Filter"),
    ("Categories", {"expand": ["Products"]}, ""),
    ("Products", {"select": ["Name"]}, "New"),
    ("Products", {"group": {"by": "Status", "method": "count"}}, ""),
    ("Products", {"raw": "Nam eq 1"}, ""),
]


def test_accessible_and_alone(explorer: Explorer, npm: Npm):
    """In each view: no serious fault that axe finds, nothing on the console, nothing asked of others."""
    axe = (npm("axe", "axe-core@4.11").modules / "axe-core" / "axe.min.js").read_text()
    explorer.browser.errors()
    for entity_set, state, button in VIEWS:
        explorer.open(entity_set, **state)
        if button:
            explorer.click(button)
        explorer.browser.run(f"{axe}; window.axe = axe")
        assert explorer.browser.run(AXE) == [], (entity_set, state)
        assert explorer.browser.run(SENT_ELSEWHERE) == []
        said = [each for each in explorer.browser.errors() if "status of 400" not in each]
        assert said == [], (entity_set, state)


def test_nothing_but_its_own(make):
    policy = make().get("/").headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "script-src 'self';" in policy and "unsafe" not in policy


def test_all_modules_are_there(make):
    client = make()
    for file in (Path(__file__).parents[2] / "odata_service" / "explorer").glob("*.[jc]s*"):
        assert client.get(f"/-/explorer/{file.name}").status_code == 200, file.name
