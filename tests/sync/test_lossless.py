"""Eight writers with pauses inside their transactions, followed at once by clients of four protocols.
``python -m tests.benchmarks.lossless`` does the same with as many transactions as there is time for."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from odata_service.tracking import write_sessions
from tests.sync.followers import FOLLOWERS, Follower, service_of
from tests.tracking.lossless import Writer, engine_of_its_own, following, write_side_by_side
from tests.tracking.test_lossless import LONGEST_PAUSE, WRITERS, Hook, flush_time_sessions, items

__all__ = ["items"]

pytestmark = pytest.mark.every_database
TRANSACTIONS, BAD = 65, 25


def run(engine: Engine, hook: Hook, transactions: int) -> dict[str, Follower]:
    service = service_of(engine)
    engines = [engine_of_its_own(engine) for _ in range(WRITERS)]
    writers = [Writer(number, hook(each)) for number, each in enumerate(engines)]
    followers = {name: kind(service) for name, kind in FOLLOWERS.items()}
    with following(*followers.values(), every=0.02):
        write_side_by_side(writers, transactions=transactions, longest_pause=LONGEST_PAUSE[engine.dialect.name])
    for each in engines:
        each.dispose()
    return followers


def test_no_row_is_lost(items):
    followers = run(items, write_sessions, TRANSACTIONS)
    assert {name: each.lost(items) for name, each in followers.items()} == {name: {} for name in FOLLOWERS}
    assert {len(each.seen) for each in followers.values()} == {WRITERS * TRANSACTIONS}


def test_a_stamp_taken_at_flush_loses_rows(items):
    """The same writers and the same clients: the test above is able to fail. Such stamps do not move the clock, so that
    links and tokens hear of nothing that is stamped after it."""
    followers = run(items, flush_time_sessions, BAD)
    assert all(each.lost(items) for each in followers.values())
