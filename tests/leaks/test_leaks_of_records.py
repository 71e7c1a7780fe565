"""The leak matrix of tables (Datasync and its forebears), of the Sync API, and of contained and open entities."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from odata_service import ColumnRights, ODataService
from odata_service.edm.dynamic import DynamicValues
from odata_service.protocol import DATASYNC, ZUMO
from tests.leaks import depot, plain_depot, roads, roads_of_records
from tests.leaks.roads_of_records import VERSION_2, VERSION_3
from tests.leaks.twins import BOSS, CLERK, Road, Twins, copy_of, get, service_of, told

TABLES = ("salaries", "Salary", "WAGES", "notes")
SETS = ("salaries", "Salaries", "SALARIES", "notes")
DIALECTS = [(DATASYNC.name, ()), (ZUMO.name, VERSION_2), (ZUMO.name, VERSION_3)]


def fill(models: Any, session: Session, tenants: tuple[str, ...] = ("red", "blue")) -> None:
    """Two orders of every tenant, each with a line, and a part of each; what the boss alone sees where the models have it."""
    for at, tenant in enumerate(tenants, start=1):
        for number in (2 * at - 1, 2 * at):
            order = models.Order(Id=f"o{number}", Text=f"order {number}", Tenant=tenant)
            order.Lines = [models.Line(No=1, Text=f"line {number}")]
            order.Address = depot.Place("Rome", "1") if models is depot else models.Place("Rome")
            session.add(order)
            if models is depot:
                order.Margin, order.Hint, order.Lines[0].Cost = 1, f"hint o{number}", 5
                order.Notes = [depot.Note(No=1, Text="secret")]
        part = models.Part(Id=f"p{at}", Name=f"part {at}", Tenant=tenant, More=DynamicValues({"Colour": "red"}))
        session.add(part)
        if models is depot:
            part.Weight = 7
    if models is depot:
        session.add(depot.Salary(Id="1", Amount=1000))


@pytest.fixture(scope="module")
def of_models(engines: Callable[[], Engine]) -> Twins:
    hiding, lacking = (service_of(models, engines(), fill, "Depot") for models in (depot, plain_depot))
    depot.close(hiding)
    return Twins(hiding, lacking)


@pytest.fixture(scope="module")
def of_rows(engines: Callable[[], Engine]) -> Twins:
    models: Any = copy_of(plain_depot)

    def service(tenants: tuple[str, ...]) -> ODataService:
        made = service_of(models, engines(), lambda models, session: fill(models, session, tenants), "Depot")

        @made.query_interceptor("Orders")
        def orders(ctx: Any) -> Any:
            return models.Order.Tenant == "red" if ctx.user == CLERK else True

        @made.query_interceptor("Lines")
        def lines(ctx: Any) -> Any:
            return models.Line.Order.has(models.Order.Tenant == "red") if ctx.user == CLERK else True

        @made.query_interceptor("Parts")
        def parts(ctx: Any) -> Any:
            return models.Part.Tenant == "red" if ctx.user == CLERK else True

        return made

    return Twins(service(("red", "blue")), service(("red",)))


@pytest.fixture(autouse=True, scope="module")
def _counts(of_models: Twins, of_rows: Twins) -> Iterator[None]:
    yield
    of_models.print_counts()
    of_rows.print_counts()


def test_how_many_roads_there_are() -> None:
    """So that none of them is lost unseen; each is tried on SQLite and on PostgreSQL."""
    columns = [name for names in depot.HIDDEN.values() for name in names]
    counts = {
        "tables": sum(len(list(roads_of_records.of_tables(TABLES, headers))) for _, headers in DIALECTS),
        "columns of tables": sum(len(list(roads_of_records.of_column_of_tables("orders", name))) for name in columns) * len(DIALECTS),
        "sets to synchronise": len(list(roads_of_records.of_sync_sets(SETS))),
        "columns of records": sum(len(list(roads_of_records.of_column_of_records(name))) for name in columns),
        "contained": len(list(roads_of_records.of_contained("Notes", "Note"))) + len(list(roads_of_records.of_column_of_lines("Cost"))),
        "open": len(list(roads_of_records.of_column_of_parts("Weight"))),
        "rows": len(list(roads_of_records.table_changes())) * len(DIALECTS) + len(list(roads_of_records.record_changes())),
    }  # fmt: skip
    print(counts)
    assert sum(counts.values()) > 3_500 and all(count > 60 for count in counts.values())


@pytest.mark.parametrize("protocol, headers", DIALECTS)
def test_tables(of_models: Twins, protocol: str, headers: roads.Headers) -> None:
    of_models.compare(f"{protocol} tables", protocol, roads_of_records.of_tables(TABLES, headers))
    for name in depot.HIDDEN["Orders"]:
        of_models.compare(f"{protocol} {name}", protocol, roads_of_records.of_column_of_tables("orders", name, headers))
    of_models.compare(f"{protocol} Weight", protocol, roads_of_records.of_column_of_tables("parts", "Weight", headers))


def test_sets_to_synchronise(of_models: Twins) -> None:
    of_models.compare("sync sets", "sync", roads_of_records.of_sync_sets(SETS))
    for name in depot.HIDDEN["Orders"]:
        of_models.compare(f"sync {name}", "sync", roads_of_records.of_column_of_records(name))
    log = "SyncLogs?$select=TableName,RecordsSynced,Conflicts,Rejects,SyncedBy"
    of_models.compare("sync logs", "v4", get(log, "SyncLogs/$count", "$all/Depot.SyncLog/$count"))


def test_contained(of_models: Twins) -> None:
    for protocol in ("v4", "v2"):
        tried = list(roads_of_records.of_contained("Notes", "Note"))
        of_models.compare(f"{protocol} contained", protocol, tried)
        tried += roads_of_records.of_column_of_lines("Cost")
        of_models.compare(f"{protocol} contained column", protocol, roads_of_records.of_column_of_lines("Cost"))
        of_models.compare(f"{protocol} contained in multipart", protocol, roads.in_multipart(tried, "application/json"))
    of_models.compare("v4 contained in batches", "v4", roads.in_batches(tried))


def test_members_of_structures(of_models: Twins) -> None:
    for protocol in ("v4", "v2"):
        of_models.compare(f"{protocol} Address/Zip", protocol, roads_of_records.of_member("Zip"))
    of_models.compare("v4 Address/Zip in batches", "v4", roads.in_batches(list(roads_of_records.of_member("Zip"))))
    shown = of_models.ask(of_models.hiding, "v4", Road("GET", "Orders('o1')/Address/Zip"), BOSS)
    assert shown.body.endswith(b'"value":"1"}')


def test_open_types(of_models: Twins) -> None:
    for protocol in ("v4", "v2"):
        of_models.compare(f"{protocol} open", protocol, roads_of_records.of_column_of_parts("Weight"))
    of_models.compare("v4 open in batches", "v4", roads.in_batches(list(roads_of_records.of_column_of_parts("Weight"))))


def test_a_name_of_one_s_own(of_models: Twins) -> None:
    """What the clerk puts under a name that is hidden from him is his own, and not what the boss means by it."""
    of_models.compare(
        "v4 open", "v4", [Road("PATCH", "Parts('p1')", {"Weight": 5}), *get("Parts('p1')", "Parts?$filter=Weight eq 5")]
    )
    for url in (
        "Parts('p1')",
        "Parts('p1')?$select=Weight",
        "Parts?$filter=Weight eq 7 and Id eq 'p1'",
        "$all/Depot.Part?$filter=Id eq 'p1'",
    ):
        shown = of_models.ask(of_models.hiding, "v4", Road("GET", url), BOSS).body
        assert shown.count(b'"Weight"') == 1 and b'"Weight":7' in shown, shown


def test_feeds(of_models: Twins) -> None:
    """Who may wait for changes of what."""
    urls = (
        "Salaries/$changes",
        "salaries/$changes",
        "Notes/$changes",
        "Orders('o1')/Notes/$changes",
        "Lines/$changes",
        "Nothing/$changes",
    )
    for protocol in ("v4", "sync"):
        of_models.compare(f"{protocol} feeds", protocol, get(*urls))


def test_whole_answers(of_models: Twins) -> None:
    of_models.compare(
        "v4 whole",
        "v4",
        roads.whole(("", "$metadata", "Orders", "Parts", "$all", "Orders?$expand=*"), roads.ACCEPTS_V4),
    )
    of_models.compare(
        "v2 whole", "v2", roads.whole(("", "$metadata", "Orders", "Parts", "Orders?$expand=Lines"), roads.ACCEPTS_V2)
    )
    for protocol, headers in DIALECTS:
        of_models.compare(
            f"{protocol} whole",
            protocol,
            [Road("GET", each, None, headers) for each in ("", "$metadata", "orders", "parts", "x")],
        )


def test_nothing_hidden_was_changed(of_models: Twins) -> None:
    with Session(of_models.hiding.engine) as session:
        known = [
            (order.Margin, order.Hint, order.Address.Zip)
            for order in session.query(depot.Order).order_by("Id")
            if order.Id in ("o1", "o3")
        ]
        assert known == [(1, "hint o1", "1"), (1, "hint o3", "1")]
        assert session.query(depot.Note).count() == 4 and session.query(depot.Salary).one().Amount == 1000
        assert {part.Weight for part in session.query(depot.Part)} == {7}


def test_what_tables_need_may_be_hidden(engines: Callable[[], Engine]) -> None:
    """A set whose stamp a caller may not see is none to synchronise for him."""
    service = service_of(copy_of(plain_depot), engines(), fill, "Depot")
    for column in ("LastUpdated", "IsDeleted"):
        twins = Twins(service, service)
        service.column_rights("Parts", column, ColumnRights.ALL, role="boss")
        for protocol, url in (
            ("tables", "parts"),
            ("tables", "nothing"),
            ("sync", "parts"),
            ("sync", ""),
            ("v4", "Parts"),
            ("v4", "Parts?$deltatoken=x"),
        ):
            assert twins.ask(service, protocol, Road("GET", url)).status < 500, (column, url)
        assert twins.ask(service, "tables", Road("GET", "parts"), BOSS).status == 200
        assert twins.ask(service, "tables", Road("GET", "parts")).status == 404


def test_rows(of_rows: Twins) -> None:
    for protocol, headers in DIALECTS:
        of_rows.compare(
            f"{protocol} rows", protocol, [Road("GET", url, None, headers) for url in roads_of_records.TABLE_ROWS]
        )
    of_rows.compare("sync rows", "sync", get(*roads_of_records.SYNC_ROWS))


def test_changes_of_rows(of_rows: Twins) -> None:
    for protocol, headers in DIALECTS:
        of_rows.compare(f"{protocol} changes", protocol, roads_of_records.table_changes(headers))
        of_rows.compare(f"{protocol} state", "v4", get("$all?$top=1000"))
    of_rows.compare("sync changes", "sync", roads_of_records.record_changes())
    of_rows.compare(
        "sync state", "v4", get("Orders", "Parts", "SyncLogs?$select=TableName,RecordsSynced,Conflicts,Rejects")
    )
    with Session(of_rows.hiding.engine) as session:
        models: Any = of_rows.hiding.model.types["Order"].mapper.class_
        blue = session.query(models).filter(models.Tenant == "blue").order_by(models.Id).all()
        assert [(order.Id, order.Text, order.IsDeleted) for order in blue] == [
            ("o3", "order 3", False),
            ("o4", "order 4", False),
        ]


def test_followed(of_rows: Twins) -> None:
    """Pulls by token, of tables and of the Sync API, and V2's delta links: what happens to hidden rows is no news."""
    starts = (
        ("sync", "orders"),
        ("sync", "parts?$filter=name ne 'x'"),
        ("v2", "Orders?!deltatoken"),
        ("v2", "Parts?!deltatoken&$filter=Name ne 'x'"),
    )
    places = [
        [(protocol, _onward(of_rows.ask(service, protocol, Road("GET", url)).body, url)) for protocol, url in starts]
        for service in (of_rows.hiding, of_rows.lacking)
    ]
    for road in (
        Road("PATCH", "Orders('o3')", {"Text": "news"}), Road("POST", "Orders", {"Id": "o50", "Text": "x", "Tenant": "blue"}), Road("DELETE", "Orders('o50')"),
        Road("PATCH", "Parts('p2')", {"Name": "x"}), Road("PATCH", "Parts('p2')", {"Name": "part 2"}),
    ):  # fmt: skip
        assert of_rows.ask(of_rows.hiding, "v4", road, BOSS).status < 300, road
    for (protocol, one), (_, other) in zip(*places, strict=True):
        answers = [
            told(of_rows.ask(service, protocol, Road("GET", url)))
            for service, url in ((of_rows.hiding, one), (of_rows.lacking, other))
        ]
        of_rows.tried[f"{protocol} followed"] += 1
        (status, headers, body), (_, other_headers, other_body) = answers
        # Who follows a set in which nothing has happened is answered with fewer statements (docs/access.md).
        assert status == 200 and headers | {"Server-Timing": ""} == other_headers | {"Server-Timing": ""}
        assert _without_tokens(body) == _without_tokens(other_body)
    pull = "orders?$filter=updatedAt gt cast(2023-11-14T22:13:20.{:03}Z,Edm.DateTimeOffset)&$orderby=updatedAt&__includeDeleted=true"
    of_rows.compare("tables pulls", "tables", get(*(pull.format(stamp) for stamp in range(8))))


def _onward(body: bytes, url: str) -> str:
    """Where a client goes on."""
    token = re.search(rb'"token":"([^"]*)"', body)
    if token is not None:
        path, _, query = url.partition("?")
        return f"{path}?since={token[1].decode()}" + (f"&{query}" if query else "")
    return re.search(rb'"__delta":"([^"]*)"', body)[1].decode()  # type: ignore[index]


def _without_tokens(body: bytes) -> bytes:
    return re.sub(rb'deltatoken=[\w.-]+|"token":"[\w.-]+"', b"", body)
