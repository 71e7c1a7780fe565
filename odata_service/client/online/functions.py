"""The functions of ``$filter`` and ``$orderby``: how each version writes them, and what they give."""

from __future__ import annotations

from collections.abc import Mapping

from odata_service.edm.primitive import (
    BOOLEAN, DATE, DATE_TIME_OFFSET, DOUBLE, INT32, STRING, TIME_OF_DAY, PrimitiveType,
)  # fmt: skip
from odata_service.values import frozen


@frozen
class Function:
    """``takes`` is the type of literals beside the first argument, where it is not that of the first one; it gives the
    type of the first where ``gives`` is none. ``v2`` is empty where V2 has no such function."""

    v4: str
    v2: str
    gives: PrimitiveType | None
    takes: PrimitiveType | None = None


FUNCTIONS: Mapping[str, Function] = {
    "contains": Function("contains({0},{1})", "substringof({1},{0})", BOOLEAN),
    "startswith": Function("startswith({0},{1})", "startswith({0},{1})", BOOLEAN),
    "endswith": Function("endswith({0},{1})", "endswith({0},{1})", BOOLEAN),
    "matches": Function("matchesPattern({0},{1})", "", BOOLEAN),
    "length": Function("length({0})", "length({0})", INT32),
    "indexof": Function("indexof({0},{1})", "indexof({0},{1})", INT32),
    "substring": Function("substring({0},{1})", "substring({0},{1})", STRING, INT32),
    "substring_to": Function("substring({0},{1},{2})", "substring({0},{1},{2})", STRING, INT32),
    "lower": Function("tolower({0})", "tolower({0})", STRING),
    "upper": Function("toupper({0})", "toupper({0})", STRING),
    "trim": Function("trim({0})", "trim({0})", STRING),
    "concat": Function("concat({0},{1})", "concat({0},{1})", STRING),
    "year": Function("year({0})", "year({0})", INT32),
    "month": Function("month({0})", "month({0})", INT32),
    "day": Function("day({0})", "day({0})", INT32),
    "hour": Function("hour({0})", "hour({0})", INT32),
    "minute": Function("minute({0})", "minute({0})", INT32),
    "second": Function("second({0})", "second({0})", INT32),
    "date": Function("date({0})", "", DATE),
    "time": Function("time({0})", "", TIME_OF_DAY),
    "now": Function("now()", "", DATE_TIME_OFFSET),
    "round": Function("round({0})", "round({0})", None),
    "floor": Function("floor({0})", "floor({0})", None),
    "ceiling": Function("ceiling({0})", "ceiling({0})", None),
    "distance": Function("geo.distance({0},{1})", "", DOUBLE),
    "intersects": Function("geo.intersects({0},{1})", "", BOOLEAN),
    "has": Function("{0} has {1}", "", BOOLEAN),
}
