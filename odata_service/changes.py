"""Changes from request to result."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import field, replace

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, sessionmaker

from odata_service.answers import ChangeAnswers
from odata_service.access import Caller
from odata_service.bind.change import allowed_methods
from odata_service.bind.command import (
    Command, Delete, Insert, Update,
)  # fmt: skip
from odata_service.bind.query import Step
from odata_service.bind.typed import Constant
from odata_service.context import Context
from odata_service.errors import BadRequest, Conflict, ODataError, PreconditionFailed
from odata_service.etag import Concurrency
from odata_service.execute.connection import Timing
from odata_service.execute.order import Effect, Order
from odata_service.execute.write import Outcome, Transaction, Writer
from odata_service.message import ODataRequest, ODataResponse
from odata_service.orders import Orders
from odata_service.reads import Reads
from odata_service.repeats import Answers, Repeatable, Repeats
from odata_service.rereads import Known
from odata_service.result import CurrentState, Result, hooked
from odata_service.signals import Signals
from odata_service.spelling import Exchange, Spelling
from odata_service.tracking import begin_to_keep, images_of, install_clock
from odata_service.values import mutable

KEY_TAKEN = "KeyTaken"
OF_THE_DATABASE = ("KeyExists", "ReferenceMissing")


class _DoneBefore(Exception):
    """What was to be done together was done in part."""


@mutable
class Changes:
    """Answers POST, PUT, MERGE, PATCH and DELETE. After a change the entity is read again as a GET would read it,
    because only the committed row has its stamp and what the database itself put in."""

    reads: Reads
    sessions: sessionmaker[Session]
    repeats: Repeats
    signals: Signals
    concurrency: dict[str, Concurrency] = field(default_factory=dict)  # by set name, "*" for those not named
    is_told: bool = True  # whether those who listen hear of what was changed
    _has_clock: bool = False

    def change(
        self, method: str, request: ODataRequest, spelling: Spelling, exchange: Exchange, timing: Timing
    ) -> ODataResponse:
        order = self.orders(spelling).order(method, request, exchange)

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
        writer = Writer(self.sessions, self.reads.planner, self.reads.connections.database, self.is_told)
        return writer.run(work, timing)

    def prepare(self) -> None:
        """Make the tables that the service itself needs for a change, where they are missing."""
        self._install_clock()
        self.repeats.create_table()

    def rehearsed(self, connection: Connection) -> Changes:
        """The same as part of a transaction that is taken back in the end."""
        usual = self.sessions.kw | {"bind": connection, "join_transaction_mode": "create_savepoint"}
        sessions = sessionmaker(class_=self.sessions.class_, **usual)  # a class of its own, with the same hook
        return replace(self, reads=self.reads.within(connection), sessions=sessions, is_told=False)

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

    def answered_each(
        self,
        repeatables: Sequence[Repeatable],
        work: Callable[[Transaction], Outcome],
        answer: Callable[[Changes, Outcome], Answers],
        timing: Timing,
    ) -> Answers | None:
        """The same for many, each of which is done once: in one transaction, or not at all (``None``) where one of them was
        done before."""
        self.repeats.create_table()

        def once(transaction: Transaction) -> Answers:
            if self.repeats.claim_all(transaction.connection, repeatables):
                raise _DoneBefore
            answers: list[ODataResponse] = []
            outcome = work(transaction)

            def keep() -> None:
                answers.extend(answer(self.within(transaction), outcome))
                each = zip(repeatables, answers, strict=True)
                self.repeats.keep_all(transaction.connection, {repeatable: [said] for repeatable, said in each})

            transaction.at_last(keep)
            return answers

        try:
            answers = self.run(once, timing)
        except _DoneBefore:
            return None
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
        known: Known | None = None,
    ) -> Result:
        """What came of a change."""
        answers = ChangeAnswers(self.reads, order.caller, spelling, exchange, known or {})
        return hooked(answers.answer(order, changed, request, timing), self.signals, Context(request))

    def _install_clock(self) -> None:
        """The counter of stamps, before the first change in a database that has none yet."""
        if self._has_clock:
            return
        connections = self.reads.connections
        try:
            if any(each.tracking for each in self.reads.access.model.types.values()):
                install_clock(connections.engine)
                begin_to_keep(connections.engine, filter(None, map(images_of, self.reads.access.guarded)))
        except DBAPIError as error:
            raise connections.refusal(error) from error
        self._has_clock = True

    def orders(self, spelling: Spelling) -> Orders:
        return Orders(self.reads, spelling, self.concurrency)


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
