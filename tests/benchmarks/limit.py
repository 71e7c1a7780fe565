"""The limit: what a careful developer writes by hand, with Flask, the driver and orjson, for just these questions.

Two statements of one answer see the same state of the data; values are bound; pages go on after a key. Changes go
through a SQLAlchemy session with the save hook, because they must be stamped as the service's are. There is no query
language, no model, no rights, no limit, and the link to the next page is not signed.
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
from typing import Any, ClassVar, Protocol
from urllib.parse import quote

import orjson
import psycopg
from flask import Blueprint, Flask, Response, abort, request
from sqlalchemy import URL, create_engine, make_url
from sqlalchemy.orm import Session, sessionmaker

from odata_service.sample import sample_named
from odata_service.tracking import write_sessions

PERSON = 'SELECT "PersonId", "Name", "LastUpdated", "IsDeleted" FROM "Person" WHERE'
ADDRESS = (
    'SELECT "AddressId", "PersonId", "StreetAddress", "AddressTypeId", "LastUpdated", "IsDeleted" FROM "Address" '
    'WHERE "PersonId" {among} {shown} ORDER BY "PersonId", "AddressId"'
)
EPOCH = datetime.datetime(1970, 1, 1)
MILLISECOND = datetime.timedelta(milliseconds=1)
Row = Sequence[Any]


class Database(Protocol):
    """A driver with a connection for each thread, and how it gives and takes Guids and dates."""

    def rows(self, sql: str, parameters: Sequence[object]) -> list[Row]: ...

    def related(self, keys: Sequence[object], shown: str) -> list[Row]: ...

    def begin(self) -> None: ...

    def commit(self) -> None: ...

    def key(self, text: str) -> object: ...

    def guid(self, value: Any) -> str: ...

    def moment(self, value: Any) -> datetime.datetime: ...


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

    def related(self, keys: Sequence[object], shown: str) -> list[Row]:
        return self.rows(ADDRESS.format(among=f"IN ({','.join('?' * len(keys))})", shown=shown), keys)

    def begin(self) -> None:
        self._connection().execute("BEGIN")

    def commit(self) -> None:
        self._connection().execute("COMMIT")

    def key(self, text: str) -> object:
        return text.replace("-", "")

    def guid(self, value: str) -> str:
        return f"{value[:8]}-{value[8:12]}-{value[12:16]}-{value[16:20]}-{value[20:]}"

    def moment(self, value: str) -> datetime.datetime:
        return datetime.datetime.fromisoformat(value)


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

    def related(self, keys: Sequence[object], shown: str) -> list[Row]:
        return self.rows(ADDRESS.format(among="= ANY(?)", shown=shown), [list(keys)])

    def begin(self) -> None:
        self._connection().execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")

    def commit(self) -> None:
        self._connection().execute("COMMIT")

    def key(self, text: str) -> object:
        return uuid.UUID(text)

    def guid(self, value: uuid.UUID) -> str:
        return str(value)

    def moment(self, value: datetime.datetime) -> datetime.datetime:
        return value


class Form(Protocol):
    """How a protocol writes people; ``shown`` is the condition that a row is not a tombstone where those are hidden."""

    shown: ClassVar[str]
    headers: ClassVar[dict[str, str]]

    def person(self, key: str, name: str, updated: datetime.datetime, deleted: bool) -> dict[str, Any]: ...

    def address(
        self, texts: tuple[str, str, str, int], updated: datetime.datetime, deleted: bool
    ) -> dict[str, Any]: ...

    def add(self, addresses: list[dict[str, Any]], person: dict[str, Any]) -> None: ...

    def page(self, people: list[dict[str, Any]], next_link: str | None) -> object: ...

    def single(self, person: dict[str, Any]) -> object: ...

    def address_of(self, key: str) -> str: ...


class FormV2:
    shown = ""
    headers: ClassVar = {"DataServiceVersion": "2.0;", "Content-Type": "application/json"}

    @property
    def root(self) -> str:
        return f"{request.host_url}PeopleDataService.svc/"

    def address_of(self, key: str) -> str:
        return f"{self.root}People(guid'{key}')"

    def person(self, key: str, name: str, updated: datetime.datetime, deleted: bool) -> dict[str, Any]:
        uri = self.address_of(key)
        return {
            "__metadata": {"uri": uri, "type": "PeopleModel.Person"},
            "PersonId": key,
            "Name": name,
            "LastUpdated": f"/Date({(updated - EPOCH) // MILLISECOND})/",
            "IsDeleted": deleted,
            "Addresses": {"__deferred": {"uri": f"{uri}/Addresses"}},
            "PhoneNumbers": {"__deferred": {"uri": f"{uri}/PhoneNumbers"}},
        }

    def address(self, texts: tuple[str, str, str, int], updated: datetime.datetime, deleted: bool) -> dict[str, Any]:
        key, person, street, kind = texts
        uri = f"{self.root}Addresses(guid'{key}')"
        return {
            "__metadata": {"uri": uri, "type": "PeopleModel.Address"},
            "AddressId": key,
            "PersonId": person,
            "StreetAddress": street,
            "AddressTypeId": kind,
            "LastUpdated": f"/Date({(updated - EPOCH) // MILLISECOND})/",
            "IsDeleted": deleted,
            "Person": {"__deferred": {"uri": f"{uri}/Person"}},
            "AddressType": {"__deferred": {"uri": f"{uri}/AddressType"}},
        }

    def add(self, addresses: list[dict[str, Any]], person: dict[str, Any]) -> None:
        person["Addresses"] = {"results": addresses}

    def page(self, people: list[dict[str, Any]], next_link: str | None) -> object:
        return {"d": {"results": people} if next_link is None else {"results": people, "__next": next_link}}

    def single(self, person: dict[str, Any]) -> object:
        return {"d": person}


class FormV4:
    shown = 'AND "IsDeleted" = FALSE'
    headers: ClassVar = {
        "OData-Version": "4.0",
        "Content-Type": "application/json;odata.metadata=minimal",
        "Vary": "Accept, OData-MaxVersion, Prefer",
    }

    @property
    def root(self) -> str:
        return f"{request.host_url}v4/"

    def address_of(self, key: str) -> str:
        return f"{self.root}People({key})"

    def person(self, key: str, name: str, updated: datetime.datetime, deleted: bool) -> dict[str, Any]:
        moment = f"{updated.isoformat(timespec='milliseconds')}Z"
        return {"PersonId": key, "Name": name, "LastUpdated": moment, "IsDeleted": deleted}

    def address(self, texts: tuple[str, str, str, int], updated: datetime.datetime, deleted: bool) -> dict[str, Any]:
        key, person, street, kind = texts
        return {
            "AddressId": key,
            "PersonId": person,
            "StreetAddress": street,
            "AddressTypeId": kind,
            "LastUpdated": f"{updated.isoformat(timespec='milliseconds')}Z",
            "IsDeleted": deleted,
        }

    def add(self, addresses: list[dict[str, Any]], person: dict[str, Any]) -> None:
        person["Addresses"] = addresses

    def page(self, people: list[dict[str, Any]], next_link: str | None) -> object:
        page = {"@odata.context": f"{self.root}$metadata#People", "value": people}
        return page if next_link is None else page | {"@odata.nextLink": next_link}

    def single(self, person: dict[str, Any]) -> object:
        return {"@odata.context": f"{self.root}$metadata#People/$entity"} | person


class People:
    """The answers in one form, as dicts for orjson."""

    def __init__(self, database: Database, form: Form) -> None:
        self._database = database
        self._form = form

    def person(self, key: str) -> object:
        found = self._database.rows(f'{PERSON} "PersonId" = ? {self._form.shown}', [self._database.key(key)])
        return self._form.single(self._person(found[0])) if found else abort(404)

    def page(self, size: int) -> object:
        """A page by name: from a name on, or after a person."""
        expand = "addresses" in request.args
        if expand:
            self._database.begin()
        rows = self._rows(size + 1)
        entities = [self._person(row) for row in rows[:size]]
        if expand:
            self._add_addresses(rows[:size], entities)
            self._database.commit()
        return self._form.page(entities, self._next(rows[size - 1]) if len(rows) > size else None)

    def _rows(self, limit: int) -> list[Row]:
        order = f'{self._form.shown} ORDER BY "Name", "PersonId" LIMIT {limit:d}'
        if "after" in request.args:
            name, key = request.args["after"].rsplit("|", 1)
            return self._database.rows(
                f'{PERSON} ("Name", "PersonId") > (?, ?) {order}', [name, self._database.key(key)]
            )
        return self._database.rows(f'{PERSON} "Name" >= ? {order}', [request.args.get("from", "")])

    def _next(self, row: Row) -> str:
        rest = "".join(f"&{name}={value}" for name, value in request.args.items() if name in ("size", "addresses"))
        return f"{request.base_url}?after={quote(row[1])}|{self._database.guid(row[0])}{rest}"

    def _add_addresses(self, rows: Iterable[Row], entities: list[dict[str, Any]]) -> None:
        found = self._database.related([row[0] for row in rows], self._form.shown)
        by_person = {key: [self._address(row) for row in group] for key, group in groupby(found, itemgetter(1))}
        for row, entity in zip(rows, entities, strict=True):
            self._form.add(by_person.get(row[0], []), entity)

    def _person(self, row: Row) -> dict[str, Any]:
        key, name, updated, deleted = row
        return self._form.person(self._database.guid(key), name, self._database.moment(updated), bool(deleted))

    def _address(self, row: Row) -> dict[str, Any]:
        key, person, street, kind, updated, deleted = row
        texts = (self._database.guid(key), self._database.guid(person), street, kind)
        return self._form.address(texts, self._database.moment(updated), bool(deleted))

    def named(self, name: str) -> int:
        sql = f'SELECT count(*) FROM "Person" WHERE "Name" = ? {self._form.shown}'
        return int(self._database.rows(sql, [name])[0][0])


class Writing:
    """New people by SQLAlchemy; all of one request in one transaction."""

    def __init__(self, sessions: sessionmaker[Session], form: Form) -> None:
        self._sessions = sessions
        self._form = form
        self._model: Any = sample_named("people").main

    def insert(self, values: Sequence[dict[str, str]]) -> list[dict[str, Any]]:
        people = [self._model(PersonId=uuid.UUID(each["PersonId"]), Name=each["Name"]) for each in values]
        with self._sessions.begin() as session:
            session.add_all(people)
        return [self._form.person(str(each.PersonId), each.Name, each.LastUpdated, each.IsDeleted) for each in people]


def _json(form: Form, document: object, status: int = 200, **headers: str) -> Response:
    return Response(orjson.dumps(document), status, form.headers | headers)


def _blueprint(name: str, form: Form, people: People, writing: Writing) -> Blueprint:
    views = Blueprint(name, __name__)

    @views.get("/people/<key>")
    def person(key: str) -> Response:
        return _json(form, people.person(key))

    @views.get("/people")
    def page() -> Response:
        return _json(form, people.page(request.args.get("size", 50, int)))

    @views.get("/people/count")
    def count() -> Response:
        return Response(str(people.named(request.args["name"])), mimetype="text/plain")

    @views.post("/people")
    def insert() -> Response:
        (made,) = writing.insert([orjson.loads(request.data)])
        return _json(form, form.single(made), 201, Location=form.address_of(made["PersonId"]))

    @views.post("/people/many")
    def insert_many() -> Response:
        return _json(form, writing.insert(orjson.loads(request.data)))

    return views


def create_app() -> Flask:
    """The application on the database that the service is told to use."""
    url = make_url(os.environ["ODATA_DATABASE_URL"])
    database = SQLite(url) if url.get_backend_name() == "sqlite" else PostgreSQL(url)
    sessions = write_sessions(create_engine(url))
    app = Flask("limit", static_folder=None)
    forms: dict[str, Form] = {"V2": FormV2(), "V4": FormV4()}
    for name, form in forms.items():
        views = _blueprint(name, form, People(database, form), Writing(sessions, form))
        app.register_blueprint(views, url_prefix=f"/{name}")
    return app
