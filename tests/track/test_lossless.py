"""Eight programs that write by plain SQL with pauses inside their transactions, followed at once by clients of four protocols.
``python -m tests.benchmarks.lossless --plain-sql`` does the same with as many transactions as there is time for."""

from __future__ import annotations

import pytest

from tests.conftest import FreshDatabase
from tests.sync.followers import FOLLOWERS
from tests.track.lossless import AT_STATEMENT, followed, items, lost
from tests.track.shop import Shop

WRITERS, TRANSACTIONS = 8, 20
# Where writers stand in one queue all pauses add up.
LONGEST_PAUSE = {"sqlite": 0.006, "postgresql": 0.04, "mariadb": 0.01}


@pytest.mark.every_database
def test_no_row_is_lost(shop: Shop) -> None:
    followers = followed(items(shop), WRITERS, TRANSACTIONS, LONGEST_PAUSE[shop.url.get_backend_name()])
    assert {name: lost(shop, each) for name, each in followers.items()} == {name: {} for name in FOLLOWERS}
    assert len(shop.sql("SELECT Id FROM Item")) > WRITERS * TRANSACTIONS / 2
    assert len(shop.sql("SELECT Id FROM odata_gone_Item")) > WRITERS


def test_a_stamp_taken_by_the_statement_loses_rows(postgresql_database: FreshDatabase) -> None:
    """The same writers and the same clients: the test above is able to fail."""
    with postgresql_database() as url:
        shop = items(Shop(url))
        shop.sql(*AT_STATEMENT)
        followers = followed(shop, WRITERS, TRANSACTIONS, LONGEST_PAUSE["postgresql"])
        assert all(lost(shop, each) for each in followers.values())
        shop.engine.dispose()
