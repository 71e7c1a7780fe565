"""Figures for Prometheus, over all worker processes where ``PROMETHEUS_MULTIPROC_DIR`` names a folder that they share."""

from __future__ import annotations

import os
from hmac import compare_digest
from tempfile import mkdtemp
from types import ModuleType
from wsgiref.types import WSGIEnvironment

from flask import Response, request
from sqlalchemy import Engine, event
from sqlalchemy.pool import QueuePool

from odata_service.config import ConfigurationError, Settings
from odata_service.execute.connection import Timing
from odata_service.message import ODataRequest
from odata_service.web.observation import Listener, Observation
from odata_service.web.redacted import OTHER, Names

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "MERGE", "DELETE", "OPTIONS"))


def _prometheus() -> ModuleType:
    """Imported late: when it is, it looks whether there is a folder for several processes."""
    try:
        import prometheus_client
    except ImportError as error:
        raise ConfigurationError(
            "metrics need prometheus-client; pip install 'odata-service[metrics]' brings it"
        ) from error
    return prometheus_client


class Metrics(Listener):
    """Counts what is answered, and answers itself at ``/-/metrics``."""

    def __init__(self, names: Names, engine: Engine, token: str) -> None:
        self._library, self._names, self._token = _prometheus(), names, token
        self._registry = self._library.CollectorRegistry()
        counter, histogram, gauge = self._library.Counter, self._library.Histogram, self._library.Gauge
        here = {"registry": self._registry}
        of_request = ("protocol", "set", "method", "status")
        self._requests = counter("odata_requests", "requests answered, the parts of batches too", of_request, **here)
        self._seconds = histogram(
            "odata_request_seconds", "until an answer was sent", ("method", "status"), buckets=SECONDS, **here
        )
        self._under_way = gauge(
            "odata_requests_under_way", "requests not answered yet", multiprocess_mode="livesum", **here
        )
        self._statements = histogram("odata_statement_seconds", "of single statements", buckets=SECONDS, **here)
        self._rows = counter("odata_rows", "rows read from the database", **here)
        self._plans = counter("odata_plans", "reads by whether their plan was at hand", ("found",), **here)
        self._places = counter("odata_reads", "reads by where they went, and why not to the replica", ("place", "why"), **here)
        self._pool = gauge("odata_pool_connections_in_use", "of the database", multiprocess_mode="livesum", **here)
        self._most = gauge("odata_pool_connections_most", "that there may be", multiprocess_mode="livesum", **here)
        self._watch(engine)

    def begun(self, seen: Observation, environ: WSGIEnvironment) -> None:
        self._under_way.inc()

    def handled(self, seen: Observation, request: ODataRequest, status: int, timing: Timing) -> None:
        method = request.method if request.method in _METHODS else OTHER
        self._requests.labels(request.protocol, self._names.set_of(request.target), method, str(status)).inc()
        if request.method == "GET" and timing.statements:
            self._plans.labels("made" if timing.parsed else "cached").inc()

        if timing.place:
            self._places.labels(timing.place, timing.why).inc()

    def statement(self, text: str, seconds: float) -> None:
        self._statements.observe(seconds)

    def answered(self, seen: Observation) -> None:
        self._under_way.dec()
        self._rows.inc(seen.timing.rows)
        method = seen.method if seen.method in _METHODS else OTHER
        self._seconds.labels(method, str(seen.status)).observe(seen.seconds)

    def _watch(self, engine: Engine) -> None:
        pool = engine.pool
        most = pool.size() + max(pool._max_overflow, 0) if isinstance(pool, QueuePool) else 0

        @event.listens_for(engine, "checkout")
        def out(*_: object) -> None:
            self._pool.inc()
            self._most.set(most)

        @event.listens_for(engine, "checkin")
        def back(*_: object) -> None:
            self._pool.dec()

    def view(self) -> Response:
        """What Prometheus is told."""
        if self._token and not compare_digest(
            request.headers.get("Authorization", "").encode(), f"Bearer {self._token}".encode()
        ):
            return Response(
                "the metrics need their token\n", 401, {"WWW-Authenticate": "Bearer"}, content_type="text/plain"
            )
        registry = self._registry
        if os.environ.get(FOLDER):
            from prometheus_client.multiprocess import MultiProcessCollector

            registry = self._library.CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return Response(self._library.generate_latest(registry), content_type=self._library.CONTENT_TYPE_LATEST)


def folder_of_figures(settings: Settings) -> str:
    """A new folder in which the workers of one server keep their figures, or nothing where there are none or one is named."""
    if not settings.metrics or os.environ.get(FOLDER):
        return ""
    os.environ[FOLDER] = mkdtemp(prefix="odata-metrics-")
    return os.environ[FOLDER]


def forget_process(pid: int) -> None:
    """What a worker that is gone has under way and in use is nothing."""
    if os.environ.get(FOLDER):
        from prometheus_client.multiprocess import mark_process_dead

        mark_process_dead(pid)  # type: ignore[no-untyped-call]
