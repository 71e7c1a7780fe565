"""A change that meets one which the client has not seen: who wins by which rule, and what the answer says of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from odata_service import User
from odata_service.bind.conflict import RULES, Conflict
from odata_service.edm.from_models import ModelError

pytestmark = pytest.mark.every_database

LONG_AGO, SOON = "2001-01-01T00:00:00Z", "2999-01-01T00:00:00Z"
ADA = "order-ada"


@pytest.fixture
def known(orders):
    """The record as the client knows it, before somebody else has shipped the order."""
    before = orders.records()[ADA]
    orders.v4("PATCH", f"Orders({before['id']})", {"Status": "Shipped"})
    return before


def rule(orders, conflicts):
    orders.service.sync("Orders", key="LocalId", conflicts=conflicts)
    return orders


def mine(status="Cancelled"):
    return {"localId": ADA, "status": status}


UPDATES = [
    #  rule      what the client says beside its change          who wins     the status afterwards
    ("latest", {"at": LONG_AGO, "version": "known"},             "server",    "Shipped"),
    ("latest", {"at": SOON, "version": "known"},                 "client",    "Cancelled"),
    ("latest", {"version": "known"},                             "client",    "Cancelled"),
    ("latest", {"at": LONG_AGO},                                 "server",    "Shipped"),
    ("latest", {"at": SOON},                                     None,        "Cancelled"),
    ("latest", {},                                               None,        "Cancelled"),
    ("server", {"version": "known"},                             "server",    "Shipped"),
    ("server", {"base": {"status": "Pending"}},                  "server",    "Shipped"),
    ("server", {"base": {"status": "Shipped"}},                  None,        "Cancelled"),
    ("client", {"version": "known"},                             "client",    "Cancelled"),
    ("merge",  {"version": "known"},                             "ask",       "Shipped"),
    ("merge",  {"base": {"status": "Pending"}},                  "ask",       "Shipped"),
    ("ask",    {"version": "known"},                             "ask",       "Shipped"),
    ("ask",    {"base": {"status": "Pending"}},                  "ask",       "Shipped"),
    ("ask",    {"version": "known", "base": {"customerName": "Ada Lovelace"}}, None, "Cancelled"),
    ("ask",    {},                                               None,        "Cancelled"),
]  # fmt: skip


@pytest.mark.parametrize("conflicts, said, winner, status", UPDATES)
def test_an_update(orders, known, conflicts, said, winner, status):
    said = {name: known["lastModified"] if value == "known" else value for name, value in said.items()}
    result = rule(orders, conflicts).do("update", mine(), **said)
    assert orders.records()[ADA]["status"] == status
    assert result.get("conflict", {}).get("resolution") == winner
    expected = {None: (200, "updated"), "client": (200, "updated"), "server": (200, "kept"), "ask": (409, "open")}[
        winner
    ]
    assert (result["status"], result["result"]) == expected


def test_both_sides_are_told(orders, known):
    result = rule(orders, "ask").do("update", mine(), version=known["lastModified"], base={"status": "Pending"})
    assert result["conflict"] == {
        "resolution": "ask", "columns": ["status"], "client": mine(), "server": orders.records()[ADA],
        "base": {"status": "Pending"},
    }  # fmt: skip


def test_the_operation_stays_open_until_the_client_has_decided(orders, known):
    operation = orders.operation("update", mine(), version=known["lastModified"])
    (result,) = rule(orders, "ask").results("Orders", operation)
    again = operation | {"version": result["conflict"]["server"]["lastModified"]}
    (result,) = orders.results("Orders", again)
    assert (result["id"], result["result"], orders.records()[ADA]["status"]) == (
        operation["id"],
        "updated",
        "Cancelled",
    )
    assert orders.results("Orders", again) == [result]


class TestMerge:
    BASE = {"customerName": "Ada Lovelace", "status": "Pending"}

    def merged(self, orders, data, **said):
        rule(orders, "merge")
        return orders.do("update", {"localId": ADA} | data, **{"base": self.BASE} | said)

    def test_of_different_columns(self, orders, known):
        result = self.merged(orders, {"customerName": "Ada King", "status": "Pending"})
        assert (result["result"], result["conflict"]["resolution"]) == ("updated", "merge")
        assert (result["record"]["customerName"], result["record"]["status"]) == ("Ada King", "Shipped")

    def test_of_the_same_change(self, orders, known):
        result = self.merged(orders, {"customerName": "Ada King", "status": "Shipped"})
        assert (result["record"]["customerName"], result["record"]["status"]) == ("Ada King", "Shipped")

    def test_of_one_column(self, orders, known):
        result = self.merged(orders, {"customerName": "Ada King", "status": "Cancelled"})
        assert (result["status"], result["conflict"]["columns"]) == (409, ["status"])
        assert orders.records()[ADA]["customerName"] == "Ada Lovelace"

    def test_of_what_did_not_change(self, orders, known):
        result = self.merged(orders, {"customerName": "Ada King"}, base={"customerName": "Ada Lovelace"})
        assert "conflict" not in result and result["record"]["status"] == "Shipped"


DELETED = [
    # rule      action     the client's time     what comes of it      is there afterwards
    ("latest", "update",  SOON,                 (201, "added"),       True),
    ("latest", "update",  LONG_AGO,             (200, "kept"),        False),
    ("server", "update",  SOON,                 (200, "kept"),        False),
    ("client", "update",  LONG_AGO,             (201, "added"),       True),
    ("merge",  "update",  SOON,                 (410, "open"),        False),
    ("ask",    "update",  SOON,                 (410, "open"),        False),
    ("ask",    "replace", SOON,                 (410, "open"),        False),
    ("ask",    "add",     SOON,                 (410, "open"),        False),
    ("client", "add",     SOON,                 (201, "added"),       True),
    ("ask",    "delete",  SOON,                 (200, "unchanged"),   False),
]  # fmt: skip


@pytest.mark.parametrize("conflicts, action, at, expected, is_there", DELETED)
@pytest.mark.parametrize("purged", [False, True])
def test_a_record_that_was_deleted(orders, conflicts, action, at, expected, is_there, purged):
    """And what is known to have been there, but not even its tombstone is any more."""
    known = orders.records()[ADA]
    orders.do("delete", {"localId": ADA})
    data = {"localId": ADA, "customerName": "Ada King", "status": "Cancelled"}
    if purged:
        assert orders.service.purge(timedelta())["Order"] == 1
    result = rule(orders, conflicts).do(action, data, at=at, version=known["lastModified"])
    assert (result["status"], result["result"]) == expected
    assert (ADA in orders.records()) is is_there
    if is_there:
        assert orders.records()[ADA]["customerName"] == "Ada King"
    if expected[1] in ("open", "kept"):
        assert result["conflict"]["server"] is None and result["conflict"]["client"] == data


@pytest.mark.parametrize("conflicts", ["ask", "merge"])
def test_a_client_that_has_seen_the_deletion_may_have_the_record_back(orders, conflicts):
    known = orders.records()[ADA]
    orders.do("delete", {"localId": ADA})
    operation = orders.operation("update", mine(), version=known["lastModified"])
    (asked,) = rule(orders, conflicts).results("Orders", operation)
    again = {"localId": ADA, "customerName": "Ada King", "status": "Cancelled"}
    result = orders.do("add", again, version=asked["conflict"]["version"])
    assert (result["result"], orders.records()[ADA]["customerName"]) == ("added", "Ada King")


@pytest.mark.parametrize("purged", [False, True])
def test_who_knows_of_the_deletion_makes_it_anew(orders, purged):
    known = orders.records()[ADA]
    orders.do("delete", {"localId": ADA})
    if purged:
        orders.service.purge(timedelta())
    data = {"localId": ADA, "customerName": "Ada King", "status": "Cancelled"}
    first = rule(orders, "ask").do("add", data, version=known["lastModified"])
    assert (first["status"], first["result"]) == (410, "open")
    assert orders.do("add", data, version=first["conflict"]["version"])["result"] == "added"


class TestVersionsThatAreKept:
    """Where somebody follows a set with a query interceptor, the service knows itself what a client has started from."""

    @pytest.fixture
    def known(self, orders):
        model = orders.service.model.sets["Orders"].type.mapper.class_
        orders.service.query_interceptor("Orders")(
            lambda context: True if context.user.name == "admin" else model.CustomerName != "nobody"
        )
        before = orders.records()[ADA]
        orders.v4("PATCH", f"Orders({before['id']})", {"Status": "Shipped"})
        return before

    def test_columns_are_merged_by_the_version(self, orders, known):
        data = {"localId": ADA, "customerName": "Ada King", "status": "Pending"}
        result = rule(orders, "merge").do("update", data, version=known["lastModified"])
        assert (result["result"], result["conflict"]["resolution"]) == ("updated", "merge")
        assert (result["record"]["customerName"], result["record"]["status"]) == ("Ada King", "Shipped")

    def test_the_base_is_told(self, orders, known):
        result = rule(orders, "ask").do("update", mine(), version=known["lastModified"])
        assert result["conflict"]["base"] == {"localId": ADA, "status": "Pending"}

    def test_no_base_is_known_of_a_version_that_never_was(self, orders, known):
        result = rule(orders, "merge").do("update", mine(), version=LONG_AGO)
        assert (result["result"], result["conflict"]["base"]) == ("open", None)

    def test_nor_of_one_that_the_caller_could_not_see(self, orders, known):
        admin = orders.by(User("admin"))
        version = admin.do("update", {"localId": ADA, "customerName": "nobody"})["record"]["lastModified"]
        admin.do("update", {"localId": ADA, "customerName": "Ada King"})
        result = rule(orders, "ask").do("update", mine(), version=version)
        assert (result["result"], result["conflict"]["base"]) == ("open", None)


@pytest.mark.parametrize("conflicts, at, expected", [
    ("latest", SOON, "deleted"), ("latest", LONG_AGO, "kept"), ("server", SOON, "kept"), ("client", LONG_AGO, "deleted"),
    ("merge", SOON, "open"), ("ask", SOON, "open"),
])  # fmt: skip
def test_a_deletion_of_what_was_changed(orders, known, conflicts, at, expected):
    result = rule(orders, conflicts).do("delete", {"localId": ADA}, at=at, version=known["lastModified"])
    assert result["result"] == expected and (ADA in orders.records()) is (expected != "deleted")
    if expected != "deleted":
        assert result["conflict"]["client"] is None and result["conflict"]["server"]["status"] == "Shipped"


@pytest.mark.parametrize("conflicts, expected", [
    ("latest", "updated"), ("server", "kept"), ("client", "updated"), ("merge", "open"), ("ask", "open"),
])  # fmt: skip
def test_two_have_added_a_record_with_one_key(orders, conflicts, expected):
    data = {"localId": ADA, "customerName": "Ada King", "status": "Cancelled"}
    result = rule(orders, conflicts).do("add", data)
    assert result["result"] == expected
    assert sorted(result["conflict"]["columns"]) == ["customerName", "status"]
    assert orders.records()[ADA]["customerName"] == ("Ada King" if expected == "updated" else "Ada Lovelace")


def test_conflicts_are_counted(orders, known):
    rule(orders, "ask").do("update", mine(), version=known["lastModified"])
    rule(orders, "client").do("update", mine(), version=known["lastModified"])
    assert [(log["Conflicts"], log["RecordsSynced"], log["Rejects"]) for log in orders.logs()] == [(1, 0, 0), (1, 1, 0)]


def test_a_clock_that_is_ahead_does_not_win_for_ever():
    """A change of the future counts as one of now."""
    now, future = datetime.now(UTC), datetime(2998, 1, 1, tzinfo=UTC)
    assert RULES["latest"](Conflict({}, {}, None, at=future, stamp=datetime(2997, 1, 1))).winner == "server"
    assert RULES["latest"](Conflict({}, {}, None, at=future, stamp=now.replace(tzinfo=None))).winner == "client"


@pytest.mark.parametrize("set_name, key, conflicts", [
    ("Orders", "LocalId", "newest"), ("Orders", "Nothing", "ask"), ("Orders", "CustomerName", "ask"), ("SyncLogs", None, "ask"),
])  # fmt: skip
def test_what_cannot_be_said_of_a_set(orders, set_name, key, conflicts):
    with pytest.raises(ModelError):
        orders.service.sync(set_name, key=key, conflicts=conflicts)
