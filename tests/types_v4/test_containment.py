"""Containment: entities that are part of others, found and changed only there."""

import pytest
from sqlalchemy import create_engine

from odata_service import ODataService
from odata_service.access import EntitySetRights
from odata_service.edm.errors import ModelError
from odata_service.edm.from_models import model_from
from tests.delta.client import ClientV4
from tests.types_v4 import orders

ROOT = "http://services.example/v4/"
LINE = '"@odata.etag":"W/\\"1\\"","OrderID":1,"No":1,"Amount":5,"ProductCode":"a/b","Version":1'
FIRST = "Orders(1)/Lines(1)"


def texts(client, url):
    answer = client.get(url)
    assert answer.status == 200, answer.text
    return answer.text.replace(ROOT, "~")


@pytest.mark.parametrize("url, content", [
    ("Orders(1)/Lines",                      '{"@odata.context":"~$metadata#Orders(1)/Lines","value":[{' + LINE),
    ("Orders(3)/Lines",                      '{"@odata.context":"~$metadata#Orders(3)/Lines","value":[]}'),
    ("Orders(3)/Lines/$filter(Amount gt 1)", '{"@odata.context":"~$metadata#Orders(3)/Lines","value":[]}'),
    (FIRST,                                  '{"@odata.context":"~$metadata#Orders(1)/Lines/$entity",' + LINE),
    ("Orders(1)/Lines(OrderID=1,No=1)",      '{"@odata.context":"~$metadata#Orders(1)/Lines/$entity",' + LINE),
    ("Customers(1)/Orders(1)/Lines(1)",      '{"@odata.context":"~$metadata#Orders(1)/Lines/$entity",' + LINE),
    ("$entity?$id=Orders(1)/Lines(1)",       '{"@odata.context":"~$metadata#Orders(1)/Lines/$entity",' + LINE),
    ("Orders(1)/Lines(2)/Amount",            '{"@odata.context":"~$metadata#Orders(1)/Lines(2)/Amount","value":7}'),
    ("Products('a%2Fb')/Code",               '{"@odata.context":"~$metadata#Products(\'a%2Fb\')/Code","value":"a/b"}'),
    ("Orders(1)/Lines/$count",               "2"),
    ("Orders(1)/Lines?$filter=No eq 2",      '"No":2,"Amount":7'),
    (f"{FIRST}/Notes",                       '{"@odata.context":"~$metadata#Orders(1)/Lines(1)/Notes","value":[{"ID":"x",'),
    (f"{FIRST}/Notes('x')/Text/$value",      "in red"),
    (f"{FIRST}/Product",                     '{"@odata.context":"~$metadata#Products/$entity","Code":"a/b"'),
    (f"{FIRST}/Order",                       '{"@odata.context":"~$metadata#Orders/$entity","ID":1'),
    ("Orders(1)/Terms",                      '{"@odata.context":"~$metadata#Orders(1)/Terms/$entity","OrderID":1,"Days":30}'),
    ("Orders(1)/Lines/$ref",                 '"value":[{"@odata.id":"~Orders(1)/Lines(1)"},{"@odata.id":"~Orders(1)/Lines(2)"}]'),
    ("Orders(1)/Terms/$ref",                 '"@odata.id":"~Orders(1)/Terms"'),
    ("Orders(1)/Lines?$select=Amount",       '{"@odata.id":"~Orders(1)/Lines(1)","@odata.etag":"W/\\"1\\"","Amount":5}'),
    ("Orders(1)/Lines?$select=No",           '[{"@odata.etag":"W/\\"1\\"","No":1},'),
    ("Company/Branches",                     '{"@odata.context":"~$metadata#Company/Branches","value":[{"ID":1,'),
    ("Company/Branches/Sales.Shop",          '{"@odata.context":"~$metadata#Company/Branches/Sales.Shop","value":[{"ID":2,'),
    ("Company/Branches(2)",                  '#Company/Branches/$entity","@odata.type":"#Sales.Shop","ID":2,'),
    ("Company/Branches(2)/Sales.Shop/Windows", '"value":3'),
    ("Orders(1)?$expand=Lines($expand=Notes;$top=1),Terms",
     '"Lines":[{' + LINE + ',"Notes":[{"ID":"x","Text":"in red"},{"ID":"y","Text":null}]}],'
     '"Lines@odata.nextLink":"~Orders(1)/Lines?$expand=Notes&$top=1&$skiptoken='),
    ("Orders(2)?$expand=Terms",              '"CustomerID":1,"Terms":null}'),
    ("Orders?$filter=Lines/any(l:l/Notes/any(n:n/ID eq 'z'))&$select=ID", '"value":[{"ID":2}]'),
    ("Orders?$filter=Terms/Days eq 30&$select=ID",                        '"value":[{"ID":1}]'),
    ("Orders?$filter=Lines/$count eq 0&$select=ID",                       '"value":[{"ID":3}]'),
    ("Orders?$orderby=Lines/$count desc,ID&$select=ID&$top=1",            '"value":[{"ID":1}]'),
])  # fmt: skip
def test_read(sales, url, content):
    if "nextLink" in content:
        content = content.split(',"Lines@odata.nextLink"')[0]
    assert content in texts(sales, url)


@pytest.mark.parametrize("url, content", [
    ("Products('a%2Fb')/Lines",          '{"@odata.context":"~$metadata#Collection(Sales.Line)","value":['),
    ("Products('a%2Fb')/Lines",          '{"@odata.context":"~$metadata#Orders(2)/Lines/$entity","@odata.id":"~Orders(2)/Lines(1)",'),
    ("Products?$expand=Lines",           '"Lines":[{"@odata.context":"~$metadata#Orders(1)/Lines/$entity","@odata.id":"~Orders(1)/Lines(1)"'),
    ("$all/Sales.Note?$orderby=ID desc", '"@odata.context":"~$metadata#Orders(2)/Lines(1)/Notes/$entity"'),
    ("$all/Sales.Note?$orderby=ID desc", '"@odata.id":"~Orders(2)/Lines(1)/Notes(\'z\')"'),
])  # fmt: skip
def test_what_is_scattered_says_where_it_is(sales, url, content):
    """Entities of many places in one answer: each has its own context."""
    assert content in texts(sales, url)


def test_full_metadata(sales):
    answer = sales.get(f"{FIRST}/Notes('x')", Accept="application/json;odata.metadata=full").json
    assert answer["@odata.id"] == answer["@odata.editLink"] == f"{ROOT}{FIRST}/Notes('x')"
    line = sales.get(FIRST, Accept="application/json;odata.metadata=full").json
    assert line["Notes@odata.navigationLink"] == f"{ROOT}{FIRST}/Notes"


def test_next_links_stay_in_place(sales):
    one, two = sales.pages("Orders(1)/Lines", Prefer="odata.maxpagesize=1")
    assert one["@odata.nextLink"].startswith(f"{ROOT}Orders(1)/Lines?$skiptoken=")
    assert [each["@odata.context"] for each in (one, two)] == [f"{ROOT}$metadata#Orders(1)/Lines"] * 2
    assert [each["value"][0]["No"] for each in (one, two)] == [1, 2]


@pytest.mark.parametrize(
    "url", ["Lines", "Lines(OrderID=1,No=1)", "$all/$count/Lines", "$crossjoin(Orders,Lines)", "Terms(1)"]
)
def test_there_is_no_set(sales, url):
    assert sales.get(url).status == 404


def test_service_document_and_everything(sales):
    assert {each["name"] for each in sales.value("")} == {"Company", "Customers", "Orders", "Products"}
    assert {each["@odata.type"] for each in sales.value("$all")} == {
        "#Sales.Company", "#Sales.Customer", "#Sales.Order", "#Sales.Product"
    }  # fmt: skip


def test_a_key_as_a_segment(sales_service):
    sales_service.key_as_segment = True
    client = ClientV4(sales_service)
    assert client.get("Orders/1/Lines/2/Amount").json["value"] == 7
    assert client.get("Orders/1/Lines/1/Notes/y").json["ID"] == "y"


def test_insert(sales):
    made = sales.send("POST", "Orders(1)/Lines", {"No": 3, "Amount": 2, "Notes": [{"ID": "n"}]})
    assert (made.status, made.headers["Location"]) == (201, f"{ROOT}Orders(1)/Lines(3)")
    assert made.json["@odata.context"] == f"{ROOT}$metadata#Orders(1)/Lines/$entity"
    assert (made.json["OrderID"], made.json["Notes"]) == (1, [{"ID": "n", "Text": None}])
    note = sales.send("POST", "Orders(1)/Lines(3)/Notes", {"ID": "m"}, Prefer="return=minimal")
    assert (note.status, note.headers["OData-EntityId"]) == (204, f"{ROOT}Orders(1)/Lines(3)/Notes('m')")
    assert sales.get("Orders(1)/Lines(3)/Notes/$count").text == "2"
    terms = sales.send("PUT", "Orders(3)/Terms", {"Days": 14})
    assert (terms.status, terms.headers["Location"]) == (201, f"{ROOT}Orders(3)/Terms")
    shop = sales.send("POST", "Company/Branches", {"@odata.type": "#Sales.Shop", "ID": 5, "City": "Oslo", "Windows": 1})
    assert (shop.status, shop.headers["Location"]) == (201, f"{ROOT}Company/Branches(5)")


def test_the_address_says_whose_it_is(sales):
    assert sales.send("POST", "Orders(3)/Lines", {"No": 1, "OrderID": 1, "Order@odata.bind": "Orders(2)"}).status == 201
    assert sales.get("Orders(3)/Lines(1)").json["OrderID"] == 3


def test_update_and_delete(sales):
    assert sales.send("PATCH", FIRST, {"Amount": 50, "OrderID": 2}).status == 204
    assert sales.get(FIRST).json["Amount"] == 50
    put = sales.send("PUT", FIRST, {"ProductCode": "a/b"}, Prefer="return=representation")
    assert (put.status, put.json["Amount"], put.json["ProductCode"]) == (200, 1, "a/b")
    assert put.json["@odata.context"] == f"{ROOT}$metadata#Orders(1)/Lines/$entity"
    assert sales.send("PATCH", f"{FIRST}/Notes('y')", {"Text": "new"}).status == 204
    assert sales.get(f"{FIRST}/Notes('y')").json["Text"] == "new"
    assert sales.send("PUT", "Orders(1)/Lines(2)/Amount", {"value": 8}).status == 204
    assert sales.get("Orders(1)/Lines(2)/Amount").json["value"] == 8
    assert sales.send("DELETE", f"{FIRST}/Notes('y')").status == 204
    assert sales.send("DELETE", "Orders(1)/Terms").status == 204
    assert sales.get("Orders(1)/Terms").status == 204


def test_etags_hold(sales):
    assert sales.send("PATCH", FIRST, {"Amount": 1}, If_Match='W/"7"').error == (412, "PreconditionFailed")
    changed = sales.send("PATCH", FIRST, {"Amount": 1}, If_Match='W/"1"')
    assert (changed.status, changed.headers["ETag"]) == (204, 'W/"2"')


def test_upsert(sales):
    made = sales.send("PATCH", "Orders(3)/Lines(4)", {"Amount": 6})
    assert (made.status, made.headers["Location"]) == (201, f"{ROOT}Orders(3)/Lines(4)")
    assert sales.get("Orders(3)/Lines(4)").json["Amount"] == 6
    assert sales.send("PATCH", "Orders(3)/Lines(5)", {"Amount": 6}, If_Match="*").status == 412
    assert sales.send("PATCH", "Orders(9)/Lines(4)", {"Amount": 6}).error == (404, "ResourceNotFound")


def test_deep_insert(sales):
    body = {"ID": 7, "Name": "deep", "Terms": {"Days": 4}, "Lines": [{"No": 1, "Notes": [{"ID": "w"}]}, {"No": 2}]}
    made = sales.send("POST", "Orders", body).json
    assert [line["OrderID"] for line in made["Lines"]] == [7, 7]
    assert (made["Terms"]["Days"], made["Lines"][0]["Notes"][0]["ID"]) == (4, "w")
    assert sales.get("Orders(7)/Lines(1)/Notes('w')").status == 200


def test_deep_update(newest_sales):
    """Members that are not named are gone, those that are named are changed, others are new."""
    body = {"Terms": None, "Lines": [{"No": 2, "Amount": 70}, {"No": 8, "Notes": [{"ID": "n"}]}]}
    assert newest_sales.send("PATCH", "Orders(1)", body).status == 204
    assert [(line["No"], line["Amount"]) for line in newest_sales.value("Orders(1)/Lines")] == [(2, 70), (8, 1)]
    assert newest_sales.get("Orders(1)/Terms").status == 204
    assert {each["ID"] for each in newest_sales.value("$all/Sales.Note")} == {"n", "z"}
    delta = {"Lines@delta": [{"@removed": {"reason": "changed"}, "@id": "Orders(1)/Lines(2)"}, {"No": 8, "Amount": 9}]}
    assert newest_sales.send("PATCH", "Orders(1)", delta).status == 204
    assert [(line["No"], line["Amount"]) for line in newest_sales.value("Orders(1)/Lines")] == [(8, 9)]
    kept = {"Lines": [{"@id": "Orders(1)/Lines(8)"}]}
    assert newest_sales.send("PATCH", "Orders(1)", kept).status == 204
    assert newest_sales.get("Orders(1)/Lines/$count").text == "1"


@pytest.mark.parametrize("name", ["Orders(1)", "Orders(2)"])
def test_what_it_contains_goes_with_an_entity(sales, name):
    """Though the mapped classes say nothing of a cascade from orders to lines."""
    assert sales.send("DELETE", name).status == 204
    numbers = {note["@odata.id"].removeprefix(ROOT)[:9] for note in sales.value("$all/Sales.Note")}
    assert numbers == {"Orders(1)", "Orders(2)"} - {name}
    assert sales.get(f"{name}/Lines(1)").status == 404


def test_each_of_them(newest_sales):
    assert newest_sales.send("PATCH", "Orders(1)/Lines/$filter(Amount gt 5)/$each", {"Amount": 4}).status == 204
    assert [line["Amount"] for line in newest_sales.value("Orders(1)/Lines")] == [5, 4]
    assert newest_sales.send("DELETE", "Orders(1)/Lines/$each").status == 204
    assert newest_sales.get("Orders(1)/Lines/$count").text == "0"
    assert newest_sales.get("Orders(2)/Lines/$count").text == "1"


def test_in_a_change_set(sales):
    requests = [
        {"id": "1", "atomicityGroup": "g", "method": "POST", "url": "Orders(3)/Lines", "body": {"No": 1}},
        {"id": "2", "atomicityGroup": "g", "method": "POST", "url": "$1/Notes", "body": {"ID": "b"}},
    ]
    answers = sales.send("POST", "$batch", {"requests": requests}).json["responses"]
    assert [each["status"] for each in answers] == [201, 201]
    assert answers[1]["headers"]["location"] == f"{ROOT}Orders(3)/Lines(1)/Notes('b')"


@pytest.mark.parametrize("status, code, method, url, body", [
    (405, "MethodNotAllowed", "POST",   "Products('a%2Fb')/Lines", {"No": 9}),
    (405, "MethodNotAllowed", "POST",   "Orders(1)/Lines/$ref",    {"@odata.id": "Orders(2)/Lines(1)"}),
    (405, "MethodNotAllowed", "PUT",    "Orders(1)/Lines/$ref",    {"value": []}),
    (405, "MethodNotAllowed", "DELETE", "Orders(1)/Lines(1)/$ref", None),
    (405, "MethodNotAllowed", "PUT",    "Orders(1)/Terms/$ref",    {"@odata.id": "Orders(2)/Terms"}),
    (400, "BadBody",          "POST",   "Products",                {"Code": "c", "Name": "c", "Lines": [{"No": 1}]}),
    (400, "BadBody",          "PATCH",  "Products('a%2Fb')",       {"Lines": [{"No": 1, "OrderID": 3}]}),
    (400, "BadReference",     "POST",   "Orders",                  {"ID": 9, "Name": "n", "Lines@odata.bind": ["Orders(1)/Lines(1)"]}),
    (400, "BadReference",     "PATCH",  "Orders(1)",               {"Lines@odata.bind": ["Orders(2)/Lines(1)"]}),
    (400, "BadReference",     "PATCH",  "Orders(1)",               {"Lines": [{"@id": "Orders(2)/Lines(1)", "Amount": 3}]}),
    (400, "BadReference",     "PATCH",  "Orders(1)",               {"Lines": [{"No": 1, "Notes": [{"ID": "z"}]}]}),
    (400, "BadReference",     "PATCH",  "Orders(2)",               {"Terms": {"@id": "Orders(1)/Terms"}}),
    (409, "KeyExists",        "POST",   "Orders(1)/Lines",         {"No": 2}),
    (404, "ResourceNotFound", "POST",   "Orders(9)/Lines",         {"No": 2}),
    (404, "ResourceNotFound", "DELETE", "Orders(1)/Lines(9)",      None),
    (400, "BadKey",           "DELETE", "Orders(1)/Lines('x')",    None),
    (400, "BadKey",           "GET",    "Orders(1)/Lines(OrderID=1)", None),
])  # fmt: skip
def test_refused(newest_sales, status, code, method, url, body):
    before = newest_sales.get("Orders?$expand=Lines($expand=Notes),Terms").text
    answer = newest_sales.send(method, url, body)
    assert answer.error == (status, code), answer.text
    assert newest_sales.get("Orders?$expand=Lines($expand=Notes),Terms").text == before


def test_what_is_contained_may_be_bound_where_it_is_only_known(sales):
    assert sales.send("PATCH", "Products('a%2Fb')", {"Lines@odata.bind": ["Orders(1)/Lines(2)"]}).status == 204
    assert sales.get("Orders(1)/Lines(2)").json["ProductCode"] == "a/b"
    assert sales.send("DELETE", "Products('a%2Fb')/Lines/$ref?$id=Orders(1)/Lines(2)").status == 204
    assert sales.get("Orders(1)/Lines(2)").json["ProductCode"] is None


class TestRights:
    @pytest.fixture
    def service(self, sales_service):
        sales_service.rights("Lines", EntitySetRights.READ_SINGLE)
        return sales_service

    def test_of_what_is_contained(self, service, sales):
        assert sales.get(FIRST).status == 200
        assert sales.get("Orders(1)/Lines").error == (403, "Forbidden")
        assert sales.send("POST", "Orders(1)/Lines", {"No": 3}).error == (403, "Forbidden")

    def test_without_the_containing_ones(self, sales_service, sales):
        """What is contained in what a caller may not use is not there for him."""
        sales_service.rights("Orders", EntitySetRights.NONE)
        assert sales.get("Products('a%2Fb')/Lines").status == 404
        assert '"Line"' not in sales.get("$metadata", Accept="application/xml").text


def test_metadata(sales):
    xml = sales.get("$metadata", Accept="application/xml").text
    assert '<EntityType Name="Line"><Key><PropertyRef Name="No" /></Key>' in xml
    assert '<NavigationProperty Name="Terms" Type="Sales.Terms" Nullable="true" ContainsTarget="true" />' in xml
    assert '<NavigationPropertyBinding Path="Lines/Product" Target="Products" />' in xml
    assert '<NavigationPropertyBinding Path="Lines" Target="Orders/Lines" />' in xml
    assert '<EntitySet Name="Lines"' not in xml
    schema = sales.get("$metadata").json["Sales"]
    assert schema["Order"]["Lines"] == {
        "$Kind": "NavigationProperty", "$Collection": True, "$Type": "Sales.Line", "$Partner": "Order", "$ContainsTarget": True
    }  # fmt: skip
    assert "Lines" not in schema["SalesContainer"]


class TestV2:
    """V2 knows no containment: there all entities are in sets."""

    def test_read(self, old_sales):
        uri = old_sales.get("Orders(1)/Lines(OrderID=1,No=2)").d["__metadata"]["uri"]
        assert uri.endswith("/PeopleDataService.svc/Lines(OrderID=1,No=2)")
        assert len(old_sales.get("Lines").entities) == 3
        assert old_sales.get("Company(1)").d["Name"] == "Us"
        assert [each["Name"] for each in old_sales.get("Company").entities] == ["Us"]
        assert 'EntitySet Name="Notes"' in old_sales.get("$metadata").text

    def test_change(self, old_sales, sales):
        made = old_sales.post("Lines", {"OrderID": 3, "No": 1, "Amount": 2})
        assert made.status == 201
        assert made.headers["Location"].endswith("/Lines(OrderID=3,No=1)")
        assert sales.get("Orders(3)/Lines(1)").json["Amount"] == 2
        assert old_sales.post("Orders", {"ID": 8, "Name": "x", "Lines": [{"No": 1}]}).status == 201
        assert old_sales.send("DELETE", "Orders(8)").status == 204
        assert old_sales.get("Lines(OrderID=8,No=1)").status == 404


@pytest.mark.parametrize("container, message", [
    ("Nothing", "not published"),
    ("Customer", "one relationship from there"),
    ("Product", "never null"),
])  # fmt: skip
def test_models_that_cannot_be(monkeypatch, container, message):
    monkeypatch.setattr(orders.Line, "__odata__", {"contained_in": container})
    with pytest.raises(ModelError, match=message):
        model_from(orders.Base, "Sales")


def test_no_circles(monkeypatch):
    monkeypatch.setattr(orders.Order, "__odata__", {"contained_in": "Line"}, raising=False)
    with pytest.raises(ModelError):
        ODataService(orders.Base, create_engine("sqlite://"), namespace="Sales")
