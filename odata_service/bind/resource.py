"""The resource path → where entities come from and what of them is meant."""

from __future__ import annotations

from builtins import property as computed  # Resource has a field of the name
from collections.abc import Sequence
from dataclasses import field, replace
from typing import NoReturn

from odata_service.bind.call import Call, bound_call, imported_call
from odata_service.bind.expression import ExpressionBinder
from odata_service.bind.keys import TARGET, Aliases, key_from_segments, key_of, parts_of_key
from odata_service.bind.query import Dynamic, Step
from odata_service.edm.cross_join import cross_join
from odata_service.edm.model import (
    CollectionProperty, ComplexProperty, EntityModel, NavigationProperty, Property, StreamProperty,
)  # fmt: skip
from odata_service.errors import BadRequest, NotFound, did_you_mean
from odata_service.parse.syntax import CROSSJOIN, Segment, crossed_names
from odata_service.protocol import Protocol
from odata_service.values import frozen

ALL = "$all"
SPECIAL = ("$metadata", "$batch", "$entity")


@frozen
class Resource:
    """``People(k)/Addresses/AddressType/$ref``: the steps to the entities, then at most one of the others.

    ``values`` is a collection of values; ``count`` goes with it as with entities. ``dynamic`` is one dynamic property.
    ``links`` says that the addresses of the entities are meant (``$links/Nav``, ``Nav/$ref``), ``raw`` that ``$value`` ended
    the path, ``each`` that every member of a collection is (``$each``). ``call`` is an
    operation; only when it has run it is known what follows it. ``special`` is ``$metadata``, ``$batch`` and
    the like, or empty for the root.
    """

    steps: tuple[Step, ...] = ()
    property: Property | None = None
    structure: ComplexProperty | None = None
    values: CollectionProperty | None = None
    dynamic: Dynamic | None = None
    stream: StreamProperty | None = None
    raw: bool = False
    count: bool = False
    links: bool = False
    each: bool = False
    call: Call | None = None
    special: str | None = None

    @computed
    def is_part(self) -> bool:
        """Whether it is a part of an entity, or how entities are related."""
        parts = (self.property, self.structure, self.values, self.dynamic, self.stream)
        return self.links or any(each is not None for each in parts)


@frozen
class ResourceBinder:
    """Walks the segments of one path from left to right."""

    model: EntityModel
    protocol: Protocol
    aliases: Aliases = field(default_factory=dict)
    key_as_segment: bool = False

    def resource(self, path: Sequence[Segment]) -> Resource:
        if not path:
            return Resource(special="")
        if path[0].name in SPECIAL:
            self._nothing_after(path, 1)
            return Resource(special=path[0].name)
        if path[0].name == CROSSJOIN:
            return self._crossed(path)
        if path[0].name == ALL:
            return self._everything(path)
        imported = imported_call(self.model, tuple(path))
        if imported is not None:
            return Resource(call=imported)
        return self.onward([self._first(path[0])], path[1:])

    def onward(self, steps: list[Step], path: Sequence[Segment]) -> Resource:
        """What a path means that begins where some steps have come to."""
        position = 0
        while position < len(path):
            ending = self._called(steps, path, position) or self._ending(steps, path, position)
            if ending is not None:
                return ending
            position += self._advanced(steps, path, position)
        return Resource(tuple(steps))

    def _crossed(self, path: Sequence[Segment]) -> Resource:
        """``$crossjoin(Products,Categories)``: every combination of their entities."""
        names = crossed_names(path[0])
        sets = [self.model.entity_set(name) for name in names]
        if len(set(names)) < len(names) or not sets or any(each.singleton for each in sets):
            self._not_found("$crossjoin(…) names entity sets, each of them once", path[0])
        if any(each.type.keyless for each in sets):
            self._not_found("$crossjoin(…) needs entities that have keys", path[0])
        return self._narrowed(Step(cross_join(sets)), path, 1)

    def _everything(self, path: Sequence[Segment]) -> Resource:
        """``$all`` and ``$all/$count``; ``$all/Ns.Type`` is of one set."""
        if len(path) == 1 or path[1].name == "$count":
            self._nothing_after(path, 2)
            return Resource(special=ALL, count=len(path) == 2)
        wanted = self.model.type_named(path[1].name)
        if wanted is None or path[1].arguments is not None:
            self._not_found(f"{path[1].name!r} is no entity type of this service", path[1])
        return self._narrowed(Step(self.model.set_of(wanted), cast=wanted, of_all=True), path, 2)

    def _narrowed(self, step: Step, path: Sequence[Segment], position: int) -> Resource:
        """A collection that is no entity set, with ``/$filter(…)`` and ``/$count`` after it."""
        for place in range(position, len(path)):
            if path[place].name == "$count":
                self._nothing_after(path, place + 1)
                return Resource((step,), count=True)
            if path[place].name != "$filter":
                self._not_found(f"{path[place].name!r} cannot follow {path[place - 1].name}", path[place])
            step = self._filtered(step, path[place])
        return Resource((step,))

    def _called(self, steps: list[Step], path: Sequence[Segment], position: int) -> Resource | None:
        call = bound_call(self.model, tuple(steps), tuple(path[position:]))
        return None if call is None else Resource(tuple(steps), call=call)

    def _first(self, segment: Segment) -> Step:
        entity_set = self.model.entity_set(segment.name)
        return Step(entity_set, key=key_of(entity_set.type, segment, self.aliases))

    def _advanced(self, steps: list[Step], path: Sequence[Segment], position: int) -> int:
        """Take the next part of the way; returns how many segments it was."""
        segment, step = path[position], steps[-1]
        if "." in segment.name:
            steps[-1] = self._cast(step, segment)
        elif segment.name == "$filter":
            steps[-1] = self._filtered(step, segment)
        elif not segment.name and not step.single:
            steps[-1] = replace(step, key=key_of(step.type, segment, self.aliases, step.navigation))
        elif self.key_as_segment and not step.single and not step.type.keyless and segment.arguments is None and segment.name[0] != "$":
            parts = parts_of_key(step.type, step.navigation)
            self._demand_key(step, path, position, len(parts))
            steps[-1] = replace(step, key=key_from_segments(parts, path[position : position + len(parts)]))
            return len(parts)
        else:
            steps.append(self._navigated(step, segment))
        return 1

    def _demand_key(self, step: Step, path: Sequence[Segment], position: int, count: int) -> None:
        """A name of a property after a collection is more likely a missing key than a key."""
        segment = path[position]
        if segment.name in step.type.member_names or position + count > len(path):
            self._not_found(f"{segment.name!r} cannot follow a collection; name a key first", segment)

    def _cast(self, step: Step, segment: Segment) -> Step:
        wanted = self.model.type_named(segment.name)
        if wanted is None or not wanted.is_a(step.type):
            self._not_found(f"{segment.name!r} is no type derived from {step.type.full_name}", segment)
        key = key_of(wanted, segment, self.aliases, step.navigation) if segment.arguments else step.key
        return replace(step, cast=wanted, key=key)

    def _filtered(self, step: Step, segment: Segment) -> Step:
        if step.single or not segment.arguments:
            self._not_found("$filter(…) narrows a collection", segment)
        binder = ExpressionBinder(self.model, step.type, self.protocol, TARGET, aliases=self.aliases)
        return replace(step, filters=(*step.filters, binder.condition(segment.arguments[0].value)))

    def _ending(self, steps: list[Step], path: Sequence[Segment], position: int) -> Resource | None:
        """The resource, when what comes now is its last part: ``$count``, ``$links/Nav``, a property."""
        segment, entity_type = path[position], steps[-1].type
        if segment.name == "$links":
            return self._links(steps, path, position)
        if segment.name in ("$ref", "$each") and entity_type.keyless:
            self._not_found(f"{entity_type.name} has no key, so that its entities have no addresses", segment)
        if segment.name in ("$count", "$ref", "$each"):
            self._nothing_after(path, position + 1)
            found = segment.name
            return Resource(tuple(steps), count=found == "$count", links=found == "$ref", each=found == "$each")
        if segment.name == "$value":
            return self._media(steps, path, position)
        if segment.name in entity_type.properties or segment.name in entity_type.complex:
            return self._property(steps, path, position)
        if segment.name in entity_type.collections:
            return self._values(steps, path, position)
        if segment.name in entity_type.streams:
            self._demand_single(steps[-1], segment)
            named = [each.name for each in path[position + 1 : position + 2]]
            self._nothing_after(path, position + (2 if named == ["$value"] else 1))
            return Resource(tuple(steps), stream=entity_type.streams[segment.name], raw=True)
        if segment.arguments is None and steps[-1].single and entity_type.has_dynamic(segment.name):
            return self._dynamic(steps, path, position)
        return None

    def _dynamic(self, steps: list[Step], path: Sequence[Segment], position: int) -> Resource:
        """``Colour`` and ``Colour/$value``; what there is under the name, only the entity knows."""
        raw = [each.name for each in path[position + 1 : position + 2]] == ["$value"]
        self._nothing_after(path, position + (2 if raw else 1))
        column = steps[-1].type.dynamic
        assert column is not None, "the type is open"
        return Resource(tuple(steps), dynamic=Dynamic(column, frozenset({path[position].name})), raw=raw)

    def _links(self, steps: list[Step], path: Sequence[Segment], position: int) -> Resource:
        if position + 1 >= len(path):
            raise BadRequest("SyntaxError", "$links needs a navigation property after it", target=TARGET)
        steps.append(self._navigated(steps[-1], path[position + 1]))
        count = position + 2 < len(path) and path[position + 2].name == "$count"
        self._nothing_after(path, position + (3 if count else 2))
        return Resource(tuple(steps), links=True, count=count)

    def _media(self, steps: list[Step], path: Sequence[Segment], position: int) -> Resource:
        self._nothing_after(path, position + 1)
        media = steps[-1].type.media
        if media is None or not steps[-1].single:
            name = steps[-1].type.name
            self._not_found(f"{name} has no media stream, so there is no $value of it", path[position])
        return Resource(tuple(steps), stream=media, raw=True)

    def _property(self, steps: list[Step], path: Sequence[Segment], position: int) -> Resource:
        segment, entity_type = path[position], steps[-1].type
        self._demand_single(steps[-1], segment)
        if segment.arguments is not None:
            self._not_found(f"{segment.name} is a property and has no key", segment)
        structure = entity_type.complex.get(segment.name)
        declared = entity_type.properties.get(segment.name)
        if structure is not None and position + 1 < len(path) and path[position + 1].name != "$value":
            position += 1
            declared = structure.member(path[position].name)
            if declared is None:
                hint = did_you_mean(path[position].name, structure.type.members)
                self._not_found(f"{structure.type.name} has no {path[position].name!r}{hint}", path[position])
        raw = declared is not None and position + 1 < len(path) and path[position + 1].name == "$value"
        self._nothing_after(path, position + (2 if raw else 1))
        if declared is None:
            return Resource(tuple(steps), structure=structure, raw=raw)
        return Resource(tuple(steps), property=declared, raw=raw)

    def _values(self, steps: list[Step], path: Sequence[Segment], position: int) -> Resource:
        """``Tags`` and ``Tags/$count``."""
        segment = path[position]
        self._demand_single(steps[-1], segment)
        if segment.arguments is not None:
            self._not_found(f"the values of {segment.name} have no key", segment)
        count = [each.name for each in path[position + 1 : position + 2]] == ["$count"]
        self._nothing_after(path, position + (2 if count else 1))
        return Resource(tuple(steps), values=steps[-1].type.collections[segment.name], count=count)

    def _demand_single(self, step: Step, segment: Segment) -> None:
        if not step.single:
            self._not_found(f"{segment.name} is a property of one entity; name its key first", segment)

    def _navigated(self, step: Step, segment: Segment) -> Step:
        if not step.single:
            self._not_found(f"{segment.name!r} cannot follow a collection; name a key first", segment)
        source = step.type
        navigation = source.navigation.get(segment.name)
        if navigation is None:
            hint = did_you_mean(segment.name, source.member_names)
            self._not_found(f"{source.name} has no property {segment.name!r}{hint}", segment)
        return self._keyed(navigation, segment)

    def _keyed(self, navigation: NavigationProperty, segment: Segment) -> Step:
        target_set = self.model.target_set(navigation)
        if segment.arguments and not navigation.collection:
            self._not_found(f"{navigation.name} is a single entity and takes no key", segment)
        key = key_of(target_set.type, segment, self.aliases, navigation)
        return Step(target_set, navigation, key, cast=self.model.target_cast(navigation))

    def _nothing_after(self, path: Sequence[Segment], position: int) -> None:
        if position < len(path):
            self._not_found(f"nothing can follow {path[position - 1].name!r} here", path[position])

    def _not_found(self, message: str, segment: Segment) -> NoReturn:
        raise NotFound("ResourceNotFound", message, target=TARGET, at=segment.at)


