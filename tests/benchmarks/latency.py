"""How long a write on a device takes, beside one that has nothing of ours in it: a bare insert and commit into another
SQLite file with the same settings, in the same process and turn by turn. What it is longer by is ours."""

from __future__ import annotations

import socket
import sqlite3
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from odata_service.client import OfflineContext
from tests.offline.models import Order

QUEUED = 200  # operations that the push has to send when it begins to hang
PAUSE = 0.01  # between two writes: nobody types faster, and a thread that never rests is measured by nobody else


@contextmanager
def deaf() -> Iterator[str]:
    """Something that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"127.0.0.1:{listening.getsockname()[1]}"


class Bare:
    """The least that a durable write costs here."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        for statement in (
            "PRAGMA journal_mode = WAL",
            "PRAGMA synchronous = FULL",
            "CREATE TABLE t (Id TEXT, Value TEXT)",
        ):
            self._connection.execute(statement).close()

    def write(self, number: int) -> None:
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.execute("INSERT INTO t VALUES (?, ?)", (str(number), "Ada"))
        self._connection.execute("COMMIT")

    def close(self) -> None:
        self._connection.close()


def ours(device: OfflineContext, prefix: str) -> Callable[[int], None]:
    def write(number: int) -> None:
        with device.session() as session:
            session.add(Order(Id=f"{prefix}-{number}", CustomerName="Ada", Status="new"))
            session.commit()

    return write


def compared(label: str, device: OfflineContext, folder: Path, goes_on: Callable[[int], bool]) -> None:
    """Write with each of both in turn, as long as it ``goes_on``, and print the milliseconds of both."""
    prefix = label.replace(" ", "-")
    bare = Bare(folder / f"{prefix}.db")
    sides = {"bare": bare.write, "ours": ours(device, prefix)}
    taken: dict[str, list[float]] = {name: [] for name in sides}
    number = 0
    while goes_on(number):
        for name, write in sides.items():
            start = time.perf_counter()
            write(number)
            taken[name].append((time.perf_counter() - start) * 1000)
            time.sleep(PAUSE)
        number += 1
    bare.close()
    for name, found in taken.items():
        click.echo(f"a write {label:<28} {name} ({number}){_percentiles(found)}")


def _percentiles(found: list[float]) -> str:
    each = statistics.quantiles(found, n=100)
    return f"{each[49]:>9.2f} ms p50 {each[98]:>8.2f} ms p99 {max(found):>8.2f} ms max"


def alone(device: OfflineContext, folder: Path, writes: int) -> None:
    compared("alone", device, folder, lambda number: number < writes)


def while_a_push_hangs(device: OfflineContext, folder: Path, writes: int) -> None:
    """``device`` speaks to somebody who is deaf."""
    with device.session() as session:
        session.add_all([Order(Id=f"q{number}", CustomerName="Ada", Status="new") for number in range(QUEUED)])
        session.commit()
    pushing = threading.Thread(target=device.push, daemon=True)
    pushing.start()
    time.sleep(0.5)
    compared("while a push hangs", device, folder, lambda number: number < writes)
    assert pushing.is_alive(), "the push should still be waiting"


def while_a_pull_stores(device: OfflineContext, folder: Path) -> None:
    """As long as the first pull lasts."""
    pulling = threading.Thread(target=device.pull, args=(Order,))
    pulling.start()
    compared("while a pull stores pages", device, folder, lambda _number: pulling.is_alive())
    pulling.join()
