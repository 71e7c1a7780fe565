"""SIGKILL at every step of a push and of a pull: the next one goes on, nothing is done twice and nothing is lost.

What a push or a pull consists of, as far as anybody outside can tell, are its requests and its statements: before each
request, after each answer and before each statement and COMMIT there is a run that ends there. Of statements the suite takes
some; ``KILL_STRIDE=1`` takes all.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path

import httpx
import pytest

from odata_service.client import DatasyncBuilder, OfflineContext, Patience
from tests.offline import victim
from tests.offline.models import Base, Customer, Order, ServerCustomer, ServerOrder
from tests.serving import CHECKOUT

STRIDE = int(os.environ.get("KILL_STRIDE", "13"))
# What a device dies at, and by how much later the next run does.
PUSH_STEPS = {"prepared": 1, "answered": 1, "settled": 1, "asking": 1, "heard": 1, "commit": 2, "statement": STRIDE}
PULL_STEPS = ("fetched", "storing", "stored")
EVERYWHERE = {"asking": 2, "heard": 2, "commit": 2, "statement": STRIDE}
AT_MOST = 300  # runs


@pytest.fixture(scope="module")
def processes():
    """Forked from one that has imported everything and runs nothing."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.offline.victim"])
    return context


@pytest.fixture
def kill(processes, address, protocol, tmp_path):
    def killed(action, step, count, name="A"):
        told = (tmp_path / f"{name}.db", address, protocol, action, step, count)
        process = processes.Process(target=victim.run, args=told)
        process.start()
        process.join(60)
        return process.exitcode

    return killed


@pytest.mark.parametrize("step", PUSH_STEPS)
def test_in_the_middle_of_a_push(device, server, kill, step):
    """Each run comes one step further than the last, until one has nothing left to do."""
    server.writing(
        lambda session: session.add_all([ServerCustomer(Id="old", Name="Old", Notes="kept"), order("1"), order("2")])
    )
    here = device()
    here.pull()
    with here.session() as session:
        session.add(Order(Id="3", CustomerId="c", CustomerName="Ada", Status="new"))
        session.add(Customer(Id="c", Name="Ada"))
        session.get_one(Customer, "old").Name = "New"
        session.get_one(Order, "1").Status = "paid"
        session.delete(session.get_one(Order, "2"))
        session.commit()
    assert until_it_survives(kill, "push", step, PUSH_STEPS[step]) > 1
    assert here.pending() == [] and here.pull().is_successful
    assert statuses(server.rows()) == statuses(here.rows()) == {"1": "paid", "3": "new"}
    assert server.rows(ServerCustomer)["old"]["Notes"] == "kept"
    assert {id: row["Name"] for id, row in here.rows(Customer).items()} == {"old": "New", "c": "Ada"}
    assert all(each.is_clean for each in here.verify())


@pytest.mark.parametrize("step", PULL_STEPS)
def test_in_the_middle_of_a_pull(device, server, kill, step):
    """At a page between, and at the first one after it."""
    for number in range(4):
        server.writing(lambda session, number=number: session.add_all([order(f"{number}{part}") for part in "ab"]))
    here = device()
    assert kill("pull", step, 2) == -signal.SIGKILL
    server.writing(lambda session: session.delete(session.get_one(ServerOrder, "0a")))
    assert kill("pull", step, 1) == -signal.SIGKILL
    assert here.pull().is_successful
    assert here.rows().keys() == server.rows().keys() and len(here.rows()) == 7
    assert all(each.is_clean for each in here.verify())


@pytest.mark.parametrize("step", EVERYWHERE)
def test_everywhere_in_a_pull(device, server, kill, step):
    """The first one, and one that has all kinds of changes to tell, and has to ask what became of what the device sent."""
    for number in range(3):
        server.writing(lambda session, number=number: session.add_all([order(f"{number}{part}") for part in "ab"]))
    here = device()
    assert until_it_survives(kill, "pull", step, EVERYWHERE[step]) > 1
    here.add(Id="new")
    here.change("2b", Status="paid")
    assert here.push().is_successful
    here.change("2a", Status="mine")
    server.writing(lambda session: session.delete(session.get_one(ServerOrder, "0a")))
    server.writing(lambda session: setattr(session.get_one(ServerOrder, "1a"), "Status", "paid"))
    until_it_survives(kill, "pull", step, EVERYWHERE[step])
    expected = statuses(server.rows())
    assert statuses(here.rows()) == expected | {"2a": "mine"} and len(expected) == 6
    assert here.push().is_successful and server.rows()["2a"]["Status"] == "mine"
    assert all(each.is_clean for each in here.verify())


def until_it_survives(kill, action, step, stride):
    """Each run comes a little further than the last; how many there were."""
    for run in range(AT_MOST):
        end = kill(action, step, 1 + run * stride)
        if end != -signal.SIGKILL:
            assert end == 0
            return run
    raise AssertionError(f"{action} never came to its end")


def order(id):
    return ServerOrder(Id=id, CustomerName="Ada", Status="new")


def statuses(rows):
    return {id: row["Status"] for id, row in rows.items()}


class Remote(OfflineContext):
    base = Base

    def __init__(self, path, address):
        self.address = address
        super().__init__(path)

    def on_datasync_initialization(self, builder: DatasyncBuilder) -> None:
        builder.use_endpoint(f"{self.address}/tables/", client=httpx.Client(timeout=20), patience=Patience(tries=1))


def test_a_server_that_is_killed_while_it_is_pushed_to(tmp_path, unused_port):
    """The process dies at some request; another one on the same database takes the rest, and does nothing twice."""
    address = f"http://127.0.0.1:{unused_port}"
    server = started(tmp_path, unused_port)
    try:
        with Remote(tmp_path / "A.db", address) as here:
            with here.session() as session:
                session.add_all([Order(Id=str(number), CustomerName="Ada", Status="new") for number in range(60)])
                session.commit()
            done = threading.Event()
            here.on_progress(lambda event: done.set() if event.items_processed >= 10 else None)
            pushing = threading.Thread(target=here.push)
            pushing.start()
            assert done.wait(60)
            kill_all(server)
            pushing.join(60)
            assert 0 < len(here.pending()) < 60
            server = started(tmp_path, unused_port)
            assert here.push().is_successful and here.pending() == []
            assert here.pull(Order).is_successful
            with here.session() as session:
                assert session.query(Order).count() == 60
            assert here.verify(Order)[0].is_clean
    finally:
        kill_all(server)


@pytest.fixture
def unused_port():
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def started(folder: Path, port: int) -> subprocess.Popen[bytes]:
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        f"--bind=127.0.0.1:{port}",
        "--log-level=error",
        "tests.offline.app:create_app()",
    ]
    environment = os.environ | {"OFFLINE_DATABASE": str(folder / "server.db"), "PYTHONPATH": str(CHECKOUT)}
    process = subprocess.Popen(command, cwd=CHECKOUT, env=environment, start_new_session=True)
    for _ in range(200):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/tables/order", timeout=5).close()
            return process
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the server did not start")


def kill_all(process: subprocess.Popen[bytes]) -> None:
    """Master and worker, without a word."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(20)
