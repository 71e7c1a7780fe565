"""Alternate keys: an entity is found by what else is its own (URL Conventions, Alternate Keys)."""

import pytest
from sqlalchemy import Column, Index, MetaData, String, Table, func
from sqlalchemy.orm import registry

from odata_service.access import ColumnRights
from odata_service.edm.errors import ModelError
from odata_service.edm.from_models import model_from
from tests.types_v4 import orders

ANN = "Customers(Mail='ann@a.example')"


@pytest.mark.parametrize("url, content", [
    (ANN,                                  '#Customers/$entity","ID":1,"Name":"Ann"'),
    ("Customers(System=7,Code='a''n')",    '"ID":1,"Name":"Ann"'),
    ("Customers(Code='b',System=8)",       '"ID":3,"Name":"Cyd"'),
    ("Customers(Mail=@m)?@m='ann@a.example'", '"ID":1,"Name":"Ann"'),
    (f"{ANN}/Name/$value",                 "Ann"),
    (f"{ANN}/Orders(1)/Lines(2)/Amount",   '"value":7'),
    (f"{ANN}/Orders?$select=ID",           '"value":[{"ID":1},{"ID":2}]'),
    (f"{ANN}?$select=Name",                '"@odata.id":"http://services.example/v4/Customers(1)"'),
    ("$entity?$id=Customers(Mail='ann@a.example')", '"ID":1,"Name":"Ann"'),
    ("Orders(1)/Customer/Orders/$count",   "2"),
    ("Customers(Mail='ann@a.example')?$expand=Orders($select=ID)", '"Orders":[{"ID":1},{"ID":2}]'),
])  # fmt: skip
def test_read(sales, url, content):
    answer = sales.get(url)
    assert answer.status == 200, answer.text
    assert content in answer.text


def test_change(sales):
    assert sales.send("PATCH", ANN, {"Name": "Anna"}).status == 204
    assert sales.get("Customers(1)/Name").json["value"] == "Anna"
    made = sales.send("POST", f"{ANN}/Orders", {"ID": 40, "Name": "new"})
    assert (made.status, made.json["CustomerID"]) == (201, 1)
    bound = sales.send("POST", "Orders", {"ID": 41, "Name": "x", "Customer@odata.bind": "Customers(System=8,Code='b')"})
    assert bound.json["CustomerID"] == 3
    assert sales.send("DELETE", "Customers(Code='b',System=7)").status == 204
    assert sales.get("Customers(2)").status == 404


@pytest.mark.parametrize("status, code, method, url", [
    (404, "ResourceNotFound", "GET",   "Customers(Mail='nobody')"),
    (404, "ResourceNotFound", "PATCH", "Customers(Mail='nobody')"),
    (400, "BadKey",           "GET",   "Customers(Name='Ann')"),
    (400, "BadKey",           "GET",   "Customers(System=7)"),
    (400, "BadKey",           "GET",   "Customers('ann@a.example')"),
    (400, "BadKey",           "GET",   "Customers(ID=1,Mail='ann@a.example')"),
    (400, "BadKey",           "GET",   "Customers(Mail='ann@a.example',Mail='ann@a.example')"),
    (400, "BadKey",           "GET",   "Customers(Mail=5)"),
    (400, "BadKey",           "GET",   "Customers(Mail=null)"),
])  # fmt: skip
def test_refused(sales, status, code, method, url):
    answer = sales.send(method, url, {"Name": "x"} if method == "PATCH" else None)
    assert answer.error == (status, code), answer.text


def test_a_message_names_the_keys(sales):
    message = sales.get("Customers(Name='Ann')").json["error"]["message"]
    assert message.startswith("the key of Customer is (ID) or (Mail) or (System, Code)")


def test_metadata(sales):
    said = sales.get("$metadata").json["Sales"]["Customer"]["@Org.OData.Core.V1.AlternateKeys"]
    assert [[part["Alias"] for part in key["Key"]] for key in said] == [["Mail"], ["System", "Code"]]
    assert said[0]["Key"][0]["Name"] == "Mail"
    xml = sales.get("$metadata", Accept="application/xml").text
    assert '<PropertyValue Property="Name" PropertyPath="Mail" />' in xml


@pytest.mark.parametrize("rights", [ColumnRights.NONE, ColumnRights.ALL & ~ColumnRights.FILTER])
def test_by_what_is_closed_nobody_is_found(sales_service, sales, rights):
    sales_service.column_rights("Customers", "Mail", rights)
    assert sales.get(ANN).error == (400, "BadKey")
    assert "Mail" not in sales.get(ANN).json["error"]["message"]
    said = sales.get("$metadata").json["Sales"]["Customer"]["@Org.OData.Core.V1.AlternateKeys"]
    assert [[part["Name"] for part in key["Key"]] for key in said] == [["System", "Code"]]


def test_v2_knows_no_alternate_keys(old_sales):
    assert old_sales.get(ANN).error == (400, "BadKey")
    assert old_sales.get("Customers(1)").d["Name"] == "Ann"


@pytest.mark.parametrize("key, message", [
    ("Name", "is not unique"),
    (("System",), "is not unique"),
    (("System", "Code", "Mail"), "is not unique"),
    ("Nothing", "has no property 'Nothing'"),
    ("ID", "has no property 'ID' that could be part"),
])  # fmt: skip
def test_models_that_cannot_be(monkeypatch, key, message):
    monkeypatch.setattr(orders.Customer, "__odata__", {"alternate_keys": (key,)})
    with pytest.raises(ModelError, match=message):
        model_from(orders.Base, "Sales")


@pytest.mark.parametrize("index, is_key", [
    (lambda table: Index("i", table.c.Name, unique=True), True),
    (lambda table: Index("i", table.c.Name), False),
    (lambda table: Index("i", func.lower(table.c.Name), unique=True), False),
    (lambda table: Index("i", table.c.Name, unique=True, postgresql_where=table.c.ID != ""), False),
    (lambda table: Index("i", table.c.Name, unique=True, sqlite_where=table.c.ID != ""), False),
])  # fmt: skip
def test_unique_indexes(index, is_key):
    table = Table("Thing", MetaData(), Column("ID", String(5), primary_key=True), Column("Name", String(5)))
    index(table)
    thing = type("Thing", (), {"__odata__": {"alternate_keys": ("Name",)}})
    registry().map_imperatively(thing, table)
    if is_key:
        assert model_from([thing], "N").types["Thing"].alternate_keys
    else:
        with pytest.raises(ModelError, match="not unique"):
            model_from([thing], "N")
