"""The context: a local database that an application works with, online or not, and its exchange with a server."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar, Self

from sqlalchemy.orm import DeclarativeBase

from .builder import DatasyncBuilder
from .conflict import CLIENT, SERVER, Conflict, Resolution
from .entity import EntityShape, shapes_of
from .operations import Operation, Queue
from .pull import Pull
from .push import Push
from .results import Listener, OpenConflict, PullResult, PushResult, SyncEvent
from .session import OfflineSession, recording
from .settle import Done, Settling
from .store import Store
from .tokens import Tokens
from .transport import ClientError
from .verify import Verification, Verifying
from .wire import Answer

MOST_PARALLEL = 8


class OfflineContext:
    """A file with the application's tables, a queue of what was done, and the places where pulls go on. ::

    class Orders(OfflineContext):
        base = Base

        def on_datasync_initialization(self, builder):
            builder.use_endpoint("https://services.example/tables/")

    with Orders("orders.db") as context:
        with context.session() as session:
            session.add(Order(Customer="Ada"))
            session.commit()
        context.push()
        context.pull()
    """

    base: ClassVar[type[DeclarativeBase]]

    def __init__(self, path: str | Path) -> None:
        self.shapes: Mapping[str, EntityShape] = shapes_of(self.base)
        self.store = Store(Path(path))
        self.store.create(self.base.metadata)
        self._listeners: list[Listener] = []
        self._syncing = threading.Lock()  # a push and a pull at once would tell two states of one row
        self._builder: DatasyncBuilder | None = None

    def on_datasync_initialization(self, builder: DatasyncBuilder) -> None:
        """Say where the service is and what is particular about which class. Asked once, when it is first needed."""
        raise NotImplementedError(f"{type(self).__name__} says nothing of its service: on_datasync_initialization")

    def session(self, *, queue: bool = True) -> OfflineSession:
        """A session on the local file. What it commits is in the queue, but with ``queue=False``."""
        session = OfflineSession(self.store.engine)
        if queue:
            recording(session, self.shapes, self.clock)
        return session

    def push(self, *models: type, parallel: int = 1, refused_too: bool = False) -> PushResult:
        """Send what was done to these classes, or to all. ``refused_too`` tries again what was refused for good."""
        types = [shape.name for shape in self._shapes(models)]
        with self._syncing:
            push = Push(self.store, self.builder, self.shapes, self._tell, self.step)
            return push.run(types, _parallel(parallel), refused_too=refused_too)

    def pull(
        self, *models: type, parallel: int = 1, query: str | None = None, query_id: str | None = None
    ) -> PullResult:
        """Fetch what has changed in these classes, or in all; with ``query`` in what a filter says of one class."""
        told = {name: value for name, value in (("query", query), ("query_id", query_id)) if value is not None}
        if told and len(models) != 1:
            raise ClientError("a query is one of a single class")
        queries = [self.builder.query(shape, **told) for shape in self._shapes(models)]
        with self._syncing:
            return Pull(self.store, self._tell, self.step).run(queries, _parallel(parallel))

    def reset(self, model: type, query_id: str | None = None) -> None:
        """Let the next pull fetch everything of a class, or of one query, anew. What waits in the queue stays there."""
        (shape,) = self._shapes([model])
        with self._syncing, self.store.writing() as connection:
            Tokens(connection).reset(shape.name, query_id)

    def verify(self, *models: type) -> list[Verification]:
        """Compare what is here with what was stored, and with what the server has; fetch what differs, and only that."""
        queries = [self.builder.query(shape) for shape in self._shapes(models)]
        with self._syncing:
            return [Verifying(self.store, query).run() for query in queries]

    def pending(self) -> list[Operation]:
        """The queue."""
        with self.store.reading() as connection:
            return Queue(connection).all(list(self.shapes))

    def conflicts(self) -> list[OpenConflict]:
        """The operations on which somebody has to decide."""
        found = []
        for operation in self.pending():
            if operation.state == "Conflict":
                conflict = self._conflict(operation)
                sides = (_plain(conflict.client), _plain(conflict.server), _plain(conflict.base))
                found.append(
                    OpenConflict(operation.id, operation.entity_type, operation.item_id, *sides, conflict.contested)
                )
        return found

    def resolve(self, operation_id: str, winner: str | Mapping[str, Any]) -> None:
        """Decide on a conflict: ``"client"``, ``"server"``, or the values that the entity is to have. The next push sends it."""
        decided = (
            {"client": CLIENT, "server": SERVER}.get(winner)
            if isinstance(winner, str)
            else Resolution("values", winner)
        )
        if decided is None:
            raise ClientError(f"{winner!r} cannot win: client or server can, or the values that are to be")
        with self._syncing, self.store.writing() as connection:
            operation = Queue(connection).of_ids([operation_id]).get(operation_id)
            if operation is None or operation.state != "Conflict":
                raise ClientError(f"no operation {operation_id!r:.60} waits for a decision")
            shape = self.shapes[operation.entity_type]
            query = self.builder.query(shape)
            done = Done(connection)
            settling = Settling(done, shape, query.id, lambda conflict: decided)
            settling.resolved(operation, operation.theirs, lambda conflict: decided, Answer("conflict"))
            done.write()

    def on_progress(self, listener: Listener) -> None:
        """Tell a listener what goes on; it is called in the thread where it does."""
        self._listeners.append(listener)

    @property
    def builder(self) -> DatasyncBuilder:
        if self._builder is None:
            builder = DatasyncBuilder(self.shapes)
            self.on_datasync_initialization(builder)
            self._builder = builder
        return self._builder

    def clock(self) -> datetime:
        """When a change is made, by this device. Only rules that go by time ask for it."""
        return datetime.now(UTC)

    def step(self, name: str) -> None:
        """What a push or a pull does next."""

    def close(self) -> None:
        if self._builder is not None:
            self._builder.close()
        self.store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def _shapes(self, models: Sequence[type]) -> list[EntityShape]:
        for model in models:
            if model.__name__ not in self.shapes:
                raise ClientError(f"{model.__name__} is not synchronised: it is no OfflineEntity of this context")
        return [self.shapes[model.__name__] for model in models] or list(self.shapes.values())

    def _conflict(self, operation: Operation) -> Conflict:
        shape = self.shapes[operation.entity_type]
        with self.store.reading() as connection:
            settling = Settling(Done(connection), shape, "", lambda conflict: SERVER)
            return settling.conflict(operation, operation.theirs)

    def _tell(self, event: SyncEvent) -> None:
        for listener in self._listeners:
            listener(event)


def _parallel(count: int) -> int:
    if not 1 <= count <= MOST_PARALLEL:
        raise ClientError(f"1 to {MOST_PARALLEL} requests go at a time, not {count}")
    return count


def _plain(values: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if values is None else dict(values)
