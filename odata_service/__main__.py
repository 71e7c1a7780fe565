"""``odata-service``, and ``python -m odata_service``."""

from __future__ import annotations

import gc
import os
import signal
import sys

ENDED_BY_SIGTERM = 128 + signal.SIGTERM


def main() -> None:
    """Nothing that is imported is thrown away again: to look for garbage meanwhile is a tenth of the start."""
    if os.getpid() == 1:
        _end_when_told()
    gc.disable()
    from odata_service.cli import main as commands

    gc.enable()
    commands()


def _end_when_told() -> None:
    """The first process of a container hears only the signals that it listens to, and Gunicorn does not listen before all is made."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(ENDED_BY_SIGTERM))


if __name__ == "__main__":
    main()
