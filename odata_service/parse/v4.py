"""A V4 request as syntax: the whole URL language of 4.01, read leniently where clients differ from the letter of it."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from odata_service.edm.literal_v4 import read_literal
from odata_service.errors import BadRequest, did_you_mean
from odata_service.limits import Limits
from odata_service.parse.grammar import Grammar
from odata_service.parse.measure import check_options
from odata_service.parse.path_v4 import path_segments_v4
from odata_service.parse.query_string import is_form_encoded, query_options
from odata_service.parse.reading import Reading
from odata_service.parse.syntax import CROSSJOIN, Expression, Options, Segment, Syntax, crossed_names
from odata_service.values import frozen

if TYPE_CHECKING:
    from odata_service.parse.build_apply import BuilderV4


def _builder() -> BuilderV4:
    from odata_service.parse.build_apply import BuilderV4  # with Lark, as ``tables``

    return BuilderV4()


FILES = ("common", "expression", "v4_expression", "search", "v4_options", "apply", "v4_path")
GRAMMAR = Grammar(
    FILES,
    ("expression", "value", "orderby", "compute", "expand", "select", "search", "apply", "segment"),
    _builder,
)


def parse_v4(target: str, query: str, limits: Limits) -> Syntax:
    """The raw path below the service root and the raw query string, both still percent-encoded.

    >>> syntax = parse_v4("People(5)/Orders", "$filter=Total gt 5&top=3", Limits())
    >>> [segment.name for segment in syntax.path], syntax.options.top.value, len(syntax.literals)
    (['People', 'Orders'], 3, 3)
    """
    reading = Reading(GRAMMAR, read_literal, limits, check_function)
    path = _path(reading, target)
    options = _options(reading, query)
    check_options(options, limits)
    if path and path[-1].name == "$count":
        options = _of_count(options)
    return Syntax(path, options, tuple(reading.literals), tuple(reading.counts))


def _of_count(options: Options) -> Options:
    """Protocol, Requesting the Number of Items in a Collection: how many there are is not a matter of pages and shape."""
    counted = dataclasses.replace(options, top=None, skip=None, orderby=(), count=None)
    if options.delta_token is not None:  # whose query has them
        return counted
    return dataclasses.replace(counted, select=(), expand=())


def parse_path_v4(text: str, limits: Limits | None = None) -> tuple[Segment, ...]:
    """A raw path alone, as in ``@odata.bind`` or ``$id``: ``People(5)``."""
    return _path(Reading(GRAMMAR, read_literal, limits or Limits()), text)


def parse_value_v4(text: str, limits: Limits, target: str) -> Expression:
    """A decoded value of a parameter given as a query option without ``@``: ``Cheapest?count=5``."""
    value: Expression = Reading(GRAMMAR, read_literal, limits).expression("value", text, target)
    return value


def parse_condition_v4(text: str, limits: Limits, target: str) -> Expression:
    """A decoded condition that stands by itself, as the value of ``$filter``."""
    condition: Expression = Reading(GRAMMAR, read_literal, limits, check_function).expression("expression", text, target)
    return condition


def _path(reading: Reading, target: str) -> tuple[Segment, ...]:
    path: list[Segment] = []
    for text, at, is_call in path_segments_v4(target, reading.limits):
        path += reading.read("segment", text, "the path", at) if is_call else [Segment(text, None, at)]
    if path and path[0].name == CROSSJOIN:
        reading.limits.check("max_crossed_sets", len(crossed_names(path[0])), target="the path")
    return tuple(path)


def check_function(name: str, target: str, at: int) -> None:
    if name == "substringof":
        message = "there is no function 'substringof' in V4; write contains(Name,'part')"
        raise BadRequest("UnknownFunction", message, target=target, at=at)


def _options(reading: Reading, query: str) -> Options:
    values: dict[str, Any] = {}
    aliases: list[tuple[str, Expression]] = []
    custom: list[tuple[str, str]] = []
    for name, value in query_options(query, reading.limits, plus_is_blank=is_form_encoded(query)):
        option = SYSTEM_OPTIONS.get(name.lower().removeprefix("$"))
        if name.startswith("@"):
            aliases.append((name, reading.expression("value", value, name)))
        elif option is None and not name.startswith("$"):
            custom.append((name, value))
        elif option is None:
            raise BadRequest("UnknownOption", f"there is no query option {name[:60]}{_cure(name)}", target=name)
        else:
            read_option(option, reading, name, value, values)
    return Options(aliases=tuple(aliases), custom=tuple(custom), **values)


def read_option(option: SystemOption, reading: Reading, name: str, value: str, values: dict[str, Any]) -> None:
    """Add the value of an option that came as ``name``; one that came before, perhaps spelled otherwise, is refused."""
    if option.field in values:
        raise BadRequest("DuplicateOption", f"{name} is given twice", target=name)
    values[option.field] = option.read(reading, value, f"${option.name}")


def _cure(name: str) -> str:
    if name == "$inlinecount":
        return "; V4 writes $count=true"
    return did_you_mean(name, [f"${option}" for option in SYSTEM_OPTIONS])


@frozen
class SystemOption:
    """A query option of the protocol: its name, the field of :class:`Options` it fills, how its value is read."""

    name: str
    field: str
    read: Callable[[Reading, str, str], Any]


def _expression(start: str) -> Callable[[Reading, str, str], Any]:
    return lambda reading, text, target: reading.expression(start, text, target)


def _structure(start: str) -> Callable[[Reading, str, str], Any]:
    return lambda reading, text, target: reading.read(start, text, target)


def _items(start: str) -> Callable[[Reading, str, str], Any]:
    return lambda reading, text, target: reading.read(start, text, target) if text.strip() else ()


def _text(reading: Reading, text: str, target: str) -> str:
    return text.strip()


def _count(reading: Reading, text: str, target: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise BadRequest("InvalidValue", f"$count is true or false, not {text[:60]!r}", target=target)
    return text.lower() == "true"


def _index(reading: Reading, text: str, target: str) -> Any:
    if not re.fullmatch(r"-?\d{1,18}", text.strip(), re.ASCII):
        raise BadRequest("InvalidValue", f"$index is a whole number, not {text[:60]!r}", target=target)
    return reading.literal(text.strip(), target, 0)


SYSTEM_OPTIONS = {
    option.name: option
    for option in (
        SystemOption("filter", "filter", _expression("expression")),
        SystemOption("orderby", "orderby", _expression("orderby")),
        SystemOption("compute", "compute", _structure("compute")),
        SystemOption("expand", "expand", _items("expand")),
        SystemOption("select", "select", _items("select")),
        SystemOption("search", "search", _structure("search")),
        SystemOption("apply", "apply", _structure("apply")),
        SystemOption("top", "top", lambda reading, text, target: reading.count(text, target, "max_top")),
        SystemOption("skip", "skip", lambda reading, text, target: reading.count(text, target, "max_skip")),
        SystemOption("count", "count", _count),
        SystemOption("index", "index", _index),
        SystemOption("skiptoken", "skip_token", _text),
        SystemOption("deltatoken", "delta_token", _text),
        SystemOption("format", "format", _text),
        SystemOption("schemaversion", "schema_version", _text),
        SystemOption("id", "id", _text),
    )
}
