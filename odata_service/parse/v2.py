"""A V2 request as syntax in V4's terms: nothing after this knows which protocol the client spoke."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from odata_service.edm.literal_v2 import read_literal
from odata_service.errors import BadRequest, NotFound, did_you_mean
from odata_service.limits import Limits
from odata_service.parse.expand_v2 import nested
from odata_service.parse.grammar import Grammar
from odata_service.parse.query_string import path_segments, query_options
from odata_service.parse.reading import Reading
from odata_service.parse.syntax import Options, Segment, Syntax

if TYPE_CHECKING:
    from odata_service.parse.build_v2 import V2Builder


def _builder() -> V2Builder:
    from odata_service.parse.build_v2 import V2Builder  # with Lark, as ``tables``

    return V2Builder()


GRAMMAR = Grammar(("common", "expression", "v2"), ("expression", "orderby", "expand", "select", "segment"), _builder)

# What a path may have that is not named in the model.
_SEGMENTS = frozenset({"$metadata", "$batch", "$value", "$count", "$links"})
DELTA_TOKEN = "!deltatoken"  # as SAP Gateway and Olingo call it
FUNCTIONS_V2 = frozenset(
    {
        "substringof",
        "endswith",
        "startswith",
        "length",
        "indexof",
        "replace",
        "substring",
        "tolower",
        "toupper",
        "trim",
    }
    | {
        "concat",
        "year",
        "month",
        "day",
        "hour",
        "minute",
        "second",
        "round",
        "floor",
        "ceiling",
        "isof",
        "cast",
    }
)


def parse_v2(target: str, query: str, limits: Limits) -> Syntax:
    """The raw path below the service root and the raw query string, both still percent-encoded.

    >>> syntax = parse_v2("People(guid'0b5c5b6e-0000-4000-8000-000000000001')/Addresses", "$top=5", Limits())
    >>> [segment.name for segment in syntax.path], syntax.options.top.value, len(syntax.literals)
    (['People', 'Addresses'], 5, 2)
    """
    reading = Reading(GRAMMAR, read_literal, limits, _check_function)
    path = tuple(_segment(reading, text, at) for text, at in path_segments(target, limits))
    options = _options(reading, query)
    return Syntax(path, options, tuple(reading.literals), tuple(reading.counts))


def parse_path_v2(text: str, limits: Limits | None = None) -> tuple[Segment, ...]:
    """A raw path alone, as in the URI of a link: ``People(guid'…')``."""
    reading = Reading(GRAMMAR, read_literal, limits or Limits())
    return tuple(_segment(reading, segment, at) for segment, at in path_segments(text, reading.limits))


def _segment(reading: Reading, text: str, at: int) -> Segment:
    if text.startswith("$") and text not in _SEGMENTS:
        raise NotFound("ResourceNotFound", f"there is no {text.partition('(')[0][:60]!r} in V2", at=at, target="path")
    if "(" not in text:
        return Segment(text, None, at)  # a name that nothing can have is unknown, not malformed
    segment: Segment = reading.read("segment", text, "the path", at)
    return segment


def _check_function(name: str, target: str, at: int) -> None:
    if name not in FUNCTIONS_V2:
        cure = "; V2 writes substringof('part',Name)" if name == "contains" else did_you_mean(name, FUNCTIONS_V2)
        raise BadRequest("UnknownFunction", f"there is no function {name[:60]!r}{cure}", target=target, at=at)


def _options(reading: Reading, query: str) -> Options:
    values: dict[str, Any] = {}
    custom: list[tuple[str, str]] = []
    for name, value in query_options(query, reading.limits, plus_is_blank=True):
        if name == DELTA_TOKEN:
            values["delta_token"] = value.strip("'")
        elif not name.startswith("$"):
            custom.append((name, value))
        elif name not in _OPTIONS:
            message = f"there is no query option {name[:60]}{did_you_mean(name, _OPTIONS)}"
            raise BadRequest("UnknownOption", message, target=name)
        else:
            field, read = _OPTIONS[name]
            values[field] = read(reading, value)
    expand, select = nested(values.pop("expand", ()), values.pop("select", ()), reading.limits)
    return dataclasses.replace(Options(expand=expand, select=select, custom=tuple(custom)), **values)


def _filter(reading: Reading, text: str) -> Any:
    return reading.expression("expression", text, "$filter")


def _orderby(reading: Reading, text: str) -> Any:
    items = reading.expression("orderby", text, "$orderby")
    reading.limits.check("max_orderby_items", len(items), target="$orderby")
    return items


def _paths(name: str) -> Callable[[Reading, str], Any]:
    return lambda reading, text: reading.read(name, text, f"${name}") if text.strip() else ()


def _inlinecount(reading: Reading, text: str) -> bool:
    if text not in ("allpages", "none"):
        raise BadRequest("InvalidValue", f"$inlinecount is allpages or none, not {text[:60]!r}", target="$inlinecount")
    return text == "allpages"


_OPTIONS: dict[str, tuple[str, Callable[[Reading, str], Any]]] = {
    "$filter": ("filter", _filter),
    "$orderby": ("orderby", _orderby),
    "$top": ("top", lambda reading, text: reading.count(text, "$top", "max_top")),
    "$skip": ("skip", lambda reading, text: reading.count(text, "$skip", "max_skip")),
    "$expand": ("expand", _paths("expand")),
    "$select": ("select", _paths("select")),
    "$inlinecount": ("count", _inlinecount),
    "$skiptoken": ("skip_token", lambda reading, text: text),
    "$format": ("format", lambda reading, text: text.strip()),
}
