"""How a queue is sent: in which order, what becomes of what is refused, and that nothing is overwritten unseen."""

from __future__ import annotations

import re
import threading

import httpx
import pytest

from odata_service.client import Patience, Resolution, SyncEventType, client_wins, merging, server_wins
from tests.offline.models import Customer, Order, ServerCustomer, ServerOrder


def changes(network):
    return [request for request in network.requests if not request.startswith("GET")]


def given(server, *entities):
    server.writing(lambda session: session.add_all(entities))


def pulled(device, server, **options):
    here = device(**options)
    given(server, ServerOrder(Id="1", CustomerName="Ada", Status="new"))
    assert here.pull().is_successful
    return here


def test_what_is_referred_to_goes_first(device, server):
    here = device()
    with here.session() as session:
        session.add(Order(Id="1", CustomerId="c", CustomerName="Ada", Status="new"))
        session.flush()
        session.add(Customer(Id="c", Name="Ada"))
        session.commit()
    result = here.push(parallel=4)
    assert result.is_successful and result.completed_operations == 2
    assert server.rows()["1"]["CustomerId"] == "c"


def test_and_is_deleted_last(device, server):
    here = device()
    given(
        server,
        ServerCustomer(Id="c", Name="Ada"),
        ServerOrder(Id="1", CustomerId="c", CustomerName="Ada", Status="new"),
    )
    here.pull()
    with here.session() as session:
        session.delete(session.get_one(Customer, "c"))
        session.flush()
        session.delete(session.get_one(Order, "1"))
        session.commit()
    assert here.push().is_successful
    assert server.rows() == server.rows(ServerCustomer) == {}


def test_what_is_refused_is_in_nobodys_way(device, server):
    """Neither of other operations nor of pulls; what refers to it waits."""
    given(server, ServerCustomer(Id="old", Name="Ada", Email="ada@example.org"))
    here = device()
    with here.session() as session:
        session.add(Customer(Id="c", Name="Ada", Email="ada@example.org"))  # which the server has only once
        session.add(Order(Id="1", CustomerId="c", CustomerName="Ada", Status="new"))
        session.add(Order(Id="2", CustomerName="Ada", Status="new"))
        session.commit()
    result = here.push()
    assert not result.is_successful and result.completed_operations == 1
    assert {each.item_id: each.state for each in here.pending()} == {"c": "Failed", "1": "Pending"}
    (refused,) = result.failed_requests.values()
    assert refused.outcome == "refused" and refused.status in (400, 409)
    assert here.pull().is_successful and set(server.rows()) == {"2"} and "old" in here.rows(Customer)
    before = len(changes(here.network))
    assert not here.push().is_successful and len(changes(here.network)) == before  # it is not tried again and again
    with here.session() as session:
        session.get_one(Customer, "c").Email = None
        session.commit()
    assert here.push().is_successful and set(server.rows()) == {"1", "2"}


def test_a_deletion_may_make_room(device, server):
    given(server, ServerCustomer(Id="old", Name="Ada", Email="ada@example.org"))
    here = device()
    here.pull()
    with here.session() as session:
        session.get_one(Customer, "old").Email = None
        session.add(Customer(Id="new", Name="Ada", Email="ada@example.org"))
        session.commit()
    assert here.push().is_successful
    assert server.rows(ServerCustomer)["new"]["Email"] == "ada@example.org"


def test_what_the_device_does_not_know_of_stays(device, server):
    given(server, ServerCustomer(Id="c", Name="Ada", Notes="pays late"))
    here = device()
    here.pull()
    with here.session() as session:
        session.get_one(Customer, "c").Name = "Ada King"
        session.commit()
    assert here.push().is_successful
    assert server.rows(ServerCustomer)["c"]["Notes"] == "pays late"


def test_what_stays_on_the_device_is_not_touched(device, server):
    given(server, ServerCustomer(Id="c", Name="Ada"))
    here = device()
    here.pull()
    with here.session(queue=False) as session:
        session.get_one(Customer, "c").Color = "red"
        session.commit()
    with here.session() as session:
        session.get_one(Customer, "c").Name = "Ada King"
        session.commit()
    here.push()
    here.pull()
    with here.session() as session:
        customer = session.get_one(Customer, "c")
        assert (customer.Name, customer.Color) == ("Ada King", "red")


def test_the_client_wins_on_what_it_has_seen_only(device, server):
    """Between the answer and the second request somebody changes the order again: that is a conflict, too."""
    here = pulled(device, server, resolver=client_wins)
    here.change("1", Status="mine")
    seen = []

    def meddling(request, answer):
        if request.method != "GET" and len(seen) < 3:
            seen.append(request)
            server.writing(lambda session: setattr(session.get_one(ServerOrder, "1"), "Status", f"theirs {len(seen)}"))
        return answer()

    here.network.broken = meddling
    assert here.push().is_successful
    assert len(seen) == 3 and server.rows()["1"]["Status"] == "mine"
    assert here.rows()["1"]["Status"] == "mine"


def test_a_resolver_of_ones_own(device, server):
    def both(conflict):
        assert conflict.entity_type is Order and conflict.contested == {"Status"}
        return Resolution("values", {"Status": f"{conflict.server['Status']} and {conflict.client['Status']}"})

    here = pulled(device, server, resolver=merging(both))
    here.change("1", Status="mine")
    server.writing(lambda session: setattr(session.get_one(ServerOrder, "1"), "Status", "theirs"))
    assert here.push().is_successful
    assert server.rows()["1"]["Status"] == here.rows()["1"]["Status"] == "theirs and mine"


def test_deciding_on_values(device, server):
    here = pulled(device, server)
    here.change("1", Status="mine")
    server.writing(lambda session: setattr(session.get_one(ServerOrder, "1"), "Status", "theirs"))
    assert not here.push().is_successful
    (conflict,) = here.conflicts()
    assert (conflict.client["Status"], conflict.server["Status"], conflict.base["Status"]) == ("mine", "theirs", "new")
    here.resolve(conflict.operation_id, {"Status": "ours"})
    assert here.rows()["1"]["Status"] == "ours" and here.push().is_successful
    assert server.rows()["1"]["Status"] == "ours"


def test_a_change_during_the_request(device, server):
    """The answer to the first change does not overwrite the second, which is sent on top of it."""
    here = pulled(device, server)
    here.change("1", Status="first")
    times = []

    def meanwhile(request, answer):
        if request.method != "GET" and not times:
            times.append(request)
            here.change("1", Status="second")
        return answer()

    here.network.broken = meanwhile
    assert here.push().is_successful and here.pending() == []
    assert server.rows()["1"]["Status"] == here.rows()["1"]["Status"] == "second"


@pytest.mark.parametrize("status", [429, 503])
def test_a_server_that_is_busy(device, server, status):
    """The push stops, and nothing is lost."""
    here = pulled(device, server)
    here.change("1", Status="paid")
    here.add(Id="2")
    here.network.refuse(status, count=9)
    result = here.push()
    assert result.stopped is not None and result.completed_operations == 0
    here.network.up()
    assert here.push().is_successful and set(server.rows()) == {"1", "2"}


def test_patience(device, server):
    """As long as the server asks for, but for no day."""
    here = device()
    waited = []
    here.add(Id="1")
    here.network.refuse(503, **{"Retry-After": "86400"})
    (service,) = here.builder._services.values()
    service.transport.patience = Patience(tries=2, longest=9, sleep=waited.append)
    assert here.push().is_successful and waited == [9]


def test_a_token_that_nobody_gives(device, server):
    """Three in a row, and the push stops; every operation waits."""
    here = device()
    for number in range(5):
        here.add(Id=str(number))
    here.network.broken = lambda request, answer: httpx.Response(401, request=request)
    result = here.push()
    assert result.stopped is not None and len(here.pending()) == 5
    here.network.up()
    assert here.push().is_successful and len(server.rows()) == 5


def test_local_writes_do_not_wait_for_the_network(device, server):
    here = pulled(device, server)
    here.change("1", Status="paid")
    arrived, go_on = threading.Event(), threading.Event()

    def hanging(request, answer):
        arrived.set()
        assert go_on.wait(20)
        return answer()

    here.network.broken = hanging
    pushing = threading.Thread(target=here.push)
    pushing.start()
    assert arrived.wait(20)
    for number in range(10):
        here.add(Id=f"n{number}")  # which would wait for ever if the push held anything
    go_on.set()
    pushing.join(20)
    assert server.rows()["1"]["Status"] == "paid" and len(here.pending()) == 10


def test_a_row_that_another_process_pushes_at_the_same_time(device, server):
    """Two processes on one file, one queue: each operation is done once."""
    one, other = device(), device()
    for number in range(20):
        one.add(Id=str(number))
    threads = [threading.Thread(target=each.push) for each in (one, other)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(60)
    assert len(server.rows()) == 20 and one.pending() == []


def test_progress(device, server):
    here = device()
    for number in range(3):
        here.add(Id=str(number))
    here.push()
    pushed = [(each.type, each.items_processed) for each in here.events]
    assert pushed == [
        (SyncEventType.PUSH_STARTED, 0), *((SyncEventType.PUSH_ITEM, number) for number in (1, 2, 3)), (SyncEventType.PUSH_ENDED, 3),
    ]  # fmt: skip


def test_the_server_wins_over_a_deletion(device, server):
    here = pulled(device, server, resolver=server_wins)
    here.delete("1")
    server.writing(lambda session: setattr(session.get_one(ServerOrder, "1"), "Status", "paid"))
    assert here.push().is_successful
    assert here.rows()["1"]["Status"] == "paid"


@pytest.mark.parametrize("protocol", ["sync"])
def test_the_service_has_a_rule_of_its_own(device, server, protocol):
    """What gave way to it is told, with both sides."""
    here = pulled(device, server)
    here.change("1", Status="mine")
    server.service.sync("Orders", conflicts="server")
    server.writing(lambda session: setattr(session.get_one(ServerOrder, "1"), "Status", "theirs"))
    result = here.push()
    server.restart()
    (overruled,) = result.overruled.values()
    assert result.is_successful and here.rows()["1"]["Status"] == "theirs"
    assert (overruled.client["Status"], overruled.server["Status"]) == ("mine", "theirs")


def test_one_operation_that_the_server_dies_of(device, server, protocol):
    """Others are sent nevertheless. (The Sync API takes a queue as a whole, and says of none that it was that one.)"""
    here = device()
    for id in ("1", "bad", "2"):
        here.add(Id=id)

    def ill(request, answer):
        if request.method != "GET" and b'"bad"' in request.read() and b'"1"' not in request.content:
            return httpx.Response(500, request=request)
        return answer()

    here.network.broken = ill
    if protocol == "tables":
        result = here.push()
        assert not result.is_successful and result.stopped is None
        assert set(server.rows()) == {"1", "2"} and [each.item_id for each in here.pending()] == ["bad"]
    here.network.up()
    assert here.push().is_successful and len(server.rows()) == 3


def test_too_long_for_the_servers_patience(device, server):
    """A server that gives up after some time takes less at once, in this very push."""
    here = device()
    for number in range(9):
        here.add(Id=str(number))

    def impatient(request, answer):
        return httpx.Response(503, request=request) if request.read().count(b'"Ada"') > 2 else answer()

    here.network.broken = impatient
    assert here.push().is_successful and len(server.rows()) == 9


def test_too_much_at_once(device, server):
    """A queue that is too long for one request is sent in several; one operation that is too large is in nobody's way."""
    here = device()
    for number in range(9):
        here.add(Id=str(number))

    def small(request, answer):
        if request.read().count(b'"Ada"') > 2 or b'"8"' in request.content:
            return httpx.Response(413, request=request)
        return answer()

    here.network.broken = small
    result = here.push()
    assert result.completed_operations == 8 and len(result.failed_requests) == 1
    assert [(each.item_id, each.state) for each in here.pending()] == [("8", "Failed")]
    here.network.up()
    assert here.push(refused_too=True).is_successful and len(server.rows()) == 9


def test_in_the_order_in_which_it_was_made(device, server, protocol):
    """Inside of one request and from one to the next."""
    here = device()
    ids = [f"{number * 7 % 23:02}" for number in range(23)]
    for id in ids:
        here.add(Id=id)
    sent = []
    key = re.compile(rb'"Id":"(\d\d)"' if protocol == "v4" else rb'"id":"(\d\d)"')

    def heard(request, answer):
        if request.method == "POST":
            sent.extend(key.findall(request.read()))
        return answer()

    here.network.broken = heard
    assert here.push().is_successful and [id.decode() for id in sent] == ids


def test_a_server_that_knows_no_repeated_requests(device, server, protocol):
    """Neither a replay nor a key of it: that the server has what was sent says that it was heard."""
    if protocol == "sync":
        pytest.skip("whose operations always have an id")
    here = pulled(device, server)
    here.add(Id="2", Status="new")
    here.change("1", Status="paid")
    lost = []

    def forgetful(request, answer):
        request.headers.pop("Idempotency-Key", None)
        response = answer()
        if request.method != "GET" and len(lost) < 2:
            lost.append(request)
            raise httpx.ReadError("the connection was reset", request=request)
        return response

    here.network.broken = forgetful
    for _ in range(2):
        assert not here.push().is_successful
    assert here.push().is_successful and here.pending() == [] and here.conflicts() == []
    assert {id: row["Status"] for id, row in server.rows().items()} == {"1": "paid", "2": "new"}


@pytest.mark.parametrize("status, state", [
    (400, "Failed"), (403, "Failed"), (413, "Failed"), (415, "Failed"), (422, "Failed"),
    (401, "Sent"), (408, "Sent"), (425, "Sent"), (429, "Sent"), (500, "Sent"), (502, "Sent"), (504, "Sent"),
])  # fmt: skip
def test_what_becomes_of_what_was_not_done(device, server, status, state):
    """What is wrong with the operation waits for another one; what is wrong with the moment, for another moment."""
    here = device()
    here.add(Id="1")
    here.network.refuse(status, count=9)
    result = here.push()
    (failed,) = result.failed_requests.values()
    assert failed.status == status and [each.state for each in here.pending()] == [state]
    here.network.up()
    assert here.pull().is_successful
    assert here.push(refused_too=state == "Failed").is_successful and set(server.rows()) == {"1"}
