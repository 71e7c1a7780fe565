"""Rows that cannot be told apart: all of them are read, page by page, and none has an address."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from odata_service.config import Settings
from odata_service.reflect.service import reflected
from tests.databases.harbour import Harbour


@pytest.fixture
def logbook(harbour: Harbour) -> str:
    return next(each.name for each in harbour.sets if each.name.lower() == "logbooks")


def test_equal_rows_are_not_lost(harbour: Harbour, logbook: str) -> None:
    quiet = {"entered": "Monday", "line": "all quiet", "level": 1}
    assert harbour.rows(logbook).count(quiet) == 2
    assert harbour.rows(f"{logbook}?$orderby=level desc&$filter=entered ne null").count(quiet) == 2
    assert harbour.rows(f"{logbook}?$top=3&$skip=1") == harbour.rows(logbook)[1:4]


def test_no_addresses(harbour: Harbour, logbook: str) -> None:
    full = harbour.ask(logbook, accept="application/json;odata.metadata=full").json["value"][0]
    assert full["@odata.id"] is None and "@odata.editLink" not in full
    assert harbour.ask(f"{logbook}(1)").error == (400, "BadKey")
    assert harbour.ask(f"{logbook}/$ref").status == 404
    (first, *_) = harbour.ask(logbook, version="v2").entities
    assert set(first["__metadata"]) == {"type"}
    feed = harbour.ask(logbook, version="v2", accept="application/atom+xml").text
    assert feed.count("<id>urn:uuid:") == 2 and 'rel="edit"' not in feed


def test_no_key_in_metadata(harbour: Harbour) -> None:
    for version in ("v2", "v4"):
        document = harbour.ask("$metadata", version=version, accept="application/xml").text
        kind = document[document.lower().index('<entitytype name="logbook"') :]
        assert "<Key" not in kind[: kind.index("</EntityType>")]


def test_not_beside_others(harbour: Harbour, logbook: str) -> None:
    assert harbour.ask(f"$crossjoin({logbook},Ships)").status == 404
    assert all("#Logbooks" not in json.dumps(row) for row in harbour.rows("$all"))


def test_a_token_of_another_set(harbour: Harbour, logbook: str) -> None:
    following = harbour.ask(logbook).json["@odata.nextLink"]
    view = next(each.name for each in harbour.sets if each.name.startswith("Ships_x0020_in"))
    assert harbour.ask(following.replace(logbook, view)).status == 400


WITHOUT_KEYS = """
CREATE TABLE Customer (CustomerID TEXT PRIMARY KEY, Name TEXT);
CREATE TABLE "Order" (Id INTEGER PRIMARY KEY, CustomerID TEXT REFERENCES Customer);
INSERT INTO Customer VALUES ('ADA', 'Ada'), (NULL, 'nobody'), (NULL, 'no one'), ('BEA', 'Bea');
INSERT INTO "Order" VALUES (1, 'ADA'), (2, NULL);
"""


def test_rows_without_a_key_are_left_out(tmp_path: Path) -> None:
    """SQLite lets parts of a primary key be null; nobody could ask for such a row, and no page could begin after it."""
    with closing(sqlite3.connect(tmp_path / "shop.db")) as connection:
        connection.executescript(WITHOUT_KEYS)
    found = reflected(Settings(database_url=f"sqlite:///{tmp_path}/shop.db", page_size=1))
    shop = Harbour(found)
    assert (
        "doubt: Customer: in some rows CustomerID is null, although it is of the key: these are left out"
        in found.notices
    )
    assert [row["CustomerID"] for row in shop.rows("Customers")] == ["ADA", "BEA"]
    assert shop.count("Customers/$count") == 2
    assert shop.rows("Customers?$filter=Name eq 'nobody'") == []
    assert [row["Customer"] and row["Customer"]["Name"] for row in shop.rows("Orders?$expand=Customer")] == [
        "Ada",
        None,
    ]
    assert [each["CustomerID"] for each in shop.ask("Customers", version="v2").entities] == ["ADA"]
    found.service.engine.dispose()
