"""V4's literals, read and written."""

import datetime
import decimal
import math
import uuid

import pytest

from odata_service.edm.literal_v4 import read_literal, write_literal
from odata_service.edm.primitive import (
    BINARY, BOOLEAN, DATE, DATE_TIME, DATE_TIME_OFFSET, DECIMAL, DOUBLE, DURATION, GEOGRAPHY_LINE_STRING, GEOGRAPHY_POINT,
    GEOGRAPHY_POLYGON, GUID, INT32, INT64, NULL, SINGLE, STRING, TIME_OF_DAY, PrimitiveType,
)  # fmt: skip
from odata_service.errors import BadRequest, NotImplementedByService

UTC = datetime.UTC
GUID_TEXT = "0b5c5b6e-0000-4000-8000-00000000000a"


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("null", NULL, None),
        ("True", BOOLEAN, True),
        ("2147483647", INT32, 2**31 - 1),
        ("+5", INT32, 5),
        ("2147483648", INT64, 2**31),
        ("9223372036854775808", DECIMAL, decimal.Decimal(2**63)),
        ("1.50", DECIMAL, decimal.Decimal("1.50")),
        ("12345678901234567890.123456789012345678", DECIMAL, decimal.Decimal("12345678901234567890.123456789012345678")),
        ("1.5e3", DOUBLE, 1500.0),
        ("INF", DOUBLE, math.inf),
        ("5L", INT64, 5),
        ("10m", DECIMAL, decimal.Decimal(10)),
        ("8.5D", DOUBLE, 8.5),
        ("8.5f", SINGLE, 8.5),
        ("'O''Neil'", STRING, "O'Neil"),
        (r'"a\"\u00e9\ud83d\ude00"', STRING, 'a"é😀'),
        (GUID_TEXT.upper(), GUID, uuid.UUID(GUID_TEXT)),
        ("2010-12-31", DATE, datetime.date(2010, 12, 31)),
        ("23:59", TIME_OF_DAY, datetime.time(23, 59)),
        ("23:59:59.1234567", TIME_OF_DAY, datetime.time(23, 59, 59, 123456)),
        ("2010-12-31T23:59Z", DATE_TIME_OFFSET, datetime.datetime(2010, 12, 31, 23, 59, tzinfo=UTC)),
        ("2011-01-01T00:30:00.5+01:00", DATE_TIME_OFFSET, datetime.datetime(2010, 12, 31, 23, 30, 0, 500000, UTC)),
        ("duration'-P1DT2H30M0.5S'", DURATION, -datetime.timedelta(days=1, hours=2, minutes=30, seconds=0.5)),
        ("binary'Zm9vYg=='", BINARY, b"foob"),
        ("binary'_-8'", BINARY, b"\xff\xef"),
        ("geography'SRID=4326;Point(1.5 -2)'", GEOGRAPHY_POINT, {"type": "Point", "coordinates": [1.5, -2.0]}),
        ("Geography'SRID=0;LineString(1 2,3 4)'", GEOGRAPHY_LINE_STRING, {"type": "LineString", "coordinates": [[1, 2], [3, 4]]}),
        ("geography'SRID=4326;Polygon((0 0,1 0,0 1,0 0))'", GEOGRAPHY_POLYGON,
         {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [0, 1], [0, 0]]]}),
    ],
)  # fmt: skip
def test_read(text: str, kind: PrimitiveType, value: object) -> None:
    assert read_literal(text) == (kind, value)


@pytest.mark.parametrize(
    "text",
    [
        "", "'", "'a'b'", "5x", "1.5L", ".5", "5.", "1e400", "1e39f", "NULL", "inf", "1_000", "0x10", " 5", "9223372036854775808L",
        "0000-01-01", "10000-01-01", "-0001-01-01", "2010-02-30", "2010-13-01", "24:00", "23:59:60", "2010-12-31T24:00Z",
        "2010-12-31T10:00", "2010-12-31T10:00+15:00", "0001-01-01T00:00+01:00", "9999-12-31T23:59-01:00",
        "duration'P1M'", "duration'P'", "duration'P1DT'", "binary'Z'", "binary'Zm9 '", "guid'" + GUID_TEXT + "'", "datetime'2010-12-31T00:00'",
        "Color'Red'", "geography'Point(1 2)'", "geography'SRID=4326;Point(1)'", "geography'SRID=4326;Circle(1 2)'", '"\\ud800"',
    ],
)  # fmt: skip
def test_refused(text: str) -> None:
    with pytest.raises(BadRequest) as caught:
        read_literal(text, "$filter", 7)
    assert (caught.value.code, caught.value.target, caught.value.at) == ("InvalidLiteral", "$filter", 7)


@pytest.mark.parametrize(
    "text", ["geometry'SRID=0;Point(1 2)'", "geography'SRID=4326;MultiPoint((1 2))'", "geography'SRID=1;Point(1 2)'"]
)
def test_known_and_not_offered(text: str) -> None:
    with pytest.raises(NotImplementedByService):
        read_literal(text)


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        (None, STRING, "null"),
        (False, BOOLEAN, "false"),
        (5, INT32, "5"),
        (2**40, INT64, "1099511627776"),
        (decimal.Decimal("1.50"), DECIMAL, "1.50"),
        (2.5e30, DOUBLE, "2.5e30"),
        (-math.inf, DOUBLE, "-INF"),
        ("O'Neil", STRING, "'O''Neil'"),
        (uuid.UUID(GUID_TEXT), GUID, GUID_TEXT),
        (b"\xff\xef", BINARY, "binary'_-8='"),
        (datetime.date(2010, 12, 31), DATE, "2010-12-31"),
        (datetime.time(7, 30, 0, 5000), TIME_OF_DAY, "07:30:00.005"),
        (datetime.datetime(2010, 12, 31, 23, 59, 59, 123456, UTC), DATE_TIME_OFFSET, "2010-12-31T23:59:59.123456Z"),
        (datetime.timedelta(hours=13, minutes=20), DURATION, "duration'PT13H20M'"),
        ({"type": "Point", "coordinates": [1.5, -2.0]}, GEOGRAPHY_POINT, "geography'SRID=4326;Point(1.5 -2.0)'"),
    ],
)
def test_write(value: object, kind: PrimitiveType, text: str) -> None:
    assert write_literal(value, kind) == text
    if value is not None:
        assert read_literal(text) == (kind, value)


def test_a_column_without_a_zone_is_a_point_in_utc() -> None:
    assert write_literal(datetime.datetime(2010, 12, 31), DATE_TIME) == "2010-12-31T00:00:00Z"
