"""Distances on the globe and points in areas, over GeoJSON (RFC 7946)."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Sequence
from typing import Any

Position = Sequence[float]
EQUATOR = 6_378_137.0  # WGS 84: the radius in metres
FLATTENING = 1 / 298.257223563


def positions(geo_json: str) -> Any:
    """The coordinates of a text in GeoJSON: a position, a list or a list of lists of them."""
    return json.loads(geo_json)["coordinates"]


def distance(one: Position, other: Position) -> float:
    """Metres between two points: Lambert's formula, right to some metres over thousands of kilometres.

    >>> round(distance((0, 0), (1, 0))), round(distance((-73.8, 40.6), (-0.5, 51.6)), -2)
    (111319, 5551800.0)
    """
    first, second = (math.atan((1 - FLATTENING) * math.tan(math.radians(point[1]))) for point in (one, other))
    middle, half = (first + second) / 2, (second - first) / 2
    turn = math.sin(math.radians(other[0] - one[0]) / 2) ** 2
    chord = min(math.sin(half) ** 2 + math.cos(first) * math.cos(second) * turn, 1.0)
    angle = 2 * math.asin(math.sqrt(chord))
    flat = _part(angle - math.sin(angle), math.sin(middle) * math.cos(half), 1 - chord)
    steep = _part(angle + math.sin(angle), math.cos(middle) * math.sin(half), chord)
    return EQUATOR * (angle - FLATTENING / 2 * (flat + steep))


def _part(angle: float, product: float, square: float) -> float:
    """Nothing where two points are the same or opposite: there the formula has no value and needs none."""
    return angle * product**2 / square if square > 1e-16 else 0.0


def length(line: Sequence[Position]) -> float:
    return math.fsum(distance(one, other) for one, other in itertools.pairwise(line))


def inside(point: Position, rings: Sequence[Sequence[Position]]) -> bool:
    """Whether a point is in an area or on its edge. A line between two positions is straight in degrees, as GeoJSON has
    it; a point is in a hole when it is inside of an even number of rings.

    >>> square = [(0, 0), (4, 0), (4, 4), (0, 4), (0, 0)]; hole = [(1, 1), (2, 1), (2, 2), (1, 2), (1, 1)]
    >>> [inside(point, [square, hole]) for point in ((3, 3), (1.5, 1.5), (1, 1.5), (5, 1))]
    [True, False, True, False]
    """
    edges = [edge for ring in rings for edge in itertools.pairwise(ring)]
    if any(_is_on(point, *edge) for edge in edges):
        return True
    return sum(_is_crossed(point, *edge) for edge in edges) % 2 == 1


def _side(point: Position, start: Position, end: Position) -> float:
    """Positive on the left of the line from start to end, 0 on it."""
    return (end[0] - start[0]) * (point[1] - start[1]) - (point[0] - start[0]) * (end[1] - start[1])


def _is_on(point: Position, start: Position, end: Position) -> bool:
    return _side(point, start, end) == 0 and all(
        min(start[axis], end[axis]) <= point[axis] <= max(start[axis], end[axis]) for axis in (0, 1)
    )


def _is_crossed(point: Position, start: Position, end: Position) -> bool:
    """Whether a ray from the point to the east crosses the edge."""
    if (start[1] > point[1]) == (end[1] > point[1]):
        return False
    return (_side(point, start, end) > 0) == (end[1] > start[1])
