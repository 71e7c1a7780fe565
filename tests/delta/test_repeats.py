"""Requests that come again are done once (OASIS Repeatable Requests; Idempotency-Key)."""

from __future__ import annotations

import dataclasses
import json
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from email.utils import formatdate

import pytest
from sqlalchemy import event, func, select, update

from odata_service import Headers, ODataRequest
from odata_service.protocol import V2, V4
from odata_service.repeats import REPEATS
from tests.delta.client import ROOT

ADA = "People(0d3b3f0e-6f61-4a27-9a35-64d2a1f0c001)"
ZOE = {"PersonId": "00000000-0000-4000-8000-000000000009", "Name": "Zoe"}


def repeatable(request_id: str = "1", seconds_ago: int = 0) -> dict[str, str]:
    sent = formatdate(time.time() - seconds_ago, usegmt=True)
    return {"Repeatability-Request-ID": request_id, "Repeatability-First-Sent": sent}


KEYS = [repeatable(), {"Idempotency-Key": '"8e03978e"'}, {"Idempotency-Key": "8e03978e"}]


def untimed(answer) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body, but for the time that it took."""
    headers = {name: value for name, value in answer.headers.items() if name != "Server-Timing"}
    return answer.status, headers, re.sub(rb'[^"]*"server-timing": "(?:[^"\\]|\\.)*"', b"", answer.body)


def same(first, second) -> bool:
    return untimed(first) == untimed(second)


def records(people) -> int:
    with people.service.engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(REPEATS))


@pytest.fixture(autouse=True)
def forgotten(people):
    people.service._changes.repeats.create_table()
    with people.service.engine.begin() as connection:
        connection.execute(REPEATS.delete())


class TestSingleRequests:
    @pytest.mark.parametrize("key", KEYS)
    def test_post_makes_one_entity(self, people, key):
        first = people.send("POST", "People", {"Name": "Zoe"}, **key)
        second = people.send("POST", "People", {"Name": "Zoe"}, **key)
        assert first.status == 201 and same(first, second)
        assert people.get("People/$count?$filter=Name eq 'Zoe'").text == "1"
        assert first.json == people.get(first.headers["Location"]).json, "the answer has the committed stamp"

    @pytest.mark.parametrize("method, url, body", [
        ("PATCH", ADA, {"Name": "Ada King"}),
        ("PUT", ADA, {"Name": "Ada King"}),
        ("PATCH", "People", {"value": [{"@id": ADA, "Name": "Ada King"}]}),
        ("PATCH", "People/$each", {"Name": "x"}),
        ("PUT", f"{ADA}/Name", {"value": "x"}),
        ("DELETE", ADA, None),
        ("DELETE", "Addresses/$each", None),
    ])  # fmt: skip
    def test_the_answer_is_given_again(self, people, method, url, body):
        first = people.send(method, url, body, Prefer="return=representation", **repeatable())
        second = people.send(method, url, body, Prefer="return=representation", **repeatable())
        assert first.status < 300 and same(first, second)

    def test_what_was_changed_since_stays(self, people):
        people.send("PATCH", ADA, {"Name": "Ada King"}, **repeatable())
        people.send("PATCH", ADA, {"Name": "Augusta"})
        people.send("PATCH", ADA, {"Name": "Ada King"}, **repeatable())
        assert people.get(f"{ADA}/Name/$value").text == "Augusta"

    def test_every_answer_says_that_it_was_accepted(self, people):
        for method, url, body in [("POST", "People", ZOE), ("POST", "People", {"Nmae": "x"}), ("POST", "$batch", b"")]:
            answer = people.send(method, url, body, **repeatable(f"a{len(url)}"))
            assert answer.headers["Repeatability-Result"] == "accepted"
        assert "Repeatability-Result" not in people.send("POST", "People", {"Name": "x"}, Idempotency_Key="1").headers
        assert "Repeatability-Result" not in people.get("People/$count", **repeatable()).headers

    def test_in_v2(self, people):
        people.changing()
        headers = Headers({"Content-Type": "application/json", "Idempotency-Key": "1"})
        asked = ODataRequest(V2, "POST", "People", "", headers, b'{"Name":"Zoe"}')
        first, second = people.service.handle(asked), people.service.handle(asked)
        assert first.status == 201 and first.body == second.body
        assert people.get("People/$count?$filter=Name eq 'Zoe'").text == "1"

    def test_without_a_key_it_is_another_request(self, people):
        for _ in "12":
            people.send("POST", "People", {"Name": "Zoe"})
        assert people.get("People/$count?$filter=Name eq 'Zoe'").text == "2" and records(people) == 0

    def test_answered_later(self, people):
        for _ in "12":
            people.send("POST", "People", {"Name": "Zoe"}, Prefer="respond-async,wait=20", **repeatable())
        assert people.get("People/$count?$filter=Name eq 'Zoe'").text == "1"


class TestRefusals:
    @pytest.mark.parametrize("key, code", [
        ({"Repeatability-Request-ID": "1"}, "BadHeader"),
        ({"Repeatability-Request-ID": "1", "Repeatability-First-Sent": "yesterday"}, "BadHeader"),
        ({"Repeatability-Request-ID": "1", "Repeatability-First-Sent": "2026-01-01T00:00:00Z"}, "BadHeader"),
        ({"Repeatability-Request-ID": "1", "Repeatability-First-Sent": "Tue, 99 Nov 1994 08:12:31 GMT"}, "BadHeader"),
        (repeatable(""), "BadHeader"),
        (repeatable("x" * 201), "BadHeader"),
        ({"Idempotency-Key": '""'}, "BadHeader"),
    ])  # fmt: skip
    def test_what_is_no_key(self, people, key, code):
        answer = people.send("POST", "People", ZOE, **key)
        assert answer.error == (400, code)
        assert answer.headers.get("Repeatability-Result") == ("rejected" if "Repeatability-Request-ID" in key else None)

    def test_first_sent_too_long_ago(self, people):
        answer = people.send("POST", "People", ZOE, **repeatable(seconds_ago=721 * 3600))
        assert answer.error == (412, "TooLateToRepeat") and answer.headers["Repeatability-Result"] == "rejected"
        assert people.send("POST", "People", ZOE, **repeatable(seconds_ago=719 * 3600)).status == 201

    @pytest.mark.parametrize("key", KEYS[:2])
    @pytest.mark.parametrize("method, url, body", [
        ("POST", "People", {"Name": "Zoë"}), ("POST", "Addresses", {"Name": "Zoe"}), ("POST", "People?$select=Name", {"Name": "Zoe"}),
        ("PATCH", "People", {"value": []}), ("POST", "$batch", {"requests": []}),
    ])  # fmt: skip
    def test_the_same_key_for_something_else(self, people, key, method, url, body):
        people.send("POST", "People", {"Name": "Zoe"}, **key)
        answer = people.send(method, url, body, **key)
        assert answer.error in ((422, "KeyReused"), (400, "UnknownProperty"))
        assert people.get("People/$count?$filter=startswith(Name,'Zo')").text == "1"

    def test_what_was_refused_may_be_mended(self, people):
        """A refused request has changed nothing, so there is nothing to remember."""
        assert people.send("POST", "People", {"Nmae": "Zoe"}, **repeatable()).status == 400
        assert people.send("POST", "People", ZOE | {"Name": None}, **repeatable()).status == 400
        assert people.send("PATCH", ADA, {"Name": "x"}, If_None_Match="*", **repeatable()).status == 412
        assert records(people) == 0
        assert people.send("POST", "People", ZOE, **repeatable()).status == 201

    def test_somebody_elses_key(self, people):
        class Somebody:
            name = "somebody"
            roles = frozenset()

        people.send("POST", "People", {"Name": "Zoe"}, **repeatable())
        headers = Headers({"Content-Type": "application/json", **repeatable()})
        body = json.dumps({"Name": "Another"}).encode()
        asked = ODataRequest(V4, "POST", "People", "", headers, body, ROOT, Somebody())
        assert people.service.handle(asked).status == 201

    def test_the_client_id_is_part_of_the_key(self, people):
        for client in "ab":
            people.send("POST", "People", {"Name": "Zoe"}, Repeatability_Client_ID=client, **repeatable())
        assert people.get("People/$count?$filter=Name eq 'Zoe'").text == "2"


@pytest.mark.every_database
class TestRecords:
    def test_are_forgotten(self, people):
        people.send("POST", "People", {"Name": "Zoe"}, Idempotency_Key="1")
        age(people, hours=721)
        people.send("POST", "People", {"Name": "Zoë"}, Idempotency_Key="1")
        assert people.get("People/$count?$filter=startswith(Name,'Zo')").text == "2" and records(people) == 1

    def test_are_swept(self, people):
        people.send("POST", "People", {"Name": "Zoe"}, Idempotency_Key="1")
        age(people, hours=721)
        people.service._changes.repeats._next_sweep = 0
        people.send("POST", "People", {"Name": "Zoe"}, Idempotency_Key="2")
        assert records(people) == 1

    def test_are_part_of_the_transaction(self, people):
        """What ends the transaction in its last moment leaves neither the change nor the record."""
        session = people.service._changes.sessions

        def crash(*_: object) -> None:
            raise KeyboardInterrupt

        event.listen(session.class_, "after_flush", crash)
        try:
            with pytest.raises(KeyboardInterrupt):
                people.send("POST", "People", ZOE, **repeatable())
        finally:
            event.remove(session.class_, "after_flush", crash)
        assert records(people) == 0 and people.get("People/$count?$filter=Name eq 'Zoe'").text == "0"
        assert people.send("POST", "People", ZOE, **repeatable()).status == 201

    def test_another_worker_knows_them(self, people, client_of):
        first = people.send("POST", "People", {"Name": "Zoe"}, **repeatable())
        other = dataclasses.replace(people, service=client_of("people").service)
        assert same(other.send("POST", "People", {"Name": "Zoe"}, **repeatable()), first)


def age(people, hours: int) -> None:
    with people.service.engine.begin() as connection:
        connection.execute(update(REPEATS).values(done=REPEATS.c.done - hours * 3600))


@pytest.mark.every_database
class TestAtOnce:
    def test_one_key_many_times(self, people):
        """All get the one answer of the one that was first."""
        start = threading.Barrier(8)

        def send(_: int):
            start.wait()
            return people.send("POST", "People", {"Name": "Zoe"}, **repeatable())

        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(send, range(8)))
        assert {each.status for each in answers} == {201} and all(same(answers[0], each) for each in answers)
        assert people.get("People/$count?$filter=Name eq 'Zoe'").text == "1"

    def test_many_keys_for_one_entity(self, people):
        with ThreadPoolExecutor(8) as pool:
            sent = [pool.submit(people.send, "PATCH", ADA, {"Name": f"n{n}"}, **repeatable(str(n))) for n in range(16)]
        assert {each.result().status for each in sent} == {204} and records(people) == 16


def part(number: int, method: str, url: str, body: object = None, **more: object) -> dict[str, object]:
    return {"id": str(number), "method": method, "url": url, **({} if body is None else {"body": body}), **more}


class TestBatch:
    REQUESTS = [
        part(1, "post", "People", {"Name": "Zoe"}),
        part(2, "post", "People", {"Name": "Zoe"}, atomicityGroup="g"),
        part(3, "patch", "$2", {"Name": "Zoë"}, atomicityGroup="g"),
        part(4, "get", "People/$count"),
    ]

    def zoes(self, people) -> tuple[str, str]:
        return tuple(people.get(f"People/$count?$filter=Name eq '{name}'").text for name in ("Zoe", "Zoë"))

    def test_as_a_whole(self, people):
        first = people.send("POST", "$batch", {"requests": self.REQUESTS}, **repeatable())
        second = people.send("POST", "$batch", {"requests": self.REQUESTS}, **repeatable())
        assert [each["status"] for each in first.json["responses"]] == [201, 201, 204, 200] and same(first, second)
        assert self.zoes(people) == ("1", "1")
        assert people.send("POST", "$batch", {"requests": self.REQUESTS[:1]}, **repeatable()).error == (
            422,
            "KeyReused",
        )

    def test_goes_on_where_it_was_interrupted(self, people):
        """The worker dies before the whole batch was answered: its parts are remembered."""
        first = people.send("POST", "$batch", {"requests": self.REQUESTS}, **repeatable())
        (whole,) = self.newest(people)
        with people.service.engine.begin() as connection:
            connection.execute(REPEATS.delete().where(REPEATS.c.request == whole))
        second = people.send("POST", "$batch", {"requests": self.REQUESTS}, **repeatable())
        assert same(first, second) and self.zoes(people) == ("1", "1")

    def newest(self, people) -> list[str]:
        """The record of the batch itself: it holds all answers, and so the most."""
        with people.service.engine.connect() as connection:
            rows = connection.execute(select(REPEATS.c.request, REPEATS.c.answers)).all()
        return [max(rows, key=lambda row: len(row.answers)).request]

    def test_its_parts(self, people):
        requests = [
            {**each, "headers": repeatable(str(each["id"]))} if each["method"] != "get" else each
            for each in self.REQUESTS
        ]
        first, second = (people.send("POST", "$batch", {"requests": requests}) for _ in "12")
        answers = first.json["responses"]
        assert same(first, second) and self.zoes(people) == ("1", "1")
        assert [each["headers"].get("repeatability-result") for each in answers] == ["accepted"] * 3 + [None]

    def test_a_later_request_names_an_entity_of_a_change_set_that_was_done_before(self, people):
        requests = [self.REQUESTS[1], part(5, "get", "$2/Name/$value")]
        requests[0]["headers"] = repeatable()
        for _ in "12":
            answer = people.send("POST", "$batch", {"requests": requests})
            assert answer.json["responses"][1]["body"] == "Zoe"

    def test_what_was_refused_is_tried_again(self, people):
        requests = [
            part(1, "post", "People", {"Name": "Zoe"}),
            part(2, "patch", f"People({ZOE['PersonId']})", {"Name": "y"}),
        ]
        requests[1]["headers"] = {"if-match": "*"}
        first = people.send("POST", "$batch", {"requests": requests}, **repeatable())
        people.send("POST", "People", ZOE | {"Name": "x"})
        second = people.send("POST", "$batch", {"requests": requests}, **repeatable())
        statuses = [[each["status"] for each in answer.json["responses"]] for answer in (first, second)]
        assert statuses[0][0] == statuses[1][0] == 201 and statuses[0][1] in (404, 412) and statuses[1][1] == 204
        assert self.zoes(people) == ("1", "0")

    def test_another_boundary_is_the_same_batch(self, people):
        text = "--{0}\r\nContent-Type: application/http\r\n\r\nPOST People HTTP/1.1\r\nContent-Type: application/json\r\n\r\n" \
               '{{"Name":"Zoe"}}\r\n--{0}--\r\n'  # fmt: skip
        for boundary in ("b1", "b2"):
            body = text.format(boundary).encode()
            given = {"Content-Type": f"multipart/mixed;boundary={boundary}", **repeatable()}
            answer = people.send("POST", "$batch", body, **given)
            assert answer.status == 200 and b"201 Created" in answer.body
        assert self.zoes(people) == ("1", "0")


class TestJoined:
    """Changes of a batch that stand for themselves are made in one transaction where nothing is in the way, and nobody can tell."""

    BEN = "00000000-0000-4000-8000-000000000008"
    REQUESTS = [
        part(1, "POST", "People", ZOE, headers={"Idempotency-Key": "1", "Prefer": "return=representation"}),
        part(2, "POST", "People", {"PersonId": BEN, "Name": "Ben"}, headers={"Idempotency-Key": "2"}),
        part(
            3, "PATCH", ADA, {"Name": "Ada King"}, headers={"Idempotency-Key": "3", "Prefer": "return=representation"}
        ),
    ]

    def send(self, people, *requests):
        return people.send("POST", "$batch", {"requests": list(requests)}).json["responses"]

    def names(self, people) -> set[str]:
        return {each["Name"] for each in people.get("People").json["value"]}

    def stamps(self, people) -> set[str]:
        """Those of one transaction are one."""
        people_ = people.get("People?$filter=Name in ('Zoe','Ben','Ada King')").json["value"]
        assert len(people_) == 3
        return {each["LastUpdated"] for each in people_}

    def plain(self, answers):
        """But for stamps and the time that it took."""
        dropped = ("server-timing", "LastUpdated", "etag", "@odata.etag")
        return [
            {
                "status": each["status"],
                "headers": {name: value for name, value in each["headers"].items() if name not in dropped},
                "body": {name: value for name, value in each.get("body", {}).items() if name not in dropped},
            }
            for each in answers
        ]

    def test_in_one_transaction(self, people):
        answers = self.send(people, *self.REQUESTS)
        assert [each["status"] for each in answers] == [201, 201, 200] and len(self.stamps(people)) == 1

    def test_answered_as_each_alone(self, people, client_of):
        """Where somebody listens to requests, each has its own transaction."""
        together = self.plain(self.send(people, *self.REQUESTS))
        other = dataclasses.replace(people, service=client_of("people").service)
        with other.service.engine.begin() as connection:
            connection.execute(REPEATS.delete())
        for name in (ZOE["PersonId"], self.BEN):
            other.send("DELETE", f"People({name})")
        other.send("PATCH", ADA, {"Name": "Ada Lovelace"})
        other.service.request_started.connect(lambda context: None)
        apart = self.send(other, *self.REQUESTS)
        assert self.plain(apart) == together and len(self.stamps(other)) == 3

    def test_come_again(self, people):
        """All of them, some beside others, each in a batch or alone: none is done twice, and the answers are those of before."""
        first = self.send(people, *self.REQUESTS)
        more = part(4, "POST", "People", {"Name": "Cid"}, headers={"Idempotency-Key": "4"})
        assert self.plain(self.send(people, *self.REQUESTS)) == self.plain(first)
        mixed = self.send(people, more, *self.REQUESTS[:2])
        assert [each["status"] for each in mixed] == [201] * 3 and self.plain(mixed[1:]) == self.plain(first[:2])
        alone = people.send("POST", "People", ZOE, Idempotency_Key="1", Prefer="return=representation")
        assert alone.status == 201 and alone.json["LastUpdated"] == first[0]["body"]["LastUpdated"]
        assert people.get("People/$count?$filter=Name in ('Zoe','Ben','Cid')").text == "3"

    def test_one_that_is_refused(self, people):
        wrong = part(4, "POST", "People", {"Nmae": "x"}, headers={"Idempotency-Key": "4"})
        answers = self.send(people, self.REQUESTS[0], wrong, *self.REQUESTS[1:])
        assert [each["status"] for each in answers] == [201, 400, 201, 200]
        assert {"Zoe", "Ben", "Ada King"} <= self.names(people)

    def test_two_of_one_entity(self, people):
        """Each answer shows what its own request has made of it."""
        again = part(
            4, "PATCH", ADA, {"Name": "Ada"}, headers={"Idempotency-Key": "4", "Prefer": "return=representation"}
        )
        answers = self.send(people, self.REQUESTS[2], again)
        assert [each["body"]["Name"] for each in answers] == ["Ada King", "Ada"]

    def test_deletions(self, people):
        self.send(people, *self.REQUESTS)
        gone = [
            part(n, "DELETE", f"People({key})", headers={"Idempotency-Key": f"d{n}"})
            for n, key in enumerate((ZOE["PersonId"], self.BEN), start=1)
        ]
        for _ in "12":
            assert [each["status"] for each in self.send(people, *gone)] == [204, 204]
        assert not {"Zoe", "Ben"} & self.names(people)

    def test_old_records_are_swept(self, people):
        people.send("POST", "People", {"Name": "Cid"}, Idempotency_Key="4")
        age(people, hours=721)
        people.service._changes.repeats._next_sweep = 0
        self.send(people, *self.REQUESTS)
        assert records(people) == len(self.REQUESTS) and len(self.stamps(people)) == 1
