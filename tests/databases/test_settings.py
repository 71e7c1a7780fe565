"""One table of settings: file, environment, flags; and one line with status 2 for what cannot be."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from odata_service.cli import main
from odata_service.reflect.service import reflected
from odata_service.settings_file import gathered, schema
from odata_service.start import published
from tests.databases.harbour import Harbour
from tests.serving import CHECKOUT

Run = Callable[..., Result]
SHOP = """
CREATE TABLE Person (id INTEGER PRIMARY KEY, name TEXT, password TEXT);
CREATE TABLE "Order Lines" (no INTEGER, line INTEGER, text TEXT);
INSERT INTO Person VALUES (1, 'Ada', 'x'); INSERT INTO "Order Lines" VALUES (1, 1, 'a'), (1, 2, 'b');
"""


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(tmp_path)
    make("shop.db", SHOP)
    return lambda *arguments: CliRunner().invoke(main, arguments)


def make(name: str, script: str) -> None:
    with closing(sqlite3.connect(name)) as connection:
        connection.executescript(script)


def get(run: Run, url: str, *arguments: str) -> Any:
    answer = run("get", "--v4", "--database", "sqlite:///shop.db", *arguments, url)
    assert answer.exit_code == 0, answer.output
    return json.loads(answer.stdout)["value"]


class TestFile:
    def test_names_keys_and_pages(self, run: Run, tmp_path: Path) -> None:
        (tmp_path / "odata.toml").write_text(
            'page_size = 1\n[tables."Order Lines"]\nset = "Lines"\ntype = "Line"\nkey = ["no", "line"]\nnames = { text = "Text" }\npage_size = 5\n'
        )
        assert get(run, "Lines", "--config", "odata.toml") == [
            {"no": 1, "line": 1, "Text": "a"},
            {"no": 1, "line": 2, "Text": "b"},
        ]
        answer = run(
            "get", "--v4", "--database", "sqlite:///shop.db", "--config", "odata.toml", "Lines(no=1,line=2)/Text"
        )
        assert json.loads(answer.stdout)["value"] == "b"

    def test_rights_by_role(self, run: Run, tmp_path: Path) -> None:
        (tmp_path / "odata.toml").write_text('[rights]\nclerk = "read"\n[tables.Person]\nrights = "read"\n')
        assert (
            run("get", "--database", "sqlite:///shop.db", "--config", "odata.toml", "People/$count").stdout.strip()
            == "1"
        )
        assert (
            run("get", "--database", "sqlite:///shop.db", "--config", "odata.toml", "Order_x0020_Lines").exit_code == 1
        )

    def test_flag_over_variable_over_file(self, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "odata.toml").write_text("page_size = 1\nport = 1\nworkers = 1\n[limits]\nmax_top = 7\n")
        monkeypatch.setenv("ODATA_CONFIG", "odata.toml")
        monkeypatch.setenv("ODATA_PORT", "2")
        monkeypatch.setenv("ODATA_WORKERS", "2")
        said = run("serve", "--show-config", "--workers", "3", "--set", "max_skip=9").stdout.splitlines()
        for line in (
            "page_size = 1  # odata.toml", "port = 2  # ODATA_PORT", "workers = 3  # --workers", 'host = "127.0.0.1"  # default',
            "max_top = 7  # odata.toml", "max_skip = 9  # --set",
        ):  # fmt: skip
            assert line in said

    def test_secrets_are_masked(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("ODATA_AUTH_SECRET", "open sesame")
        said = run("serve", "--show-config", "postgresql://me:sesame@localhost/shop").stdout
        assert "sesame" not in said and 'database_url = "postgresql://me:***@localhost/shop"' in said

    def test_schema_is_published(self, run: Run) -> None:
        published = CHECKOUT / "docs" / "settings.schema.json"
        assert json.loads(published.read_text()) == schema() == json.loads(run("settings-schema").stdout)

    def test_schema_and_reader_agree(self, run: Run, tmp_path: Path) -> None:
        jsonschema = pytest.importorskip("jsonschema")
        for document, fits in (({"page_size": 3}, True), ({"page_size": "3"}, False), ({"tables": {"Person": {"keys": []}}}, False),
                               ({"rights": {"clerk": ["read"]}}, True), ({"limits": {"max_top": 3}}, True), ({"pages": 3}, False),
                               ({"rights": "read"}, True), ({"users": {"ada": {"password": "x", "roles": ["clerk"], "claims": {"region": "north"}}}}, True),
                               ({"users": {"ada": {"password": 5}}}, False), ({"keys": {"reporting": {"key": "x", "secret": "y"}}}, False),
                               ({"tables": {"Person": {"rows": {"clerk": "name eq @user.sub"}, "columns": {"name": {"boss": "all"}}}}}, True),
                               ({"tables": {"Person": {"rows": "true", "columns": {"name": ["show", "sort"]}}}}, True),
                               ({"tables": {"Person": {"columns": {"name": {"boss": "read_single"}}}}}, False)):  # fmt: skip
            assert jsonschema.Draft202012Validator(schema()).is_valid(document) == fits, document
            (tmp_path / "odata.toml").write_text(_toml(document))
            assert (run("inspect", "sqlite:///shop.db", "--config", "odata.toml").exit_code == 0) == fits, document


def _toml(document: dict[str, Any], at: str = "") -> str:
    lines = "".join(
        f"{name} = {json.dumps(value)}\n" for name, value in document.items() if not isinstance(value, dict)
    )
    tables = (_toml(value, f"{at}{name}.") for name, value in document.items() if isinstance(value, dict))
    return (f"[{at[:-1]}]\n" if at else "") + lines + "".join(tables)


class TestOneLineAndStatus2:
    @pytest.mark.parametrize(
        "toml, line",
        [
            ("page_sise = 3", "odata.toml: there is no setting page_sise; did you mean 'page_size'?"),
            ("[limits]\nmax_tob = 3", "odata.toml: there is no setting limits.max_tob; did you mean 'max_top'?"),
            ("page_size = 'many'", "odata.toml: page_size is a whole number, not 'many'"),
            ("port = 70000", "odata.toml: port is a whole number from 0 to 65535, not 70000"),
            ("expose = 3", "odata.toml: expose is a list of texts, not 3"),
            ("[tables.Persn]\nset = 'X'", "tables.'Persn': the database has no such table; did you mean 'Person'?"),
            ("[tables.Person]\nkeys = ['id']", "odata.toml: there is no setting tables.Person.keys; did you mean 'key'?"),
            ("[tables.Person]\nkey = ['ids']", "tables.'Person': there is no column 'ids'; did you mean 'id'?"),
            ("[tables.Person]\nset = 'my people'", "tables.'Person': 'my people' is no name in OData: letters, digits and _"),
            ("[tables.Person]\nset = 'Order_x0020_Lines'", "Order Lines and Person both make the set 'Order_x0020_Lines'; "
             '[tables."Person"] set = "…" gives one another name'),
            ("[tables.Person.names]\nname = 'id'", "Person: the columns 'id' and 'name' both make the property 'id'; "
             '[tables."Person".names] gives one another name'),
            ("rights = 'reed'", "odata.toml: rights.everybody: there is no right 'reed'; did you mean 'read'?"),
            ("[tables.Person]\nrows = 'nam eq 1'", "tables.'Person': People: Person has no property 'nam'; did you mean 'name'? (at position 0 of the filter of rows)"),
            ("[tables.Person]\nrows = ['true']", "odata.toml: tables.Person.rows is a table, not {'everybody': ['true']}"),
            ("[tables.Person]\ncolumns = { nam = 'all' }", "tables.'Person': People has no property 'nam'; did you mean 'name'?"),
            ("[tables.Person]\ncolumns = { name = 'write' }", "odata.toml: tables.Person.columns.name.everybody: there is no right 'write'; "
             "there are none, read, all, show, filter, sort, aggregate, search, insert, update"),
            ("[tables.Person]\ncolumns = { id = 'none' }", "tables.'Person': id of People says which entity a row is, or of which type: it cannot be hidden"),
            ("[users.ada]\npasword = 'x'", "odata.toml: there is no setting users.ada.pasword; did you mean 'password'?"),
            ("[keys.x]\nroles = 'clerk'", "odata.toml: keys.x.roles is a list of texts, not 'clerk'"),
            ("rights = 'all'", "everybody may change Order_x0020_Lines, but the connections are read-only; --writable changes that"),
        ],
    )  # fmt: skip
    def test_files(self, run: Run, tmp_path: Path, toml: str, line: str) -> None:
        (tmp_path / "odata.toml").write_text(toml)
        answer = run("inspect", "sqlite:///shop.db", "--config", "odata.toml")
        assert (answer.exit_code, answer.stdout, answer.stderr) == (2, "", f"odata-service: {line}\n")

    def test_no_toml(self, run: Run, tmp_path: Path) -> None:
        (tmp_path / "odata.toml").write_text("page_size =")
        answer = run("serve", "sqlite:///shop.db", "--config", "odata.toml")
        assert (answer.exit_code, answer.stderr.count("\n")) == (2, 1)
        assert answer.stderr.startswith("odata-service: odata.toml is no TOML: Invalid value (at ")

    @pytest.mark.parametrize(
        "arguments, line",
        [
            (["inspect", "shop.db"], "the database URL cannot be read; sqlite:///people.db would be one"),
            (["inspect", "sqlite:///nowhere.db"], "there is no database nowhere.db"),
            (["inspect", "sqlite:///empty.db"], "sqlite:///empty.db has no tables to publish"),
            (["inspect", "sqlite:///vault.db"], "sqlite:///vault.db has no tables that could be published: t.token: it looks like a secret; "
             "--expose 't.token' shows it, and 1 more"),
            (["inspect", "sqlite:///clash.db"], "People and Person both make the set 'People'; [tables.\"Person\"] set = \"…\" gives one another name"),
            (["inspect", "sqlite:///shop.db", "--config", "no.toml"], "cannot read no.toml: No such file or directory"),
            (["inspect", "sqlite:///shop.db", "--set", "max_tob=3"], "--set 'max_tob=3' names no setting; did you mean 'max_top'?"),
        ],
    )  # fmt: skip
    def test_databases(self, run: Run, arguments: list[str], line: str) -> None:
        make("empty.db", "")
        make("vault.db", "CREATE TABLE t (token TEXT PRIMARY KEY)")
        make("clash.db", "CREATE TABLE Person (id INTEGER PRIMARY KEY); CREATE TABLE People (id INTEGER PRIMARY KEY)")
        answer = run(*arguments)
        assert (answer.exit_code, answer.stdout, answer.stderr) == (2, "", f"odata-service: {line}\n")

    def test_without_rights(self, run: Run, postgresql_database: Any) -> None:
        from sqlalchemy import create_engine, text

        with postgresql_database() as url:
            engine = create_engine(url)
            with engine.begin() as connection:
                connection.execute(text("CREATE TABLE shop (id integer PRIMARY KEY)"))
                connection.execute(text("DROP ROLE IF EXISTS stranger"))
                connection.execute(text("CREATE ROLE stranger LOGIN"))
            engine.dispose()
            answer = run("inspect", url.set(username="stranger").render_as_string(hide_password=False))
        assert answer.exit_code == 2 and answer.stderr.count("\n") == 1
        assert "has no tables that could be published: shop: there is no right to read it" in answer.stderr


def test_a_table_without_a_key_is_told_at_every_start(run: Run) -> None:
    said = run("inspect", "sqlite:///shop.db").stdout
    assert (
        'doubt: Order Lines: it has no key: Order_x0020_Lines is read-only, and its entities have no addresses; [tables."Order Lines"] key = '
        in said
    )


def test_reading_leaves_the_file_as_it_was(run: Run) -> None:
    """No other journal, no bookkeeping: the database belongs to somebody else."""
    before = Path("shop.db").read_bytes()
    assert get(run, "People?$filter=name eq 'Ada'") == [{"id": 1, "name": "Ada"}]
    assert Path("shop.db").read_bytes() == before and not Path("shop.db-wal").exists()


class TestTracking:
    """A table that has the two columns takes part in deltas and in the protocols that synchronise."""

    TABLE = """CREATE TABLE Note (id INTEGER PRIMARY KEY, text TEXT, changed DATETIME NOT NULL, gone BOOLEAN NOT NULL DEFAULT 0, day DATE);
    INSERT INTO Note VALUES (1, 'a', '{stamp}', 0, NULL);"""
    TOML = "[tables.Note]\nlast_updated = 'changed'\nis_deleted = 'gone'\n"

    def test_changes_are_followed(self, run: Run, tmp_path: Path) -> None:
        make("notes.db", self.TABLE.format(stamp="2024-01-01 00:00:00.000"))
        (tmp_path / "odata.toml").write_text(self.TOML)
        settings = gathered({}, {"database_url": "sqlite:///notes.db", "config": "odata.toml", "writable": True})
        harbour = Harbour(reflected(settings))
        first = harbour.ask("Notes", prefer="odata.track-changes").json
        assert harbour.ask("Notes", method="POST", body=b'{"text": "b"}').status == 201
        assert harbour.ask("Notes(1)", method="DELETE").status == 204
        changes = harbour.ask(first["@odata.deltaLink"]).json["value"]
        assert ["deletedEntity" in each.get("@odata.context", "") or each["text"] for each in changes] == ["b", True]
        assert set(published(settings).roots) == {"/v4", "/v2", "/tables", "/sync"}

    @pytest.mark.parametrize(
        "stamp, toml, line",
        [
            ("2024-01-01 00:00:00", TOML, "tables.'Note': 'changed' keeps no milliseconds, so that changes could not be told apart by it"),
            ("2024-01-01 00:00:00.000", TOML, "Note is tracked, but the database has no clock yet; --writable makes it"),
            ("2024-01-01 00:00:00.000", TOML.replace("changed", "day"), "tables.'Note': last_updated is a column with a date and a time, "
             "and is_deleted a Boolean one; both are needed"),
        ],
    )  # fmt: skip
    def test_what_cannot_be_tracked(self, run: Run, tmp_path: Path, stamp: str, toml: str, line: str) -> None:
        make("notes.db", self.TABLE.format(stamp=stamp))
        (tmp_path / "odata.toml").write_text(toml)
        answer = run("inspect", "sqlite:///notes.db", "--config", "odata.toml")
        assert (answer.exit_code, answer.stderr) == (2, f"odata-service: {line}\n")
