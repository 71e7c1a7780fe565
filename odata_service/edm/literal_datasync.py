"""Literals of the Datasync protocol: V4's, and what clients of the toolkit write otherwise."""

from __future__ import annotations

import re

from odata_service.edm import literal_v4
from odata_service.edm.literal_v4 import TypedValue

_PLACE = re.compile(r"(geography')(?!SRID=)", re.IGNORECASE)


def read_literal(text: str, target: str | None = None, at: int | None = None) -> TypedValue:
    """The type and value of a literal; a place may be without its coordinate system.

    >>> read_literal("geography'POINT(142.1 64.1)'")[1]
    {'type': 'Point', 'coordinates': [142.1, 64.1]}
    """
    return literal_v4.read_literal(_PLACE.sub(r"\1SRID=4326;", text), target, at)
