"""Every refusal for each request of a client's queue: the table in docs/datasync.md is true."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import create_engine

from odata_service import EntitySetRights, Headers, ODataRequest, ODataService
from odata_service.config import Settings
from odata_service.errors import TooManyRequests
from odata_service.limits import Limits
from odata_service.protocol import DATASYNC
from odata_service.web.app import create_app
from tests.datasync.client import Client
from tests.datasync.conftest import service_of
from tests.datasync.rows import added, deleted, panther
from tests.documented import outcomes
from tests.service.client import Answer
from tests.sync.test_statuses import another_change

STALE = '"dGVzdA=="'


def said(answer: Answer) -> str:
    """What the table says of an answer."""
    has_row = answer.body.startswith(b"{") and answer.json["title"] == "Black Panther"
    return f"{answer.status} with the row" if has_row else str(answer.status)


@dataclass
class Situation:
    """One request about the row ``panther``, in the circumstances that a method is named after in ``SITUATIONS``."""

    client: Client
    method: str

    def send(self, body: object = None, table: str = "movies", **headers: str) -> Answer:
        address = table if self.method == "POST" else f"{table}/panther"
        content = panther() if body is None else body
        return self.client.send(
            self.method, address, None if self.method == "DELETE" and body is None else content, **headers
        )

    def unavailable(self, service: ODataService) -> Answer:
        """Straight to the service, because a client of the tests takes no 503."""
        address = "movies" if self.method == "POST" else "movies/panther"
        headers, body = Headers({"Content-Type": "application/json"}), json.dumps(panther(year=2019)).encode()
        answer = service.handle(ODataRequest(DATASYNC, self.method, address, "", headers, body))
        assert answer.headers["Retry-After"] == "5"
        return Answer(answer.status, Headers(answer.headers), answer.body)

    def wrong_values(self) -> Answer:
        added(self.client)
        return self.send(panther(duration="long"))

    def no_right(self) -> Answer:
        added(self.client)
        self.client.service.rights("Movies", EntitySetRights.ALL_READ)
        return self.send()

    def no_table(self) -> Answer:
        return self.send(table="moveis")

    def no_row(self) -> Answer:
        return self.send()

    def changed(self) -> Answer:
        added(self.client)
        return self.send(panther(title="New")) if self.method == "POST" else self.send(If_Match=STALE)

    def deleted(self) -> Answer:
        deleted(self.client)
        return self.send()

    def another_state(self) -> Answer:
        added(self.client)
        return self.send(panther(title="New"), If_None_Match="*")

    def too_many(self) -> Answer:
        return self.send(b'{"title": "%s"}' % (b"x" * 5 * 1024 * 1024))

    def other_request(self) -> Answer:
        self.client.post("movies", panther(id="other"), Idempotency_Key="1")
        return self.send(Idempotency_Key="1")

    def enough(self) -> Answer:
        @self.client.service.request_started.connect
        def count(ctx: object) -> None:
            raise TooManyRequests("not so fast", retry_after=30)

        answer = self.send()
        assert answer.headers["Retry-After"] == "30"
        return answer

    def in_the_way(self) -> Answer:
        if self.method != "POST":
            added(self.client)
        url = self.client.service.engine.url
        with another_change(create_engine(url)):
            return self.unavailable(service_of(create_engine(url), Limits(statement_timeout_ms=150)))

    def away(self) -> Answer:
        nobody_listens = create_engine("postgresql+psycopg://nobody@127.0.0.1:1/nothing?connect_timeout=2")
        return self.unavailable(service_of(nobody_listens))

    def again(self) -> Answer:
        if self.method != "POST":
            added(self.client)
        assert self.send().status < 300
        return self.send()

    def no_json(self) -> Answer:
        added(self.client)
        return self.send(b'{"title": ')


SITUATIONS: dict[str, Callable[[Situation], Answer]] = {
    "400: values that the type does not take": Situation.wrong_values,
    "403: no right to this": Situation.no_right,
    "404: there is no such table": Situation.no_table,
    "404: there is no such row": Situation.no_row,
    "409: the id is taken, or the row was changed": Situation.changed,
    "410: the row was deleted": Situation.deleted,
    "412: the state is not the one that was asked for": Situation.another_state,
    "413: too many bytes": Situation.too_many,
    "422: the `Idempotency-Key` was that of another request": Situation.other_request,
    "429: the application, or a gateway before it, has had enough": Situation.enough,
    "503: another change was in the way for too long": Situation.in_the_way,
    "503: the database cannot be reached": Situation.away,
    "time-out: the answer was lost, and the request came again": Situation.again,
    "garbage: the body is no JSON": Situation.no_json,
}
NOT_SIGNED_IN = "401: no token, or one that has expired"
TABLE = list(outcomes("datasync.md", "What a client may hear"))


@pytest.mark.parametrize(("what", "method", "documented"), [row for row in TABLE if row[0] != NOT_SIGNED_IN])
def test_outcome(client: Client, what: str, method: str, documented: str) -> None:
    assert said(SITUATIONS[what](Situation(client, method))) == documented


@pytest.mark.parametrize(("method", "documented"), [row[1:] for row in TABLE if row[0] == NOT_SIGNED_IN])
def test_not_signed_in(tmp_path: Any, method: str, documented: str) -> None:
    app = create_app(Settings(database_url=f"sqlite:///{tmp_path}/people.db", sample="people", auth_secret="x" * 32))
    answer = app.test_client().open(
        "/tables/person/1" if method != "POST" else "/tables/person", method=method, json={}
    )
    assert str(answer.status_code) == documented and answer.headers["WWW-Authenticate"] == 'Bearer realm="odata"'


def test_every_situation_is_documented() -> None:
    assert {row[0] for row in TABLE} == {*SITUATIONS, NOT_SIGNED_IN}
