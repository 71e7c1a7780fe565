"""What other programs read to connect."""

from __future__ import annotations

import json
from html.parser import HTMLParser

import pytest
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
    assert "Base Url=https://shop.example/data/" in client.get("/-/connect/People.odc").text


def test_power_bi(make):
    answer = make().get("/-/connect/People.pbids")
    assert answer.headers["Content-Disposition"] == "attachment; filename=People.pbids"
    (connection,) = json.loads(answer.text)["connections"]
    assert connection["details"] == {"protocol": "odata", "address": {"url": "http://localhost/v4/People"}}


def test_excel(make):
    answer = make().get("/-/connect/People.odc")
    assert answer.content_type == "text/x-ms-odc; charset=utf-8"
    found: dict[str, str] = {}

    class Reader(HTMLParser):
        def handle_data(self, data: str) -> None:
            found[self.get_starttag_text() or ""] = found.get(self.get_starttag_text() or "", "") + data.strip()

    Reader().feed(answer.text)
    assert found["<odc:CommandText>"] == "People"
    assert found["<odc:ConnectionString>"].startswith("Data Source=http://localhost/PeopleDataService.svc/;")


@pytest.mark.parametrize("name", ["a%22b.odc", "..%2Fx.pbids", "1.odc", "People.exe"])
def test_no_name_of_a_set(make, name):
    assert make().get(f"/-/connect/{name}").status_code == 404
