"""Changes of what is related to an entity, inside the change of the entity itself (Protocol, Update Related Entities)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from typing import Protocol as Shape

from sqlalchemy import inspect
from sqlalchemy.orm import Session

from odata_service.bind.payload import DeltaPayload, EntityPayload, EntityReference, Removed
from odata_service.bind.query import Query
from odata_service.edm.model import EntitySet, EntityType, NavigationProperty
from odata_service.errors import BadRequest, NotFound, PreconditionFailed
from odata_service.etag import etag_of_entity
from odata_service.execute.link_changes import demand_own_place, given_by, is_required, let_go, refuse_to_move, relate, unrelate
from odata_service.tracking.tracked import tombstone_of
from odata_service.values import frozen

Entity = Any  # an instance of whatever class is mapped
Related = Sequence[EntityPayload | EntityReference]


class Work(Shape):
    """The change that this one is part of."""

    @property
    def session(self) -> Session: ...

    def entity_set(self, name: str) -> EntitySet: ...

    def referred(self, uri: str) -> tuple[Query, Sequence[tuple[Any, object]]]: ...

    def entity(self, query: Query, literals: Sequence[tuple[Any, object]] | None = None) -> Entity: ...

    def keyed(self, entity_set: EntitySet, values: Mapping[str, object]) -> Entity | None: ...

    def related(self, item: EntityPayload | EntityReference, navigation: NavigationProperty) -> Entity: ...

    def assign(self, entity: Entity, payload: EntityPayload, replace: bool) -> None: ...

    def remove(self, entity: Entity) -> None: ...

    def members(self, entity: Entity, navigation: NavigationProperty) -> list[Entity]: ...


@frozen
class DeepUpdate:
    """What an update says of related entities: all of a collection, some in addition, or what changes of it."""

    work: Work

    def apply(self, entity: Entity, payload: EntityPayload) -> None:
        for name, items in payload.related.items():
            navigation = payload.type.navigation[name]
            if not navigation.collection:
                self._set(entity, payload.type, navigation, items)
            elif name in payload.added:
                for item in items:
                    relate(entity, navigation, self._member(entity, navigation, item))
            else:
                self._replace(entity, navigation, items)
        for name, changes in payload.changes.items():
            self._change(entity, payload.type.navigation[name], changes)

    def _set(
        self, entity: Entity, entity_type: EntityType, navigation: NavigationProperty, items: Related
    ) -> None:
        """A single-valued one; what comes without a key of its own changes the entity that is there."""
        present = self.work.members(entity, navigation)
        if not items:
            self._empty(entity, navigation, present)
            return
        item = items[0]
        if isinstance(item, EntityPayload) and present and not _is_named(item):
            self.work.assign(present[0], item, False)
        else:
            other = self._member(entity, navigation, item)
            _refuse_other_key(entity, entity_type, navigation, other)
            relate(entity, navigation, other)

    def _empty(self, entity: Entity, navigation: NavigationProperty, present: Sequence[Entity]) -> None:
        if navigation.owns_key or not present:
            let_go(entity, navigation)
        else:
            self._take_out(entity, navigation, present[0])

    def _replace(self, entity: Entity, navigation: NavigationProperty, items: Related) -> None:
        """The whole membership: who is not named is taken out, and deleted where it cannot be alone."""
        wanted = [self._member(entity, navigation, item) for item in items]
        for other in list(_living(self.work.members(entity, navigation))):
            if other not in wanted:
                self._take_out(entity, navigation, other)
        for one in wanted:
            relate(entity, navigation, one)

    def _change(self, entity: Entity, navigation: NavigationProperty, changes: DeltaPayload) -> None:
        """``Nav@delta``: in the order in which the changes are written."""
        for item in changes.items:
            if not isinstance(item, Removed):
                relate(entity, navigation, self._member(entity, navigation, item))
                continue
            found = self.found(item, self._target(navigation), given_by(entity, navigation))
            if found is not None and item.reason == "deleted":
                self.work.remove(found)
            elif found is not None and found in getattr(entity, navigation.attribute):
                self._take_out(entity, navigation, found)

    def _take_out(self, entity: Entity, navigation: NavigationProperty, other: Entity) -> None:
        if navigation.contains or is_required(navigation):
            self.work.remove(other)
        else:
            unrelate(entity, navigation, [other])

    def _member(
        self, entity: Entity, navigation: NavigationProperty, item: EntityPayload | EntityReference
    ) -> Entity:
        """The entity that an item names, changed as it says; a new one where there is none."""
        if isinstance(item, EntityPayload):
            found = self.found(item, self._target(navigation), given_by(entity, navigation))
            if found is not None:
                _demand_member(entity, navigation, found)
                self.work.assign(found, item, False)
                return found
            demand_own_place(navigation, item)
        other = self.work.related(item, navigation)
        if isinstance(item, EntityReference):
            _demand_member(entity, navigation, other)
        self.work.session.add(other)  # nothing else would: it is only told whose it is
        return other

    def _target(self, navigation: NavigationProperty) -> EntitySet:
        return self.work.entity_set(navigation.target_set)

    def found(
        self, item: EntityPayload | Removed, entity_set: EntitySet, given: Mapping[object, object]
    ) -> Entity | None:
        """The entity that an item names by its address or its key, in the state that the client expects."""
        values = item.values if isinstance(item, EntityPayload) else item.key
        if item.reference is not None:
            try:
                found = self.work.entity(*self.work.referred(item.reference.uri))
            except NotFound:
                return None
        else:
            known = {part.name: given[part.column] for part in entity_set.type.key if part.column in given}
            found = self.work.keyed(entity_set, {**known, **values})
        if found is not None and isinstance(item, EntityPayload):
            _demand_state(found, item, entity_set)
        return found


def _demand_state(entity: Entity, item: EntityPayload, entity_set: EntitySet) -> None:
    if item.etag not in (None, "*") and item.etag != etag_of_entity(entity_set.type, entity):
        raise PreconditionFailed("PreconditionFailed", "the entity has been changed since it was read", target="@etag")


def _is_named(item: EntityPayload) -> bool:
    return item.reference is not None or any(part.name in item.values for part in item.type.key)


def _demand_member(entity: Entity, navigation: NavigationProperty, other: Entity) -> None:
    """What is contained may be named where it is, but nowhere else."""
    if navigation.contains:
        present = getattr(entity, navigation.attribute)
        if other not in (present if navigation.collection else [present]):
            refuse_to_move(navigation)


def _living(members: Sequence[Entity]) -> Iterator[Entity]:
    """Without tombstones, which stay where they are."""
    for each in members:
        tombstone = tombstone_of(type(each))
        if tombstone is None or not getattr(each, tombstone):
            yield each


def _refuse_other_key(entity: Entity, entity_type: EntityType, navigation: NavigationProperty, other: Entity) -> None:
    """A navigation over key properties cannot lead elsewhere once the entity has its key."""
    if not navigation.owns_key or not inspect(entity).persistent:
        return
    keys = {declared.column for declared in entity_type.key}
    for near, far in zip(navigation.near, navigation.far, strict=True):
        if near in keys and _value(entity, near) != _value(other, far):
            message = f"{navigation.name} is part of the key and cannot be changed"
            raise BadRequest("ReadOnlyProperty", message, target=navigation.name)


def _value(entity: Entity, column: object) -> object:
    mapper = inspect(entity).mapper
    return getattr(entity, mapper.get_property_by_column(column).key)
