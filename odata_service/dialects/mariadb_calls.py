"""MariaDB's formulas for the functions of :mod:`~odata_service.dialects.calls`. All points in time are in UTC; a duration
is a moment after 1970, as SQLAlchemy's ``Interval`` keeps it. An argument that is needed twice is computed once, as ``n.a``."""

from __future__ import annotations

from typing import Any

from sqlalchemy import types
from sqlalchemy.sql.compiler import SQLCompiler

from odata_service.dialects.calls import Call
from odata_service.dialects.constructs import arguments
from odata_service.dialects.geodesy import EQUATOR, FLATTENING
from odata_service.dialects.mariadb_constructs import DECIMAL, TEXT, once, plain_type, without_zeros
from odata_service.dialects.mariadb_types import made_in


@made_in(Call)
def _call(element: Call, compiler: SQLCompiler, **kw: Any) -> str:
    formula, kind = FORMULAS[element.name], plain_type(element.type, compiler.dialect)
    if isinstance(kind, types.Uuid) and kind.native:
        formula = _GUID_ITSELF
    return formula.format(*arguments(element, compiler, **kw))


def _once(formula: str, kind: str = TEXT) -> str:
    """A formula over ``n.a`` and, if there are two arguments, ``n.b``."""
    return once(formula, kind, *(["{0}", "{1}"] if "n.b" in formula else ["{0}"]))


_EPOCH = "CAST('1970-01-01' AS DATETIME(6))"


def _microseconds(duration: str) -> str:
    return f"TIMESTAMPDIFF(MICROSECOND, {_EPOCH}, {duration})"


def _duration(microseconds: str) -> str:
    return f"({_EPOCH} + INTERVAL {microseconds} MICROSECOND)"


def _moved(sign: str) -> str:
    return f"(CAST({{0}} AS DATETIME(6)) {sign} INTERVAL {_microseconds('{1}')} MICROSECOND)"


_NUMBER = f"CAST(CAST({{1}} AS CHAR) AS {DECIMAL})"  # a double by its shortest form

# --- geography -----------------------------------------------------------------------------------------------------------
# Tables of one row stand beside each other, each with what it takes from those before.


def _beside(name: str, **values: str) -> str:
    columns = ", ".join(f"{each} DOUBLE PATH '$[{at}]'" for at, each in enumerate(values))
    return f"JSON_TABLE(JSON_ARRAY({', '.join(values.values())}), '$' COLUMNS ({columns})) AS {name}"


def _reduced(latitude: str) -> str:
    return f"ATAN({1 - FLATTENING!r} * TAN(RADIANS({latitude})))"


def _distance(source: str) -> str:
    """Lambert's formula over each pair of positions (``n.x1``, ``n.y1``) and (``n.x2``, ``n.y2``) of the source; see
    :func:`.geodesy.distance`."""
    flat = "CASE WHEN 1 - c.k > 1e-16 THEN (s.s - SIN(s.s)) * POW(SIN(c.p) * COS(c.q), 2) / (1 - c.k) ELSE 0 END"
    steep = "CASE WHEN c.k > 1e-16 THEN (s.s + SIN(s.s)) * POW(COS(c.p) * SIN(c.q), 2) / c.k ELSE 0 END"
    half = "POW(SIN((r.y - r.x) / 2), 2) + COS(r.x) * COS(r.y) * POW(SIN(r.l / 2), 2)"
    reduced = _beside("r", x=_reduced("n.y1"), y=_reduced("n.y2"), l="RADIANS(n.x2 - n.x1)")
    middle = _beside("c", p="(r.x + r.y) / 2", q="(r.y - r.x) / 2", k=f"LEAST(1e0, {half})")
    arc = _beside("s", s="2 * ASIN(SQRT(c.k))")
    return (
        f"SELECT SUM({EQUATOR!r} * (s.s - {FLATTENING / 2!r} * ({flat} + {steep})))"
        f" FROM {source}, {reduced}, {middle}, {arc}"
    )


def _axis(argument: str, axis: int) -> str:
    return f"JSON_EXTRACT({argument}, '$.coordinates[{axis}]')"


_PAIR = _beside("n", x1=_axis("{0}", 0), y1=_axis("{0}", 1), x2=_axis("{1}", 0), y2=_axis("{1}", 1))


def _positions(name: str, argument: str, path: str, also: str = "") -> str:
    columns = f"{also}at FOR ORDINALITY, x DOUBLE PATH '$[0]', y DOUBLE PATH '$[1]'"
    return f"JSON_TABLE({argument}, '{path}' COLUMNS ({columns})) AS {name}"


_STEPS = (
    f"{_positions('o', '{0}', '$.coordinates[*]')}, {_positions('d', '{0}', '$.coordinates[*]')},"
    f" {_beside('n', x1='o.x', y1='o.y', x2='d.x', y2='d.y')}"
)
_LINE_LENGTH = _distance(_STEPS) + " WHERE d.at = o.at + 1"
_SIDE = "((e.x2 - e.x1) * (p.y - e.y1) - (p.x - e.x1) * (e.y2 - e.y1))"
_IS_ON = (
    f"({_SIDE} = 0 AND p.x BETWEEN LEAST(e.x1, e.x2) AND GREATEST(e.x1, e.x2)"
    " AND p.y BETWEEN LEAST(e.y1, e.y2) AND GREATEST(e.y1, e.y2))"
)
_IS_CROSSED = f"((e.y1 > p.y) <> (e.y2 > p.y) AND ({_SIDE} > 0) = (e.y2 > e.y1))"


def _corners(name: str) -> str:
    """Of all rings of an area: the ring's number and the corner's in it."""
    nested = "NESTED PATH '$[*]' COLUMNS (at FOR ORDINALITY, x DOUBLE PATH '$[0]', y DOUBLE PATH '$[1]')"
    return f"JSON_TABLE({{1}}, '$.coordinates[*]' COLUMNS (ring FOR ORDINALITY, {nested})) AS {name}"


_INTERSECTS = (
    f"(SELECT SUM({_IS_ON}) > 0 OR MOD(SUM({_IS_CROSSED}), 2) = 1"
    f" FROM {_beside('p', x=_axis('{0}', 0), y=_axis('{0}', 1))}, {_corners('o')}, {_corners('d')},"
    f" {_beside('e', x1='o.x', y1='o.y', x2='d.x', y2='d.y')}"
    " WHERE d.ring = o.ring AND d.at = o.at + 1 AND p.x IS NOT NULL HAVING COUNT(*) > 0)"
)

# --- text and back -------------------------------------------------------------------------------------------------------

_FRACTION = "CASE WHEN {f} = '000000' THEN '' WHEN RIGHT({f}, 3) = '000' THEN CONCAT('.', LEFT({f}, 3)) ELSE CONCAT('.', {f}) END"


def _clocked(form: str, kind: str, end: str = "") -> str:
    fraction = _FRACTION.format(f="DATE_FORMAT(n.a, '%%f')")
    return _once(f"CONCAT(DATE_FORMAT(n.a, '{form}%%H:%%i:%%s'), {fraction}, '{end}')", kind)


# The parts of |duration| in microseconds.
_DAY, _HOUR, _MINUTE, _SECOND = 86_400_000_000, 3_600_000_000, 60_000_000, 1_000_000


def _part(unit: int, within: int, letter: str) -> str:
    count = f"(MOD(ABS(n.a), {within}) DIV {unit})"
    return f"CASE WHEN {count} > 0 THEN CONCAT({count}, '{letter}') ELSE '' END"


_SECONDS = without_zeros(f"(MOD(ABS(n.a), {_MINUTE}) / 1000000.0)")
_CLOCK = (
    f"CONCAT({_part(_HOUR, _DAY, 'H')}, {_part(_MINUTE, _HOUR, 'M')},"
    f" CASE WHEN MOD(ABS(n.a), {_MINUTE}) > 0 THEN CONCAT({_SECONDS}, 'S') ELSE '' END)"
)
_DURATION_TEXT = once(
    "CONCAT(CASE WHEN n.a < 0 THEN '-' ELSE '' END, 'P',"
    f" CASE WHEN ABS(n.a) >= {_DAY} THEN CONCAT(ABS(n.a) DIV {_DAY}, 'D') ELSE '' END,"
    f" CASE WHEN MOD(ABS(n.a), {_DAY}) > 0 THEN CONCAT('T', {_CLOCK}) WHEN n.a = 0 THEN 'T0S' ELSE '' END)",
    "BIGINT",
    _microseconds("{0}"),
)


def _read(pattern: str, value: str) -> str:
    """What a text says that has the form; else null. (``{{`` is a brace in a formula, ``\\\\`` a backslash in a text.)"""
    pattern = pattern.replace("{", "{{").replace("}", "}}").replace("\\", "\\\\")
    return _once(f"CASE WHEN n.a REGEXP '^(?:{pattern})\\\\z' THEN {value} END")


_DIGITS = r"[+-]?[0-9]{1,200}"
_DECIMAL_FORM = r"[+-]?[0-9]{1,200}(?:\.[0-9]{1,180})?(?:[eE][+-]?[0-9]{1,2})?"
_DATE = r"(?!0000)[0-9]{4}-[0-9]{2}-[0-9]{2}"
_TIME = r"(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]+)?)?"
_ZONE = r"(?:[Zz]|[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00))"
_GUID = "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_DURATION = (
    r"[+-]?P(?=.)(?:[0-9]{1,7}D)?(?:T(?=.)(?:[0-9]{1,9}H)?(?:[0-9]{1,9}M)?(?:[0-9]{1,9}(?:\.[0-9]+)?S)?)?"
)
_GUID_DIGITS = _read(_GUID, "REPLACE(LOWER(n.a), '-', '')")
_GUID_ITSELF = _read(_GUID, "CAST(n.a AS UUID)")
_ZONELESS = "REPLACE(REGEXP_REPLACE(n.a, '[Zz]$|[+-][0-9]{{2}}:[0-9]{{2}}$', ''), 't', 'T')"
_MINUTES_EAST = (
    "CASE WHEN UPPER(RIGHT(n.a, 1)) = 'Z' THEN 0 ELSE"
    " (SUBSTRING(n.a, -5, 2) * 60 + RIGHT(n.a, 2)) * CASE WHEN SUBSTRING(n.a, -6, 1) = '-' THEN -1 ELSE 1 END END"
)


def _count(unit: str, letter: str, after: str = "") -> str:
    """How many of a unit a duration has, in microseconds; ``after`` says where its minutes are."""
    number = f"REGEXP_SUBSTR(n.a, '{after}[0-9.]+(?={letter})')"
    return f"CAST(COALESCE(NULLIF({number}, ''), 0) AS DECIMAL(40, 6)) * {unit}"


_PARTS_OF_DURATION = " + ".join((
    _count(str(_DAY), "D"), _count(str(_HOUR), "H"), _count(str(_MINUTE), "M"), _count(str(_SECOND), "S")
))  # fmt: skip

FORMULAS: dict[str, str] = {
    "now": "UTC_TIMESTAMP(6)",
    "date_of": "CAST({0} AS DATE)",
    "time_of": "CAST({0} AS TIME(6))",
    "fraction": "(MICROSECOND({0}) / 1000000.0)",
    "no_offset": "CASE WHEN {0} IS NOT NULL THEN 0 END",
    "total_seconds": f"({_microseconds('{0}')} / 1000000.0)",
    "moment_add": _moved("+"),
    "moment_sub": _moved("-"),
    "date_add": f"CAST({_moved('+')} AS DATE)",
    "date_sub": f"CAST({_moved('-')} AS DATE)",
    "elapsed": _duration("TIMESTAMPDIFF(MICROSECOND, {1}, {0})"),
    "duration_add": _duration(f"({_microseconds('{0}')} + {_microseconds('{1}')})"),
    "duration_sub": _duration(f"({_microseconds('{0}')} - {_microseconds('{1}')})"),
    "duration_mul": _duration(f"ROUND({_microseconds('{0}')} * {_NUMBER})"),
    "duration_div": _duration(f"ROUND({_microseconds('{0}')} / {_NUMBER})"),
    "matches_pattern": "({0} REGEXP {1})",
    "substring_from_end": once(
        "CASE WHEN n.b >= 0 THEN SUBSTRING(n.a, LEAST(n.b, 2147483646) + 1)"
        " WHEN n.b < 0 THEN RIGHT(n.a, -GREATEST(n.b, -2147483647)) END",
        TEXT, "{0}", "{1}",
    ),
    "distance": f"({_distance(_PAIR)})",
    "line_length": f"({_LINE_LENGTH})",
    "intersects": _INTERSECTS,
    "moment_text": _clocked("%%Y-%%m-%%dT", "DATETIME(6)", "Z"),
    "date_text": "CAST({0} AS CHAR)",
    "time_text": _clocked("", "TIME(6)"),
    "duration_text": _DURATION_TEXT,
    "double_text": "REGEXP_REPLACE(CAST({0} AS CHAR), 'e([0-9])', 'e+\\\\1')",
    "text_to_integer": _read(_DIGITS, "(SELECT CASE WHEN m.v BETWEEN {1} AND {2} THEN CAST(m.v AS SIGNED) END FROM"
                             " JSON_TABLE(JSON_ARRAY(CAST(n.a AS DECIMAL(65))), '$[0]'"
                             " COLUMNS (v DECIMAL(65) PATH '$')) AS m)"),
    "text_to_decimal": _read(_DECIMAL_FORM, f"CAST(n.a AS {DECIMAL})"),
    "text_to_double": _read(_DECIMAL_FORM, "CAST(n.a AS DOUBLE)"),
    "text_to_boolean": "CASE LOWER({0}) WHEN 'true' THEN TRUE WHEN 'false' THEN FALSE END",
    # A subquery gives the text itself of a day that does not exist, unless it is reckoned with.
    "text_to_date": _read(_DATE, "CAST(n.a AS DATE) + INTERVAL 0 DAY"),
    "text_to_time": _read(_TIME, "CAST(n.a AS TIME(6))"),
    "text_to_moment": _read(f"{_DATE}[Tt]{_TIME}{_ZONE}",
                            f"CAST({_ZONELESS} AS DATETIME(6)) - INTERVAL ({_MINUTES_EAST}) MINUTE"),
    "text_to_bytes": "UNHEX({0})",
    "text_to_duration": _read(_DURATION, _duration(f"TRUNCATE({_PARTS_OF_DURATION}, 0)"
                              " * CASE WHEN LEFT(n.a, 1) = '-' THEN -1 ELSE 1 END")),
    "text_to_guid": _GUID_DIGITS,
}  # fmt: skip
