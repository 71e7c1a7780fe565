"""Tables: rows are added, replaced and deleted one by one, each under the version that the client knows, and pulled between."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine

from odata_service.protocol import DATASYNC
from odata_service.tracking import install_clock
from tests.datasync.conftest import service_of
from tests.datasync.models import Base, Movie
from tests.datasync.rows import panther

from .network import FAULTS, Door, Fault, Network, door_of, state_of
from .server import DIES_AFTER, DIES_BEFORE, DIES_INSIDE, serving

TABLES = [Base.metadata.tables[Movie.__tablename__]]
POSITIONS = 10  # requests of a session
DONE = (200, 201, 204, 404, 410)  # what is gone is as the client wanted it


def session(network: Network, own: str) -> dict[str, dict[str, Any]]:
    """The rows of its own that the client has in the end."""
    replica: dict[str, dict[str, Any]] = {}
    since = ""

    def pull() -> None:
        nonlocal since
        newer = f"(updatedAt gt cast({since},Edm.DateTimeOffset)) and " if since else ""
        query = f"$filter={newer}startswith(id,'{own}')&$orderby=updatedAt&__includedeleted=true"
        status, page = network.ask("GET", f"/tables/movies?{query}".replace(" ", "%20"))
        assert status == 200 and page["nextLink"] is None
        for row in page["items"]:
            since = max(since, row["updatedAt"])
            if row["deleted"]:
                replica.pop(row["id"], None)
            else:
                replica[row["id"]] = row

    def add(id: str) -> None:
        status, replica[id] = network.ask("POST", "/tables/movies", panther(id=id))
        assert status == 201

    def change(id: str, **values: object) -> None:
        version = replica[id]["version"]
        status, row = network.ask("PUT", f"/tables/movies/{id}", replica[id] | values, If_Match=f'"{version}"')
        assert (status, row["title"]) == (200, values["title"])
        replica[id] = row

    def remove(id: str) -> None:
        version = replica.pop(id)["version"]
        status, _ = network.ask("DELETE", f"/tables/movies/{id}", If_Match=f'"{version}"')
        assert status in DONE

    pull()
    add(f"{own}a")
    add(f"{own}b")
    change(f"{own}a", title="Second")
    pull()
    change(f"{own}a", title="Third")
    remove(f"{own}b")
    add(f"{own}c")
    change(f"{own}c", title="Other")
    pull()
    return replica


def run(engine: Engine, door: Door, fault: Fault) -> None:
    """The fault strikes at every request of the session in turn."""
    for position in range(POSITIONS):
        own = f"session-{position}-"
        network = Network(door, lambda: state_of(engine, TABLES), fault, position)
        replica = session(network, own)
        stored = [row for row in network.state()[TABLES[0].name] if row.Id.startswith(own) and not row.IsDeleted]
        assert (network.sent, network.changes) == (POSITIONS, 7)
        assert {row["id"]: row["title"] for row in replica.values()} == {row.Id: row.Title for row in stored}
        assert {row.Id.removeprefix(own): row.Title for row in stored} == {"a": "Third", "c": "Other"}


def begin(engine: Engine) -> None:
    install_clock(engine)
    Base.metadata.create_all(engine, TABLES)


@pytest.mark.parametrize("fault", FAULTS)
def test_whatever_happens_to_any_request(database: Engine, fault: str) -> None:
    begin(database)
    run(database, door_of(service_of(database), DATASYNC, "/tables/"), FAULTS[fault])


def killed(database: Engine, end: int) -> None:
    begin(database)
    with serving(database.url, service_of, {"/tables": "tables"}) as server:
        run(database, server.ask, server.dies(end))


@pytest.mark.every_database
def test_the_server_is_killed_before_it_commits(database: Engine) -> None:
    killed(database, DIES_INSIDE)


@pytest.mark.parametrize("end", [DIES_BEFORE, DIES_AFTER], ids=["before", "after"])
def test_the_server_is_killed_around_a_request(database: Engine, end: int) -> None:
    killed(database, end)
