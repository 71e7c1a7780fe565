"""A workshop whose model has what rows of a database do not have by themselves: collections of values, open types."""

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
from odata_service.edm.dynamic import DynamicType, DynamicValues
from odata_service.types import Collection, DynamicProperties


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
    Parts: Mapped[list[Part]] = relationship(back_populates="Tool")

    __mapper_args__ = {"version_id_col": Version}


class Part(Base):
    """Open to properties that nobody declares."""

    __tablename__ = "Part"
    __mapper_args__ = {"polymorphic_on": "Kind", "polymorphic_identity": "part"}

    ID: Mapped[int] = mapped_column(primary_key=True)
    Kind: Mapped[str] = mapped_column(String(10))
    Name: Mapped[str] = mapped_column(String(30))
    ToolID: Mapped[int | None] = mapped_column(ForeignKey("Tool.ID"))
    More: Mapped[DynamicValues] = mapped_column(DynamicProperties)

    Tool: Mapped[Tool | None] = relationship(back_populates="Parts")


class Screw(Part):
    __mapper_args__ = {"polymorphic_identity": "screw"}

    Length: Mapped[float | None]


CHECK = Check(
    uuid.UUID("01234567-89ab-4def-8123-456789abcdef"),
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


EVERY_TYPE: dict[str, tuple[object, primitive.PrimitiveType]] = {
    "ABoolean": (True, primitive.BOOLEAN),
    "AByte": (255, primitive.BYTE),
    "AnInt16": (-(2**15), primitive.INT16),
    "AnInt64": (2**63 - 1, primitive.INT64),
    "ADecimal": (decimal.Decimal("0.10000000000000000001"), primitive.DECIMAL),
    "ASingle": (0.1, primitive.SINGLE),
    "ADouble": (1e-7, primitive.DOUBLE),
    "Endless": (float("inf"), primitive.DOUBLE),
    "AString": ("it's", primitive.STRING),
    "AGuid": (CHECK.By, primitive.GUID),
    "ABinary": (b"\x00\xff", primitive.BINARY),
    "ADate": (CHECK.On, primitive.DATE),
    "ATime": (CHECK.At, primitive.TIME_OF_DAY),
    "ADuration": (CHECK.Lasted, primitive.DURATION),
    "AMoment": (CHECK.Done, primitive.DATE_TIME_OFFSET),
    "APoint": ({"type": "Point", "coordinates": [13.4, 52.5]}, primitive.GEOGRAPHY_POINT),
}


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
    every = DynamicValues(
        {name: value for name, (value, _) in EVERY_TYPE.items()},
        {name: DynamicType(kind) for name, (_, kind) in EVERY_TYPE.items()},
    )
    session.add_all([
        Part(ID=1, Name="Head", ToolID=1, More=DynamicValues({"Colour": "red", "Weight": 1.5, "Words": ["a", "b"]})),
        Screw(ID=2, Name="Screw", Length=3.0, More=DynamicValues({"Colour": "blue", "Weight": 10, "Hard": True})),
        Part(ID=3, Name="Handle", ToolID=1, More=DynamicValues({"Weight": "light", "Made": datetime.date(2020, 2, 29)})),
        Part(ID=4, Name="Every", More=every),
        Part(ID=5, Name="Bare", More=DynamicValues()),
    ])  # fmt: skip


def configured(service: ODataService) -> ODataService:
    service.rights("*", EntitySetRights.ALL)
    return service
