"""What the tests' own database servers have in common: where their programs are, and when they let somebody in."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

from sqlalchemy import URL, create_engine
from sqlalchemy.exc import OperationalError


def program(name: str) -> str | None:
    """Debian's are not on everybody's path."""
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


def wait_for(url: URL, process: subprocess.Popen[bytes], log: Path, seconds: float) -> None:
    """Until the server lets us in; a ``RuntimeError`` with its log, if it ends before or takes longer."""
    engine, deadline = create_engine(url), time.monotonic() + seconds
    while True:
        try:
            engine.connect().close()
            break
        except OperationalError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(log.read_text()) from None
            time.sleep(0.05)
    engine.dispose()
