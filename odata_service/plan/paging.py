"""Keyset paging: the condition for what comes after a row, for any mixture of directions and nulls."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, false, null, or_, tuple_, types

from odata_service.values import frozen


@frozen
class OrderColumn:
    """One column of the order, with the type its values have as parameters."""

    column: ColumnElement[Any]
    descending: bool
    nullable: bool
    type: types.TypeEngine[Any]


def after_name(position: int) -> str:
    return f"after_{position}"


def after(order: Sequence[OrderColumn], nulls: Sequence[bool]) -> ColumnElement[bool]:
    """The rows that come after the one whose order values are the parameters ``after_0``, …; ``nulls`` says which of
    these are null, because that decides the text of the condition.

    For columns that cannot be null and run one way it is a row comparison, which indexes serve. Otherwise it is spelled
    out, with the first column's bound in front so that an index can still find the place.
    """
    if len({item.descending for item in order}) == 1 and not any(item.nullable for item in order):
        return _row_comparison(order)
    spelled_out = or_(*(_differs_at(order, nulls, position) for position in range(len(order))))
    first = order[0]
    if nulls[0] or (first.nullable and first.descending):
        return spelled_out
    bound = first.column <= _given(first, 0) if first.descending else first.column >= _given(first, 0)
    return and_(bound, spelled_out)


def in_group(item: OrderColumn) -> ColumnElement[bool]:
    """The rows that have the value of the parameter ``after_0`` in the first column of the order."""
    return item.column == _given(item, 0)


def _row_comparison(order: Sequence[OrderColumn]) -> ColumnElement[bool]:
    values = [_given(item, position) for position, item in enumerate(order)]
    if len(order) == 1:
        return order[0].column < values[0] if order[0].descending else order[0].column > values[0]
    columns, given = tuple_(*(item.column for item in order)), tuple_(*values)
    return columns < given if order[0].descending else columns > given


def _differs_at(order: Sequence[OrderColumn], nulls: Sequence[bool], position: int) -> ColumnElement[bool]:
    """Equal before ``position`` and later at it."""
    equal = [_equal(order[before], nulls[before], before) for before in range(position)]
    return and_(*equal, _later(order[position], nulls[position], position))


def _equal(item: OrderColumn, is_null: bool, position: int) -> ColumnElement[bool]:
    return item.column.is_(null()) if is_null else item.column == _given(item, position)


def _later(item: OrderColumn, is_null: bool, position: int) -> ColumnElement[bool]:
    """Nulls come first ascending and last descending."""
    if is_null:
        return false() if item.descending else item.column.is_not(null())
    if not item.descending:
        return item.column > _given(item, position)
    less = item.column < _given(item, position)
    return or_(less, item.column.is_(null())) if item.nullable else less


def _given(item: OrderColumn, position: int) -> ColumnElement[Any]:
    return bindparam(after_name(position), type_=item.type)
