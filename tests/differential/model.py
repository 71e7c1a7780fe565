"""Every primitive type twice, once without and once with nulls, on an entity and on what a nullable navigation of it
reaches; and rows of values on which databases are known to disagree."""

from __future__ import annotations

import datetime
import decimal
import random
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import ClassVar

from sqlalchemy import (
    REAL,
    BigInteger,
    Boolean,
    Date,
    DateTime,
    Double,
    Engine,
    ForeignKey,
    Integer,
    LargeBinary,
    Numeric,
    SmallInteger,
    String,
    Time,
    Uuid,
    insert,
)  # fmt: skip
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from odata_service.dialects.exact import ExactDecimal

D = decimal.Decimal
Row = Mapping[str, object]

# MariaDB's own UUID has an order of its own, in which the last digits come first.
GUID = Uuid().with_variant(Uuid(native_uuid=False), "mysql", "mariadb")

# Property → (its type in the filter language, column type, values).
COLUMNS: Mapping[str, tuple[str, object, Sequence[object]]] = {
    "Flag": ("Boolean", Boolean(), (True, False)),
    "Small": ("Int16", SmallInteger(), (0, 1, -1, 2, 7, -7, 100, 2**15 - 1, -(2**15))),
    "Whole": ("Int32", Integer(), (0, 1, -1, 3, 10, -10, 2**31 - 1, -(2**31))),
    "Long": ("Int64", BigInteger(), (0, 1, 5, -5, 2**31, 2**53, 2**53 + 1, 2**63 - 1, -(2**63))),
    # Not more than 15 digits: SQLite keeps Numeric as a floating number.
    "Price": ("Decimal", Numeric(18, 4), tuple(map(D, (
        "0", "1", "0.5", "1.5", "2.5", "3.5", "-0.5", "-2.5", "19.99", "0.0001", "-0.0001", "100", "99999999999.9999")))),
    "Exact": ("Decimal", ExactDecimal(38, 18), tuple(map(D, (
        "0", "2.5", "19.99", "12345678901234567890.123456789012345678", "12345678901234567890.123456789012345679",
        "-0.000000000000000001", "9.5", "10", "-10", "9007199254740993")))),
    "Ratio": ("Double", Double(), (0.0, 0.1, 0.2, 0.1 + 0.2, 0.5, 1.5, 2.5, -0.5, -2.5, 19.99, 1 / 3, 1e6, -7.25)),
    "Tiny": ("Single", REAL(), (0.0, 0.1, 0.3, 1.25, -2.75, 2.5, 16777216.0)),
    "Name": ("String", String(60), (
        "", " ", "a", "A", "ab", "50% off", "500 off", "50%", "_x", "ax", "[a]", "O'Neil", "Ünïcödé", "ünïcödé", "ß", "SS",
        "ΣΑΣ", "σας", "σασ", "İ", "ı", "I", "ᾳ", "ǆ", "😀", "a😀b", "  lead", "trail  ", "\ttab\tbed\t", "\u00a0wide\u2003",
        "line\nfeed", "back\\slash", "null", "é", "e\u0301", "%27", "⟨string⟩")),
    "Code": ("Guid", GUID, tuple(map(uuid.UUID, (
        "00000000-0000-0000-0000-000000000000", "0d3b3f0e-6f61-4a27-9a35-64d2a1f0c001",
        "ffffffff-ffff-ffff-ffff-ffffffffffff", "a0000000-0000-4000-8000-00000000000a")))),
    "Made": ("DateTime", DateTime(), (
        datetime.datetime(1900, 1, 1), datetime.datetime(1969, 12, 31, 23, 59, 59, 999999),
        datetime.datetime(1970, 1, 1), datetime.datetime(2020, 2, 29, 12, 30), datetime.datetime(2020, 2, 29),
        datetime.datetime(2020, 12, 31, 23, 59, 59, 999000), datetime.datetime(2020, 12, 31, 23, 59, 59, 999999),
        datetime.datetime(9999, 12, 31, 23, 59, 59), datetime.datetime(1, 1, 1))),
    "Seen": ("DateTimeOffset", DateTime(timezone=True), (
        datetime.datetime(1969, 7, 20, 20, 17, 40, tzinfo=UTC), datetime.datetime(2020, 2, 29, 12, 30, tzinfo=UTC),
        datetime.datetime(2020, 2, 29, 23, 59, 59, 999999, tzinfo=UTC), datetime.datetime(2020, 3, 1, tzinfo=UTC),
        datetime.datetime(2020, 10, 25, 1, 30, tzinfo=UTC))),
    "Clock": ("Time", Time(), (
        datetime.time(0, 0), datetime.time(13, 20), datetime.time(23, 59, 59, 999999), datetime.time(7, 0, 0, 500000))),
    "Day": ("Date", Date(), (
        datetime.date(1969, 12, 31), datetime.date(2020, 2, 29), datetime.date(2020, 3, 1), datetime.date(2020, 12, 31))),
    "Blob": ("Binary", LargeBinary(), (b"", b"\x00", b"\x0a\xff", b"\xff\xff")),
}  # fmt: skip
PROPERTIES: Mapping[str, str] = {
    f"{prefix}{name}": kind for name, (kind, _, _) in COLUMNS.items() for prefix in ("", "Maybe")
}


class Base(DeclarativeBase):
    pass


def _columns() -> dict[str, object]:
    made: dict[str, object] = {}
    for name, (_, column_type, _) in COLUMNS.items():
        made[name] = mapped_column(name, column_type, nullable=False)
        made[f"Maybe{name}"] = mapped_column(f"Maybe{name}", column_type, nullable=True)
    return made


Values = type("Values", (), _columns())


class Part(Values, Base):  # type: ignore[misc, valid-type]
    __tablename__ = "part"
    __odata__: ClassVar = {"set": "Parts"}
    Id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)


class Thing(Values, Base):  # type: ignore[misc, valid-type]
    __tablename__ = "thing"
    __odata__: ClassVar = {"set": "Things"}
    Id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    PartId: Mapped[int | None] = mapped_column(ForeignKey("part.Id"))
    Part = relationship("Part")


def _row(chance: random.Random, number: int) -> dict[str, object]:
    """Row by row through each column's values, so that all of them occur; the nullable ones by chance."""
    row: dict[str, object] = {"Id": number}
    for name, (_, _, values) in COLUMNS.items():
        row[name] = values[number % len(values)]
        row[f"Maybe{name}"] = None if chance.random() < 0.3 else chance.choice(values)
    return row


def _rows() -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    chance = random.Random(1970)
    parts = [_row(chance, number) for number in range(1, 13)]
    things = [_row(chance, number) for number in range(1, 61)]
    for thing in things:
        thing["PartId"] = None if chance.random() < 0.3 else chance.randint(1, 12)
    return parts, things


PARTS, THINGS = _rows()


def fill(engine: Engine) -> None:
    Base.metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(insert(Part), PARTS)
        connection.execute(insert(Thing), THINGS)


def rows() -> list[Row]:
    """The things, each with its part."""
    parts = {part["Id"]: part for part in PARTS}
    return [{**thing, "Part": parts.get(thing["PartId"])} for thing in THINGS]
