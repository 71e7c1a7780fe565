"""``$all`` (URL Conventions, Addressing All Entities in a Service)."""

import pytest

from odata_service import EntitySetRights
from tests.v4.store import ELECTRONICS, LAPTOP, MUG, PREMIUM

ROOT = "http://services.example/v4/"
SETS = ["Categories", "Company", "DecimalSamples", "MediaItems", "Products", "ProductDescriptions", "ReadOnlyItems"]


def sets_of(rows, prefix="odata."):
    return [row[f"@{prefix}id"].removeprefix(ROOT).partition("(")[0] for row in rows]


def test_every_entity_says_what_it_is(shop):
    answer = shop.get("$all?$search=Furniture")
    assert answer.json["@odata.context"] == f"{ROOT}$metadata#Collection(Edm.EntityType)"
    (furniture,) = answer.json["value"]
    assert furniture == {
        "@odata.context": f"{ROOT}$metadata#Categories/$entity",
        "@odata.type": "#TechStore.Category",
        "@odata.id": f"{ROOT}Categories({furniture['ID']})",
        "ID": furniture["ID"],
        "Name": "Furniture",
        "Description": "To sit on and to work at",
    }


def test_the_sets_follow_one_another(shop):
    found = sets_of(shop.value("$all"))
    assert list(dict.fromkeys(found)) == SETS
    counts = {name: found.count(name) for name in SETS if name != "Company"}
    assert counts == {name: int(shop.get(f"{name}/$count").text) for name in counts}
    assert shop.get("$all/$count").text == str(len(found))


def test_the_newer_version_has_no_prefixes(newest):
    row = newest.value("$all/TechStore.Company")[0]
    assert row["@context"] == f"{ROOT}$metadata#Company" and row["@id"] == f"{ROOT}Company"


@pytest.mark.parametrize("url, sets", [
    ("$all?$search=laptop",                                          ["Products"] * 2 + ["ProductDescriptions"] * 2),
    ("$all?$filter=isof(TechStore.SpecialProduct)",                  ["Products"] * 3),
    ("$all?$filter=isof($it,TechStore.Category)",                    ["Categories"] * 3),
    ("$all?$filter=TechStore.Product/Price gt 1000",                 ["Products"]),
    ("$all?$filter=contains(TechStore.Category/Name,'Furn')",        ["Categories"]),
    ("$all?$filter=TechStore.SpecialProduct/SpecialProperty ne null", ["Products"] * 3),
    ("$all?$filter=TechStore.Product/Category/Name eq 'Kitchen' or TechStore.Category/Name eq 'Kitchen'",
     ["Categories", "Products"]),
    ("$all?$filter=TechStore.Category/Products/any(p:p/Price gt 1000)", ["Categories"]),
    ("$all?$filter=TechStore.Category/Products/$count gt 1",         ["Categories"]),
    ("$all?$filter=TechStore.Category/Products/$count($filter=Price gt 1000) eq 1", ["Categories"]),
    ("$all?$filter=not TechStore.Category/Products/all(p:p/Price lt 500)", ["Categories"]),
    ("$all/TechStore.Product?$filter=contains(Name,'Mouse')",        ["Products"] * 2),
    ("$all/TechStore.SpecialProduct?$filter=Price gt 1000",          ["Products"]),
    ("$all/TechStore.Product/$filter(Price gt 1000)",                ["Products"]),
    ("$all/TechStore.Company",                                       ["Company"]),
])  # fmt: skip
def test_which_entities(shop, url, sets):
    assert sets_of(shop.value(url)) == sets
    count = shop.get(url.replace("?", "/$count?") if "?" in url else f"{url}/$count")
    assert count.text == str(len(sets))


def test_select_and_expand_follow_the_type(shop):
    url = "$all?$filter=TechStore.Product/Price gt 1000 or TechStore.Category/Name eq 'Electronics'"
    rows = shop.value(f"{url}&$select=TechStore.Product/Name&$expand=TechStore.Product/Category($select=Name)")
    category, product = rows
    assert category == {
        "@odata.context": f"{ROOT}$metadata#Categories/$entity", "@odata.type": "#TechStore.Category",
        "@odata.id": ROOT + ELECTRONICS,
    }  # fmt: skip
    assert product["@odata.context"] == f"{ROOT}$metadata#Products(Name,Category(Name))/$entity"
    assert (product["Name"], product["Category"]["Name"]) == ("Premium Laptop Pro", "Electronics")
    assert "Price" not in product and "Description" not in product


def test_all_of_one_type(shop):
    answer = shop.get("$all/TechStore.Product?$select=Name&$orderby=Price desc&$top=2")
    assert answer.json["@odata.context"] == f"{ROOT}$metadata#Collection(TechStore.Product)(Name)"
    assert [row["@odata.id"] for row in answer.json["value"]] == [ROOT + PREMIUM, ROOT + LAPTOP]


@pytest.mark.parametrize("size", [1, 3, 4, 5, 100])
def test_pages_together_are_the_whole(shop, size):
    pages = list(shop.pages("$all?$count=true", Prefer=f"maxpagesize={size}"))
    whole = shop.value("$all")
    assert [row for page in pages for row in page["value"]] == whole
    assert len(pages) == -(-len(whole) // size)
    assert {page["@odata.count"] for page in pages} == {len(whole)}


@pytest.mark.parametrize(
    "options", ["$top=5", "$skip=3", "$skip=2&$top=9", "$skip=4&$top=0", "$skip=1000", "$top=3&$skip=3"]
)
@pytest.mark.parametrize("size", [2, 100])
def test_top_and_skip(shop, options, size):
    asked = dict(each.split("=") for each in options.split("&"))
    start = int(asked.get("$skip", 0))
    end = start + int(asked["$top"]) if "$top" in asked else None
    pages = list(shop.pages(f"$all?{options}", Prefer=f"maxpagesize={size}"))
    assert [row for page in pages for row in page["value"]] == shop.value("$all")[start:end]


def test_deleted_entities_are_not_there(shop):
    assert shop.send("DELETE", MUG).status == 204
    assert shop.get("$all/TechStore.Product/$count").text == "6"
    assert sets_of(shop.value("$all")).count("Products") == 6
    assert shop.value("$all?$search=mug&$filter=isof(TechStore.Product)") == []


@pytest.mark.parametrize("rights, shown", [
    (EntitySetRights.NONE, False), (EntitySetRights.READ_SINGLE, False), (EntitySetRights.READ_MULTIPLE, True),
])  # fmt: skip
def test_what_is_not_open_is_left_out(shop, rights, shown):
    shop.service.rights("MediaItems", rights)
    assert ("MediaItems" in sets_of(shop.value("$all"))) is shown


@pytest.mark.parametrize("status, url", [
    (404, "$all/Nothing"),
    (404, "$all/TechStore.Nothing"),
    (404, "$all/TechStore.Address"),
    (404, "$all/Products"),
    (404, "$all/$count/1"),
    (404, "$all/TechStore.Product/Name"),
    (400, "$all?$filter=Name eq 'x'"),
    (400, "$all?$filter=TechStore.Product/Nothing eq 'x'"),
    (400, "$all?$select=Name"),
    (400, "$all?$expand=Category"),
    (400, "$all?$skiptoken=abc"),
    (501, "$all?$orderby=TechStore.Product/Name"),
    (501, "$all?$apply=aggregate($count as N)"),
    (501, "$all?$compute=1 add 1 as Two"),
])  # fmt: skip
def test_what_is_refused(shop, status, url):
    assert shop.get(url).status == status


@pytest.mark.parametrize("method", ["POST", "PATCH", "PUT", "DELETE"])
@pytest.mark.parametrize("url", ["$all", "$all/TechStore.Product"])
def test_only_read(shop, method, url):
    assert shop.send(method, url, {}).status == 405
