"""Relationships of mapped classes → navigation properties."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Mapper, RelationshipProperty

from odata_service.edm.model import NavigationProperty
from odata_service.edm.said import Said


def navigation_of(mapper: Mapper[Any], said: Mapping[Mapper[Any], Said]) -> dict[str, NavigationProperty]:
    """The relationships to other published classes, by name."""
    ways = {}
    for relationship in mapper.relationships:
        if relationship.mapper in said and relationship.key not in said[mapper].ignored:
            ways[relationship.key] = _navigation_property(mapper, relationship, said)
    return ways


def _navigation_property(
    mapper: Mapper[Any], relationship: RelationshipProperty[Any], said: Mapping[Mapper[Any], Said]
) -> NavigationProperty:
    near, far, link_near, link_far = _meeting_columns(relationship)
    owns_key = relationship.direction.name == "MANYTOONE"
    return NavigationProperty(
        name=relationship.key,
        source=said[mapper].type_name,
        target=said[relationship.mapper].type_name,
        target_set=said[_root(relationship.mapper, said)].set_name,
        collection=bool(relationship.uselist),
        nullable=not owns_key or any(getattr(column, "nullable", True) for column in near),
        attribute=relationship.key,
        relationship=relationship,
        near=near,
        far=far,
        link_near=link_near,
        link_far=link_far,
        partner=_partner(relationship),
        owns_key=owns_key,
    )


def _root(mapper: Mapper[Any], said: Mapping[Mapper[Any], Said]) -> Mapper[Any]:
    """The published class at the top of a hierarchy, which alone has an entity set."""
    return [each for each in mapper.iterate_to_root() if each in said][-1]


def _partner(relationship: RelationshipProperty[Any]) -> str | None:
    others = sorted(other.key for other in relationship._reverse_property)
    return others[0] if others else None


Columns = tuple[ColumnElement[object], ...]


def _meeting_columns(relationship: RelationshipProperty[Any]) -> tuple[Columns, Columns, Columns, Columns]:
    """Near, far, and around a link table link_near and link_far."""
    if relationship.secondary is None:
        pairs = relationship.local_remote_pairs or []
        return tuple(near for near, _ in pairs), tuple(far for _, far in pairs), (), ()
    near_pairs = relationship.synchronize_pairs or []
    far_pairs = relationship.secondary_synchronize_pairs or []
    return (
        tuple(near for near, _ in near_pairs),
        tuple(far for far, _ in far_pairs),
        tuple(link for _, link in near_pairs),
        tuple(link for _, link in far_pairs),
    )
