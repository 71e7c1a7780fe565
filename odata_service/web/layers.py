"""What stands between the server and the service, as the settings ask for it. What is off is not there at all."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from flask import Flask

from odata_service.config import Settings
from odata_service.start import Published
from odata_service.web.codings import compressing
from odata_service.web.cors import crossing
from odata_service.web.health import Health
from odata_service.web.leavers import Leavers
from odata_service.web.logs import AccessLog, SlowLog, write_lines
from odata_service.web.metrics import Metrics
from odata_service.web.observation import Listener, note, watching
from odata_service.web.proxy import behind
from odata_service.web.redacted import Names
from odata_service.web.wsgi import Layer


def stand_before(app: Flask, what: Published, settings: Settings) -> None:
    """Put the layers before an application, the innermost first."""
    app.register_blueprint(Health(what.service.engine, what.service.replica).blueprint(), url_prefix="/-")
    listeners = list(_listeners(app, what, settings))
    if listeners:
        what.service.request_finished.connect(partial(note, listeners))
        if any(type(each).statement is not Listener.statement for each in listeners):
            what.service.hear_statements(partial(_tell, listeners))
    for layer in _layers(what, settings, listeners):
        app.wsgi_app = layer(app.wsgi_app)  # type: ignore[method-assign, assignment]


def _layers(what: Published, settings: Settings, listeners: list[Listener]) -> Iterator[Layer]:
    if settings.cancel_seconds:
        yield Leavers(what.service.engines, settings.cancel_seconds).layer
    yield from compressing(settings)
    yield from crossing(settings)
    if listeners:
        yield watching(listeners)
    yield from behind(settings)


def _listeners(app: Flask, what: Published, settings: Settings) -> Iterator[Listener]:
    names, engine = Names.of(what.service.model, what.roots), what.service.engine
    if settings.log:
        write_lines(settings.log)
        yield AccessLog(names)
    if settings.slow_ms:
        yield SlowLog(settings.slow_ms)
    if settings.metrics:
        metrics = Metrics(names, engine, settings.metrics_token)
        app.add_url_rule("/-/metrics", endpoint="metrics", view_func=metrics.view)
        yield metrics
    if settings.otel:
        from odata_service.web.traces import Traces  # OpenTelemetry is large, and seldom asked for

        yield Traces(names, engine.dialect.name)


def _tell(listeners: list[Listener], text: str, seconds: float) -> None:
    for listener in listeners:
        listener.statement(text, seconds)
