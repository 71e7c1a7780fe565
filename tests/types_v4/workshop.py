"""A workshop whose model has what rows of a database do not have by themselves: collections of values."""

from __future__ import annotations

import datetime
import decimal
import enum
import uuid
from dataclasses import dataclass
from typing import Annotated, ClassVar

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

from odata_service import ODataService
from odata_service.access import EntitySetRights
from odata_service.edm import primitive
from odata_service.types import Collection


class Colour(enum.IntEnum):
    Red = 1
    Green = 2
    Blue = 4


@dataclass
class Place:
    Street: Annotated[str | None, String(20)]
    City: str
    Rating: int | None = None


@dataclass
class Check:
    """One member of each kind that JSON has no value of its own for."""

    By: uuid.UUID
    On: datetime.date
    At: datetime.time
    Lasted: datetime.timedelta
    Done: datetime.datetime
    Cost: decimal.Decimal
    Weight: float
    Passed: bool
    Colour: Colour
    Data: bytes


class Base(DeclarativeBase):
    pass


class Maker(Base):
    __tablename__ = "Maker"

    ID: Mapped[int] = mapped_column(primary_key=True)
    Name: Mapped[str] = mapped_column(String(30))
    Labels: Mapped[list[str]] = mapped_column(Collection(String(10)))

    Tools: Mapped[list[Tool]] = relationship(back_populates="Maker")


class Tool(Base):
    __tablename__ = "Tool"
    __odata__: ClassVar = {"computed": ("Log", "Version")}

    ID: Mapped[int] = mapped_column(primary_key=True)
    Name: Mapped[str] = mapped_column(String(30))
    Version: Mapped[int] = mapped_column(default=1)
    MakerID: Mapped[int | None] = mapped_column(ForeignKey("Maker.ID"))
    Tags: Mapped[list[str]] = mapped_column(Collection(String(10)), comment="Words to find it by")
    Sizes: Mapped[list[int]] = mapped_column(Collection(primitive.INT16), default=lambda: [10])
    Prices: Mapped[list[decimal.Decimal]] = mapped_column(Collection(decimal.Decimal))
    Notes: Mapped[list[str | None] | None] = mapped_column(Collection(str | None))
    Colours: Mapped[list[Colour]] = mapped_column(Collection(Colour))
    Days: Mapped[list[datetime.date]] = mapped_column(Collection(datetime.date))
    Places: Mapped[list[Place]] = mapped_column(Collection(Place))
    Checks: Mapped[list[Check]] = mapped_column(Collection(Check))
    Log: Mapped[list[str]] = mapped_column(Collection(str), default=lambda: ["made"])

    Maker: Mapped[Maker | None] = relationship(back_populates="Tools")

    __mapper_args__ = {"version_id_col": Version}


CHECK = Check(
    uuid.UUID("01234567-89ab-cdef-0123-456789abcdef"),
    datetime.date(2020, 2, 29),
    datetime.time(7, 59, 59, 999000),
    datetime.timedelta(days=-1, microseconds=1),
    datetime.datetime(2020, 12, 31, 23, 59, 59, 500000, datetime.UTC),
    decimal.Decimal("12345678901234567890.10"),
    0.1,
    True,
    Colour.Blue,
    b"\x00\xff",
)


def fill(session: Session) -> None:
    """Three tools, of which the last has nothing."""
    maker = Maker(ID=1, Name="Bolt & Sons", Labels=["old", "local"])
    session.add_all([
        Tool(
            ID=1, Name="Hammer", Maker=maker, Tags=["heavy", "red", "new"], Sizes=[3, 1, 2], Colours=[Colour.Red, Colour.Blue],
            Prices=[decimal.Decimal("9.90"), decimal.Decimal("10.00")], Notes=["soft", None],
            Days=[datetime.date(2020, 2, 29), datetime.date(2019, 1, 1)],
            Places=[Place("Main St", "Bonn", 3), Place(None, "Berlin", None), Place("Side St", "Bonn", 5)], Checks=[CHECK],
        ),
        Tool(
            ID=2, Name="Saw", Maker=maker, Tags=["new"], Sizes=[30], Colours=[Colour.Green], Prices=[], Notes=[],
            Days=[], Places=[Place("Park", "Rome", 1)], Checks=[],
        ),
        Tool(ID=3, Name="Nail", Tags=[], Sizes=[], Colours=[], Prices=[], Notes=None, Days=[], Places=[], Checks=[]),
    ])  # fmt: skip


def configured(service: ODataService) -> ODataService:
    service.rights("*", EntitySetRights.ALL)
    return service
