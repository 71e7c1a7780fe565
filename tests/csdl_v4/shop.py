"""A small shop that uses everything that CSDL can say of mapped classes."""

from __future__ import annotations

import datetime
import decimal
import enum
import uuid
from dataclasses import dataclass
from typing import Annotated

from sqlalchemy import (
    REAL,
    BigInteger,
    Column,
    DateTime,
    Enum,
    ForeignKey,
    ForeignKeyConstraint,
    LargeBinary,
    Numeric,
    SmallInteger,
    String,
    Table,
)  # fmt: skip
from sqlalchemy.orm import DeclarativeBase, Mapped, composite, mapped_column, relationship

from odata_service.access import EntitySetRights
from odata_service.edm import primitive
from odata_service.edm.from_models import model_from
from odata_service.edm.model import EntityModel, EntitySet
from odata_service.formats.vocabularies_v4 import Offer
from odata_service.limits import Limits
from odata_service.tracking import EntityTracking
from odata_service.types import Byte, Collection, Enumeration, Geography, SByte, Stream


class Colours(enum.IntFlag):
    NoColour = 0
    Red = 1
    Green = 2
    Blue = 4


class Mood(enum.IntEnum):
    Sad = -1
    Happy = 1


@dataclass
class Place:
    Street: str
    City: str


@dataclass
class Trip:
    """Only values of a collection have this type."""

    To: Annotated[str, String(30)]
    By: Colours | None
    At: datetime.datetime


class Base(DeclarativeBase):
    pass


goes_with = Table(
    "goes_with",
    Base.metadata,
    Column("one", ForeignKey("Article.Id"), primary_key=True),
    Column("other", ForeignKey("Article.Id"), primary_key=True),
)


class Article(EntityTracking, Base):
    """A hierarchy in one table, with facets of every kind."""

    __tablename__ = "Article"
    __odata__ = {"etag": ("Version",), "computed": ("CreatedAt",), "immutable": ("Serial",), "searchable": ("Name",)}
    __mapper_args__ = {"polymorphic_on": "Kind", "polymorphic_identity": "article"}

    Id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    Kind: Mapped[str] = mapped_column(String(10))
    Name: Mapped[str] = mapped_column(String(100), comment="As printed: <b>bold</b> & 'quoted'\nin two lines")
    Notes: Mapped[str | None]
    Price: Mapped[decimal.Decimal] = mapped_column(Numeric(38, 18), info={"odata": {"Measures.ISOCurrency": "EUR"}})
    Whole = mapped_column(Numeric(10))
    AnyDigits = mapped_column(Numeric)
    Weight = mapped_column(REAL, info={"odata": {"Measures.Unit": "kg", "Validation.Minimum": 0.5}})
    Rating = mapped_column(Byte)
    Chill = mapped_column(SByte)
    Stock = mapped_column(SmallInteger, nullable=False, default=0)
    Sold = mapped_column(BigInteger, info={"odata": {"Validation.Minimum": 0}})
    Size = mapped_column(Enum("S", "M", "L", name="size"))
    Colours: Mapped[Colours] = mapped_column(Enumeration(Colours))
    Mood: Mapped[Mood | None] = mapped_column(Enumeration(Mood))
    Data = mapped_column(LargeBinary(16))
    Released: Mapped[datetime.date | None]
    Opens: Mapped[datetime.time | None]
    Lasts: Mapped[datetime.timedelta | None]
    CreatedAt = mapped_column(DateTime(timezone=True), nullable=False)
    Where = mapped_column(Geography(primitive.GEOGRAPHY_POINT))
    Serial: Mapped[str | None] = mapped_column(String(20))
    Version: Mapped[int] = mapped_column(default=1)
    Photo = mapped_column(Stream("PhotoType"))
    PhotoType: Mapped[str | None] = mapped_column(String(50))
    ShelfHall: Mapped[int | None]
    ShelfNumber: Mapped[int | None]
    ShipsFrom: Mapped[Place | None] = composite(
        mapped_column("street", String(60), nullable=True), mapped_column("city", String(40), nullable=True)
    )

    __table_args__ = (
        ForeignKeyConstraint(["ShelfHall", "ShelfNumber"], ["Shelf.Hall", "Shelf.Number"]),
        {"comment": 'What is sold: <goods> & "services"'},
    )

    Shelf: Mapped[Shelf | None] = relationship(back_populates="Articles")
    GoesWith: Mapped[list[Article]] = relationship(
        secondary=goes_with,
        primaryjoin="Article.Id == goes_with.c.one",
        secondaryjoin="Article.Id == goes_with.c.other",
    )


class Bundle(Article):
    """Derived, with a property and ways of its own."""

    __mapper_args__ = {"polymorphic_identity": "bundle"}

    Discount: Mapped[int | None]
    KeeperName: Mapped[str | None] = mapped_column(ForeignKey("Person.Name"))

    Keeper: Mapped[Person | None] = relationship(back_populates="Bundles")


class Shelf(Base):
    """Two key properties."""

    __tablename__ = "Shelf"
    __odata__ = {"set": "Shelves"}

    Hall: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    Number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)

    Articles: Mapped[list[Article]] = relationship(back_populates="Shelf")
    Lots: Mapped[list[Lot]] = relationship(back_populates="Shelf")


class Lot(Base):
    """Part of its shelf, by which it has most of its key."""

    __tablename__ = "Lot"
    __odata__ = {"contained_in": "Shelf"}
    __table_args__ = (ForeignKeyConstraint(["Hall", "Number"], ["Shelf.Hall", "Shelf.Number"]),)

    Hall: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    Number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    No: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    ArticleId: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("Article.Id"))

    Shelf: Mapped[Shelf] = relationship(back_populates="Lots")
    Article: Mapped[Article | None] = relationship()


class Person(Base):
    """Referring to itself, and twice to letters; its structure is wider than the articles'."""

    __tablename__ = "Person"

    Name: Mapped[str] = mapped_column(String(50), primary_key=True)
    BossName: Mapped[str | None] = mapped_column(ForeignKey("Person.Name"))
    Home: Mapped[Place] = composite(
        mapped_column("home_street", String(80), nullable=False), mapped_column("home_city", String(40), nullable=False)
    )

    Nicknames: Mapped[list[str]] = mapped_column(Collection(String(20)), comment="Among friends")
    Lucky: Mapped[list[int | None]] = mapped_column(Collection(int | None), info={"odata": {"Measures.Unit": "1"}})
    Moods: Mapped[list[Mood]] = mapped_column(Collection(Mood))
    Fees: Mapped[list[decimal.Decimal]] = mapped_column(Collection(Numeric(10, 2)))
    Trips: Mapped[list[Trip]] = mapped_column(Collection(Trip))

    Boss: Mapped[Person | None] = relationship(back_populates="Team", remote_side="Person.Name")
    Team: Mapped[list[Person]] = relationship(back_populates="Boss")
    Sent: Mapped[list[Letter]] = relationship(back_populates="Sender", foreign_keys="Letter.SenderName")
    Received: Mapped[list[Letter]] = relationship(back_populates="Receiver", foreign_keys="Letter.ReceiverName")
    Bundles: Mapped[list[Bundle]] = relationship(back_populates="Keeper")


class Letter(Base):
    """Two relationships between the same types; the second one's foreign key is not published."""

    __tablename__ = "Letter"
    __odata__ = {"ignore": ("ReceiverName",)}

    Id: Mapped[int] = mapped_column(primary_key=True)
    SenderName: Mapped[str] = mapped_column(ForeignKey("Person.Name"))
    ReceiverName: Mapped[str | None] = mapped_column(ForeignKey("Person.Name"))

    Sender: Mapped[Person] = relationship(back_populates="Sent", foreign_keys=SenderName)
    Receiver: Mapped[Person | None] = relationship(back_populates="Received", foreign_keys=ReceiverName)


class Picture(Base):
    """A media entity."""

    __tablename__ = "Picture"
    __odata__ = {"media": "Content"}

    Id: Mapped[int] = mapped_column(primary_key=True)
    Content = mapped_column(Stream("image/png"))


class Owner(Base):
    __tablename__ = "Owner"
    __odata__ = {"set": "TheOwner", "singleton": True}

    Id: Mapped[int] = mapped_column(primary_key=True)
    FavouriteId: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("Article.Id"))

    Favourite: Mapped[Article | None] = relationship()


class Payment(Base):
    """No payment is only a payment: the type is abstract."""

    __tablename__ = "Payment"
    __mapper_args__ = {"polymorphic_on": "Kind", "polymorphic_abstract": True}

    Id: Mapped[int] = mapped_column(primary_key=True)
    Kind: Mapped[str] = mapped_column(String(10))


class Cash(Payment):
    """Derived, in a table of its own."""

    __tablename__ = "Cash"
    __mapper_args__ = {"polymorphic_identity": "cash"}

    Id: Mapped[int] = mapped_column(ForeignKey("Payment.Id"), primary_key=True)
    Till: Mapped[int]


@dataclass(frozen=True)
class Kind:
    """The type of a parameter or result."""

    type_name: str
    collection: bool = False
    nullable: bool = False
    name: str = ""
    optional: bool = False


@dataclass(frozen=True)
class Operation:
    """A function or action as the model has it."""

    kind: str
    name: str
    parameters: tuple[Kind, ...] = ()
    returns: Kind | None = None
    bound: Kind | None = None
    imported: bool = False
    composable: bool = False


ARTICLES = Kind("Shop.Article", collection=True)
TEXT, AMOUNT, MOMENT = "Edm.String", "Edm.Decimal", "Edm.DateTimeOffset"

OPERATIONS = (
    Operation("function", "Cheapest", (Kind("Edm.Int64", name="count"),), ARTICLES, ARTICLES, composable=True),
    Operation("function", "Cheapest", (), ARTICLES, ARTICLES, composable=True),
    Operation("function", "Find", (Kind(TEXT, name="name", nullable=True),), ARTICLES, imported=True),
    Operation("function", "Find", (Kind(AMOUNT, name="price"), Kind(MOMENT, name="at")), ARTICLES, imported=True),
    Operation("function", "Tint", (), Kind("Shop.Colours"), Kind("Shop.Article")),
    Operation("action", "Praise", (Kind(TEXT, collection=True, name="words"),), None, Kind("Shop.Article")),
    Operation("action", "Close", (Kind(AMOUNT, name="loss"),), Kind(TEXT), imported=True),
    Operation("action", "Close", (Kind(AMOUNT, name="loss"), Kind(TEXT, name="why")), Kind(TEXT), imported=True),
    Operation("function", "NotPublished", (), Kind("Shop.Ghost"), imported=True),
)

MODEL: EntityModel = model_from(Base, "Shop")
MODEL.operations = OPERATIONS  # type: ignore[attr-defined]


def everything_open(entity_set: EntitySet) -> EntitySetRights:
    return EntitySetRights.ALL


def pictures_read_only(entity_set: EntitySet) -> EntitySetRights:
    return EntitySetRights.ALL_READ if entity_set.name == "Pictures" else EntitySetRights.ALL


OFFER = Offer(MODEL, pictures_read_only, Limits())
