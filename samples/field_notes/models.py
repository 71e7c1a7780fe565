"""A note is known by the key that the device has given it."""

from __future__ import annotations

import uuid
from datetime import date
from decimal import Decimal

from sqlalchemy import BigInteger, Date, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from odata_service.tracking import EntityTracking
from odata_service.dialects.exact import ExactDecimal


class Base(DeclarativeBase):
    pass


class Note(EntityTracking, Base):
    __tablename__ = "Note"
    __odata__ = {"set": "Notes"}

    NoteId: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    Title: Mapped[str] = mapped_column(String(120))
    Kind: Mapped[str] = mapped_column(String(20), default="other")
    Place: Mapped[str | None] = mapped_column(String(120))
    SeenOn: Mapped[date | None] = mapped_column(Date)
    Individuals: Mapped[int | None] = mapped_column(BigInteger)
    Temperature: Mapped[Decimal | None] = mapped_column(ExactDecimal(5, 1))
    Text: Mapped[str | None] = mapped_column(String(2000))
    IsStarred: Mapped[bool] = mapped_column(default=False)
