"""Each scenario against each protocol, from the Python client."""

from __future__ import annotations

from datetime import timedelta

import pytest

from odata_service.client import ask, client_wins, merge, server_wins
from tests.offline.harness import Died, Server
from tests.offline.models import Order, ServerOrder
from tests.offline.scenarios import SCENARIOS, START, Scenario

RULES = {"ask": ask, "client": client_wins, "server": server_wins, "merge": merge}


class Play:
    """One scenario under way."""

    def __init__(self, scenario: Scenario, server: Server, network, device) -> None:
        self.server, self.network, self.device = server, network, device
        self.resolver = RULES[scenario.rule]
        self.devices = {name: device(name, resolver=self.resolver) for name in "AB"}

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
        self.devices[name] = self.device(name, resolver=self.resolver)
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
            self.devices[name].resolve(each.operation_id, winner)

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


def shown(rows):
    return {id: (row["CustomerName"], row["Status"]) for id, row in rows.items()}


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_scenario(scenario, server, network, device, protocol):
    orders = [ServerOrder(Id=id, CustomerName=name, Status=status) for id, (name, status) in START.items()]
    server.writing(lambda session: session.add_all(orders))
    play = Play(scenario, server, network, device)
    for name in "AB":
        play.step(name, "sync")
    for step in scenario.steps:
        play.step(*step)
    for name in "ABAB":
        play.step(name, "sync")
    assert shown(server.rows()) == scenario.end
    for each in play.devices.values():
        assert shown(each.rows()) == scenario.end
        assert each.pending() == []
