"""Row rules hold for what a change leaves behind, too: nobody moves a row out of his own sight, or refers to one that he
cannot see."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, func, inspect, or_, select
from sqlalchemy.orm import Session, with_parent

from odata_service.access import Caller
from odata_service.edm.model import EntityModel, EntitySet, NavigationProperty
from odata_service.errors import Conflict, Forbidden
from odata_service.execute.pending import Entity
from odata_service.tracking.rows import chunks
from odata_service.values import frozen


@frozen
class Guard:
    """Asks the database, in the transaction of the change, whether a caller sees what the change is about."""

    session: Session
    caller: Caller
    model: EntityModel

    def demand_references(self, entities: Iterable[Entity]) -> None:
        """409, as where there is no such entity, for a foreign key that leads to one that the caller does not see.
        Relations that were not given as keys are looked up with the row rules in the first place."""
        for entity in entities:
            for way, key in self._new_references(entity):
                condition = self.caller.conditions.of(way.target_set)
                assert condition is not None, "only guarded sets are looked into"
                model = self.model.sets[way.target_set].type.mapper.class_
                there = and_(*(far == value for far, value in zip(way.far, key, strict=True)))
                found = self.session.execute(select(*way.far).where(there, condition(model))).first()
                if found is None:
                    message = "a related entity does not exist, or still refers to this one"
                    raise Conflict("ReferenceMissing", message)

    def demand_seen(self, entities: Iterable[Entity]) -> None:
        """403 for rows that the caller would not see after his own change."""
        for entity_set, written in self._by_guarded_set(entities):
            if not self._sees(written, entity_set):
                message = f"an entity of {entity_set.name} would not be one that you can see after this change"
                raise Forbidden("Forbidden", message)

    def members(self, entity: Entity, way: NavigationProperty) -> list[Entity]:
        """What a navigation property leads to, as far as the caller sees it; what is about to be added, he does."""
        related = getattr(entity, way.attribute)
        found = list(related) if way.collection else [] if related is None else [related]
        condition = self.caller.conditions.of(way.target_set)
        if condition is None or not inspect(entity).persistent or (way.owns_key and related is None):
            return found
        model = self.model.sets[way.target_set].type.mapper.class_
        of_entity = with_parent(entity, getattr(type(entity), way.attribute))
        # One statement, whether there is something that is not seen or not: their number is told.
        seen = set(map(id, self.session.scalars(select(model).where(of_entity, condition(model)))))
        return [each for each in found if id(each) in seen or not inspect(each).persistent]

    def _sees(self, entities: Sequence[Entity], entity_set: EntitySet) -> bool:
        condition = self.caller.conditions.of(entity_set.name)
        assert condition is not None, "only guarded sets are looked into"
        model, seen = entity_set.type.mapper.class_, 0
        for some in chunks(entities):
            statement = select(func.count()).select_from(model).where(or_(*map(_is_same, some)), condition(model))
            seen += self.session.scalar(statement) or 0
        return seen == len(entities)

    def _by_guarded_set(self, entities: Iterable[Entity]) -> Iterator[tuple[EntitySet, list[Entity]]]:
        by_set: dict[str, list[Entity]] = {}
        for entity in entities:
            entity_set = self.model.set_of_class(type(entity))
            if entity_set is not None and entity_set.name in self.caller.rows.interceptors:
                by_set.setdefault(entity_set.name, []).append(entity)
        return ((self.model.sets[name], some) for name, some in by_set.items())

    def _new_references(self, entity: Entity) -> Iterator[tuple[NavigationProperty, tuple[object, ...]]]:
        """The foreign keys to guarded sets whose columns have new values."""
        state = inspect(entity)
        entity_type = self.model.type_of_class(type(entity))
        for way in () if entity_type is None else entity_type.navigation.values():
            if not way.owns_key or way.target_set not in self.caller.rows.interceptors:
                continue
            names = [state.mapper.get_property_by_column(near).key for near in way.near]
            key = tuple(getattr(entity, name) for name in names)
            if None not in key and any(state.attrs[name].history.has_changes() for name in names):
                yield way, key


def _is_same(entity: Entity) -> ColumnElement[bool]:
    mapper: Any = inspect(entity).mapper
    key = zip(mapper.primary_key, mapper.primary_key_from_instance(entity), strict=True)
    return and_(*(column == value for column, value in key))
