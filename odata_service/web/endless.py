"""Answers that go on as long as the client stays.

A server keeps a thread busy with each answer until it ends, and Gunicorn's ``gthread`` worker has few. So from Gunicorn
we take the connection over: the socket is detached from its object, the head of the answer is written by us, and
Gunicorn is told that the connection was lost. What comes then costs an open file and no thread. Servers that do not show
us the socket, and connections with TLS or HTTP/2, hold a thread.
"""

from __future__ import annotations

import errno
import queue
import socket
from collections.abc import Callable, Iterator
from typing import Any, NoReturn
from wsgiref.types import StartResponse, WSGIEnvironment

from flask import Response

from odata_service.message import ODataResponse, Sink
from odata_service.web.wsgi import ADDED, merged

GUNICORNS_SOCKET = "gunicorn.socket"
SECONDS_TO_WRITE_THE_HEAD = 5.0
Subscribe = Callable[[Sink], Callable[[], None]]


class EndlessResponse(Response):
    """Takes the connection over if it can. Headers that WSGI middleware adds are lost then; those of our own
    layers and of Flask's ``after_request`` are not."""

    default_mimetype = None

    def __init__(self, response: ODataResponse) -> None:
        assert response.goes_on is not None
        super().__init__(b"", response.status, response.headers)
        self._subscribe: Subscribe = response.goes_on

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Any:
        """(Any: Werkzeug and the types of WSGI do not quite agree on what is returned.)"""
        self.headers.pop("Content-Length", None)
        held = _plain_socket(environ)
        if held is None:
            start_response(self.status, self.get_wsgi_headers(environ).to_wsgi_list())
            return _pieces(self._subscribe)
        sink = SocketSink(held)
        try:
            sink.write_head(self.status, merged(self.headers.to_wsgi_list(), environ.get(ADDED, [])))
            self._subscribe(sink)
        except OSError:
            sink.close()  # the client has left already
        start_response(self.status, [])
        return HandedOver()

    def get_wsgi_headers(self, environ: WSGIEnvironment) -> Any:
        """(Any: Werkzeug's headers.) Without the length of what has no end."""
        headers = super().get_wsgi_headers(environ)
        headers.pop("Content-Length", None)
        return headers


def _plain_socket(environ: WSGIEnvironment) -> socket.socket | None:
    """Gunicorn's socket, where it carries HTTP/1 and nothing around it."""
    held = environ.get(GUNICORNS_SOCKET)
    is_http1 = environ.get("SERVER_PROTOCOL") in ("HTTP/1.0", "HTTP/1.1")
    return held if type(held) is socket.socket and is_http1 else None


class HandedOver:
    """What Gunicorn gets instead of pieces: the news that its connection is no more."""

    def __iter__(self) -> Iterator[bytes]:
        raise ConnectionResetError(errno.ECONNRESET, "the connection was handed over")


class SocketSink:
    """A connection that is ours. A client that does not read loses it, as nobody waits for it."""

    def __init__(self, held: socket.socket) -> None:
        self._socket = socket.socket(fileno=held.detach())
        self._is_open = True

    def write_head(self, status: str, headers: list[tuple[str, str]]) -> None:
        lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in headers), "Connection: close", "", ""]
        self._socket.settimeout(SECONDS_TO_WRITE_THE_HEAD)
        self._socket.sendall("\r\n".join(lines).encode("latin-1"))
        self._socket.setblocking(False)

    def put(self, piece: bytes) -> None:
        try:
            if self._socket.send(piece) != len(piece):
                self._refuse()
        except BlockingIOError:
            self._refuse()
        except OSError:
            self.close()
            raise

    def is_gone(self) -> bool:
        """What a client sends after its request has no meaning; that it sends nothing any more has."""
        try:
            ended = self._is_open and self._socket.recv(4096) == b""
        except BlockingIOError:
            return False
        except OSError:
            ended = True
        if ended:
            self.close()
        return not self._is_open

    def close(self) -> None:
        self._is_open = False
        self._socket.close()

    def _refuse(self) -> NoReturn:
        self.close()
        raise BrokenPipeError(errno.EPIPE, "the client does not read")


class QueueSink:
    """For a thread of the server's that waits for the next piece."""

    def __init__(self) -> None:
        self.pieces: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()

    def put(self, piece: bytes) -> None:
        self.pieces.put(piece)

    def is_gone(self) -> bool:
        return False

    def close(self) -> None:
        self.pieces.put(None)


def _pieces(subscribe: Subscribe) -> Iterator[bytes]:
    """The server closes this when it cannot write any more."""
    sink = QueueSink()
    end = subscribe(sink)
    try:
        while (piece := sink.pieces.get()) is not None:
            yield piece
    finally:
        end()
