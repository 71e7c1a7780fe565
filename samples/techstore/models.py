"""A shop for technical things: one model that uses every type and every construct of V4."""

from __future__ import annotations

import enum
import uuid
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, ClassVar

from sqlalchemy import (
    REAL, BigInteger, CheckConstraint, Column, DateTime, Double, ForeignKey, SmallInteger, String, Table, column,
)  # fmt: skip
from sqlalchemy.orm import DeclarativeBase, Mapped, composite, mapped_column, relationship, validates

from odata_service.dialects.exact import ExactDecimal
from odata_service.edm.primitive import GEOGRAPHY_LINE_STRING, GEOGRAPHY_POINT, GEOGRAPHY_POLYGON
from odata_service.errors import BadRequest
from odata_service.tracking import EntityTracking
from odata_service.types import Byte, Enumeration, Geography, SByte, Stream

PRODUCT_TYPES = ("Product", "SpecialProduct")
GeoJson = dict[str, Any]  # what coordinates are depends on the type


def now() -> datetime:
    return datetime.now(UTC)


# Made by a call, because no class body can have a member None.
ProductStatus = enum.IntFlag("ProductStatus", {"None": 0, "InStock": 1, "OnSale": 2, "Discontinued": 4, "Featured": 8})


@dataclass
class Address:
    Street: str | None
    City: str | None
    State: str | None
    PostalCode: str | None
    Country: str | None


@dataclass
class Dimensions:
    Length: float | None
    Width: float | None
    Height: float | None
    Unit: str | None


class Base(DeclarativeBase):
    pass


related_products = Table(
    "RelatedProduct",
    Base.metadata,
    Column("ProductID", ForeignKey("Product.ID", ondelete="CASCADE"), primary_key=True),
    Column("RelatedID", ForeignKey("Product.ID", ondelete="CASCADE"), primary_key=True),
)


class Product(EntityTracking, Base):
    """Tracked: clients follow its changes with delta links. What tracking needs of the row is nobody else's business."""

    __tablename__ = "Product"
    __odata__: ClassVar = {
        "ignore": ("LastUpdated", "IsDeleted", "PhotoType"),
        "computed": ("CreatedAt", "Version"),
        "immutable": ("SerialNumber", "ProductType"),
        "searchable": ("Name",),
    }

    ID: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    Name: Mapped[str] = mapped_column(String(100), comment="What the product is called in the shop")
    Description: Mapped[str | None] = mapped_column(String(500), comment="A sentence or two about the product")
    Price: Mapped[float] = mapped_column(Double)
    Rating: Mapped[int] = mapped_column(Byte, default=0)
    Temperature: Mapped[int] = mapped_column(SByte, default=0)
    Quantity: Mapped[int] = mapped_column(SmallInteger, default=0)
    Weight: Mapped[float] = mapped_column(REAL, default=0.0)
    Data: Mapped[bytes | None]
    ReleaseDate: Mapped[date | None]
    OpenTime: Mapped[time | None]
    ShippingTime: Mapped[timedelta | None]
    ProcessingTime: Mapped[timedelta | None]
    Offset: Mapped[timedelta | None]
    CategoryID: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("Category.ID"), index=True)
    Status: Mapped[ProductStatus] = mapped_column(Enumeration(ProductStatus), default=ProductStatus(0))
    Version: Mapped[int] = mapped_column(default=1)
    CreatedAt: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=now)
    SerialNumber: Mapped[str | None] = mapped_column(String(50), comment="Stamped on the product when it is made")
    ProductType: Mapped[str] = mapped_column(String(50), default="Product")
    Location: Mapped[GeoJson | None] = mapped_column(Geography(GEOGRAPHY_POINT))
    Route: Mapped[GeoJson | None] = mapped_column(Geography(GEOGRAPHY_LINE_STRING))
    Area: Mapped[GeoJson | None] = mapped_column(Geography(GEOGRAPHY_POLYGON))
    Photo: Mapped[bytes | None] = mapped_column(Stream("PhotoType"), deferred=True)
    PhotoType: Mapped[str | None] = mapped_column(String(100))
    ShippingAddress: Mapped[Address | None] = composite(
        mapped_column("ShippingStreet", String(100), nullable=True),
        mapped_column("ShippingCity", String(50), nullable=True),
        mapped_column("ShippingState", String(2), nullable=True),
        mapped_column("ShippingPostalCode", String(10), nullable=True),
        mapped_column("ShippingCountry", String(50), nullable=True),
    )
    Dimensions: Mapped[Dimensions | None] = composite(  # named like its class, so not annotated with it
        mapped_column("Length", Double, nullable=True),
        mapped_column("Width", Double, nullable=True),
        mapped_column("Height", Double, nullable=True),
        mapped_column("Unit", String(10), nullable=True),
    )

    Category: Mapped[Category | None] = relationship(back_populates="Products")
    Descriptions: Mapped[list[ProductDescription]] = relationship(back_populates="Product", cascade="all")
    RelatedProducts: Mapped[list[Product]] = relationship(
        secondary=related_products,
        primaryjoin=lambda: related_products.c.ProductID == Product.ID,
        secondaryjoin=lambda: related_products.c.RelatedID == Product.ID,
    )

    @validates("ProductType")
    def _known(self, _name: str, product_type: str) -> str:
        if product_type not in PRODUCT_TYPES:
            message = f"a product is one of {', '.join(PRODUCT_TYPES)}, not {product_type!r:.60}"
            raise BadRequest("InvalidValue", message, target="ProductType")
        return product_type

    __table_args__ = (CheckConstraint(column("ProductType").in_(PRODUCT_TYPES), "known_product_type"),)
    __mapper_args__ = {
        "polymorphic_on": "ProductType",
        "polymorphic_identity": "Product",
        "version_id_col": Version,
    }


class SpecialProduct(Product):
    """In the same table; other products have nulls there."""

    __mapper_args__ = {"polymorphic_identity": "SpecialProduct"}

    SpecialProperty: Mapped[str | None] = mapped_column(String(200))
    SpecialFeature: Mapped[str | None] = mapped_column(String(100))


class Category(Base):
    __tablename__ = "Category"
    __odata__: ClassVar = {"set": "Categories"}

    ID: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    Name: Mapped[str] = mapped_column(String(100), unique=True)
    Description: Mapped[str | None] = mapped_column(String(500))

    Products: Mapped[list[Product]] = relationship(back_populates="Category")


class ProductDescription(Base):
    """What a product is called elsewhere: one for each language."""

    __tablename__ = "ProductDescription"
    __odata__: ClassVar = {"searchable": ("Description", "LongText")}

    ProductID: Mapped[uuid.UUID] = mapped_column(ForeignKey("Product.ID"), primary_key=True)
    LanguageKey: Mapped[str] = mapped_column(String(2), primary_key=True)
    Description: Mapped[str] = mapped_column(String(500))
    LongText: Mapped[str | None] = mapped_column(String(2000))
    CustomName: Mapped[str | None]

    Product = relationship("Product", back_populates="Descriptions")


class MediaItem(Base):
    """A file with some words about it. Its size is that of its content."""

    __tablename__ = "MediaItem"
    __odata__: ClassVar = {"media": "Content", "computed": ("Size",)}

    ID: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    Name: Mapped[str] = mapped_column(String(100))
    ContentType: Mapped[str] = mapped_column(String(100), default="application/octet-stream")
    Size: Mapped[int | None] = mapped_column(BigInteger)
    Content: Mapped[bytes | None] = mapped_column(Stream("ContentType"), deferred=True)

    @validates("Content")
    def _measured(self, _name: str, content: bytes | None) -> bytes | None:
        self.Size = None if content is None else len(content)
        return content


class ReadOnlyItem(Base):
    __tablename__ = "ReadOnlyItem"

    ID: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    Name: Mapped[str] = mapped_column(String(100))


class DecimalSample(Base):
    """More digits than a double has."""

    __tablename__ = "DecimalSample"

    ID: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    Name: Mapped[str] = mapped_column(String(100))
    Amount: Mapped[Decimal] = mapped_column(ExactDecimal(38, 18))


class Company(Base):
    """The one that runs the shop."""

    __tablename__ = "Company"
    __odata__: ClassVar = {"set": "Company", "singleton": True, "computed": ("Version", "UpdatedAt")}

    ID: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    Name: Mapped[str] = mapped_column(String(100))
    CEO: Mapped[str | None] = mapped_column(String(100))
    Founded: Mapped[int | None]
    HeadQuarter: Mapped[str | None] = mapped_column(String(200))
    Website: Mapped[str | None] = mapped_column(String(200))
    Logo: Mapped[bytes | None] = mapped_column(info={"odata": {"Core.MediaType": "image/svg+xml"}})
    Version: Mapped[int] = mapped_column(default=1)
    UpdatedAt: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=now, onupdate=now)

    __mapper_args__ = {"version_id_col": Version}
