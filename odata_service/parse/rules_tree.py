"""The rules of the ABNF that are read with V4's own grammar."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from odata_service.parse.apply_syntax import (
    Aggregate,
    ComputeRows,
    Concat,
    FilterRows,
    GroupBy,
    Identity,
    Join,
    Nest,
    OrderRows,
    Related,
    SearchRows,
    SkipRows,
    TopLevels,
    TopRows,
    Traverse,
)  # fmt: skip
from odata_service.parse.syntax import Alias, Binary, Call, In, Junction, ListExpression, ObjectExpression, Path
from odata_service.values import frozen


@frozen
class TreeRule:
    """A rule whose text is read with V4's own grammar, from its rule ``start``.

    ``test`` says whether the tree is what the rule is about; ``path`` names the rule of ``declared_paths`` for a tree that
    is a path. A rule that goes on from an operand is read with the operand ``before`` it.
    """

    start: str
    test: Callable[[Any], bool] = lambda tree: True
    path: str = "pathExpr"
    before: str = ""


def _is_a(*kinds: type) -> Callable[[Any], bool]:
    return lambda tree: isinstance(tree, kinds)


def _calls(*names: str) -> Callable[[Any], bool]:
    return lambda tree: isinstance(tree, Call) and tree.name in names


def _joins(*operators: str) -> Callable[[Any], bool]:
    return lambda tree: isinstance(tree, Binary | Junction) and tree.operator in operators


def _quantifier(name: str) -> Callable[[Any], bool]:
    return lambda tree: tree.quantifier == name and (tree.variable is not None or name == "any")


def _single(*kinds: type) -> Callable[[Any], bool]:
    return lambda tree: len(tree) == 1 and isinstance(tree[0], kinds)


_MEMBERS = ("firstMemberExpr", "memberExpr", "directMemberExpr", "propertyPathExpr", "annotationExpr", "rootExpr")
_METHODS = (
    "concat", "contains", "endsWith", "indexOf", "length", "startsWith", "substring", "toLower", "toUpper", "trim", "year",
    "month", "day", "hour", "minute", "second", "fractionalseconds", "totalseconds", "date", "time", "totalOffsetMinutes",
    "minDateTime", "maxDateTime", "now", "round", "floor", "ceiling", "hasSubset", "hasSubsequence",
)  # fmt: skip
_CALLS = {
    **{f"{name}MethodCallExpr": name.lower() for name in _METHODS},
    "matchesPatternMethodCallExpr": "matchesPattern",
    "distanceMethodCallExpr": "geo.distance",
    "geoLengthMethodCallExpr": "geo.length",
    "intersectsMethodCallExpr": "geo.intersects",
    "castExpr": "cast",
    "isofExpr": "isof",
    "isdefinedExpr": "isdefined",
}
_OPERATORS = ("and", "or", "eq", "ne", "lt", "le", "gt", "ge", "add", "sub", "mul", "div", "divby", "mod")
_BOOLEAN = ("endswith", "startswith", "contains", "geo.intersects", "hassubset", "hassubsequence", "isdefined")
_TRANSFORMATIONS: dict[str, type] = {
    "aggregate": Aggregate, "compute": ComputeRows, "concat": Concat, "groupby": GroupBy, "join": Join, "outerjoin": Join,
    "nest": Nest, "filter": FilterRows, "identity": Identity, "orderby": OrderRows, "search": SearchRows, "skip": SkipRows,
    "top": TopRows, "topcount": TopLevels, "toppercent": TopLevels, "topsum": TopLevels, "bottomcount": TopLevels,
    "bottompercent": TopLevels, "bottomsum": TopLevels, "ancestors": Related, "descendants": Related, "traverse": Traverse,
}  # fmt: skip

TREE_RULES: dict[str, TreeRule] = {
    **dict.fromkeys(("commonExpr", "boolCommonExpr", "lambdaPredicateExpr", "collectionExpr"), TreeRule("expression")),
    **{rule: TreeRule("expression", _is_a(Path, Alias), rule) for rule in (*_MEMBERS, "inscopeVariableExpr")},
    **{rule: TreeRule("expression", _is_a(Path), rule) for rule in ("functionExpr", "boundFunctionExpr")},
    **{rule: TreeRule("expression", _calls(name)) for rule, name in _CALLS.items()},
    **{f"{name}Trafo": TreeRule("apply", _single(kind)) for name, kind in _TRANSFORMATIONS.items()},
    "applyTrafo": TreeRule("apply", _single(object)),
    **{f"{word}Expr": TreeRule("expression", _joins(*_OPERATORS), before="1") for word in _OPERATORS},
    "inExpr": TreeRule("expression", _is_a(In), before="1"),
    "hasExpr": TreeRule("expression", _joins("has"), before="1"),
    "methodCallExpr": TreeRule("expression", _is_a(Call)),
    "boolMethodCallExpr": TreeRule("expression", _calls(*_BOOLEAN)),
    "parenExpr": TreeRule("paren_expr"),
    "notExpr": TreeRule("not_expr"),
    "negateExpr": TreeRule("negate_expr"),
    "listExpr": TreeRule("list_expr"),
    "caseMethodCallExpr": TreeRule("case"),
    "anyExpr": TreeRule("any", _quantifier("any")),
    "allExpr": TreeRule("any", _quantifier("all")),
    "parameterValue": TreeRule("value"),
    "valueInUrl": TreeRule("value"),
    "arrayOrObject": TreeRule("value", _is_a(ListExpression, ObjectExpression)),
    "array": TreeRule("array"),
    "object": TreeRule("object"),
    "member": TreeRule("member"),
    "filter": TreeRule("filter_option"),
    "search": TreeRule("search_option"),
    "orderby": TreeRule("orderby_option"),
    "compute": TreeRule("compute_option"),
    "select": TreeRule("select_option"),
    "expand": TreeRule("expand_option"),
    "apply": TreeRule("apply_option"),
    "top": TreeRule("top_option"),
    "skip": TreeRule("skip_option"),
    "inlinecount": TreeRule("count_option_value"),
    "levels": TreeRule("levels_option"),
    "aliasAndValue": TreeRule("alias_option"),
    "orderbyItem": TreeRule("order"),
    "computeItem": TreeRule("compute_item"),
    "computeExpr": TreeRule("compute_item"),
    "selectItem": TreeRule("select_item"),
    "expandItem": TreeRule("expand_item"),
    "expandPath": TreeRule("expand_item"),
    "searchExpr": TreeRule("search_expression"),
    "searchParenExpr": TreeRule("search_group"),
    "searchExpr-incomplete": TreeRule("search_incomplete"),
    "expandOption": TreeRule("expand_options"),
    "expandRefOption": TreeRule("ref_options"),
    "expandCountOption": TreeRule("count_options"),
    "selectOption": TreeRule("select_options"),
    "searchWord": TreeRule("search_word"),
    "searchPhrase": TreeRule("search_phrase"),
    "applyExpr": TreeRule("apply"),
    "aggregateExpr": TreeRule("aggregate_item"),
    "aggregateFunctionExpr": TreeRule("aggregate_value"),
}
