"""Values of every primitive type at their extremes: assigned in Python, sent, read again, found by themselves, as keys."""

from __future__ import annotations

import math
import uuid
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from odata_service import ODataService
from odata_service.client import ODataClient
from tests.types_v4 import extremes

WIDE, FINE = Decimal("99999999999999999999.999999999999999999"), Decimal("12345678901234567890.123456789012345678")
FIRST, LAST = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC)
POINT = {"type": "Point", "coordinates": [-122.5, 47.25]}
LINE = {"type": "LineString", "coordinates": [[-180.0, -90.0], [180.0, 90.0]]}
POLYGON = {"type": "Polygon", "coordinates": [[[0.0, 0.0], [1.0, 0.0], [0.0, 1.5], [0.0, 0.0]]]}

VALUES: list[tuple[str, Any]] = [
    ("Boolean", True),
    ("Boolean", False),
    ("Byte", 0),
    ("Byte", 255),
    ("SByte", -128),
    ("SByte", 127),
    ("Int16", -(2**15)),
    ("Int16", 2**15 - 1),
    ("Int32", -(2**31)),
    ("Int32", 2**31 - 1),
    ("Int64", -(2**63)),
    ("Int64", 2**63 - 1),
    ("Int64", 2**53 + 1),
    ("Decimal", WIDE),
    ("Decimal", WIDE.copy_negate()),
    ("Decimal", FINE),
    ("Decimal", Decimal("1E-18")),
    ("Money", Decimal("99999999.99")),
    ("Money", Decimal("-0.01")),
    ("Single", 0.1),
    ("Single", 3.4028235e38),
    ("Single", 1e-45),
    ("Single", math.inf),
    ("Double", 0.1),
    ("Double", 1.7976931348623157e308),
    ("Double", 5e-324),
    ("Double", -math.inf),
    ("String", ""),
    ("String", " it's \\ a/b?#%&+;=,() "),
    ("String", '\x01\n\t"ü\U0001f600'),
    ("Guid", uuid.UUID(int=0)),
    ("Guid", uuid.UUID(int=2**128 - 1)),
    ("Binary", b""),
    ("Binary", bytes(range(256))),
    ("Duration", timedelta(0)),
    ("Duration", timedelta(days=-1, microseconds=1)),
    ("Duration", timedelta(days=9999, hours=23, minutes=59, seconds=59, microseconds=999_999)),
    ("DateTimeOffset", FIRST),
    ("DateTimeOffset", LAST),
    ("DateTimeOffset", datetime(1969, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC)),
    ("Local", FIRST),
    ("Local", LAST),
]
V4_ONLY: list[tuple[str, Any]] = [
    ("Date", date.min),
    ("Date", date.max),
    ("TimeOfDay", time()),
    ("TimeOfDay", time.max),
    ("DateTimeOffset", datetime(2024, 2, 29, 12, 0, 0, 1, tzinfo=UTC)),
    ("Local", datetime.max.replace(tzinfo=UTC)),
    ("Point", POINT),
    ("Line", LINE),
    ("Polygon", POLYGON),
]
V2_ONLY: list[tuple[str, Any]] = [
    ("Date", FIRST),
    ("Date", LAST.replace(hour=0, minute=0, second=0, microsecond=0)),
    ("TimeOfDay", timedelta(hours=23, minutes=59, seconds=59, microseconds=999_999)),
]
NOT_COMPARED = {"Point", "Line", "Polygon"}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> ODataService:
    engine = create_engine(f"sqlite:///{tmp_path_factory.mktemp('values')}/values.db")
    extremes.Base.metadata.create_all(engine)
    with Session(engine) as session, session.begin():
        extremes.fill(session)
    return extremes.configured(ODataService(extremes.Base, engine, namespace="Types"))


CASES = [
    *((version, name, value) for version in ("v4", "v2") for name, value in VALUES),
    *(("v4", name, value) for name, value in V4_ONLY),
    *(("v2", name, value) for name, value in V2_ONLY),
]


@pytest.mark.parametrize("version, name, value", CASES, ids=lambda each: str(each)[:30])
def test_there_and_back(clients, version, name, value):
    client = clients[version]
    entity = client.Values[0]
    entity[name] = value
    client.save(entity)
    read = client.Values[0]
    assert read[name] == value
    assert type(read[name]) is type(value)
    if name not in NOT_COMPARED:
        values = client.Values
        assert values.where(values.member(name) == value).count() == 1
        assert values.where(values.member(name) != value).count() == 0
    read[name] = None
    client.save(read)
    assert client.Values.where(client.Values.member(name) == None).count() == 1  # noqa: E711


@pytest.mark.parametrize("version", ["v4", "v2"])
@pytest.mark.parametrize("name", ["Single", "Double"])
def test_what_is_no_number_stays_none(clients, version, name):
    """SQLite has no NaN: the service refuses it, and says so."""
    client = clients[version]
    entity = client.Values[0]
    entity[name] = math.nan
    assert math.isnan(entity[name])
    with pytest.raises(Exception, match="NaN"):
        client.save(entity)


@pytest.mark.parametrize("version", ["v4", "v2"])
@pytest.mark.parametrize(
    "name, value",
    [case for case in VALUES if case[0] in extremes.KEYS and case[1] != ""],
    ids=lambda each: str(each)[:30],
)
def test_as_a_key(clients, version, name, value):
    by_key = clients[version][f"By{name}"]
    made = by_key.create(Key=value, Name="x")
    assert made.Key == value
    assert by_key[value].Name == "x"
    by_key.update(value, Name="y")
    assert by_key[value].Name == "y"
    assert clients[version]._spelling.key_of(made._address, by_key._kind.key) == value
    by_key.delete(value)
    assert by_key.get(value) is None


def test_an_enumeration(clients):
    """V2 has none, and sees numbers."""
    v4, v2 = clients["v4"], clients["v2"]
    access = v4.types.Access
    entity = v4.Values[0]
    entity.Access = access.Read | access.Write
    v4.save(entity)
    assert v4.Values[0].Access is access.Both
    assert v2.Values[0].Access == 3
    values = v4.Values
    assert [each.ID for each in values.where(values.Access.has(access.Read), values.Access == "Both")] == [0]
    entity.Access = "Write"
    assert entity.Access is access.Write
    with pytest.raises(ValueError, match="no member 'Wirte'"):
        entity.Access = "Wirte"


@pytest.mark.parametrize(
    "name, value, error",
    [
        ("Byte", 256, "256 is out of range for Edm.Byte: 0 to 255"),
        ("Int32", 2**31, "out of range"),
        ("Int32", True, "True is no value of Edm.Int32"),
        ("Int32", 1.5, "1.5 is no value of Edm.Int32"),
        ("Single", 1e39, "out of range"),
        ("Guid", "no", "badly formed"),
        ("Binary", "text", "no value of Edm.Binary"),
        ("Date", "2024-01-01", "no value of Edm.Date"),
    ],
)
def test_what_is_no_value_is_refused_where_it_is_assigned(clients, name, value, error):
    entity = clients["v4"].Values[0]
    with pytest.raises((TypeError, ValueError), match=f"Value.{name}: .*{error}"):
        entity[name] = value


@pytest.mark.parametrize("version", ["v4", "v2"])
def test_what_is_as_good_as_a_value(clients, version):
    client = clients[version]
    entity = client.Values[0]
    entity.Decimal, entity.Double, entity.Guid = 5, 5, str(uuid.UUID(int=5))
    entity.DateTimeOffset = datetime(2024, 1, 1, 1, tzinfo=timezone(timedelta(hours=1)))
    entity.Local = date(2024, 1, 1)
    assert (entity.Decimal, entity.Double, entity.Guid) == (Decimal(5), 5.0, uuid.UUID(int=5))
    client.save(entity)
    read = client.Values[0]
    assert read.DateTimeOffset == read.Local == datetime(2024, 1, 1, tzinfo=UTC)
    values = client.Values
    fit = values.where(
        values.Int32 == None,  # noqa: E711
        values.Decimal < 5.5,
        values.Double > Decimal("4.5"),
        values.Local == date(2024, 1, 1),
        values.DateTimeOffset < datetime(2024, 1, 1, 0, 0, 1, tzinfo=UTC),
    )
    assert [each.ID for each in fit] == [0]


@pytest.fixture(scope="module")
def clients(service: ODataService) -> dict[str, ODataClient]:
    return {version: ODataClient(service, version) for version in ("v4", "v2")}
