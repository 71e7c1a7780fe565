"""The tables that the toolkit's own tests are written for: movies, and a row with a column of every kind."""

from __future__ import annotations

import enum
import uuid
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from sqlalchemy import REAL, BigInteger, DateTime, Double, String
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column

from odata_service.dialects.exact import ExactDecimal
from odata_service.edm.primitive import GEOGRAPHY_POINT
from odata_service.tracking import EntityTracking
from odata_service.types import Byte, Enumeration, Geography


class MovieRating(enum.IntEnum):
    Unrated = 0
    G = 1
    PG = 2
    PG13 = 3
    NC17 = 4
    R = 5


class KitchenState(enum.IntEnum):
    Unknown = 0
    Started = 1
    Completed = 2


class Base(DeclarativeBase):
    pass


class MovieColumns(EntityTracking):
    Id: Mapped[str] = mapped_column(String(126), primary_key=True)
    Title: Mapped[str] = mapped_column(String(128))
    Duration: Mapped[int]
    Year: Mapped[int]
    BestPictureWinner: Mapped[bool]


class Movie(MovieColumns, Base):
    __tablename__ = "Movie"

    Rating: Mapped[MovieRating] = mapped_column(Enumeration(MovieRating))
    ReleaseDate: Mapped[date]


class SoftMovie(MovieColumns, Base):
    """The same, of which some are deleted."""

    __tablename__ = "SoftMovie"

    Rating: Mapped[MovieRating] = mapped_column(Enumeration(MovieRating))
    ReleaseDate: Mapped[date]


class OldMovieColumns(MovieColumns):
    """As Azure Mobile Apps had them: ratings are texts, dates have a time."""

    @declared_attr
    def Rating(cls) -> Mapped[str | None]:
        return mapped_column(String(10))

    @declared_attr
    def ReleaseDate(cls) -> Mapped[datetime]:
        return mapped_column(DateTime(timezone=True))


class OldMovie(OldMovieColumns, Base):
    __tablename__ = "OldMovie"


class OldSoftMovie(OldMovieColumns, Base):
    __tablename__ = "OldSoftMovie"


class KitchenSink(EntityTracking, Base):
    """A column of every kind; whatever is left out of a row has its type's default."""

    __tablename__ = "KitchenSink"

    Id: Mapped[str] = mapped_column(String(126), primary_key=True)
    BooleanValue: Mapped[bool]
    ByteValue: Mapped[int] = mapped_column(Byte)
    ByteArrayValue: Mapped[bytes | None]
    CharValue: Mapped[str | None] = mapped_column(String(1))
    DateOnlyValue: Mapped[date]
    DateTimeValue: Mapped[datetime]
    DateTimeOffsetValue: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    DecimalValue: Mapped[Decimal] = mapped_column(ExactDecimal(20, 6))
    DoubleValue: Mapped[float] = mapped_column(Double)
    EnumValue: Mapped[KitchenState] = mapped_column(Enumeration(KitchenState))
    FloatValue: Mapped[float] = mapped_column(REAL)
    GuidValue: Mapped[uuid.UUID]
    IntValue: Mapped[int]
    LongValue: Mapped[int] = mapped_column(BigInteger)
    StringValue: Mapped[str | None] = mapped_column(String(200))
    TimeOnlyValue: Mapped[time]
    NullableDouble: Mapped[float | None] = mapped_column(Double)
    PointValue: Mapped[dict[str, Any] | None] = mapped_column(Geography(GEOGRAPHY_POINT))


class Country(EntityTracking, Base):
    __tablename__ = "Country"

    Id: Mapped[str] = mapped_column(String(126), primary_key=True)
    StringValue: Mapped[str]
    PointValue: Mapped[dict[str, Any] | None] = mapped_column(Geography(GEOGRAPHY_POINT))


class OldDay(EntityTracking, Base):
    """A row for each day of a year."""

    __tablename__ = "OldDay"

    Id: Mapped[str] = mapped_column(String(126), primary_key=True)
    DateOnly: Mapped[date]
    TimeOnly: Mapped[time]


class Counter(EntityTracking, Base):
    __tablename__ = "Counter"

    Id: Mapped[int] = mapped_column(primary_key=True)
    Name: Mapped[str] = mapped_column(String(50), unique=True)


class Note(EntityTracking, Base):
    """As Python would write it, with a Guid for a key and a counter for versions."""

    __tablename__ = "note"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    body_text: Mapped[str] = mapped_column(String(200))
    is_pinned: Mapped[bool] = mapped_column(default=True)
    revision: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": revision}
