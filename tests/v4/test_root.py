"""``$root`` in expressions: values of one entity anywhere in the service (URL Conventions, $root)."""

import pytest

from tests.v4.store import CHAIR, ELECTRONICS, FURNITURE, MOUSE, NOBODY, PREMIUM

NO_CATEGORY = "Categories(00000000-0000-0000-0000-000000000000)"
MOUSE_KEY = MOUSE.removeprefix("Products(").removesuffix(")")


@pytest.mark.parametrize("condition, count", [
    (f"CategoryID eq $root/{ELECTRONICS}/ID",                               5),
    (f"$root/{ELECTRONICS}/ID eq CategoryID",                               5),
    (f"CategoryID ne $root/{ELECTRONICS}/ID",                               2),
    (f"CategoryID eq $root/{CHAIR}/CategoryID",                             1),
    (f"Category/Name eq $root/{MOUSE}/Category/Name",                       5),  # over navigation from there
    (f"Price gt $root/{MOUSE}/Price and Price lt $root/{PREMIUM}/Price",    4),
    (f"ShippingAddress/City eq $root/{PREMIUM}/ShippingAddress/City",       1),
    (f"contains(Category/Name,tolower($root/{ELECTRONICS}/Name))",          0),
    (f"contains(tolower(Category/Name),tolower($root/{ELECTRONICS}/Name))", 5),
    (f"Category/Products/any(p:p/ID eq $it/ID and p/CategoryID eq $root/{FURNITURE}/ID)", 1),
    (f"CategoryID in (b15d25b7-757e-45ae-8a61-aa4b13e0c9e6) and $root/{MOUSE}/Name in ('Wireless Mouse')", 5),
    (f"$root/{MOUSE}/Name eq 'Wireless Mouse'",                             7),
    (f"not ($root/{MOUSE}/Name eq 'Wireless Mouse')",                       0),
    (f"CategoryID eq $root/Categories(@c)/ID&@c={ELECTRONICS[11:-1]}",      5),
    (f"Name eq @n&@n=$root/{MOUSE}/Name",                                   1),
    ("contains(Name,$root/Company/Name)",                                   0),
    ("$root/Company/Name ne null",                                          7),
    (f"Name eq $root/{NOBODY}/Name",                                        0),  # null: there is none
    (f"Name ne $root/{NOBODY}/Name",                                        7),
    (f"Price gt $root/{NOBODY}/Price",                                      0),
    (f"$root/{NOBODY}/Category/Name eq null",                               7),
])  # fmt: skip
def test_how_many(shop, condition, count):
    assert len(shop.value(f"Products?$filter={condition}")) == count


def test_each_literal_counts_though_the_plan_is_the_same(shop):
    for key, count in ((ELECTRONICS, 5), (FURNITURE, 1), (NO_CATEGORY, 0), (ELECTRONICS, 5)):
        assert shop.get(f"Products/$count?$filter=CategoryID eq $root/{key}/ID").text == str(count)
    assert shop.get("Products/$count?$filter=CategoryID eq $root/Categories('x')/ID").error == (400, "BadKey")


def test_enumerations(shop):
    status = shop.get(f"{MOUSE}/Status").json["value"]
    same = shop.value(f"Products?$filter=Status eq $root/{MOUSE}/Status")
    assert {row["Status"] for row in same} == {status}
    assert len(shop.value(f"Products?$filter=$root/{MOUSE}/Status eq '{status}'")) == 7
    assert shop.get(f"Products?$filter=$root/{MOUSE}/Status eq 'x'").error == (400, "UnknownMember")


def test_computed_and_in_order(shop):
    price = shop.get(f"{MOUSE}/Price").json["value"]
    rows = shop.value(
        f"Products?$compute=$root/{MOUSE}/Price as Other,Price sub $root/{MOUSE}/Price as More&$select=Price,Other,More"
    )
    assert {row["Other"] for row in rows} == {price}
    assert all(row["More"] == pytest.approx(row["Price"] - price) for row in rows)
    names = [row["Name"] for row in shop.value(f"Products?$orderby=Name eq $root/{MOUSE}/Name desc,Name&$top=2")]
    assert names == ["Wireless Mouse", min(row["Name"] for row in shop.value("Products"))]
    (row,) = shop.value(f"Products?$apply=filter(Price eq $root/{MOUSE}/Price)/aggregate($count as N)")
    assert row["N"] == 1
    expanded = shop.value(f"Categories?$expand=Products($filter=ID eq $root/{MOUSE}/ID)")
    assert sum(len(row["Products"]) for row in expanded) == 1


@pytest.mark.parametrize("path, error", [
    ("$root/Products(1)/Name",                  "BadKey"),
    ("$root/Products('x')/Name",                "BadKey"),
    (f"$root/Products(Id={MOUSE_KEY})/Name",    "BadKey"),
    ("$root/Products(CategoryID)/Name",         "BadKey"),
    (f"$root/{MOUSE}/Title",                    "UnknownProperty"),
    (f"$root/{MOUSE}/RelatedProducts",          "CollectionInPath"),
    (f"$root/Prodducts({MOUSE_KEY})/Name",      "UnknownEntitySet"),
    ("$root/Nothing/Name",                      "UnknownEntitySet"),
])  # fmt: skip
def test_mistakes(shop, path, error):
    answer = shop.get(f"Products?$filter=Name eq {path}")
    assert answer.error == (400, error), answer.text
    assert answer.json["error"]["target"] == "$filter"


def test_a_type_that_does_not_go_with_the_other(shop):
    assert shop.get("Products?$filter=Price gt $root/Company/Name").error == (400, "TypeMismatch")


@pytest.mark.parametrize("path", [
    "$root/Products/$count", "$root/Products", f"$root/{MOUSE}/RelatedProducts/$count", f"$root/{MOUSE}/Category",
    f"$root/{MOUSE}", f"$root/{MOUSE}/ShippingAddress",
])  # fmt: skip
def test_only_single_values(shop, path):
    assert shop.get(f"Products?$filter=Price gt {path}").error == (501, "NotImplemented")
