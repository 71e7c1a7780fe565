"""One command in its transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field, replace
from datetime import datetime
from typing import Any

from sqlalchemy.exc import CircularDependencyError, DBAPIError
from sqlalchemy.orm import Session

from odata_service.access import Caller
from odata_service.bind.command import (
    AddValue, ApplyDelta, Delete, DeleteEach, Insert, InsertMedia, Invoke, Link, OfProperty, SetDynamic, SetProperty, SetStream,
    SetStructure, SetValues, Update, UpdateEach,
)  # fmt: skip
from odata_service.bind.payload import EntityPayload, EntityReference
from odata_service.bind.query import Query
from odata_service.bind.sync import Sync
from odata_service.dialects.base import Database
from odata_service.edm.model import EntityModel, EntitySet, EntityType, NavigationProperty
from odata_service.errors import BadRequest, Conflict, NotFound
from odata_service.execute.assignment import (
    bound_columns, default_of, has_values, set_collections, set_dynamic, set_stream, set_structure, set_value,
)  # fmt: skip
from odata_service.execute.deep_update import DeepUpdate
from odata_service.execute.find import Ahead, Finder
from odata_service.execute.guard import Guard
from odata_service.execute.interception import announcements, intercept
from odata_service.execute.link_changes import free_of_itself, relate, replace_all, unrelate
from odata_service.execute.newcomers import Key, Newcomers
from odata_service.execute.order import Changed, Literals, Order, Returned
from odata_service.execute.orphans import parts_of, refuse_orphans
from odata_service.execute.pending import Pending
from odata_service.execute.place import place_of
from odata_service.execute.set_change import ChangedSet, SetChange
from odata_service.plan.read import Planner
from odata_service.tracking import HardDeleteRefused, floor_of, grave_stamp, image_at, images_of, moment, vanish
from odata_service.tracking.tracked import tombstone_of
from odata_service.values import frozen

Entity = Any  # an instance of whatever class is mapped
_CIRCLE = "entities that refer to one another cannot be written at once; relate them in a request of its own"
Named = Callable[[], Changed | Returned | ChangedSet]  # once all is written, so that there is a key


@frozen
class Change:
    """One command in its transaction."""

    planner: Planner
    session: Session
    order: Order
    parents: list[Entity] = field(default_factory=list)  # of links that change
    announcements: list[Callable[[], None]] = field(default_factory=list)
    ahead: Ahead = field(default_factory=Ahead)

    @property
    def caller(self) -> Caller:
        return self.order.caller

    @property
    def whole(self) -> EntityModel:
        """All that is mapped, whatever the caller may see."""
        return self.planner.model

    @property
    def database(self) -> Database:
        return self.planner.database

    @property
    def guard(self) -> Guard:
        return Guard(self.session, self.order.caller, self.whole)

    @property
    def find(self) -> Finder:
        return Finder(self.session, self.planner, self.order)

    @property
    def newcomers(self) -> Newcomers:
        return Newcomers(self, self.whole)

    def flush(self) -> None:
        """Write what was put together, if the interceptors let it pass and its row rules hold afterwards."""
        caller, model = self.order.caller, self.whole
        pending = Pending.of(self.session)
        if not self.database.keeps_nan:
            pending.refuse_nan()
        if caller.rows.interceptors:
            self.guard.demand_references(pending.written)
        if self._is_watched and caller.rows.change_interceptors:
            intercept(pending, self.parents, caller, model)
        try:
            self.session.flush()
        except CircularDependencyError:
            raise BadRequest("CircularReference", _CIRCLE) from None
        if caller.rows.interceptors:
            self.guard.demand_seen(pending.written)
        if caller.rows.change_listeners:
            self.announcements.extend(announcements(pending, self.parents, caller, model))

    @property
    def _is_watched(self) -> bool:
        """WCF: InvokeInterceptorsOnLinkDelete."""
        command, usual = self.order.command, self.order.caller.behaviors.usual
        removes = isinstance(command, Link) and command.action == "remove"
        return usual.invoke_interceptors_on_link_delete or not removes

    def members(self, entity: Entity, navigation: NavigationProperty) -> list[Entity]:
        return self.guard.members(entity, navigation)

    def apply(self) -> Named | None:
        """Do it; returns how to name the entity that was changed, once the transaction has given it its key."""
        match self.order.command:
            case Insert() as command:
                return self.inserted(command)
            case Update() as command:
                return self._update(command)
            case (SetProperty() | SetStructure() | SetValues() | AddValue() | SetDynamic() | SetStream()) as command:
                entity = self._target(command.target)
                self._set(entity, command)
                return self._named(command.target.entity_set, entity)
            case InsertMedia() as command:
                return self._named(command.entity_set, self.newcomers.inserted_media(command), created=True)
            case Invoke() as command:
                return self._invoke(command)
            case Link() as command:
                return self._link(command)
            case Delete() as command:
                self._delete(self._target(command.target), command.for_good)
                return None
            case (ApplyDelta() | UpdateEach() | DeleteEach()) as command:
                done = self._change_set(command)
                return lambda: done
            case Sync():
                raise AssertionError("see Transaction.synchronise")

    def purged_until(self, entity_set: EntitySet, values: Mapping[str, object]) -> datetime | None:
        mapper = entity_set.type.mapper
        key = {part.column.name: values.get(part.name) for part in entity_set.type.key}
        gone = grave_stamp(self.session.connection(), mapper, key)
        if gone is not None:
            return moment(gone)
        row = self.session.execute(floor_of(mapper)).first()
        return None if row is None else moment(int(str(row[0])))

    def as_it_was(self, entity_set: EntitySet, entity: Entity, stamp: datetime) -> Mapping[str, object] | None:
        condition, images = self.caller.conditions.of(entity_set.name), images_of(entity_set.type.mapper)
        if images is None:
            return None
        seen = () if condition is None else (condition.of_image(images),)
        values = {} if condition is None else condition.values
        was = image_at(self.session, entity, images, stamp, seen, values)
        columns = {each.name: each.column for each in entity_set.type.properties.values()}
        return was and {name: was[column.name] for name, column in columns.items() if column.name in was}

    def inserted(self, command: Insert, dead: Mapping[Key, Entity] | None = None) -> Named:
        """See :meth:`Newcomers.inserted`."""
        return self._named(command.entity_set, self.newcomers.inserted(command, dead), created=True)

    def _set(self, entity: Entity, command: OfProperty) -> None:
        """Change one property of an entity."""
        match command:
            case SetProperty():
                self._set_property(entity, command)
            case SetStructure():
                set_structure(entity, command.structure, command.members, command.replace)
            case SetValues():
                setattr(entity, command.collection.attribute, list(command.values))
            case AddValue():
                values = getattr(entity, command.collection.attribute)
                setattr(entity, command.collection.attribute, [*values, command.value])
            case SetDynamic():
                set_dynamic(entity, command.column, {command.name: command.value}, replace=False)
            case SetStream():
                set_stream(entity, command.stream, command.octets)

    def _change_set(self, command: ApplyDelta | UpdateEach | DeleteEach) -> ChangedSet:
        change = SetChange(self, command.target.entity_set, command.goes_on)
        match command:
            case ApplyDelta():
                return change.delta(command)
            case UpdateEach():
                return change.update_each(command)
            case DeleteEach():
                return change.delete_each(command)

    def _delete(self, entity: Entity, for_good: bool) -> None:
        if not for_good or tombstone_of(type(entity)) is None:
            self.remove(entity)
            return
        try:
            vanish(self.session, entity)
        except HardDeleteRefused:
            raise Conflict("ReferenceMissing", "tracked entities that belong to this one still refer to it") from None

    def _named(self, entity_set: EntitySet, entity: Entity, created: bool = False) -> Callable[[], Changed]:
        return lambda: Changed(place_of(entity, entity_set, self.session), created)

    def remove(self, entity: Entity) -> None:
        """Delete an entity, first what it contains."""
        if self.ahead.is_on and (self.session.new or self.session.dirty):
            self.flush()  # what is about to be written may belong to it
        for part in parts_of(entity, self.whole):
            self.remove(part)
        refuse_orphans(self.session, entity, self.order.caller.model, self.whole)
        entity_type = self.whole.type_of_class(type(entity))
        is_kept = tombstone_of(type(entity)) is not None
        if entity_type is not None and not is_kept and free_of_itself(entity, entity_type):
            self.session.flush()
        self.session.delete(entity)

    def _invoke(self, command: Invoke) -> Callable[[], Returned]:
        """The application's own code, which expects to find what it has just changed."""
        self.session.autoflush = True
        try:
            returned = command.run(self.session)
        finally:
            self.session.autoflush = False
        return lambda: Returned(returned())

    def _target(self, query: Query) -> Entity:
        """The entity that a change is about, in the state that the client expects."""
        entity = self.entity(query)
        self.order.conditions.permit(entity)
        self.order.conditions.demand(query.entity_set.type, entity)
        return entity

    def entity(self, query: Query, literals: Literals | None = None) -> Entity:
        return self.find.entity(query, literals)

    def entities(self, query: Query, literals: Literals | None = None) -> Sequence[Entity]:
        return self.find.entities(query, literals)

    def keyed(self, entity_set: EntitySet, values: Mapping[str, object]) -> Entity | None:
        known = entity_set.name, tuple(values.get(part.name) for part in entity_set.type.key)
        if known in self.ahead.found:
            return self.ahead.found.pop(known)
        if self.ahead.is_on:
            self.flush()
        return self.find.keyed(entity_set, values)

    def look_ahead(self, wanted: Mapping[EntitySet, Sequence[Key]]) -> None:
        """From now on entities are changed together, and written when somebody may look for them."""
        self.ahead.is_on = True
        for entity_set, keys in wanted.items():
            found = self.find.many(entity_set, keys)
            self.ahead.found |= {(entity_set.name, key): found.get(key) for key in keys}

    def insert(self, payload: EntityPayload) -> Entity:
        entity = self.newcomers.new(payload)
        self.session.add(entity)
        return entity

    def revive(self, entity: Entity, payload: EntityPayload, replace: bool) -> None:
        self.newcomers.revive(entity, payload, replace)

    def related(self, item: EntityPayload | EntityReference, navigation: NavigationProperty) -> Entity:
        return self.newcomers.related(item, navigation)

    def entity_set(self, name: str) -> EntitySet:
        return self.order.caller.model.sets[name]

    def referred(self, uri: str) -> tuple[Query, Literals]:
        return self.order.resolve(uri)

    def refusal(self, error: DBAPIError) -> BaseException | None:
        return self.database.refusal(error.orig) if isinstance(error.orig, BaseException) else None

    def _set_property(self, entity: Entity, command: SetProperty) -> None:
        """A property of the entity, or a member of one of its structures."""
        for structure in command.target.source[-1].type.complex.values():
            if command.property in structure.members:
                set_structure(entity, structure, {command.property.name: command.value}, False)
                return
        set_value(entity, command.property, command.value)

    def _link(self, command: Link) -> Callable[[], Changed]:
        entity = self._target(command.target)
        self.parents.append(entity)
        others = [self.related(reference, command.navigation) for reference in command.references]
        if command.keyed is not None:
            others.append(self.entity(command.keyed))
        if command.action == "add":
            for other in others:
                relate(entity, command.navigation, other)
        elif command.action == "set" or (command.navigation.collection and not others):
            replace_all(entity, command.navigation, others, self.members(entity, command.navigation))
        else:
            unrelate(entity, command.navigation, others)
        return self._named(command.target.entity_set, entity)

    def _update(self, command: Update) -> Named:
        entity_set, conditions = command.target.entity_set, self.order.conditions
        try:
            entity = self.entity(command.target)
        except NotFound:
            if command.upsert is None or self._is_of_another_type(command.target):
                raise
            conditions.demand_new()
            *around, last = command.target.source
            parent = Query(tuple(around), rules=command.target.rules) if around else None
            return self.inserted(Insert(entity_set, command.upsert(), parent, last.navigation, command.revives))
        conditions.permit(entity)
        if not (conditions.is_repeated(entity_set.type, entity) and has_values(entity, command.payload)):
            conditions.demand(entity_set.type, entity)
            self._updated(entity, command)
        return self._named(entity_set, entity)

    def _updated(self, entity: Entity, command: Update) -> None:
        """Where a client may set the tombstone itself, it deletes by that, with all that belongs to the entity."""
        tombstone = tombstone_of(command.payload.type.mapper)
        was_there = tombstone is None or not getattr(entity, tombstone)
        self.assign(entity, command.payload, command.replace)
        if tombstone is not None and was_there and getattr(entity, tombstone):
            self.remove(entity)

    def _is_of_another_type(self, target: Query) -> bool:
        """``PATCH Products(1)/Ns.SpecialProduct`` where the product is none of these: it cannot be inserted."""
        step = target.source[-1]
        return step.cast is not None and bool(self.entities(Query((replace(step, cast=None),), rules=target.rules)))

    def assign(self, entity: Entity, payload: EntityPayload, replace: bool) -> None:
        """Give an entity what a payload says; with ``replace`` the defaults of what it does not say."""
        entity_type = _type_of_row(entity, payload)
        bound = bound_columns(payload)
        for declared in entity_type.properties.values():
            if declared.is_key or declared.server_set or declared.immutable or declared.column in bound:
                continue
            if declared.name in payload.values:
                set_value(entity, declared, payload.values[declared.name])
            elif replace:
                set_value(entity, declared, default_of(declared))
        for name, structure in entity_type.complex.items():
            if name in payload.structures:
                set_structure(entity, structure, payload.structures[name], replace)
            elif replace:
                set_structure(entity, structure, None, True)
        set_collections(entity, entity_type, payload, replace)
        if entity_type.dynamic is not None and (payload.dynamic or replace):
            set_dynamic(entity, entity_type.dynamic, payload.dynamic, replace)
        DeepUpdate(self).apply(entity, payload)


def _type_of_row(entity: Entity, payload: EntityPayload) -> EntityType:
    """What the entity is: a client may name properties of a derived type without naming the type, or one that it is not."""
    if not isinstance(entity, payload.type.mapper.class_):
        message = f"this entity is a {type(entity).__name__} and no {payload.type.name}; the type of an entity stays"
        raise BadRequest("WrongType", message, target="@type")
    entity_type = next(
        (each for each in payload.type.with_derived() if each.mapper.class_ is type(entity)), payload.type
    )
    dynamic = payload.dynamic if entity_type.dynamic is None else ()
    given = (*payload.values, *payload.structures, *payload.collections, *dynamic, *payload.related, *payload.changes)
    foreign = next((name for name in given if name not in entity_type.member_names), None)
    if foreign is not None:
        message = f"this entity is a {entity_type.name} and has no property {foreign!r:.80}"
        raise BadRequest("UnknownProperty", message, target=foreign)
    return entity_type
