"""A query interceptor says which rows there are for a caller, on every road that leads to them."""

from __future__ import annotations

import gc

import pytest
from sqlalchemy import Select, and_, bindparam, exists, false, func, literal_column, select, text
from sqlalchemy.orm import aliased
from sqlalchemy.sql.elements import BinaryExpression

from odata_service import EntitySetRights
from tests.access.model import BOSS, CLERK, Customer, Employee, Item, Order, Tag

RED, BLUE = CLERK, Employee("Bert", frozenset({"clerk"}), "blue")


@pytest.fixture
def shop(orders):
    """Employees see the orders of their tenant, and nobody else sees any."""
    orders.service.rights("*", EntitySetRights.ALL)

    @orders.service.query_interceptor("Orders")
    def own(ctx):
        return Order.Tenant == getattr(ctx.user, "tenant", None)

    return orders


ROADS = [
    ("Orders",                                                          [1, 2]),
    ("Orders?$orderby=Amount desc",                                     [2, 1]),
    ("Orders?$filter=Amount gt 15",                                     [2]),
    ("Orders?$filter=Id eq 3",                                          []),
    ("Orders?$top=5&$skip=1",                                           [2]),
    ("Tags(1)/Orders",                                                  [2]),
    ("Tags(2)/Orders",                                                  [1]),
    ("Customers(2)/Orders",                                             []),
    ("Customers?$filter=Orders/any()",                                  [1]),
    ("Customers?$filter=Orders/any(o:o/Id eq 3)",                       []),
    ("Customers?$filter=not Orders/any(o:o/Amount gt 0)",               [2]),
    ("Customers?$filter=Orders/all(o:o/Amount lt 30)",                  [1, 2]),
    ("Customers?$filter=Orders/$count eq 0",                            [2]),
    ("Customers?$orderby=Orders/$count desc",                           [1, 2]),
    ("Items?$filter=Order/Amount gt 0",                                 [11, 12, 21, 22]),
    ("Items?$filter=Order eq null",                                     [31, 32, 41, 42]),
    ("Items?$filter=Order/Customer/Name eq 'Bob'",                      []),
    ("Items?$orderby=Order/Amount desc,Id&$top=2",                      [21, 22]),
    ("Items?$filter=Order/Tags/any(t:t/Name eq 'urgent')",              [21, 22]),
    ("Items?$filter=Order/Customer/Orders/any(o:o/Id eq 4)",            []),
    ("Orders?$search=order",                                            [1, 2]),
]  # fmt: skip


@pytest.mark.parametrize("url, ids", ROADS)
def test_v4(shop, url, ids):
    for _ in range(2):  # the second time by a kept plan
        assert shop.by(RED).ids(url) == ids


@pytest.mark.parametrize(
    "url, ids",
    [
        ("Orders", [1, 2]),
        ("Orders?$filter=Amount gt 15M", [2]),
        ("Tags(1)/Orders", [2]),
        ("Items?$filter=Order/Amount gt 0M", [11, 12, 21, 22]),
        ("Items?$orderby=Order/Amount desc,Id&$top=2", [21, 22]),
    ],
)
def test_v2(shop, url, ids):
    for _ in range(2):
        assert shop.v2().by(RED).ids(url) == ids


@pytest.mark.parametrize(
    "url",
    [
        "Orders(3)", "Orders(3)/Text", "Orders(3)/Text/$value", "Orders(3)/Customer", "Orders(3)/Items", "Orders(3)/$ref",
        "Customers(2)/Orders(3)", "Customers(2)/Orders(3)/Items", "Items(31)/Order/Text", "Orders(3)/Items/$ref",
        "Orders(3)/Items/$count", "Orders(3)/Tags(2)", "Items(31)/Order/Items",
    ],
)  # fmt: skip
def test_one_that_is_not_there(shop, url):
    hidden, missing = shop.by(RED).get(url), shop.by(RED).get(url.replace("(3)", "(9)").replace("(31)", "(91)"))
    assert (hidden.status, hidden.body) == (missing.status, missing.body)
    assert hidden.status == 404


def test_numbers(shop):
    assert shop.by(RED).get("Orders/$count").text == "2"
    assert shop.by(RED).get("Orders?$count=true&$top=0").json["@odata.count"] == 2
    assert shop.v2().by(RED).get("Orders?$inlinecount=allpages").d["__count"] == "2"
    assert shop.by(RED).get("Tags(1)/Orders/$count").text == "1"
    assert shop.by(BLUE).get("Orders/$count?$filter=Amount gt 35").text == "1"


def test_expanded(shop):
    (bob,) = shop.by(RED).rows("Customers?$filter=Id eq 2&$expand=Orders")
    assert bob["Orders"] == []
    (item,) = shop.by(RED).rows("Items?$filter=Id eq 31&$expand=Order")
    assert item["Order"] is None
    (tag,) = shop.by(RED).rows("Tags?$filter=Id eq 1&$expand=Orders($count=true;$expand=Items($expand=Order))")
    assert [order["Id"] for order in tag["Orders"]] == [2] and tag["Orders@odata.count"] == 1
    assert {item["Order"]["Id"] for item in tag["Orders"][0]["Items"]} == {2}
    (tag,) = shop.by(RED).rows("Tags?$filter=Id eq 1&$expand=Orders/$count")
    assert tag["Orders@odata.count"] == 1
    (bob,) = shop.v2().by(RED).rows("Customers?$filter=Id eq 2&$expand=Orders/Items")
    assert bob["Orders"]["results"] == []


@pytest.mark.parametrize("url, rows", [
    ("Orders?$apply=aggregate($count as N)",                                  [{"N": 2}]),
    ("Orders?$apply=aggregate(Amount with sum as Sum)",                       [{"Sum": 30}]),
    ("Orders?$apply=groupby((Tenant),aggregate(Amount with max as Most))",    [{"Tenant": "red", "Most": 20}]),
    ("Items?$apply=groupby((Order/Tenant),aggregate($count as N))",           [{"Order": {"Tenant": None}, "N": 4}, {"Order": {"Tenant": "red"}, "N": 4}]),
    ("Items?$apply=filter(Order/Amount gt 15)/aggregate($count as N)",        [{"N": 2}]),
    ("Tags(1)/Orders?$apply=aggregate(Amount with max as Most)",              [{"Most": 20}]),
    ("Orders?$apply=topcount(3,Amount)/aggregate($count as N)",               [{"N": 2}]),
])  # fmt: skip
def test_aggregated(shop, url, rows):
    found = [{name: value for name, value in row.items() if "@" not in name} for row in shop.by(RED).rows(url)]
    assert sorted(found, key=str) == sorted(rows, key=str)


def test_cross_join(shop):
    found = shop.by(RED).rows("$crossjoin(Orders,Tags)?$expand=Orders($select=Id),Tags($select=Id)")
    assert {row["Orders"]["Id"] for row in found} == {1, 2} and len(found) == 4


def test_all(shop):
    for who, texts in [(RED, {"order 1", "order 2"}), (BLUE, {"order 3", "order 4"})]:
        assert {row["Text"] for row in shop.by(who).rows("$all") if "Text" in row} == texts


def test_links(shop):
    assert len(shop.by(RED).rows("Tags(1)/Orders/$ref")) == 1
    assert [each["uri"][-9:] for each in shop.v2().by(RED).get("Tags(1)/$links/Orders").entities] == ["Orders(2)"]
    assert shop.v2().by(RED).get("Items(31)/$links/Order").status == 404


def test_pages_go_on_with_the_same_rows(shop):
    shop.service.page_size("Orders", 1)
    first = shop.by(RED).get("Orders").json
    second = shop.by(RED).get(first["@odata.nextLink"]).json
    assert [row["Id"] for row in (*first["value"], *second["value"])] == [1, 2]
    assert "@odata.nextLink" not in second
    # Another caller who goes on with the link sees what is his.
    assert shop.by(BLUE).ids(first["@odata.nextLink"]) == [3]


def test_callers_share_plans_but_no_rows(shop):
    """The tenant is a parameter; that a stranger has none is another condition."""
    assert [shop.by(who).ids("Orders") for who in (RED, BLUE, RED)] == [[1, 2], [3, 4], [1, 2]]
    assert shop.ids("Orders") == []
    assert [shop.by(who).ids("Orders") for who in (BLUE, RED)] == [[3, 4], [1, 2]]
    (variants,) = shop.service._reads.plans._plans.values()
    assert len(variants) == 2


def test_values_in_subqueries_are_parameters_too(orders):
    orders.service.rights("*", EntitySetRights.ALL)

    @orders.service.query_interceptor("Orders")
    def own(ctx):
        customers = select(Customer.Id).where(Customer.Tenant == ctx.user.tenant)
        return and_(Order.Customer.has(Customer.Tenant == ctx.user.tenant), Order.CustomerId.in_(customers))

    assert [orders.by(who).ids("Orders") for who in (RED, BLUE, RED)] == [[1, 2], [3, 4], [1, 2]]
    (variants,) = orders.service._reads.plans._plans.values()
    assert len(variants) == 1


def test_conditions_of_every_kind(orders):
    """Lists, subqueries, relationships, constants: what cannot be a parameter is never taken for another caller's."""
    said, other = {}, aliased(Order)
    orders.service.rights("*", EntitySetRights.ALL)

    @orders.service.query_interceptor("Orders")
    def own(ctx):
        return said["condition"]

    conditions = [
        (lambda: Order.Id.in_([1, 3]), [1, 3]),
        (lambda: Order.Id.in_([2]), [2]),
        (lambda: Order.Id.in_([]), []),
        (lambda: Order.Customer.has(Customer.Name == "Bob"), [3, 4]),
        (lambda: Order.Customer.has(Customer.Name == "Ann"), [1, 2]),
        (lambda: Order.Items.any(Item.Id == 41), [4]),
        (lambda: Order.Tags.any(Tag.Name == "gift"), [1, 3]),
        (lambda: Order.CustomerId.in_(select(Customer.Id).where(Customer.Tenant == "blue")), [3, 4]),
        (lambda: exists().where(Item.OrderId == Order.Id, Item.Id == 11), [1]),
        (lambda: exists().where(Item.OrderId == Order.Id, Item.Id == 21), [2]),
        (lambda: and_(Order.Amount > 10, Order.Amount < 40), [2, 3]),
        (lambda: and_(Order.Amount > 20, Order.Amount < 40), [3]),
        (lambda: Order.Margin == None, []),  # noqa: E711
        # About other columns of the same row, where SQLAlchemy's own criteria for aliases take them for those of any row.
        (lambda: Order.Customer.has(and_(Customer.Tenant == Order.Tenant, Order.Amount > 15)), [2, 3, 4]),
        (lambda: Order.Items.any(and_(Item.Cost == Order.Margin)), [1, 2]),
        (lambda: Order.Items.any(and_(Item.Cost == Order.Margin, Item.Cost > 1)), [2]),
        (lambda: Order.Id.in_(select(Order.Id).where(Order.Tenant == "blue")), [3, 4]),
        (
            lambda: select(func.count()).select_from(Order).where(Order.Tenant == "red").scalar_subquery() == 2,
            [1, 2, 3, 4],
        ),
        (lambda: select(func.max(Order.Amount)).scalar_subquery() == Order.Amount, [4]),
        (lambda: exists().where(other.CustomerId == Order.CustomerId, other.Id < Order.Id), [2, 4]),
        (lambda: ~exists().where(other.CustomerId == Order.CustomerId, other.Id < Order.Id), [1, 3]),
        (lambda: text("orders.\"Tenant\" = 'blue'"), [3, 4]),
        (lambda: literal_column('orders."Amount"') > 25, [3, 4]),
        (
            lambda: (
                Order.Amount == select(func.min(other.Amount)).where(other.Tenant == Order.Tenant).scalar_subquery()
            ),
            [1, 3],
        ),
        (lambda: Order.Tenant == bindparam("tenant", "red"), [1, 2]),
        (lambda: func.lower(Order.Text).contains("2"), [2]),
        (lambda: True, [1, 2, 3, 4]),
        (lambda: False, []),
        (lambda: false(), []),
    ]
    for condition, ids in [*conditions, *reversed(conditions)]:
        said["condition"] = condition()
        assert orders.ids("Orders?$orderby=Id") == ids
        assert orders.get("Orders/$count").text == str(len(ids))
        assert {item["OrderId"] for item in orders.rows("Items?$filter=Order ne null")} == set(ids)
        assert {item["Order"]["Id"] for item in orders.rows("Items?$expand=Order") if item["Order"]} == set(ids)
        assert len(orders.rows("Tags?$filter=Orders/any()")) == len({number % 2 for number in ids})
        assert [orders.get(f"Orders({number})").status == 200 for number in (1, 2, 3, 4)] == [
            n in ids for n in (1, 2, 3, 4)
        ]
        assert orders.send("PATCH", "Orders(4)", {"Text": "order 4"}).status == (204 if 4 in ids else 400)


def test_all_of_several_hold(shop):
    @shop.service.query_interceptor("Orders")
    def cheap(ctx):
        return Order.Amount < 15

    assert shop.by(RED).ids("Orders") == [1]


@pytest.mark.parametrize("error", [KeyError, AttributeError, LookupError, ValueError, NotImplementedError])
def test_an_interceptor_that_fails_opens_nothing(orders, error):
    orders.service.rights("*", EntitySetRights.ALL)

    @orders.service.query_interceptor("Orders")
    def broken(ctx):
        raise error("no tenant")

    for url in (
        "Orders",
        "Orders(1)",
        "Items?$expand=Order",
        "Orders/$count",
        "Items?$filter=Order/Id eq 1",
        "Tags(1)/Orders",
    ):
        with pytest.raises(AssertionError, match="InternalError"):
            orders.get(url)
    with pytest.raises(AssertionError, match="InternalError"):
        orders.send("PATCH", "Orders(1)", {"Text": "x"})


def test_an_interceptor_that_returns_nothing_opens_nothing(orders):
    orders.service.rights("*", EntitySetRights.ALL)

    @orders.service.query_interceptor("Orders")
    def forgetful(ctx):
        pass

    with pytest.raises(AssertionError, match="InternalError"):
        orders.get("Orders")
    assert orders.get("Items").status == 200  # it is asked only where its set is read


def test_interceptors_are_called_once_in_a_request(orders):
    called = []
    orders.service.rights("*", EntitySetRights.ALL)

    @orders.service.query_interceptor("Orders")
    def own(ctx):
        called.append((ctx.user.name, ctx.in_batch, ctx.base_url))
        return Order.Tenant == "red"

    for _ in range(2):
        orders.by(BOSS).get("Orders?$expand=Tags($expand=Orders)&$filter=Customer/Orders/any()")
    assert called == [("Bea", False, "http://services.example/svc/")] * 2


def test_functions(shop):
    @shop.service.function(bound=Order, collection=True, imported=True)
    def Dear(context, orders, least: int) -> Select[Order]:
        return orders.where(Order.Amount >= least)

    assert shop.by(RED).ids("Orders/Dear(least=20)") == [2]
    assert shop.by(RED).ids("Dear(least=0)") == [1, 2]
    assert shop.by(BLUE).ids("Dear(least=0)?$orderby=Id desc") == [4, 3]

    @shop.service.function(imported=True)
    def All(context) -> Select[Order]:
        return select(Order)

    assert shop.by(BLUE).ids("All()") == [3, 4]
    assert shop.by(RED).get("Orders(3)/Items").status == 404


def test_changes_find_only_what_is_seen(shop):
    for method, url, body in [
        ("PATCH", "Orders(3)", {"Text": "x"}), ("PUT", "Orders(3)/Text", {"value": "x"}), ("DELETE", "Orders(3)", None),
        ("DELETE", "Orders(3)/Customer/$ref", None), ("POST", "Orders(3)/Items", {"Id": 99, "Product": "x"}),
        ("POST", "Orders(3)/Tags/$ref", {"@odata.id": "Tags(1)"}), ("DELETE", "Orders(3)/Margin", None),
    ]:  # fmt: skip
        hidden, missing = shop.by(RED).send(method, url, body), shop.by(RED).send(method, url.replace("3", "9"), body)
        assert (hidden.status, hidden.body) == (missing.status, missing.body), url
        assert hidden.status == (400 if method == "PATCH" else 404)  # it would be inserted, were all there
    bound = {"Id": 99, "Product": "x", "Order@odata.bind": "Orders(3)"}
    hidden = shop.by(RED).send("POST", "Items", bound)
    missing = shop.by(RED).send("POST", "Items", {**bound, "Order@odata.bind": "Orders(9)"})
    assert (hidden.status, hidden.text) == (400, missing.text.replace("(9)", "(3)"))
    assert shop.by(RED).send("PATCH", "Items/$filter(Order/Id eq 3)/$each", {"Product": "x"}).status == 204
    assert shop.by(BLUE).rows("Orders(3)/Items")[0]["Product"] == "thing 1"


def test_planning_keeps_no_condition(orders):
    """Aliases go from plan to plan, and SQLAlchemy remembers what they were asked for."""
    orders.service.query_interceptor("Orders")(lambda ctx: Order.Tenant == "red")

    def conditions() -> int:
        orders.service.rights("*", EntitySetRights.ALL_READ)  # forgets all plans
        assert orders.ids("Items?$filter=Order/Amount gt 0") and orders.ids("Orders") == [1, 2]
        gc.collect()
        return sum(isinstance(each, BinaryExpression) for each in gc.get_objects())

    before = [conditions() for _ in range(3)][-1]
    assert [conditions() for _ in range(3)] == [before] * 3
