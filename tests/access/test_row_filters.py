"""Rows by role, in the language of ``$filter``, with what is known of the caller."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from odata_service import EntitySetRights, User
from odata_service.message import ANONYMOUS
from tests.access.test_query_interceptors import ROADS


def clerk(**claims: Any) -> User:
    return User("Carla", frozenset({"clerk"}), claims=claims)


RED = clerk(tenant="red")
BOSS = User("Bea", frozenset({"boss"}))


@pytest.fixture
def shop(orders):
    orders.service.rights("*", EntitySetRights.ALL)
    return orders


@pytest.mark.parametrize("url, ids", ROADS)
@pytest.mark.parametrize("text", [
    "Tenant eq @user.tenant",
    "Customer/Tenant eq @user.tenant",
    "Customer/Orders/any(o:o/Tenant eq @user.tenant and o/Id ne 0)",
])  # fmt: skip
def test_every_road(shop, text, url, ids):
    shop.service.row_filter("Orders", text, role="clerk")
    for _ in range(2):  # the second time by a kept plan
        assert shop.by(RED).ids(url) == ids


@pytest.mark.parametrize("text, claims, ids", [
    ("true", {}, [1, 2, 3, 4]),
    ("false", {}, []),
    ("Id eq 1", {}, [1]),
    ("Text eq @user.sub", {}, []),
    ("Tenant eq @user.tenant", {"tenant": "blue"}, [3, 4]),
    ("Tenant eq @user.tenant", {"tenant": "red' or true or '"}, []),
    ("Tenant ne @user.tenant", {"tenant": "blue"}, [1, 2]),
    ("Tenant eq @user.tenant", {}, []),                      # who does not say it sees nothing
    ("Tenant ne @user.tenant", {}, []),
    ("Tenant ne @user.tenant", {"tenant": None}, []),
    ("Margin eq @user.margin", {}, []),                      # null is not equal to null here
    ("not (Tenant eq @user.tenant)", {}, []),
    ("Tenant in @user.tenants", {"tenants": ["red", "green"]}, [1, 2]),
    ("Tenant in @user.tenants", {"tenants": "red"}, [1, 2]),
    ("Tenant in @user.tenants", {"tenants": []}, []),
    ("Tenant in @user.tenants", {"tenants": {}}, []),
    ("Tenant eq @user.tenants", {"tenants": ["red"]}, []),
    ("Id le @user.most", {"most": 3}, [1, 2, 3]),
    ("Id le @user.most", {"most": "3"}, []),                 # a text is no number
    ("Amount gt @user.least", {"least": 15.5}, [2, 3, 4]),
    ("@user.sees.all", {"sees": {"all": True}}, [1, 2, 3, 4]),
    ("@user.sees.all", {"sees": {"all": 1}}, []),
    ("@user.sees.all eq true", {"sees": {"all": False}}, []),
    ("contains(Text,@user.part)", {"part": "1"}, [1]),
    ("Tags/any(t:t/Name eq @user.tag)", {"tag": "urgent"}, [2, 4]),
])  # fmt: skip
def test_what_a_clerk_sees(shop, text, claims, ids):
    shop.service.row_filter("Orders", text, role="clerk")
    for _ in range(2):
        assert shop.by(clerk(**claims)).ids("Orders") == ids
        assert shop.v2().by(clerk(**claims)).ids("Orders") == ids


def test_roles_add(shop):
    shop.service.row_filter("Orders", "Id eq 4")
    shop.service.row_filter("Orders", "Tenant eq @user.tenant", role="clerk")
    shop.service.row_filter("Orders", "true", role="boss")
    nobody = User("Eve", frozenset({"visitor"}), claims={"tenant": "red"})
    both = User("Carla", frozenset({"clerk", "boss"}), claims={})
    for _ in range(2):
        assert [shop.by(who).ids("Orders") for who in (ANONYMOUS, nobody, RED, clerk(), BOSS, both)] == [
            [4], [4], [1, 2, 4], [4], [1, 2, 3, 4], [1, 2, 3, 4],
        ]  # fmt: skip


def test_who_was_not_spoken_of_sees_nothing(shop):
    shop.service.row_filter("Orders", "true", role="boss")
    assert [shop.by(who).ids("Orders") for who in (ANONYMOUS, RED, BOSS)] == [[], [], [1, 2, 3, 4]]


def test_nobody_is_called_anonymous(shop):
    shop.service.row_filter("Orders", "Text ne @user.sub")
    assert shop.by(ANONYMOUS).ids("Orders") == []
    assert shop.by(RED).ids("Orders") == [1, 2, 3, 4]


def test_what_a_change_leaves_is_seen_too(shop):
    shop.service.row_filter("Orders", "Tenant eq @user.tenant", role="clerk")
    client = shop.by(RED)
    new = {"Id": 9, "Text": "x", "Amount": 1}
    assert client.send("POST", "Orders", new | {"Tenant": "blue"}).status == 403
    assert client.send("POST", "Orders", new | {"Tenant": "red"}).status == 201
    assert client.send("PATCH", "Orders(9)", {"Tenant": "blue"}, If_Match="*").status == 403
    assert client.send("PATCH", "Orders(3)", {"Text": "y"}, If_Match="*").status == 412
    assert client.send("DELETE", "Orders(4)", If_Match="*").status == 404


def test_claims_that_do_not_fit_are_told_to_the_owner_alone(shop, caplog):
    shop.service.row_filter("Orders", "Id eq @user.number", role="clerk")
    with caplog.at_level(logging.WARNING):
        assert shop.by(clerk(number="many")).ids("Orders") == []
    assert "Orders: somebody sees nothing, because his claims do not fit" in caplog.text and "many" not in caplog.text


@pytest.mark.parametrize("text, line", [
    ("Tennant eq 'red'", "Orders: Order has no property 'Tennant'; did you mean 'Tenant'?"),
    ("Tenant", "Orders: the filter of rows needs a condition"),
    ("Tenant eq @tenant", "Orders: @tenant is nothing; what is known of the caller is @user.sub and the like"),
    ("Tenant eq", "Orders: "),
    ("", "Orders: "),
    ("Amount eq 'x'", "Orders: 'eq' does not go between"),
    ("Tenant eq '@user.tenant", "Orders: "),
])  # fmt: skip
def test_mistakes_are_told_at_once(shop, text, line):
    with pytest.raises(ValueError, match="Orders: ") as refused:
        shop.service.row_filter("Orders", text)
    assert str(refused.value).startswith(line)
