"""Lost answers, servers that are away or tell strange things, links that lead elsewhere, callers who have to say who they are."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime

import httpx
import pytest

from odata_service.client import ForeignLink, NotSent, ODataClient, Patience, Unreachable
from odata_service.client.online import (
    Deleted,
    Linked,
    Forbidden,
    NotFound,
    NotUnderstood,
    ServerError,
    ServiceError,
    Unauthorized,
)
from odata_service.client.online.in_process import InProcess

Fault = Callable[[httpx.Request], httpx.Response | None]
EDMX = """<edmx:Edmx Version="4.0" xmlns:edmx="x"><edmx:DataServices><Schema Namespace="N" xmlns="y">
<EntityType Name="Thing"><Key><PropertyRef Name="ID"/></Key><Property Name="ID" Type="Edm.Int32"/>
<Property Name="Name" Type="Edm.String"/></EntityType>
<EntityType Name="Other"><Key><PropertyRef Name="Code"/></Key><Property Name="Code" Type="Edm.String"/></EntityType>
<EntityContainer Name="C"><EntitySet Name="Things" EntityType="N.Thing"/>
<EntitySet Name="Others" EntityType="N.Other"/></EntityContainer>
</Schema></edmx:DataServices></edmx:Edmx>"""


@dataclass
class Line(httpx.BaseTransport):
    """A network between the client and a service; each request of a change takes the next of its ``faults``."""

    service: httpx.BaseTransport
    faults: list[str] = field(default_factory=list)
    seen: list[httpx.Request] = field(default_factory=list)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return self.service.handle_request(request)
        self.seen.append(request)
        fault = self.faults.pop(0) if self.faults else ""
        if fault == "nobody":
            raise httpx.ConnectError("connection refused", request=request)
        answer = self.service.handle_request(request)
        if fault == "lost":
            raise httpx.ReadError("connection reset", request=request)
        return httpx.Response(502, content=b"<html>") if fault == "gateway" else answer


@pytest.fixture(params=["v4", "v2"])
def line(request, people_service) -> Line:
    return Line(InProcess(people_service.service, request.param))


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def people(line, pauses) -> ODataClient:
    return client_of(line, pauses)


def client_of(transport: httpx.BaseTransport, pauses: list[float] | None = None, **options) -> ODataClient:
    patience = Patience(tries=3, longest=7, sleep=[].append if pauses is None else pauses.append)
    return ODataClient("http://localhost/", http=httpx.Client(transport=transport), patience=patience, **options)


class TestLostAnswers:
    def test_a_change_is_made_once(self, people, line):
        people.People.create(Name="Known")  # the service says that it does what is repeated once
        for fault in ("lost", "gateway"):
            line.faults, line.seen = [fault, fault], []
            person = people.People.create(Name=f"Once {fault}")
            assert len(line.seen) == 3
            assert len({request.headers["Idempotency-Key"] for request in line.seen}) == 1
            assert len({request.headers["Repeatability-Request-ID"] for request in line.seen}) == 1
            named = people.People.where(people.People.Name == f"Once {fault}")
            assert [each.PersonId for each in named] == [person.PersonId]
            line.faults = [fault]
            person.Name = "Changed"
            people.save(person)
            line.faults = [fault]
            people.delete(person)
            assert len(line.seen) == 7

    def test_a_batch_is_made_once(self, people, line):
        people.People.create(Name="Known")
        line.faults, line.seen = ["lost"], []
        with people.batch():
            person = people.People.create(Name=f"Batch once {id(line)}")
            person.PhoneNumbers.create(Number="1")
        assert len(line.seen) == 2
        assert people.People.where(people.People.Name == f"Batch once {id(line)}").count() == 1
        assert len(people.People[person.PersonId].PhoneNumbers) == 1

    def test_where_it_may_be_made_twice_it_is_not_sent_twice(self, line, people_service):
        """V2 has no place in $metadata to say so: until an answer says it, nobody knows."""
        line = Line(InProcess(people_service.service, "v2"), ["lost"])
        people = client_of(line)
        with pytest.raises(Unreachable, match="connection reset"):
            people.People.create(Name="Perhaps")
        assert len(line.seen) == 1
        line = Line(InProcess(people_service.service, "v2"), ["lost"])
        client_of(line, repeats=True).People.create(Name="For certain")
        assert len(line.seen) == 2

    def test_nobody_was_there_to_hear_it(self, line, pauses):
        line.faults = ["nobody", "nobody"]
        client_of(line, pauses).People.create(Name="Third time")
        assert len(pauses) == 2
        line.faults = ["nobody"] * 3
        with pytest.raises(NotSent):
            client_of(line).People.create(Name="Never")

    def test_a_lost_batch_leaves_what_is_new_new(self, people, line):
        people.People.count()
        line.faults = ["nobody"] * 3
        with pytest.raises(NotSent), people.batch():
            person = people.People.create(Name="Again")
        people.save(person)
        assert people.People[person.PersonId].Name == "Again"


def things(*answers: httpx.Response | Fault) -> tuple[httpx.BaseTransport, list[httpx.Request]]:
    """A service with one set, that answers with these, one after the other."""
    waiting, seen = list(answers), []

    def handle(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("$metadata"):
            return httpx.Response(200, text=EDMX)
        seen.append(request)
        answer = waiting.pop(0)
        return answer if isinstance(answer, httpx.Response) else answer(request)

    return httpx.MockTransport(handle), seen


def page(*names: str, **more: str) -> httpx.Response:
    return httpx.Response(200, json={"value": [{"ID": 1, "Name": name} for name in names]} | more)


class TestLinks:
    def test_a_next_link_of_any_form(self):
        transport, seen = things(page("a", **{"@odata.nextLink": "Things?$skiptoken=1"}),
                                 page("b", **{"@nextLink": "http://localhost/Things?$skiptoken=2"}), page("c"))  # fmt: skip
        assert [thing.Name for thing in client_of(transport).Things] == ["a", "b", "c"]
        assert [request.url.query for request in seen] == [b"", b"$skiptoken=1", b"$skiptoken=2"]

    @pytest.mark.parametrize(
        "link", ["http://evil.example/Things?x", "//evil.example/", "https://localhost/Things", "http://localhost:81/"]
    )
    def test_a_next_link_to_another_origin(self, link):
        transport, seen = things(page("a", **{"@odata.nextLink": link}))
        with pytest.raises(ForeignLink, match="is not followed"):
            client_of(transport, auth=lambda _: "Bearer secret").Things.all()
        assert len(seen) == 1

    def test_a_delta_link_to_another_origin(self):
        transport, seen = things(page("a", **{"@odata.deltaLink": "http://evil.example/Things?$deltatoken=1"}))
        client = client_of(transport)
        changes = client.Things.changes()
        list(changes)
        with pytest.raises(ForeignLink):
            list(client.Things.changes(changes.delta_link))
        assert len(seen) == 1

    def test_a_location_elsewhere(self):
        transport, seen = things(httpx.Response(204, headers={"Location": "http://evil.example/Things(1)"}))
        with pytest.raises(ForeignLink):
            client_of(transport).Things.create(ID=1)
        assert len(seen) == 1

    def test_a_location_here(self):
        transport, _ = things(httpx.Response(204, headers={"Location": "http://localhost/Things(1)"}),
                                 httpx.Response(200, json={"ID": 1, "Name": "made"}))  # fmt: skip
        assert client_of(transport).Things.create(ID=1).Name == "made"

    @pytest.mark.parametrize("where", ["http://evil.example/", "http://localhost/Things/"])
    def test_redirections(self, where):
        transport, seen = things(httpx.Response(302, headers={"Location": where}))
        with pytest.raises(ServiceError, match="redirections are not followed"):
            client_of(transport, auth=lambda _: "Bearer secret").Things.all()
        assert len(seen) == 1


def test_a_delta_of_4_0_tells_links():
    root = "http://localhost/"
    transport, _ = things(httpx.Response(200, json={"@odata.deltaLink": f"{root}Things?$deltatoken=2", "value": [
        {"ID": 1, "Name": "a"},
        {"@odata.context": "$metadata#Others/$entity", "Code": "x"},
        {"@odata.context": "$metadata#Things/$link", "source": "Things(1)", "relationship": "Others", "target": f"{root}Others('x')"},
        {"@odata.context": "$metadata#Things/$deletedLink", "source": "Things(1)", "relationship": "Others", "target": "Others('y')"},
        {"@odata.context": "$metadata#Others/$deletedEntity", "id": "Others('y')", "reason": "deleted"},
    ]}))  # fmt: skip
    changes = client_of(transport).Things.changes("Things?$deltatoken=1")
    thing, other, linked, unlinked, deleted = changes
    assert (thing.Name, other.Code, other._where) == ("a", "x", "Others('x')")
    assert linked == Linked("Things(1)", "Others", "Others('x')")
    assert unlinked == Linked("Things(1)", "Others", "Others('y')", is_there=False)
    assert deleted == Deleted("Others('y')", "deleted", "y")
    assert changes.delta_link == f"{root}Things?$deltatoken=2"


class TestPatience:
    @pytest.mark.parametrize(
        "asked, waited",
        [("2", 2), ("99999999999999999999999", 7), ("Fri, 31 Dec 9999 23:59:59 GMT", 7), ("-5", None), ("soon", None)],
    )
    def test_retry_after_is_heard_within_reason(self, pauses, asked, waited):
        transport, _ = things(httpx.Response(503, headers={"Retry-After": asked}), page("a"))
        assert [thing.Name for thing in client_of(transport, pauses).Things] == ["a"]
        (pause,) = pauses
        assert pause <= 7 if waited is None else pause == waited

    def test_patience_ends(self, pauses):
        transport, seen = things(*[httpx.Response(503, json={"error": {"code": "TryAgain", "message": "later"}})] * 3)
        with pytest.raises(ServerError, match="503 TryAgain: later"):
            client_of(transport, pauses).Things.all()
        assert (len(seen), len(pauses)) == (3, 2)

    def test_a_change_that_may_have_been_made_waits_for_nobody(self, pauses):
        transport, seen = things(httpx.Response(500, text="oops"))
        with pytest.raises(ServerError, match="says nothing of the reason"):
            client_of(transport, pauses).Things.create(ID=1)
        assert (len(seen), pauses) == (1, [])

    def test_a_change_that_was_put_off_is_made_later(self):
        transport, seen = things(httpx.Response(429, headers={"Retry-After": "1"}), httpx.Response(201, json={"ID": 1}))
        client_of(transport).Things.create(ID=1)
        assert len(seen) == 2


class TestWhoAsks:
    def test_a_new_token_when_the_old_one_is_refused(self):
        transport, seen = things(httpx.Response(401), page("a"))
        client = client_of(transport, auth=lambda renew: "Bearer new" if renew else "Bearer old")
        assert len(client.Things.all()) == 1
        assert [request.headers["Authorization"] for request in seen] == ["Bearer old", "Bearer new"]

    def test_refused_again(self):
        transport, _ = things(httpx.Response(401), httpx.Response(401))
        with pytest.raises(Unauthorized):
            client_of(transport, auth=lambda renew: "Bearer x").Things.all()

    def test_no_token_goes_over_an_open_line(self):
        with pytest.raises(Exception, match="others are asked by https"):
            ODataClient("http://far.example/", auth=lambda _: "Bearer secret")
        ODataClient("http://far.example/")


def test_a_token_against_forged_requests():
    """SAP Gateway's: asked for where a change is refused for want of it, and kept."""
    required = httpx.Response(403, headers={"X-CSRF-Token": "Required"})
    given = httpx.Response(200, json={"value": []}, headers={"X-CSRF-Token": "abc", "Set-Cookie": "session=1"})
    transport, seen = things(required, given, httpx.Response(201, json={"ID": 1}), httpx.Response(201, json={"ID": 2}))
    client = client_of(transport)
    client.Things.create(ID=1)
    client.Things.create(ID=2)
    assert [request.headers.get("X-CSRF-Token") for request in seen] == [None, "Fetch", "abc", "abc"]
    assert seen[-1].headers["Cookie"] == "session=1"
    transport, _ = things(
        httpx.Response(403, headers={"X-CSRF-Token": "Required"}), httpx.Response(200), httpx.Response(403)
    )
    with pytest.raises(Forbidden):
        client_of(transport).Things.create(ID=1)


def test_the_time_of_a_repeatable_request_is_the_servers():
    long_ago = {"Date": "Sat, 01 Jan 2000 00:00:00 GMT"}
    transport, seen = things(
        httpx.Response(200, json={"value": []}, headers=long_ago), httpx.Response(201, json={"ID": 1})
    )
    client = client_of(transport)
    client.Things.all()
    client.Things.create(ID=1)
    assert parsedate_to_datetime(seen[-1].headers["Repeatability-First-Sent"]).year == 2000


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, text="<html>"),
        httpx.Response(200, json=[]),
        httpx.Response(200, json={"value": 1}),
        httpx.Response(200, json={"value": [1]}),
        httpx.Response(200, json={"value": [{"ID": "x"}]}),
        httpx.Response(200, text='{"value": ['),
    ],
)
def test_answers_that_nobody_understands(answer):
    transport, _ = things(answer)
    with pytest.raises(NotUnderstood):
        client_of(transport).Things.all()


@pytest.mark.parametrize(
    "document",
    ["", "<a", EDMX.replace("N.Thing", "N.Nothing"), '<!DOCTYPE x [<!ENTITY e "x">]><Edmx Version="4.0">&e;</Edmx>'],
)
def test_metadata_that_nobody_understands(document):
    transport = httpx.MockTransport(lambda _: httpx.Response(200, text=document))
    with pytest.raises(NotUnderstood, match=r"\$metadata"):
        client_of(transport).Things  # noqa: B018


def test_details_of_a_refusal():
    error = {
        "code": "X",
        "message": "no",
        "target": "Name",
        "details": [{"code": "Y", "message": "why", "target": "ID"}],
    }
    transport, _ = things(httpx.Response(403, content=json.dumps({"error": error})))
    with pytest.raises(Forbidden) as refused:
        client_of(transport).Things.create(ID=1)
    assert (refused.value.target, refused.value.details[0].message) == ("Name", "why")


def test_an_address_that_is_no_service():
    """Whoever has mistyped it reads what was asked."""
    with pytest.raises(NotFound, match=r"^404: http://localhost/\$metadata says nothing of the reason$"):
        client_of(httpx.MockTransport(lambda _: httpx.Response(404, text="<html>"))).Things  # noqa: B018
