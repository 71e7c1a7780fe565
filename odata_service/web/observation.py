"""What is known of a request when it is answered, and who wants to hear of it: logs, metrics, traces.

One layer watches the request, the service says through its signals what it made of it, and the listeners are told when the
answer is sent. A request has an id, ``X-Request-ID``, its client's or a new one, which stands in every line that is logged
on its behalf.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Iterable, Sequence
from contextvars import ContextVar
from dataclasses import field
from functools import partial
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

from odata_service.context import Context
from odata_service.execute.connection import Timing
from odata_service.message import ODataRequest, ODataResponse
from odata_service.values import mutable
from odata_service.web.wsgi import Application, Ending, Fields, Layer, adds

_ID = re.compile(r"[\w.:/+=-]{1,128}", re.ASCII)
_TRACE = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}(-.*)?")  # W3C Trace Context, traceparent


@mutable
class Observation:
    """A request under way, or answered."""

    id: str
    trace: str  # of which it is a part, or nothing
    method: str
    path: str
    address: str
    started: float = field(default_factory=time.perf_counter)
    status: int = 0
    seconds: float = 0.0
    request: ODataRequest | None = None  # as the service saw it; None where it never came so far
    timings: list[Timing] = field(default_factory=list)  # of each request in it; that of a long answer ends when it is sent

    @classmethod
    def of(cls, environ: WSGIEnvironment) -> Observation:
        asked, trace = environ.get("HTTP_X_REQUEST_ID", ""), _TRACE.fullmatch(environ.get("HTTP_TRACEPARENT", ""))
        return cls(
            asked if _ID.fullmatch(asked) else secrets.token_hex(16),
            trace[1] if trace else "",
            environ["REQUEST_METHOD"],
            f"{environ.get('SCRIPT_NAME', '')}{environ['PATH_INFO']}",
            environ.get("REMOTE_ADDR", ""),
        )

    @property
    def timing(self) -> Timing:
        """What the database was asked; a batch is the sum of its parts."""
        statements, rows = sum(each.statements for each in self.timings), sum(each.rows for each in self.timings)
        return Timing(statements, sum(each.seconds for each in self.timings), rows=rows)


class Listener:
    """Who wants to hear; a real one says more than nothing where it matters."""

    def begun(self, seen: Observation, environ: WSGIEnvironment) -> None: ...

    def handled(self, seen: Observation, request: ODataRequest, status: int, timing: Timing) -> None:
        """The service has answered a request, or one of many in a batch."""

    def statement(self, text: str, seconds: float) -> None: ...

    def left(self, seen: Observation) -> None:
        """The application has answered; what comes now is sent."""

    def answered(self, seen: Observation) -> None:
        """The answer is sent."""


CURRENT: ContextVar[Observation | None] = ContextVar("odata_request", default=None)


def note(listeners: Sequence[Listener], context: Context, response: ODataResponse) -> None:
    """What the service has made of a request."""
    seen = CURRENT.get()
    if seen is None or context.timing is None:
        return  # one that nobody waits for any more
    if not context.in_batch:
        seen.request = context.request
    seen.timings.append(context.timing)
    for listener in listeners:
        listener.handled(seen, context.request, response.status, context.timing)


def watching(listeners: Sequence[Listener]) -> Layer:
    return partial(_watched, tuple(listeners))


def _watched(listeners: Sequence[Listener], app: Application) -> Application:
    def watched(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        seen = Observation.of(environ)
        token = CURRENT.set(seen)
        start = adds(environ, start_response, [("X-Request-ID", seen.id)])
        for listener in listeners:
            listener.begun(seen, environ)
        try:
            return Ending(app(environ, partial(_started, seen, start)), partial(_told, seen, listeners))
        finally:
            for listener in listeners:
                listener.left(seen)
            CURRENT.reset(token)

    return watched


def _started(seen: Observation, start: StartResponse, status: str, headers: Fields, exc_info: Any = None) -> Any:
    """(Any: as :func:`adds` has it.)"""
    seen.status = int(status[:3])
    return start(status, headers, exc_info)


def _told(seen: Observation, listeners: Sequence[Listener]) -> None:
    seen.seconds = time.perf_counter() - seen.started
    for listener in listeners:
        listener.answered(seen)
