"""The offline client over real HTTP: ``python -m tests.benchmarks.offline``.

The first pull of many rows and the push of many changes by each protocol; and how long a write on the device takes, half of
the time while a push waits for a server that does not answer.
"""

from __future__ import annotations

import socket
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

import click
import httpx
from sqlalchemy import insert

from odata_service.client import DatasyncBuilder, OfflineContext, Patience
from odata_service.tracking import UTC_CLOCK, writing
from tests.offline.harness import PROTOCOLS
from tests.offline.harness import Server as Service
from tests.offline.models import Base, Order, ServerOrder

from .servers import Server, Workers

PER_STAMP = 1_000
PAGE_SIZE = 1_000
WRITES = 2_000


class Device(OfflineContext):
    base: ClassVar = Base

    def __init__(self, path: Path, address: str, protocol: str) -> None:
        self._address, self._protocol = address, protocol
        super().__init__(path)

    def on_datasync_initialization(self, builder: DatasyncBuilder) -> None:
        client = httpx.Client(timeout=60)
        builder.use_endpoint(
            f"http://{self._address}/{self._protocol}/",
            protocol=self._protocol,
            client=client,
            patience=Patience(tries=1),
        )


def fill(path: Path, rows: int) -> None:
    service = Service(f"sqlite:///{path}")
    with writing(service.engine).begin() as connection:
        for start in range(0, rows, PER_STAMP):
            stamp = UTC_CLOCK.stamp(connection)
            numbers = range(start, min(start + PER_STAMP, rows))
            connection.execute(insert(ServerOrder), [_row(number, stamp) for number in numbers])
    service.engine.dispose()


def _row(number: int, stamp: datetime) -> dict[str, Any]:
    values = {"Id": f"order-{number:07}", "CustomerName": f"Customer {number % 1000}", "Status": "new", "Total": None}
    return {**values, "CustomerId": None, "LastUpdated": stamp, "IsDeleted": False}


@contextmanager
def timed(label: str, count: int) -> Iterator[None]:
    start, cpu = time.perf_counter(), time.process_time()
    yield
    seconds, used = time.perf_counter() - start, time.process_time() - cpu
    click.echo(f"{label:<44}{seconds:>9.2f} s {count / seconds:>10.0f} /s   ({used:.2f} s of the client's CPU)")


@contextmanager
def deaf() -> Iterator[str]:
    """Something that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"127.0.0.1:{listening.getsockname()[1]}"


def write(device: OfflineContext, prefix: str) -> list[float]:
    """Milliseconds of each."""
    found = []
    for number in range(WRITES):
        start = time.perf_counter()
        with device.session() as session:
            session.add(Order(Id=f"{prefix}-{number}", CustomerName="Ada", Status="new"))
            session.commit()
        found.append((time.perf_counter() - start) * 1000)
    return found


def latency(folder: Path) -> None:
    with deaf() as address, Device(folder / "latency.db", address, "tables") as device:
        alone = write(device, "a")
        pushing = threading.Thread(target=device.push, daemon=True)
        pushing.start()
        time.sleep(0.5)
        hanging = write(device, "b")
        assert pushing.is_alive(), "the push should still be waiting"
        for label, found in (("alone", alone), ("while a push hangs", hanging)):
            percentiles = statistics.quantiles(found, n=100)
            click.echo(f"a write, {label:<35}{percentiles[49]:>9.2f} ms median {percentiles[98]:>7.2f} ms p99")


@click.command()
@click.option("--rows", default=200_000, show_default=True, help="of the first pull")
@click.option("--changes", default=10_000, show_default=True, help="of the push")
@click.option("--parallel", default=1, show_default=True, help="requests of a push at a time")
@click.option("--only", default="", help="one protocol")
def main(rows: int, changes: int, parallel: int, only: str) -> None:
    """Print how long a device takes."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        fill(folder / "server.db", rows)
        environment = {"OFFLINE_DATABASE": str(folder / "server.db"), "OFFLINE_PAGE_SIZE": str(PAGE_SIZE)}
        with Server("tests.offline.app:create_app()", Workers("gthread", 1, 4), environment) as server:
            for protocol in [each for each in PROTOCOLS if only in each]:
                with Device(folder / f"{protocol}.db", server.address, protocol) as device:
                    with timed(f"{protocol}: first pull of {rows} rows", rows):
                        assert device.pull(Order).is_successful
                    with device.session() as session:
                        for number in range(changes):
                            session.add(Order(Id=f"{protocol}-{number}", CustomerName="Ada", Status="new"))
                        with timed(f"{protocol}: {changes} writes in one transaction", changes):
                            session.commit()
                    with timed(f"{protocol}: push of {changes} additions", changes):
                        result = device.push(parallel=parallel)
                    assert result.completed_operations == changes, result.stopped
        latency(folder)


if __name__ == "__main__":
    main()
