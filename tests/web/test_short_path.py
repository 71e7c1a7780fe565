"""Reads past Flask's contexts: the same answers, and only where the application has nothing to say to a request."""

from __future__ import annotations

import flask
import pytest
from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.test import EnvironBuilder, run_wsgi_app

from odata_service import ODataRequest, ODataResponse
from odata_service.message import User
from odata_service.protocol import V4
from odata_service.web.blueprint import blueprint
from odata_service.web.short_path import ShortPath
from tests.web.test_blueprint import Recorder

SAME = [
    "/v4", "/v4/", "/v4/People(1)", "/v4/People('a%2Fb')?$top=1", "/v4/Caf%C3%A9", "/v4//People", "//v4/People",
    "/v4/%FF", "/v4/204", "/v4/304", "/v4/404", "/v40/People", "/",
]  # fmt: skip


class Echo(Recorder):
    """Says what it was asked, with the status that the path names."""

    def handle(self, request: ODataRequest) -> ODataResponse:
        status = int(request.target) if request.target.isdigit() else 200
        said = f"{request.root} {request.target} {request.query} {request.headers.get('Accept')}".encode()
        return ODataResponse(status, {"Content-Type": "text/plain", "ETag": '"1"'}, b"" if status == 304 else said)


class Counted:
    """Flask, and how often it was asked."""

    def __init__(self, app: Flask) -> None:
        self.times = 0
        self._flask = app.wsgi_app.flask  # type: ignore[attr-defined]

    def __call__(self, environ, start_response):
        self.times += 1
        return self._flask(environ, start_response)


def application(who=None) -> Flask:
    app = Flask("test")
    app.register_blueprint(blueprint(Echo(), V4, who), url_prefix="/v4")
    return app


def ask(app: Flask, path: str = "/v4/People", host: str = "localhost", method: str = "GET"):
    raw, _, query = path.partition("?")
    environ = EnvironBuilder(raw, query_string=query, method=method, headers={"Accept": "text/plain"}).get_environ()
    pieces, status, headers = run_wsgi_app(app.wsgi_app, environ | {"RAW_URI": path, "HTTP_HOST": host})
    return status, sorted(headers), b"".join(pieces)


def flask_is_asked(app: Flask, **how: str) -> bool:
    """At a request that is not the first."""
    ask(app)
    if not isinstance(app.wsgi_app, ShortPath):
        return True
    counted = app.wsgi_app.flask = Counted(app)
    ask(app, **how)
    return counted.times > 0


@pytest.mark.parametrize("path", SAME)
def test_answers_are_those_of_flask(path):
    app, plain = application(), application()
    plain.after_request(lambda response: response)
    assert not flask_is_asked(app) and flask_is_asked(plain)
    assert ask(app, path) == ask(plain, path)


def test_a_host_that_is_none_is_refused_by_flask():
    app = application()
    ask(app)
    assert ask(app, host="a b")[0].startswith("400")


@pytest.mark.parametrize("method", ["HEAD", "POST", "OPTIONS", "get"])
def test_other_methods_are_flask_s(method):
    assert flask_is_asked(application(), method=method)


@pytest.mark.parametrize("listen", [
    lambda app: app.before_request(lambda: None),
    lambda app: app.after_request(lambda response: response),
    lambda app: app.teardown_request(lambda error: None),
    lambda app: app.teardown_appcontext(lambda error: None),
    lambda app: app.url_value_preprocessor(lambda endpoint, values: None),
    lambda app: app.add_url_rule("/v4/People", view_func=lambda: "mine"),
    lambda app: app.add_url_rule("/<anything>", view_func=lambda anything: "mine"),
    lambda app: app.config.update(TRUSTED_HOSTS=["localhost"]),
    lambda app: setattr(app, "debug", True),
])  # fmt: skip
def test_an_application_that_listens_is_asked(listen):
    app = application()
    listen(app)
    assert flask_is_asked(app)


def test_an_application_that_knows_its_callers_is_asked():
    assert flask_is_asked(application(lambda request: User("ada")))


def test_a_signal_is_heard_whenever_somebody_listens():
    app, heard = application(), []
    assert not flask_is_asked(app)
    with flask.request_started.connected_to(lambda sender, **rest: heard.append(sender)):
        ask(app)
    assert heard == [app]


def test_a_route_elsewhere_does_not_matter():
    app = application()
    app.add_url_rule("/health", view_func=lambda: "well")
    assert not flask_is_asked(app)
    assert ask(app, "/health")[2] == b"well"


def test_nobody_gets_past_what_stands_before_flask():
    """Middleware that was there first, and middleware that comes later."""
    for is_first in (True, False):
        app = Flask("test")
        if is_first:
            app.wsgi_app = ProxyFix(app.wsgi_app, x_host=1)
        app.register_blueprint(blueprint(Echo(), V4), url_prefix="/v4")
        if not is_first:
            app.wsgi_app = ProxyFix(app.wsgi_app, x_host=1)
        answers = [app.test_client().get("/v4/People", headers={"X-Forwarded-Host": "proxy"}).text for _ in range(2)]
        assert [answer.partition(" ")[0] for answer in answers] == ["http://proxy/v4/"] * 2


def test_nobody_gets_past_a_flask_of_one_s_own():
    class Careful(Flask):
        def preprocess_request(self):
            return "no"

    app = Careful("test")
    app.register_blueprint(blueprint(Echo(), V4), url_prefix="/v4")
    assert [ask(app)[2] for _ in range(2)] == [b"no"] * 2


def test_a_prefix_that_varies_is_flask_s():
    app = Flask("test")
    app.register_blueprint(blueprint(Echo(), V4), url_prefix="/<tenant>/v4")
    assert not isinstance(app.wsgi_app, ShortPath)
    assert ask(app, "/acme/v4/People")[2].startswith(b"http://localhost/acme/v4/ People")


def test_one_for_all_roots():
    app = application()
    app.register_blueprint(blueprint(Echo(), V4), url_prefix="/v2")
    assert not isinstance(app.wsgi_app.flask, ShortPath)
