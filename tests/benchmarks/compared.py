"""Other servers on the same rows beside ours: pyslet (OData V2), Django REST framework and Datasette. Each is in an environment of
its own below ``var/peers``, which is made when it is not there; who cannot be installed is left out, with the reason."""

from __future__ import annotations

import http.client
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from urllib.parse import quote

import click
from sqlalchemy import URL

from .people import FOLDER
from .processes import free_port
from .servers import Process, Server, Workers
from .workloads import FROM_NAMES, LARGE_PAGE, PAGE, some

ENTITY, FILTERED, EXPANDED, LARGE, COUNT = TITLES = (
    "entity by key", "page of 50, filtered and ordered", "page of 50 with addresses", "page of 1,000", "count with filter",
)  # fmt: skip
REQUESTS: Mapping[str, int] = {ENTITY: 100, FILTERED: 60, EXPANDED: 40, LARGE: 8, COUNT: 100}
APPLICATIONS = Path(__file__).parent / "peers"
WORKERS = Workers("gthread", 1, 4)
SERVICE = "odata_service.web.app:create_app()"
Start = Callable[[URL, Path], Process]  # on a database, with the Python of an environment


@dataclass(frozen=True, slots=True)
class Peer:
    """A server, what is to be installed for it, and how it is asked: ``{}`` is a key or a name. Not all have all there is."""

    name: str
    start: Start
    targets: Mapping[str, str]
    requirements: Sequence[str] = ()
    hexadecimal: bool = False  # as these rows have their keys in SQLite

    def requests(self, title: str) -> list[str]:
        keys = (key.replace("-", "") if self.hexadecimal else key for key in some("PersonId"))
        values = {ENTITY: keys, COUNT: (quote(name) for name in some("Name") if "'" not in name)}.get(title, map(quote, FROM_NAMES))
        return [self.targets[title].format(value) for value in values]


def _ours(url: URL, _: Path) -> Process:
    environment = {"ODATA_SAMPLE": "people", "ODATA_DATABASE_URL": str(url), "ODATA_PAGE_SIZE": str(LARGE_PAGE)}
    return Server(SERVICE, WORKERS, environment)


def _under_gunicorn(application: str) -> Start:
    def start(url: URL, python: Path) -> Process:
        environment = {"PEER_DATABASE": str(url.database), "PEER_ROOT": "http://127.0.0.1/"}
        return Server(application, WORKERS, environment, str(python), APPLICATIONS)

    return start


def _datasette(url: URL, python: Path) -> Process:
    port = free_port()
    options = ("--setting", "max_returned_rows", str(LARGE_PAGE), "--setting", "default_cache_ttl", "0")
    return Process([str(python), "-m", "datasette", "serve", str(url.database), "-p", str(port), *options], port, 0, {}, quiet=True)


_ROWS = "_shape=objects&_nocount=1&_nofacet=1"
_TABLE = "/benchmark_people/Person"
PEERS = (
    Peer("V4", _ours, {
        ENTITY: "/v4/People({})",
        FILTERED: f"/v4/People?$filter=Name%20ge%20'{{}}'&$orderby=Name&$top={PAGE}",
        EXPANDED: f"/v4/People?$filter=Name%20ge%20'{{}}'&$orderby=Name&$top={PAGE}&$expand=Addresses",
        LARGE: f"/v4/People?$filter=Name%20ge%20'{{}}'&$orderby=Name&$top={LARGE_PAGE}",
        COUNT: "/v4/People/$count?$filter=Name%20eq%20'{}'",
    }),
    Peer("V2", _ours, {
        ENTITY: "/v2/People(guid'{}')",
        FILTERED: f"/v2/People?$filter=Name%20ge%20'{{}}'&$orderby=Name&$top={PAGE}",
        EXPANDED: f"/v2/People?$filter=Name%20ge%20'{{}}'&$orderby=Name&$top={PAGE}&$expand=Addresses",
        LARGE: f"/v2/People?$filter=Name%20ge%20'{{}}'&$orderby=Name&$top={LARGE_PAGE}",
        COUNT: "/v2/People/$count?$filter=Name%20eq%20'{}'",
    }),
    Peer("pyslet", _under_gunicorn("people_pyslet:app"), {
        ENTITY: "/Person('{}')",
        FILTERED: f"/Person?$filter=Name%20ge%20'{{}}'&$orderby=Name&$top={PAGE}",
        LARGE: f"/Person?$filter=Name%20ge%20'{{}}'&$orderby=Name&$top={LARGE_PAGE}",
    }, ("pyslet", "gunicorn"), hexadecimal=True),
    Peer("Django REST", _under_gunicorn("people_django:app"), {
        ENTITY: "/people/{}",
        FILTERED: "/people?from={}",
        EXPANDED: "/people?from={}&addresses",
        LARGE: f"/people?from={{}}&size={LARGE_PAGE}",
        COUNT: "/people/count?name={}",
    }, ("django", "djangorestframework", "gunicorn")),
    Peer("Datasette", _datasette, {
        ENTITY: f"{_TABLE}/{{}}.json?_shape=objects",
        FILTERED: f"{_TABLE}.json?Name__gte={{}}&IsDeleted=0&_sort=Name&_size={PAGE}&{_ROWS}",
        LARGE: f"{_TABLE}.json?Name__gte={{}}&IsDeleted=0&_sort=Name&_size={LARGE_PAGE}&{_ROWS}",
        COUNT: f"{_TABLE}.json?Name={{}}&IsDeleted=0&_size=0&_nofacet=1",
    }, ("datasette",), hexadecimal=True),
)  # fmt: skip


def installed(peer: Peer) -> Path | str:
    """The Python of a peer's environment, or why there is none."""
    if not peer.requirements:
        return Path(sys.executable)
    folder = FOLDER / "peers" / peer.name.replace(" ", "_").lower()
    python, done = folder / "bin" / "python", folder / "installed"
    if not done.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        said = subprocess.run(
            [str(python), "-m", "pip", "install", "--quiet", *peer.requirements],
            capture_output=True,
            text=True,
            check=False,
        )
        if said.returncode:
            return (said.stderr.strip().splitlines() or ["pip has failed"])[-1]
        done.touch()
    return python


@dataclass(slots=True)
class Measured:
    """A peer that runs; asked over one connection."""

    peer: Peer
    process: Process
    connection: http.client.HTTPConnection

    def rows(self, title: str) -> int:
        self.connection.close()
        return self._answer(self.peer.requests(title)[0]).count(b'"Name":')

    def milliseconds(self, title: str) -> float:
        self.connection.close()  # nobody has to keep it while others are measured
        asked = islice(cycle(self.peer.requests(title)), REQUESTS[title])
        before = self.process.cpu_seconds()
        for target in asked:
            self._answer(target)
        return (self.process.cpu_seconds() - before) * 1000 / REQUESTS[title]

    def _answer(self, target: str) -> bytes:
        self.connection.request(
            "GET", target, headers={"Accept": "text/plain" if "$count" in target else "application/json"}
        )
        answer = self.connection.getresponse()
        body = answer.read()
        if answer.status != http.client.OK:
            raise SystemExit(f"{self.peer.name}: {target}: {answer.status} {body[:300]!r}")
        return body


def running(url: URL, stack: ExitStack) -> Iterator[Measured]:
    for peer in PEERS:
        python = installed(peer)
        if isinstance(python, str):
            click.echo(f"{peer.name} is left out: {python}")
            continue
        process = stack.enter_context(peer.start(url, python))
        yield Measured(peer, process, http.client.HTTPConnection("127.0.0.1", process.port))


def compared(url: URL, rounds: int) -> list[str]:
    """The lines of a table: CPU milliseconds per request of each, the median of some rounds; all answer with as many rows as we do."""
    with ExitStack() as stack:
        every = list(running(url, stack))
        lines = [f"| | {' | '.join(each.peer.name for each in every)} |", f"|---|{'---|' * len(every)}"]
        for title in TITLES:
            asked = [each for each in every if title in each.peer.targets]
            for each in asked if title != COUNT else ():
                if each.rows(title) != asked[0].rows(title):
                    raise SystemExit(
                        f"{title}: {each.peer.name} has {each.rows(title)} rows, not {asked[0].rows(title)}"
                    )
            found: dict[str, list[float]] = {each.peer.name: [] for each in asked}
            for _ in range(rounds + 1):
                for each in asked:
                    found[each.peer.name].append(each.milliseconds(title))
            figures = [
                f"{statistics.median(found[each.peer.name][1:]):.2f}" if each in asked else "—" for each in every
            ]
            lines.append(f"| {title} | {' | '.join(figures)} |")
        return lines
