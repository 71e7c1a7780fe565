"""From Flask's request to the service's: the path as the client wrote it, absolute roots, any method, bodies with an end."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

import pytest
from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from odata_service import Limits, ODataRequest, ODataResponse
from odata_service.protocol import V2
from odata_service.web.blueprint import blueprint


@dataclass
class Recorder:
    """Stands where the service stands, and keeps the request."""

    limits: Limits = field(default_factory=lambda: Limits(max_body_bytes=10))
    seen: ODataRequest | None = None

    def handle(self, request: ODataRequest) -> ODataResponse:
        self.seen = request
        return ODataResponse(203, {"Content-Type": "application/json", "DataServiceVersion": "2.0;"}, b'{"d":1}')


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def app(recorder: Recorder) -> Flask:
    app = Flask("test")
    app.register_blueprint(blueprint(recorder, V2), url_prefix="/People Data.svc")
    app.register_blueprint(blueprint(recorder, V2), url_prefix="/v2")
    app.register_blueprint(blueprint(recorder, V2), url_prefix="/tenants/<tenant>/v2")
    return app


def ask(app: Flask, path: str, **environ: Any) -> Any:
    """A request in an environment as Gunicorn makes it, RAW_URI and all."""
    raw, _, query = path.partition("?")
    decoded = unquote(raw, encoding="latin-1")
    as_gunicorn = {"RAW_URI": path, "PATH_INFO": decoded, "QUERY_STRING": query, "HTTP_HOST": "localhost"}
    return app.test_client().open("/", environ_overrides=as_gunicorn | environ)


@pytest.mark.parametrize(
    "path, root, target",
    [
        ("/v2", "http://localhost/v2/", ""),
        ("/v2/", "http://localhost/v2/", ""),
        ("/v2/People", "http://localhost/v2/", "People"),
        ("/v2/People/", "http://localhost/v2/", "People/"),
        ("/v2//People", "http://localhost/v2/", "/People"),
        ("//v2/People", "http://localhost/v2/", "People"),
        ("/v2/Names('a%2Fb')/x", "http://localhost/v2/", "Names('a%2Fb')/x"),
        ("/v2/Names('a%2F%2Fb')", "http://localhost/v2/", "Names('a%2F%2Fb')"),
        ("/v2/Names('100%25')", "http://localhost/v2/", "Names('100%25')"),
        ("/v2/Names('%C3%A9')", "http://localhost/v2/", "Names('%C3%A9')"),
        ("/v2/Names('%E9')", "http://localhost/v2/", "Names('%E9')"),
        ("/v2/v2/People", "http://localhost/v2/", "v2/People"),
        ("/People%20Data.svc/People", "http://localhost/People%20Data.svc/", "People"),
        ("/tenants/a%20b/v2/People", "http://localhost/tenants/a%20b/v2/", "People"),
    ],
)
def test_target_is_what_the_client_wrote(app, recorder, path, root, target):
    ask(app, path)
    assert (recorder.seen.root, recorder.seen.target) == (root, target)


def test_query_is_not_decoded(app, recorder):
    ask(app, "/v2/People?$filter=Name%20eq%20'a%26b'&$top=1")
    assert recorder.seen.query == "$filter=Name%20eq%20'a%26b'&$top=1"


def test_absolute_form(app, recorder):
    app.test_client().get("/v2/People", environ_overrides={"RAW_URI": "http://localhost/v2/People"})
    assert recorder.seen.target == "People"


def test_server_without_raw_path(app, recorder):
    app.test_client().get("/v2/Names('%C3%A9 1%25')", environ_overrides={"RAW_URI": "", "REQUEST_URI": ""})
    assert recorder.seen.target == "Names('%C3%A9%201%25')"


class TestBehindAProxy:
    def test_script_name_is_part_of_the_path(self, app, recorder):
        """Mounted in another application: the path that came in has it all."""
        app.test_client().get("/v2/A%2FB", base_url="http://localhost/portal")
        assert (recorder.seen.root, recorder.seen.target) == ("http://localhost/portal/v2/", "A%2FB")

    def test_forwarded_prefix_is_not(self, app, recorder):
        app.wsgi_app = ProxyFix(app.wsgi_app, x_proto=1, x_host=1, x_prefix=1)
        forwarded = {"X-Forwarded-Prefix": "/portal", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "example.org"}
        app.test_client().get("/v2/A%2FB", headers=forwarded)
        assert (recorder.seen.root, recorder.seen.target) == ("https://example.org/portal/v2/", "A%2FB")


class TestHost:
    @pytest.mark.parametrize("host", ["example.org", "example.org:8000", "127.0.0.1:1", "[::1]:8000"])
    def test_is_in_the_root(self, app, recorder, host):
        ask(app, "/v2/", HTTP_HOST=host)
        assert recorder.seen.root == f"http://{host}/v2/"

    @pytest.mark.parametrize("host", ['a"b', "a/b", "a b", "<a>", "a@b", ""])
    def test_is_refused(self, app, recorder, host):
        assert ask(app, "/v2/", HTTP_HOST=host).status_code == 400
        assert recorder.seen is None


class TestMethods:
    @pytest.mark.parametrize("method", ["GET", "POST", "PUT", "MERGE", "PATCH", "DELETE", "PROPFIND"])
    def test_every_method_comes_through(self, app, recorder, method):
        assert app.test_client().open("/v2/People", method=method).status_code == 203
        assert recorder.seen.method == method

    def test_head_is_get_without_the_body(self, app, recorder):
        answer = app.test_client().head("/v2/People")
        assert (recorder.seen.method, answer.data, answer.headers["Content-Length"]) == ("GET", b"", "7")

    def test_options_is_the_services_to_answer(self, app, recorder):
        app.test_client().options("/v2/People")
        assert recorder.seen.method == "OPTIONS"


class TestBody:
    def test_arrives(self, app, recorder):
        app.test_client().post("/v2/People", data=b'{"a":1}', content_type="application/json")
        assert (recorder.seen.body, recorder.seen.headers["content-type"]) == (b'{"a":1}', "application/json")

    def test_form_is_not_parsed_away(self, app, recorder):
        app.test_client().post("/v2/People", data={"a": "1"})
        assert recorder.seen.body == b"a=1"

    def test_without_length(self, app, recorder):
        """Chunked: the server knows where the body ends, and no header says how long it is."""
        pieces = Trickle(b"1234567")
        app.test_client().post("/v2/People", input_stream=pieces, environ_overrides={"wsgi.input_terminated": True})
        assert recorder.seen.body == b"1234567"

    def test_too_long_is_read_no_further_than_the_service_needs_to_refuse_it(self, app, recorder):
        pieces = Trickle(b"x" * 1000)
        app.test_client().post("/v2/People", input_stream=pieces, environ_overrides={"wsgi.input_terminated": True})
        assert len(recorder.seen.body) == recorder.limits.max_body_bytes + 1
        assert pieces.tell() < 20

    def test_malformed(self, app, recorder):
        answer = app.test_client().post(
            "/v2/People", input_stream=Broken(), environ_overrides={"wsgi.input_terminated": True}
        )
        assert (answer.status_code, recorder.seen) == (400, None)


class Trickle(io.BytesIO):
    """A network that gives three bytes at a time."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(3 if size is None or size < 0 else min(3, size))


class Broken(io.BytesIO):
    def read(self, size: int | None = -1, /) -> bytes:
        raise OSError("invalid chunk")


def test_the_answer_has_the_service_s_headers_and_no_others(app):
    answer = app.test_client().get("/v2/People")
    assert dict(answer.headers) == {
        "Content-Type": "application/json",
        "DataServiceVersion": "2.0;",
        "Content-Length": "7",
    }


def test_an_answer_without_content_has_no_type(app, recorder):
    recorder.handle = lambda request: ODataResponse(204)
    assert "Content-Type" not in app.test_client().delete("/v2/People").headers


def test_mounted_at_the_root_of_the_host(recorder):
    app = Flask("test")
    app.register_blueprint(blueprint(recorder, V2))
    app.test_client().get("/People")
    assert (recorder.seen.root, recorder.seen.target) == ("http://localhost/", "People")
    app.test_client().get("/")
    assert recorder.seen.target == ""


def test_the_application_s_own_routes_win(app, recorder):
    app.add_url_rule("/v2/health", view_func=lambda: "well")
    assert app.test_client().get("/v2/health").text == "well"
    assert recorder.seen is None
