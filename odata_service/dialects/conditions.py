"""For databases in which a condition is no value: SQL Server, and Oracle before 23. What stands where a value does becomes a CASE.

A plan's statement is compiled once and then thrown away, so it is changed where it stands.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, literal_column, not_, or_, types
from sqlalchemy.sql import operators, visitors
from sqlalchemy.sql.elements import (
    AsBoolean, BinaryExpression, BooleanClauseList, Case, Cast, ClauseList, False_, Grouping, Label, Null, True_, Tuple, TypeCoerce,
    UnaryExpression,
)  # fmt: skip
from sqlalchemy.sql.functions import FunctionElement

from odata_service.dialects import constructs
from odata_service.dialects.calls import Call

_INTEGER = types.Integer()
ONE, ZERO = literal_column("1", _INTEGER), literal_column("0", _INTEGER)
_ASKING = ("matches_pattern", "intersects")
_TESTS = (constructs.StartsWith, constructs.EndsWith, constructs.DecimalTest, constructs.KeyAmong)


def with_values(statement: Select[Any]) -> Select[Any]:
    """The statement itself, in which conditions stand only where conditions may."""
    for element in reversed(list(visitors.iterate(statement))):  # what is inside comes first
        _mend(element)
    return statement


def is_condition(element: Any) -> bool:
    """(Any: SQLAlchemy's elements have no common type that is of use.)"""
    if isinstance(element, Grouping):
        return is_condition(element.element)
    if isinstance(element, BinaryExpression):
        return operators.is_comparison(element.operator)
    if isinstance(element, UnaryExpression):
        return isinstance(element, AsBoolean) or element.operator in (operators.inv, operators.exists)
    if isinstance(element, Call):
        return element.name in _ASKING
    return isinstance(element, (*_TESTS, BooleanClauseList))


def value(element: Any) -> Any:
    """1, 0 or null, as a condition is true, false or unknown; anything else as it is."""
    if not is_condition(element):
        return element
    negated = not_(element)
    _mend(negated)
    return case((element, ONE), (negated, ZERO))


def _mend(element: Any) -> None:
    if isinstance(element, AsBoolean):
        if is_condition(element.element):
            element._is_implicitly_boolean = True  # or SQLAlchemy would compare it with 1
    elif isinstance(element, BinaryExpression):
        _mend_binary(element)
    elif isinstance(element, Case):
        element.whens = [(when, value(then)) for when, then in element.whens]
        element.else_ = value(element.else_)
    elif isinstance(element, UnaryExpression) and element.operator not in (operators.inv, operators.exists):
        element.element = value(element.element)
    elif isinstance(element, (Cast, TypeCoerce)):
        element.clause = value(element.clause)
    elif isinstance(element, Label):
        element._element = value(element._element)
        vars(element).pop("element", None)  # what SQLAlchemy has made of it already
    elif isinstance(element, FunctionElement):
        inner: Any = element.clause_expr.element  # a list, as long as the function is none of a table
        inner.clauses = [value(each) for each in inner.clauses]
    elif isinstance(element, ClauseList):
        element.clauses = [value(each) for each in element.clauses]
    elif isinstance(element, Select):
        element._raw_columns = [value(each) for each in element._raw_columns]


def _mend_binary(element: BinaryExpression[Any]) -> None:
    tests = element.operator in (operators.is_, operators.is_not)
    if tests and isinstance(element.right, (True_, False_)):
        wanted = isinstance(element.right, True_)
        left = element.left if is_condition(element.left) else element.left == (ONE if wanted else ZERO)
        meant = left if wanted or not is_condition(element.left) else not_(left)
        element.left, element.right = case((meant, ONE), else_=ZERO), ONE
        element.operator = operators.eq if element.operator is operators.is_ else operators.ne
        element.negate = None
    elif tests and isinstance(element.right, Null):
        element.left = value(element.left)
    elif not isinstance(element.left, Tuple):
        element.left, element.right = value(element.left), value(element.right)


def spelled_out(binary: BinaryExpression[Any]) -> ColumnElement[bool]:
    """``(a, b) > (1, 2)`` without a comparison of rows: ``a >= 1 AND (a > 1 OR (a = 1 AND b > 2))``."""
    left, right = list(binary.left.clauses), list(binary.right.clauses)
    compare: Any = binary.operator
    later = [
        and_(*(left[before] == right[before] for before in range(at)), compare(left[at], right[at]))
        for at in range(len(left))
    ]
    bound = operators.ge if compare is operators.gt else operators.le
    return and_(bound(left[0], right[0]), or_(*later))
