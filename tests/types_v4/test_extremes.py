"""Every primitive type at its extremes: written, read, written back as it was read, found by its own value, as a key."""

import json
from urllib.parse import quote

import pytest
from sqlalchemy import create_engine

from odata_service import ODataService
from tests.delta.client import ClientV4
from tests.types_v4 import extremes
from tests.types_v4.conftest import refill

WIDE = "99999999999999999999.999999999999999999"
FINE = "12345678901234567890.123456789012345678"
# The type; the JSON that is sent; the JSON that comes back, where it is another; the literal.
VALUES = [
    ("Boolean",        "true",                              None, "true"),
    ("Boolean",        "false",                             None, "false"),
    ("Byte",           "0",                                 None, "0"),
    ("Byte",           "255",                               None, "255"),
    ("SByte",          "-128",                              None, "-128"),
    ("SByte",          "127",                               None, "127"),
    ("Int16",          "-32768",                            None, "-32768"),
    ("Int16",          "32767",                             None, "32767"),
    ("Int32",          "-2147483648",                       None, "-2147483648"),
    ("Int32",          "2147483647",                        None, "2147483647"),
    ("Int64",          "-9223372036854775808",              None, "-9223372036854775808"),
    ("Int64",          "9223372036854775807",               None, "9223372036854775807"),
    ("Int64",          '"9223372036854775806"',             "9223372036854775806", "9223372036854775806"),
    ("Decimal",        FINE,                                None, FINE),
    ("Decimal",        WIDE,                                None, WIDE),
    ("Decimal",        f"-{WIDE}",                          None, f"-{WIDE}"),
    ("Decimal",        "0.000000000000000001",              None, "0.000000000000000001"),
    ("Decimal",        "1e-18",                             "0.000000000000000001", "1e-18"),
    ("Decimal",        '"12.5"',                            "12.500000000000000000", "12.50"),
    ("Money",          "99999999.99",                       None, "99999999.99"),
    ("Money",          "-0.01",                             None, "-0.01"),
    ("Single",         "0.1",                               None, "0.1"),
    ("Single",         "3.4028235e38",                      "3.4028235e+38", "3.4028235e38"),
    ("Single",         "1e-45",                             None, "1e-45"),
    ("Single",         "16777217",                          "16777216.0", "16777216"),
    ("Single",         "0.123456789",                       "0.12345679", "0.12345679"),
    ("Single",         '"INF"',                             None, "INF"),
    ("Single",         '"-INF"',                            None, "-INF"),
    ("Double",         "0.1",                               None, "0.1"),
    ("Double",         "1.7976931348623157e308",            "1.7976931348623157e+308", "1.7976931348623157e308"),
    ("Double",         "5e-324",                            None, "5e-324"),
    ("Double",         "2.2250738585072014e-308",           None, "2.2250738585072014e-308"),
    ("Double",         '"INF"',                             None, "INF"),
    ("Double",         '"-INF"',                            None, "-INF"),
    ("String",         '""',                                None, "''"),
    ("String",         '" "',                               None, "' '"),
    ("String",         "\"it's \\\\ a/b?#%&+\"",           None, "'it''s \\ a/b?#%&+'"),
    ("String",         r'"\u0001\n\t\"\u00fc\ud83d\ude00"', None, "'\x01\n\t\"ü\U0001f600'"),
    ("Guid",           '"00000000-0000-0000-0000-000000000000"', None, "00000000-0000-0000-0000-000000000000"),
    ("Guid",           '"FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF"', '"ffffffff-ffff-ffff-ffff-ffffffffffff"',
     "FFFFFFFF-FFFF-ffff-FFFF-FFFFFFFFFFFF"),
    ("Binary",         '""',                                None, "binary''"),
    ("Binary",         '"AP8_-w=="',                        None, "binary'AP8_-w=='"),
    ("Binary",         '"AP8_-w"',                          '"AP8_-w=="', "binary'AP8_-w'"),
    ("Date",           '"0001-01-01"',                      None, "0001-01-01"),
    ("Date",           '"9999-12-31"',                      None, "9999-12-31"),
    ("Date",           '"2020-02-29"',                      None, "2020-02-29"),
    ("TimeOfDay",      '"00:00:00"',                        None, "00:00:00"),
    ("TimeOfDay",      '"23:59:59.999999"',                 None, "23:59:59.999999"),
    ("TimeOfDay",      '"12:00:00.000001"',                 None, "12:00:00.000001"),
    ("TimeOfDay",      '"12:00:00.1"',                      '"12:00:00.100"', "12:00:00.1"),
    ("TimeOfDay",      '"07:59"',                           '"07:59:00"', "07:59"),
    ("Duration",       '"PT0S"',                            None, "duration'PT0S'"),
    ("Duration",       '"-P1DT2H3M4.567891S"',              None, "duration'-P1DT2H3M4.567891S'"),
    ("Duration",       '"-PT0.000001S"',                    None, "duration'-PT0.000001S'"),
    ("Duration",       '"PT36H"',                           '"P1DT12H"', "duration'PT36H'"),
    ("Duration",       '"P10000DT23H59M59S"',               None, "duration'P10000DT23H59M59S'"),
    ("DateTimeOffset", '"0001-01-01T00:00:00Z"',            None, "0001-01-01T00:00:00Z"),
    ("DateTimeOffset", '"9999-12-31T23:59:59.999999Z"',     None, "9999-12-31T23:59:59.999999Z"),
    ("DateTimeOffset", '"2020-03-01T01:29:59.5+01:30"',     '"2020-02-29T23:59:59.500Z"', "2020-03-01T01:29:59.5+01:30"),
    ("DateTimeOffset", '"2020-01-01T00:00-14:00"',          '"2020-01-01T14:00:00Z"', "2020-01-01T00:00-14:00"),
    ("DateTimeOffset", '"1969-12-31T23:59:59z"',            '"1969-12-31T23:59:59Z"', "1969-12-31T23:59:59z"),
    ("DateTimeOffset", '"1883-11-18T12:00:00-00:00"',       '"1883-11-18T12:00:00Z"', "1883-11-18T12:00:00-00:00"),
    ("Local",          '"0001-01-01T00:00:00Z"',            None, "0001-01-01T00:00:00Z"),
    ("Local",          '"9999-12-31T23:59:59.999999Z"',     None, "9999-12-31T23:59:59.999999Z"),
    ("Local",          '"2020-03-01T01:29:59.5+01:30"',     '"2020-02-29T23:59:59.500Z"', "2020-03-01T01:29:59.5+01:30"),
    ("Point",          '{"type":"Point","coordinates":[-180.0,90.0]}', None, "geography'SRID=4326;Point(-180 90)'"),
    ("Line",           '{"type":"LineString","coordinates":[[0.0,0.0],[1.0,1.0]]}', None,
     "geography'SRID=4326;LineString(0 0,1 1)'"),
    ("Polygon",        '{"type":"Polygon","coordinates":[[[0.0,0.0],[1.0,0.0],[1.0,1.0],[0.0,0.0]]]}', None,
     "geography'SRID=4326;Polygon((0 0,1 0,1 1,0 0))'"),
    ("Access",         '"Read,Write"',                      '"Both"', "Extremes.Access'Both'"),
    ("Access",         '"0"',                               None, "Extremes.Access'0'"),
]  # fmt: skip
EVERY_VALUE = pytest.mark.parametrize("kind, sent, read, literal", VALUES)
ORDERED = {each[0] for each in VALUES} - {"Boolean", "Binary", "Point", "Line", "Polygon", "Access"}


@pytest.fixture(scope="module")
def service(databases):
    """One for all these tests, so that it has its plans still."""
    engine = create_engine(databases.url("extremes"))
    yield extremes.configured(ODataService(extremes.Base, engine, namespace="Extremes"))
    engine.dispose()


@pytest.fixture
def values(service, databases, request):
    sent = request.node.callspec.params.get("sent", "")
    if databases.product == "mariadb" and "INF" in sent and request.node.originalname != "test_beyond":
        pytest.skip("MariaDB has no infinite numbers")
    refill(databases, "extremes", extremes)
    return ClientV4(service, changing=lambda: databases.pristine.discard("extremes"))


def found(client, url, literal):
    answer = client.get(url.replace("LITERAL", quote(literal, safe="'()-:.,;=")))
    assert answer.status == 200, answer.text
    return answer.json["value"]


def insert(client, url, body):
    made = client.send("POST", url, body.encode())
    assert made.status == 201, made.text
    return made


@pytest.mark.every_database
@EVERY_VALUE
def test_written_and_read(values, kind, sent, read, literal):
    member = f'"{kind}":{read or sent}'
    assert member in insert(values, "Values", f'{{"ID":1,"{kind}":{sent}}}').text
    assert member in values.get("Values(1)").text
    if kind not in ("Point", "Line", "Polygon"):
        assert f'"value":{read or sent}}}' in values.get(f"Values(1)/{kind}").text


@EVERY_VALUE
def test_written_back_as_it_was_read(values, kind, sent, read, literal):
    insert(values, "Values", f'{{"ID":1,"{kind}":{sent}}}')
    entity = values.get("Values(1)", Accept="application/json;IEEE754Compatible=true;odata.metadata=none")
    assert values.send("PATCH", "Values(1)", {kind: None}).status == 204
    again = values.send("PUT", "Values(1)", entity.body, Content_Type="application/json;IEEE754Compatible=true")
    assert again.status == 204, again.text
    assert values.get("Values(1)").json[kind] == json.loads(read or sent)
    raw = values.get(f"Values(1)/{kind}/$value")
    assert values.send("DELETE", f"Values(1)/{kind}").status == 204
    media = "application/octet-stream" if kind == "Binary" else "text/plain"
    assert values.send("PUT", f"Values(1)/{kind}/$value", raw.body, Content_Type=media).status == 204
    assert values.get("Values(1)").json[kind] == json.loads(read or sent)


@pytest.mark.every_database
@EVERY_VALUE
def test_found_by_its_own_value(values, kind, sent, read, literal):
    insert(values, "Values", f'{{"ID":1,"{kind}":{sent}}}')
    assert found(values, f"Values?$select=ID&$filter={kind} eq LITERAL", literal) == [{"ID": 1}]
    assert found(values, f"Values?$select=ID&$filter={kind} ne LITERAL", literal) == [{"ID": 0}]
    if kind not in ("Point", "Line", "Polygon"):
        assert found(values, f"Values?$select=ID&$filter={kind} in (LITERAL)", literal) == [{"ID": 1}]


@EVERY_VALUE
def test_in_order(values, kind, sent, read, literal):
    """Beside itself, nothing is greater or less."""
    if kind not in ORDERED:
        pytest.skip(f"{kind} has no order")
    insert(values, "Values", f'{{"ID":1,"{kind}":{sent}}}')
    for operator, there in {"le": [{"ID": 1}], "ge": [{"ID": 1}], "lt": [], "gt": []}.items():
        assert found(values, f"Values?$select=ID&$filter={kind} {operator} LITERAL", literal) == there
    first, second = values.pages(f"Values?$select=ID&$orderby={kind} desc", Prefer="maxpagesize=1")
    assert (first["value"], second["value"]) == ([{"ID": 1}], [{"ID": 0}])
    assert len(values.value(f"Values?$select=ID&$filter={kind} ne null&$orderby={kind}")) == 1


@pytest.mark.every_database
@pytest.mark.parametrize("kind, sent, read, literal", [each for each in VALUES if each[0] in extremes.KEYS])
def test_as_a_key(values, kind, sent, read, literal):
    made = insert(values, f"By{kind}", f'{{"Key":{sent},"Name":"x"}}')
    address = made.headers["Location"]
    assert values.get(address).json["Name"] == "x"
    assert found(values, f"By{kind}(LITERAL)/Name", literal) == "x"
    (entity,) = found(values, f"By{kind}?$filter=Key eq LITERAL&$select=Name", literal)
    assert entity["@odata.id"] == address
    assert values.send("PATCH", address, {"Name": "y"}).status == 204
    assert values.send("DELETE", address).status == 204
    assert values.get(address).status == 404


@pytest.mark.parametrize("kind, sent", [
    ("Byte", "256"), ("Byte", "-1"), ("SByte", "128"), ("SByte", "-129"), ("Int16", "32768"), ("Int32", "2147483648"),
    ("Int64", "9223372036854775808"), ("Int32", "1.5"), ("Int32", '"x"'), ("Int32", "true"), ("Boolean", "1"),
    ("Decimal", "100000000000000000000"), ("Decimal", "0.0000000000000000001"), ("Decimal", '"INF"'), ("Money", "0.001"),
    ("Single", "3.5e38"), ("Double", "1e309"), ("String", "5"), ("String", r'"\u0000"'), ("Guid", '"x"'), ("Binary", '"%"'),
    ("Date", '"2021-02-29"'), ("Date", '"10000-01-01"'), ("Date", '"0000-01-01"'), ("TimeOfDay", '"24:00:00"'),
    ("TimeOfDay", '"12:60"'), ("Duration", '"P1Y"'), ("Duration", '"P"'), ("Line", '{"type":"LineString","coordinates":[]}'),
    ("DateTimeOffset", '"2020-01-01T00:00:00+25:00"'), ("Point", "{}"),
    ("DateTimeOffset", '"0001-01-01T00:00:00+01:00"'), ("Duration", '"P1000000000D"'),
    ("Point", '{"type":"Point","coordinates":[0]}'),
    ("Point", '{"type":"LineString","coordinates":[[0,0],[1,1]]}'), ("Access", '"Execute"'), ("Access", '"Read,"'),
])  # fmt: skip
def test_beyond(values, kind, sent):
    """What a type has no room for is refused, and named."""
    answer = values.send("POST", "Values", f'{{"ID":1,"{kind}":{sent}}}'.encode())
    assert (answer.error, answer.json["error"].get("target")) == ((400, "InvalidValue"), kind), answer.text
    assert values.get("Values(1)").status == 404


@pytest.mark.every_database
@pytest.mark.parametrize("kind", ["Single", "Double"])
def test_nan(values, databases, kind):
    """It is equal to nothing; SQLite, which would keep null, is not given it, and MariaDB has none."""
    made = values.send("POST", "Values", {"ID": 1, kind: "NaN"})
    if databases.product != "postgresql":
        assert made.error == (400, "InvalidValue"), made.text
        assert made.json["error"]["target"] == kind
        assert values.get("Values(1)").status == 404
        return
    assert made.json[kind] == values.get(f"Values(1)/{kind}").json["value"] == "NaN"
    assert found(values, f"Values?$filter={kind} eq LITERAL", "NaN") == []
    assert found(values, f"Values?$filter={kind} in (LITERAL)", "NaN") == []
    assert found(values, f"Values?$filter={kind} in (1,LITERAL)", "NaN") == []


@pytest.mark.every_database
def test_null(values):
    """Nothing at all of any type: there, and found by null."""
    nothing = values.get("Values(0)").json
    for kind in sorted({each[0] for each in VALUES}):
        assert nothing[kind] is None
        assert values.get(f"Values(0)/{kind}").status == 204
        assert values.get(f"Values(0)/{kind}/$value").status == 204
        assert [each["ID"] for each in values.value(f"Values?$filter={kind} eq null")] == [0]
