"""What Linux says of other processes: their children, their CPU time and their memory."""

from __future__ import annotations

import re
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

SECONDS = 30
_LINE = re.compile(r"^(\w+):\s+(\d+) kB", re.MULTILINE)


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def cpu_seconds(pid: int) -> float:
    """What all threads of a process have used so far, in steps of nanoseconds; see clock_getcpuclockid(3)."""
    return time.clock_gettime(~pid << 3 | 2)


def megabytes(pid: int, line: str) -> int:
    """``RssAnon`` or ``VmHWM``; ``Pss`` counts what is shared as a share."""
    file = "smaps_rollup" if line == "Pss" else "status"
    return int(dict(_LINE.findall(Path(f"/proc/{pid}/{file}").read_text()))[line]) // 1024


def wait_until_ready(process: subprocess.Popen[bytes], port: int) -> None:
    """Until a service of ours says that it is, which it does as soon as it can."""
    for _ in range(SECONDS * 100):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/-/ready", timeout=SECONDS):
                return
        except OSError:  # nobody listens yet, or what listens is not ready
            time.sleep(0.01)
        if process.poll() is not None:
            break
    raise SystemExit("the server did not start")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
