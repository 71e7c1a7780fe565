"""The server of the tests as a process of its own: ``OFFLINE_DATABASE=server.db gunicorn 'tests.offline.app:create_app()'``."""

from __future__ import annotations

import os

from flask import Flask

from tests.offline.harness import Server


def create_app() -> Flask:
    return Server(f"sqlite:///{os.environ['OFFLINE_DATABASE']}", int(os.environ.get("OFFLINE_PAGE_SIZE", "3"))).app
