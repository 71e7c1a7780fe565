"""A program for .NET that is compiled once, and stays: tests name a step, and it says how that went."""

from __future__ import annotations

import select
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.tools import program, unavailable

PACKAGES = "mono-mcs mono-runtime libmono-system-data-services-client4.0-cil"
CLIENT = "System.Data.Services.Client"
SECONDS = 60


@dataclass(frozen=True)
class Steps:
    """``steps("PeopleReads.Where", root)`` → ``done``, or what went wrong."""

    process: subprocess.Popen[str]

    def __call__(self, step: str, root: str) -> str:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{step} {root}\n")
        self.process.stdin.flush()
        return "".join(self._lines()).rstrip()

    def _lines(self) -> Iterator[str]:
        assert self.process.stdout is not None
        ready, _, _ = select.select([self.process.stdout], [], [], SECONDS)
        assert ready, "Mono does not answer"
        for line in self.process.stdout:
            if line == ".\n":
                return
            yield line
        raise AssertionError("Mono has ended")


@contextmanager
def running(sources: Path, folder: Path) -> Iterator[Steps]:
    """The program of all the sources in a folder, against Microsoft's client for WCF Data Services."""
    compiler, mono = program("mcs", PACKAGES), program("mono", PACKAGES)
    binary = folder / "steps.exe"
    command = [compiler, f"-r:{CLIENT}.dll", f"-out:{binary}", "-warnaserror", *map(str, sorted(sources.glob("*.cs")))]
    compiled = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    if "could not be found" in compiled.stderr and CLIENT in compiled.stderr:
        unavailable(f"{CLIENT} is missing: apt-get install {PACKAGES}")
    assert compiled.returncode == 0, compiled.stdout + compiled.stderr
    process = subprocess.Popen([mono, str(binary)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield Steps(process)
    finally:
        process.kill()
        process.communicate()
