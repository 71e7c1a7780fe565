"""Reads whose client has left are stopped, so that the database works for those who wait.

A thread that waits for the database cannot see its client. Under Gunicorn another one can: the socket stands in the request's
environment, and a client that has closed its end is seen without reading from it. Changes are left alone: who sends one and
leaves may well want it done.
"""

from __future__ import annotations

import logging
import os
import select
import threading
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import field
from functools import partial
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

from sqlalchemy import Engine, event

from odata_service.dialects import database_named
from odata_service.values import mutable
from odata_service.web.endless import GUNICORNS_SOCKET
from odata_service.web.wsgi import Application, Ending

SECONDS_BETWEEN_LOOKS = 0.5
logger = logging.getLogger("odata_service")


@mutable(eq=False)
class Asking:
    """A read under way, its client's socket, and the driver's connection that its thread has. (Any: drivers share no type.)"""

    socket: Any
    thread: int
    since: float = field(default_factory=time.monotonic)
    connection: Any = None


class Leavers:
    """Looks after the reads of one process; the thread that does is there as long as there are any."""

    def __init__(self, engines: Sequence[Engine], seconds: float) -> None:
        self._engine, self._seconds = engines[0], seconds
        self._database = database_named(self._engine.dialect.name)
        self._asking: dict[int, Asking] = {}  # by thread
        self._lock = threading.Lock()  # held while a connection is told, so that nobody else has it by then
        self._looker: threading.Thread | None = None
        for engine in engines:
            event.listen(engine, "checkout", self._takes)
            event.listen(engine, "checkin", self._gives_back)
        os.register_at_fork(after_in_child=self._forget)

    def layer(self, app: Application) -> Application:
        def watched(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            socket = environ.get(GUNICORNS_SOCKET)
            if socket is None or environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
                return app(environ, start_response)
            thread = threading.get_ident()
            self._begin(Asking(socket, thread))
            try:
                return Ending(app(environ, start_response), partial(self._end, thread))
            except BaseException:
                self._end(thread)
                raise

        return watched

    def _begin(self, asking: Asking) -> None:
        with self._lock:
            self._asking[asking.thread] = asking
            if self._looker is None:
                self._looker = threading.Thread(target=self._look, name="odata-leavers", daemon=True)
                self._looker.start()

    def _end(self, thread: int) -> None:
        with self._lock:
            self._asking.pop(thread, None)

    def _takes(self, connection: Any, _record: object, _proxy: object) -> None:
        """(Any: as above.)"""
        asking = self._asking.get(threading.get_ident())
        if asking is not None:
            asking.connection = connection

    def _gives_back(self, _connection: object, _record: object) -> None:
        asking = self._asking.get(threading.get_ident())
        if asking is not None:
            with self._lock:
                asking.connection = None

    def _forget(self) -> None:
        """A process that was forked has none of the threads."""
        self._asking, self._lock, self._looker = {}, threading.Lock(), None

    def _look(self) -> None:
        while self._stop_abandoned():
            time.sleep(SECONDS_BETWEEN_LOOKS)

    def _stop_abandoned(self) -> bool:
        """Whether anybody is left to look after."""
        with self._lock:
            if not self._asking:
                self._looker = None
                return False
            late = time.monotonic() - self._seconds
            for asking in self._asking.values():
                if asking.since < late and asking.connection is not None and _has_left(asking.socket):
                    self._stop(asking)
            return True

    def _stop(self, asking: Asking) -> None:
        try:
            self._database.cancel(self._engine, asking.connection)
            logger.info("a statement was stopped, because its client has left")
        except Exception:  # of whatever class a driver raises that cannot reach the database any more
            logger.warning("a statement could not be stopped whose client has left", exc_info=True)
        asking.connection = None  # once is enough


def _has_left(socket: Any) -> bool:
    """(Any: a socket, also one with TLS around it.)"""
    with suppress(OSError, ValueError):  # it is another one's by now
        look = select.poll()
        look.register(socket.fileno(), getattr(select, "POLLRDHUP", 0) | select.POLLHUP | select.POLLERR)
        return bool(look.poll(0))
    return False
