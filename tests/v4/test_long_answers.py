"""A long answer is sent while it is read, and is the same to the byte as one that is put together first."""

from __future__ import annotations

import json
import re
import time
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from sqlalchemy import text

from odata_service import Headers, Limits, ODataRequest, ODataResponse, ODataService
from odata_service.message import Pieces
from odata_service.protocol import V2, V4, Protocol
from odata_service.sample import sample_named
from odata_service.tracking import writing
from tests.delta.client import ROOT, ClientV4
from tests.service.databases import ClientOf
from tests.service.test_database_away import cut_all_others

PART = 3
LONG = 8  # entities of a page: its last part has two, and there are more
JSON = "application/json"


@pytest.fixture
def service(client_of: ClientOf, monkeypatch: pytest.MonkeyPatch) -> ODataService:
    """A dozen people, in parts of three."""
    service = client_of("people").service
    in_parts_of(PART, service, monkeypatch)
    return service


def in_parts_of(rows: int, service: ODataService, patch: pytest.MonkeyPatch) -> None:
    patch.setattr("odata_service.plan.read.ROWS_OF_A_PART", rows)
    service.page_size("*", LONG)  # plans are made anew


def asked(service: ODataService, protocol: Protocol, url: str, **headers: str) -> ODataResponse:
    target, _, query = quote(url.removeprefix(ROOT), safe="/?&$=()',;:%").partition("?")
    said = {"Accept": JSON} | {name.replace("_", "-"): value for name, value in headers.items()}
    return service.handle(ODataRequest(protocol, "GET", target, query, Headers(said), b"", ROOT))


def whole(service: ODataService, protocol: Protocol, url: str, **headers: str) -> ODataResponse:
    """The same, put together first."""
    with pytest.MonkeyPatch.context() as patch:
        in_parts_of(1_000, service, patch)
        answer = asked(service, protocol, url, **headers)
    service.page_size("*", LONG)
    assert answer.status == 200 and answer.pieces is None, answer.body
    return answer


def seen(answer: ODataResponse) -> tuple[dict[str, str], bytes]:
    """Headers and body, without what says when and how they were made."""
    headers = {name: value for name, value in answer.headers.items() if name != "Server-Timing"}
    return headers, re.sub(rb"<updated>[^<]*</updated>", b"", answer.whole().body)


FORMS: list[tuple[Protocol, dict[str, str]]] = [
    (V4, {}),
    (V4, {"Accept": f"{JSON};odata.metadata=full"}),
    (V4, {"Accept": f"{JSON};odata.metadata=none"}),
    (V4, {"OData_MaxVersion": "4.01"}),
    (V4, {"Prefer": "maxpagesize=7"}),
    (V2, {}),
    (V2, {"Accept": "application/atom+xml"}),
]
COUNT = {V4: "$count=true", V2: "$inlinecount=allpages"}


@pytest.mark.parametrize("url", [
    "People?$top=7",
    "People?$top=6",  # ends where a part does
    "People?$top=9",
    "People?$skip=3",
    "People?$skip=2&$top=9&$orderby=Name desc",
    "People?$select=Name&$orderby=LastUpdated,Name",
    "People?$filter=Name ge 'B'",
    "People?$filter=Name eq 'nobody'",
    "People?$expand=Addresses,PhoneNumbers",
    "Addresses?$expand=AddressType&$orderby=AddressId",
])  # fmt: skip
@pytest.mark.every_database
def test_the_same_to_the_byte(service: ODataService, url: str):
    for protocol, headers in FORMS:
        for each in (url, f"{url}&{COUNT[protocol]}"):
            assert seen(asked(service, protocol, each, **headers)) == seen(whole(service, protocol, each, **headers))


@pytest.mark.parametrize(
    "url, parts", [("People", 4), ("People?$top=6", 3), ("People?$top=3", 0), ("People?$filter=Name eq 'x'", 0)]
)
def test_parts(service: ODataService, url: str, parts: int):
    """One that is not full is the last, and what is one part alone is no long answer."""
    for protocol in (V4, V2):
        pieces = asked(service, protocol, url).pieces
        assert (0 if pieces is None else len(list(pieces))) == parts


def begun(service: ODataService, url: str = "People", protocol: Protocol = V4, **headers: str) -> Pieces:
    answer = asked(service, protocol, url, **headers)
    assert isinstance(answer.pieces, Pieces), answer.body
    return answer.pieces


def held(service: ODataService) -> int:
    """How many connections are in use. (Any: not every pool counts.)"""
    pool: Any = service.engine.pool
    found: int = pool.checkedout()
    return found


def test_all_parts_are_of_one_state(service: ODataService):
    """Whatever others change meanwhile."""
    for url in ("People?$orderby=Name", "People?$expand=Addresses&$orderby=Name"):
        expected = whole(service, V4, url).body
        pieces = begun(service, url)
        first = next(pieces)
        with writing(service.engine).begin() as connection:
            connection.execute(text("""UPDATE "Person" SET "Name" = 'Zoe' || "Name" WHERE "Name" > 'B'"""))
        assert first + b"".join(pieces) == expected
        assert whole(service, V4, url).body != expected


def test_the_connection_is_given_back(service: ODataService):
    for url in ("People", "People?$expand=Addresses"):
        read, left = begun(service, url), begun(service, url)
        assert held(service) == 2
        assert b"".join(read).endswith(b"}")
        next(left)
        left.close()
        begun(service, url).close()  # nobody has wanted anything of it
        assert held(service) == 0


def test_head_and_what_cannot_be_written(service: ODataService):
    app = Flask("long")
    app.register_blueprint(service.blueprint("v4"), url_prefix="/v4")
    assert app.test_client().head("/v4/People").status_code == 200
    assert app.test_client().get("/v4/People", buffered=True).get_json()["value"][LONG - 1]
    answer = asked(service, V4, "People", Accept="text/html")
    assert (answer.status, answer.pieces, held(service)) == (406, None, 0)


def test_an_error_in_the_middle(service: ODataService):
    """The answer ends where it is, and is no JSON."""
    if service.engine.dialect.name == "sqlite":
        pytest.skip("a file does not go away")
    pieces = begun(service)
    first = next(pieces)
    cut_all_others(service.engine)
    with pytest.raises(Exception, match="connection|reached"):
        next(pieces)
    assert list(pieces) == [] and held(service) == 0
    with pytest.raises(json.JSONDecodeError):
        json.loads(first)
    assert len(json.loads(b"".join(begun(service)))["value"]) == LONG


def test_a_mistake_of_the_application(service: ODataService):
    """In the first part it is a refusal, later the answer breaks off."""
    names = [each["Name"] for each in json.loads(whole(service, V4, "People?$orderby=Name").body)["value"]]
    fails = {names[0]}

    @service.on_entry("People")
    def shown(_context: object, entry: Any) -> None:
        entry["Name"] = str(1 / (entry["Name"] not in fails))

    assert asked(service, V4, "People?$orderby=Name").status == 500
    fails.clear()
    fails.add(names[PART])
    pieces = begun(service, "People?$orderby=Name")
    assert b'"1.0"' in next(pieces)
    with pytest.raises(ZeroDivisionError):
        next(pieces)
    pieces.close()
    assert held(service) == 0


def test_a_client_may_take_its_time(service: ODataService, monkeypatch: pytest.MonkeyPatch):
    """A statement's time is the database's, and anew for each part."""
    monkeypatch.setattr("odata_service.dialects.sqlite._STEPS_BETWEEN_LOOKS_AT_THE_CLOCK", 1)
    limits, people = Limits(statement_timeout_ms=200), sample_named("people")
    hasty = ODataService(people.base, service.engine, namespace=people.namespace, limits=limits)
    people.configure(hasty)
    in_parts_of(PART, hasty, monkeypatch)
    pieces = begun(hasty, "People?$expand=Addresses")
    first = next(pieces)
    time.sleep(0.3)
    assert len(json.loads(first + b"".join(pieces))["value"]) == LONG


def test_what_changes_meanwhile_is_in_the_first_delta(service: ODataService):
    service.page_size("*", 50)
    pieces = begun(service, "People", Prefer="track-changes")
    first = next(pieces)
    client = ClientV4(service)
    ada = json.loads(first + b"]}")["value"][0]
    assert client.send("PATCH", f"People({ada['PersonId']})", {"Name": "Changed"}).status == 204
    document = json.loads(first + b"".join(pieces))
    assert len(document["value"]) == 12 and "Changed" not in str(document)
    (changed,) = client.value(document["@odata.deltaLink"])
    assert changed["Name"] == "Changed"


def test_a_part_of_a_batch_is_whole(service: ODataService):
    """And so is what is explained."""
    service.explain("*")
    assert ClientV4(service).get("People?$explain=true").json["bytes"] == len(whole(service, V4, "People").body)
    requests = [{"id": str(number), "method": "get", "url": "People"} for number in range(2)]
    answer = ClientV4(service).send("POST", "$batch", {"requests": requests})
    expected = json.loads(whole(service, V4, "People").body)["value"]
    assert [each["body"]["value"] for each in answer.json["responses"]] == [expected] * 2
    assert held(service) == 0
