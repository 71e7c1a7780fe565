"""Reads that do not go through Flask's contexts.

Flask's own work on a request costs as much as a read of one entity. A GET below one of our roots is answered before it
where that can make no difference: where nothing of the application listens to requests, no other route lies below the root,
and no code of the application's own says who the client is. All else, each refusal of the request itself included, is left
to Flask.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import field
from http import HTTPStatus
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

import flask
from flask import Flask
from werkzeug.exceptions import HTTPException

from odata_service.message import ODataResponse
from odata_service.values import mutable
from odata_service.web.response import response_of
from odata_service.web.wsgi import Application

Answer = Callable[[str, WSGIEnvironment], ODataResponse]

_LISTENED_TO = (
    "before_request_funcs", "after_request_funcs", "teardown_request_funcs", "teardown_appcontext_funcs",
    "url_value_preprocessors",
)  # fmt: skip
_SIGNALS = (
    flask.appcontext_pushed, flask.appcontext_popped, flask.appcontext_tearing_down, flask.request_started,
    flask.request_finished, flask.request_tearing_down, flask.got_request_exception,
)  # fmt: skip
_KEEPS_CONTEXT = "werkzeug.debug.preserve_context"  # a test wants to look into Flask's context afterwards


@mutable
class ShortPath:
    """Stands before Flask. Each root's first request is Flask's, which ends the set-up of the application: what it
    listens to and where it has routes does not change any more."""

    app: Flask
    flask: Application
    answers: dict[str, Answer] = field(default_factory=dict)  # by the one segment of a root
    open: dict[str, bool] = field(default_factory=dict)

    @classmethod
    def before(cls, app: Flask) -> ShortPath | None:
        """The one of an application; ``None`` where something stands before Flask already, which nobody shall get past:
        it may know who is asking, or by which name."""
        known: ShortPath | None = app.extensions.get("odata_service")
        if known is None and "wsgi_app" not in vars(app) and _is_plain(type(app)):
            known = app.extensions["odata_service"] = cls(app, app.wsgi_app)
            app.wsgi_app = known  # type: ignore[method-assign]
        return known

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        found = self._answer(environ) if environ["REQUEST_METHOD"] == "GET" else None
        if found is None:
            return self.flask(environ, start_response)
        if found.status != HTTPStatus.OK or found.goes_on is not None or found.pieces is not None:
            return response_of(found, "GET")(environ, start_response)
        start_response("200 OK", [*found.headers.items(), ("Content-Length", str(len(found.body)))])
        return (found.body,)

    def _answer(self, environ: WSGIEnvironment) -> ODataResponse | None:
        root, _, target = environ["PATH_INFO"][1:].partition("/")
        answer = self.answers.get(root)
        if answer is None or not self._may(root, environ):
            return None
        try:
            return answer(target, environ)
        except HTTPException:
            return None  # Flask says so

    def _may(self, root: str, environ: WSGIEnvironment) -> bool:
        is_open = self.open.get(root)
        if is_open is None:
            self.open[root] = self._has_only_us(root)
            return False
        return is_open and _KEEPS_CONTEXT not in environ and not _are_heard()

    def _has_only_us(self, root: str) -> bool:
        listens = any(getattr(self.app, each) for each in _LISTENED_TO)
        rules = [rule for rule in self.app.url_map.iter_rules() if _may_lie_below(rule.rule, root)]
        by_host = self.app.url_map.host_matching or any(rule.subdomain for rule in rules)
        trusted: Any = self.app.config.get("TRUSTED_HOSTS")
        return not listens and len(rules) == _OUR_RULES and not by_host and not trusted and not self.app.debug


def _are_heard() -> bool:
    for signal in _SIGNALS:  # noqa: SIM110 - asked before every read, and any() takes three times as long
        if signal.receivers:
            return True
    return False


def _is_plain(application: type[Flask]) -> bool:
    """Whether a request takes Flask's own way through the application's class."""
    return all(getattr(application, each) is getattr(Flask, each) for each in _ON_THE_WAY)


_ON_THE_WAY = (
    "wsgi_app", "full_dispatch_request", "preprocess_request", "dispatch_request", "finalize_request", "make_response",
    "process_response", "create_url_adapter",
)  # fmt: skip
_OUR_RULES = 2  # for the root itself and for all below


def _may_lie_below(rule: str, root: str) -> bool:
    """
    >>> [_may_lie_below(rule, "v2") for rule in ("/v2", "/v2/<path:rest>", "/<any>/x", "/v20", "/", "/v4/<x>")]
    [True, True, True, False, False, False]
    """
    first = rule.lstrip("/").partition("/")[0]
    return first == root or "<" in first
