"""Answers that go on: many clients at a server with few threads, and servers that lend a thread to each."""

from __future__ import annotations

import json
import socket
import urllib.request
from urllib.parse import urlsplit

import pytest
from flask import Flask

from odata_service.config import Settings
from odata_service.web.app import create_app
from tests.serving import Serving

CLIENTS = 3 * Settings().threads
PATIENCE = 20  # seconds
MOST_LINES = 20  # of the head, of heartbeats and the event before


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = Serving.start(tmp_path_factory.mktemp("feed"), "--workers", "1")
    yield server
    server.stop()


class Ear:
    """A client that listens."""

    def __init__(self, server: Serving, *headers: str) -> None:
        address = urlsplit(server.root)
        self.socket = socket.create_connection((address.hostname, address.port), timeout=PATIENCE)
        lines = ("GET /v4/People/$changes HTTP/1.1", f"Host: {address.netloc}", *headers, "", "")
        self.socket.sendall("\r\n".join(lines).encode())
        self.file = self.socket.makefile("rb")

    def head(self) -> list[str]:
        lines = []
        while line := self.file.readline().decode().strip():
            lines.append(line)
        return lines

    def stamp(self) -> int:
        """That of the next event."""
        for _ in range(MOST_LINES):
            if (line := self.file.readline()).startswith(b"id: "):
                return int(line.removeprefix(b"id: "))
            assert line, "the server has ended the answer"
        raise AssertionError("nothing but heartbeats")

    def leave(self) -> None:
        self.file.close()
        self.socket.close()


def change(server: Serving, name: str) -> int:
    """The status of a change of Ada's name."""
    url = server.root.replace("/v2/", "/v4/") + "People(0d3b3f0e-6f61-4a27-9a35-64d2a1f0c001)"
    body = json.dumps({"Name": name}).encode()
    asked = urllib.request.Request(url, body, {"Content-Type": "application/json"}, method="PATCH")
    with urllib.request.urlopen(asked, timeout=PATIENCE) as answer:
        return answer.status


def test_more_clients_than_threads(server):
    ears = [Ear(server) for _ in range(CLIENTS)]
    head = ears[0].head()
    assert head[0] == "HTTP/1.1 200 OK"
    assert {"Content-Type: text/event-stream", "Cache-Control: no-store", "Connection: close"} <= set(head)
    first = {ear.stamp() for ear in ears}
    assert change(server, "Ada King") == 204, "the server's threads are free for others"
    second = {ear.stamp() for ear in ears}
    assert len(first) == len(second) == 1 and max(first) < min(second)
    for ear in ears[:-1]:
        ear.leave()
    for number in range(3):
        change(server, f"Ada {number}")
        ears[-1].stamp()
    ears[-1].leave()


def test_who_comes_again(server):
    ear = Ear(server)
    seen = ear.stamp()
    ear.leave()
    again = Ear(server, f"Last-Event-ID: {seen}")
    change(server, "Augusta")
    assert again.stamp() > seen
    again.leave()


def test_head_has_an_end(server):
    answer = server.raw(b"HEAD /v4/People/$changes HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n") and answer.endswith(b"\r\n\r\n")


def test_requests_after_it_on_one_connection_are_not_heard(server):
    ear = Ear(server)
    first = ear.stamp()
    ear.socket.sendall(b"GET /v4/People/$count HTTP/1.1\r\nHost: localhost\r\n\r\n")
    change(server, "Ada Byron")
    assert first < ear.stamp()
    ear.leave()


@pytest.fixture
def app(tmp_path) -> Flask:
    return create_app(Settings(sample="people", database_url=f"sqlite:///{tmp_path}/people.db"))


def test_a_server_that_keeps_its_sockets_lends_a_thread(app):
    answer = app.test_client().get("/v4/People/$changes", buffered=False)
    pieces = iter(answer.response)
    assert next(pieces) == b":\n\n" and next(pieces).startswith(b"id: ")
    assert answer.headers["Content-Type"] == "text/event-stream" and "Content-Length" not in answer.headers
    answer.close()
