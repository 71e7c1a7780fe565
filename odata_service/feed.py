"""Who waits for changes: ``GET People/$changes`` is answered, as long as the client stays, with the stamp of the last
commit whenever there is a new one. It says that there is something to fetch, and not what. ::

    id: 1795671586223
    data: {"stamp":"2026-11-26T05:39:46.223Z"}

One thread of each process looks at the clock for all who wait, so that a client costs a connection and nothing else. Who
was believed until some moment is sent away then, and has to say anew who he is.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import field
from urllib.parse import unquote

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from odata_service.access import Caller, EntitySetRights
from odata_service.bind.delta import can_be_followed
from odata_service.bind.query import Query, Read, Step
from odata_service.edm.model import EntitySet
from odata_service.errors import BadRequest, MethodNotAllowed, NotFound, ODataError
from odata_service.execute.connection import ReadConnections, Timing
from odata_service.message import ODataRequest, ODataResponse, Sink, User
from odata_service.reads import Reads
from odata_service.tracking import greatest_stamp, has_counter, last_stamps, milliseconds, moment
from odata_service.values import mutable

CHANGES = "$changes"
READS = ("GET", "HEAD")
LAST_EVENT_ID = "Last-Event-ID"
SECONDS_BETWEEN_LOOKS = 0.25
SECONDS_BETWEEN_BEATS = 15.0
HEADERS = {
    "Content-Type": "text/event-stream",
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",  # nginx would wait for more
}
HEARTBEAT = b":\n\n"  # a comment: it tells the server whether the client is still there, and proxies that they must be
logger = logging.getLogger("odata_service")


@mutable(eq=False)
class Listener:
    """One who waits for changes of an entity set, and has ``seen`` those up to a stamp."""

    entity_set: EntitySet
    caller: Caller
    sink: Sink
    seen: int

    @property
    def is_believed(self) -> bool:
        user = self.caller.context.user
        return not isinstance(user, User) or time.time() < user.until


def is_feed(request: ODataRequest) -> bool:
    return request.target.strip("/").endswith(f"/{CHANGES}")


@mutable
class Feed:
    """All who wait in this process."""

    reads: Reads
    _listeners: list[Listener] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _thread: threading.Thread | None = None
    _clock: Mapping[str, int] | None = None  # the stamp of each group, when it was last looked at
    _greatest: dict[str, int] = field(default_factory=dict)  # the stamp of each set then

    def answer(self, request: ODataRequest) -> ODataResponse:
        """Begins to answer; whoever sends the answer on gives it a sink."""
        if request.method not in READS:
            raise MethodNotAllowed(request.method, READS)
        if request.in_batch:
            raise BadRequest("BadBatch", "an answer that goes on cannot be a part of a batch")
        caller = self.reads.access.caller(request)
        entity_set = caller.model.entity_set(unquote(request.target.strip("/").removesuffix(f"/{CHANGES}")))
        caller.demand(entity_set, EntitySetRights.READ_MULTIPLE)
        if not can_be_followed(Read(Query((Step(entity_set),)))):
            raise NotFound("NotTracked", f"changes of {entity_set.name} are not tracked")
        caller.conditions.of(entity_set.name)  # asked once, while there is a request
        with self._lock:
            self.reads.limits.check("max_feeds", len(self._listeners) + 1)
        seen = _seen(request.headers.get(LAST_EVENT_ID))
        return ODataResponse(
            200, dict(HEADERS), goes_on=lambda sink: self._begin(Listener(entity_set, caller, sink, seen))
        )

    def _begin(self, listener: Listener) -> Callable[[], None]:
        """Gives how to end it."""
        listener.sink.put(HEARTBEAT)
        with self._lock:
            self._listeners.append(listener)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="odata-feed", daemon=True)
                self._thread.start()
        return lambda: self._end([listener])

    def _end(self, listeners: Iterable[Listener]) -> None:
        with self._lock:
            for each in listeners:
                if each in self._listeners:
                    self._listeners.remove(each)

    def _run(self) -> None:
        """As long as anybody is there. After a mistake of ours everybody is sent away: they come again."""
        try:
            self._tell()
        except Exception:
            logger.exception("the change feed has ended")
            with self._lock:
                left, self._listeners, self._thread = self._listeners, [], None
            for each in left:
                each.sink.close()

    def _tell(self) -> None:
        """Look, tell, wait; ends when nobody is left."""
        next_beat = time.monotonic() + SECONDS_BETWEEN_BEATS
        while (listeners := self._waiting()) is not None:
            for listener, stamp in self._news(listeners):
                self._put(listener, _event(stamp))
            if time.monotonic() > next_beat:
                next_beat = time.monotonic() + SECONDS_BETWEEN_BEATS
                for listener in listeners:
                    self._put(listener, HEARTBEAT)
            self._end([each for each in listeners if each.sink.is_gone()])
            time.sleep(SECONDS_BETWEEN_LOOKS)

    def _waiting(self) -> list[Listener] | None:
        """Those who are still believed; the others are sent away."""
        with self._lock:
            for each in [each for each in self._listeners if not each.is_believed]:
                self._listeners.remove(each)
                each.sink.close()
            if not self._listeners:
                self._thread = None
                return None
            return list(self._listeners)

    def _put(self, listener: Listener, piece: bytes) -> None:
        try:
            listener.sink.put(piece)
        except OSError:
            self._end([listener])

    def _news(self, listeners: list[Listener]) -> Iterator[tuple[Listener, int]]:
        """Who has news, up to which stamp. Where the database cannot be asked there are none for now."""
        try:
            self._look({each.entity_set.name: each.entity_set for each in listeners})
            for each in listeners:
                since, until = each.seen, self._greatest[each.entity_set.name]
                each.seen = max(since, until)
                if since < until and self._sees_any(each, since, until):
                    yield each, until
        except (ODataError, SQLAlchemyError) as error:
            self._clock = None
            logger.warning("the change feed could not look for changes: %s", error)

    def _look(self, entity_sets: Mapping[str, EntitySet]) -> None:
        """Bring the greatest stamp of each set up to date, where the clock has moved on or nobody has looked yet."""
        connections = self._connections
        with connections.engine.connect() as connection:
            clock = self._clocks(connection) if connections.once(has_counter) else {}
            if clock != self._clock:
                self._greatest.clear()
            for name, entity_set in entity_sets.items():
                if name not in self._greatest:
                    self._greatest[name] = _greatest_stamp(connection, entity_set)
            self._clock = clock

    def _clocks(self, connection: Connection) -> Mapping[str, int]:
        return {row.tracked_group: row.last for row in connection.execute(last_stamps())}

    @property
    def _connections(self) -> ReadConnections:
        """Who hears of something fetches it at once, so a replica that may be read from is asked, and what it does not have yet
        is no news."""
        replica = self.reads.replica
        return replica.connections if replica is not None and replica.is_fit() else self.reads.connections

    def _sees_any(self, listener: Listener, since: int, until: int) -> bool:
        """Whether any of the changes are of entities that this one may see."""
        if listener.caller.conditions.of(listener.entity_set.name) is None:
            return True
        read = Read(Query((Step(listener.entity_set),)), kind="count")
        return self.reads.deltas.count(read, listener.caller, since, until, Timing()) > 0


def _greatest_stamp(connection: Connection, entity_set: EntitySet) -> int:
    stamp = connection.scalar(greatest_stamp(entity_set.type.mapper))
    return 0 if stamp is None else milliseconds(stamp)


def _event(stamp: int) -> bytes:
    """
    >>> _event(1)
    b'id: 1\\ndata: {"stamp":"1970-01-01T00:00:00.001Z"}\\n\\n'
    """
    return f'id: {stamp}\ndata: {{"stamp":"{moment(stamp).isoformat(timespec="milliseconds")}Z"}}\n\n'.encode()


def _seen(last_event_id: str | None) -> int:
    """What a client that comes again has heard of already.

    >>> _seen("17"), _seen(None), _seen("x")
    (17, -1, -1)
    """
    return int(last_event_id) if last_event_id and last_event_id.isdecimal() and len(last_event_id) < 16 else -1
