"""Rows of a level below the top, handed to the rows they belong to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from urllib.parse import quote

from odata_service.plan.row import ExpandedNavigation, RowShape
from odata_service.result import Row

Columns = Sequence[Sequence[object]]


def keys(columns: Columns, positions: tuple[int, ...]) -> Iterable[Row]:
    """The values at some positions, as one tuple per row."""
    return zip(*(columns[position] for position in positions), strict=True)


def grouped(expanded: ExpandedNavigation, columns: Columns, texts: Iterable[str]) -> dict[Row, list[str]]:
    """The texts of a level's rows by the parent they belong to, in the order of the rows."""
    groups: dict[Row, list[str]] = {}
    if columns:
        for key, text in zip(keys(columns, expanded.far), texts, strict=True):
            groups.setdefault(key, []).append(text)
    return groups


def next_address(parent: str, expanded: ExpandedNavigation, token: str, lasting: Sequence[str] = ()) -> str:
    """Where an expanded collection goes on: ``Customers(1)/Orders?$expand=Lines&$skiptoken=…``."""
    options = [
        *_option("$expand", _expanded_paths(expanded.shape)),
        *_option("$select", _selected_paths(expanded.shape)),
        *lasting,
        f"$skiptoken={quote(token, safe='')}",
    ]
    return f"{parent}/{quote(expanded.navigation.name)}?{'&'.join(options)}"


def _option(name: str, paths: Sequence[str]) -> list[str]:
    return [f"{name}={quote(','.join(paths), safe=',/*')}"] if paths else []


def _expanded_paths(shape: RowShape) -> list[str]:
    paths = []
    for below in shape.expanded:
        deeper = _expanded_paths(below.shape)
        paths += [f"{below.navigation.name}/{path}" for path in deeper] or [below.navigation.name]
    return paths


def _selected_paths(shape: RowShape) -> list[str]:
    """Empty where all of the level and of what is below it is shown; a bare navigation property means all of it."""
    entity_type = shape.entity_set.type
    below = [(each.navigation.name, _selected_paths(each.shape)) for each in shape.expanded]
    whole = len(shape.selected) == len(entity_type.properties)
    linked = len(shape.links) + len(shape.expanded) == len(entity_type.navigation)
    if whole and linked and not any(paths for _, paths in below):
        return []
    own = ["*"] if whole else [declared.name for declared in shape.selected]
    links = [navigation.name for navigation in shape.links]
    return own + links + [f"{name}/{path}" if path else name for name, paths in below for path in paths or [""]]
