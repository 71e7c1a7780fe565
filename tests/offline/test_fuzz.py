"""Two devices do what comes to mind over a network that does the same. In the end both have what the server has, and what
only one of them has ever changed is as that one has left it."""

from __future__ import annotations

import os
import random

import pytest

from odata_service.client import ask, client_wins, merging, server_wins
from tests.offline.harness import Device, Died, Network, Server
from tests.offline.models import Order, ServerOrder

SEEDS = range(int(os.environ.get("OFFLINE_SEEDS", "2")))
STEPS = 60
DEATHS = ("prepared", "answered", "settled", "fetched", "storing", "stored")
OWN, SHARED = 4, 3
HIDDEN = "hidden"
RULES = (merging(client_wins), ask, server_wins, merging(server_wins))


class Chaos:
    """One run. ``owned`` is what the orders of each device have to be in the end."""

    def __init__(self, seed: int, server: Server, network: Network, device, query: str) -> None:
        self.random = random.Random(seed)
        self.server, self.network = server, network
        self.hides = seed % 4 == 3  # devices do not keep what is hidden
        told = {"query": query} if self.hides else {}
        rule = RULES[seed % len(RULES)] if not self.hides else client_wins
        self.make = lambda name: device(name, resolver=rule, Order=told)
        self.devices: dict[str, Device] = {name: self.make(name) for name in "AB"}
        self.owned: dict[str, str | None] = {}
        self.number = 0

    def run(self) -> None:
        moves = (
            [self.edit] * 8
            + [self.push, self.pull] * 3
            + [self.lose, self.die, self.restart, self.down, self.up, self.elsewhere]
        )
        for _ in range(STEPS):
            self.random.choice(moves)(self.random.choice("AB"))
        self.network.up()
        for name in "ABABA":
            self.settle(name)

    def edit(self, name: str) -> None:
        """Of an order of one's own, or of one that is everybody's."""
        shared = self.random.random() < 0.3
        id = f"s{self.random.randrange(SHARED)}" if shared else f"{name}{self.random.randrange(OWN)}"
        device, status = self.devices[name], f"{name}{self.number}"
        self.number += 1
        here = device.rows()
        if id not in here:
            device.add(Id=id, Status=status)
        elif self.random.random() < 0.25:
            device.delete(id)
            status = None
        else:
            status = HIDDEN if self.hides and self.random.random() < 0.2 else status
            device.change(id, Status=status)
        if not shared:
            self.owned[id] = status

    def push(self, name: str) -> None:
        self.devices[name].push()

    def pull(self, name: str) -> None:
        self.devices[name].pull(Order)

    def lose(self, name: str) -> None:
        self.network.lose_answers(self.random.randrange(1, 4))

    def down(self, name: str) -> None:
        self.network.down()

    def up(self, name: str) -> None:
        self.network.up()

    def die(self, name: str) -> None:
        device = self.devices[name]
        device.dies_at = self.random.choice(DEATHS)
        try:
            device.push()
            device.pull(Order)
        except Died:
            self.restart(name)
        device.dies_at = None

    def restart(self, name: str) -> None:
        self.devices[name].close()
        self.devices[name] = self.make(name)
        if self.random.random() < 0.3:
            self.server.restart()

    def elsewhere(self, name: str) -> None:
        """Somebody changes what is everybody's, without any device."""
        id = f"s{self.random.randrange(SHARED)}"

        def work(session):
            found = session.get(ServerOrder, id)
            if found is not None and not found.IsDeleted:
                found.CustomerName = f"Ada {self.number}"

        self.server.writing(work)

    def settle(self, name: str) -> None:
        device = self.devices[name]
        for _ in range(5):
            if device.push().is_successful:
                break
            for each in device.conflicts():
                device.resolve(each.operation_id, "client")
        assert device.pending() == []
        assert device.pull(Order).is_successful


@pytest.mark.parametrize("seed", SEEDS)
def test_chaos(seed, server, network, device, protocol):
    status = "Status" if protocol == "v4" else "status"
    chaos = Chaos(seed, server, network, device, f"{status} ne '{HIDDEN}'")
    chaos.run()
    there = {id: (row["CustomerName"], row["Status"]) for id, row in server.rows().items()}
    for each in chaos.devices.values():
        assert each.pending() == []
        kept = {id: row for id, row in there.items() if not chaos.hides or row[1] != HIDDEN}
        assert {id: (row["CustomerName"], row["Status"]) for id, row in each.rows().items()} == kept
    owned = {id: there[id][1] if id in there else None for id in chaos.owned}
    assert owned == chaos.owned
