"""A property, and a set with keys, for every primitive type."""

from __future__ import annotations

import datetime
import enum
import uuid
from typing import Any

from sqlalchemy import (
    REAL,
    BigInteger,
    Boolean,
    Date,
    DateTime,
    Double,
    Integer,
    Interval,
    LargeBinary,
    Numeric,
    SmallInteger,
    String,
    Text,
    Time,
    Uuid,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from odata_service import ODataService
from odata_service.access import EntitySetRights
from odata_service.dialects.exact import ExactDecimal
from odata_service.edm import primitive
from odata_service.types import Byte, Enumeration, Geography, SByte


class Access(enum.IntFlag):
    Read = 1
    Write = 2
    Both = 3


class Base(DeclarativeBase):
    pass


class Value(Base):
    """All at once, each of which may be null."""

    __tablename__ = "Value"

    ID: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    Boolean = mapped_column(Boolean)
    Byte = mapped_column(Byte)
    SByte = mapped_column(SByte)
    Int16 = mapped_column(SmallInteger)
    Int32: Mapped[int | None]
    Int64 = mapped_column(BigInteger)
    Decimal = mapped_column(ExactDecimal(38, 18))
    Money = mapped_column(Numeric(10, 2))
    Single = mapped_column(REAL)
    Double = mapped_column(Double)
    String = mapped_column(Text)
    Guid: Mapped[uuid.UUID | None]
    Binary = mapped_column(LargeBinary)
    Date: Mapped[datetime.date | None]
    TimeOfDay: Mapped[datetime.time | None]
    Duration: Mapped[datetime.timedelta | None]
    DateTimeOffset = mapped_column(DateTime(timezone=True))
    Local = mapped_column(DateTime)
    Point = mapped_column(Geography(primitive.GEOGRAPHY_POINT))
    Line = mapped_column(Geography(primitive.GEOGRAPHY_LINE_STRING))
    Polygon = mapped_column(Geography(primitive.GEOGRAPHY_POLYGON))
    Access = mapped_column(Enumeration(Access))


KEYS: dict[str, Any] = {
    "Boolean": Boolean(),
    "Byte": Byte(),
    "SByte": SByte(),
    "Int16": SmallInteger(),
    "Int32": Integer(),
    "Int64": BigInteger(),
    "Decimal": ExactDecimal(38, 18),
    "Money": Numeric(10, 2),
    "String": String(100),
    "Guid": Uuid(),
    "Date": Date(),
    "TimeOfDay": Time(),
    "Duration": Interval(),
    "DateTimeOffset": DateTime(timezone=True),
    "Local": DateTime(),
}


def by_key(name: str, kind: Any) -> type:
    """A class of entities with a key of some type."""
    members = {
        "__tablename__": f"By{name}",
        "__module__": __name__,
        "__odata__": {"set": f"By{name}"},
        "Key": mapped_column(kind, primary_key=True, autoincrement=False),
        "Name": mapped_column(String(20)),
    }
    return type(f"By{name}", (Base,), members)


SETS = [by_key(name, kind) for name, kind in KEYS.items()]


def fill(session: Session) -> None:
    session.add(Value(ID=0))


def configured(service: ODataService) -> ODataService:
    service.rights("*", EntitySetRights.ALL)
    return service
