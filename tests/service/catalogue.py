"""The catalogue of the service that clients were recorded with: every type, nullable properties, a composite key."""

from __future__ import annotations

import datetime
import decimal
import uuid
from typing import Any, ClassVar

from sqlalchemy import BigInteger, DateTime, Double, ForeignKey, Interval, LargeBinary, Numeric, Select, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from odata_service import EntitySetRights, ODataService
from odata_service.operations import OperationContext, OperationSet
from odata_service.sample import Rows, Sample

ORDER = uuid.UUID("01886f43-5079-41d6-9a8a-ec9feffa41eb")


class Base(DeclarativeBase):
    pass


class Category(Base):
    __tablename__ = "category"
    __odata__: ClassVar = {"name": "Categories", "set": "Categories"}

    ID: Mapped[int] = mapped_column(primary_key=True)
    Name: Mapped[str | None] = mapped_column(String(100))
    Description: Mapped[str | None] = mapped_column(String(1000))

    Products: Mapped[list[Product]] = relationship(back_populates="Category")


class Supplier(Base):
    __tablename__ = "supplier"
    __odata__: ClassVar = {"name": "Suppliers", "set": "Suppliers"}

    ID: Mapped[int] = mapped_column(primary_key=True)
    Name: Mapped[str | None] = mapped_column(String(100))
    City: Mapped[str | None] = mapped_column(String(100))
    Country: Mapped[str | None] = mapped_column(String(3))

    Products: Mapped[list[Product]] = relationship(back_populates="Supplier")


class Product(Base):
    """Its ETag is its version, as it was where clients were recorded."""

    __tablename__ = "product"
    __odata__: ClassVar = {"name": "Products", "set": "Products", "searchable": ("Name",)}

    ID: Mapped[int] = mapped_column(primary_key=True)
    Name: Mapped[str] = mapped_column(String(100))
    Description: Mapped[str | None] = mapped_column(String(1000))
    Price: Mapped[decimal.Decimal | None] = mapped_column(Numeric(9, 2))
    Weight: Mapped[float | None] = mapped_column(Double)
    Rating: Mapped[int | None]
    Stock: Mapped[int | None] = mapped_column(BigInteger)
    Discontinued: Mapped[bool | None]
    ReleaseDate: Mapped[datetime.date | None]
    RestockTime: Mapped[datetime.time | None]
    MadeAt: Mapped[datetime.datetime | None]
    MadeIn: Mapped[datetime.timedelta | None] = mapped_column(Interval)
    UpdatedAt: Mapped[datetime.datetime | None] = mapped_column(DateTime(timezone=True))
    ChangedAt: Mapped[datetime.datetime | None] = mapped_column(DateTime(timezone=True))
    Guid: Mapped[uuid.UUID | None]
    Photo: Mapped[bytes | None] = mapped_column(LargeBinary)
    Version: Mapped[int | None] = mapped_column()
    Category_ID: Mapped[int | None] = mapped_column(ForeignKey("category.ID"), index=True)
    Supplier_ID: Mapped[int | None] = mapped_column(ForeignKey("supplier.ID"), index=True)

    Category = relationship("Category", back_populates="Products")
    Supplier = relationship("Supplier", back_populates="Products")
    Items: Mapped[list[OrderItem]] = relationship(back_populates="Product")

    __mapper_args__: ClassVar[dict[str, Any]] = {"version_id_col": Version}


class Order(Base):
    __tablename__ = "orders"
    __odata__: ClassVar = {"name": "Orders", "set": "Orders"}

    ID: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    Customer: Mapped[str | None] = mapped_column(String(100))

    Items: Mapped[list[OrderItem]] = relationship(back_populates="Order")


class OrderItem(Base):
    """Its key is two properties, one of which is its order's."""

    __tablename__ = "order_item"
    __odata__: ClassVar = {"name": "OrderItems", "set": "OrderItems"}

    Order_ID: Mapped[uuid.UUID] = mapped_column(ForeignKey("orders.ID"), primary_key=True)
    Pos: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    Product_ID: Mapped[int | None] = mapped_column(ForeignKey("product.ID"))
    Quantity: Mapped[int | None]

    Order = relationship("Order", back_populates="Items")
    Product = relationship("Product", back_populates="Items")


operations = OperationSet()


@operations.operation()
def TopRated(context: OperationContext, minRating: int) -> Select[Product]:
    return context.visible(Product).where(Product.Rating >= minRating).order_by(Product.ID)


@operations.operation(method="POST")
def Discount(context: OperationContext, productId: int, pct: decimal.Decimal) -> Product:
    product = context.session.get_one(Product, productId)
    product.Price = None if product.Price is None else round(product.Price * (1 - pct / 100), 2)
    return product


def first_rows() -> Rows:
    return {
        "Category": [{"ID": 1, "Name": "Kitchen"}, {"ID": 2, "Name": "Chef's Choice"}, {"ID": 3, "Name": None}],
        "Supplier": [{"ID": number, "Name": f"Supplier {number}", "City": "Köln"} for number in range(1, 4)],
        "Product": [_product(number) for number in range(1, 41)],
        "Order": [{"ID": ORDER, "Customer": "Ada"}],
        "OrderItem": [{"Order_ID": ORDER, "Pos": 10 * at, "Product_ID": at, "Quantity": at} for at in range(1, 4)],
    }


def _product(number: int) -> dict[str, object]:
    """Many share a value, and every third lacks one, so that no order but the key's is total."""
    moment = datetime.datetime(2020, 1, 1) + datetime.timedelta(days=number % 5)
    row: dict[str, object] = {
        "ID": number,
        "Name": "O'Neil 17" if number == 17 else f"Product {number % 7}",
        "Description": None if number % 3 == 0 else f"100% of _{number % 4}_",
        "Price": None if number % 3 == 1 else decimal.Decimal(number % 6 * 100 + 50) / 100,
        "Weight": None if number % 3 == 2 else (number % 5) / 3,
        "Rating": None if number % 3 == 0 else number % 4,
        "Stock": None if number % 3 == 1 else 2**53 + number % 3,
        "Discontinued": None if number % 3 == 2 else number % 2 == 0,
        "ReleaseDate": None if number % 3 == 0 else moment.date(),
        "RestockTime": None if number % 3 == 1 else datetime.time(number % 3),
        "MadeAt": None if number % 3 == 0 else moment,
        "MadeIn": None if number % 3 == 1 else datetime.timedelta(hours=number % 3),
        "UpdatedAt": None,
        "ChangedAt": None if number % 3 == 2 else moment.replace(tzinfo=datetime.UTC),
        "Guid": None if number % 3 == 0 else uuid.UUID(int=number % 4),
        "Photo": None if number % 3 == 1 else bytes([number % 4]),
        "Version": 1,
        "Category_ID": None if number % 4 == 0 else 1 + number % 2,
        "Supplier_ID": 1 + number % 3,
    }
    return row


def _configure(service: ODataService) -> None:
    service.rights("*", EntitySetRights.ALL)
    service.concurrency("*", "optional")  # most of the clients never send If-Match
    service.add(operations)


SAMPLE = Sample(
    name="catalogue",
    base=Base,
    main=Product,
    namespace="CatalogService",
    container="Catalog",
    roots={"/": "v2"},
    example="/Products",
    first_rows=first_rows,
    generated_rows=lambda numbers: {},
    configure=_configure,
)
