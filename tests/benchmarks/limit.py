"""The limit: what a careful developer writes by hand, with Flask, the driver and orjson, for just these questions.

Two statements of one answer see the same state of the data; values are bound; pages go on after a key. There is
no query language, no model, no rights, no limit, and the link to the next page is not signed.
"""

from __future__ import annotations

import datetime
import os
import sqlite3
import threading
import uuid
from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, Protocol
from urllib.parse import quote

import orjson
import psycopg
from flask import Flask, Response, abort, request
from sqlalchemy import URL, make_url

ROOT = "PeopleDataService.svc/"
PERSON = 'SELECT "PersonId", "Name", "LastUpdated", "IsDeleted" FROM "Person"'
ADDRESS = (
    'SELECT "AddressId", "PersonId", "StreetAddress", "AddressTypeId", "LastUpdated", "IsDeleted" FROM "Address" '
    'WHERE "PersonId" {among} ORDER BY "PersonId", "AddressId"'
)
EPOCH = datetime.datetime(1970, 1, 1)
MILLISECOND = datetime.timedelta(milliseconds=1)
Row = Sequence[Any]


class Database(Protocol):
    """A driver with a connection for each thread, and how it gives and takes Guids and dates."""

    def rows(self, sql: str, parameters: Sequence[object]) -> list[Row]: ...

    def related(self, keys: Sequence[object]) -> list[Row]: ...

    def begin(self) -> None: ...

    def commit(self) -> None: ...

    def key(self, text: str) -> object: ...

    def guid(self, value: Any) -> str: ...

    def date(self, value: Any) -> str: ...


class SQLite:
    def __init__(self, url: URL) -> None:
        self._file = str(url.database)
        self._local = threading.local()

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = sqlite3.connect(self._file, isolation_level=None)
            connection.execute("PRAGMA cache_size=-65536")
            connection.execute("PRAGMA mmap_size=1073741824")
        return connection

    def rows(self, sql: str, parameters: Sequence[object]) -> list[Row]:
        return self._connection().execute(sql, parameters).fetchall()

    def related(self, keys: Sequence[object]) -> list[Row]:
        return self.rows(ADDRESS.format(among=f"IN ({','.join('?' * len(keys))})"), keys)

    def begin(self) -> None:
        self._connection().execute("BEGIN")

    def commit(self) -> None:
        self._connection().execute("COMMIT")

    def key(self, text: str) -> object:
        return text.replace("-", "")

    def guid(self, value: str) -> str:
        return f"{value[:8]}-{value[8:12]}-{value[12:16]}-{value[16:20]}-{value[20:]}"

    def date(self, value: str) -> str:
        return f"/Date({(datetime.datetime.fromisoformat(value) - EPOCH) // MILLISECOND})/"


class PostgreSQL:
    def __init__(self, url: URL) -> None:
        self._url = url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._local = threading.local()

    def _connection(self) -> psycopg.Connection[Row]:
        connection: psycopg.Connection[Row] | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = psycopg.connect(self._url, autocommit=True)
        return connection

    def rows(self, sql: str, parameters: Sequence[object]) -> list[Row]:
        return self._connection().execute(sql.replace("?", "%s"), parameters).fetchall()

    def related(self, keys: Sequence[object]) -> list[Row]:
        return self.rows(ADDRESS.format(among="= ANY(?)"), [list(keys)])

    def begin(self) -> None:
        self._connection().execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")

    def commit(self) -> None:
        self._connection().execute("COMMIT")

    def key(self, text: str) -> object:
        return uuid.UUID(text)

    def guid(self, value: uuid.UUID) -> str:
        return str(value)

    def date(self, value: datetime.datetime) -> str:
        return f"/Date({(value - EPOCH) // MILLISECOND})/"


class People:
    """The answers, as dicts for orjson."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def person(self, key: str) -> object:
        rows = self._database.rows(f'{PERSON} WHERE "PersonId" = ?', [self._database.key(key)])
        return self._person(rows[0], f"{request.host_url}{ROOT}") if rows else abort(404)

    def page(self, size: int) -> dict[str, object]:
        """A page by name: from a name on, or after a person."""
        root = f"{request.host_url}{ROOT}"
        expand = "addresses" in request.args
        if expand:
            self._database.begin()
        rows = self._rows(size + 1)
        entities = [self._person(row, root) for row in rows[:size]]
        if expand:
            self._add_addresses(rows[:size], entities, root)
            self._database.commit()
        if len(rows) <= size:
            return {"results": entities}
        return {"results": entities, "__next": self._next(rows[size - 1])}

    def _rows(self, limit: int) -> list[Row]:
        order = f'ORDER BY "Name", "PersonId" LIMIT {limit:d}'
        if "after" in request.args:
            name, key = request.args["after"].rsplit("|", 1)
            return self._database.rows(
                f'{PERSON} WHERE ("Name", "PersonId") > (?, ?) {order}', [name, self._database.key(key)]
            )
        return self._database.rows(f'{PERSON} WHERE "Name" >= ? {order}', [request.args.get("from", "")])

    def _next(self, row: Row) -> str:
        rest = "".join(f"&{name}={value}" for name, value in request.args.items() if name in ("size", "addresses"))
        return f"{request.base_url}?after={quote(row[1])}|{self._database.guid(row[0])}{rest}"

    def _add_addresses(self, rows: Iterable[Row], entities: list[dict[str, Any]], root: str) -> None:
        found = self._database.related([row[0] for row in rows])
        by_person = {key: [self._address(row, root) for row in group] for key, group in groupby(found, itemgetter(1))}
        for row, entity in zip(rows, entities, strict=True):
            entity["Addresses"] = {"results": by_person.get(row[0], [])}

    def _person(self, row: Row, root: str) -> dict[str, Any]:
        key, name, last_updated, is_deleted = row
        guid = self._database.guid(key)
        uri = f"{root}People(guid'{guid}')"
        return {
            "__metadata": {"uri": uri, "type": "PeopleModel.Person"},
            "PersonId": guid,
            "Name": name,
            "LastUpdated": self._database.date(last_updated),
            "IsDeleted": bool(is_deleted),
            "Addresses": {"__deferred": {"uri": f"{uri}/Addresses"}},
            "PhoneNumbers": {"__deferred": {"uri": f"{uri}/PhoneNumbers"}},
        }

    def _address(self, row: Row, root: str) -> dict[str, Any]:
        key, person, street, kind, last_updated, is_deleted = row
        guid = self._database.guid(key)
        uri = f"{root}Addresses(guid'{guid}')"
        return {
            "__metadata": {"uri": uri, "type": "PeopleModel.Address"},
            "AddressId": guid,
            "PersonId": self._database.guid(person),
            "StreetAddress": street,
            "AddressTypeId": kind,
            "LastUpdated": self._database.date(last_updated),
            "IsDeleted": bool(is_deleted),
            "Person": {"__deferred": {"uri": f"{uri}/Person"}},
            "AddressType": {"__deferred": {"uri": f"{uri}/AddressType"}},
        }

    def named(self, name: str) -> int:
        return int(self._database.rows('SELECT count(*) FROM "Person" WHERE "Name" = ?', [name])[0][0])


def _json(document: object) -> Response:
    response = Response(orjson.dumps({"d": document}), mimetype="application/json")
    response.headers["DataServiceVersion"] = "2.0;"
    return response


def create_app() -> Flask:
    """The application on the database that the service is told to use."""
    url = make_url(os.environ["ODATA_DATABASE_URL"])
    people = People(SQLite(url) if url.get_backend_name() == "sqlite" else PostgreSQL(url))
    app = Flask("limit", static_folder=None)

    @app.get("/people/<key>")
    def person(key: str) -> Response:
        return _json(people.person(key))

    @app.get("/people")
    def page() -> Response:
        return _json(people.page(request.args.get("size", 50, int)))

    @app.get("/people/count")
    def count() -> Response:
        return Response(str(people.named(request.args["name"])), mimetype="text/plain")

    return app
