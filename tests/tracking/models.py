"""The article's models under both granularities, and the shapes of mapping that make a save hook's life hard."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, DateTime, ForeignKey, ForeignKeyConstraint, Table, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from odata_service.tracking import EntityTracking, tracked


class Base(DeclarativeBase):
    pass


class AddressType(Base):
    """Not tracked at all."""

    __tablename__ = "address_type"
    Id: Mapped[int] = mapped_column(primary_key=True)
    Name: Mapped[str] = mapped_column(default="")
    Addresses: Mapped[list[Address]] = relationship(back_populates="AddressType", cascade="all")


tagging = Table(
    "tagging",
    Base.metadata,
    Column("person_id", ForeignKey("person.Id"), primary_key=True),
    Column("tag_id", ForeignKey("tag.Id"), primary_key=True),
)


class Person(EntityTracking, Base):
    __tablename__ = "person"
    Id: Mapped[int] = mapped_column(primary_key=True)
    Name: Mapped[str] = mapped_column(default="")
    Version: Mapped[int] = mapped_column()
    Addresses: Mapped[list[Address]] = relationship(back_populates="Person", cascade="all, delete-orphan")
    Notes: Mapped[list[Note]] = relationship(cascade="all, delete-orphan")
    Letters: Mapped[list[Letter]] = relationship(back_populates="Person", cascade="all, delete-orphan")
    Passport = relationship("Passport", uselist=False, cascade="all, delete-orphan")
    Tags: Mapped[list[Tag]] = relationship(secondary=tagging, back_populates="People")
    __mapper_args__ = {"version_id_col": Version}


class Address(EntityTracking, Base):
    """Tracked on the row."""

    __tablename__ = "address"
    Id: Mapped[int] = mapped_column(primary_key=True)
    PersonId: Mapped[int] = mapped_column(ForeignKey("person.Id"))
    AddressTypeId: Mapped[int | None] = mapped_column(ForeignKey("address_type.Id"))
    Street: Mapped[str] = mapped_column(default="")
    Person = relationship("Person", back_populates="Addresses")
    AddressType = relationship("AddressType", back_populates="Addresses")


class Note(Base):
    """Not tracked, and owned by somebody who is."""

    __tablename__ = "note"
    Id: Mapped[int] = mapped_column(primary_key=True)
    PersonId: Mapped[int] = mapped_column(ForeignKey("person.Id"))


class Passport(EntityTracking, Base):
    __tablename__ = "passport"
    Id: Mapped[int] = mapped_column(primary_key=True)
    PersonId: Mapped[int] = mapped_column(ForeignKey("person.Id"))


class Tag(EntityTracking, Base):
    __tablename__ = "tag"
    Id: Mapped[int] = mapped_column(primary_key=True)
    People: Mapped[list[Person]] = relationship(secondary=tagging, back_populates="Tags")


@tracked(touches="Person")
class Letter(Base):
    """Tracked on the entity: a change of a letter is a change of its person."""

    __tablename__ = "letter"
    Id: Mapped[int] = mapped_column(primary_key=True)
    PersonId: Mapped[int | None] = mapped_column(ForeignKey("person.Id"))
    Text: Mapped[str] = mapped_column(default="")
    Person = relationship("Person", back_populates="Letters")
    Pages: Mapped[list[Page]] = relationship(back_populates="Letter", cascade="all, delete-orphan")


@tracked(touches="Letter")
class Page(Base):
    """Touches its letter, and so the person whom the letter touches."""

    __tablename__ = "page"
    Id: Mapped[int] = mapped_column(primary_key=True)
    LetterId: Mapped[int] = mapped_column(ForeignKey("letter.Id"))
    Text: Mapped[str] = mapped_column(default="")
    Letter = relationship("Letter", back_populates="Pages")


@tracked(last_updated="changed_at", is_deleted="gone", group="shop")
class Customer(Base):
    """Older than the contract: its own names, a zone on the stamp, and a null where nothing was deleted."""

    __tablename__ = "customer"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column("customer_name", default="")
    changed_at: Mapped[datetime] = mapped_column("chg", DateTime(timezone=True))
    gone: Mapped[bool | None]
    times_changed: Mapped[int] = mapped_column(default=0, onupdate=lambda context: 1)


class Seat(EntityTracking, Base):
    """A composite key. (MariaDB wants an index in the order of what refers to it.)"""

    __tablename__ = "seat"
    __table_args__ = (UniqueConstraint("Number", "Row"),)
    Row: Mapped[int] = mapped_column(primary_key=True)
    Number: Mapped[int] = mapped_column(primary_key=True)
    Color: Mapped[str] = mapped_column(default="")


@tracked(touches="Seat")
class Booking(Base):
    """A composite foreign key, in another order than the key it refers to."""

    __tablename__ = "booking"
    Id: Mapped[int] = mapped_column(primary_key=True)
    SeatNumber: Mapped[int]
    SeatRow: Mapped[int]
    Seat = relationship("Seat")
    __table_args__ = (ForeignKeyConstraint(["SeatNumber", "SeatRow"], ["seat.Number", "seat.Row"]),)


class Animal(EntityTracking, Base):
    """Joined inheritance: the stamp is in the base table."""

    __tablename__ = "animal"
    Id: Mapped[int] = mapped_column(primary_key=True)
    Kind: Mapped[str]
    __mapper_args__ = {"polymorphic_on": "Kind", "polymorphic_identity": "animal"}


class Dog(Animal):
    __tablename__ = "dog"
    Id: Mapped[int] = mapped_column(ForeignKey("animal.Id"), primary_key=True)
    Trick: Mapped[str] = mapped_column(default="")
    __mapper_args__ = {"polymorphic_identity": "dog"}


class Album(EntityTracking, Base):
    __tablename__ = "album"
    Id: Mapped[int] = mapped_column(primary_key=True)
    Photos: Mapped[list[Photo]] = relationship(cascade="all, delete", passive_deletes=True)


class Photo(EntityTracking, Base):
    """Left to the database's ON DELETE CASCADE."""

    __tablename__ = "photo"
    Id: Mapped[int] = mapped_column(primary_key=True)
    AlbumId: Mapped[int] = mapped_column(ForeignKey("album.Id", ondelete="CASCADE"))
