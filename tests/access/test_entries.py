"""Hooks that see each entity before it is written, in both versions and both of V2's formats."""

from __future__ import annotations

import json
from decimal import Decimal
from xml.etree import ElementTree

import pytest

from odata_service import ColumnRights, EntitySetRights
from tests.access.model import BOSS, CLERK

D = "{http://schemas.microsoft.com/ado/2007/08/dataservices}"
LINK = "{http://www.w3.org/2005/Atom}link"


@pytest.fixture
def shop(orders):
    orders.service.rights("*", EntitySetRights.ALL)
    return orders


def without_control(row):
    return {name: value for name, value in row.items() if "@" not in name and not name.startswith("__")}


def atom(client, url):
    answer = client.v2().get(url, Accept="application/atom+xml")
    assert answer.status == 200, answer.text
    return ElementTree.fromstring(answer.body)


def elements(document, name):
    return [each.text for each in document.iter(f"{D}{name}")]


def test_what_a_hook_sees(shop):
    seen = []

    @shop.service.on_entry("Orders")
    def look(ctx, entry):
        seen.append((ctx.user.name, entry.entity_set, entry.type, entry.address, entry["Amount"], "Customer" in entry))

    for client in (shop, shop.v2()):
        client.by(CLERK).get("Orders(2)")
    atom(shop.by(CLERK), "Orders(2)")
    expected = ("Carla", "Orders", "Shop.Order", "http://services.example/svc/Orders(2)", Decimal(20), False)
    assert seen == [expected] * 3


def test_values_are_written_otherwise(shop):
    plain = [shop.rows("Orders"), shop.v2().rows("Orders")]

    @shop.service.on_entry("Orders")
    def masked(ctx, entry):
        entry["Text"] = entry["Text"].upper()
        entry["Amount"] = Decimal("0.50")
        entry["Margin"] = None

    for client, before in zip((shop, shop.v2()), plain, strict=True):
        amount = "0.50" if client.protocol == "v2" else 0.5
        changed = [{**row, "Text": row["Text"].upper(), "Amount": amount, "Margin": None} for row in before]
        assert client.rows("Orders") == changed
    entries = atom(shop, "Orders")
    assert elements(entries, "Text") == ["ORDER 1", "ORDER 2", "ORDER 3", "ORDER 4"]
    assert set(elements(entries, "Amount")) == {"0.50"} and set(elements(entries, "Margin")) == {None}
    assert shop.ids("Orders?$filter=Text eq 'order 2'") == [2]  # nothing of it is stored


def test_some_have_less_than_others(shop):
    @shop.service.on_entry("Orders")
    def short(ctx, entry):
        if entry["Id"] % 2:
            entry.omit("Margin", "Customer", "Nothing")
            del entry["Tenant"]

    shown = ["Tenant" in row and "Margin" in row for row in shop.rows("Orders")]
    assert shown == [False, True, False, True]
    assert ["Customer" in row for row in shop.rows("Orders?$expand=Customer")] == shown
    assert [row["Id"] for row in shop.rows("Orders?$orderby=Id desc")] == [4, 3, 2, 1]
    assert ["Customer" in row for row in shop.v2().rows("Orders")] == shown
    assert [row["Customer"]["Name"] for row in shop.v2().rows("Orders?$expand=Customer") if "Customer" in row] == [
        "Ann",
        "Bob",
    ]
    entries = atom(shop, "Orders")
    assert len(elements(entries, "Margin")) == 2
    assert [each.get("title") for each in entries.iter(LINK)].count("Customer") == 2
    full = shop.rows("Orders", Accept="application/json;odata.metadata=full")
    assert ["Customer@odata.navigationLink" in row for row in full] == shown


def test_values_nobody_declares(shop):
    @shop.service.on_entry("Customers")
    def more(ctx, entry):
        entry["Rank"] = 7
        entry["Label"] = "a & b"

    row = shop.get("Customers(1)").json
    assert (row["Rank"], row["Rank@odata.type"], row["Label"]) == (7, "#Int64", "a & b")
    assert shop.get("Customers(1)", OData_MaxVersion="4.01").json["Rank@type"] == "Int64"
    assert (shop.v2().get("Customers(1)").d["Rank"], shop.v2().get("Customers(1)").d["Label"]) == ("7", "a & b")
    document = atom(shop, "Customers(1)")
    assert elements(document, "Rank") == ["7"] and elements(document, "Label") == ["a & b"]
    assert (
        document.find(f".//{D}Rank").get("{http://schemas.microsoft.com/ado/2007/08/dataservices/metadata}type")
        == "Edm.Int64"
    )


def test_annotations(shop):
    @shop.service.on_entry("Orders")
    def told(ctx, entry):
        entry.annotate("Shop.Checked", True)
        entry.annotate("Shop.Unit#long", "euro", of="Amount")

    text = shop.get("Orders(1)").text
    assert '"Amount@Shop.Unit#long":"euro","Amount":' in text  # just before the property
    assert shop.get("Orders(1)").json["@Shop.Checked"] is True
    assert "Amount@" not in shop.get("Orders(1)?$select=Text").text
    assert "Shop.Checked" not in shop.v2().get("Orders(1)").text


def test_links(shop):
    @shop.service.on_entry("Orders")
    def elsewhere(ctx, entry):
        entry.link("Customer", "https://crm.example/?c=1&d=2")
        entry.link("Invoice", "https://invoices.example/1")

    row = shop.get("Orders(1)").json
    assert row["Customer@odata.navigationLink"] == "https://crm.example/?c=1&d=2"
    full = shop.get("Orders(1)", Accept="application/json;odata.metadata=full").text
    assert full.count('"Customer@odata.navigationLink"') == 1
    assert shop.v2().get("Orders(1)").d["Customer"] == {"__deferred": {"uri": "https://crm.example/?c=1&d=2"}}
    links = {each.get("title"): each.get("href") for each in atom(shop, "Orders(1)").iter(LINK)}
    assert (links["Customer"], links["Invoice"], links["Items"]) == (
        "https://crm.example/?c=1&d=2", "https://invoices.example/1", "Orders(1)/Items",
    )  # fmt: skip
    assert shop.v2().get("Orders(1)?$expand=Customer").d["Customer"]["Name"] == "Ann"
    assert "crm.example" not in shop.get("Orders(1)?$select=Text").text


def test_on_every_road(shop):
    """Wherever an entity stands in an answer."""

    @shop.service.on_entry("Customers")
    def masked(ctx, entry):
        entry["Name"] = "XXX"

    def named(document):
        return [value for name, value in document if name == "Name"]

    roads = [
        "Customers", "Customers(1)", "Orders(1)/Customer", "Orders?$expand=Customer", "Items?$expand=Order($expand=Customer)",
        "$crossjoin(Customers,Tags)?$expand=Customers", "$all/Shop.Customer", "$entity?$id=Customers(1)", "Customers?$search=ann",
        "Customers/$filter(Id eq 1)", "Customers?$apply=filter(Id eq 1)", "Customers/Shop.Customer", "Customers?$select=Name",
    ]  # fmt: skip
    for road in roads:
        pairs = []
        answer = shop.get(road)
        assert answer.status == 200, answer.text
        json.loads(answer.body, object_pairs_hook=lambda found, pairs=pairs: pairs.extend(found))
        assert named(pairs) and set(named(pairs)) == {"XXX"}, road
    assert shop.get("Customers(1)/Name").json["value"] == "Ann"  # a value alone is no entity


def test_answers_to_changes(shop):
    @shop.service.on_entry("*")
    def masked(ctx, entry):
        if "Text" in entry:
            entry["Text"] = "XXX"

    new = {"Id": 9, "Text": "new", "Tenant": "red", "Amount": 1}
    assert shop.send("POST", "Orders", new).json["Text"] == "XXX"
    assert shop.v2().send("POST", "Orders", {**new, "Id": 10, "Amount": "1"}).d["Text"] == "XXX"
    assert shop.send("PATCH", "Orders(9)", {"Margin": 1}, Prefer="return=representation").json["Text"] == "XXX"
    assert shop.ids("Orders?$filter=Text eq 'new'") == [9, 10]
    part = {"id": "1", "method": "POST", "url": "Orders", "body": {**new, "Id": 11}}
    (answer,) = shop.send("POST", "$batch", {"requests": [part]}, OData_Version="4.01").json["responses"]
    assert answer["body"]["Text"] == "XXX"


def test_deltas(shop):
    link = shop.get("Orders", Prefer="odata.track-changes").json["@odata.deltaLink"]
    shop.send("PATCH", "Orders(1)", {"Text": "changed"})
    shop.send("DELETE", "Orders(2)")

    @shop.service.on_entry("Orders")
    def masked(ctx, entry):
        entry["Text"] = "XXX"

    there, gone = shop.get(link).json["value"]
    assert (there["Text"], gone["reason"]) == ("XXX", "deleted")


def test_what_was_not_asked_for_stays_away(shop):
    @shop.service.on_entry("Orders")
    def generous(ctx, entry):
        entry["Margin"] = 5

    assert "Margin" not in shop.get("Orders(1)?$select=Text").json
    shop.service.column_rights("Orders", "Margin", ColumnRights.ALL, role="boss")
    assert "Margin" not in shop.by(CLERK).get("Orders(1)").json
    assert shop.by(BOSS).get("Orders(1)").json["Margin"] == 5


def test_nulls_left_out(shop):
    @shop.service.on_entry("Orders")
    def masked(ctx, entry):
        entry["Text"], entry["Margin"] = "x", None

    row = shop.get("Orders(1)", Prefer="omit-values=nulls").json
    assert row["Text"] == "x" and "Margin" not in row


@pytest.mark.parametrize("mistake", [
    lambda entry: entry.omit("Id"),
    lambda entry: entry.__setitem__("Id", 5),
    lambda entry: entry.__setitem__("Customer", 5),
    lambda entry: entry.__setitem__('A"', 5),
    lambda entry: entry.__setitem__("More", object()),
    lambda entry: entry.__delitem__("Nothing"),
    lambda entry: entry.annotate("Bare", 1),
    lambda entry: entry.link("a b", "x"),
])  # fmt: skip
def test_a_mistake_of_a_hook(shop, mistake):
    @shop.service.on_entry("Orders")
    def wrong(ctx, entry):
        with pytest.raises((ValueError, TypeError, KeyError)):
            mistake(entry)

    assert shop.get("Orders(1)").json["Text"] == "order 1"


def test_a_hook_of_a_set_that_there_is_not(shop):
    with pytest.raises(Exception, match="did you mean 'Orders'"):
        shop.service.on_entry("Order")(print)


def test_without_hooks_nothing_is_shown_to_anybody(shop, monkeypatch):
    """The entities of other sets are written by the column, as ever."""
    shop.service.on_entry("Tags")(lambda ctx, entry: None)
    monkeypatch.setattr("odata_service.formats.entries.Entry", None)
    assert len(shop.rows("Orders")) == 4
