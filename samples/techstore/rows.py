"""What the shop has in store when it opens. Keys never change, so examples may quote them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from uuid import UUID

from odata_service.sample import Row, Rows

from .media import document, image, logo
from .models import ProductStatus

FURNITURE = UUID("88100399-55d5-4076-ab50-4342fb089ad4")
ELECTRONICS = UUID("b15d25b7-757e-45ae-8a61-aa4b13e0c9e6")
KITCHEN = UUID("ce980705-ba1c-46dd-a719-4a8c7f854842")

PREMIUM_LAPTOP = UUID("1265c7c8-e590-4e99-8dc4-9f872f89bcc6")
CHAIR = UUID("29386ddb-7cf9-4a1e-bf8d-0afdc6ed5e38")
MOUSE = UUID("30979d5a-9353-4960-b403-cb75a5878c6c")
MUG = UUID("3b69c7d4-883b-4e19-ab50-54e9e388df89")
GAMING_MOUSE = UUID("88054d55-0232-4330-bc61-e8de9a195c18")
SMARTPHONE = UUID("b632bcbf-71b1-42ee-a3d4-dce27eb15f36")
LAPTOP = UUID("f196ffb2-206e-496e-8d35-005697660c58")

IN_STOCK, ON_SALE, DISCONTINUED, FEATURED = (
    ProductStatus[name] for name in ("InStock", "OnSale", "Discontinued", "Featured")
)
EMPTY: Row = dict.fromkeys((
    "Data", "ReleaseDate", "OpenTime", "ShippingTime", "ProcessingTime", "Offset", "SerialNumber", "SpecialProperty",
    "SpecialFeature", "ShippingStreet", "ShippingCity", "ShippingState", "ShippingPostalCode", "ShippingCountry",
    "Length", "Width", "Height", "Unit", "Location", "Route", "Area", "Photo", "PhotoType",
))  # fmt: skip
PLAIN: Row = {
    **EMPTY, "Rating": 0, "Temperature": 0, "Quantity": 0, "Weight": 0.0, "Version": 1, "ProductType": "Product",
}  # fmt: skip


def _shipped_from(street: str, city: str, state: str, postal_code: str) -> Row:
    names = ("ShippingStreet", "ShippingCity", "ShippingState", "ShippingPostalCode", "ShippingCountry")
    return dict(zip(names, (street, city, state, postal_code, "USA"), strict=True))


def _in_centimetres(length: float, width: float, height: float) -> Row:
    return {"Length": length, "Width": width, "Height": height, "Unit": "cm"}


def _on_the_map(here: tuple[float, float], there: tuple[float, float], *corners: float) -> Row:
    """Where it is, the way it takes from there, and the area around, from its west, south, east and north."""
    west, south, east, north = corners
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {
        "Location": {"type": "Point", "coordinates": list(here)},
        "Route": {"type": "LineString", "coordinates": [list(here), list(there)]},
        "Area": {"type": "Polygon", "coordinates": [ring]},
    }


def _special(what: str, feature: str) -> Row:
    return {"ProductType": "SpecialProduct", "SpecialProperty": what, "SpecialFeature": feature}


PRODUCTS: tuple[Row, ...] = (
    {
        "ID": PREMIUM_LAPTOP, "Name": "Premium Laptop Pro", "Price": 1999.99, "CategoryID": ELECTRONICS,
        "Description": "The laptop for those who render, compile and simulate all day",
        "Status": IN_STOCK | FEATURED, "CreatedAt": datetime(2024, 7, 1, 10, tzinfo=UTC),
        **_special("Extended 5-year warranty", "Premium support package"),
        **_shipped_from("999 Premium Way", "New York", "NY", "10001"), **_in_centimetres(40, 28, 2),
        **_on_the_map((-74.006, 40.7128), (-73.9352, 40.7306), -74.1, 40.6, -73.8, 40.9),
    },
    {
        "ID": CHAIR, "Name": "Office Chair", "Price": 249.99, "CategoryID": FURNITURE,
        "Description": "An office chair that turns, rolls and supports the back",
        "Rating": 255, "Temperature": 127, "Quantity": 32767, "Weight": 150.0,
        "ReleaseDate": date(2024, 12, 31), "OpenTime": time(23, 59, 59),
        "ShippingTime": timedelta(days=1, hours=2, minutes=30), "ProcessingTime": timedelta(seconds=45),
        "Offset": timedelta(0), "Status": DISCONTINUED, "CreatedAt": datetime(2023, 8, 12, 16, 20, tzinfo=UTC),
    },
    {
        "ID": MOUSE, "Name": "Wireless Mouse", "Price": 29.99, "CategoryID": ELECTRONICS,
        "Description": "A small mouse without a cable, for the right hand and the left",
        "Rating": 110, "Temperature": 5, "Quantity": 300, "Weight": 0.09, "Data": bytes([1, 2, 3]),
        "ReleaseDate": date(2024, 1, 20), "OpenTime": time(8, 15), "ShippingTime": timedelta(hours=2),
        "ProcessingTime": timedelta(seconds=1.5), "Offset": -timedelta(days=1),
        "Status": IN_STOCK | ON_SALE, "CreatedAt": datetime(2024, 3, 20, 14, 45, tzinfo=UTC),
        **_shipped_from("456 Innovation Blvd", "San Francisco", "CA", "94102"), **_in_centimetres(10, 6, 4),
        **_on_the_map((-122.4194, 37.7749), (-122.2711, 37.8044), -122.5, 37.7, -122.3, 37.9),
    },
    {
        "ID": MUG, "Name": "Coffee Mug", "Price": 15.5, "CategoryID": KITCHEN,
        "Description": "A mug of stoneware that keeps coffee hot through a meeting",
        "Temperature": -5, "Quantity": -200, "Data": b"",
        "ReleaseDate": date(2024, 1, 1), "OpenTime": time(0), "ShippingTime": timedelta(days=2),
        "ProcessingTime": timedelta(minutes=30), "Offset": timedelta(0),
        "Status": IN_STOCK, "CreatedAt": datetime(2023, 11, 5, 9, 15, tzinfo=UTC),
        **_shipped_from("789 Home St", "Portland", "OR", "97201"), **_in_centimetres(8, 8, 10),
        **_on_the_map((-122.6765, 45.5231), (-122.6587, 45.5152), -122.8, 45.4, -122.5, 45.7),
    },
    {
        "ID": GAMING_MOUSE, "Name": "Gaming Mouse Ultra", "Price": 149.99, "CategoryID": ELECTRONICS,
        "Description": "A mouse for players, fast and with lights of its own",
        "Status": IN_STOCK | ON_SALE, "CreatedAt": datetime(2024, 7, 15, 14, 30, tzinfo=UTC),
        **_special("RGB lighting with 16 million colors", "Customizable DPI settings"),
        **_shipped_from("888 Gaming Blvd", "Los Angeles", "CA", "90001"), **_in_centimetres(12.5, 7.5, 4.5),
        **_on_the_map((-118.2437, 34.0522), (-118.3687, 34.1016), -118.5, 33.9, -118.0, 34.3),
    },
    {
        "ID": SMARTPHONE, "Name": "Smartphone", "Price": 799.99, "CategoryID": ELECTRONICS,
        "Description": "A telephone with three cameras and a battery for two days",
        "Status": IN_STOCK | ON_SALE | FEATURED, "CreatedAt": datetime(2024, 6, 28, 11, tzinfo=UTC),
        **_shipped_from("321 Mobile Ave", "Austin", "TX", "78701"), **_in_centimetres(15, 7.5, 0.8),
        **_on_the_map((-97.7431, 30.2672), (-97.7426, 30.2849), -98.0, 30.1, -97.5, 30.5),
    },
    {
        "ID": LAPTOP, "Name": "Laptop", "Price": 999.99, "CategoryID": ELECTRONICS,
        "Description": "A light laptop for the desk and the train",
        "Rating": 200, "Temperature": -10, "Quantity": 1200, "Weight": 3.14, "Data": b"test",
        "ReleaseDate": date(2024, 1, 15), "OpenTime": time(9, 30), "ShippingTime": timedelta(days=1),
        "ProcessingTime": timedelta(seconds=45), "Offset": timedelta(0),
        "Status": IN_STOCK | FEATURED, "CreatedAt": datetime(2024, 1, 15, 10, 30, tzinfo=UTC),
        **_special("Extended warranty included", "Premium support"),
        **_shipped_from("123 Tech Way", "Seattle", "WA", "98101"), **_in_centimetres(35.5, 25, 2.5),
        **_on_the_map((-122.3321, 47.6062), (-122.4194, 47.2529), -122.5, 47.5, -122.0, 47.8),
    },
)  # fmt: skip

DESCRIPTIONS = (
    (MOUSE, "EN", "A wireless mouse", "It pairs with three machines and sleeps when nobody moves it.", ""),
    (MOUSE, "FR", "Une souris sans fil", "Elle s'associe à trois machines et dort quand personne ne la bouge.", ""),
    (MUG, "EN", "A coffee mug", "Stoneware, a third of a litre, safe in the dishwasher.", ""),
    (SMARTPHONE, "EN", "A smartphone", "Three cameras, two days of battery, and updates for seven years.", ""),
    (SMARTPHONE, "ES", "Un teléfono inteligente", "Tres cámaras, dos días de batería y siete años de novedades.", ""),
    (LAPTOP, "DE", "Ein leichter Laptop", "Für den Schreibtisch und den Zug, mit mattem Bildschirm.", ""),
    (LAPTOP, "EN", "A light laptop", "For the desk and the train, with a screen that does not shine.", "Promo"),
)


def _descriptions() -> Iterator[Row]:
    names = ("ProductID", "LanguageKey", "Description", "LongText", "CustomName")
    return (dict(zip(names, row, strict=True)) for row in DESCRIPTIONS)


def first_rows() -> Rows:
    """Every row by its columns, in the order in which they can be inserted."""
    return {
        "Category": [
            {"ID": FURNITURE, "Name": "Furniture", "Description": "To sit on and to work at"},
            {"ID": ELECTRONICS, "Name": "Electronics", "Description": "Whatever needs a battery or a plug"},
            {"ID": KITCHEN, "Name": "Kitchen", "Description": "For cooks and for those who drink coffee"},
        ],
        "Product": [PLAIN | row for row in PRODUCTS],
        "ProductDescription": list(_descriptions()),
        "MediaItem": [_image_row(), _document_row()],
        "ReadOnlyItem": [
            {"ID": UUID("e3de47e6-9081-4c5e-9066-cbdd087af636"), "Name": "Read-only item A"},
            {"ID": UUID("f6d08d44-dd28-45b4-8693-023eaffdcbab"), "Name": "Read-only item B"},
        ],
        "DecimalSample": [
            {"ID": UUID("9c71f915-b812-4e14-b95e-a836735800eb"), "Name": "Seed Decimal", "Amount": Decimal("123.45")},
        ],
        "Company": [_company_row()],
    }


def _image_row() -> Row:
    key, content = UUID("08cce349-3a4a-465b-943b-51a1ddd788b0"), image(1024)
    return {"ID": key, "Name": "Sample Image", "ContentType": "image/png", "Size": len(content), "Content": content}


def _document_row() -> Row:
    key, content = UUID("f1c391bd-aaf3-4c3b-a392-c1e2c852a1d2"), document(2048)
    row = {"ID": key, "Name": "Sample Document", "ContentType": "application/pdf"}
    return row | {"Size": len(content), "Content": content}


def _company_row() -> Row:
    return {
        "ID": UUID("aace6645-641e-4a83-9f66-c6597041382a"),
        "Name": "TechStore Inc.",
        "CEO": "Sarah Johnson",
        "Founded": 2010,
        "HeadQuarter": "Seattle, WA, USA",
        "Website": "https://techstore.example.com",
        "Logo": logo(),
        "Version": 1,
        "UpdatedAt": datetime(2024, 1, 1, tzinfo=UTC),
    }
