"""After ``track install`` whatever any program writes by plain SQL is heard of by those who follow, and nothing changes for
that program."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from odata_service import Headers, ODataRequest
from odata_service.protocol import DATASYNC, SYNC, Protocol
from tests.databases.harbour import ROOT, Harbour
from tests.datasync.client import Client
from tests.sync.client import SyncClient
from tests.track.shop import Follower, Shop

pytestmark = pytest.mark.every_database

NOTE = "CREATE TABLE note (id INTEGER PRIMARY KEY, body VARCHAR(50), code VARCHAR(9) UNIQUE)"
ROWS = "INSERT INTO note (id, body, code) VALUES (1, 'a', 'A'), (2, 'b', 'B'), (3, 'c', 'C')"


@pytest.fixture
def notes(shop: Shop) -> Shop:
    shop.sql(NOTE, ROWS)
    shop.install("note")
    return shop


def test_plain_sql_is_followed(notes: Shop) -> None:
    follower = Follower(notes.served(), "notes")
    assert [each["id"] for each in follower.pull()] == [1, 2, 3]
    notes.sql(
        "INSERT INTO note (id, body) VALUES (4, 'd')",
        "UPDATE note SET body = 'B' WHERE id = 2",
        "DELETE FROM note WHERE id = 1",
    )
    heard = follower.pull()
    assert sorted(map(str, heard)) == sorted(
        map(str, [{"id": 2, "body": "B", "code": "B"}, {"id": 4, "body": "d", "code": None}, ("gone", "notes(1)")])
    )
    assert follower.pull() == []


def test_the_other_program_sees_what_it_has_done(notes: Shop) -> None:
    notes.sql("DELETE FROM note WHERE id = 1")
    assert notes.sql("SELECT id, body FROM note ORDER BY id") == [(2, "b"), (3, "c")]
    notes.sql("INSERT INTO note (id, body, code) VALUES (1, 'again', 'A')")  # key and unique value are free
    assert notes.sql("SELECT id, body FROM note ORDER BY id") == [(1, "again"), (2, "b"), (3, "c")]


def test_a_row_that_comes_back_is_no_tombstone(notes: Shop) -> None:
    follower = Follower(notes.served(), "notes")
    follower.pull()
    notes.sql("DELETE FROM note WHERE id = 1")
    assert follower.pull() == [("gone", "notes(1)")]
    notes.sql("INSERT INTO note (id, body) VALUES (1, 'again')")
    assert follower.pull() == [{"id": 1, "body": "again", "code": None}]
    notes.sql("DELETE FROM note WHERE id = 1", "INSERT INTO note (id, body) VALUES (1, 'at once')")
    assert follower.pull() == [{"id": 1, "body": "at once", "code": None}]
    notes.sql(
        "INSERT INTO note (id, body) VALUES (9, 'x')",
        "UPDATE note SET body = 'y' WHERE id = 9",
        "DELETE FROM note WHERE id = 9",
    )
    assert follower.pull() in ([], [("gone", "notes(9)")])


def test_another_key_is_another_row(notes: Shop) -> None:
    follower = Follower(notes.served(), "notes")
    follower.pull()
    notes.sql("UPDATE note SET id = 30 WHERE id = 3")
    assert sorted(map(str, follower.pull())) == ["('gone', 'notes(3)')", "{'id': 30, 'body': 'c', 'code': 'C'}"]
    notes.sql("UPDATE note SET id = 3 WHERE id = 30")
    assert sorted(map(str, follower.pull())) == ["('gone', 'notes(30)')", "{'id': 3, 'body': 'c', 'code': 'C'}"]


def test_what_is_undone_is_not_heard_of(notes: Shop) -> None:
    follower = Follower(notes.served(), "notes")
    follower.pull()
    with pytest.raises(Exception, match=r"(?i)unique|duplicate"):
        notes.sql("DELETE FROM note WHERE id = 1", "UPDATE note SET code = 'C' WHERE id = 2")
    assert follower.pull() == []
    assert len(notes.sql("SELECT id FROM note")) == 3


def test_the_service_and_other_programs_share_a_clock(notes: Shop) -> None:
    harbour = notes.served()
    follower = Follower(harbour, "notes")
    follower.pull()
    stamps = []
    for turn in range(3):
        notes.sql(f"UPDATE note SET body = 'sql {turn}' WHERE id = 1")
        stamps.append(harbour.ask("notes(1)").json["LastUpdated"])
        body = b'{"body": "service %d"}' % turn
        answer = harbour.ask("notes(2)", method="PATCH", body=body, prefer="return=representation")
        stamps.append(answer.json["LastUpdated"])
        assert harbour.ask("notes(2)").json["LastUpdated"] == stamps[-1]
    assert stamps == sorted(set(stamps))
    assert harbour.ask("notes", method="POST", body=b'{"id": 5, "body": "new"}').status == 201
    assert harbour.ask("notes(3)", method="DELETE").status == 204
    assert harbour.ask("notes(3)").status == 404
    heard = follower.pull()
    assert ("gone", "notes(3)") in heard and {"id": 5, "body": "new", "code": None} in heard
    assert notes.sql("SELECT id FROM note ORDER BY id") == [(1,), (2,), (5,)]
    assert harbour.ask("notes", method="POST", body=b'{"id": 3, "body": "back"}').status == 201
    assert follower.pull() == [{"id": 3, "body": "back", "code": None}]


def test_every_protocol_tells_of_tombstones(notes: Shop) -> None:
    """V2 shows them, tables when asked, the Sync API always; V4 outside of deltas does not."""
    harbour = notes.served()
    since = harbour.ask("notes(2)").json["LastUpdated"].rstrip("Z")
    notes.sql("DELETE FROM note WHERE id = 1")
    newer = harbour.ask(f"notes?$filter=LastUpdated gt datetime'{since}'", version="v2").json["d"]["results"]
    assert [(int(each["id"]), each["IsDeleted"], each["body"]) for each in newer] == [(1, True, "a")]
    assert [each["id"] for each in harbour.rows("notes?$orderby=id")] == [2, 3]
    assert harbour.count("notes/$count") == 2
    assert [each["id"] for each in harbour.rows("notes?$filter=IsDeleted")] == []
    page = asked(harbour, DATASYNC, "notes", "__includedeleted=true&$orderby=updatedAt")
    assert [(int(each["id"]), each.get("deleted", False)) for each in page["items"]] == [
        (2, False),
        (3, False),
        (1, True),
    ]
    page = asked(harbour, DATASYNC, "notes", "")
    assert [int(each["id"]) for each in page["items"]] == [2, 3]
    told = asked(harbour, SYNC, "notes", "")
    assert sorted(int(each["id"]) for each in told["records"]) == [2, 3]
    notes.sql("DELETE FROM note WHERE id = 2")
    told = asked(harbour, SYNC, "notes", f"since={told['token']}")
    assert "2" in str(told) and len(told["records"]) <= 1


UPSERTS = {
    "sqlite": (
        "INSERT INTO note (id, body) VALUES (1, 'x') ON CONFLICT (id) DO UPDATE SET body = excluded.body",
        "INSERT OR IGNORE INTO note (id, body) VALUES (2, 'x'), (4, 'new')",
        "INSERT OR REPLACE INTO note (id, body) VALUES (3, 'replaced')",
    ),
    "postgresql": (
        "INSERT INTO note (id, body) VALUES (1, 'x') ON CONFLICT (id) DO UPDATE SET body = excluded.body",
        "INSERT INTO note (id, body) VALUES (2, 'x'), (4, 'new') ON CONFLICT DO NOTHING",
        "MERGE INTO note USING (VALUES (3)) AS given (key) ON id = key WHEN MATCHED THEN UPDATE SET body = 'replaced', code = NULL",
    ),
    "mariadb": (
        "INSERT INTO note (id, body) VALUES (1, 'x') ON DUPLICATE KEY UPDATE body = VALUES(body)",
        "INSERT IGNORE INTO note (id, body) VALUES (2, 'x'), (4, 'new')",
        "REPLACE INTO note (id, body) VALUES (3, 'replaced')",
    ),
}


def test_a_stamp_of_a_whole_second(notes: Shop) -> None:
    follower = Follower(notes.served(), "notes")
    follower.pull()
    notes.sql("UPDATE odata_clock SET last = 4102444799999")
    notes.sql("INSERT INTO note (id, body) VALUES (9, 'in 2100')")
    assert follower.pull() == [{"id": 9, "body": "in 2100", "code": None}]


def test_statements_that_insert_or_change(notes: Shop) -> None:
    follower = Follower(notes.served(), "notes")
    follower.pull()
    notes.sql(*UPSERTS[notes.url.get_backend_name()])
    heard = {each["id"]: (each["body"], each["code"]) for each in follower.pull()}
    assert heard == {1: ("x", "A"), 3: ("replaced", None), 4: ("new", None)}


def test_deleted_rows_are_purged(notes: Shop) -> None:
    harbour = notes.served()
    follower, late = Follower(harbour, "notes"), Follower(harbour, "notes")
    late.pull()
    notes.sql("DELETE FROM note WHERE id = 1")
    follower.pull()
    assert dict(harbour.published.service.purge(timedelta(days=-1))) == {"note": 1}
    assert follower.pull() == []
    assert harbour.ask(late.link).status == 410
    assert dict(harbour.published.service.purge(timedelta(days=-1))) == {}


def test_the_sync_api_knows_what_was_deleted(notes: Shop) -> None:
    """An edit of a record that another program has deleted meets a conflict; who has heard of the deletion may have it back."""
    client = SyncClient(notes.served().published.service)
    (seen, *_) = client.pull("notes")["records"]
    notes.sql("DELETE FROM note WHERE id = 1")
    met = client.do("update", {"id": 1, "body": "mine"}, "notes", version=seen["lastUpdated"])
    assert (met["status"], met["conflict"]["server"]) == (410, None)
    back = client.do("replace", {"id": 1, "body": "mine"}, "notes", version=met["conflict"]["version"])
    assert (back["result"], back["record"]["body"]) == ("added", "mine")
    assert notes.sql("SELECT body FROM note WHERE id = 1") == [("mine",)]
    stale = client.do("update", {"id": 1, "body": "late"}, "notes", version=seen["lastUpdated"])
    assert stale["conflict"]["server"]["body"] == "mine"


def test_tables_of_the_toolkit(notes: Shop) -> None:
    client = Client(notes.served().published.service)
    made = client.send("POST", "notes", {"id": "7", "body": "new"})
    assert made.status == 201, made.text
    changed = client.send("PUT", "notes/7", {"id": "7", "body": "other"}, If_Match=made.headers["ETag"])
    assert changed.status == 200, (changed.status, changed.text, changed.headers)
    assert changed.json["body"] == "other"
    assert changed.json["updatedAt"] > made.json["updatedAt"]
    notes.sql("UPDATE note SET body = 'sql' WHERE id = 7")
    assert client.send("PUT", "notes/7", {"id": "7", "body": "late"}, If_Match=changed.headers["ETag"]).status == 412
    assert client.send("DELETE", "notes/7").status == 204
    assert client.send("GET", "notes/7").status == 410
    assert notes.sql("SELECT id FROM note WHERE id = 7") == []


def asked(harbour: Harbour, protocol: Protocol, target: str, query: str) -> Any:
    request = ODataRequest(protocol, "GET", target, query, Headers({"Accept": "application/json"}), root=ROOT)
    answer = harbour.published.service.handle(request)
    assert answer.status == 200, answer.body
    return json.loads(answer.body)


def test_keys_of_several_columns_and_foreign_keys_that_cascade(shop: Shop) -> None:
    shop.sql(
        "CREATE TABLE region (code VARCHAR(9) PRIMARY KEY)",
        "CREATE TABLE owner (id INTEGER PRIMARY KEY, region VARCHAR(9), FOREIGN KEY (region) REFERENCES region (code) ON DELETE CASCADE)",
        "CREATE TABLE pet (owner INTEGER, name VARCHAR(20), age INTEGER, PRIMARY KEY (owner, name), "
        "FOREIGN KEY (owner) REFERENCES owner (id) ON DELETE CASCADE)",
        "CREATE TABLE visit (id INTEGER PRIMARY KEY, owner INTEGER, FOREIGN KEY (owner) REFERENCES owner (id) ON DELETE SET NULL)",
        "INSERT INTO region VALUES ('N'), ('S')",
        "INSERT INTO owner (id, region) VALUES (1, 'N'), (2, 'S')",
        "INSERT INTO pet (owner, name, age) VALUES (1, 'Rex', 3), (2, 'Tom', 4), (2, 'Kit', 5)",
        "INSERT INTO visit (id, owner) VALUES (7, 1), (8, 2)",
    )
    shop.install("pet", "visit")
    harbour = shop.served()
    pets, visits = Follower(harbour, "pets"), Follower(harbour, "visits")
    pets.pull(), visits.pull()
    shop.sql("DELETE FROM owner WHERE id = 1")
    assert pets.pull() == [("gone", "pets(owner=1,name='Rex')")]
    assert visits.pull() == [{"id": 7, "owner": None}]
    shop.sql("DELETE FROM region WHERE code = 'S'")
    assert sorted(pets.pull()) == [("gone", "pets(owner=2,name='Kit')"), ("gone", "pets(owner=2,name='Tom')")]
    assert visits.pull() == [{"id": 8, "owner": None}]


def test_a_key_that_cascades_on_update(shop: Shop) -> None:
    shop.sql(
        "CREATE TABLE region (code VARCHAR(9) PRIMARY KEY)",
        "CREATE TABLE town (id INTEGER PRIMARY KEY, region VARCHAR(9), FOREIGN KEY (region) REFERENCES region (code) ON UPDATE CASCADE)",
        "INSERT INTO region VALUES ('N')",
        "INSERT INTO town (id, region) VALUES (1, 'N')",
    )
    shop.install("town")
    towns = Follower(shop.served(), "towns")
    towns.pull()
    shop.sql("UPDATE region SET code = 'X'")
    assert towns.pull() == [{"id": 1, "region": "X"}]


def test_names_are_quoted(shop: Shop) -> None:
    quote = "`" if shop.url.get_backend_name() == "mariadb" else '"'
    table, key, column = (f"{quote}{name}{quote}" for name in ("Order Lines' \u00fc", "line: no", "select"))
    shop.sql(
        f"CREATE TABLE {table} ({key} INTEGER PRIMARY KEY, {column} VARCHAR(9))", f"INSERT INTO {table} VALUES (1, 'x')"
    )
    shop.install("Order Lines' \u00fc")
    harbour = shop.served()
    (entity_set,) = harbour.sets
    follower = Follower(harbour, entity_set.name)
    follower.pull()
    shop.sql(
        f"UPDATE {table} SET {column} = 'y'",
        f"INSERT INTO {table} ({key}) VALUES (2)",
        f"DELETE FROM {table} WHERE {key} = 1",
    )
    assert sorted(map(str, follower.pull())) == [
        "('gone', 'Order_x0020_Lines_x0027__x0020_%C3%BCs(1)')",
        "{'line_x003a__x0020_no': 2, 'select': None}",
    ]
