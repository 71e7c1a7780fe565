"""Rights on properties: what may not be read does not exist, what may be read need not be open for everything else."""

from __future__ import annotations

import re

import pytest

from odata_service import ColumnRights, EntitySetRights
from tests.access.model import BOSS, CLERK, STRANGER

C = ColumnRights
R = EntitySetRights
NEW = {"Id": 9, "Text": "new", "Tenant": "red", "Amount": 1, "Margin": 5}


@pytest.fixture
def shop(orders):
    """Margins are the boss's business."""
    orders.service.rights("*", R.ALL)
    orders.service.column_rights("Orders", "Margin", C.ALL, role="boss")
    return orders


HIDDEN = [
    "Orders?$select=Margin", "Orders?$filter=Margin gt 1", "Orders?$orderby=Margin", "Orders?$compute=Margin add 1 as M",
    "Orders?$apply=groupby((Margin))", "Orders?$apply=aggregate(Margin with max as M)", "Orders?$apply=filter(Margin gt 1)",
    "Orders(1)/Margin", "Orders(1)/Margin/$value", "Orders(1)?$select=Text,Margin", "Items?$filter=Order/Margin gt 1",
    "Items?$orderby=Order/Margin", "Customers?$filter=Orders/any(o:o/Margin gt 1)", "Customers?$expand=Orders($select=Margin)",
    "Customers?$expand=Orders($filter=Margin gt 1)", "Customers?$expand=Orders($orderby=Margin)",
    "Customers?$filter=Orders/$count($filter=Margin gt 1) gt 0", "Items?$apply=groupby((Order/Margin))",
    "Orders?$select=*,Margin", "Orders/$filter(Margin gt 1)", "Items(11)/Order/Margin", "Orders?$filter=$it/Margin eq 1",
]  # fmt: skip


@pytest.mark.parametrize("url", HIDDEN)
def test_it_does_not_exist(shop, url):
    hidden = shop.by(CLERK).get(url)
    missing = shop.by(CLERK).get(url.replace("Margin", "Nargim"))
    assert (hidden.status, hidden.text) == (missing.status, missing.text.replace("Nargim", "Margin"))
    assert hidden.status in (400, 404)
    assert shop.by(BOSS).get(url).status == 200


@pytest.mark.parametrize(
    "url", ["Orders", "Orders(1)", "Customers?$expand=Orders", "Items?$expand=Order", "Orders?$select=*"]
)
def test_it_is_not_shown(shop, url):
    for who in (shop, shop.v2()) if "*" not in url else (shop,):
        for _ in range(2):
            assert "Margin" not in who.by(CLERK).get(url).text
            assert "Margin" in who.by(BOSS).get(url).text


def test_documents(shop):
    for who in (shop, shop.v2()):
        assert "Margin" not in who.by(STRANGER).get("$metadata", Accept="application/xml").text
        assert 'Name="Margin"' in who.by(BOSS).get("$metadata", Accept="application/xml").text
    assert "Margin" not in shop.by(STRANGER).get("$metadata", Accept="application/json").text


@pytest.mark.parametrize(
    "url", ["Orders?$filter=Margin gt 1", "Orders?$orderby=Margin", "Orders?$select=Margin", "Orders(1)/Margin"]
)
def test_v2(shop, url):
    hidden = shop.v2().by(CLERK).get(url)
    missing = shop.v2().by(CLERK).get(url.replace("Margin", "Nargim"))
    assert (hidden.status, hidden.text) == (missing.status, missing.text.replace("Nargim", "Margin"))


def test_it_cannot_be_written(shop):
    for method, url in [("POST", "Orders"), ("PATCH", "Orders(1)"), ("PUT", "Orders(1)")]:
        refused = shop.by(CLERK).send(method, url, NEW)
        assert refused.error == (400, "UnknownProperty")
    assert shop.by(CLERK).send("PUT", "Orders(1)/Margin", {"value": 5}).error == (404, "ResourceNotFound")
    inside = {"Id": 9, "Name": "x", "Tenant": "x", "Orders": [NEW]}
    assert shop.by(CLERK).send("POST", "Customers", inside).error == (400, "UnknownProperty")


def test_what_is_not_known_stays(shop):
    """PUT replaces what the caller knows of."""
    body = {name: value for name, value in NEW.items() if name not in ("Id", "Margin")}
    assert shop.by(CLERK).send("PUT", "Orders(2)", body).status == 204
    assert shop.by(BOSS).get("Orders(2)").json["Margin"] == 2
    assert shop.by(BOSS).send("PUT", "Orders(2)", body).status == 204
    assert shop.by(BOSS).get("Orders(2)").json["Margin"] is None


def test_a_row_that_comes_back_brings_nothing_along(shop):
    shop.by(BOSS).send("DELETE", "Orders(2)")
    body = {name: value for name, value in NEW.items() if name != "Margin"}
    assert shop.by(CLERK).send("POST", "Orders", {**body, "Id": 2}).status == 201
    assert shop.by(BOSS).get("Orders(2)").json["Margin"] is None


# ETags


def test_etags_say_nothing_of_what_is_hidden(shop):
    shop.service.column_rights("Orders", "Version", C.ALL, role="boss")
    shown = {row["Id"]: row["@odata.etag"] for row in shop.by(BOSS).rows("Orders")}
    tags = {row["Id"]: row["@odata.etag"] for row in shop.by(CLERK).rows("Orders")}
    assert set(shown.values()) == {'W/"1"'}
    assert all(re.fullmatch(r'W/"[0-9a-f]{32}"', tag) for tag in tags.values())
    assert len(set(tags.values())) == 4  # two of one version are not alike
    assert shop.by(CLERK).get("Orders(1)").headers["ETag"] == tags[1]
    assert shop.by(CLERK).send("PATCH", "Orders(1)", {"Text": "x"}, If_Match='W/"1"').status == 412
    assert shop.by(CLERK).send("PATCH", "Orders(1)", {"Text": "x"}, If_Match=tags[1]).status == 204
    assert shop.by(BOSS).send("PATCH", "Orders(1)", {"Version": 2}, If_Match=shown[1]).status == 204
    assert shop.by(CLERK).send("PATCH", "Orders(1)", {"Text": "y"}, If_Match=tags[1]).status == 412
    assert "Version" not in shop.by(CLERK).get("$metadata", Accept="application/xml").text.replace(
        "ODataVersions", ""
    ).replace('Version="4.', "")


# Parts of the rights


@pytest.mark.parametrize("rights, refused", [
    (C.ALL & ~C.FILTER, [
        "Orders?$filter=Margin gt 1", "Orders?$filter=Amount gt 1 and not (Margin add 1 gt 1)", "Items?$filter=Order/Margin gt 1",
        "Customers?$filter=Orders/any(o:o/Margin gt 1)", "Orders?$compute=Margin as M&$filter=M gt 1",
        "Orders?$apply=filter(Margin gt 1)", "Customers?$expand=Orders($filter=Margin gt 1)", "Orders/$filter(Margin gt 1)",
        "Customers?$filter=Orders/$count($filter=Margin gt 1) gt 0", "Orders/$count?$filter=Margin in (1,2)",
        "Orders?$apply=compute(Margin add 1 as M)/filter(M gt 1)", "Orders?$apply=groupby((Margin))&$filter=Margin gt 1",
        "Orders?$orderby=case(Margin gt 1:1,true:2)",
    ]),
    (C.ALL & ~C.SORT, [
        "Orders?$orderby=Margin", "Orders?$orderby=Amount,Margin add 1", "Items?$orderby=Order/Margin",
        "Orders?$compute=Margin as M&$orderby=M", "Customers?$expand=Orders($orderby=Margin)", "Orders?$apply=orderby(Margin)",
        "Orders?$apply=topcount(1,Margin)", "Orders?$apply=groupby((Margin))&$orderby=Margin",
    ]),
    (C.ALL & ~C.AGGREGATE, [
        "Orders?$apply=groupby((Margin))", "Orders?$apply=aggregate(Margin with max as M)", "Items?$apply=groupby((Order/Margin))",
        "Orders?$apply=compute(Margin add 1 as M)/aggregate(M with max as N)",
    ]),
])  # fmt: skip
def test_a_use_that_is_closed(orders, rights, refused):
    orders.service.rights("*", R.ALL)
    every = ["Orders?$filter=Margin gt 1", "Orders?$orderby=Margin", "Orders?$apply=groupby((Margin))"]
    assert [orders.get(url).status for url in every] == [200] * 3
    orders.service.column_rights("Orders", "Margin", rights)
    for url in refused:
        assert orders.get(url).error == (400, "NotAllowed"), url
    assert [orders.get(url).status for url in every].count(400) == 1
    assert "Margin" in orders.get("Orders(1)").json and orders.get("Orders?$select=Margin").status == 200


def test_search(orders):
    orders.service.rights("*", R.ALL)
    assert orders.ids("Orders?$search=red&$orderby=Id") == [1, 2]
    orders.service.column_rights("Orders", "Tenant", C.ALL & ~C.SEARCH)
    assert orders.ids("Orders?$search=red") == []
    assert len(orders.ids("Orders?$search=order")) == 4


@pytest.mark.parametrize("protocol", ["v2", "v4"])
@pytest.mark.parametrize(
    "rights, inserted, updated",
    [(C.ALL_READ, None, 1), (C.ALL & ~C.UPDATE, 5, 1), (C.ALL & ~C.INSERT, None, 5), (C.ALL, 5, 5)],
)
def test_writing(orders, protocol, rights, inserted, updated):
    """A value that a client may not give is left aside, as it is for what the service sets (Protocol, Update an Entity)."""
    orders.service.rights("*", R.ALL)
    orders.service.column_rights("Orders", "Margin", rights)
    who = orders if protocol == "v4" else orders.v2()
    amount = {"Amount": 1 if protocol == "v4" else "1"}

    def margin(id):
        return orders.get(f"Orders({id})").json["Margin"]

    assert who.send("POST", "Orders", {**NEW, **amount}).status == 201
    assert margin(9) == inserted
    inside = {"Id": 7, "Name": "x", "Tenant": "x", "Orders": [{**NEW, **amount, "Id": 8}]}
    assert who.send("POST", "Customers", inside).status == 201
    assert margin(8) == inserted
    method = "PATCH" if protocol == "v4" else "MERGE"
    assert who.send(method, "Orders(1)", {"Margin": 5}, If_Match="*").status == 204
    assert margin(1) == updated
    assert who.send("PUT", "Orders(1)", {**NEW, **amount}, If_Match="*").status == 204
    assert margin(1) == updated
    alone = {"value": 6} if protocol == "v4" else {"Margin": 6}
    answer = who.send("PUT", "Orders(1)/Margin", alone, If_Match="*")
    assert (answer.status, margin(1)) == ((204, 6) if updated == 5 else (400, 1))


def test_deep_updates_and_deltas(orders):
    orders.service.rights("*", R.ALL)
    orders.service.column_rights("Orders", "Margin", C.ALL & ~C.INSERT)
    delta = {"@context": "#$delta", "value": [{**NEW}, {"Id": 1, "Margin": 5}]}
    assert orders.send("PATCH", "Orders", delta, OData_Version="4.01").status in (200, 204)
    inside = {"Orders@delta": [{**NEW, "Id": 8}]}
    assert orders.send("PATCH", "Customers(1)", inside, OData_Version="4.01").status == 204
    assert [orders.get(f"Orders({id})").json["Margin"] for id in (9, 8, 1)] == [None, None, 5]


def test_a_foreign_key_that_is_closed_closes_the_relation(orders):
    """Whichever way it would be changed."""
    orders.service.rights("*", R.ALL)
    orders.service.column_rights("Orders", "CustomerId", C.ALL & ~C.UPDATE)
    for method, url, body in [
        ("PATCH", "Orders(1)", {"Customer@odata.bind": "Customers(2)"}),
        ("PUT", "Orders(1)/Customer/$ref", {"@odata.id": "Customers(2)"}),
        ("DELETE", "Orders(1)/Customer/$ref", None),
        ("POST", "Customers(2)/Orders/$ref", {"@odata.id": "Orders(1)"}),
        ("DELETE", "Customers(1)/Orders(1)/$ref", None),
        ("PATCH", "Customers(2)", {"Orders@odata.bind": ["Orders(1)"]}),
        ("PATCH", "Customers(2)", {"Orders@delta": [{"@id": "Orders(1)"}]}),
    ]:
        assert orders.send(method, url, body, OData_Version="4.01").error == (403, "Forbidden"), (method, url)
    assert orders.get("Orders(1)").json["CustomerId"] == 1
    bound = {**NEW, "Customer@odata.bind": "Customers(2)"}
    assert orders.send("POST", "Orders", bound).json["CustomerId"] == 2
    orders.service.column_rights("Orders", "CustomerId", C.ALL_READ)
    assert orders.send("POST", "Orders", {**bound, "Id": 10}).error == (403, "Forbidden")


def test_a_hidden_foreign_key_hides_the_ways_over_it(orders):
    orders.service.rights("*", R.ALL)
    orders.service.column_rights("Orders", "CustomerId", C.NONE)
    for url in ("Orders?$expand=Customer", "Orders(1)/Customer", "Customers?$expand=Orders", "Customers(1)/Orders"):
        assert orders.get(url).status in (400, 404)
    assert "Orders@odata" not in orders.get("Customers(1)", Accept="application/json;odata.metadata=full").text
    assert orders.get("Orders?$expand=Items,Tags").status == 200
    for who in (orders, orders.v2()):
        text = who.get("$metadata", Accept="application/xml").text
        assert "CustomerId" not in text and 'Name="Customer"' in text.replace(
            'EntityType Name="Customer"', 'Name="Customer"'
        )


def test_ways_can_be_hidden_by_themselves(orders):
    orders.service.rights("*", R.ALL)
    orders.service.column_rights("Orders", "Tags", C.ALL, role="boss")
    assert orders.get("Orders?$expand=Tags").status == 400
    assert orders.by(BOSS).get("Orders?$expand=Tags").status == 200
    assert orders.get("Tags?$expand=Orders").status == 200


# What is said


def test_what_was_said_of_all_others(orders):
    orders.service.rights("*", R.ALL)
    orders.service.column_rights("Orders", "*", C.NONE)
    orders.service.column_rights("Orders", "Text", C.ALL)
    orders.service.column_rights("Orders", "Items", C.ALL)
    assert orders.rows("Orders?$orderby=Id&$top=1")[0].keys() - {"@odata.etag"} == {"Id", "Text"}
    assert orders.get("Orders?$expand=Items").status == 200
    assert orders.get("Orders?$expand=Customer").status == 400


def test_names_and_rights_that_make_no_sense(orders):
    say = orders.service.column_rights
    for message, column, rights in [
        ("did you mean 'Margin'", "Marign", C.ALL), ("cannot be hidden", "Id", C.NONE), ("add ColumnRights.READ", "Text", C.FILTER),
        ("no single value", "Items", C.READ),
    ]:  # fmt: skip
        with pytest.raises(ValueError, match=message):
            say("Orders", column, rights)


def test_annotations(orders):
    orders.service.rights("*", R.ALL)
    orders.service.column_rights("Orders", "Margin", C.READ)
    orders.service.column_rights("Orders", "Text", C.ALL & ~C.INSERT)
    text = orders.get("$metadata", Accept="application/json").json
    said = text["Shop"]["ShopContainer"]["Orders"]
    assert said["@Org.OData.Capabilities.V1.FilterRestrictions"]["NonFilterableProperties"] == ["Margin"]
    assert said["@Org.OData.Capabilities.V1.SortRestrictions"]["NonSortableProperties"] == ["Margin"]
    insert = said["@Org.OData.Capabilities.V1.InsertRestrictions"]["NonInsertableProperties"]
    update = said["@Org.OData.Capabilities.V1.UpdateRestrictions"]["NonUpdatableProperties"]
    assert ("Margin" in insert, "Text" in insert, "Margin" in update, "Text" in update) == (True, True, True, False)
    groupable = said["@Org.OData.Aggregation.V1.ApplySupported"]["GroupableProperties"]
    assert "Margin" not in groupable and "Amount" in groupable
    assert text["Shop"]["Order"]["Margin"]["@Org.OData.Core.V1.Computed"] is True
