"""Whether a process lives, and whether it can answer."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import create_engine

from odata_service.web import health
from odata_service.web.health import Health
from tests.web.conftest import Make


def test_it_lives_and_is_ready(make: Make) -> None:
    for target, text in (("/-/live", "alive\n"), ("/-/ready", "ready\n")):
        answer = make().get(target)
        assert (answer.status_code, answer.text, answer.headers["Cache-Control"]) == (200, text, "no-store")


def test_nobody_needs_a_token(make: Make) -> None:
    client = make(auth_secret="x" * 32)
    assert [client.get(f"/-/{name}").status_code for name in ("live", "ready")] == [200, 200]


def test_a_database_that_is_away() -> None:
    away = Health(create_engine("postgresql+psycopg://nobody@127.0.0.1:1/nothing"))
    answer = away.ready()
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert b"127.0.0.1" not in answer.data


class Stuck:
    """An engine of a database that takes the question and says nothing."""

    def __init__(self) -> None:
        self.asked, self.goes_on = 0, threading.Event()

    @contextmanager
    def connect(self) -> Iterator[Stuck]:
        self.asked += 1
        self.goes_on.wait(30)
        yield self

    def execute(self, _: object) -> None: ...


def test_a_database_that_does_not_answer_costs_one_thread(monkeypatch) -> None:
    monkeypatch.setattr(health, "SECONDS", 0.05)
    stuck = Stuck()
    asked = Health(stuck)  # type: ignore[arg-type]
    assert [asked.ready().status_code for _ in range(3)] == [503, 503, 503]
    assert stuck.asked == 1
    stuck.goes_on.set()
    while asked.ready().status_code != 200:
        time.sleep(0.01)
