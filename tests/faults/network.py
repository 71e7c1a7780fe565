"""Between a client and a service there is a network, to which something happens at one request of a session.

What is looked at is the database. Before a request it is in one state, and when the client has its answer in another; whatever
has happened in between, there is no third: what was done was done once, and all of it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine, Row, Table, select

from odata_service import Headers, ODataRequest, ODataService
from odata_service.protocol import Protocol

State = Mapping[str, list[Row[Any]]]
Door = Callable[["Asked"], "Heard"]
TRIES = 3


class Lost(Exception):
    """There is no answer, or none that could be read."""


@dataclass(frozen=True)
class Asked:
    """A request: ``Asked("POST", "/sync/Orders", body)``."""

    method: str
    url: str
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def content(self) -> bytes:
        return b"" if self.body is None else json.dumps(self.body).encode()


@dataclass(frozen=True)
class Heard:
    """What a client hears; ``of`` octets in all."""

    status: int
    body: bytes
    of: int

    def read(self) -> tuple[int, Any]:
        """As an HTTP client does it, which knows how long an answer should be."""
        if len(self.body) < self.of:
            raise Lost
        return self.status, json.loads(self.body) if self.body else None


def door_of(service: ODataService, protocol: Protocol, root: str) -> Door:
    """To a service in the same process, in one protocol below ``root``."""

    def door(asked: Asked) -> Heard:
        target, _, query = asked.url.removeprefix(root).partition("?")
        headers = Headers({"Content-Type": "application/json", **asked.headers})
        answer = service.handle(ODataRequest(protocol, asked.method, target, query, headers, asked.content))
        assert answer.status < 500, answer.body
        return Heard(answer.status, answer.body, len(answer.body))

    return door


@dataclass
class Network:
    """Lets every request through but the one at a position, which meets the fault."""

    door: Door
    state: Callable[[], State]
    fault: Fault
    position: int
    sent: int = 0
    late: list[tuple[int, Asked]] = field(default_factory=list)  # what arrives after so many other requests
    changes: int = 0  # requests that have changed something

    def ask(self, method: str, url: str, body: object = None, **headers: str) -> tuple[int, Any]:
        """What a client does that hears nothing: it asks the same again."""
        asked = Asked(method, url, body, {name.replace("_", "-"): value for name, value in headers.items()})
        before, states = self.state(), []
        for attempt in range(TRIES):
            is_here = attempt == 0 and self.sent == self.position
            try:
                heard = (self.fault(self, asked) if is_here else self.door(asked)).read()
            except Lost:
                states.append(self.state())
                continue
            after = self.state()
            self.sent += 1
            self.changes += before != after
            assert all(state in (before, after) for state in states), f"{asked} was done in part, or more than once"
            self._deliver()
            return heard
        raise AssertionError(f"{asked} does not get through any more")

    def _deliver(self) -> None:
        """What was under way for long, and does nothing any more."""
        self.late = [(number - 1, asked) for number, asked in self.late]
        for number, asked in self.late:
            if number == 0:
                before = self.state()
                self.door(asked)
                assert self.state() == before, f"{asked} came late, and was done once more"


Fault = Callable[[Network, Asked], Heard]


def lost_before(network: Network, asked: Asked) -> Heard:
    raise Lost


def lost_after(network: Network, asked: Asked) -> Heard:
    network.door(asked)
    raise Lost


def cut(network: Network, asked: Asked) -> Heard:
    heard = network.door(asked)
    return Heard(heard.status, heard.body[: len(heard.body) // 2], heard.of or 1)


def sent_twice(network: Network, asked: Asked) -> Heard:
    first, before = network.door(asked), network.state()
    second = network.door(asked)
    assert network.state() == before, f"{asked} was done twice"
    return first if second.status in (404, 410) else second  # gone, as was asked for


def late(requests: int) -> Fault:
    """The client has given up waiting, and asked again, when it arrives."""

    def fault(network: Network, asked: Asked) -> Heard:
        network.late.append((requests, asked))
        raise Lost

    return fault


FAULTS: Mapping[str, Fault] = {
    "lost before": lost_before,
    "lost after": lost_after,
    "cut": cut,
    "sent twice": sent_twice,
    "late": late(1),
    "later": late(2),
}


def state_of(engine: Engine, tables: Iterable[Table]) -> State:
    """All there is in some tables."""
    with engine.connect() as connection:
        return {table.name: list(connection.execute(select(table).order_by(*table.primary_key))) for table in tables}
