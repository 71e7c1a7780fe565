"""A market as a WCF service might have it: structures, concurrency properties, media, a hierarchy, links of every kind, service operations."""

from __future__ import annotations

import datetime
import decimal
from dataclasses import dataclass
from typing import Any, ClassVar

from sqlalchemy import Column, Double, ForeignKey, Identity, Select, String, Table, func, select
from sqlalchemy.orm import DeclarativeBase, Mapped, composite, mapped_column, relationship

from odata_service import EntitySetRights, ODataService
from odata_service.dialects.exact import ExactDecimal
from odata_service.operations import OperationContext, OperationSet
from odata_service.sample import Rows, Sample
from odata_service.types import Stream


class Base(DeclarativeBase):
    pass


@dataclass
class Address:
    Street: str | None
    City: str | None
    PostalCode: str | None


order_tags = Table(
    "OrderTag",
    Base.metadata,
    Column("OrderID", ForeignKey("Order.OrderID"), primary_key=True),
    Column("TagName", ForeignKey("Tag.Name"), primary_key=True),
)


class Customer(Base):
    """Its ETag is the counter that SQLAlchemy keeps."""

    __tablename__ = "Customer"

    CustomerID: Mapped[str] = mapped_column(String(10), primary_key=True)
    Name: Mapped[str] = mapped_column(String(100))
    Rating: Mapped[float | None] = mapped_column(Double)
    Version: Mapped[int] = mapped_column(default=1)
    Address: Mapped[Address | None] = composite(
        mapped_column("Street", String(100), nullable=True),
        mapped_column("City", String(50), nullable=True),
        mapped_column("PostalCode", String(10), nullable=True),
    )

    Orders: Mapped[list[Order]] = relationship(back_populates="Customer", order_by="Order.OrderID")

    __mapper_args__: ClassVar[dict[str, Any]] = {"version_id_col": Version}


class Order(Base):
    """Its ETag is made of two properties that anyone may change."""

    __tablename__ = "Order"
    __odata__: ClassVar = {"etag": ("Status", "Placed")}

    OrderID: Mapped[int] = mapped_column(primary_key=True)
    CustomerID: Mapped[str | None] = mapped_column(ForeignKey("Customer.CustomerID"))
    Status: Mapped[str] = mapped_column(String(20), default="new")
    Placed: Mapped[datetime.datetime | None]
    Total: Mapped[decimal.Decimal] = mapped_column(ExactDecimal(12, 2), default=decimal.Decimal(0))

    Customer: Mapped[Customer | None] = relationship(back_populates="Orders")
    Tags: Mapped[list[Tag]] = relationship(secondary=order_tags, back_populates="Orders", order_by="Tag.Name")
    Lines: Mapped[list[Line]] = relationship(back_populates="Order", cascade="all")


class Line(Base):
    """It cannot be without its order."""

    __tablename__ = "Line"

    LineID: Mapped[int] = mapped_column(primary_key=True)
    OrderID: Mapped[int] = mapped_column(ForeignKey("Order.OrderID"))
    Text: Mapped[str] = mapped_column(String(100))

    Order: Mapped[Order] = relationship(back_populates="Lines")


class Tag(Base):
    __tablename__ = "Tag"

    Name: Mapped[str] = mapped_column(String(20), primary_key=True)

    Orders: Mapped[list[Order]] = relationship(secondary=order_tags, back_populates="Tags", order_by="Order.OrderID")


class Person(Base):
    """Whoever works here; some of them lead others."""

    __tablename__ = "Person"
    __odata__: ClassVar = {"set": "Staff", "immutable": ("Kind",)}

    PersonID: Mapped[int] = mapped_column(primary_key=True)
    Name: Mapped[str] = mapped_column(String(100))
    Kind: Mapped[str] = mapped_column(String(20), default="Person")
    LeaderID: Mapped[int | None] = mapped_column(ForeignKey("Person.PersonID"))

    Leader: Mapped[Person | None] = relationship(remote_side="Person.PersonID")

    __mapper_args__: ClassVar[dict[str, Any]] = {"polymorphic_on": Kind, "polymorphic_identity": "Person"}


class Leader(Person):
    __mapper_args__: ClassVar[dict[str, Any]] = {"polymorphic_identity": "Leader"}

    Budget: Mapped[decimal.Decimal | None] = mapped_column(ExactDecimal(12, 2))


class Picture(Base):
    """A media link entry with an ETag; the media type is in a property that clients see."""

    __tablename__ = "Picture"
    __odata__: ClassVar = {"media": "Content"}

    PictureID: Mapped[int] = mapped_column(Identity(start=100), primary_key=True)
    Title: Mapped[str] = mapped_column(String(100))
    ContentType: Mapped[str | None] = mapped_column(String(100))
    Version: Mapped[int] = mapped_column(default=1)
    Content: Mapped[bytes | None] = mapped_column(Stream("ContentType"), deferred=True)

    __mapper_args__: ClassVar[dict[str, Any]] = {"version_id_col": Version}


class Sound(Base):
    """One without an ETag; the media type is nobody's business but the stream's."""

    __tablename__ = "Sound"
    __odata__: ClassVar = {"media": "Content", "ignore": ("MediaType",)}

    SoundID: Mapped[int] = mapped_column(Identity(start=100), primary_key=True)
    Title: Mapped[str | None] = mapped_column(String(100))
    MediaType: Mapped[str | None] = mapped_column(String(100))
    Content: Mapped[bytes | None] = mapped_column(Stream("MediaType"), deferred=True)


operations = OperationSet()


@operations.operation()
def BestCustomers(context: OperationContext, count: int = 1) -> Select[Customer]:
    return context.visible(Customer).order_by(Customer.Rating.desc().nulls_last()).limit(count)


@operations.operation()
def OrdersWith(context: OperationContext, status: str | None) -> list[Order]:
    """Without a status, those without a customer."""
    wanted = Order.CustomerID.is_(None) if status is None else Order.Status == status
    return list(context.session.scalars(context.visible(Order).where(wanted)))


@operations.operation()
def CustomerOf(context: OperationContext, order: int) -> Customer | None:
    found = context.session.get(Order, order)
    return None if found is None else found.Customer


@operations.operation()
def Turnover(context: OperationContext, since: datetime.datetime) -> decimal.Decimal | None:
    of_time = select(func.sum(Order.Total)).where(Order.Placed >= since.replace(tzinfo=None))
    total = context.session.scalar(of_time)
    return None if total is None else decimal.Decimal(total)


@operations.operation()
def Cities(context: OperationContext) -> list[str]:
    addresses = (customer.Address for customer in context.session.scalars(select(Customer)))
    return [address.City for address in addresses if address is not None and address.City is not None]


@operations.operation()
def AddressOf(context: OperationContext, customer: str) -> Address | None:
    return context.session.get_one(Customer, customer).Address


@operations.operation()
def Addresses(context: OperationContext) -> list[Address | None]:
    return [customer.Address for customer in context.session.scalars(select(Customer).order_by(Customer.CustomerID))]


@operations.operation(method="POST")
def PlaceOrder(context: OperationContext, customer: str, total: decimal.Decimal) -> Order:
    order = Order(CustomerID=customer, Total=total, Status="new", OrderID=10)
    context.session.add(order)
    return order


@operations.operation(method="POST")
def Discount(context: OperationContext, percent: decimal.Decimal) -> None:
    for order in context.session.scalars(select(Order)):
        order.Total = round(order.Total * (1 - percent / 100), 2)


def first_rows() -> Rows:
    placed = datetime.datetime(2024, 5, 6, 7, 8, 9)
    return {
        "Customer": [
            {"CustomerID": "ADA", "Name": "Ada Lovelace", "Rating": 4.5, "Version": 1, "Street": "12 St James's Square",
             "City": "London", "PostalCode": "SW1Y"},
            {"CustomerID": "O'NEIL", "Name": "Shaquille O'Neil", "Rating": None, "Version": 7, "Street": None,
             "City": None, "PostalCode": None},
        ],
        "Order": [
            {"OrderID": 1, "CustomerID": "ADA", "Status": "new", "Placed": placed, "Total": decimal.Decimal("19.90")},
            {"OrderID": 2, "CustomerID": "ADA", "Status": "it's \"paid\"", "Placed": None, "Total": decimal.Decimal(5)},
            {"OrderID": 3, "CustomerID": None, "Status": "new", "Placed": placed, "Total": decimal.Decimal(0)},
        ],
        "Line": [{"LineID": 1, "OrderID": 1, "Text": "one"}, {"LineID": 2, "OrderID": 1, "Text": "two"}],
        "Tag": [{"Name": "gift"}, {"Name": "urgent"}],
        "Person": [
            {"PersonID": 1, "Name": "Grace", "Kind": "Leader", "LeaderID": None},
            {"PersonID": 2, "Name": "Alan", "Kind": "Person", "LeaderID": 1},
        ],
        "Picture": [{"PictureID": 1, "Title": "Dot", "ContentType": "image/gif", "Version": 1, "Content": b"GIF89a."}],
        "Sound": [{"SoundID": 1, "Title": None, "MediaType": "audio/midi", "Content": b"0123456789"}],
    }  # fmt: skip


def _configure(service: ODataService) -> None:
    service.rights("*", EntitySetRights.ALL)
    service.add(operations)


SAMPLE = Sample(
    name="market",
    base=Base,
    main=Customer,
    namespace="Market",
    container="MarketEntities",
    roots={"/": "v2"},
    example="Customers",
    first_rows=first_rows,
    generated_rows=lambda numbers: {},
    configure=_configure,
)
