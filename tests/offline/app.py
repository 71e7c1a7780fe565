"""The server of the tests as a process of its own: ``OFFLINE_DATABASE=server.db gunicorn 'tests.offline.app:create_app()'``. An empty page
at ``/`` and the modules of the client for browsers are there, too."""

from __future__ import annotations

import os

from flask import Flask

from odata_service.web.client_files import client_files
from tests.offline.harness import Server


def create_app() -> Flask:
    app = Server(f"sqlite:///{os.environ['OFFLINE_DATABASE']}", int(os.environ.get("OFFLINE_PAGE_SIZE", "3"))).app
    app.register_blueprint(client_files(), url_prefix="/-/client")
    app.add_url_rule("/", endpoint="page", view_func=lambda: "<!doctype html><title>device</title>")
    return app
