"""Gunicorn as a measured process, and a client that costs little. For Linux: other processes' clocks are read."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from .processes import children, cpu_seconds, free_port, megabytes

REPOSITORY = Path(__file__).parents[2]
START_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Workers:
    """What both servers have the same of."""

    kind: str
    count: int
    threads: int


class Process:
    """A server that is measured, for the time of a ``with`` block; ``count`` processes of it answer, or it does so itself."""

    def __init__(
        self, command: Sequence[str], port: int, count: int, environment: Mapping[str, str], cwd: Path = REPOSITORY, *, quiet: bool = False
    ) -> None:
        self.port = port
        self._count = count
        log = subprocess.DEVNULL if quiet else None
        self._process = subprocess.Popen(command, cwd=cwd, env={**os.environ, **environment}, stdout=log, stderr=log)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        for _ in range(START_SECONDS * 10):
            if self._process.poll() is not None:
                break
            if len(children(self._process.pid)) == self._count and _listens(self.port):
                return self
            time.sleep(0.1)
        self.__exit__()
        raise SystemExit(f"{self._process.args!r} did not start")

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()

    @property
    def _answering(self) -> list[int]:
        return children(self._process.pid) or [self._process.pid]

    def megabytes(self, line: str) -> int:
        """Of all workers together: ``RssAnon``, ``VmHWM``."""
        return sum(megabytes(pid, line) for pid in self._answering)

    def cpu_seconds(self) -> float:
        """What all threads of all workers have used so far."""
        return sum(cpu_seconds(pid) for pid in self._answering)


class Server(Process):
    """An application under Gunicorn: this environment's, or another one's."""

    def __init__(
        self, application: str, workers: Workers, environment: Mapping[str, str], python: str = sys.executable, cwd: Path = REPOSITORY
    ) -> None:
        port = free_port()
        options = {"bind": f"127.0.0.1:{port}", "worker-class": workers.kind, "workers": workers.count, "log-level": "warning", "keep-alive": 75}
        options |= {"threads": workers.threads} if workers.kind == "gthread" else {}
        arguments = [f"--{name}={value}" for name, value in options.items()]
        super().__init__([python, "-m", "gunicorn", "--preload", *arguments, application], port, workers.count, environment, cwd)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    target: str
    body: bytes = b""
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)

    def text(self, host: str) -> bytes:
        head = f"{self.method} {self.target} HTTP/1.1\r\nHost: {host}\r\nAccept: application/json\r\n"
        head += "".join(f"{name}: {value}\r\n" for name, value in self.headers.items())
        if self.body:
            head += f"Content-Type: {self.content_type}\r\nContent-Length: {len(self.body)}\r\n"
        return f"{head}\r\n".encode() + self.body


class Client:
    """One connection that is kept open; one request after the other."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._socket: socket.socket | None = None

    def answer(self, request: Request) -> bytes:
        """The body; a refusal ends the benchmark."""
        if self._socket is None:
            self._socket = socket.create_connection(("127.0.0.1", self._server.port))
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.sendall(request.text(self._server.address))
        head, body, closing = self._answer(self._socket)
        if closing:
            self.close()
        if not head.startswith(b"HTTP/1.1 2"):
            raise SystemExit(f"{request.target}: {head.decode()}\n{body.decode()}")
        return body

    def answer_all(self, requests: Iterable[Request]) -> None:
        for request in requests:
            self.answer(request)

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    @staticmethod
    def _answer(connection: socket.socket) -> tuple[bytes, bytes, bool]:
        head, received = b"", b""
        while not head:
            received += _received(connection)
            head, _, rest = received.partition(b"\r\n\r\n") if b"\r\n\r\n" in received else (b"", b"", b"")
        fields = dict(line.split(": ", 1) for line in head.decode("latin-1").lower().split("\r\n")[1:])
        closing = fields.get("connection") == "close"
        if fields.get("transfer-encoding") == "chunked":
            return head, _of_chunks(connection, rest), closing
        pieces, missing = [rest], int(fields.get("content-length", 0)) - len(rest)
        while missing:
            pieces.append(_received(connection))
            missing -= len(pieces[-1])
        return head, b"".join(pieces), closing


def _of_chunks(connection: socket.socket, received: bytes) -> bytes:
    """A body that comes in chunks; the last is empty."""
    body, rest = bytearray(), bytearray(received)
    while True:
        while (end := rest.find(b"\r\n")) < 0:
            rest += _received(connection)
        size, start = int(rest[:end], 16), end + 2
        while len(rest) < start + size + 2:
            rest += _received(connection)
        if not size:
            return bytes(body)
        body += rest[start : start + size]
        del rest[: start + size + 2]


def _received(connection: socket.socket) -> bytes:
    piece = connection.recv(1 << 18)
    if not piece:
        raise SystemExit("the server closed the connection")
    return piece
