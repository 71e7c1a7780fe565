"""The shop as it would be if it had no secrets: ``whole`` without ``Salary``, and without what the clerk may not see."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from sqlalchemy import Column, ForeignKey, Numeric, String, Table
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

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
    Tenant: Mapped[str | None] = mapped_column(String(10))

    Orders: Mapped[list[Order]] = relationship(back_populates="Customer")


class Order(EntityTracking, Base):
    __tablename__ = "orders"
    __odata__: ClassVar = {"etag": ("Version",)}

    Id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    Text: Mapped[str] = mapped_column(String(50))
    Tenant: Mapped[str | None] = mapped_column(String(10))
    Amount: Mapped[Decimal | None] = mapped_column(Numeric(9, 2))
    Version: Mapped[int] = mapped_column(default=1)
    CustomerId: Mapped[int | None] = mapped_column(ForeignKey("customer.Id"))

    Customer: Mapped[Customer | None] = relationship(back_populates="Orders")
    Items: Mapped[list[Item]] = relationship(back_populates="Order")
    Tags: Mapped[list[Tag]] = relationship(secondary=order_tag, back_populates="Orders")


class Item(Base):
    __tablename__ = "item"

    Id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    Product: Mapped[str] = mapped_column(String(50))
    OrderId: Mapped[int | None] = mapped_column(ForeignKey("orders.Id"))

    Order: Mapped[Order | None] = relationship(back_populates="Items")


class Tag(Base):
    __tablename__ = "tag"

    Id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    Name: Mapped[str] = mapped_column(String(50))

    Orders: Mapped[list[Order]] = relationship(secondary=order_tag, back_populates="Tags")
