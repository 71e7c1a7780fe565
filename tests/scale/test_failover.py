"""A primary that is lost, and its standby in its place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import orjson
import pytest
from sqlalchemy import URL, create_engine, text

from odata_service import Limits, ODataService
from odata_service.database import database_url, open_engine, replica_engine
from odata_service.config import Settings
from odata_service.execute import replica
from tests.scale.conftest import READER, WRITER, Client, service_on
from tests.standby import Standby, standby_of
from tests.sync.followers import FOLLOWERS
from tests.tracking.lossless import Base


def named(*servers: Standby) -> str:
    """A URL that names all of them."""
    return f"postgresql://postgres@/postgres?host={','.join(str(each.folder) for each in servers)}"


@dataclass
class Two:
    first: Standby
    second: Standby
    service: ODataService


@pytest.fixture
def two(postgresql_url: URL, monkeypatch: pytest.MonkeyPatch) -> Iterator[Two]:
    """A primary of our own that may be lost, with its standby, and a service that knows both of them by one URL."""
    monkeypatch.setattr(replica, "SECONDS_TO_REST", 0.0)
    with standby_of(postgresql_url) as first:
        first.promote()
        with first.standby() as second:
            url = named(first, second)
            engine = open_engine(url)
            Base.metadata.create_all(engine)
            yield Two(first, second, service_on(engine, replica_engine(Settings(replica_url=url))))


def test_the_standby_takes_its_place(two: Two) -> None:
    """Nothing is started anew, and no cursor loses anything: the clock's row and the rows come from one log."""
    writer, reader = Client(two.service, WRITER), Client(two.service, READER)
    followers = {name: kind(two.service) for name, kind in FOLLOWERS.items()}
    assert writer.ask("POST", "Items", {"Id": 1, "Revision": 1, "Transaction": "-"}).status == 201
    two.second.resume()
    assert (reader.revisions(), reader.place) == ({1: 1}, "replica")
    for each in followers.values():
        each.pull()
    two.first.stop()
    lost = writer.ask("PATCH", "Items(1)", {"Revision": 2})
    assert (lost.status, lost.headers["Retry-After"]) == (503, "5")
    two.second.promote()
    assert writer.ask("PATCH", "Items(1)", {"Revision": 2}).status == 204
    assert writer.ask("POST", "Items", {"Id": 2, "Revision": 1, "Transaction": "-"}).status == 201
    assert (writer.revisions(), writer.place) == ({1: 2, 2: 1}, "primary away")
    for each in followers.values():
        each.pull()
    assert {name: each.lost(two.service.engine) for name, each in followers.items()} == {name: {} for name in FOLLOWERS}


def test_an_address_that_leads_to_the_standby_for_a_while(two: Two, tmp_path: Path) -> None:
    """A connection that was made then is of no use afterwards, whatever the pool thinks of it."""
    address = tmp_path / "address"
    address.symlink_to(two.second.folder)
    engine = open_engine(f"postgresql://postgres@/postgres?host={address}")
    writer, items = (
        Client(service_on(engine, None), WRITER),
        [{"Id": id, "Revision": 1, "Transaction": "-"} for id in (6, 7)],
    )
    assert Client(two.service, WRITER).ask("POST", "Items", items[0]).status == 201
    two.second.resume()
    refused = writer.ask("POST", "Items", items[1])
    assert (refused.status, orjson.loads(refused.body)["error"]["code"]) == (503, "DatabaseAway")
    assert writer.revisions() == {6: 1}
    address.unlink()
    address.symlink_to(two.first.folder)
    assert writer.ask("POST", "Items", items[1]).status == 201


def test_a_change_that_no_standby_has_confirmed_is_not_acknowledged(two: Two) -> None:
    """PostgreSQL waits for ever; who is told to wait no longer says that the COMMIT was made, with a warning. It would be lost with its server."""
    with two.service.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ALTER SYSTEM SET synchronous_standby_names = '*'"))
        connection.execute(text("SELECT pg_reload_conf()"))
    strict = create_engine(database_url(f"{named(two.first)}&options=-csynchronous_commit=remote_apply"))
    service = ODataService(Base, strict, namespace="Scale", limits=Limits(statement_timeout_ms=1500))
    service.rights("*", 63)
    writer = Client(service, WRITER)
    item, key = {"Id": 8, "Revision": 1, "Transaction": "-"}, {"Idempotency-Key": "8"}
    assert (
        writer.ask("POST", "Items", {**item, "Id": 7}, **{"Idempotency-Key": "7"}).status == 201
    )  # all tables are there
    two.second.pause()
    for _ in range(2):  # it was made, but it is as little confirmed when it is asked for again
        answer = writer.ask("POST", "Items", item, **key)
        assert (answer.status, b"NotConfirmed" in answer.body, answer.headers["Retry-After"]) == (503, True, "5")
    two.second.resume()
    assert [writer.ask("POST", "Items", item, **key).status for _ in range(2)] == [201, 201]
    assert writer.revisions() == {7: 1, 8: 1}
