"""``Edm.EntityType``: an entity of which only a cast says what it has, as the members of ``$all`` are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from odata_service.edm.model import EntityType


@dataclass(eq=False)
class AnyEntity(EntityType):
    """The type by which the entities of one set are known among those of all sets; ``actual`` is their own."""

    @property
    def actual(self) -> EntityType:
        return self.derived[0]

    def with_derived(self) -> Iterator[EntityType]:
        return self.actual.with_derived()

    def may_be(self, other: EntityType) -> bool:
        return other.root is self.actual.root


def any_entity(entity_type: EntityType) -> AnyEntity:
    return AnyEntity("EntityType", "Edm", entity_type.mapper, {}, derived=[entity_type])


def actual(entity_type: EntityType) -> EntityType:
    """The type whose members rows have, whatever they are known by."""
    return entity_type.actual if isinstance(entity_type, AnyEntity) else entity_type
