"""The roads on which a client of tables or of the Sync API could try to hear of something, and those of contained and open entities."""

from __future__ import annotations

from collections.abc import Iterator

from tests.leaks.roads import V4_01
from tests.leaks.twins import Road, get

VERSION_2, VERSION_3 = (("ZUMO-API-VERSION", "2.0.0"),), (("ZUMO-API-VERSION", "3.0.0"),)
CASES = (str, str.lower, str.upper)


def of_tables(names: tuple[str, ...], headers: tuple[tuple[str, str], ...] = ()) -> Iterator[Road]:
    """Every request of a table that is not there, the wrong ones among them: what is wrong is not looked at."""
    for name in names:
        for url in (
            "{t}", "{t}/1", "{t}/x", "{t}?$filter=amount eq 1", "{t}?$filter=nothing eq 1", "{t}?$filter=(", "{t}?$top=5", "{t}?$top=x", "{t}?$orderby=amount",
            "{t}?$select=amount", "{t}?$expand=x", "{t}?$skiptoken=x", "{t}?__includeDeleted=true", "{t}?$count=true", "{t}?$skip=1", "{t}/1/2", "{t}/$count",
        ):  # fmt: skip
            yield Road("GET", url.format(t=name), None, headers)
        for method in ("POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "MERGE"):
            for url in (name, f"{name}/1", f"{name}/{'x' * 30}"):
                for body in ({"id": "1", "amount": 1}, {"id": "1", "nothing": 1}, b"{"):
                    yield Road(method, url, body, headers)
                    yield Road(method, url, body, (*headers, ("If-Match", '"x"')))


def of_column_of_tables(table: str, name: str, headers: tuple[tuple[str, str], ...] = ()) -> Iterator[Road]:
    """A column, in every case in which it could be spelled."""
    for case in CASES:
        column = case(name)
        for url in (
            "{t}?$filter={c} eq 1", "{t}?$filter={c} eq null", "{t}?$filter=length({c}) gt 0", "{t}?$orderby={c}", "{t}?$orderby={c} desc", "{t}?$select={c}",
            "{t}?$select=id,{c}", "{t}?$filter={c}", "{t}?$filter=contains({c},'h')", "{t}?$filter=not({c} eq 1)", "{t}?$filter={c} add 1 eq 2", "{t}?$filter=text eq {c}",
            "{t}?$filter={c}/x eq 1", "{t}?$select={c}/x", "{t}?$filter={c}() eq 1", "{t}?$filter={c}s eq 1", "{t}?$filter=startswith({c},'h')",
        ):  # fmt: skip
            yield Road("GET", url.format(t=table, c=column), None, headers)
        for value in (1, "hint o1", None, {}):
            yield Road("PUT", f"{table}/o1", {"id": "o1", "text": "order 1", "name": "part 1", column: value}, headers)
            yield Road("PATCH", f"{table}/o1", {column: value}, headers)
    for url in (table, f"{table}/o1", f"{table}?__includeDeleted=true", f"{table}?$top=1", f"{table}?$count=true"):
        yield Road("GET", url, None, headers)


def of_sync_sets(names: tuple[str, ...]) -> Iterator[Road]:
    """Every request about a set that there is not."""
    for name in names:
        for url in (
            "{s}",
            "{s}?since=x",
            "{s}?limit=5",
            "{s}?limit=x",
            "{s}?$filter=amount eq 1",
            "{s}?$filter=(",
            "{s}/$changes",
            "{s}/1",
            "{s}?nothing=1",
        ):
            yield Road("GET", url.format(s=name))
        for body in (
            {"operations": [{"id": "a1", "action": "add", "data": {"id": "1", "amount": 1}}]}, {"operations": []}, b"{", [{"id": "1", "amount": 1}],
        ):  # fmt: skip
            yield Road("POST", name, body)
            yield Road("POST", f"sync-{name}", body)
        for action in ("add", "update", "replace", "delete"):
            for data in ({"id": "1", "amount": 1}, {"id": "1", "nothing": 1}, {"id": "1"}, {"amount": "x"}):
                yield Road("POST", "", {"operations": [_operation(action, data, set=name)]})
                yield Road("POST", "", {"operations": [_operation(action, data, set=name)], "atomic": True})
                yield Road("POST", "orders", {"operations": [_operation(action, data, set=name)]})
        for method in ("PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"):
            yield Road(method, name)
    yield from get("", "?since=x")


def of_column_of_records(name: str) -> Iterator[Road]:
    for case in CASES:
        column = case(name)
        yield from get(
            *(
                f"orders?$filter={each.format(c=column)}"
                for each in ("{c} eq 1", "{c} eq null", "{c} gt 0", "length({c}) gt 0", "contains({c},'h')", "{c}")
            )
        )
        for value in (1, "hint o2", None):
            record = {"id": "o1", "text": "order 1", column: value}
            for action in ("add", "update", "replace"):
                yield Road("POST", "orders", {"operations": [_operation(action, record)]})
                yield Road(
                    "POST",
                    "orders",
                    {
                        "operations": [
                            _operation(action, {"id": "o1", "text": "order 1"}, base={column: value, "text": "x"})
                        ]
                    },
                )
                yield Road(
                    "POST",
                    "orders",
                    {
                        "operations": [
                            _operation(
                                action,
                                {"id": "o1", "text": "order 1"},
                                base={column: value},
                                version="2001-01-01T00:00:00Z",
                            )
                        ]
                    },
                )
            yield Road("POST", "sync-orders", [record])
    yield from get("orders", "orders?limit=1", "Orders", "ORDERS")


# Rows of the blue tenant, which are not there for the clerk: order o3, part p2.
TABLE_ROWS = (
    "orders", "orders/o3", "orders/o4", "orders?$filter=id eq 'o3'", "orders?$filter=tenant eq 'blue'", "orders?$count=true", "orders?$top=1&$count=true",
    "orders?$orderby=text desc", "orders?$skip=2", "orders?$filter=updatedAt gt cast(2001-01-01T00:00:00.000Z,Edm.DateTimeOffset)&$orderby=updatedAt&__includeDeleted=true",
    "orders?__includeDeleted=true", "order/o3", "parts", "parts/p2", "parts?$filter=name ne 'x'",
)  # fmt: skip
SYNC_ROWS = (
    "orders",
    "orders?limit=1",
    "orders?$filter=id eq 'o3'",
    "orders?$filter=tenant eq 'blue'",
    "parts",
    "parts?$filter=name eq 'part 2'",
)


def table_changes(headers: tuple[tuple[str, str], ...] = ()) -> Iterator[Road]:
    """Of rows that are not there."""
    for method in ("PUT", "PATCH", "DELETE"):
        for id in ("o3", "o4"):
            for more in (
                (),
                (("If-Match", '"x"'),),
                (("If-Match", "*"),),
                (("If-None-Match", "*"),),
                (("If-Unmodified-Since", "Sat, 01 Jan 2000 00:00:00 GMT"),),
            ):
                yield Road(method, f"orders/{id}", {"id": id, "text": "x", "tenant": "red"}, (*headers, *more))
                yield Road(
                    method,
                    f"orders/{id}?__includeDeleted=true",
                    {"id": id, "text": "x", "tenant": "red"},
                    (*headers, *more),
                )
    yield Road("PUT", "orders/o1", {"id": "o1", "text": "order 1", "tenant": "blue"}, headers)


def record_changes() -> Iterator[Road]:
    """The same in queues. A key that is taken by what one does not see is the one thing that can be told of it."""
    for data in ({"id": "o3", "text": "x", "tenant": "red"}, {"id": "o3"}, {"id": "o3", "tenant": "blue"}):
        for action in ("update", "delete"):
            for said in (
                {},
                {"base": {"text": "order o3"}},
                {"version": "2001-01-01T00:00:00Z"},
                {"at": "2001-01-01T00:00:00Z"},
                {"base": {"text": "x"}, "version": "2001-01-01T00:00:00Z"},
            ):
                if not (action == "update" and {"base", "version"} & said.keys()):
                    yield Road("POST", "orders", {"operations": [_operation(action, data, **said)]})
                yield Road("POST", "orders", {"operations": [_operation("delete", data, **said)], "atomic": True})
    yield Road("POST", "orders", {"operations": [_operation("update", {"id": "o1", "tenant": "blue"})]})
    yield Road("POST", "sync-orders", [{"id": "o1", "text": "order 1", "tenant": "blue"}])


_numbers = iter(range(10**9))


def _operation(action: str, data: object, **said: object) -> dict[str, object]:
    return {"id": f"op-{next(_numbers)}", "action": action, "data": data, **said}


def of_contained(name: str, singular: str) -> Iterator[Road]:
    """What is part of orders, and has no place but theirs."""
    yield from get(*(each.format(s=name, t=singular) for each in (
        "{s}", "{s}(1)", "Orders('o1')/{s}", "Orders('o1')/{s}(1)", "Orders('o1')/{s}/1", "Orders('o1')/{s}/$count", "Orders('o1')/{s}/$ref", "Orders('o1')/{s}(1)/Text",
        "Orders('o1')/{s}(1)/Text/$value", "Orders('o1')/{s}(1)/Order", "Orders('o1')/{s}(No=1)", "Orders('o1')/{s}?$filter=No eq 1", "Orders?$expand={s}", "Orders?$expand={s}/$count",
        "Orders?$expand={s}($select=Text)", "Orders?$filter={s}/any()", "Orders?$filter={s}/any(n:n/No eq 1)", "Orders?$filter={s}/$count gt 0", "Orders?$orderby={s}/$count",
        "Orders?$select={s}", "$crossjoin(Orders,{s})", "$all/Depot.{t}", "$all?$filter=isof(Depot.{t})", "Orders/Depot.{t}", "Orders?$filter=isof(Depot.{t})", "$entity?$id=Orders('o1')/{s}(1)",
        "Orders?$filter=$root/Orders('o1')/{s}(1)/No eq 1", "Orders?$filter=$root/{s}(1)/No eq 1", "Orders?$apply=aggregate({s}/$count as N)", "Orders?$apply=groupby(({s}/Text))",
        "Orders/$query?$expand={s}", "Orders?$expand=Lines($expand=Order($expand={s}))", "Orders('o1')/Lines(1)/Order/{s}", "Orders?$expand=*", "Orders?$expand=Lines,{s}", "$all",
        "$metadata#{s}", "Orders('o1')/{s}/$changes", "{s}/$changes", "Orders('o1')/{s}?$deltatoken=x",
    )))  # fmt: skip
    for method in ("POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
        for url in (
            name,
            f"Orders('o1')/{name}",
            f"Orders('o1')/{name}(1)",
            f"Orders('o1')/{name}(1)/Text",
            f"Orders('o1')/{name}/$ref",
        ):
            yield Road(method, url, {"No": 9, "Text": "x"})
    for body in (
        {name: [{"No": 9, "Text": "x"}]},
        {f"{name}@odata.bind": ["x"]},
        {f"{name}@delta": []},
        {f"{name}@delta": [{"No": 1, "@removed": {}}]},
    ):
        yield Road("PATCH", "Orders('o1')", body, V4_01)
        yield Road("POST", "Orders", {"Id": "o9", **body})  # without a text, so that none is ever made


def of_column_of_lines(name: str) -> Iterator[Road]:
    yield from get(*(each.format(c=name) for each in (
        "Orders('o1')/Lines?$select={c}", "Orders('o1')/Lines?$filter={c} eq 5", "Orders('o1')/Lines?$orderby={c}", "Orders('o1')/Lines(1)/{c}", "Orders('o1')/Lines(1)/{c}/$value",
        "Orders?$expand=Lines($select={c})", "Orders?$expand=Lines($filter={c} eq 5)", "Orders?$expand=Lines($orderby={c})", "Orders?$filter=Lines/any(l:l/{c} eq 5)",
        "Orders?$filter=Lines/$count($filter={c} eq 5) gt 0", "Orders('o1')/Lines", "Orders?$expand=Lines", "Orders?$apply=aggregate(Lines/{c} with sum as S)", "$all?$filter=Depot.Line/{c} eq 5",
        "$all/Depot.Line", "Orders?$expand=Lines($compute={c} add 1 as Z;$select=Z)", "Orders?$filter=$root/Orders('o1')/Lines(1)/{c} eq 5",
    )))  # fmt: skip
    for value in (1, "x", None):
        yield Road("PATCH", "Orders('o1')/Lines(1)", {name: value})
        yield Road("PUT", "Orders('o1')/Lines(1)", {"Text": "line 1", name: value})
        yield Road("PATCH", "Orders('o1')", {"Lines@delta": [{"No": 1, name: value}]}, V4_01)
        yield Road("PUT", f"Orders('o1')/Lines(1)/{name}", {"value": value})


def of_column_of_parts(name: str) -> Iterator[Road]:
    """On an open type every name is one that a property may have."""
    yield from get(*(each.format(c=name) for each in (
        "Parts?$select={c}", "Parts?$select=*,{c}", "Parts?$filter={c} eq 7", "Parts?$filter={c} eq null", "Parts?$filter={c} gt 1", "Parts?$filter=cast({c},Edm.Int32) eq 7", "Parts?$filter=isof({c},Edm.Int32)",
        "Parts?$filter=contains({c},'7')", "Parts?$filter={c} in (7)", "Parts?$filter={c}/x eq 1", "Parts?$filter={c}/any()", "Parts?$orderby={c}", "Parts?$orderby={c} desc", "Parts?$compute={c} as Z&$select=Z",
        "Parts?$apply=groupby(({c}))", "Parts?$apply=aggregate({c} with sum as S)", "Parts?$apply=filter({c} eq 7)", "Parts?$search=7", "Parts?$expand={c}", "Parts('p1')/{c}", "Parts('p1')/{c}/$value",
        "Parts('p1')/{c}/$count", "Parts('p1')/{c}/x", "Parts", "Parts('p1')", "$all/Depot.Part", "$all?$filter=Depot.Part/{c} eq 7", "Parts?$filter=$root/Parts('p1')/{c} eq 7", "Parts/$count?$filter={c} eq 7",
    )))  # fmt: skip
    for value in (5, "x", None, [1], {"a": 1}):
        yield Road("PATCH", "Parts('p1')", {name: value})
        yield Road("PUT", f"Parts('p1')/{name}", {"value": value})
        yield Road("PATCH", "Parts('p1')", {f"{name}@odata.type": "#Int32", name: value})
        yield Road("PUT", "Parts('p1')", {"Name": "part 1", "Tenant": "red", name: value})
        yield from get("Parts('p1')", f"Parts('p1')/{name}", f"Parts?$filter={name} eq 5")
    yield Road("DELETE", f"Parts('p1')/{name}")
    yield Road("OPTIONS", f"Parts('p1')/{name}")
    yield from get("Parts('p1')", f"Parts('p1')/{name}")


def of_member(name: str) -> Iterator[Road]:
    """One member of the structure ``Address``, which has others."""
    yield from get(*(each.format(m=name) for each in (
        "Orders('o1')/Address/{m}", "Orders('o1')/Address/{m}/$value", "Orders('o1')/Address", "Orders('o1')", "Orders", "$metadata",
        "Orders?$select=Address/{m}", "Orders?$select=Address", "Orders?$select=Id,Address/{m}", "Orders?$filter=Address/{m} eq '1'", "Orders?$filter=Address/{m} eq null",
        "Orders?$filter=length(Address/{m}) gt 0", "Orders?$orderby=Address/{m}", "Orders?$compute=Address/{m} as Z", "Orders?$apply=groupby((Address/{m}))", "Orders?$apply=groupby((Address))",
        "Orders?$filter=Address eq {{\"City\":\"Rome\",\"{m}\":\"1\"}}", "Orders?$filter=Address eq {{\"City\":\"Rome\"}}", "Orders?$filter=Address ne null", "Orders?$orderby=Address",
        "Orders?$search=1", "Orders?$filter=$root/Orders('o1')/Address/{m} eq '1'", "$all", "$all?$filter=Depot.Order/Address/{m} eq '1'", "Orders?$select=Address/{m}x", "Orders?$select=Address/Cit",
    )))  # fmt: skip
    more = (("If-Match", "*"),)
    for body in ({"City": "Rome", name: "2"}, {name: "2"}, {name: None}, {"City": "Rome"}, {}, None):
        for method in ("PUT", "PATCH", "MERGE"):
            yield Road(method, "Orders('o1')/Address", body, more)
            yield Road(method, "Orders('o1')/Address", {"Address": body}, more)
            yield Road(method, "Orders('o1')", {"Text": "order 1", "Address": body}, more)
        yield from get("Orders('o1')/Address", "Orders('o1')")
    for body in ({"value": "2"}, {name: "2"}, {"value": None}):
        yield Road("PUT", f"Orders('o1')/Address/{name}", body, more)
        yield Road("DELETE", f"Orders('o1')/Address/{name}", None, more)
    yield Road("DELETE", "Orders('o1')/Address", None, more)
    yield from get("Orders('o1')/Address", "Orders('o1')")
    yield Road("PATCH", "Orders('o1')", {"Address": {"City": "Rome"}}, more)
