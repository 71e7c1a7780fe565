"""A GET's syntax → a :class:`Read` with everything looked up in the model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from odata_service.bind.apply import ApplyBinder, demand_columns
from odata_service.bind.closed import demand_open
from odata_service.bind.dynamic import orders_of
from odata_service.bind.expression import ExpressionBinder
from odata_service.bind.query import (
    Expansion, Kind, Order, Query, Read, ReadAll, ReadApplied, ReadMetadata, ReadServiceDocument, Step,
)  # fmt: skip
from odata_service.bind.resource import ALL, Resource, ResourceBinder
from odata_service.bind.selection import selection
from odata_service.bind.values import bind_values, number
from odata_service.bind.typed import Constant, EntityRef, Logical, PropertyRef, StructureRef, Typed
from odata_service.edm.any_entity import AnyEntity, actual, any_entity
from odata_service.edm.cross_join import CrossJoin
from odata_service.edm.model import CollectionProperty, EntityModel, EntityType, NavigationProperty
from odata_service.edm.primitive import GEOGRAPHIES
from odata_service.errors import BadRequest, MethodNotAllowed, NotFound, NotImplementedByService, did_you_mean
from odata_service.parse.syntax import NO_OPTIONS, Expression, ExpandItem, Options, OrderBy, Segment, Syntax
from odata_service.protocol import Protocol
from odata_service.values import frozen

MAX_LEVELS = 3
NOTHING_COMPUTED: Mapping[str, Typed] = {}
Bound = Read | ReadApplied | ReadAll | ReadServiceDocument | ReadMetadata


@frozen
class ReadBinder:
    """Binds reads against one model. ``page_sizes`` gives the page of a set by its name; no page has more than
    ``largest_page`` entities, where the client said so; without pages, no collection has more than ``most``."""

    model: EntityModel
    protocol: Protocol
    page_sizes: Mapping[str, int | None]
    default_page_size: int | None
    key_as_segment: bool = False
    largest_page: int | None = None
    most: int | None = None

    def read(self, syntax: Syntax) -> Bound:
        return self.bound(self.resource(syntax), syntax.options)

    def bound(self, resource: Resource, options: Options) -> Bound:
        """What is asked of a resource."""
        if resource.special == ALL:
            return self._everything(resource, options)
        if resource.special is not None:
            return _special(resource.special)
        if resource.each:
            raise MethodNotAllowed("GET", ("PATCH", "DELETE"))
        kind = _kind(resource)
        if options.apply:
            return self._applied(resource, options, kind)
        _check_options(options, resource, kind)
        if resource.values is not None:
            return self._values(resource, resource.values, options, kind)
        if resource.dynamic is not None:
            query = replace(_without_content(self._query(resource.steps, options, {})), dynamic=resource.dynamic)
            return Read(query, kind)
        query = self._query(resource.steps, options, dict(options.aliases))
        around = query.expand if options.delta_token is not None else ()  # changes there are changes of the entities, too
        query = query if kind == "entities" else replace(_without_content(query), expand=around)
        return Read(query, kind, resource.property, resource.structure, resource.stream)

    def _values(self, resource: Resource, collection: CollectionProperty, options: Options, kind: Kind) -> Read:
        """The options are about the values, not about the entity that has them."""
        entity = self._expressions(resource.steps[-1].type, Options(aliases=options.aliases), {})
        values = bind_values(collection, options, entity, is_resource=True)
        query = _without_content(self._query(resource.steps, Options(), {}))
        return Read(replace(query, collections=(values,)), kind)

    def resource(self, syntax: Syntax) -> Resource:
        self._check_schema(syntax.options.schema_version)
        return self._path_binder(syntax.options).resource(syntax.path)

    def _check_schema(self, version: str | None) -> None:
        """Protocol, System Query Option $schemaversion: 404 for what there is not."""
        if version not in (None, "*", self.model.schema_version):
            known = self.model.schema_version or "*"
            message = f"the schema has no version {version:.60}; {known} is what there is"
            raise NotFound("UnknownSchemaVersion", message, target="$schemaversion")

    def onward(self, step: Step, path: Sequence[Segment], options: Options) -> Resource:
        """What the rest of a path means, after what a function returned."""
        return self._path_binder(options).onward([step], path)

    def _path_binder(self, options: Options) -> ResourceBinder:
        return ResourceBinder(self.model, self.protocol, dict(options.aliases), self.key_as_segment)

    def entity(self, steps: tuple[Step, ...], options: Options = NO_OPTIONS) -> Read:
        """One entity as it is answered after a change: all properties, and what came inline with it, or what the options
        choose."""
        return Read(self._query(steps, options, dict(options.aliases)))

    def _applied(self, resource: Resource, options: Options, kind: Kind) -> Read | ReadApplied:
        last = resource.steps[-1]
        if last.single or kind not in ("entities", "count"):
            raise BadRequest("OptionNotApplicable", "$apply needs a collection, this is one resource", target="$apply")
        binder = ExpressionBinder(self.model, last.type, self.protocol, aliases=dict(options.aliases))
        sequences = ApplyBinder(binder).sequences(options.apply)
        if len(sequences) == 1 and not sequences[0].grouped and not isinstance(last.entity_set, CrossJoin):
            _check_options(options, resource, kind)
            query = self._some_of(sequences[0], resource.steps, options)
            return Read(query if kind == "entities" else _without_content(query), kind)
        if options.expand:
            message = "$expand is not supported where $apply leaves no entities"
            raise NotImplementedByService("NotImplemented", message, target="$expand")
        if len(sequences) > 1 and options.orderby:
            raise NotImplementedByService("NotImplemented", "an order over concat(…) is not supported", target="$orderby")
        if isinstance(last.entity_set, CrossJoin) and not all(each.grouped for each in sequences):
            raise NotImplementedByService("NotImplemented", "$apply over a cross join has to group or aggregate", target="$apply")
        of_result = Options(top=options.top, skip=options.skip, count=options.count)
        query = self._query(resource.steps, of_result, {})
        results = [each.with_options(options) for each in sequences]
        demand_columns(options.select, results)
        applied = tuple(each.applied(options.select) for each in results)
        return ReadApplied(query, applied, resource.count)

    def _some_of(self, applied: ApplyBinder, steps: tuple[Step, ...], options: Options) -> Query:
        """Transformations that leave entities what they are: some of them, in an order, with what was computed."""
        subset, conditions, order = applied.of_entities()
        steps = (*steps[:-1], replace(steps[-1], order=order or steps[-1].order))
        query = self._query(steps, options, dict(options.aliases), applied.columns)
        found = tuple(each for each in (*conditions, query.filter) if each is not None)
        return replace(query, subset=subset, filter=Logical("and", found) if found else None)

    def _everything(self, resource: Resource, options: Options) -> ReadAll:
        """The options hold for each set in turn; names in them stand after the type that has them."""
        if options.orderby or options.apply or options.compute:
            target = "$orderby" if options.orderby else "$apply" if options.apply else "$compute"
            message = f"{target} is not supported over the entities of all sets; $all/{self.model.namespace}.… is of one"
            raise NotImplementedByService("NotImplemented", message, target=target)
        of_each = replace(options, top=None, skip=None, count=None)
        known = (each for each in self.model.root_sets.values() if not each.type.keyless)
        steps = (Step(each, cast=any_entity(each.type), of_all=True) for each in known)
        reads = tuple(Read(self._query((step,), of_each, dict(options.aliases))) for step in steps)
        if resource.count:
            return ReadAll(reads, counted=True)
        return ReadAll(reads, number(options.top), number(options.skip), bool(options.count))

    def _query(
        self,
        steps: tuple[Step, ...],
        options: Options,
        aliases: Mapping[str, Expression],
        computed: Mapping[str, Typed] = NOTHING_COMPUTED,
    ) -> Query:
        entity_type, single = steps[-1].type, steps[-1].single
        expressions = self._expressions(entity_type, options, aliases, computed)
        chosen = selection(self.model, entity_type, options.select, list(expressions.computed))
        expand = self._expansions(entity_type, options.expand, aliases)
        expanded = {each.navigation for each in expand}
        return Query(
            source=steps,
            filter=_conditions(expressions, options),
            order=() if single else self._order(expressions, options.orderby, steps[-1].order),
            top=number(options.top),
            skip=number(options.skip),
            count=bool(options.count),
            numbered=entity_type.keyless,
            select=chosen.properties,
            structures=chosen.structures,
            dynamic=chosen.dynamic,
            collections=tuple(bind_values(each, inner, expressions) for each, inner in chosen.collections),
            computed=tuple((name, expressions.computed[name]) for name in chosen.computed),
            chosen=chosen.chosen,
            links=tuple(link for link in chosen.links if link not in expanded),
            expand=expand,
            page_size=None if single else self.page_size(steps[-1].entity_set.name),
            most=None if single else self.most,
        )

    def page_size(self, entity_set: str) -> int | None:
        sizes = (self.page_sizes.get(entity_set, self.default_page_size), self.largest_page)
        return min((size for size in sizes if size is not None), default=None)

    def _expressions(
        self, entity_type: EntityType, options: Options, aliases: Mapping[str, Expression], computed: Mapping[str, Typed] = NOTHING_COMPUTED
    ) -> ExpressionBinder:
        """The binder for a level's expressions, which see what ``$compute`` adds, each what stands before it."""
        aliases = {**aliases, **dict(options.aliases)}
        binder = ExpressionBinder(self.model, entity_type, self.protocol, aliases=aliases, computed=computed)
        for item in options.compute:
            if item.name in entity_type.member_names or item.name in binder.computed:
                message = f"{entity_type.name} has a property {item.name!r} already"
                raise BadRequest("NameTaken", message, target="$compute", at=item.at)
            value = replace(binder, target="$compute").known(item.expression)
            binder = replace(binder, computed={**binder.computed, item.name: value})
        return binder

    def _order(
        self, expressions: ExpressionBinder, items: Sequence[OrderBy], default: tuple[Order, ...] = ()
    ) -> tuple[Order, ...]:
        """The asked order, ended by what is left of the key."""
        expressions = replace(expressions, target="$orderby")
        asked = [Order(expressions.value(item.expression), item.descending) for item in items]
        for order, item in zip(asked, items, strict=True):
            if isinstance(order.expression, (Constant, StructureRef, EntityRef)):
                expressions.refuse("NotSortable", "only a value that differs from row to row gives an order", item.at)
            if order.expression.type in GEOGRAPHIES:  # Protocol, System Query Option $orderby
                expressions.refuse("NotSortable", f"values of {order.expression.type} have no order", item.at)
            demand_open(order.expression, "sort", expressions, item.at)
        asked = [each for order in asked for each in orders_of(order)] or list(default)
        named = {order.expression for order in asked if isinstance(order.expression, PropertyRef)}
        return (*asked, *(Order(part) for part in self._key(expressions.type) if part not in named))

    def _key(self, entity_type: EntityType) -> Iterator[PropertyRef]:
        """What no two rows have in common; those of a cross join have the keys of all their sides."""
        key = tuple(entity_type.properties.values()) if entity_type.keyless else actual(entity_type).key
        yield from (PropertyRef((), part) for part in key)
        if not key:
            for way in entity_type.navigation.values():
                yield from (PropertyRef((way,), part) for part in self.model.types[way.target].key)

    def _expansions(
        self, entity_type: EntityType, items: Sequence[ExpandItem], aliases: Mapping[str, Expression]
    ) -> tuple[Expansion, ...]:
        """Every navigation once: what is named itself before what ``*`` means."""
        found: dict[str, Expansion] = {}
        for item in sorted(items, key=lambda item: item.path[-1].name == "*"):
            for navigation in self._expanded(entity_type, item):
                if navigation.name not in found or item.options != Options():
                    found.setdefault(navigation.name, self._expansion(navigation, item, aliases))
        return tuple(found.values())

    def _expanded(self, entity_type: EntityType, item: ExpandItem) -> Sequence[NavigationProperty]:
        path = item.path[:-1] if _is_type(item.path[-1]) else item.path
        for segment in path[:-1]:
            wanted = self._derived(entity_type, segment, item)
            if isinstance(entity_type, AnyEntity) and not entity_type.may_be(wanted):
                return ()
            entity_type = wanted
        name = path[-1].name
        if name == "*":
            return list(actual(entity_type).navigation.values())
        if name not in entity_type.navigation:
            hint = did_you_mean(name, entity_type.navigation)
            message = f"{entity_type.name} has no navigation property {name!r}{hint}"
            raise BadRequest("UnknownProperty", message, target="$expand", at=item.at)
        return [entity_type.navigation[name]]

    def _derived(self, entity_type: EntityType, segment: Segment, item: ExpandItem) -> EntityType:
        """The type behind a cast: ``Ns.Manager/Reports`` and ``Reports/Ns.Manager``."""
        wanted = self.model.type_named(segment.name)
        if wanted is None and not _is_type(segment):
            message = "a path to expand may only go through derived types"
            raise NotImplementedByService("NotImplemented", message, target="$expand", at=item.at)
        if wanted is None or not (wanted.is_a(entity_type) or isinstance(entity_type, AnyEntity)):
            message = f"{segment.name!r} is no type derived from {entity_type.full_name}"
            raise BadRequest("UnknownType", message, target="$expand", at=item.at)
        return wanted

    def _expansion(
        self, navigation: NavigationProperty, item: ExpandItem, aliases: Mapping[str, Expression]
    ) -> Expansion:
        step = Step(self.model.target_set(navigation), navigation, cast=self.model.target_cast(navigation))
        if _is_type(item.path[-1]):
            step = replace(step, cast=self._derived(step.type, item.path[-1], item))
        options = _with_levels(navigation, item)
        only = item.suffix.removeprefix("/").removeprefix("$")
        if only == "count" and not navigation.collection:
            message = f"{navigation.name} is a single entity, of which there is no count"
            raise BadRequest("NotACollection", message, target="$expand", at=item.at)
        query = self._query((step,), options, aliases)
        return Expansion(navigation, _without_content(query) if only else query, only)


def _is_type(segment: Segment) -> bool:
    return "." in segment.name


def _without_content(query: Query) -> Query:
    """The same entities, of which only the key is wanted, or what the kind of the read says."""
    return replace(query, select=(), structures=(), collections=(), dynamic=None, links=(), expand=(), computed=())


def _with_levels(navigation: NavigationProperty, item: ExpandItem) -> Options:
    """``Boss($levels=3)`` is ``Boss($expand=Boss($expand=Boss))``; it ends where the type cannot go on."""
    levels = item.options.levels
    if levels is None:
        return item.options
    levels = MAX_LEVELS if levels < 0 else levels
    options = replace(item.options, levels=None)
    if levels <= 1 or navigation.source != navigation.target:
        return options
    deeper = replace(item, options=replace(options, levels=levels - 1))
    return replace(options, expand=(*options.expand, deeper))


def _conditions(expressions: ExpressionBinder, options: Options) -> Typed | None:
    """``$filter`` and ``$search`` together."""
    asked: list[Typed] = []
    if options.filter is not None:
        asked.append(expressions.condition(options.filter))
    if options.search is not None:
        asked.append(expressions.search(options.search))
    if len(asked) > 1:
        return Logical("and", tuple(asked))
    return asked[0] if asked else None


def _special(name: str) -> ReadServiceDocument | ReadMetadata:
    if name == "$metadata":
        return ReadMetadata()
    if name == "":
        return ReadServiceDocument()
    if name == "$batch":
        raise MethodNotAllowed("GET", ("POST",))
    raise NotImplementedByService("NotImplemented", f"{name} is not supported yet")


def _kind(resource: Resource) -> Kind:
    if resource.stream is not None:
        return "stream"
    if resource.structure is not None:
        return "structure"
    if resource.values is not None:
        return "value_count" if resource.count else "values"
    if resource.dynamic is not None:
        return "dynamic_raw" if resource.raw else "dynamic"
    if resource.property is not None:
        return "raw" if resource.raw else "property"
    if resource.count:
        return "count"
    return "links" if resource.links else "entities"


def _check_options(options: Options, resource: Resource, kind: Kind) -> None:
    """Options that shape a collection are refused where there is none (MS-ODATA, System Query Options)."""
    given = {
        "$filter": options.filter, "$orderby": options.orderby, "$top": options.top, "$skip": options.skip,
        "$inlinecount": options.count, "$skiptoken": options.skip_token,
    }  # fmt: skip
    shaping = [name for name, value in given.items() if value]
    if options.search and isinstance(resource.steps[-1].entity_set, CrossJoin):
        raise NotImplementedByService("NotImplemented", "$search over a cross join is not supported", target="$search")
    single = resource.steps[-1].single or kind in ("property", "raw", "structure", "dynamic", "dynamic_raw", "stream")
    if single and kind not in ("count", "values", "value_count") and shaping:
        raise BadRequest("OptionNotApplicable", f"{shaping[0]} needs a collection, this is one resource", target=shaping[0])
    if kind == "count" and options.count:
        raise BadRequest("OptionNotApplicable", "a count cannot have a count itself", target="$inlinecount")
    if kind == "count" and options.skip_token is not None:
        raise BadRequest("OptionNotApplicable", "a count has no pages", target="$skiptoken")
    of_delta = kind == "count" and options.delta_token is not None  # a delta link's path may get $count behind it
    if kind not in ("entities", "structure", "values") and (options.expand or options.select) and not of_delta:
        target = "$expand" if options.expand else "$select"
        raise BadRequest("OptionNotApplicable", f"{target} needs entities", target=target)
