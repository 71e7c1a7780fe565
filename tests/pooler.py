"""PgBouncer in transaction mode before a PostgreSQL server, with fewer connections than it lets in."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL, create_engine
from sqlalchemy.exc import OperationalError

CONNECTIONS = 2
_SECONDS_TO_START = 20
_SETTINGS = """
[databases]
* = host={host}
[pgbouncer]
unix_socket_dir = {folder}
listen_port = 6432
auth_type = any
pool_mode = transaction
default_pool_size = {connections}
ignore_startup_parameters = extra_float_digits
logfile = {folder}/log
"""


def _program() -> str | None:
    return shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


def is_installed() -> bool:
    return _program() is not None


@contextmanager
def pooled(server: URL) -> Iterator[URL]:
    """Where the pooler of a server listens, until the end of the block."""
    folder = Path(tempfile.mkdtemp(prefix="odata-pgbouncer-"))
    settings = folder / "pgbouncer.ini"
    user = "" if server.username is None else f"user={server.username}"
    text = _SETTINGS.format(host=f"{server.query['host']} {user}", folder=folder, connections=CONNECTIONS)
    settings.write_text(text)
    owner = Path(str(server.query["host"])).owner()
    becomes = ["-u", owner] if os.geteuid() == 0 else []  # PgBouncer does not run as root
    if becomes:
        shutil.chown(folder, owner)
    process = subprocess.Popen([str(_program()), "-q", *becomes, str(settings)], stderr=subprocess.DEVNULL)
    try:
        url = server.set(query={"host": str(folder)}, port=6432)
        _await(url, process, folder)
        yield url
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _await(url: URL, process: subprocess.Popen[bytes], folder: Path) -> None:
    engine, deadline = create_engine(url), time.monotonic() + _SECONDS_TO_START
    while True:
        try:
            engine.connect().close()
            break
        except OperationalError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((folder / "log").read_text()) from None
            time.sleep(0.05)
    engine.dispose()
