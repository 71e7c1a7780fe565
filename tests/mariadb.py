"""A MariaDB server in a folder of its own, as Debian's ``mariadb-server`` has its programs."""

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

_SECONDS_TO_START = 60
# A crash may lose the tests' data, and nobody comes over the network.
_OPTIONS = (
    "--skip-networking", "--skip-log-bin", "--innodb-flush-log-at-trx-commit=0", "--innodb-doublewrite=0",
    "--innodb-flush-method=nosync", "--innodb-buffer-pool-size=64M", "--innodb-log-file-size=32M", "--performance-schema=0",
    "--character-set-server=utf8mb4", "--collation-server=utf8mb4_nopad_bin",
)  # fmt: skip


def is_installed() -> bool:
    return program("mariadbd") is not None and program("mariadb-install-db") is not None


@contextmanager
def server() -> Iterator[URL]:
    """One that runs until the end of the block; its socket is the only way in."""
    folder = Path(tempfile.mkdtemp(prefix="odata-mariadb-"))
    try:
        with _running(folder) as process:
            url = URL.create("mariadb+pymysql", "root", query={"unix_socket": f"{folder}/socket"})
            wait_for(url, process, folder / "log", _SECONDS_TO_START)
            yield url
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _running(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    # Two of them that use one folder for temporary tables take each other's away.
    own = [*(["--user=root"] if os.geteuid() == 0 else []), f"--datadir={folder}/data", f"--tmpdir={folder}"]
    install = [str(program("mariadb-install-db")), "--no-defaults", *own, "--skip-test-db"]
    subprocess.run([*install, "--auth-root-authentication-method=normal"], check=True, capture_output=True)
    command = [str(program("mariadbd")), "--no-defaults", *own, *_OPTIONS, f"--socket={folder}/socket"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([*command, f"--pid-file={folder}/pid"], stdout=log, stderr=log)
    try:
        yield process
    finally:
        process.kill()  # what it has not written yet is not needed any more
        process.wait()
