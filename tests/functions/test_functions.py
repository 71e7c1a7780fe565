"""What the functions of V4 give, the same on every database."""

from __future__ import annotations

import time

import pytest

POINT, LINE, AREA = "geography'SRID=4326;Point", "geography'SRID=4326;LineString", "geography'SRID=4326;Polygon"
SQUARE = f"{AREA}((0 0,4 0,4 4,0 4,0 0),(1 1,2 1,2 2,1 2,1 1))'"
ALL = set("Premium Laptop Pro,Office Chair,Wireless Mouse,Coffee Mug,Gaming Mouse Ultra,Smartphone,Laptop".split(","))


@pytest.mark.parametrize("condition", [
    "now() gt CreatedAt", "now() add duration'PT1H' gt now()", "now() sub now() eq duration'PT0S'",
    "mindatetime() lt CreatedAt and CreatedAt lt maxdatetime()", "maxdatetime() add duration'P1D' eq null",
    "date(2024-01-01T00:30:00+01:00) eq 2023-12-31", "time(2024-01-01T00:30:00+01:00) eq 23:30:00",
    "fractionalseconds(2024-01-01T00:00:00.125Z) eq 0.125", "fractionalseconds(12:00:00) eq 0",
    "totaloffsetminutes(CreatedAt) eq 0", "totaloffsetminutes(null) eq null",
    "totalseconds(duration'P1DT0.5S') eq 86400.5", "totalseconds(-(duration'PT1M')) eq -60",
    "year(2024-02-29) eq 2024 and month(2024-02-29) eq 2 and day(2024-02-29) eq 29", "second(23:59:58.9) eq 58",
    "2024-02-28 add duration'P1D' eq 2024-02-29", "2024-03-01 sub 2024-02-28 eq duration'P2D'",
    "2024-01-01T00:00:00Z sub duration'PT1S' eq 2023-12-31T23:59:59Z", "duration'PT1H' mul 1.5 eq duration'PT1H30M'",
    "2 mul duration'PT1H' eq duration'PT2H'", "duration'PT1H' div 2 eq duration'PT30M'",
    "duration'PT1H' div 0 eq null", "-duration'PT1H' lt duration'PT0S'", "duration'PT1H' add duration'PT1M' eq duration'PT61M'",
    "substring('Alfred',-2) eq 'ed'", "substring('Alfred',-3,2) eq 're'", "substring('Alfred',-9) eq 'Alfred'",
    "substring('Alfred',9) eq ''", "matchesPattern('Alfreds Futterkiste','^A.*e$')", "not matchesPattern('Berglunds','^A.*e$')",
    "matchesPattern(null,'a') eq null", "cast('5',Edm.Int32) eq 5", "cast('5.5',Edm.Int32) eq null",
    "cast('300',Edm.Byte) eq null", "cast('99999999999999999999',Edm.Int64) eq null", "cast('x',Edm.Guid) eq null",
    "cast('12345678901234567890.123456789012345678',Edm.Decimal) eq 12345678901234567890.123456789012345678",
    "cast('2024-02-30',Edm.Date) eq null", "cast('2024-02-29',Edm.Date) eq 2024-02-29", "cast('TRUE',Edm.Boolean)",
    "cast('2024-01-01T00:00:00+01:00',Edm.DateTimeOffset) eq 2023-12-31T23:00:00Z", "cast('24:00',Edm.TimeOfDay) eq null",
    "cast('-P1DT2H',Edm.Duration) eq -duration'PT26H'", "cast(1.50,Edm.String) eq '1.5'", "cast(1e15,Edm.String) eq '1e+15'",
    "cast(2024-01-01T00:00:00.5Z,Edm.String) eq '2024-01-01T00:00:00.500Z'", "cast(duration'PT26H',Edm.String) eq 'P1DT2H'",
    "cast(null,Edm.Date) eq null", "cast(2024-01-01T23:00:00Z,Edm.Date) eq 2024-01-01", "isof(Price,Edm.Double)",
    "not isof(Price,Edm.String)", "5 divby 2 eq 2.5", "null add 1 eq null", "case(false:1) eq null",
    f"geo.distance({POINT}(0 0)',{POINT}(0 0)') eq 0", f"geo.distance({POINT}(0 0)',null) eq null",
    f"geo.intersects({POINT}(3 3)',{SQUARE})", f"not geo.intersects({POINT}(1.5 1.5)',{SQUARE})",
    f"geo.intersects({POINT}(4 2)',{SQUARE})", f"geo.intersects({POINT}(1 1.5)',{SQUARE})",
    f"not geo.intersects({POINT}(-1 2)',{SQUARE})", f"geo.intersects(null,{SQUARE}) eq null", "geo.length(null) eq null",
])  # fmt: skip
def test_true_of_every_product(stores, condition):
    for store in stores:
        assert set(store.names(filter=condition)) == ALL, store.service


# Metres by the geodesic of WGS 84 (Karney; Vincenty's own example of Flinders Peak and Buninyong).
@pytest.mark.parametrize("one, other, metres", [
    ("0 0", "1 0", 111_319.491), ("0 0", "0 1", 110_574.389), ("0 0", "0 90", 10_001_965.729),
    ("-73.8 40.6", "-0.5 51.6", 5_551_759.4), ("144.42486789 -37.95103342", "143.92649553 -37.65282114", 54_972.271),
    ("0 90", "0 -90", 20_003_931.459), ("0 0", "180 0", 20_003_931.459), ("179.5 0", "-179.5 0", 111_319.491),
])  # fmt: skip
def test_distances_are_right_to_half_a_percent(stores, one, other, metres):
    distance, length = f"geo.distance({POINT}({one})',{POINT}({other})')", f"geo.length({LINE}({one},{other})')"
    for found in (distance, length):
        for store in stores:
            assert store.names(filter=f"{found} ge {metres * 0.995} and {found} le {metres * 1.005}")


def test_pages_in_the_order_of_a_distance(stores):
    orders = [store.names(orderby=f"geo.distance(Location,{POINT}(-122 47)') desc,Name") for store in stores]
    assert orders[0] == orders[1]
    assert set(orders[0]) == ALL and len(orders[0]) == len(ALL) and orders[0][-1] == "Office Chair"


@pytest.mark.parametrize("condition, names", [
    ("Status eq 'InStock'", {"Coffee Mug"}),
    ("Status eq TechStore.ProductStatus'InStock'", {"Coffee Mug"}),
    ("Status eq 1", {"Coffee Mug"}),
    ("'1' eq Status", {"Coffee Mug"}),
    ("Status eq TechStore.ProductStatus'InStock,OnSale'", {"Wireless Mouse", "Gaming Mouse Ultra"}),
    ("Status in ('InStock',TechStore.ProductStatus'OnSale,InStock',null)", {"Coffee Mug", "Wireless Mouse", "Gaming Mouse Ultra"}),
    ("Status has TechStore.ProductStatus'InStock,OnSale'", {"Wireless Mouse", "Gaming Mouse Ultra", "Smartphone"}),
    ("Status has null", set()),
    ("Status has TechStore.ProductStatus'InStock' and Name eq 'Laptop' and Price gt 1", {"Laptop"}),
    ("Status eq null", set()),
    ("Status ne 'InStock'", ALL - {"Coffee Mug"}),
    ("ReleaseDate in ('2024-01-01',2024-01-15)", {"Coffee Mug", "Laptop"}),
    ("ShippingTime eq 'PT2H'", {"Wireless Mouse"}),
    ("OpenTime eq '08:15'", {"Wireless Mouse"}),
    ("ID eq '30979d5a-9353-4960-b403-cb75a5878c6c'", {"Wireless Mouse"}),
    ("Name gt 'O' and Name lt 'S'", {"Office Chair", "Premium Laptop Pro"}),
])  # fmt: skip
def test_literals(stores, condition, names):
    for store in stores:
        assert set(store.names(filter=condition)) == names


@pytest.mark.parametrize("instant", [
    "2024-01-15T10:30:00Z", "2024-01-15T10:30Z", "2024-01-15T12:30:00+02:00", "2024-01-15T00:30:00.000-10:00",
    "2024-01-16T00:15:00.0000000+13:45", "2024-01-15T10:30:00.000000000000Z",
])  # fmt: skip
def test_a_moment_is_found_in_every_spelling(stores, instant):
    for store in stores:
        assert store.names(filter=f"CreatedAt eq {instant}") == ["Laptop"]


@pytest.mark.parametrize("condition, refusal", [
    ("matchesPattern(Name,'(')", (400, "InvalidPattern")),
    ("hassubset([1,2],[1])", (501, "NotImplemented")),
    ("cast(Location,Edm.Int32) eq 1", (400, "TypeMismatch")),
    ("ReleaseDate eq '2024-13-01'", (400, "TypeMismatch")),
    ("Status eq 'Nope'", (400, "UnknownMember")),
    ("2024-01-01 add 2024-01-01 eq null", (400, "TypeMismatch")),
    ("geo.distance(Route,Area) gt 1", (400, "NoSuchSignature")),
    (f"geo.distance(Location,{POINT}(1)') gt 1", (400, "InvalidLiteral")),
])  # fmt: skip
def test_refused(stores, condition, refusal):
    for store in stores:
        assert store.refusal(condition) == refusal


def test_a_pattern_cannot_take_long(stores):
    """A pattern that backtracks without end is given up; PostgreSQL's own engine does not backtrack here, and
    MariaDB's finds nothing then."""
    sqlite, *others = stores
    evil = "matchesPattern('" + "a" * 40 + "!','^(a|a|aa)+$')"
    assert sqlite.refusal(evil) == (400, "InvalidPattern")
    assert all(store.names(filter=evil) == [] for store in others)


def test_now_is_not_kept_with_the_plan(stores):
    """The second answer comes from the same plan, later."""
    for store in stores:
        moments = []
        for _ in range(2):
            time.sleep(0.01)  # SQLite knows a moment to the millisecond
            _, answer = store.answer("Products", compute="now() as Now", select="Now", top="1")
            moments.append(answer["value"][0]["Now"])
        assert moments[0] < moments[1]
