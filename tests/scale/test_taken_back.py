"""Changes that a cluster takes back at COMMIT, because one of another node was there first."""

from __future__ import annotations

import psycopg
import pymysql
import pytest
from sqlalchemy import create_engine

from odata_service.dialects import database_named
from odata_service.execute import write
from odata_service.execute.connection import Connection
from odata_service.execute.write import ATTEMPTS
from tests.conftest import FreshDatabase
from tests.scale.conftest import WRITER, Client, service_on
from tests.tracking.lossless import Base


@pytest.mark.parametrize("times, status, items", [(1, 201, 1), (ATTEMPTS - 1, 201, 1), (ATTEMPTS, 503, 0)])
def test_the_work_is_done_again(postgresql_database: FreshDatabase, monkeypatch, times, status, items) -> None:
    monkeypatch.setattr(write, "SECONDS_TO_WAIT", 0.0)
    with postgresql_database() as url:
        engine = create_engine(url)
        Base.metadata.create_all(engine)
        client, taken_back = Client(service_on(engine, None), WRITER), iter(range(times))
        client.service._changes.prepare()
        commit = engine.dialect.do_commit

        def do_commit(connection):
            if next(taken_back, None) is not None:
                raise psycopg.errors.SerializationFailure("another node was first")
            commit(connection)

        monkeypatch.setattr(engine.dialect, "do_commit", do_commit)
        answer = client.ask("POST", "Items", {"Id": 1, "Revision": 1, "Transaction": "-"})
        assert (answer.status, client.get("Items/$count")) == (status, items), answer.body
        assert ("Retry-After" in answer.headers) is (status == 503)
        engine.dispose()


def test_so_it_is_where_a_read_of_the_transaction_hears_of_it(postgresql_database: FreshDatabase, monkeypatch) -> None:
    """The answer to a request that may come again is read before COMMIT."""
    monkeypatch.setattr(write, "SECONDS_TO_WAIT", 0.0)
    with postgresql_database() as url:
        engine = create_engine(url)
        Base.metadata.create_all(engine)
        client, taken_back = Client(service_on(engine, None), WRITER), iter(range(2))
        rows = Connection.rows

        def refused(connection, statement, values):
            if "item" in statement.text and next(taken_back, None) is not None:
                raise psycopg.errors.SerializationFailure("another node was first")
            return rows(connection, statement, values)

        monkeypatch.setattr(Connection, "rows", refused)
        item = {"Id": 1, "Revision": 1, "Transaction": "-"}
        answer = client.ask("POST", "Items", item, **{"Idempotency-Key": "once"})
        assert (answer.status, next(taken_back, None)) == (201, None), answer.body
        assert client.get("Items/$count") == 1
        engine.dispose()


@pytest.mark.parametrize(
    "number, text, code",
    [
        (1213, "Deadlock found when trying to get lock; try restarting transaction", "TryAgain"),
        (1047, "WSREP has not yet prepared node for application use", "DatabaseAway"),
        (1180, 'Got error 6 "No such device or address" during COMMIT', "DatabaseAway"),
    ],
)
def test_what_a_node_of_galera_says_is_503(number: int, text: str, code: str) -> None:
    refusal = database_named("mariadb").refusal(pymysql.err.OperationalError(number, text))
    assert refusal is not None
    assert (refusal.status, refusal.code, refusal.headers["Retry-After"]) == (503, code, "5")
