"""Customers and their orders, on the server and on a device; and a thing with a column of every kind."""

from __future__ import annotations

import uuid
from datetime import date, datetime, time
from decimal import Decimal

from sqlalchemy import BigInteger, DateTime, Double, ForeignKey, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from odata_service import EntitySetRights, ODataService
from odata_service.client import OfflineEntity
from odata_service.dialects.exact import ExactDecimal
from odata_service.tracking import EntityTracking


class ServerBase(DeclarativeBase):
    pass


class ServerCustomer(EntityTracking, ServerBase):
    __tablename__ = "Customers"
    __odata__ = {"set": "Customers", "name": "Customer", "etag": ("LastUpdated",)}

    Id: Mapped[str] = mapped_column(String(126), primary_key=True)
    Name: Mapped[str] = mapped_column(String(100))
    Email: Mapped[str | None] = mapped_column(String(100), unique=True)
    Notes: Mapped[str | None]  # of which devices know nothing


class ServerOrder(EntityTracking, ServerBase):
    __tablename__ = "Orders"
    __odata__ = {"set": "Orders", "name": "Order", "etag": ("LastUpdated",)}

    Id: Mapped[str] = mapped_column(String(126), primary_key=True)
    CustomerId: Mapped[str | None] = mapped_column(ForeignKey("Customers.Id"))
    CustomerName: Mapped[str] = mapped_column(String(100))
    Status: Mapped[str] = mapped_column(String(20))
    Total: Mapped[Decimal | None] = mapped_column(ExactDecimal(18, 4))


class Kinds:
    """The same columns on both sides."""

    Flag: Mapped[bool | None]
    Number: Mapped[int | None]
    Big: Mapped[int | None] = mapped_column(BigInteger)
    Amount: Mapped[Decimal | None] = mapped_column(ExactDecimal(38, 18))
    Ratio: Mapped[float | None] = mapped_column(Double)
    Text: Mapped[str | None]
    Code: Mapped[uuid.UUID | None]
    Data: Mapped[bytes | None]
    Day: Mapped[date | None]
    At: Mapped[time | None]
    Instant: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class ServerThing(Kinds, EntityTracking, ServerBase):
    __tablename__ = "Things"
    __odata__ = {"set": "Things", "name": "Thing", "etag": ("LastUpdated",)}

    Id: Mapped[str] = mapped_column(String(126), primary_key=True)


class Base(DeclarativeBase):
    pass


class Customer(OfflineEntity, Base):
    __tablename__ = "Customers"

    Name: Mapped[str] = mapped_column(String(100))
    Email: Mapped[str | None] = mapped_column(String(100))
    Color: Mapped[str] = mapped_column(default="white", info={"local": True})


class Order(OfflineEntity, Base):
    __tablename__ = "Orders"

    CustomerId: Mapped[str | None] = mapped_column(ForeignKey("Customers.Id"))
    CustomerName: Mapped[str] = mapped_column(String(100))
    Status: Mapped[str] = mapped_column(String(20))
    Total: Mapped[Decimal | None] = mapped_column(ExactDecimal(18, 4))


class Thing(Kinds, OfflineEntity, Base):
    __tablename__ = "Things"


class Draft(Base):
    """What never leaves the device."""

    __tablename__ = "Drafts"

    Id: Mapped[int] = mapped_column(primary_key=True)
    Text: Mapped[str]


def configure(service: ODataService, page_size: int) -> None:
    """All is open. The Sync API lets the client decide, so that its resolvers are what is tested."""
    service.rights("*", EntitySetRights.ALL)
    for name, model in (("customer", ServerCustomer), ("order", ServerOrder), ("thing", ServerThing)):
        service.table(name, model, page_size=page_size)
        service.sync(f"{name.title()}s", conflicts="ask")
