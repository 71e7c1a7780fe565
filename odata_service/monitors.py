"""Answers that come later: ``Prefer: respond-async`` (Protocol, Asynchronous Requests).

The request runs on in a thread of the worker that took it. Its answer is kept in the database, because the worker that is
asked for it may be another one.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from http import HTTPStatus

import orjson
from sqlalchemy import (
    BigInteger,
    Column,
    Engine,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    delete,
    insert,
    select,
    update,
)

from odata_service.errors import MethodNotAllowed, NotFound
from odata_service.formats.prefer import without
from odata_service.message import ODataRequest, ODataResponse
from odata_service.tracking import create_missing, writing
from odata_service.values import mutable

PATH = "$async"
SECONDS_KEPT = 86_400
RETRY_AFTER = "1"

MONITORS = Table(
    "odata_async",
    MetaData(),
    Column("monitor", String(64), primary_key=True),
    Column("principal", String(200), nullable=False),
    Column("started", BigInteger, nullable=False),  # seconds since the epoch
    Column("status", Integer),  # null until the answer is there
    Column("headers", LargeBinary),  # as JSON
    Column("body", LargeBinary),
)
Handle = Callable[[ODataRequest], ODataResponse]


@mutable
class Monitors:
    """Status monitors: one row for each request that runs on."""

    engine: Engine
    _has_table: bool = False

    def start(self, request: ODataRequest, patience: int, handle: Handle) -> ODataResponse:
        """The answer, if it comes within ``patience`` seconds, else 202 and where to ask for it."""
        monitor = secrets.token_urlsafe(24)
        self._add(monitor, request)
        answered: list[ODataResponse] = []
        done = threading.Event()

        def work() -> None:
            answered.append(handle(request))
            done.set()
            self._keep(monitor, answered[0])

        threading.Thread(target=work, name=f"{PATH}/{monitor}", daemon=True).start()
        if patience and done.wait(patience):
            self._forget(monitor)
            return answered[0]
        return _accepted(f"{request.root}{PATH}/{monitor}")

    def answer(self, request: ODataRequest, wants_message: bool) -> ODataResponse:
        """What a status monitor says: 202 as long as there is no answer. ``wants_message`` for the answer as one HTTP
        message, else its headers and body are those of this answer, too."""
        monitor = request.target.strip("/").partition("/")[2]
        found = self._found(monitor, request)
        if request.method == "DELETE":
            self._forget(monitor)
            return ODataResponse(204)
        if request.method not in ("GET", "HEAD"):
            raise MethodNotAllowed(request.method, ("GET", "HEAD", "DELETE"))
        if found is None:
            return _accepted(f"{request.root}{PATH}/{monitor}")
        return _as_message(found) if wants_message else _as_result(found)

    def _found(self, monitor: str, request: ODataRequest) -> ODataResponse | None:
        """The answer, or ``None`` while there is none; 404 for what nobody waits for, or somebody else."""
        self._create_table()
        mine = (MONITORS.c.monitor == monitor) & (MONITORS.c.principal == request.principal.name)
        with self.engine.connect() as connection:
            row = connection.execute(select(MONITORS).where(mine)).first()
        if row is None or row.started < time.time() - SECONDS_KEPT:
            raise NotFound("MonitorNotFound", "nothing was accepted that could be waited for at this address")
        if row.status is None:
            return None
        return ODataResponse(row.status, orjson.loads(row.headers), row.body)

    def _add(self, monitor: str, request: ODataRequest) -> None:
        self._create_table()
        now = int(time.time())
        values = {"monitor": monitor, "principal": request.principal.name, "started": now}
        with writing(self.engine).begin() as connection:
            connection.execute(delete(MONITORS).where(MONITORS.c.started < now - SECONDS_KEPT))
            connection.execute(insert(MONITORS).values(values))

    def _keep(self, monitor: str, response: ODataResponse) -> None:
        values = {"status": response.status, "headers": orjson.dumps(response.headers), "body": response.body}
        with writing(self.engine).begin() as connection:
            connection.execute(update(MONITORS).where(MONITORS.c.monitor == monitor).values(values))

    def _forget(self, monitor: str) -> None:
        with writing(self.engine).begin() as connection:
            connection.execute(delete(MONITORS).where(MONITORS.c.monitor == monitor))

    def _create_table(self) -> None:
        if not self._has_table:
            create_missing(self.engine, MONITORS)
            self._has_table = True


def is_monitor(request: ODataRequest) -> bool:
    return request.target.strip("/").startswith(f"{PATH}/")


def at_once(request: ODataRequest) -> ODataRequest:
    """The request as it is when nobody minds to wait."""
    return replace(request, headers=without(request.headers, "respond-async", "wait", "callback"))


def _accepted(location: str) -> ODataResponse:
    headers = {"Location": location, "Retry-After": RETRY_AFTER, "Preference-Applied": "respond-async"}
    return ODataResponse(202, headers)


def _as_message(response: ODataResponse) -> ODataResponse:
    lines = [f"HTTP/1.1 {response.status} {HTTPStatus(response.status).phrase}"]
    lines += [f"{name}: {value}" for name, value in response.headers.items()]
    message = "\r\n".join([*lines, "", ""]).encode("latin-1") + response.body
    return ODataResponse(200, {"Content-Type": "application/http", "Content-Transfer-Encoding": "binary"}, message)


def _as_result(response: ODataResponse) -> ODataResponse:
    return ODataResponse(200, {**response.headers, "AsyncResult": str(response.status)}, response.body)
