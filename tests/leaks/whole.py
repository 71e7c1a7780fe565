"""The shop with its secrets: ``bare`` and, on orders, what only the boss may see; and the salaries, which only he knows of."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from sqlalchemy import Column, ForeignKey, Numeric, String, Table
from sqlalchemy.orm import DeclarativeBase, Mapped, composite, mapped_column, relationship

from odata_service import ColumnRights, EntitySetRights, ODataService, ServiceActionRights, ServiceOperationRights
from odata_service.operations import OperationContext, OperationSet
from odata_service.tracking import EntityTracking
from odata_service.types import Collection, Enumeration, Stream


class Base(DeclarativeBase):
    pass


class State(enum.IntEnum):
    Draft = 1
    Open = 2


@dataclass
class Place:
    City: str | None
    Zip: str | None


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

    Orders: Mapped[list[Order]] = relationship(back_populates="Customer", foreign_keys="Order.CustomerId")
    Owned: Mapped[list[Order]] = relationship(back_populates="Owner", foreign_keys="Order.OwnerId")


class Order(EntityTracking, Base):
    __tablename__ = "orders"
    __odata__: ClassVar = {"etag": ("Version",)}

    Id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    Text: Mapped[str] = mapped_column(String(50))
    Tenant: Mapped[str | None] = mapped_column(String(10))
    Amount: Mapped[Decimal | None] = mapped_column(Numeric(9, 2))
    Version: Mapped[int] = mapped_column(default=1)
    CustomerId: Mapped[int | None] = mapped_column(ForeignKey("customer.Id"))
    Margin: Mapped[int | None]
    Hint: Mapped[str | None] = mapped_column(String(50), unique=True)
    State: Mapped[State | None] = mapped_column(Enumeration(State))
    Address: Mapped[Place | None] = composite(
        mapped_column("City", String(20), nullable=True), mapped_column("Zip", String(20), nullable=True)
    )
    Photo: Mapped[bytes | None] = mapped_column(Stream("image/png"), deferred=True)
    Labels: Mapped[list[str]] = mapped_column(Collection(String(20)), default=list)
    OwnerId: Mapped[int | None] = mapped_column(ForeignKey("customer.Id"))

    Customer: Mapped[Customer | None] = relationship(back_populates="Orders", foreign_keys=CustomerId)
    Items: Mapped[list[Item]] = relationship(back_populates="Order")
    Tags: Mapped[list[Tag]] = relationship(secondary=order_tag, back_populates="Orders")
    Owner: Mapped[Customer | None] = relationship(back_populates="Owned", foreign_keys=OwnerId)
    Salaries: Mapped[list[Salary]] = relationship(back_populates="Order")


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


class Salary(Base):
    __tablename__ = "salary"

    Id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    Amount: Mapped[int]
    OrderId: Mapped[int | None] = mapped_column(ForeignKey("orders.Id"))

    Order: Mapped[Order | None] = relationship(back_populates="Salaries")


operations = OperationSet()


@operations.function(imported=True)
def AllSalaries(context: OperationContext) -> list[Salary]:
    return list(context.session.scalars(context.visible(Salary)))


@operations.function(bound=Order)
def SalaryOf(context: OperationContext, order: Order) -> Salary | None:
    return order.Salaries[0] if order.Salaries else None


@operations.action(bound=Salary)
def Raise(context: OperationContext, salary: Salary, by: int) -> None:
    salary.Amount += by


@operations.operation()
def Forecast(context: OperationContext) -> int:
    return 42


@operations.action(bound=Order)
def Approve(context: OperationContext, order: Order) -> None:
    order.State = State.Open


HIDDEN = ("Margin", "Hint", "State", "Address", "Photo", "Labels", "OwnerId")


def close(service: ODataService) -> None:
    """To all but the boss."""
    service.add(operations)
    service.operation_rights("Forecast", ServiceOperationRights.ALL, role="boss")
    service.operation_rights("Approve", ServiceActionRights.INVOKE, role="boss")
    service.rights("Salaries", EntitySetRights.NONE)
    service.rights("Salaries", EntitySetRights.ALL, role="boss")
    for name in HIDDEN:
        service.column_rights("Orders", name, ColumnRights.ALL, role="boss")
