"""V2's literals, read and written."""

import datetime
import decimal
import math
import uuid

import pytest

from odata_service.edm.literal_v2 import read_literal, write_literal
from odata_service.edm.primitive import (
    BINARY,
    BOOLEAN,
    DATE,
    DATE_TIME,
    DATE_TIME_OFFSET,
    DECIMAL,
    DOUBLE,
    DURATION,
    GUID,
    INT32,
    INT64,
    NULL,
    SINGLE,
    STRING,
    TIME_OF_DAY,
    PrimitiveType,
)
from odata_service.errors import BadRequest

UTC = datetime.UTC
GUID_TEXT = "0b5c5b6e-0000-4000-8000-00000000000a"


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("null", NULL, None),
        ("true", BOOLEAN, True),
        ("2147483647", INT32, 2**31 - 1),
        ("2147483648", INT64, 2**31),
        ("-9223372036854775808", INT64, -(2**63)),
        ("9223372036854775808", DECIMAL, decimal.Decimal(2**63)),
        ("9007199254740993L", INT64, 9007199254740993),
        ("5l", INT64, 5),
        ("10m", DECIMAL, decimal.Decimal(10)),
        ("-0.10M", DECIMAL, decimal.Decimal("-0.10")),
        ("8.5", DOUBLE, 8.5),
        ("8.5d", DOUBLE, 8.5),
        ("8D", DOUBLE, 8.0),
        ("1E-3", DOUBLE, 0.001),
        ("8.5f", SINGLE, 8.5),
        ("INF", DOUBLE, math.inf),
        ("-INF", DOUBLE, -math.inf),
        ("INFf", SINGLE, math.inf),
        ("''", STRING, ""),
        ("'O''Neil'", STRING, "O'Neil"),
        ("guid'0B5C5B6E-0000-4000-8000-00000000000A'", GUID, uuid.UUID(GUID_TEXT)),
        ("datetime'2010-12-31T23:59'", DATE_TIME, datetime.datetime(2010, 12, 31, 23, 59)),
        ("DateTime'2010-12-31T23:59:59'", DATE_TIME, datetime.datetime(2010, 12, 31, 23, 59, 59)),
        ("datetime'2010-12-31T23:59:59.1234567'", DATE_TIME, datetime.datetime(2010, 12, 31, 23, 59, 59, 123456)),
        ("datetime'2010-12-31T23:59:59.009Z'", DATE_TIME, datetime.datetime(2010, 12, 31, 23, 59, 59, 9000)),
        ("datetime'2010-12-31'", DATE_TIME, datetime.datetime(2010, 12, 31)),
        ("datetimeoffset'2010-12-31T23:59:59Z'", DATE_TIME_OFFSET, datetime.datetime(2010, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("datetimeoffset'2011-01-01T00:30:00+01:00'", DATE_TIME_OFFSET, datetime.datetime(2010, 12, 31, 23, 30, tzinfo=UTC)),
        ("datetimeoffset'2011-01-01T00:30:00 01:00'", DATE_TIME_OFFSET, datetime.datetime(2010, 12, 31, 23, 30, tzinfo=UTC)),
        ("time'PT13H20M'", DURATION, datetime.timedelta(hours=13, minutes=20)),
        ("time'P00DT01H02M03S'", DURATION, datetime.timedelta(hours=1, minutes=2, seconds=3)),
        ("X'0aFF'", BINARY, b"\x0a\xff"),
        ("x''", BINARY, b""),
        ("binary'00'", BINARY, b"\x00"),
    ],
)  # fmt: skip
def test_read(text: str, kind: PrimitiveType, value: object) -> None:
    assert read_literal(text) == (kind, value)


def test_not_a_number() -> None:
    kind, value = read_literal("NaN")
    assert kind is DOUBLE
    assert isinstance(value, float)
    assert math.isnan(value)


@pytest.mark.parametrize(
    "text",
    [
        "", "'", "'a", "'a'b'", "a'b'", "5x", "1.5L", "1E3M", ".5", "5.", "9223372036854775808L", "1E400", "1E39f", "--5", "٣",
        "True", "NULL", "inf", "nan", "1_000", "0x10", " 5", "5 ", "True'1'",
        "guid'5'", "guid'{0b5c5b6e-0000-4000-8000-00000000000a}'", "guid'0b5c5b6e00004000800000000000000a'",
        "datetime''", "datetime'0000-01-01T00:00:00'", "datetime'10000-01-01T00:00:00'", "datetime'2010-02-29T00:00:00'",
        "datetime'2010-12-31T24:00:00'", "datetime'2010-12-31T23:59:60'", "datetime'2010-12-31 23:59:59'", "datetime'٢٠١٠-12-31T00:00'",
        "datetimeoffset'2010-12-31T23:59:59'", "datetimeoffset'2010-12-31T23:59:59+15:00'", "datetimeoffset'0001-01-01T00:00:00+01:00'",
        "time'13:20:00'", "time'P1Y'", "time'P1M'", "time'P'", "time'PT'", "time'P1DT'", "time'P9999999999D'", "time'P" + "9" * 5000 + "D'",
        "X'0'", "X'0G'", "X' 00'", "binary'٠٠'", "date'2010-12-31'", "9" * 5000 + "L",
    ],
)  # fmt: skip
def test_refused(text: str) -> None:
    with pytest.raises(BadRequest) as caught:
        read_literal(text, "$filter", 7)
    assert (caught.value.code, caught.value.target, caught.value.at) == ("InvalidLiteral", "$filter", 7)
    assert len(caught.value.message) < 250


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        (None, STRING, "null"),
        (False, BOOLEAN, "false"),
        (5, INT32, "5"),
        (5, INT64, "5L"),
        (decimal.Decimal("1.50"), DECIMAL, "1.50M"),
        (decimal.Decimal("1E+3"), DECIMAL, "1000M"),
        (2.5, DOUBLE, "2.5d"),
        (1e22, DOUBLE, "1E22d"),
        (-math.inf, DOUBLE, "-INF"),
        (2.5, SINGLE, "2.5f"),
        ("O'Neil", STRING, "'O''Neil'"),
        (uuid.UUID(GUID_TEXT), GUID, f"guid'{GUID_TEXT}'"),
        (b"\x0a\xff", BINARY, "X'0AFF'"),
        (datetime.datetime(2010, 12, 31, 23, 59, 59, 123000), DATE_TIME, "datetime'2010-12-31T23:59:59.123'"),
        (datetime.datetime(2010, 12, 31, 23, 59, 59, 123456), DATE_TIME, "datetime'2010-12-31T23:59:59.123456'"),
        (datetime.date(2010, 12, 31), DATE, "datetime'2010-12-31T00:00:00'"),
        (datetime.datetime(2010, 12, 31, tzinfo=UTC), DATE_TIME_OFFSET, "datetimeoffset'2010-12-31T00:00:00Z'"),
        (datetime.timedelta(hours=13, minutes=20), DURATION, "time'PT13H20M'"),
        (datetime.time(13, 20, 1), TIME_OF_DAY, "time'PT13H20M1S'"),
    ],
)
def test_write(value: object, kind: PrimitiveType, text: str) -> None:
    assert write_literal(value, kind) == text
    if kind not in (DATE, TIME_OF_DAY) and value is not None:
        assert read_literal(text) == (kind, value)
