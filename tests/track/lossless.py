"""Programs that write by plain SQL, and clients of four protocols that follow them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from odata_service.config import TableSettings
from tests.sync.followers import FOLLOWERS, Follower
from tests.track.shop import Shop
from tests.tracking.lossless import following

WRITER = Path(__file__).with_name("writer.py")
# What one would write first, and wrong: the time at which the row is written, not that of its commit.
AT_STATEMENT = (
    "CREATE OR REPLACE FUNCTION stamp_now() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.\"LastUpdated\" := clock_timestamp() AT TIME ZONE 'utc'; RETURN NEW; END $$",
    "CREATE TRIGGER at_statement BEFORE INSERT OR UPDATE ON item FOR EACH ROW EXECUTE FUNCTION stamp_now()",
    "CREATE OR REPLACE FUNCTION odata_stamp_item() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM odata_transaction_stamp(); RETURN NULL; END $$",
)


def items(shop: Shop) -> Shop:
    """The table, tracked. Its names have other letters on PostgreSQL, where programs do not quote them."""
    if shop.url.get_backend_name() == "sqlite":
        shop.sql("PRAGMA user_version = 1")
        with shop.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA journal_mode = WAL")  # else the reader holds up the writers
    shop.sql("CREATE TABLE Item (Id INTEGER PRIMARY KEY, Revision INTEGER NOT NULL)")
    shop.install("item" if shop.url.get_backend_name() == "postgresql" else "Item")
    return shop


def followed(
    shop: Shop, writers: int, transactions: int, longest_pause: float, *, seconds: float = 60, page_size: int = 7
) -> Mapping[str, Follower]:
    names = {"Id": "Id", "Revision": "Revision"}
    table = "Item"
    if shop.url.get_backend_name() == "postgresql":
        table, names = "item", {"id": "Id", "revision": "Revision"}
    harbour = shop.served(page_size=page_size, tables={table: TableSettings(set="Items", type="Item", names=names)})
    followers = {name: kind(harbour.published.service, page_size) for name, kind in FOLLOWERS.items()}
    command = [sys.executable, str(WRITER), shop.text]
    with following(*followers.values(), every=0.04):
        processes = [
            subprocess.Popen([*command, str(number), str(transactions), str(longest_pause), str(seconds)])
            for number in range(writers)
        ]
        assert [process.wait() for process in processes] == [0] * writers
    for each in followers.values():
        for _ in range(3):  # one of three is whole where clients break off
            each.pull()
    harbour.published.service.engine.dispose()
    return followers


def lost(shop: Shop, follower: Follower) -> dict[int, int | None]:
    """Items of which a client has not the last revision, or which it has though they are gone."""
    there = {int(id): int(revision) for id, revision in shop.sql("SELECT Id, Revision FROM Item")}
    return {id: there.get(id) for id in there.keys() | follower.seen.keys() if there.get(id) != follower.seen.get(id)}
