"""A depot as it would be if it had no secrets: tables, records to synchronise, contained lines, parts that are open to dynamic properties."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import DeclarativeBase, Mapped, composite, mapped_column, relationship

from odata_service.edm.dynamic import DynamicValues
from odata_service.sync_log import SyncLogging
from odata_service.tracking import EntityTracking
from odata_service.types import DynamicProperties


class Base(DeclarativeBase):
    pass


@dataclass
class Place:
    City: str | None


class Order(EntityTracking, Base):
    __tablename__ = "orders"

    Id: Mapped[str] = mapped_column(String(20), primary_key=True)
    Text: Mapped[str] = mapped_column(String(50))
    Tenant: Mapped[str | None] = mapped_column(String(10))
    Address: Mapped[Place | None] = composite(
        mapped_column("City", String(20), nullable=True)
    )

    Lines: Mapped[list[Line]] = relationship(back_populates="Order")


class Line(Base):
    """Part of its order."""

    __tablename__ = "line"
    __odata__: ClassVar = {"contained_in": "Order"}

    OrderId: Mapped[str] = mapped_column(ForeignKey("orders.Id"), primary_key=True)
    No: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    Text: Mapped[str] = mapped_column(String(50))

    Order: Mapped[Order] = relationship(back_populates="Lines")


class Part(EntityTracking, Base):
    """Open."""

    __tablename__ = "part"

    Id: Mapped[str] = mapped_column(String(20), primary_key=True)
    Name: Mapped[str] = mapped_column(String(50))
    Tenant: Mapped[str | None] = mapped_column(String(10))
    More: Mapped[DynamicValues | None] = mapped_column(DynamicProperties)


class SyncLog(SyncLogging, Base):
    __tablename__ = "SyncLogs"
