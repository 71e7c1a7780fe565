"""What a request asks to be changed, looked up and permitted, before anything is done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field, replace
from functools import partial
from urllib.parse import unquote, urlsplit

from odata_service.access import EVERY, Caller, EntitySetRights
from odata_service.access.rows import RowRules
from odata_service.answers import ChangeAnswers
from odata_service.bind.change import allowed_methods, command, demand_method
from odata_service.bind.command import (
    Command, Delete, DeleteEach, Insert, InsertMedia, Invoke, Link, SetCommand, UpdateEach,
)  # fmt: skip
from odata_service.bind.query import Query
from odata_service.bind.resource import Resource
from odata_service.errors import BadRequest, NotImplementedByService
from odata_service.etag import Concurrency, Conditions
from odata_service.execute.order import Order
from odata_service.execute.given import Literals, literal_values
from odata_service.links import taken_apart
from odata_service.message import Headers, ODataRequest
from odata_service.parse.syntax import NO_OPTIONS, Syntax
from odata_service.reads import Reads
from odata_service.result import Created
from odata_service.spelling import Exchange, Spelling
from odata_service.values import frozen, mutable

Said = tuple[tuple[str, str], ...]
_OF_THE_BODY = ("content-length", "content-id", "idempotency-key")  # which decide nothing


@mutable
class Orders:
    """Takes orders from requests of one spelling. In a change set many requests differ in nothing but their bodies: what
    such a one is about is found out once."""

    reads: Reads
    spelling: Spelling
    concurrency: dict[str, Concurrency]
    resolved: Callable[[str], str] = str  # what an address in a body stands for: it may name another request of a batch
    _known: dict[object, tuple[Exchange, Aim]] = field(default_factory=dict)
    _said: dict[int, tuple[Headers, Said]] = field(default_factory=dict)  # what headers say that decides something

    def order(self, method: str, request: ODataRequest, exchange: Exchange) -> Order:
        return self._aim(method, request, exchange).order(request, exchange)

    def alike(self, method: str, request: ODataRequest, max_version: str | None) -> tuple[Exchange, Aim]:
        """What one of many requests of the same caller is about; the same for those that differ in their bodies only."""
        key = (method, request.target, request.query, request.root, self._what_is_said(request.headers))
        known = self._known.get(key)
        if known is None:
            exchange = self.spelling.agree(request, max_version)
            known = exchange, self._aim(method, request, exchange)
            if not known[1].is_unique:
                self._known[key] = known
        return known

    def _what_is_said(self, headers: Headers) -> Said:
        known = self._said.get(id(headers))
        if known is None:
            said = tuple(each for each in headers.items() if each[0].lower() not in _OF_THE_BODY)
            known = self._said[id(headers)] = (headers, said)  # kept, so that its id stays its own
        return known[1]

    def _aim(self, method: str, request: ODataRequest, exchange: Exchange) -> Aim:
        syntax = self.spelling.parse(request.target, request.query, self.reads.limits)
        exchange.check(syntax)
        caller = self.reads.access.caller(request)
        resource = self.reads.binder(self.spelling, caller).resource(syntax)
        demand_method(method, allowed_methods(resource, self.spelling))
        if resource.special is not None:
            raise NotImplementedByService("NotImplemented", f"{resource.special} is not supported yet")
        if resource.call is None:
            caller.permit(method, resource)
        rules = caller.rules(self.spelling.tombstones)
        return Aim(
            self, method, syntax, resource, caller, literal_values(syntax), rules, syntax.options == NO_OPTIONS
        )  # fmt: skip

    def referred(self, uri: str, request: ODataRequest, caller: Caller) -> tuple[Query, Literals]:
        """The entity at an address in a body: absolute, or relative to the service root or the host."""
        syntax = self.spelling.parse_path(_below_root(self.resolved(uri), request.root), self.reads.limits)
        resource = self.reads.binder(self.spelling, caller).resource(syntax)
        if not resource.steps or resource.property is not None or resource.count or resource.links:
            raise BadRequest("BadReference", f"{uri!r:.200} is not the address of an entity")
        for step in resource.steps:
            caller.demand(step.entity_set, EntitySetRights.READ_SINGLE)
        return Query(resource.steps, rules=caller.rules(self.spelling.tombstones)), literal_values(syntax)


@frozen
class Aim:
    """What is to be changed, by its address, and who may do it; what is to be done with it, the body says."""

    orders: Orders
    method: str
    syntax: Syntax
    resource: Resource
    caller: Caller
    literals: Literals
    rules: RowRules
    is_bare: bool  # there are no options that could shape an answer

    @property
    def is_unique(self) -> bool:
        """Whether the application's own code is told of the very request."""
        return self.caller.rows.is_watched or self.resource.call is not None

    def order(self, request: ODataRequest, exchange: Exchange, content_id: str | None = None) -> Order:
        spelling, caller = self.orders.spelling, self.caller
        answers = ChangeAnswers(self.orders.reads, caller, spelling, exchange)
        if self.resource.call is not None:
            return replace(self._invocation(request, exchange, answers), content_id=content_id)
        bound = self._command(request, exchange)
        return Order(
            caller.restrict_change(bound, spelling.tombstones),
            self.literals,
            self._conditions(bound, request),
            partial(self.orders.referred, request=request, caller=caller),
            caller,
            self.rules,
            None if self._shows_nothing_else(bound) else answers.shown(bound, self.resource, self.syntax),
            content_id=content_id,
        )

    def _shows_nothing_else(self, bound: Command) -> bool:
        return self.is_bare and isinstance(bound, Insert) and not bound.payload.related

    def _command(self, request: ODataRequest, exchange: Exchange) -> Command:
        spelling, limits, asked = self.orders.spelling, self.orders.reads.limits, self.syntax.options.id
        ids = () if asked is None else (asked,)
        body = exchange.body(request.body, spelling.seen(self.caller.model), limits, converts=self.caller.behaviors.converts)
        bound = command(self.method, self.resource, body, ids=ids, slug=_slug(request), upserts=spelling.upserts)
        if isinstance(bound, Insert):
            exchange.promise(Created)
            return replace(bound, replays=spelling.replays) if spelling.replays else bound
        if isinstance(bound, Delete):
            bound = replace(bound, for_good=exchange.deletes_for_good)
        if isinstance(bound, SetCommand):
            bound = replace(bound, goes_on=exchange.goes_on)
        if isinstance(bound, (UpdateEach, DeleteEach)):
            bound = replace(bound, check=partial(limits.check, "max_objects_on_change"))
        return bound

    def _conditions(self, bound: Command, request: ODataRequest) -> Conditions:
        """The state in which an entity has to be, so that it is changed."""
        rules = self.orders.spelling.conditions
        if isinstance(bound, (Insert, InsertMedia, Link)):
            return rules.of_addition(request)
        entity_set = self.resource.steps[-1].entity_set
        usually = self.orders.concurrency.get(EVERY, rules.usually)
        demanded = self.orders.concurrency.get(entity_set.name, usually) == "demanded"
        return rules.of_change(request, bool(entity_set.type.etag), demanded)

    def _invocation(self, request: ODataRequest, exchange: Exchange, answers: ChangeAnswers) -> Order:
        """An action with what it is called with."""
        reads, spelling, call = self.orders.reads, self.orders.spelling, self.resource.call
        assert call is not None, "nothing else is called"
        asked = reads.asked(request, self.caller, self.syntax, spelling)
        body = exchange.body(request.body, spelling.seen(self.caller.model), reads.limits, converts=self.caller.behaviors.converts)
        conditions = spelling.conditions.of_call(request)
        answers.check_returned(call, self.syntax)
        run = reads.invoker.action(call, asked, body, conditions)
        resolve = partial(self.orders.referred, request=request, caller=self.caller)
        return Order(Invoke(run), asked.literals, conditions, resolve, self.caller, options=self.syntax.options)


def _slug(request: ODataRequest) -> str | None:
    """What a media entity should be called, percent-encoded in its header (RFC 5023, The Slug Header)."""
    slug = request.headers.get("Slug")
    return None if slug is None else unquote(slug, errors="replace").strip()


def _below_root(uri: str, root: str) -> str:
    """The path below the service root.

    >>> _below_root("http://host/svc/People(1)", "http://host/svc/"), _below_root("/svc/People(1)", "http://host/svc/")
    ('People(1)', 'People(1)')
    >>> _below_root("People(1)", "http://host/svc/")
    'People(1)'
    """
    path = taken_apart(uri).path if "://" in uri else uri
    return path.removeprefix(urlsplit(root).path).lstrip("/")
