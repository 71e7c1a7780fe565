"""Who follows a set hears of what leaves his view, and of nothing that he never saw."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import and_, func, select, text

from odata_service import EntitySetRights
from odata_service.tracking import images_of, write_sessions
from tests.access.model import CLERK, Customer, Employee, Order

RED, BLUE = CLERK, Employee("Bert", frozenset({"clerk"}), "blue")
VIEWS = {
    "of a column": lambda user: Order.Tenant == user.tenant,
    "of a list": lambda user: Order.Tenant.in_([user.tenant]),
    "of a related row": lambda user: and_(Order.Customer.has(Customer.Id > 0), Order.Tenant == user.tenant),
    "of a related row and its own": lambda user: Order.Customer.has(and_(Order.Tenant == user.tenant, Customer.Id > 0)),
    "of a subquery": lambda user: Order.Id.in_(select(Order.Id)) & (Order.Tenant == user.tenant),
}


@pytest.fixture(params=VIEWS)
def shop(request, orders):
    """Employees see the orders of their tenant; others see all and change them."""
    orders.service.rights("*", EntitySetRights.ALL)

    @orders.service.query_interceptor("Orders")
    def own(ctx):
        return VIEWS[request.param](ctx.user) if isinstance(ctx.user, Employee) else True

    return orders


def follow(client, url="Orders"):
    return client.get(url, Prefer="track-changes").json["@odata.deltaLink"]


def told(client, link):
    """What a delta says of each order: its text, or why it is gone."""
    answer = client.get(link)
    assert answer.status == 200, answer.text
    return {
        row.get("Id") or int(row["id"].rpartition("(")[2][:-1]): row.get("reason") or row.get("Text")
        for row in answer.json["value"]
    }


def test_what_leaves_and_what_comes(shop):
    red, blue = follow(shop.by(RED)), follow(shop.by(BLUE))
    assert shop.send("PATCH", "Orders(1)", {"Tenant": "blue", "Text": "given away"}).status == 204
    assert told(shop.by(RED), red) == {1: "changed"}
    assert told(shop.by(BLUE), blue) == {1: "given away"}


def test_nothing_is_told_of_what_was_never_seen(shop):
    red = follow(shop.by(RED))
    shop.send("PATCH", "Orders(3)", {"Text": "secret"})
    shop.send("PATCH", "Orders(3)", {"Text": "more secret"})
    shop.send("DELETE", "Orders(4)")
    shop.send("POST", "Orders", {"Id": 9, "Text": "new", "Tenant": "blue", "Amount": 1, "CustomerId": 1})
    assert told(shop.by(RED), red) == {}
    assert shop.by(RED).get(red.replace("Orders?", "Orders/$count?")).text == "0"


def test_there_and_back(shop):
    red, blue = follow(shop.by(RED)), follow(shop.by(BLUE))
    for tenant in ("blue", "red"):
        shop.send("PATCH", "Orders(1)", {"Tenant": tenant})
    assert told(shop.by(RED), red) == {1: "order 1"}
    assert told(shop.by(BLUE), blue) == {1: "changed"}  # which it was in between


def test_what_is_deleted(shop):
    red, blue = follow(shop.by(RED)), follow(shop.by(BLUE))
    shop.send("DELETE", "Orders(1)")
    shop.send("PATCH", "Orders(2)", {"Tenant": "blue"})
    shop.send("DELETE", "Orders(2)")
    shop.send("DELETE", "Orders(3)")
    assert told(shop.by(RED), red) == {1: "deleted", 2: "deleted"}
    assert told(shop.by(BLUE), blue) == {2: "deleted", 3: "deleted"}


def test_what_left_before_is_not_told_again(shop):
    first = follow(shop.by(RED))
    shop.send("PATCH", "Orders(1)", {"Tenant": "blue"})
    second = shop.by(RED).get(first).json["@odata.deltaLink"]
    shop.send("PATCH", "Orders(1)", {"Text": "of blue"})
    assert told(shop.by(RED), second) == {}
    assert told(shop.by(RED), first) == {1: "changed"}  # the client has not heard of it


def test_with_a_condition_of_its_own(shop):
    link = follow(shop.by(RED), "Orders?$filter=Amount lt 15")
    shop.send("PATCH", "Orders(1)", {"Amount": 20})
    shop.send("PATCH", "Orders(2)", {"Tenant": "blue"})
    shop.send("PATCH", "Orders(3)", {"Amount": 1})
    assert told(shop.by(RED), link) == {1: "changed", 2: "changed"}


def test_v2(shop):
    first = shop.v2().by(RED).get("Orders?!deltatoken=")
    assert first.status == 200, first.text
    link = first.d["__delta"]
    shop.send("PATCH", "Orders(1)", {"Tenant": "blue"})
    shop.send("PATCH", "Orders(3)", {"Text": "secret"})
    answer = shop.v2().by(RED).get(link)
    assert "Orders(1)" in answer.text and "Orders(3)" not in answer.text and "given" not in answer.text


def test_pages(shop):
    red = follow(shop.by(RED))
    for number in (1, 2):
        shop.send("PATCH", f"Orders({number})", {"Tenant": "blue"})
        shop.send("PATCH", f"Orders({number + 2})", {"Text": "secret"})
    seen, following = [], red
    while following is not None:
        page = shop.by(RED).get(following, Prefer="maxpagesize=1").json
        seen += page["value"]
        following = page.get("@odata.nextLink")
    assert [row["id"][-9:] for row in seen] == ["Orders(1)", "Orders(2)"]


def test_what_is_changed_again_between_two_pages(shop):
    """By the next delta it was invisible for long, and it was on no page of this one in its place."""
    red = follow(shop.by(RED))
    shop.send("PATCH", "Orders(2)", {"Text": "new"})
    shop.send("PATCH", "Orders(1)", {"Tenant": "blue"})
    first = shop.by(RED).get(red, Prefer="maxpagesize=1").json
    shop.send("PATCH", "Orders(1)", {"Text": "of blue"})
    second = shop.by(RED).get(first["@odata.nextLink"], Prefer="maxpagesize=1").json
    assert [each.get("reason") for each in (*first["value"], *second["value"])] == [None, "changed"]


def test_whoever_changes_it(shop, database):
    """The application's own sessions, several changes in one transaction, changes that are taken back."""
    red = follow(shop.by(RED))
    with write_sessions(database).begin() as session:
        session.get(Order, 1).Text = "first"
        session.flush()
        session.get(Order, 1).Tenant = "blue"
        with session.begin_nested() as savepoint:
            session.get(Order, 2).Tenant = "blue"
            session.flush()
            savepoint.rollback()
    assert told(shop.by(RED), red) == {1: "changed"}
    delta = {"@context": "#$delta", "value": [{"Id": 2, "Tenant": "blue"}, {"Id": 1, "Margin": "none"}]}
    assert shop.send("PATCH", "Orders", delta, OData_Version="4.01").status == 400
    assert told(shop.by(RED), red) == {1: "changed"}


def test_many_at_once(shop):
    red = follow(shop.by(RED))
    assert shop.send("PATCH", "Orders/$filter(Id le 2)/$each", {"Tenant": "blue"}).status == 204
    assert told(shop.by(RED), red) == {1: "changed", 2: "changed"}


def test_a_link_is_for_one_view(orders):
    """Who sees other rows by now has not been told of them: they were not changed since."""
    orders.service.rights("*", EntitySetRights.ALL)

    @orders.service.query_interceptor("Orders")
    def own(ctx):
        return Order.Tenant == ctx.user.tenant

    link = follow(orders.by(RED))
    assert orders.by(Employee("Rita", RED.roles, "red")).get(link).status == 200
    assert orders.by(BLUE).get(link).error == (410, "DeltaLinkGone")


def test_images_are_kept_once_somebody_follows(orders, database):
    images = images_of(Order.__mapper__)
    orders.service.rights("*", EntitySetRights.ALL)

    @orders.service.query_interceptor("Orders")
    def own(ctx):
        return True

    images = images_of(Order.__mapper__)
    assert images is not None and images.table.name == "odata_was_orders"
    follow(orders)
    orders.send("PATCH", "Orders(1)", {"Text": "x"})
    orders.send("PATCH", "Orders(1)", {"Text": "x"})  # no change, no image
    with database.connect() as connection:
        rows = connection.execute(select(images.table.c.Text, images.table.c.odata_until)).all()
        stamp = connection.scalar(text("SELECT last FROM odata_clock"))
    assert rows == [("order 1", stamp)]


def test_images_end(orders, database):
    orders.service.rights("*", EntitySetRights.ALL)

    @orders.service.query_interceptor("Orders")
    def own(ctx):
        return True

    follow(orders)
    orders.send("PATCH", "Orders(1)", {"Text": "x"})
    images = images_of(Order.__mapper__)
    counted = select(func.count()).select_from(images.table)
    orders.service.purge(timedelta(days=30))
    with database.begin() as connection:
        assert connection.scalar(counted) == 1
        connection.execute(images.table.update().values(odata_until=1))
    orders.service.purge(timedelta(days=30))
    with database.connect() as connection:
        assert connection.scalar(counted) == 0
