"""Memory of a worker after many requests, and what a whole set costs to read. ::

python -m tests.benchmarks.memory --requests 100000
"""

from __future__ import annotations

import json
import random
import threading
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, islice
from typing import Self
from urllib.parse import quote

import click

from .__main__ import SERVICE
from .people import COUNT, fill, postgresql_url, sqlite_url
from .report import circumstances, write_section
from .servers import Client, Request, Server, Workers
from .workloads import LARGE_PAGE

WORKERS = Workers("gthread", 1, 4)
LOOKS = 5
SECONDS_BETWEEN_LOOKS = 0.02


def mixed(dice: random.Random) -> Iterator[Request]:
    """Reads of every kind in both versions, which an index serves; every fourth is of a shape that has not been asked for."""
    while True:
        name = quote(f"{dice.choice('ABCDEFGH')}{dice.randrange(10_000)}")
        yield Request("GET", f"/v4/People?$filter=Name%20eq%20'{name}'")
        among = f"Name%20ge%20'{name}'%20and%20Name%20lt%20'{name}~'"  # else startswith looks at everybody
        yield Request("GET", f"/PeopleDataService.svc/People?$filter={among}%20and%20startswith(Name,'{name}')&$top=3")
        yield Request("GET", f"/v4/People?$orderby=Name&$top={dice.randrange(1, 30)}&$expand=Addresses")
        terms = "%20or%20".join(f"Name%20eq%20'{name}{number}'" for number in range(dice.randrange(1, 12)))
        yield Request(
            "GET", f"/v4/People?$filter={terms}&$select=Name&$top={dice.randrange(5)}&x{dice.randrange(10**9)}=1"
        )


class Watch:
    """What a server costs in a ``with`` block: the CPU time, and the most memory of its own that it had. (Not what it has of a
    database's file, which is the system's to take away.)"""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._over = threading.Event()
        self._looker = threading.Thread(target=self._look, daemon=True)
        self.seconds, self.before, self.most = 0.0, server.megabytes("RssAnon"), 0

    def __enter__(self) -> Self:
        self.seconds = -self._server.cpu_seconds()
        self._looker.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.seconds += self._server.cpu_seconds()
        self._over.set()
        self._looker.join()

    def _look(self) -> None:
        while not self._over.wait(SECONDS_BETWEEN_LOOKS):
            self.most = max(self.most, self._server.megabytes("RssAnon"))

    def __str__(self) -> str:
        return f"{COUNT / self.seconds:,.0f} rows/s of CPU, {self.before} MB → at most {self.most} MB"


def by_next_links(server: Server, target: str) -> None:
    """Page by page."""
    client, following = Client(server), target
    while following:
        page = json.loads(client.answer(Request("GET", following)))
        page = page.get("d", page)
        link = page.get("@odata.nextLink") or page.get("__next") or ""
        following = link.removeprefix(f"http://{server.address}")


def in_one_answer(server: Server, target: str) -> None:
    """As it comes, kept by nobody."""
    with urllib.request.urlopen(f"http://{server.address}{target}") as answer:
        while answer.read(1 << 20):
            pass


@dataclass(frozen=True, slots=True)
class Export:
    """All people."""

    name: str
    target: str
    read: Callable[[Server, str], None]
    settings: Mapping[str, str]


V4, V2 = "/v4/People", "/PeopleDataService.svc/People"
PAGES = {"ODATA_PAGE_SIZE": str(LARGE_PAGE)}
WHOLE = {"ODATA_PAGE_SIZE": "0", "ODATA_MAX_PAGE_SIZE": "1000000"}
EXPORTS = (
    Export(f"V4 by next links of {LARGE_PAGE:,}", f"{V4}?$format=json", by_next_links, PAGES),
    Export(f"V2 by next links of {LARGE_PAGE:,}", f"{V2}?$format=json", by_next_links, PAGES),
    Export("V4 in one answer", f"{V4}?$format=json", in_one_answer, WHOLE),
    Export("V2 in one answer", f"{V2}?$format=json", in_one_answer, WHOLE),
    Export("V2 in one answer, Atom", f"{V2}?$format=atom", in_one_answer, WHOLE),
    Export("one CSV", f"{V4}?$format=csv", in_one_answer, WHOLE),
    Export("one xlsx", f"{V4}?$format=xlsx", in_one_answer, WHOLE),
)


def after_requests(environment: Mapping[str, str], count: int) -> Iterator[str]:
    with Server(SERVICE, WORKERS, {**environment, **PAGES}) as server:
        client, asked, done = Client(server), mixed(random.Random(1)), 0
        for number in (200, *(count * look // LOOKS for look in range(1, LOOKS + 1))):
            client.answer_all(islice(asked, number - done))
            done = number
            yield f"| after {done:,} requests | {server.megabytes('RssAnon')} MB |"


def exports(environment: Mapping[str, str]) -> Iterator[str]:
    """Each by a worker of its own, which has answered the beginning of the same before."""
    for export in EXPORTS:
        with Server(SERVICE, WORKERS, {**environment, **export.settings}) as server:
            export.read(server, f"{export.target}&$top=5000")
            with Watch(server) as watch:
                export.read(server, export.target)
        yield f"| {COUNT:,} people: {export.name} | {watch} |"


@click.command()
@click.option("--requests", default=100_000, show_default=True)
@click.option("--postgresql", is_flag=True, help="not on SQLite")
@click.option("--report", is_flag=True, help="write the table of docs/performance.md")
def main(requests: int, postgresql: bool, report: bool) -> None:
    """Print the memory of one worker between so many requests, and what exports cost."""
    url = postgresql_url() if postgresql else sqlite_url()
    fill(url)
    environment = {"ODATA_SAMPLE": "people", "ODATA_DATABASE_URL": url.render_as_string(hide_password=False)}
    said = []
    for line in chain(after_requests(environment, requests), exports(environment)):
        click.echo(line)
        said.append(line)
    if report:
        write_section("memory", "\n".join([circumstances(), "", "| | one worker |", "|---|---|", *said]))


if __name__ == "__main__":
    main()
