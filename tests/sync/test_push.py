"""Operations as a client's queue holds them: what each does to a record that is there, not there, or deleted."""

from __future__ import annotations

import pytest

from tests.sync.client import ROOT

pytestmark = pytest.mark.every_database

NEW = {"localId": "new", "customerName": "Zoe", "status": "Pending"}
ADA = {"localId": "order-ada"}


class TestActions:
    def test_add(self, orders):
        result = orders.do("add", NEW)
        assert (result["status"], result["result"], result["localId"]) == (201, "added", "new")
        assert result["record"] == orders.records()["new"]

    def test_update_leaves_out_what_stays(self, orders):
        result = orders.do("update", ADA | {"status": "Shipped"})
        assert (result["status"], result["result"]) == (200, "updated")
        assert (result["record"]["customerName"], result["record"]["status"]) == ("Ada Lovelace", "Shipped")

    def test_replace_sets_the_rest_to_its_default(self, orders):
        result = orders.do("replace", ADA | {"customerName": "Ada King", "status": "Shipped"})
        assert (result["status"], result["record"]["customerLocalId"]) == (200, None)

    def test_replace_of_what_is_not_there_adds_it(self, orders):
        assert orders.do("replace", NEW)["result"] == "added" and "new" in orders.records()

    def test_delete_leaves_a_tombstone(self, orders):
        token = orders.pull("Orders")["token"]
        assert orders.do("delete", ADA) == {"id": "op-1", "status": 200, "result": "deleted", "localId": "order-ada"}
        assert orders.pull(f"Orders?since={token}")["deleted"] == [{"localId": "order-ada", "reason": "deleted"}]

    def test_a_key_called_like_what_is_said_of_an_operation(self, orders):
        """The set by its server's key, ``id``: the result is still the operation's."""
        orders.service.sync("Orders")
        key = orders.v4("GET", "Orders?$filter=LocalId eq 'order-ada'")["value"][0]["Id"]
        result = orders.do("update", {"id": key, "status": "Shipped"})
        assert (result["id"], result["status"], result["record"]["id"]) == ("op-1", 200, key)
        assert orders.do("delete", {"id": key}) == {"id": "op-2", "status": 200, "result": "deleted"}

    def test_delete_with_the_whole_record(self, orders):
        assert orders.do("delete", NEW | ADA | {"nonsense": 1})["result"] == "deleted"

    @pytest.mark.parametrize("key", ["order-ada", "nobody"])
    def test_delete_of_what_is_deleted_or_was_never_there(self, orders, key):
        orders.do("delete", ADA)
        assert orders.do("delete", {"localId": key})["result"] == "unchanged"

    def test_update_of_what_was_never_there(self, orders):
        result = orders.do("update", NEW)
        assert (result["status"], result["result"], result["error"]["code"]) == (404, "rejected", "ResourceNotFound")

    def test_what_is_so_already_keeps_its_stamp(self, orders):
        before = orders.records()["order-ada"]
        for action in ("add", "update"):
            result = orders.do(action, ADA | {"customerName": "Ada Lovelace", "status": "Pending"})
            assert (result["result"], result["record"]) == ("unchanged", before)

    def test_the_address_and_the_names_of_properties_in_any_case(self, orders):
        assert orders.do("add", {"LocalID": "x", "customername": "y", "STATUS": "z"}, url="oRDERS")["result"] == "added"

    def test_values_that_only_the_server_sets_are_put_aside(self, orders):
        record = orders.do("add", NEW | {"id": 7, "lastModified": "2001-01-01T00:00:00Z"})["record"]
        assert record["lastModified"] > "2020" and orders.v4("GET", f"Orders({record['id']})")["LocalId"] == "new"


class TestSeveralSets:
    def operations(self, orders):
        return [
            orders.operation("add", NEW | {"customerLocalId": "c"}, set="Orders"),
            orders.operation("update", {"localId": "new", "status": "Shipped"}, set="orders"),
            orders.operation("add", {"localId": "c", "name": "Zoe"}, set="Customers"),
        ]

    def test_children_come_after_their_parents(self, orders):
        """The queue has the child first; the answers stand in its order."""
        results = orders.results("", *self.operations(orders))
        assert [each["result"] for each in results] == ["added", "updated", "added"]
        assert orders.records()["new"]["status"] == "Shipped"

    def test_without_the_parent(self, orders):
        results = orders.results("", *self.operations(orders)[:2])
        assert [each["error"]["code"] for each in results] == ["ReferenceMissing", "ResourceNotFound"]
        assert "new" not in orders.records()

    def test_a_log_for_each(self, orders):
        orders.results("", *self.operations(orders))
        assert [(log["TableName"], log["RecordsSynced"]) for log in orders.logs()] == [("Orders", 2), ("Customers", 1)]

    @pytest.mark.parametrize("url, said, code", [
        ("", {}, "SetMissing"), ("", {"set": "People"}, "ResourceNotFound"), ("Orders", {"set": "Customers"}, "OtherSet"),
    ])  # fmt: skip
    def test_which_set(self, orders, url, said, code):
        assert orders.do("add", NEW, url=url, **said)["error"]["code"] == code


class TestAllOrNothing:
    def test_all(self, orders):
        answer = orders.push("Orders", orders.operation("add", NEW), orders.operation("delete", ADA), atomic=True)
        assert answer.status == 200 and [each["result"] for each in answer.json["results"]] == ["added", "deleted"]

    def test_nothing(self, orders):
        operations = [orders.operation("add", NEW), orders.operation("update", {"localId": "nobody"})]
        answer = orders.push("Orders", *operations, atomic=True)
        assert answer.error == (404, "ResourceNotFound")
        assert [(each["status"], each["result"]) for each in answer.json["results"]] == [
            (424, "undone"),
            (404, "rejected"),
        ]
        assert "new" not in orders.records() and orders.logs() == []
        results = orders.results("Orders", operations[0])
        assert results[0]["result"] == "added", "what was undone may come again under its id"

    def test_a_conflict_is_in_the_way_too(self, orders):
        orders.service.sync("Orders", key="LocalId", conflicts="ask")
        answer = orders.push("Orders", orders.operation("add", NEW), orders.operation("add", NEW | ADA), atomic=True)
        assert answer.error == (409, "RecordChanged")
        assert answer.json["results"][1]["conflict"]["server"]["status"] == "Pending"

    def test_what_was_done_before_is_no_obstacle(self, orders):
        operation = orders.operation("add", NEW)
        orders.results("Orders", operation)
        answer = orders.push("Orders", operation, orders.operation("delete", ADA), atomic=True)
        assert [each["result"] for each in answer.json["results"]] == ["added", "deleted"]

    def test_one_by_one_what_is_wrong_is_no_reason_to_refuse_the_others(self, orders):
        results = orders.results(
            "Orders", orders.operation("update", {"localId": "nobody"}), orders.operation("add", NEW), "nonsense", {}
        )
        assert [each["result"] for each in results] == ["rejected", "added", "rejected", "rejected"]
        (log,) = orders.logs()
        assert (log["RecordsSynced"], log["Rejects"]) == (1, 3)


class TestDoneOnce:
    def test_the_answer_is_given_again(self, orders):
        operations = [orders.operation("add", NEW), orders.operation("update", ADA | {"status": "Shipped"})]
        first = orders.results("Orders", *operations)
        orders.do("update", ADA | {"status": "Completed"})
        orders.do("delete", {"localId": "new"})
        assert orders.results("Orders", *operations) == first
        assert orders.records()["order-ada"]["status"] == "Completed" and "new" not in orders.records()
        assert len(orders.logs()) == 3, "a push that does nothing is not logged"

    def test_in_another_push(self, orders):
        one, two = orders.operation("add", NEW), orders.operation("delete", ADA)
        (first,) = orders.results("Orders", one)
        assert orders.results("Orders", two, one)[1] == first

    def test_the_same_id_for_something_else(self, orders):
        operation = orders.operation("add", NEW)
        orders.results("Orders", operation)
        (result,) = orders.results("Orders", operation | {"data": NEW | {"status": "x"}})
        assert (result["status"], result["error"]["code"]) == (422, "KeyReused")

    def test_twice_in_one_push(self, orders):
        operation = orders.operation("add", NEW)
        results = orders.results("Orders", operation, operation)
        assert [each["status"] for each in results] == [201, 422]

    def test_what_was_refused_is_tried_again(self, orders):
        operation = orders.operation("update", {"localId": "new", "status": "Shipped"})
        assert orders.results("Orders", operation)[0]["status"] == 404
        orders.do("add", NEW)
        assert orders.results("Orders", operation)[0]["status"] == 200

    def test_somebody_else_s_queue(self, orders):
        class Somebody:
            name = "somebody"
            roles = frozenset()

        operation = orders.operation("update", ADA | {"status": "Shipped"})
        orders.results("Orders", operation)
        (result,) = orders.by(Somebody()).results("Orders", operation | {"data": ADA | {"status": "Completed"}})
        assert result["result"] == "updated" and orders.logs()[-1]["SyncedBy"] == "somebody"

    def test_numbers_are_what_they_look_like(self, orders):
        operation = orders.operation("add", NEW | {"status": 1.10})
        (result,) = orders.results("Orders", operation)
        assert result["status"] == 422


class TestBodies:
    @pytest.mark.parametrize("body, error", [
        (b"", (400, "BodyMissing")),
        (b"{", (400, "InvalidJson")),
        ("text", (400, "InvalidBody")),
        ({}, (400, "InvalidValue")),
        ({"operations": {}}, (400, "InvalidValue")),
        ({"operations": [], "atomic": "yes"}, (400, "InvalidValue")),
        ({"operations": [], "more": 1}, (400, "InvalidValue")),
        ({"operations": [{}] * 1001}, (413, "LimitExceeded")),
    ])  # fmt: skip
    def test_what_is_no_push(self, orders, body, error):
        answer = orders.send("POST", "Orders", body)
        assert answer.error == error

    def test_a_bare_list(self, orders):
        assert orders.send("POST", "Orders", [orders.operation("add", NEW)]).json["results"][0]["result"] == "added"

    @pytest.mark.parametrize("change, status, target", [
        ({"id": None}, 400, "id"), ({"id": ""}, 400, "id"), ({"id": "x" * 201}, 400, "id"), ({"id": 5}, 400, "id"),
        ({"action": "explode"}, 400, "action"), ({"data": []}, 400, "data"), ({"data": None}, 400, "data"),
        ({"at": "yesterday"}, 400, "at"), ({"version": True}, 400, "version"), ({"base": 5}, 400, "base"),
        ({"more": 1}, 400, "more"),
        ({"data": {"customerName": "x", "status": "x"}}, 422, "localId"),
        ({"data": NEW | {"localId": None}}, 422, "localId"),
        ({"data": NEW | {"localId": 7}}, 422, "localId"),
        ({"data": NEW | {"localId": "x" * 51}}, 422, "localId"),
        ({"data": NEW | {"nmae": "x"}}, 422, "nmae"),
        ({"data": NEW | {"customer": {"localId": "x"}}}, 422, "customer"),
        ({"data": NEW | {"isDeleted": True}}, 422, "isDeleted"),
        ({"base": {"status": 5}}, 422, "base/status"),
    ])  # fmt: skip
    def test_what_is_no_operation(self, orders, change, status, target):
        (result,) = orders.results("Orders", orders.operation("add", NEW) | change)
        assert (result["status"], result["result"]) == (status, "rejected")
        assert result["error"].get("target") == target

    def test_delete_needs_a_key(self, orders):
        assert orders.do("delete", {"status": "x"})["error"]["target"] == "localId"

    @pytest.mark.parametrize("method, url, status", [
        ("PUT", "Orders", 405), ("DELETE", "Orders", 405), ("POST", "Orders/1", 404), ("POST", "$batch", 404),
        ("GET", "Orders(1)", 404), ("GET", "$metadata", 404), ("POST", "SyncLogs", 404), ("OPTIONS", "Orders", 204),
    ])  # fmt: skip
    def test_other_requests(self, orders, method, url, status):
        assert orders.send(method, url, []).status == status


def test_what_was_deleted_already_is_not_shown_again(orders):
    orders.do("delete", {"localId": "order-ada"})
    again = orders.do("delete", {"localId": "order-ada"})
    assert (again["result"], again["record"]) == ("unchanged", None)


def test_what_there_is_to_synchronise(orders):
    customers, orders_set = orders.pull("")["sets"]
    known = ("name", "url", "key", "conflicts", "stamp")
    assert [[each[name] for name in known] for each in (customers, orders_set)] == [
        ["Customers", f"{ROOT}Customers", ["localId"], "merge", "lastModified"],
        ["Orders", f"{ROOT}Orders", ["localId"], "latest", "lastModified"],
    ]
    assert customers["properties"] == [
        {"name": "id", "type": "Edm.Int32", "nullable": False, "readOnly": True},
        {"name": "localId", "type": "Edm.String", "maxLength": 50, "nullable": False, "readOnly": False},
        {"name": "name", "type": "Edm.String", "maxLength": 100, "nullable": False, "readOnly": False},
        {"name": "phone", "type": "Edm.String", "maxLength": 30, "nullable": True, "readOnly": False},
        {"name": "lastModified", "type": "Edm.DateTimeOffset", "nullable": False, "readOnly": True},
    ]
