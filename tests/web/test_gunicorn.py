"""What only a real server does to a request: raw paths, long request lines, chunks."""

from __future__ import annotations

import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator

import pytest

from tests.serving import CHECKOUT, Serving

POST = b"POST /v2/AddressTypes HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    server = Serving.start(tmp_path_factory.mktemp("server"), "--workers", "1")
    yield server
    server.stop()


def refusal(get: Callable[[str], bytes], target: str) -> tuple[int, str]:
    with pytest.raises(urllib.error.HTTPError) as refused:
        get(target)
    return refused.value.code, refused.value.read().decode()


def test_path_is_split_before_it_is_decoded(server):
    assert server.get("AddressTypes(1)/Name/$value") == b"Home"
    assert refusal(server.get, "AddressTypes(1)%2FName/$value")[0] == 400


def test_absolute_form(server):
    answer = server.raw(b"GET http://localhost/v2/AddressTypes(1)/Name/$value HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert answer.endswith(b"\r\n\r\nHome")


def test_long_url_is_refused_in_the_service_s_own_words(server):
    status, body = refusal(server.get, f"People?$filter=Name%20eq%20'{'x' * 20_000}'")
    assert status == 414
    assert "ODATA_MAX_URL_LENGTH" in body


def test_endless_request_line_is_cut_off(server):
    answer = server.raw(b"GET /v2/" + b"x" * 200_000)
    assert answer[:13] in (b"HTTP/1.1 414 ", b"HTTP/1.1 400 ", b"")  # the answer may be lost with the connection


def test_chunked_body(server):
    answer = server.raw(CHUNKED + b'24\r\n{"AddressTypeId":9,"Name":"Holiday"}\r\n0\r\n\r\n')
    assert answer.startswith(b"HTTP/1.1 201 ")


@pytest.mark.parametrize("rest", [b"zz\r\n", b"24\r\n{", b""])
def test_malformed_chunks(server, rest):
    assert server.raw(CHUNKED + rest).startswith(b"HTTP/1.1 400 ")


def test_body_that_ends_early(server):
    assert server.raw(POST + b"Content-Length: 50\r\n\r\n{").startswith(b"HTTP/1.1 400 ")


def test_body_over_the_limit_without_a_length(server):
    chunk = b"100000\r\n" + b" " * 0x100000 + b"\r\n"
    assert server.raw(CHUNKED + chunk * 5 + b"0\r\n\r\n").startswith(b"HTTP/1.1 413 ")


def test_two_requests_on_one_connection(server):
    request = b"GET /v2/AddressTypes(1)/Name/$value HTTP/1.1\r\nHost: localhost\r\n\r\n"
    assert server.raw(request * 2).count(b"\r\n\r\nHome") == 2


@pytest.mark.parametrize("preload", [[], ["--preload"]], ids=["each worker loads", "preload"])
def test_wsgi_app_under_a_gunicorn_of_one_s_own(tmp_path, postgresql_database, preload):
    """Two workers start on an empty database at the same moment, or are forked from one that has talked to it."""
    with postgresql_database() as url:
        database = {"ODATA_SAMPLE": "people", "ODATA_DATABASE_URL": url.render_as_string(hide_password=False)}
        command = [sys.executable, "-m", "gunicorn", "wsgi:app", "--bind", "127.0.0.1:0", "--workers", "2", *preload]
        with subprocess.Popen(
            command, cwd=CHECKOUT, env=os.environ | database, stderr=subprocess.PIPE, text=True
        ) as gunicorn:
            assert gunicorn.stderr is not None
            root = next(line.split()[-2] for line in gunicorn.stderr if "Listening at" in line)
            answers = {urllib.request.urlopen(f"{root}/v2/People/$count").read() for _ in range(20)}
            gunicorn.terminate()
            gunicorn.communicate(timeout=60)
    assert answers == {b"12"}
