"""The server of ``odata-service serve``. The only place that knows Gunicorn."""

from __future__ import annotations

import gc
import os
import shutil
import socket
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any, NoReturn

import click
import gunicorn.http.message
from gunicorn.app.base import BaseApplication

from odata_service.config import ConfigurationError, Settings
from odata_service.parse import load_grammars
from odata_service.reflect.reading import Progress
from odata_service.renewal import ReadSettings, renew_with, sign_of, watch
from odata_service.start import Published, published
from odata_service.web.app import application
from odata_service.web.metrics import folder_of_figures, forget_process

# Longer than any URL that Limits lets pass, so that the refusal is ours and says which setting changes it.
REQUEST_LINE = 128 * 1024
REQUEST_FIELD = 32 * 1024  # a token with many roles is long
SECONDS_IDLE = 65  # a proxy keeps its own end for 60 at most, and must not meet one that is just being closed
SECONDS_TO_STOP = 30
SECONDS_AFTER_START = 0.5
MEMORY = "/dev/shm"  # where a worker says that it lives; a disk may stop for longer than a worker may
Hook = Callable[..., Any]  # (Any: Gunicorn has no types)


class Server(BaseApplication):  # type: ignore[misc]  # Gunicorn has no types
    """Gunicorn without its own command line. The application is made once, before the workers are forked from it, and
    once more whenever it is to be renewed."""

    def __init__(self, read: ReadSettings, progress: Progress) -> None:
        self._read, self._progress = read, progress
        self._settings = read()
        self._figures = folder_of_figures(self._settings)
        self._sign = sign_of(read) if self._settings.watch else None
        self._build(self._settings)
        gc.freeze()  # workers share what is there, and their collector passes it over
        super().__init__()

    def _build(self, settings: Settings) -> None:
        what = published(settings, self._progress)
        self._app = application(what, settings)
        self._settings, self._published = settings, what

    def _renew(self) -> None:
        """The address stays, whatever the file says: nobody would find the server at another one."""
        old = self._settings
        self._build(replace(self._read(), host=old.host, port=old.port))
        self.callable = None  # so that Gunicorn asks for it once more
        gc.unfreeze()
        gc.collect()  # what was served before
        gc.freeze()

    def load_config(self) -> None:
        gunicorn.http.message.MAX_REQUEST_LINE = REQUEST_LINE  # 8190, and its 0 would mean no limit at all
        for name, value in {**_gunicorn(self._settings), **self._hooks()}.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def _hooks(self) -> dict[str, Hook]:
        return {
            "on_starting": lambda arbiter: renew_with(arbiter, self._renew),
            "when_ready": self._ready,
            "post_worker_init": lambda _worker: _later(load_grammars),
            "post_fork": lambda _arbiter, _worker: self._published.service.leave_connections(),
            "child_exit": lambda _arbiter, worker: forget_process(worker.pid),
            "on_exit": lambda _arbiter: shutil.rmtree(self._figures, ignore_errors=True) if self._figures else None,
        }

    def _ready(self, arbiter: Any) -> None:
        """(Any: Gunicorn has no types.)"""
        _greet(self._published, str(arbiter.LISTENERS[0]))
        if self._sign is not None:
            watch(arbiter, self._read, self._sign)

    def load(self) -> object:
        return self._app


def _later(work: Callable[[], None]) -> None:
    """What a first request would wait for, when those who wait for the service to be ready have had their answer."""
    timer = threading.Timer(SECONDS_AFTER_START, work)
    timer.daemon = True
    timer.start()


def _gunicorn(settings: Settings) -> dict[str, object]:
    return {
        "bind": _address(settings),
        "workers": settings.workers or _cores(),
        "worker_class": "gthread",
        "threads": settings.threads,
        "limit_request_line": REQUEST_LINE,
        "limit_request_field_size": REQUEST_FIELD,
        "keepalive": SECONDS_IDLE,
        # Who asked before the end is answered, however long his statement may run.
        "graceful_timeout": max(SECONDS_TO_STOP, settings.limits.statement_timeout_ms // 1000 + 5),
        "max_requests": settings.recycle,
        "max_requests_jitter": settings.recycle // 5,  # not all workers at the same moment
        "worker_tmp_dir": MEMORY if os.path.isdir(MEMORY) else None,
        # What proxies say is ``trusted_proxies``' to decide.
        "forwarded_allow_ips": "",
        "secure_scheme_headers": {},
        "forwarder_headers": "",
        "loglevel": "warning",
        "control_socket_disable": True,  # Gunicorn 25 and later
        "preload_app": True,
    }


def _cores() -> int:
    """The cores that this process may use, which in a container are fewer than the computer has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _address(settings: Settings) -> str:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"{host}:{settings.port}"


def _greet(what: Published, server: str) -> None:
    *most, last = (f"{server}{prefix}/" for prefix in what.roots)
    roots = f"{', '.join(most)} and {last}" if most else last
    click.echo(f"{what.name} at {roots}")
    click.echo(f"  curl -H 'Accept: application/json' '{server}{what.example}'")
    for notice in what.notices:
        click.echo(f"  {notice}", err=True)


def refuse_taken_port(settings: Settings) -> None:
    """Gunicorn would try again for some seconds, and end with a log instead of a line."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise ConfigurationError(f"cannot listen on {_address(settings)}: {error.strerror}") from error


def serve_and_reload(settings: Settings) -> NoReturn:
    """Gunicorn in our place, which has not yet imported what it is to import anew."""
    _greet(published(settings), f"http://{_address(settings)}")
    os.environ.update(settings.environment())
    command = [sys.executable, "-m", "gunicorn", "--reload", "--bind", _address(settings), "--log-level", "warning"]
    os.execv(sys.executable, [*command, "-c", "python:odata_service.renewal", "odata_service.web.app:create_app()"])
