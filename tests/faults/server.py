"""A server over real HTTP that dies when it is told to, and is there again at once, at the same address."""

from __future__ import annotations

import http.client
import multiprocessing
import os
import signal
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from flask import Flask
from sqlalchemy import URL, Engine, create_engine, event
from werkzeug.serving import make_server

from odata_service import ODataService
from tests.clients.http import Quiet

from .network import Asked, Fault, Heard, Lost, Network

LIVES, DIES_BEFORE, DIES_INSIDE, DIES_AFTER = range(4)  # "inside": all is written, and COMMIT is next
_fork = multiprocessing.get_context("fork")  # it has all that it needs in memory
Serve = Callable[[Engine], ODataService]


class Server:
    """Processes that serve one database, one after another."""

    def __init__(self, url: URL, serve: Serve, roots: Mapping[str, str]) -> None:
        self._url, self._serve, self._roots = url, serve, roots
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._end = _fork.Value("i", LIVES)
        self._process = self._start()

    def _start(self) -> Any:
        process = _fork.Process(target=self._run, daemon=True)
        process.start()
        return process

    def _run(self) -> None:
        engine = create_engine(self._url)
        service = self._serve(engine)
        event.listen(engine, "commit", lambda connection: self._die_if(DIES_INSIDE))
        app = Flask("mortal")
        for root, protocol in self._roots.items():
            app.register_blueprint(service.blueprint(protocol), url_prefix=root)

        def mortal(environ: Any, start_response: Any) -> Any:
            self._die_if(DIES_BEFORE)
            body = list(app(environ, start_response))
            self._die_if(DIES_AFTER)
            return body

        host, port = self._socket.getsockname()
        make_server(host, port, mortal, request_handler=Quiet, fd=self._socket.fileno()).serve_forever()

    def _die_if(self, end: int) -> None:
        if self._end.value == end:
            os.kill(os.getpid(), signal.SIGKILL)

    def ask(self, asked: Asked) -> Heard:
        connection = http.client.HTTPConnection(*self._socket.getsockname(), timeout=20)
        headers = {"Content-Type": "application/json", **asked.headers}
        try:
            connection.request(asked.method, asked.url, asked.content or None, headers)
            answer = connection.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise Lost from error
        finally:
            connection.close()
        assert answer.status < 500, body
        return Heard(answer.status, body, len(body))

    def dies(self, end: int) -> Fault:
        """Killed at a moment of the request, and started again."""

        def fault(network: Network, asked: Asked) -> Heard:
            self._end.value = end
            try:
                return self.ask(asked)  # a request that changes nothing has no COMMIT to die at
            except Lost:
                self._process.join(20)
                raise
            finally:
                self._end.value = LIVES
                if not self._process.is_alive():
                    self._process = self._start()

        return fault

    def stop(self) -> None:
        self._process.kill()
        self._process.join()
        self._socket.close()


@contextmanager
def serving(url: URL, serve: Serve, roots: Mapping[str, str]) -> Iterator[Server]:
    server = Server(url, serve, roots)
    try:
        yield server
    finally:
        server.stop()
