"""A pull when nothing has happened is one request, one statement and no rows: who follows by a token asks for the clock's last
stamp, and a client of tables for what is newer than the newest."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from odata_service import Headers, ODataRequest
from odata_service.protocol import DATASYNC, SYNC, V2, V4
from tests.delta.client import ROOT
from tests.service.client import Answer

ROADS = [
    #  protocol  first request                                      preference       rows       what leads on
    (V4,       "People",                                            "track-changes", "value",   "@odata.deltaLink"),
    (V4,       "People?$filter=startswith(Name,'A')&$select=Name",  "track-changes", "value",   "@odata.deltaLink"),
    (V4,       "People?$expand=Addresses",                          "track-changes", "value",   "@odata.deltaLink"),
    (V2,       "People?!deltatoken=",                               None,            "results", "__delta"),
    (SYNC,     "People",                                            None,            "records", "token"),
    (DATASYNC, "people?$orderby=updatedAt&__includedeleted=true",   None,            "items",   "updatedAt"),
]  # fmt: skip


def statements(answer: Answer) -> int:
    found = re.search(r"statements=(\d+)", answer.headers["Server-Timing"])
    assert found is not None
    return int(found[1])


def following(first: str, document: dict[str, Any], rows: str, link: str) -> str:
    """What the client asks for when it comes again."""
    if link == "token":
        return f"{first}?since={document['token']}"
    if link == "updatedAt":
        newest = max(row["updatedAt"] for row in document[rows])
        return f"{first}&$filter=(updatedAt gt cast({newest},Edm.DateTimeOffset))"
    return str(document[link]).removeprefix(ROOT)


@pytest.mark.parametrize("protocol, first, prefer, rows, link", ROADS)
def test_an_idle_pull(client_of: Callable[..., Any], protocol, first, prefer, rows, link):
    service = client_of("people").service

    def get(url: str) -> tuple[Answer, dict[str, Any]]:
        target, _, query = url.partition("?")
        headers = Headers({"Accept": "application/json"} | ({"Prefer": prefer} if prefer else {}))
        answer = service.handle(ODataRequest(protocol, "GET", target, query.replace(" ", "%20"), headers, b"", ROOT))
        assert answer.status == 200, answer.body
        found = Answer(answer.status, Headers(answer.headers), answer.body)
        return found, found.json.get("d", found.json)

    _, document = get(first)
    assert document[rows], "there is something to follow"
    asked = following(first, document, rows, link)
    for _ in range(2):
        answer, document = get(asked)
        assert document[rows] == [] and not document.get("deleted")
        assert statements(answer) == 1
        assert not (document.get("@odata.nextLink") or document.get("__next") or document.get("nextLink") or document.get("more"))
        if prefer:
            assert answer.headers["Preference-Applied"] == prefer
        if link != "updatedAt":
            asked = following(first, document, rows, link)


def test_how_many_changes_when_there_are_none(people):
    link = people.delta_link("People?$expand=Addresses")
    answer = people.get(link.replace("People?", "People/$count?"))
    assert answer.text == "0" and statements(answer) == 1
