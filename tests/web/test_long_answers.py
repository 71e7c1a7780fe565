"""Long answers as a real server sends them: flat memory, clients that leave, a database that goes away."""

from __future__ import annotations

import gzip
import http.client
import json
import socket
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import Engine, create_engine, text

from odata_service.sample import sample_named
from tests.benchmarks.processes import children, megabytes
from tests.conftest import FreshDatabase
from tests.serving import Serving
from tests.service.test_database_away import cut_all_others

ADDRESSES = 60_000
FILL = f"""
INSERT INTO "Address" ("AddressId", "PersonId", "StreetAddress", "AddressTypeId", "LastUpdated", "IsDeleted")
SELECT gen_random_uuid(), "PersonId", repeat('long ', 30) || number, 1, "LastUpdated", false
FROM (SELECT "PersonId", "LastUpdated" FROM "Person" LIMIT 1) AS person, generate_series(1, {ADDRESSES}) AS number
"""
LONG = "/v4/Addresses?$filter=startswith(StreetAddress,%27long%27)"
OPEN = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE '%in transaction%'"


@pytest.fixture(scope="module")
def database_of_many(postgresql_database: FreshDatabase) -> Iterator[Engine]:
    with postgresql_database() as url:
        engine = create_engine(url)
        sample_named("people").create(engine)
        with engine.begin() as connection:
            connection.execute(text(FILL))
        yield engine
        engine.dispose()


@pytest.fixture(scope="module")
def server(database_of_many: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    url = database_of_many.url.render_as_string(hide_password=False)
    settings = ("page_size=0", "max_page_size=1000000", "compress=gzip")
    server = Serving.start(
        tmp_path_factory.mktemp("server"), "--workers", "1", "--sample", "people", url,
        *(word for setting in settings for word in ("--set", setting)),
    )  # fmt: skip
    yield server
    server.stop()


def opened(server: Serving, target: str = LONG, **headers: str) -> Any:
    """(Any: urllib's answer.)"""
    address = urlsplit(server.root)
    return urllib.request.urlopen(urllib.request.Request(f"http://{address.netloc}{target}", headers=headers))


def read(server: Serving, target: str = LONG, **headers: str) -> bytes:
    with opened(server, target, **headers) as answer:
        body: bytes = answer.read()
        return body


@pytest.fixture
def half_read(server: Serving) -> Iterator[socket.socket]:
    """A client that has asked, and has read no more than the head."""
    address = urlsplit(server.root)
    with closing(socket.socket()) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect((address.hostname, address.port))
        connection.sendall(f"GET {LONG} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        assert connection.recv(12) == b"HTTP/1.1 200"
        yield connection


def in_transaction(engine: Engine) -> int:
    with engine.connect() as connection:
        return int(connection.execute(text(OPEN)).scalar_one())


def until(is_so: Callable[[], bool]) -> None:
    for _ in range(200):
        if is_so():
            return
        time.sleep(0.05)
    raise AssertionError("it is not so")


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
def test_memory_is_flat(server: Serving):
    v2 = LONG.replace("/v4", "/v2")
    targets = (LONG, f"{v2}&$format=json", f"{v2}&$format=atom", f"{LONG}&$format=csv")
    for target in targets:
        read(server, f"{target}&$top=5000")
    (worker,) = children(server.process.pid)
    before = megabytes(worker, "VmHWM")
    for target in targets:
        assert read(server, target).count(b"long long long") >= ADDRESSES
    assert megabytes(worker, "VmHWM") - before <= 10  # all of them at once took a hundred


def test_codings_and_versions_of_http(server: Serving):
    """Chunks, gzip, and a connection that ends with the answer."""
    target = f"{LONG}&$top=5000"
    plain = read(server, target)
    assert gzip.decompress(read(server, target, **{"Accept-Encoding": "gzip"})) == plain
    old = server.raw(f"GET {target} HTTP/1.0\r\nHost: {urlsplit(server.root).netloc}\r\n\r\n".encode())
    head, _, body = old.partition(b"\r\n\r\n")
    assert b"chunked" not in head.lower() and body == plain


def test_a_client_that_leaves(server: Serving, half_read: socket.socket, database_of_many: Engine):
    until(lambda: in_transaction(database_of_many) == 1)
    half_read.close()
    until(lambda: in_transaction(database_of_many) == 0)
    assert json.loads(read(server, "/v4/People?$top=1"))["value"]


def test_a_database_that_goes_away(server: Serving, half_read: socket.socket, database_of_many: Engine):
    """The last chunk never comes."""
    cut_all_others(database_of_many)
    rest = b"".join(iter(lambda: half_read.recv(1 << 20), b""))
    assert not rest.endswith(b"\r\n0\r\n\r\n") and b"]}" not in rest[-100:]
    assert json.loads(read(server, "/v4/People?$top=1"))["value"]


def test_clients_see_that_something_is_missing(server: Serving, database_of_many: Engine):
    with opened(server) as answer:
        answer.read(1000)
        cut_all_others(database_of_many)
        with pytest.raises(http.client.IncompleteRead):
            answer.read()
