"""Conditional requests in the order of the reference (protocol, Conditional requests)."""

from __future__ import annotations

import pytest

from tests.datasync.client import Client
from tests.datasync.rows import added, outcome, panther, tag

PAST, FUTURE = "Wed, 02 Jan 2019 01:02:03 GMT", "Fri, 02 Jan 2099 01:02:03 GMT"
ROW = "Black Panther"
STALE = '"dGVzdA=="'


def headers(given: dict[str, str], current: str) -> dict[str, str]:
    return {name: value.replace("CURRENT", current) for name, value in given.items()}


# Headers → what a GET says, and whether a change may be made.
CASES = [
    ({}, 200, True),
    # 1. If-Match
    ({"If_Match": "CURRENT"}, 200, True),
    ({"If_Match": "*"}, 200, True),
    ({"If_Match": f"{STALE}, CURRENT"}, 200, True),
    ({"If_Match": STALE}, 412, False),
    ({"If_Match": "W/CURRENT"}, 412, False),
    ({"If_Match": "nonsense"}, 412, False),
    # 2. If-Unmodified-Since, only without If-Match
    ({"If_Unmodified_Since": FUTURE}, 200, True),
    ({"If_Unmodified_Since": PAST}, 412, False),
    ({"If_Unmodified_Since": "yesterday"}, 200, True),
    ({"If_Match": "CURRENT", "If_Unmodified_Since": PAST}, 200, True),
    ({"If_Match": STALE, "If_Unmodified_Since": FUTURE}, 412, False),
    # 3. If-None-Match
    ({"If_None_Match": STALE}, 200, True),
    ({"If_None_Match": "CURRENT"}, 304, False),
    ({"If_None_Match": f"{STALE}, CURRENT"}, 304, False),
    ({"If_None_Match": "*"}, 304, False),
    ({"If_None_Match": "W/CURRENT"}, 200, True),
    ({"If_Match": STALE, "If_None_Match": "CURRENT"}, 412, False),
    # 4. If-Modified-Since, only without If-None-Match
    ({"If_Modified_Since": PAST}, 200, True),
    ({"If_Modified_Since": FUTURE}, 304, False),
    ({"If_Modified_Since": "yesterday"}, 200, True),
    ({"If_None_Match": STALE, "If_Modified_Since": FUTURE}, 200, True),
    ({"If_Unmodified_Since": PAST, "If_Modified_Since": FUTURE}, 412, False),
]


@pytest.mark.parametrize("given, status, may_change", CASES)
def test_get(client: Client, given, status, may_change):
    row = added(client)
    answer = client.get("movies/panther", **headers(given, tag(row)))
    assert outcome(answer) == (status, "" if status == 304 else ROW)
    assert answer.headers["ETag"] == tag(row)


@pytest.mark.parametrize("given, status, may_change", CASES)
def test_put(client: Client, given, status, may_change):
    row = added(client)
    answer = client.put("movies/panther", panther(title="New"), **headers(given, tag(row)))
    assert outcome(answer) == ((200, "New") if may_change else (412, ROW))
    assert client.get("movies/panther").json["title"] == ("New" if may_change else ROW)
    assert answer.headers["ETag"] == tag(answer.json)


@pytest.mark.parametrize("given, status, may_change", CASES)
def test_delete(client: Client, given, status, may_change):
    row = added(client)
    answer = client.delete("movies/panther", **headers(given, tag(row)))
    assert outcome(answer) == ((204, "") if may_change else (412, ROW))
    assert client.get("movies/panther").status == (410 if may_change else 200)


def test_the_second_of_a_change_is_not_known(client: Client):
    """A date has no milliseconds: what was changed in its second may have been changed after the client has read it."""
    added(client)
    second = client.get("movies/panther").headers["Last-Modified"]
    assert client.put("movies/panther", panther(title="New"), If_Unmodified_Since=second).status == 412


def test_a_post_knows_no_conditions(client: Client):
    assert client.post("movies", panther(), If_Match=STALE, If_None_Match="*").status == 201


def test_a_query_knows_no_conditions(client: Client):
    row = added(client)
    assert len(client.items("movies", If_None_Match=tag(row), If_Match=STALE, If_Modified_Since=FUTURE)) == 1
