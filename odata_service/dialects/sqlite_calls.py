"""What SQLite gets from Python: time, text to values and back, patterns. Moments and durations are text there, the
durations as moments after 1970 (SQLAlchemy's ``Interval``)."""

from __future__ import annotations

import datetime
import decimal
import math
import threading
import time
import uuid
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

from odata_service.dialects import geodesy
from odata_service.dialects.calls import Call
from odata_service.dialects.constructs import arguments, is_decimal
from odata_service.dialects.exact import COLLATION, EXACT, exact_text
from odata_service.edm import temporal

if TYPE_CHECKING:
    import regex

EPOCH = datetime.datetime(1970, 1, 1)
MICROSECOND = datetime.timedelta(microseconds=1)
# A pattern of a stranger may take this long for all the rows of a statement together, in seconds.
PATTERN_TIME = 0.25
_QUICK = 0.001  # what takes less does not count: many rows are no attack


@compiles(Call, "sqlite")
def _call(element: Call, compiler: SQLCompiler, **kw: Any) -> str:
    if element.name == "now":
        return "(strftime('%Y-%m-%d %H:%M:%f', 'now') || '000')"
    text = f"odata_{element.name}({', '.join(arguments(element, compiler, **kw))})"
    return f"({text} COLLATE {COLLATION})" if is_decimal(element.type) else text


def _moment(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text)


def _moment_text(moment: datetime.datetime) -> str:
    return moment.isoformat(" ", "microseconds")


def _duration(text: str) -> datetime.timedelta:
    return _moment(text) - EPOCH


def _duration_text(duration: datetime.timedelta) -> str:
    return _moment_text(EPOCH + duration)


def _scaled(duration: str, factor: decimal.Decimal) -> str:
    microseconds = EXACT.multiply(decimal.Decimal(_duration(duration) // MICROSECOND), factor)
    whole = int(microseconds.to_integral_value(decimal.ROUND_HALF_UP))
    return _duration_text(datetime.timedelta(microseconds=whole))


def _divided(duration: str, divisor: object) -> str:
    microseconds = EXACT.divide(decimal.Decimal(_duration(duration) // MICROSECOND), decimal.Decimal(str(divisor)))
    whole = int(microseconds.to_integral_value(decimal.ROUND_HALF_UP))
    return _duration_text(datetime.timedelta(microseconds=whole))


def _total_seconds(duration: str) -> str:
    return exact_text(decimal.Decimal(_duration(duration) // MICROSECOND).scaleb(-6))


def _fraction(moment: str) -> str:
    _, _, digits = moment.partition(".")
    return exact_text(decimal.Decimal(f"0.{digits or 0}"))


class _Spent(threading.local):
    seconds = 0.0


_spent = _Spent()


def forget_patterns() -> None:
    """A new statement has all the time for patterns again."""
    _spent.seconds = 0.0


@lru_cache(maxsize=100)
def _compiled(pattern: str) -> regex.Pattern[str]:
    import regex  # it is large, and seldom asked for

    return regex.compile(pattern, regex.VERSION0)


def _matches_pattern(text: str, pattern: str) -> int:
    """ECMAScript's patterns are close enough to Python's. What is malformed or slow ends the statement."""
    begun = time.perf_counter()
    found = _compiled(pattern).search(text, timeout=max(PATTERN_TIME - _spent.seconds, _QUICK))
    taken = time.perf_counter() - begun
    _spent.seconds += taken if taken > _QUICK else 0
    return int(found is not None)


def _double_text(number: float) -> str:
    """As PostgreSQL writes it, whose exponents begin at 15.

    >>> _double_text(5.0), _double_text(0.1), _double_text(1.5e15), _double_text(1e300), _double_text(-math.inf)
    ('5', '0.1', '1.5e+15', '1e+300', '-INF')
    """
    if not math.isfinite(number):
        return "NaN" if math.isnan(number) else "INF" if number > 0 else "-INF"
    text = repr(number).removesuffix(".0")
    if "e" in text or abs(number) < 1e15:
        return "0" if text == "-0" else text
    digits = text.lstrip("-").replace(".", "")
    mantissa = f"{digits[0]}.{digits[1:]}".rstrip("0").rstrip(".")
    return f"{'-' if number < 0 else ''}{mantissa}e+15"


def _plain(text: str, also: str = "") -> decimal.Decimal:
    """A number without blanks and underscores, which Python would take."""
    if not text.isascii() or set(text) - set("+-.0123456789" + also) or len(text) > 400:
        raise ValueError(text)
    number = decimal.Decimal(text)
    if abs(number.adjusted()) > 400:
        raise ValueError(text)
    return number


def _text_to_integer(text: str, low: int, high: int) -> int | None:
    number = int(_plain(text)) if "." not in text else None
    return number if number is not None and low <= number <= high else None


def _text_to_double(text: str) -> float:
    if text in ("INF", "-INF", "NaN"):
        raise ValueError(text)  # SQLite has no NaN, and infinity only by overflow
    number = float(_plain(text, "eE"))
    if math.isinf(number):
        raise ValueError(text)
    return number


def _text_to_boolean(text: str) -> int:
    return ("false", "true").index(text.lower())


def _text_to_moment(text: str) -> str:
    moment = temporal.read_instant(text)
    if moment.tzinfo is None or " " in text:
        raise ValueError(text)
    return _moment_text(moment.replace(tzinfo=None))


def _text_to_guid(text: str) -> str:
    if [len(part) for part in text.split("-")] != [8, 4, 4, 4, 12]:
        raise ValueError(text)
    return uuid.UUID(text).hex


def _distance(one: str, other: str) -> float:
    return geodesy.distance(geodesy.positions(one), geodesy.positions(other))


# Name → how many arguments, and what it does with them.
CALLS: dict[str, tuple[int, Callable[..., Any]]] = {
    "date_of": (1, lambda moment: moment[:10]),
    "time_of": (1, lambda moment: moment[11:]),
    "fraction": (1, _fraction),
    "no_offset": (1, lambda moment: 0),
    "total_seconds": (1, _total_seconds),
    "moment_add": (2, lambda moment, duration: _moment_text(_moment(moment) + _duration(duration))),
    "moment_sub": (2, lambda moment, duration: _moment_text(_moment(moment) - _duration(duration))),
    "date_add": (2, lambda day, duration: str((_moment(day) + _duration(duration)).date())),
    "date_sub": (2, lambda day, duration: str((_moment(day) - _duration(duration)).date())),
    "elapsed": (2, lambda one, other: _duration_text(_moment(one) - _moment(other))),
    "duration_add": (2, lambda one, other: _duration_text(_duration(one) + _duration(other))),
    "duration_sub": (2, lambda one, other: _duration_text(_duration(one) - _duration(other))),
    "duration_mul": (2, lambda duration, factor: _scaled(duration, decimal.Decimal(str(factor)))),
    "duration_div": (2, _divided),
    "matches_pattern": (2, _matches_pattern),
    "substring_from_end": (2, lambda text, start: text[max(len(text) + start, 0) :] if start < 0 else text[start:]),
    "distance": (2, _distance),
    "line_length": (1, lambda line: geodesy.length(geodesy.positions(line))),
    "intersects": (2, lambda point, area: int(geodesy.inside(geodesy.positions(point), geodesy.positions(area)))),
    "moment_text": (1, lambda moment: temporal.write_instant(_moment(moment).replace(tzinfo=temporal.UTC))),
    "date_text": (1, str),
    "time_text": (1, lambda clock: temporal.write_time_of_day(datetime.time.fromisoformat(clock))),
    "duration_text": (1, lambda duration: temporal.write_duration(_duration(duration))),
    "double_text": (1, lambda number: _double_text(float(number))),
    "text_to_integer": (3, _text_to_integer),
    "text_to_decimal": (1, lambda text: exact_text(_plain(text, "eE"))),
    "text_to_double": (1, _text_to_double),
    "text_to_boolean": (1, _text_to_boolean),
    "text_to_guid": (1, _text_to_guid),
    "text_to_date": (1, lambda text: str(temporal.read_date(text))),
    "text_to_time": (1, lambda text: temporal.read_time_of_day(text).isoformat("microseconds")),
    "text_to_moment": (1, _text_to_moment),
    "text_to_bytes": (1, bytes.fromhex),
    "text_to_duration": (1, lambda text: _duration_text(temporal.read_duration(text))),
}
# These refuse what they are given; to the others, what they cannot do is null.
REFUSING = frozenset({"matches_pattern"})
