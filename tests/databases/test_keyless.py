"""Rows that cannot be told apart: all of them are read, page by page, and none has an address."""

from __future__ import annotations

import json

import pytest

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
