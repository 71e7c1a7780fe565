"""Changes from request to result."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from urllib.parse import unquote, urlsplit

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, sessionmaker

from odata_service.answers import ChangeAnswers
from odata_service.access import EVERY, Caller, EntitySetRights
from odata_service.bind.call import Call
from odata_service.bind.change import allowed_methods, command, demand_method
from odata_service.bind.command import (
    Command, Delete, DeleteEach, Insert, InsertMedia, Invoke, Link, SetCommand, Update, UpdateEach,
)  # fmt: skip
from odata_service.bind.query import Query, Step
from odata_service.bind.resource import Resource
from odata_service.bind.typed import Constant
from odata_service.context import Context
from odata_service.errors import BadRequest, Conflict, NotImplementedByService, ODataError, PreconditionFailed
from odata_service.etag import Concurrency, Conditions
from odata_service.execute.connection import Timing
from odata_service.execute.read import Literals, literal_values
from odata_service.execute.write import Effect, Order, Outcome, Transaction, Writer
from odata_service.links import taken_apart
from odata_service.message import ODataRequest, ODataResponse
from odata_service.parse.syntax import Syntax
from odata_service.reads import Reads
from odata_service.repeats import Answers, Repeatable, Repeats
from odata_service.result import Created, CurrentState, Result, hooked
from odata_service.signals import Signals
from odata_service.spelling import Exchange, Spelling
from odata_service.tracking import begin_to_keep, install_clock

KEY_TAKEN = "KeyTaken"
OF_THE_DATABASE = ("KeyExists", "ReferenceMissing")


@dataclass(slots=True)
class Changes:
    """Answers POST, PUT, MERGE, PATCH and DELETE. After a change the entity is read again as a GET would read it,
    because only the committed row has its stamp and what the database itself put in."""

    reads: Reads
    sessions: sessionmaker[Session]
    repeats: Repeats
    signals: Signals
    concurrency: dict[str, Concurrency] = field(default_factory=dict)  # by set name, "*" for those not named
    _has_clock: bool = False

    def change(
        self, method: str, request: ODataRequest, spelling: Spelling, exchange: Exchange, timing: Timing
    ) -> ODataResponse:
        order = self.order(method, request, spelling, exchange)

        def answer(changes: Changes, changed: Effect) -> Answers:
            return [exchange.write(changes.answer(order, changed, request, spelling, exchange, timing))]

        repeatable = Repeatable.of(request, self.reads.limits)
        try:
            done = self.signalled(Context(request), lambda transaction: transaction.apply(order))
            return self.answered(repeatable, done, answer, timing)[0]
        except (Conflict, PreconditionFailed) as error:
            if not exchange.shows_state:
                raise
            caller = self.reads.access.caller(request)
            return exchange.write(self._forestalled(error, order.command, caller, spelling, timing))

    def _forestalled(
        self, error: ODataError, command: Command, caller: Caller, spelling: Spelling, timing: Timing
    ) -> Result:
        """A change that could not be made, answered with the entity as it is. What the caller may not see is in nobody's
        way: then the request itself is wrong."""
        if isinstance(command, Update) and error.code in OF_THE_DATABASE:
            raise BadRequest(error.code, error.message) from error  # something else is in the way, and not its own state
        step = _step_to(command)
        state = None if step is None else self.reads.visible(step, caller, spelling, timing)
        if state is not None:
            return CurrentState(state, error)
        if isinstance(command, Insert) and step is not None and self.reads.exists(step, caller, spelling, timing):
            raise BadRequest(KEY_TAKEN, "this key cannot be used") from error
        raise BadRequest(error.code, error.message) if isinstance(command, Insert) else error

    def allowed(self, request: ODataRequest, spelling: Spelling) -> tuple[str, ...]:
        """The methods that a resource has."""
        syntax = spelling.parse_path(request.target, self.reads.limits)
        caller = self.reads.access.caller(request)
        resource = self.reads.binder(spelling, caller).resource(syntax)
        return allowed_methods(resource, spelling)

    def run(self, work: Callable[[Transaction], Outcome], timing: Timing) -> Outcome:
        """Something in one transaction of its own."""
        self._install_clock()
        return Writer(self.sessions, self.reads.planner, self.reads.connections.database).run(work, timing)

    def signalled(self, context: Context, work: Callable[[Transaction], Outcome]) -> Callable[[Transaction], Outcome]:
        """The work of one change set, which others hear of when it begins and when it is committed."""

        def saved() -> None:
            context.session = None
            self.signals.changeset_saved.tell(context)

        def done(transaction: Transaction) -> Outcome:
            context.session = transaction.session
            self.signals.changeset_started.send(context)
            outcome = work(transaction)
            transaction.announcements.append(saved)
            return outcome

        return done

    def within(self, transaction: Transaction) -> Changes:
        """The same, which reads what the transaction has written so far."""
        return replace(self, reads=self.reads.within(transaction.connection))

    def answered(
        self,
        repeatable: Repeatable | None,
        work: Callable[[Transaction], Outcome],
        answer: Callable[[Changes, Outcome], Answers],
        timing: Timing,
    ) -> Answers:
        """Do something in one transaction of its own and say what came of it; what is ``repeatable`` is done once,
        however often it is asked for, and the answer is part of the transaction."""
        if repeatable is None:
            return answer(self, self.run(work, timing))
        self.repeats.create_table()
        answers = self.run(lambda transaction: self._once(repeatable, work, answer, transaction), timing)()
        self.repeats.sweep()
        return answers

    def _once(
        self,
        repeatable: Repeatable,
        work: Callable[[Transaction], Outcome],
        answer: Callable[[Changes, Outcome], Answers],
        transaction: Transaction,
    ) -> Callable[[], Answers]:
        """Gives the answers once the transaction has ended: only then are they made."""
        known = self.repeats.claim(transaction.connection, repeatable)
        if known is not None:
            return lambda: known
        answers: list[ODataResponse] = []
        outcome = work(transaction)

        def keep() -> None:
            answers.extend(answer(self.within(transaction), outcome))
            self.repeats.keep(transaction.connection, repeatable, answers)

        transaction.at_last(keep)
        return lambda: answers

    def answer(
        self,
        order: Order,
        changed: Effect,
        request: ODataRequest,
        spelling: Spelling,
        exchange: Exchange,
        timing: Timing,
    ) -> Result:
        """What came of a change."""
        result = ChangeAnswers(self.reads, order.caller, spelling, exchange).answer(order, changed, request, timing)
        return hooked(result, self.signals, Context(request))

    def _install_clock(self) -> None:
        """The counter of stamps, before the first change in a database that has none yet."""
        if self._has_clock:
            return
        connections = self.reads.connections
        try:
            if any(each.tracking for each in self.reads.access.model.types.values()):
                install_clock(connections.engine)
                begin_to_keep(connections.engine, self.reads.access.guarded)
        except DBAPIError as error:
            raise connections.refusal(error) from error
        self._has_clock = True

    def order(self, method: str, request: ODataRequest, spelling: Spelling, exchange: Exchange) -> Order:
        """What a request asks to be changed, looked up and permitted."""
        syntax = spelling.parse(request.target, request.query, self.reads.limits)
        exchange.check(syntax)
        caller = self.reads.access.caller(request)
        resource = self.reads.binder(spelling, caller).resource(syntax)
        demand_method(method, allowed_methods(resource, spelling))
        if resource.special is not None:
            raise NotImplementedByService("NotImplemented", f"{resource.special} is not supported yet")
        if resource.call is not None:
            return self._invocation(resource.call, syntax, request, caller, spelling, exchange)
        caller.permit(method, resource)
        ids = () if syntax.options.id is None else (syntax.options.id,)
        body = exchange.body(spelling.seen(caller.model), self.reads.limits, converts=caller.behaviors.converts)
        bound = command(
            method, resource, body, ids=ids, slug=_slug(request), upserts=spelling.upserts
        )
        shown = ChangeAnswers(self.reads, caller, spelling, exchange).shown(bound, resource, syntax)
        if isinstance(bound, Insert):
            bound = replace(bound, replays=spelling.replays)
            exchange.promise(Created)
        if isinstance(bound, Delete):
            bound = replace(bound, for_good=exchange.deletes_for_good)
        if isinstance(bound, SetCommand):
            bound = replace(bound, goes_on=exchange.goes_on)
        if isinstance(bound, (UpdateEach, DeleteEach)):
            bound = replace(bound, check=partial(self.reads.limits.check, "max_objects_on_change"))
        return Order(
            caller.restrict_change(bound, spelling.tombstones),
            literal_values(syntax),
            self._conditions(bound, resource, request, spelling),
            lambda uri: self._referred(uri, request, caller, spelling),
            caller,
            caller.rules(spelling.tombstones),
            shown,
        )

    def _conditions(self, bound: Command, resource: Resource, request: ODataRequest, spelling: Spelling) -> Conditions:
        """The state in which an entity has to be, so that it is changed."""
        if isinstance(bound, (Insert, InsertMedia, Link)):
            return spelling.conditions.of_addition(request)
        entity_set = resource.steps[-1].entity_set
        usually = self.concurrency.get(EVERY, spelling.conditions.usually)
        demanded = self.concurrency.get(entity_set.name, usually) == "demanded"
        return spelling.conditions.of_change(request, bool(entity_set.type.etag), demanded)

    def _invocation(
        self, call: Call, syntax: Syntax, request: ODataRequest, caller: Caller, spelling: Spelling, exchange: Exchange
    ) -> Order:
        """An action with what it is called with."""
        asked = self.reads.asked(request, caller, syntax, spelling)
        body = exchange.body(spelling.seen(caller.model), self.reads.limits, converts=caller.behaviors.converts)
        conditions = spelling.conditions.of_call(request)
        ChangeAnswers(self.reads, caller, spelling, exchange).check_returned(call, syntax)
        run = self.reads.invoker.action(call, asked, body, conditions)
        resolve = partial(self._referred, request=request, caller=caller, spelling=spelling)
        return Order(Invoke(run), asked.literals, conditions, resolve, caller, options=syntax.options)

    def _referred(
        self, uri: str, request: ODataRequest, caller: Caller, spelling: Spelling
    ) -> tuple[Query, Literals]:
        """The entity at an address in a body: absolute, or relative to the service root or the host."""
        syntax = spelling.parse_path(_below_root(uri, request.root), self.reads.limits)
        resource = self.reads.binder(spelling, caller).resource(syntax)
        if not resource.steps or resource.property is not None or resource.count or resource.links:
            raise BadRequest("BadReference", f"{uri!r:.200} is not the address of an entity")
        for step in resource.steps:
            caller.demand(step.entity_set, EntitySetRights.READ_SINGLE)
        return Query(resource.steps, rules=caller.rules(spelling.tombstones)), literal_values(syntax)


def _step_to(command: Command) -> Step | None:
    """To the entity that a command is about, where it names one."""
    match command:
        case Insert(entity_set, payload):
            key = [(part, payload.values.get(part.name)) for part in entity_set.type.key]
        case Update(target) | Delete(target):
            entity_set, key = target.entity_set, [(part, constant.value) for part, constant in target.source[-1].key]
        case _:
            return None
    if len(key) < len(entity_set.type.key) or any(value is None for _, value in key):
        return None
    return Step(entity_set, key=tuple((part, Constant(part.type, value, like=part)) for part, value in key))


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
