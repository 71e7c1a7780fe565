"""What a program does with the shop, which uses all of V4; where V2 has words for it, in both versions."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest

from odata_service.client import ClientError
from odata_service.client.online import (
    Forbidden,
    NotFound,
    NotLoaded,
    PreconditionFailed,
    Record,
    UnknownName,
    now,
    number,
)

LAPTOP = uuid.UUID("f196ffb2-206e-496e-8d35-005697660c58")
MOUSE = uuid.UUID("30979d5a-9353-4960-b403-cb75a5878c6c")


def names(found) -> list[str]:
    return [product.Name for product in found]


@pytest.fixture(autouse=True)
def reseeded(techstore_services, request):
    techstore_services.sqlite.client("v4").Reseed()
    if "way" in request.fixturenames:
        techstore_services.postgresql.client("v4").Reseed()


class TestReading:
    def test_every_type(self, shop_v4):
        laptop, status = shop_v4.Products[LAPTOP], shop_v4.types.ProductStatus
        assert (laptop.Price, laptop.Weight, laptop.Rating, laptop.Temperature) == (999.99, 3.14, 200, -10)
        assert (laptop.ReleaseDate, laptop.OpenTime) == (date(2024, 1, 15), time(9, 30))
        assert (laptop.ShippingTime, laptop.Data) == (timedelta(days=1), b"test")
        assert laptop.Status == status.InStock | status.Featured
        assert laptop.CreatedAt == datetime(2024, 1, 15, 10, 30, tzinfo=UTC)
        assert (laptop.ShippingAddress.City, laptop.Dimensions.Unit) == ("Seattle", "cm")
        assert laptop.Location == {"type": "Point", "coordinates": [-122.3321, 47.6062]}
        assert laptop.SpecialFeature == "Premium support"

    @pytest.mark.parametrize(
        "condition, expected",
        [
            (lambda p, t: p.Status.has(t.ProductStatus.OnSale) & (p.Price < 100), ["Wireless Mouse"]),
            (lambda p, t: p.Status == "InStock,OnSale", ["Gaming Mouse Ultra", "Wireless Mouse"]),
            (lambda p, t: p.ShippingAddress.City == "Portland", ["Coffee Mug"]),
            (lambda p, t: p.Category.Name == "Kitchen", ["Coffee Mug"]),
            (lambda p, t: p.Descriptions.any(lambda d: d.LanguageKey == "DE"), ["Laptop"]),
            (
                lambda p, t: p.Descriptions.any() & p.Descriptions.all(lambda d: d.LongText.contains("machines")),
                ["Wireless Mouse"],
            ),
            (lambda p, t: p.Descriptions.count() > 1, ["Laptop", "Smartphone", "Wireless Mouse"]),
            (lambda p, t: p.ReleaseDate >= date(2024, 1, 15), ["Laptop", "Office Chair", "Wireless Mouse"]),
            (lambda p, t: p.OpenTime < time(9), ["Coffee Mug", "Wireless Mouse"]),
            (lambda p, t: p.CreatedAt.date() == date(2024, 7, 1), ["Premium Laptop Pro"]),
            (lambda p, t: (p.CreatedAt < now()) & (p.Offset < timedelta(0)), ["Wireless Mouse"]),
            (lambda p, t: p.Location.distance({"type": "Point", "coordinates": [-122.3, 47.6]}) < 10_000, ["Laptop"]),
            (lambda p, t: p.Name.matches("^L.*p$"), ["Laptop"]),
            (lambda p, t: (p.Price % 10 > 9.98) & (p.Price / 2 < 20), ["Wireless Mouse"]),
            (lambda p, t: p.Price.round() == 250, ["Office Chair"]),
            (lambda p, t: p.Data == b"test", ["Laptop"]),
        ],
    )
    def test_conditions(self, shop_v4, condition, expected):
        products = shop_v4.Products
        assert sorted(names(products.where(condition(products, shop_v4.types)))) == expected

    def test_structures_and_derived_types(self, shop):
        products = shop.Products
        assert names(products.where(products.ShippingAddress.City == "Portland")) == ["Coffee Mug"]
        special = products.of_type("SpecialProduct")
        assert sorted(names(special.where(special.SpecialFeature.startswith("Premium")))) == [
            "Laptop",
            "Premium Laptop Pro",
        ]
        assert products[LAPTOP].SpecialProperty == "Extended warranty included"
        with pytest.raises(TypeError, match="a Category is no Product"):
            products.of_type("Category")

    def test_a_key_of_two_parts(self, shop):
        descriptions = shop.ProductDescriptions
        german = descriptions[LAPTOP, "DE"]
        assert german.Description == "Ein leichter Laptop"
        assert descriptions[{"LanguageKey": "DE", "ProductID": LAPTOP}].Product.Name == "Laptop"
        assert shop._spelling.key_of(german._where, descriptions._kind.key) == (LAPTOP, "DE")
        with pytest.raises(KeyError, match="2 parts: ProductID, LanguageKey"):
            descriptions[LAPTOP]

    def test_aggregation(self, shop_v4):
        rows = shop_v4.Products.apply(
            "groupby((Category/Name),aggregate($count as Products,Price with max as Dearest))"
        ).order_by("Category/Name")
        assert [(row.Category.Name, int(row.Products), float(row.Dearest)) for row in rows] == [
            ("Electronics", 5, 1999.99),
            ("Furniture", 1, 249.99),
            ("Kitchen", 1, 15.5),
        ]
        with pytest.raises(UnknownName, match="did you mean 'Dearest'"):
            next(iter(rows)).Dearset  # noqa: B018

    def test_aggregation_in_python(self, shop_v4):
        products = shop_v4.Products
        groups = products.where(products.Price > 20).aggregate(
            products.Category.Name, Dearest=products.Price.max(), Number=number()
        )
        assert [(row.Category.Name, row.Dearest, row.Number) for row in groups.order_by("Category/Name")] == [
            ("Electronics", 1999.99, Decimal(5)),
            ("Furniture", 249.99, Decimal(1)),
        ]
        assert [row.Dearest for row in groups.where("Number gt 1")] == [1999.99]
        (whole,) = products.aggregate(Cheapest=products.Price.min(), Kinds=products.CategoryID.distinct())
        assert (whole.Cheapest, whole.Kinds) == (15.5, Decimal(3))
        assert len(products.aggregate("Rating", "Category/Name").all()) > 3

    def test_compute(self, shop_v4):
        products = shop_v4.Products.compute("Price mul 2 as Twice").select("Name", "Twice")
        assert float(products.where("Name eq 'Coffee Mug'").one().Twice) == 31.0

    def test_an_entity_set_by_its_name(self, shop_v4):
        assert names(shop_v4.entity_set("Products").where(f"ID eq {LAPTOP}")) == ["Laptop"]
        with pytest.raises(ClientError, match="Company is a singleton"):
            shop_v4.entity_set("Company")

    def test_a_singleton(self, shop_v4):
        company = shop_v4.Company.get()
        company.CEO = "Ada"
        shop_v4.save(company)
        assert shop_v4.Company.get().CEO == "Ada"


class TestChanging:
    def test_every_type(self, shop_v4):
        made = shop_v4.Products.create(
            Name="Spade", Price=12.5, Status="InStock,OnSale", ShippingTime=timedelta(days=1.5), OpenTime=time(7),
            ShippingAddress={"City": "Kassel"}, ReleaseDate=date(2024, 2, 29), Data=b"\0\xff",
            Location={"type": "Point", "coordinates": [9.5, 51.3]},
        )  # fmt: skip
        read = shop_v4.Products[made.ID]
        assert (read.ShippingAddress.City, read.ShippingAddress.State, read.Data) == ("Kassel", None, b"\0\xff")
        assert (read.ShippingTime, read.OpenTime, read.ReleaseDate) == (timedelta(days=1.5), time(7), date(2024, 2, 29))
        assert read.Status == shop_v4.types.ProductStatus(3)
        shop_v4.delete(read)

    def test_a_member_of_a_structure(self, shop):
        laptop = shop.Products[LAPTOP]
        laptop.ShippingAddress.City = "Tacoma"
        shop.save(laptop)
        read = shop.Products[LAPTOP].ShippingAddress
        assert (read.City, read.Street) == ("Tacoma", "123 Tech Way")
        assert isinstance(read, Record)
        assert dict(read)["State"] == "WA"
        with pytest.raises(AttributeError, match="Address has no property 'Ctiy'; did you mean 'City'"):
            laptop.ShippingAddress.Ctiy = "x"

    def test_a_derived_type(self, shop):
        made = shop.Products.create(of_type="SpecialProduct", Name="Golden Spade", Price=999.0, SpecialFeature="Shines")
        assert shop.Products[made.ID].SpecialFeature == "Shines"
        shop.delete(made)

    def test_every_digit(self, shop):
        amount = Decimal("12345678901234567890.123456789012345678")
        made = shop.DecimalSamples.create(Name="Every digit", Amount=amount)
        samples = shop.DecimalSamples
        assert samples.where(samples.Amount == amount).one().Amount == amount
        samples.delete(made.ID)

    def test_somebody_else_was_faster(self, shop):
        mine, theirs = shop.Products[MOUSE], shop.Products[MOUSE]
        theirs.Price = 1.0
        shop.save(theirs)
        mine.Price = 2.0
        with pytest.raises(PreconditionFailed) as refused:
            shop.save(mine)
        assert refused.value.status == 412
        shop.reload(mine)
        mine.Price = 3.0
        shop.save(mine)
        mine.Price = 4.0
        shop.save(mine)  # it knows the state that it has made
        with pytest.raises(PreconditionFailed):
            shop.Products.update(MOUSE, Price=5.0, if_match='W/"1"')
        shop.Products.update(MOUSE, Price=6.0)
        assert shop.Products[MOUSE].Price == 6.0

    def test_all_that_fit(self, shop_v4):
        products = shop_v4.Products
        products.where(products.Price < 100).update_each(Price=99.0, ShippingAddress={"City": "Oslo"})
        assert sorted(names(products.where("Price eq 99"))) == ["Coffee Mug", "Wireless Mouse"]
        assert products[MOUSE].ShippingAddress.City == "Oslo"
        products.where(products.Price == 99.0).delete_each()
        assert products.count() == 5
        with pytest.raises(ValueError, match="all there are"):
            products.delete_each()
        with pytest.raises(TypeError, match="only a set"):
            products.where("true").top(1).delete_each()

    def test_what_may_not_be_changed(self, shop):
        with pytest.raises(Forbidden) as refused:
            shop.ReadOnlyItems.create(Name="x")
        assert refused.value.status == 403

    def test_links_of_many_to_many(self, shop):
        products = shop.Products
        laptop, mouse = products[LAPTOP], products[MOUSE]
        laptop.RelatedProducts.add(mouse)
        assert names(laptop.RelatedProducts) == ["Wireless Mouse"]
        assert names(products.expand("RelatedProducts")[LAPTOP].RelatedProducts) == ["Wireless Mouse"]
        laptop.RelatedProducts.remove(mouse)
        assert list(laptop.RelatedProducts) == list(products[LAPTOP].RelatedProducts) == []

    def test_a_batch_with_links_and_states(self, shop):
        laptop = shop.Products[LAPTOP]
        with shop.batch():
            made = shop.Products.create(Name="Bundle", Price=1.0)
            laptop.RelatedProducts.add(made)
            laptop.Price = 1.5
            shop.save(laptop)
        assert names(shop.Products[LAPTOP].RelatedProducts) == ["Bundle"]
        laptop.Price = 2.5
        shop.save(laptop)
        shop.delete(made)


class TestStreams:
    def test_a_media_entity(self, shop):
        item = shop.MediaItems.create_media(b"\x89PNG etc", "image/png")
        content = shop.media(item)
        assert (content.read(), content.content_type) == (b"\x89PNG etc", "image/png")
        content.write(b"text", "text/plain")
        assert shop.media(shop.MediaItems[item.ID]).read() == b"text"
        item = shop.reload(item)
        assert (item.Size, item.ContentType) == (4, "text/plain")
        item.Name = "Words"
        shop.save(item)
        assert shop.MediaItems[item.ID].Name == "Words"
        shop.delete(item)

    def test_a_property_that_is_a_stream(self, shop_v4):
        laptop = shop_v4.Products[LAPTOP]
        laptop.Photo.write(b"\x89PNG", "image/png")
        assert laptop.Photo.read() == b"\x89PNG"
        laptop.Price = 5.0
        shop_v4.save(laptop)  # the picture is part of its state
        laptop.Photo.delete()
        assert laptop.Photo.read() == b""


class TestOperations:
    def test_imported_ones(self, shop):
        assert (shop.Calculate(value=21), shop.call("Calculate", a=40, b=2)) == (42, 42)
        assert shop.GetProductStats().totalProducts == 7
        assert names(shop.GetTopProducts(count=2)) == ["Premium Laptop Pro", "Laptop"]
        assert names(shop.GetTopProducts(count=9, category="Kitchen")) == ["Coffee Mug"]
        assert shop.Process(percentage=5.0, minPrice=100.0).processed == 5
        assert names(shop.FindProducts(name="Mouse", maxPrice=100.0)) == ["Wireless Mouse"]

    def test_a_query_on_what_a_function_gives(self, shop_v4):
        dearest = shop_v4.GetTopProducts(count=5)
        assert names(dearest.where(dearest.Price < 500).order_by("Name")) == ["Gaming Mouse Ultra", "Office Chair"]
        assert dearest.expand("Category").first().Category.Name == "Electronics"
        assert shop_v4.Convert(input="a/b?#'&+ü") == "String: a/b?#'&+ü"

    def test_bound_ones(self, shop_v4):
        laptop = shop_v4.Products[LAPTOP]
        assert laptop.GetTotalPrice(taxRate=0.5) == pytest.approx(1499.985)
        assert laptop.CalculatePrice(discount=50.0, tax=100.0) == pytest.approx(999.99)
        assert shop_v4.call("GetInfo", laptop, format="x") == "Laptop: 999.99 (x)"
        assert names(shop_v4.Products.GetTopProducts(count=1)) == ["Premium Laptop Pro"]
        assert "Wireless Mouse" in names(laptop.GetRelatedProducts())
        assert shop_v4.Categories.where("Name eq 'Kitchen'").one().Products.GetAveragePrice() == 15.5
        assert shop_v4.Products.where("Price gt 500").GetAveragePrice() == pytest.approx(1266.6566, abs=1e-3)
        assert laptop.ApplyDiscount(percentage=50.0) is laptop
        assert laptop.Price == pytest.approx(499.995)
        laptop.IncreasePrice(amount=0.005)
        assert shop_v4.Products[LAPTOP].Price == pytest.approx(500)
        shop_v4.Products.MarkAllAsReviewed()
        assert shop_v4.Products.where("Rating eq 0").count() == 0

    def test_names_and_arguments(self, shop):
        with pytest.raises(TypeError, match=r"Calculate takes \(.*value.*not \(vlaue\)"):
            shop.Calculate(vlaue=21)
        with pytest.raises(TypeError, match="'x' is no value of Edm.Int64"):
            shop.Calculate(value="x")
        with pytest.raises(AttributeError, match="no operation 'Nope' here; there are Calculate"):
            shop.call("Nope")
        assert "Calculate" in dir(shop)

    def test_an_action_in_a_batch(self, shop_v4):
        laptop = shop_v4.Products[LAPTOP]
        with shop_v4.batch():
            laptop.ApplyDiscount(percentage=10.0)
            shop_v4.Products.update(MOUSE, Price=1.0)
        assert (shop_v4.Products[LAPTOP].Price, shop_v4.Products[MOUSE].Price) == (pytest.approx(899.991), 1.0)


def test_deltas(shop_v4):
    changes = shop_v4.Products.changes()
    assert len(list(changes)) == 7
    laptop = shop_v4.Products[LAPTOP]
    laptop.Price = 1.0
    shop_v4.save(laptop)
    later = shop_v4.Products.changes(changes.delta_link)
    assert names(later) == ["Laptop"]


def test_what_was_not_read_is_not_lost(shop):
    """An entity with only some of its properties is changed in those that are assigned."""
    laptop = shop.Products.select("Name").where("Name eq 'Laptop'").one()
    with pytest.raises(NotLoaded):
        laptop.Price  # noqa: B018
    laptop.Name = "Lap"
    shop.save(laptop)
    assert (shop.Products[LAPTOP].Name, shop.Products[LAPTOP].Quantity) == ("Lap", 1200)


def test_an_entity_that_is_gone(shop):
    product = shop.Products.create(Name="x", Price=1.0)
    shop.Products.delete(product)
    product.Name = "y"
    with pytest.raises((NotFound, PreconditionFailed)):  # V4: it is not in the state that was seen
        shop.save(product)
