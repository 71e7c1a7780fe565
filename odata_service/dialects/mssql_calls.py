"""SQL Server's formulas for the functions of :mod:`~odata_service.dialects.calls`. A duration is a moment after 1970, as SQLAlchemy's
``Interval`` keeps it. What is not here, patterns and geography, is refused."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement

from odata_service.dialects.calls import has_zone

_EPOCH = "CAST('1970-01-01' AS DATETIME2)"


def in_utc(element: ColumnElement[Any], text: str) -> str:
    """A moment with a zone as one without; DATEPART and CAST would take the clock of its own zone."""
    return f"CAST(SWITCHOFFSET({text}, '+00:00') AS DATETIME2)" if has_zone(element) else text


def _microseconds(duration: str) -> str:
    return f"DATEDIFF_BIG(microsecond, {_EPOCH}, {duration})"


def _later(moment: str, microseconds: str) -> str:
    """DATEADD takes an int, so the days come apart from the rest of the seconds, and these from the rest."""
    days = f"DATEADD(day, CAST(({microseconds}) / 86400000000 AS INT), CAST({moment} AS DATETIME2))"
    seconds = f"DATEADD(second, CAST(({microseconds}) / 1000000 % 86400 AS INT), {days})"
    return f"DATEADD(microsecond, CAST(({microseconds}) % 1000000 AS INT), {seconds})"


def _duration(microseconds: str) -> str:
    return _later(_EPOCH, microseconds)


_MOVED = {sign: _later("{0}", f"{sign}{_microseconds('{1}')}") for sign in ("", "-")}
_ROUNDED = "CAST(ROUND({}, 0) AS BIGINT)"
_OF = _microseconds("{0}")

FORMULAS: dict[str, str] = {
    "now": "SYSUTCDATETIME()",
    "date_of": "CAST({0} AS DATE)",
    "time_of": "CAST({0} AS TIME)",
    "fraction": "(DATEPART(nanosecond, {0}) / 1000000000.0)",
    "no_offset": "CASE WHEN {0} IS NOT NULL THEN 0 END",
    "total_seconds": f"({_OF} / 1000000.0)",
    "moment_add": _MOVED[""],
    "moment_sub": _MOVED["-"],
    "date_add": f"CAST({_MOVED['']} AS DATE)",
    "date_sub": f"CAST({_MOVED['-']} AS DATE)",
    "elapsed": _duration("DATEDIFF_BIG(microsecond, {1}, {0})"),
    "duration_add": _duration(f"{_OF} + {_microseconds('{1}')}"),
    "duration_sub": _duration(f"{_OF} - {_microseconds('{1}')}"),
    "duration_mul": _duration(_ROUNDED.format(f"{_OF} * {{1}}")),
    "duration_div": _duration(_ROUNDED.format(f"{_OF} / NULLIF({{1}}, 0)")),
    "substring_from_end": "(CASE WHEN {1} >= 0 THEN SUBSTRING({0}, {1} + 1, 2147483647) ELSE RIGHT({0}, -({1})) END)",
    "moment_text": "(FORMAT({0}, 'yyyy-MM-ddTHH:mm:ss.FFFFFF', 'en-US') + 'Z')",
    "date_text": "CONVERT(NVARCHAR(10), {0}, 23)",
    "time_text": "FORMAT(CAST({0} AS DATETIME2), 'HH:mm:ss.FFFFFF', 'en-US')",
    "double_text": "CONVERT(NVARCHAR(40), {0}, 3)",
    "text_to_integer": "CASE WHEN TRY_CAST({0} AS DECIMAL(38)) BETWEEN {1} AND {2} THEN TRY_CAST({0} AS BIGINT) END",
    "text_to_decimal": "TRY_CAST({0} AS DECIMAL(38, 12))",
    "text_to_double": "TRY_CAST({0} AS FLOAT)",
    "text_to_boolean": "CASE LOWER({0}) WHEN 'true' THEN 1 WHEN 'false' THEN 0 END",
    "text_to_guid": "TRY_CAST({0} AS UNIQUEIDENTIFIER)",
    "text_to_date": "TRY_CONVERT(DATE, {0}, 23)",
    "text_to_time": "TRY_CAST({0} AS TIME)",
    "text_to_moment": "CAST(SWITCHOFFSET(TRY_CONVERT(DATETIMEOFFSET, {0}, 127), '+00:00') AS DATETIME2)",
    "text_to_bytes": "TRY_CONVERT(VARBINARY(MAX), {0}, 2)",
}
