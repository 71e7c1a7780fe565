"""What only the V4 client of the SAP Cloud SDK can ask."""

from __future__ import annotations

import pytest

from tests.clients.node import Node
from tests.v4.store import KITCHEN


def test_search(sdk_v4: Node):
    found = sdk_v4("return names(products().getAll().addCustomQueryParameters({ $search: 'mouse' }))")
    assert found == ["Wireless Mouse", "Gaming Mouse Ultra"]


@pytest.mark.parametrize("condition, found", [
    ("Product.STATUS.equals('Discontinued')", ["Office Chair"]),
    ("Product.OPEN_TIME.equals({ hours: 23, minutes: 59, seconds: 59 })", ["Office Chair"]),
    ("odata.contains(functions.toLower(Product.NAME), 'mouse').equals(true)", ["Wireless Mouse", "Gaming Mouse Ultra"]),
    ("Product.DESCRIPTIONS.filter(odata.any(Description.LANGUAGE_KEY.equals('DE')))", ["Laptop"]),
])  # fmt: skip
def test_filter_of_v4(sdk_v4: Node, condition: str, found: list[str]):
    assert sdk_v4(f"return names(products().getAll().filter({condition}))") == found


def test_expand_in_v4(sdk_v4: Node):
    assert sdk_v4("""
        const [laptop] = await products().getAll()
            .select(Product.NAME, Product.SHIPPING_ADDRESS)
            .expand(
                Product.CATEGORY.select(Category.NAME),
                Product.DESCRIPTIONS.filter(Description.LANGUAGE_KEY.equals("DE")).select(Description.DESCRIPTION),
            )
            .filter(Product.NAME.equals("Laptop")).execute(service)
        return [laptop.name, laptop.shippingAddress.city, laptop.category.name, laptop.descriptions.map((each) => each.description)]
    """) == ["Laptop", "Seattle", "Electronics", ["Ein leichter Laptop"]]


def test_expand_ordered_and_paged(sdk_v4: Node):
    assert sdk_v4("""
        const [electronics] = await categories().getAll()
            .expand(Category.PRODUCTS.orderBy(odata.desc(Product.PRICE)).top(2).skip(1))
            .filter(Category.NAME.equals("Electronics")).execute(service)
        return electronics.products.map((product) => product.name)
    """) == ["Laptop", "Smartphone"]


def test_bind_to_another(sdk_v4: Node):
    found = sdk_v4(f"""
        const bound = {{ "Category@odata.bind": "{KITCHEN}" }}
        await products().create(pen().withCustomFields(bound).build()).execute(service)
        const chair = await named("Office Chair")
        chair.setCustomField("Category@odata.bind", "{KITCHEN}")
        await products().update(chair).execute(service)
        return namesIn("Kitchen")
    """)
    assert found == ["Coffee Mug", "Office Chair", "Pen"]


@pytest.mark.parametrize("call, result", [
    ("calculate({ value: 21 })", "42"),
    ("convert({ input: 'ä' })", "String: ä"),
    ("process({ percentage: 10 })", {"processed": "7", "percentage": 10, "minPrice": None}),
])  # fmt: skip
def test_overloads(sdk_v4: Node, call: str, result: object):
    """Of several it knows the first."""
    assert sdk_v4(f"return client.{call}.execute(service)") == result
