"""The queue is sent: what is referred to first, each operation under an id of its own, the answer stored at once.

Before a request is made, the queue says what it is; after its answer, the row and the queue say what came of it. Whenever the
device stops in between, the same request is made again under the same id, and is done once.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from datetime import UTC, datetime

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from odata_service.edm.temporal import write_instant
from odata_service.values import mutable

from .builder import DatasyncBuilder, Query
from .entity import EntityShape
from .operations import Operation, Queue, Sent, pieces
from .order import Planned, blocked, waves
from .parallel import side_by_side
from .results import Listener, PushResult, SyncEvent, SyncEventType
from .rows import Membership
from .settle import Done, Settlement, Settling
from .store import Store
from .transport import ForeignLink, Unreachable
from .wire import Answer, Outgoing, Refusal, Wire

ROUNDS = 5  # how often a change is sent again, on what the server has by then, in one push
IN_A_ROW = (
    3  # then it is not one operation that is refused so, but the caller that is not known, or the server that is ill
)


@mutable
class Push:
    """One push. ``step`` is told each step by its name, which tests stop at."""

    store: Store
    builder: DatasyncBuilder
    shapes: Mapping[str, EntityShape]
    tell: Listener
    step: Callable[[str], object]
    result: PushResult = field(default_factory=PushResult)
    _parked: set[str] = field(default_factory=set)  # refused for good
    _waiting: set[str] = field(default_factory=set)  # not done, so that nothing is which refers to it
    _queries: dict[str, Query] = field(default_factory=dict)  # by entity type
    _troubled: int = 0  # operations in a row
    _total: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self, types: Sequence[str], parallel: int, *, refused_too: bool) -> PushResult:
        with self.store.reading() as connection:
            operations = Queue(connection).all(types)
        for each in operations:
            if each.state == "Failed" and not refused_too:
                self._parked.add(each.id)
                self.result.failed_requests[each.id] = Answer("refused", each.status or 0, message=each.problem or "")
        self._waiting |= self._parked
        self._total = len(operations) - len(self._parked)
        self.tell(SyncEvent(SyncEventType.PUSH_STARTED, items_total=self._total))
        try:
            self._in_waves(operations, parallel)
            again = self._refused_beside_others()
            if again:
                again |= self._waiting - self._parked
                self._waiting = set(self._parked)
                self._in_waves([each for each in operations if each.id in again], parallel)
        except (
            SQLAlchemyError
        ) as error:  # the disk is full, or somebody holds the file: what was sent will be sent again
            self.result.stopped = str(error.__cause__ or error)
        self.tell(SyncEvent(SyncEventType.PUSH_ENDED, items_processed=self.result.completed_operations))
        return self.result

    def _refused_beside_others(self) -> set[str]:
        """What was refused in this push while other things were done, which may have been in its way."""
        if not self.result.completed_operations or self.result.stopped is not None:
            return set()
        failed = self.result.failed_requests.items()
        return {id for id, answer in failed if answer.outcome == "refused" and id not in self._parked}

    def _in_waves(self, operations: Sequence[Operation], parallel: int) -> None:
        planned = waves(operations, self.shapes)
        with side_by_side(parallel) as each:
            for wave in planned:
                for piece in pieces(self._parts(wave), parallel):
                    list(each(self._part, piece))

    def _parts(self, wave: Sequence[Planned]) -> Iterator[tuple[Wire, list[Planned]]]:
        """What goes in one request."""
        wires: dict[int, tuple[Wire, list[Planned]]] = {}
        for each in wave:
            wire = self._query(each.operation).wire
            wires.setdefault(id(wire), (wire, []))[1].append(each)
        for wire, of_wire in wires.values():
            for piece in pieces(of_wire, wire.at_once):
                yield wire, piece

    def _part(self, part: tuple[Wire, list[Planned]]) -> None:
        wire, planned = part
        if self.result.stopped is not None:
            return
        planned = [each for each in planned if each.operation.id not in self._parked]
        ids = [each.operation.id for each in planned if not blocked(each.after, self._waiting)]
        self._waiting |= {each.operation.id for each in planned} - set(ids)
        for _ in range(ROUNDS):
            ids = self._round(wire, ids)
            if not ids or self.result.stopped is not None:
                return
        with self._lock:
            self._waiting |= set(ids)
            self.result.failed_requests |= dict.fromkeys(ids, Answer("conflict", message="others are faster"))

    def _round(self, wire: Wire, ids: Sequence[str]) -> list[str]:
        """The operations that have something more to send."""
        outgoing, again = self._prepared(ids)
        if not outgoing:
            return again
        self.step("prepared")
        try:
            answers = wire.send(list(outgoing.values()))
        except (Unreachable, ForeignLink, Refusal) as error:
            answers = [Answer("unknown", message=str(error))] * len(outgoing)
        self.step("answered")
        again += self._settled(dict(zip(outgoing, answers, strict=True)))
        self.step("settled")
        return again

    def _prepared(self, ids: Sequence[str]) -> tuple[dict[str, Outgoing], list[str]]:
        """What is to be sent, which the queue knows before it is; and what a conflict that was known before leaves to be
        sent after it is resolved."""
        prepared: list[Operation] = []
        again: list[str] = []
        with self.store.writing() as connection:
            queue, done = Queue(connection), Done(connection)
            for operation in queue.of_ids(ids).values():
                if operation.sent is None and operation.theirs is not None and operation.theirs.values is not None:
                    answer = Answer("conflict", 412, operation.theirs, "the server has another version")
                    settlement = self._settling(done, operation).resolved(
                        operation,
                        operation.theirs,
                        self.builder.resolver_of(self.shapes[operation.entity_type]),
                        answer,
                    )
                    again += self._noted(operation, settlement)
                    continue
                sent = operation.sent or _sent(operation, together=len(ids) > 1)
                now = datetime.now(UTC)
                operation = replace(
                    operation, sent=sent, state="Sent", attempts=operation.attempts + 1, last_attempt=now
                )
                prepared.append(operation)
            queue.save_all(prepared)
            done.write()
            return dict(self._outgoing(connection, prepared)), again

    def _outgoing(self, connection: Connection, prepared: Sequence[Operation]) -> Iterator[tuple[str, Outgoing]]:
        """With what only the server knows of the entities that are replaced."""
        replaced: dict[str, list[str]] = {}
        for each in prepared:
            if each.sent is not None and each.sent.kind == "Replace":
                replaced.setdefault(self._query(each).id, []).append(each.item_id)
        rests = {query: Membership(connection, query).rests(ids) for query, ids in replaced.items()}
        for each in prepared:
            assert each.sent is not None, "what is prepared is about to be sent"
            query = self._query(each)
            rest = rests.get(query.id, {}).get(each.item_id) if each.sent.kind == "Replace" else None
            yield each.id, Outgoing(query.place, each.item_id, each.sent, rest)

    def _settled(self, answers: Mapping[str, Answer]) -> list[str]:
        again: list[str] = []
        with self.store.writing() as connection:
            current, done = Queue(connection).of_ids(list(answers)), Done(connection)
            for id, answer in answers.items():
                operation = current.get(id)
                if operation is not None and operation.sent is not None:
                    again += self._noted(operation, self._settling(done, operation).settle(operation, answer))
            done.write()
        return again

    def _settling(self, done: Done, operation: Operation) -> Settling:
        shape, query = self.shapes[operation.entity_type], self._query(operation)
        return Settling(done, shape, query.id, self.builder.resolver_of(shape))

    def _noted(self, operation: Operation, settlement: Settlement) -> list[str]:
        """Count what has come of an operation; its id where it goes on."""
        with self._lock:
            if settlement.again:
                return [operation.id]
            failed = settlement.failed
            if settlement.overruled is not None:
                self.result.overruled[operation.id] = settlement.overruled
            if failed is None:
                self.result.failed_requests.pop(operation.id, None)
                self._waiting.discard(operation.id)
                self.result.completed_operations += 1
                self._troubled = 0
            else:
                self._waiting.add(operation.id)
                self.result.failed_requests[operation.id] = failed
                self._stop_after(failed)
        processed = self.result.completed_operations
        self.tell(
            SyncEvent(
                SyncEventType.PUSH_ITEM, operation.entity_type, processed, self._total, None, operation.id, failed
            )
        )
        return []

    def _stop_after(self, failed: Answer) -> None:
        if failed.stops:
            self.result.stopped = failed.message or "the server does not answer"
        elif failed.outcome in ("denied", "unknown"):
            self._troubled += 1
            if self._troubled == IN_A_ROW:
                denied = failed.outcome == "denied"
                self.result.stopped = "the server wants to know who asks" if denied else failed.message

    def _query(self, operation: Operation) -> Query:
        name = operation.entity_type
        if name not in self._queries:
            self._queries[name] = self.builder.query(self.shapes[name])
        return self._queries[name]


def _sent(operation: Operation, *, together: bool) -> Sent:
    made = write_instant(operation.made.replace(microsecond=operation.made.microsecond // 1000 * 1000))
    return Sent(
        uuid.uuid4().hex,
        operation.kind,
        operation.item,
        operation.entity_version,
        operation.version,
        operation.base,
        made,
        together,
    )
