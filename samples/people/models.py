"""People, tracked on the row: Person, Address and PhoneNumber each carry ``LastUpdated`` and ``IsDeleted``.

A client asks each set for what is newer than the greatest ``LastUpdated`` it has seen there. ``entity_level`` is the
other way: one stamp for a person with everything that belongs to it.
"""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from odata_service.tracking import EntityTracking

# A table that is found by its GUID needs no second, hidden key: SQLite reads it twice as fast without one.
GUID_KEYED: dict[str, Any] = {"sqlite_with_rowid": False}


class Base(DeclarativeBase):
    pass


class Person(EntityTracking, Base):
    __tablename__ = "Person"
    __table_args__ = GUID_KEYED
    __odata__: ClassVar = {"set": "People"}

    PersonId: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    Name: Mapped[str] = mapped_column(String(100), index=True)

    Addresses: Mapped[list[Address]] = relationship(back_populates="Person", cascade="all")
    PhoneNumbers: Mapped[list[PhoneNumber]] = relationship(back_populates="Person", cascade="all")


class Address(EntityTracking, Base):
    __tablename__ = "Address"
    __table_args__ = GUID_KEYED

    AddressId: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    PersonId: Mapped[uuid.UUID] = mapped_column(ForeignKey("Person.PersonId"), index=True)
    StreetAddress: Mapped[str] = mapped_column(String(200))
    AddressTypeId: Mapped[int | None] = mapped_column(ForeignKey("AddressType.AddressTypeId"), index=True)

    Person = relationship("Person", back_populates="Addresses")  # named like its class, so not annotated with it
    AddressType = relationship("AddressType", back_populates="Addresses")


class AddressType(Base):
    """Home, Work, Billing: a list that no client changes, so it is not tracked."""

    __tablename__ = "AddressType"

    AddressTypeId: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    Name: Mapped[str] = mapped_column(String(50))

    Addresses: Mapped[list[Address]] = relationship(back_populates="AddressType")


class PhoneNumber(EntityTracking, Base):
    __tablename__ = "PhoneNumber"
    __table_args__ = GUID_KEYED

    PhoneNumberId: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    PersonId: Mapped[uuid.UUID] = mapped_column(ForeignKey("Person.PersonId"), index=True)
    Number: Mapped[str] = mapped_column(String(30))

    Person = relationship("Person", back_populates="PhoneNumbers")
