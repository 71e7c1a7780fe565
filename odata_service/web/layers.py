"""What stands between the server and the service, as the settings ask for it. What is off is not there at all."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Flask

from odata_service.config import Settings
from odata_service.web.codings import compressing
from odata_service.web.cors import crossing
from odata_service.web.proxy import behind
from odata_service.web.wsgi import Layer


def stand_before(app: Flask, settings: Settings) -> None:
    """Put the layers before an application, the innermost first."""
    for layer in _layers(settings):
        app.wsgi_app = layer(app.wsgi_app)  # type: ignore[method-assign, assignment]


def _layers(settings: Settings) -> Iterator[Layer]:
    yield from compressing(settings)
    yield from crossing(settings)
    yield from behind(settings)
