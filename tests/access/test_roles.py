"""Rights by role: a caller has what everybody has, and what any of his roles has."""

from __future__ import annotations

import pytest
from flask import Flask

from odata_service import EntitySetRights, User
from odata_service.errors import NotFound, Unauthorized
from tests.access.model import BOSS, CLERK, STRANGER

R = EntitySetRights


@pytest.fixture
def shop(orders):
    """Tags are for all to read; clerks read orders, and the boss changes them."""
    orders.service.rights("Tags", R.ALL_READ)
    orders.service.rights("Orders", R.ALL_READ, role="clerk")
    orders.service.rights("Orders", R.WRITE_MERGE, role="boss")
    return orders


@pytest.mark.parametrize("protocol", ["v2", "v4"])
def test_a_role_opens_what_is_closed_to_others(shop, protocol):
    who = shop if protocol == "v4" else shop.v2()
    for principal, status in [(STRANGER, 404), (CLERK, 200), (BOSS, 200), (STRANGER, 404)]:
        assert who.by(principal).get("Orders").status == status
        assert who.by(principal).get("Orders(1)").status == status
        assert who.by(principal).get("Tags").status == 200


def test_what_is_not_open_is_not_in_the_documents(shop):
    assert [each["name"] for each in shop.by(STRANGER).get("").json["value"]] == ["Tags"]
    assert [each["name"] for each in shop.by(CLERK).get("").json["value"]] == ["Orders", "Tags"]
    assert "Order" not in shop.by(STRANGER).get("$metadata", Accept="application/xml").text
    assert "Order" not in shop.v2().by(STRANGER).get("$metadata").text
    assert 'EntitySet Name="Orders"' in shop.v2().by(CLERK).get("$metadata").text
    assert "Item" not in shop.by(CLERK).get("$metadata", Accept="application/xml").text


def test_roles_add_up(shop):
    assert shop.by(CLERK).send("PATCH", "Orders(1)", {"Text": "x"}).error == (403, "Forbidden")
    assert shop.by(BOSS).send("PATCH", "Orders(1)", {"Text": "x"}).status == 204
    assert shop.by(User("Max", frozenset({"boss"}))).get("Orders").error == (403, "Forbidden")


def test_ways_to_what_is_closed_are_closed(shop):
    hidden, missing = shop.by(STRANGER).get("Tags?$expand=Orders"), shop.by(STRANGER).get("Tags?$expand=Ordurs")
    assert (hidden.status, hidden.text) == (400, missing.text.replace("Ordurs", "Orders"))
    assert shop.by(CLERK).get("Tags?$expand=Orders").status == 200


def test_a_role_s_named_sets_come_before_its_every_set(orders):
    orders.service.rights("*", R.ALL, role="clerk")
    orders.service.rights("Orders", R.NONE, role="clerk")
    assert orders.by(CLERK).get("Orders").status == 404
    assert orders.by(CLERK).get("Items").status == 200
    assert orders.by(STRANGER).get("Items").status == 404


def test_plans_are_not_shared_between_rights(shop):
    """Whoever asks first for requests of a shape."""
    shop.service.rights("Customers", R.ALL_READ, role="boss")
    for _ in range(2):
        assert "Customer@odata.navigationLink" in full(shop.by(BOSS).rows)
        assert "Customer@odata.navigationLink" not in full(shop.by(CLERK).rows)


def full(rows):
    (row,) = rows("Orders?$top=1", Accept="application/json;odata.metadata=full")
    return row


def test_a_link_is_for_who_got_it(shop):
    shop.service.page_size("Orders", 1)
    following = shop.by(CLERK).get("Orders").json["@odata.nextLink"]
    assert shop.by(CLERK).ids(following) == [2]
    assert shop.by(User("Carlo", frozenset({"clerk", "guest"}))).ids(following) == [2]  # nothing was said of guests
    assert shop.by(BOSS).get(following).error == (400, "BadToken")


def test_in_a_batch(shop):
    one = {"id": "1", "method": "GET", "url": "Orders(1)"}
    two = {"id": "2", "method": "PATCH", "url": "Orders(1)", "body": {"Text": "y"}}

    def statuses(who):
        answer = who.send("POST", "$batch", {"requests": [one, two]}, OData_Version="4.01")
        return [each["status"] for each in answer.json["responses"]]

    assert statuses(shop.by(STRANGER)) == [404, 404]
    assert statuses(shop.by(CLERK)) == [200, 403]
    assert statuses(shop.by(BOSS)) == [200, 204]


def test_an_update_inserts_only_where_inserting_is_allowed(shop):
    new = {"Text": "new", "Tenant": "red", "Amount": 1}
    shop.service.rights("Orders", R.WRITE_REPLACE, role="boss")
    assert shop.by(BOSS).send("PUT", "Orders(9)", new).error == (404, "ResourceNotFound")
    shop.service.rights("Orders", R.WRITE_REPLACE | R.WRITE_APPEND, role="boss")
    assert shop.by(BOSS).send("PUT", "Orders(9)", new).status == 201


def test_names_that_nothing_has(orders):
    with pytest.raises(NotFound, match="did you mean 'Orders'"):
        orders.service.rights("Ordres", R.ALL, role="clerk")


def test_the_application_says_who_asks(shop):
    def who(request):
        name = request.headers.get("X-User")
        if name == "nobody":
            raise Unauthorized("Unauthorized", "say who you are", challenge='Basic realm="orders"')
        return {"Carla": CLERK}.get(name)

    app = Flask("orders")
    app.register_blueprint(shop.service.blueprint("v4", principal=who), url_prefix="/v4")
    client = app.test_client()
    assert client.get("/v4/Orders", headers={"X-User": "Carla"}).status_code == 200
    assert client.get("/v4/Orders").status_code == 404
    refused = client.get("/v4/Orders", headers={"X-User": "nobody"})
    assert (refused.status_code, refused.json["error"]["code"]) == (401, "Unauthorized")
    assert refused.headers["WWW-Authenticate"] == 'Basic realm="orders"'
