"""Reads from a replica that is behind, by as much as the test wants."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager

import orjson
import pytest
from sqlalchemy import create_engine

from odata_service import EntitySetRights, ODataRequest
from odata_service.execute import replica
from odata_service.feed import Listener
from odata_service.protocol import V4
from odata_service.tracking import write_sessions
from odata_service.web.health import Health
from tests.scale.conftest import READER, ROOT, WRITER, Client, service_on
from tests.sync.followers import FOLLOWERS
from tests.tracking.lossless import Base, Item, Writer, engine_of_its_own, following, write_side_by_side


def written(client, number, revision=2):
    answer = client.ask("PATCH", f"Items({number})", {"Revision": revision})
    assert answer.status in (200, 204), answer.body
    return answer


def test_who_changes_nothing_is_read_to_from_the_replica(pair):
    reader = pair.client(user=READER)
    assert (reader.revisions(), reader.place) == ({1: 1, 2: 1}, "replica")
    assert reader.cookies == {}
    assert "Consistency-Token" not in reader.ask("GET", "Items").headers


def test_what_a_client_has_written_it_reads(pair):
    writer, reader = pair.client(user=WRITER), pair.client(user=READER)
    pair.standby.pause()
    written(writer, 1)
    assert (writer.revisions(), writer.place) == ({1: 2, 2: 1}, "primary behind")
    assert (reader.revisions(), reader.place) == ({1: 1, 2: 1}, "replica")
    pair.standby.resume()
    assert (writer.revisions(), writer.place) == ({1: 2, 2: 1}, "replica")


def test_a_position_is_as_good_in_a_header(pair):
    writer = pair.client(user=WRITER, keeps=False)
    pair.standby.pause()
    token = written(writer, 1).headers["Consistency-Token"]
    assert writer.get("Items(1)", **{"Consistency-Token": token})["Revision"] == 2
    assert writer.place == "primary behind"
    pair.standby.resume()
    assert writer.get("Items(1)", **{"Consistency-Token": token})["Revision"] == 2
    assert writer.place == "replica"


@pytest.mark.parametrize("brought", ["", "odata_position_0=x", "x", "Ω"])
def test_who_brings_no_position_is_read_to_from_the_primary(pair, brought):
    writer = pair.client(user=WRITER, keeps=False)
    pair.standby.pause()
    written(writer, 1)
    name = pair.service._positions.cookie
    for headers in ({"Cookie": brought}, {"Cookie": f"{name}={brought}"}, {"Consistency-Token": brought}):
        answer = writer.ask("GET", "Items(1)", **headers)
        assert (answer.status, b'"Revision":2' in answer.body) == (200, True)
        assert writer.place == "primary not asked for"
        assert answer.headers["Consistency-Token"], "so that it may bring one from now on"


def test_a_client_that_has_only_read_so_far_brings_one_from_then_on(pair):
    client = pair.client(user=WRITER)
    assert [client.get("Items(1)")["Revision"], client.place] == [1, "primary not asked for"]
    pair.standby.resume()
    assert [client.get("Items(1)")["Revision"], client.place] == [1, "replica"]


def test_the_position_is_that_of_all_processes(pair):
    """The token of one is good for another, which has heard of no change."""
    here = pair.client(user=WRITER)
    there = pair.client(user=WRITER)
    there.service = service_on(pair.primary, pair.replica)
    there.__post_init__()
    pair.standby.pause()
    written(here, 1)
    there.cookies = here.cookies
    assert (there.revisions()[1], there.place) == (2, "primary behind")


def test_a_position_of_another_database_says_nothing(pair, postgresql_database):
    """Even where both have one secret."""
    with postgresql_database() as url:
        elsewhere = create_engine(url)
        Base.metadata.create_all(elsewhere)
        services = [service_on(engine, pair.replica, secret="of both") for engine in (elsewhere, pair.primary)]
        there, here = (Client(service, WRITER) for service in services)
        token = there.ask("POST", "Items", {"Id": 1, "Revision": 1, "Transaction": "-"}).headers["Consistency-Token"]
        assert here.get("Items(1)", **{"Consistency-Token": token})["Revision"] == 1
        assert here.place == "primary not asked for"
        assert there.cookies.keys().isdisjoint(here.cookies)
        elsewhere.dispose()


def test_who_is_refused_a_change_reads_what_was_in_its_way(pair):
    slow, quick = pair.client(user=WRITER), pair.client(user=WRITER)
    slow.revisions()
    pair.standby.resume()
    pair.standby.pause()
    item = {"Id": 3, "Revision": 1, "Transaction": "-"}
    assert [client.ask("POST", "Items", item).status for client in (quick, slow)] == [201, 409]
    assert (slow.get("Items(3)")["Revision"], slow.place) == (1, "primary behind")


def test_a_refused_read_says_no_position(pair):
    answer = pair.client(user=WRITER).ask("GET", "Items(9)")
    assert (answer.status, "Set-Cookie" in answer.headers) == (404, False)


def test_nobody_is_told_of_what_the_replica_does_not_have(pair):
    """Or he would fetch it, and find nothing."""
    feed, (item_set,) = pair.service._feed, pair.service.model.sets.values()
    listener = Listener(item_set, pair.service.access.caller(ODataRequest(V4, "GET", "Items")), None, seen=0)
    told = [stamp for _, stamp in feed._news([listener])]
    pair.standby.pause()
    written(pair.client(user=WRITER), 1)
    assert (len(told), list(feed._news([listener]))) == (1, [])
    pair.standby.resume()
    assert [stamp > told[0] for _, stamp in feed._news([listener])] == [True]
    with away(pair.standby):
        written(pair.client(user=WRITER), 1, revision=3)
        assert len(list(feed._news([listener]))) == 1


def test_reads_in_a_batch_see_its_changes(pair):
    client = pair.client(user=WRITER)
    pair.standby.pause()
    requests = [
        {
            "id": "1",
            "method": "PATCH",
            "url": "Items(1)",
            "headers": {"content-type": "application/json"},
            "body": {"Revision": 7},
        },
        {"id": "2", "method": "GET", "url": "Items(1)", "dependsOn": ["1"]},
    ]
    answer = client.ask("POST", "$batch", {"requests": requests}, Accept="application/json")
    assert b'"Revision":7' in answer.body
    assert "Consistency-Token" in answer.headers
    assert client.revisions()[1] == 7


def test_a_batch_that_only_reads_goes_to_the_replica(pair):
    client = pair.client(user=WRITER)
    written(client, 1)
    places = []
    pair.service.request_finished.connect(lambda context, _: places.append(context.timing.place))
    reads = {"requests": [{"id": str(each), "method": "GET", "url": f"Items({each})"} for each in (1, 2)]}
    pair.standby.resume()
    assert b'"Revision":2' in client.ask("POST", "$batch", reads).body
    pair.standby.pause()
    written(client, 1, revision=3)
    answer = client.ask("POST", "$batch", reads)
    assert b'"Revision":3' in answer.body
    assert places == ["replica", "replica", "", "", "primary", "primary", ""]
    assert "Consistency-Token" not in answer.headers  # it has one


def test_a_delta_ends_where_the_replica_stands(pair):
    """And one that began elsewhere, where the clock stood later, goes on there."""
    reader, writer = pair.client(user=READER), pair.client(user=WRITER)
    behind = reader.get("Items", Prefer="odata.track-changes")["@odata.deltaLink"]
    pair.standby.pause()
    written(writer, 1)
    early = reader.get(behind)
    assert (early["value"], reader.place) == ([], "replica")

    pair.service.rights("*", EntitySetRights.ALL)  # now the reader might have written, and is read to from the primary
    ahead = pair.client(user=WRITER).get("Items", Prefer="odata.track-changes")["@odata.deltaLink"]
    writer.cookies.clear()
    written(writer, 2)
    pair.service.rights("*", EntitySetRights.ALL_READ)
    late = pair.client(user=WRITER)
    late.service = pair.service
    assert [each["Id"] for each in late.get(ahead)["value"]] == [2]  # not 410: the replica has not come that far
    pair.standby.resume()
    assert {each["Id"] for each in reader.get(early["@odata.deltaLink"])["value"]} == {1, 2}
    assert reader.place == "replica"


def test_what_must_be_made_first_is_made_by_the_primary(pair):
    """Who follows a set of which he sees some rows only: images of its rows are kept from then on."""

    @pair.service.query_interceptor("Items")
    def some(ctx):
        return Item.Revision < 5 if ctx.user is READER else True

    reader, writer = pair.client(user=READER), pair.client(user=WRITER)
    pair.standby.pause()
    link = reader.get("Items", Prefer="odata.track-changes")["@odata.deltaLink"]
    assert reader.place == "primary behind"
    pair.standby.resume()
    written(writer, 1, revision=9)
    pair.standby.resume()
    assert [each.get("@odata.id") or each.get("@removed") for each in reader.get(link)["value"]]
    assert reader.place == "replica"


def test_no_follower_of_a_replica_that_stops_and_goes_on_loses_a_row(pair):
    engines = [engine_of_its_own(pair.primary) for _ in range(4)]
    writers = [Writer(number, write_sessions(each)) for number, each in enumerate(engines, start=1)]
    followers = {name: kind(pair.service) for name, kind in FOLLOWERS.items()}
    stopped = threading.Event()

    def stop_and_go():
        while not stopped.wait(0.05):
            pair.standby.pause()
            time.sleep(0.05)
            pair.standby.resume()

    going = threading.Thread(target=stop_and_go)
    with following(*followers.values(), every=0.02):
        going.start()
        write_side_by_side(writers, transactions=40, longest_pause=0.01)
        stopped.set()
        going.join()
        pair.standby.resume()
    for each in engines:
        each.dispose()
    assert {name: each.lost(pair.primary) for name, each in followers.items()} == {name: {} for name in FOLLOWERS}


@contextmanager
def away(standby):
    standby.stop()
    try:
        yield
    finally:
        standby.start()


def test_a_replica_that_is_away(pair, caplog, monkeypatch):
    """Nobody notices but the log, the metrics and who asks whether the service is ready."""
    monkeypatch.setattr(replica, "SECONDS_TO_REST", 0.2)
    reader, health = pair.client(user=READER), Health(pair.primary, pair.service.replica)
    assert (reader.revisions(), reader.place) == ({1: 1, 2: 1}, "replica")
    with away(pair.standby):
        assert (reader.revisions(), reader.place) == ({1: 1, 2: 1}, "primary away")
        assert (reader.revisions(), reader.place) == ({1: 1, 2: 1}, "primary away")
        assert health.ready().data == b"ready; the read replica does not answer: reads go to the database itself\n"
    assert [each.getMessage() for each in caplog.records if each.name == "odata_service"] == [
        "the read replica does not answer: reads go to the database itself"
    ]
    while health.ready().data != b"ready\n":
        time.sleep(0.05)
    assert (reader.revisions(), reader.place) == ({1: 1, 2: 1}, "replica")


def test_a_database_that_follows_nobody_is_no_replica(pair):
    service = service_on(pair.primary, create_engine(pair.primary.url))
    reader = pair.client(user=READER)
    reader.service = service
    reader.__post_init__()
    assert (reader.revisions(), reader.place) == ({1: 1, 2: 1}, "primary away")
    assert service.replica.problem == "follows no database"


def test_one_that_is_too_far_behind_is_left_alone(pair):
    pair.service.read_replica(pair.replica, most_behind=-1)
    reader = pair.client(user=READER)
    assert (reader.revisions(), reader.place) == ({1: 1, 2: 1}, "primary away")


def test_links_of_pages_go_on_wherever_they_are_read(pair):
    pair.service.page_size("*", 1)
    reader = pair.client(user=READER)
    first = reader.get("Items?$select=Id")
    assert first["@odata.nextLink"].startswith(f"{ROOT}Items?")
    assert reader.place == "replica"
    pair.service.replica._rest("rests")
    second = reader.get(first["@odata.nextLink"])
    assert reader.place == "primary away"
    assert [each["Id"] for page in (first, second) for each in page["value"]] == [1, 2]


def test_a_long_answer_is_the_replica_s_to_its_end(pair, monkeypatch):
    """And has what a client has written before it asked."""
    monkeypatch.setattr("odata_service.plan.read.ROWS_OF_A_PART", 1)
    pair.service.page_size("*", 5)
    client = pair.client(user=WRITER)
    written(client, 1)
    pair.standby.resume()
    answer = client.ask("GET", "Items?$select=Revision")
    assert (client.place, pair.replica.pool.checkedout(), pair.primary.pool.checkedout()) == ("replica", 1, 0)
    first = next(answer.pieces)
    written(client, 2)
    assert [each["Revision"] for each in orjson.loads(first + b"".join(answer.pieces))["value"]] == [2, 1]
    assert pair.replica.pool.checkedout() == 0
