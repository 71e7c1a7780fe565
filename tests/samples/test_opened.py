"""A sample whose owner says in the file of settings who may do what with it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from odata_service.auth.keys import hash_key
from odata_service.config import ConfigurationError
from odata_service.settings_file import gathered
from odata_service.web.app import create_app

KEYS = "".join(f'\n[keys.{role}]\nkey = "{hash_key(role)}"\nroles = ["{role}"]\n' for role in ("clerk", "boss"))
ADA = "/v4/People(0d3b3f0e-6f61-4a27-9a35-64d2a1f0c001)"
Opened = Callable[..., Flask]


@pytest.fixture
def opened(tmp_path: Path) -> Opened:
    def opened(toml: str, sample: str = "people") -> Flask:
        (tmp_path / "odata.toml").write_text(toml + KEYS)
        flags = {
            "config": str(tmp_path / "odata.toml"),
            "sample": sample,
            "database_url": f"sqlite:///{tmp_path}/{sample}.db",
        }
        return create_app(gathered({}, flags))

    return opened


def ask(app: Flask, role: str, url: str, method: str = "GET", json: Any = None) -> Any:
    return app.test_client().open(url, method=method, json=json, headers={"X-API-Key": role})


def statuses(app: Flask, role: str) -> list[int]:
    asked = [("GET", "/v4/People/$count", None), ("PATCH", ADA, {"Name": "Ada"}), ("GET", "/v4/Addresses/$count", None)]
    return [ask(app, role, url, method, json).status_code for method, url, json in asked]


def test_rights_by_role(opened: Opened) -> None:
    app = opened('[rights]\nboss = "all"\nclerk = "read"\n[tables.Addresses]\nrights = { boss = "read" }\n')
    assert (statuses(app, "boss"), statuses(app, "clerk")) == ([200, 204, 200], [200, 403, 404])


def test_what_nothing_is_said_of_stays_as_open_as_the_sample_makes_it(opened: Opened) -> None:
    app = opened('[tables.Addresses]\nrights = { boss = "read" }\n')
    assert (statuses(app, "boss"), statuses(app, "clerk")) == ([200, 204, 200], [200, 204, 404])


def test_a_table_by_its_name_in_the_database(opened: Opened) -> None:
    app = opened('[tables.Person]\nrights = { boss = "all" }\n')
    assert (statuses(app, "boss"), statuses(app, "clerk")) == ([200, 204, 200], [404, 404, 200])


def test_rows_columns_and_pages_in_every_protocol(opened: Opened) -> None:
    app = opened(
        "[tables.People]\npage_size = 2\n"
        'rows = { clerk = "Name eq \'Ada Lovelace\'", boss = "true" }\ncolumns = { Name = { boss = "read" } }\n'
    )
    assert [ask(app, role, "/v4/People/$count").data for role in ("clerk", "boss")] == [b"1", b"12"]
    assert len(ask(app, "boss", "/v4/People").json["value"]) == 2
    (ada,) = ask(app, "clerk", "/v2/People?$format=json").json["d"]["results"]
    assert "Name" not in ada and len(ask(app, "clerk", "/tables/person").json["items"]) == 1
    assert ask(app, "clerk", "/v4/People?$filter=Name eq 'x'").status_code == 400


def test_no_more_than_the_sample_gives(opened: Opened) -> None:
    """SyncLogs are read by everybody, and changed by nobody."""
    app = opened('[rights]\nboss = "all"\n', "orders")
    logs = ask(app, "boss", "/v4/SyncLogs/$count"), ask(app, "boss", "/v4/SyncLogs", "POST", {})
    assert [each.status_code for each in logs] == [200, 403]


def test_operations_go_with_what_they_do(opened: Opened) -> None:
    """A function is for who may read, an action for who may change everything."""
    app = opened('[rights]\nboss = "all"\nclerk = "read"\n', "techstore")
    function, action = "/v4/GetTopProducts(count=1)", "/v4/ResetProducts"
    assert [ask(app, role, function).status_code for role in ("boss", "clerk", "")] == [200, 200, 401]
    assert [ask(app, role, action, "POST", {}).status_code for role in ("boss", "clerk")] == [204, 404]


@pytest.mark.parametrize("toml, says", [
    ('[tables.Peple]\nrights = "read"\n', "tables.'Peple': the sample has no such table; did you mean 'People'?"),
    ('[tables.People]\nset = "Persons"\n', "tables.'People': set is for tables as they are; of a sample's there are rights, rows"),
    ("[tables.People]\nrows = \"Nam eq 'x'\"\n", "tables.'People': People: Person has no property 'Nam'"),
    ('[tables.People]\nrights = "read"\n[tables.Person]\nrights = "none"\n', "the same is said of People by another name"),
])  # fmt: skip
def test_what_cannot_be(opened: Opened, toml: str, says: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        opened(toml)
    assert says in str(refused.value)
