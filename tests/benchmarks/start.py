"""From the command to the first answer that the service is ready, and the memory of a worker then. ::

python -m tests.benchmarks.start
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import click
from sqlalchemy import URL, Column, ForeignKey, Integer, MetaData, Numeric, String, Table, create_engine, make_url

from .people import FOLDER, postgresql_url
from .processes import children, cpu_seconds, free_port, megabytes, wait_until_ready
from .report import circumstances, write_section

TABLES = 50


@dataclass(frozen=True, slots=True)
class Start:
    """One start: seconds on the wall and of CPU, and megabytes of the largest worker."""

    seconds: float
    cpu: float
    rss: int
    pss: int


def started(*arguments: str) -> Start:
    port = free_port()
    command = [sys.executable, "-m", "odata_service", "serve", "--port", str(port), "--workers", "2", *arguments]
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        wait_until_ready(process, port)
        seconds = time.perf_counter() - began
        cpu = sum(map(cpu_seconds, (process.pid, *children(process.pid))))
        rss, pss = (max(megabytes(pid, line) for pid in children(process.pid)) for line in ("VmRSS", "Pss"))
        return Start(seconds, cpu, rss, pss)
    finally:
        process.terminate()
        process.wait()


def make_tables(url: URL, count: int = TABLES) -> None:
    """A shop of so many tables, each with a reference to the one before it."""
    metadata = MetaData()
    for number in range(count):
        own = [Column("id", Integer, primary_key=True), Column("name", String(80), nullable=False, index=True)]
        own += [Column(f"amount_{place}", Numeric(12, 2)) for place in range(6)]
        own += [Column("previous_id", ForeignKey(f"thing_{number - 1:02}.id"), index=True)] if number else []
        Table(f"thing_{number:02}", metadata, *own)
    engine = create_engine(url)
    metadata.create_all(engine)
    engine.dispose()


def starts() -> Iterator[tuple[str, Sequence[str]]]:
    FOLDER.mkdir(exist_ok=True)
    people = f"sqlite:///{FOLDER}/start_people.db"
    yield "People, SQLite", ("--sample", "people", "--set", f"database_url={people}")
    for name, url in (("SQLite", make_url(f"sqlite:///{FOLDER}/start_tables.db")), ("PostgreSQL", postgresql_url())):
        make_tables(url)
        yield f"{TABLES} tables, {name}", (url.render_as_string(hide_password=False),)


@click.command()
@click.option("--times", default=5, show_default=True, help="of which the fastest counts")
@click.option("--report", is_flag=True, help="write the table of docs/performance.md")
def main(times: int, report: bool) -> None:
    """Print how long ``odata-service serve`` takes until it is ready, and what a worker of it weighs."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # what is installed is compiled
    lines = []
    for title, arguments in starts():
        found = [started(*arguments) for _ in range(times + 1)][1:]  # the first makes tables and caches
        best = min(found, key=lambda each: each.cpu)
        wall = min(each.seconds for each in found)
        lines.append(f"| {title} | {wall:.2f} s | {best.cpu:.2f} s | {best.rss} MB | {best.pss} MB |")
        click.echo(lines[-1])
    if report:
        head = "| | ready after | CPU time | a worker, RSS | PSS |\n|---|---|---|---|---|"
        write_section("start", f"{circumstances()}\n\n{head}\n" + "\n".join(lines))


if __name__ == "__main__":
    main()
