"""``odata-service diff``: what changed between two documents, and whose clients it breaks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine, create_engine, text

from odata_service.cli import main
from odata_service.schema_changes import KINDS

BEFORE = "CREATE TABLE Person (id INTEGER PRIMARY KEY, Name VARCHAR(20) NOT NULL, Age SMALLINT, Town_id INTEGER REFERENCES Town); CREATE TABLE Town (id INTEGER PRIMARY KEY)"
CHANGES = [
    ("CREATE TABLE Car (id INTEGER PRIMARY KEY)", ["Cars is a new set: is safe", "shop.Car is a new type: is safe"], 0),
    ("DROP TABLE Town", [
        "Towns is gone: breaks V2, V4, sync",
        "shop.Person/Town is gone: breaks V2, V4 (copies go by properties)",
        "shop.Town is gone: breaks V2, V4, sync (entities say their type's name)",
    ], 1),
    ("ALTER TABLE Person ADD Email TEXT", [
        "shop.Person/Email is a new property: may break V2 (WCF's client refuses what its class has not, unless IgnoreMissingProperties)",
    ], 0),
    ("ALTER TABLE Person DROP Age", ["shop.Person/Age is gone: breaks V2, V4, sync"], 1),
    ("ALTER TABLE Person DROP Age; ALTER TABLE Person ADD Age INT", [
        "shop.Person/Age is of Edm.Int32, not of Edm.Int16: breaks V2; may break V4, sync (clients made for the smaller type may have no room; "
        "V2 writes Int64 as a string)",
    ], 1),
    ("ALTER TABLE Person DROP Name; ALTER TABLE Person ADD Name VARCHAR(10) NOT NULL DEFAULT ''", [
        "shop.Person/Name holds 10, not 20: may break V2, V4, sync (what is longer is refused)",
    ], 0),
    ("ALTER TABLE Person DROP Name; ALTER TABLE Person ADD Name VARCHAR(40)", [
        "shop.Person/Name may be null now: may break V2, V4, sync (clients whose classes have no room for null)",
        "shop.Person/Name holds 40, not 20: may break sync (copies may have columns of the old length)",
    ], 0),
    ("ALTER TABLE Person ADD Boss INTEGER REFERENCES Person", [
        "shop.Person/Boss is a new property: may break V2 (WCF's client refuses what its class has not, unless IgnoreMissingProperties)",
        "shop.Person/BossNavigation is a new navigation property: is safe",
        "shop.Person/People_Boss is a new navigation property: is safe",
    ], 0),
    ("SELECT 1", ["nothing has changed"], 0),
]  # fmt: skip


def script(engine: Engine, statements: str) -> None:
    with engine.begin() as connection:
        for statement in statements.split("; "):
            connection.execute(text(statement))


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Engine:
    monkeypatch.chdir(tmp_path)
    engine = create_engine("sqlite:///shop.db")
    script(engine, BEFORE)
    return engine


@pytest.mark.parametrize("version", ["v2", "v4"])
@pytest.mark.parametrize("change, lines, status", CHANGES, ids=[each[0][:40] for each in CHANGES])
def test_changes(shop: Engine, version: str, change: str, lines: list[str], status: int) -> None:
    Path("old.xml").write_text(run("metadata", "sqlite:///shop.db", f"--{version}").stdout)
    script(shop, change)
    Path("new.xml").write_text(run("metadata", "sqlite:///shop.db", f"--{version}").stdout)
    found = run("diff", "old.xml", "new.xml")
    assert (found.stdout.splitlines(), found.exit_code) == (lines, status)
    told = json.loads(run("diff", "--json", "old.xml", "new.xml").stdout)
    assert [each["says"] for each in told] == [
        line.partition(": ")[0] for line in lines if line != "nothing has changed"
    ]
    assert all(each["change"] in KINDS for each in told)


@pytest.mark.parametrize(
    "documents, line",
    [
        (["old.xml", "v4.xml"], "old.xml is of V2, and v4.xml of V4: compare two of the same version"),
        (["old.xml", "none.xml"], "cannot read none.xml: No such file or directory"),
        (["old.xml", "shop.db"], "shop.db is no $metadata: "),
        (["old.xml", "page.html"], "page.html is no $metadata: its first element is html, not Edmx"),
    ],
)
def test_what_cannot_be_compared(shop: Engine, documents: list[str], line: str) -> None:
    Path("old.xml").write_text(run("metadata", "sqlite:///shop.db", "--v2").stdout)
    Path("v4.xml").write_text(run("metadata", "sqlite:///shop.db", "--v4").stdout)
    Path("page.html").write_text("<html/>")
    found = run("diff", *documents)
    assert (found.exit_code, found.stdout, found.stderr.count("\n")) == (2, "", 1)
    assert found.stderr.startswith(f"odata-service: {line}")
