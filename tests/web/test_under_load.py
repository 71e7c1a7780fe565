"""A server that is reloaded, recycled and stopped while clients ask: nobody loses an answer."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import threading
import time
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest

from tests.serving import Serving

Serve = Callable[..., Serving]
BODY = json.dumps({"AddressTypeId": 77, "Name": "Holiday"}).encode()
POST = (
    b"POST /v4/AddressTypes HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    % len(BODY)
)


class Load:
    """Clients that ask one after the other, half of them on a connection that they keep, until they are told to stop."""

    def __init__(self, serving: Serving, clients: int = 4) -> None:
        self._address, self._stops = urlsplit(serving.root).netloc, threading.Event()
        self.statuses: list[int] = []
        self.lost: list[str] = []
        self._threads = [threading.Thread(target=self._ask, args=(number % 2 == 0,)) for number in range(clients)]

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stops.set()
        for thread in self._threads:
            thread.join()

    def wait_for(self, answers: int) -> None:
        """For so many more."""
        until = len(self.statuses) + answers
        while len(self.statuses) < until:
            time.sleep(0.01)

    def _ask(self, keeps: bool) -> None:
        connection = http.client.HTTPConnection(self._address, timeout=30)
        while not self._stops.is_set():
            try:
                connection.request(
                    "GET", "/v4/People?$top=3&$expand=Addresses", headers={} if keeps else {"Connection": "close"}
                )
                answer = connection.getresponse()
                answer.read()
                self.statuses.append(answer.status)
            except (OSError, http.client.HTTPException) as error:
                self.lost.append(repr(error))
            if not keeps:
                connection.close()
        connection.close()


@pytest.fixture
def serving(serve: Serve) -> Serving:
    return serve("--workers", "2", "--set", "recycle=60")


def test_a_reload_and_recycling_lose_nothing(serving: Serving) -> None:
    with Load(serving) as load:
        for _ in range(2):
            load.wait_for(30)
            serving.process.send_signal(signal.SIGHUP)
        load.wait_for(100)
    assert load.lost == []
    assert set(load.statuses) == {200}


def test_a_request_under_way_is_answered_before_the_end(serving: Serving) -> None:
    address = urlsplit(serving.root)
    with socket.create_connection((address.hostname or "", address.port or 0), timeout=30) as connection:
        connection.sendall(POST + BODY[:10])
        serving.get("People/$count")  # so the server has begun to read
        serving.process.send_signal(signal.SIGTERM)
        time.sleep(0.5)  # it has been told, and waits for us alone
        connection.sendall(BODY[10:])
        assert connection.recv(100).startswith(b"HTTP/1.1 201 ")
    assert serving.process.wait(60) == 0
