"""A service on a port of its own, for clients that speak HTTP."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from odata_service import ODataService


@contextmanager
def served(service: ODataService, prefix: str = "/PeopleDataService.svc", protocol: str = "v2") -> Iterator[str]:
    """The address of the service's root in a protocol while it is served."""
    app = Flask("clients")
    app.register_blueprint(service.blueprint(protocol), url_prefix=prefix)
    with served_app(app) as origin:
        yield f"{origin}{prefix}/"


@contextmanager
def served_app(app: Flask) -> Iterator[str]:
    """``http://127.0.0.1:43210``"""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    thread = threading.Thread(
        target=server.serve_forever, args=(0.02,), daemon=True
    )  # seconds until it sees that it ends
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Quiet(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Not on the test's output."""
