"""``/-/live`` and ``/-/ready``: what an orchestrator asks before it sends clients here, or starts a new process."""

from __future__ import annotations

import threading
from dataclasses import field

from flask import Blueprint, Response
from sqlalchemy import Engine, select
from sqlalchemy.exc import SQLAlchemyError

from odata_service.execute.replica import Replica
from odata_service.values import mutable

SECONDS = 2.0  # that the database has


@mutable
class Health:
    """Asks the database in a thread of its own, at most one at a time: a database that does not answer costs one thread,
    however often somebody asks."""

    engine: Engine
    replica: Replica | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _asking: threading.Thread | None = None
    _is_there: bool = False

    def blueprint(self) -> Blueprint:
        routes = Blueprint("health", __name__)
        routes.add_url_rule("/live", view_func=lambda: _said("alive"), endpoint="live")
        routes.add_url_rule("/ready", view_func=self.ready)
        return routes

    def ready(self) -> Response:
        with self._lock:
            if self._asking is None or not self._asking.is_alive():
                self._is_there = False
                self._asking = threading.Thread(target=self._ask, name="odata-ready", daemon=True)
                self._asking.start()
            asking = self._asking
        asking.join(SECONDS)
        return _said(f"ready{self._of_replica()}") if self._is_there else _said("the database does not answer", 503)

    def _of_replica(self) -> str:
        """Without it the service is as right as ever."""
        problem = "" if self.replica is None else self.replica.problem
        return f"; the read replica {problem}: reads go to the database itself" if problem else ""

    def _ask(self) -> None:
        try:
            with self.engine.connect() as connection:
                connection.execute(select(1))
        except SQLAlchemyError:
            return  # said by who asks
        self._is_there = True
        if self.replica is not None:
            self.replica.look()


def _said(text: str, status: int = 200) -> Response:
    headers = {"Cache-Control": "no-store"} | ({"Retry-After": "5"} if status == 503 else {})
    return Response(f"{text}\n", status, headers, content_type="text/plain; charset=utf-8")
