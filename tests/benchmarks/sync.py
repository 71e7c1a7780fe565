"""Pulls and pushes of many rows: ``python -m tests.benchmarks.sync``. Rows per second, CPU per row, and how much memory the
server has taken at most, which should not depend on the number of rows."""

from __future__ import annotations

import json
import os
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import click
from flask import Flask
from sqlalchemy import URL, create_engine, make_url, text

from odata_service import ODataService
from odata_service.sample import sample_named

from .people import fill, postgresql_url
from .servers import Client, Request, Server, Workers

SERVICE = "tests.benchmarks.sync:create_app()"
ROOTS = {"/api/sync": "sync", "/tables": "tables", "/v4": "v4"}
PAGE = 1_000  # rows of a page, operations of a push
OWN = "RssAnon"  # memory without the pages of the database's file, which SQLite has mapped
LOOKS = 10  # requests between two looks at the memory


def create_app() -> Flask:
    """The people in every protocol for synchronisation, as Gunicorn serves them."""
    sample, engine = sample_named("people"), create_engine(os.environ["ODATA_DATABASE_URL"])
    service = ODataService(sample.base, engine, namespace=sample.namespace, container=sample.container)
    sample.configure(service)
    service.page_size("*", PAGE)
    service.table("person", sample.main, page_size=PAGE)
    app = Flask("sync", static_folder=None)
    for root, protocol in ROOTS.items():
        app.register_blueprint(service.blueprint(protocol), url_prefix=root)
    return app


def pull_sync(client: Client) -> Iterator[int]:
    token, more = "", True
    while more:
        page = json.loads(client.answer(Request("GET", f"/api/sync/People?limit={PAGE}&since={token}")))
        token, more = page["token"], page["more"]
        yield len(page["records"])


def pull_tables(client: Client) -> Iterator[int]:
    query = "$orderby=updatedAt&$count=true&__includedeleted=true"
    while query is not None:
        page = json.loads(client.answer(Request("GET", f"/tables/person?{query}")))
        query = page["nextLink"]
        yield len(page["items"])


def pull_v4(client: Client) -> Iterator[int]:
    url = "/v4/People"
    while url is not None:
        headers = {"Prefer": f"track-changes,maxpagesize={PAGE}"}
        page = json.loads(client.answer(Request("GET", url, headers=headers)))
        yield len(page["value"])
        url = page.get("@odata.nextLink")
        url = None if url is None else f"/{url.split('/', 3)[3]}"


def people(count: int) -> Iterator[dict[str, str]]:
    for number in range(count):
        yield {"id": str(uuid.uuid4()), "name": f"Åsa Öberg {number}"}


def push_sync(client: Client, count: int) -> Iterator[int]:
    rows = [{"personId": each["id"], "name": each["name"]} for each in people(count)]
    for start in range(0, count, PAGE):
        queue = [{"id": str(uuid.uuid4()), "action": "add", "data": row} for row in rows[start : start + PAGE]]
        answer = client.answer(Request("POST", "/api/sync/People", json.dumps({"operations": queue}).encode()))
        yield sum(each["result"] == "added" for each in json.loads(answer)["results"])


def push_tables(client: Client, count: int) -> Iterator[int]:
    for row in people(count):
        client.answer(Request("POST", "/tables/person", json.dumps(row).encode()))
        yield 1


def push_v4(client: Client, count: int) -> Iterator[int]:
    rows = [{"PersonId": each["id"], "Name": each["name"]} for each in people(count)]
    for start in range(0, count, PAGE):
        some = rows[start : start + PAGE]
        client.answer(Request("PATCH", "/v4/People", json.dumps({"@context": "#$delta", "value": some}).encode()))
        yield len(some)


PULLS: Mapping[str, Callable[[Client], Iterator[int]]] = {
    "Sync API": pull_sync, "Datasync": pull_tables, "V4, tracked": pull_v4,
}  # fmt: skip
PUSHES: Mapping[str, Callable[[Client, int], Iterator[int]]] = {
    "Sync API": push_sync, "Datasync": push_tables, "V4, delta": push_v4,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Measured:
    rows: int
    seconds: float
    cpu: float
    before: int  # the server's memory in MB, and the most that it has ever been
    peak: int

    def __str__(self) -> str:
        return (
            f"{self.rows:>8} rows {self.rows / self.seconds:>8.0f}/s {self.cpu / self.rows * 1e6:>7.0f} µs CPU each"
            f"   memory {self.before} → {self.peak} MB"
        )


def measured(url: URL, work: Callable[[Client], Iterator[int]]) -> Measured:
    """On a server of its own, so that its memory is that of the work."""
    environment = {"ODATA_DATABASE_URL": url.render_as_string(hide_password=False)}
    with Server(SERVICE, Workers("gthread", 1, 4), environment) as server:
        client = Client(server)
        client.answer(Request("GET", "/v4/People?$top=1"))  # everything is imported
        before, started, cpu = server.megabytes(OWN), time.monotonic(), server.cpu_seconds()
        rows, peak = 0, before
        for number, some in enumerate(work(client)):
            rows += some
            peak = max(peak, server.megabytes(OWN) if number % LOOKS == 0 else 0)
        return Measured(rows, time.monotonic() - started, server.cpu_seconds() - cpu, before, peak)


def fresh(folder: Path, postgresql: bool, people: int) -> URL:
    url = make_url(f"sqlite:///{folder}/people_{people}.db")
    if postgresql:
        url = new_database(postgresql_url(), f"people_{people}")
    fill(url, people)
    return url


def new_database(server: URL, name: str) -> URL:
    with create_engine(server, isolation_level="AUTOCOMMIT").connect() as administrator:
        administrator.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
        administrator.execute(text(f"CREATE DATABASE {name}"))
    return server.set(database=name)


@click.command()
@click.option("--postgresql", is_flag=True, help="on a PostgreSQL server of its own instead of SQLite")
@click.option("--pulled", default="20000,200000", show_default=True, help="numbers of rows")
@click.option("--pushed", default="1000,10000", show_default=True, help="numbers of operations")
def main(postgresql: bool, pulled: str, pushed: str) -> None:
    """Print what each protocol needs for a pull and a push."""
    with tempfile.TemporaryDirectory(prefix="odata-sync-") as folder:
        for count in map(int, pulled.split(",")):
            url = fresh(Path(folder), postgresql, count)
            for name, pull in PULLS.items():
                click.echo(f"pull  {name:<12}{measured(url, pull)}")
        for count in map(int, pushed.split(",")):
            for name, push in PUSHES.items():
                url = fresh(Path(folder), postgresql, 0)
                click.echo(
                    f"push  {name:<12}{measured(url, lambda client, push=push, count=count: push(client, count))}"
                )


if __name__ == "__main__":
    main()
