"""Whoever follows the notes, on whatever road, has what the server would give him: random conditions, policies and changes,
pulls that break off, changes between pages. More worlds: ``python -m tests.sync.oracle --minutes 10``."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from tests.sync.oracle import run


@pytest.mark.parametrize("seed", [26, 28, 30])
def test_copies_are_what_the_server_has(database: Engine, seed: int) -> None:
    """By the first two seeds a service is found out that forgets rows which are changed again between two pages."""
    counts = run(database, seed, steps=8)
    assert sum(count for name, count in counts.items() if name.startswith("checks")) > 10
