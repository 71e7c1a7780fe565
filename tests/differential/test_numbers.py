"""Every digit of a number survives being written, read, found, put in order and used as a key."""

from __future__ import annotations

import json
from decimal import Decimal
from urllib.parse import quote

import pytest
from sqlalchemy import REAL, Double, Engine, ForeignKey, insert
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from odata_service import EntitySetRights, Headers, ODataRequest, ODataResponse, ODataService
from odata_service.dialects.exact import ExactDecimal
from odata_service.protocol import V2

JSON = Headers({"Accept": "application/json", "Content-Type": "application/json"})


class Base(DeclarativeBase):
    pass


class Rate(Base):
    __tablename__ = "rate"
    Value: Mapped[Decimal] = mapped_column(ExactDecimal(38, 18), primary_key=True)
    Lines = relationship("Line", back_populates="Rate")


class Line(Base):
    __tablename__ = "line"
    Id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    RateValue: Mapped[Decimal] = mapped_column(ForeignKey("rate.Value"))
    Rate = relationship("Rate", back_populates="Lines")


class Sample(Base):
    __tablename__ = "sample"
    Id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    Tiny: Mapped[float] = mapped_column(REAL)
    Wide: Mapped[float] = mapped_column(Double)


RATES = (
    "-12345678901234567890.123456789012345678", "-1.5", "0", "0.000000000000000001", "1.5", "9.5", "10", "100",
    "9007199254740993", "12345678901234567890.123456789012345678", "12345678901234567890.123456789012345679",
)  # fmt: skip
SAMPLES = [
    (0.1, 0.1 + 0.2),
    (-0.1, float("inf")),
    (3.4028234e38, 1.7976931348623157e308),
    (1e-45, 5e-324),
    (0.3, -1e300),
]


@pytest.fixture
def service(database: Engine) -> ODataService:
    Base.metadata.create_all(database)
    with database.begin() as connection:
        connection.execute(insert(Rate), [{"Value": Decimal(value)} for value in RATES])
        rows = [{"Id": number, "Tiny": tiny, "Wide": wide} for number, (tiny, wide) in enumerate(SAMPLES)]
        connection.execute(insert(Sample), rows)
    service = ODataService(Base, database, namespace="N")
    service.rights("*", EntitySetRights.ALL)
    service.page_size("*", 2)
    return service


def ask(service: ODataService, target: str, query: str = "", method: str = "GET", body: object = None) -> ODataResponse:
    sent = b"" if body is None else json.dumps(body).encode()
    return service.handle(ODataRequest(V2, method, target, query, JSON, sent))


def values(service: ODataService, target: str, query: str, name: str) -> list[object]:
    """One property over all pages."""
    found: list[object] = []
    while True:
        response = ask(service, target, query)
        assert response.status == 200, response.body
        answer = json.loads(response.body)["d"]
        found += [entity[name] for entity in answer["results"]]
        assert len(found) < 100, "pages that never end"
        if "__next" not in answer:
            return found
        query = answer["__next"].partition("?")[2]


def filtered(condition: str, orderby: str = "") -> str:
    return f"$filter={quote(condition)}" + (f"&$orderby={quote(orderby)}" if orderby else "")


def test_decimals_in_order(service: ODataService) -> None:
    expected = list(map(Decimal, RATES))
    for query, order in (
        ("", expected),
        ("$orderby=Value%20desc", expected[::-1]),
        ("$orderby=Value%20mul%202M", expected),
    ):
        assert [Decimal(str(value)) for value in values(service, "Rates", query, "Value")] == order


@pytest.mark.parametrize("value", RATES)
def test_decimal_as_key_and_literal(service: ODataService, value: str) -> None:
    key = f"Rates({value}M)"
    assert Decimal(json.loads(ask(service, key).body)["d"]["Value"]) == Decimal(value)
    longer = f"{value}0M" if "." in value else f"{value}.0M"
    for condition in (
        f"Value eq {value}M",
        f"Value eq {longer}",
        f"Value add 0M eq {longer}",
        f"Value eq Value div 1 and Value eq {value}M",
    ):
        assert len(values(service, "Rates", filtered(condition), "Value")) == 1
    less = values(service, "Rates", filtered(f"Value lt {value}M"), "Value")
    assert len(less) == RATES.index(value)


def test_decimal_is_written_and_expanded(service: ODataService) -> None:
    made = ask(service, "Rates", method="POST", body={"Value": "0.123456789012345678"})
    assert made.status == 201, made.body
    line = {"Id": 1, "RateValue": "0.1234567890123456780"}
    assert ask(service, "Lines", method="POST", body=line).status == 201
    answer = ask(service, "Rates(0.123456789012345678M)", "$expand=Lines")
    lines = json.loads(answer.body)["d"]["Lines"]
    assert [each["Id"] for each in (lines["results"] if isinstance(lines, dict) else lines)] == [1]
    assert ask(service, "Rates", method="POST", body={"Value": "0.12345678901234567800"}).status == 409


def test_single_and_double_in_order(service: ODataService) -> None:
    numbers = range(len(SAMPLES))
    for column, name in enumerate(("Tiny", "Wide")):
        expected = sorted(numbers, key=lambda number, column=column: SAMPLES[number][column])  # type: ignore[misc]
        assert values(service, "Samples", f"$orderby={name}", "Id") == expected
        assert values(service, "Samples", f"$orderby={name}%20desc", "Id") == expected[::-1]


@pytest.mark.parametrize("condition, found", [
    ("Tiny eq 0.1f", [0]), ("Tiny eq 0.1", [0]), ("Tiny eq 0.1d", [0]), ("Tiny lt 0.0", [1]), ("Tiny gt 0.2999f", [2, 4]),
    ("Wide eq INF", [1]), ("Wide lt INF", [0, 2, 3, 4]), ("Wide eq 0.30000000000000004", [0]), ("Wide eq 0.3", []),
    ("Wide eq 5e-324", [3]), ("Wide ge 1.7976931348623157e308", [1, 2]),
])  # fmt: skip
def test_single_and_double_found(service: ODataService, condition: str, found: list[int]) -> None:
    assert values(service, "Samples", filtered(condition), "Id") == found
