"""The harbour on a database product, published as it is, and what a client makes of the answers."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, create_engine

from odata_service import Headers, ODataRequest
from odata_service.edm.model import EntitySet, Property
from odata_service.protocol import V2, V4
from odata_service.reflect.service import Reflected
from tests.service.client import Answer

HERE = Path(__file__).parent
ROOT = "http://harbour.example/"


def make_sqlite(file: Path) -> str:
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript((HERE / "sqlite.sql").read_text())
    return f"sqlite:///{file}"


def make_postgresql(url: URL) -> str:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql((HERE / "postgresql.sql").read_text().replace("%", "%%"))
    engine.dispose()
    return url.render_as_string(hide_password=False)


def make_mariadb(url: URL) -> str:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in filter(str.strip, (HERE / "mariadb.sql").read_text().split(";\n")):
            connection.exec_driver_sql(statement.replace("%", "%%"))
    engine.dispose()
    return url.render_as_string(hide_password=False)


@dataclass(frozen=True)
class Harbour:
    """A published harbour and its client."""

    published: Reflected

    @property
    def sets(self) -> list[EntitySet]:
        return list(self.published.service.model.sets.values())

    def ask(
        self,
        url: str,
        *,
        version: str = "v4",
        method: str = "GET",
        body: bytes = b"",
        accept: str = "application/json",
        prefer: str = "",
    ) -> Answer:
        """``url`` is relative to the root or one that an answer gave; what is not ASCII is encoded."""
        target, _, query = quote(url.removeprefix(ROOT), safe="$&'()*+,/:;=?@%!~-_").partition("?")
        given = {"Accept": accept, "Content-Type": "application/json" if body else "", "Prefer": prefer}
        headers = {name: value for name, value in given.items() if value}
        request = ODataRequest(V2 if version == "v2" else V4, method, target, query, Headers(headers), body, root=ROOT)
        response = self.published.service.handle(request)
        assert response.status < 500, (url, response.body)
        return Answer(response.status, response.headers, response.body)

    def rows(self, url: str) -> list[dict[str, Any]]:
        """All pages."""
        found: list[dict[str, Any]] = []
        following: str | None = url
        while following:
            answer = self.ask(following)
            assert answer.status == 200, (url, answer.text)
            found += answer.json["value"]
            assert len(found) < 1_000, f"the pages of {url} have no end"
            following = answer.json.get("@odata.nextLink")
        return found

    def count(self, url: str) -> int:
        answer = self.ask(url)
        assert answer.status == 200, (url, answer.text)
        return int(answer.text)


def literal(value: Any, declared: Property) -> str:
    """A value of an answer in JSON, as it stands in an address."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if declared.type.name == "Edm.String":
        return (
            "'"
            + value.replace("'", "''").replace("%", "%25").replace("+", "%2B").replace("&", "%26").replace("#", "%23")
            + "'"
        )
    if declared.type.name in ("Edm.Binary", "Edm.Duration"):
        return f"{declared.type.name[4:].lower()}'{value}'".replace("+", "%2B")
    return str(value).replace("+", "%2B")


def address(entity_set: EntitySet, row: dict[str, Any]) -> str:
    """``Berths(Quay='South%2FEast',Number=1)``"""
    parts = [
        (part.name, literal(row[part.name], part).replace("/", "%2F").replace("?", "%3F"))
        for part in entity_set.type.key
    ]
    if len(parts) == 1:
        return f"{entity_set.name}({parts[0][1]})"
    return f"{entity_set.name}({','.join('='.join(each) for each in parts)})"
