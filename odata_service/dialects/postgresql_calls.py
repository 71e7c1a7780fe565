"""PostgreSQL's formulas for the functions of :mod:`~odata_service.dialects.calls`. Points in time stand in them without
a zone, in UTC. An argument that is needed twice is computed once, as ``n.a``."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

from odata_service.dialects.calls import Call, has_zone
from odata_service.dialects.constructs import arguments, parts
from odata_service.dialects.geodesy import EQUATOR, FLATTENING


@compiles(Call, "postgresql")
def _call(element: Call, compiler: SQLCompiler, **kw: Any) -> str:
    texts = zip(parts(element), arguments(element, compiler, **kw), strict=True)
    formula = FORMULAS[element.name]
    if (compiler.dialect.server_version_info or (16,)) < (16,):
        formula = _VALID.sub("", formula)
    text = formula.format(*(_in_utc(text) if has_zone(part) else text for part, text in texts))
    return _in_utc(text) if has_zone(element) else text


# Before PostgreSQL 16 a text of the right form that is no value, 2024-02-31, is an error and not null.
_VALID = re.compile(r" AND pg_input_is_valid\(.*?, '[A-Z ]+'\)")


def _in_utc(text: str) -> str:
    """From a point in time with a zone to one without, and back."""
    return f"({text} AT TIME ZONE 'UTC')"


def once(formula: str) -> str:
    """A formula over ``n.a`` and, if there are two arguments, ``n.b``."""
    second = ", {1} AS b" if "n.b" in formula else ""
    return f"(SELECT {formula} FROM (SELECT {{0}} AS a{second}) AS n)"


# Python's datetime, and Edm.DateTimeOffset here, has the years 1 to 9999.
def _within(formula: str) -> str:
    span = "TIMESTAMP '0001-01-01' AND TIMESTAMP '9999-12-31 23:59:59.999999'"
    return f"(SELECT CASE WHEN m.v BETWEEN {span} THEN m.v END FROM (SELECT {formula} AS v) AS m)"


def _as_interval(seconds: str) -> str:
    return f"CAST(CAST(round({seconds}, 6) AS TEXT) || ' seconds' AS INTERVAL)"


def _total_seconds(text: str) -> str:
    return f"CAST(extract(epoch FROM {text}) AS NUMERIC)"


_NUMBER = "CAST(CAST({1} AS TEXT) AS NUMERIC)"  # a cast of a double itself keeps 15 digits

# --- geography: n.a and n.b are positions, arrays of JSON --------------------------------------------------------------

_DEGREES = "CAST({point} ->> {axis} AS DOUBLE PRECISION)"


def _axis(point: str, axis: int) -> str:
    return _DEGREES.format(point=point, axis=axis)


def _reduced(point: str) -> str:
    return f"atan({1 - FLATTENING!r} * tan(radians({_axis(point, 1)})))"


def _distance(source: str) -> str:
    """Lambert's formula over each pair ``n.a``, ``n.b`` of the source; see :func:`.geodesy.distance`."""
    flat = "CASE WHEN 1 - c.k > 1e-16 THEN (s.s - sin(s.s)) * (sin(c.p) * cos(c.q)) ^ 2 / (1 - c.k) ELSE 0 END"
    steep = "CASE WHEN c.k > 1e-16 THEN (s.s + sin(s.s)) * (cos(c.p) * sin(c.q)) ^ 2 / c.k ELSE 0 END"
    return (
        f"SELECT sum({EQUATOR!r} * (s.s - {FLATTENING / 2!r} * ({flat} + {steep}))) FROM {source},"
        f" LATERAL (SELECT {_reduced('n.a')} AS x, {_reduced('n.b')} AS y,"
        f" radians({_axis('n.b', 0)} - {_axis('n.a', 0)}) AS l) AS r,"
        " LATERAL (SELECT (r.x + r.y) / 2 AS p, (r.y - r.x) / 2 AS q, least(1,"
        " sin((r.y - r.x) / 2) ^ 2 + cos(r.x) * cos(r.y) * sin(r.l / 2) ^ 2) AS k) AS c,"
        " LATERAL (SELECT 2 * asin(sqrt(c.k)) AS s) AS s"
    )


def _coordinates(argument: str) -> str:
    return f"CAST({argument} AS JSONB) -> 'coordinates'"


_PAIR = f"(SELECT {_coordinates('{0}')} AS a, {_coordinates('{1}')} AS b) AS n"
_STEPS = (
    "(SELECT value AS b, lag(value) OVER (ORDER BY ordinality) AS a"
    f" FROM jsonb_array_elements({_coordinates('{0}')}) WITH ORDINALITY) AS n"
)
_SIDE = "((e.x2 - e.x1) * (p.y - e.y1) - (p.x - e.x1) * (e.y2 - e.y1))"
_IS_ON = (
    f"({_SIDE} = 0 AND p.x BETWEEN least(e.x1, e.x2) AND greatest(e.x1, e.x2)"
    " AND p.y BETWEEN least(e.y1, e.y2) AND greatest(e.y1, e.y2))"
)
_IS_CROSSED = f"((e.y1 > p.y) <> (e.y2 > p.y) AND ({_SIDE} > 0) = (e.y2 > e.y1))"
_EDGES = (
    f"(SELECT {_axis('s.a', 0)} AS x1, {_axis('s.a', 1)} AS y1, {_axis('s.b', 0)} AS x2, {_axis('s.b', 1)} AS y2"
    " FROM (SELECT o.value AS b, lag(o.value) OVER (PARTITION BY r.ordinality ORDER BY o.ordinality) AS a"
    f" FROM jsonb_array_elements({_coordinates('{1}')}) WITH ORDINALITY AS r,"
    " jsonb_array_elements(r.value) WITH ORDINALITY AS o) AS s WHERE s.a IS NOT NULL) AS e"
)
_POINT = (
    f"(SELECT {_axis('c.a', 0)} AS x, {_axis('c.a', 1)} AS y"
    f" FROM (SELECT {_coordinates('{0}')} AS a) AS c WHERE c.a IS NOT NULL) AS p"
)

# --- text and back -------------------------------------------------------------------------------------------------------

_FRACTION = "CASE WHEN {f} = '000000' THEN '' WHEN right({f}, 3) = '000' THEN '.' || left({f}, 3) ELSE '.' || {f} END"


def _clocked(form: str, end: str = "") -> str:
    fraction = _FRACTION.format(f="to_char(n.a, 'US')")
    return once(f"to_char(n.a, '{form}HH24:MI:SS') || {fraction}{end}").replace("{0}", "CAST({0} AS {kind})")


# The parts of |duration| in seconds: d days, and of the rest h hours, m minutes, s seconds.
_DURATION_TEXT = (
    "(SELECT CASE WHEN t.t < 0 THEN '-' WHEN t.t >= 0 THEN '' END || 'P' || CASE WHEN w.d > 0 THEN w.d || 'D' ELSE '' END"
    " || CASE WHEN w.clock <> '' THEN 'T' || w.clock WHEN w.d = 0 THEN 'T0S' ELSE '' END"
    f" FROM (SELECT {_total_seconds('{0}')} AS t) AS t,"
    " LATERAL (SELECT div(abs(t.t), 86400) AS d, mod(abs(t.t), 86400) AS r) AS r,"
    " LATERAL (SELECT r.d, CASE WHEN r.r >= 3600 THEN div(r.r, 3600) || 'H' ELSE '' END"
    " || CASE WHEN mod(r.r, 3600) >= 60 THEN div(mod(r.r, 3600), 60) || 'M' ELSE '' END"
    " || CASE WHEN mod(r.r, 60) > 0 THEN trim_scale(mod(r.r, 60)) || 'S' ELSE '' END AS clock) AS w)"
)


def _read(pattern: str, sql_type: str, text: str = "n.a", times: str = "") -> str:
    """A text that has the form and is a value of the type; else null. (``{{`` is a brace in a formula.)"""
    pattern = pattern.replace("{", "{{").replace("}", "}}")
    valid = f"n.a ~ '^(?:{pattern})$' AND pg_input_is_valid({text}, '{sql_type}')"
    return once(f"CASE WHEN {valid} THEN CAST({text} AS {sql_type}){times} END")


_DIGITS = r"[+-]?\d{1,200}"
_DECIMAL = r"[+-]?\d{1,200}(?:\.\d{1,180})?(?:[eE][+-]?\d{1,2})?"
_DATE = r"(?!0000)\d{4}-\d\d-\d\d"
_CLOCK = r"(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d+)?)?"
_ZONE = r"(?:[Zz]|[+-](?:(?:0\d|1[0-3]):[0-5]\d|14:00))"
_GUID = "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_DURATION = r"[+-]?P(?=.)(?:\d{1,7}D)?(?:T(?=.)(?:\d{1,9}H)?(?:\d{1,9}M)?(?:\d{1,9}(?:\.\d+)?S)?)?"
_CUT = r"regexp_replace(n.a, '(\.\d{{6}})\d+', '\1')"  # digits after microseconds are cut, not rounded
_SIGN = " * CASE WHEN starts_with(n.a, '-') THEN -1 ELSE 1 END"

FORMULAS: dict[str, str] = {
    "now": "(CURRENT_TIMESTAMP AT TIME ZONE 'UTC')",
    "date_of": "CAST({0} AS DATE)",
    "time_of": "CAST({0} AS TIME)",
    "fraction": "trim_scale(mod(CAST(extract(second FROM {0}) AS NUMERIC), 1))",
    "no_offset": "CASE WHEN {0} IS NOT NULL THEN 0 END",
    "total_seconds": f"trim_scale({_total_seconds('{0}')})",
    "moment_add": _within("{0} + {1}"),
    "moment_sub": _within("{0} - {1}"),
    "date_add": f"CAST({_within('{0} + {1}')} AS DATE)",
    "date_sub": f"CAST({_within('{0} - {1}')} AS DATE)",
    "elapsed": "(CAST({0} AS TIMESTAMP) - CAST({1} AS TIMESTAMP))",
    "duration_add": "({0} + {1})",
    "duration_sub": "({0} - {1})",
    "duration_mul": _as_interval(f"{_total_seconds('{0}')} * {_NUMBER}"),
    "duration_div": _as_interval(f"{_total_seconds('{0}')} / nullif({_NUMBER}, 0)"),
    "matches_pattern": "({0} ~ ('(?p)' || {1}))",  # (?p): a dot is no line feed, as in ECMAScript
    "substring_from_end": once(
        "CASE WHEN n.b >= 0 THEN substr(n.a, CAST(least(n.b, 2147483646) AS INTEGER) + 1)"
        " WHEN n.b < 0 THEN right(n.a, CAST(-greatest(n.b, -2147483647) AS INTEGER)) END"
    ),
    "distance": f"({_distance(_PAIR)})",
    "line_length": f"({_distance(_STEPS)})",
    "intersects": f"(SELECT bool_or({_IS_ON}) OR mod(count(*) FILTER (WHERE {_IS_CROSSED}), 2) = 1"
                  f" FROM {_POINT}, {_EDGES} HAVING count(*) > 0)",
    "moment_text": _clocked('YYYY-MM-DD"T"', " || 'Z'").replace("{kind}", "TIMESTAMP"),
    "date_text": "to_char({0}, 'YYYY-MM-DD')",
    "time_text": _clocked("").replace("{kind}", "INTERVAL"),
    "duration_text": _DURATION_TEXT,
    "double_text": "replace(CAST({0} AS TEXT), 'Infinity', 'INF')",
    "text_to_integer": f"(SELECT CASE WHEN m.v BETWEEN {{1}} AND {{2}} THEN CAST(m.v AS BIGINT) END"
                       f" FROM (SELECT {_read(_DIGITS, 'NUMERIC')} AS v) AS m)",
    "text_to_decimal": _read(_DECIMAL, "NUMERIC"),
    "text_to_double": _read(_DECIMAL, "DOUBLE PRECISION"),
    "text_to_boolean": _read("[tT][rR][uU][eE]|[fF][aA][lL][sS][eE]", "BOOLEAN"),
    "text_to_guid": _read(_GUID, "UUID"),
    "text_to_date": _read(_DATE, "DATE"),
    "text_to_time": _read(_CLOCK, "TIME", _CUT),
    "text_to_moment": _within(f"{_read(f'{_DATE}[Tt]{_CLOCK}{_ZONE}', 'TIMESTAMPTZ', _CUT)} AT TIME ZONE 'UTC'"),
    "text_to_bytes": "decode({0}, 'hex')",
    "text_to_duration": _read(_DURATION, "INTERVAL", "ltrim(n.a, '+-')", _SIGN),
}  # fmt: skip
