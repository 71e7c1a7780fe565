"""The command line: answers through the same door, and one line with status 2 where it cannot start."""

from __future__ import annotations

import json
import socket
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from uuid import UUID

import pytest
from click.testing import CliRunner, Result

from odata_service.cli import main
from odata_service.database import open_engine
from odata_service.sample import sample_named
from odata_service.tracking import write_sessions

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner().invoke(main, arguments)


class TestGet:
    def test_answers_as_http_does(self, run):
        answer = run("get", "People?$top=2&$orderby=Name")
        assert answer.exit_code == 0
        assert [person["Name"] for person in json.loads(answer.stdout)["d"]["results"]] == [
            "Ada Lovelace",
            "Brian O'Neil",
        ]

    def test_makes_the_default_database(self, run, tmp_path):
        run("get", "People/$count")
        assert (tmp_path / "var" / "people.db").exists()

    def test_headers_in_and_out(self, run):
        answer = run("get", "-i", "-H", "maxdataserviceversion: 1.0", "AddressTypes")
        assert answer.stdout.startswith("200 OK\n")
        assert "DataServiceVersion: 1.0;\n" in answer.stdout
        assert '{"d":[' in answer.stdout

    def test_refusal(self, run):
        answer = run("get", "Peopel")
        assert answer.exit_code == 1
        assert "did you mean 'People'?" in answer.stdout

    def test_next_link_can_be_followed(self, run, monkeypatch):
        monkeypatch.setenv("ODATA_PAGE_SIZE", "5")
        first = json.loads(run("get", "People").stdout)["d"]
        second = json.loads(run("get", first["__next"]).stdout)["d"]
        assert first["results"][-1]["PersonId"] < second["results"][0]["PersonId"]

    def test_other_sample_has_a_database_of_its_own(self, run, tmp_path):
        answer = run("get", "--sample", "people-entity", "Addresses?$top=1")
        assert "LastUpdated" not in answer.stdout
        assert (tmp_path / "var" / "people-entity.db").exists()


def test_metadata(run):
    assert 'EntityContainer Name="MyPeopleEntities"' in run("metadata").stdout


def test_version(run):
    assert run("--version").stdout.startswith("odata-service, version 0.")


class TestSeed:
    def test_adds_what_is_missing(self, run):
        assert run("seed", "people", "--rows", "30").stdout == "30 added; 30 generated rows are there\n"
        assert run("seed", "people", "--rows", "40").stdout == "10 added; 40 generated rows are there\n"
        assert run("get", "People/$count").stdout.strip() == "52"

    def test_postgresql(self, run, postgresql_database):
        with postgresql_database() as url:
            shown = url.set(drivername="postgresql").render_as_string(hide_password=False)
            assert run("seed", "people", "--rows", "30", "--database", shown).stdout.startswith("30 added")


class TestOneLineAndStatus2:
    @pytest.mark.parametrize(
        "arguments, line",
        [
            (["serve", "people.db"], "the database URL cannot be read; sqlite:///people.db would be one"),
            (["serve", "oracle9://localhost/x"], "cannot open oracle9://localhost/x: Can't load plugin"),
            (["serve", "sqlite:////dev/null/people.db"], "there is no database /dev/null/people.db"),
            (
                ["serve", "--sample", "people", "sqlite:////dev/null/people.db"],
                "cannot open sqlite:////dev/null/people.db: ",
            ),
            (["serve", "sqlite:///not_a_database"], "cannot open sqlite:///not_a_database: file is not a database"),
            (
                ["serve", "postgresql://me:secret@127.0.0.1:1/x"],
                "cannot open postgresql+psycopg://me:***@127.0.0.1:1/x: ",
            ),
            (["serve", "--sample", "people", "sqlite://"], "a database in memory"),
            (["serve", "sqlite://"], "sqlite:// has no tables to publish"),
            (["serve", "--sample", "peple"], "there is no sample 'peple'; did you mean 'people'?"),
            (["serve", "--host", "192.0.2.1"], "cannot listen on 192.0.2.1:8000: "),
            (["get", "People", "--database", "mysql+nosuch://localhost/x"], "cannot open mysql+nosuch://localhost/x: "),
        ],
    )
    def test_what_is_wrong(self, run, tmp_path, arguments, line):
        (tmp_path / "not_a_database").write_text("a text of some length " * 50)
        answer = run(*arguments)
        assert (answer.exit_code, answer.stdout) == (2, "")
        assert answer.stderr.startswith(f"odata-service: {line}")
        assert answer.stderr.count("\n") == 1

    @pytest.mark.parametrize(
        "scheme, driver, extra",
        [("mysql", "pymysql", "mysql"), ("postgresql", "psycopg", "postgres"), ("mssql", "pyodbc", "mssql"), ("oracle", "oracledb", "oracle")],
    )
    def test_missing_driver(self, run, monkeypatch, scheme, driver, extra):
        monkeypatch.setitem(sys.modules, driver, None)
        answer = run("get", "People", "--database", f"{scheme}://localhost/x")
        assert answer.exit_code == 2
        assert answer.stderr.count("\n") == 1
        assert answer.stderr.endswith(f"; pip install 'odata-service[{extra}]' brings the driver\n")

    @pytest.mark.parametrize(
        "name, value", [("PORT", "80 80"), ("WORKERS", "-1"), ("RELOAD", "maybe"), ("MAX_TOP", "ten")]
    )
    def test_environment(self, run, monkeypatch, name, value):
        monkeypatch.setenv(f"ODATA_{name}", value)
        answer = run("serve")
        assert answer.exit_code == 2
        assert value in answer.stderr

    def test_port_in_use(self, run):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            answer = run("serve", "--port", str(port))
        assert answer.exit_code == 2
        assert answer.stderr == f"odata-service: cannot listen on 127.0.0.1:{port}: Address already in use\n"


class TestServe:
    def test_greets_serves_and_ends_quietly(self, serve):
        server = serve("--workers", "2")
        assert server.greeting[1] == f"  curl -H 'Accept: application/json' '{server.root}People?$top=2'\n"
        assert server.get("People/$count") == b"12"
        assert server.interrupt() == (0, "")

    def test_postgresql(self, serve, postgresql_database):
        """Workers are forked from a process that has talked to the database: none may take over its connections."""
        with postgresql_database() as url:
            server = serve(url.render_as_string(hide_password=False), "--sample", "people", "--workers", "2")
            with ThreadPoolExecutor(8) as clients:
                assert set(clients.map(server.get, ["People/$count"] * 80)) == {b"12"}
            assert server.interrupt() == (0, "")

    def test_reload(self, serve):
        """Gunicorn takes the command's place, and finds the settings in the environment."""
        server = serve("--reload", "--workers", "1", "--sample", "people-entity", "--port", str(free_port()))
        for _ in range(100):
            with suppress(urllib.error.URLError):
                assert b"LastUpdated" not in server.get("Addresses?$top=1&$format=json")
                break
            time.sleep(0.1)
        assert server.interrupt()[0] == 0


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


class TestPurge:
    def test_says_what_was_removed(self, run):
        run("seed", "people", "--rows", "3")
        engine = open_engine("sqlite:///var/people.db")
        with write_sessions(engine).begin() as session:
            session.delete(session.get_one(sample_named("people").main, UUID("0d3b3f0e-6f61-4a27-9a35-64d2a1f0c001")))
        assert run("purge", "--older-than", "1h").output == "nothing to remove\n"
        assert run("purge", "--older-than", "0s").output == "2 Address\n1 Person\n1 PhoneNumber\n"

    @pytest.mark.parametrize("age", ["90", "1y", "-1d", ""])
    def test_other_ages(self, run, age):
        answer = run("purge", "--older-than", age)
        assert answer.exit_code == 2 and "is no age; 90d, 12h and 30m are" in answer.output
