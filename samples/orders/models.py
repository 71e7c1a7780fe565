"""A customer and its orders. ``LocalId`` is the key that a client gives a record while it is offline; ``Id`` is the
server's own. An order refers to its customer by the key that both sides know."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, false
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from odata_service.sync_log import SyncLogging
from odata_service.tracking import tracked
from odata_service.tracking.tracked import STAMP


class Base(DeclarativeBase):
    pass


@tracked(last_updated="LastModified", is_deleted="IsDeleted")
class Customer(Base):
    __tablename__ = "Customers"

    Id: Mapped[int] = mapped_column(primary_key=True)
    LocalId: Mapped[str] = mapped_column(String(50), unique=True)
    Name: Mapped[str] = mapped_column(String(100))
    Phone: Mapped[str | None] = mapped_column(String(30))
    LastModified: Mapped[datetime] = mapped_column(STAMP, index=True)
    IsDeleted: Mapped[bool] = mapped_column(default=False, server_default=false())

    Orders: Mapped[list[Order]] = relationship(back_populates="Customer")


@tracked(last_updated="LastModified", is_deleted="IsDeleted")
class Order(Base):
    __tablename__ = "Orders"

    Id: Mapped[int] = mapped_column(primary_key=True)
    LocalId: Mapped[str] = mapped_column(String(50), unique=True)
    CustomerName: Mapped[str] = mapped_column(String(100))
    Status: Mapped[str] = mapped_column(String(50))
    CustomerLocalId: Mapped[str | None] = mapped_column(ForeignKey("Customers.LocalId"), index=True)
    LastModified: Mapped[datetime] = mapped_column(STAMP, index=True)
    IsDeleted: Mapped[bool] = mapped_column(default=False, server_default=false())

    Customer = relationship("Customer", back_populates="Orders")  # named like its class, so not annotated with it


class SyncLog(SyncLogging, Base):
    __tablename__ = "SyncLogs"
