"""A client that the SAP Cloud SDK generates for V4, over real HTTP."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from sqlalchemy import create_engine

from odata_service.sample import sample_named
from tests.clients.node import Node
from tests.clients.sap_cloud_sdk import PACKAGES, generated, send_to
from tests.delta.client import ClientV4
from tests.npm import Npm
from tests.service.databases import service_of
from tests.v4.store import KITCHEN

# Short words for builders and fields. What ``named`` finds is an entity that can be changed.
WORDS = """
const { productsApi, categoriesApi, productDescriptionsApi, decimalSamplesApi } = client.techstore()
Object.assign(globalThis, {
  productsApi, products: () => productsApi.requestBuilder(), Product: productsApi.schema,
  categoriesApi, categories: () => categoriesApi.requestBuilder(), Category: categoriesApi.schema,
  descriptionsApi: productDescriptionsApi, descriptions: () => productDescriptionsApi.requestBuilder(),
  Description: productDescriptionsApi.schema,
  samplesApi: decimalSamplesApi, samples: () => decimalSamplesApi.requestBuilder(),
  moment: require("moment"),
  functions: odata.filterFunctions(),
  pen: () => productsApi.entityBuilder().name("Pen").price(1.5),
  names: async (request) => (await request.execute(service)).map((entity) => entity.name),
  named: async (name, api = productsApi) =>
    (await api.requestBuilder().getAll().filter(api.schema.NAME.equals(name)).execute(service))[0],
  status: (request) => request.execute(service).then(() => "done", (error) => error.rootCause.response.status),
})
"""
NAMES = [
    "Premium Laptop Pro", "Office Chair", "Wireless Mouse", "Coffee Mug", "Gaming Mouse Ultra", "Smartphone", "Laptop",
]  # fmt: skip


@pytest.fixture(scope="module")
def document() -> bytes:
    shop = ClientV4(service_of(sample_named("techstore"), create_engine("sqlite://")))
    return shop.get("$metadata", Accept="application/xml").body


@pytest.fixture(scope="module")
def generated_client(npm: Npm, document: bytes) -> Iterator[Node]:
    with generated(npm("sap-cloud-sdk", *PACKAGES), "techstore", "v4", document) as node:
        node(WORDS)
        yield node


@pytest.fixture
def client(generated_client: Node, techstore: str) -> Node:
    return send_to(generated_client, techstore)


def test_it_was_generated_of_what_is_served(document: bytes, techstore: str):
    assert httpx.get(f"{techstore}$metadata").content == document


@pytest.mark.parametrize("request_, found", [
    ("", NAMES),
    (".top(2).skip(1)", NAMES[1:3]),
    (".orderBy(odata.desc(Product.PRICE)).top(3)", ["Premium Laptop Pro", "Laptop", "Smartphone"]),
    (".orderBy(odata.asc(Product.STATUS), Product.NAME).top(3)", ["Coffee Mug", "Gaming Mouse Ultra", "Wireless Mouse"]),
    (".addCustomQueryParameters({ $search: 'mouse' })", ["Wireless Mouse", "Gaming Mouse Ultra"]),
    (".select(Product.NAME).top(1)", ["Premium Laptop Pro"]),
])  # fmt: skip
def test_list(client: Node, request_: str, found: list[str]):
    assert client(f"return names(products().getAll(){request_})") == found


@pytest.mark.parametrize("condition, found", [
    ("Product.NAME.equals('Laptop')", ["Laptop"]),
    ("Product.NAME.equals(\"O'Neil\")", []),
    ("Product.PRICE.greaterThan(500)", ["Premium Laptop Pro", "Smartphone", "Laptop"]),
    ("Product.RATING.greaterOrEqual(200), Product.QUANTITY.equals(32767)", ["Office Chair"]),
    ("odata.or(Product.NAME.equals('Laptop'), odata.not(Product.PRICE.lessThan(1500)))", ["Premium Laptop Pro", "Laptop"]),
    ("Product.CATEGORY.filter(Category.NAME.equals('Kitchen'))", ["Coffee Mug"]),
    ("Product.DESCRIPTIONS.filter(odata.any(Description.LANGUAGE_KEY.equals('DE')))", ["Laptop"]),
    ("Product.SHIPPING_ADDRESS.city.equals('New York')", ["Premium Laptop Pro"]),
    ("Product.STATUS.equals('Discontinued')", ["Office Chair"]),
    ("Product.CREATED_AT.lessThan(moment.utc('2023-09-01T00:00:00Z'))", ["Office Chair"]),
    ("Product.RELEASE_DATE.equals(moment('2024-12-31'))", ["Office Chair"]),
    ("Product.OPEN_TIME.equals({ hours: 23, minutes: 59, seconds: 59 })", ["Office Chair"]),
    ("Product.SHIPPING_TIME.greaterThan(moment.duration('P1D'))", ["Office Chair", "Coffee Mug"]),
    ("Product.DESCRIPTION.equals(null)", []),
    ("functions.startsWith(Product.NAME, 'Gaming').equals(true)", ["Gaming Mouse Ultra"]),
    ("odata.contains(functions.toLower(Product.NAME), 'mouse').equals(true)", ["Wireless Mouse", "Gaming Mouse Ultra"]),
    ("functions.length(Product.NAME).lessThan(7)", ["Laptop"]),
    ("functions.year(Product.CREATED_AT).equals(2023)", ["Office Chair", "Coffee Mug"]),
    ("functions.round(Product.PRICE).equals(16)", ["Coffee Mug"]),
])  # fmt: skip
def test_filter(client: Node, condition: str, found: list[str]):
    assert client(f"return names(products().getAll().filter({condition}))") == found


def test_count(client: Node):
    assert client("return products().getAll().filter(Product.PRICE.lessThan(100)).count().execute(service)") == 2


def test_expand_and_select(client: Node):
    assert client("""
        const [laptop] = await products().getAll()
            .select(Product.NAME, Product.SHIPPING_ADDRESS)
            .expand(
                Product.CATEGORY.select(Category.NAME),
                Product.DESCRIPTIONS.filter(Description.LANGUAGE_KEY.equals("DE")).select(Description.DESCRIPTION),
            )
            .filter(Product.NAME.equals("Laptop")).execute(service)
        return [laptop.name, laptop.shippingAddress.city, laptop.category.name, laptop.descriptions.map((each) => each.description)]
    """) == ["Laptop", "Seattle", "Electronics", ["Ein leichter Laptop"]]


def test_expand_ordered_and_paged(client: Node):
    assert client("""
        const [electronics] = await categories().getAll()
            .expand(Category.PRODUCTS.orderBy(odata.desc(Product.PRICE)).top(2).skip(1))
            .filter(Category.NAME.equals("Electronics")).execute(service)
        return electronics.products.map((product) => product.name)
    """) == ["Laptop", "Smartphone"]


def test_types_are_read(client: Node):
    assert client("""
        const chair = await named("Office Chair")
        return {
          price: chair.price, rating: chair.rating, temperature: chair.temperature, quantity: chair.quantity,
          released: chair.releaseDate.format("YYYY-MM-DD"), opens: chair.openTime,
          shipped: chair.shippingTime.toISOString(), status: chair.status, created: chair.createdAt.toISOString(),
          shippingAddress: chair.shippingAddress, serialNumber: chair.serialNumber,
        }
    """) == {
        "price": 249.99, "rating": 255, "temperature": 127, "quantity": 32767,
        "released": "2024-12-31", "opens": {"hours": 23, "minutes": 59, "seconds": 59},
        "shipped": "P1DT2H30M", "status": "Discontinued", "created": "2023-08-12T16:20:00.000Z",
        "shippingAddress": None, "serialNumber": None,
    }  # fmt: skip


def test_every_type_is_written(client: Node):
    assert client("""
        const made = await products().create(pen()
          .description("Blue").rating(255).temperature(-128).quantity(-32768).weight(0.5).data("3q2+7w==")
          .releaseDate(moment("2024-02-29")).openTime({ hours: 8, minutes: 30, seconds: 15 })
          .shippingTime(moment.duration("PT36H")).status("OnSale").serialNumber("A1")
          .shippingAddress({ city: "Leeds" }).build()).execute(service)
        const read = await products().getByKey(made.id).execute(service)
        return [
          read.description, read.rating, read.temperature, read.quantity, read.weight, read.data,
          read.releaseDate.format("YYYY-MM-DD"), read.openTime, read.shippingTime.asHours(), read.status, read.serialNumber,
          read.shippingAddress.city,
        ]
    """) == [
        "Blue", 255, -128, -32768, 0.5, "3q2-7w==", "2024-02-29", {"hours": 8, "minutes": 30, "seconds": 15}, 36, "OnSale",
        "A1", "Leeds",
    ]  # fmt: skip


def test_decimals_keep_their_digits(client: Node):
    assert (
        client("""
        const BigNumber = require("bignumber.js")
        const exact = { Accept: "application/json;IEEE754Compatible=true" }
        const amount = new BigNumber("12345678901234567890.123456789012345678")
        const made = await samples().create(samplesApi.entityBuilder().name("x").amount(amount).build()).execute(service)
        return (await samples().getByKey(made.id).addCustomHeaders(exact).execute(service)).amount.toFixed()
    """)
        == "12345678901234567890.123456789012345678"
    )


def test_create_with_related(client: Node):
    """Bound to what there is, made together with what there is not yet, and made where it belongs."""
    assert client(f"""
        await products().create(pen().withCustomFields({{ "Category@odata.bind": "{KITCHEN}" }}).build()).execute(service)
        const paper = categoriesApi.entityBuilder().name("Paper").build()
        await products().create(pen().name("Pencil").category(paper).build()).execute(service)
        const words = descriptionsApi.entityBuilder().languageKey("EN").description("It writes").build()
        await descriptions().create(words).asChildOf(await named("Pen"), Product.DESCRIPTIONS).execute(service)
        const found = await products().getAll().expand(Product.CATEGORY, Product.DESCRIPTIONS)
            .filter(functions.startsWith(Product.NAME, "Pen").equals(true)).execute(service)
        return found.map((made) => [made.name, made.category.name, made.descriptions.map((each) => each.description)]).sort()
    """) == [["Pen", "Kitchen", ["It writes"]], ["Pencil", "Paper", []]]


def test_bind_to_another(client: Node):
    assert client(f"""
        const chair = await named("Office Chair")
        chair.setCustomField("Category@odata.bind", "{KITCHEN}")
        await products().update(chair).execute(service)
        return names(products().getAll().filter(Product.CATEGORY.filter(Category.NAME.equals("Kitchen"))))
    """) == ["Office Chair", "Coffee Mug"]


def test_update_sends_what_changed(client: Node):
    assert client("""
        const chair = await named("Office Chair")
        chair.price = 199
        await products().update(chair).execute(service)
        const read = await named("Office Chair")
        return [read.price, read.rating, read.version - chair.version]
    """) == [199, 255, 1]


def test_replace(client: Node):
    assert client("""
        const chair = await named("Office Chair")
        chair.price = 199
        await products().update(chair).replaceWholeEntityWithPut().execute(service)
        const read = await named("Office Chair")
        return [read.price, read.rating, read.releaseDate.format("YYYY-MM-DD")]
    """) == [199, 255, "2024-12-31"]


@pytest.mark.parametrize("change", ["update(old)", "update(old).replaceWholeEntityWithPut()", "delete(old)"])
def test_etags(client: Node, change: str):
    assert client(f"""
        const [one, old] = [await named("Office Chair"), await named("Office Chair")]
        one.price = 199
        old.price = 299
        await products().update(one).execute(service)
        return [await status(products().{change}), (await named("Office Chair")).price]
    """) == [412, 199]


def test_etag_that_is_ignored(client: Node):
    assert (
        client("""
        const [one, old] = [await named("Office Chair"), await named("Office Chair")]
        one.price = 199
        old.price = 299
        await products().update(one).execute(service)
        await products().update(old).ignoreVersionIdentifier().execute(service)
        return (await named("Office Chair")).price
    """)
        == 299
    )


def test_delete(client: Node):
    assert client("""
        const mug = await named("Coffee Mug")
        await products().delete(mug).execute(service)
        const descriptionsLeft = await descriptions().getAll().filter(Description.PRODUCT_ID.equals(mug.id)).execute(service)
        return [await status(products().getByKey(mug.id)), descriptionsLeft.length]
    """) == [404, 0]


def test_composite_key(client: Node):
    assert client("""
        const laptop = await named("Laptop")
        const words = await descriptions().getByKey(laptop.id, "DE").execute(service)
        words.customName = "Größe"
        await descriptions().update(words).execute(service)
        const read = await descriptions().getByKey(laptop.id, "DE").execute(service)
        return [read.description, read.customName]
    """) == ["Ein leichter Laptop", "Größe"]


@pytest.mark.parametrize("paths", ["relativeToService", "relativeToEntity", "absolute"])
def test_batch(client: Node, paths: str):
    assert client(f"""
        const chair = await named("Office Chair")
        chair.price = 199
        const answers = await client.batch(
          products().getAll().filter(Product.NAME.equals("Laptop")),
          client.changeset(
            products().create(pen().build()),
            products().update(chair),
            products().delete(await named("Coffee Mug")),
          ),
          products().getAll(),
          products().getByKey(chair.id),
        ).withSubRequestPathType("{paths}").execute(service)
        const [before, changes, after, read] = answers
        return [
          answers.map((answer) => answer.isSuccess()),
          before.as(productsApi).map((each) => each.name),
          changes.responses.map((each) => each.httpCode),
          changes.responses[0].as(productsApi).name,
          after.as(productsApi).map((each) => each.name).sort(),
          read.as(productsApi)[0].price,
        ]
    """) == [
        [True, True, True, True], ["Laptop"], [201, 204, 204], "Pen",
        sorted({*NAMES, "Pen"} - {"Coffee Mug"}), 199,
    ]  # fmt: skip


def test_a_failed_change_set_changes_nothing(client: Node):
    assert client("""
        const answers = await client.batch(
          client.changeset(
            products().create(pen().build()),
            categories().create(categoriesApi.entityBuilder().name("Kitchen").build()),
          ),
          products().getAll(),
        ).execute(service)
        return [answers.map((answer) => answer.httpCode), (await products().getAll().execute(service)).length]
    """) == [[409], 7]


@pytest.mark.parametrize("call, result", [
    ("client.findProducts({ name: 'Laptop', maxPrice: 1000.5 })", ["Laptop"]),
    ("client.findProducts({ name: \"O'Neil\", maxPrice: 1000 })", []),
    ("client.calculate({ value: 21 })", "42"),
    ("client.convert({ input: 'ä' })", "String: ä"),
    ("client.process({ percentage: 10 })", {"processed": "7", "percentage": 10, "minPrice": None}),
    ("client.resetAllPrices({})", "7"),
    ("client.resetProducts({})", None),
])  # fmt: skip
def test_operations(client: Node, call: str, result: object):
    assert (
        client(f"""
        const result = await {call}.execute(service)
        return Array.isArray(result) ? result.map((product) => product.name) : result
    """)
        == result
    )


@pytest.mark.parametrize("refused, expected", [
    ("products().getByKey('00000000-0000-0000-0000-000000000000')", 404),
    ("products().create(productsApi.entityBuilder().price(1).build())", 400),
    ("products().create(pen().name('x'.repeat(101)).build())", 400),
    ("products().create(pen().status('Lost').build())", 400),
    ("categories().create(categoriesApi.entityBuilder().name('Kitchen').build())", 409),
    ("client.techstore().readOnlyItemsApi.requestBuilder().delete('e3de47e6-9081-4c5e-9066-cbdd087af636')", 403),
])  # fmt: skip
def test_refusals(client: Node, refused: str, expected: int):
    assert client(f"return status({refused})") == expected
