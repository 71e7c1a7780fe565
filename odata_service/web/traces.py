"""Spans for OpenTelemetry: one for each request, below it one for each statement; part of the trace that the client began."""

from __future__ import annotations

import time
from dataclasses import field
from typing import Any
from wsgiref.types import WSGIEnvironment

from odata_service.config import ConfigurationError
from odata_service.values import mutable
from odata_service.web.observation import CURRENT, Listener, Observation
from odata_service.web.redacted import Names

try:
    from opentelemetry import context as contexts
    from opentelemetry import propagate, trace
except ImportError:  # it comes with the extra ``otel``
    trace = None  # type: ignore[assignment]

_VERSION_OF_SPANS = "1"


@mutable
class Traces(Listener):
    """Gives spans to whatever OpenTelemetry is told to do with them (``OTEL_…``); where that is nothing, they cost little."""

    names: Names
    system: str  # the database's name, as OpenTelemetry calls it
    _spans: dict[int, tuple[Any, Any]] = field(
        default_factory=dict
    )  # by observation (Any: types of an optional library)

    def __post_init__(self) -> None:
        if trace is None:
            raise ConfigurationError("otel needs OpenTelemetry; pip install 'odata-service[otel]' brings it")

    def begun(self, seen: Observation, environ: WSGIEnvironment) -> None:
        carrier = {"traceparent": environ.get("HTTP_TRACEPARENT", ""), "tracestate": environ.get("HTTP_TRACESTATE", "")}
        span = self._tracer().start_span(seen.method, propagate.extract(carrier), trace.SpanKind.SERVER)
        self._spans[id(seen)] = span, contexts.attach(trace.set_span_in_context(span))

    def statement(self, text: str, seconds: float) -> None:
        if CURRENT.get() is None:
            return  # nobody's: somebody looks for changes
        ended = time.time_ns()
        facts = {"db.system.name": self.system, "db.query.text": text}
        span = self._tracer().start_span(
            text.split(None, 1)[0], None, trace.SpanKind.CLIENT, facts, start_time=ended - int(seconds * 1e9)
        )
        span.end(ended)

    def left(self, seen: Observation) -> None:
        contexts.detach(self._spans[id(seen)][1])

    def answered(self, seen: Observation) -> None:
        span, _ = self._spans.pop(id(seen))
        about = "" if seen.request is None else self.names.set_of(seen.request.target)
        timing = seen.timing
        span.update_name(f"{seen.method} {about}".strip())
        span.set_attributes({
            "http.request.method": seen.method,
            "http.response.status_code": seen.status,
            "url.path": self.names.path(seen.path),
            "odata.entity_set": about,
            "odata.statements": timing.statements,
            "odata.rows": timing.rows,
            "odata.request_id": seen.id,
        })  # fmt: skip
        if seen.status >= 500:
            span.set_status(trace.StatusCode.ERROR)
        span.end()

    def _tracer(self) -> Any:
        """(Any: as above.)"""
        return trace.get_tracer("odata_service", _VERSION_OF_SPANS)
