"""``$crossjoin(Products,Categories)``: every combination of their entities, as a set of rows that only lead to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from odata_service.edm.model import EntitySet, EntityType, NavigationProperty

ROWS = "Collection(Edm.ComplexType)"  # what a context URL says of them (Protocol, $crossjoin Response)


@dataclass(eq=False)
class CrossJoin(EntitySet):
    """Its rows are no entities: they have a navigation property named after each set, which always leads somewhere."""

    @property
    def sides(self) -> tuple[NavigationProperty, ...]:
        return tuple(self.type.navigation.values())


def cross_join(sets: Sequence[EntitySet]) -> CrossJoin:
    """URL Conventions, Addressing the Cross Join of Entity Sets."""
    ways = {each.name: _side(each) for each in sets}
    names = ",".join(ways)
    return CrossJoin(f"$crossjoin({names})", EntityType("ComplexType", "Edm", sets[0].type.mapper, {}, ways))


def _side(entity_set: EntitySet) -> NavigationProperty:
    """A row has the key of the entity, so that is where the two meet."""
    key = tuple(part.column for part in entity_set.type.key)
    return NavigationProperty(
        name=entity_set.name,
        source="ComplexType",
        target=entity_set.type.name,
        target_set=entity_set.name,
        collection=False,
        nullable=False,
        attribute="",
        relationship=None,
        near=key,
        far=key,
        certain=True,
    )
