"""Member paths of expressions: ``Category/Name``, ``$it/ShippingAddress/City``, ``Orders/any(o:o/Total gt 5)``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NoReturn

from odata_service.bind.root import ROOT, from_root
from odata_service.bind.typed import (
    CollectionRef, Constant, Counted, DynamicRef, EntityRef, Exists, PropertyRef, Ranged, StructureRef, Typed, ValuesRef,
)  # fmt: skip
from odata_service.edm.any_entity import AnyEntity
from odata_service.edm.model import ComplexProperty, EntityType, NavigationProperty, Property
from odata_service.edm.primitive import BOOLEAN, INT64, NULL
from odata_service.errors import NotImplementedByService, did_you_mean
from odata_service.parse.syntax import AnyAll, CountOf, FilterStep, Options, Segment, Step
from odata_service.values import frozen

if TYPE_CHECKING:
    from odata_service.bind.expression import ExpressionBinder

IT = "$it"
THIS = "$this"
THESE = "$these"  # all rows of a transformation


@frozen
class Place:
    """Where a path has come to: the variable it started from, single navigations walked, and the type there."""

    variable: str
    type: EntityType
    walked: tuple[NavigationProperty, ...] = ()
    structure: ComplexProperty | None = None


@frozen
class PathBinder:
    """Walks one path for an expression binder."""

    binder: ExpressionBinder

    def bind(self, steps: Sequence[Step]) -> Typed:
        first = steps[0]
        if isinstance(first, Segment) and first.name == THESE:
            message = f"{first.name} is not supported in expressions"
            raise NotImplementedByService("NotImplemented", message, target=self.binder.target, at=first.at)
        if isinstance(first, Segment) and first.name == ROOT:
            return from_root(self.binder, steps)
        if isinstance(first, Segment) and first.arguments is None:
            variable = self.binder.own if first.name == THIS else first.name
            if variable in self.binder.variables:
                return self._of(variable, steps[1:], first)
            name = "/".join(step.name for step in steps if isinstance(step, Segment))
            if name in self.binder.computed:
                return self.binder.computed[name]
        return self._of(self.binder.own, steps, first)

    def _of(self, variable: str, steps: Sequence[Step], first: Step) -> Typed:
        """What a path means that starts from a variable."""
        ranged = self.binder.variables[variable]
        if isinstance(ranged, EntityType):
            place = Place(variable, ranged)
            return self._elsewhere(place, steps) or self._from(place, steps, first)
        if isinstance(ranged, ComplexProperty):
            start = Place(variable, self.binder.type, structure=ranged)
            return self._from(start, steps, first) if steps else StructureRef((), ranged, variable)
        if steps and steps[0] is first:
            self._unknown_of_value(ranged, first)
        return self._last(PropertyRef((), ranged, variable), steps)

    def _elsewhere(self, place: Place, steps: Sequence[Step]) -> Typed | None:
        """What entities have that are not of the type that a path over all sets names: nothing, or nothing of many."""
        if not isinstance(place.type, AnyEntity) or not steps or not isinstance(steps[0], Segment):
            return None
        wanted = self.binder.model.type_named(steps[0].name)
        if wanted is None or place.type.may_be(wanted):
            return None
        match steps[-1]:
            case AnyAll(quantifier):
                return Constant(BOOLEAN, quantifier == "all")
            case CountOf() | Segment(name="$count"):
                return Constant(INT64, 0)
            case _:
                return Constant(NULL, None)

    def _from(self, place: Place, steps: Sequence[Step], last: Step) -> Typed:
        for position, step in enumerate(steps):
            if not isinstance(step, Segment) or step.arguments is not None:
                self._refuse_step(step)
            found = self._ended(place, step, steps[position + 1 :])
            if found is not None:
                return found
            place = self._walked(place, step)
        return EntityRef(place.walked, place.type, place.variable)

    def _ended(self, place: Place, step: Segment, rest: Sequence[Step]) -> Typed | None:
        """The value, when this step leads to one; ``None`` when the path goes on from an entity or structure."""
        name = step.name
        if place.structure is not None:
            member = place.structure.member(name)
            if member is None:
                self._unknown(step, place.structure.name, place.structure.type.members)
            return self._last(PropertyRef(place.walked, member, place.variable), rest)
        if name in place.type.properties:
            return self._last(PropertyRef(place.walked, place.type.properties[name], place.variable), rest)
        structure = place.type.complex.get(name)
        if structure is not None and not rest:
            return StructureRef(place.walked, structure, place.variable)
        values = place.type.collections.get(name)
        if values is not None:
            return self._collection(ValuesRef(place.variable, place.walked, values), rest, step)
        navigation = place.type.navigation.get(name)
        if navigation is not None and navigation.collection:
            return self._collection(CollectionRef(place.variable, place.walked, navigation), rest, step)
        if place.type.dynamic is not None and place.type.has_dynamic(name):
            return self._last(DynamicRef(place.walked, place.type.dynamic, name, place.variable), rest)
        return None

    def _last(self, value: PropertyRef | DynamicRef, rest: Sequence[Step]) -> Typed:
        if not rest:
            return value
        name = value.name if isinstance(value, DynamicRef) else value.property.name
        self.binder.refuse("NotAValue", f"{name} is a property without members", rest[0].at)

    def _walked(self, place: Place, step: Segment) -> Place:
        name = step.name
        if "." in name:
            return replace(place, type=self._cast(place.type, step))
        structure = place.type.complex.get(name)
        if structure is not None:
            return replace(place, structure=structure)
        navigation = place.type.navigation.get(name)
        if navigation is None:
            self._unknown(step, place.type.name, place.type.member_names)
        target = self.binder.model.types[navigation.target]
        return Place(place.variable, target, (*place.walked, navigation))

    def _cast(self, current: EntityType, step: Segment) -> EntityType:
        wanted = self.binder.model.type_named(step.name)
        if wanted is None or not (wanted.is_a(current) or isinstance(current, AnyEntity)):
            self.binder.refuse("UnknownType", f"{step.name} is no type derived from {current.full_name}", step.at)
        return wanted

    def _collection(self, source: CollectionRef | ValuesRef, rest: Sequence[Step], step: Segment) -> Typed:
        """What is asked of a collection: any, all, or how many; casts and filters narrow it first."""
        conditions: list[Typed] = []
        inside = self.binder.about(self._ranged(source))
        for position, next_step in enumerate(rest):
            match next_step:
                case Segment() if "." in next_step.name and isinstance(source, CollectionRef):
                    source = replace(source, type=self._cast(self._target(source), next_step))
                    inside = self.binder.about(self._target(source))
                case FilterStep():
                    conditions.append(inside.condition(next_step.condition))
                case AnyAll():
                    return self._quantified(source, inside, next_step, tuple(conditions))
                case CountOf():
                    return self._counted(source, inside, next_step.options, tuple(conditions))
                case Segment(name="$count") if position == len(rest) - 1:
                    return Counted(source, (inside.own,), tuple(conditions))
                case _:
                    break
        message = f"{step.name} is a collection; ask any(…), all(…) or $count of it"
        self.binder.refuse("CollectionInPath", message, step.at)

    def _target(self, source: CollectionRef) -> EntityType:
        return source.type or self.binder.model.types[source.navigation.target]

    def _ranged(self, source: CollectionRef | ValuesRef) -> Ranged:
        """What each member of a collection is."""
        return source.collection.item if isinstance(source, ValuesRef) else self._target(source)

    def _quantified(
        self, source: CollectionRef | ValuesRef, inside: ExpressionBinder, step: AnyAll, conditions: tuple[Typed, ...]
    ) -> Typed:
        if step.condition is None or step.variable is None:
            return Exists(step.quantifier, source, (inside.own,), None, conditions)
        names = (inside.own, step.variable)
        condition = self.binder.with_variable(step.variable, self._ranged(source)).condition(step.condition)
        return Exists(step.quantifier, source, names, condition, conditions)

    def _counted(
        self, source: CollectionRef | ValuesRef, inside: ExpressionBinder, options: Options, conditions: tuple[Typed, ...]
    ) -> Typed:
        if options.filter is not None:
            conditions = (*conditions, inside.condition(options.filter))
        if options.search is not None:
            conditions = (*conditions, inside.search(options.search))
        return Counted(source, (inside.own,), conditions)

    def _unknown(self, step: Segment, owner: str, known: Sequence[str]) -> NoReturn:
        if step.name in known:
            self.binder.refuse("NotAValue", f"{step.name} of {owner} is not a value to compare", step.at)
        hint = did_you_mean(step.name, known)
        self.binder.refuse("UnknownProperty", f"{owner} has no property {step.name!r}{hint}", step.at)

    def _unknown_of_value(self, item: Property, step: Step) -> NoReturn:
        message = f"the values of {item.name} have no properties; write {THIS} for the value itself"
        self.binder.refuse("UnknownProperty", message, step.at)

    def _refuse_step(self, step: Step) -> NoReturn:
        raise NotImplementedByService(
            "NotImplemented", "this kind of path is not supported here", target=self.binder.target, at=step.at
        )
