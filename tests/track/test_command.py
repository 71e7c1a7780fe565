"""``odata-service track``: what is printed, what is refused in one line, and that nothing is left behind."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import URL, create_engine, inspect, make_url

from odata_service.cli import main
from tests.conftest import FreshDatabase
from tests.track.shop import Follower, Shop, track

TABLES = (
    "CREATE TABLE note (id INTEGER PRIMARY KEY, body VARCHAR(50))",
    "INSERT INTO note (id, body) VALUES (1, 'a')",
    "CREATE TABLE stamped (id INTEGER PRIMARY KEY, lastupdated VARCHAR(9))",
    "CREATE TABLE visit (page VARCHAR(9))",
    "CREATE VIEW seen AS SELECT * FROM note",
)


@pytest.fixture
def file(tmp_path: Path) -> Shop:
    shop = Shop(make_url(f"sqlite:///{tmp_path}/shop.db"))
    shop.sql(*TABLES)
    return shop


def catalogue(url: URL) -> dict[str, list[str]]:
    """All tables with their columns and triggers' number."""
    engine = create_engine(url)
    found = inspect(engine)
    tables = {name: sorted(each["name"] for each in found.get_columns(name)) for name in found.get_table_names()}
    engine.dispose()
    return tables


@pytest.mark.parametrize(
    "arguments, line",
    [
        (("install", "--tables", "notes"), "there is no table 'notes'; did you mean 'note'?"),
        (
            ("install", "--tables", "visit"),
            "visit cannot be tracked: it has no primary key, by which its rows could be told apart",
        ),
        (("install", "--tables", "seen"), "seen cannot be tracked: it is a view"),
        (
            ("install", "--tables", "stamped"),
            "stamped cannot be tracked: it has a column lastupdated already; --last-updated and --is-deleted give other names",
        ),
        (("remove", "--tables", "note"), "note is not tracked"),
    ],
)
def test_what_cannot_be(file: Shop, arguments: tuple[str, ...], line: str) -> None:
    command, *rest = arguments
    before = catalogue(file.url)
    answer = track(command, file.text, *rest)
    assert (answer.exit_code, answer.stdout, answer.stderr) == (2, "", f"odata-service: {line}\n")
    assert {name: before[name] for name in before} == {
        name: each for name, each in catalogue(file.url).items() if name in before
    }


def test_a_database_that_is_not_there(tmp_path: Path) -> None:
    answer = track("install", f"sqlite:///{tmp_path}/no.db", "--tables", "note")
    assert (answer.exit_code, answer.stderr) == (2, f"odata-service: there is no database {tmp_path}/no.db\n")


@pytest.mark.every_database
def test_a_dry_run_prints_what_is_done(shop: Shop) -> None:
    shop.sql(*TABLES[:2])
    before = catalogue(shop.url)
    dry = track("install", shop.text, "--tables", "note", "--dry-run", *shop.options)
    assert dry.exit_code == 0 and "odata_gone_note" in dry.stdout
    assert catalogue(shop.url) == before
    done = track("install", shop.text, "--tables", "note", *shop.options)
    assert [_without_moment(line) for line in done.stdout.splitlines()] == [
        _without_moment(line) for line in dry.stdout.splitlines()
    ]
    columns = catalogue(shop.url)["note"]
    assert columns == (["body", "id"] if shop.options else ["IsDeleted", "LastUpdated", "body", "id"])
    again = track("install", shop.text, "--tables", "note", *shop.options)
    assert again.exit_code == 0, again.stderr
    follower = Follower(shop.served(), "notes")
    follower.pull()
    shop.sql("UPDATE note SET body = 'b'")
    assert follower.pull() == [{"id": 1, "body": "b"}]
    other = track("install", shop.text, "--tables", "note", *(() if shop.options else ("--side-table",)))
    assert (
        other.stderr
        == "odata-service: note cannot be tracked: it is tracked already, in another way; track remove ends that\n"
    )
    dry = track("remove", shop.text, "--tables", "note", "--dry-run")
    assert dry.exit_code == 0 and "odata_gone_note" in catalogue(shop.url)
    assert track("remove", shop.text, "--tables", "note").stdout == dry.stdout
    left = catalogue(shop.url)
    assert left.pop("odata_clock") and left.pop("odata_floor")
    assert left == before
    shop.sql("UPDATE note SET body = 'c'", "INSERT INTO note VALUES (2, 'd')", "DELETE FROM note WHERE id = 1")
    shop.install("note")
    assert Follower(shop.served(), "notes").pull() == [{"id": 2, "body": "d"}]


def _without_moment(line: str) -> str:
    before, mark, after = line.partition("'20")
    return before + mark + after.partition("'")[2]


@pytest.mark.every_database
def test_who_followed_before_begins_anew(shop: Shop) -> None:
    """What was changed while nobody kept track, nobody can tell."""
    shop.sql(*TABLES[:2])
    shop.install("note")
    follower = Follower(shop.served(), "notes")
    follower.pull()
    track("remove", shop.text, "--tables", "note")
    shop.sql("DELETE FROM note")
    shop.install("note")
    follower.harbour = shop.served()
    assert follower.harbour.ask(follower.link).status == 410


def test_what_is_missing_is_mended(file: Shop) -> None:
    file.install("note")
    file.sql("DROP TABLE odata_gone_note", "DROP TRIGGER odata_changed_note")
    answer = CliRunner().invoke(main, ["inspect", file.text])
    line = "odata-service: note is tracked, but odata_gone_note is missing; track install mends that\n"
    assert (answer.exit_code, answer.stderr) == (2, line)
    file.install("note")
    follower = Follower(file.served(), "notes")
    follower.pull()
    file.sql("UPDATE note SET body = 'b'")
    assert follower.pull() == [{"id": 1, "body": "b"}]


def test_another_schema(postgresql_database: FreshDatabase) -> None:
    with postgresql_database() as url:
        shop = Shop(url)
        shop.sql(
            "CREATE SCHEMA yard",
            "CREATE TABLE yard.crane (id integer PRIMARY KEY, name text)",
            "INSERT INTO yard.crane VALUES (1, 'a')",
        )
        shop.install("yard.crane")
        harbour = shop.served(schemas=("yard",))
        follower = Follower(harbour, "yard_cranes")
        follower.pull()
        shop.sql("SET search_path = yard", "DELETE FROM crane", "INSERT INTO crane VALUES (2, 'b')")
        assert follower.pull() == [("gone", "yard_cranes(1)"), {"id": 2, "name": "b"}]
        assert harbour.ask("yard_cranes", method="POST", body=b'{"id": 3}').status == 201
        shop.sql("TRUNCATE yard.crane")
        assert sorted(follower.pull()) == [("gone", "yard_cranes(2)"), ("gone", "yard_cranes(3)")]


def test_programs_need_no_other_rights(postgresql_database: FreshDatabase) -> None:
    """They write their tables and none of ours; and who may not make triggers is told so in one line."""
    with postgresql_database() as url:
        shop = Shop(url)
        shop.sql(*TABLES[:2], "DROP ROLE IF EXISTS clerk", "CREATE ROLE clerk LOGIN", "GRANT ALL ON note TO clerk")
        clerk = Shop(url.set(username="clerk"))
        refused = track("install", clerk.text, "--tables", "note")
        assert (
            refused.exit_code == 2
            and refused.stderr.count("\n") == 1
            and "refuses: permission denied" in refused.stderr
        )
        shop.install("note")
        follower = Follower(shop.served(), "notes")
        follower.pull()
        clerk.sql("INSERT INTO note VALUES (2, 'b')", "DELETE FROM note WHERE id = 1")
        assert sorted(map(str, follower.pull())) == ["('gone', 'notes(1)')", "{'id': 2, 'body': 'b'}"]
        with pytest.raises(Exception, match="permission denied"):
            clerk.sql("SELECT odata_transaction_stamp()")
        shop.sql("DROP OWNED BY clerk", "DROP ROLE clerk")


def test_a_table_that_changes_does_not_break_its_owner(postgresql_database: FreshDatabase) -> None:
    with postgresql_database() as url:
        shop = Shop(url)
        shop.sql(*TABLES[:2])
        shop.install("note")
        shop.sql("ALTER TABLE note ADD COLUMN more text DEFAULT 'x', DROP COLUMN body")
        follower = Follower(shop.served(), "notes")
        assert follower.pull() == [{"id": 1, "more": "x"}]
        shop.sql("DELETE FROM note")
        assert follower.pull() == [("gone", "notes(1)")]


def test_what_cascades_in_a_circle(mariadb_database: FreshDatabase) -> None:
    with mariadb_database() as url:
        shop = Shop(url)
        shop.sql(
            "CREATE TABLE part (id INTEGER PRIMARY KEY, whole INTEGER, "
            "CONSTRAINT part_of FOREIGN KEY (whole) REFERENCES part (id) ON DELETE CASCADE)"
        )
        answer = track("install", shop.text, "--tables", "part")
        assert answer.stderr == (
            "odata-service: part cannot be tracked: the foreign key part_of cascades in a circle, which no trigger of MariaDB can follow\n"
        )


def test_deleted_rows_are_purged_by_the_command(file: Shop) -> None:
    assert track("install", file.text, "--tables", "note").exit_code == 0
    file.sql("DELETE FROM note")
    said = [CliRunner().invoke(main, ["purge", file.text, "--older-than", age]).output for age in ("1h", "0s", "0s")]
    assert said == ["nothing to remove\n", "1 note\n", "nothing to remove\n"]
