"""``python-odata``, over real HTTP. It knows no Double, and takes one for a text: a price is written as ``"199.5"``."""

from __future__ import annotations

import datetime
from typing import Any

import odata
import pytest
from odata.exceptions import ODataError

from tests.v4.store import CHAIR

NAMES = [
    "Premium Laptop Pro", "Office Chair", "Wireless Mouse", "Coffee Mug", "Gaming Mouse Ultra", "Smartphone", "Laptop",
]  # fmt: skip


@pytest.fixture
def client(techstore: str) -> Any:
    return odata.ODataService(techstore, reflect_entities=True, quiet_progress=True)


def names(query: Any) -> list[str]:
    return [product.Name for product in query]


def test_list(client: Any):
    product = client.entities["Products"]
    products = client.query(product)
    assert names(products) == NAMES
    assert products.count() == 7
    assert names(products.limit(2).offset(1)) == NAMES[1:3]
    assert names(products.order_by(product.Price.desc(), product.Name.asc()).limit(2)) == [
        "Premium Laptop Pro",
        "Laptop",
    ]
    assert products.select(product.Name, product.Price).limit(1).all()[0]["Price"] == 1999.99
    assert products.get(CHAIR[9:-1]).Status.name == "Discontinued"


def test_pages(client: Any):
    """It follows the next links."""
    product = client.entities["Products"]
    client.default_context.connection.session.headers["Prefer"] = "odata.maxpagesize=2"
    assert names(client.query(product)) == NAMES


@pytest.mark.parametrize("condition, found", [
    (lambda product: product.Name == "Laptop", ["Laptop"]),
    (lambda product: product.Name == "O'Neil", []),
    (lambda product: product.Name.contains("ou"), ["Wireless Mouse", "Gaming Mouse Ultra"]),
    (lambda product: product.Name.lacks("a"), ["Wireless Mouse", "Coffee Mug"]),
    (lambda product: product.Quantity == 32767, ["Office Chair"]),
    (lambda product: product.Weight > 100, ["Office Chair"]),
    (lambda product: product.ReleaseDate == "2024-12-31", ["Office Chair"]),
    (lambda product: product.SerialNumber.not_null(), []),
    (lambda product: product.Category.Name == "Kitchen", ["Coffee Mug"]),
    (lambda product: product.CreatedAt < datetime.datetime(2023, 9, 1, tzinfo=datetime.UTC), ["Office Chair"]),
    (lambda product: odata.query.Query.or_(product.Name == "Laptop", product.Quantity > 9999), ["Office Chair", "Laptop"]),
])  # fmt: skip
def test_filter(client: Any, condition: Any, found: list[str]):
    product = client.entities["Products"]
    assert names(client.query(product).filter(condition(product))) == found


def test_expand_and_follow(client: Any):
    product = client.entities["Products"]
    laptop = client.query(product).filter(product.Name == "Laptop").expand(product.Category).one()
    assert laptop.Category.Name == "Electronics"
    chair = client.query(product).filter(product.Name == "Office Chair").one()
    assert chair.Category.Name == "Furniture"


def test_composite_key(client: Any):
    descriptions = client.query(client.entities["ProductDescriptions"])
    words = descriptions.get(ProductID="f196ffb2-206e-496e-8d35-005697660c58", LanguageKey="DE")
    words.CustomName = "Größe"
    client.save(words)
    assert descriptions.get(ProductID=words.ProductID, LanguageKey="DE").CustomName == "Größe"


def test_types_are_read(client: Any):
    product = client.entities["Products"]
    chair = client.query(product).filter(product.Name == "Office Chair").one()
    assert chair.CreatedAt == datetime.datetime(2023, 8, 12, 16, 20, tzinfo=datetime.UTC)
    assert (chair.Price, chair.Quantity, chair.Temperature) == (249.99, 32767, 127)


def test_create_update_delete(client: Any):
    """It writes null for whatever was not set, and the type of an entity without ``#``."""
    product, category = client.entities["Products"], client.entities["Categories"]
    pen = product()
    pen.Name, pen.Price, pen.Status = "Pen", "1.5", client.types["TechStore.ProductStatus"].OnSale
    pen.Category = client.query(category).filter(category.Name == "Kitchen").one()
    client.save(pen)
    assert (pen.Price, pen.Version) == (1.5, 1)

    read = client.query(product).get(pen.ID)
    assert (read.Name, read.Category.Name, read.Status.name) == ("Pen", "Kitchen", "OnSale")
    read.Price, read.Description = "2.5", "It writes"
    read.Category = client.query(category).filter(category.Name == "Furniture").one()
    client.save(read)
    assert (read.Price, read.Version) == (2.5, 2)
    assert client.query(product).get(pen.ID).Category.Name == "Furniture"

    client.delete(read)
    assert client.query(product).filter(product.ID == pen.ID).all() == []


def test_functions_and_actions(client: Any):
    product = client.entities["Products"]
    chair = client.query(product).get(CHAIR[9:-1])
    assert client.functions["Calculate"](a=9007199254740992, b=1) == 9007199254740993
    assert client.functions["Convert"](number=7) == "Number: 7"
    assert chair.GetInfo(format="x'&ä") == "Office Chair: 249.99 (x'&ä)"
    assert product.GetAveragePrice() == pytest.approx(606.49, abs=0.01)
    chair.Activate()
    assert client.query(product).get(chair.ID).Status.name == "InStock"
    assert client.actions["ResetAllPrices"]() == 7


@pytest.mark.parametrize("url, status", [
    ("Products(00000000-0000-0000-0000-000000000000)", 404), ("Nothing", 404), ("Products?$filter=Nmae eq 1", 400),
])  # fmt: skip
def test_refusals(client: Any, url: str, status: int):
    with pytest.raises(ODataError) as refused:
        client.default_context.connection.execute_get(client.url + url)
    assert refused.value.status_code == f"HTTP {status}"
    assert refused.value.message != "Server did not supply any error messages"
