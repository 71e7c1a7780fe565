"""Every primitive value that is written is read back and compared."""

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

from odata_service.edm import primitive as edm
from odata_service.edm.literal_v2 import write_literal
from odata_service.edm.model import Property
from odata_service.edm.primitive import PRIMITIVES, PrimitiveType
from odata_service.edm.numeric import nearest_single
from odata_service.formats import value_v2
from odata_service.formats.columns_v2 import LITERALS_OF_JSON, column_of

UTC = datetime.UTC
MINUTE = datetime.timedelta(minutes=1)
EARLY, LATE = datetime.datetime(1, 1, 1), datetime.datetime(9999, 12, 31, 23, 59, 59, 999_000)
_TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
_MILLISECONDS = st.datetimes(EARLY, LATE).map(
    lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000)
)

VALUES: dict[PrimitiveType, st.SearchStrategy[Any]] = {
    edm.BOOLEAN: st.booleans(),
    **{kind: st.integers(kind.low, kind.high) for kind in (edm.BYTE, edm.SBYTE, edm.INT16, edm.INT32, edm.INT64)},
    edm.DECIMAL: st.decimals(allow_nan=False, allow_infinity=False, places=8, min_value=-(10**20), max_value=10**20),
    edm.SINGLE: st.floats(width=32, allow_nan=False).map(lambda number: nearest_single(number) if math.isfinite(number) else number),
    edm.DOUBLE: st.floats(allow_nan=False),
    edm.STRING: _TEXTS,
    edm.GUID: st.uuids(),
    edm.BINARY: st.binary(),
    edm.DATE: st.dates(),
    edm.TIME_OF_DAY: st.times(),
    edm.DURATION: st.timedeltas(),
    edm.DATE_TIME_OFFSET: _MILLISECONDS.map(lambda moment: moment.replace(tzinfo=UTC)),
    edm.DATE_TIME: _MILLISECONDS,
}  # fmt: skip
IN_V2 = [kind for kind in PRIMITIVES if kind.v2]


def declared(kind: PrimitiveType, **facets: Any) -> Property:
    return Property("P", kind, "P", None, **facets)  # type: ignore[arg-type]  # no column is looked at


def test_every_type_of_v2_has_a_row() -> None:
    assert set(VALUES) == set(value_v2.VALUES) == set(IN_V2)


@pytest.mark.parametrize("kind", IN_V2, ids=lambda kind: kind.name)
def test_what_is_written_is_read_back(kind: PrimitiveType) -> None:
    @given(VALUES[kind])
    def round_trip(value: object) -> None:
        document = json.loads(value_v2.write_json(value, kind), parse_float=Decimal)
        assert value_v2.read_json(document, declared(kind)) == value

    round_trip()


@pytest.mark.parametrize("kind", [kind for kind in IN_V2 if kind is not edm.BINARY], ids=lambda kind: kind.name)
def test_text_is_read_back(kind: PrimitiveType) -> None:
    @given(VALUES[kind])
    def round_trip(value: object) -> None:
        assert value_v2.read_text(value_v2.write_text(value, kind), declared(kind)) == value

    round_trip()


@pytest.mark.parametrize("kind", IN_V2, ids=lambda kind: kind.name)
def test_a_column_is_written_as_its_values_are(kind: PrimitiveType) -> None:
    @given(st.lists(st.none() | VALUES[kind], max_size=20))
    def same(values: list[object]) -> None:
        assert list(column_of(kind, None)(values)) == [value_v2.write_json(value, kind) for value in values]

    same()


@given(st.lists(st.none() | st.uuids(), max_size=20))
def test_a_column_of_sqlite_guids(values: list[uuid.UUID | None]) -> None:
    def decode(digits: object) -> uuid.UUID:
        return uuid.UUID(str(digits))

    decode.raw = "hex-guid"  # type: ignore[attr-defined]
    driver = [None if value is None else value.hex.upper() for value in values]
    assert list(column_of(edm.GUID, decode)(driver)) == [value_v2.write_json(value, edm.GUID) for value in values]


def test_a_column_with_something_unexpected_is_decoded_value_by_value() -> None:
    def decode(text: object) -> datetime.datetime:
        return datetime.datetime(1970, 1, 1) if text == "epoch" else datetime.datetime.fromisoformat(str(text))

    decode.raw = "text-moment"  # type: ignore[attr-defined]
    assert list(column_of(edm.DATE_TIME, decode)(["epoch", "1970-01-01 00:00:01"])) == [
        r'"\/Date(0)\/"',
        r'"\/Date(1000)\/"',
    ]


@pytest.mark.parametrize("damaged", ["x" * 32, '0" , "x": "0123456789abcdef01234', " " * 32, "0" * 31, "0" * 33])
def test_what_is_no_guid_does_not_get_into_the_document(damaged: str) -> None:
    def decode(digits: object) -> uuid.UUID:
        return uuid.UUID(str(digits))

    decode.raw = "hex-guid"  # type: ignore[attr-defined]
    with pytest.raises(ValueError, match="badly formed|invalid literal"):
        list(column_of(edm.GUID, decode)(["0" * 32, damaged]))


@pytest.mark.parametrize("kind", LITERALS_OF_JSON, ids=lambda kind: kind.name)
def test_literals_made_of_json(kind: PrimitiveType) -> None:
    literal = LITERALS_OF_JSON[kind]

    @given(VALUES[kind])
    def same(value: object) -> None:
        (inner,) = literal.inner([value_v2.write_json(value, kind)])
        assert f"{literal.before}{inner}{literal.after}" == write_literal(value, kind)

    same()


@pytest.mark.parametrize(
    "kind, value, text",
    [
        (edm.INT64, 2**53 + 1, '"9007199254740993"'),
        (edm.DECIMAL, Decimal("18.0000"), '"18.0000"'),
        (edm.DECIMAL, Decimal("1E+2"), '"100"'),
        (edm.DECIMAL, Decimal("1E-7"), '"0.0000001"'),
        (edm.DECIMAL, 0.1, '"0.1"'),
        (edm.DOUBLE, 8.5, "8.5"),
        (edm.DOUBLE, 3, "3.0"),
        (edm.DOUBLE, math.nan, '"NaN"'),
        (edm.DOUBLE, -math.inf, '"-INF"'),
        (edm.SINGLE, math.inf, '"INF"'),
        (edm.GUID, uuid.UUID(int=0xABC << 116), '"abc00000-0000-0000-0000-000000000000"'),
        (edm.BINARY, b"\x00\xff", '"AP8="'),
        (edm.DATE_TIME, datetime.datetime(1753, 1, 1), r'"\/Date(-6847804800000)\/"'),
        (edm.DATE_TIME, datetime.datetime(1969, 12, 31, 23, 59, 59, 999_999), r'"\/Date(-1)\/"'),
        (
            edm.DATE_TIME_OFFSET,
            datetime.datetime(1970, 1, 1, 1, tzinfo=datetime.timezone(60 * MINUTE)),
            r'"\/Date(0+0000)\/"',
        ),
        (edm.DATE, datetime.date(2010, 12, 31), r'"\/Date(1293753600000)\/"'),
        (edm.TIME_OF_DAY, datetime.time(13, 20), '"PT13H20M"'),
        (edm.DURATION, datetime.timedelta(hours=13, minutes=20), '"PT13H20M"'),
        (edm.STRING, "a/b\n<é>\U0001f600", r'"a/b\n<\u00e9>\ud83d\ude00"'),
        (edm.STRING, None, "null"),
    ],
)
def test_json(kind: PrimitiveType, value: object, text: str) -> None:
    assert value_v2.write_json(value, kind) == text


@pytest.mark.parametrize(
    "kind, sent, value",
    [
        (edm.INT32, 3, 3),
        (edm.INT32, "3", 3),
        (edm.INT32, Decimal("3.0"), 3),
        (edm.INT32, Decimal("3E+2"), 300),
        (edm.INT64, "9007199254740993", 2**53 + 1),
        (edm.DECIMAL, "3.20", Decimal("3.20")),
        (edm.DECIMAL, Decimal("3.20"), Decimal("3.20")),
        (edm.DECIMAL, 3, Decimal(3)),
        (edm.DOUBLE, "8.500000E+00", 8.5),
        (edm.DOUBLE, 3, 3.0),
        (edm.DOUBLE, "INF", math.inf),
        (edm.SINGLE, Decimal("0.5"), 0.5),
        (edm.GUID, "00000000-0000-0000-0000-00000000000A", uuid.UUID(int=10)),
        (edm.DATE_TIME, "/Date(1714953600000)/", datetime.datetime(2024, 5, 6)),
        (edm.DATE_TIME, r"\/Date(1714953600000)\/", datetime.datetime(2024, 5, 6)),
        (edm.DATE_TIME, "/Date(3600000+0060)/", datetime.datetime(1970, 1, 1)),
        (edm.DATE_TIME, "/Date(-3600000-60)/", datetime.datetime(1970, 1, 1)),
        (edm.DATE_TIME, "2026-11-20T20:32:37.071", datetime.datetime(2026, 11, 20, 20, 32, 37, 71_000)),
        (edm.DATE_TIME, "2026-11-20T20:32:37Z", datetime.datetime(2026, 11, 20, 20, 32, 37)),
        (edm.DATE_TIME, "2026-11-20T20:32:37+01:00", datetime.datetime(2026, 11, 20, 19, 32, 37)),
        (edm.DATE_TIME, "2026-11-20", datetime.datetime(2026, 11, 20)),
        (edm.DATE_TIME_OFFSET, "/Date(3600000+0060)/", datetime.datetime(1970, 1, 1, tzinfo=UTC)),
        (edm.DATE_TIME_OFFSET, "1970-01-01T00:00:00", datetime.datetime(1970, 1, 1, tzinfo=UTC)),
        (edm.DATE, "/Date(1714953600000)/", datetime.date(2024, 5, 6)),
        (edm.TIME_OF_DAY, "PT13H20M", datetime.time(13, 20)),
        (edm.TIME_OF_DAY, "13:20:00", datetime.time(13, 20)),
        (edm.DURATION, "P00DT01H02M03S", datetime.timedelta(hours=1, minutes=2, seconds=3)),
        (edm.BINARY, base64.b64encode(b"x").decode(), b"x"),
    ],
)
def test_what_clients_send(kind: PrimitiveType, sent: object, value: object) -> None:
    assert value_v2.read_json(sent, declared(kind)) == value


@pytest.mark.parametrize(
    "kind, sent, reason",
    [
        (edm.BOOLEAN, "true", "expected true or false, not 'true'"),
        (edm.BOOLEAN, 1, "expected true or false, not 1"),
        (edm.BYTE, 256, "256 is out of range: 0 to 255"),
        (edm.BYTE, -1, "-1 is out of range: 0 to 255"),
        (edm.INT32, 2**31, "2147483648 is out of range: -2147483648 to 2147483647"),
        (edm.INT32, True, "expected a whole number, not true"),
        (edm.INT32, Decimal("3.5"), "expected a whole number, not 3.5"),
        (edm.INT32, Decimal("1E+999999999"), "1E+999999999 is out of range: -2147483648 to 2147483647"),
        (edm.INT32, "٣", "expected a whole number, not '٣'"),
        (edm.INT32, {}, "expected a whole number, not an object"),
        (edm.INT32, "9" * 5000, "expected a whole number, not '" + "9" * 59 + "…"),
        (edm.DECIMAL, "NaN", "expected a decimal number, not 'NaN'"),
        (edm.DECIMAL, "1,5", "expected a decimal number, not '1,5'"),
        (edm.DECIMAL, Decimal("1E+999999"), "1E+999999 has too many digits"),
        (edm.DECIMAL, Decimal("1E-999999"), "1E-999999 has too many digits"),
        (edm.DOUBLE, Decimal("1E+400"), "1E+400 is out of range"),
        (edm.DOUBLE, "Infinity", "expected a number, not 'Infinity'"),
        (edm.SINGLE, Decimal("1E+39"), "1E+39 is out of range"),
        (edm.STRING, 5, "expected a string, not 5"),
        (edm.STRING, "\0", "the text has a character that cannot be stored: U+0000 or half of a surrogate pair"),
        (edm.STRING, "\ud800", "the text has a character that cannot be stored: U+0000 or half of a surrogate pair"),
        (edm.GUID, "{x}", "expected a Guid as dddddddd-dddd-dddd-dddd-dddddddddddd, not '{x}'"),
        (edm.GUID, 5, "expected a Guid as dddddddd-dddd-dddd-dddd-dddddddddddd, not 5"),
        (edm.BINARY, "a", "'a' is not base64 text"),
        (edm.BINARY, "é", "'é' is not base64 text"),
        (edm.DATE_TIME, 5, "expected a date as /Date(0)/ or 1970-01-01T00:00:00, not 5"),
        (edm.DATE_TIME, "/Date(99999999999999999)/", "'/Date(99999999999999999)/' is not a date: it is out of range"),
        (edm.DATE_TIME, "2010-02-30", "'2010-02-30' is not a date: day is out of range for month"),
        (edm.DATE_TIME, "yesterday", "'yesterday' is not a date: a date and time is written as 2010-12-31T23:59:59"),
        (edm.TIME_OF_DAY, "PT24H", "'PT24H' is not a time of day: it is not between PT0S and PT24H"),
        (edm.TIME_OF_DAY, "-PT1S", "'-PT1S' is not a time of day: it is not between PT0S and PT24H"),
        (edm.DURATION, 5, "expected a duration as PT13H20M, not 5"),
    ],
)
def test_what_is_refused(kind: PrimitiveType, sent: object, reason: str) -> None:
    with pytest.raises(ValueError) as refusal:  # noqa: PT011  # the message is what is compared
        value_v2.read_json(sent, declared(kind))
    assert str(refusal.value) == reason


@pytest.mark.parametrize(
    "of, sent, reason",
    [
        (declared(edm.STRING, nullable=False), None, "cannot be null"),
        (declared(edm.STRING, max_length=2), "abc", "has 3 characters, and at most 2 fit"),
        (declared(edm.BINARY, max_length=1), "AP8=", "has 2 bytes, and at most 1 fit"),
        (declared(edm.DECIMAL, precision=5, scale=2), "1.555", "1.555 has more than 2 digits after the point"),
        (declared(edm.DECIMAL, precision=5, scale=2), "1000", "1000 has more than 3 digits before the point"),
        (declared(edm.DECIMAL, precision=5), "100000", "100000 has more than 5 digits before the point"),
    ],
)
def test_facets(of: Property, sent: object, reason: str) -> None:
    with pytest.raises(ValueError) as refusal:  # noqa: PT011  # the message is what is compared
        value_v2.read_json(sent, of)
    assert str(refusal.value) == reason


@pytest.mark.parametrize("sent", ["999.99", "-999.99", "1.50000", "0.00", "000999.9"])
def test_decimals_that_fit(sent: str) -> None:
    assert value_v2.read_json(sent, declared(edm.DECIMAL, precision=5, scale=2)) == Decimal(sent)


@given(st.none() | st.booleans() | st.integers() | st.decimals() | st.text() | st.lists(st.none()) | st.just({}))
def test_anything_else_is_refused_in_one_way(sent: object) -> None:
    for kind in IN_V2:
        try:
            value = value_v2.read_json(sent, declared(kind, max_length=10, precision=10, scale=2))
        except ValueError:
            continue
        assert value is None or isinstance(value, kind.python)
