"""The offline client over real HTTP: ``python -m tests.benchmarks.offline``.

The first pull of many rows and the push of many changes by each protocol; and how long a write on the device takes: alone,
while a push waits for a server that does not answer, and while a first pull stores its pages.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

import click
import httpx
from sqlalchemy import insert

from odata_service.client import DatasyncBuilder, OfflineContext
from odata_service.tracking import UTC_CLOCK, writing
from tests.offline.harness import PROTOCOLS
from tests.offline.harness import Server as Service
from tests.offline.models import Base, Order, ServerOrder

from .latency import alone, deaf, while_a_pull_stores, while_a_push_hangs
from .servers import Server, Workers

PER_STAMP = 1_000
PAGE_SIZE = 1_000


class Device(OfflineContext):
    base: ClassVar = Base

    def __init__(self, path: Path, address: str, protocol: str) -> None:
        self._address, self._protocol = address, protocol
        super().__init__(path)

    def on_datasync_initialization(self, builder: DatasyncBuilder) -> None:
        address = f"http://{self._address}/{self._protocol}/"
        builder.use_endpoint(address, protocol=self._protocol, client=httpx.Client(timeout=60))


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


def latency(folder: Path, address: str, writes: int) -> None:
    if writes:
        with deaf() as nobody, Device(folder / "hanging.db", nobody, "tables") as device:
            alone(device, folder, writes)
            while_a_push_hangs(device, folder, writes)
        with Device(folder / "pulling.db", address, "sync") as device:
            while_a_pull_stores(device, folder)


@click.command()
@click.option("--rows", default=200_000, show_default=True, help="of the first pull")
@click.option("--changes", default=10_000, show_default=True, help="of the push")
@click.option("--parallel", default=1, show_default=True, help="requests of a push at a time")
@click.option("--writes", default=1_000, show_default=True, help="on the device, alone and while a push hangs")
@click.option("--only", default="", help="one protocol, or something that is none, for the writes alone")
def main(rows: int, changes: int, parallel: int, writes: int, only: str) -> None:
    """Print how long a device takes."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        fill(folder / "server.db", rows)
        environment = {"OFFLINE_DATABASE": str(folder / "server.db"), "OFFLINE_PAGE_SIZE": str(PAGE_SIZE)}
        with Server("tests.offline.app:create_app()", Workers("gthread", 1, 4), environment) as server:
            latency(folder, server.address, writes)
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


if __name__ == "__main__":
    main()
