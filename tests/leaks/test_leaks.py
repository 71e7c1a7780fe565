"""The leak matrix: every secret on every road, in V2 and in V4. A service that hides something answers a clerk, byte for byte, as one in
which it does not exist. ``pytest -rP tests/leaks`` shows how many roads were tried."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from odata_service import ODataService
from tests.leaks import bare, roads, whole
from tests.leaks.twins import BOSS, CLERK, Road, Twins, copy_of, get, service_of, told

NAMES = (*whole.HIDDEN, "Owner", "Owned", "City", "Salaries")
TENANTS = {"Customers": "Customer", "Orders": "Order"}


def fill(models: Any, session: Session, tenants: tuple[str, ...] = ("red", "blue")) -> None:
    """Two orders with two items each for the customer of every tenant; each tag is on one order of each."""
    tags = [models.Tag(Id=1, Name="urgent"), models.Tag(Id=2, Name="gift")]
    session.add_all(tags)
    for at, tenant in enumerate(tenants, start=1):
        session.add(models.Customer(Id=at, Name=f"customer {at}", Tenant=tenant))
    session.flush()
    for number in range(1, 1 + 2 * len(tenants)):
        order = models.Order(
            Id=number, Text=f"order {number}", Tenant=tenants[(number - 1) // 2], Amount=number * 10,
            CustomerId=(number + 1) // 2, Tags=[tags[number % 2]],
        )  # fmt: skip
        order.Items = [models.Item(Id=10 * number + at, Product=f"thing {at}") for at in (1, 2)]
        session.add(order)


def fill_secrets(models: Any, session: Session) -> None:
    fill(models, session)
    if models is whole:
        session.flush()
        for order in session.query(whole.Order):
            order.Margin, order.Hint, order.State, order.OwnerId = order.Id, f"hint {order.Id}", whole.State.Open, 1
            order.Address, order.Photo, order.Labels = whole.Place("Rome", "1"), b"png", [f"label {order.Id}"]
            order.Salaries = [whole.Salary(Id=order.Id, Amount=1000)]


@pytest.fixture(scope="module")
def of_models(engines: Callable[[], Engine]) -> Twins:
    """A model with a hidden set and hidden members, and one without them."""
    hiding, lacking = (service_of(models, engines(), fill_secrets) for models in (whole, bare))
    whole.close(hiding)
    return Twins(hiding, lacking)


@pytest.fixture(scope="module")
def of_rows(engines: Callable[[], Engine]) -> Twins:
    """The same model and the same interceptors; in one of the databases the blue tenant's rows do not exist."""

    models: Any = copy_of(bare)  # which others than these two have no interceptors for

    def service(tenants: tuple[str, ...]) -> ODataService:
        made = service_of(models, engines(), lambda models, session: fill(models, session, tenants))

        @made.query_interceptor("Customers")
        def customers(ctx: Any) -> Any:
            return models.Customer.Tenant == "red" if ctx.user == CLERK else True

        @made.query_interceptor("Orders")
        def orders(ctx: Any) -> Any:
            return models.Order.Tenant == "red" if ctx.user == CLERK else True

        @made.query_interceptor("Items")
        def items(ctx: Any) -> Any:
            return models.Item.Order.has(models.Order.Tenant == "red") if ctx.user == CLERK else True

        return made

    return Twins(service(("red", "blue")), service(("red",)))


@pytest.fixture(autouse=True, scope="module")
def _counts(of_models: Twins, of_rows: Twins) -> Iterator[None]:
    yield
    of_models.print_counts()
    of_rows.print_counts()


@pytest.mark.parametrize("name", NAMES)
def test_members_v4(of_models: Twins, name: str) -> None:
    tried = list(roads.of_name_v4(name))
    of_models.compare(f"V4 {name}", "v4", tried)
    of_models.compare(f"V4 {name} in batches", "v4", roads.in_batches(tried))
    of_models.compare(f"V4 {name} in multipart", "v4", roads.in_multipart(tried, "application/json"))


@pytest.mark.parametrize("name", NAMES)
def test_members_v2(of_models: Twins, name: str) -> None:
    tried = list(roads.of_name_v2(name))
    of_models.compare(f"V2 {name}", "v2", tried)
    of_models.compare(f"V2 {name} in multipart", "v2", roads.in_multipart(tried, "application/json"))


def test_sets(of_models: Twins) -> None:
    tried = list(roads.of_set("Salaries", "Salary"))
    of_models.compare("V4 Salaries", "v4", tried)
    of_models.compare("V4 Salaries in batches", "v4", roads.in_batches(tried))
    of_models.compare("V2 Salaries", "v2", roads.of_set_v2("Salaries", "Salary"))
    kinds = [url.format(kind) for kind in ("State", "Place") for url in (
        "Orders?$filter=Id eq Shop.{0}'Open'", "Orders?$filter=isof(Text,Shop.{0})", "Orders?$filter=cast(Text,Shop.{0}) eq null", "Shop.{0}",
    )]  # fmt: skip
    of_models.compare("V4 types", "v4", get(*kinds))


@pytest.mark.parametrize("name", ["Forecast", "Approve", "SalaryOf", "AllSalaries", "Raise"])
def test_operations(of_models: Twins, name: str) -> None:
    for protocol in ("v4", "v2"):
        of_models.compare(f"{protocol} {name}", protocol, roads.of_operation(name))


def test_whole_answers(of_models: Twins) -> None:
    of_models.compare("V4 whole answers", "v4", roads.whole(roads.WHOLE_V4, roads.ACCEPTS_V4))
    of_models.compare("V2 whole answers", "v2", roads.whole(roads.WHOLE_V2, roads.ACCEPTS_V2))


def test_the_boss_sees_it(of_models: Twins) -> None:
    """So there is something to be told."""
    for name in NAMES:
        asked = Road("GET", f"Orders?$select={name}")
        found = of_models.ask(of_models.hiding, "v4", asked, BOSS)
        assert (found.status == 200) == (name not in ("Owned", "City")), name
    assert b"Salaries" in of_models.ask(of_models.hiding, "v4", Road("GET", "$metadata"), BOSS).body


def test_nothing_hidden_was_changed(of_models: Twins) -> None:
    """By all that was tried above."""
    with Session(of_models.hiding.engine) as session:
        for order in session.query(whole.Order).filter(whole.Order.Id <= 4):
            secrets = (order.Margin, order.Hint, order.State, order.OwnerId, order.Address, order.Photo, order.Labels)
            assert secrets == (
                order.Id,
                f"hint {order.Id}",
                2,
                1,
                whole.Place("Rome", "1"),
                b"png",
                [f"label {order.Id}"],
            )
        assert session.query(whole.Salary).count() == 4


def test_rows(of_rows: Twins) -> None:
    for protocol, urls, accepts in (("v4", roads.ROWS_V4, roads.ACCEPTS_V4), ("v2", roads.ROWS_V2, roads.ACCEPTS_V2)):
        tried = list(roads.whole(urls, accepts))
        of_rows.compare(f"{protocol} rows", protocol, tried)
        of_rows.compare(f"{protocol} rows in multipart", protocol, roads.in_multipart(tried, "application/json"))
    of_rows.compare("v4 rows in batches", "v4", roads.in_batches(get(*roads.ROWS_V4)))


def test_pages(of_rows: Twins) -> None:
    """What is skipped, and every link that goes on."""
    for service in (of_rows.hiding, of_rows.lacking):
        service.page_size("*", 1)
    starts = (
        "Orders",
        "Orders?$orderby=Amount desc",
        "Tags(1)/Orders",
        "Tags?$expand=Orders",
        "$all",
        "Orders?$count=true",
        "Items?$orderby=Order/Id desc",
    )
    for protocol, urls in (("v4", starts), ("v2", (*starts[:4], "Orders?$inlinecount=allpages"))):
        for url in urls:
            following: str | None = url
            while following is not None:
                of_rows.compare(f"{protocol} pages", protocol, get(following))
                answer = of_rows.ask(of_rows.lacking, protocol, Road("GET", following))
                found = re.search(rb'"(?:@odata\.nextLink|__next)":"([^"]*)"', answer.body.rpartition(b"]")[2])
                following = None if found is None else found[1].decode()
    for service in (of_rows.hiding, of_rows.lacking):
        service.page_size("*", 100)


def test_changes_of_rows(of_rows: Twins) -> None:
    """Both services are in the same state for the clerk after each of them."""
    for protocol, tried in (("v4", roads.row_changes_v4()), ("v2", roads.row_changes_v2())):
        for road in tried:
            of_rows.compare(f"{protocol} changes of rows", protocol, [road])
            of_rows.compare(f"{protocol} state after changes", "v4", get("$all?$top=1000"))
    with Session(of_rows.hiding.engine) as session:
        blue = session.query(bare.Order).filter(bare.Order.Tenant == "blue").all()
        assert [(order.Id, order.Text, order.CustomerId, order.IsDeleted) for order in blue] == [
            (3, "order 3", 2, False), (4, "order 4", 2, False),
        ]  # fmt: skip
        assert session.query(bare.Item).filter(bare.Item.OrderId.in_([3, 4])).count() == 4


def test_a_key_that_is_taken_is_the_one_thing_that_is_told(of_rows: Twins) -> None:
    """No database lets it be taken twice (docs/access.md)."""
    taken = Road("POST", "Orders", {"Id": 3, "Text": "x", "Tenant": "red"})
    one, other = (told(of_rows.ask(service, "v4", taken))[0] for service in (of_rows.hiding, of_rows.lacking))
    assert (one, other) == (409, 201)


def test_the_other_tenant_s_rows_are_there(of_rows: Twins) -> None:
    found = of_rows.ask(of_rows.hiding, "v4", Road("GET", "Orders/$count"), BOSS)
    assert int(found.body) >= 4
    with of_rows.hiding.engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM orders WHERE \"Tenant\" = 'blue'")) == 2


def test_deltas(of_rows: Twins) -> None:
    """What happens to rows that a follower does not see is no news to him. What a token says nobody can read."""
    starts = ("Orders", "Orders?$filter=Amount gt 5", "Orders?$select=Text", "Orders?$search=order")
    links = [[_delta_link(of_rows, service, url) for url in starts] for service in (of_rows.hiding, of_rows.lacking)]
    for road in (
        Road("PATCH", "Orders(3)", {"Text": "news"}), Road("PATCH", "Orders(3)", {"Amount": 1}), Road("PATCH", "Orders(3)", {"Text": "order 3"}),
        Road("POST", "Orders", {"Id": 50, "Text": "x", "Tenant": "blue"}), Road("PATCH", "Orders(50)", {"Amount": 7}), Road("DELETE", "Orders(50)"),
    ):  # fmt: skip
        assert of_rows.ask(of_rows.hiding, "v4", road, BOSS).status < 300, road
    for hiding, lacking in zip(*links, strict=True):
        for of_count in ("", "/$count"):
            answers = [
                told(of_rows.ask(service, "v4", Road("GET", link.replace("Orders?", f"Orders{of_count}?"))))
                for service, link in ((of_rows.hiding, hiding), (of_rows.lacking, lacking))
            ]
            of_rows.tried["v4 deltas"] += 1
            one, other = (
                # where nothing has happened in the set, there are fewer statements (docs/access.md)
                (status, headers | {"Server-Timing": ""}, re.sub(rb"deltatoken=[\w-]+", b"", body))
                for status, headers, body in answers
            )
            assert one == other
            assert b'"value":[]' in one[2] or one[2] == b"0"


def _delta_link(twins: Twins, service: ODataService, url: str) -> str:
    answer = twins.ask(service, "v4", Road("GET", url, headers=(("Prefer", "track-changes"),)))
    return re.search(rb'deltaLink":"([^"]*)"', answer.body)[1].decode()  # type: ignore[index]
