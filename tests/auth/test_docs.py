"""The files of settings in docs/security.md are served."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask

from odata_service.cli import main
from odata_service.settings_file import gathered
from odata_service.web.app import create_app
from tests.auth.people import PRIVATE, basic, token
from tests.auth.test_key_set import jwk
from tests.documented import DOCS

PAGE = (DOCS / "security.md").read_text()
FILES = dict(re.findall(r"```toml\n# (\w+)\.toml\n(.*?)```", PAGE, re.DOTALL))
SHOP = """
CREATE TABLE Orders (Id INTEGER PRIMARY KEY, Owner TEXT, Margin INTEGER);
INSERT INTO Orders VALUES (1, 'ada', 5), (2, 'bob', 6);
"""
ADA = {"Authorization": basic("ada", "open sesame")}
(KEY,) = ({"X-API-Key": key} for key in set(re.findall(r"X-API-Key: (odata_[\w-]+)", PAGE)))


@pytest.fixture
def serve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.chdir(tmp_path)
    with closing(sqlite3.connect("shop.db")) as connection:
        connection.executescript(SHOP)
    Path("keys.json").write_text(json.dumps({"keys": [jwk(PRIVATE)]}))

    def serve(name: str) -> Flask:
        """With the issuer's keys at hand, who is far away."""
        file = Path(f"{name}.toml")
        file.write_text(re.sub(r'auth_jwks = ".*"', 'auth_jwks = "keys.json"', FILES[name]))
        return create_app(gathered({}, {"config": str(file)}))

    return serve


def ids(app: Flask, said: dict[str, str]) -> list[int] | int:
    answer = app.test_client().get("/v4/Orders?$select=Id", headers=said)
    return [row["Id"] for row in answer.json["value"]] if answer.status_code == 200 else answer.status_code


def bearer(**claims: Any) -> dict[str, str]:
    said = token("RS256", aud="orders", **claims)
    return {"Authorization": f"Bearer {said}"}


def test_each_file_is_tried() -> None:
    assert set(FILES) == {"passwords", "keys", "tokens", "whole", "sample"}


def test_passwords(serve: Any) -> None:
    app = serve("passwords")
    assert [ids(app, said) for said in (ADA, {}, {"Authorization": basic("ada", "wrong")})] == [[1, 2], 401, 401]


def test_keys(serve: Any) -> None:
    app = serve("keys")
    assert [ids(app, said) for said in (KEY, {"Authorization": f"ApiKey {KEY['X-API-Key']}"}, ADA)] == [[1, 2], [1, 2], 401]


def test_tokens(serve: Any) -> None:
    app = serve("tokens")
    clerk = {"realm_access": {"roles": ["clerk"]}}
    assert ids(app, bearer(**clerk)) == [1]
    assert ids(app, bearer(**clerk, sub="bob")) == [2]
    assert ids(app, bearer()) == 404
    assert ids(app, bearer(**clerk, iss="https://evil.example")) == 401


def test_whole(serve: Any) -> None:
    app = serve("whole")
    assert [ids(app, said) for said in (ADA, KEY, bearer(roles=["boss"]), {})] == [[1], [1, 2], [1, 2], 401]
    client = app.test_client()
    assert "Margin" in client.get("/v4/Orders(1)", headers=KEY).json
    assert "Margin" not in client.get("/v4/Orders(1)", headers=ADA).json
    for owner, status in (("bob", 403), ("ada", 201)):
        assert client.post("/v4/Orders", headers=ADA, json={"Id": 9, "Owner": owner}).status_code == status
    assert client.delete("/v4/Orders(1)", headers=ADA).status_code == 403
    assert client.get("/v4/Orders", headers=KEY).headers["Content-Type"].startswith("application/json")


def test_sample(serve: Any) -> None:
    client = serve("sample").test_client()
    statuses = [{each["Status"] for each in client.get("/v4/Orders", headers=said).json["value"]} for said in (ADA, KEY)]
    assert statuses[0] == {"Pending"} < statuses[1]
    deleted = [client.delete("/v4/Customers(1)", headers=said).status_code for said in (ADA, {})]
    assert deleted == [403, 401]


def test_the_whole_one_is_safe(serve: Any) -> None:
    serve("whole")
    Path("whole.toml").chmod(0o600)
    said = CliRunner().invoke(main, ["check", "--config", "whole.toml", "--host", "0.0.0.0"])
    assert (said.exit_code, said.stdout) == (0, "nothing unsafe was found\n")
