"""Entities as a change has left them, read again by their keys to answer it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from odata_service.access import Caller
from odata_service.access.rows import guards_of
from odata_service.bind.query import Step
from odata_service.bind.typed import Among, Comparison, Constant, Logical, PropertyRef, Typed
from odata_service.edm.model import EntitySet, Property
from odata_service.etag import etag_of
from odata_service.execute.connection import Timing
from odata_service.execute.given import Given, Literals
from odata_service.execute.read import Reader
from odata_service.plan.cache import Fit
from odata_service.plan.read_plan import ReadPlan
from odata_service.reads import Reads, key_after, typed_key
from odata_service.result import EntityCollection, Level, Result, SingleEntity
from odata_service.spelling import Spelling
from odata_service.tracking.rows import Key, chunks
from odata_service.values import frozen

Known = Mapping[tuple[str, Key], SingleEntity]  # by set name and key


@frozen
class Rereads:
    """Reads what a caller has just changed. What another change has deleted since, in the same change set or by somebody
    else, is not there any more."""

    reads: Reads
    caller: Caller
    spelling: Spelling
    timing: Timing

    def entity(self, entity_set: EntitySet, key: Sequence[object]) -> SingleEntity | None:
        plan = self._plan(entity_set)
        return self.reads.one(plan, self._given(typed_key(entity_set, key)), self.timing)

    def entities(self, entity_set: EntitySet, keys: Sequence[Key]) -> dict[Key, SingleEntity]:
        """Those of many keys, in few statements. The last key fills the places that are left, so that there are not as many
        plans as there are numbers of keys."""
        found: dict[Key, SingleEntity] = {}
        for some in chunks(keys):
            places = 1 << (len(some) - 1).bit_length()
            filled = (*some, *some[-1:] * (places - len(some)))
            literals = [literal for key in filled for literal in typed_key(entity_set, key)]
            found.update(_by_key(self._run(self._plan(entity_set, places), literals)))
        return found

    def _run(self, plan: ReadPlan, literals: Literals) -> Result:
        return Reader(self.reads.connections).read(plan, self._given(literals), self.timing)

    def _given(self, literals: Literals) -> Given:
        return Given.whole(literals, self.caller.conditions.values)

    def _plan(self, entity_set: EntitySet, places: int = 0) -> ReadPlan:
        """For so many keys, or without places for the one entity of a key."""
        plans = self.reads.plans
        cached = ("changed", self.spelling.protocol, entity_set.name, self.caller.grant.roles, places)
        plan = plans.get(cached, (), self.caller)
        if plan is None:
            key = () if places else key_after(0, entity_set)
            step = Step(entity_set, key=key, filters=(_is_one_of(entity_set, places),) if places else ())
            read = self.reads.binder(self.spelling, self.caller).entity((step,))
            plan = self.reads.planner.plan(self.caller.restrict_changed(read, self.spelling.tombstones))
            plans.put(cached, Fit(guards=guards_of(plan.query.rules)), plan)
        return plan


def _is_one_of(entity_set: EntitySet, places: int) -> Typed:
    """That an entity has one of so many keys, whose values are given one after another."""
    parts = entity_set.type.key
    keys = [key_after(place * len(parts), entity_set) for place in range(places)]
    if len(parts) == 1:
        return Among(PropertyRef((), parts[0]), tuple(constant for ((_, constant),) in keys))
    return Logical("or", tuple(Logical("and", tuple(_has(*part) for part in key)) for key in keys))


def _has(declared: Property, constant: Constant) -> Typed:
    return Comparison("eq", PropertyRef((), declared), constant, declared.type)


def _by_key(result: Result) -> Iterator[tuple[Key, SingleEntity]]:
    assert isinstance(result, EntityCollection), "many keys lead to many entities"
    shape = result.level.shape
    for row in result.level.rows:
        key = tuple(shape.value(row, part) for part in shape.entity_set.type.key)
        yield key, SingleEntity(Level(shape, [row]), etag_of(shape, row))
