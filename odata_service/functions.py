"""The functions of the filter language, one row per signature (URL Conventions, Canonical Functions; MS-ODATA,
Expression Syntax)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement, Date, DateTime, Double, Integer, Interval, String, Time, case, literal, null, true, types,
)  # fmt: skip

from odata_service.dialects import constructs
from odata_service.dialects.calls import call
from odata_service.dialects.exact import ExactDecimal
from odata_service.edm.primitive import (
    BOOLEAN,
    DATE,
    DATE_TIME,
    DATE_TIME_OFFSET,
    DECIMAL,
    DOUBLE,
    DURATION,
    GEOGRAPHY_LINE_STRING,
    GEOGRAPHY_POINT,
    GEOGRAPHY_POLYGON,
    GUID,
    INT32,
    STRING,
    TIME_OF_DAY,
    PRIMITIVES,
    SINGLE,
    PrimitiveType,
)  # fmt: skip
from odata_service.protocol import DATASYNC, V2, V4, ZUMO, Protocol
from odata_service.values import frozen

# SQLAlchemy's functions take and give elements of any type; what is true of them is said by ``takes`` and ``returns``.
SQL = Callable[..., ColumnElement[Any]]


@frozen
class Canonical:
    """One signature of a function. ``only`` names the protocol that alone has it."""

    name: str
    takes: tuple[PrimitiveType, ...]
    returns: PrimitiveType
    sql: SQL
    only: Protocol | None = None


def _contains(text: ColumnElement[str], part: ColumnElement[str]) -> ColumnElement[bool]:
    return constructs.IndexOf(text, part) >= 0


def _part(name: str) -> SQL:
    return constructs.date_part(name)


def _exact(construct: type[constructs.Rounded]) -> SQL:
    return lambda number: construct(number, ExactDecimal())


def _floating(construct: type[constructs.Rounded]) -> SQL:
    return lambda number: construct(number, Double())


_EVEN, _AWAY = constructs.RoundHalfEven, constructs.RoundHalfAway
_MOMENTS = (DATE_TIME, DATE_TIME_OFFSET)
_POINT = DateTime(timezone=True)


def _moment(*parts: int) -> SQL:
    return lambda: literal(datetime(*parts, tzinfo=UTC), _POINT)  # type: ignore[arg-type, misc]


def _kilometres(one: ColumnElement[Any], other: ColumnElement[Any]) -> ColumnElement[Any]:
    return constructs.arithmetic("div", call("distance", Double())(one, other), literal(1000.0, Double()), Double())


def _from_end(text: ColumnElement[str], start: ColumnElement[int], *length: ColumnElement[int]) -> ColumnElement[Any]:
    """4.01: a negative start counts from the end."""
    rest = call("substring_from_end", String())(text, start)
    return constructs.Substring(rest, literal(0), *length) if length else rest


FUNCTIONS: tuple[Canonical, ...] = (
    #         name           takes                      returns   SQL
    Canonical("length",      (STRING,),                 INT32,    constructs.Length),
    Canonical("indexof",     (STRING, STRING),          INT32,    constructs.IndexOf),
    Canonical("contains",    (STRING, STRING),          BOOLEAN,  _contains, only=V4),
    *(Canonical("substringof", (STRING, STRING),        BOOLEAN,  lambda part, text: _contains(text, part), only=protocol)
      for protocol in (V2, ZUMO)),
    Canonical("startswith",  (STRING, STRING),          BOOLEAN,  constructs.StartsWith),
    Canonical("endswith",    (STRING, STRING),          BOOLEAN,  constructs.EndsWith),
    Canonical("replace",     (STRING, STRING, STRING),  STRING,   constructs.Replace, only=V2),
    Canonical("substring",   (STRING, INT32),           STRING,   constructs.Substring, only=V2),
    Canonical("substring",   (STRING, INT32, INT32),    STRING,   constructs.Substring, only=V2),
    Canonical("substring",   (STRING, INT32),           STRING,   _from_end, only=V4),
    Canonical("substring",   (STRING, INT32, INT32),    STRING,   _from_end, only=V4),
    Canonical("matchesPattern", (STRING, STRING),       BOOLEAN,  call("matches_pattern", types.Boolean()), only=V4),
    Canonical("tolower",     (STRING,),                 STRING,   constructs.Lower),
    Canonical("toupper",     (STRING,),                 STRING,   constructs.Upper),
    Canonical("trim",        (STRING,),                 STRING,   constructs.Trim),
    Canonical("concat",      (STRING, STRING),          STRING,   lambda left, right: left + right),
    *(Canonical(part, (moment,), INT32, _part(part))
      for part in ("year", "month", "day", "hour", "minute", "second") for moment in _MOMENTS),
    *(Canonical(part, (DATE,), INT32, _part(part)) for part in ("year", "month", "day")),
    *(Canonical(part, (moment,), INT32, _part(part))
      for part in ("hour", "minute", "second") for moment in (TIME_OF_DAY, DURATION)),
    *(Canonical("fractionalseconds", (moment,), DECIMAL, call("fraction", ExactDecimal()), only=V4)
      for moment in (*_MOMENTS, TIME_OF_DAY)),
    *(Canonical("date", (moment,), DATE, call("date_of", Date()), only=V4) for moment in _MOMENTS),
    *(Canonical("time", (moment,), TIME_OF_DAY, call("time_of", Time()), only=V4) for moment in _MOMENTS),
    *(Canonical("totaloffsetminutes", (moment,), INT32, call("no_offset", Integer()), only=V4) for moment in _MOMENTS),
    Canonical("totalseconds", (DURATION,),              DECIMAL,  call("total_seconds", ExactDecimal()), only=V4),
    Canonical("now",         (),                        DATE_TIME_OFFSET, call("now", _POINT), only=V4),
    Canonical("mindatetime", (),                        DATE_TIME_OFFSET, _moment(1, 1, 1), only=V4),
    Canonical("maxdatetime", (),                        DATE_TIME_OFFSET,
              _moment(9999, 12, 31, 23, 59, 59, 999_999), only=V4),
    Canonical("geo.distance",   (GEOGRAPHY_POINT, GEOGRAPHY_POINT), DOUBLE,  _kilometres, only=DATASYNC),
    Canonical("geo.distance",   (GEOGRAPHY_POINT, GEOGRAPHY_POINT), DOUBLE,  call("distance", Double()), only=V4),
    Canonical("geo.length",     (GEOGRAPHY_LINE_STRING,),           DOUBLE,  call("line_length", Double()), only=V4),
    Canonical("geo.intersects", (GEOGRAPHY_POINT, GEOGRAPHY_POLYGON), BOOLEAN,
              call("intersects", types.Boolean()), only=V4),
    Canonical("round",       (DECIMAL,),                DECIMAL,  _exact(_EVEN), only=V2),
    Canonical("round",       (DOUBLE,),                 DOUBLE,   _floating(_EVEN), only=V2),
    Canonical("round",       (DECIMAL,),                DECIMAL,  _exact(_AWAY), only=V4),
    Canonical("round",       (DOUBLE,),                 DOUBLE,   _floating(_AWAY), only=V4),
    Canonical("floor",       (DECIMAL,),                DECIMAL,  _exact(constructs.Floor)),
    Canonical("floor",       (DOUBLE,),                 DOUBLE,   _floating(constructs.Floor)),
    Canonical("ceiling",     (DECIMAL,),                DECIMAL,  _exact(constructs.Ceiling)),
    Canonical("ceiling",     (DOUBLE,),                 DOUBLE,   _floating(constructs.Ceiling)),
)  # fmt: skip


def signatures(name: str, protocol: Protocol) -> Sequence[Canonical]:
    """Every signature of that name in the protocol; none where it has no such function.

    >>> [len(row.takes) for row in signatures("substring", V2)], signatures("substringof", V4)
    ([2, 3], [])
    """
    return [row for row in FUNCTIONS if row.name == name and _has(protocol, row)]


def names(protocol: Protocol) -> list[str]:
    """The names of all functions of the protocol, for suggestions."""
    return sorted({row.name for row in FUNCTIONS if _has(protocol, row)})


def _has(protocol: Protocol, row: Canonical) -> bool:
    return row.only is None or row.only in protocol.lineage


_INTEGERS = tuple(kind for kind in PRIMITIVES if kind.is_integer)


def _to_integer(wanted: PrimitiveType) -> SQL:
    bounds = literal(wanted.low), literal(wanted.high)
    return lambda text: call("text_to_integer", types.BigInteger())(text, *bounds)


# (operator, left, right) → the result and what makes it (URL Conventions, Arithmetic Operators), beside numbers.
MomentArithmetic = Mapping[tuple[str, PrimitiveType, PrimitiveType], tuple[PrimitiveType, SQL]]
_NUMBERS = tuple(kind for kind in PRIMITIVES if kind.is_numeric)
_SUMS = ("add", "sub")
TEMPORAL_ARITHMETIC: MomentArithmetic = {
    **{(operator, DATE_TIME_OFFSET, DURATION): (DATE_TIME_OFFSET, call(f"moment_{operator}", _POINT))
       for operator in _SUMS},
    **{(operator, DATE_TIME, DURATION): (DATE_TIME, call(f"moment_{operator}", DateTime())) for operator in _SUMS},
    **{(operator, DATE, DURATION): (DATE, call(f"date_{operator}", Date())) for operator in _SUMS},
    **{(operator, DURATION, DURATION): (DURATION, call(f"duration_{operator}", Interval())) for operator in _SUMS},
    **{("sub", left, right): (DURATION, call("elapsed", Interval()))
       for left in (*_MOMENTS, DATE) for right in (*_MOMENTS, DATE)},
    **{("mul", DURATION, number): (DURATION, call("duration_mul", Interval())) for number in _NUMBERS},
    **{("mul", number, DURATION): (DURATION, lambda number, duration: call("duration_mul", Interval())(duration, number))
       for number in _NUMBERS},
    **{(operator, DURATION, number): (DURATION, call("duration_div", Interval()))
       for operator in ("div", "divby") for number in _NUMBERS},
}  # fmt: skip


def negated(duration: ColumnElement[Any]) -> ColumnElement[Any]:
    return call("duration_mul", Interval())(duration, literal(-1))


# (from, to) → what casts a value, beside numbers, which all can be cast to one another. What is not a value of the
# wanted type becomes null (URL Conventions, cast).
CASTS: Mapping[tuple[PrimitiveType, PrimitiveType], SQL] = {
    (BOOLEAN, STRING): lambda value: case((value.is_(true()), "true"), (value.is_not(null()), "false")),
    **{(kind, STRING): constructs.AsText for kind in (*_INTEGERS, DECIMAL, GUID)},
    **{(kind, STRING): call("double_text", String()) for kind in (DOUBLE, SINGLE)},
    **{(kind, STRING): call("moment_text", String()) for kind in _MOMENTS},
    (DATE, STRING): call("date_text", String()),
    (TIME_OF_DAY, STRING): call("time_text", String()),
    (DURATION, STRING): call("duration_text", String()),
    **{(STRING, kind): _to_integer(kind) for kind in _INTEGERS},
    (STRING, DECIMAL): call("text_to_decimal", ExactDecimal()),
    **{(STRING, kind): call("text_to_double", Double()) for kind in (DOUBLE, SINGLE)},
    (STRING, BOOLEAN): call("text_to_boolean", types.Boolean()),
    (STRING, GUID): call("text_to_guid", types.Uuid()),
    (STRING, DATE): call("text_to_date", Date()),
    (STRING, TIME_OF_DAY): call("text_to_time", Time()),
    (STRING, DATE_TIME_OFFSET): call("text_to_moment", _POINT),
    (STRING, DURATION): call("text_to_duration", Interval()),
    (DATE, DATE_TIME): constructs.Midnight,
    (DATE, DATE_TIME_OFFSET): constructs.Midnight,
    **{(moment, DATE): call("date_of", Date()) for moment in _MOMENTS},
    **{(moment, TIME_OF_DAY): call("time_of", Time()) for moment in _MOMENTS},
}
