"""The Sync API: a queue of operations is pushed in several requests, and what has changed is pulled between them."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from odata_service import ODataService
from odata_service.protocol import SYNC
from odata_service.sample import sample_named
from odata_service.tracking import install_clock

from .network import FAULTS, Door, Fault, Network, door_of, state_of
from .server import DIES_AFTER, DIES_BEFORE, DIES_INSIDE, serving

SAMPLE = sample_named("orders")
POSITIONS = 9  # requests of a session
OPERATIONS = 7
RESULTS = {"add": "added", "update": "updated", "replace": "updated", "delete": "deleted"}


def session(network: Network, own: str) -> dict[str, str]:
    """The statuses of its own orders as the client has them in the end."""
    replica: dict[str, str] = {}
    token = ""

    def pull() -> None:
        nonlocal token
        status, page = network.ask("GET", f"/sync/Orders?since={token}&$filter=startswith(localId,'{own}')")
        assert status == 200
        replica.update({each["localId"]: each["status"] for each in page["records"]})
        for each in page["deleted"]:
            replica.pop(each["localId"], None)
        token = page["token"]

    def push(*operations: tuple[str, str, str, dict[str, str]], **said: object) -> None:
        queue = [
            {"id": f"{own}{id}", "action": action, "set": name, "data": data} for id, action, name, data in operations
        ]
        status, answer = network.ask("POST", "/sync/", {"operations": queue, **said})
        assert status == 200
        assert [each["result"] for each in answer["results"]] == [RESULTS[action] for _, action, _, _ in operations]

    pull()
    push(
        ("1", "add", "Customers", {"localId": own, "name": "Zoe"}),
        ("2", "add", "Orders", {"localId": f"{own}a", "customerName": "Zoe", "status": "1", "customerLocalId": own}),
    )
    push(("3", "update", "Orders", {"localId": f"{own}a", "status": "2"}))
    pull()
    push(
        ("4", "add", "Orders", {"localId": f"{own}b", "customerName": "Y", "status": "1"}),
        ("5", "add", "Orders", {"localId": f"{own}c", "customerName": "Y", "status": "1"}),
        atomic=True,
    )
    push(("6", "replace", "Orders", {"localId": f"{own}a", "customerName": "Zoe", "status": "3"}))
    pull()
    push(("7", "delete", "Orders", {"localId": f"{own}b"}))
    pull()
    return replica


def service_on(engine: Engine) -> ODataService:
    service = ODataService(SAMPLE.base, engine, namespace=SAMPLE.namespace, container=SAMPLE.container)
    SAMPLE.configure(service)
    return service


def begin(engine: Engine) -> None:
    install_clock(engine)
    SAMPLE.base.metadata.create_all(engine)


def run(engine: Engine, door: Door, fault: Fault) -> None:
    """The fault strikes at every request of the session in turn."""
    for position in range(POSITIONS):
        own = f"session-{position}-"
        network = Network(door, lambda: state_of(engine, SAMPLE.base.metadata.sorted_tables), fault, position)
        replica, state = session(network, own), network.state()
        stored = {
            row.LocalId: row.Status for row in state["Orders"] if row.LocalId.startswith(own) and not row.IsDeleted
        }
        assert network.sent == POSITIONS
        assert replica == stored == {f"{own}a": "3", f"{own}c": "1"}
        logged = sum(row.RecordsSynced for row in state["SyncLogs"])
        assert logged == OPERATIONS * (position + 1), "each operation is logged once"


@pytest.mark.parametrize("fault", FAULTS)
def test_whatever_happens_to_any_request(database: Engine, fault: str) -> None:
    begin(database)
    run(database, door_of(service_on(database), SYNC, "/sync/"), FAULTS[fault])


def killed(database: Engine, end: int) -> None:
    begin(database)
    with serving(database.url, service_on, {"/sync": "sync"}) as server:
        run(database, server.ask, server.dies(end))


@pytest.mark.every_database
def test_the_server_is_killed_before_it_commits(database: Engine) -> None:
    killed(database, DIES_INSIDE)


@pytest.mark.parametrize("end", [DIES_BEFORE, DIES_AFTER], ids=["before", "after"])
def test_the_server_is_killed_around_a_request(database: Engine, end: int) -> None:
    killed(database, end)
