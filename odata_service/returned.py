"""Entities that an operation returned → a step of a path, to be read like any other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    UnaryExpression,
    and_,
    false,
    or_,
    select,
    tuple_,
)
from sqlalchemy.sql import operators

from odata_service.bind.query import Key, Order, RowRule, Step
from odata_service.bind.typed import Constant, PropertyRef
from odata_service.edm.model import EntitySet, EntityType

Entity = Any  # an instance of whatever class is mapped, or an alias of it: it has whatever attributes the class has


def step_of(entity_set: EntitySet, entity_type: EntityType, returned: object) -> Step:
    """The entities of a ``Select``, or of a list."""
    cast = None if entity_type is entity_set.type else entity_type
    if isinstance(returned, Select):
        return Step(entity_set, cast=cast, among=_selected(returned, entity_type), order=_order(returned, entity_type))
    assert isinstance(returned, Iterable), "a collection is returned as a select or as a list"
    keys = [_key_values(entity_type, entity) for entity in returned]
    return Step(entity_set, cast=cast, among=_listed(keys, entity_type))


def key_of_entity(entity_type: EntityType, entity: Entity) -> Key:
    values = _key_values(entity_type, entity)
    parts = zip(entity_type.key, values, strict=True)
    return tuple((declared, Constant(declared.type, value, -1, declared.type, declared)) for declared, value in parts)


def _key_values(entity_type: EntityType, entity: Entity) -> tuple[object, ...]:
    return tuple(getattr(entity, part.attribute) for part in entity_type.key)


def _selected(statement: Select[Any], entity_type: EntityType) -> RowRule:
    """To have one of the keys that a select gives. It stands in a FROM clause, because MySQL takes no LIMIT in an IN."""
    entity = statement.column_descriptions[0]["entity"]
    if statement._limit_clause is None:
        statement = statement.order_by(None)
    keys = statement.with_only_columns(*_own(entity, entity_type), maintain_column_froms=True)
    wanted = select(keys.subquery())

    def rule(alias: Entity) -> ColumnElement[bool]:
        own = _own(alias, entity_type)
        return own[0].in_(wanted) if len(own) == 1 else tuple_(*own).in_(wanted)

    return rule


def _listed(keys: Sequence[tuple[object, ...]], entity_type: EntityType) -> RowRule:
    def rule(alias: Entity) -> ColumnElement[bool]:
        own = _own(alias, entity_type)
        each = [and_(*(part == value for part, value in zip(own, key, strict=True))) for key in keys]
        return or_(*each) if each else false()

    return rule


def _own(entity: Entity, entity_type: EntityType) -> list[ColumnElement[Any]]:
    return [getattr(entity, part.attribute) for part in entity_type.key]


def _order(statement: Select[Any], entity_type: EntityType) -> tuple[Order, ...]:
    """The order of a select, as far as it is by properties."""
    return tuple(_orders(statement._order_by_clauses, entity_type))  # there is no public way to ask


def _orders(clauses: Sequence[ColumnElement[Any]], entity_type: EntityType) -> Iterator[Order]:
    for clause in clauses:
        descending = isinstance(clause, UnaryExpression) and clause.modifier is operators.desc_op
        column = clause.element if isinstance(clause, UnaryExpression) else clause
        declared = next((each for each in entity_type.properties.values() if column.shares_lineage(each.column)), None)
        if declared is None:
            return
        yield Order(PropertyRef((), declared), descending)
