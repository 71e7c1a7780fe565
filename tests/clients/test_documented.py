"""What clients that cannot run here are documented to send and to need, on the service that others were recorded with."""

from __future__ import annotations

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


def test_metadata_says_how_long_and_how_precise_values_are(v4: Asker, v2: Asker):
    """Salesforce cuts texts of unknown length at 128 characters, SSIS needs the scale of decimals."""
    for asker in (v4, v2):
        document = etree.fromstring(asker.get("$metadata", {}).body)
        properties = document.xpath("//*[local-name()='Property']")
        assert all("MaxLength" in each.attrib for each in properties if each.get("Type") == "Edm.String")
        (price,) = (each for each in properties if each.get("Name") == "Price")
        assert (price.get("Precision"), price.get("Scale")) == ("9", "2")
