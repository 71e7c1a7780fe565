"""The database or the file of settings has changed: SIGHUP builds the new model beside the old one. All workers get it, each
whole, while requests under way end on the old one; or the old one stays, and the log says why in one line.

``odata-service serve`` does so by itself. For a Gunicorn of one's own these are its hooks::

    gunicorn -c python:odata_service.renewal wsgi:app
"""

from __future__ import annotations

import logging
import os
import signal
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from odata_service.config import ConfigurationError, Settings
from odata_service.reflect.service import catalogue_sign
from odata_service.settings_file import gathered
from odata_service.values import frozen
from odata_service.web.app import create_app

SECONDS_BETWEEN_LOOKS = 3.0
logger = logging.getLogger("odata_service")
ReadSettings = Callable[[], Settings]


@frozen
class Sign:
    """What is another after a change: of the file of settings, and of the database's catalogue."""

    file: tuple[int, int] | None
    catalogue: str = ""


UNSEEN = Sign(None)


class Listener(Protocol):
    def close(self) -> None: ...


class Arbiter(Protocol):
    """Gunicorn's process that starts and ends the workers, as far as we know it."""

    LISTENERS: Sequence[Listener]
    reload: Callable[[], None]


def renew_with(arbiter: Arbiter, build: Callable[[], object]) -> None:
    """New workers take the old ones' places only if what they are to serve can be built."""
    take_new_workers = arbiter.reload

    def reload() -> None:
        try:
            build()
        except ConfigurationError as error:
            logger.error("the model stays as it is: %s", error)
        except Exception:  # a mistake of ours ends no server that works
            logger.exception("the model stays as it is")
        else:
            take_new_workers()
            logger.warning("the model was built anew, and all workers have it")

    arbiter.reload = reload


def watch(arbiter: Arbiter, settings: ReadSettings, first: Sign) -> None:
    """Have a process of its own look every few seconds, which ends with Gunicorn. ``first`` is from before the model was built."""
    gunicorn = os.getpid()
    if os.fork():
        return
    try:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD, signal.SIGUSR1):
            signal.signal(number, signal.SIG_DFL)
        for listener in arbiter.LISTENERS:
            listener.close()  # the address is free as soon as Gunicorn has ended
        _look(gunicorn, settings, first)
    finally:
        os._exit(0)


def _look(gunicorn: int, settings: ReadSettings, before: Sign) -> None:
    while os.getppid() == gunicorn:
        time.sleep(SECONDS_BETWEEN_LOOKS)
        now = sign_of(settings, before)
        if now != before:
            before = now
            os.kill(gunicorn, signal.SIGHUP)


def sign_of(settings: ReadSettings, before: Sign = UNSEEN) -> Sign:
    """Where the database cannot be asked now, or nobody knows which it is, its catalogue is as it was ``before``."""
    file = before.file
    try:
        said = settings()
        file = _file_sign(said.config)
        return Sign(file, "" if said.sample_name else catalogue_sign(said))
    except ConfigurationError:
        return Sign(file, before.catalogue)


def _file_sign(name: str) -> tuple[int, int] | None:
    try:
        found = Path(name).stat() if name else None
    except OSError:
        return None
    return None if found is None else (found.st_mtime_ns, found.st_size)


def _of_environment() -> Settings:
    return gathered(os.environ, {})


def on_starting(server: Arbiter) -> None:
    """Gunicorn's hook."""
    renew_with(server, create_app)


def when_ready(server: Arbiter) -> None:
    """Gunicorn's hook."""
    if _of_environment().watch:
        watch(server, _of_environment, sign_of(_of_environment))
