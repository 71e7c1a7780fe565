"""Orders whose lines are part of them: entities that have no set of their own."""

from __future__ import annotations

from typing import ClassVar

from sqlalchemy import ForeignKey, ForeignKeyConstraint, String, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

from odata_service import ODataService
from odata_service.access import EntitySetRights


class Base(DeclarativeBase):
    pass


class Customer(Base):
    """Known by a number, by a mail address, and by what two other systems call it."""

    __tablename__ = "Customer"
    __odata__: ClassVar = {"alternate_keys": ("Mail", ("System", "Code"))}
    __table_args__ = (UniqueConstraint("System", "Code"),)

    ID: Mapped[int] = mapped_column(primary_key=True)
    Name: Mapped[str] = mapped_column(String(30))
    Mail: Mapped[str | None] = mapped_column(String(30), unique=True)
    System: Mapped[int] = mapped_column(default=0)
    Code: Mapped[str | None] = mapped_column(String(10))

    Orders: Mapped[list[Order]] = relationship(back_populates="Customer")


class Product(Base):
    __tablename__ = "Product"

    Code: Mapped[str] = mapped_column(String(10), primary_key=True)
    Name: Mapped[str] = mapped_column(String(30))

    Lines: Mapped[list[Line]] = relationship(back_populates="Product")


class Order(Base):
    __tablename__ = "Order"

    ID: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    Name: Mapped[str] = mapped_column(String(30))
    CustomerID: Mapped[int | None] = mapped_column(ForeignKey("Customer.ID"))

    Customer: Mapped[Customer | None] = relationship(back_populates="Orders")
    Lines: Mapped[list[Line]] = relationship(back_populates="Order")
    Terms: Mapped[Terms | None] = relationship()


class Line(Base):
    """Part of its order, whose key is part of its own."""

    __tablename__ = "Line"
    __odata__: ClassVar = {"contained_in": "Order"}

    OrderID: Mapped[int] = mapped_column(ForeignKey("Order.ID"), primary_key=True)
    No: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    Amount: Mapped[int] = mapped_column(default=1)
    ProductCode: Mapped[str | None] = mapped_column(ForeignKey("Product.Code"))
    Version: Mapped[int] = mapped_column(default=1)

    Order: Mapped[Order] = relationship(back_populates="Lines")
    Product: Mapped[Product | None] = relationship(back_populates="Lines")
    Notes: Mapped[list[Note]] = relationship(cascade="all, delete-orphan")

    __mapper_args__ = {"version_id_col": Version}


class Note(Base):
    """Part of a line, with a key of its own."""

    __tablename__ = "Note"
    __odata__: ClassVar = {"contained_in": "Line", "ignore": ("OrderID", "LineNo")}
    __table_args__ = (ForeignKeyConstraint(["OrderID", "LineNo"], ["Line.OrderID", "Line.No"]),)

    ID: Mapped[str] = mapped_column(String(10), primary_key=True)
    OrderID: Mapped[int]
    LineNo: Mapped[int]
    Text: Mapped[str | None] = mapped_column(String(50))


class Terms(Base):
    """The one sheet of terms that an order may have."""

    __tablename__ = "Terms"
    __odata__: ClassVar = {"contained_in": "Order"}

    OrderID: Mapped[int] = mapped_column(ForeignKey("Order.ID"), primary_key=True)
    Days: Mapped[int]


class Company(Base):
    __tablename__ = "Company"
    __odata__: ClassVar = {"singleton": True, "set": "Company"}

    ID: Mapped[int] = mapped_column(primary_key=True)
    Name: Mapped[str] = mapped_column(String(30))

    Branches: Mapped[list[Branch]] = relationship()


class Branch(Base):
    __tablename__ = "Branch"
    __odata__: ClassVar = {"contained_in": "Company"}
    __mapper_args__ = {"polymorphic_on": "Kind", "polymorphic_identity": "branch"}

    ID: Mapped[int] = mapped_column(primary_key=True)
    Kind: Mapped[str] = mapped_column(String(10))
    CompanyID: Mapped[int] = mapped_column(ForeignKey("Company.ID"))
    City: Mapped[str] = mapped_column(String(30))


class Shop(Branch):
    __mapper_args__ = {"polymorphic_identity": "shop"}

    Windows: Mapped[int | None]


def fill(session: Session) -> None:
    """Three orders, of which the last has nothing in it."""
    session.add_all([
        Customer(ID=1, Name="Ann", Mail="ann@a.example", System=7, Code="a'n"),
        Customer(ID=2, Name="Bob", System=7, Code="b"),
        Customer(ID=3, Name="Cyd", System=8, Code="b"),
        Product(Code="a/b", Name="Nut"),
        Order(
            ID=1, Name="First", CustomerID=1, Terms=Terms(Days=30),
            Lines=[
                Line(No=1, Amount=5, ProductCode="a/b", Notes=[Note(ID="x", Text="in red"), Note(ID="y")]),
                Line(No=2, Amount=7),
            ],
        ),
        Order(ID=2, Name="Second", CustomerID=1, Lines=[Line(No=1, Amount=9, ProductCode="a/b", Notes=[Note(ID="z")])]),
        Order(ID=3, Name="Third"),
        Company(ID=1, Name="Us", Branches=[Branch(ID=1, City="Bonn"), Shop(ID=2, City="Rome", Windows=3)]),
    ])  # fmt: skip


def configured(service: ODataService) -> ODataService:
    service.rights("*", EntitySetRights.ALL)
    return service
