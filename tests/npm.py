"""JavaScript from npm: packages are installed once for all runs, and Node runs beside them."""

from __future__ import annotations

import fcntl
import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.tools import program, unavailable

SECONDS = 180


@dataclass(frozen=True)
class Packages:
    """A folder with ``node_modules`` in it."""

    folder: Path

    @property
    def modules(self) -> Path:
        return self.folder / "node_modules"

    def node(self, *arguments: str) -> str:
        """What Node prints: ``packages.node("-e", "console.log(require('left-pad')('a', 3))")``."""
        command = [program("node", "nodejs"), *arguments]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, timeout=SECONDS, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def value(self, script: str, *arguments: str) -> Any:
        """The value of what a script prints as JSON."""
        return json.loads(self.node("-e", script, *arguments))


Npm = Callable[..., Packages]


@pytest.fixture(scope="session")
def npm(request: pytest.FixtureRequest) -> Npm:
    """``npm("csdl", "odata-csdl@0.11.2")`` is a folder of that name in pytest's cache with these packages."""

    def installed(name: str, *packages: str) -> Packages:
        folder: Path = request.config.cache.mkdir(name)  # type: ignore[union-attr]
        stamp, wanted = folder / "installed", "\n".join(packages)
        with _alone(folder):
            if stamp.exists() and stamp.read_text() == wanted:
                return Packages(folder)
            command = [program("npm", "npm"), "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"]
            done = subprocess.run([*command, "--prefix", str(folder), *packages], timeout=SECONDS, check=False)
            if done.returncode:
                unavailable(f"npm could not install {wanted}")
            stamp.write_text(wanted)
        return Packages(folder)

    return installed


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """No other process of the same run writes to a folder."""
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
