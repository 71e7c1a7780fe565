"""``GET People/$changes``: a stamp whenever something was committed, and nothing of what it was."""

from __future__ import annotations

import dataclasses
import json
import queue
import re
import time
from datetime import datetime

import pytest
from sqlalchemy import Engine

from odata_service import feed
from odata_service import EntitySetRights, Headers, Limits, ODataRequest, ODataResponse, ODataService
from odata_service.errors import ServiceUnavailable
from odata_service.message import ANONYMOUS, Principal, User
from odata_service.protocol import V2, V4
from odata_service.tracking import install_clock, write_sessions
from tests.access.model import CLERK, STRANGER, Base, Order, fill
from tests.delta.client import ROOT

ADA = "People(0d3b3f0e-6f61-4a27-9a35-64d2a1f0c001)"
PATIENCE = 20  # seconds, for something that takes a quarter of one


class Pieces:
    """A client that is there until it leaves."""

    def __init__(self) -> None:
        self.came: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self.has_left = False

    def put(self, piece: bytes) -> None:
        if self.has_left:
            raise BrokenPipeError
        self.came.put(piece)

    def is_gone(self) -> bool:
        return self.has_left

    def close(self) -> None:
        self.came.put(b"closed")

    def stamp(self) -> int:
        """The next one that comes."""
        piece = self.came.get(timeout=PATIENCE)
        if piece == b":\n\n":
            piece = self.came.get(timeout=PATIENCE)
        match = re.fullmatch(rb'id: (\d+)\ndata: (\{"stamp":"[^"]*"\})\n\n', piece)
        assert match is not None and json.loads(match[2])["stamp"].endswith("Z"), piece
        return int(match[1])


def ask(
    service: ODataService, url: str, principal: Principal = ANONYMOUS, method: str = "GET", **headers: str
) -> ODataResponse:
    given = Headers({name.replace("_", "-"): value for name, value in headers.items()})
    return service.handle(ODataRequest(V4, method, url, "", given, b"", ROOT, principal))


def listening(service: ODataService, url: str, principal: Principal = ANONYMOUS, **headers: str) -> Pieces:
    answer = ask(service, url, principal, **headers)
    assert answer.status == 200 and answer.headers["Content-Type"] == "text/event-stream"
    pieces = Pieces()
    assert answer.goes_on is not None
    answer.goes_on(pieces)
    return pieces


@pytest.fixture(autouse=True)
def sharp_eyes(monkeypatch):
    monkeypatch.setattr(feed, "SECONDS_BETWEEN_LOOKS", 0.02)


@pytest.fixture
def service(people):
    yield people.service
    stop(people.service)


def stop(service: ODataService) -> None:
    """All clients leave, and with the last one the thread that looks for news."""
    thread = service._feed._thread
    for each in list(service._feed._listeners):
        each.sink.has_left = True
    if thread is not None:
        thread.join(PATIENCE)
        assert not thread.is_alive() and service._feed._listeners == []


class TestCommits:
    def test_the_stamp_now_and_that_of_each_commit(self, people, service):
        listener = listening(service, "People/$changes")
        now = listener.stamp()
        people.send("PATCH", ADA, {"Name": "Ada King"})
        then = listener.stamp()
        assert now < then and stamp_of(people.get(ADA).json["LastUpdated"]) == then

    def test_a_pull_after_it_finds_the_change(self, people, service):
        link = people.delta_link("People")
        listener = listening(service, "People/$changes")
        listener.stamp()
        people.send("PATCH", ADA, {"Name": "Ada King"})
        listener.stamp()
        assert len(people.value(link)) == 1

    def test_of_other_sets_nothing(self, people, service):
        addresses, phones = listening(service, "Addresses/$changes"), listening(service, "PhoneNumbers/$changes")
        addresses.stamp(), phones.stamp()
        address = people.value("Addresses?$top=1")[0]["AddressId"]
        people.send("PATCH", f"Addresses({address})", {"StreetAddress": "x"})
        addresses.stamp()
        assert phones.came.empty()

    def test_a_deletion(self, people, service):
        listener = listening(service, "People/$changes")
        listener.stamp()
        people.send("DELETE", ADA)
        listener.stamp()

    def test_who_comes_again_hears_only_what_is_new(self, people, service):
        seen = listening(service, "People/$changes").stamp()
        again = listening(service, "People/$changes", Last_Event_ID=str(seen))
        people.send("PATCH", ADA, {"Name": "Ada King"})
        assert again.stamp() > seen

    def test_many_at_once(self, people, service):
        listeners = [listening(service, "People/$changes") for _ in range(50)]
        first = {each.stamp() for each in listeners}
        people.send("PATCH", ADA, {"Name": "Ada King"})
        assert len(first) == len({each.stamp() for each in listeners}) == 1

    def test_ends_when_the_last_client_leaves(self, people, service):
        one, two = listening(service, "People/$changes"), listening(service, "People/$changes")
        one.has_left = True
        two.stamp()
        people.send("PATCH", ADA, {"Name": "Ada King"})
        two.stamp()
        assert [each.sink for each in service._feed._listeners] == [two]
        stop(service)
        assert service._feed._thread is None

    def test_the_database_comes_back(self, people, service, monkeypatch):
        listener = listening(service, "People/$changes")
        listener.stamp()
        with monkeypatch.context() as patch:
            looked: queue.SimpleQueue[None] = queue.SimpleQueue()

            def away(*_: object) -> None:
                looked.put(None)
                raise ServiceUnavailable("DatabaseAway", "the database cannot be reached")

            patch.setattr(type(service._feed), "_look", lambda *_: away())
            looked.get(timeout=PATIENCE)
        people.send("PATCH", ADA, {"Name": "Ada King"})
        listener.stamp()

    def test_a_mistake_of_ours_sends_everybody_away(self, people, service, monkeypatch):
        listener = listening(service, "People/$changes")
        listener.stamp()
        with monkeypatch.context() as patch:
            patch.setattr(type(service._feed), "_look", None)
            while listener.came.get(timeout=PATIENCE) != b"closed":
                pass
        assert service._feed._thread is None
        listening(service, "People/$changes").stamp()


class TestExpiry:
    def test_who_is_not_believed_any_more_is_sent_away_and_hears_nothing(self, people, service):
        ada, ben = User("ada", until=time.time() + 3_600), User("ben")
        first, second = listening(service, "People/$changes", ada), listening(service, "People/$changes", ben)
        first.stamp(), second.stamp()
        object.__setattr__(ada, "until", time.time())  # the hour has passed
        assert first.came.get(timeout=PATIENCE) == b"closed"
        people.send("PATCH", ADA, {"Name": "Ada King"})
        second.stamp()
        assert first.came.empty() and [each.sink for each in service._feed._listeners] == [second]

    def test_the_last_one(self, people, service):
        first = listening(service, "People/$changes", User("ada", until=0.0))
        while first.came.get(timeout=PATIENCE) != b"closed":
            pass
        stop(service)


def stamp_of(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


class TestRefusals:
    @pytest.mark.parametrize("url, status, code", [
        ("Peopel/$changes", 404, "ResourceNotFound"),
        ("AddressTypes/$changes", 404, "NotTracked"),
        (f"{ADA}/$changes", 404, "ResourceNotFound"),
        (f"{ADA}/Addresses/$changes", 404, "ResourceNotFound"),
        ("/$changes", 404, "ResourceNotFound"),
    ])  # fmt: skip
    def test_what_has_no_changes(self, service, url, status, code):
        answer = ask(service, url)
        assert (answer.status, json.loads(answer.body)["error"]["code"]) == (status, code)

    def test_other_methods(self, service):
        answer = ask(service, "People/$changes", method="POST")
        assert answer.status == 405 and answer.headers["Allow"] == "GET, HEAD"

    def test_in_a_batch(self, people):
        request = {"id": "1", "method": "get", "url": "People/$changes"}
        answer = people.send("POST", "$batch", {"requests": [request]})
        assert answer.json["responses"][0]["status"] == 400

    def test_v2_has_none(self, service):
        assert service.handle(ODataRequest(V2, "GET", "People/$changes")).status in (400, 404)

    def test_too_many(self, service):
        service._reads.limits = dataclasses.replace(Limits(), max_feeds=1)
        listening(service, "People/$changes")
        answer = ask(service, "People/$changes")
        assert answer.status == 503 and b"ODATA_MAX_FEEDS" in answer.body and "Retry-After" in answer.headers


@pytest.fixture
def shop(database: Engine):
    """Orders of two tenants; who works for one of them sees that one's."""
    Base.metadata.create_all(database)
    install_clock(database)
    with write_sessions(database).begin() as session:
        fill(session)
    service = ODataService(Base, database, namespace="Shop", secret="s")
    service.rights("Orders", EntitySetRights.ALL, role="clerk")

    @service.query_interceptor("Orders")
    def own(context):
        return Order.Tenant == context.user.tenant

    yield service
    stop(service)


class TestRights:
    def test_a_closed_set(self, shop):
        assert ask(shop, "Orders/$changes", STRANGER).status == 404

    def test_what_happens_to_others_is_not_told(self, shop, database):
        listener = listening(shop, "Orders/$changes", CLERK)
        first = listener.stamp()
        for number in (3, 1):  # blue, then red
            with write_sessions(database).begin() as session:
                session.get_one(Order, number).Text = "changed"
                session.flush()
        second = listener.stamp()
        with database.connect() as connection:
            stamps = dict(
                connection.execute(Order.__table__.select().with_only_columns(Order.Id, Order.LastUpdated)).all()
            )
        assert first < second == stamp_of(f"{stamps[1].isoformat()}+00:00")
        with write_sessions(database).begin() as session:
            session.get_one(Order, 4).Text = "changed"
        again = listening(shop, "Orders/$changes", CLERK, Last_Event_ID=str(second))
        with write_sessions(database).begin() as session:
            session.get_one(Order, 2).Text = "changed"
        third = again.stamp()
        assert listener.stamp() == third and again.came.empty()
