"""Sales of a few products to a few customers: small enough to add up by hand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import ClassVar

from sqlalchemy import Column, Date, ForeignKey, String, Table
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, composite, mapped_column, relationship

from odata_service.dialects.exact import ExactDecimal


class Base(DeclarativeBase):
    pass


@dataclass
class Place:
    City: str | None
    Country: str | None


class Customer(Base):
    __tablename__ = "customer"

    ID: Mapped[str] = mapped_column(String(4), primary_key=True)
    Name: Mapped[str] = mapped_column(String(20))
    Home: Mapped[Place | None] = composite(
        mapped_column("city", String(20), nullable=True), mapped_column("country", String(20), nullable=True)
    )
    Sales: Mapped[list[Sale]] = relationship(back_populates="Customer", order_by="Sale.ID")


labels = Table(
    "product_label",
    Base.metadata,
    Column("product", ForeignKey("product.ID"), primary_key=True),
    Column("label", ForeignKey("label.ID"), primary_key=True),
)


class Product(Base):
    __tablename__ = "product"
    __odata__: ClassVar = {"aggregates": {"TaxRate": "max"}}

    ID: Mapped[str] = mapped_column(String(4), primary_key=True)
    Name: Mapped[str] = mapped_column(String(20))
    Colour: Mapped[str | None] = mapped_column(String(10))
    TaxRate: Mapped[Decimal] = mapped_column(ExactDecimal(10, 4))
    Labels: Mapped[list[Label]] = relationship(secondary=labels, back_populates="Products")
    Sales: Mapped[list[Sale]] = relationship(back_populates="Product")


class Label(Base):
    __tablename__ = "label"

    ID: Mapped[str] = mapped_column(String(10), primary_key=True)
    Weight: Mapped[int]
    Products: Mapped[list[Product]] = relationship(secondary=labels, back_populates="Labels")


class Sale(Base):
    __tablename__ = "sale"
    __odata__: ClassVar = {"aggregates": {"Amount": "sum"}}

    ID: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    CustomerID: Mapped[str | None] = mapped_column(ForeignKey("customer.ID"))
    ProductID: Mapped[str] = mapped_column(ForeignKey("product.ID"))
    On: Mapped[date] = mapped_column(Date)
    Amount: Mapped[Decimal] = mapped_column(ExactDecimal(30, 18))
    Note: Mapped[str | None] = mapped_column(String(20))
    Customer: Mapped[Customer | None] = relationship(back_populates="Sales")
    Product: Mapped[Product] = relationship(back_populates="Sales")


SALES = (
    (1, "C1", "P3", date(2024, 1, 3), "1"),
    (2, "C1", "P1", date(2024, 4, 1), "2"),
    (3, "C1", "P2", date(2024, 1, 1), "4"),
    (4, "C2", "P2", date(2024, 1, 8), "8"),
    (5, "C2", "P3", date(2024, 11, 9), "4"),
    (6, "C3", "P1", date(2024, 4, 1), "2"),
    (7, "C3", "P3", date(2024, 8, 6), "1"),
    (8, None, "P3", date(2024, 11, 22), "2.000000000000000001"),
)


def fill(session: Session) -> None:
    session.add_all([
        Customer(ID="C1", Name="Joe", Home=Place("Bonn", "Germany")),
        Customer(ID="C2", Name="Sue", Home=Place("Kiel", "Germany")),
        Customer(ID="C3", Name="Sue", Home=Place("Oslo", "Norway")),
        Customer(ID="C4", Name="Luc", Home=None),
    ])  # fmt: skip
    food, drink, office = (Label(ID=name, Weight=weight) for name, weight in (("food", 1), ("drink", 2), ("office", 4)))
    session.add_all([
        Product(ID="P1", Name="Sugar", Colour="White", TaxRate=Decimal("0.06"), Labels=[food]),
        Product(ID="P2", Name="Coffee", Colour="Brown", TaxRate=Decimal("0.06"), Labels=[food, drink]),
        Product(ID="P3", Name="Paper", Colour="White", TaxRate=Decimal("0.14"), Labels=[office]),
        Product(ID="P4", Name="Pencil", Colour=None, TaxRate=Decimal("0.14"), Labels=[office]),
    ])  # fmt: skip
    session.flush()
    for number, customer, product, day, amount in SALES:
        session.add(Sale(ID=number, CustomerID=customer, ProductID=product, On=day, Amount=Decimal(amount)))
