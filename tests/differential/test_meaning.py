"""Single points of the filter language, each with the answer that it must have on every database."""

from __future__ import annotations

import pytest

from tests.differential.conftest import Client
from tests.differential.model import THINGS, Row


def keys(clients: list[Client], condition: str) -> list[int]:
    """The answer that all databases give."""
    answers = [client.keys(filter=condition) for client in clients]
    assert answers[0] == answers[1], condition
    return answers[0]


def chosen(condition: object) -> list[object]:
    assert callable(condition)
    return [row["Id"] for row in THINGS if condition(row)]


@pytest.mark.parametrize("condition", [
    "5 div 2 eq 2", "-5 div 2 eq -2", "-5 mod 2 eq -1", "5 mod -2 eq 1", "5.5 mod 2 eq 1.5", "0.3 mod 0.1 eq 0.0",
    "5 div 0 eq null", "5 mod 0 eq null", "5.5 div 0 eq null", "5M div 0M eq null", "5M mod 0 eq null",
    "9223372036854775807 add 1 eq null", "-9223372036854775808L sub 1 eq null", "-9223372036854775808L div -1 eq null",
    "4611686018427387904L mul 2 eq null", "9223372036854775807 add 0 eq 9223372036854775807",
    "1M div 3M eq 0.3333333333333333333333333333M", "2M div 3M eq 0.6666666666666666666666666667M",
    "-2M div 3M eq -0.6666666666666666666666666667M", "19.99M mul 3 eq 59.97M",
    "12345678901234567890.5M add 1 eq 12345678901234567891.5M", "0.1M add 0.2M eq 0.3M", "not (0.1 add 0.2 eq 0.3)",
    "9.5M lt 10M", "10M gt 9.5M", "1.50M eq 1.5M", "1.5M eq 1.5", "1.5f eq 1.5", "2 eq 2.0", "2 eq 2L", "2 eq 2M",
    "round(2.5) eq 2", "round(3.5) eq 4", "round(-2.5) eq -2", "round(2.5M) eq 2", "round(-3.5M) eq -4", "round(2.51M) eq 3",
    "floor(-2.5) eq -3", "ceiling(-2.5M) eq -2", "floor(9007199254740993) eq 9007199254740993M", "-(5) eq -5",
    "not (NaN eq NaN)", "NaN ne NaN", "not (NaN gt 1)", "INF gt 1e300", "-INF lt -1e300", "INF eq INF",
    "null eq null", "not (null ne null)", "not (1 gt null)", "not (null le null)", "not null", "(null or true)",
    "length(null) eq null", "year(null) eq null", "1 add null eq null", "not startswith(null,'a')", "concat('a',null) eq null",
    "substring('hello',1) eq 'ello'", "substring('hello',1,3) eq 'ell'", "substring('hello',9) eq ''",
    "substring('hello',-2,3) eq 'hel'", "substring('hello',1,-1) eq ''", "substring('hello',9223372036854775807L) eq ''",
    "substring('hello',0,4294967297L) eq 'hello'", "substring('hello',null) eq null", "replace('aXa','X','') eq 'aa'",
    "replace('a','','x') eq 'a'", "replace('','','') eq ''", "replace('abab','ab','xyz') eq 'xyzxyz'", "replace(null,'a','b') eq null",
    "length(" + "replace(" * 3 + "'a'" + f",'a','{'a' * 100}')" * 3 + ") eq 1000000",
    "replace(" * 2 + "'a'" + f",'a','{'a' * 1001}')" * 2 + " eq null", "indexof('hello','l') eq 2", "indexof('hello','z') eq -1", "indexof('','') eq 0",
    "substringof('','')", "startswith('','')", "endswith('a','')", "not endswith('a','ba')", "substringof('50%','50% off')",
    "not startswith('abc','_b')", "tolower('ΣΑΣ') eq 'σασ'", "toupper('ß') eq 'ß'", "toupper('ünï') eq 'ÜNÏ'", "'a' gt 'B'",
    "trim(' \t a\u00a0 ') eq 'a'", "length('a😀b') eq 3", "length('  ') eq 2", "concat(concat('a','b'),'c') eq 'abc'",
    "year(datetime'2020-12-31T23:59:59.9999999') eq 2020", "second(datetime'2020-12-31T23:59:59.9999999') eq 59",
    "hour(datetimeoffset'2020-01-01T00:30:00+01:00') eq 23", "day(datetimeoffset'2020-01-01T00:30:00+01:00') eq 31",
    "minute(time'PT13H20M59.9S') eq 20", "datetime'2020-01-01T00:00:00' eq datetimeoffset'2020-01-01T01:00:00+01:00'",
    "cast(19.99M,'Edm.Int32') eq 19", "cast(-19.99,'Edm.Int64') eq -19", "cast(70000,'Edm.Int16') eq null",
    "cast(1e300,'Edm.Int64') eq null", "cast(5,'Edm.String') eq '5'", "cast(1.50M,'Edm.String') eq '1.5'",
    "cast(0.1,'Edm.Decimal') eq 0.1M", "cast(true,'Edm.String') eq 'true'", "isof('T.Thing')", "not isof('T.Part')",
])  # fmt: skip
def test_true_of_every_thing(clients: list[Client], condition: str) -> None:
    assert keys(clients, condition) == chosen(lambda row: True)


def part(row: Row) -> bool:
    return row["PartId"] is not None


@pytest.mark.parametrize("condition, meaning", [
    ("Ratio eq NaN", lambda row: False),
    ("Price lt INF", lambda row: True),
    ("Tiny lt 1e300", lambda row: True),
    ("Long eq 9223372036854775808", lambda row: False),
    ("Long lt 99999999999999999999999999", lambda row: True),
    ("Small eq 70000", lambda row: False),
    ("Price eq 19.99", lambda row: float(row["Price"]) == 19.99),
    ("Exact eq 0.00000000000000000000000000000000000000000000001", lambda row: False),
    ("Day eq datetime'2020-02-29T12:00:00'", lambda row: False),
    ("Day eq datetime'2020-02-29T00:00:00'", lambda row: str(row["Day"]) == "2020-02-29"),
    ("Day lt datetime'2020-02-29T12:00:00'", lambda row: str(row["Day"]) <= "2020-02-29"),
    ("Day lt datetimeoffset'2020-02-29T01:00:00+02:00'", lambda row: str(row["Day"]) <= "2020-02-28"),
    ("Part eq null", lambda row: not part(row)),
    ("null ne Part", part),
    ("not (Part eq null)", part),
    ("isof(MaybeName,'Edm.String')", lambda row: row["MaybeName"] is not None),
    ("Code eq '0d3b3f0e-6f61-4a27-9a35-64d2a1f0c001'", lambda row: str(row["Code"]).startswith("0d3b")),
    (f"Name eq '{'a' * 200}'", lambda row: False),  # longer than the column
])  # fmt: skip
def test_answers(clients: list[Client], condition: str, meaning: object) -> None:
    assert keys(clients, condition) == chosen(meaning)


@pytest.mark.parametrize("condition, code", [
    ("1", "NotBoolean"), ("Name", "NotBoolean"), ("Whole add 1", "NotBoolean"), ("Name eq 1", "TypeMismatch"),
    ("Name add 1 eq 2", "TypeMismatch"), ("-Name eq 2", "TypeMismatch"), ("not Whole", "TypeMismatch"),
    ("Blob gt X'00'", "TypeMismatch"), ("Code eq 'nope'", "TypeMismatch"), ("Clock lt time'PT25H'", "TypeMismatch"),
    ("Clock lt time'-PT1H'", "TypeMismatch"), ("cast(Blob,'Edm.Int32') eq 1", "TypeMismatch"), ("Part eq 1", "NotAValue"),
    ("Part gt null", "NotAValue"), ("lenth(Name) eq 1", "UnknownFunction"), ("length(Whole) eq 1", "NoSuchSignature"),
    ("contains(Name,'a')", "UnknownFunction"), ("Nam eq 'a'", "UnknownProperty"), ("__class__ eq 1", "UnknownProperty"),
    ("Part/metadata eq 1", "UnknownProperty"),
])  # fmt: skip
def test_refused(clients: list[Client], condition: str, code: str) -> None:
    for client in clients:
        response = client.get("Things", filter=condition)
        assert (response.status, code in response.body.decode()) == (400, True)


TOO_MUCH = (b"TooComplex", b"ValueOutOfRange")


def nested(call: str, innermost: str, times: int) -> str:
    for _ in range(times):
        innermost = call.format(innermost)
    return innermost


@pytest.mark.parametrize("condition", [
    nested("round({})", "Price", 10) + " eq 1",
    nested("round({} add 0.5M)", "Price", 10) + " eq 1",
    nested("substring(Name,length({}))", "Name", 5) + " eq 'a'",
    nested("replace(Name,'a',{})", "Name", 10) + " eq 'a'",
    nested("({} add 1)", "Whole", 45) + " eq 1",
    nested("({} div 3)", "Price", 45) + " eq 1",
    nested("({} mod 3.0)", "Ratio", 45) + " eq 1",
    nested("({} eq MaybeFlag)", "Flag", 45),
    nested("(Flag or Flag and {})", "Flag", 22),
    " mul ".join(["Exact"] * 48) + " eq 1",
    "Price mul " + "9" * 7000 + "M mul " + "9" * 7000 + "M gt 1",
    "9" * 7000 + "M mod 0." + "0" * 6000 + "7M eq 1",
    " or ".join(f"Whole eq {number}" for number in range(245)),
    " and ".join(f"(Whole ne {number} or MaybeWhole eq {number})" for number in range(110)),
])  # fmt: skip
def test_deep_is_quick_or_refused(clients: list[Client], condition: str) -> None:
    """The text of nested calls must not double with each level, nor the time; SQLite's parser ends at some 30 levels,
    and MariaDB's numbers at 65 digits."""
    for client in clients:
        response = client.get("Things", filter=condition)
        assert response.status == 200 or any(code in response.body for code in TOO_MUCH), response.body[:500]
        assert client.seconds < 1
