"""Typed expressions → SQL that means the same on every database.

OData is two-valued where SQL is three-valued: ``null ne 'x'`` is true and ``null gt 1`` false (URL Conventions, Logical
Operators). :func:`truth` gives SQL that is true just where the expression is true, which is all a WHERE needs and keeps
indexes usable; :func:`exact` gives SQL that is null, false or true just as the expression is, for use under NOT and
as a value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, case, exists, func, literal, not_, null, or_
from sqlalchemy import true, type_coerce, types

from odata_service.bind import typed
from odata_service.bind.query import Key
from odata_service.dialects import constructs
from odata_service.dialects.full_text import FullTextMatch, full_text_of
from odata_service.dialects.moments import DAY_OR_MOMENT
from odata_service.edm import primitive
from odata_service.edm.primitive import DECIMAL, PrimitiveType
from odata_service.functions import CASTS, TEMPORAL_ARITHMETIC, negated
from odata_service.plan.dynamic import dynamic
from odata_service.plan.joins import related
from odata_service.plan.aliases import Alias
from odata_service.plan.scope import Scope, column_of, of_type, value_of
from odata_service.plan.sql_types import SQL_TYPES
from odata_service.plan.values import values_of
from odata_service.types import Seen

SQL = ColumnElement[Any]

FALSE = literal(False, types.Boolean())  # SQLAlchemy's own false() cannot be compared by order


def truth(node: typed.Typed, scope: Scope) -> ColumnElement[bool]:
    """SQL that is true where ``node`` is true, and false or null elsewhere."""
    if isinstance(node, typed.Logical):
        join = and_ if node.operator == "and" else or_
        return join(*(truth(term, scope) for term in node.terms))
    if isinstance(node, typed.Comparison):
        return _comparison(node, scope)
    if isinstance(node, typed.Among):
        return _found(node, scope)
    if isinstance(node, (typed.PropertyRef, typed.DynamicRef, typed.FromRoot)):
        return exact(node, scope).is_(true())
    return exact(node, scope)


def exact(node: typed.Typed, scope: Scope) -> SQL:
    """SQL with just the value of ``node``, null included."""
    return _EXACT[type(node)](node, scope)


def _constant(node: typed.Constant, scope: Scope) -> SQL:
    if node.value is None:
        return null()
    kind = _stored_like(node)
    if node.slot >= 0:
        return bindparam(scope.parameters.name(node), type_=kind)
    return literal(node.value, kind)


def _stored_like(node: typed.Constant) -> types.TypeEngine[Any]:
    """The type by which a value becomes a parameter: the column's, which says how its values are stored."""
    if node.like is None or isinstance(node.like.column.type, (types.Enum, types.NullType, Seen)):
        return SQL_TYPES[node.type]
    return node.like.column.type if node.type == node.like.type else DAY_OR_MOMENT


def _property(node: typed.PropertyRef, scope: Scope) -> SQL:
    column = scope.of(node.variable).column(node.path, node.property)
    return constructs.Single(column) if node.type == primitive.SINGLE else column


def _from_root(node: typed.FromRoot, scope: Scope) -> SQL:
    """Its rows meet the rules of its set as those of every other alias do."""
    within = scope.inside(node.entity_set, node.entity_set.type, (node.name,))
    value = exact(node.value, within)
    rows = (
        within.select(value)
        .select_from(within.joined())
        .where(*within.conditions, *key_conditions(node.key, within.alias, scope))
    )
    return (rows if node.key else rows.order_by(*within.key()).limit(1)).scalar_subquery()


def key_conditions(key: Key, alias: Alias, scope: Scope) -> list[ColumnElement[bool]]:
    """That an alias is the entity of a key."""
    return [value_of(alias, declared) == exact(constant, scope) for declared, constant in key]


def _operand(node: typed.Typed, scope: Scope) -> SQL:
    """A value that meets others; by itself an enumeration stays one, in its own order."""
    value = exact(node, scope)
    return constructs.Enumerated(value) if isinstance(value.type, types.Enum) else value


def _function(node: typed.Function, scope: Scope) -> SQL:
    return node.signature.sql(*(_operand(argument, scope) for argument in node.arguments))


def _exact_comparison(node: typed.Comparison, scope: Scope) -> SQL:
    nullable = (node.left.nullable or node.right.nullable) and not _null_safe(node)
    plain = _comparison(node, scope)
    return plain.is_(true()) if nullable else plain


def _null_safe(node: typed.Comparison) -> bool:
    """Whether :func:`_comparison` writes this one with IS or IS DISTINCT FROM."""
    sides = (node.left.nullable, node.right.nullable)
    return any(sides) if node.operator == "ne" else all(sides) if node.operator == "eq" else False


def _comparison(node: typed.Comparison, scope: Scope) -> ColumnElement[bool]:
    if _is_null(node.left) or _is_null(node.right):
        return _with_null(node, scope)
    left, right = _side(node.left, node.right, node, scope), _side(node.right, node.left, node, scope)
    operator = _NULL_SAFE[node.operator] if _null_safe(node) else node.operator
    if node.in_type == DECIMAL and not _plain_decimals(node):
        return constructs.decimal_test(operator, left, right)
    return _OPERATORS[operator](left, right)


def _side(side: typed.Typed, other: typed.Typed, node: typed.Comparison, scope: Scope) -> SQL:
    """One side in the type in which both are compared."""
    value = _operand(side, scope)
    if node.in_type in _FLOATING and side.type not in _FLOATING:
        return constructs.AsDouble(value)
    if side.type == primitive.DATE != node.in_type and not _is_like_a_day(other):
        return constructs.Midnight(value)
    return value


def _is_like_a_day(side: typed.Typed) -> bool:
    """Whether this is a moment bound so that it compares with a column of days as that is stored."""
    return isinstance(side, typed.Constant) and side.like is not None


def _with_null(node: typed.Comparison, scope: Scope) -> ColumnElement[bool]:
    """``x eq null``, ``null ne x``; an order with null is false."""
    other = node.right if _is_null(node.left) else node.left
    if node.operator not in ("eq", "ne"):
        return FALSE
    value = exact(other, scope)
    return value.is_(null()) if node.operator == "eq" else value.is_not(null())


def _is_null(node: typed.Typed) -> bool:
    return isinstance(node, typed.Constant) and node.value is None


def _plain_decimals(node: typed.Comparison) -> bool:
    """A Decimal column and a literal compare by themselves; what is not stored alike needs care on some databases."""
    sides = (node.left, node.right)
    column = any(isinstance(side, typed.PropertyRef) and side.type == DECIMAL for side in sides)
    return column and any(isinstance(side, typed.Constant) for side in sides)


def _among(node: typed.Among, scope: Scope) -> SQL:
    found = _found(node, scope)
    return found.is_(true()) if node.operand.nullable else found


def _found(node: typed.Among, scope: Scope) -> ColumnElement[bool]:
    operand = _operand(node.operand, scope)
    values = [_constant(item, scope) for item in node.items if item.value is not None]
    found: ColumnElement[bool] = operand.in_(values) if values else FALSE
    return or_(operand.is_(null()), found) if len(values) < len(node.items) else found


def _given(node: typed.Given, scope: Scope) -> SQL:
    return scope.given[node.path]


def _exists(node: typed.Exists, scope: Scope) -> SQL:
    within, select_rows = _subquery(node.source, node.names, node.conditions, scope)
    if node.condition is None:
        return exists(select_rows(literal(1)))
    if node.quantifier == "any":
        return exists(select_rows(literal(1), truth(node.condition, within)))
    return not_(exists(select_rows(literal(1), exact(node.condition, within).is_not(true()))))


def _counted(node: typed.Counted, scope: Scope) -> SQL:
    _, select_rows = _subquery(node.source, node.names, node.conditions, scope)
    return select_rows(func.count()).scalar_subquery()


def _subquery(
    source: typed.CollectionRef | typed.ValuesRef,
    names: Sequence[str],
    conditions: Sequence[typed.Typed],
    scope: Scope,
) -> tuple[Scope, Callable[..., Select[Any]]]:
    """The scope of the members of a collection of a variable's row, and how to select from them."""
    outer = scope.of(source.variable)
    if isinstance(source, typed.ValuesRef):
        within, clause, meets = values_of(source.collection, outer.reach(source.path), scope, names)
    else:
        way = source.navigation
        target_set = scope.model.target_set(way)
        within = scope.inside(target_set, source.type or scope.model.types[way.target], names)
        clause, meets = related(way, outer.reach(source.path), within.alias)
    narrowing = [truth(condition, within) for condition in conditions]

    def select_rows(column: SQL, *more: ColumnElement[bool]) -> Select[Any]:
        rows = within.joined(clause)
        found = within.select(column).select_from(rows).where(meets, *within.conditions, *narrowing, *more)
        return found.correlate_except(rows)  # by itself SQLAlchemy looks no further than the next query around this one

    return within, select_rows


def _type_test(node: typed.TypeTest, scope: Scope) -> SQL:
    alias = scope.of(node.variable).reach(node.path)
    return and_(true(), *of_type(alias, node.entity_type))


def _branches(node: typed.Branches, scope: Scope) -> SQL:
    return case(*((truth(condition, scope), exact(value, scope)) for condition, value in node.branches))


def _arithmetic(node: typed.Arithmetic, scope: Scope) -> SQL:
    if node.operator == "has":
        return _has(node, scope)
    left, right = exact(node.left, scope), exact(node.right, scope)
    temporal = TEMPORAL_ARITHMETIC.get((node.operator, node.left.type, node.right.type))
    if temporal is not None:
        return temporal[1](left, right)
    operator = "div" if node.operator == "divby" else node.operator
    return constructs.arithmetic(operator, left, right, SQL_TYPES[node.type])


def _has(node: typed.Arithmetic, scope: Scope) -> SQL:
    """Every flag of the right side is set on the left."""
    left, right = exact(node.left, scope), exact(node.right, scope)
    return left.bitwise_and(right) == right


def _negation(node: typed.Negation, scope: Scope) -> SQL:
    if node.type == primitive.DURATION:
        return negated(exact(node.operand, scope))
    zero = literal(0, SQL_TYPES[node.type])
    return constructs.arithmetic("sub", zero, exact(node.operand, scope), SQL_TYPES[node.type])


def _logical(node: typed.Logical, scope: Scope) -> SQL:
    join = and_ if node.operator == "and" else or_
    return join(*(exact(term, scope) for term in node.terms))


def _not(node: typed.Not, scope: Scope) -> SQL:
    return not_(exact(node.operand, scope))


def _cast(node: typed.Cast, scope: Scope) -> SQL:
    operand = exact(node.operand, scope)
    explicit = CASTS.get((node.operand.type, node.type))
    if explicit is not None:
        return explicit(operand)
    if node.type.is_integer:
        return constructs.Truncated(operand, literal(node.type.low), literal(node.type.high))
    if node.operand.type in _MOMENTS:
        return type_coerce(operand, SQL_TYPES[node.type])  # what has no zone is in UTC, so the value stays
    return _CASTS[node.type](operand)


_CASTS: Mapping[PrimitiveType, Callable[[SQL], SQL]] = {
    primitive.DOUBLE: constructs.AsDouble,
    primitive.SINGLE: constructs.AsDouble,
    primitive.DECIMAL: constructs.AsDecimal,
}
_MOMENTS = (primitive.DATE_TIME, primitive.DATE_TIME_OFFSET)
_FLOATING = (primitive.DOUBLE, primitive.SINGLE)
_NULL_SAFE = {"eq": "same", "ne": "distinct"}
_OPERATORS: Mapping[str, Callable[[SQL, SQL], ColumnElement[bool]]] = {
    "eq": lambda left, right: left == right,
    "ne": lambda left, right: left != right,
    "lt": lambda left, right: left < right,
    "le": lambda left, right: left <= right,
    "gt": lambda left, right: left > right,
    "ge": lambda left, right: left >= right,
    "same": lambda left, right: left.is_not_distinct_from(right),
    "distinct": lambda left, right: left.is_distinct_from(right),
}


def _full_text(node: typed.FullTextMatch, scope: Scope) -> SQL:
    index, alias = full_text_of(node.properties), scope.of(node.variable).alias
    columns = [column_of(alias, column) for column in (*index.key, *index.columns)]
    return FullTextMatch(index, literal(node.phrase, types.String()), *columns)


_EXACT: Mapping[type, Callable[[Any, Scope], SQL]] = {
    typed.Constant: _constant,
    typed.PropertyRef: _property,
    typed.DynamicRef: dynamic,
    typed.FromRoot: _from_root,
    typed.Function: _function,
    typed.Comparison: _exact_comparison,
    typed.Among: _among,
    typed.Arithmetic: _arithmetic,
    typed.Negation: _negation,
    typed.Logical: _logical,
    typed.Not: _not,
    typed.Cast: _cast,
    typed.Exists: _exists,
    typed.Given: _given,
    typed.Counted: _counted,
    typed.TypeTest: _type_test,
    typed.Branches: _branches,
    typed.FullTextMatch: _full_text,
    typed.Meets: lambda node, scope: node.condition(scope.alias),
    typed.Visible: lambda node, scope: and_(true(), *scope.allowed(scope.entity_set.name, scope.alias)).is_(true()),
}
