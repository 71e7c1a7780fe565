"""Which identifiers are declared, and whether a path of them fits a rule of the ABNF.

The parser reads names as names. Where a caller says which identifiers there are, ``Products(1)/Address/$value`` is wrong
because ``Address`` is complex. A path fits if some way through the rules of ``declared_paths`` takes all of its steps.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from odata_service.parse import declared_paths
from odata_service.parse.grammar import Mistake
from odata_service.parse.syntax import AggregateOf, AnyAll, CountOf, FilterStep, Segment, Step
from odata_service.values import frozen

Names = Mapping[str, Collection[str]]


@frozen
class Part:
    """What belongs to a path and has no name: ``[key]``, ``[options]``, ``[select]``, ``[plus]``."""

    kind: str
    at: int


@frozen
class Alternative:
    """One way on: what has to match, the rule that follows (or none), and whether the path may end there."""

    matcher: str
    rule: str
    may_end: bool


def _rules(text: str) -> dict[str, list[Alternative]]:
    """
    >>> _rules("a: b c? | $count")
    {'a': [Alternative(matcher='b', rule='c', may_end=True), Alternative(matcher='$count', rule='', may_end=True)]}
    """
    rules = {}
    for line in text.replace("\n  ", " ").strip().splitlines():
        name, _, alternatives = line.partition(": ")
        rules[name] = [_alternative(each.split()) for each in alternatives.split(" | ")]
    return rules


def _alternative(words: list[str]) -> Alternative:
    rule = words[1] if len(words) > 1 else ""
    return Alternative(words[0], rule.rstrip("?"), not rule or rule.endswith("?"))


RULES = _rules(
    declared_paths.RESOURCE
    + declared_paths.EXPRESSION.lstrip()
    + declared_paths.OPTIONS.lstrip()
    + declared_paths.CONTEXT.lstrip()
    + declared_paths.APPLY.lstrip()
)
# Every rule that is an identifier: those that paths are made of, and those that stand alone.
IDENTIFIERS = frozenset(
    {word.strip(".()?") for rule in RULES.values() for way in rule for word in (way.matcher,) if word[0] not in "=@[$*"}
    | {each for group in declared_paths.COMPOSITE.values() for each in group}
    | {"namespacePart", "parameterName", "keyPropertyAlias", "termName", "annotationQualifier", "computedProperty"}
    | {"expressionAlias", "typeDefinitionName", "enumerationTypeName", "enumerationMember", "primitiveProperty"}
)
_END = ""


class Declared:
    """The declared identifiers: for each rule the allowed names; a rule that is not listed allows any."""

    def __init__(self, names: Names | None) -> None:
        self._names: Names = names or {}

    def allows(self, rule: str, name: str) -> bool:
        """
        >>> declared = Declared({"entitySetName": ["People"]})
        >>> declared.allows("entitySetName", "Persons"), declared.allows("termName", "Anything")
        (False, True)
        """
        if rule in declared_paths.COMPOSITE:
            return any(self.allows(each, name) for each in declared_paths.COMPOSITE[rule])
        return name in self._names.get(rule, (name,))

    def allows_qualified(self, rule: str, name: str, *, required: bool = False) -> bool:
        *namespace, last = name.split(".")
        if required and not namespace:
            return False
        return self.allows(rule, last) and all(self.allows("namespacePart", part) for part in namespace)

    def check_path(self, start: str, steps: Iterable[Step | Part], end: int) -> None:
        """Refuse a path that does not fit the rule ``start``, at the first step no way leads through."""
        places = {start}
        for step in steps:
            places = self._after(places, step)
            if not places:
                raise Mistake(f"{_shown(step)} cannot stand here", step.at)
        if _END not in places:
            raise Mistake("the path is not complete", end)

    def _after(self, places: set[str], step: Step | Part) -> set[str]:
        found = {place for rule in places - {_END} for place in self._ways(rule, step)}
        if isinstance(step, Segment) and step.name and step.arguments is not None:
            named = self._after(places, replace(step, arguments=None))
            found |= self._after(named, Part("[key]", step.at)) if named else set()
        return found

    def _ways(self, rule: str, step: Step | Part) -> Iterable[str]:
        for way in RULES[rule]:
            if way.matcher.startswith("="):
                yield from self._ways(way.matcher[1:], step)
            elif self._matches(way.matcher, step):
                yield from (way.rule, _END) if way.may_end and way.rule else (way.rule or _END,)

    def _matches(self, matcher: str, step: Step | Part) -> bool:
        match step:
            case Part(kind):
                return matcher == kind
            case AnyAll(quantifier):
                return matcher == f"{quantifier}()"
            case AggregateOf():
                return matcher == "aggregate()"
            case FilterStep():
                return matcher == "$filter()"
            case CountOf():
                return matcher == "$count"
            case Segment("", _):
                return matcher == "[key]"
        return self._matches_segment(matcher, step)

    def _matches_segment(self, matcher: str, step: Segment) -> bool:
        is_call = matcher.endswith("()")
        if is_call is (step.arguments is None):
            return False
        matcher = matcher.removesuffix("()")
        if matcher[0] in "$*" or step.name[0] == "$":
            return step.name == matcher
        if matcher[0] == "[":
            return self._matches_part(matcher, step.name)
        if matcher[0] == "@":
            return self._matches_annotation(matcher, step.name)
        if not re.fullmatch(r"[^\W\d]\w*(\.[^\W\d]\w*)*", step.name):
            return False
        if matcher[0] == ".":
            return self.allows_qualified(matcher.lstrip("."), step.name, required=matcher[1] == ".")
        return "." not in step.name and self.allows(matcher, step.name)

    def _matches_part(self, matcher: str, name: str) -> bool:
        if matcher == "[segment]":
            return self.allows("keyPathLiteral", name)
        if matcher == "[index]":
            return re.fullmatch(r"-?\d+", name) is not None
        *namespace, last = name.split(".")
        if namespace == ["Edm"]:
            return matcher == "[type]"
        if matcher not in ("[operations]", "[type]") or not all(
            self.allows("namespacePart", part) for part in namespace
        ):
            return False
        return bool(namespace) and (last == "*") is (matcher == "[operations]")

    def _matches_annotation(self, matcher: str, name: str) -> bool:
        if name[0] != "@":
            return False
        if matcher == "@alias":
            return "." not in name and "#" not in name
        return self.allows_qualified("termName", name[1:].partition("#")[0])


def _shown(step: Step | Part) -> str:
    if isinstance(step, Segment):
        return repr(step.name[:60])
    return "this"
