"""Literals of the Datasync protocol: V4's, and what clients of the toolkit write otherwise."""

from __future__ import annotations

import re

from odata_service.edm import literal_v4
from odata_service.edm.literal_v4 import TypedValue

_OLD = re.compile(r"(datetimeoffset|datetime|guid)'([^']*)'", re.IGNORECASE)
_PLACE = re.compile(r"(geography')(?!SRID=)", re.IGNORECASE)


def read_literal(text: str, target: str | None = None, at: int | None = None) -> TypedValue:
    """The type and value of a literal; a place may be without its coordinate system.

    >>> read_literal("geography'POINT(142.1 64.1)'")[1]
    {'type': 'Point', 'coordinates': [142.1, 64.1]}
    """
    return literal_v4.read_literal(_PLACE.sub(r"\1SRID=4326;", text), target, at)


def read_old_literal(text: str, target: str | None = None, at: int | None = None) -> TypedValue:
    """The same where OData 3 is spoken, which names types in front.

    >>> read_old_literal("datetime'1994-10-14T00:00:00.000Z'") == read_old_literal("1994-10-14T00:00:00.000Z")
    True
    """
    match = _OLD.fullmatch(text)
    if match is None:
        return read_literal(text, target, at)
    inner = match[2]
    if match[1].lower() != "guid" and not _HAS_ZONE.search(inner):
        inner = f"{inner}Z"
    return read_literal(inner, target, at)


_HAS_ZONE = re.compile(r"(?:Z|[+-]\d\d:\d\d)$", re.IGNORECASE)
