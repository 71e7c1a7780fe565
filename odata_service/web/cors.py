"""Browsers on pages of other origins (Fetch, HTTP extensions): who may ask, and which headers such a page may read.

The headers stand on every answer, a refusal, a 404 outside of the roots and a batch included: without them a page learns nothing
but that something failed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import partial
from urllib.parse import urlsplit
from wsgiref.types import StartResponse, WSGIEnvironment

from odata_service.config import ConfigurationError, Settings
from odata_service.values import frozen
from odata_service.web.wsgi import Application, Fields, Layer, adds

ANY = "*"
METHODS = "GET, HEAD, POST, PUT, PATCH, MERGE, DELETE, OPTIONS"
EXPOSED = ", ".join((
    "OData-Version", "OData-EntityId", "OData-MaxVersion", "DataServiceVersion", "ETag", "Location", "Preference-Applied", "Retry-After",
    "Server-Timing", "Allow", "AsyncResult", "Consistency-Token", "Content-Disposition", "Content-Encoding", "Content-Length", "Content-Range", "Accept-Ranges",
    "Last-Modified", "Repeatability-Result", "WWW-Authenticate", "X-Request-ID", "ZUMO-API-VERSION",
))  # fmt: skip
_NAMES = re.compile(r"[\w!#$%&'*+.^`|~-]+(\s*,\s*[\w!#$%&'*+.^`|~-]+)*", re.ASCII)


def crossing(settings: Settings) -> Iterator[Layer]:
    """What lets pages of the origins in that the settings name."""
    if settings.cors_origins:
        yield partial(_with_cors, _policy(settings))
    elif settings.cors_credentials or settings.cors_private_network:
        raise ConfigurationError("cors_credentials and cors_private_network need cors_origins that they are for")


def _policy(settings: Settings) -> Policy:
    origins = frozenset(origin.lower() for origin in settings.cors_origins)
    if ANY in origins and (len(origins) > 1 or settings.cors_credentials):
        raise ConfigurationError(
            "cors_origins: * is for every page, so it stands alone and goes without cors_credentials"
        )
    wrong = next((each for each in sorted(origins - {ANY}) if not _is_origin(each)), None)
    if wrong is not None:
        raise ConfigurationError(f"cors_origins: {wrong!r} is no origin; https://app.example.com would be one")
    return Policy(origins, settings.cors_credentials, settings.cors_max_age, settings.cors_private_network)


def _is_origin(text: str) -> bool:
    """
    >>> [_is_origin(text) for text in ("https://a.example:8443", "https://a.example/", "a.example", "null")]
    [True, False, False, False]
    """
    said = urlsplit(text)
    return bool(said.scheme and said.netloc) and text == f"{said.scheme}://{said.netloc}"


@frozen
class Policy:
    """Who may ask, and how."""

    origins: frozenset[str]
    credentials: bool
    max_age: int  # seconds for which a browser need not ask again what it may do
    private_network: bool

    def answer(self, origin: str) -> Fields:
        """The headers of an answer to a page."""
        said = [] if ANY in self.origins else [("Vary", "Origin")]
        return (
            [*said, *self._allowed(origin), ("Access-Control-Expose-Headers", EXPOSED)] if self.knows(origin) else said
        )

    def preflight(self, environ: WSGIEnvironment) -> Fields:
        """The headers that tell a browser what it may ask."""
        headers = environ.get("HTTP_ACCESS_CONTROL_REQUEST_HEADERS", "").strip()
        fields = [
            *self._allowed(environ["HTTP_ORIGIN"]),
            ("Access-Control-Allow-Methods", METHODS),
            ("Access-Control-Max-Age", str(self.max_age)),
            ("Vary", "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"),
        ]
        if _NAMES.fullmatch(headers):
            fields.append(("Access-Control-Allow-Headers", headers))
        if self.private_network and environ.get("HTTP_ACCESS_CONTROL_REQUEST_PRIVATE_NETWORK") == "true":
            fields.append(("Access-Control-Allow-Private-Network", "true"))
        return fields

    def knows(self, origin: str) -> bool:
        return bool(origin) and (ANY in self.origins or origin.lower() in self.origins)

    def _allowed(self, origin: str) -> Fields:
        allowed = [("Access-Control-Allow-Origin", ANY if ANY in self.origins else origin)]
        return [*allowed, ("Access-Control-Allow-Credentials", "true")] if self.credentials else allowed


def _with_cors(policy: Policy, app: Application) -> Application:
    def with_cors(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        origin = environ.get("HTTP_ORIGIN", "")
        asks_first = environ["REQUEST_METHOD"] == "OPTIONS" and "HTTP_ACCESS_CONTROL_REQUEST_METHOD" in environ
        if asks_first and policy.knows(origin):
            start_response("204 No Content", policy.preflight(environ))
            return ()
        return app(environ, adds(environ, start_response, policy.answer(origin)))

    return with_cors
