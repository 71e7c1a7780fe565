"""Reads from request to result, with the plans of earlier requests at hand."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import field, replace

from sqlalchemy import Connection

from odata_service.access import Access, Caller, EntitySetRights, Tombstones
from odata_service.access.rows import guards_of
from odata_service.bind.delta import followed_sets
from odata_service.bind.query import Key, Read, ReadAll, ReadApplied, ReadMetadata, ReadServiceDocument, Step
from odata_service.bind.resource import Resource
from odata_service.bind.read import ReadBinder
from odata_service.bind.typed import Constant
from odata_service.deltas import Deltas, Follower
from odata_service.dialects.full_text import create_missing, full_texts
from odata_service.edm import cross_join
from odata_service.edm.cross_join import CrossJoin
from odata_service.edm.model import EntitySet
from odata_service.errors import BadRequest, ConnectionLost, NotFound, NotImplementedByService
from odata_service.execute.apply import ApplyReader, context_of, types_of
from odata_service.execute.connection import ReadConnections, Timing
from odata_service.execute.replica import Replica
from odata_service.formats.octets import asked_range
from odata_service.execute.given import WHOLE, Given, Literals, literal_values, number, parameter_values
from odata_service.execute.read import Reader
from odata_service.everything import Everything, Start
from odata_service.invoke import Asked, Invoker
from odata_service.limits import Limits
from odata_service.links import next_link, numbered_page_link, ordering_options
from odata_service.message import ODataRequest
from odata_service.parse.syntax import Options, Syntax
from odata_service.plan.apply import ApplyPlanner
from odata_service.plan.cache import Fit, PlanCache
from odata_service.plan.read import Planner
from odata_service.plan.read_plan import ReadPlan
from odata_service.result import DynamicRows, EntityCollection, EntityCount, Metadata, Result, ServiceDocument, SingleEntity
from odata_service.spelling import Exchange, Spelling
from odata_service.token import EXPANDED, SKIP_TOKEN, Plain, TokenCodec, foreign_token
from odata_service.values import frozen, mutable

INCLUDE_DELETED = "includeDeleted"


@frozen
class Place:
    """Where a page goes on: after the row of a set that has these values in the order of the query."""

    entity_set: str
    after: Sequence[Plain]

    @property
    def nulls(self) -> tuple[bool, ...]:
        return tuple(value is None for value in self.after)

    @property
    def mark(self) -> Hashable:
        """What of it decides a plan."""
        return self.entity_set, self.nulls


@mutable
class Reads:
    """Answers GETs. ``page_sizes`` are by set name, ``"*"`` for those not named; who reads ``whole`` sets gets them without pages,
    in parts."""

    access: Access
    planner: Planner
    connections: ReadConnections
    tokens: TokenCodec
    limits: Limits
    page_sizes: dict[str, int] = field(default_factory=dict)
    plans: PlanCache[ReadPlan] = field(default_factory=PlanCache)
    replica: Replica | None = None
    whole: bool = False
    deltas: Deltas = field(init=False)
    _has_full_texts: bool = False

    def __post_init__(self) -> None:
        self.deltas = Deltas(self.planner, self.connections, self.tokens, self.limits)

    def within(self, connection: Connection) -> Reads:
        """The same, as part of a transaction."""
        return replace(self, connections=self.connections.within(connection), replica=None)

    @property
    def invoker(self) -> Invoker:
        return Invoker(self.planner, self.connections)

    def asked(self, request: ODataRequest, caller: Caller, syntax: Syntax, spelling: Spelling) -> Asked:
        """A request that ends in an operation."""
        return Asked(request, caller, syntax, spelling.literal, spelling.tombstones, spelling.parameters_in_query)

    def forget_plans(self) -> None:
        """After a change of what decides them: rights, page sizes, tombstones."""
        self.plans = PlanCache()

    def read(self, request: ODataRequest, spelling: Spelling, exchange: Exchange, timing: Timing) -> Result:
        """From a replica, where there is one that has what is asked for."""
        if self.replica is not None:
            there = replace(self, connections=self.replica.connections, replica=None)
            found = self.replica.answer(lambda: there.read(request, spelling, exchange, timing), timing)
            if found is not None:
                return found
        return self._read_again(request, spelling, exchange, timing)

    def _read_again(self, request: ODataRequest, spelling: Spelling, exchange: Exchange, timing: Timing) -> Result:
        """Again where the connection was lost: it may be from before the database was started anew."""
        try:
            return self._read(request, spelling, exchange, timing)
        except ConnectionLost:
            return self._read(request, spelling, exchange, timing)

    def _read(self, request: ODataRequest, spelling: Spelling, exchange: Exchange, timing: Timing) -> Result:
        caller = self.access.caller(request)
        shape = None if exchange.follows_changes else spelling.shape(request.target, request.query)
        if shape is None:
            return self._parsed(request, caller, spelling, exchange, timing)
        place = self._place(request, caller, shape.skip_token)
        key = (spelling.protocol.name, exchange.variant, shape.key, caller.grant.roles, place and place.mark)
        plan = self.plans.get(key, shape.texts, caller)
        literals = None if plan is None else _literals(shape.texts, spelling)
        if plan is None or literals is None:
            return self._parsed(request, caller, spelling, exchange, timing, key, shape.texts)
        return self._run(plan, self._given(request, caller, literals, place), timing, exchange)

    def _parsed(
        self,
        request: ODataRequest,
        caller: Caller,
        spelling: Spelling,
        exchange: Exchange,
        timing: Timing,
        key: Hashable = None,
        texts: Sequence[str] = (),
    ) -> Result:
        timing.parsed = True
        syntax = spelling.parse(request.target, request.query, self.limits)
        exchange.check(syntax)
        self._make_full_texts()
        binder = self.paged_binder(caller, spelling, exchange)
        resource = binder.resource(syntax)
        self.connections.demand(resource.call is None)  # the application's own code may ask whatever it likes
        while resource.call is not None:
            found = self.invoker.function(resource.call, self.asked(request, caller, syntax, spelling), timing)
            if not isinstance(found, Step):
                return found
            resource, key = binder.onward(found, resource.call.rest, syntax.options), None  # never the same again
        bound = binder.bound(resource, syntax.options)
        bound = exchange.meant(bound) if isinstance(bound, Read) else bound
        if isinstance(bound, ReadServiceDocument):
            return ServiceDocument(spelling.seen(caller.model))
        if isinstance(bound, ReadMetadata):
            return Metadata(spelling.seen(caller.model), caller.rights_for, self.limits, caller.behaviors, caller.grant.documents)
        place = self._place(request, caller, syntax.options.skip_token)
        if isinstance(bound, ReadAll):
            given = self._given(request, caller, literal_values(syntax), place)
            reading = Everything(bound, caller, self.planner, self.connections, spelling.tombstones, given)
            start = None if place is None else Start(place.entity_set, place.after)
            return reading.result(start, binder.page_size("*") or self.limits.max_page_size, timing)
        if isinstance(bound, ReadApplied):
            return self._applied(bound, request, caller, literal_values(syntax), place, spelling.tombstones, timing)
        if exchange.follows_changes and not syntax.options.apply:  # a delta is of entities as they are
            follower = self._follower(bound, request, caller, spelling, exchange)
            return self._followed(bound, syntax, follower, spelling, exchange, timing)
        plan = self._planned(bound, caller, syntax, place, spelling.tombstones)
        if key is not None and texts == tuple(literal.text for literal in syntax.literals):
            self.plans.put(key, _fit(plan, texts, syntax), plan)
        return self._run(plan, self._given(request, caller, literal_values(syntax), place), timing, exchange)

    def _make_full_texts(self) -> None:
        """What ``$search`` needs in a database that was made without it."""
        indexes = [] if self._has_full_texts else full_texts(self.access.model.types.values())
        if indexes and self.planner.database.keeps_full_text:
            create_missing(self.connections.engine, indexes)
        self._has_full_texts = True

    def _follower(
        self, read: Read, request: ODataRequest, caller: Caller, spelling: Spelling, exchange: Exchange
    ) -> Follower:
        followed = tuple(each.entity_set for each in followed_sets(read.query))
        return Follower(request, caller, followed, spelling.delta_option, exchange.tells_apart)

    def _followed(
        self, read: Read, syntax: Syntax, follower: Follower, spelling: Spelling, exchange: Exchange, timing: Timing
    ) -> Result:
        """A read that ends in a delta link, or what such a link gives."""
        request, caller, token = follower.request, follower.caller, syntax.options.delta_token
        place, literals = self._place(request, caller, syntax.options.skip_token), literal_values(syntax)
        mark = self.deltas.mark(read, follower, token, place is None, timing)
        if mark is not None and mark.kind == "changes":
            return self.deltas.changes(read, mark, follower, literals, timing)
        # Who is told of deleted entities apart need not see them among the others.
        plan = self._planned(read, caller, syntax, place, spelling.tombstones if mark is None else "hidden")
        result = self._run(plan, self._given(request, caller, literals, place), timing, exchange)
        return result if mark is None else self.deltas.linked(result, mark, follower, token is None)

    def _planned(
        self, read: Read, caller: Caller, syntax: Syntax, place: Place | None, tombstones: Tombstones
    ) -> ReadPlan:
        include_deleted = dict(syntax.options.custom).get(INCLUDE_DELETED, "true").lower() != "false"
        read = self.deltas.pulled(read, caller)
        restricted = caller.restrict(read, tombstones, include_deleted=include_deleted)
        if place is None:
            return self.planner.plan(restricted)
        numbered, length = read.query.numbered, len(read.query.order)
        if place.entity_set != read.query.entity_set.name or len(place.after) != (1 if numbered else length):
            raise foreign_token(SKIP_TOKEN)
        return self.planner.plan(restricted, None if numbered else place.nulls)

    def _applied(
        self,
        bound: ReadApplied,
        request: ODataRequest,
        caller: Caller,
        literals: Literals,
        place: Place | None,
        tombstones: Tombstones,
        timing: Timing,
    ) -> Result:
        """``$apply``: its rows have no key, so a page starts at a number."""
        query = caller.restrict_applied(bound, tombstones).query
        with self.planner.parameters() as parameters:
            planner = ApplyPlanner(self.planner.model, self.planner.database, self.planner.dialect, query.rules, parameters)
            plans = [planner.plan(query.source, sequence) for sequence in bound.sequences]
        values = parameter_values(parameters.constants, literals) | caller.conditions.values
        done = 0 if place is None else int(str(place.after[0]))
        start = done + (number(query.skip, literals) or 0)
        top = number(query.top, literals)
        left = None if top is None else max(top - done, 0)
        size = query.page_size or self.limits.max_page_size
        size = size if left is None else min(size, left)
        with self.connections.open(timing, snapshot=True) as connection:
            reader = ApplyReader(connection, values)
            if bound.counted:
                return EntityCount(reader.count(plans))
            count = reader.count(plans) if query.count else None
            rows, more = reader.page(plans, start, size)
        more = more and (left is None or left > size)
        name = query.entity_set.name
        token = self.tokens.sign(SKIP_TOKEN, caller.bound(ordering_options(request.query)), [name, done + size])
        following = numbered_page_link(request.root, request.target, request.query, token) if more else None
        paths = list(dict.fromkeys(path for each in bound.sequences for path in each.context))
        context = cross_join.ROWS if isinstance(query.entity_set, CrossJoin) else context_of(name, paths)
        return DynamicRows(rows, context, count, following, types_of(plans))

    def binder(self, spelling: Spelling, caller: Caller) -> ReadBinder:
        """Binds without pages."""
        return ReadBinder(spelling.seen(caller.model), spelling.protocol, {}, None, spelling.key_as_segment)

    def paged_binder(self, caller: Caller, spelling: Spelling, exchange: Exchange) -> ReadBinder:
        binder = self.binder(spelling, caller)
        if self.whole:
            return binder
        if not exchange.paged:
            return replace(binder, most=self.limits.max_results_per_collection)
        default = exchange.page_size or self.page_sizes.get("*", self.limits.max_page_size)
        largest = exchange.largest_page
        return replace(binder, page_sizes=self.page_sizes, default_page_size=default, largest_page=largest)

    def _run(self, plan: ReadPlan, given: Given, timing: Timing, exchange: Exchange | None = None) -> Result:
        """In parts where the answer may be long, and is sent at once to somebody who can be given it so."""
        if plan.part and exchange is not None and self._goes_in_parts(plan, given, exchange):
            return Reader(self.connections).read_in_parts(plan, given, timing)
        return Reader(self.connections).read(plan, given, timing)

    def _goes_in_parts(self, plan: ReadPlan, given: Given, exchange: Exchange) -> bool:
        top = number(plan.query.top, given.literals)
        wanted = self.whole or exchange.in_parts
        if (top is not None and top <= plan.part) or not wanted or not self.connections.lasting:
            return False
        exchange.promise(EntityCollection)  # nothing is begun that could not be written
        return True

    def _given(self, request: ODataRequest, caller: Caller, literals: Literals, place: Place | None) -> Given:
        def sign(plan: ReadPlan, values: Sequence[Plain]) -> str:
            bound_to = ordering_options(request.query) if plan.query.source[0].navigation is None else EXPANDED
            return self.tokens.sign(SKIP_TOKEN, caller.bound(bound_to), [plan.query.entity_set.name, *values])

        def link(token: str, top_left: int | None) -> str:
            return next_link(request.root, request.target, request.query, token, top_left)

        after, octets = None if place is None else place.after, (asked_range(request) if "Range" in request.headers else None) or WHOLE
        return Given(literals, after, sign, link, caller.conditions.values, octets)

    def _place(self, request: ODataRequest, caller: Caller, token: str | None) -> Place | None:
        if token is None:
            return None
        name, *after = self._token_values(request, caller, token)
        return Place(str(name), after)

    def _token_values(self, request: ODataRequest, caller: Caller, token: str) -> list[Plain]:
        """Those of a token for this query, or for a collection that was expanded: its link names the ``$filter`` and
        ``$orderby`` inside of ``$expand``, which the service did not take apart when it signed the token."""
        try:
            return self.tokens.read(SKIP_TOKEN, caller.bound(ordering_options(request.query)), token)
        except BadRequest:
            if "/" not in request.target.strip("/"):
                raise
            return self.tokens.read(SKIP_TOKEN, caller.bound(EXPANDED), token)

    def returned(self, step: Step, options: Options, caller: Caller, spelling: Spelling) -> Read:
        """What is asked of the entities that an action returns: all of them, because nobody can ask for the next page."""
        bound = self.binder(spelling, caller).bound(Resource((step,)), options)
        if not isinstance(bound, Read):
            raise NotImplementedByService("NotImplemented", "$apply does not go with an action", target="$apply")
        return caller.restrict(bound, spelling.tombstones)

    def found(
        self, step: Step, options: Options, literals: Literals, caller: Caller, spelling: Spelling, timing: Timing
    ) -> Result:
        """The entities that an action returned."""
        plan = self.planner.plan(self.returned(step, options, caller, spelling))
        return self._run(plan, _alone(literals, caller), timing)

    def visible(self, step: Step, caller: Caller, spelling: Spelling, timing: Timing) -> SingleEntity | None:
        """An entity as the caller may read it, if he may."""
        if not caller.rights_for(step.entity_set) & EntitySetRights.READ_SINGLE:
            return None
        read = self.binder(spelling, caller).entity((step,))
        return self._one(caller.restrict(read, spelling.tombstones), caller, timing)

    def exists(self, step: Step, caller: Caller, spelling: Spelling, timing: Timing) -> bool:
        """Whether there is such an entity, for whomever."""
        return self._one(self.binder(spelling, caller).entity((step,)), caller, timing) is not None

    def _one(self, read: Read, caller: Caller, timing: Timing) -> SingleEntity | None:
        return self.one(self.planner.plan(read), _alone((), caller), timing)

    def one(self, plan: ReadPlan, given: Given, timing: Timing) -> SingleEntity | None:
        """The entity of a plan for one, if it is there."""
        try:
            result = self._run(plan, given, timing)
        except NotFound:
            return None
        assert isinstance(result, SingleEntity), "a key leads to one entity"
        return result

    def shown(
        self, read: Read, key: Sequence[object], literals: Literals, request: ODataRequest, caller: Caller, timing: Timing
    ) -> SingleEntity | None:
        """An entity that was changed, as the request wants to see it; the read takes its key after the literals."""
        given = self._given(request, caller, [*literals, *typed_key(read.query.entity_set, key)], None)
        return self.one(self.planner.plan(read), given, timing)


def key_after(literals: int, entity_set: EntitySet) -> Key:
    """A key whose values are given after so many literals."""
    parts = enumerate(entity_set.type.key, start=literals)
    return tuple((part, Constant(part.type, "", slot, part.type, part)) for slot, part in parts)


def typed_key(entity_set: EntitySet, key: Sequence[object]) -> Literals:
    return [(part.type, value) for part, value in zip(entity_set.type.key, key, strict=True)]


def _alone(literals: Literals, caller: Caller) -> Given:
    """What has no other pages."""
    return Given.whole(literals, caller.conditions.values)


def _literals(texts: Sequence[str], spelling: Spelling) -> Literals | None:
    """``None`` where one is none: only the parser knows at which position it stands."""
    try:
        return [spelling.literal(text) for text in texts]
    except BadRequest:
        return None


def _fit(plan: ReadPlan, texts: Sequence[str], syntax: Syntax) -> Fit:
    """Literals that are parameters of the plan need not be the same in every request."""
    parameters = {constant.slot for constant in plan.constants.values()}
    parameters |= {slot for slot, _ in syntax.counts}
    pinned = tuple((slot, text) for slot, text in enumerate(texts) if slot not in parameters)
    return Fit(pinned, syntax.counts, guards_of(plan.query.rules))
