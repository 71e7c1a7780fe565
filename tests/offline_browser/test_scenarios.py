"""Each scenario of ``tests/offline/scenarios.py`` from the browser's client. Its devices are two databases of one page."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.serving import make_server

from odata_service.web.client_files import client_files
from tests.browser import Browser
from tests.offline.harness import TOKEN, Server
from tests.offline.models import ServerBase, ServerOrder
from tests.offline.scenarios import SCENARIOS, START, Scenario, filled
from tests.offline.test_scenarios import fill
from tests.offline_browser.conftest import Page
from tests.service.databases import emptied

PLAY = (Path(__file__).parent / "play.js").read_text()
# What is otherwise by intention, and why.
OTHERWISE = {
    # A pull shows at once what the server has in the columns that an edit leaves alone; in Python it waits for the push.
    ("B", "has", "1", "Ada King", "new"): ("B", "has", "1", "Ada King", "paid"),
}
SMALL = 1_000_000  # bytes that a disk has in all which becomes full
REFUSED = ("401 Unauthorized", [("Content-Type", "application/json")])


@dataclass
class Network:
    """The way to the Sync API, a WSGI application. ``lost`` answers to changes are not heard; ``token`` is what is let in."""

    server: Server
    lost: int = 0
    token: str | None = None

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., object]) -> Iterable[bytes]:
        if self.token not in (None, environ.get("HTTP_AUTHORIZATION")):
            start_response(*REFUSED)
            return [b"{}"]
        answer = self.server.app(environ, start_response)
        if environ["REQUEST_METHOD"] == "POST" and self.lost > 0:
            self.lost -= 1
            environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
        return answer


@dataclass
class Play:
    """One scenario under way. Who decides on conflicts is the set's rule at the server (docs/sync.md)."""

    scenario: Scenario
    page: Page
    network: Network
    days: dict[str, float] = field(default_factory=lambda: dict.fromkeys("AB", 0))
    is_down: bool = False

    def __post_init__(self) -> None:
        self.network.lost, self.network.token = 0, None
        self.server_restart()
        if any(what == "full" for _, what, *_ in self.scenario.steps):
            self.page.browser.room(self.page.root, SMALL)  # the browser asks once, and then counts by itself
        self.open()

    def open(self) -> None:
        """The page is loaded anew; nothing of what it had in memory is left."""
        self.page.browser.reach(True)  # the page itself is no part of what is shown here
        self.page.open().run(PLAY, self.scenario.rule, self.scenario.page_size)
        self.page.browser.reach(not self.is_down)

    def step(self, who: str, what: str, *told: object) -> None:
        if who in ("net", "server"):
            getattr(self, f"{who}_{what}")(*told)
        else:
            getattr(self, f"device_{what}", lambda name, *told: self.does(name, what, *told))(who, *told)

    def device(self, name: str) -> str:
        return f"{name}: {self.scenario.name}"

    def does(self, name: str, what: str, *told: object) -> Any:
        return self.page.run("return await played(...args)", self.device(name), self.days[name], what, *told)

    def device_push(self, name: str) -> None:
        assert self.does(name, "push")

    def device_pull(self, name: str) -> None:
        assert self.does(name, "pull")

    def device_sync(self, name: str) -> None:
        assert self.does(name, "sync")

    def device_fails(self, name: str, what: str) -> None:
        assert not self.does(name, what)

    def device_restart(self, _name: str) -> None:
        self.open()

    def device_dies(self, name: str, step: str, what: str) -> None:
        self.does(name, "dies", step, what)
        self.page.browser.kill()
        self.open()

    def device_clock(self, name: str, days: int) -> None:
        self.days[name] = days

    def device_full(self, _name: str) -> None:
        self.page.run("await filled()")

    def device_room(self, _name: str) -> None:
        self.page.browser.room(self.page.root, None)

    def device_overfills(self, name: str, id: str) -> None:
        assert self.does(name, "overfills", id) == "QuotaExceeded"
        assert self.does(name, "has", id) is None

    def device_decide(self, name: str, winner: str) -> None:
        assert self.does(name, "decide", winner) > 0

    def device_conflicts(self, name: str, count: int) -> None:
        assert self.does(name, "conflicts") == count

    def device_has(self, name: str, id: str, customer: str, status: str) -> None:
        assert shown({id: self.does(name, "has", id)}) == {id: (customer, status)}

    def net_down(self) -> None:
        self.is_down = True
        self.page.browser.reach(False)

    def net_up(self) -> None:
        self.is_down = False
        self.page.browser.reach(True)

    def net_lose(self, count: int) -> None:
        self.network.lost = count

    def net_token(self) -> None:
        self.network.token = TOKEN

    def server_restart(self) -> None:
        self.network.server.restart()
        rule = "ask" if self.scenario.rule == "custom" else self.scenario.rule
        self.network.server.service.sync("Orders", conflicts=rule)

    def server_forget(self) -> None:
        self.network.server.service.purge(timedelta())

    def server_fill(self, count: int) -> None:
        fill(self.network.server.engine, filled(count))


def shown(records: dict[str, dict[str, Any]]) -> dict[str, tuple[str, str]]:
    return {id: (record["customerName"], record["status"]) for id, record in records.items()}


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    found = Network(Server(f"sqlite:///{tmp_path_factory.mktemp('scenarios')}/server.db"))
    yield found
    found.server.engine.dispose()


@pytest.fixture(scope="module")
def root(network: Network) -> Iterator[str]:
    app = Flask("scenarios")
    app.register_blueprint(client_files(), url_prefix="/-/client")
    app.add_url_rule("/", view_func=lambda: "<!doctype html><title>devices</title><link rel=icon href=data:,>")
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, DispatcherMiddleware(app, {"/api": network}), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def play(browser: Browser, network: Network, root: str, scenario: Scenario) -> Iterator[Play]:
    emptied(ServerBase.metadata, network.server.engine)
    orders = [ServerOrder(Id=id, CustomerName=name, Status=status) for id, (name, status) in START.items()]
    network.server.writing(lambda session: session.add_all(orders))
    played = Play(scenario, Page(browser, root), network)
    yield played
    played.net_up()


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_scenario(scenario: Scenario, play: Play, network: Network) -> None:
    for name in "AB":
        play.step(name, "sync")
    for step in scenario.steps:
        play.step(*OTHERWISE.get(step, step))
    for name in "ABAB":
        play.step(name, "sync")
    network.token = None
    assert shown(play.page.settled(play.device("A"), play.device("B"))) == scenario.end
