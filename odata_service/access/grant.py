"""What a caller may do, by his roles alone."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import field

from odata_service.access.rights import EntitySetRights, Roles, ServiceOperationRights
from odata_service.bind.payload import DeltaPayload, EntityPayload, Removed
from odata_service.bind.resource import Resource
from odata_service.edm.model import EntityModel, EntitySet, EntityType, NavigationProperty
from odata_service.edm.operation import Operation
from odata_service.errors import Forbidden
from odata_service.values import frozen

_RIGHT_FOR = {
    "POST": EntitySetRights.WRITE_APPEND,
    "PUT": EntitySetRights.WRITE_REPLACE,
    "MERGE": EntitySetRights.WRITE_MERGE,
    "PATCH": EntitySetRights.WRITE_MERGE,
    "DELETE": EntitySetRights.WRITE_DELETE,
}


@frozen(eq=False)
class Grant:
    """What all callers with the same roles may do: the model as they may see it, and the rights on each of its sets."""

    roles: Roles
    model: EntityModel
    rights: Mapping[str, EntitySetRights]
    operations: Mapping[str, int]  # the rights on operations, by name, as far as anything was said of them
    only_reads: bool = False  # there is nothing that such callers may change
    documents: dict[Hashable, bytes] = field(default_factory=dict)  # the model as it was written for such callers

    def demand_operation(self, operation: Operation) -> None:
        """403 where an operation may not be used for what it returns; one without any right does not exist."""
        rights = self.operations.get(operation.name, ServiceOperationRights.ALL)
        returns = operation.returns
        if operation.kind == "action" or returns is None or not isinstance(returns.type, EntityType):
            return
        wanted = ServiceOperationRights.READ_MULTIPLE if returns.collection else ServiceOperationRights.READ_SINGLE
        if not rights & wanted:
            many = "many entities" if returns.collection else "a single entity"
            raise Forbidden("Forbidden", f"{operation.name} is not open for reading {many}")

    def overrides(self, operation: Operation) -> bool:
        """Whether what it returns may be read whatever the rights on its set are."""
        return bool(self.operations.get(operation.name, 0) & ServiceOperationRights.OVERRIDE_ENTITY_SET_RIGHTS)

    def rights_for(self, entity_set: EntitySet) -> EntitySetRights:
        return self.rights.get(entity_set.name, EntitySetRights.NONE)

    def demand(self, entity_set: EntitySet, right: EntitySetRights) -> None:
        """403 where the right is missing; a set without any right does not exist, see :attr:`model`."""
        if not self.rights_for(entity_set) & right:
            name = right.name or str(right)
            raise Forbidden("Forbidden", f"{entity_set.name} is not open for {name.lower().replace('_', ' ')}")

    def demand_read(self, set_name: str, single: bool) -> None:
        right = EntitySetRights.READ_SINGLE if single else EntitySetRights.READ_MULTIPLE
        self.demand(self.model.sets[set_name], right)

    def demand_change(self, method: str, resource: Resource) -> None:
        """That this may be changed at all; asked before the body is looked at."""
        *before, last = resource.steps
        for step in before:
            self.demand(step.entity_set, EntitySetRights.READ_SINGLE)
        if resource.links and last.navigation is not None:
            self._demand_link(before[-1].entity_set, last.navigation, last.entity_set)
            return
        self.demand(last.entity_set, EntitySetRights.WRITE_MERGE if resource.is_part else _RIGHT_FOR[method])
        if method == "POST" and last.navigation is not None and last.navigation.link_near:
            self.demand(before[-1].entity_set, EntitySetRights.WRITE_MERGE)

    def _demand_link(self, source: EntitySet, way: NavigationProperty, target: EntitySet) -> None:
        """A change of a link is one of the entity it belongs to, and of the other one where that has the foreign key."""
        self.demand(source, EntitySetRights.WRITE_MERGE)
        is_near = way.owns_key or way.link_near
        self.demand(target, EntitySetRights.READ_SINGLE if is_near else EntitySetRights.WRITE_MERGE)
        self._demand_way(source.type, way, inserts=False)

    def _demand_way(self, source: EntityType, way: NavigationProperty, *, inserts: bool) -> None:
        """A relation is in a foreign key, which may be closed like any other property."""
        holder, columns = (source, way.near) if way.owns_key else (self.model.types[way.target], way.far)
        for declared in () if way.link_near else holder.properties.values():
            closed = declared.server_set or (declared.only_later if inserts else declared.immutable)
            if closed and declared.column in columns:
                raise Forbidden("Forbidden", f"{way.name} is not open for changes")

    def demand_related(self, payload: EntityPayload, *, inserts: bool) -> None:
        """What is inserted along with an entity, and rows that get a new foreign key because they are bound to it."""
        for name, items in payload.related.items():
            navigation = payload.type.navigation[name]
            target = self.model.sets[navigation.target_set]
            self._demand_way(payload.type, navigation, inserts=inserts)
            for item in items:
                if isinstance(item, EntityPayload):
                    self._demand_entity(target, item, inserts)
                elif not (navigation.owns_key or navigation.link_near):
                    self.demand(target, EntitySetRights.WRITE_MERGE)
        for name, changes in payload.changes.items():
            self._demand_way(payload.type, payload.type.navigation[name], inserts=False)
            self.demand_delta(self.model.sets[payload.type.navigation[name].target_set], changes)

    def demand_replaced(self, payload: EntityPayload) -> None:
        """Members that a whole collection leaves out are taken out of it, or deleted where they cannot be alone."""
        for name, items in payload.related.items():
            navigation = payload.type.navigation[name]
            target = self.model.sets[navigation.target_set]
            inside = [item for item in items if isinstance(item, EntityPayload)]
            if navigation.collection and name not in payload.added:
                self.demand(target, EntitySetRights.WRITE_DELETE)
            elif inside and not navigation.collection:
                self.demand(target, EntitySetRights.WRITE_MERGE)  # without a key, the one that is there is meant
            for item in inside:
                self.demand_replaced(item)

    def _demand_entity(self, entity_set: EntitySet, payload: EntityPayload, inserts: bool) -> None:
        """What stands inside may be new; where it names an entity, that is changed."""
        self.demand(entity_set, EntitySetRights.WRITE_APPEND)
        if payload.reference is not None or any(part.name in payload.values for part in payload.type.key):
            self.demand(entity_set, EntitySetRights.WRITE_MERGE)
        self.demand_related(payload, inserts=inserts)

    def demand_delta(self, entity_set: EntitySet, delta: DeltaPayload) -> None:
        for item in delta.items:
            if isinstance(item, EntityPayload):
                self._demand_entity(entity_set, item, inserts=False)
                self.demand(entity_set, EntitySetRights.WRITE_MERGE)
            else:
                removed = isinstance(item, Removed)
                self.demand(entity_set, EntitySetRights.WRITE_DELETE if removed else EntitySetRights.WRITE_MERGE)
