"""Oracle's formulas for the functions of :mod:`~odata_service.dialects.calls`. A duration is an ``INTERVAL DAY TO SECOND``. What is not
here, geography and times of a day, for which Oracle has no type, is refused."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement

from odata_service.dialects.calls import has_zone


def in_utc(element: ColumnElement[Any], text: str) -> str:
    """A moment with a zone as one without."""
    return f"SYS_EXTRACT_UTC({text})" if has_zone(element) else text


_IN_SECONDS = (
    "(EXTRACT(DAY FROM {0}) * 86400 + EXTRACT(HOUR FROM {0}) * 3600 + EXTRACT(MINUTE FROM {0}) * 60 + EXTRACT(SECOND FROM {0}))"
)
_FRACTION = "REGEXP_REPLACE(TO_CHAR({0}, 'FF6'), '0+$', '')"
_OR_NULL = "CAST({0} AS NUMBER DEFAULT NULL ON CONVERSION ERROR)"

FORMULAS: dict[str, str] = {
    "now": "SYS_EXTRACT_UTC(SYSTIMESTAMP)",
    "date_of": "TRUNC({0})",
    "fraction": "MOD(EXTRACT(SECOND FROM CAST({0} AS TIMESTAMP)), 1)",
    "no_offset": "CASE WHEN {0} IS NOT NULL THEN 0 END",
    "total_seconds": _IN_SECONDS,
    "moment_add": "({0} + {1})",
    "moment_sub": "({0} - {1})",
    "date_add": "TRUNC({0} + {1})",
    "date_sub": "TRUNC({0} - {1})",
    "elapsed": "(CAST({0} AS TIMESTAMP) - CAST({1} AS TIMESTAMP))",
    "duration_add": "({0} + {1})",
    "duration_sub": "({0} - {1})",
    "duration_mul": "({0} * {1})",
    "duration_div": "({0} / NULLIF({1}, 0))",
    "matches_pattern": "REGEXP_LIKE({0}, {1})",
    "substring_from_end": "SUBSTR({0}, CASE WHEN {1} >= 0 THEN {1} + 1 WHEN -({1}) > LENGTH({0}) THEN 1 ELSE {1} END)",
    "moment_text": "(TO_CHAR({0}, 'YYYY-MM-DD\"T\"HH24:MI:SS') || CASE WHEN TO_CHAR({0}, 'FF6') <> '000000' THEN '.' || "
                   f"{_FRACTION} END || 'Z')",
    "date_text": "TO_CHAR({0}, 'YYYY-MM-DD')",
    "double_text": "TO_CHAR({0}, 'TM9', 'NLS_NUMERIC_CHARACTERS=''.,''')",
    "text_to_integer": "CASE WHEN REGEXP_LIKE({0}, '^[+-]?[0-9]+$') AND " + f"{_OR_NULL} BETWEEN {{1}} AND {{2}} THEN {_OR_NULL} END",
    "text_to_decimal": _OR_NULL,
    "text_to_double": "CAST({0} AS BINARY_DOUBLE DEFAULT NULL ON CONVERSION ERROR)",
    "text_to_boolean": "CASE LOWER({0}) WHEN 'true' THEN 1 WHEN 'false' THEN 0 END",
    "text_to_date": "TO_DATE({0} DEFAULT NULL ON CONVERSION ERROR, 'FXYYYY-MM-DD')",
    "text_to_moment": "SYS_EXTRACT_UTC(TO_TIMESTAMP_TZ({0} DEFAULT NULL ON CONVERSION ERROR, 'YYYY-MM-DD\"T\"HH24:MI:SS.FFTZH:TZM'))",
    "text_to_bytes": "HEXTORAW({0})",
}  # fmt: skip
