"""A shop whose model has everything that V4's JSON can show, and rows of it the way SQLite's driver gives them."""

from __future__ import annotations

import datetime
import decimal
import enum
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import REAL, BigInteger, Column, DateTime, ForeignKey, LargeBinary, Numeric, SmallInteger, String, Table
from sqlalchemy.orm import DeclarativeBase, Mapped, composite, mapped_column, relationship

from odata_service.edm import primitive
from odata_service.edm.from_models import model_from
from odata_service.edm.model import EntityModel
from odata_service.plan.row import ComputedColumn, ExpandedNavigation, RowShape
from odata_service.types import Byte, Enumeration, Geography, SByte, Stream


class Status(enum.IntFlag):
    Nothing = 0
    InStock = 1
    OnSale = 2
    Discontinued = 4


class Mood(enum.IntEnum):
    Sad = -1
    Happy = 1


@dataclass
class Address:
    Street: str
    City: str


class Base(DeclarativeBase):
    pass


related = Table(
    "related",
    Base.metadata,
    Column("one", ForeignKey("Product.ID"), primary_key=True),
    Column("other", ForeignKey("Product.ID"), primary_key=True),
)


class Category(Base):
    __tablename__ = "Category"
    __odata__ = {"set": "Categories"}

    ID: Mapped[int] = mapped_column(primary_key=True)
    Name: Mapped[str] = mapped_column(String(10))

    Products: Mapped[list[Product]] = relationship(back_populates="Category")


class Product(Base):
    __tablename__ = "Product"
    __odata__ = {"etag": ("Version",), "computed": ("CreatedAt",), "immutable": ("Serial",)}
    __mapper_args__ = {"polymorphic_on": "Kind", "polymorphic_identity": "product"}

    ID: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    Kind: Mapped[str | None] = mapped_column(String(10))
    Name: Mapped[str] = mapped_column(String(20))
    Price: Mapped[decimal.Decimal | None] = mapped_column(Numeric(12, 4))
    Sold = mapped_column(BigInteger)
    Weight = mapped_column(REAL)
    Rating = mapped_column(Byte)
    Chill = mapped_column(SByte)
    Stock = mapped_column(SmallInteger, nullable=False, default=0)
    Released: Mapped[datetime.date | None]
    Opens: Mapped[datetime.time | None]
    Lasts: Mapped[datetime.timedelta | None]
    Moment: Mapped[datetime.datetime | None]
    Instant = mapped_column(DateTime(timezone=True))
    CreatedAt = mapped_column(DateTime(timezone=True), nullable=False)
    Data = mapped_column(LargeBinary(8))
    Fragile: Mapped[bool | None]
    Status: Mapped[Status] = mapped_column(Enumeration(Status), default=Status.Nothing)
    Mood: Mapped[Mood | None] = mapped_column(Enumeration(Mood))
    Place = mapped_column(Geography(primitive.GEOGRAPHY_POINT))
    Route = mapped_column(Geography(primitive.GEOGRAPHY_LINE_STRING))
    Area = mapped_column(Geography(primitive.GEOGRAPHY_POLYGON))
    Serial: Mapped[str | None] = mapped_column(String(20))
    Version: Mapped[int] = mapped_column(default=1)
    Photo = mapped_column(Stream("PhotoType"))
    PhotoType: Mapped[str | None] = mapped_column(String(50))
    CategoryID: Mapped[int | None] = mapped_column(ForeignKey("Category.ID"))
    ShipsTo: Mapped[Address | None] = composite(
        mapped_column("street", String(20), nullable=True), mapped_column("city", String(10), nullable=True)
    )

    Category: Mapped[Category | None] = relationship(back_populates="Products")
    Related: Mapped[list[Product]] = relationship(
        secondary=related, primaryjoin="Product.ID == related.c.one", secondaryjoin="Product.ID == related.c.other"
    )


class SpecialProduct(Product):
    __mapper_args__ = {"polymorphic_identity": "special"}

    Feature: Mapped[str | None] = mapped_column(String(20))
    KeeperName: Mapped[str | None] = mapped_column(ForeignKey("Keeper.Name"))

    Keeper: Mapped[Keeper | None] = relationship()


class Keeper(Base):
    __tablename__ = "Keeper"

    Name: Mapped[str] = mapped_column(String(30), primary_key=True)


class Line(Base):
    """Two key properties."""

    __tablename__ = "Line"

    Order: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    Code: Mapped[str] = mapped_column(String(10), primary_key=True)
    Amount: Mapped[int]


class MediaItem(Base):
    __tablename__ = "MediaItem"
    __odata__ = {"media": "Content"}

    ID: Mapped[int] = mapped_column(primary_key=True)
    Name: Mapped[str] = mapped_column(String(20))
    ContentType: Mapped[str | None] = mapped_column(String(50))
    Content = mapped_column(Stream("ContentType"))


class Company(Base):
    __tablename__ = "Company"
    __odata__ = {"set": "Company", "singleton": True}

    ID: Mapped[int] = mapped_column(primary_key=True)
    Name: Mapped[str] = mapped_column(String(20))


MODEL: EntityModel = model_from(Base, "Shop")
ROOT = "http://host/Shop/"
PRODUCT = MODEL.types["Product"]
SPECIAL = MODEL.types["SpecialProduct"]
ONE = "00000000-0000-0000-0000-0000000000a1"
TWO = "00000000-0000-0000-0000-0000000000b2"


def shape(
    set_name: str,
    columns: str,
    *,
    select: str | None = None,
    links: str = "",
    structures: str = "",
    expanded: tuple[ExpandedNavigation, ...] = (),
    computed: tuple[ComputedColumn, ...] = (),
    chosen: bool = False,
    type_name: str | None = None,
    discriminator: int | None = None,
) -> RowShape:
    """A shape from names: ``shape("Products", "ID Name", structures="ShipsTo")``; the structures' members stand at the
    end of each row."""
    entity_set = MODEL.sets[set_name]
    known = _known(set_name)
    whole = [entity_set.type.complex[name] for name in structures.split()]
    own = [known[name] for name in columns.split()]
    named = own + [member for each in whole for member in each.members]
    entity_type = entity_set.type if type_name is None else MODEL.types[type_name]
    return RowShape(
        entity_set,
        tuple(named),
        tuple(None for _ in named),
        tuple(own if select is None else [known[name] for name in select.split()]),
        tuple(entity_type.navigation[name] for name in links.split()),
        expanded,
        tuple(whole),
        computed,
        chosen,
        entity_type,
        discriminator,
        {each.discriminator_value: each for each in entity_type.with_derived()},
    )


def _known(set_name: str) -> Mapping[str, Any]:
    types = reversed(list(MODEL.sets[set_name].type.with_derived()))
    return {name: declared for each in types for name, declared in each.properties.items()}


def expansion(
    set_name: str, navigation: str, child: RowShape, near: tuple[int, ...], far: tuple[int, ...], **more: Any
) -> ExpandedNavigation:
    return ExpandedNavigation(MODEL.sets[set_name].type.navigation[navigation], child, near, far, **more)
