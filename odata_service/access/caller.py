"""One caller: what he may do, and what he sees of what he asks for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from odata_service.access.asked import Asked, asked_in, asked_of
from odata_service.access.conditions import Conditions, saw
from odata_service.access.grant import Grant
from odata_service.access.rights import EntitySetRights
from odata_service.access.rows import RowPolicy, RowRules, Tombstones
from odata_service.access.touched import touched, touched_by
from odata_service.behavior import Behaviors
from odata_service.bind.command import ApplyDelta, Command, Insert, InsertMedia, Invoke, Link, Update
from odata_service.bind.payload import EntityPayload
from odata_service.bind.query import Query, Read, ReadApplied, RowRule
from odata_service.bind.resource import Resource
from odata_service.bind.sync import Sync
from odata_service.context import Context
from odata_service.edm.model import EntityModel, EntitySet
from odata_service.tracking import Images
from odata_service.values import frozen

Upsert = Callable[[], EntityPayload]


@frozen
class Caller:
    """One caller in one request. Whoever reads or changes something asks here first."""

    grant: Grant
    rows: RowPolicy
    conditions: Conditions
    behaviors: Behaviors

    @property
    def context(self) -> Context:
        return self.conditions.context

    @property
    def model(self) -> EntityModel:
        """The model without the sets that this caller may not use, and without the ways to them."""
        return self.grant.model

    def bound(self, query: str) -> str:
        """What a token is good for: a query, asked with these rights."""
        return "\0".join((query, *sorted(self.grant.roles)))

    def rights_for(self, entity_set: EntitySet) -> EntitySetRights:
        return self.grant.rights_for(entity_set)

    def demand(self, entity_set: EntitySet, right: EntitySetRights) -> None:
        """403 where the right is missing."""
        self.grant.demand(entity_set, right)

    def allows(self, entity_set: EntitySet, *, many: bool) -> bool:
        """Whether entities of a set may be read, many of them at once or each by its key."""
        right = EntitySetRights.READ_MULTIPLE if many else EntitySetRights.READ_SINGLE
        return bool(self.rights_for(entity_set) & right)

    def restrict(self, read: Read, tombstones: Tombstones, *, include_deleted: bool = True) -> Read:
        """The same read, limited to what the caller may see; 403 where it may not be asked at all."""
        for set_name, single in touched(read.query):
            self.grant.demand_read(set_name, single)
        self._demand_accepted(asked_of(read.query, counted=read.kind == "count"))
        return replace(read, query=_with_rules(read.query, self.rules(tombstones, include_deleted)))

    def restrict_changed(self, read: Read, tombstones: Tombstones) -> Read:
        """A read of what this caller has just changed; the row rules hold for what is around it."""
        return replace(read, query=replace(_with_rules(read.query, self.rules(tombstones)), own_rules=()))

    def restrict_applied(self, read: ReadApplied, tombstones: Tombstones) -> ReadApplied:
        """The same for ``$apply``, whose expressions may lead to other sets, too."""
        for set_name, single in touched_by(read.sequences):
            self.grant.demand_read(set_name, single)
        self._demand_accepted(asked_in(read.sequences, read.query.entity_set.name))
        return replace(read, query=self.restrict(Read(read.query), tombstones).query)

    def _demand_accepted(self, asked: Iterable[Asked]) -> None:
        for switch, set_name in asked if self.behaviors.restricts else ():
            self.behaviors.demand(switch, set_name)

    def restrict_changes(self, read: Read, images: Images | None, since: int) -> Read:
        """A read of what has changed since a stamp: tombstones are among the entities themselves, and nowhere else. With
        ``images`` it is also of what the caller saw then or later, and does not see any more."""
        restricted = self.restrict(read, "hidden", include_deleted=False)
        own = self.seen_since(read.query.entity_set, images, since)
        return replace(restricted, query=replace(restricted.query, own_rules=own))

    def seen_since(self, entity_set: EntitySet, images: Images | None, since: int) -> tuple[RowRule, ...]:
        """The rules for rows of a set that the caller sees, or, as far as ``images`` tell, saw at a stamp or later."""
        condition = self.conditions.of(entity_set.name)
        if condition is None:
            return ()
        return (condition,) if images is None else (saw(condition, entity_set.type.mapper, images, since),)

    def permit(self, method: str, resource: Resource) -> None:
        """403 where the caller may not make this change; asked before the body is looked at."""
        self.grant.demand_change(method, resource)

    def restrict_change(self, command: Command, tombstones: Tombstones) -> Command:
        """The same change, which finds only entities that the caller may see; 403 where it changes more than it may."""
        if isinstance(command, Insert):
            self.grant.demand_related(command.payload, inserts=True)
        elif isinstance(command, Update):
            self.grant.demand_related(command.payload, inserts=False)
            self.grant.demand_replaced(command.payload)
            if _deletes(command.payload):
                self.demand(command.target.entity_set, EntitySetRights.WRITE_DELETE)
            revives = self.rows.hides_tombstones(command.target.entity_set, tombstones)
            command = replace(command, upsert=self._permitted_upsert(command), revives=revives)
        elif isinstance(command, ApplyDelta):
            self.grant.demand_delta(command.target.entity_set, command.payload)
        if isinstance(command, (Invoke, Sync)):
            return command
        if isinstance(command, (Insert, InsertMedia)):
            if command.parent is not None:
                command = replace(command, parent=_with_rules(command.parent, self.rules(tombstones)))
            revives = self.rows.hides_tombstones(command.entity_set, tombstones)
            if isinstance(command, InsertMedia) or command.revives == revives:
                return command
            return replace(command, revives=revives)
        rules = self.rules(tombstones)
        for set_name, single in touched_by(tuple(step.filters for step in command.target.source)):
            self.grant.demand_read(set_name, single)
        target = _with_rules(command.target, rules)
        if isinstance(command, Link) and command.keyed is not None:
            return replace(command, target=target, keyed=_with_rules(command.keyed, rules))
        return replace(command, target=target)

    def _permitted_upsert(self, update: Update) -> Upsert | None:
        """Reads what is inserted instead, for callers who may insert."""
        read = update.upsert
        if read is None or not self.rights_for(update.target.entity_set) & EntitySetRights.WRITE_APPEND:
            return None

        def inserted() -> EntityPayload:
            payload = read()
            self.grant.demand_related(payload, inserts=True)
            return payload

        return inserted

    def rules(self, tombstones: Tombstones, include_deleted: bool = True) -> RowRules:
        """The row rules of every set; ``tombstones`` is what holds for a set that nothing was said of."""
        return self.rows.rules(self.conditions, tombstones, include_deleted)


def _deletes(payload: EntityPayload) -> bool:
    """Whether an update sets the tombstone, where clients may."""
    tracking = payload.type.tracking
    tombstone = None if tracking is None else tracking.is_deleted
    named = (each for each in payload.type.properties.values() if each.attribute == tombstone and not each.server_set)
    return any(payload.values.get(each.name) for each in named)


def _with_rules(query: Query, rules: RowRules) -> Query:
    expand = tuple(replace(each, query=_with_rules(each.query, rules)) for each in query.expand)
    return replace(query, rules=rules, expand=expand)
