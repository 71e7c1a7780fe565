"""Requests side by side, in as many threads as were asked for; one at a time needs none."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any


@contextmanager
def side_by_side(count: int) -> Iterator[Any]:
    """``map``, or the same in threads (Any: both have a signature that only a type checker of theirs knows)."""
    if count == 1:
        yield map
        return
    with ThreadPoolExecutor(count, thread_name_prefix="sync") as pool:
        yield pool.map
