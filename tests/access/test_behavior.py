"""What a service takes part in: switches for all sets, or for one."""

from __future__ import annotations

import pytest

from odata_service import EntitySetRights, Limits, ODataService
from tests.access.conftest import Client
from tests.access.model import Base

COUNTS = [
    "Orders/$count", "Orders?$count=true", "Customers?$expand=Orders/$count", "Customers?$expand=Orders($count=true)",
    "Customers?$filter=Orders/$count gt 1", "Customers?$orderby=Orders/$count", "Customers?$compute=Orders/$count as N", "Tags(1)/Orders/$count",
    "Customers?$apply=filter(Orders/$count gt 1)",
]  # fmt: skip
PROJECTIONS = ["Orders?$select=Id", "Orders(1)?$select=Id", "Customers?$expand=Orders($select=Id)"]
LAMBDAS = [
    "Customers?$filter=Orders/any()",
    "Customers?$filter=not Orders/all(o:o/Id gt 1)",
    "Tags?$orderby=Orders/any(o:o/Id eq 1)",
]


@pytest.fixture
def shop(orders):
    orders.service.rights("*", EntitySetRights.ALL)
    return orders


@pytest.mark.parametrize("switch, urls", [
    ("accept_count_requests", COUNTS), ("accept_projection_requests", PROJECTIONS), ("accept_any_all_requests", LAMBDAS),
])  # fmt: skip
def test_what_is_switched_off(shop, switch, urls):
    assert [shop.get(url).status for url in urls] == [200] * len(urls)
    for set_name in ("Orders", "*"):
        shop.service.behavior(set_name, **{switch: False})
        assert [shop.get(url).error for url in urls] == [(400, "NotAccepted")] * len(urls)
        assert shop.get("Orders?$expand=Items").status == 200
    shop.service.behavior(**{switch: True})
    shop.service.behavior("Orders", **{switch: True})
    assert [shop.get(url).status for url in urls] == [200] * len(urls)


def test_other_sets_are_as_they_were(shop):
    shop.service.behavior("Orders", accept_count_requests=False)
    assert shop.get("Customers?$count=true").status == 200
    assert shop.get("Orders(1)/Items/$count").text == "2"
    assert shop.v2().get("Orders?$inlinecount=allpages").error == (400, "NotAccepted")
    assert shop.v2().get("Orders?$inlinecount=none").status == 200
    said = shop.get("$metadata", Accept="application/json").json["Shop"]["ShopContainer"]
    assert [
        said[name]["@Org.OData.Capabilities.V1.CountRestrictions"]["Countable"] for name in ("Orders", "Customers")
    ] == [False, True]


def test_replace_and_places(shop):
    replaced = "Orders?$filter=replace(Text,'order','x') eq 'x 1'"
    near = "Orders?$filter=geo.distance(geography'SRID=4326;Point(1 1)',geography'SRID=4326;Point(1 2)') gt 0"
    assert (shop.v2().get(replaced).status, shop.get(near).status) == (200, 200)
    shop.service.behavior(accept_replace_function_in_query=False, accept_spatial_literals_in_query=False)
    assert shop.v2().get(replaced).error == (400, "NotAccepted")
    assert shop.get(near).error == (400, "NotAccepted")


def test_switches_that_do_not_exist(shop):
    with pytest.raises(ValueError, match="did you mean 'accept_count_requests'"):
        shop.service.behavior(accept_count_request=False)
    with pytest.raises(ValueError, match="for the whole service"):
        shop.service.behavior("Orders", use_verbose_errors=True)


def test_interceptors_when_a_link_is_removed(shop):
    seen = []

    @shop.service.change_interceptor("Orders")
    def note(ctx, order, operation, changes):
        seen.append(operation.name)

    shop.send("DELETE", "Orders(1)/Tags(2)/$ref")
    shop.service.behavior(invoke_interceptors_on_link_delete=False)
    shop.send("DELETE", "Orders(1)/Customer/$ref")
    shop.v2().send("DELETE", "Orders(2)/$links/Customer")
    assert seen == ["CHANGE"]
    shop.send("PUT", "Orders(1)/Customer/$ref", {"@odata.id": "Customers(2)"})
    assert seen == ["CHANGE", "CHANGE"]


@pytest.mark.parametrize(
    "protocol, accept", [("v4", "application/json"), ("v2", "application/json"), ("v2", "application/xml")]
)
def test_verbose_errors(shop, protocol, accept):
    @shop.service.query_interceptor("Tags")
    def broken(ctx):
        raise KeyError("the secret of the house")

    client = shop if protocol == "v4" else shop.v2()
    for verbose in (False, True):
        shop.service.behavior(use_verbose_errors=verbose)
        with pytest.raises(AssertionError) as told:
            client.get("Tags", Accept=accept)
        for what in ("innererror", "KeyError", "the secret of the house", "in broken"):
            assert (what in str(told.value)) == verbose
    assert "innererror" not in client.get("Nothing", Accept=accept).text


def test_collections_without_pages(orders, database):
    """A client of version 1.0 knows no next links: it gets all of a collection, or is told that it is too large."""
    service = ODataService(Base, database, namespace="Shop", limits=Limits(max_results_per_collection=3))
    service.rights("*", EntitySetRights.ALL)
    client = Client(service, "v2")
    old = {"MaxDataServiceVersion": "1.0"}
    assert client.get("Orders", **old).error == (400, "LimitExceeded")
    assert "ODATA_MAX_RESULTS_PER_COLLECTION" in client.get("Orders", **old).text
    assert len(client.get("Orders?$top=3", **old).d) == 3
    assert len(client.get("Customers?$expand=Orders", **old).d) == 2
    assert client.get("Orders?$expand=Items", **old).error == (400, "LimitExceeded")
    assert client.get("Customers?$expand=Orders/Items", **old).status == 200
    service.rights("*", EntitySetRights.ALL)
    assert len(client.get("Orders").entities) == 4
    lower = ODataService(Base, database, namespace="Shop", limits=Limits(max_results_per_collection=1))
    lower.rights("*", EntitySetRights.ALL)
    assert Client(lower, "v2").get("Customers(1)?$expand=Orders", **old).error == (400, "LimitExceeded")


NEW = {"Id": 9, "Text": "new", "Tenant": "red"}
ENTRY = (
    '<entry xmlns="http://www.w3.org/2005/Atom" xmlns:m="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata"'
    ' xmlns:d="http://schemas.microsoft.com/ado/2007/08/dataservices"><content type="application/xml"><m:properties>'
    '<d:Id m:type="Edm.Int32">9</d:Id><d:Text>new</d:Text><d:Tenant>red</d:Tenant>'
    "{}<d:Margin m:null='true'/></m:properties></content></entry>"
)


@pytest.mark.parametrize("protocol, own, other", [
    ("v4", {"Amount": 5, "Margin": 3}, {"Amount": 5, "Margin": "3"}),
    ("v4", {"Amount": "5"}, {"Amount": 5, "Items": [{"Id": 91, "Product": "x", "Cost": "5"}]}),
    ("v2", {"Amount": "5", "Margin": 3}, {"Amount": "5", "Margin": "3"}),
    ("v2", {"Amount": "5"}, {"Amount": 5}),
    ("v2", {"Amount": "5", "Items": [{"Id": 92, "Product": "x", "Cost": None}]}, {"Amount": "5", "Items": [{"Id": 91, "Product": "x", "Cost": "5"}]}),
])  # fmt: skip
def test_values_in_another_form(shop, protocol, own, other):
    """WCF: EnableTypeConversion."""
    client = shop if protocol == "v4" else shop.v2()
    shop.service.behavior(enable_type_conversion=False)
    assert client.send("POST", "Orders", NEW | other).error == (400, "InvalidValue")
    assert client.send("POST", "Orders", NEW | own).status == 201
    shop.service.behavior(enable_type_conversion=True)
    assert client.send("POST", "Orders", NEW | {"Id": 10} | other).status == 201


def test_single_values_in_another_form(shop):
    shop.service.behavior(enable_type_conversion=False)
    assert shop.send("PUT", "Orders(1)/Margin", {"value": "3"}).error == (400, "InvalidValue")
    assert shop.send("PUT", "Orders(1)/Margin", {"value": 3}).status == 204
    assert shop.v2().send("PUT", "Orders(1)/Margin", {"Margin": "3"}, If_Match="*").error == (400, "InvalidValue")
    assert shop.v2().send("PUT", "Orders(1)/Margin", {"Margin": 4}, If_Match="*").status == 204


def test_elements_of_another_type(shop):
    entry, atom = shop.v2(), {"Content_Type": "application/atom+xml"}
    plain, typed = (ENTRY.format(f"<d:Amount{said}>5</d:Amount>").encode() for said in ("", ' m:type="Edm.Decimal"'))
    shop.service.behavior(enable_type_conversion=False)
    assert entry.send("POST", "Orders", plain, **atom).error == (400, "InvalidValue")
    assert entry.send("POST", "Orders", typed, **atom).status == 201
    shop.service.behavior(enable_type_conversion=True)
    assert entry.send("POST", "Orders", plain.replace(b">9<", b">10<"), **atom).status == 201
