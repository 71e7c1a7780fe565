"""Callbacks for ``grammar/v4_options.lark``."""

from __future__ import annotations

from typing import Any, NamedTuple

from lark import Token, v_args

from odata_service.parse.build import position, segments, start_of
from odata_service.parse.build_expression_v4 import ExpressionBuilderV4, argument_of
from odata_service.parse.grammar import Lexeme, Mistake
from odata_service.parse.option import Option, options_of
from odata_service.parse.syntax import (
    Alias,
    Argument,
    Compute,
    NO_OPTIONS,
    ExpandItem,
    Expression,
    Options,
    Path,
    Segment,
    SelectItem,
)


class StepWithOptions(NamedTuple):
    """``Orders($top=5)``, ``$ref($top=5)``, ``*($levels=2)``."""

    segment: Segment
    options: Options


ItemPart = Token | StepWithOptions


class OptionsBuilderV4(ExpressionBuilderV4):
    @v_args(inline=True)
    def compute_item(self, expression: Expression, name: Token) -> Compute:
        return Compute(expression, str(name), start_of(expression))

    def compute(self, items: list[Compute]) -> tuple[Compute, ...]:
        return tuple(items)

    def select(self, items: list[SelectItem]) -> tuple[SelectItem, ...]:
        return tuple(items)

    def select_item(self, parts: list[ItemPart]) -> SelectItem:
        path, options = _path_and_options(parts)
        for segment in path[:-1]:
            if segment.name.endswith("*"):
                raise Mistake("nothing follows a star", segment.at)
        return SelectItem(path, options, path[0].at)

    @v_args(inline=True)
    def select_call(self, name: Token, inside: Options | tuple[Argument, ...]) -> StepWithOptions:
        if isinstance(inside, Options):
            return StepWithOptions(Segment(str(name), None, position(name)), inside)
        return StepWithOptions(Segment(str(name), inside, position(name)), NO_OPTIONS)

    def parameter_names(self, names: list[Token]) -> tuple[Argument, ...]:
        return tuple(Argument(str(name), Path((), position(name)), position(name)) for name in names)

    def expand(self, items: list[ExpandItem]) -> tuple[ExpandItem, ...]:
        """The items; some clients name one once without options and once with them."""
        merged: dict[tuple[str, ...], ExpandItem] = {}
        for item in items:
            key = (*(segment.name for segment in item.path), item.suffix)
            known = merged.get(key, item)
            if known.options != NO_OPTIONS != item.options and known is not item:
                raise Mistake(f"{'/'.join(key).rstrip('/')} is given twice, with options each time", item.at)
            merged[key] = item if known.options == NO_OPTIONS else known
        return tuple(merged.values())

    def expand_item(self, parts: list[ItemPart]) -> ExpandItem:
        path, options = _path_and_options(parts)
        suffix = path[-1].name if path[-1].name in ("$ref", "$count") else ""
        steps = path[:-1] if suffix else path
        for segment in steps if suffix == "" else path[:-1]:
            if segment.name in ("$ref", "$count"):
                raise Mistake(f"nothing follows {segment.name}", segment.at)
        for segment in steps[:-1]:
            if segment.name in ("*", "$value"):
                raise Mistake(f"nothing but $ref follows {segment.name}", segment.at)
        if not steps:
            raise Mistake(f"{suffix} follows a navigation", path[0].at)
        return ExpandItem(steps, suffix, options, path[0].at)

    @v_args(inline=True)
    def expand_call(self, name: Token, options: Options) -> StepWithOptions:
        return StepWithOptions(Segment(str(name), None, position(name)), options)

    star_call = ref_call = count_call = expand_call

    def expand_options(self, options: list[Option]) -> Options:
        return options_of(options)

    select_options = expand_options

    def segment(self, parts: list[Any]) -> list[Segment]:
        word, *arguments = parts
        key = arguments.pop() if arguments and isinstance(arguments[-1], Segment) else None
        segment = Segment(str(word), tuple(map(argument_of, arguments)), position(word))
        return [segment, key] if key else [segment]

    @v_args(inline=True)
    def alias(self, name: Token) -> Alias:
        return Alias(str(name), position(name))

    def segment_key(self, arguments: list[Any]) -> Segment:
        return self.key(arguments)

    def crossed(self, names: list[Token]) -> Path:
        return Path(tuple(segments(names)), position(names[0]))

    def filter_option(self, parts: list[Any]) -> Option:
        return _option("filter", parts)

    def search_option(self, parts: list[Any]) -> Option:
        return _option("search", parts)

    def orderby_option(self, parts: list[Any]) -> Option:
        return _option("orderby", parts)

    def compute_option(self, parts: list[Any]) -> Option:
        return _option("compute", parts)

    def select_option(self, parts: list[Any]) -> Option:
        return _option("select", parts)

    def expand_option(self, parts: list[Any]) -> Option:
        return _option("expand", parts)

    def apply_option(self, parts: list[Any]) -> Option:
        return _option("apply", parts)

    @v_args(inline=True)
    def top_option(self, name: Token, count: Lexeme) -> Option:
        return _option("top", [name, count.node])

    @v_args(inline=True)
    def skip_option(self, name: Token, count: Lexeme) -> Option:
        return _option("skip", [name, count.node])

    @v_args(inline=True)
    def count_option_value(self, name: Token, value: Token) -> Option:
        return _option("count", [name, value.lower() == "true"])

    @v_args(inline=True)
    def levels_option(self, name: Token, value: Token) -> Option:
        return _option("levels", [name, -1 if value.lower() == "max" else int(value[:9])])

    def alias_option(self, parts: list[Any]) -> Option:
        return _option("aliases", parts)


def _option(field: str, parts: list[Any]) -> Option:
    name, value = parts
    return Option(field, name.rstrip("="), value, position(name))


def _path_and_options(parts: list[ItemPart]) -> tuple[tuple[Segment, ...], Options]:
    path: list[Segment] = []
    for part in parts[:-1]:
        if isinstance(part, StepWithOptions) and part.segment.arguments is None:
            raise Mistake("nothing follows the options in parentheses", part.segment.at)
        path.append(_segment(part))
    last = parts[-1]
    return (*path, _segment(last)), last.options if isinstance(last, StepWithOptions) else NO_OPTIONS


def _segment(part: ItemPart) -> Segment:
    return part.segment if isinstance(part, StepWithOptions) else Segment(str(part), None, position(part))
