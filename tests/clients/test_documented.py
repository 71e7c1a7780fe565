"""What clients that cannot run here are documented to send and to need, on the service that others were recorded with."""

from __future__ import annotations

import orjson
import pytest
from lxml import etree

from odata_service import Headers, ODataRequest, ODataResponse
from odata_service.protocol import V2, V4, Protocol
from tests.service.databases import ClientOf

POWER_QUERY = {
    "User-Agent": "Microsoft.Data.Mashup (https://go.microsoft.com/fwlink/?LinkID=304225)",
    "MaxDataServiceVersion": "3.0",
    "OData-MaxVersion": "4.0",
    "Accept": "application/json;odata.metadata=minimal;q=1.0,application/json;odata=minimalmetadata;q=0.9,"
    "application/atomsvc+xml;q=0.8,application/atom+xml;q=0.8,application/xml;q=0.7,text/plain;q=0.7",
}
ROOT = "https://services.example/"


class Asker:
    def __init__(self, client_of: ClientOf, protocol: Protocol) -> None:
        self.service, self.protocol = client_of("catalogue").service, protocol

    def get(self, url: str, headers: dict[str, str]) -> ODataResponse:
        target, _, query = url.partition("?")
        return self.service.handle(ODataRequest(self.protocol, "GET", target, query, Headers(headers), b"", ROOT))


@pytest.fixture
def v4(client_of: ClientOf) -> Asker:
    return Asker(client_of, V4)


@pytest.fixture
def v2(client_of: ClientOf) -> Asker:
    return Asker(client_of, V2)


@pytest.mark.parametrize("url, begins", [
    ("", '{"@odata.context":"https://services.example/$metadata","value":['),
    ("Suppliers", '{"@odata.context":"https://services.example/$metadata#Suppliers","value":['),
    ("Suppliers?$filter=Name eq 'Supplier 1'&$select=ID%2CName", '{"@odata.context":"https://services.example/$metadata#Suppliers(ID,Name)","value":['),
])  # fmt: skip
def test_power_query(v4: Asker, url: str, begins: str):
    """Excel and Power BI: one version header, JSON before Atom, an absolute context."""
    answer = v4.get(url, POWER_QUERY)
    assert (answer.status, answer.headers["OData-Version"]) == (200, "4.0")
    assert [name.lower() for name in answer.headers].count("odata-version") == 1
    assert answer.headers["Content-Type"].startswith("application/json;odata.metadata=minimal")
    assert answer.body.decode().startswith(begins)


@pytest.mark.parametrize("accept", ["*/*", POWER_QUERY["Accept"]])
def test_metadata_is_always_xml(v4: Asker, v2: Asker, accept: str):
    """As Power Query and Azure Data Factory want it; Simple.OData.Client knows V2 by the header."""
    answers = [each.get("$metadata", POWER_QUERY | {"Accept": accept}) for each in (v4, v2)]
    assert [answer.headers["Content-Type"].partition(";")[0] for answer in answers] == ["application/xml"] * 2
    assert answers[1].headers["DataServiceVersion"] == "2.0;"


def test_power_query_on_v2(v2: Asker):
    answer = v2.get("Suppliers", POWER_QUERY)
    assert (answer.status, answer.headers["Content-Type"].partition(";")[0]) == (200, "application/atom+xml")


@pytest.mark.parametrize("url, found", [
    ("Suppliers?$select=ID&$count=true&$top=26", '"@odata.count":3,'),  # Salesforce Connect
    ("Suppliers?$select=ID&$count=false&$top=1", '"value":[{'),
    ("Suppliers?$top=50&$select=ID,Name&$count=true", '"@odata.count":3,'),  # Dataverse
    ("Products/$count?$filter=contains(Name,%27Neil%27)", "1"),  # Simple.OData.Client
])  # fmt: skip
def test_v4(v4: Asker, url: str, found: str):
    answer = v4.get(url, {})
    assert answer.status == 200
    assert found in answer.body.decode()


@pytest.mark.parametrize("url", [
    "Suppliers?$select=Name,City,ID&$inlinecount=allpages&$filter=substringof('1',Name)+eq+true+or+substringof('x',City)+eq+true&$top=25",
    "Suppliers?$select=Name,City,ID&$inlinecount=allpages&doSearch=Acme&$filter=substringof('1',Name)&$top=25",
])  # fmt: skip
def test_salesforce_on_v2(v2: Asker, url: str):
    """It searches by a filter with ``+`` for blanks, or by an option of its own."""
    answer = v2.get(url, {"Accept": "application/json"})
    assert answer.status == 200
    assert b'"__count":"1"' in answer.body


def pages(asker: Asker, url: str | None, headers: dict[str, str]) -> list[int]:
    """The keys of all entities, page after page as the links say."""
    found = []
    while url is not None:
        page = orjson.loads(asker.get(url.removeprefix(ROOT), headers).body)
        page = page.get("d", page)
        found += [each["ID"] for each in page.get("value", page.get("results"))]
        url = page.get("@odata.nextLink", page.get("__next"))
    return found


JSON_V2 = {"Accept": "application/json"}


def test_salesforce_pages_by_itself(v4: Asker, v2: Asker):
    """*Server Driven Pagination* off: it counts rows, and asks for as many as it wants."""
    for asker, counted in ((v4, "$count=true"), (v2, "$inlinecount=allpages")):
        skips = (f"Suppliers?$select=ID,Name&{counted}&$orderby=ID&$top=2&$skip={skip}" for skip in (0, 2, 4))
        assert [pages(asker, url, JSON_V2) for url in skips] == [[1, 2], [3], []]


def test_salesforce_follows_pages(v4: Asker, v2: Asker):
    """*Server Driven Pagination* on."""
    for asker, count in ((v4, "$count=false"), (v2, "$inlinecount=none")):
        asker.service.page_size("*", 1)
        assert pages(asker, f"Suppliers?$select=ID,Name&{count}", JSON_V2) == [1, 2, 3]


def test_salesforce_finds_what_it_has_seen(v4: Asker):
    """By the very letters of the value."""
    assert pages(v4, "Suppliers?$select=ID&$filter=Name eq 'Supplier 1'&$top=26&$count=true", {}) == [1]
    assert pages(v4, "Suppliers?$select=ID&$filter=Name eq 'SUPPLIER 1'&$top=26&$count=true", {}) == []


@pytest.mark.parametrize("start", ["", "Suppliers"])
def test_tableau_on_v4(v4: Asker, start: str):
    """The address of the service or of a set; all pages go into an extract."""
    v4.service.page_size("*", 1)
    sets = orjson.loads(v4.get(start, {}).body)["value"]
    assert start or "Suppliers" in [each["url"] for each in sets]
    assert pages(v4, "Suppliers", {}) == [1, 2, 3]


def test_tableau_on_v2(v2: Asker):
    """Older ones read Atom and nothing else: a service document, and feeds with links to what follows."""
    v2.service.page_size("*", 1)
    atom = {"Accept": "application/atomsvc+xml,application/atom+xml"}
    document = etree.fromstring(v2.get("", atom).body)
    assert "Suppliers" in document.xpath("//*[local-name()='collection']/@href")
    found, url = [], "Suppliers"
    while url:
        answer = v2.get(url.removeprefix(ROOT), atom)
        assert answer.headers["Content-Type"].startswith("application/atom+xml")
        feed = etree.fromstring(answer.body)
        found += feed.xpath("//*[local-name()='properties']/*[local-name()='ID']/text()")
        url = next(iter(feed.xpath("/*/*[local-name()='link'][@rel='next']/@href")), "")
    assert found == ["1", "2", "3"]


def test_metadata_says_how_long_and_how_precise_values_are(v4: Asker, v2: Asker):
    """Salesforce cuts texts of unknown length at 128 characters, SSIS needs the scale of decimals."""
    for asker in (v4, v2):
        document = etree.fromstring(asker.get("$metadata", {}).body)
        properties = document.xpath("//*[local-name()='Property']")
        assert all("MaxLength" in each.attrib for each in properties if each.get("Type") == "Edm.String")
        (price,) = (each for each in properties if each.get("Name") == "Price")
        assert (price.get("Precision"), price.get("Scale")) == ("9", "2")
