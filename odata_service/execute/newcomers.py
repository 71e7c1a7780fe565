"""Entities that were not there before: new ones, and deleted ones that come back under their key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any
from typing import Protocol as Shape

from sqlalchemy import Select, bindparam, select, tuple_

from odata_service.bind.command import Insert, InsertMedia
from odata_service.bind.payload import EntityPayload, EntityReference
from odata_service.edm import primitive
from odata_service.edm.model import EntityModel, EntitySet, NavigationProperty
from odata_service.errors import Conflict
from odata_service.execute.assignment import (
    forget_hidden, has_default, has_values, make_key, media_values, set_dynamic, set_stream, set_structure, set_value,
)  # fmt: skip
from odata_service.execute.find import Finder
from odata_service.execute.link_changes import demand_own_place, given_by, relate
from odata_service.tracking.rows import chunks, is_one_of
from odata_service.tracking.tracked import AnyMapper, tombstone_of
from odata_service.values import frozen

Entity = Any  # an instance of whatever class is mapped
Key = tuple[object, ...]


class Work(Shape):
    """The change that inserts."""

    @property
    def find(self) -> Finder: ...

    def assign(self, entity: Entity, payload: EntityPayload, replace: bool) -> None: ...


@frozen
class Newcomers:
    """Makes entities for a change; ``whole`` is the model with all that is mapped."""

    work: Work
    whole: EntityModel

    def inserted(self, command: Insert, dead: Mapping[Key, Entity] | None = None) -> Entity:
        """``dead`` are the tombstones that may be in the way, where somebody has looked for them already."""
        parent = self._parent(command)
        if parent is not None and command.navigation is not None:
            command = replace(command, payload=_placed(command, command.navigation, parent))
        dead = self.dead([command]) if dead is None else dead
        entity = dead.get(_key(command))
        if entity is None:
            entity = self._new_or_known(command)
        else:
            self.revive(entity, command.payload, True)
        return self._added(entity, command, parent)

    def inserted_media(self, command: InsertMedia) -> Entity:
        entity_type = command.entity_set.type
        entity = self.new(EntityPayload(entity_type, media_values(entity_type, command.slug)))
        set_stream(entity, command.stream, command.octets)
        return self._added(entity, command, self._parent(command))

    def _parent(self, command: Insert | InsertMedia) -> Entity | None:
        return None if command.parent is None else self.work.find.entity(command.parent)

    def _added(self, entity: Entity, command: Insert | InsertMedia, parent: Entity | None) -> Entity:
        if parent is not None and command.navigation is not None:
            relate(parent, command.navigation, entity)
        self.work.find.session.add(entity)
        return entity

    def dead(self, commands: Iterable[Insert]) -> dict[Key, Entity]:
        """The rows that deleted entities have left behind under the keys of new ones: these are not free for other rows."""
        keys: dict[EntitySet, dict[AnyMapper, list[Key]]] = {}
        for command in commands:
            mapper, key = command.payload.type.mapper, _key(command)
            if command.revives and None not in key and tombstone_of(mapper) is not None:
                keys.setdefault(command.entity_set, {}).setdefault(mapper, []).append(key)
        return {
            key: entity
            for entity_set, by_mapper in keys.items()
            for mapper, some in by_mapper.items()
            for chunk in chunks(some)
            for key, entity in self._dead(entity_set, mapper, chunk)
        }

    def _dead(self, entity_set: EntitySet, mapper: AnyMapper, keys: list[Key]) -> Iterable[tuple[Key, Entity]]:
        session, model, tombstone = self.work.find.session, mapper.class_, tombstone_of(mapper)
        assert tombstone is not None, "only tombstones are looked for"
        if not self._any_is_taken(entity_set, mapper, keys):
            return
        names = [part.attribute for part in entity_set.type.key]
        condition = self.work.find.order.caller.conditions.of(entity_set.name)
        seen = [] if condition is None else [condition(model)]
        same_key = is_one_of(tuple(getattr(model, name) for name in names), keys)
        for entity in session.scalars(select(model).where(same_key, *seen).with_for_update()):
            if type(entity) is model and getattr(entity, tombstone):
                yield tuple(getattr(entity, name) for name in names), entity

    def _any_is_taken(self, entity_set: EntitySet, mapper: AnyMapper, keys: list[Key]) -> bool:
        """Mostly there is nothing, which is found out with little effort."""
        if any(None in key for key in keys):
            return False
        names = tuple(part.attribute for part in entity_set.type.key)
        taken = [key[0] for key in keys] if len(names) == 1 else keys
        found = self.work.find.session.connection().execute(_taken(mapper, names), {"taken": taken})
        return found.first() is not None

    def revive(self, entity: Entity, payload: EntityPayload, replace: bool) -> None:
        """A deleted entity is there again, with what a payload says; with ``replace`` like a new one."""
        self.work.assign(entity, payload, replace)
        for declared in payload.type.properties.values():
            if declared.immutable and declared.name in payload.values:
                set_value(entity, declared, payload.values[declared.name])
        forget_hidden(entity, payload.type)
        tombstone = tombstone_of(type(entity))
        assert tombstone is not None, "only tombstones are revived"
        setattr(entity, tombstone, False)

    def _new_or_known(self, command: Insert) -> Entity:
        """A new entity; or the one that this very insert has made before, where the client asks again because the answer
        was lost."""
        new, find = self.new(command.payload), self.work.find
        find.order.conditions.permit(new)
        may_be_there = command.replays and self._any_is_taken(
            command.entity_set, command.payload.type.mapper, [_key(command)]
        )
        found = find.keyed(command.entity_set, command.payload.values) if may_be_there else None
        if found is not None and not has_values(found, command.payload):
            raise Conflict("KeyExists", "an entity with this key exists already")
        return new if found is None else found

    def new(self, payload: EntityPayload) -> Entity:
        """An instance, with the related ones that came inline, all still unknown to the database."""
        entity_type = payload.type
        entity = entity_type.mapper.class_()
        for name, value in payload.values.items():
            declared = entity_type.properties.get(name) or entity_type.complete.properties[name]
            if not declared.only_later:
                set_value(entity, declared, value)
        for name, members in payload.structures.items():
            set_structure(entity, entity_type.complex[name], members, True)
        self._fill(entity, payload)
        for declared in entity_type.key:
            if declared.type == primitive.GUID and not declared.generated and payload.values.get(declared.name) is None:
                make_key(entity, entity_type, declared, payload)
        self._set_related(entity, payload)
        return entity

    def _fill(self, entity: Entity, payload: EntityPayload) -> None:
        """Collections and dynamic properties are never null. A protocol that has no such properties still makes entities
        that do."""
        whole = self.whole.types[payload.type.name]
        for name, collection in whole.collections.items():
            if name in payload.collections or not has_default(collection.column):
                setattr(entity, collection.attribute, list(payload.collections.get(name, ())))
        if whole.dynamic is not None and (payload.dynamic or not has_default(whole.dynamic.column)):
            set_dynamic(entity, whole.dynamic, payload.dynamic, replace=True)

    def _set_related(self, entity: Entity, payload: EntityPayload) -> None:
        for name, items in payload.related.items():
            navigation = payload.type.navigation[name]
            for item in items:
                demand_own_place(navigation, item)
            related = [self.related(item, navigation) for item in items]
            for one in related:
                relate(entity, navigation, one)
            if not related and not navigation.collection:
                setattr(entity, navigation.attribute, None)

    def related(self, item: EntityPayload | EntityReference, navigation: NavigationProperty) -> Entity:
        """What a navigation property shall lead to: something new, or something that is there."""
        return self.new(item) if isinstance(item, EntityPayload) else self.work.find.referred(item, navigation)


def _key(command: Insert) -> Key:
    return tuple(command.payload.values.get(part.name) for part in command.entity_set.type.key)


@lru_cache(maxsize=1024)
def _taken(mapper: AnyMapper, names: tuple[str, ...]) -> Select[Any]:
    """Whether any of some keys is one of a row already."""
    columns = [mapper.column_attrs[name].columns[0] for name in names]
    key = columns[0] if len(columns) == 1 else tuple_(*columns)
    return select(columns[0]).where(key.in_(bindparam("taken", expanding=True))).limit(1)


def _placed(command: Insert, navigation: NavigationProperty, parent: Entity) -> EntityPayload:
    """With what the entity has by its place, of its key."""
    given = given_by(parent, navigation)
    key = {part.name: given[part.column] for part in command.entity_set.type.key if part.column in given}
    return replace(command.payload, values={**command.payload.values, **key})
