"""``$root`` in an expression reads another set: with the caller's rights there, and the rows that he may see."""

from __future__ import annotations

import pytest

from odata_service import ColumnRights, EntitySetRights
from tests.access.model import CLERK, STRANGER, Order

R = EntitySetRights
SAME = "Tags?$filter=$root/Orders({})/Text ne null"


@pytest.fixture
def shop(orders):
    orders.service.rights("Tags", R.ALL_READ)
    orders.service.rights("Orders", R.READ_SINGLE, role="clerk")
    return orders


def test_a_closed_set_is_unknown(shop):
    hidden, missing = (
        shop.by(STRANGER).get(f"Tags?$filter=Name eq $root/{name}(1)/Text") for name in ("Orders", "Ordurs")
    )
    assert hidden.error == (400, "UnknownEntitySet")
    assert hidden.text == missing.text.replace("Ordurs", "Orders")
    assert shop.by(CLERK).get(SAME.format(1)).status == 200


@pytest.mark.parametrize("url", [
    SAME.format(1), "Tags?$orderby=$root/Orders(1)/Text", "Tags?$compute=$root/Orders(1)/Text as X&$select=X",
    "Tags?$apply=filter($root/Orders(1)/Text ne null)", "Tags?$apply=compute($root/Orders(1)/Text as X)",
    "Tags/$filter($root/Orders(1)/Text ne null)",
])  # fmt: skip
def test_the_set_is_read(shop, url):
    assert shop.by(CLERK).get(url).status == 200
    shop.service.rights("Orders", R.WRITE_MERGE, role="clerk")
    assert shop.by(CLERK).get(url).error == (403, "Forbidden")


@pytest.mark.parametrize("condition", ["$root/Orders(1)/Text ne null", "Orders/any(o:o/Text ne null)"])
def test_a_change_of_those_for_which_something_holds_reads_too(shop, condition):
    shop.service.rights("Tags", R.ALL)
    for rights, status in ((R.ALL_READ, 204), (R.WRITE_MERGE, 403)):
        shop.service.rights("Orders", rights, role="clerk")
        assert shop.by(CLERK).send("PATCH", f"Tags/$filter({condition})/$each", {"Name": "x"}).status == status


def test_of_the_way_from_there_too(shop):
    url = "Tags?$filter=$root/Orders(1)/Customer/Name ne null"
    assert shop.by(CLERK).get(url).error == (400, "UnknownProperty")
    shop.service.rights("Customers", R.WRITE_MERGE, role="clerk")
    assert shop.by(CLERK).get(url).error == (403, "Forbidden")
    shop.service.rights("Customers", R.READ_SINGLE, role="clerk")
    assert len(shop.by(CLERK).ids(url)) > 0


def test_hidden_rows_are_not_there(shop):
    @shop.service.query_interceptor("Orders")
    def one_s_own(ctx):
        return Order.Id == (1 if ctx.user == CLERK else 2)

    assert [bool(shop.by(CLERK).ids(SAME.format(key))) for key in (1, 2, 1)] == [True, False, True]
    shop.service.rights("Orders", R.READ_SINGLE)
    assert [bool(shop.by(STRANGER).ids(SAME.format(key))) for key in (1, 2, 1)] == [False, True, False]


def test_columns_closed_to_a_use(shop):
    shop.service.column_rights("Orders", "Text", ColumnRights.READ | ColumnRights.SORT, role="clerk")
    assert shop.by(CLERK).get(SAME.format(1)).error == (400, "NotAllowed")
    assert shop.by(CLERK).get("Tags?$orderby=$root/Orders(1)/Text").status == 200
    shop.service.column_rights("Orders", "Text", ColumnRights.NONE, role="clerk")
    assert shop.by(CLERK).get(SAME.format(1)).error == (400, "UnknownProperty")
