"""What a change must keep: the row rules afterwards, references to what is seen, what the change interceptors say."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from odata_service import EntitySetRights, UpdateOperations
from odata_service.errors import Conflict, Forbidden
from tests.access.model import BOSS, CLERK, STRANGER, Customer, Employee, Item, Order

RED, BLUE = CLERK, Employee("Bert", frozenset({"clerk"}), "blue")
R = EntitySetRights


@pytest.fixture
def shop(orders):
    """Employees see customers and orders of their tenant; Anonymous sees all."""
    orders.service.rights("*", R.ALL)
    for model, name in ((Order, "Orders"), (Customer, "Customers")):

        @orders.service.query_interceptor(name)
        def own(ctx, model=model):
            return model.Tenant == ctx.user.tenant if isinstance(ctx.user, Employee) else True

    return orders


def stored(shop):
    return {name: shop.rows(f"{name}?$orderby=Id") for name in ("Orders", "Customers", "Items")}


NEW = {"Id": 9, "Text": "new", "Tenant": "red", "Amount": 1}


@pytest.mark.parametrize("method, url, body", [
    ("POST", "Orders", {**NEW, "Tenant": "blue"}),
    ("PUT", "Orders(9)", {**NEW, "Tenant": "blue"}),
    ("PATCH", "Orders(1)", {"Tenant": "blue"}),
    ("PUT", "Orders(1)", {**NEW, "Tenant": "blue"}),
    ("PUT", "Orders(1)/Tenant", {"value": "blue"}),
    ("POST", "Customers", {"Id": 9, "Name": "x", "Tenant": "red", "Orders": [{**NEW, "Tenant": "blue"}]}),
    ("POST", "Items", {"Id": 9, "Product": "x", "Order": {**NEW, "Tenant": "blue"}}),
    ("PATCH", "Orders/$each", {"Tenant": "blue"}),
    ("PATCH", "Orders", {"@context": "#$delta", "value": [{"Id": 1, "Tenant": "blue"}]}),
    ("PATCH", "Orders", {"@context": "#$delta", "value": [{**NEW, "Tenant": "blue"}]}),
])  # fmt: skip
def test_nobody_moves_a_row_out_of_his_sight(shop, method, url, body):
    before = stored(shop)
    answer = shop.by(RED).send(method, url, body, OData_Version="4.01")
    assert answer.error == (403, "Forbidden")
    assert stored(shop) == before


def test_what_stays_in_sight_is_changed(shop):
    red = shop.by(RED)
    assert red.send("POST", "Orders", NEW).status == 201
    assert red.send("PATCH", "Orders(1)", {"Text": "x"}).status == 204
    assert red.send("DELETE", "Orders(2)").status == 204
    assert shop.by(RED).ids("Orders") == [1, 9]
    assert shop.send("PATCH", "Orders(1)", {"Tenant": "blue"}).status == 204  # who sees all may give away
    assert shop.by(BLUE).ids("Orders") == [1, 3, 4]


def test_v2(shop):
    before = stored(shop)
    assert shop.v2().by(RED).send("MERGE", "Orders(1)", {"Tenant": "blue"}, If_Match="*").error == (403, "Forbidden")
    assert shop.v2().by(RED).send("POST", "Orders", {**NEW, "Tenant": "blue", "Amount": "1"}).error == (
        403,
        "Forbidden",
    )
    assert stored(shop) == before


def test_one_of_many_in_a_changeset(shop):
    """The others are undone with it."""
    before = stored(shop)
    parts = [("1", {"Text": "x"}), ("2", {"Tenant": "blue"})]
    requests = [
        {"id": id, "method": "PATCH", "url": f"Orders({id})", "body": body, "atomicityGroup": "g"} for id, body in parts
    ]
    answers = shop.by(RED).send("POST", "$batch", {"requests": requests}, OData_Version="4.01").json["responses"]
    assert [each["status"] for each in answers] == [403, 403]
    assert stored(shop) == before


def test_what_can_be_done_is_done(shop):
    delta = {"@context": "#$delta", "value": [{"Id": 1, "Text": "x"}, {"Id": 2, "Tenant": "blue"}]}
    answer = shop.by(RED).send("PATCH", "Orders", delta, Prefer="continue-on-error", OData_Version="4.01")
    assert answer.status == 200
    assert [(row["Text"], row["Tenant"]) for row in shop.rows("Orders?$filter=Id le 2")] == [
        ("x", "red"),
        ("order 2", "red"),
    ]


@pytest.mark.parametrize("method, url, body", [
    ("POST", "Orders", {**NEW, "CustomerId": 2}),
    ("PATCH", "Orders(1)", {"CustomerId": 2}),
    ("PUT", "Orders(1)/CustomerId", {"value": 2}),
    ("POST", "Items", {"Id": 9, "Product": "x", "OrderId": 3}),
    ("PATCH", "Items(11)", {"OrderId": 3}),
])  # fmt: skip
def test_a_foreign_key_leads_to_what_is_seen(shop, method, url, body):
    """The answer is that for a key that leads nowhere."""
    before = stored(shop)
    hidden = shop.by(RED).send(method, url, body)
    nowhere = {name: 77 if value in (2, 3) else value for name, value in body.items()}
    missing = shop.by(RED).send(method, url, nowhere)
    assert (hidden.status, hidden.body) == (missing.status, missing.body)
    assert hidden.error == (409, "ReferenceMissing")
    assert stored(shop) == before


def test_a_foreign_key_that_is_sent_back_is_no_change(shop):
    shop.send("PATCH", "Orders(1)", {"CustomerId": 2})
    assert shop.by(RED).send("PATCH", "Orders(1)", {"CustomerId": 2, "Text": "x"}).status == 204


def test_members_that_are_not_seen_stay(shop):
    """A whole collection is what the caller sees of it."""
    shop.send("PATCH", "Customers(1)", {"Orders@odata.bind": ["Orders(3)"]})
    assert shop.by(RED).ids("Customers(1)/Orders") == [1, 2]
    assert shop.by(RED).send("PATCH", "Customers(1)", {"Orders": [{"Id": 1}]}, OData_Version="4.01").status == 204
    assert shop.ids("Customers(1)/Orders") == [1, 3]
    assert shop.by(RED).send("DELETE", "Tags(2)/Orders/$ref").status == 204
    assert shop.ids("Tags(2)/Orders") == [3]
    assert shop.by(RED).send("PUT", "Tags(1)/Orders/$ref", {"value": [{"@odata.id": "Orders(1)"}]}).status == 204
    assert shop.ids("Tags(1)/Orders?$orderby=Id") == [1, 4]


def test_one_that_is_not_seen_is_not_changed_from_inside(shop):
    """``Customer`` is null for this caller, so what stands inside is a new one."""
    shop.send("PATCH", "Orders(1)", {"CustomerId": 2})
    inside = {"Customer": {"Id": 7, "Name": "Cid", "Tenant": "red"}}
    assert shop.by(RED).send("PATCH", "Orders(1)", inside, OData_Version="4.01").status == 204
    assert [row["Name"] for row in shop.rows("Customers?$orderby=Id")] == ["Ann", "Bob", "Cid"]


def test_a_deleted_entity_of_another_is_not_revived(shop):
    shop.send("DELETE", "Orders(3)")
    assert shop.by(RED).send("POST", "Orders", {**NEW, "Id": 3}).error == (409, "KeyExists")
    assert shop.by(BLUE).send("POST", "Orders", {**NEW, "Id": 3, "Tenant": "blue"}).status == 201


def test_a_link_is_a_change_of_who_has_the_key(orders):
    service = orders.service
    service.rights("*", R.ALL)
    there = {"@odata.id": "Customers(2)"}
    back = {"@odata.id": "Orders(1)"}
    service.rights("Customers", R.ALL_READ)
    assert orders.send("PUT", "Orders(1)/Customer/$ref", there).status == 204
    assert orders.send("POST", "Customers(2)/Orders/$ref", back).error == (403, "Forbidden")
    service.rights("Customers", R.ALL)
    service.rights("Orders", R.ALL_READ)
    assert orders.send("PUT", "Orders(1)/Customer/$ref", there).error == (403, "Forbidden")
    assert orders.send("POST", "Customers(2)/Orders/$ref", back).error == (403, "Forbidden")
    assert orders.send("POST", "Orders(1)/Tags", {"Id": 9, "Name": "x"}).error == (403, "Forbidden")
    assert orders.send("POST", "Tags(1)/Orders/$ref", back).status == 204


def test_what_stands_inside_an_update_is_changed(orders):
    orders.service.rights("*", R.ALL)
    orders.service.rights("Customers", R.ALL & ~R.WRITE_MERGE)
    inside = {"Customer": {"Name": "x"}}
    assert orders.send("PATCH", "Orders(1)", inside, OData_Version="4.01").error == (403, "Forbidden")


# Change interceptors


@pytest.fixture
def watched(orders):
    """Notes what happens to orders and customers."""
    orders.service.rights("*", R.ALL)
    seen = []
    for name in ("Orders", "Customers"):

        @orders.service.change_interceptor(name)
        def note(ctx, entity, operation, changes):
            assert ctx.session is not None
            seen.append((ctx.user.name, f"{type(entity).__name__} {entity.Id}", operation.name, dict(changes)))

    return orders.by(BOSS), seen


def pairs(changes):
    return {name: (change.old, change.new) for name, change in changes.items()}


def test_operations_and_values(watched):
    shop, seen = watched
    shop.send("POST", "Orders", NEW)
    shop.send("PATCH", "Orders(1)", {"Text": "x", "Margin": 1})
    shop.send("DELETE", "Orders(2)")
    assert [event[:3] for event in seen] == [
        ("Bea", "Order 9", "ADD"), ("Bea", "Order 1", "CHANGE"), ("Bea", "Order 2", "DELETE"),
    ]  # fmt: skip
    added, changed, deleted = (pairs(event[3]) for event in seen)
    assert added["Text"] == (None, "new") and "Margin" not in added
    assert changed == {"Text": ("order 1", "x")}
    assert deleted["Text"] == ("order 2", None) and deleted["Margin"] == (2, None)


@pytest.mark.parametrize("method, url, body, what", [
    ("PUT", "Orders(1)/Text", {"value": "x"}, ["Order 1"]),
    ("PATCH", "Orders/$filter(Id le 2)/$each", {"Text": "x"}, ["Order 1", "Order 2"]),
    ("DELETE", "Orders/$filter(Id le 2)/$each", None, ["Order 1", "Order 2"]),
    ("PATCH", "Orders", {"@context": "#$delta", "value": [{"Id": 1, "Text": "x"}]}, ["Order 1"]),
    ("PATCH", "Items(11)", {"Order": {"Text": "x"}}, ["Order 1"]),
    ("POST", "Items", {"Id": 9, "Product": "x", "Order": NEW}, ["Order 9"]),
    ("PUT", "Orders(1)/Customer/$ref", {"@odata.id": "Customers(2)"}, ["Order 1"]),
    ("DELETE", "Orders(1)/Customer/$ref", None, ["Order 1"]),
    ("POST", "Customers(2)/Orders/$ref", {"@odata.id": "Orders(1)"}, ["Customer 2", "Order 1"]),
    ("POST", "Orders(1)/Tags/$ref", {"@odata.id": "Tags(1)"}, ["Order 1"]),
    ("DELETE", "Orders(1)/Tags(2)/$ref", None, ["Order 1"]),
    ("PATCH", "Orders(1)", {"Text": "order 1"}, []),  # to what it is already
    ("PATCH", "Items(11)", {"Product": "x"}, []),
])  # fmt: skip
def test_every_road_is_watched(watched, method, url, body, what):
    shop, seen = watched
    answer = shop.send(method, url, body, OData_Version="4.01")
    assert answer.status in (200, 201, 204), answer.text
    assert sorted(event[1] for event in seen) == what


def test_links_are_told_with_what_they_led_to(watched):
    shop, seen = watched
    shop.send("PUT", "Orders(1)/Customer/$ref", {"@odata.id": "Customers(2)"})
    shop.send("POST", "Orders(1)/Tags/$ref", {"@odata.id": "Tags(1)"})
    (customer,), (tags,) = (event[3].values() for event in seen)
    assert (customer.old.Name, customer.new.Name) == ("Ann", "Bob")
    assert [tag.Name for tag in tags.new] == ["urgent"] and tags.old == ()


def test_a_refusal_undoes_everything(orders):
    orders.service.rights("*", R.ALL)

    @orders.service.change_interceptor("Orders")
    def check(ctx, order, operation, changes):
        if operation is UpdateOperations.DELETE:
            raise Forbidden("OrdersStay", "orders are not deleted")
        if "Amount" in changes and changes["Amount"].new > 100:
            raise Conflict("TooMuch", f"{ctx.user.name} may order for 100 at most", target="Amount")

    before = stored(orders)
    answer = orders.by(STRANGER).send("PATCH", "Orders(1)", {"Amount": 101, "Text": "x"})
    assert answer.error == (409, "TooMuch")
    assert (answer.json["error"]["message"], answer.json["error"]["target"]) == (
        "Sam may order for 100 at most",
        "Amount",
    )
    assert orders.send("DELETE", "Orders(1)").error == (403, "OrdersStay")
    assert orders.v2().send("DELETE", "Orders(1)", If_Match="*").error == (403, "OrdersStay")
    assert orders.send("DELETE", "Orders/$each").error == (403, "OrdersStay")
    inside = [{**NEW, "Amount": 101}]
    assert orders.send("POST", "Customers", {"Id": 9, "Name": "x", "Tenant": "x", "Orders": inside}).status == 409
    parts = [
        {"id": "1", "method": "PATCH", "url": "Customers(1)", "body": {"Name": "x"}, "atomicityGroup": "g"},
        {"id": "2", "method": "DELETE", "url": "Orders(1)", "atomicityGroup": "g"},
    ]
    orders.send("POST", "$batch", {"requests": parts}, OData_Version="4.01")
    assert stored(orders) == before


def test_an_interceptor_may_change_the_entity_and_look_at_others(orders):
    orders.service.rights("*", R.ALL)

    @orders.service.change_interceptor("Orders")
    def complete(ctx, order, operation, changes):
        if operation is UpdateOperations.ADD:
            order.Tenant = ctx.user.tenant
            order.Margin = len(ctx.session.scalars(select(Item)).all())

    created = orders.by(RED).send("POST", "Orders", {**NEW, "Tenant": "blue"}).json
    assert (created["Tenant"], created["Margin"]) == ("red", 8)


def test_it_may_bring_a_row_into_sight(shop):
    """The row rules are about what is stored in the end."""

    @shop.service.change_interceptor("Orders")
    def own(ctx, order, operation, changes):
        order.Tenant = ctx.user.tenant

    assert shop.by(RED).send("POST", "Orders", {**NEW, "Tenant": "blue"}).status == 201


def test_actions_are_not_asked(watched):
    """Their code is the application's own."""
    shop, seen = watched

    @shop.service.action(bound=Order)
    def Close(context, order) -> None:
        order.Text = "closed"

    assert shop.send("POST", "Orders(1)/Close").status == 204
    assert shop.get("Orders(1)").json["Text"] == "closed"
    assert seen == []
