"""What the application hears of requests, change sets and errors."""

from __future__ import annotations


import pytest
from sqlalchemy import select

from odata_service import EntitySetRights, User
from odata_service.errors import Conflict, Forbidden, NotFound
from tests.access.model import CLERK, Order

NEW = {"Id": 9, "Text": "new", "Tenant": "red", "Amount": 1}


@pytest.fixture
def heard(orders):
    """A client, and what is heard of what it does."""
    service, heard = orders.service, []
    service.rights("*", EntitySetRights.ALL)

    @service.request_started.connect
    def started(ctx):
        heard.append(f"started {ctx.request.method} {ctx.request.target}{' in batch' if ctx.in_batch else ''}")

    @service.request_finished.connect
    def finished(ctx, response):
        heard.append(f"finished {response.status} {ctx.request.target}")

    @service.changeset_started.connect
    def changing(ctx):
        assert ctx.session.scalars(select(Order.Id)).all()
        heard.append(f"changing{' in changeset' if ctx.in_changeset else ''}")

    @service.changeset_saved.connect
    def saved(ctx):
        assert ctx.session is None
        heard.append("saved")

    return orders.by(CLERK), heard


def test_reads(heard):
    client, events = heard
    client.get("Orders")
    client.get("Nothing")
    assert events == ["started GET Orders", "finished 200 Orders", "started GET Nothing", "finished 404 Nothing"]


def test_changes(heard):
    client, events = heard
    client.send("POST", "Orders", NEW)
    client.send("POST", "Orders", NEW)
    client.v2().send("MERGE", "Orders(1)", {"Text": "x"}, If_Match="*")
    assert events == [
        "started POST Orders", "changing", "saved", "finished 201 Orders",
        "started POST Orders", "changing", "finished 409 Orders",
        "started MERGE Orders(1)", "changing", "saved", "finished 204 Orders(1)",
    ]  # fmt: skip


def test_a_batch_and_its_parts(heard):
    client, events = heard
    requests = [
        {"id": "1", "method": "GET", "url": "Orders(1)"},
        {"id": "2", "method": "PATCH", "url": "Orders(1)", "body": {"Text": "x"}, "atomicityGroup": "g"},
        {"id": "3", "method": "PATCH", "url": "Orders(2)", "body": {"Text": "x"}, "atomicityGroup": "g"},
        {"id": "4", "method": "PATCH", "url": "Orders(3)", "body": {"Text": "x"}, "atomicityGroup": "h"},
        {"id": "5", "method": "PATCH", "url": "Orders(77)", "body": {"Amount": 0}, "atomicityGroup": "h"},
    ]
    client.send("POST", "$batch", {"requests": requests}, OData_Version="4.01")
    assert events == [
        "started POST $batch",
        "started GET Orders(1) in batch", "finished 200 Orders(1)",
        "changing in changeset", "started PATCH Orders(1) in batch", "started PATCH Orders(2) in batch", "saved",
        "finished 204 Orders(1)", "finished 204 Orders(2)",
        "changing in changeset", "started PATCH Orders(3) in batch", "started PATCH Orders(77) in batch",
        "finished 400 Orders(3)", "finished 400 Orders(77)",
        "finished 200 $batch",
    ]  # fmt: skip


def test_a_handler_may_refuse(orders):
    orders.service.rights("*", EntitySetRights.ALL)

    @orders.service.request_started.connect
    def closed(ctx):
        if ctx.user.name != "Carla" and not ctx.in_batch:
            raise Forbidden("Closed", "come back tomorrow")

    @orders.service.changeset_started.connect
    def read_only(ctx):
        raise Conflict("ReadOnly", "nothing is changed today")

    assert orders.get("Orders").error == (403, "Closed")
    assert orders.v2().get("Orders").error == (403, "Closed")
    assert orders.by(CLERK).get("Orders").status == 200
    assert orders.by(CLERK).send("PATCH", "Orders(1)", {"Text": "x"}).error == (409, "ReadOnly")
    assert orders.by(CLERK).get("Orders(1)").json["Text"] == "order 1"


def test_a_handler_of_what_is_done_cannot_spoil_it(orders, caplog):
    orders.service.rights("*", EntitySetRights.ALL)

    @orders.service.changeset_saved.connect
    @orders.service.request_finished.connect
    def fail(*told):
        raise RuntimeError("no mail today")

    assert orders.send("PATCH", "Orders(1)", {"Text": "x"}).status == 204
    assert orders.get("Orders(1)").json["Text"] == "x"
    assert caplog.messages.count("a handler has failed") == 3


def test_the_address_of_the_service_may_be_another(orders):
    orders.service.rights("*", EntitySetRights.ALL)

    @orders.service.request_started.connect
    def public(ctx):
        ctx.base_url = "https://api.example/orders"

    created = orders.send("POST", "Orders", NEW)
    assert created.headers["Location"] == "https://api.example/orders/Orders(9)"
    assert created.json["@odata.context"].startswith("https://api.example/orders/$metadata#")
    assert "https://api.example/orders/Orders(1)" in orders.v2().get("Orders(1)").text


# Errors


@pytest.fixture
def failing(orders):
    orders.service.rights("*", EntitySetRights.ALL)

    @orders.service.query_interceptor("Tags")
    def broken(ctx):
        raise KeyError("the secret of the house")

    return orders


@pytest.mark.parametrize("protocol", ["v2", "v4"])
def test_an_error_hook_has_another_answer(failing, protocol):
    heard = []

    @failing.service.on_error
    def translate(ctx, error):
        heard.append((ctx.user.name, type(error).__name__))
        if isinstance(error, KeyError):
            return Conflict("Misplaced", "we are looking for it")
        return Forbidden("Go", "away") if isinstance(error, NotFound) else None

    client = (failing if protocol == "v4" else failing.v2()).by(User("Max"))
    assert client.get("Tags").error == (409, "Misplaced")
    assert client.get("Nothing").error == (403, "Go")
    assert client.get("Orders?$filter=Nothing eq 1").error == (400, "UnknownProperty")
    assert heard == [("Max", "KeyError"), ("Max", "NotFound"), ("Max", "BadRequest")]


def test_in_a_batch(failing):
    @failing.service.on_error
    def translate(ctx, error):
        return Conflict("Other", "another answer")

    requests = [
        {"id": "1", "method": "GET", "url": "Nothing"},
        {"id": "2", "method": "DELETE", "url": "Orders(77)", "atomicityGroup": "g"},
    ]
    answer = failing.send("POST", "$batch", {"requests": requests}, OData_Version="4.01")
    assert [each["body"]["error"]["code"] for each in answer.json["responses"]] == ["Other", "Other"]


def test_a_hook_that_fails_changes_nothing(failing, caplog):
    @failing.service.on_error
    def broken(ctx, error):
        raise RuntimeError("not now")

    assert failing.get("Nothing").error == (404, "ResourceNotFound")
    assert "not now" in caplog.text


def test_what_nobody_expected_says_nothing_of_its_cause(failing, caplog):
    with pytest.raises(AssertionError) as told:
        failing.get("Tags")
    assert "InternalError" in str(told.value) and "secret" not in str(told.value)
    assert "the secret of the house" in caplog.text
