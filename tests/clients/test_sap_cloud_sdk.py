"""Clients that the SAP Cloud SDK generates for V2 and for V4, over real HTTP."""

from __future__ import annotations

import httpx
import pytest

from tests.clients.node import Node

NAMES = [
    "Premium Laptop Pro", "Office Chair", "Wireless Mouse", "Coffee Mug", "Gaming Mouse Ultra", "Smartphone", "Laptop",
]  # fmt: skip


def test_they_were_generated_of_what_is_served(sdk_documents: dict[str, bytes], techstore: str, sdk_version: str):
    assert httpx.get(f"{techstore.replace('v4', sdk_version)}$metadata").content == sdk_documents[sdk_version]


@pytest.mark.parametrize("request_, found", [
    ("", NAMES),
    (".top(2).skip(1)", NAMES[1:3]),
    (".orderBy(odata.desc(Product.PRICE)).top(3)", ["Premium Laptop Pro", "Laptop", "Smartphone"]),
    (".orderBy(odata.asc(Product.STATUS), Product.NAME).top(3)", ["Coffee Mug", "Gaming Mouse Ultra", "Wireless Mouse"]),
    (".select(Product.NAME).top(1)", ["Premium Laptop Pro"]),
])  # fmt: skip
def test_list(sdk: Node, request_: str, found: list[str]):
    assert sdk(f"return names(products().getAll(){request_})") == found


@pytest.mark.parametrize("condition, found", [
    ("Product.NAME.equals('Laptop')", ["Laptop"]),
    ("Product.NAME.equals(\"O'Neil\")", []),
    ("Product.ID.equals('29386ddb-7cf9-4a1e-bf8d-0afdc6ed5e38')", ["Office Chair"]),
    ("Product.PRICE.greaterThan(500.5)", ["Premium Laptop Pro", "Smartphone", "Laptop"]),
    ("Product.RATING.greaterOrEqual(200), Product.QUANTITY.equals(32767)", ["Office Chair"]),
    ("odata.or(Product.NAME.equals('Laptop'), odata.not(Product.PRICE.lessThan(1500)))", ["Premium Laptop Pro", "Laptop"]),
    ("Product.CATEGORY.filter(Category.NAME.equals('Kitchen'))", ["Coffee Mug"]),
    ("Product.SHIPPING_ADDRESS.city.equals('New York')", ["Premium Laptop Pro"]),
    ("Product.CREATED_AT.lessThan(moment.utc('2023-09-01T00:00:00Z'))", ["Office Chair"]),
    ("Product.RELEASE_DATE.equals(moment.utc('2024-12-31'))", ["Office Chair"]),
    ("Product.SHIPPING_TIME.greaterThan(moment.duration('P1D'))", ["Office Chair", "Coffee Mug"]),
    ("Product.DESCRIPTION.equals(null)", []),
    ("functions.startsWith(Product.NAME, 'Gaming').equals(true)", ["Gaming Mouse Ultra"]),
    ("functions.length(Product.NAME).lessThan(7)", ["Laptop"]),
    ("functions.year(Product.CREATED_AT).equals(2023)", ["Office Chair", "Coffee Mug"]),
    ("functions.round(Product.PRICE).equals(16)", ["Coffee Mug"]),
])  # fmt: skip
def test_filter(sdk: Node, condition: str, found: list[str]):
    assert sdk(f"return names(products().getAll().filter({condition}))") == found


@pytest.mark.parametrize("condition, found", [
    ("Product.STATUS.equals(4)", ["Office Chair"]),
    ("Product.OPEN_TIME.equals(moment.duration('PT23H59M59S'))", ["Office Chair"]),
    ("functions.substringOf('mouse', functions.toLower(Product.NAME)).equals(true)", ["Wireless Mouse", "Gaming Mouse Ultra"]),
])  # fmt: skip
def test_filter_of_v2(sdk_v2: Node, condition: str, found: list[str]):
    assert sdk_v2(f"return names(products().getAll().filter({condition}))") == found


def test_count(sdk: Node):
    assert sdk("return products().getAll().filter(Product.PRICE.lessThan(100)).count().execute(service)") == 2


def test_expand_in_v2(sdk_v2: Node):
    assert sdk_v2("""
        const [laptop] = await products().getAll()
            .select(Product.NAME, Product.SHIPPING_ADDRESS, Product.CATEGORY.select(Category.NAME), Product.DESCRIPTIONS)
            .filter(Product.NAME.equals("Laptop")).execute(service)
        return [laptop.name, laptop.shippingAddress.city, laptop.category.name, laptop.descriptions.map((each) => each.languageKey)]
    """) == ["Laptop", "Seattle", "Electronics", ["DE", "EN"]]


def test_types_are_read(sdk: Node, sdk_version: str):
    assert sdk("""
        const chair = await named("Office Chair")
        return [
          chair.price, chair.rating, chair.temperature, chair.quantity, chair.releaseDate.format("YYYY-MM-DD"),
          chair.shippingTime.toISOString(), chair.createdAt.toISOString(), chair.serialNumber, chair.status,
        ]
    """) == [
        249.99, 255, 127, 32767, "2024-12-31", "P1DT2H30M", "2023-08-12T16:20:00.000Z", None,
        4 if sdk_version == "v2" else "Discontinued",
    ]  # fmt: skip


def test_every_type_is_written(sdk: Node, sdk_version: str):
    words = {
        "v2": ("2", 'moment.duration("PT8H30M15S")', 2, "PT8H30M15S"),
        "v4": ('"OnSale"', "{ hours: 8, minutes: 30, seconds: 1 }", "OnSale", {"hours": 8, "minutes": 30, "seconds": 1}),
    }  # fmt: skip
    status, opens, status_read, opens_read = words[sdk_version]
    assert sdk(f"""
        const made = await products().create(pen()
          .description("Blue").rating(255).temperature(-128).quantity(-32768).weight(0.5).data("3q2+7w==")
          .releaseDate(moment.utc("2024-02-29")).shippingTime(moment.duration("PT36H")).serialNumber("A1")
          .shippingAddress({{ city: "Leeds" }}).status({status}).openTime({opens}).build()).execute(service)
        const read = await products().getByKey(made.id).execute(service)
        return [
          read.description, read.rating, read.temperature, read.quantity, read.weight, read.data.replace("-", "+"),
          read.releaseDate.format("YYYY-MM-DD"), read.shippingTime.asHours(), read.serialNumber, read.shippingAddress.city,
          read.status, read.openTime,
        ]
    """) == [
        "Blue", 255, -128, -32768, 0.5, "3q2+7w==", "2024-02-29", 36, "A1", "Leeds", status_read, opens_read,
    ]  # fmt: skip


def test_decimals_keep_their_digits(sdk: Node):
    """In V4 where numbers are asked for as texts; in V2 they always are."""
    found = sdk("""
        const BigNumber = require("bignumber.js")
        const exact = { Accept: "application/json;IEEE754Compatible=true" }
        const amount = new BigNumber("12345678901234567890.123456789012345678")
        const made = await samples().create(samplesApi.entityBuilder().name("x").amount(amount).build()).execute(service)
        return (await samples().getByKey(made.id).addCustomHeaders(exact).execute(service)).amount.toFixed()
    """)
    assert found == "12345678901234567890.123456789012345678"


def test_create_with_related(sdk: Node):
    """Made together with what there is not yet, and made where it belongs."""
    found = sdk("""
        const paper = categoriesApi.entityBuilder().name("Paper").build()
        await products().create(pen().category(paper).build()).execute(service)
        const made = descriptionsApi.entityBuilder().languageKey("EN").description("It writes").build()
        await descriptions().create(made).asChildOf(await named("Pen"), Product.DESCRIPTIONS).execute(service)
        const [kitchen] = await categories().getAll().filter(Category.NAME.equals("Kitchen")).execute(service)
        await products().create(pen().name("Pencil").build()).asChildOf(kitchen, Category.PRODUCTS).execute(service)
        const words = await descriptions().getByKey((await named("Pen")).id, "EN").execute(service)
        return [await namesIn("Paper"), await namesIn("Kitchen"), words.description]
    """)
    assert found == [["Pen"], ["Coffee Mug", "Pencil"], "It writes"]


@pytest.mark.parametrize("way", ["", ".replaceWholeEntityWithPut()"])
def test_update(sdk: Node, way: str):
    """PUT sends all of the entity. (A structure with nulls in it would come with the text ``null`` in their place.)"""
    assert sdk(f"""
        const laptop = await named("Laptop")
        laptop.price = 199
        await products().update(laptop){way}.execute(service)
        const read = await named("Laptop")
        return [read.price, read.rating, read.version - laptop.version]
    """) == [199, 200, 1]


@pytest.mark.parametrize("change", ["update(old)", "update(old).replaceWholeEntityWithPut()", "delete(old)"])
def test_etags(sdk: Node, change: str):
    assert sdk(f"""
        const [one, old] = [await named("Laptop"), await named("Laptop")]
        one.price = 199
        old.price = 299
        await products().update(one).execute(service)
        return [await status(products().{change}), (await named("Laptop")).price]
    """) == [412, 199]


def test_etag_that_is_ignored(sdk: Node):
    found = sdk("""
        const [one, old] = [await named("Office Chair"), await named("Office Chair")]
        one.price = 199
        old.price = 299
        await products().update(one).execute(service)
        await products().update(old).ignoreVersionIdentifier().execute(service)
        return (await named("Office Chair")).price
    """)
    assert found == 299


def test_delete(sdk: Node):
    found = sdk("""
        const mug = await named("Coffee Mug")
        await products().delete(mug).execute(service)
        return status(products().getByKey(mug.id))
    """)
    assert found == 404


def test_composite_key(sdk: Node):
    assert sdk("""
        const laptop = await named("Laptop")
        const words = await descriptions().getByKey(laptop.id, "DE").execute(service)
        words.customName = "Größe"
        await descriptions().update(words).execute(service)
        const read = await descriptions().getByKey(laptop.id, "DE").execute(service)
        return [read.description, read.customName]
    """) == ["Ein leichter Laptop", "Größe"]


@pytest.mark.parametrize("paths", ["relativeToService", "relativeToEntity", "absolute"])
def test_batch(sdk: Node, paths: str):
    assert sdk(f"""
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


def test_a_failed_change_set_changes_nothing(sdk: Node, sdk_version: str):
    """V2 goes on with what follows, V4 only where it is asked to."""
    statuses, count = sdk("""
        const kitchen = categoriesApi.entityBuilder().name("Kitchen").build()
        const answers = await client.batch(
          client.changeset(products().create(pen().build()), categories().create(kitchen)),
          products().getAll(),
        ).execute(service)
        return [answers.map((answer) => answer.httpCode), (await products().getAll().execute(service)).length]
    """)
    assert statuses == ([409, 200] if sdk_version == "v2" else [409])
    assert count == 7


@pytest.mark.parametrize("refused, expected", [
    ("products().getByKey('00000000-0000-0000-0000-000000000000')", 404),
    ("products().create(productsApi.entityBuilder().price(1).build())", 400),
    ("products().create(pen().name('x'.repeat(101)).build())", 400),
    ("categories().create(categoriesApi.entityBuilder().name('Kitchen').build())", 409),
    ("readOnlyItems().delete('e3de47e6-9081-4c5e-9066-cbdd087af636')", 403),
])  # fmt: skip
def test_refusals(sdk: Node, refused: str, expected: int):
    assert sdk(f"return status({refused})") == expected


@pytest.mark.parametrize("call, result", [
    ("findProducts({ name: 'Laptop', maxPrice: 1000.5 }, types)", ["Laptop"]),
    ("findProducts({ name: \"O'Neil\", maxPrice: 1000 }, types)", []),
    ("resetAllPrices({})", "7"),
    ("resetProducts({})", None),
])  # fmt: skip
def test_operations(sdk: Node, call: str, result: object):
    """Functions and actions, in V2 service operations. (Of a structure that one returns, the V2 client reads nothing: it
    looks for it outside of the operation's name.)"""
    found = sdk(f"""
        const result = await client.{call}.execute(service)
        return Array.isArray(result) ? result.map((product) => product.name) : result
    """)
    assert found == result
