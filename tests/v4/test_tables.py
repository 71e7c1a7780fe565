"""``$format=csv`` and ``$format=xlsx``: entities as tables, all pages in one answer."""

from __future__ import annotations

import csv
import io
from datetime import datetime
from typing import Any

import openpyxl
import pytest

from odata_service import Headers, ODataRequest
from odata_service.protocol import V2, V4, Protocol
from tests.delta.client import ROOT, ClientV4
from tests.v4.store import LAPTOP

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def sent(client: ClientV4, url: str, protocol: Protocol = V4, **headers: str) -> Any:
    target, _, query = url.partition("?")
    return client.service.handle(ODataRequest(protocol, "GET", target, query, Headers(headers), b"", ROOT)).whole()


def table(client: ClientV4, url: str, **said: Any) -> list[list[str]]:
    answer = sent(client, url, **said)
    assert answer.status == 200, answer.body
    return list(csv.reader(io.StringIO(answer.body.decode(), newline="")))


@pytest.mark.parametrize("url, lines", [
    ("Products?$format=csv&$select=Name,Price&$orderby=Price desc&$top=2",
     [["Name", "Price"], ["Premium Laptop Pro", "1999.99"], ["Laptop", "999.99"]]),
    ("Products?$select=Name,ShippingAddress/City&$filter=Name eq 'Wireless Mouse'&$format=text/csv",
     [["Name", "ShippingAddress/City"], ["Wireless Mouse", "San Francisco"]]),
    ("Products?$select=Name&$expand=Category($select=Name)&$filter=Name eq 'Wireless Mouse'&$format=csv",
     [["Name", "Category/Name"], ["Wireless Mouse", "Electronics"]]),
    ("Products?$apply=groupby((Category/Name),aggregate(Price with max as Most))&$filter=Most gt 1000&$format=csv",
     [["Category/Name", "Most"], ["Electronics", "1999.99"]]),
    ("Products?$compute=Price mul 2 as Twice&$select=Name,Twice&$filter=Name eq 'Wireless Mouse'&$format=csv",
     [["Name", "Twice"], ["Wireless Mouse", "59.98"]]),
    (f"{LAPTOP}?$select=Name&$format=csv", [["Name"], ["Laptop"]]),
    ("Products?$filter=Name eq 'none'&$select=Name&$format=csv", [["Name"]]),
])  # fmt: skip
def test_csv(shop, url, lines):
    assert table(shop, url) == lines


@pytest.fixture
def in_threes(monkeypatch):
    """From when it is called on: as many entities are read at once, and as many of what ``$apply`` makes of them."""

    def begin():
        monkeypatch.setattr("odata_service.plan.read.ROWS_OF_A_PART", 3)
        monkeypatch.setattr("odata_service.export.ROWS_OF_A_PAGE", 3)

    return begin


def test_all_pages_in_one_answer(shop, in_threes):
    names = [each["Name"] for page in shop.pages("Products?$orderby=Name") for each in page["value"]]
    in_threes()
    assert [name for (name,) in table(shop, "Products?$format=csv&$select=Name&$orderby=Name")[1:]] == names
    assert [name for (name,) in table(shop, "Products?$format=csv&$select=Name&$orderby=Name&$top=4")[1:]] == names[:4]
    grouped = "Products?$apply=groupby((Name))&$orderby=Name"
    assert [name for (name,) in table(shop, f"{grouped}&$format=csv")[1:]] == sorted(set(names))
    assert len(names) > 6


def test_one_state_of_the_data(client_of, in_threes):
    """Whatever others change meanwhile; and what is not wanted to its end gives its connection back."""
    found = client_of("people")
    people = ClientV4(found.service, changing=found.changing)
    in_threes()
    expected = table(people, "People?$format=csv&$select=Name&$orderby=Name")
    request = ODataRequest(V4, "GET", "People", "$format=csv&$select=Name&$orderby=Name", Headers(), b"", ROOT)
    pieces, unwanted = (people.service.handle(request).pieces for _ in range(2))
    first = next(pieces)
    people.send("POST", "People", {"Name": "Zoe"})
    read = list(csv.reader(io.StringIO((first + b"".join(pieces)).decode(), newline="")))
    assert read == expected != table(people, "People?$format=csv&$select=Name&$orderby=Name")
    unwanted.close()
    assert people.service.engine.pool.checkedout() == 0


def test_every_value_as_v4_writes_it(shop):
    """Texts with quotes, numbers with all digits, nulls as nothing; the same by the option and by the header."""
    url = "Products?$select=Name,Price,Rating,Status,ReleaseDate,ShippingTime,Data,Location"
    header, *rows = table(shop, f"{url}&$format=csv")
    assert table(shop, url, Accept="text/csv") == [header, *rows]
    entities = shop.value(url, Accept="application/json;odata.metadata=none")
    for row, entity in zip(rows, entities, strict=True):
        for name in ("Name", "Status", "ReleaseDate", "ShippingTime", "Data"):
            assert row[header.index(name)] == (entity[name] or "")
        assert float(row[header.index("Price")]) == entity["Price"]


def test_a_workbook(shop):
    answer = sent(shop, "Products?$select=Name,Price,CreatedAt,ReleaseDate,SerialNumber&$orderby=Name&$format=xlsx")
    assert answer.headers["Content-Type"] == XLSX
    assert answer.headers["Content-Disposition"] == 'attachment; filename="Products.xlsx"'
    sheet = openpyxl.load_workbook(io.BytesIO(answer.body)).active
    (header, *rows) = sheet.iter_rows(values_only=True)
    assert header == ("Name", "Price", "ReleaseDate", "CreatedAt", "SerialNumber")
    (mouse,) = (row for row in rows if row[0] == "Wireless Mouse")
    assert mouse == ("Wireless Mouse", 29.99, datetime(2024, 1, 20), datetime(2024, 3, 20, 14, 45), None)


def test_a_text_is_no_formula(client_of):
    found = client_of("people")
    people = ClientV4(found.service, changing=found.changing)
    name = '=1+1 <&>"\u0001'
    people.send("POST", "People", {"Name": name})
    url = "People?$select=Name&$filter=startswith(Name,'=')"
    sheet = openpyxl.load_workbook(io.BytesIO(sent(people, url, Accept=XLSX).body)).active
    assert (sheet["A2"].value, sheet["A2"].data_type) == ('=1+1 <&>"_x0001_', "s")
    assert table(people, f"{url}&$format=csv")[1] == [name]


def test_v2(client_of):
    """The URL is V2's; the values stand as in V4, whose forms programs know."""
    people = ClientV4(client_of("people").service)
    url = "People?$format=csv&$select=Name&$filter=substringof('Ada',Name)"
    assert table(people, url, protocol=V2) == [["Name"], ["Ada Lovelace"]]


@pytest.mark.parametrize("url, status, code, target", [
    ("Products?$format=csv&$expand=RelatedProducts", 400, "OptionNotApplicable", "$expand"),
    ("Products?$format=csv&$filter=Nam eq 1", 400, "UnknownProperty", "$filter"),
    ("Products/$count?$format=csv", 406, "NotAcceptable", "$format"),
    ("$metadata?$format=csv", 406, "NotAcceptable", "$format"),
    ("?$format=xlsx", 406, "NotAcceptable", "$format"),
    (f"{LAPTOP}/Name?$format=csv", 406, "NotAcceptable", "$format"),
    ("$crossjoin(Products,Categories)?$format=csv", 406, "NotAcceptable", "$format"),
])  # fmt: skip
def test_what_is_no_table(shop, url, status, code, target):
    answer = shop.get(url)
    assert (*answer.error, answer.json["error"]["target"]) == (status, code, target)


def test_changes_are_no_table(shop):
    assert shop.get("Products?$format=csv", Prefer="track-changes").status == 406


def test_what_the_application_leaves_out(client_of):
    service = client_of("people").service
    service.on_entry("People")(lambda context, entry: entry.omit("Name"))
    people = ClientV4(service)
    rows = table(people, "People?$format=csv&$select=PersonId,Name&$top=2")
    assert [row[1] for row in rows] == ["Name", "", ""]


def test_one_of_a_batch_that_breaks_off(client_of, in_threes):
    """Nothing of it is sent yet, so it is a refusal."""
    service = client_of("people").service
    people, requests = ClientV4(service), [{"id": "1", "method": "get", "url": "People?$format=csv&$orderby=Name"}]
    (last, *_) = people.value("People?$orderby=Name desc")
    in_threes()
    service.on_entry("People")(lambda context, entry: entry.omit(1 / (entry["Name"] != last["Name"]) and "Name"))
    (one,) = people.send("POST", "$batch", {"requests": requests}).json["responses"]
    assert (one["status"], one["body"]["error"]["code"]) == (500, "InternalError")


def test_one_of_a_batch(shop):
    answer = shop.send(
        "POST",
        "$batch",
        {"requests": [{"id": "1", "method": "get", "url": "Products?$format=csv&$select=Name&$top=1"}]},
    )
    (one,) = answer.json["responses"]
    assert one["status"] == 200 and one["headers"]["content-type"].startswith("text/csv")
