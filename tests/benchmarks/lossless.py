"""Does any client lose a change? ``python -m tests.benchmarks.lossless --database all --transactions 100000 --writers 8``

Writers are processes of their own that add and change items in overlapping transactions; four clients follow them at once, each by
its protocol's own means. Then the same with stamps that are taken when a row is flushed: the harness must be able to see a loss.

``--plain-sql`` has programs write that know nothing of the service, after ``odata-service track install`` in both of its ways, and on
PostgreSQL once more with triggers that stamp when a row is written.
"""

from __future__ import annotations

import multiprocessing
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

import click
from sqlalchemy import URL, Engine, create_engine, func, make_url, select, text

from odata_service.tracking import install_clock, write_sessions
from tests.mariadb import server as mariadb_server
from tests.sync.followers import FOLLOWERS, Follower, service_of
from tests.track.lossless import AT_STATEMENT, items, lost
from tests.track.lossless import followed as plainly_followed
from tests.track.shop import Shop, track
from tests.tracking.lossless import Base, Item, Writer, following
from tests.tracking.test_lossless import Hook, flush_time_sessions

from .people import postgresql_url

HOOKS: Mapping[str, Hook] = {"stamped at COMMIT": write_sessions, "stamped at flush": flush_time_sessions}
PAGE = 500
BAD = 500  # transactions of each writer that are enough to lose some


@contextmanager
def sqlite() -> Iterator[URL]:
    with tempfile.TemporaryDirectory(prefix="odata-lossless-") as folder:
        url = make_url(f"sqlite:///{folder}/lossless.db")
        with create_engine(url).connect() as connection:
            connection.execute(text("PRAGMA journal_mode = WAL"))
        yield url


@contextmanager
def postgresql() -> Iterator[URL]:
    url = postgresql_url()
    with create_engine(url, isolation_level="AUTOCOMMIT").connect() as administrator:
        administrator.execute(text("DROP DATABASE IF EXISTS lossless WITH (FORCE)"))
        administrator.execute(text("CREATE DATABASE lossless"))
        administrator.execute(text("ALTER DATABASE lossless SET synchronous_commit = off"))  # the order is the same
        yield url.set(database="lossless")
        administrator.execute(text("DROP DATABASE lossless WITH (FORCE)"))


@contextmanager
def mariadb() -> Iterator[URL]:
    with mariadb_server() as url:
        with create_engine(url, isolation_level="AUTOCOMMIT").connect() as administrator:
            administrator.execute(text("CREATE DATABASE lossless"))
        yield url.set(database="lossless")


DATABASES: Mapping[str, Callable[[], AbstractContextManager[URL]]] = {
    "sqlite": sqlite,
    "postgresql": postgresql,
    "mariadb": mariadb,
}


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is written, by how many, and for how long at most."""

    writers: int
    transactions: int
    longest_pause: float
    seconds: float


def write(url: URL, hook: str, number: int, effort: Effort) -> None:
    """One writer, in a process of its own."""
    patience = {"timeout": 60} if url.get_backend_name() == "sqlite" else {}
    engine = create_engine(url, connect_args=patience)
    ends = time.monotonic() + effort.seconds
    Writer(number, HOOKS[hook](engine)).run(effort.transactions, effort.longest_pause, lambda: time.monotonic() < ends)


def followed(engine: Engine, hook: str, effort: Effort) -> dict[str, Follower]:
    service = service_of(engine, PAGE)
    followers = {name: kind(service, PAGE) for name, kind in FOLLOWERS.items()}
    spawn = multiprocessing.get_context("spawn")
    processes = [
        spawn.Process(target=write, args=(engine.url, hook, number, effort)) for number in range(effort.writers)
    ]
    with following(*followers.values(), every=0.05):
        for process in processes:
            process.start()
        for process in processes:
            process.join()
    if any(process.exitcode for process in processes):
        raise SystemExit("a writer has failed")
    return followers


def run(url: URL, hook: str, effort: Effort) -> None:
    engine = create_engine(url)
    Base.metadata.drop_all(engine)
    install_clock(engine)
    Base.metadata.create_all(engine)
    started = time.monotonic()
    followers = followed(engine, hook, effort)
    seconds = time.monotonic() - started
    with engine.connect() as connection:
        items, changes = connection.execute(select(func.count(), func.sum(Item.Revision))).one()
    click.echo(
        f"{url.get_backend_name()}, {hook}: {items} transactions with {changes} changes, {items / seconds:.0f}/s"
    )
    for name, follower in followers.items():
        click.echo(f"  {name:<26} lost {len(follower.lost(engine))} of {items}")
    engine.dispose()


def run_plain(url: URL, options: tuple[str, ...], effort: Effort, *, at_statement: bool = False) -> None:
    shop = Shop(url, options)
    track("remove", shop.text, "--tables", "item" if url.get_backend_name() == "postgresql" else "Item")
    shop.sql("DROP TABLE IF EXISTS Item")
    items(shop)
    if at_statement:
        shop.sql(*AT_STATEMENT)
    started = time.monotonic()
    followers = plainly_followed(
        shop, effort.writers, effort.transactions, effort.longest_pause, seconds=effort.seconds, page_size=PAGE
    )
    seconds = time.monotonic() - started
    ((count, changes),) = shop.sql("SELECT count(*), sum(Revision) FROM Item")
    ((gone,),) = shop.sql("SELECT count(*) FROM odata_gone_Item")
    how = "stamped by the statement" if at_statement else f"track install {' '.join(options)}".strip()
    click.echo(
        f"{url.get_backend_name()}, {how}: {count} rows with {changes} changes, {gone} deleted, {(count + gone) / seconds:.0f}/s"
    )
    for name, follower in followers.items():
        click.echo(f"  {name:<26} lost {len(lost(shop, follower))} of {count + gone}")
    shop.engine.dispose()


@click.command()
@click.option("--database", type=click.Choice([*DATABASES, "all"]), default="all", show_default=True)
@click.option("--transactions", default=100_000, show_default=True, help="of each writer")
@click.option("--writers", default=8, show_default=True)
@click.option("--longest-pause", default=2.0, show_default=True, help="in a transaction and after it, in milliseconds")
@click.option("--plain-sql", is_flag=True, help="programs write that know nothing of the service")
@click.option("--seconds", default=480.0, show_default=True, help="for each database, at most")
def main(
    database: str, transactions: int, writers: int, longest_pause: float, seconds: float, *, plain_sql: bool
) -> None:
    """Print for each database how many changes each client has lost."""
    effort = Effort(writers, transactions, longest_pause / 1000, seconds)
    for name in DATABASES if database == "all" else [database]:
        with DATABASES[name]() as url:
            if plain_sql:
                run_plain(url, (), effort)
                run_plain(url, ("--side-table",), effort)
                if name == "postgresql":
                    few = Effort(writers, min(transactions, BAD), longest_pause / 1000, seconds)
                    run_plain(url, (), few, at_statement=True)
                continue
            run(url, "stamped at COMMIT", effort)
            run(url, "stamped at flush", Effort(writers, min(transactions, BAD), longest_pause / 1000, seconds))


if __name__ == "__main__":
    main()
