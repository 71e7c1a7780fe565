"""V4's values: their JSON, their text, and that they come back."""

from __future__ import annotations

import base64
import datetime
import json
import math
import uuid
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odata_service.dialects.sqlite import HexGuid, TextMoment
from odata_service.edm import primitive as edm
from odata_service.edm.primitive import PrimitiveType
from odata_service.edm.temporal import write_instant
from odata_service.edm.values import type_of
from odata_service.edm.numeric import nearest_single
from odata_service.formats.columns_v4 import column_of, typed_column
from odata_service.formats.value_v4 import (
    VALUES,
    as_text,
    read_json,
    read_text,
    write_json,
    write_text,
    write_typed,
)
from odata_service.formats.read_json import read_json as read_document
from odata_service.limits import Limits

from .shop import MODEL, PRODUCT, Mood, Status

UTC = datetime.UTC
INT64 = 2**63 - 1


def read(value: object, kind: PrimitiveType) -> object:
    return VALUES[kind].read(value)


@pytest.mark.parametrize(
    "kind, value, json_text, text",
    [
        (edm.BOOLEAN, True, "true", "true"),
        (edm.BYTE, 255, "255", "255"),
        (edm.INT64, INT64, "9223372036854775807", "9223372036854775807"),
        (edm.DECIMAL, Decimal("34.95"), "34.95", "34.95"),
        (edm.DECIMAL, Decimal("1E-18"), "0.000000000000000001", "0.000000000000000001"),
        (edm.DECIMAL, Decimal("1E+3"), "1000", "1000"),
        (edm.DECIMAL, Decimal("1.50"), "1.50", "1.50"),
        (edm.DECIMAL, Decimal("NaN"), '"NaN"', "NaN"),
        (edm.DOUBLE, 3.1415926535897931, "3.141592653589793", "3.141592653589793"),
        (edm.DOUBLE, 1e300, "1e+300", "1e+300"),
        (edm.SINGLE, math.inf, '"INF"', "INF"),
        (edm.DOUBLE, -math.inf, '"-INF"', "-INF"),
        (edm.DOUBLE, math.nan, '"NaN"', "NaN"),
        (edm.STRING, 'Say "Hello",\nthen go', r'"Say \"Hello\",\nthen go"', 'Say "Hello",\nthen go'),
        (edm.DATE, datetime.date(2012, 12, 3), '"2012-12-03"', "2012-12-03"),
        (edm.DATE_TIME_OFFSET, datetime.datetime(2012, 12, 3, 7, 16, 23, tzinfo=UTC), '"2012-12-03T07:16:23Z"',
         "2012-12-03T07:16:23Z"),
        (edm.DATE_TIME, datetime.datetime(2012, 12, 3, 7, 16, 23, 500_000), '"2012-12-03T07:16:23.500Z"',
         "2012-12-03T07:16:23.500Z"),
        (edm.DURATION, datetime.timedelta(days=12, seconds=86399, microseconds=999_999), '"P12DT23H59M59.999999S"',
         "P12DT23H59M59.999999S"),
        (edm.DURATION, datetime.timedelta(days=1, hours=2, minutes=30), '"P1DT2H30M"', "P1DT2H30M"),
        (edm.TIME_OF_DAY, datetime.time(7, 59, 59, 999_000), '"07:59:59.999"', "07:59:59.999"),
        (edm.TIME_OF_DAY, datetime.time(7, 59), '"07:59:00"', "07:59:00"),
        (edm.GUID, uuid.UUID("01234567-89ab-cdef-0123-456789abcdef"), '"01234567-89ab-cdef-0123-456789abcdef"',
         "01234567-89ab-cdef-0123-456789abcdef"),
        (edm.BINARY, b"OData", '"T0RhdGE="', "T0RhdGE="),
        (edm.BINARY, b"\xfb\xff\xfe", '"-__-"', "-__-"),
        (edm.GEOGRAPHY_POINT, {"type": "Point", "coordinates": [142.1, 64.1]},
         '{"type":"Point","coordinates":[142.1,64.1]}', '{"type":"Point","coordinates":[142.1,64.1]}'),
    ],
)  # fmt: skip
def test_forms(kind: PrimitiveType, value: object, json_text: str, text: str) -> None:
    assert write_typed(value, kind) == json_text
    assert VALUES[kind].text(value) == text
    json.loads(json_text)


def test_numbers_for_javascript() -> None:
    assert write_typed(INT64, edm.INT64, ieee754=True) == '"9223372036854775807"'
    assert write_typed(Decimal("0.10"), edm.DECIMAL, ieee754=True) == '"0.10"'
    assert write_typed(5, edm.INT32, ieee754=True) == "5"
    assert write_typed(None, edm.INT64, ieee754=True) == "null"


STORABLE = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
INSTANTS = st.datetimes(min_value=datetime.datetime(1, 1, 3), max_value=datetime.datetime(9999, 12, 29))
VALUES_OF: dict[PrimitiveType, st.SearchStrategy[Any]] = {
    edm.BOOLEAN: st.booleans(),
    edm.BYTE: st.integers(0, 255),
    edm.SBYTE: st.integers(-128, 127),
    edm.INT16: st.integers(-(2**15), 2**15 - 1),
    edm.INT32: st.integers(-(2**31), 2**31 - 1),
    edm.INT64: st.integers(-(2**63), INT64),
    edm.DECIMAL: st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**20), max_value=10**20, places=18),
    edm.SINGLE: st.floats(width=32, allow_nan=False).map(
        lambda number: nearest_single(number) if math.isfinite(number) else number
    ),
    edm.DOUBLE: st.floats(allow_nan=False),
    edm.STRING: STORABLE,
    edm.GUID: st.uuids(),
    edm.BINARY: st.binary(max_size=40),
    edm.DATE: st.dates(),
    edm.TIME_OF_DAY: st.times(),
    edm.DURATION: st.timedeltas(),
    edm.DATE_TIME: INSTANTS,
    edm.DATE_TIME_OFFSET: st.datetimes(timezones=st.just(UTC)),
}


@pytest.mark.parametrize("kind", VALUES_OF, ids=str)
@given(data=st.data())
def test_every_value_comes_back(kind: PrimitiveType, data: st.DataObject) -> None:
    value = data.draw(VALUES_OF[kind])
    for ieee754 in (False, True):
        document = f'{{"v":{write_typed(value, kind, ieee754=ieee754)}}}'.encode()
        sent = read_document(document, None, Limits())
        assert isinstance(sent, dict)
        assert read(sent["v"], kind) == value


@pytest.mark.parametrize("kind", VALUES_OF, ids=str)
@given(data=st.data())
def test_a_column_is_written_as_its_values_are(kind: PrimitiveType, data: st.DataObject) -> None:
    values = data.draw(
        st.lists(st.none() | VALUES_OF[kind] | st.just(math.nan if kind is edm.DOUBLE else None), max_size=12)
    )
    for ieee754 in (False, True):
        column = list(typed_column(kind, None, ieee754=ieee754)(values))
        assert column == [write_typed(value, kind, ieee754=ieee754) for value in values]


@given(st.lists(st.none() | INSTANTS, max_size=12))
def test_dates_that_sqlite_keeps_as_text(moments: list[datetime.datetime | None]) -> None:
    stored = [None if moment is None else moment.isoformat(" ", "microseconds") for moment in moments]
    shown = ["null" if moment is None else f'"{write_instant(moment)}Z"' for moment in moments]
    for kind, aware in ((edm.DATE_TIME, False), (edm.DATE_TIME_OFFSET, True)):
        assert list(typed_column(kind, TextMoment(aware))(stored)) == shown


def test_text_that_is_no_date_is_not_copied_into_the_document() -> None:
    with pytest.raises(ValueError, match="isoformat"):
        list(typed_column(edm.DATE_TIME, TextMoment(False))(['2010-12-31 23:59:59.0000"}']))


@given(st.lists(st.uuids(), max_size=12))
def test_guids_that_sqlite_keeps_as_digits(guids: list[uuid.UUID]) -> None:
    column = typed_column(edm.GUID, HexGuid(lambda value: uuid.UUID(str(value))))
    assert list(column([guid.hex for guid in guids])) == [f'"{guid}"' for guid in guids]


@pytest.mark.parametrize(
    "kind, sent, value",
    [
        (edm.INT64, "7", 7),
        (edm.INT64, "9007199254740993", 9007199254740993),
        (edm.INT32, Decimal("7.0"), 7),
        (edm.DOUBLE, 7, 7.0),
        (edm.DOUBLE, "3.2", 3.2),
        (edm.DOUBLE, "INF", math.inf),
        (edm.DECIMAL, "0.10", Decimal("0.10")),
        (edm.DECIMAL, Decimal("1E-3"), Decimal("0.001")),
        (edm.DATE_TIME_OFFSET, "2024-05-06T01:02:03.4560000Z", datetime.datetime(2024, 5, 6, 1, 2, 3, 456_000, UTC)),
        (edm.DATE_TIME_OFFSET, "2026-11-20T20:47:49.044448+00:00",
         datetime.datetime(2026, 11, 20, 20, 47, 49, 44_448, UTC)),
        (edm.DATE_TIME_OFFSET, "2024-05-06T03:02:03+02:00", datetime.datetime(2024, 5, 6, 1, 2, 3, 0, UTC)),
        (edm.DATE_TIME, "2024-05-06T03:02:03+02:00", datetime.datetime(2024, 5, 6, 1, 2, 3)),
        (edm.DATE, "2024-05-06", datetime.date(2024, 5, 6)),
        (edm.DATE, "2024-05-06T00:00:00Z", datetime.date(2024, 5, 6)),
        (edm.TIME_OF_DAY, "13:20", datetime.time(13, 20)),
        (edm.TIME_OF_DAY, "13:20:00.1230000", datetime.time(13, 20, 0, 123_000)),
        (edm.DURATION, "PT36H", datetime.timedelta(hours=36)),
        (edm.BINARY, "T0RhdGE", b"OData"),
        (edm.BINARY, "+//+", b"\xfb\xff\xfe"),
        (edm.GUID, str(uuid.UUID(int=0xABC)).upper(), uuid.UUID(int=0xABC)),
        (edm.GEOGRAPHY_POINT, {"coordinates": [1, 2], "type": "Point",
                               "crs": {"type": "name", "properties": {"name": "EPSG:4326"}}},
         {"type": "Point", "coordinates": [1.0, 2.0]}),
    ],
)  # fmt: skip
def test_what_clients_send(kind: PrimitiveType, sent: object, value: object) -> None:
    assert read(sent, kind) == value


@pytest.mark.parametrize(
    "kind, sent, words",
    [
        (edm.BOOLEAN, "true", "expected true or false"),
        (edm.BYTE, 256, "out of range"),
        (edm.INT32, 1.5, "expected a whole number"),
        (edm.INT32, True, "expected a whole number"),
        (edm.INT64, "9223372036854775808", "out of range"),
        (edm.DECIMAL, "1,5", "expected a decimal"),
        (edm.DOUBLE, "Infinity", "expected a number"),
        (edm.STRING, 5, "expected a string"),
        (edm.DATE, "2024-02-30", "is not a date"),
        (edm.DATE, "2024-05-06T10:00:00Z", "time of day"),
        (edm.DATE_TIME_OFFSET, "/Date(0)/", "is not a date and time"),
        (edm.DATE_TIME_OFFSET, 5, "expected a date and time"),
        (edm.DATE_TIME_OFFSET, "0001-01-01T00:00:00+14:00", "out of range"),
        (edm.TIME_OF_DAY, "25:00:00", "is not a time of day"),
        (edm.DURATION, "P1Y", "is not a duration"),
        (edm.BINARY, "*", "not base64url"),
        (edm.GUID, "x", "expected a Guid"),
        (edm.GEOGRAPHY_POINT, {"type": "Polygon", "coordinates": []}, "expected GeoJSON"),
        (edm.GEOGRAPHY_POINT, {"type": "Point", "coordinates": [1]}, "a position is"),
        (edm.GEOGRAPHY_POINT, {"type": "Point", "coordinates": [1, "2"]}, "a coordinate is a number"),
        (edm.GEOGRAPHY_POINT, {"type": "Point", "coordinates": [1, Decimal("1E400")]}, "out of range"),
        (edm.GEOGRAPHY_POLYGON, {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [0, 0]]]}, "four positions"),
        (edm.GEOGRAPHY_LINE_STRING, {"type": "LineString", "coordinates": [[0, 0]]}, "two positions"),
    ],
)  # fmt: skip
def test_what_is_refused(kind: PrimitiveType, sent: object, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read(sent, kind)


class TestEnumerations:
    status, mood = PRODUCT.properties["Status"], PRODUCT.properties["Mood"]

    @pytest.mark.parametrize(
        "number, text",
        [(0, "Nothing"), (1, "InStock"), (3, "InStock,OnSale"), (7, "InStock,OnSale,Discontinued"), (8, "8"), (9, "9")],
    )
    def test_written(self, number: int, text: str) -> None:
        assert write_json(number, self.status) == f'"{text}"'
        assert write_text(number, self.status) == text
        assert list(column_of(self.status, None, ieee754=False)([number, None])) == [f'"{text}"', "null"]

    def test_members_of_python(self) -> None:
        assert write_json(Status.InStock | Status.OnSale, self.status) == '"InStock,OnSale"'
        assert write_json(Mood.Sad, self.mood) == '"Sad"'
        assert write_json(5, self.mood) == '"5"'

    @pytest.mark.parametrize(
        "sent, number",
        [("InStock", 1), ("InStock,OnSale", 3), ("OnSale, InStock", 3), (1, 1), ("1", 1), ("Nothing", 0), (0, 0)],
    )
    def test_read(self, sent: object, number: int) -> None:
        assert read_json(sent, self.status) == number

    @pytest.mark.parametrize(
        "sent, words",
        [("Instock", "did you mean 'InStock'"), (8, "has no member 8"), (-1, "has no member"), (True, "expected the name"),
         (Decimal("1.5"), "expected the name"), ("", "has no member"), (2**40, "out of range"), ("1,", "has no member")],
    )  # fmt: skip
    def test_refused(self, sent: object, words: str) -> None:
        with pytest.raises(ValueError, match=words):
            read_json(sent, self.status)

    def test_only_flags_go_together(self) -> None:
        with pytest.raises(ValueError, match="takes one member"):
            read_json("Sad,Happy", self.mood)
        assert read_json("Sad", self.mood) == read_json(-1, self.mood) == read_json("-1", self.mood) == -1


def test_facets() -> None:
    with pytest.raises(ValueError, match="at most 20"):
        read_json("x" * 21, PRODUCT.properties["Name"])
    with pytest.raises(ValueError, match="more than 4 digits after"):
        read_json("1.00001", PRODUCT.properties["Price"])
    with pytest.raises(ValueError, match="cannot be null"):
        read_json(None, PRODUCT.properties["Name"])
    assert read_json(None, PRODUCT.properties["Price"]) is None


@pytest.mark.parametrize(
    "name, text, value",
    [
        ("Name", "Net", "Net"),
        ("Fragile", "true", True),
        ("Stock", "5", 5),
        ("Status", "InStock", 1),
        ("Place", '{"type":"Point","coordinates":[1,2]}', {"type": "Point", "coordinates": [1.0, 2.0]}),
    ],
)
def test_values_alone_in_a_body(name: str, text: str, value: object) -> None:
    assert read_text(text, PRODUCT.properties[name]) == value


@given(st.uuids(), st.integers(-(2**63), INT64), STORABLE.filter(lambda text: 0 < len(text) <= 10))
def test_values_of_addresses_are_read_as_values_of_bodies(guid: uuid.UUID, number: int, code: str) -> None:
    order, code_property = MODEL.types["Line"].key
    for value, declared in ((guid, PRODUCT.properties["ID"]), (number, order), (code, code_property)):
        assert read_json(as_text(value, declared), declared) == value


def test_types_of_dynamic_values() -> None:
    assert [type_of(value).name for value in (True, 1, 1.0, datetime.datetime(2010, 1, 1), b"")] == [
        "Edm.Boolean", "Edm.Int64", "Edm.Double", "Edm.DateTimeOffset", "Edm.Binary",
    ]  # fmt: skip


@given(st.binary())
def test_binary_is_what_every_base64url_reader_reads(data: bytes) -> None:
    assert base64.urlsafe_b64decode(json.loads(write_typed(data, edm.BINARY))) == data
