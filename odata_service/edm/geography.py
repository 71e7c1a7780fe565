"""Points, lines and polygons on the globe as URL literals; their values are GeoJSON objects (RFC 7946)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NoReturn

from odata_service.edm.primitive import (
    GEOGRAPHY_LINE_STRING,
    GEOGRAPHY_POINT,
    GEOGRAPHY_POLYGON,
    PrimitiveType,
)

_TYPES = {"Point": GEOGRAPHY_POINT, "LineString": GEOGRAPHY_LINE_STRING, "Polygon": GEOGRAPHY_POLYGON}
_NAMES = {
    name.lower(): name for name in (*_TYPES, "MultiPoint", "MultiLineString", "MultiPolygon", "GeometryCollection")
}
_LITERAL = re.compile(r"SRID=(\d{1,5});([a-z]+)(\(.*\))", re.IGNORECASE | re.ASCII)
_NUMBER = r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?"
_POSITION = rf"{_NUMBER}(?: {_NUMBER}){{1,3}}"
_POSITIONS = rf"\({_POSITION}(?:,{_POSITION})*\)"
_FORMS = {
    "Point": re.compile(rf"\({_POSITION}\)"),
    "LineString": re.compile(rf"\({_POSITION}(?:,{_POSITION})+\)"),
    "Polygon": re.compile(rf"\({_POSITIONS}(?:,{_POSITIONS})*\)"),
}
_RING = re.compile(_POSITIONS)


class NotSupported(ValueError):
    """A form that the protocol knows and this service does not."""


def read_geography(text: str) -> tuple[PrimitiveType, dict[str, Any]]:
    """The type and GeoJSON value of what stands between the quotes.

    >>> read_geography("SRID=4326;Point(142.1 64.1)")[1]
    {'type': 'Point', 'coordinates': [142.1, 64.1]}
    >>> read_geography("SRID=0;LineString(1 2,3 4)")[1]["coordinates"]
    [[1.0, 2.0], [3.0, 4.0]]
    """
    match = _LITERAL.fullmatch(text)
    name = _NAMES.get(match[2].lower()) if match else None
    if match is None or name is None:
        raise ValueError("a place is written as SRID=4326;Point(longitude latitude)")
    if name not in _TYPES:
        raise NotSupported(f"{name} is not a type of this service")
    if int(match[1]) not in (0, 4326):
        raise NotSupported(f"the coordinate system {match[1]} is not known here, only 4326 (WGS 84)")
    if not _FORMS[name].fullmatch(match[3]):
        raise ValueError(f"the positions of the {name} are malformed")
    return _TYPES[name], {"type": name, "coordinates": _coordinates(name, match[3][1:-1])}


def _coordinates(name: str, text: str) -> list[Any]:
    if name == "Point":
        return _position(text)
    if name == "LineString":
        return [_position(each) for each in text.split(",")]
    return [[_position(each) for each in ring[1:-1].split(",")] for ring in _RING.findall(text)]


def _position(text: str) -> list[float]:
    return [float(number) for number in text.split(" ")]


def refuse_geometry(text: str) -> NoReturn:
    raise NotSupported("plane geometry is not a type of this service, only geography")


def write_geography(value: Mapping[str, Any]) -> str:
    """
    >>> write_geography({"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [0, 1.5], [0, 0]]]})
    "geography'SRID=4326;Polygon((0 0,1 0,0 1.5,0 0))'"
    """
    name, coordinates = value["type"], value["coordinates"]
    if name == "Point":
        inner = _written(coordinates)
    elif name == "LineString":
        inner = ",".join(map(_written, coordinates))
    else:
        inner = ",".join(f"({','.join(map(_written, ring))})" for ring in coordinates)
    return f"geography'SRID=4326;{name}({inner})'"


def _written(position: list[float]) -> str:
    return " ".join(repr(number) for number in position)
