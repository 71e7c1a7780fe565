"""A query → the statements that answer it: one for the rows, one per expanded navigation, one for the count."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import field
from typing import Any

from sqlalchemy import Select, literal
from sqlalchemy.engine import Dialect

from odata_service.access.rows import are_for_all
from odata_service.bind.query import Expansion, Query, Read
from odata_service.bind.typed import Constant
from odata_service.dialects.base import Database
from odata_service.edm.from_models import property_of_attribute
from odata_service.edm.model import EntityModel, EntityType, Property
from odata_service.plan.aliases import Aliases
from odata_service.plan.level import Level
from odata_service.plan.read_plan import GroupPlan, ReadPlan
from odata_service.plan.row import ExpandedNavigation, RowShape
from odata_service.plan.scope import Parameters
from odata_service.plan.statement import Statement, compiled
from odata_service.values import frozen


_MOST_LOOKUPS = 1024
ROWS_OF_A_PART = 1_000  # fewer cost more of a processor, more cost memory and save nothing


@frozen
class Lookup:
    """A statement that finds entities for a change, and the literals in it."""

    statement: Select[Any]
    constants: Mapping[str, Constant]


def _shape_of_lookup(query: Query) -> Hashable | None:
    """What ``People(k)`` has in common with others, where nothing but the key and fixed row rules decides what is found."""
    step = query.source[0]
    is_plain = len(query.source) == 1 and step.cast is None and step.among is None and not step.filters
    is_fixed = isinstance(query.rules, dict) and query.own_rules is None and query.filter is None and not query.subset
    if not (is_plain and is_fixed and step.key) or any(constant.slot < 0 for _, constant in step.key):
        return None
    literals = tuple((constant.slot, constant.type, constant.written) for _, constant in step.key)
    return step.entity_set, literals, query.rules.get(step.entity_set.name, ())


@frozen
class Planner:
    """Plans for one model on one kind of database; pure: nothing is asked of the database."""

    model: EntityModel
    database: Database
    dialect: Dialect
    _lookups: dict[Hashable, Lookup] = field(default_factory=dict, compare=False, repr=False)
    _aliases: Aliases = field(default_factory=Aliases, compare=False, repr=False)

    def lookup(self, query: Query) -> Lookup:
        """What finds the entities that a change is about; made once for all that are asked for by the key of one set."""
        shape = _shape_of_lookup(query)
        found = None if shape is None else self._lookups.get(shape)
        if found is None:
            parameters = Parameters()
            level = Level(self.model, self.database, self.dialect, query, parameters, for_change=True)
            found = Lookup(level.whole_entities(), parameters.constants)
            if shape is not None and len(self._lookups) < _MOST_LOOKUPS:
                self._lookups[shape] = found
        return found

    def plan(self, read: Read, nulls: Sequence[bool] | None = None) -> ReadPlan:
        """The plan for a read; ``nulls`` when it goes on after a row, see :func:`odata_service.plan.paging.after`."""
        with self.parameters() as parameters:
            if read.kind == "count":
                return self._number(read, parameters)
            return self._entities(read, parameters, nulls)

    def parameters(self) -> Parameters:
        """What a plan is made with."""
        return Parameters(self._aliases)

    def _number(self, read: Read, parameters: Parameters) -> ReadPlan:
        shape = RowShape(read.query.entity_set, (), (), ())
        count, exists = self._count(read.query, parameters), self._exists(read.query, parameters)
        estimated = self._estimated(read.query, parameters)
        return ReadPlan(read, shape, parameters.constants, count=count, estimated=estimated, exists=exists)

    def _entities(self, read: Read, parameters: Parameters, nulls: Sequence[bool] | None) -> ReadPlan:
        query = read.query
        level = self._level(query, parameters, _needed(read))
        computed = level.add_computed(query.computed)
        expanded, children = self._expanded(query.expand, level, parameters)
        order = level.order_positions(query.order)
        stream = None if read.stream is None else level.add_stream(read.stream)
        return ReadPlan(
            read=read,
            shape=level.shape(computed, expanded),
            constants=parameters.constants,
            stream=stream,
            rows=self._compiled(level.page(nulls)),
            count=self._count(query, parameters) if query.count else None,
            estimated=self._estimated(query, parameters) if query.count else None,
            exists=self._exists(query, parameters),
            order=order,
            children=children,
            part=ROWS_OF_A_PART if _may_be_long(read) else 0,
            group=self._group(read, parameters) if query.together and query.page_size is not None else None,
        )

    def _group(self, read: Read, parameters: Parameters) -> GroupPlan:
        """Its rows have the same columns as those of the page."""
        level = self._level(read.query, parameters, _needed(read))
        level.add_computed(read.query.computed)
        level.order_positions(read.query.order)
        further = self._level(read.query, parameters, ())
        further.order_positions(read.query.order)
        return GroupPlan(self._compiled(level.group()), self._compiled(further.after_group()))

    def _expanded(
        self, expansions: Sequence[Expansion], level: Level, parameters: Parameters
    ) -> tuple[tuple[ExpandedNavigation, ...], tuple[ReadPlan, ...]]:
        expanded, children = [], []
        for expansion in expansions:
            near = level.near_positions(expansion.navigation)
            plan, far = self._child(expansion, parameters)
            way, only, counted = expansion.navigation, expansion.only, expansion.query.count
            expanded.append(ExpandedNavigation(way, plan.shape, near, far, only, counted))
            children.append(plan)
        return tuple(expanded), tuple(children)

    def _child(self, expansion: Expansion, parameters: Parameters) -> tuple[ReadPlan, tuple[int, ...]]:
        """The plan of an expanded navigation, and where its rows say to which parent they belong."""
        read = Read(expansion.query, "links" if expansion.only else "entities")
        if expansion.only == "count":
            return self._number_of_children(expansion, read, parameters)
        level = self._level(read.query, parameters, _needed(read))
        far = level.related_by(expansion.navigation)
        computed = level.add_computed(read.query.computed)
        expanded, children = self._expanded(read.query.expand, level, parameters)
        order = level.order_positions(read.query.order)
        shape, few = level.shape(computed, expanded), level.page_of_few()
        plan = ReadPlan(
            read=read,
            shape=shape,
            constants=parameters.constants,
            rows=self._compiled(level.page_per_parent(far)),
            few=None if few is None else self._compiled(few),
            order=order,
            children=children,
        )
        return plan, far

    def _number_of_children(
        self, expansion: Expansion, read: Read, parameters: Parameters
    ) -> tuple[ReadPlan, tuple[int, ...]]:
        """``$expand=Orders/$count``: a row per parent with the parent's key and the number."""
        level = self._level(read.query, parameters, ())
        counted = self._compiled(level.counted_per_parent(level.related_by(expansion.navigation)))
        far = tuple(range(len(expansion.navigation.far)))
        return ReadPlan(read, level.shape((), ()), parameters.constants, count=counted), far

    def _level(self, query: Query, parameters: Parameters, shown: Sequence[Property]) -> Level:
        level = Level(self.model, self.database, self.dialect, query, parameters)
        level.add_properties([*query.entity_set.type.key, *query.entity_set.type.etag, *shown])
        return level

    def _count(self, query: Query, parameters: Parameters) -> Statement:
        level = self._level(query, parameters, ())
        return self._compiled(level.counted())

    def _estimated(self, query: Query, parameters: Parameters) -> Statement | None:
        """What asks the database how many rows it thinks there are; not where only some are a caller's business, because
        its guess is made of all."""
        if not query.tally.estimated or not (query.count or query.top is query.skip is None):
            return None
        statement = self._level(query, parameters, ()).selected(literal(1))
        return self._compiled(statement).explained(self.database.explain) if are_for_all(query.rules) else None

    def _exists(self, query: Query, parameters: Parameters) -> Statement | None:
        before = query.source[:-1]
        if not before:
            return None
        level = self._level(Query(before, rules=query.rules), parameters, ())
        return self._compiled(level.selected(literal(1)))

    def _compiled(self, statement: Select[Any]) -> Statement:
        return compiled(statement, self.database, self.dialect)


def _may_be_long(read: Read) -> bool:
    """Whether an answer may be more than a part, and can be written without knowing all of it."""
    query = read.query
    has_room = query.most is None if query.page_size is None else query.page_size > ROWS_OF_A_PART
    return has_room and read.kind == "entities" and not query.single and not query.together


def _needed(read: Read) -> tuple[Property, ...]:
    """The properties whose columns have to be fetched."""
    entity_type = read.query.entity_set.type
    if read.property is not None:
        return (read.property,)
    if read.structure is not None:
        return read.structure.members
    if read.kind in ("links", "stream", "values", "value_count", "dynamic", "dynamic_raw"):
        return ()
    members = (member for structure in read.query.structures for member in structure.members)
    return (*read.query.select, *members, *_discriminator(entity_type), *_media_types(entity_type))


def _media_types(entity_type: EntityType) -> tuple[Property, ...]:
    """What says of which media type the octets of a media entity are: clients are told with the entity."""
    streams = (each.media for each in entity_type.with_derived() if each.media is not None)
    attributes = dict.fromkeys(each.content_type_attribute for each in streams if each.content_type_attribute)
    return tuple(property_of_attribute(entity_type, attribute) for attribute in attributes)


def _discriminator(entity_type: EntityType) -> tuple[Property, ...]:
    """What says which type of a hierarchy a row has; nothing where there is only one."""
    root = entity_type.root
    return (property_of_attribute(root, root.discriminator),) if root.discriminator and root.derived else ()
