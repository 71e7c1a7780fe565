"""Which workers of Gunicorn for how many connections: requests per second, and how long the slowest wait. Needs Debian's ``wrk``."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Iterator
from importlib.util import find_spec
from shutil import which

import click

from .__main__ import SERVICE
from .people import fill, postgresql_url, sqlite_url
from .report import circumstances, write_section
from .servers import Server, Workers

# The third is what our settings say. Gevent's is for who has it already: it waits with many, but does no more at once.
KINDS = (Workers("sync", 2, 1), Workers("gthread", 2, 1), Workers("gthread", 2, 4), Workers("gthread", 2, 16), Workers("gevent", 2, 1))
CONNECTIONS = (1, 8, 32, 256)
WARM_UP, SECONDS_TO_SETTLE = 32, 1
TARGET = "/v4/People?$filter=Name%20ge%20'Boris'&$orderby=Name"
_RATE = re.compile(r"Requests/sec:\s*([\d.]+)")
_LATENCY = re.compile(r"(50|99)%\s+([\d.]+)(us|ms|s)")
_ERRORS = re.compile(r"(Socket errors: .*|Non-2xx.*)")
_MILLISECONDS = {"us": 0.001, "ms": 1.0, "s": 1000.0}


def measured(server: Server, connections: int, seconds: int) -> tuple[float, dict[str, float], str]:
    """Requests per second, milliseconds at the median and at the 99th percentile, and what went wrong."""
    command = [
        "wrk",
        "-t1",
        f"-c{connections}",
        f"-d{seconds}s",
        "--latency",
        "--timeout",
        "10s",
        f"http://{server.address}{TARGET}",
    ]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    rate = _RATE.search(said)
    assert rate is not None, said
    latency = {name: float(value) * _MILLISECONDS[unit] for name, value, unit in _LATENCY.findall(said)}
    return float(rate[1]), latency, "; ".join(_ERRORS.findall(said))


def rows(database: str, seconds: int) -> Iterator[str]:
    url = postgresql_url() if database == "postgresql" else sqlite_url()
    fill(url)
    environment = {"ODATA_SAMPLE": "people", "ODATA_DATABASE_URL": url.render_as_string(hide_password=False)}
    for kind in KINDS:
        if kind.kind == "gevent" and find_spec("gevent") is None:
            click.echo("gevent is left out: pip install gevent brings it")
            continue
        with Server(SERVICE, kind, environment) as server:
            measured(server, WARM_UP, 1)  # every thread of every worker has its plans and its connection
            for connections in CONNECTIONS:
                time.sleep(SECONDS_TO_SETTLE)  # what was asked last is answered, though nobody waits for it
                rate, latency, errors = measured(server, connections, seconds)
                name = f"{kind.kind} × {kind.count}" + (f", {kind.threads} threads" if kind.kind == "gthread" else "")
                yield f"| {database} | {name} | {connections} | {rate:,.0f} | {latency['50']:.1f} | {latency['99']:.1f} | {errors} |"


@click.command()
@click.option("--database", type=click.Choice(["sqlite", "postgresql", "all"]), default="all", show_default=True)
@click.option("--seconds", default=3, show_default=True, help="for each line")
@click.option("--report", is_flag=True, help="write the table of docs/performance.md")
def main(database: str, seconds: int, report: bool) -> None:
    """A page of 50, asked by so many connections at once."""
    if which("wrk") is None:
        raise SystemExit("wrk is needed: apt-get install wrk")
    lines = ["| | workers | connections | requests/s | median, ms | p99, ms | |", "|---|---|---|---|---|---|---|"]
    for each in ("sqlite", "postgresql") if database == "all" else (database,):
        for row in rows(each, seconds):
            click.echo(row)
            lines.append(row)
    if report:
        write_section(
            "concurrency",
            f"{circumstances()} {os.cpu_count()} cores, the load generator on one of them.\n\n" + "\n".join(lines),
        )


if __name__ == "__main__":
    main()
