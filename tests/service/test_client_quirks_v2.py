"""What V2's clients write where others would write something else (each was seen in a client), and what it means."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.service.catalogue import ORDER
from tests.service.client import Client
from tests.service.databases import ClientOf

ITEM = f"OrderItems(Order_ID=guid'{ORDER}',Pos=10)"

# Two URLs that ask for the same: as the client writes it, and plainly.
SPELLINGS = {
    "parentheses after a set (WCF)": ("Products()?$filter=ID eq 3", "Products?$filter=ID eq 3"),
    "parentheses before more of the path (WCF)": ("Products()/$count", "Products/$count"),
    "parentheses after a navigation property (WCF)": ("Categories(1)/Products()?$top=2", "Categories(1)/Products?$top=2"),
    "a slash at the end (Syncfusion)": ("Products/?$inlinecount=allpages&$top=2", "Products?$inlinecount=allpages&$top=2"),
    "two slashes at the beginning (react-admin)": ("/Products?$top=2", "Products?$top=2"),
    "an encoded key (pyodata)": ("Products%281%29", "Products(1)"),
    "an encoded key of two parts (pyodata)": (
        f"OrderItems%28Order_ID%3Dguid%27{ORDER}%27%2CPos%3D10%29", ITEM,
    ),
    "an encoded key in plain parentheses (DevExtreme)": (f"OrderItems(Order_ID%3Dguid'{ORDER}'%2CPos%3D10)", ITEM),
    "the other order of a key's parts": (f"OrderItems(Pos=10,Order_ID=guid'{ORDER}')", ITEM),
    "a key of one part with its name (SAP Cloud SDK)": ("Products(ID=1)", "Products(1)"),
    "encoded names of options": ("Products?%24filter=ID%20eq%203&%24select=ID", "Products?$filter=ID eq 3&$select=ID"),
    "plus for blanks (pyodata, Salesforce)": (
        "Products?$filter=Name+eq+%27O%27%27Neil+17%27", "Products?$filter=Name eq 'O''Neil 17'",
    ),
    "escapes in lower case (UI5)": ("Products?$select=ID%2cName&$top=2", "Products?$select=ID,Name&$top=2"),
    "options of other systems (SAP)": ("Products?$top=2&sap-client=100&sap-language=EN", "Products?$top=2"),
    "the container's name (WCF)": ("Catalog.Products?$top=2", "Products?$top=2"),
    "a literal's suffix in lower case (UI5)": ("Products?$filter=Price ge 3m", "Products?$filter=Price ge 3M"),
    "a Decimal without suffix (DevExtreme)": ("Products?$filter=Price ge 3.5", "Products?$filter=Price ge 3.5M"),
    "an Int64 with suffix in lower case (UI5)": ("Products?$filter=Stock ge 5l", "Products?$filter=Stock ge 5L"),
    "an Int64 without suffix (pyodata)": ("Products?$filter=Stock ge 5", "Products?$filter=Stock ge 5L"),
    "a Double without suffix (WCF)": ("Products?$filter=Weight lt 0.5", "Products?$filter=Weight lt 0.5d"),
    "a Double with suffix in capitals": ("Products?$filter=Weight lt 0.5D", "Products?$filter=Weight lt 0.5d"),
    "a Double with an exponent (WCF)": ("Products?$filter=Weight gt 5E-1", "Products?$filter=Weight gt 0.5d"),
    "a whole number for a Double": ("Products?$filter=Weight lt 1", "Products?$filter=Weight lt 1d"),
    "milliseconds (DevExtreme)": (
        "Products?$filter=ReleaseDate ge datetime'2020-01-03T00:00:00.000'",
        "Products?$filter=ReleaseDate ge datetime'2020-01-03T00:00:00'",
    ),
    "a DateTime with a Z (Syncfusion, breeze)": (
        "Products?$filter=ReleaseDate ge datetime'2020-01-03T00:00:00.000Z'",
        "Products?$filter=ReleaseDate ge datetime'2020-01-03T00:00:00'",
    ),
    "a DateTimeOffset with encoded colons (UI5)": (
        "Products?$filter=ChangedAt le datetimeoffset'2020-01-03T00%3a00%3a00.000Z'",
        "Products?$filter=ChangedAt le datetimeoffset'2020-01-03T00:00:00Z'",
    ),
    "a DateTimeOffset with an encoded plus": (
        "Products?$filter=ChangedAt le datetimeoffset'2020-01-03T01:00:00%2B01:00'",
        "Products?$filter=ChangedAt le datetimeoffset'2020-01-03T00:00:00Z'",
    ),
    "a DateTime without seconds": (
        "Products?$filter=ReleaseDate ge datetime'2020-01-03T00:00'",
        "Products?$filter=ReleaseDate ge datetime'2020-01-03T00:00:00'",
    ),
    "a Time of three parts (UI5)": (
        "Products?$filter=RestockTime ge time'PT01H00M00S'", "Products?$filter=RestockTime ge time'PT1H'",
    ),
    "a Guid compared with a string (Kendo)": (
        "Products?$filter=Guid ne '00000000-0000-0000-0000-000000000001'",
        "Products?$filter=Guid ne guid'00000000-0000-0000-0000-000000000001'",
    ),
    "a Guid in capitals": (
        "Products?$filter=Guid eq GUID'00000000-0000-0000-0000-00000000000A'",
        "Products?$filter=Guid eq guid'00000000-0000-0000-0000-00000000000a'",
    ),
    "true beside a truth (Salesforce)": (
        "Products?$filter=substringof('uct',Name)+eq+true+or+substringof('x',Description)+eq+true&$top=25",
        "Products?$filter=substringof('uct',Name) or substringof('x',Description)&$top=25",
    ),
    "false beside a truth (Kendo)": (
        "Products?$filter=substringof('Product',Name) eq false", "Products?$filter=not substringof('Product',Name)",
    ),
    "not before a function without parentheses (UI5)": (
        "Products?$filter=not substringof('Product',Name)", "Products?$filter=not (substringof('Product',Name))",
    ),
    "no index (Kendo)": ("Products?$filter=indexof(Name,'Neil') eq -1", "Products?$filter=not substringof('Neil',Name)"),
    "a cast of a string to a string (Syncfusion)": (
        "Products?$filter=substringof('pro',tolower(cast(Name, 'Edm.String')))",
        "Products?$filter=substringof('pro',tolower(Name))",
    ),
    "many parentheses (Syncfusion)": (
        "Products?$filter=((((((((((((((ID eq 3))))))))))))))", "Products?$filter=ID eq 3",
    ),
    "blanks inside of calls": (
        "Products?$filter=startswith( Name , 'Prod' )", "Products?$filter=startswith(Name,'Prod')",
    ),
    "a chain of many terms (WCF)": (
        "Products?$filter=" + " and ".join(f"(ID ne {number})" for number in range(1, 13)), "Products?$filter=ID gt 12",
    ),
    "calculations (WCF)": (
        "Products?$filter=length(Name) gt 3 and substring(Name,0,2) eq 'Pr' and year(ReleaseDate) ge 2020 and round(Weight) lt 9.0",
        "Products?$filter=startswith(Name,'Pr') and ReleaseDate ne null and Weight ne null",
    ),
    "the columns of what is expanded (UI5)": (
        "Products?$expand=Category&$select=ID,Name,Category/Name&$top=2",
        "Products?$select=Category/Name,ID,Name&$expand=Category&$top=2",
    ),
    "an empty filter's value": ("Products?$filter=Description ne ''", "Products?$filter=Description eq null or length(Description) gt 0"),
}  # fmt: skip


@pytest.mark.parametrize("theirs, plain", SPELLINGS.values(), ids=SPELLINGS.keys())
def test_spellings(shop: Client, theirs: str, plain: str) -> None:
    asked, meant = shop.get(theirs), shop.get(plain)
    assert (asked.status, meant.status) == (200, 200), asked.text
    if asked.headers["Content-Type"].startswith("text/plain"):
        assert asked.text == meant.text
    else:
        assert asked.d == meant.d
        assert asked.d.get("results", ["one"]) or "0000A" in theirs


def test_columns_of_what_is_expanded_with_a_star(shop: Client) -> None:
    """The SAP Cloud SDK; ``*`` is all that is no navigation."""
    product = shop.get("Products(1)?$select=Category/*,ID,Name&$expand=Category").d
    assert set(product) == {"__metadata", "ID", "Name", "Category"}
    assert set(product["Category"]) >= {"__metadata", "ID", "Name"} and "Products" not in product["Category"]


def test_unescaped_quotes_are_a_clean_refusal(shop: Client) -> None:
    """@odata/client and odata2ts."""
    assert shop.get("Products?$filter=Name eq 'O'Neil'").error == (400, "SyntaxError")


JSON, VERBOSE = "application/json;charset=utf-8", "application/json;odata=verbose;charset=utf-8"
FEED = "application/atom+xml;type=feed;charset=utf-8"
ACCEPTS = {
    "DevExtreme": ("application/json;odata=verbose,text/plain, */*; q=0.01", VERBOSE),
    "Syncfusion": ("application/json;odata=light;q=1,application/json;odata=verbose;q=0.5", VERBOSE),
    "datajs and breeze": ("application/atomsvc+xml;q=0.8, application/json;odata=verbose;q=0.5, */*;q=0.1", VERBOSE),
    "UI5": ("application/json", JSON),
    "WCF": ("application/atom+xml,application/xml", FEED),
    "pyodata": ("application/json", JSON),
    "jQuery": ("application/json, text/javascript, */*; q=0.01", JSON),
    "Power Query": (
        "application/json;odata.metadata=minimal;q=1.0,application/json;odata=minimalmetadata;q=0.9,"
        "application/atomsvc+xml;q=0.8,application/atom+xml;q=0.8,application/xml;q=0.7,text/plain;q=0.7",
        FEED,
    ),
}


@pytest.mark.parametrize("accept, content_type", ACCEPTS.values(), ids=ACCEPTS.keys())
def test_accept(shop: Client, accept: str, content_type: str) -> None:
    assert shop.get("Products?$top=1", Accept=accept).headers["Content-Type"] == content_type
    assert shop.get("$metadata", Accept=accept).headers["Content-Type"] == "application/xml;charset=utf-8"


def test_accept_of_metadata(shop: Client) -> None:
    for accept in ("application/*; odata.metadata=full", "application/json", "*/*", "image/png"):
        assert shop.get("$metadata", Accept=accept).headers["Content-Type"] == "application/xml;charset=utf-8"


# A body as a client writes it, and what of the entity is then as it should be.
BODIES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "Decimals, Doubles and Int64 as strings (UI5)": (
        {"Price": "3.20", "Weight": "1.5", "Stock": "7"}, {"Price": "3.20", "Weight": 1.5, "Stock": "7"},
    ),
    "Decimals and Int64 as numbers (DevExtreme)": ({"Price": 3.2, "Stock": 7}, {"Price": "3.20", "Stock": "7"}),
    "Int32 as a string (Kendo)": ({"Rating": "4"}, {"Rating": 4}),
    "a date with its backslashes gone (UI5)": (
        {"ReleaseDate": "/Date(1714953600000)/"}, {"ReleaseDate": "/Date(1714953600000)/"},
    ),
    "a date in ISO 8601 (DevExtreme, Syncfusion)": (
        {"ReleaseDate": "2026-11-20T20:32:37.071"}, {"ReleaseDate": "/Date(1795132800000)/"},  # it keeps days
    ),
    "a date in ISO 8601 with a Z": (
        {"ChangedAt": "2026-11-20T21:03:23.154Z"}, {"ChangedAt": "/Date(1795208603154+0000)/"},
    ),
    "a DateTimeOffset without offset (UI5)": (
        {"ChangedAt": "/Date(1795208603154)/"}, {"ChangedAt": "/Date(1795208603154+0000)/"},
    ),
    "a DateTimeOffset with an offset": (
        {"ChangedAt": "/Date(1795212203154+0060)/"}, {"ChangedAt": "/Date(1795208603154+0000)/"},
    ),
    "seven digits of a second (SAP Cloud SDK)": (
        {"ChangedAt": "2026-11-20T21:03:23.1540000Z"}, {"ChangedAt": "/Date(1795208603154+0000)/"},
    ),
    "a Time of four parts (UI5)": ({"RestockTime": "P00DT01H02M03S"}, {"RestockTime": "PT1H2M3S"}),
    "links that were not followed (Syncfusion, Kendo)": (
        {"Rating": 2, "Category": {"__deferred": {"uri": "Products(1)/Category"}}, "Items": {"__deferred": {"uri": "x"}}},
        {"Rating": 2, "Category_ID": 2},
    ),
    "metadata as it was read (UI5)": (
        {"Rating": 2, "__metadata": {"type": "CatalogService.Products", "uri": "Products(1)", "etag": 'W/"1"'}}, {"Rating": 2},
    ),
    "the key, once more (Kendo)": ({"ID": "1", "Rating": 2}, {"ID": 1, "Rating": 2}),
    "an ETag in the body (Syncfusion)": ({"Rating": 2, "Version": 17}, {"Rating": 2, "Version": 2}),
    "everything in d": ({"d": {"Rating": 3}}, {"Rating": 3}),
}  # fmt: skip


@pytest.mark.parametrize("body, expected", BODIES.values(), ids=BODIES.keys())
def test_bodies(shop: Client, body: dict[str, Any], expected: dict[str, Any]) -> None:
    assert shop.merge("Products(1)", body).status == 204
    product = shop.get("Products(1)").d
    assert {name: product[name] for name in expected} == expected


@pytest.mark.parametrize(
    "text", ["/Date(1795206757071)/", r"\/Date(1795206757071)\/", "2026-11-20T20:32:37.071", "2026-11-20T20:32:37.0710000Z",
             "/Date(1795206757071+0000)/"]
)  # fmt: skip
def test_spellings_of_a_datetime(client_of: ClientOf, text: str) -> None:
    market = client_of("market")
    assert market.merge("Orders(3)", {"Placed": text}, If_Match="*").status == 204
    assert market.get("Orders(3)/Placed").d == {"Placed": "/Date(1795206757071)/"}


def test_a_whole_entity_sent_back_as_it_was_read(shop: Client) -> None:
    """Syncfusion: ``PUT`` with links, metadata and all."""
    before = shop.get("Products(2)").d
    assert shop.put("Products(2)", {**before, "Name": "renamed"}).status == 204
    after = shop.get("Products(2)").d
    assert {**after, "__metadata": 0, "Version": 0} == {**before, "__metadata": 0, "Version": 0, "Name": "renamed"}
    assert shop.put("Products(2)", json.dumps({"d": after}).encode()).status == 204


def test_methods(shop: Client) -> None:
    for method, headers in (
        ("MERGE", {}), ("PATCH", {}), ("PUT", {}), ("POST", {"X_HTTP_Method": "MERGE"}), ("POST", {"x_http_method": "PUT"}),
        ("POST", {"X_Http_Method": "Patch"}),
    ):  # fmt: skip
        assert shop.change(method, "Suppliers(1)", {"Name": method}, headers).status == 204
        assert shop.get("Suppliers(1)").d["Name"] == method
    assert shop.send("POST", "Products(40)", headers={"X-HTTP-Method": "DELETE"}).status == 204


def test_delete_with_a_body(shop: Client) -> None:
    """DevExtreme sends ``null`` as JSON."""
    assert shop.change("DELETE", "Products(40)", None, {}).status == 204
    assert shop.get("Products(40)").status == 404


def test_headers_that_mean_nothing_here(shop: Client) -> None:
    """SAP's clients ask for a token, and some then send that there was none."""
    usual = {"X_Requested_With": "XMLHttpRequest", "sap_cancel_on_close": "true", "sap_contextid_accept": "header"}
    assert shop.send("HEAD", "", headers={"x-csrf-token": "Fetch", "Accept": "application/json"}).status == 200
    assert shop.get("Products(1)", x_csrf_token="fetch", **usual).status == 200
    assert shop.merge("Products(1)", {"Rating": 1}, x_csrf_token="null", **usual).status == 204
    assert shop.get("Products(1)", Content_Type="application/json", DataServiceVersion="1.0;NetFx").status == 200
    assert shop.get("Products(1)", Content_Type="multipart/mixed", MaxDataServiceVersion="3.0;NetFx").status == 200
