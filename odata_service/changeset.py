"""The requests of one change set, done in one transaction and answered when it is committed."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import field, replace
from functools import partial
from itertools import groupby
from urllib.parse import unquote

from odata_service.answers import ChangeAnswers
from odata_service.changes import Changes
from odata_service.context import Context
from odata_service.edm.model import EntitySet
from odata_service.errors import BadRequest, ODataError
from odata_service.execute.connection import Timing
from odata_service.execute.order import Changed, Effect, Order
from odata_service.execute.write import Transaction
from odata_service.formats.multipart import PartRequest
from odata_service.links import entity_address
from odata_service.message import ODataRequest, ODataResponse, method_of
from odata_service.orders import Aim, Orders
from odata_service.rehearsal import demand_done
from odata_service.rereads import Known, Rereads
from odata_service.result import Created, NoContent, Result, SingleEntity
from odata_service.spelling import Exchange, Spelling
from odata_service.tracking.rows import Key
from odata_service.values import frozen, mutable

_REFERENCE = re.compile(r"\$([^/?()]+)")


@mutable
class Names:
    """What requests of a batch are called by others, and the addresses of the entities that they were about."""

    root: str
    addresses: dict[str, str] = field(default_factory=dict)
    made: dict[str, Callable[[], str]] = field(default_factory=dict)  # addresses that nobody has asked for yet

    def add(self, name: str, address: str) -> None:
        self.addresses.setdefault(name, address)

    def address(self, name: str) -> str | None:
        if name in self.made:
            self.addresses[name] = self.made.pop(name)()
        return self.addresses.get(name)

    def resolved(self, url: str) -> str:
        """``$1/Orders`` with the address of what the request 1 was about; WCF's client puts the root before it."""
        path = url.removeprefix(self.root)
        found = _REFERENCE.match(path)
        address = None if found is None else self.address(unquote(found[1]))
        return url if found is None or address is None else address + path[found.end() :]


@frozen
class Asked:
    """A change that is known to be possible, and not made yet."""

    method: str
    request: ODataRequest
    exchange: Exchange
    order: Order
    aim: Aim


@frozen
class Done:
    """A change that waits for its transaction before it is answered; ``answer`` is for the case that it is undone there."""

    request: ODataRequest
    exchange: Exchange
    order: Order
    aim: Aim
    changed: Effect
    answer: ODataResponse | None = None


@mutable
class ChangeSetRun:
    """One change set under way. ``inner`` makes a request of a part."""

    spelling: Spelling
    changes: Changes
    timing: Timing
    names: Names
    inner: Callable[[PartRequest], ODataRequest]
    max_version: str | None
    orders: Orders = field(init=False)
    begun: list[Context] = field(default_factory=list)  # of its requests, for those who listen

    def __post_init__(self) -> None:
        self.orders = replace(self.changes.orders(self.spelling), resolved=self.names.resolved)

    def finished(self, answers: Sequence[ODataResponse]) -> None:
        for context, answer in zip(self.begun, answers, strict=False):
            self.changes.signals.request_finished.tell(context, answer)

    def done(self, parts: Sequence[PartRequest], transaction: Transaction) -> list[Done]:
        """Inserts into one set that stand side by side wait for each other, to be written together."""
        done: list[Done] = []
        waiting: list[Asked] = []
        self.begun = []
        for part in parts:
            try:
                if waiting and may_refer(part):
                    done, waiting = [*done, *self._changed(waiting, transaction)], []
                asked = self._order(part)
                if waiting and not asked.order.joins(waiting[-1].order):
                    done, waiting = [*done, *self._changed(waiting, transaction)], []
                if asked.method == "DELETE":
                    done = self._with_answers(done, transaction)
                waiting.append(asked)
            except ODataError as error:
                error.content_id = error.content_id or part.content_id
                raise
        return [*done, *self._changed(waiting, transaction)]

    def is_plain(self, part: PartRequest) -> bool:
        """Whether none of the application's own code is told of the request."""
        request = self.inner(part)
        return not self.orders.alike(method_of(request), request, self.max_version)[1].is_unique

    def done_apart(self, parts: Sequence[PartRequest], transaction: Transaction) -> list[Done]:
        """Requests that do not know of each other, and are answered as if each were alone."""
        done = self.done(parts, transaction)
        _demand_apart(done)
        return done

    def _begun(self, part: PartRequest) -> ODataRequest:
        """A request of the change set, as those who listen leave it."""
        context = Context(self.inner(part))
        demand_done(context.request)
        self.begun.append(context)
        self.changes.signals.request_started.send(context)
        return context.request

    def _order(self, part: PartRequest) -> Asked:
        request = self._begun(part)
        method = method_of(request)
        exchange, aim = self.orders.alike(method, request, self.max_version)
        return Asked(method, request, exchange, aim.order(request, exchange, part.content_id), aim)

    def _changed(self, asked: Sequence[Asked], transaction: Transaction) -> list[Done]:
        orders = [each.order for each in asked]
        effects = transaction.insert(orders) if len(orders) > 1 else [transaction.apply(order) for order in orders]
        done = [
            Done(each.request, each.exchange, each.order, each.aim, effect)
            for each, effect in zip(asked, effects, strict=True)
        ]
        for each in done:
            if each.order.content_id is not None:
                self.names.made[each.order.content_id] = partial(self._address, each.changed, each.request)
        return done

    def _with_answers(self, done: Sequence[Done], transaction: Transaction) -> list[Done]:
        """Answers to what was created, which could not be read any more if it is what is deleted next."""
        within = self.changes.within(transaction)
        return [
            replace(each, answer=self._answer_to(each, within))
            if each.answer is None and isinstance(each.changed, Changed) and each.changed.created
            else each
            for each in done
        ]

    def _address(self, changed: Effect, request: ODataRequest) -> str:
        if not isinstance(changed, Changed):
            return f"{request.root}{request.target}"
        return entity_address(request.root, changed.place, self.spelling.write_literal)

    def answers(self, done: Sequence[Done], changes: Changes) -> list[ODataResponse]:
        """What needs to be read again is read together."""
        known: dict[tuple[str, Key], SingleEntity] = {}
        waiting: dict[EntitySet, list[Key]] = {}
        for each in done:
            changed, answers = (
                each.changed,
                ChangeAnswers(changes.reads, each.order.caller, self.spelling, each.exchange),
            )
            if isinstance(changed, Changed) and answers.rereads(each.order, changed):
                waiting.setdefault(changed.entity_set, []).append(tuple(changed.place.key))
        for entity_set, keys in waiting.items():
            if len(keys) > 1:
                rereads = Rereads(changes.reads, done[0].order.caller, self.spelling, self.timing)
                found = rereads.entities(entity_set, keys)
                known |= {(entity_set.name, key): entity for key, entity in found.items()}
        results = [(each, self._result_of(each, changes, known)) for each in done]
        return [answer for _, alike in groupby(results, _form) for answer in _written(list(alike))]

    def _answer_to(self, done: Done, changes: Changes) -> ODataResponse:
        return done.exchange.write(self._result_of(done, changes))

    def _result_of(self, done: Done, changes: Changes, known: Known | None = None) -> Result:
        return changes.answer(
            done.order, done.changed, done.request, self.spelling, done.exchange, self.timing, known
        )


def _demand_apart(done: Sequence[Done]) -> None:
    """Refuse changes of which one would show in the answer to another: each is of an entity of its own, or the deletion of
    one."""
    places = {
        (each.changed.entity_set.name, tuple(each.changed.place.key))
        if isinstance(each.changed, Changed)
        else each.request.target
        for each in done
    }
    deletions = [each.changed is None and each.request.method == "DELETE" for each in done]
    others = [isinstance(each.changed, Changed) for each in done]
    if len(places) < len(done) or not (all(deletions) or all(others)):
        raise BadRequest("BadBatch", "these changes are not made together")


def _form(answered: tuple[Done, Result]) -> object:
    """The same for answers that can be written together: to requests that differ in their bodies only."""
    done, result = answered
    shape = result.row_shape if isinstance(result, Created) else None
    return id(done) if shape is None else (id(done.aim), id(shape))


def _written(answered: Sequence[tuple[Done, Result]]) -> Sequence[ODataResponse]:
    created = [result for _, result in answered if isinstance(result, Created)]
    done, result = answered[0]
    if len(created) > 1:
        return done.exchange.write_created(created)
    if done.answer is not None and isinstance(result, NoContent):
        return [done.answer]
    return [done.exchange.write(result)]


def may_refer(part: PartRequest) -> bool:
    """Whether a request could name one before it, whose address has to be known then."""
    return "$" in part.url.partition("?")[0] or b"$" in part.body
