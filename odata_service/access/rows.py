"""Which rows of an entity set there are for a caller: without tombstones, where these are hidden."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import ColumnElement, false

from odata_service.access.rights import EVERY
from odata_service.bind.query import RowRule
from odata_service.edm.model import EntityModel, EntitySet

Tombstones = Literal["shown", "hidden"]  # what a spelling does with them where neither set nor request says
RowRules = Mapping[str, tuple[RowRule, ...]]


@dataclass(slots=True)
class RowPolicy:
    """The visibility of tombstones per entity set; they are ordinary rows until a set or a request hides them."""

    model: EntityModel
    tombstones: dict[str, Tombstones] = field(default_factory=dict)

    def rules(self, tombstones: Tombstones, include_deleted: bool = True) -> RowRules:
        """The row rules of every set; ``tombstones`` is what holds for a set that nothing was said of."""
        usual = self.tombstones.get(EVERY, tombstones)
        return {
            name: (_not_deleted(each),)
            for name, each in self.model.sets.items()
            if _keeps_tombstones(each) and (not include_deleted or self.tombstones.get(name, usual) == "hidden")
        }


def _keeps_tombstones(entity_set: EntitySet) -> bool:
    tracking = entity_set.type.tracking
    return tracking is not None and bool(tracking.is_deleted)


def _not_deleted(entity_set: EntitySet) -> RowRule:
    tracking = entity_set.type.tracking
    assert tracking is not None and tracking.is_deleted
    attribute = tracking.is_deleted

    def rule(alias: Any) -> ColumnElement[bool]:
        column: ColumnElement[bool] = getattr(alias, attribute)
        return column.is_(false())

    return rule
