"""Answers that come later (Protocol, Asynchronous Requests)."""

from __future__ import annotations

import time

from odata_service import Headers, ODataRequest, ODataService
from odata_service.protocol import V4
from tests.delta.client import ROOT, ClientV4

ADA = "People(0d3b3f0e-6f61-4a27-9a35-64d2a1f0c001)"


def finished(client, monitor, **headers):
    """What the monitor says once it does not say 202 any more."""
    for _ in range(200):
        answer = client.get(monitor, **headers)
        if answer.status != 202:
            return answer
        assert answer.headers["Location"] == monitor
        time.sleep(0.02)
    raise AssertionError("it takes too long")


class TestRespondAsync:
    def test_the_answer_comes_from_the_monitor(self, people):
        people.changing()
        accepted = people.get("People?$orderby=Name&$top=1&$select=Name", Prefer="respond-async")
        assert (accepted.status, accepted.body, accepted.headers["Preference-Applied"]) == (202, b"", "respond-async")
        monitor = accepted.headers["Location"]
        assert monitor.startswith(ROOT)
        answer = finished(people, monitor)
        assert (answer.status, answer.headers["AsyncResult"]) == (200, "200")
        assert [each["Name"] for each in answer.json["value"]] == ["Ada Lovelace"]
        assert finished(people, monitor).json == answer.json  # as often as it is asked for

    def test_a_change_and_a_refusal(self, people):
        monitor = people.send("PATCH", ADA, {"Name": "Ada King"}, Prefer="respond-async").headers["Location"]
        assert finished(people, monitor).headers["AsyncResult"] == "204"
        assert people.get(ADA).json["Name"] == "Ada King"
        monitor = people.send("PATCH", ADA, {"Name": None}, Prefer="respond-async").headers["Location"]
        answer = finished(people, monitor)
        assert (answer.status, answer.headers["AsyncResult"]) == (200, "400") and answer.json["error"][
            "target"
        ] == "Name"

    def test_as_a_message(self, people):
        people.changing()
        monitor = people.get(f"{ADA}/Name/$value", Prefer="odata.respond-async").headers["Location"]
        answer = finished(people, monitor, Accept="application/http")
        assert answer.headers["Content-Type"] == "application/http" and "AsyncResult" not in answer.headers
        assert answer.body.startswith(b"HTTP/1.1 200 OK\r\n") and answer.body.endswith(b"\r\n\r\nAda Lovelace")

    def test_who_waits_gets_it_at_once(self, people):
        people.changing()
        answer = people.get("People/$count", Prefer="respond-async, wait=20")
        assert answer.status == 200 and int(answer.text) > 1

    def test_another_worker_knows_it(self, people):
        people.changing()
        monitor = people.get("People/$count", Prefer="respond-async").headers["Location"]
        finished(people, monitor)
        models = [each.mapper.class_ for each in people.service.model.types.values()]
        other = ClientV4(ODataService(models, people.service.engine, namespace="PeopleModel"))
        assert finished(other, monitor).headers["AsyncResult"] == "200"

    def test_cancel(self, people):
        monitor = people.send("GET", "People/$count", Prefer="respond-async").headers["Location"]
        finished(people, monitor)
        assert people.send("DELETE", monitor).status == 204
        assert people.get(monitor).error == (404, "MonitorNotFound")

    def test_nobody_elses(self, people):
        people.changing()
        monitor = people.get("People/$count", Prefer="respond-async").headers["Location"]
        finished(people, monitor)

        class Somebody:
            name = "somebody"
            roles = frozenset()

        asked = ODataRequest(V4, "GET", monitor.removeprefix(ROOT), "", Headers({}), b"", ROOT, Somebody())
        assert people.service.handle(asked).status == 404

    def test_a_part_of_a_batch_is_answered_with_the_batch(self, people):
        request = {"id": "1", "method": "get", "url": "People/$count", "headers": {"prefer": "respond-async"}}
        answer = people.send("POST", "$batch", {"requests": [request]})
        assert answer.json["responses"][0]["status"] == 200
