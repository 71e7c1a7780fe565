"""Operations of a push are written together where nothing is in the way of any: nothing shows but the number of statements."""

from __future__ import annotations

import re
from typing import Any

import pytest

Operation = tuple[str, str, dict[str, Any]]

QUEUES: dict[str, list[Operation]] = {
    "one record again and again": [
        ("add", "Orders", {"localId": "a", "customerName": "A", "status": "1"}),
        ("update", "Orders", {"localId": "a", "status": "2"}),
        ("delete", "Orders", {"localId": "a"}),
        ("add", "Orders", {"localId": "b", "customerName": "B", "status": "1"}),
        ("update", "Orders", {"localId": "b", "status": "2"}),
    ],
    "children before parents": [
        ("add", "Orders", {"localId": "a", "customerName": "A", "status": "1", "customerLocalId": "c"}),
        ("add", "Customers", {"localId": "c", "name": "C"}),
        ("update", "Orders", {"localId": "a", "status": "2"}),
    ],
    "one that cannot be done": [
        ("add", "Orders", {"localId": "a", "customerName": "A", "status": "1"}),
        ("update", "Orders", {"localId": "nothing", "status": "2"}),
        ("add", "Orders", {"localId": "b", "customerName": "B", "status": "1", "customerLocalId": "nobody"}),
        ("delete", "Customers", {"localId": "customer-ada"}),
        ("update", "Orders", {"localId": "a", "status": "2"}),
    ],
}  # fmt: skip


def pushed(orders: Any, queue: list[Operation]) -> tuple[list[tuple[int, str]], list[tuple[str, str]]]:
    """What came of each, and the orders that there are then."""
    operations = [orders.operation(action, data, set=name) for action, name, data in queue]
    results = orders.results("", *operations)
    return (
        [(each["status"], each["result"]) for each in results],
        [(each["localId"], each["status"]) for each in orders.pull("Orders")["records"]],
    )


EXPECTED = {
    "one record again and again": (
        [(201, "added"), (200, "updated"), (200, "deleted"), (201, "added"), (200, "updated")], {"b": "2"},
    ),
    "children before parents": ([(201, "added"), (201, "added"), (200, "updated")], {"a": "2"}),
    "one that cannot be done": (
        [(201, "added"), (404, "rejected"), (409, "rejected"), (200, "deleted"), (200, "updated")], {"a": "2"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("apart", [False, True], ids=["together", "apart"])
@pytest.mark.parametrize("queue", QUEUES)
def test_the_outcome_is_the_same(orders: Any, queue: str, apart: bool) -> None:
    if apart:  # somebody wants to be asked about each

        @orders.service.change_interceptor("Orders")
        def note(ctx: object, order: object, operation: object, changes: object) -> None: ...

    results, there = pushed(orders, QUEUES[queue])
    expected, of_them = EXPECTED[queue]
    assert results == expected
    assert {name: status for name, status in there if not name.startswith("order-")} == of_them


def test_twenty_operations_take_as_many_statements_as_two(orders: Any) -> None:
    """But SQLite makes the keys of new rows one by one."""

    def statements(first: int, count: int) -> int:
        data = [{"localId": f"n{n}", "customerName": "N", "status": "1"} for n in range(first, first + count)]
        answer = orders.push("Orders", *(orders.operation("add", each) for each in data))
        assert {each["status"] for each in answer.json["results"]} == {201}
        found = re.search(r"statements=(\d+)", answer.headers["Server-Timing"])
        assert found is not None
        return int(found[1])

    statements(0, 2)  # all tables are there from now on
    assert statements(200, 20) - statements(100, 2) in (0, 18)
