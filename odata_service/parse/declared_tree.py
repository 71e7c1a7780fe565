"""The identifiers of a whole tree against those that are declared."""

from __future__ import annotations

from collections.abc import Sequence

from odata_service.parse.apply_syntax import (
    Aggregate,
    ComputeRows,
    Concat,
    CustomTransformation,
    FilterRows,
    GroupBy,
    Hierarchy,
    Join,
    Nest,
    OrderRows,
    Related,
    Rollup,
    RollupRecursive,
    TopLevels,
    Transformation,
    Traverse,
)  # fmt: skip
from odata_service.parse.build_context import ContextStep, SelectList
from odata_service.parse.declared import Declared, Part
from odata_service.parse.grammar import Mistake
from odata_service.parse.measure import parts
from odata_service.parse.syntax import (
    AggregateItem,
    AggregateOf,
    Binary,
    Call,
    Compute,
    EnumLiteral,
    ExpandItem,
    Literal,
    Options,
    Path,
    Segment,
    SelectItem,
    Step,
    TypeName,
)  # fmt: skip

_TYPES = ("entityTypeName", "complexTypeName", "typeDefinitionName", "enumerationTypeName")
# How many arguments the functions of the language take.
ARITY = {
    **dict.fromkeys(("mindatetime", "maxdatetime", "now"), (0, 0)),
    **dict.fromkeys(
        ("concat", "contains", "endswith", "indexof", "startswith", "matchesPattern", "geo.distance", "geo.intersects",
         "hassubset", "hassubsequence"), (2, 2)),
    **dict.fromkeys(
        ("length", "tolower", "toupper", "trim", "year", "month", "day", "hour", "minute", "second", "date", "time",
         "fractionalseconds", "totalseconds", "totaloffsetminutes", "round", "floor", "ceiling", "geo.length", "isdefined"),
        (1, 1)),
    "substring": (2, 3), "cast": (1, 2), "isof": (1, 2),
}  # fmt: skip


class DeclaredTree:
    """Refuses, at its place, the first name of a tree that is not declared for where it stands."""

    def __init__(self, declared: Declared) -> None:
        self._declared = declared

    def check(self, tree: object, start: str = "pathExpr") -> None:
        """Any value the parser returns; ``start`` is the rule for a tree that is a path."""
        match tree:
            case Options():
                self.options(tree)
            case SelectItem():
                self.select_item(tree)
            case ExpandItem():
                self.expand_item(tree)
            case Compute(expression):
                self.check(expression)
            case AggregateItem():
                self.aggregate_item(tree)
            case tuple():
                for each in tree:
                    self.check(each, start)
            case _ if isinstance(tree, Transformation):
                self.transformation(tree)
            case _:
                self.expression(tree, start)

    def expression(self, tree: object, start: str = "pathExpr") -> None:
        waiting = [(tree, start)]
        while waiting:
            node, rule = waiting.pop()
            if isinstance(node, Path):
                self._declared.check_path(rule, node.steps, node.at)
                self._parameters(node.steps)
            elif isinstance(node, Call):
                self._call(node)
            elif isinstance(node, Binary):
                self._has(node)
            elif isinstance(node, TypeName):
                self._type(node)
            elif isinstance(node, EnumLiteral):
                self._enumeration(node)
            elif isinstance(node, AggregateOf):
                self.aggregate_item(node.item)
                continue
            waiting += [(each, "pathExpr") for each in parts(node)]

    def resource(self, path: Sequence[Segment], start: str = "resourcePath", end: int = 0) -> None:
        self._declared.check_path(start, path, end)
        self._parameters(path)
        for segment in path:
            if segment.name == "$crossjoin":
                self._crossjoin(segment)
            elif segment.arguments:
                self.check(tuple(argument.value for argument in segment.arguments))

    def _crossjoin(self, segment: Segment) -> None:
        for argument in segment.arguments or ():
            assert isinstance(argument.value, Path)
            self._declared.check_path("entitySetNameOnly", argument.value.steps, argument.at)

    def _parameters(self, steps: Sequence[Step]) -> None:
        for step in steps:
            for argument in step.arguments or () if isinstance(step, Segment) else ():
                rules = ("parameterName", "primitiveKeyProperty", "keyPropertyAlias")
                if argument.name and not any(self._declared.allows(rule, argument.name) for rule in rules):
                    raise Mistake(f"{argument.name!r} is no parameter", argument.at)

    def _call(self, node: Call) -> None:
        if node.name not in ARITY:
            raise Mistake(f"there is no function {node.name!r}", node.at)
        low, high = ARITY[node.name]
        if not low <= len(node.arguments) <= high:
            raise Mistake(f"{node.name} takes {high} arguments", node.at)
        if node.name in ("cast", "isof") and not isinstance(node.arguments[-1], TypeName):
            raise Mistake(f"the last argument of {node.name} is a type", node.at)

    def _has(self, node: Binary) -> None:
        is_enumeration = isinstance(node.right, EnumLiteral) or (
            isinstance(node.right, Literal) and node.right.text.startswith("'")
        )
        if node.operator == "has" and not is_enumeration:
            raise Mistake("an enumeration value follows has", node.at)

    def _type(self, node: TypeName) -> None:
        name = node.name.removeprefix("Collection(").removesuffix(")")
        if not name.startswith("Edm.") and not any(self._declared.allows_qualified(rule, name) for rule in _TYPES):
            raise Mistake(f"there is no type {name!r}", node.at)

    def _enumeration(self, node: EnumLiteral) -> None:
        if not self._declared.allows_qualified("enumerationTypeName", node.type_name):
            raise Mistake(f"there is no enumeration type {node.type_name!r}", node.at)
        for member in node.members.split(","):
            if not member.lstrip("+-").isdigit() and not self._declared.allows("enumerationMember", member):
                raise Mistake(f"there is no member {member!r}", node.at)

    def options(self, options: Options) -> None:
        self.check((options.filter,))
        self.check((*options.orderby, *options.compute, *options.select, *options.expand, *options.apply))
        self.check(tuple(value for _, value in options.aliases))

    def select_item(self, item: SelectItem) -> None:
        steps: list[Step | Part] = [step if step.arguments is None else _plain(step) for step in item.path]
        if item.path[-1].arguments is not None:
            steps.append(Part("[parameters]", item.path[-1].at))
        if item.options != Options():
            steps.append(Part("[options]", item.path[-1].at))
        self._declared.check_path("selectItem", steps, item.at)
        self._parameters_named(item.path[-1])
        self.options(item.options)

    def _parameters_named(self, segment: Segment) -> None:
        for argument in segment.arguments or ():
            if not self._declared.allows("parameterName", argument.name or ""):
                raise Mistake(f"{argument.name!r} is no parameter", argument.at)

    def expand_item(self, item: ExpandItem) -> None:
        steps: list[Step | Part] = [*item.path]
        if item.suffix:
            steps.append(Segment(item.suffix, None, item.path[-1].at))
        if item.options != Options():
            steps.append(Part("[options]", item.path[-1].at))
        self._declared.check_path("expandItem", steps, item.at)
        self.options(item.options)

    def context(self, steps: Sequence[ContextStep], start: str = "contextFragment") -> None:
        path: list[Step | Part] = []
        for step in steps:
            if isinstance(step, SelectList):
                path.append(Part("[select]", step.at))
                for item in step.items:
                    self.context(item, "selectListItem")
            else:
                path.append(step)
        self._declared.check_path(start, path, steps[-1].at)

    def transformation(self, node: Transformation) -> None:
        match node:
            case FilterRows(expression):
                self.check(expression)
            case ComputeRows(items) | Aggregate(items):
                self.check(items)
                self._aliases(items)
            case OrderRows(items):
                self.check(items)
            case TopLevels(_, amount, value):
                self.check((amount, value))
            case Concat(sequences):
                self.check(sequences)
            case GroupBy(groupings, then):
                for grouping in groupings:
                    self._grouping(grouping)
                self.check(then)
            case Nest():
                self._nested(node)
            case Join(_, path, name, then):
                self._declared.check_path("joinProperty", path.steps, path.at)
                self._alias(name, node.at)
                self.check(then)
            case Related(_, hierarchy, start):
                self._hierarchy(hierarchy)
                self.check(start)
            case Traverse(hierarchy, _, restriction, orderby):
                self._hierarchy(hierarchy)
                self.check((restriction, orderby))
            case CustomTransformation(name, arguments):
                if not self._declared.allows_qualified("collectionFunction", name, required=True):
                    raise Mistake(f"there is no function {name!r}", node.at)
                self._parameters((Segment(name, arguments, node.at),))
                self.check(tuple(argument.value for argument in arguments))

    def _aliases(self, items: Sequence[Compute | AggregateItem]) -> None:
        for item in items:
            alias = item.name if isinstance(item, Compute) else item.alias
            if alias is not None:
                self._alias(alias, item.at)

    def _alias(self, name: str, at: int) -> None:
        if not self._declared.allows("expressionAlias", name):
            raise Mistake(f"{name!r} is no alias", at)

    def _nested(self, node: Nest) -> None:
        if node.path is not None:
            self._declared.check_path("nestPath", node.path.steps, node.path.at)
        for nested in node.nested:
            self._alias(nested.name, nested.at)
            self.check(nested.transformations)

    def _grouping(self, node: Path | Rollup | RollupRecursive) -> None:
        match node:
            case Path(steps):
                self._declared.check_path("groupingProperty", steps, node.at)
            case Rollup(paths) if len(paths) > 1:
                for path in paths:
                    self._grouping(path)
            case RollupRecursive(hierarchy, restriction):
                self._hierarchy(hierarchy)
                self.check(restriction)

    def _hierarchy(self, hierarchy: Hierarchy) -> None:
        self._declared.check_path("rootExpr", hierarchy.nodes.steps, hierarchy.at)
        self._declared.check_path("aggregatePrimitive", hierarchy.node_property.steps, hierarchy.node_property.at)

    def aggregate_item(self, item: AggregateItem) -> None:
        for source in item.sources:
            for grouping in source.groupings:
                self._grouping(grouping)
        if item.expression is None:
            return
        if not isinstance(item.expression, Path):
            self.check(item.expression)
            return
        rules = ["aggregatePrimitive"] if item.method else ["aggregateCustom"]
        if item.method in ("countdistinct", "$count") or "." in (item.method or ""):
            rules.append("aggregateStructured")
        self._one_of(rules, item.expression, or_expression=item.method not in (None, "$count"))

    def _one_of(self, rules: Sequence[str], path: Path, *, or_expression: bool) -> None:
        for rule in rules:
            try:
                self._declared.check_path(rule, path.steps, path.at)
            except Mistake as mistake:
                first = mistake
            else:
                return
        if not or_expression:
            raise first
        self.check(path)


def _plain(step: Segment) -> Segment:
    return Segment(step.name, None, step.at)
