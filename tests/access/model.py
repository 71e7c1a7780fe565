"""Customers with orders of several tenants: what clerks, bosses and strangers may see of them is what the tests are about."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from sqlalchemy import Column, ForeignKey, Numeric, String, Table
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

from odata_service import User
from odata_service.tracking import EntityTracking


class Base(DeclarativeBase):
    pass


order_tag = Table(
    "order_tag",
    Base.metadata,
    Column("OrderId", ForeignKey("orders.Id"), primary_key=True),
    Column("TagId", ForeignKey("tag.Id"), primary_key=True),
)


class Customer(Base):
    __tablename__ = "customer"

    Id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    Name: Mapped[str] = mapped_column(String(50))
    Tenant: Mapped[str] = mapped_column(String(10))

    Orders: Mapped[list[Order]] = relationship(back_populates="Customer")


class Order(EntityTracking, Base):
    __tablename__ = "orders"
    __odata__: ClassVar = {"etag": ("Version",)}

    Id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    Text: Mapped[str] = mapped_column(String(50))
    Tenant: Mapped[str] = mapped_column(String(10))
    Amount: Mapped[Decimal] = mapped_column(Numeric(9, 2))
    Margin: Mapped[int | None]
    Version: Mapped[int] = mapped_column(default=1)
    CustomerId: Mapped[int | None] = mapped_column(ForeignKey("customer.Id"))

    Customer: Mapped[Customer | None] = relationship(back_populates="Orders")
    Items: Mapped[list[Item]] = relationship(back_populates="Order")
    Tags: Mapped[list[Tag]] = relationship(secondary=order_tag, back_populates="Orders")


class Item(Base):
    __tablename__ = "item"

    Id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    Product: Mapped[str] = mapped_column(String(50))
    Cost: Mapped[int | None]
    OrderId: Mapped[int | None] = mapped_column(ForeignKey("orders.Id"))

    Order: Mapped[Order | None] = relationship(back_populates="Items")


class Tag(Base):
    __tablename__ = "tag"

    Id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    Name: Mapped[str] = mapped_column(String(50))

    Orders: Mapped[list[Order]] = relationship(secondary=order_tag, back_populates="Tags")


@dataclass(frozen=True)
class Employee(User):
    """Somebody who works for one tenant."""

    tenant: str = ""


CLERK = Employee("Carla", frozenset({"clerk"}), "red")
BOSS = Employee("Bea", frozenset({"clerk", "boss"}), "red")
STRANGER = User("Sam")


def fill(session: Session) -> None:
    """Orders 1 and 2 are red, 3 and 4 blue; each has two items."""
    session.add_all([Tag(Id=1, Name="urgent"), Tag(Id=2, Name="gift")])
    session.add_all([Customer(Id=1, Name="Ann", Tenant="red"), Customer(Id=2, Name="Bob", Tenant="blue")])
    session.flush()
    tags = {tag.Id: tag for tag in session.query(Tag)}
    for number in range(1, 5):
        tenant = "red" if number < 3 else "blue"
        order = Order(
            Id=number, Text=f"order {number}", Tenant=tenant, Amount=Decimal(number) * 10, Margin=number,
            CustomerId=1 if number < 3 else 2, Tags=[tags[1 + number % 2]],
        )  # fmt: skip
        order.Items = [Item(Id=10 * number + at, Product=f"thing {at}", Cost=at) for at in (1, 2)]
        session.add(order)
