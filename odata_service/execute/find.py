"""Finds entities for a change, in its transaction and locked until it ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Any

from sqlalchemy.orm import Session

from odata_service.bind.convert import convert
from odata_service.bind.payload import EntityReference
from odata_service.bind.query import Query, RowRule, Step
from odata_service.bind.typed import Constant
from odata_service.edm.model import EntitySet, NavigationProperty
from odata_service.errors import BadRequest, NotFound
from odata_service.execute.order import Literals, Order
from odata_service.plan.read import Planner
from odata_service.tracking.rows import Key, chunks, is_one_of
from odata_service.values import frozen, mutable

Entity = Any  # an instance of whatever class is mapped


@mutable
class Ahead:
    """Entities of many items, looked for together before each item asks for its own. What is asked for once more may have
    been changed by an item before, so that it is looked for again, when all so far is written."""

    is_on: bool = False
    found: dict[tuple[str, Key], Entity | None] = field(default_factory=dict)


@frozen
class Finder:
    """Looks for what an order is about, under its row rules."""

    session: Session
    planner: Planner
    order: Order

    def entity(self, query: Query, literals: Literals | None = None) -> Entity:
        """The one entity of a query, locked for the change; 404 where there is none."""
        found = self.entities(query, literals)
        if not found:
            raise NotFound("ResourceNotFound", f"there is no such entity in {query.source[0].entity_set.name}")
        return found[0]

    def entities(self, query: Query, literals: Literals | None = None) -> Sequence[Entity]:
        """The entities of a query, locked for the change."""
        lookup = self.planner.lookup(query)
        given = self.order.literals if literals is None else literals
        values = {
            name: convert(given[constant.slot][1], given[constant.slot][0], constant.type)
            for name, constant in lookup.constants.items()
        }
        return self.session.execute(lookup.statement, values).scalars().all()

    def many(self, entity_set: EntitySet, keys: Sequence[Key]) -> dict[Key, Entity]:
        """The entities with some keys, by them."""
        names = [part.attribute for part in entity_set.type.key]
        found: dict[Key, Entity] = {}
        for chunk in chunks(sorted(dict.fromkeys(keys), key=repr)):
            query = Query((Step(entity_set, among=among(entity_set, chunk)),), rules=self.order.rules)
            found |= {tuple(getattr(each, name) for name in names): each for each in self.entities(query, ())}
        return found

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

    def referred(self, reference: EntityReference, navigation: NavigationProperty) -> Entity:
        """The entity at an address in a body, to which a navigation property shall lead."""
        query, literals = self.order.resolve(reference.uri)
        if query.entity_set.name != navigation.target_set or not query.single:
            message = f"{navigation.name} needs an entity of {navigation.target_set}, which {reference.uri!r} is not"
            raise BadRequest("BadReference", message, target=navigation.name)
        try:
            found = self.entity(query, literals)
        except NotFound:
            message = f"{navigation.name} refers to {reference.uri!r}, which does not exist"
            raise BadRequest("BadReference", message, target=navigation.name) from None
        if navigation.relationship is not None and not isinstance(found, navigation.relationship.mapper.class_):
            message = (
                f"{navigation.name} needs an entity of the type {navigation.target}, which {reference.uri!r} is not"
            )
            raise BadRequest("BadReference", message, target=navigation.name)
        return found


def among(entity_set: EntitySet, keys: list[Key]) -> RowRule:
    """To have one of some keys."""
    return lambda alias: is_one_of(tuple(getattr(alias, part.attribute) for part in entity_set.type.key), keys)
