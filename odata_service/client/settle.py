"""What becomes of operations and of their rows when answers are there: written in one transaction, and together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field, replace

from sqlalchemy import Connection

from odata_service.edm.temporal import read_instant
from odata_service.values import frozen

from .conflict import Conflict, Resolution, Resolver, conflict_of, differing
from .entity import EntityShape
from .operations import Operation, Queue, Remote
from .rows import PUSHED, Arrival, Membership, Rows, arrivals
from .wire import Answer

NOT_SAID = ""  # the version of what a server has not named


@frozen
class Settlement:
    """One operation after its answer. ``again`` says that it has something more to send at once; ``failed`` is why it
    stays in the queue; ``overruled`` is what gave way to the server's own rule."""

    again: bool = False
    failed: Answer | None = None
    asked: Conflict | None = None
    overruled: Conflict | None = None

    @property
    def is_done(self) -> bool:
        return not self.again and self.failed is None


DONE, AGAIN = Settlement(), Settlement(again=True)


@frozen
class Done:
    """Operations that are no more, and the entities that the server has for it. Most answers say no more than that, so it is
    written for all of them at once."""

    connection: Connection
    _operations: list[str] = field(default_factory=list)
    _taken: dict[str, tuple[EntityShape, list[tuple[str, Remote]]]] = field(default_factory=dict)  # by query

    def add(self, operation: Operation) -> None:
        self._operations.append(operation.id)

    def take(self, shape: EntityShape, query: str, id: str, remote: Remote) -> None:
        self._taken.setdefault(query, (shape, []))[1].append((id, remote))

    def write(self) -> None:
        for query, (shape, remotes) in self._taken.items():
            arrived = arrivals(shape, remotes)
            Rows(self.connection, shape).store(arrived, whatever=True)
            Membership(self.connection, query).note(arrived, PUSHED)
        Queue(self.connection).remove(self._operations)


@frozen
class Settling:
    """The operations of one class inside a transaction. ``query`` is the one that its rows are pulled by; what is ``done`` is
    to be written at its end."""

    done: Done
    shape: EntityShape
    query: str
    resolver: Resolver

    def settle(self, operation: Operation, answer: Answer) -> Settlement:
        """``operation`` is as the queue has it now, with what was sent."""
        assert operation.sent is not None, "only what was sent is answered"
        match answer.outcome:
            case "done":
                return self._done(operation, answer.remote)
            case "kept" if operation.is_of_now:
                overruled = self.conflict(operation, answer.remote)
                self.take_over(operation, answer.remote)
                return Settlement(overruled=overruled)
            case "kept":
                return self.resolved(replace(operation, sent=None), answer.remote, self._decision, answer)
            case "conflict" if self._is_ours(operation, answer.remote):
                return self._done(operation, answer.remote)
            case "conflict" if self._meets_tombstone(operation, answer.remote):
                return self._rebased(operation, answer.remote)
            case "conflict" if self._is_something_else(operation, answer.remote):
                return self._refused(operation, answer)
            case "conflict":
                return self.resolved(replace(operation, sent=None), answer.remote, self._decision, answer)
            case "refused":
                return self._refused(operation, answer)
        kept = replace(operation, status=answer.status or None, problem=answer.message)
        self._queue.save(kept)
        return Settlement(failed=answer)

    def resolved(
        self, operation: Operation, remote: Remote | None, decision: Callable[[Conflict], Resolution], answer: Answer
    ) -> Settlement:
        """The operation after somebody's decision on its conflict with what the server has."""
        conflict = self.conflict(operation, remote)
        resolution = decision(conflict)
        match resolution.winner:
            case "server":
                self.take_over(operation, remote)
                return DONE
            case "client":
                return self._rebased(operation, remote)
            case "values":
                assert resolution.values is not None, "values are what a resolution says that is nobody's"
                item = dict(operation.item) | self.shape.item(
                    dict(self.shape.values(operation.item)) | dict(resolution.values)
                )
                kind = "Replace" if operation.kind == "Delete" else operation.kind
                decided = replace(operation, kind=kind, item=item, version=operation.version + 1)
                self._rows.store(self._arrived(operation, self._local(item, remote)), whatever=True)
                return self._rebased(decided, remote)
        waiting = replace(
            operation, state="Conflict", theirs=remote or GONE, status=answer.status, problem=answer.message
        )
        self._queue.save(waiting)
        return Settlement(failed=answer, asked=conflict)

    def conflict(self, operation: Operation, remote: Remote | None) -> Conflict:
        return conflict_of(self.shape, operation.item_id, operation.kind, operation.item, operation.base, remote)

    def take_over(self, operation: Operation, remote: Remote | None) -> None:
        """The row becomes the server's, and the operation is no more."""
        if remote is None or remote.values is None:
            self._rows.remove([operation.item_id])
            self._members.forget([operation.item_id], [])
        else:
            self.done.take(self.shape, self.query, operation.item_id, remote)
        self.done.add(operation)

    @property
    def _queue(self) -> Queue:
        return Queue(self.done.connection)

    @property
    def _rows(self) -> Rows:
        return Rows(self.done.connection, self.shape)

    @property
    def _members(self) -> Membership:
        return Membership(self.done.connection, self.query)

    def _decision(self, conflict: Conflict) -> Resolution:
        return self.resolver(conflict)

    def _done(self, operation: Operation, remote: Remote | None) -> Settlement:
        assert operation.sent is not None
        if not operation.is_of_now:
            return self._goes_on(operation, remote)
        if operation.theirs is not None and _is_newer(operation.theirs, remote):
            self.take_over(operation, operation.theirs)
        elif operation.sent.kind == "Delete":
            self._members.forget([operation.item_id], [])
            self.done.add(operation)
        elif remote is not None and remote.values is not None:
            self.take_over(operation, remote)
        else:
            self.done.add(operation)
        return DONE

    def _goes_on(self, operation: Operation, remote: Remote | None) -> Settlement:
        """The device has changed the entity while the request was under way: what was answered is what the further change
        was made of."""
        assert operation.sent is not None
        if operation.sent.kind == "Delete":
            fresh = replace(
                operation, kind="Add", sent=None, state="Pending", entity_version=NOT_SAID, base=None, theirs=None
            )
            self._queue.save(fresh)
            return AGAIN
        return self._rebased(operation, remote or Remote(None, operation.sent.item))

    def _rebased(self, operation: Operation, remote: Remote | None) -> Settlement:
        """The same change, made of what the server has now."""
        there = remote is not None and remote.values is not None
        if operation.kind == "Delete" and not there:
            self._members.forget([operation.item_id], [])
            self.done.add(operation)
            return DONE
        if there and remote is not None and operation.kind != "Delete" and not self._differs(operation, remote):
            self.take_over(operation, remote)
            return DONE
        kind = operation.kind if operation.kind == "Delete" else "Replace" if there else "Add"
        rebased = replace(
            operation,
            kind=kind,
            entity_version=(remote.version if remote is not None else None) or NOT_SAID,
            base=remote.values if remote is not None else None,
            theirs=None,
            sent=None,
            state="Pending",
            status=None,
            problem=None,
        )
        self._queue.save(rebased)
        if there and remote is not None:
            self._rows.set_version(operation.item_id, remote)
            self._members.note(self._arrived(operation, remote), PUSHED)
        return AGAIN

    def _refused(self, operation: Operation, answer: Answer) -> Settlement:
        """What is wrong with it will be wrong the next time, so it waits for a change; nothing else waits for it."""
        if not operation.is_of_now:  # it was changed meanwhile, and may be right now
            self._queue.save(replace(operation, sent=None, state="Pending"))
            return AGAIN
        failed = replace(operation, state="Failed", sent=None, status=answer.status, problem=answer.message)
        self._queue.save(failed)
        return Settlement(failed=answer)

    def _is_ours(self, operation: Operation, remote: Remote | None) -> bool:
        """Whether the server has just what was sent: then it was heard before, and its answer got lost."""
        sent = operation.sent
        assert sent is not None
        if sent.kind == "Delete":
            return remote is None or remote.values is None
        return remote is not None and remote.values is not None and not differing(self.shape, sent.item, remote.values)

    def _meets_tombstone(self, operation: Operation, remote: Remote | None) -> bool:
        """Whether a new entity has the id of one that is no more, which overwrites nothing."""
        sent = operation.sent
        assert sent is not None
        is_tombstone = remote is not None and remote.values is None and bool(remote.version)
        return sent.kind == "Add" and not sent.version and is_tombstone

    def _is_something_else(self, operation: Operation, remote: Remote | None) -> bool:
        """Whether the entity is in the very state that the change was made of: then another one is in the way."""
        sent = operation.sent
        assert sent is not None
        return remote is not None and bool(sent.version) and remote.version == sent.version

    def _differs(self, operation: Operation, remote: Remote) -> bool:
        assert remote.values is not None
        return bool(differing(self.shape, operation.item, remote.values))

    def _local(self, item: object, remote: Remote | None) -> Remote:
        assert isinstance(item, dict)
        return Remote(remote.version if remote else None, item, remote.updated_at if remote else None)

    def _arrived(self, operation: Operation, remote: Remote) -> list[Arrival]:
        return arrivals(self.shape, [(operation.item_id, remote)])


GONE = Remote(None, None)


def _is_newer(theirs: Remote, remote: Remote | None) -> bool:
    """Whether a pull has brought what others have made of the entity since the request was heard, whose answer is told
    again now. A pull never tells it twice."""
    if remote is None or theirs.updated_at is None or remote.updated_at is None:
        return True
    return read_instant(theirs.updated_at) > read_instant(remote.updated_at)
