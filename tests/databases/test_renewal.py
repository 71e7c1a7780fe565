"""A service that runs while its database and its file of settings change: all workers have the new model, or all the old one."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.error
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from odata_service.config import Settings
from odata_service.reflect.service import catalogue_sign
from tests.databases.harbour import Harbour
from tests.serving import CHECKOUT, Serving

SETTINGS = 'page_size = 5\n[tables.Note]\nset = "Notes"\n'


def change(folder: Path, sql: str) -> None:
    with closing(sqlite3.connect(folder / "notes.db")) as connection:
        connection.executescript(sql)


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    change(tmp_path, "CREATE TABLE Note (Id INTEGER PRIMARY KEY, Text TEXT); INSERT INTO Note VALUES (1, 'first')")
    (tmp_path / "odata.toml").write_text(SETTINGS)
    return tmp_path


def statuses(server: Serving, target: str) -> set[int]:
    """Of so many clients that every worker has answered some."""

    def status(_: int) -> int:
        try:
            server.get(target)
        except urllib.error.HTTPError as error:
            return error.code
        return 200

    with ThreadPoolExecutor(8) as clients:
        return set(clients.map(status, range(32)))


def wait_for(happened: Callable[[], bool]) -> None:
    for _ in range(200):
        with suppress(OSError):  # a connection to a worker that ends
            if happened():
                return
        time.sleep(0.1)
    raise AssertionError("it has not happened in 20 seconds")


def renew(server: Serving) -> str:
    """What the log says of it."""
    server.process.send_signal(signal.SIGHUP)
    assert server.process.stderr is not None
    return next(line for line in server.process.stderr if "the model" in line)


def test_hangup(serve: Callable[..., Serving], notes: Path) -> None:
    server = serve("sqlite:///notes.db", "--workers", "2", "--config", "odata.toml")
    assert statuses(server, "Notes?$select=Author") == {400}
    change(notes, "ALTER TABLE Note ADD Author TEXT; CREATE TABLE Tag (Name TEXT PRIMARY KEY)")
    assert statuses(server, "Notes?$select=Author") == {400}, "nobody has told it"
    assert renew(server) == "the model was built anew, and all workers have it\n"
    assert statuses(server, "Notes?$select=Author") == {200}
    assert statuses(server, "Tags") == {200}

    (notes / "odata.toml").write_text("page_size = \n")
    assert renew(server).startswith("the model stays as it is: odata.toml is no TOML: ")
    (notes / "odata.toml").write_text(SETTINGS + 'key = ["Idd"]\n')
    assert renew(server) == ("the model stays as it is: tables.'Note': there is no column 'Idd'; did you mean 'Id'?\n")
    assert statuses(server, "Notes?$select=Author") == {200}

    (notes / "odata.toml").write_text(SETTINGS.replace("Notes", "Jottings"))
    renew(server)
    assert (statuses(server, "Jottings"), statuses(server, "Notes")) == ({200}, {404})
    assert server.interrupt()[0] == 0


def test_watch(serve: Callable[..., Serving], notes: Path) -> None:
    server = serve("sqlite:///notes.db", "--workers", "1", "--config", "odata.toml", "--watch")
    change(notes, "ALTER TABLE Note ADD Author TEXT")
    wait_for(lambda: statuses(server, "Notes?$select=Author") == {200})
    (notes / "odata.toml").write_text(SETTINGS.replace("Notes", "Jottings"))
    wait_for(lambda: statuses(server, "Jottings") == {200})
    assert server.interrupt()[0] == 0


@pytest.fixture
def own_gunicorn(notes: Path) -> Iterator[Serving]:
    """Gunicorn by its own command line, with our hooks."""
    environment = {
        "ODATA_DATABASE_URL": "sqlite:///notes.db",
        "ODATA_CONFIG": "odata.toml",
        "PYTHONPATH": str(CHECKOUT),
    }
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "-c",
        "python:odata_service.renewal",
        "--bind",
        "127.0.0.1:0",
        "wsgi:app",
    ]
    process = subprocess.Popen(
        command, cwd=notes, env=os.environ | environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    address = next(line for line in process.stderr if "Listening at" in line).split("at: ")[1].split()[0]
    server = Serving(process, (f"at {address}/v4/ and {address}/v2/", ""))
    yield server
    server.stop()


def test_a_gunicorn_of_ones_own(own_gunicorn: Serving, notes: Path) -> None:
    """It would end where its workers cannot start."""
    wait_for(lambda: statuses(own_gunicorn, "Notes") == {200})
    change(notes, "ALTER TABLE Note ADD Author TEXT")
    (notes / "odata.toml").write_text("page_size = \n")
    assert "the model stays as it is" in renew(own_gunicorn)
    (notes / "odata.toml").write_text(SETTINGS)
    renew(own_gunicorn)
    wait_for(lambda: statuses(own_gunicorn, "Notes?$select=Author") == {200})


CHANGES = [
    "CREATE TABLE lately (id integer PRIMARY KEY, name varchar(20))",
    "ALTER TABLE lately ADD remark varchar(20)",
    "CREATE UNIQUE INDEX lately_name ON lately (name)",
    "DROP TABLE lately",
]


def test_every_change_of_a_schema_is_a_sign(database_url: str, harbour: Harbour) -> None:
    settings, engine = Settings(database_url=database_url), create_engine(harbour.published.service.engine.url)
    signs = [catalogue_sign(settings)]
    assert catalogue_sign(settings) == signs[0]
    for each in CHANGES:
        with engine.begin() as connection:
            connection.exec_driver_sql(each)
        signs.append(catalogue_sign(settings))
    assert all(one != other for one, other in pairwise(signs))
    with engine.begin() as connection:
        connection.exec_driver_sql("SELECT 1")
    assert catalogue_sign(settings) == signs[-1]
    engine.dispose()
