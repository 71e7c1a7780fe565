"""``eq`` and ``ne`` between structures and between entities (URL Conventions, Equals and Not Equals)."""

import pytest

from tests.v4.store import CHAIR, ELECTRONICS, MOUSE, MUG, PREMIUM

PREMIUM_WAY = '{"Street":"999 Premium Way","City":"New York","State":"NY","PostalCode":"10001","Country":"USA"}'
NEW_YORK = '{"City":"New York"}'


@pytest.mark.parametrize("condition, count", [
    (f"ShippingAddress eq {PREMIUM_WAY}",                                   1),
    (f"{PREMIUM_WAY} eq ShippingAddress",                                   1),
    (f"ShippingAddress ne {PREMIUM_WAY}",                                   6),
    (f"not (ShippingAddress ne {PREMIUM_WAY})",                             1),
    (f"ShippingAddress eq {NEW_YORK}",                                      0),  # what is left out is null
    (f"ShippingAddress ne {NEW_YORK}",                                      7),
    (f"ShippingAddress eq @a&@a={PREMIUM_WAY}",                             1),
    ("ShippingAddress eq {}",                                               1),
    ("ShippingAddress eq null",                                             1),
    ("ShippingAddress in (null)",                                           1),
    (f"ShippingAddress in [{PREMIUM_WAY},null]",                            2),
    (f"not (ShippingAddress in [{PREMIUM_WAY},null])",                      5),
    ('Dimensions eq {"@odata.type":"#TechStore.Dimensions","Length":40,"Width":28,"Height":2.0,"Unit":"cm"}', 1),
    ("ShippingAddress eq ShippingAddress",                                  7),
    ("ShippingAddress ne $it/ShippingAddress",                              0),
    ("Category/Products/any(p:p/ShippingAddress eq $it/ShippingAddress and p/ID ne $it/ID)", 0),
    ("Category/Products/any(p:p/ShippingAddress ne $it/ShippingAddress)",   5),
    ("Category eq $it/Category",                                            7),
    ("Category eq Category and Category ne null",                           7),
    ("Category/Products/any(p:p eq $it)",                                   7),
    ("Category/Products/any(p:p ne $it)",                                   5),
    ("RelatedProducts/any(r:r/Category ne $it/Category)",                   0),
    ("Descriptions/any(d:d/Product eq $it)",                                4),
    ("Descriptions/all(d:d/Product eq $it)",                                7),
])  # fmt: skip
def test_how_many(shop, condition, count):
    assert len(shop.value(f"Products?$filter={condition}")) == count


def test_equal_addresses_of_different_products(shop):
    address = shop.get(f"{PREMIUM}/ShippingAddress").json
    assert (
        shop.send("PATCH", MOUSE, {"ShippingAddress": {k: v for k, v in address.items() if "@" not in k}}).status == 204
    )
    same = "Category/Products/any(p:p/ShippingAddress eq $it/ShippingAddress and p ne $it)"
    assert {row["Name"] for row in shop.value(f"Products?$filter={same}")} == {"Premium Laptop Pro", "Wireless Mouse"}


def test_two_that_are_not_there_are_equal(shop):
    for product in (CHAIR, MUG):
        assert shop.send("DELETE", f"{product}/Category/$ref").status == 204
        assert shop.send("PUT", f"{PREMIUM}/RelatedProducts/$ref", {"value": [{"@odata.id": MUG}]}).status == 204
    assert shop.send("PUT", f"{CHAIR}/RelatedProducts/$ref", {"value": [{"@odata.id": MUG}]}).status == 204
    equal = "RelatedProducts/any(r:r/Category eq $it/Category)"
    assert [row["Name"] for row in shop.value(f"Products?$filter={equal}")] == ["Office Chair"]
    unequal = "RelatedProducts/any(r:r/Category ne $it/Category)"
    assert [row["Name"] for row in shop.value(f"Products?$filter={unequal}")] == ["Premium Laptop Pro"]


def test_in_a_cross_join(shop):
    url = "$crossjoin(Products,Categories)/$count?$filter=Products/Category eq Categories"
    assert shop.get(url).text == "7"


@pytest.mark.parametrize("query", [
    "$filter=Category", "$filter=not Category", "$filter=Category and true", "$filter=contains(Category,'x')",
    "$filter=ShippingAddress", "$filter={}", "$filter={} eq {}", "$filter=-Category eq 1", "$filter=Category add 1 eq 1",
    "$filter=Category gt Category", "$filter=Category eq 1", "$filter=Category in (1,2)", "$filter=$it eq Category",
    "$filter=ShippingAddress eq Dimensions", "$filter=ShippingAddress eq Category", "$filter=ShippingAddress eq 'x'",
    '$filter=ShippingAddress eq {"Town":"x"}', '$filter=Dimensions eq {"Length":"x"}',
    '$filter=Dimensions eq {"Length":{}}', '$filter=Name eq {"City":"x"}', "$filter=Category eq {}",
    "$filter=case(true:Category) eq null", "$filter=Descriptions eq null", "$orderby=Category", "$orderby=ShippingAddress",
    "$compute=Category as X", "$apply=aggregate(Category with max as X)", "$apply=orderby(Category)",
    "$apply=filter(Category)", "$filter=cast(Category,Edm.String) eq null", "$filter=length(ShippingAddress) eq 1",
])  # fmt: skip
def test_no_value(shop, query):
    answer = shop.get(f"Products?{query}")
    assert answer.status == 400, answer.text


@pytest.mark.parametrize(
    "url", ["Products?$compute=null as X", "Products?$compute=@p as X", "Products?$apply=compute(null as X)"]
)
@pytest.mark.parametrize("metadata", ["minimal", "full"])
def test_nothing_computed_is_null(shop, url, metadata):
    rows = shop.value(f"{url}&$format=application/json;odata.metadata={metadata}")
    assert [row["X"] for row in rows] == [None] * 7
    assert not any(name.startswith("X@") for row in rows for name in row)


def test_navigation_of_a_path(shop):
    assert (
        shop.get(f"{ELECTRONICS}/Products/$count?$filter=Category/ID eq Category/ID and Category eq Category").text
        == "5"
    )
