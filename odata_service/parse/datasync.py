"""A request of the Datasync protocol as syntax: V4's filter language, less of everything else (Microsoft's
``TableController``).

Names and options come in any case, options with or without their ``$``. The path is a table or a row of it, and a row's id
is taken as it is: ``/tables/movies/id-000``.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from odata_service.edm.literal_datasync import read_literal, read_old_literal
from odata_service.errors import BadRequest, NotFound
from odata_service.limits import Limits
from odata_service.parse.query_string import is_form_encoded, path_segments, query_options
from odata_service.parse.reading import Reading
from odata_service.parse.shape import Shape, shape_v4
from odata_service.parse.syntax import Argument, Options, Segment, Syntax
from odata_service.parse.v4 import GRAMMAR, SYSTEM_OPTIONS, SystemOption, check_function, read_option


def _inline_count(reading: Reading, text: str, target: str) -> bool:
    if text.lower() not in ("allpages", "none"):
        raise BadRequest("InvalidValue", f"{target} is allpages or none, not {text[:60]!r}", target=target)
    return text.lower() == "allpages"


INCLUDE_DELETED = "__includedeleted"
OPTIONS = {name: SYSTEM_OPTIONS[name] for name in ("filter", "orderby", "select", "top", "skip", "count", "skiptoken")}
OLD_OPTIONS = {**OPTIONS, "inlinecount": SystemOption("inlinecount", "count", _inline_count)}


@lru_cache(maxsize=4096)
def place_of(target: str) -> tuple[str, str | None]:
    """The table's name and the row's id, still as text. It is asked for at every step of a request.

    >>> place_of("movies/id-000"), place_of("/movies/")
    (('movies', 'id-000'), ('movies', None))
    """
    segments = [text for text, _ in path_segments(target, Limits())]
    if not 1 <= len(segments) <= 2:
        raise NotFound("ResourceNotFound", "a path is a table or one row of it: movies, movies/id-000")
    return segments[0], segments[1] if len(segments) == 2 else None


def parse_row(table: str, key: str, limits: Limits) -> Syntax:
    """A row by the literal of its key. What else a request says of one row is not asked for: the reference reads no
    options there."""
    reading = Reading(GRAMMAR, read_literal, limits)
    literal = reading.literal(key, "the path", 0)
    segment = Segment(table, (Argument(None, literal, 0),), 0)
    return Syntax((segment,), Options(), tuple(reading.literals))


def parse_rows(
    table: str,
    query: str,
    limits: Limits,
    names: Mapping[str, str],
    custom: tuple[tuple[str, str], ...] = (),
) -> Syntax:
    """A query of a table; ``names`` are those of its properties by their lower case.

    >>> names = {"title": "title", "updatedat": "updatedAt"}
    >>> syntax = parse_rows("movies", "filter=Title eq 'Up'&$orderby=UPDATEDAT&__includeDeleted=true", Limits(), names)
    >>> syntax.options.filter.left.steps[0].name, syntax.options.orderby[0].expression.steps[0].name
    ('title', 'updatedAt')
    """
    return _rows(table, query, Reading(GRAMMAR, read_literal, limits, check_function), names, custom, OPTIONS)


def parse_old_rows(
    table: str, query: str, limits: Limits, names: Mapping[str, str], custom: tuple[tuple[str, str], ...] = ()
) -> Syntax:
    """The same in the dialect of OData 3.

    >>> syntax = parse_old_rows("movies", "$filter=substringof('x',Title)&$inlinecount=allpages", Limits(), {"title": "title"})
    >>> syntax.options.filter.name, syntax.options.count
    ('substringof', True)
    """
    return _rows(table, query, Reading(GRAMMAR, read_old_literal, limits), names, custom, OLD_OPTIONS)


def _rows(
    table: str,
    query: str,
    reading: Reading,
    names: Mapping[str, str],
    custom: tuple[tuple[str, str], ...],
    known: Mapping[str, SystemOption],
) -> Syntax:
    limits = reading.limits
    values: dict[str, Any] = {}
    for name, value in query_options(query, limits, plus_is_blank=is_form_encoded(query)):
        option = known.get(name.lower().removeprefix("$"))
        if option is not None:
            read_option(option, reading, name, value, values)
        elif name.startswith("$") or name.lower() == "expand":
            others = ", ".join(f"${each}" for each in known)
            raise BadRequest("UnknownOption", f"a table has no option {name[:60]}; it has {others}", target=name)
    limits.check("max_orderby_items", len(values.get("orderby", ())), target="$orderby")
    limits.check("max_select_items", len(values.get("select", ())), target="$select")
    options = Options(custom=custom, **{name: _renamed(value, names) for name, value in values.items()})
    return Syntax((Segment(table, None, 0),), options, tuple(reading.literals))


def includes_deleted(query: str) -> bool:
    """``__includedeleted=true``, name and value in any case; any other value means no.

    >>> includes_deleted("$top=5&__includeDeleted=True"), includes_deleted("__includedeleted=1")
    (True, False)
    """
    pairs = (option.partition("=") for option in query.lower().split("&"))
    return any(name == INCLUDE_DELETED and value == "true" for name, _, value in pairs)


def shape_of_row(table: str, key: str) -> Shape:
    return Shape(f"{table}/⟨key⟩", (key,), None)


def shape_of_rows(table: str, query: str) -> Shape | None:
    return shape_v4(table, query)


def _renamed(node: Any, names: Mapping[str, str]) -> Any:
    """The same tree with the properties' names as they are declared, node by node (Any: whatever a field of syntax holds).
    Its depth has been checked."""
    if isinstance(node, tuple):
        items = tuple(_renamed(item, names) for item in node)
        return items if any(new is not old for new, old in zip(items, node, strict=True)) else node
    if isinstance(node, Segment):
        name = names.get(node.name.lower(), node.name)
        return node if name == node.name else dataclasses.replace(node, name=name)
    if not dataclasses.is_dataclass(node):
        return node
    old = {each.name: getattr(node, each.name) for each in dataclasses.fields(node)}
    new = {name: _renamed(value, names) for name, value in old.items()}
    changed = {name: value for name, value in new.items() if value is not old[name]}
    return dataclasses.replace(node, **changed) if changed else node  # type: ignore[type-var]  # it is no class
