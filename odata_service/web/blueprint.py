"""Flask's request → :class:`ODataRequest`, :class:`ODataResponse` → Flask's response. Nothing here knows OData."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache, partial
from http import HTTPStatus
from urllib.parse import quote, unquote
from wsgiref.types import WSGIEnvironment

from flask import Blueprint, Flask, Request, Response, abort, request
from flask.blueprints import BlueprintSetupState
from werkzeug.routing import BaseConverter, Rule
from werkzeug.wsgi import get_content_length, get_host, get_input_stream

from odata_service import ODataService
from odata_service.auth import Authentication
from odata_service.errors import ODataError
from odata_service.message import ANONYMOUS, ODataRequest, ODataResponse, Principal
from odata_service.protocol import Protocol
from odata_service.values import frozen
from odata_service.web.codings import decoded
from odata_service.web.environ_headers import EnvironHeaders
from odata_service.web.response import response_of
from odata_service.web.short_path import ShortPath

_HOST = re.compile(r"[A-Za-z0-9._-]+(:\d+)?|\[[0-9A-Fa-f:.]+\](:\d+)?")
_PLAIN_IN_PATHS = "/'(),=$:@!*;&+"
_PLAIN_PATH = re.compile(r"/(?!/)[!-$&-~]*")
_SHORT_PREFIX = re.compile(r"/[A-Za-z0-9._-]+")
_HAS_BODY = {"CONTENT_LENGTH", "HTTP_TRANSFER_ENCODING"}
_PIECE = 64 * 1024
_numbers = itertools.count(1)  # Flask wants a name of its own for each blueprint


Who = Callable[[Request], Principal | None] | Authentication


def blueprint(service: ODataService, protocol: Protocol, who: Who | None = None) -> Blueprint:
    """Everything below a prefix, in any method, answered by ``service``. ::

        app.register_blueprint(service.blueprint("v2"), url_prefix="/PeopleDataService.svc")

    One service may be mounted in many places.
    """
    routes = Blueprint(f"odata_{protocol}_{next(_numbers)}", __name__)
    routes.record(lambda state: _mount(state, Endpoint(service, protocol, who)))
    return routes


@frozen
class Endpoint:
    """A service in one protocol, and how the application knows ``who`` asks."""

    service: ODataService
    protocol: Protocol
    who: Who | None

    def answer(self, asked: ODataRequest, environ: WSGIEnvironment) -> ODataResponse:
        if self.who is None:
            return self.service.handle(asked)
        try:
            asked = replace(asked, principal=self._caller(environ) or ANONYMOUS)
        except ODataError as error:
            return self._own(self.service.refused(error, asked))
        response = self.service.handle(asked)
        if response.status == HTTPStatus.FORBIDDEN and asked.principal is ANONYMOUS and isinstance(self.who, Authentication):
            response = self.service.refused(self.who.invitation, asked)
        return self._own(response)

    def _own(self, response: ODataResponse) -> ODataResponse:
        """What one caller is told, no cache on the way tells another; his own asks again whether it is still so."""
        if isinstance(self.who, Authentication):
            response.headers.setdefault("Cache-Control", "private, no-cache")
        return response

    def _caller(self, environ: WSGIEnvironment) -> Principal | None:
        """What is ours looks at the headers alone; the application's own code gets Flask's request."""
        if isinstance(self.who, Authentication):
            return self.who(Sender(EnvironHeaders(environ), environ.get("REMOTE_ADDR")))
        assert self.who is not None
        return self.who(request)

    @property
    def needs_flask(self) -> bool:
        return not (self.who is None or isinstance(self.who, Authentication))


@frozen
class Sender:
    """What is looked at of a request before it is known who sends it."""

    headers: EnvironHeaders
    remote_addr: str | None


def _mount(state: BlueprintSetupState, mounted: Endpoint) -> None:
    """Two rules that leave path and method alone: no redirect, no 405 and no OPTIONS of Flask's own."""
    prefix = (state.url_prefix or "").rstrip("/")
    endpoint = f"{state.name_prefix}.{state.name}.answer".lstrip(".")

    def answer(target: str = "", **_parts_of_the_prefix: str) -> Response:
        return _answer(mounted, target, request.environ)

    state.app.url_map.converters["odata_target"] = TargetConverter
    state.app.view_functions[endpoint] = answer
    for path in (prefix, f"{prefix}/<odata_target:target>"):
        if path:
            state.app.url_map.add(Rule(path, endpoint=endpoint, strict_slashes=False, merge_slashes=False))
    if not mounted.needs_flask and isinstance(state.app, Flask) and _SHORT_PREFIX.fullmatch(prefix):
        short_path = ShortPath.before(state.app)
        if short_path is not None:
            short_path.answers[prefix[1:]] = partial(_answered, mounted)


class TargetConverter(BaseConverter):
    """Any path at all, the empty one and ``//`` included: the service splits it itself, from the raw request."""

    regex = "(?s:.*)"  # a line break too, which a key may have
    part_isolating = False


def _answer(mounted: Endpoint, decoded_target: str, environ: WSGIEnvironment) -> Response:
    return response_of(_handled(mounted, decoded_target, environ), environ["REQUEST_METHOD"].upper())


def _answered(mounted: Endpoint, target: str, environ: WSGIEnvironment) -> ODataResponse:
    return _handled(mounted, _decoded(target), environ)


def _handled(mounted: Endpoint, decoded_target: str, environ: WSGIEnvironment) -> ODataResponse:
    method = environ["REQUEST_METHOD"].upper()
    root, target = root_and_target(environ, decoded_target)
    asked = ODataRequest(
        protocol=mounted.protocol,
        method="GET" if method == "HEAD" else method,  # Werkzeug leaves the body off for HEAD
        target=target,
        query=environ.get("QUERY_STRING", ""),
        headers=EnvironHeaders(environ),
        root=root,
    )
    if _HAS_BODY & environ.keys():
        try:
            asked = replace(asked, body=_body(environ, mounted.service.limits.max_body_bytes + 1))
        except ODataError as error:
            return mounted.service.refused(error, asked)
    return mounted.answer(asked, environ)


def root_and_target(environ: WSGIEnvironment, decoded_target: str) -> tuple[str, str]:
    """Where the service is mounted, as an absolute URL, and the path below it as the client wrote it.

    ``/v2/Names('a%2Fb')`` → ``http://localhost/v2/`` and ``Names('a%2Fb')``, not two segments.
    """
    path = environ["PATH_INFO"]
    if path == environ.get("RAW_URI", "").partition("?")[0] and not environ.get("SCRIPT_NAME") and _PLAIN_PATH.fullmatch(path):
        mounted_at = path.removesuffix(decoded_target).rstrip("/")  # most requests: nothing is encoded
        return _root(environ["wsgi.url_scheme"], environ.get("HTTP_HOST") or get_host(environ), mounted_at), decoded_target
    script = _decoded(environ.get("SCRIPT_NAME", "")).rstrip("/")
    prefix = _decoded(path).removesuffix(decoded_target).strip("/")
    prefix = prefix and f"/{prefix}"
    root = _root(environ["wsgi.url_scheme"], environ.get("HTTP_HOST") or get_host(environ), script + prefix)
    raw = _raw_path(environ)
    for mounted_at in (script + prefix, prefix):  # a proxy may add a SCRIPT_NAME that is in no path
        target = _below(raw, segments=mounted_at.count("/"))
        if unquote(target) == decoded_target:
            return root, target
    return root, quote(decoded_target, safe=_PLAIN_IN_PATHS)  # this server keeps the raw path to itself


@lru_cache(maxsize=256)
def _root(scheme: str, host: str, mounted_at: str) -> str:
    """The Host header becomes part of every URL we write, so it has to be one (RFC 9112, Request Target)."""
    if not _HOST.fullmatch(host):
        abort(400, "the Host header is missing or is not the name of a host")
    return f"{scheme}://{host}{quote(mounted_at)}/"


def _decoded(path: str) -> str:
    """WSGI gives a path's bytes as if they were Latin-1 (PEP 3333, Unicode Issues); broken ones match no name.

    >>> _decoded("/Caf\\xc3\\xa9")
    '/Café'
    """
    return path if path.isascii() else path.encode("latin-1").decode(errors="replace")


def _raw_path(environ: WSGIEnvironment) -> str:
    """The path as it came: Gunicorn says RAW_URI, Werkzeug and uWSGI say REQUEST_URI.

    >>> _raw_path({"RAW_URI": "http://localhost/v2/A%2FB?$top=1"}), _raw_path({"REQUEST_URI": "//v2/A"})
    ('/v2/A%2FB', '/v2/A')
    """
    uri = environ.get("RAW_URI") or environ.get("REQUEST_URI") or ""
    path, _, _query = uri.partition("?")
    if not path.startswith("/"):  # a proxy may be asked with the absolute form
        path = path.partition("://")[2].partition("/")[2]
    return "/" + path.lstrip("/")


def _below(path: str, segments: int) -> str:
    """
    >>> _below("/v2/People", 1), _below("/v2", 1)
    ('People', '')
    """
    return "".join(path.split("/", segments + 1)[segments + 1 :])


def _body(environ: WSGIEnvironment, most: int) -> bytes:
    """The body, also a chunked one without Content-Length; cut after ``most`` bytes, where the service refuses it."""
    body = bytearray()
    stream = get_input_stream(environ)
    try:
        while len(body) < most and (piece := stream.read(min(most - len(body), _PIECE))):
            body += piece
    except Exception:  # of whatever class a server raises when a chunk is malformed or the rest never comes
        abort(400, "the request's body is malformed or incomplete")
    if len(body) < min(get_content_length(environ) or 0, most):
        abort(400, "the request's body is shorter than its Content-Length")  # Gunicorn ends it without a word
    coding = environ.get("HTTP_CONTENT_ENCODING")
    return bytes(body) if coding is None or len(body) == most else decoded(bytes(body), coding, most)
