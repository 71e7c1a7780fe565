"""PgBouncer in transaction mode: the next transaction may have another server process, and nothing of a session is left."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import orjson
import pytest
from sqlalchemy import URL, create_engine, text

from odata_service.config import Settings
from odata_service.database import open_engine
from odata_service.start import published
from tests import pooler
from tests.conftest import FreshDatabase
from tests.scale.conftest import READER, WRITER, Client, service_on
from tests.tracking.lossless import Base

pytestmark = pytest.mark.skipif(not pooler.is_installed(), reason="apt-get install pgbouncer")
THREADS, ROUNDS = 6, 12


@pytest.fixture(scope="module")
def listening(postgresql_url: URL) -> Iterator[URL]:
    with pooler.pooled(postgresql_url) as url:
        yield url


@pytest.fixture
def urls(listening: URL, postgresql_database: FreshDatabase) -> Iterator[tuple[URL, URL]]:
    """The database directly, and through the pooler."""
    with postgresql_database() as url:
        yield url, listening.set(database=url.database)


def test_many_threads_share_few_connections(urls):
    """Reads, changes and deltas: no prepared statement is missed, and none is there already."""
    _direct, through = urls
    engine = create_engine(through, pool_size=THREADS)
    Base.metadata.create_all(engine)
    service = service_on(engine, None)
    Client(service, WRITER).ask("POST", "Items", {"Id": 0, "Revision": 1, "Transaction": "-"})

    def work(number):
        client, statuses = Client(service, WRITER), set()
        link = client.get("Items", Prefer="odata.track-changes")["@odata.deltaLink"]
        for each in range(1, ROUNDS):
            body = {"Id": number * 1000 + each, "Revision": each, "Transaction": "-"}
            statuses.add(client.ask("POST", "Items", body).status)
            statuses.add(client.ask("GET", f"Items?$filter=Revision eq {each}&$count=true".replace(" ", "%20")).status)
            link = client.get(link)["@odata.deltaLink"]
        return statuses

    with ThreadPoolExecutor(THREADS) as threads:
        assert set().union(*threads.map(work, range(1, THREADS + 1))) == {200, 201}
    assert Client(service, READER).get("Items/$count") == 1 + THREADS * (ROUNDS - 1)
    engine.dispose()


def test_long_answers_side_by_side(urls, monkeypatch):
    """Each has a server process to itself until it ends, and there are more of them than processes."""
    monkeypatch.setattr("odata_service.plan.read.ROWS_OF_A_PART", 3)
    _direct, through = urls
    engine = create_engine(through, pool_size=THREADS)
    Base.metadata.create_all(engine)
    service = service_on(engine, None)
    service.page_size("*", 50)
    for number in range(10):
        Client(service, WRITER).ask("POST", "Items", {"Id": number, "Revision": 1, "Transaction": "-"})

    def read(_number):
        return [each["Id"] for each in orjson.loads(Client(service, READER).ask("GET", "Items").whole().body)["value"]]

    with ThreadPoolExecutor(THREADS) as threads:
        assert list(threads.map(read, range(2 * THREADS))) == [list(range(10))] * 2 * THREADS
    assert engine.pool.checkedout() == 0
    engine.dispose()


@pytest.mark.parametrize("writable", [False, True])
def test_nothing_of_ours_stays_with_the_server(urls, writable):
    """Another program that gets the same server process next may write, and for as long as it likes."""
    direct, through = urls
    with create_engine(direct).begin() as connection:
        connection.execute(text("CREATE TABLE thing (id integer PRIMARY KEY, at timestamptz)"))
        connection.execute(text("INSERT INTO thing VALUES (1, '2024-05-01 12:00+00')"))
    found = published(Settings(database_url=through.render_as_string(hide_password=False), writable=writable))
    client = Client(found.service)
    assert client.get("things(1)")["at"].startswith("2024-05-01T12:00:00")
    other = create_engine(through)
    for _ in range(2 * pooler.CONNECTIONS):
        with other.begin() as connection:
            said = [
                connection.scalar(text(f"SHOW {name}"))
                for name in ("statement_timeout", "default_transaction_read_only")
            ]
            connection.execute(text("UPDATE thing SET at = at"))
        assert said == ["0", "off"]
    other.dispose()
    found.service.engine.dispose()


def test_the_limits_of_statements_hold(urls):
    _direct, through = urls
    engine = open_engine(through.render_as_string(hide_password=False))
    service_on(engine, None)
    with engine.begin() as connection:
        asked = [connection.scalar(text(f"SHOW {name}")) for name in ("statement_timeout", "lock_timeout", "TimeZone")]
    assert asked == ["30s", "20s", "UTC"]
    engine.dispose()
