"""One command: a database that nobody prepared, over HTTP, to be read."""

from __future__ import annotations

import json
import sqlite3
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from tests.serving import Serving

SHOP = """
CREATE TABLE Customer (CustomerID TEXT PRIMARY KEY, Name TEXT, password_hash TEXT);
CREATE TABLE "Order" (OrderID INTEGER PRIMARY KEY, CustomerID TEXT REFERENCES Customer);
CREATE TABLE Visit (page TEXT, at DATETIME);
INSERT INTO Customer VALUES ('ADA', 'Ada', 'x'); INSERT INTO "Order" VALUES (1, 'ADA'), (2, 'ADA');
"""


def refused(request: urllib.request.Request) -> int:
    try:
        urllib.request.urlopen(request)
    except urllib.error.HTTPError as error:
        return error.code
    return 200


def test_one_command(serve: Callable[..., Serving], tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "shop.db")) as connection:
        connection.executescript(SHOP)
    server = serve("sqlite:///shop.db", "--workers", "1")
    assert server.greeting[0].startswith("shop at http://127.0.0.1:")
    v4, v2 = server.roots
    example = server.greeting[1].split("'")[-2]
    with urllib.request.urlopen(example) as answer:
        assert len(json.load(answer)["value"]) in (1, 2)
    with urllib.request.urlopen(f"{v4}Customers('ADA')?$expand=Orders") as answer:
        told = json.load(answer)
    assert {name: value for name, value in told.items() if "@" not in name} == {
        "CustomerID": "ADA", "Name": "Ada", "Orders": [{"OrderID": 1, "CustomerID": "ADA"}, {"OrderID": 2, "CustomerID": "ADA"}],
    }  # fmt: skip
    assert server.get("Orders/$count") == b"2"
    assert refused(urllib.request.Request(f"{v2}Orders(1)", b"", {"X-HTTP-Method": "DELETE"}, method="POST")) == 403
    headers = {"Content-Type": "application/json"}
    assert refused(urllib.request.Request(f"{v4}Orders", b'{"CustomerID":"ADA"}', headers, method="POST")) == 403
    status, said = server.interrupt()
    assert status == 0
    assert (
        "left out: Customer.password_hash: it looks like a secret; --expose 'Customer.password_hash' shows it" in said
    )
    assert "doubt: Visit: it has no key: Visits is read-only" in said
