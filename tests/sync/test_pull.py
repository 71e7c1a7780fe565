"""``GET api/sync/Orders?since=token``: what has changed since the last pull."""

from __future__ import annotations

from datetime import timedelta

import pytest

from odata_service import EntitySetRights, User
from odata_service.errors import Conflict
from tests.sync.client import ROOT, SyncClient

ADA = {"localId": "order-ada"}


def add(orders, *keys):
    new = {"customerName": "Zoe", "status": "Pending"}
    orders.results("Orders", *(orders.operation("add", new | {"localId": key}) for key in keys))


def test_everything_and_then_what_is_new(orders):
    first = orders.pull("Orders")
    assert [each["localId"] for each in first["records"]] == ["order-ada", "order-brian"] and not first["more"]
    add(orders, "new")
    orders.do("delete", ADA)
    second = orders.pull(f"Orders?since={first['token']}")
    assert [each["localId"] for each in second["records"]] == ["new"]
    assert second["deleted"] == [{"localId": "order-ada", "reason": "deleted"}]
    third = orders.pull(f"orders?since={second['token']}")
    assert (third["records"], third["deleted"], third["more"]) == ([], [], False)


def test_deleted_records_are_no_news_to_who_begins(orders):
    orders.service.tombstones("*", "shown")
    orders.do("delete", ADA)
    first = orders.pull("Orders")
    assert [each["localId"] for each in first["records"]] == ["order-brian"] and first["deleted"] == []


def pages(orders, url):
    """All pages, by the token of the one before."""
    page = orders.pull(url)
    yield page
    while page["more"]:
        page = orders.pull(f"{url}&since={page['token']}")
        yield page


def test_in_pages(orders):
    add(orders, *"abcde")
    found = list(pages(orders, "Orders?limit=2"))
    assert [len(page["records"]) for page in found] == [2, 2, 2, 1]
    token = found[-1]["token"]
    add(orders, *"fgh")
    orders.do("delete", ADA)
    url = f"Orders?limit=3&since={token}"
    first = orders.pull(url)
    add(orders, "later")  # after the first page: it belongs to the next pull
    rest = orders.pull(f"Orders?limit=3&since={first['token']}")
    assert [each["localId"] for each in first["records"]] == ["f", "g", "h"] and first["more"]
    assert rest["deleted"][0]["localId"] == "order-ada" and not rest["more"]
    assert [each["localId"] for each in orders.pull(f"Orders?since={rest['token']}")["records"]] == ["later"]


def test_what_changes_between_the_first_pages_comes_with_the_next_pull(orders):
    add(orders, *"abc")
    first = orders.pull("Orders?limit=2")
    orders.do("update", {"localId": "a", "status": "Shipped"})
    last = first
    while last["more"]:
        last = orders.pull(f"Orders?limit=2&since={last['token']}")
    assert [each["localId"] for each in orders.pull(f"Orders?since={last['token']}")["records"]] == ["a"]


def test_a_filter(orders):
    url = "Orders?$filter=status eq 'Pending'"
    first = orders.pull(url)
    assert [each["localId"] for each in first["records"]] == ["order-ada"]
    orders.do("update", ADA | {"status": "Shipped"})
    add(orders, "new")
    second = orders.pull(f"{url}&since={first['token']}")
    assert [each["localId"] for each in second["records"]] == ["new"]
    assert second["deleted"] == [{"localId": "order-ada", "reason": "changed"}]


class TestGone:
    def test_below_the_floor(self, orders):
        token = orders.pull("Orders")["token"]
        orders.do("delete", ADA)
        orders.service.purge(timedelta())
        answer = orders.send("GET", f"Orders?since={token}")
        assert answer.error == (410, "TokenGone") and answer.json["error"]["target"] == "since"
        assert answer.headers["Location"] == answer.json["error"]["beginAnewAt"] == f"{ROOT}Orders"
        assert [each["localId"] for each in orders.pull(answer.headers["Location"])["records"]] == ["order-brian"]

    @pytest.mark.parametrize("token", ["x", "a.b.c", ".b", "%00", "é"])
    def test_what_is_no_token(self, orders, token):
        assert orders.send("GET", f"Orders?since={token}").status == 410

    def test_of_another_query(self, orders):
        token = orders.pull("Orders")["token"]
        assert orders.send("GET", f"Customers?since={token}").status == 410
        assert orders.send("GET", f"Orders?$filter=status eq 'x'&since={token}").status == 410

    def test_a_changed_place_in_it(self, orders):
        url = "Orders?limit=1&$filter=status ne 'x'"
        answer = orders.send("GET", f"{url}&since={orders.pull(url)['token']}x")
        assert answer.error == (410, "TokenGone")
        assert answer.headers["Location"] == f"{ROOT}Orders?$filter=status%20ne%20'x'"


def test_some_columns(orders):
    """What a client needs that only wants to know whether it has everything; its token is one for these columns."""
    first = orders.pull("Orders?$select=localId&limit=1")
    assert first["records"] == [ADA] and first["more"]
    rest = orders.pull(f"Orders?$select=localId&since={first['token']}")
    assert rest["records"] == [{"localId": "order-brian"}]
    orders.do("delete", ADA)
    later = orders.pull(f"Orders?$select=localId&since={rest['token']}")
    assert later["deleted"] == [{**ADA, "reason": "deleted"}]
    assert orders.send("GET", f"Orders?since={rest['token']}").status == 410


def test_an_empty_token_is_none(orders):
    assert len(orders.pull("Orders?since=")["records"]) == 2


@pytest.mark.parametrize("url, error", [
    ("Orders?sinc=x", (400, "UnknownOption")), ("Orders?$top=1", (400, "UnknownOption")),
    ("Orders?limit=0", (400, "InvalidValue")), ("Orders?limit=x", (400, "InvalidValue")),
    ("Orders?$filter=Status eq 'x'", (400, "UnknownProperty")), ("Orders?$filter=", (400, "SyntaxError")),
    ("Orders?$filter=lastModified lt now()", (400, "CannotBeFollowed")),
    ("Nothing", (404, "ResourceNotFound")), ("SyncLogs", (404, "ResourceNotFound")),
])  # fmt: skip
def test_refusals(orders, url, error):
    assert orders.send("GET", url).error == error


def test_the_same_as_a_v4_client_sees(orders):
    add(orders, "new")
    assert [each["LocalId"] for each in orders.v4("GET", "Orders?$filter=LocalId eq 'new'")["value"]] == ["new"]


def test_a_set_that_is_known_by_its_primary_key(client_of):
    """Nothing was said of the People sample: its sets are known by their keys, and conflicts are merged."""
    people = client_of("people")
    people.changing()
    client = SyncClient(people.service)
    first = client.pull("People?limit=1")["records"][0]
    result = client.do(
        "update", {"personId": first["personId"], "name": "x"}, url="People", version=first["lastUpdated"]
    )
    assert result["record"]["name"] == "x"
    assert client.do("add", {"name": "y"}, url="People")["status"] == 201


class TestRights:
    def test_a_closed_set_is_not_there(self, orders):
        orders.service.rights("Orders", EntitySetRights.NONE)
        assert orders.send("GET", "Orders").status == orders.send("POST", "Orders", []).status == 404
        assert [each["name"] for each in orders.pull("")["sets"]] == ["Customers"]

    def test_who_may_not_read(self, orders):
        orders.service.rights("Orders", EntitySetRights.WRITE_APPEND)
        assert orders.send("GET", "Orders").status == 403
        result = orders.do("add", {"localId": "new", "customerName": "Zoe", "status": "x"})
        assert (result["result"], result["record"]) == ("added", None)

    @pytest.mark.parametrize("right, allowed", [
        (EntitySetRights.WRITE_APPEND, {"add"}), (EntitySetRights.WRITE_MERGE, {"update"}),
        (EntitySetRights.WRITE_REPLACE, {"replace"}), (EntitySetRights.WRITE_DELETE, {"delete"}),
    ])  # fmt: skip
    def test_each_action_needs_its_right(self, orders, right, allowed):
        orders.service.rights("Orders", EntitySetRights.ALL_READ | right)
        whole = {"customerName": "Zoe", "status": "x"}
        done = {
            action: orders.do(action, {"localId": "new" if action == "add" else "order-ada"} | whole)["status"]
            for action in ("add", "update", "replace", "delete")
        }
        assert {action for action, status in done.items() if status != 403} == allowed

    def test_row_rules_hold(self, orders):
        model = orders.service.model.sets["Orders"].type.mapper.class_
        orders.service.query_interceptor("Orders")(lambda context: model.Status == "Pending")
        assert set(orders.records()) == {"order-ada"}
        assert orders.do("update", {"localId": "order-brian", "customerName": "x"})["status"] == 404
        assert orders.do("delete", {"localId": "order-brian"})["result"] == "unchanged"
        assert orders.do("add", {"localId": "order-brian", "customerName": "x", "status": "Pending"})["status"] == 409
        assert orders.do("update", {"localId": "order-ada", "status": "Shipped"})["status"] == 403
        assert set(orders.records()) == {"order-ada"}

    def test_who_leaves_the_view_is_told_of(self, orders):
        model = orders.service.model.sets["Orders"].type.mapper.class_
        admin = User("admin")
        orders.service.query_interceptor("Orders")(
            lambda context: True if context.user.name == "admin" else model.Status == "Pending"
        )
        token = orders.pull("Orders")["token"]
        orders.by(admin).do("update", ADA | {"status": "Shipped"})
        orders.by(admin).do("update", {"localId": "order-brian", "customerName": "secret"})
        second = orders.pull(f"Orders?since={token}")
        assert (second["records"], second["deleted"]) == ([], [{"localId": "order-ada", "reason": "changed"}])
        orders.by(admin).do("delete", ADA)
        third = orders.pull(f"Orders?since={second['token']}")
        assert (third["records"], third["deleted"]) == ([], [])

    def test_change_interceptors_are_asked(self, orders):
        @orders.service.change_interceptor("Orders")
        def check(context, order, operation, changes):
            if order.CustomerName == "nobody":
                raise Conflict("Refused", "not for nobody")
            order.Status = "Checked"

        results = orders.results("Orders", *(
            orders.operation("add", {"localId": name, "customerName": name, "status": "x"}) for name in ("nobody", "Zoe")
        ))  # fmt: skip
        assert results[0]["error"]["code"] == "Refused" and results[1]["record"]["status"] == "Checked"
