"""CPU time of the service beside that of a hand-written endpoint, on the same database under the same Gunicorn.

Rounds go A B A B over all workloads, so that whatever else the computer does falls on both. Wall time would be that of
the whole computer; the CPU time of the worker processes is theirs alone. Where a process has its memory makes it faster or slower
for as long as it lives, by some hundredths, so both are started anew several times.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import islice, zip_longest

import click
from sqlalchemy import URL

from .compared import compared
from .people import fill, postgresql_url, sqlite_url
from .report import Line, circumstances, write_contests, write_section
from .servers import Client, Server, Workers
from .workloads import LARGE_PAGE, PAGE, Requests, Workload, workloads

SERVICE = "odata_service.web.app:create_app()"
LIMIT = "tests.benchmarks.limit:create_app()"
# How many times the work of a hand-written endpoint the service's may be.
AIMS = {
    "V4 entity by key": 1.0,
    "V4 page of 50, filtered and ordered": 1.0,
    "V4 page of 50 with $expand=Addresses": 1.0,
    "V4 page of 1,000": 0.8,
    "V4 $count with filter": 1.0,
    "V4 POST": 1.5,
    "V4 $batch of 100 inserts": 1.5,
    "V2 entity by key": 1.0,
    "V2 page of 50, filtered and ordered": 1.1,
    "V2 page of 50 with $expand=Addresses": 1.1,
    "V2 page of 1,000": 1.1,
    "V2 POST": 1.5,
    "V2 $batch of 100 inserts": 1.5,
}
WARM_UP = 12  # requests of each workload before it is measured


@dataclass(slots=True)
class Contest:
    """One workload, and the CPU milliseconds per request of both in each round."""

    workload: Workload
    service: Server
    limit: Server
    rounds: list[tuple[float, float]] = field(default_factory=list)

    def check(self) -> None:
        """Both give the same rows, else there is nothing to compare; this also warms them up."""
        ours, theirs = Client(self.service), Client(self.limit)
        for asked, limit_asked in islice(zip(self.workload.service(), self.workload.limit(), strict=True), WARM_UP):
            answer, expected = ours.answer(asked), theirs.answer(limit_asked)
            if not self.workload.changes and rows_of(answer, self.service) != rows_of(expected, self.limit):
                raise SystemExit(
                    f"{asked.target} and {limit_asked.target} differ:\n{answer!r:.2000}\n{expected!r:.2000}"
                )

    def run(self) -> None:
        ours = self._milliseconds(self.service, self.workload.service)
        self.rounds.append((ours, self._milliseconds(self.limit, self.workload.limit)))

    def _milliseconds(self, server: Server, requests: Requests) -> float:
        client, (first, *rest) = Client(server), islice(requests(), self.workload.requests + 1)
        client.answer(first)  # connects
        before = server.cpu_seconds()
        client.answer_all(rest)
        used = server.cpu_seconds() - before
        client.close()
        return used * 1000 / self.workload.requests

    @property
    def line(self) -> str:
        (ours, theirs), found = self.measured.medians, self.measured
        spread = f"[{min(found.ratios):.2f}–{max(found.ratios):.2f}]"
        return f"{self.workload.title:<36}{ours:>9.3f}{theirs:>9.3f}{found.ratio:>9.2f} {spread}"

    @property
    def measured(self) -> Line:
        return Line(self.workload.title, self.rounds, AIMS.get(self.workload.title))


def rows_of(body: bytes, server: Server) -> object:
    """The answer without what may differ: where the server is, how its next link is signed, and digits that say nothing."""
    document = json.loads(body.replace(server.address.encode(), b"host").replace(b".000Z", b"Z"))
    rows = document.get("d", document) if isinstance(document, dict) else document
    if isinstance(rows, dict):
        return rows.get("results") or rows.get("value") or rows
    return rows


def contests(stack: ExitStack, workers: Workers, url: URL) -> Iterator[Contest]:
    def server(application: str, page_size: int) -> Server:
        environment = {
            "ODATA_SAMPLE": "people",
            "ODATA_DATABASE_URL": url.render_as_string(hide_password=False),
            "ODATA_PAGE_SIZE": str(page_size),
        }
        return stack.enter_context(Server(application, workers, environment))

    services = {size: server(SERVICE, size) for size in (PAGE, LARGE_PAGE)}
    limit = server(LIMIT, PAGE)
    for workload in workloads(Client(services[PAGE])):
        yield Contest(workload, services[workload.page_size], limit)


@click.command()
@click.option("--postgresql", is_flag=True, help="on a PostgreSQL server of its own instead of SQLite")
@click.option("--starts", default=5, show_default=True, help="how many times both are started")
@click.option("--rounds", default=3, show_default=True, help="after each start")
@click.option("--worker-class", default="gthread", show_default=True, help="of Gunicorn")
@click.option("--workers", default=1, show_default=True)
@click.option("--threads", default=4, show_default=True)
@click.option("--report", is_flag=True, help="write the table and the plot of docs/performance.md")
@click.option("--only", default="", help="workloads with this in their title")
@click.option("--peers", is_flag=True, help="other servers on the same rows in SQLite instead of what is written by hand")
def main(
    postgresql: bool, starts: int, rounds: int, worker_class: str, workers: int, threads: int, only: str, report: bool, peers: bool
) -> None:
    """Print CPU milliseconds per request of the service and of the limit, and the first as a multiple of the second: what is
    below 1 is faster than by hand."""
    url = postgresql_url() if postgresql and not peers else sqlite_url()
    fill(url)
    if peers:
        lines = compared(url, starts * rounds)
        click.echo("\n".join(lines))
        if report:
            write_section("peers", f"{circumstances()} CPU milliseconds per request.\n\n" + "\n".join(lines))
        return
    chosen: list[Contest] = []
    for _ in range(starts):
        with ExitStack() as stack:
            every = contests(stack, Workers(worker_class, workers, threads), url)
            before, chosen = chosen, [contest for contest in every if only in contest.workload.title]
            for contest, known in zip_longest(chosen, before):
                contest.check()
                contest.rounds += known.rounds if known else []
            for _ in range(rounds):
                for contest in chosen:
                    contest.run()
    click.echo(f"{url.get_backend_name():<36}{'service':>9}{'limit':>9}{'ratio':>9} [min–max]")
    for contest in chosen:
        click.echo(contest.line)
    if report:
        write_contests(url.get_backend_name(), [contest.measured for contest in chosen])


if __name__ == "__main__":
    main()
