"""Each scenario against each protocol, from the Python client."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import timedelta

import pytest
from sqlalchemy import insert, update
from sqlalchemy.exc import OperationalError

from odata_service.client import Resolution, ask, client_wins, merge, server_wins
from odata_service.client.operations import pieces
from odata_service.tracking import UTC_CLOCK, writing
from tests.offline.harness import Died, Server, fuller
from tests.offline.models import Order, ServerOrder
from tests.offline.scenarios import SCENARIOS, START, Scenario, both, filled


def joined(conflict):
    """What an application decides that wants neither side to lose."""
    return Resolution("values", {"Status": both(conflict.client["Status"], conflict.server["Status"])})


RULES = {"ask": ask, "client": client_wins, "server": server_wins, "merge": merge, "custom": joined}


class Play:
    """One scenario under way."""

    def __init__(self, scenario: Scenario, server: Server, network, device) -> None:
        self.server, self.network = server, network
        self.options = {"resolver": RULES[scenario.rule], "Order": {"page_size": scenario.page_size}}
        self.device = device
        self.devices = {name: device(name, **self.options) for name in "AB"}
        self.disks = {name: ExitStack() for name in "AB"}

    def step(self, who: str, what: str, *told) -> None:
        getattr(self, f"{who if who in ('net', 'server') else 'device'}_{what}")(
            *([] if who in ("net", "server") else [who]), *told
        )

    def device_add(self, name, id, customer, status):
        self.devices[name].add(Id=id, CustomerName=customer, Status=status)

    def device_rename(self, name, id, customer):
        self.devices[name].change(id, CustomerName=customer)

    def device_set(self, name, id, status):
        self.devices[name].change(id, Status=status)

    def device_delete(self, name, id):
        self.devices[name].delete(id)

    def device_flip(self, name, id, status):
        with self.devices[name].store.writing() as connection:
            connection.execute(update(Order.__table__).where(Order.__table__.c.Id == id).values(Status=status))

    def device_push(self, name):
        result = self.devices[name].push()
        assert result.is_successful, result

    def device_pull(self, name):
        result = self.devices[name].pull(Order)
        assert result.is_successful, result

    def device_sync(self, name):
        self.device_push(name)
        self.device_pull(name)

    def device_verify(self, name):
        self.devices[name].verify()

    def device_fails(self, name, what):
        assert not getattr(self.devices[name], what)().is_successful

    def device_restart(self, name):
        old = self.devices[name]
        old.close()
        self.devices[name] = self.device(name, **self.options)
        self.devices[name].tokens, self.devices[name].skew = old.tokens, old.skew

    def device_dies(self, name, step, what):
        device = self.devices[name]
        device.dies_at = step
        with pytest.raises(Died):
            getattr(device, what)(Order)
        self.device_restart(name)

    def device_clock(self, name, days):
        self.devices[name].skew = timedelta(days=days)

    def device_decide(self, name, winner):
        found = self.devices[name].conflicts()
        assert found
        for each in found:
            decision = {"Status": both(each.client["Status"], each.server["Status"])} if winner == "both" else winner
            self.devices[name].resolve(each.operation_id, decision)

    def device_full(self, name):
        self.disks[name].enter_context(fuller(self.devices[name]))

    def device_room(self, name):
        self.disks[name].close()

    def device_overfills(self, name, id):
        with pytest.raises(OperationalError, match="full"):
            self.devices[name].add(Id=id, CustomerName="x" * 100_000)
        assert id not in self.devices[name].rows()

    def device_conflicts(self, name, count):
        assert len(self.devices[name].conflicts()) == count

    def device_has(self, name, id, customer, status):
        assert shown(self.devices[name].rows())[id] == (customer, status)

    def net_down(self):
        self.network.down()

    def net_up(self):
        self.network.up()

    def net_lose(self, count):
        self.network.lose_answers(count)

    def net_token(self):
        self.network.demand_token()

    def server_restart(self):
        self.server.restart()

    def server_forget(self):
        self.server.service.purge(timedelta())

    def server_fill(self, count):
        fill(self.server.engine, filled(count))


def shown(rows):
    return {id: (row["CustomerName"], row["Status"]) for id, row in rows.items()}


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_scenario(scenario, server, network, device, protocol):
    play(scenario, server, network, device)


ON_POSTGRESQL = (
    "two devices edit different columns",
    "the answer gets lost, and the change goes on",
    "a device dies in the middle of a pull",
)


@pytest.mark.parametrize(
    "scenario", [each for each in SCENARIOS if each.name in ON_POSTGRESQL], ids=lambda scenario: scenario.name
)
def test_on_postgresql(scenario, postgresql_database, network, device, protocol):
    with postgresql_database() as url:
        network.server = Server(url)
        play(scenario, network.server, network, device)
        network.server.engine.dispose()


def play(scenario, server, network, device):
    orders = [ServerOrder(Id=id, CustomerName=name, Status=status) for id, (name, status) in START.items()]
    server.writing(lambda session: session.add_all(orders))
    played = Play(scenario, server, network, device)
    for name in "AB":
        played.step(name, "sync")
    for step in scenario.steps:
        played.step(*step)
    for name in "ABAB":
        played.step(name, "sync")
    assert shown(server.rows()) == scenario.end
    for each in played.devices.values():
        assert shown(each.rows()) == scenario.end
        assert each.pending() == []


def fill(engine, ids):
    """Straight into the table, a thousand rows to a stamp."""
    with writing(engine).begin() as connection:
        for some in pieces(ids, 1_000):
            values = {
                "CustomerName": "Ada",
                "Status": "new",
                "LastUpdated": UTC_CLOCK.stamp(connection),
                "IsDeleted": False,
            }
            connection.execute(insert(ServerOrder), [{"Id": id, **values} for id in some])
