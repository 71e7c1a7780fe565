"""The entity sets of the Sync API: by what clients know their records, and who wins where two have changed one."""

from __future__ import annotations

from dataclasses import field, replace
from weakref import WeakKeyDictionary

from odata_service.bind.conflict import RULES, ConflictRule
from odata_service.edm.errors import ModelError
from odata_service.edm.model import EntityModel, EntitySet, EntityType
from odata_service.edm.sync_type import is_syncable, sync_type
from odata_service.edm.unique import is_unique
from odata_service.errors import NotFound, did_you_mean
from odata_service.values import frozen, mutable

DEFAULT: ConflictRule = "merge"  # nothing is overwritten unseen, and nobody is asked without need
OF_THE_ARTICLE = "sync-"  # POST api/sync/sync-orders


@frozen
class SyncSet:
    """What the service was told of a set: the attribute by which clients know its records, where it is not the primary
    key, and the rule for conflicts."""

    key: str | None = None
    conflicts: ConflictRule = DEFAULT


@mutable
class SyncSets:
    """Every tracked set of a model, as the Sync API has it."""

    model: EntityModel
    declared: dict[str, SyncSet] = field(default_factory=dict)
    _seen: WeakKeyDictionary[EntityModel, EntityModel] = field(default_factory=WeakKeyDictionary)

    def declare(self, entity_set: EntitySet, said: SyncSet) -> None:
        if said.conflicts not in RULES:
            raise ModelError(f"there is no rule {said.conflicts!r}{did_you_mean(said.conflicts, RULES)}")
        if not is_syncable(entity_set.type) or entity_set.singleton:
            raise ModelError(f"{entity_set.name} cannot be synchronised: its entities need tracking of their own")
        sync_type(entity_set.type, said.key)
        if said.key is not None and not is_unique(entity_set.type, [said.key]):
            raise ModelError(f"{entity_set.type.name}.{said.key} is not unique, so no record can be known by it")
        self.declared[entity_set.name] = said
        self._seen.clear()

    def rule(self, entity_set: EntitySet) -> ConflictRule:
        return self.declared.get(entity_set.name, SyncSet()).conflicts

    def seen(self, model: EntityModel) -> EntityModel:
        """What the protocol sees of a model: its tracked sets, and their own properties in camel case."""
        if model not in self._seen:
            tracked = [each for each in model.sets.values() if self._is_there(each)]
            sets = {each.name: EntitySet(each.name, self._type(each)) for each in tracked}
            types = {each.type.name: each.type for each in sets.values()}
            self._seen[model] = EntityModel(model.namespace, model.container, sets, types, model.enums)
        return self._seen[model]

    def named(self, name: str, model: EntityModel) -> EntitySet:
        """The set of that name, in any case; ``model`` is one that was :meth:`seen`."""
        lower = {each.lower(): each for each in model.sets}
        found = lower.get(name.lower())
        if found is None:
            raise NotFound(
                "ResourceNotFound", f"there is no {name!r:.80} to synchronise{did_you_mean(name, model.sets)}"
            )
        return model.sets[found]

    def is_list(self, place: str) -> bool:
        """``sync-orders``: where records of a set are pushed as a list."""
        names = (f"{OF_THE_ARTICLE}{each.name}".lower() for each in self.model.sets.values() if self._is_there(each))
        return place.lower() in names

    def of(self, model: EntityModel) -> SyncSets:
        """The same for a caller, who sees no more than this model."""
        return self if model is self.model else replace(self, model=model)

    def _is_there(self, entity_set: EntitySet) -> bool:
        """Whether a set can be synchronised by whoever sees its properties."""
        key, seen = self._key(entity_set), {each.attribute for each in entity_set.type.properties.values()}
        return is_syncable(entity_set.type) and not entity_set.singleton and (key is None or key in seen)

    def _key(self, entity_set: EntitySet) -> str | None:
        return self.declared.get(entity_set.name, SyncSet()).key

    def _type(self, entity_set: EntitySet) -> EntityType:
        return sync_type(entity_set.type, self._key(entity_set))
