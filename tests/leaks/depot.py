"""The depot with its secrets: ``plain_depot`` and, on orders, lines and parts, what only the boss may see; and two sets that only he knows of,
one of which is part of orders."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import DeclarativeBase, Mapped, composite, mapped_column, relationship

from odata_service import ColumnRights, EntitySetRights, ODataService
from odata_service.edm.dynamic import DynamicValues
from odata_service.sync_log import SyncLogging
from odata_service.tracking import EntityTracking
from odata_service.types import DynamicProperties


class Base(DeclarativeBase):
    pass


@dataclass
class Place:
    City: str | None
    Zip: str | None


class Order(EntityTracking, Base):
    __tablename__ = "orders"

    Id: Mapped[str] = mapped_column(String(20), primary_key=True)
    Text: Mapped[str] = mapped_column(String(50))
    Tenant: Mapped[str | None] = mapped_column(String(10))
    Address: Mapped[Place | None] = composite(
        mapped_column("City", String(20), nullable=True), mapped_column("Zip", String(20), nullable=True)
    )
    Margin: Mapped[int | None]
    Hint: Mapped[str | None] = mapped_column(String(50), unique=True)

    Lines: Mapped[list[Line]] = relationship(back_populates="Order")
    Notes: Mapped[list[Note]] = relationship(back_populates="Order")


class Line(Base):
    __tablename__ = "line"
    __odata__: ClassVar = {"contained_in": "Order"}

    OrderId: Mapped[str] = mapped_column(ForeignKey("orders.Id"), primary_key=True)
    No: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    Text: Mapped[str] = mapped_column(String(50))
    Cost: Mapped[int | None]

    Order: Mapped[Order] = relationship(back_populates="Lines")


class Note(Base):
    """Part of an order, for the boss alone."""

    __tablename__ = "note"
    __odata__: ClassVar = {"contained_in": "Order"}

    OrderId: Mapped[str] = mapped_column(ForeignKey("orders.Id"), primary_key=True)
    No: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    Text: Mapped[str] = mapped_column(String(50))

    Order: Mapped[Order] = relationship(back_populates="Notes")


class Part(EntityTracking, Base):
    __tablename__ = "part"

    Id: Mapped[str] = mapped_column(String(20), primary_key=True)
    Name: Mapped[str] = mapped_column(String(50))
    Tenant: Mapped[str | None] = mapped_column(String(10))
    Weight: Mapped[int | None]
    More: Mapped[DynamicValues | None] = mapped_column(DynamicProperties)


class Salary(EntityTracking, Base):
    __tablename__ = "salary"

    Id: Mapped[str] = mapped_column(String(20), primary_key=True)
    Amount: Mapped[int]


class SyncLog(SyncLogging, Base):
    __tablename__ = "SyncLogs"


HIDDEN = {"Orders": ("Margin", "Hint"), "Lines": ("Cost",), "Parts": ("Weight",)}


def close(service: ODataService) -> None:
    """To all but the boss. Whoever is told more of tables and records, is told so in both services."""
    for name in ("Salaries", "Notes"):
        service.rights(name, EntitySetRights.NONE)
        service.rights(name, EntitySetRights.ALL, role="boss")
    service.table("wages", Salary, max_top=1, page_size=1)
    service.sync("Salaries", conflicts="client")
    for set_name, columns in HIDDEN.items():
        for column in columns:
            service.column_rights(set_name, column, ColumnRights.ALL, role="boss")
    service.column_rights("Orders", "Address/Zip", ColumnRights.ALL, role="boss")
