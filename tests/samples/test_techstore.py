"""The TechStore sample: its rows, its types at their limits, and what its changes leave behind."""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, select
from sqlalchemy.orm import Session

from odata_service import ODataService
from odata_service.message import Headers, ODataRequest, ODataResponse
from odata_service.protocol import V2, V4, Protocol
from odata_service.sample import sample_named
from odata_service.dialects.exact import ExactDecimal

CHAIR = "Products(29386ddb-7cf9-4a1e-bf8d-0afdc6ed5e38)"
MOUSE = "Products(30979d5a-9353-4960-b403-cb75a5878c6c)"


@dataclass(frozen=True)
class Client:
    service: ODataService

    def __call__(self, method: str, target: str, body: object = None, protocol: Protocol = V4) -> ODataResponse:
        path, _, query = target.partition("?")
        headers = Headers({"Accept": "application/json", "Content-Type": "application/json"})
        content = b"" if body is None else json.dumps(body).encode()
        return self.service.handle(ODataRequest(protocol, method, path, query, headers, content))

    def get(self, target: str) -> dict:
        answer = self("GET", target)
        assert answer.status == 200, answer.body
        return json.loads(answer.body)

    def names(self, target: str) -> list[str]:
        return [row["Name"] for row in self.get(target)["value"]]


def opened(database: Engine) -> Client:
    sample = sample_named("techstore")
    service = ODataService(sample.base, database, namespace=sample.namespace, container=sample.container)
    sample.configure(service)
    sample.create(database)
    return Client(service)


@pytest.fixture
def store(database: Engine) -> Client:
    return opened(database)


@pytest.mark.parametrize("entity_set, count", [
    ("Products", 7), ("Categories", 3), ("ProductDescriptions", 7), ("MediaItems", 2), ("ReadOnlyItems", 2),
    ("DecimalSamples", 1),
])  # fmt: skip
def test_first_rows(store, entity_set, count):
    assert len(store.get(entity_set)["value"]) == count


def test_every_type_of_a_product(store):
    chair = store.get(CHAIR)
    expected = {
        "Name": "Office Chair", "Price": 249.99, "Rating": 255, "Temperature": 127, "Quantity": 32767, "Weight": 150.0,
        "Data": None, "ReleaseDate": "2024-12-31", "OpenTime": "23:59:59", "ShippingTime": "P1DT2H30M",
        "ProcessingTime": "PT45S", "Offset": "PT0S", "Status": "Discontinued", "CreatedAt": "2023-08-12T16:20:00Z",
        "ShippingAddress": None, "Location": None,
    }  # fmt: skip
    assert {name: chair[name] for name in expected} == expected
    mouse = store.get(MOUSE)
    assert (mouse["Offset"], mouse["Data"], mouse["ProcessingTime"]) == ("-P1D", "AQID", "PT1.5S")
    assert mouse["Dimensions"] == {"Length": 10.0, "Width": 6.0, "Height": 4.0, "Unit": "cm"}
    assert mouse["Location"] == {"type": "Point", "coordinates": [-122.4194, 37.7749]}


@pytest.mark.parametrize("condition, names", [
    ("Offset lt duration'PT0S'",                    ["Wireless Mouse"]),
    ("ShippingTime ge duration'P1DT2H30M'",         ["Coffee Mug", "Office Chair"]),
    ("Status has TechStore.ProductStatus'OnSale'",  ["Gaming Mouse Ultra", "Smartphone", "Wireless Mouse"]),
    ("ShippingAddress/City eq 'Portland'",          ["Coffee Mug"]),
    ("Quantity lt 0 and Temperature eq -5",         ["Coffee Mug"]),
    ("ReleaseDate eq 2024-01-15",                   ["Laptop"]),
    ("CreatedAt eq 2024-03-20T15:45:00%2B01:00",    ["Wireless Mouse"]),
    ("Data eq binary'dGVzdA=='",                    ["Laptop"]),
])  # fmt: skip
def test_filter(store, condition, names):
    assert store.names(f"Products?$filter={condition}&$orderby=Name") == names


def test_derived_products(store):
    assert store.names("Products/TechStore.SpecialProduct?$orderby=Name&$select=Name,SpecialFeature") == [
        "Gaming Mouse Ultra",
        "Laptop",
        "Premium Laptop Pro",
    ]


DIGITS = (
    "-99999999999999999999.999999999999999999", "-1.000000000000000002", "-1.000000000000000001", "-0.000000000000000001",
    "0.000000000000000000", "0.000000000000000001", "9.000000000000000000", "123.450000000000000000",
    "12345678901234567890.123456789012345678", "99999999999999999999.999999999999999999",
)  # fmt: skip
SEED = "123.450000000000000000"


class TestDecimals:
    def test_every_digit_survives(self, database):
        """Written, read back, found by its value, and in the right order."""
        sample = sample_named("techstore")
        sample.create(database)
        samples = next(each.class_ for each in sample.base.registry.mappers if each.class_.__name__ == "DecimalSample")
        with Session(database) as session:
            session.add_all(samples(Name=text, Amount=Decimal(text)) for text in DIGITS if text != SEED)
            session.commit()
            ordered = [
                format(amount, "f") for amount in session.scalars(select(samples.Amount).order_by(samples.Amount))
            ]
            assert ordered == sorted(DIGITS, key=Decimal)
            for text in DIGITS:
                assert session.scalar(select(samples.Amount).where(samples.Amount == Decimal(text))) == Decimal(text)

    @pytest.mark.parametrize("condition, count", [
        ("Amount eq 123.45", 1),
        ("Amount gt 123.449999999999999999", 1),
        ("Amount lt 123.4500000000000000001", 1),  # more digits than the column has
        ("Amount lt 1000000000000000000000000", 1),
        ("Amount gt -1000000000000000000000000", 1),
        ("Amount add 0.000000000000000001 eq 123.450000000000000001", 1),
    ])  # fmt: skip
    def test_filter(self, store, condition, count):
        assert len(store.get(f"DecimalSamples?$filter={condition}")["value"]) == count

    def test_is_native_elsewhere(self):
        from sqlalchemy.dialects import postgresql

        assert ExactDecimal(38, 18).compile(dialect=postgresql.dialect()) == "NUMERIC(38, 18)"


class TestChanges:
    def test_version_rises(self, store):
        assert store("PATCH", CHAIR, {"Price": 5, "Version": 77}).status == 204
        chair = store.get(CHAIR)
        assert (chair["Price"], chair["Version"]) == (5.0, 2)

    def test_deleted_products_are_gone_with_their_descriptions(self, store):
        assert store("DELETE", MOUSE).status == 204
        assert store("GET", MOUSE).status == 404
        assert store("GET", MOUSE.replace("(", "(guid'").replace(")", "')"), protocol=V2).status == 404
        assert len(store.get("Products")["value"]) == 6
        assert len(store.get("ProductDescriptions")["value"]) == 5

    @pytest.mark.parametrize("again", ["PUT", "PATCH", "POST"])
    def test_a_key_may_be_used_again(self, store, again):
        assert store("DELETE", MOUSE).status == 204
        body = {"ID": MOUSE[9:-1], "Name": "Mouse again", "Price": 7, "SerialNumber": "M-2"}
        made = store(again, "Products" if again == "POST" else MOUSE, body)
        assert made.status == 201, made.body
        mouse = store.get(MOUSE)
        expected = {**body, "Rating": 0, "Data": None, "Offset": None, "ShippingAddress": None}
        assert {name: mouse[name] for name in expected} == expected
        assert store("POST", "Products", body).status == 409

    def test_a_category_may_go(self, store):
        assert store("DELETE", "Categories(88100399-55d5-4076-ab50-4342fb089ad4)").status == 204
        assert store.get(CHAIR)["CategoryID"] is None

    def test_names_of_categories_are_unique(self, store):
        assert store("POST", "Categories", {"Name": "Kitchen"}).status == 409

    def test_what_need_not_be_said(self, store):
        made = store("POST", "Products", {"Name": "Pen", "Price": 1.5})
        assert made.status == 201, made.body
        pen = json.loads(made.body)
        assert uuid.UUID(pen["ID"]) and pen["CreatedAt"].endswith("Z")
        expected = {"Rating": 0, "Quantity": 0, "Status": "None", "Version": 1, "ProductType": "Product"}
        assert {name: pen[name] for name in expected} == expected

    def test_no_product_of_an_unknown_type(self, store):
        assert store("POST", "Products", {"Name": "Pen", "Price": 1, "ProductType": "Gadget"}).status == 400

    def test_read_only_items(self, store):
        assert store("POST", "ReadOnlyItems", {"Name": "x"}).status == 403


def test_generated_products():
    sample = sample_named("techstore")
    engine = create_engine("sqlite://")
    sample.create(engine)
    assert list(sample.generate(engine, 30)) == [30]
    assert list(sample.generate(engine, 40)) == [10]


def readme_requests() -> list[tuple[str, str, object]]:
    """``GET Products?$top=2`` or, with a body, ``POST Categories {"Name":"Garden"}``."""
    text = (Path(__file__).parents[2] / "samples/techstore/README.md").read_text()
    lines = re.findall(r"^(GET|POST|PUT|PATCH|DELETE) (.+?)(?: (\{.*\}))?$", text, re.MULTILINE)
    return [(method, target, json.loads(body) if body else None) for method, target, body in lines]


def test_the_tour(database):
    store = opened(database)
    refused = []
    for method, target, body in readme_requests():
        answer = store(method, target.replace(" ", "%20"), body)
        if answer.status >= 400:
            refused.append((method, target, answer.status, answer.body))
    assert refused == []
