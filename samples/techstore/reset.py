"""Rows back to their first state, through the session: clients that follow changes hear of it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, inspect, or_, select
from sqlalchemy.orm import Mapper, Session, selectinload, undefer

from odata_service.sample import Row
from odata_service.tracking import tracking_of

from .models import Base, Product
from .rows import first_rows

Entity = Any  # an instance of whatever model
Key = tuple[object, ...]


def reset_everything(session: Session) -> None:
    """What was added goes, what was deleted comes back, what was changed is as it was."""
    models = {mapper.class_.__name__: mapper for mapper in Base.registry.mappers}
    first = first_rows()
    for name in reversed(first):
        _remove_others(session, models[name], first[name])
    for name, rows in first.items():
        session.flush()
        _restore(session, models[name], rows)


def reset_products(session: Session, columns: Collection[str] = ()) -> int:
    """Some columns, or all, of the first products that are still there; how many these are."""
    rows: dict[object, Row] = {row["ID"]: row for row in first_rows()["Product"]}
    products = session.scalars(select(Product).where(Product.ID.in_(rows), Product.IsDeleted.is_(False))).all()
    for product in products:
        _set(product, {name: value for name, value in rows[product.ID].items() if not columns or name in columns})
    return len(products)


def _remove_others(session: Session, mapper: Mapper[Any], rows: list[Row]) -> None:
    """Delete what is not among the first rows; what is deleted already is left as it is."""
    entities = select(mapper.class_).where(~_among(mapper, rows))
    if tracking_of(mapper) is not None:
        entities = entities.where(mapper.class_.IsDeleted.is_(False))
    for entity in session.scalars(entities):
        session.delete(entity)


def _restore(session: Session, mapper: Mapper[Any], rows: list[Row]) -> None:
    entities = select(mapper.class_).where(_among(mapper, rows)).options(undefer("*"))
    if mapper.class_ is Product:
        entities = entities.options(selectinload(Product.RelatedProducts))
    found: dict[Key, Entity] = {
        tuple(mapper.primary_key_from_instance(each)): each for each in session.scalars(entities)
    }
    for row in rows:
        entity = found.get(_key(mapper, row)) or _added(session, mapper, row)
        _set(entity, row)
        if isinstance(entity, Product):
            entity.IsDeleted = False
            entity.RelatedProducts = []


def _added(session: Session, mapper: Mapper[Any], row: Row) -> Entity:
    kind = mapper if mapper.polymorphic_on is None else mapper.polymorphic_map[row["ProductType"]]
    entity = kind.class_()
    session.add(entity)
    return entity


def _among(mapper: Mapper[Any], rows: list[Row]) -> ColumnElement[bool]:
    """To have the key of one of the rows."""
    columns = mapper.primary_key
    keys = (zip(columns, _key(mapper, row), strict=True) for row in rows)
    return or_(*(and_(*(column == value for column, value in key)) for key in keys))


def _key(mapper: Mapper[Any], row: Row) -> Key:
    return tuple(row[column.name] for column in mapper.primary_key)


def _set(entity: Entity, row: Row) -> None:
    """Only what differs: setting a row's version to what it is would let it rise."""
    mapper = inspect(entity).mapper
    for name, value in row.items():
        if name in mapper.columns:
            attribute = mapper.get_property_by_column(mapper.columns[name]).key
            if not _same(getattr(entity, attribute), value):
                setattr(entity, attribute, value)


def _same(one: object, other: object) -> bool:
    """Moments come without their zone from databases that keep none."""
    if isinstance(one, datetime) and one.tzinfo is None:
        one = one.replace(tzinfo=UTC)
    return one == other
