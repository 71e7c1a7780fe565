"""Rights on functions, actions and service operations."""

from __future__ import annotations

import pytest
from sqlalchemy import Select

from odata_service import EntitySetRights, ServiceActionRights, ServiceOperationRights
from odata_service.operations import OperationContext
from tests.access.model import BOSS, CLERK, STRANGER, Item, Order

R, S, A = EntitySetRights, ServiceOperationRights, ServiceActionRights


@pytest.fixture
def shop(orders):
    service = orders.service
    service.rights("*", R.ALL)

    @service.operation()
    def CheapOrders(context: OperationContext, most: int) -> Select[Order]:
        return context.visible(Order).where(Order.Amount <= most)

    @service.operation()
    def FirstOrder(context: OperationContext) -> Order:
        return context.session.get(Order, 1)

    @service.function(bound=Order)
    def Total(context: OperationContext, order: Order) -> int:
        return 42

    @service.action(bound=Order)
    def Close(context: OperationContext, order: Order) -> None:
        order.Text = "closed"

    @service.function(imported=True)
    def AnItem(context: OperationContext) -> Item:
        return context.session.get(Item, 11)

    return orders


URLS = ("CheapOrders?most=20", "FirstOrder", "Orders(1)/Total()", "AnItem()")


def statuses(who):
    return [who.get(url).status for url in URLS] + [who.send("POST", "Orders(1)/Close").status]


def test_what_is_declared_is_open(shop):
    assert statuses(shop) == [200, 200, 200, 200, 204]


def test_what_was_said_of_an_operation(shop):
    shop.service.operation_rights("CheapOrders", S.ALL, role="clerk")
    shop.service.operation_rights("Total", S.ALL, role="boss")
    shop.service.operation_rights("Close", A.INVOKE, role="boss")
    assert statuses(shop.by(STRANGER)) == [404, 200, 404, 200, 404]
    assert statuses(shop.by(CLERK)) == [200, 200, 404, 200, 404]
    assert statuses(shop.by(BOSS)) == [200, 200, 200, 200, 204]


def test_what_was_said_of_all_operations(shop):
    shop.service.operation_rights("*", S.NONE)
    shop.service.operation_rights("FirstOrder", S.ALL)
    shop.service.operation_rights("*", S.ALL, role="boss")
    assert statuses(shop.by(CLERK)) == [404, 200, 404, 404, 404]
    assert statuses(shop.by(BOSS)) == [200, 200, 200, 200, 204]


def test_one_that_is_closed_is_as_unknown_as_one_that_does_not_exist(shop):
    shop.service.operation_rights("CheapOrders", S.ALL, role="boss")
    shop.service.operation_rights("Total", S.ALL, role="boss")
    for who in (shop.by(CLERK), shop.v2().by(CLERK)):
        for hidden, missing in [("CheapOrders?most=1", "DearyOrders?most=1"), ("Orders(1)/Total", "Orders(1)/Lotat")]:
            one, other = who.get(hidden), who.get(missing)
            assert one.status == other.status == 404
            name, unknown = hidden.partition("?")[0].rpartition("/")[2], missing.partition("?")[0].rpartition("/")[2]
            assert one.text == other.text.replace(unknown, name)
        text = who.get("$metadata", Accept="application/xml").text
        assert "CheapOrders" not in text and "Total" not in text
        assert "CheapOrders" in who.by(BOSS).get("$metadata", Accept="application/xml").text
    assert "CheapOrders" not in shop.by(CLERK).get("").text


@pytest.mark.parametrize("protocol", ["v2", "v4"])
def test_one_or_many(shop, protocol):
    who = shop if protocol == "v4" else shop.v2()
    shop.service.operation_rights("*", S.READ_SINGLE)
    assert [who.get(url).status for url in URLS[:2]] == [403, 200]
    shop.service.operation_rights("*", S.READ_MULTIPLE)
    assert [who.get(url).status for url in URLS[:2]] == [200, 403]


def test_rights_of_its_own_come_before_those_of_the_set(shop):
    """WCF: OverrideEntitySetRights."""
    shop.service.rights("Orders", R.WRITE_APPEND)
    assert [shop.get(url).status for url in URLS[:2]] == [403, 403]
    shop.service.operation_rights("CheapOrders", S.ALL | S.OVERRIDE_ENTITY_SET_RIGHTS)
    assert shop.ids("CheapOrders?most=20&$orderby=Amount desc") == [2, 1]
    assert shop.v2().ids("CheapOrders?most=20") == [1, 2]
    assert shop.get("FirstOrder").status == 403
    assert shop.get("Orders").status == 403
    assert shop.get("CheapOrders(most=20)?$expand=Customer").status == 200
    shop.service.rights("Customers", R.WRITE_APPEND)  # what lies beyond has the rights of its set
    assert shop.get("CheapOrders(most=20)?$expand=Customer").status == 403


def test_what_it_returns_has_to_be_visible(shop):
    shop.service.rights("Orders", R.NONE)
    shop.service.operation_rights("CheapOrders", S.ALL | S.OVERRIDE_ENTITY_SET_RIGHTS)
    assert [shop.get(url).status for url in URLS] == [404, 404, 404, 200]
    assert "CheapOrders" not in shop.get("$metadata", Accept="application/xml").text


def test_rows_that_are_not_seen_are_not_returned(shop):
    @shop.service.query_interceptor("Orders")
    def own(ctx):
        return Order.Tenant == "blue"

    shop.service.operation_rights("CheapOrders", S.ALL | S.OVERRIDE_ENTITY_SET_RIGHTS)
    assert shop.ids("CheapOrders?most=30") == [3]
    assert shop.get("FirstOrder").status in (204, 404)
    assert shop.send("POST", "Orders(1)/Close").status == 404


def test_operations_that_do_not_exist(shop):
    with pytest.raises(ValueError, match="did you mean 'CheapOrders'"):
        shop.service.operation_rights("CheapOrder", S.ALL)
