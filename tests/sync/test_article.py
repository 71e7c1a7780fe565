"""``POST api/sync/sync-orders``, as the article's Angular application sends its orders."""

from __future__ import annotations

import pytest

NEW = {"localId": "7d3e", "customerName": "Zoe", "status": "Pending"}


def test_a_new_order_is_stored(orders):
    answer = orders.send("POST", "sync-orders", [NEW])
    assert answer.status == 200
    (record,) = answer.json["records"]
    assert record == NEW | {
        "id": record["id"], "customerLocalId": None, "lastModified": record["lastModified"],
    }  # fmt: skip
    assert answer.json == {"message": "Sync complete", "records": [record], "conflicts": [], "rejects": []}
    assert orders.records()["7d3e"] == record, "the stamp is that of the committed row"
    assert orders.v4("GET", f"Orders({record['id']})")["LocalId"] == "7d3e"


def test_the_same_order_again_changes_it(orders):
    (first,) = orders.send("POST", "sync-orders", [NEW]).json["records"]
    (second,) = orders.send("POST", "sync-orders", [NEW | {"status": "Completed"}]).json["records"]
    assert (second["id"], second["status"]) == (first["id"], "Completed") and second["lastModified"] > first[
        "lastModified"
    ]


def test_the_same_order_unchanged_keeps_its_stamp(orders):
    first = orders.send("POST", "sync-orders", [NEW]).json
    assert orders.send("POST", "sync-orders", [NEW]).json == first


def test_what_the_client_keeps_for_itself_is_put_aside(orders):
    (record,) = orders.send("POST", "sync-orders", [NEW | {"id": 5, "isSynced": False, "Extra": {"a": [1]}}]).json[
        "records"
    ]
    assert record["id"] != 5 or record["localId"] == "7d3e"
    assert set(record) == {"id", "localId", "customerName", "status", "customerLocalId", "lastModified"}


def test_names_come_in_any_case(orders):
    (record,) = orders.send("POST", "Sync-Orders", [{"LocalId": "x", "CUSTOMERNAME": "Zoe", "Status": "Pending"}]).json[
        "records"
    ]
    assert (record["localId"], record["customerName"]) == ("x", "Zoe")


@pytest.mark.parametrize("moment, status", [
    ("2001-01-01T00:00:00Z", "Pending"),
    ("2001-01-01T00:00:00", "Pending"),
    (978307200000, "Pending"),
    ("2999-01-01T00:00:00Z", "Shipped"),
    (None, "Shipped"),
])  # fmt: skip
def test_the_latest_wins(orders, moment, status):
    """An order that was changed on the server after the client has changed it stays; the client is told."""
    sent = {"localId": "order-ada", "customerName": "Ada Lovelace", "status": "Shipped", "lastModified": moment}
    answer = orders.send("POST", "sync-orders", [sent]).json
    assert answer["records"][0]["status"] == orders.records()["order-ada"]["status"] == status
    assert [(each["localId"], each["conflict"]["resolution"]) for each in answer["conflicts"]] == (
        [("order-ada", "server")] if status == "Pending" else []
    )
    if status == "Pending":
        assert answer["conflicts"][0]["conflict"]["client"] == sent
        assert answer["conflicts"][0]["conflict"]["server"]["status"] == "Pending"


def test_every_record_is_validated_and_the_others_are_stored(orders):
    answer = orders.send("POST", "sync-orders", [
        NEW, {"localId": "a"}, "nonsense", NEW | {"localId": None}, NEW | {"status": 5},
        NEW | {"localId": "b", "customerName": "x" * 101}, NEW | {"localId": "c", "lastModified": "yesterday"},
        NEW | {"localId": "d", "customerLocalId": "nobody"},
    ]).json  # fmt: skip
    assert [record["localId"] for record in answer["records"]] == ["7d3e"]
    assert [(each["index"], each["status"]) for each in answer["rejects"]] == [
        (1, 422), (2, 400), (3, 422), (4, 422), (5, 422), (6, 400), (7, 409),
    ]  # fmt: skip
    assert {each["target"] for each in answer["rejects"][0]["error"]["details"]} == {"customerName", "status"}
    assert set(orders.records()) == {"order-ada", "order-brian", "7d3e"}


def test_nothing_to_synchronise(orders):
    assert orders.send("POST", "sync-orders", []).json == {
        "message": "Sync complete", "records": [], "conflicts": [], "rejects": [],
    }  # fmt: skip


@pytest.mark.parametrize("url, body, error", [
    ("sync-orders", {"localId": "x"}, (400, "InvalidBody")),
    ("sync-orders", b"[{", (400, "InvalidJson")),
    ("sync-orders", b"", (400, "BodyMissing")),
    ("sync-people", [], (404, "ResourceNotFound")),
    ("sync-synclogs", [], (404, "ResourceNotFound")),
    ("sync-orders/1", [], (404, "ResourceNotFound")),
])  # fmt: skip
def test_refusals(orders, url, body, error):
    assert orders.send("POST", url, body).error == error


def test_with_an_idempotency_key(orders):
    first = orders.send("POST", "sync-orders", [NEW], Idempotency_Key="1")
    orders.do("update", {"localId": "7d3e", "status": "Shipped"})
    second = orders.send("POST", "sync-orders", [NEW], Idempotency_Key="1")
    assert second.json == first.json and orders.records()["7d3e"]["status"] == "Shipped"
    assert len(orders.logs()) == 2


def test_the_log(orders):
    orders.send("POST", "sync-orders", [NEW, NEW | {"localId": None}, {
        "localId": "order-ada", "customerName": "x", "status": "x", "lastModified": "2001-01-01T00:00:00Z",
    }])  # fmt: skip
    (log,) = orders.logs()
    assert {name: log[name] for name in log if name not in ("SyncId", "SyncedAt")} == {
        "TableName": "Orders", "RecordsSynced": 2, "Conflicts": 1, "Rejects": 1, "SyncedBy": "anonymous",
    }  # fmt: skip


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT"])
def test_there_is_nothing_to_get(orders, method):
    answer = orders.send(method, "sync-orders")
    assert answer.status == 405
    assert method == "PUT" or answer.headers["Allow"] == "POST"
