"""Conditions that the builder makes find the rows that the same condition finds in Python."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import DateTime, String, create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from odata_service import EntitySetRights, ODataService
from odata_service.client import ODataClient
from odata_service.dialects.exact import ExactDecimal

NAMES = ("", " ", "a", "A", "aa", "it's", "100%", "a_b", "a/b?c&d", "ü", "山田", "+1 #2", "\\", '"')
NUMBERS = (-(2**31), -7, -1, 0, 1, 2, 7, 2**31 - 1)
AMOUNTS = tuple(map(Decimal, ("-1.50", "0.00", "0.01", "2.50", "99.99")))
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MOMENTS = tuple(EPOCH + timedelta(days=days, seconds=7 * days) for days in (-400, 0, 1, 59, 365, 20_000))


class Base(DeclarativeBase):
    pass


class Row(Base):
    __tablename__ = "Row"

    ID: Mapped[int] = mapped_column(primary_key=True)
    Name: Mapped[str] = mapped_column(String(20))
    Number: Mapped[int]
    Amount: Mapped[Decimal] = mapped_column(ExactDecimal(10, 2))
    Moment: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    Flag: Mapped[bool]
    Maybe: Mapped[int | None]


ROWS = [
    {
        "ID": number,
        "Name": NAMES[number % len(NAMES)],
        "Number": NUMBERS[number * 3 % len(NUMBERS)],
        "Amount": AMOUNTS[number * 7 % len(AMOUNTS)],
        "Moment": MOMENTS[number * 5 % len(MOMENTS)],
        "Flag": number % 2 == 0,
        "Maybe": None if number % 3 == 0 else number % 5,
    }
    for number in range(60)
]


@dataclass(frozen=True)
class Condition:
    """The same twice: on a set of the client's, and on a row. ``text`` shows it when it fails."""

    text: str
    ask: Callable[[Any], Any]
    holds: Callable[[dict[str, Any]], Any]

    def __repr__(self) -> str:
        return self.text


COMPARISONS = [operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge]


def of(text: str, both: Callable[[Callable[[str], Any]], Any]) -> Condition:
    """From one function of ``value("Name")``, where Python's operators do the same for both."""
    return Condition(text, lambda rows: both(rows.member), lambda row: both(row.__getitem__))


@st.composite
def comparisons(draw) -> Condition:
    name, values = draw(
        st.sampled_from(
            [("Name", NAMES), ("Number", NUMBERS), ("Amount", AMOUNTS), ("Moment", MOMENTS), ("ID", range(60))]
        )
    )
    compare, value = draw(st.sampled_from(COMPARISONS)), draw(st.sampled_from(values))
    return of(f"{compare.__name__}({name}, {value!r})", lambda get: compare(get(name), value))


@st.composite
def nullable(draw) -> Condition:
    """Null equals itself and nothing else, and is neither less nor more than anything."""
    compare, value = draw(st.sampled_from(COMPARISONS)), draw(st.sampled_from([None, 0, 1, 4]))

    def holds(row):
        if compare in (operator.eq, operator.ne):
            return compare(row["Maybe"], value)
        return row["Maybe"] is not None and value is not None and compare(row["Maybe"], value)

    return Condition(f"{compare.__name__}(Maybe, {value})", lambda rows: compare(rows.Maybe, value), holds)


@st.composite
def texts(draw) -> Condition:
    part = draw(st.sampled_from([*NAMES[1:], "b", "'", "_", "%"]))
    name, python = draw(
        st.sampled_from([
            ("contains", lambda text: part in text),
            ("startswith", lambda text: text.startswith(part)),
            ("endswith", lambda text: text.endswith(part)),
        ])
    )  # fmt: skip
    return Condition(f"{name}({part!r})", lambda rows: getattr(rows.Name, name)(part), lambda row: python(row["Name"]))


@st.composite
def calculations(draw) -> Condition:
    factor, limit = draw(st.integers(-3, 3)), draw(st.sampled_from([-5, 0, Decimal("2.5"), 100]))
    compare = draw(st.sampled_from(COMPARISONS))
    return of(
        f"{compare.__name__}((Amount + ID) * {factor} - 1, {limit})",
        lambda get: compare((get("Amount") + get("ID")) * factor - 1, limit),
    )


@st.composite
def functions(draw) -> Condition:
    number = draw(st.integers(0, 14))
    found: Condition = draw(
        st.sampled_from([
            Condition(f"length == {number}", lambda r: r.Name.length() == number, lambda r: len(r["Name"]) == number),
            Condition(f"indexof > {number}", lambda r: r.Name.indexof("b") > number, lambda r: r["Name"].find("b") > number),
            Condition("trim", lambda r: r.Name.trim() == "", lambda r: r["Name"].strip() == ""),
            Condition("lower", lambda r: r.Name.lower() == "a", lambda r: r["Name"].lower() == "a"),
            Condition("upper", lambda r: r.Name.upper() == "Ü", lambda r: r["Name"].upper() == "Ü"),
            Condition("substring", lambda r: r.Name.substring(1, 1) == "a", lambda r: r["Name"][1:2] == "a"),
            Condition("concat", lambda r: r.Name.concat("'x") == "a'x", lambda r: r["Name"] + "'x" == "a'x"),
            Condition(f"month > {number}", lambda r: r.Moment.month() > number, lambda r: r["Moment"].month > number),
            Condition(f"day < {number}", lambda r: r.Moment.day() < number, lambda r: r["Moment"].day < number),
            Condition("year", lambda r: r.Moment.year() != 1970, lambda r: r["Moment"].year != 1970),
            Condition(f"in {number}", lambda r: r.ID.in_([number, 3, 59]), lambda r: r["ID"] in (number, 3, 59)),
            Condition("in names", lambda r: r.Name.in_(NAMES[:6]), lambda r: r["Name"] in NAMES[:6]),
            Condition("flag", lambda r: r.Flag == True, lambda r: r["Flag"]),  # noqa: E712
        ])
    )  # fmt: skip
    return found


def joined(inner: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    def both(left: Condition, right: Condition) -> Condition:
        return Condition(
            f"({left} & {right})", lambda r: left.ask(r) & right.ask(r), lambda r: left.holds(r) and right.holds(r)
        )

    def either(left: Condition, right: Condition) -> Condition:
        return Condition(
            f"({left} | {right})", lambda r: left.ask(r) | right.ask(r), lambda r: left.holds(r) or right.holds(r)
        )

    def neither(one: Condition) -> Condition:
        return Condition(f"~{one}", lambda r: ~one.ask(r), lambda r: not one.holds(r))

    return st.one_of(st.builds(both, inner, inner), st.builds(either, inner, inner), st.builds(neither, inner))


CONDITIONS = st.recursive(
    st.one_of(comparisons(), nullable(), texts(), calculations(), functions()), joined, max_leaves=8
)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> ODataService:
    engine = create_engine(f"sqlite:///{tmp_path_factory.mktemp('filters')}/rows.db")
    Base.metadata.create_all(engine)
    with Session(engine) as session, session.begin():
        session.add_all(Row(**row) for row in ROWS)
    service = ODataService(Base, engine, namespace="Rows")
    service.rights("*", EntitySetRights.ALL)
    return service


@pytest.mark.parametrize("version", ["v4", "v2"])
def test_the_same_rows(service, version):
    rows = ODataClient(service, version).Rows

    @settings(max_examples=40)
    @given(condition=CONDITIONS)
    def check(condition: Condition) -> None:
        asked = rows.where(condition.ask(rows)).order_by(rows.ID).select(rows.ID)
        assert [row.ID for row in asked] == [row["ID"] for row in ROWS if condition.holds(row)], asked.url

    check()


@pytest.mark.parametrize("version", ["v4", "v2"])
def test_the_same_order(service, version):
    rows = ODataClient(service, version).Rows
    found = rows.order_by(rows.Flag.desc(), rows.Name.length(), rows.Amount.desc(), "ID")
    expected = sorted(ROWS, key=lambda row: (not row["Flag"], len(row["Name"]), -row["Amount"], row["ID"]))
    assert [row.ID for row in found] == [row["ID"] for row in expected]
    assert [row.ID for row in found.skip(10).top(7)] == [row["ID"] for row in expected[10:17]]
