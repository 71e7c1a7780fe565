"""Every refusal of a change for each method: the table in docs/deltas.md is true."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine

from odata_service import EntitySetRights, Headers, ODataRequest, ODataService
from odata_service.config import Settings
from odata_service.errors import TooManyRequests
from odata_service.limits import Limits
from odata_service.protocol import V4
from odata_service.web.app import create_app
from tests.datasync.models import Base
from tests.delta.client import ClientV4
from tests.documented import outcomes
from tests.service.client import Answer
from tests.service.databases import Databases, databases, emptied
from tests.sync.test_statuses import another_change

__all__ = ["databases"]

KEY = "00000000-0000-4000-8000-000000000009"
NOTE = f"Notes({KEY})"
JSON = {"Content-Type": "application/json"}


def service_of(engine: Engine, limits: Limits | None = None) -> ODataService:
    """Notes, which have a version."""
    service = ODataService(Base, engine, namespace="Notes", limits=limits)
    service.rights("*", EntitySetRights.ALL)
    return service


@pytest.fixture
def notes(databases: Databases) -> Iterator[ClientV4]:
    engine = create_engine(databases.url("datasync"))
    emptied(Base.metadata, engine)
    yield ClientV4(service_of(engine))
    engine.dispose()


@dataclass
class Situation:
    """One request about a note, in the circumstances that a method is named after in ``SITUATIONS``."""

    notes: ClientV4
    method: str

    @property
    def address(self) -> str:
        return "Notes" if self.method == "POST" else NOTE

    def send(self, text: object = "new", address: str = "", **headers: str) -> Answer:
        body = None if self.method == "DELETE" else {"id": KEY, "body_text": text}
        return self.notes.send(self.method, address or self.address, body, **headers)

    def added(self) -> None:
        assert self.notes.send("POST", "Notes", {"id": KEY, "body_text": "old"}).status == 201

    def there(self) -> None:
        """Whatever a change or a deletion needs."""
        if self.method != "POST":
            self.added()

    def unavailable(self, service: ODataService) -> Answer:
        """Straight to the service, because a client of the tests takes no 503."""
        answer = service.handle(ODataRequest(V4, self.method, self.address, "", Headers(JSON), b'{"body_text": "new"}'))
        assert answer.headers["Retry-After"] == "5"
        return Answer(answer.status, Headers(answer.headers), answer.body)

    def wrong_values(self) -> Answer:
        self.there()
        return self.send(text=7)

    def no_right(self) -> Answer:
        self.there()
        self.notes.service.rights("Notes", EntitySetRights.ALL_READ)
        return self.send()

    def no_set(self) -> Answer:
        return self.send(address=self.address.replace("Notes", "Ntoes"))

    def no_entity(self) -> Answer:
        return self.send()

    def changed(self) -> Answer:
        self.added()
        return self.send() if self.method == "POST" else self.send(If_Match='W/"99"')

    def deleted(self) -> Answer:
        self.added()
        self.notes.send("DELETE", NOTE)
        return self.send()

    def deleted_and_known(self) -> Answer:
        self.added()
        tag = self.notes.get(NOTE).headers["ETag"]
        self.notes.send("DELETE", NOTE)
        return self.send(If_Match=tag)

    def unconditional(self) -> Answer:
        self.there()
        self.notes.service.concurrency("Notes", "demanded")
        return self.send()

    def too_many(self) -> Answer:
        return self.notes.send(self.method, self.address, b'{"body_text": "%s"}' % (b"x" * 5 * 1024 * 1024))

    def other_request(self) -> Answer:
        key = str(uuid.uuid4())
        self.notes.send("POST", "Notes", {"body_text": "other"}, Idempotency_Key=key)
        return self.send(Idempotency_Key=key)

    def enough(self) -> Answer:
        @self.notes.service.request_started.connect
        def count(ctx: object) -> None:
            raise TooManyRequests("not so fast", retry_after=30)

        answer = self.send()
        assert answer.headers["Retry-After"] == "30"
        return answer

    def in_the_way(self) -> Answer:
        self.there()
        url = self.notes.service.engine.url
        with another_change(create_engine(url)):
            return self.unavailable(service_of(create_engine(url), Limits(statement_timeout_ms=150)))

    def away(self) -> Answer:
        nobody_listens = create_engine("postgresql+psycopg://nobody@127.0.0.1:1/nothing?connect_timeout=2")
        return self.unavailable(service_of(nobody_listens))

    def again(self, **headers: str) -> Answer:
        self.there()
        assert self.send(**headers).status < 300
        return self.send(**headers)

    def again_with_key(self) -> Answer:
        return self.again(Idempotency_Key=str(uuid.uuid4()))

    def no_json(self) -> Answer:
        self.there()
        return self.notes.send(self.method, self.address, b'{"body_text": ')


SITUATIONS: dict[str, Callable[[Situation], Answer]] = {
    "400: values that the type does not take": Situation.wrong_values,
    "403: no right to this": Situation.no_right,
    "404: there is no such set": Situation.no_set,
    "404: there is no such entity": Situation.no_entity,
    "409: the key is taken; 412: the entity was changed": Situation.changed,
    "410: the entity was deleted": Situation.deleted,
    "410: it was deleted, and the client says which it knows": Situation.deleted_and_known,
    "413: too many bytes": Situation.too_many,
    "422: the `Idempotency-Key` was that of another request": Situation.other_request,
    "428: changes have to say what they know": Situation.unconditional,
    "429: the application, or a gateway before it, has had enough": Situation.enough,
    "503: another change was in the way for too long": Situation.in_the_way,
    "503: the database cannot be reached": Situation.away,
    "time-out: the answer was lost, and the request came again": Situation.again,
    "time-out: the same with an `Idempotency-Key`": Situation.again_with_key,
    "garbage: the body is no JSON": Situation.no_json,
}
NOT_SIGNED_IN = "401: no token, or one that has expired"
TABLE = list(outcomes("deltas.md", "What a client may hear"))


@pytest.mark.parametrize(("what", "method", "documented"), [row for row in TABLE if row[0] != NOT_SIGNED_IN])
def test_outcome(notes: ClientV4, what: str, method: str, documented: str) -> None:
    assert str(SITUATIONS[what](Situation(notes, method)).status) == documented


@pytest.mark.parametrize(("method", "documented"), [row[1:] for row in TABLE if row[0] == NOT_SIGNED_IN])
def test_not_signed_in(tmp_path: Any, method: str, documented: str) -> None:
    app = create_app(Settings(database_url=f"sqlite:///{tmp_path}/people.db", sample="people", auth_secret="x" * 32))
    address = "/v4/People" if method == "POST" else f"/v4/People({KEY})"
    answer = app.test_client().open(address, method=method, json={})
    assert answer.status_code == int(documented) and answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_every_situation_is_documented() -> None:
    assert {row[0] for row in TABLE} == {*SITUATIONS, NOT_SIGNED_IN}
