"""``$crossjoin`` (URL Conventions, Addressing the Cross Join of Entity Sets)."""

import pytest

from odata_service import EntitySetRights
from tests.v4.store import ELECTRONICS, KITCHEN, MUG, PREMIUM

ROOT = "http://services.example/v4/"
BOTH = "$crossjoin(Products,Categories)"
RELATED = f"{BOTH}?$filter=Products/CategoryID eq Categories/ID"


def test_a_row_leads_to_an_entity_of_each_set(shop):
    answer = shop.get(f"{RELATED} and Products/Price lt 20")
    assert answer.json == {
        "@odata.context": f"{ROOT}$metadata#Collection(Edm.ComplexType)",
        "value": [{
            "Products@odata.navigationLink": f"{ROOT}{MUG}",
            "Categories@odata.navigationLink": f"{ROOT}{KITCHEN}",
        }],
    }  # fmt: skip


@pytest.mark.parametrize("url, rows", [
    (f"{BOTH}",                                                                       21),
    (f"{RELATED}",                                                                    7),
    ("$crossjoin(Products)",                                                          7),
    ("$crossjoin(Products,Categories,ReadOnlyItems)?$filter=ReadOnlyItems/Name eq 'none'", 0),
    (f"{BOTH}?$filter=Products/Category/Name eq Categories/Name",                     7),
    (f"{BOTH}?$filter=Products/ShippingAddress/City eq 'Seattle'",                    3),
    (f"{BOTH}?$filter=Categories/Products/any(p:p/ID eq Products/ID)",                7),
    (f"{BOTH}?$filter=Categories/Products/$count gt 1 and Products/Price gt 1000",    1),
    (f"{BOTH}?$filter=Products/TechStore.SpecialProduct/SpecialProperty ne null",     9),
    (f"{BOTH}?$filter=isof(Products,TechStore.SpecialProduct)",                       9),
    (f"{BOTH}?$filter=Products ne null and Products/CategoryID ne Categories/ID",     14),
    (f"{BOTH}?$filter=Products/Price gt @p&@p=1000",                                  3),
    (f"{BOTH}/$filter(Products/CategoryID eq Categories/ID)?$filter=Categories/Name eq 'Electronics'", 5),
])  # fmt: skip
def test_filter(shop, url, rows):
    assert len(shop.value(url)) == rows


@pytest.mark.parametrize("url, count", [
    (f"{BOTH}/$count", 21),
    (f"{BOTH}/$count?$filter=Products/CategoryID eq Categories/ID", 7),
    (f"{BOTH}/$filter(Products/CategoryID eq Categories/ID)/$count", 7),
])  # fmt: skip
def test_count(shop, url, count):
    assert shop.get(url).text == str(count)


def test_expanded_entities(shop):
    url = f"{RELATED}&$expand=Products($select=Name;$expand=Category($select=Name)),Categories($select=Name)&$top=1"
    products, categories = (ROOT + each for each in (PREMIUM, ELECTRONICS))
    category = {"@odata.id": categories, "Name": "Electronics"}
    (row,) = shop.value(url)
    etag = row["Products"].pop("@odata.etag")
    assert etag.startswith('W/"')
    assert row == {
        "Products": {
            "@odata.type": "#TechStore.SpecialProduct", "@odata.id": products, "Name": "Premium Laptop Pro",
            "Category": category,
        },
        "Categories": category,
    }  # fmt: skip


@pytest.mark.parametrize("options, members", [
    ("$expand=Products",                   {"Products", "Categories@odata.navigationLink"}),
    ("$expand=*",                          {"Products", "Categories"}),
    ("$expand=Categories/$ref",            {"Products@odata.navigationLink", "Categories"}),
    ("$select=Categories",                 {"Categories@odata.navigationLink"}),
    ("$select=Categories&$expand=Products", {"Products", "Categories@odata.navigationLink"}),
    ("$compute=length(Products/Name) add length(Categories/Name) as Length",
     {"Products@odata.navigationLink", "Categories@odata.navigationLink", "Length"}),
    ("$format=application/json;odata.metadata=none", set()),
    ("$format=application/json;odata.metadata=full&$expand=Products",
     {"Products", "Products@odata.navigationLink", "Categories@odata.navigationLink"}),
])  # fmt: skip
def test_what_a_row_has(shop, options, members):
    assert set(shop.value(f"{BOTH}?$top=1&{options}")[0]) == members


def test_the_newer_version_spells_links_without_prefix(newest):
    assert set(newest.value(f"{BOTH}?$top=1")[0]) == {"Products@navigationLink", "Categories@navigationLink"}


def test_order(shop):
    url = f"{RELATED}&$orderby=Categories/Name desc,Products/Price&$expand=Products($select=Price),Categories($select=Name)"
    rows = [(row["Categories"]["Name"], row["Products"]["Price"]) for row in shop.value(url)]
    assert rows == sorted(sorted(rows, key=lambda row: row[1]), key=lambda row: row[0], reverse=True)
    assert [name for name, _ in rows] == ["Kitchen", "Furniture", *["Electronics"] * 5]


@pytest.mark.parametrize(
    "order", ["", "&$orderby=Categories/Name desc,Products/Rating", "&$orderby=Products/ReleaseDate desc"]
)
def test_pages_together_are_the_whole(shop, order):
    url = f"{BOTH}?$count=true{order}"
    pages = list(shop.pages(url, Prefer="maxpagesize=4"))
    assert [len(page["value"]) for page in pages] == [4, 4, 4, 4, 4, 1]
    assert {page["@odata.count"] for page in pages} == {21}
    assert [row for page in pages for row in page["value"]] == shop.value(url)


def test_top_and_skip(shop):
    assert shop.value(f"{BOTH}?$skip=3&$top=2") == shop.value(BOTH)[3:5]


def test_groups_of_rows(shop):
    url = (
        f"{BOTH}?$apply=filter(Products/CategoryID eq Categories/ID)/groupby((Categories/Name),aggregate($count as N))"
    )
    answer = shop.get(f"{url}&$orderby=Categories/Name")
    assert answer.json["@odata.context"] == f"{ROOT}$metadata#Collection(Edm.ComplexType)"
    assert [(row["Categories"]["Name"], row["N"]) for row in answer.json["value"]] == [
        ("Electronics", 5), ("Furniture", 1), ("Kitchen", 1),
    ]  # fmt: skip


def test_deleted_entities_are_in_no_row(shop):
    assert shop.send("DELETE", MUG).status == 204
    assert shop.get(f"{BOTH}/$count").text == "18"
    assert shop.get(f"{BOTH}/$count?$filter=Products/Price lt 20").text == "0"


@pytest.mark.parametrize("rights, status", [
    (EntitySetRights.NONE, 404), (EntitySetRights.READ_SINGLE, 403), (EntitySetRights.READ_MULTIPLE, 200),
])  # fmt: skip
def test_every_set_that_is_named_has_to_be_open(shop, rights, status):
    shop.service.rights("Categories", rights)
    assert shop.get(f"{BOTH}?$top=1").status == status
    assert shop.get("$crossjoin(Products,MediaItems)?$top=1").status == 200


@pytest.mark.parametrize("status, url", [
    (404, "$crossjoin(Products,Nothing)"),
    (404, "$crossjoin(Products,Products)"),
    (404, "$crossjoin(Products,Company)"),
    (404, "$crossjoin"),
    (400, "$crossjoin()"),
    (404, f"{BOTH}/1"),
    (404, f"{BOTH}/Products"),
    (404, f"{BOTH}/$ref"),
    (404, f"{BOTH}/$count/1"),
    (400, f"{BOTH}(1)"),
    (400, "$crossjoin(Products,Categories,MediaItems,ReadOnlyItems,DecimalSamples)"),
    (400, f"{BOTH}?$filter=Name eq 'x'"),
    (400, f"{BOTH}?$filter=Products eq 1"),
    (400, f"{BOTH}?$orderby=Products"),
    (400, f"{BOTH}?$expand=MediaItems"),
    (400, f"{BOTH}?$select=MediaItems"),
    (501, f"{BOTH}?$search=laptop"),
    (501, f"{BOTH}?$apply=filter(Products/Price gt 5)"),
])  # fmt: skip
def test_what_is_refused(shop, status, url):
    assert shop.get(url).status == status


@pytest.mark.parametrize("method", ["POST", "PATCH", "PUT", "DELETE"])
def test_rows_are_only_read(shop, method):
    answer = shop.send(method, BOTH, {})
    assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD")
