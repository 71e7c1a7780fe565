"""What came of a push or a pull, and what is told while it goes on."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import field
from typing import Any

from odata_service.values import frozen, mutable

from .conflict import Conflict
from .wire import Answer


class SyncEventType(enum.Enum):
    PUSH_STARTED = "push started"
    PUSH_ITEM = "push item"
    PUSH_ENDED = "push ended"
    PULL_STARTED = "pull started"
    ITEMS_FETCHED = "items fetched"
    ITEMS_COMMITTED = "items committed"
    PULL_ENDED = "pull ended"
    LOCAL_EXCEPTION = "local exception"


@frozen
class SyncEvent:
    """``items_total`` is ``None`` where nobody knows it."""

    type: SyncEventType
    entity_type: str | None = None
    items_processed: int = 0
    items_total: int | None = None
    query_id: str | None = None
    operation_id: str | None = None
    answer: Answer | None = None
    exception: Exception | None = None


Listener = Callable[[SyncEvent], object]


@mutable
class PushResult:
    """``failed_requests`` are by the ids of operations. Those that were not ``completed`` are in the queue as before: a
    refused one waits there for a change, an open conflict for a decision, all others for the next push."""

    completed_operations: int = 0
    failed_requests: dict[str, Answer] = field(default_factory=dict)
    overruled: dict[str, Conflict] = field(default_factory=dict)  # by the service, which kept what it had
    stopped: str | None = None  # why the rest was not tried

    @property
    def is_successful(self) -> bool:
        return not self.failed_requests and self.stopped is None


@mutable
class PullResult:
    """``failed_requests`` are by the ids of queries, with what the server said; ``local_exceptions`` by those of queries
    whose changes could not be stored."""

    additions: int = 0
    replacements: int = 0
    deletions: int = 0
    waiting: int = 0  # entities that have moved on while the device has changes of them
    failed_requests: dict[str, Exception] = field(default_factory=dict)
    local_exceptions: dict[str, Exception] = field(default_factory=dict)

    @property
    def operation_count(self) -> int:
        return self.additions + self.replacements + self.deletions

    @property
    def is_successful(self) -> bool:
        return not self.failed_requests and not self.local_exceptions

    def add(self, other: PullResult) -> None:
        self.additions += other.additions
        self.replacements += other.replacements
        self.deletions += other.deletions
        self.waiting += other.waiting
        self.failed_requests |= other.failed_requests
        self.local_exceptions |= other.local_exceptions


@frozen
class OpenConflict:
    """An operation on which somebody has to decide."""

    operation_id: str
    entity_type: str
    item_id: str
    client: dict[str, Any] | None
    server: dict[str, Any] | None
    base: dict[str, Any] | None
    contested: frozenset[str]
