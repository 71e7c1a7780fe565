"""Memory of a worker after many requests, and what a whole set costs to read. ::

python -m tests.benchmarks.memory --requests 100000
"""

from __future__ import annotations

import json
import random
import time
import urllib.request
from collections.abc import Iterator
from urllib.parse import quote

import click

from .__main__ import SERVICE
from .people import COUNT, fill, sqlite_url
from .report import circumstances, write_section
from .servers import Client, Request, Server, Workers
from .workloads import LARGE_PAGE

WORKERS = Workers("gthread", 1, 4)
LOOKS = 5


def mixed(dice: random.Random) -> Iterator[Request]:
    """Reads of every kind in both versions; every fourth is of a shape that has not been asked for."""
    while True:
        name = quote(f"{dice.choice('ABCDEFGH')}{dice.randrange(10_000)}")
        yield Request("GET", f"/v4/People?$filter=Name%20eq%20'{name}'")
        yield Request("GET", f"/PeopleDataService.svc/People?$filter=startswith(Name,'{name}')&$top=3")
        yield Request("GET", f"/v4/People?$orderby=Name&$top={dice.randrange(1, 30)}&$expand=Addresses")
        terms = "%20or%20".join(f"Name%20eq%20'{name}{number}'" for number in range(dice.randrange(1, 12)))
        yield Request("GET", f"/v4/People?$filter={terms}&$select=Name&$top={dice.randrange(5)}&x{dice.randrange(10**9)}=1")


def export(server: Server, root: str) -> tuple[float, int]:
    """All people by next links: rows per second of CPU, and how many there were."""
    client, before, rows = Client(server), server.cpu_seconds(), 0
    target: str | None = f"{root}/People"
    while target is not None:
        page = json.loads(client.answer(Request("GET", target)))
        page = page.get("d", page)
        rows += len(page.get("value") or page.get("results") or ())
        link = page.get("@odata.nextLink") or page.get("__next")
        target = None if link is None else "/" + link.split("/", 3)[3]
    return rows / (server.cpu_seconds() - before), rows


def streamed(server: Server, root: str, form: str) -> tuple[float, float]:
    """The same in one answer, whose chunks the small client does not know: rows per second of CPU, and seconds."""
    before, started = server.cpu_seconds(), time.perf_counter()
    with urllib.request.urlopen(f"http://{server.address}{root}/People?$format={form}") as answer:
        while answer.read(1 << 20):
            pass
    return COUNT / (server.cpu_seconds() - before), time.perf_counter() - started


@click.command()
@click.option("--requests", default=100_000, show_default=True)
@click.option("--report", is_flag=True, help="write the table of docs/performance.md")
def main(requests: int, report: bool) -> None:
    """Print the memory of one worker between so many requests, and rates of exports."""
    url = sqlite_url()
    fill(url)
    environment = {"ODATA_SAMPLE": "people", "ODATA_DATABASE_URL": str(url), "ODATA_PAGE_SIZE": str(LARGE_PAGE)}
    said = []
    with Server(SERVICE, WORKERS, environment) as server:
        client, asked = Client(server), mixed(random.Random(1))
        client.answer_all(next(asked) for _ in range(200))
        said.append(
            f"| after 200 requests | {server.megabytes('RssAnon')} MB, at most {server.megabytes('VmHWM')} MB |"
        )
        for look in range(1, LOOKS + 1):
            client.answer_all(next(asked) for _ in range(requests // LOOKS))
            said.append(
                f"| after {requests * look // LOOKS:,} | {server.megabytes('RssAnon')} MB, at most {server.megabytes('VmHWM')} MB |"
            )
            click.echo(said[-1])
    for root in ("/v4", "/PeopleDataService.svc"):
        with Server(SERVICE, WORKERS, environment) as server:
            Client(server).answer(Request("GET", f"{root}/People?$top=5"))
            before = server.megabytes("VmHWM")
            rate, rows = export(server, root)
            said.append(
                f"| {root}: {rows:,} people by next links of {LARGE_PAGE:,} | {rate:,.0f} rows/s of CPU, {before} → {server.megabytes('VmHWM')} MB |"
            )
            click.echo(said[-1])
    for form in ("csv", "xlsx"):
        with Server(SERVICE, WORKERS, environment) as server:
            Client(server).answer(Request("GET", "/v4/People?$top=5"))
            before = server.megabytes("VmHWM")
            rate, seconds = streamed(server, "/v4", form)
            said.append(
                f"| {COUNT:,} people as one {form} | {rate:,.0f} rows/s of CPU in {seconds:.1f} s, {before} → {server.megabytes('VmHWM')} MB |"
            )
            click.echo(said[-1])
    if report:
        write_section("memory", "\n".join([circumstances(), "", "| | one worker |", "|---|---|", *said]))


if __name__ == "__main__":
    main()
