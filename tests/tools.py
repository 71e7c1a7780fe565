"""Programs that pip does not bring. Tests that need one are left out where it is missing, but never in CI."""

from __future__ import annotations

import os
import shutil
from typing import NoReturn

import pytest


def program(name: str, package: str) -> str:
    """Where it is: ``program("mcs", "mono-mcs")`` → ``/usr/bin/mcs``."""
    return shutil.which(name) or unavailable(f"{name} is missing: apt-get install {package}")


def unavailable(why: str) -> NoReturn:
    """Skip the test; in CI fail it, because a test that never runs shows nothing."""
    if os.environ.get("CI", "").lower() == "true":
        pytest.fail(why)
    pytest.skip(why)
