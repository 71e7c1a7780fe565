"""Places as GeoJSON objects (RFC 7946), checked as they come in."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal

from odata_service.edm import primitive as edm
from odata_service.edm.primitive import PrimitiveType
from odata_service.formats.value import shown

_NAMES = {
    edm.GEOGRAPHY_POINT: "Point",
    edm.GEOGRAPHY_LINE_STRING: "LineString",
    edm.GEOGRAPHY_POLYGON: "Polygon",
}
_MEMBERS = {"type", "coordinates", "crs", "bbox"}
_WGS84 = ("EPSG:4326", "urn:ogc:def:crs:OGC:1.3:CRS84", "urn:ogc:def:crs:EPSG::4326")


def read_geography(value: object, kind: PrimitiveType) -> dict[str, object]:
    """
    >>> read_geography({"type": "Point", "coordinates": [142.1, 64]}, edm.GEOGRAPHY_POINT)
    {'type': 'Point', 'coordinates': [142.1, 64.0]}
    """
    name = _NAMES[kind]
    if not isinstance(value, dict) or value.get("type") != name or not value.keys() <= _MEMBERS:
        raise ValueError(f'expected GeoJSON as {{"type":"{name}","coordinates":[…]}}, not {shown(value)}')
    _check_system(value.get("crs"))
    return {"type": name, "coordinates": _COORDINATES[kind](value.get("coordinates"))}


def _check_system(system: object) -> None:
    if system is None:
        return
    properties = system.get("properties") if isinstance(system, dict) else None
    if not isinstance(properties, dict) or properties.get("name") not in _WGS84:
        raise ValueError("the only coordinate system here is EPSG:4326 (WGS 84)")


def _position(value: object) -> list[float]:
    if not isinstance(value, list) or not 2 <= len(value) <= 4:
        raise ValueError(f"a position is [longitude, latitude], not {shown(value)}")
    return [_number(number) for number in value]


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        raise ValueError(f"a coordinate is a number, not {shown(value)}")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise ValueError(f"the coordinate {shown(value)} is out of range")
    return number


def _line(value: object) -> list[list[float]]:
    if not isinstance(value, list) or len(value) < 2:
        raise ValueError("a line has two positions or more")
    return [_position(each) for each in value]


def _polygon(value: object) -> list[list[list[float]]]:
    if not isinstance(value, list) or not value:
        raise ValueError("a polygon has at least one ring")
    return [_ring(each) for each in value]


def _ring(value: object) -> list[list[float]]:
    ring = _line(value)
    if len(ring) < 4 or ring[0] != ring[-1]:
        raise ValueError("a ring has four positions or more and ends where it starts")
    return ring


_COORDINATES: dict[PrimitiveType, Callable[[object], object]] = {
    edm.GEOGRAPHY_POINT: _position,
    edm.GEOGRAPHY_LINE_STRING: _line,
    edm.GEOGRAPHY_POLYGON: _polygon,
}
