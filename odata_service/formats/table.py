"""Results as a table: a line for each entity, a column for each value that it has one of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import orjson

from odata_service.edm.model import Property
from odata_service.edm.primitive import STRING, PrimitiveType
from odata_service.errors import BadRequest, NotAcceptable
from odata_service.formats import json_v4
from odata_service.formats.style_v4 import Style
from odata_service.plan.row import ExpandedNavigation, RowShape
from odata_service.result import DynamicRows, EntityCollection, Result, SingleEntity
from odata_service.values import frozen

# Every digit stands in quotes there, so that none is lost on the way.
_EXACT = Style(metadata="none", ieee754=True)
Tabular = EntityCollection | SingleEntity | DynamicRows


@frozen
class Column:
    """``Address/City``: where in an entity a value stands, and its type, if it is a single one with a declared type."""

    path: tuple[str, ...]
    type: PrimitiveType | None = None

    @property
    def name(self) -> str:
        return "/".join(self.path)


def tabular(result: Result) -> Tabular:
    """Refuse what has no lines."""
    if not isinstance(result, (EntityCollection, SingleEntity, DynamicRows)):
        raise NotAcceptable("NotAcceptable", "only entities come as a table", target="$format")
    return result


def columns_of(result: Tabular) -> Sequence[Column]:
    """The columns of all pages, as the first one has them."""
    if isinstance(result, DynamicRows):
        return tuple(dict.fromkeys(Column(path) for row in result.rows for path in _paths(row)))
    return tuple(_of_shape(result.level.shape, ()))


def lines(result: Tabular, columns: Sequence[Column]) -> Iterator[Sequence[Any]]:
    """The values of each line as JSON has them: numbers that JavaScript would round are text."""
    whole = replace(result, part=None) if isinstance(result, EntityCollection) else result
    document = orjson.loads(json_v4.write(whole, "", style=_EXACT))
    rows = [document] if isinstance(result, SingleEntity) else document["value"]
    paths = [column.path for column in columns]
    if all(len(path) == 1 for path in paths):
        names = [name for (name,) in paths]
        yield from ([row.get(name) for name in names] for row in rows)
    else:
        yield from ([_at(row, path) for path in paths] for row in rows)


def _of_shape(shape: RowShape, before: tuple[str, ...]) -> Iterator[Column]:
    if shape.sides:
        raise NotAcceptable("NotAcceptable", "a cross join does not come as a table", target="$format")
    for declared in shape.selected:
        yield _of_property(declared, before)
    for structure in shape.structures:
        yield from (_of_property(member, (*before, structure.name)) for member in structure.members)
    for values in shape.collections:
        yield Column((*before, values.collection.name))
    for computed in shape.computed:
        yield Column((*before, computed.name), computed.type)
    for expanded in shape.expanded:
        yield from _of_expanded(expanded, before)


def _of_property(declared: Property, before: tuple[str, ...]) -> Column:
    return Column((*before, declared.name), STRING if declared.enum is not None else declared.type)


def _of_expanded(expanded: ExpandedNavigation, before: tuple[str, ...]) -> Iterable[Column]:
    name = expanded.navigation.name
    if expanded.navigation.collection or expanded.only:
        message = f"a table has one line for each entity, and no place for {name}, of which there may be many"
        raise BadRequest("OptionNotApplicable", message, target="$expand")
    return _of_shape(expanded.shape, (*before, name))


def _paths(row: Mapping[str, object], before: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, value in row.items():
        if isinstance(value, Mapping):
            yield from _paths(value, (*before, name))
        else:
            yield (*before, name)


def _at(row: Any, path: Sequence[str]) -> Any:
    """(Any: a value of JSON.)"""
    for name in path:
        row = row.get(name) if isinstance(row, dict) else None
    return row
