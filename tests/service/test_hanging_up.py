"""Clients that go away in the middle: nothing half said is stored, and the next client is served."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from tests.serving import Serving

BODY = b'{"AddressTypeId":77,"Name":"Half"}'
POST = b"POST /v2/AddressTypes HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
CHUNK = b"%x\r\n%s\r\n" % (len(BODY), BODY)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    server = Serving.start(tmp_path_factory.mktemp("server"), "--workers", "1")
    yield server
    server.stop()


@pytest.mark.parametrize(
    "said",
    [
        b"POST /v2/AddressTypes HT",
        POST,
        POST + b"Content-Length: 100\r\n\r\n",
        POST + b"Content-Length: 100\r\n\r\n" + BODY[:20],
        POST + b"Content-Length: 100\r\n\r\n" + BODY,  # JSON by itself, but not all that was to come
        POST + b"Transfer-Encoding: chunked\r\n\r\n" + CHUNK,
        POST + b"Transfer-Encoding: chunked\r\n\r\n" + CHUNK[:20],
    ],
)
@pytest.mark.parametrize("how", [socket.SHUT_WR, socket.SHUT_RDWR])
def test_half_a_post_stores_nothing(server: Serving, said: bytes, how: int):
    with connected(server) as connection:
        connection.sendall(said)
        connection.shutdown(how)
        if how == socket.SHUT_WR:
            answer = b"".join(iter(lambda: connection.recv(65536), b""))
            assert not answer.startswith(b"HTTP/1.1 2"), answer
    kinds = json.loads(server.get("AddressTypes?$select=Name&$format=json"))["d"]["results"]
    assert [kind["Name"] for kind in kinds] == ["Home", "Work", "Billing"]


def test_an_answer_that_nobody_waits_for(server: Serving):
    for _ in range(20):
        with connected(server) as connection:
            connection.sendall(b"GET /v2/People?$expand=Addresses HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert server.get("People/$count") == b"12"


def test_a_whole_post_is_stored(server: Serving):
    with connected(server) as connection:
        connection.sendall(POST + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY)
        assert connection.recv(100).startswith(b"HTTP/1.1 201 ")
    assert server.get("AddressTypes(77)/Name/$value") == b"Half"


def connected(server: Serving) -> socket.socket:
    address = urlsplit(server.root)
    return socket.create_connection((address.hostname or "", address.port or 0), timeout=10)
