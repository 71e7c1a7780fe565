"""How long the service itself works on an answer, whatever else the computer is doing."""

from __future__ import annotations

import gc
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from odata_service import ODataRequest, ODataResponse, ODataService


def answered(service: ODataService, request: ODataRequest) -> tuple[ODataResponse, float]:
    """The answer, and the seconds it took: this thread's own, and those that the database says it needed."""
    with _no_collection():
        started = time.thread_time()
        response = service.handle(request)
        return response, time.thread_time() - started + _in_database(response)


def seconds(work: Callable[[], object]) -> float:
    """What a piece of work costs the thread that does it."""
    with _no_collection():
        started = time.thread_time()
        work()
        return time.thread_time() - started


@contextmanager
def _no_collection() -> Iterator[None]:
    """Without the collector's walk over what thousands of other tests left in this process."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _in_database(response: ODataResponse) -> float:
    dur = re.search(r"dur=([\d.]+)", response.headers["Server-Timing"])
    assert dur is not None
    return float(dur[1]) / 1000
