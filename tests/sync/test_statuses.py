"""Every refusal of a push for each action: the table in docs/sync.md is true."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import create_engine

from odata_service import EntitySetRights, Headers, ODataRequest, ODataService
from odata_service.config import Settings
from odata_service.errors import TooManyRequests
from odata_service.limits import Limits
from odata_service.protocol import SYNC
from odata_service.sample import sample_named
from odata_service.web.app import create_app
from tests.documented import outcomes
from tests.service.client import Answer
from tests.sync.client import SyncClient

ADA = {"localId": "order-ada", "customerName": "Ada King", "status": "x"}
NEW = ADA | {"localId": "new"}
NO_ORDER = ADA | {"status": 7}
FOREVER_AGO = {"Repeatability_Request_ID": "1", "Repeatability_First_Sent": "Tue, 15 Nov 1994 08:12:31 GMT"}


def said(answer: Answer) -> str:
    """What the table says of an answer to a push of one operation."""
    if answer.status >= 400:
        assert "error" in answer.json
        return str(answer.status)
    (result,) = answer.json["results"]
    return f"{result['result']} {result['status']}"


@dataclass
class Situation:
    """A push of one operation, in the circumstances that a method is named after in ``SITUATIONS``."""

    orders: SyncClient
    action: str

    def push(self, data: dict[str, Any] = ADA, url: str = "Orders", **more: object) -> Answer:
        operation = {"id": "1", "action": self.action, "data": data, **more}
        return self.orders.send("POST", url, {"operations": [operation]})

    def no_json(self) -> Answer:
        return self.orders.send("POST", "Orders", b'{"operations": [{"id": "1", ')

    def not_understood(self) -> Answer:
        return self.push(at="yesterday")

    def no_right(self) -> Answer:
        self.orders.service.rights("Orders", EntitySetRights.ALL_READ)
        return self.push()

    def no_set(self) -> Answer:
        return self.push(url="Peopel")

    def no_record(self) -> Answer:
        return self.push(NEW)

    def changed(self) -> Answer:
        self.orders.service.sync("Orders", key="LocalId", conflicts="ask")
        return self.push(version="2001-01-01T00:00:00Z")

    def deleted(self) -> Answer:
        self.orders.service.sync("Orders", key="LocalId", conflicts="ask")
        self.orders.do("delete", {"localId": "order-ada"})
        return self.push()

    def too_old(self) -> Answer:
        operations = [self.orders.operation(self.action, ADA)]
        return self.orders.send("POST", "Orders", {"operations": operations}, **FOREVER_AGO)

    def too_many(self) -> Answer:
        return self.orders.send("POST", "Orders", {"operations": [self.orders.operation(self.action, ADA)] * 1001})

    def wrong_values(self) -> Answer:
        return self.push({"localId": 7, "customerName": "x", "status": "x"})

    def other_operation(self) -> Answer:
        self.push(ADA | {"status": "y"})
        return self.push(ADA | {"status": "z"})

    def enough(self) -> Answer:
        @self.orders.service.request_started.connect
        def count(ctx: object) -> None:
            raise TooManyRequests("not so fast", retry_after=30)

        answer = self.push()
        assert answer.headers["Retry-After"] == "30"
        return answer

    def in_the_way(self) -> Answer:
        url = self.orders.service.engine.url
        with another_change(create_engine(url)):
            return unavailable(service_on(create_engine(url), Limits(statement_timeout_ms=150)), self.action)

    def away(self) -> Answer:
        nobody_listens = create_engine("postgresql+psycopg://nobody@127.0.0.1:1/nothing?connect_timeout=2")
        return unavailable(service_on(nobody_listens, Limits()), self.action)

    def again(self) -> Answer:
        data = NEW if self.action == "add" else ADA
        first = self.push(data)
        answer = self.push(data)
        assert answer.json == first.json
        return answer


def service_on(engine: Any, limits: Limits) -> ODataService:
    sample = sample_named("orders")
    service = ODataService(sample.base, engine, namespace=sample.namespace, container=sample.container, limits=limits)
    sample.configure(service)
    return service


HELD = {"sqlite": "BEGIN IMMEDIATE", "postgresql": "LOCK TABLE odata_clock IN ACCESS EXCLUSIVE MODE"}


def unavailable(service: ODataService, action: str) -> Answer:
    body = json.dumps({"operations": [{"id": "1", "action": action, "data": ADA}]}).encode()
    answer = service.handle(
        ODataRequest(SYNC, "POST", "Orders", "", Headers({"Content-Type": "application/json"}), body)
    )
    assert answer.headers["Retry-After"] == "5"
    return Answer(answer.status, Headers(answer.headers), answer.body)


@contextmanager
def another_change(engine: Any) -> Iterator[None]:
    """A transaction that does not end."""
    with engine.connect() as connection:
        connection.exec_driver_sql(HELD.get(engine.dialect.name, "SELECT * FROM odata_clock FOR UPDATE"))
        yield
        connection.rollback()
    engine.dispose()


SITUATIONS: dict[str, Callable[[Situation], Answer]] = {
    "400: the push is no JSON": Situation.no_json,
    "400: the operation cannot be understood": Situation.not_understood,
    "403: no right to this": Situation.no_right,
    "404: there is no such set": Situation.no_set,
    "404: there is no such record": Situation.no_record,
    "409: the record was changed, and the client is asked": Situation.changed,
    "410: the record was deleted, and the client is asked": Situation.deleted,
    "412: so old that it is forgotten whether it was done": Situation.too_old,
    "413: too many operations, or bytes": Situation.too_many,
    "422: values that the type does not take": Situation.wrong_values,
    "422: the id was that of another operation": Situation.other_operation,
    "429: the application, or a gateway before it, has had enough": Situation.enough,
    "503: another change was in the way for too long": Situation.in_the_way,
    "503: the database cannot be reached": Situation.away,
    "time-out: the answer was lost, and the push came again": Situation.again,
    "garbage: the answer was cut, and the push came again": Situation.again,
}
NOT_SIGNED_IN = "401: no token, or one that has expired"
TABLE = list(outcomes("sync.md", "What a client may hear"))


@pytest.mark.parametrize(("what", "action", "documented"), [row for row in TABLE if row[0] != NOT_SIGNED_IN])
def test_outcome(orders: SyncClient, what: str, action: str, documented: str) -> None:
    assert said(SITUATIONS[what](Situation(orders, action))) == documented


@pytest.mark.parametrize(("action", "documented"), [row[1:] for row in TABLE if row[0] == NOT_SIGNED_IN])
def test_not_signed_in(tmp_path: Any, action: str, documented: str) -> None:
    database = f"sqlite:///{tmp_path}/orders.db"
    app = create_app(Settings(database_url=database, sample="orders", auth_secret="x" * 32))
    push = {"operations": [{"id": "1", "action": action, "data": ADA}]}
    answer = app.test_client().post("/api/sync/Orders", json=push)
    assert str(answer.status_code) == documented and answer.headers["WWW-Authenticate"] == 'Bearer realm="odata"'


def test_every_situation_is_documented() -> None:
    assert {row[0] for row in TABLE} == {*SITUATIONS, NOT_SIGNED_IN}
