"""Syntax of an expression + the entity type it is about → a typed expression, or a refusal that says where."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field, replace
from typing import NoReturn

from odata_service.bind import structural
from odata_service.bind.closed import demand_open
from odata_service.bind.convert import NotConvertible, convert, convertible
from odata_service.bind.dynamic import beside, taken_as
from odata_service.bind.enums import enum_constant, enum_of
from odata_service.bind.paths import IT, THIS, PathBinder
from odata_service.bind.search import bind_search
from odata_service.bind.typed import (
    Among,
    Arithmetic,
    Branches,
    Cast,
    Comparison,
    Constant,
    EntityRef,
    FromRoot,
    Function,
    Logical,
    Negation,
    Not,
    PropertyRef,
    Ranged,
    StructureRef,
    StructureValue,
    Typed,
    TypeTest,
)  # fmt: skip
from odata_service.edm import primitive
from odata_service.edm.any_entity import actual
from odata_service.edm.model import EntityModel, EntityType, Property
from odata_service.edm.primitive import BOOLEAN, DECIMAL, DOUBLE, INT64, NULL, STRING, UNTYPED, PrimitiveType, promote
from odata_service.errors import BadRequest, NotImplementedByService, did_you_mean
from odata_service.functions import CASTS, TEMPORAL_ARITHMETIC, Canonical, names, signatures
from odata_service.parse import syntax
from odata_service.protocol import Protocol
from odata_service.values import frozen

WITHOUT_VALUE = (EntityRef, StructureRef, StructureValue)
_EQUALITY = ("eq", "ne")
_ORDERED = ("lt", "le", "gt", "ge")
_UNORDERED_TYPES = (primitive.BINARY, primitive.STREAM)
_ARITHMETIC = ("add", "sub", "mul", "div", "divby", "mod")


@frozen
class ExpressionBinder:
    """Binds the expressions of one option (``target``) about entities of ``type``, or about what ``own`` stands for."""

    model: EntityModel
    type: EntityType
    protocol: Protocol
    target: str = "$filter"
    own: str = IT  # the variable that names without one belong to
    variables: Mapping[str, Ranged] = field(default_factory=dict)  # of lambdas around
    computed: Mapping[str, Typed] = field(default_factory=dict)  # by $compute
    aliases: Mapping[str, syntax.Expression] = field(default_factory=dict)  # @p
    of_alias: bool = False  # whether this is the value of one

    def __post_init__(self) -> None:
        if not self.variables:
            object.__setattr__(self, "variables", {self.own: self.type})

    def condition(self, node: syntax.Expression) -> Typed:
        """A Boolean expression, as ``$filter`` needs one."""
        bound = taken_as(self.value(node), BOOLEAN)
        if bound.type not in (BOOLEAN, NULL):
            self.refuse("NotBoolean", f"{self.target} needs a condition, but this is a value of {bound.type}", node.at)
        return demand_open(bound, "filter", self, node.at)

    def value(self, node: syntax.Expression) -> Typed:
        """An expression with a primitive value."""
        bound = self.operand(node)
        if isinstance(bound, WITHOUT_VALUE):
            message = "entities and structures can be compared with eq and ne only; name a property of them"
            self.refuse("NotAValue", message, node.at)
        return bound

    def operand(self, node: syntax.Expression) -> Typed:
        """The same, or what can only be compared as a whole: an entity, a structure."""
        bind = _BINDERS.get(type(node))
        if bind is None:
            raise NotImplementedByService(
                "NotImplemented", f"{type(node).__name__} is not supported here", target=self.target, at=node.at
            )
        return bind(self, node)

    def known(self, node: syntax.Expression) -> Typed:
        """A value of a type that is known, for where nothing else says it; a null may be a string."""
        bound = self.value(node)
        if bound.type is NULL:
            return Constant(STRING, None)
        if bound.type == UNTYPED:
            self.refuse("TypeUnknown", "what type this has is not known; write cast(…,Edm.String) or another", node.at)
        return bound

    def refuse(self, code: str, message: str, at: int) -> NoReturn:
        raise BadRequest(code, message, target=self.target, at=at)

    def literal(self, node: syntax.Literal) -> Typed:
        return Constant(node.type, node.value, node.slot, node.type)

    def path(self, node: syntax.Path) -> Typed:
        return PathBinder(self).bind(node.steps)

    def about(self, ranged: Ranged, *names: str) -> ExpressionBinder:
        """The same for conditions about entities of another type or about values, which see the variables but not what was
        computed; ``names`` are others that stand for the same."""
        own = f"{THIS}/{len(self.variables)}"
        variables = {**self.variables, **dict.fromkeys((own, *names), ranged)}
        entity_type = ranged if isinstance(ranged, EntityType) else self.type
        return replace(self, type=entity_type, own=own, variables=variables, computed={})

    def without_properties(self) -> ExpressionBinder:
        """The same for rows that have computed columns and nothing else."""
        nothing = EntityType(f"{self.type.name} (grouped)", self.type.namespace, self.type.mapper, {})
        return replace(self, type=nothing, variables={})

    def with_variable(self, name: str, ranged: Ranged) -> ExpressionBinder:
        """The same inside a lambda, where ``name`` stands for one member of the collection."""
        return replace(self, variables={**self.variables, name: ranged})

    def search(self, node: syntax.SearchExpression) -> Typed:
        return bind_search(self, node)

    def unary(self, node: syntax.Unary) -> Typed:
        operand = taken_as(self.value(node.operand), BOOLEAN if node.operator == "not" else DECIMAL)
        if node.operator == "not":
            self._need_boolean(operand, "not", node.at)
            return Not(operand)
        if not operand.type.is_numeric and operand.type not in (NULL, primitive.DURATION):
            self.refuse("TypeMismatch", f"'-' needs a number or a duration, not {operand.type}", node.at)
        kind = _arithmetic_type(operand.type)
        return Constant(kind, None) if _is_null(operand) else Negation(self._as(operand, kind, node.at), kind)

    def junction(self, node: syntax.Junction) -> Typed:
        terms = tuple(taken_as(self.value(term), BOOLEAN) for term in node.terms)
        for term, written in zip(terms, node.terms, strict=True):
            self._need_boolean(term, node.operator, written.at)
        return _as_among(terms) if node.operator == "or" else Logical(node.operator, terms)

    def _need_boolean(self, operand: Typed, operator: str, at: int) -> None:
        if operand.type not in (BOOLEAN, NULL):
            self.refuse("TypeMismatch", f"{operator!r} needs conditions, not a value of {operand.type}", at)

    def binary(self, node: syntax.Binary) -> Typed:
        if node.operator in _EQUALITY:
            return self._equality(node, self.operand(node.left), self.operand(node.right))
        left, right = self._both_typed(self.value(node.left), self.value(node.right), node)
        if node.operator in _ARITHMETIC:
            return self._arithmetic(node, left, right)
        left, right = self._as_enum(left, right, node), self._as_enum(right, left, node)
        if node.operator == "has":
            return self._has(left, right, node)
        return self._comparison(node, left, right)

    def _both_typed(self, left: Typed, right: Typed, node: syntax.Binary) -> tuple[Typed, Typed]:
        """A dynamic property takes the type of what stands on the other side."""
        if left.type == right.type == UNTYPED:
            self.refuse("TypeUnknown", "neither side says its type; write cast(…,Edm.String) or another type", node.at)
        return beside(left, (right,)), beside(right, (left,))

    def _equality(self, node: syntax.Binary, left: Typed, right: Typed) -> Typed:
        if isinstance(left, WITHOUT_VALUE) or isinstance(right, WITHOUT_VALUE):
            same = structural.equal(self, node, left, right)
            return same if node.operator == "eq" else Not(same)
        left, right = self._both_typed(left, right, node)
        return self._comparison(node, self._as_enum(left, right, node), self._as_enum(right, left, node))

    def equal(self, left: Typed, right: Typed, at: int) -> Typed:
        """``left eq right`` for operands that are bound already."""
        nowhere = syntax.Path((), at)
        return self._equality(syntax.Binary("eq", nowhere, nowhere, at), left, right)

    def _as_enum(self, operand: Typed, other: Typed, node: syntax.Binary) -> Typed:
        """A literal beside a property of an enumeration names members of it: ``'Red'``, ``Ns.Color'Red'``, ``1``."""
        kind = enum_of(other)
        if kind is None or not isinstance(operand, Constant) or operand.value is None:
            return operand
        return enum_constant(self, kind, operand, node.at)

    def _has(self, left: Typed, right: Typed, node: syntax.Binary) -> Typed:
        if enum_of(left) is None:
            self.refuse("TypeMismatch", f"'has' needs an enumeration with flags, not {left.type}", node.at)
        if _is_null(right):
            return Constant(BOOLEAN, None)
        return Arithmetic("has", left, right, BOOLEAN)

    def _comparison(self, node: syntax.Binary, left: Typed, right: Typed) -> Typed:
        if _is_not_a_number(left) or _is_not_a_number(right):  # NaN equals nothing, not even itself
            return Constant(BOOLEAN, node.operator == "ne")
        left, right = self._matched(left, right, node), self._matched(right, left, node)
        common = promote(left.type, right.type)
        if common is None or (node.operator in _ORDERED and common in _UNORDERED_TYPES):
            self._mismatch(node, left, right)
        if isinstance(left, Constant) and isinstance(right, Constant):
            left, right = self._as(left, common, node.at), self._as(right, common, node.at)
        return Comparison(node.operator, left, right, common)

    def _matched(self, operand: Typed, other: Typed, node: syntax.Binary) -> Typed:
        """A literal takes the type of what it is compared with; a number keeps its own where that says more."""
        if not isinstance(operand, Constant) or operand.value is None or isinstance(other, Constant):
            return operand
        like = other.property if isinstance(other, PropertyRef | FromRoot) else None
        if operand.type.is_numeric and other.type.is_numeric:
            return self._number_like(operand, other.type, like, node)
        wanted = primitive.DATE_TIME if _is_moment_beside_day(operand.type, other.type) else other.type
        if not convertible(operand.type, wanted):
            return operand
        return replace(self.converted(operand, wanted, node.at), like=like)

    def _number_like(
        self, operand: Constant, other: PrimitiveType, like: Property | None, node: syntax.Binary
    ) -> Constant:
        """``Price gt 1.5`` with a Decimal is a comparison of Decimals though V2 reads 1.5 as a Double."""
        if other == DECIMAL and operand.type in (DOUBLE, primitive.SINGLE) and _is_finite(operand):
            return replace(self.converted(operand, DECIMAL, node.at), like=like)
        wider = promote(operand.type, other)
        assert wider is not None
        constant = self.converted(operand, INT64 if wider.is_integer else wider, node.at)
        return replace(constant, like=like) if wider == other == DECIMAL else constant

    def converted(self, operand: Constant, wanted: PrimitiveType, at: int) -> Constant:
        if operand.written is None:  # a part of the plan, and of the right type already
            return operand
        try:
            value = convert(operand.value, operand.written, wanted)
        except NotConvertible as reason:
            self.refuse("TypeMismatch", str(reason), at)
        return replace(operand, type=wanted, value=value)

    def _mismatch(self, node: syntax.Binary, left: Typed, right: Typed) -> NoReturn:
        message = f"{node.operator!r} does not go between {left.type} and {right.type}"
        self.refuse("TypeMismatch", message, node.at)

    def _arithmetic(self, node: syntax.Binary, left: Typed, right: Typed) -> Typed:
        temporal = TEMPORAL_ARITHMETIC.get((node.operator, left.type, right.type))
        if temporal is not None:
            return Arithmetic(node.operator, left, right, temporal[0])
        common = promote(left.type, right.type)
        if common is None or not (common.is_numeric or common is NULL):
            self._mismatch(node, left, right)
        if DECIMAL in (left.type, right.type) and common == DOUBLE and _is_constant_double(left, right):
            common = DECIMAL  # 1.5 is written as a Double in V2 but means what the property is
        kind = _arithmetic_type(common)
        if node.operator == "divby" and kind == INT64:
            kind = DECIMAL  # URL Conventions, Division: divby gives the fraction, too
        if _is_null(left) or _is_null(right):
            return Constant(kind, None)
        return Arithmetic(node.operator, self._as(left, kind, node.at), self._as(right, kind, node.at), kind)

    def _as(self, operand: Typed, kind: PrimitiveType, at: int) -> Typed:
        if isinstance(operand, Constant) and operand.value is not None:
            return self.converted(operand, kind, at)
        return taken_as(operand, kind)

    def inside(self, node: syntax.In) -> Typed:
        if isinstance(node.items, syntax.Alias):
            node = replace(node, items=self._meant_by(node.items))
        if isinstance(node.items, syntax.Literal) and node.items.value is None:  # an alias without a value
            return _NEVER
        operand = self.operand(node.operand)
        if isinstance(node.items, syntax.Path):
            return self._found_in(node, node.items)
        if not isinstance(node.items, syntax.ListExpression):
            message = "'in' needs a list of literals or a path to a collection of values"
            raise NotImplementedByService("NotImplemented", message, target=self.target, at=node.at)
        values = [self.operand(written) for written in node.items.items]
        operand = beside(operand, values)
        places = [written.at for written in node.items.items]
        equals = [self.equal(operand, value, at) for value, at in zip(values, places, strict=True)]
        if isinstance(operand, WITHOUT_VALUE):
            return Logical("or", tuple(equals)) if equals else _NEVER
        items = []
        for equal, written in zip(equals, node.items.items, strict=True):
            if equal == _NEVER:  # nothing is equal to NaN
                continue
            if not (isinstance(equal, Comparison) and isinstance(equal.right, Constant)):
                self.refuse("TypeMismatch", "'in' needs a list of literals", written.at)
            items.append(equal.right)
        return Among(operand, tuple(items)) if items or not equals else _NEVER

    def _found_in(self, node: syntax.In, path: syntax.Path) -> Typed:
        """``'new' in Tags`` is ``Tags/any(t:t eq 'new')``."""
        member = syntax.Path((syntax.Segment("$in", None, node.at),), node.at)
        equals = syntax.Binary("eq", member, node.operand, node.at)
        return self.path(syntax.Path((*path.steps, syntax.AnyAll("any", "$in", equals, node.at)), path.at))

    def call(self, node: syntax.Call) -> Typed:
        if node.name in ("cast", "isof"):
            node = _with_type_name(node)
            return self._cast(node) if node.name == "cast" else self._isof(node)
        if node.name in _OF_COLLECTIONS:
            message = f"{node.name} is not supported: no collection can be an operand here"
            raise NotImplementedByService("NotImplemented", message, target=self.target, at=node.at)
        known = signatures(node.name, self.protocol)
        if not known:
            hint = did_you_mean(node.name, names(self.protocol))
            self.refuse("UnknownFunction", f"there is no function {node.name!r}{hint}", node.at)
        arguments = tuple(self.value(argument) for argument in node.arguments)
        return self._applied(node, known, arguments)

    def _applied(self, node: syntax.Call, known: Sequence[Canonical], arguments: tuple[Typed, ...]) -> Typed:
        for signature in known:
            if _fits(signature, arguments):
                if any(map(_is_null, arguments)):
                    return Constant(signature.returns, None)
                taken = zip(arguments, signature.takes, node.arguments, strict=True)
                return Function(signature, tuple(self._as(one, _widest(kind), at.at) for one, kind, at in taken))
        self.refuse("NoSuchSignature", _signature_hint(node.name, known, arguments), node.at)

    def _cast(self, node: syntax.Call) -> Typed:
        operand, wanted = self._operand_and_type(node)
        operand = taken_as(operand, wanted)
        if operand.type == wanted:
            return operand
        if _is_null(operand):
            return Constant(wanted, None)
        if not (operand.type.is_numeric and wanted.is_numeric) and (operand.type, wanted) not in CASTS:
            self.refuse("TypeMismatch", f"a value of {operand.type} cannot be cast to {wanted}", node.at)
        return Cast(operand, wanted)

    def _isof(self, node: syntax.Call) -> Typed:
        """Of a value whose type is declared, ``isof`` only asks whether it is there."""
        tested = self._tested_entity(node)
        if tested is not None:
            return tested
        operand, wanted = self._operand_and_type(node)
        operand = taken_as(operand, wanted)
        if operand.type == wanted or (
            operand.type.is_integer and wanted.is_integer and operand.type.rank <= wanted.rank
        ):
            return Comparison("ne", operand, Constant(NULL, None), operand.type)
        return Constant(BOOLEAN, False)

    def _tested_entity(self, node: syntax.Call) -> Typed | None:
        """``isof(Ns.Manager)`` and ``isof(Nav,Ns.Manager)``."""
        *operands, named = node.arguments or (None,)
        wanted = self.model.type_named(named.name) if isinstance(named, syntax.TypeName) else None
        if wanted is None:
            return None
        operand = self.operand(operands[0]) if operands and operands[0] is not None else EntityRef((), self.type)
        if not isinstance(operand, EntityRef):
            return _NEVER
        known = actual(operand.entity_type)
        if known.is_a(wanted):
            return Not(structural.is_absent(operand))
        return TypeTest(wanted, operand.path, operand.variable) if wanted.is_a(known) else _NEVER

    def alias(self, node: syntax.Alias) -> Typed:
        return replace(self, of_alias=True).operand(self._meant_by(node))

    def _meant_by(self, node: syntax.Alias) -> syntax.Expression:
        """What an alias stands for; null where nobody says it (URL Conventions, Parameter Aliases)."""
        if node.name not in self.aliases:
            return syntax.Literal(NULL, None, "null", node.at)
        if self.of_alias:  # each may stand there often, so that a few of them could mean a very long expression
            message = f"the value of an alias cannot have {node.name} in it"
            raise NotImplementedByService("NotImplemented", message, target=self.target, at=node.at)
        return self.aliases[node.name]

    def structure(self, node: syntax.ObjectExpression) -> Typed:
        return StructureValue(tuple((name, self.value(value)) for name, value in node.members))

    def case(self, node: syntax.Case) -> Typed:
        branches = [(self.condition(condition), taken_as(self.value(value), STRING)) for condition, value in node.branches]
        kind = NULL
        for _, value in branches:
            common = promote(kind, value.type)
            if common is None:
                self.refuse("TypeMismatch", f"the values of case(…) have no common type: {kind}, {value.type}", node.at)
            kind = common
        return Branches(tuple((condition, self._as(value, kind, node.at)) for condition, value in branches), kind)

    def enum_literal(self, node: syntax.EnumLiteral) -> Typed:
        known = {kind.full_name: kind for kind in self.model.enums.values()}
        if node.type_name not in known:
            hint = did_you_mean(node.type_name, known)
            self.refuse("UnknownType", f"there is no enumeration {node.type_name!r:.80}{hint}", node.at)
        return Constant(primitive.STRING, node.members, -1, primitive.STRING)

    def _operand_and_type(self, node: syntax.Call) -> tuple[Typed, PrimitiveType]:
        if len(node.arguments) != 2 or not isinstance(named := node.arguments[1], syntax.TypeName):
            self.refuse("NoSuchSignature", f"{node.name} takes a value and a type name", node.at)
        wanted = _TYPE_NAMES.get(named.name)
        if wanted is None:
            hint = did_you_mean(named.name, _TYPE_NAMES)
            self.refuse("UnknownType", f"there is no primitive type {named.name!r}{hint}", named.at)
        return self.value(node.arguments[0]), wanted


def _is_null(node: Typed) -> bool:
    return isinstance(node, Constant) and node.value is None


def _is_not_a_number(node: Typed) -> bool:
    return isinstance(node, Constant) and isinstance(node.value, float) and math.isnan(node.value)


def _is_finite(constant: Constant) -> bool:
    return isinstance(constant.value, float) and math.isfinite(constant.value)


def _is_moment_beside_day(operand: PrimitiveType, other: PrimitiveType) -> bool:
    """V2 has no literal of a day: ``Day lt datetime'2020-02-29T12:00:00'`` compares with midnight of the day."""
    return other == primitive.DATE and operand in (primitive.DATE_TIME, primitive.DATE_TIME_OFFSET)


def _widest(kind: PrimitiveType) -> PrimitiveType:
    """``substring(Name,5000000000)`` is empty, and no mistake."""
    return INT64 if kind.is_integer else kind


def _arithmetic_type(common: PrimitiveType) -> PrimitiveType:
    """Integers are calculated as Int64 and Singles as Doubles."""
    return DOUBLE if common == primitive.SINGLE else _widest(common)


def _with_type_name(node: syntax.Call) -> syntax.Call:
    """Some clients write the type's name as a string, as V2 does: ``isof('Sales.Manager')``."""
    *before, last = node.arguments or (None,)
    if not isinstance(last, syntax.Literal) or last.type != primitive.STRING:
        return node
    named = syntax.TypeName(str(last.value), last.at)
    return replace(node, arguments=(*(each for each in before if each is not None), named))


def _is_constant_double(left: Typed, right: Typed) -> bool:
    return any(isinstance(side, Constant) and side.type == DOUBLE for side in (left, right))


def _fits(signature: Canonical, arguments: Sequence[Typed]) -> bool:
    return len(signature.takes) == len(arguments) and all(
        _takes(kind, argument.type) for kind, argument in zip(signature.takes, arguments, strict=True)
    )


def _takes(wanted: PrimitiveType, given: PrimitiveType) -> bool:
    if given in (wanted, NULL, UNTYPED):
        return True
    if wanted.is_integer:
        return given.is_integer
    if wanted == DECIMAL:
        return given.is_integer
    return wanted == DOUBLE and given == primitive.SINGLE


def _signature_hint(name: str, known: Sequence[Canonical], arguments: Sequence[Typed]) -> str:
    wanted = " or ".join(f"{name}({', '.join(kind.name for kind in row.takes)})" for row in known)
    given = ", ".join(argument.type.name for argument in arguments)
    return f"{name} takes {wanted}, not ({given})"


def _as_among(terms: tuple[Typed, ...]) -> Typed:
    """``a eq 1 or a eq 2`` is ``a in (1,2)``: databases refuse long chains of ``or``, but not long lists."""
    equals = [term for term in terms if _is_plain_equality(term)]
    operands = {term.left for term in equals if isinstance(term, Comparison)}
    if len(equals) != len(terms) or len(operands) != 1 or len(terms) < 2:
        return Logical("or", terms)
    items = tuple(term.right for term in terms if isinstance(term, Comparison) and isinstance(term.right, Constant))
    return Among(operands.pop(), items)


def _is_plain_equality(term: Typed) -> bool:
    return (
        isinstance(term, Comparison)
        and term.operator == "eq"
        and isinstance(term.left, PropertyRef)
        and isinstance(term.right, Constant)
        and (term.in_type == term.left.type or (term.in_type.is_integer and term.left.type.is_integer))
    )


_NEVER = Constant(BOOLEAN, False)
_OF_COLLECTIONS = ("hassubset", "hassubsequence", "isdefined")

_TYPE_NAMES: Mapping[str, PrimitiveType] = {
    **{kind.name: kind for kind in primitive.PRIMITIVES if kind is not primitive.DATE_TIME},
    "Edm.DateTime": primitive.DATE_TIME,
    "Edm.Time": primitive.TIME_OF_DAY,
}

_BINDERS: Mapping[type, Callable[..., Typed]] = {
    syntax.Literal: ExpressionBinder.literal,
    syntax.Path: ExpressionBinder.path,
    syntax.Unary: ExpressionBinder.unary,
    syntax.Binary: ExpressionBinder.binary,
    syntax.Junction: ExpressionBinder.junction,
    syntax.In: ExpressionBinder.inside,
    syntax.Call: ExpressionBinder.call,
    syntax.Alias: ExpressionBinder.alias,
    syntax.Case: ExpressionBinder.case,
    syntax.EnumLiteral: ExpressionBinder.enum_literal,
    syntax.ObjectExpression: ExpressionBinder.structure,
}
