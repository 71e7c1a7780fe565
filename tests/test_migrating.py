"""The Python of ``docs/migrating-from-wcf.md`` is one program, and the service that it makes does what the page says."""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.service.client import Client

PAGE = Path(__file__).parents[1] / "docs" / "migrating-from-wcf.md"
ADA = "guid'0d3b3f0e-6f61-4a27-9a35-64d2a1f0c001'"


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """The blocks of the page one after another, in a folder of their own."""
    blocks = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    assert len(blocks) == 7
    folder = tmp_path_factory.mktemp("migrated")
    text = "\n\n".join(blocks).replace("sqlite:///migrated.db", f"sqlite:///{folder}/migrated.db")
    (folder / "migrated.py").write_text(text)
    spec = importlib.util.spec_from_file_location("migrated", folder / "migrated.py")
    assert spec is not None and spec.loader is not None
    sys.modules["migrated"] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield vars(module)
    module.engine.dispose()
    del sys.modules["migrated"]


def test_the_page_s_service(program: dict[str, Any]) -> None:
    client = Client(program["service"])
    for key, name, tenant in ((ADA, "Ada", "main"), (ADA.replace("c001", "c002"), "Bob", "main")):
        assert client.post("People", {"PersonId": key[5:-1], "Name": name, "Tenant": tenant}).status == 201
    assert client.post("People", {"Name": "Eve", "Tenant": "other"}).error == (403, "Forbidden")
    people = client.get("People")
    assert [each["Name"] for each in people.d] == ["Ada", "Bob"]  # version 1.0 can carry it, so there are no results
    assert people.headers["X-Served-By"] == "python" and "Password" not in people.text
    assert people.headers["Content-Type"] == "application/json;odata=verbose;charset=utf-8"
    assert people.d[0]["__metadata"]["etag"] == 'W/"1"'
    assert client.delete(f"People({ADA})").error == (409, "PeopleStay")
    assert [each["Name"] for each in client.get("PeopleNamed?name='A'&$filter=Name ne 'x'").d] == ["Ada"]
    assert client.get("Newest").d["Name"] == "Bob"
    assert client.send("POST", f"Rename?id={ADA}&name='Augusta'").status == 204
    assert client.get(f"People({ADA})/Name").d == {"Name": "Augusta"}
    assert people.d[0]["Greeting"] == "Hello Ada" and "Tenant" not in people.d[0]
    assert client.get("Pictures/$count").status == 400
    assert "People" in program["seen"]


def test_every_row_of_the_tables_has_an_answer() -> None:
    rows = re.findall(r"^\| (`.+?) \| (.*) \|$", PAGE.read_text(), re.MULTILINE)
    assert len(rows) > 30 and all(answer.strip() for _, answer in rows)
