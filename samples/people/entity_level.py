"""People, tracked on the entity: only Person carries ``LastUpdated`` and ``IsDeleted``.

A person is one thing with its addresses and phone numbers, so ``People?$filter=LastUpdated gt …&$expand=Addresses`` is
the only question a client has to ask. ``touches="Person"`` is the difference to ``models``: a change of an Address
stamps its Person.
"""

from __future__ import annotations

import uuid
from typing import ClassVar

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from odata_service.tracking import EntityTracking, tracked

from .models import GUID_KEYED


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


@tracked(touches="Person")
class Address(Base):
    __tablename__ = "Address"
    __table_args__ = GUID_KEYED

    AddressId: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    PersonId: Mapped[uuid.UUID] = mapped_column(ForeignKey("Person.PersonId"), index=True)
    StreetAddress: Mapped[str] = mapped_column(String(200))
    AddressTypeId: Mapped[int | None] = mapped_column(ForeignKey("AddressType.AddressTypeId"), index=True)

    Person = relationship("Person", back_populates="Addresses")
    AddressType = relationship("AddressType", back_populates="Addresses")


class AddressType(Base):
    __tablename__ = "AddressType"

    AddressTypeId: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    Name: Mapped[str] = mapped_column(String(50))

    Addresses: Mapped[list[Address]] = relationship(back_populates="AddressType")


@tracked(touches="Person")
class PhoneNumber(Base):
    __tablename__ = "PhoneNumber"
    __table_args__ = GUID_KEYED

    PhoneNumberId: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    PersonId: Mapped[uuid.UUID] = mapped_column(ForeignKey("Person.PersonId"), index=True)
    Number: Mapped[str] = mapped_column(String(30))

    Person = relationship("Person", back_populates="PhoneNumbers")
