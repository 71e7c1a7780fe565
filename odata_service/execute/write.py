"""Changes, each in one transaction, through a Session: there the save hook, defaults and version counters live."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NoReturn, TypeVar

from sqlalchemy import Connection, event, select
from sqlalchemy.exc import DBAPIError, StatementError
from sqlalchemy.orm import Session, sessionmaker

from odata_service.access import Caller
from odata_service.bind.command import (
    AddValue, ApplyDelta, Command, Delete, DeleteEach, Insert, InsertMedia, Invoke, Link, OfProperty, SetDynamic, SetProperty, SetStream,
    SetStructure, SetValues, Update, UpdateEach,
)  # fmt: skip
from odata_service.bind.convert import convert
from odata_service.bind.payload import EntityPayload, EntityReference
from odata_service.bind.query import Query, Read, RowRule, Step
from odata_service.bind.sync import Sync
from odata_service.bind.typed import Constant
from odata_service.dialects.base import Database
from odata_service.edm import primitive
from odata_service.edm.model import EntitySet, EntityType, NavigationProperty
from odata_service.edm.primitive import PrimitiveType
from odata_service.errors import BadRequest, Conflict, NotFound, ODataError, ServiceUnavailable
from odata_service.etag import Conditions, TagConditions
from odata_service.execute.assignment import (
    bound_columns, default_of, forget_hidden, has_default, has_values, make_key, media_values, set_collections, set_dynamic, set_stream,
    set_structure, set_value,
)  # fmt: skip
from odata_service.execute.connection import Timing
from odata_service.execute.deep_update import DeepUpdate
from odata_service.execute.guard import Guard
from odata_service.execute.interception import announcements, intercept
from odata_service.execute.link_changes import demand_own_place, given_by, relate, replace_all, unrelate
from odata_service.execute.place import place_of
from odata_service.execute.orphans import parts_of, refuse_orphans
from odata_service.execute.pending import Pending
from odata_service.execute.set_change import ChangedSet, SetChange
from odata_service.execute.sync_change import SyncChange, Synced
from odata_service.links import Place
from odata_service.parse.syntax import NO_OPTIONS, Options
from odata_service.plan.level import Level
from odata_service.plan.read import Planner
from odata_service.plan.scope import Parameters
from odata_service.result import Result
from odata_service.tracking import HardDeleteRefused, vanish
from odata_service.tracking.tracked import tombstone_of

ATTEMPTS = 4  # of a change that the database took back because of another one
Entity = Any  # an instance of whatever class is mapped
Key = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Changed:
    """The entity that was inserted or updated, where it is now."""

    place: Place
    created: bool = False

    @property
    def entity_set(self) -> EntitySet:
        return self.place.entity_set


@dataclass(frozen=True, slots=True)
class Returned:
    """What an action returned: a step to the entities that it is of, or the answer itself."""

    found: Step | Result


Literals = Sequence[tuple[PrimitiveType, object]]
Effect = Changed | Returned | ChangedSet | None  # what came of a command
Outcome = TypeVar("Outcome")


@dataclass(frozen=True, slots=True)
class Shown:
    """What of an entity is shown after its change; ``asked`` where the request says it, and so wants to see it."""

    read: Read
    asked: bool


@dataclass(frozen=True, slots=True)
class Order:
    """A command with what it needs: the literals of its address, the state in which its entity must be, and how the
    address of another entity is resolved. ``shown`` and, of what an action returns, ``options`` shape the answer."""

    command: Command
    literals: Literals
    conditions: Conditions
    resolve: Callable[[str], tuple[Query, Literals]]
    caller: Caller
    rules: Mapping[str, tuple[RowRule, ...]] = field(default_factory=dict)  # of what is found by a key in the body
    shown: Shown | None = None
    options: Options = NO_OPTIONS


@dataclass(frozen=True, slots=True)
class Writer:
    """Runs orders. ``sessions`` makes sessions with the save hook installed."""

    sessions: sessionmaker[Session]
    planner: Planner
    database: Database

    def run(self, work: Callable[[Transaction], Outcome], timing: Timing) -> Outcome:
        """All of the work or nothing of it; again when another transaction was in the way."""
        for attempt in range(ATTEMPTS):
            try:
                with self.sessions.begin() as session, session.no_autoflush:  # not before all is put together
                    timing.count(session.connection())
                    transaction = Transaction(self, session)
                    outcome = work(transaction)
                for announce in transaction.announcements:
                    announce()
                return outcome
            except (DBAPIError, StatementError) as error:
                refusal = self.database.refusal(error.orig) if isinstance(error.orig, BaseException) else None
                if refusal is None:
                    raise
                if not isinstance(refusal, ServiceUnavailable) or refusal.code != "TryAgain" or attempt == ATTEMPTS - 1:
                    raise refusal from error
        raise AssertionError("the last attempt returns or raises")


@dataclass(frozen=True, slots=True)
class Transaction:
    """Commands that are committed together."""

    writer: Writer
    session: Session
    announcements: list[Callable[[], None]] = field(default_factory=list)  # to be made when all is committed

    @property
    def connection(self) -> Connection:
        return self.session.connection()

    def at_last(self, work: Callable[[], None]) -> None:
        """Do something just before COMMIT, when all is written and has its stamp; nothing else may be changed then."""
        event.listen(self.session, "before_commit", lambda session: work(), once=True)

    def synchronise(self, command: Sync, caller: Caller) -> Synced | ODataError:
        """One operation of many, in a savepoint of its own; a refusal is given back and has undone just this."""
        caller.context.session = self.session
        order = Order(command, (), TagConditions(), _nothing_else, caller, caller.rules("asked"))
        change = _Change(self.writer, self.session, order)
        try:
            with self.session.begin_nested():
                synced = SyncChange(change, command).apply()
                change.flush()
                return synced()
        except ODataError as error:
            refusal = error
        except DBAPIError as error:
            known = change.refusal(error)
            if not isinstance(known, ODataError):
                raise
            refusal = known
            if known.status >= 500:
                raise  # it is the whole transaction that may be tried again
        return refusal

    def apply(self, order: Order) -> Effect:
        """Do one command; the entity it was about has its key when this returns."""
        order.caller.context.session = self.session
        change = _Change(self.writer, self.session, order)
        changed = change.apply(order.command)
        if isinstance(order.command, Invoke):
            self.session.flush()  # the application's own changes are nobody else's business
        else:
            change.flush()
            self.announcements.extend(change.announcements)
        return changed() if changed else None


@dataclass(frozen=True, slots=True)
class _Change:
    """One command in its transaction."""

    writer: Writer
    session: Session
    order: Order
    parents: list[Entity] = field(default_factory=list)  # of links that change
    announcements: list[Callable[[], None]] = field(default_factory=list)

    @property
    def caller(self) -> Caller:
        return self.order.caller

    @property
    def guard(self) -> Guard:
        return Guard(self.session, self.order.caller, self.writer.planner.model)

    def flush(self) -> None:
        """Write what was put together, if the interceptors let it pass and its row rules hold afterwards."""
        caller, model = self.order.caller, self.writer.planner.model
        pending = Pending.of(self.session)
        if not self.writer.database.keeps_nan:
            pending.refuse_nan()
        if caller.rows.interceptors:
            self.guard.demand_references(pending.written)
        if self._is_watched and caller.rows.change_interceptors:
            intercept(pending, self.parents, caller, model)
        self.session.flush()
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

    def apply(self, command: Command) -> Callable[[], Changed | Returned | ChangedSet] | None:
        """Do it; returns how to name the entity that was changed, once the transaction has given it its key."""
        match command:
            case Insert():
                return self._insert(command)
            case Update():
                return self._update(command)
            case SetProperty() | SetStructure() | SetValues() | AddValue() | SetDynamic() | SetStream():
                entity = self._target(command.target)
                self._set(entity, command)
                return self._named(command.target.entity_set, entity)
            case InsertMedia():
                return self._insert_media(command)
            case Invoke():
                return self._invoke(command)
            case Link():
                return self._link(command)
            case Delete():
                self._delete(self._target(command.target), command.for_good)
                return None
            case ApplyDelta() | UpdateEach() | DeleteEach():
                done = self._change_set(command)
                return lambda: done
            case Sync():
                raise AssertionError("see Transaction.synchronise")

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
        whole = self.writer.planner.model
        for part in parts_of(entity, whole):
            self.remove(part)
        refuse_orphans(self.session, entity, self.order.caller.model, whole)
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

    def entity(self, query: Query, literals: Sequence[tuple[PrimitiveType, object]] | None = None) -> Entity:
        """The one entity of a query, locked for the change; 404 where there is none."""
        found = self.entities(query, literals)
        if not found:
            raise NotFound("ResourceNotFound", f"there is no such entity in {query.source[0].entity_set.name}")
        return found[0]

    def entities(self, query: Query, literals: Literals | None = None) -> Sequence[Entity]:
        """The entities of a query, locked for the change."""
        planner = self.writer.planner
        parameters = Parameters()
        level = Level(planner.model, planner.database, planner.dialect, query, parameters)
        given = self.order.literals if literals is None else literals
        values = {
            name: convert(given[constant.slot][1], given[constant.slot][0], constant.type)
            for name, constant in parameters.constants.items()
        }
        return self.session.execute(level.whole_entities(), values).scalars().all()

    def keyed(self, entity_set: EntitySet, values: Mapping[str, object]) -> Entity | None:
        """The entity with the key that is among some values, if the key is whole and there is one."""
        key = [(part, values.get(part.name)) for part in entity_set.type.key]
        if any(value is None for _, value in key):
            return None
        constants = tuple(
            (part, Constant(part.type, value, slot, part.type, part)) for slot, (part, value) in enumerate(key)
        )
        query = Query((Step(entity_set, key=constants),), rules=self.order.rules)
        found = self.entities(query, [(part.type, value) for part, value in key])
        return found[0] if found else None

    def entity_set(self, name: str) -> EntitySet:
        return self.order.caller.model.sets[name]

    def referred(self, uri: str) -> tuple[Query, Literals]:
        return self.order.resolve(uri)

    def refusal(self, error: DBAPIError) -> BaseException | None:
        return self.writer.database.refusal(error.orig) if isinstance(error.orig, BaseException) else None

    def insert(self, payload: EntityPayload) -> Entity:
        entity = self._new(payload)
        self.session.add(entity)
        return entity

    def _insert(self, command: Insert) -> Callable[[], Changed]:
        parent = self._parent(command)
        command = replace(command, payload=_placed(command, parent))
        return self._added(self._revived(command) or self._new_or_known(command), command, parent)

    def _parent(self, command: Insert | InsertMedia) -> Entity | None:
        return None if command.parent is None else self.entity(command.parent)

    def _added(self, entity: Entity, command: Insert | InsertMedia, parent: Entity | None) -> Callable[[], Changed]:
        if parent is not None and command.navigation is not None:
            relate(parent, command.navigation, entity)
        self.session.add(entity)
        return self._named(command.entity_set, entity, created=True)

    def _revived(self, command: Insert) -> Entity | None:
        """The row that a deleted entity has left behind, with new values: its key is not free for another row."""
        payload = command.payload
        model, tombstone = payload.type.mapper.class_, tombstone_of(payload.type.mapper)
        key = {part: payload.values.get(part.name) for part in payload.type.key}
        if not command.revives or tombstone is None or None in key.values():
            return None
        same_key = [getattr(model, part.attribute) == value for part, value in key.items()]
        condition = self.order.caller.conditions.of(command.entity_set.name)
        seen = [] if condition is None else [condition(model)]
        found: Entity | None = self.session.scalars(select(model).where(*same_key, *seen).with_for_update()).first()
        if type(found) is not model or not getattr(found, tombstone):
            return None
        self.revive(found, payload, True)
        return found

    def revive(self, entity: Entity, payload: EntityPayload, replace: bool) -> None:
        """A deleted entity is there again, with what a payload says; with ``replace`` like a new one."""
        self.assign(entity, payload, replace)
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
        new = self._new(command.payload)
        self.order.conditions.permit(new)
        found = self.keyed(command.entity_set, command.payload.values) if command.replays else None
        if found is not None and not has_values(found, command.payload):
            raise Conflict("KeyExists", "an entity with this key exists already")
        return new if found is None else found

    def _new(self, payload: EntityPayload) -> Entity:
        """An instance, with the related ones that came inline, all still unknown to the database."""
        entity_type = payload.type
        entity = entity_type.mapper.class_()
        for name, value in payload.values.items():
            declared = entity_type.properties.get(name) or entity_type.complete.properties[name]
            if not declared.only_later:
                set_value(entity, declared, value)
        for name, members in payload.structures.items():
            set_structure(entity, entity_type.complex[name], members, True)
        # A protocol that has no such properties still makes entities that do.
        whole = self.writer.planner.model.types[entity_type.name]
        for name, collection in whole.collections.items():
            if name in payload.collections or not has_default(collection.column):
                setattr(entity, collection.attribute, list(payload.collections.get(name, ())))
        if whole.dynamic is not None and (payload.dynamic or not has_default(whole.dynamic.column)):
            set_dynamic(entity, whole.dynamic, payload.dynamic, replace=True)
        for declared in entity_type.key:
            if declared.type == primitive.GUID and not declared.generated and payload.values.get(declared.name) is None:
                make_key(entity, entity_type, declared, payload)
        self._set_related(entity, payload)
        return entity

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
        if isinstance(item, EntityPayload):
            return self._new(item)
        query, literals = self.order.resolve(item.uri)
        if query.entity_set.name != navigation.target_set or not query.single:
            message = f"{navigation.name} needs an entity of {navigation.target_set}, which {item.uri!r} is not"
            raise BadRequest("BadReference", message, target=navigation.name)
        try:
            return self.entity(query, literals)
        except NotFound:
            message = f"{navigation.name} refers to {item.uri!r}, which does not exist"
            raise BadRequest("BadReference", message, target=navigation.name) from None

    def _set_property(self, entity: Entity, command: SetProperty) -> None:
        """A property of the entity, or a member of one of its structures."""
        for structure in command.target.source[-1].type.complex.values():
            if command.property in structure.members:
                set_structure(entity, structure, {command.property.name: command.value}, False)
                return
        set_value(entity, command.property, command.value)

    def _insert_media(self, command: InsertMedia) -> Callable[[], Changed]:
        entity_type = command.entity_set.type
        entity = self._new(EntityPayload(entity_type, media_values(entity_type, command.slug)))
        set_stream(entity, command.stream, command.octets)
        return self._added(entity, command, self._parent(command))

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

    def _update(self, command: Update) -> Callable[[], Changed]:
        entity_set, conditions = command.target.entity_set, self.order.conditions
        try:
            entity = self.entity(command.target)
        except NotFound:
            if command.upsert is None or self._is_of_another_type(command.target):
                raise
            conditions.demand_new()
            *around, last = command.target.source
            parent = Query(tuple(around), rules=command.target.rules) if around else None
            return self._insert(Insert(entity_set, command.upsert(), parent, last.navigation, command.revives))
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


def _nothing_else(uri: str) -> NoReturn:
    raise AssertionError("records refer to others by the values of keys")


def _placed(command: Insert, parent: Entity | None) -> EntityPayload:
    """With what the entity has by its place, of its key."""
    if parent is None or command.navigation is None:
        return command.payload
    given = given_by(parent, command.navigation)
    key = {part.name: given[part.column] for part in command.entity_set.type.key if part.column in given}
    return replace(command.payload, values={**command.payload.values, **key})


def _type_of_row(entity: Entity, payload: EntityPayload) -> EntityType:
    """What the entity is: a client may name properties of a derived type without naming the type, or one that it is not."""
    if not isinstance(entity, payload.type.mapper.class_):
        message = f"this entity is a {type(entity).__name__} and no {payload.type.name}; the type of an entity stays"
        raise BadRequest("WrongType", message, target="@type")
    entity_type = next((each for each in payload.type.with_derived() if each.mapper.class_ is type(entity)), payload.type)
    dynamic = payload.dynamic if entity_type.dynamic is None else ()
    given = (*payload.values, *payload.structures, *payload.collections, *dynamic, *payload.related, *payload.changes)
    foreign = next((name for name in given if name not in entity_type.member_names), None)
    if foreign is not None:
        message = f"this entity is a {entity_type.name} and has no property {foreign!r:.80}"
        raise BadRequest("UnknownProperty", message, target=foreign)
    return entity_type
