"""Who may do what: the one resolver that every road asks."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import Any, Literal

from sqlalchemy import ColumnElement, false

from odata_service.bind.command import ApplyDelta, Command, Insert, InsertMedia, Invoke, Link, Update
from odata_service.bind.payload import DeltaPayload, EntityPayload, Removed
from odata_service.bind.query import Query, Read, RowRule
from odata_service.bind.resource import Resource
from odata_service.edm.cross_join import CrossJoin
from odata_service.edm.model import EntityModel, EntitySet, NavigationProperty, Property
from odata_service.errors import Forbidden


class EntitySetRights(enum.IntFlag):
    """What may be done with an entity set, as WCF Data Services names and numbers it."""

    NONE = 0
    READ_SINGLE = 1
    READ_MULTIPLE = 2
    ALL_READ = 3
    WRITE_APPEND = 4
    WRITE_REPLACE = 8
    WRITE_DELETE = 16
    WRITE_MERGE = 32
    ALL_WRITE = 60
    ALL = 63


_RIGHT_FOR = {
    "POST": EntitySetRights.WRITE_APPEND,
    "PUT": EntitySetRights.WRITE_REPLACE,
    "MERGE": EntitySetRights.WRITE_MERGE,
    "PATCH": EntitySetRights.WRITE_MERGE,
    "DELETE": EntitySetRights.WRITE_DELETE,
}

Tombstones = Literal["shown", "hidden"]  # what a spelling does with them where neither set nor request says
EVERY = "*"


@dataclass(slots=True)
class Access:
    """Rights and the visibility of tombstones per entity set; ``"*"`` stands for those not named.

    Everything is closed until it is opened. Tombstones are ordinary rows until a set or a request hides them.
    """

    model: EntityModel
    rights: dict[str, EntitySetRights] = field(default_factory=dict)
    tombstones: dict[str, Tombstones] = field(default_factory=dict)
    _visible: dict[frozenset[str], EntityModel] = field(default_factory=dict)  # models by the sets they have

    def rights_for(self, entity_set: EntitySet) -> EntitySetRights:
        return self.rights.get(entity_set.name, self.rights.get(EVERY, EntitySetRights.NONE))

    def demand(self, entity_set: EntitySet, right: EntitySetRights) -> None:
        """403 where the right is missing; a set without any right does not exist, see :meth:`visible_model`."""
        if not self.rights_for(entity_set) & right:
            name = right.name or str(right)
            raise Forbidden("Forbidden", f"{entity_set.name} is not open for {name.lower().replace('_', ' ')}")

    def visible_model(self) -> EntityModel:
        """The model without the sets that nobody may use, and without the ways to them."""
        open_sets = {name: each for name, each in self.model.sets.items() if self.rights_for(each)}
        if len(open_sets) == len(self.model.sets):
            return self.model
        names = frozenset(open_sets)
        if names not in self._visible:
            self._visible[names] = _trimmed(self.model, open_sets)
        return self._visible[names]

    def restrict(self, read: Read, tombstones: Tombstones, *, include_deleted: bool = True) -> Read:
        """The same read, limited to what the caller may see; 403 where it may not be asked at all."""
        for set_name, single in _touched(read.query):
            right = EntitySetRights.READ_SINGLE if single else EntitySetRights.READ_MULTIPLE
            self.demand(self.model.sets[set_name], right)
        rules = self.rules(tombstones, include_deleted)
        return replace(read, query=_with_rules(read.query, rules)) if rules else read

    def restrict_changes(self, read: Read) -> Read:
        """A read of what has changed: tombstones are among the entities themselves, and nowhere else."""
        restricted = self.restrict(read, "hidden", include_deleted=False)
        return replace(restricted, query=replace(restricted.query, own_rules=()))

    def permit(self, method: str, resource: Resource) -> None:
        """403 where the caller may not make this change; asked before the body is looked at."""
        target = resource.steps[-1].entity_set
        of_entity = resource.property or resource.structure or resource.stream or resource.links
        wanted = EntitySetRights.WRITE_MERGE if of_entity else _RIGHT_FOR[method]
        self.demand(target, wanted)
        for step in resource.steps[:-1]:
            self.demand(step.entity_set, EntitySetRights.READ_SINGLE)

    def restrict_change(self, command: Command, tombstones: Tombstones) -> Command:
        """The same change, which finds only entities that the caller may see; 403 where it changes more than it may."""
        if isinstance(command, (Insert, Update)):
            self._demand_related(command.payload)
            if isinstance(command, Update):
                self._demand_replaced(command.payload)
        elif isinstance(command, ApplyDelta):
            self._demand_delta(command.target.entity_set, command.payload)
        rules = self.rules(tombstones)
        if isinstance(command, (InsertMedia, Invoke)):
            return command
        if isinstance(command, Insert):
            parent = None if command.parent is None else _with_rules(command.parent, rules)
            return replace(command, parent=parent, revives=command.entity_set.name in rules)
        target = _with_rules(command.target, rules)
        if isinstance(command, Link) and command.keyed is not None:
            return replace(command, target=target, keyed=_with_rules(command.keyed, rules))
        return replace(command, target=target)

    def _demand_related(self, payload: EntityPayload) -> None:
        """What is inserted along with an entity, and rows that get a new foreign key because they are bound to it."""
        for name, items in payload.related.items():
            navigation = payload.type.navigation[name]
            target = self.model.sets[navigation.target_set]
            for item in items:
                if isinstance(item, EntityPayload):
                    self._demand_entity(target, item)
                elif not (navigation.owns_key or navigation.link_near):
                    self.demand(target, EntitySetRights.WRITE_MERGE)

        for name, changes in payload.changes.items():
            self._demand_delta(self.model.sets[payload.type.navigation[name].target_set], changes)

    def _demand_replaced(self, payload: EntityPayload) -> None:
        """Members that a whole collection leaves out are taken out of it, or deleted where they cannot be alone."""
        for name, items in payload.related.items():
            navigation = payload.type.navigation[name]
            if navigation.collection and name not in payload.added:
                self.demand(self.model.sets[navigation.target_set], EntitySetRights.WRITE_DELETE)
            for item in items:
                if isinstance(item, EntityPayload):
                    self._demand_replaced(item)

    def _demand_entity(self, entity_set: EntitySet, payload: EntityPayload) -> None:
        """What stands inside may be new; where it names an entity, that is changed."""
        self.demand(entity_set, EntitySetRights.WRITE_APPEND)
        if payload.reference is not None or any(part.name in payload.values for part in payload.type.key):
            self.demand(entity_set, EntitySetRights.WRITE_MERGE)
        self._demand_related(payload)

    def _demand_delta(self, entity_set: EntitySet, delta: DeltaPayload) -> None:
        for item in delta.items:
            if isinstance(item, EntityPayload):
                self._demand_entity(entity_set, item)
                self.demand(entity_set, EntitySetRights.WRITE_MERGE)
            else:
                removed = isinstance(item, Removed)
                self.demand(entity_set, EntitySetRights.WRITE_DELETE if removed else EntitySetRights.WRITE_MERGE)

    def rules(self, tombstones: Tombstones, include_deleted: bool = True) -> Mapping[str, tuple[RowRule, ...]]:
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


def _touched(query: Query) -> Iterator[tuple[str, bool]]:
    """Every set a query reads, and whether single entities or many of it: a condition or an order over a navigation
    tells of the rows there as much as showing them does."""
    for step in query.source:
        crossed = step.entity_set.sides if isinstance(step.entity_set, CrossJoin) else ()
        yield from [(side.target_set, False) for side in crossed] or [(step.entity_set.name, step.single)]
    conditions = tuple(step.filters for step in query.source)
    for navigation in _navigation((query.filter, query.order, query.computed, conditions)):
        if not navigation.certain:  # the sides of a cross join are among the sources
            yield navigation.target_set, not navigation.collection
    for expansion in query.expand:
        yield from _touched(expansion.query)


def _navigation(node: object) -> Iterator[NavigationProperty]:
    """The navigation properties named anywhere in an expression."""
    if isinstance(node, NavigationProperty):
        yield node
    elif isinstance(node, tuple):
        for each in node:
            yield from _navigation(each)
    elif is_dataclass(node) and not isinstance(node, Property):
        for each in fields(node):
            yield from _navigation(getattr(node, each.name))


def _with_rules(query: Query, rules: Mapping[str, tuple[RowRule, ...]]) -> Query:
    expand = tuple(replace(each, query=_with_rules(each.query, rules)) for each in query.expand)
    return replace(query, rules=rules, expand=expand)


def _trimmed(model: EntityModel, open_sets: Mapping[str, EntitySet]) -> EntityModel:
    """The types of the open sets with all that derive from them, and only the ways between them."""
    types = {below.name: replace(below) for each in open_sets.values() for below in each.type.with_derived()}
    for entity_type in types.values():
        ways = entity_type.navigation.items()
        entity_type.navigation = {name: way for name, way in ways if way.target_set in open_sets}
        entity_type.base = None if entity_type.base is None else types.get(entity_type.base.name)
        entity_type.derived = [types[below.name] for below in entity_type.derived]
    sets = {name: replace(each, type=types[each.type.name]) for name, each in open_sets.items()}
    return replace(model, sets=sets, types=types)
