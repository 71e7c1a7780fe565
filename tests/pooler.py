"""PgBouncer in transaction mode before a PostgreSQL server, with fewer connections than it lets in."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL

from tests.database_servers import program, wait_for

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


def is_installed() -> bool:
    return program("pgbouncer") is not None


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
    process = subprocess.Popen([str(program("pgbouncer")), "-q", *becomes, str(settings)], stderr=subprocess.DEVNULL)
    try:
        url = server.set(query={"host": str(folder)}, port=6432)
        wait_for(url, process, folder / "log", _SECONDS_TO_START)
        yield url
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(folder, ignore_errors=True)
