"""What other programs read to connect."""

from __future__ import annotations

import json
import re

import pytest
from lxml import etree, html
from openapi_spec_validator import validate

from odata_service.config import Settings
from odata_service.web.app import create_app


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    url = f"sqlite:///{tmp_path_factory.mktemp('store')}/store.db"
    return create_app(Settings(sample="techstore", database_url=url)).test_client()


def test_openapi(make, store):
    for client in (make(), store):
        answer = client.get("/openapi.json")
        assert answer.content_type == "application/vnd.oai.openapi+json;version=3.1"
        validate(answer.json)


def test_what_it_says(store):
    document = store.get("/openapi.json").json
    assert document["servers"] == [{"url": "http://localhost/v4"}]
    products = document["paths"]["/Products"]
    assert products["post"]["requestBody"]["content"]["application/json"]["schema"] == {
        "$ref": "#/components/schemas/TechStore.Product-create"
    }
    create = document["components"]["schemas"]["TechStore.Product-create"]
    assert create["required"] == ["Name", "Price"]
    assert "Version" not in create["properties"]  # the service gives it
    assert set(document["paths"]["/ReadOnlyItems"]) == {"get"}
    assert "/Products({ID})/TechStore.GetTotalPrice(taxRate={taxRate})" in document["paths"]
    assert document["paths"]["/ProductDescriptions(ProductID={ProductID},LanguageKey='{LanguageKey}')"]["get"]


def test_every_address_without_a_parameter_is_answered(store):
    document = store.get("/openapi.json").json
    for path, item in document["paths"].items():
        if "{" not in path and "get" in item:
            assert store.get(f"/v4{path}").status_code in (200, 204), path


def test_below_a_prefix(make):
    """A proxy says under which address clients know the service."""
    client = make(base_url="https://shop.example/data/")
    assert client.get("/openapi.json").json["servers"] == [{"url": "https://shop.example/data/v4"}]
    assert "Service Document Url=https://shop.example/data/" in client.get("/-/connect/People.odc").text


def test_power_bi(make):
    """The members that Microsoft documents for a file of this kind, and no others."""
    answer = make().get("/-/connect/People.pbids")
    assert answer.headers["Content-Disposition"] == "attachment; filename=People.pbids"
    details = {"protocol": "odata", "address": {"url": "http://localhost/v4/People"}}
    assert json.loads(answer.text) == {
        "version": "0.1",
        "connections": [{"details": details, "options": {}, "mode": "Import"}],
    }


ODC = "{urn:schemas-microsoft-com:office:odc}"


def test_excel(make):
    """A page of HTML, in which the XML is well-formed and has what Excel writes there itself for a data feed."""
    answer = make(base_url="https://shop.example/a&b/").get("/-/connect/People.odc")
    assert answer.content_type == "text/x-ms-odc; charset=utf-8"
    page = html.fromstring(answer.text)
    metas = {each.get("name"): each.get("content") for each in page.findall(".//meta")}
    assert (metas["ProgId"], metas["SourceType"]) == ("ODC.Table", "DATAFEED")
    island = re.search(r"<xml id=msodc>(.*)</xml>", answer.text, re.DOTALL)
    document = etree.fromstring(island[1])
    (connection,) = document
    assert (document.tag, connection.tag) == (f"{ODC}OfficeDataConnection", f"{ODC}Connection")
    assert dict(connection.attrib) == {f"{ODC}Type": "DATAFEED"}
    assert [each.tag.removeprefix(ODC) for each in connection] == ["ConnectionString", "CommandType", "CommandText"]
    source, kind, name = (each.text for each in connection)
    assert (kind, name) == ("Table", "People")
    root = "https://shop.example/a&b/PeopleDataService.svc/"
    assert dict(each.split("=", 1) for each in source.split(";")) == {
        "Data Source": root, "Namespaces to Include": "*", "Max Received Message Size": "4398046511104",
        "Integrated Security": "Basic", "Persist Security Info": "false", "Service Document Url": root,
    }  # fmt: skip


@pytest.mark.parametrize("name", ["a%22b.odc", "..%2Fx.pbids", "1.odc", "People.exe"])
def test_no_name_of_a_set(make, name):
    assert make().get(f"/-/connect/{name}").status_code == 404
