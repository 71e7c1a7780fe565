"""The roads on which a client could try to hear of something: where a name, a condition or a key may stand."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from tests.leaks.twins import ROOT, Road, get

Headers = tuple[tuple[str, str], ...]
V4_01: Headers = (("OData-Version", "4.01"),)
# Conditions about a property at a path {p}, of whatever type it is.
CONDITIONS = (
    "{p} eq null", "{p} ne null", "{p} eq 1", "{p} gt 1", "{p} eq 'hint 1'", "{p} in (1,2)", "not ({p} eq 1)", "{p} add 1 eq 2",
    "length({p}) gt 0", "contains({p},'1')", "cast({p},Edm.String) eq '1'", "isof({p},Edm.Int32)", "{p} has Shop.State'Open'",
    "{p} eq Shop.State'Open'", "{p}/City eq 'Rome'", "{p}/any()", "{p}/any(x:x eq 'label 1')", "{p}/$count gt 0", "{p}/Id eq 1",
    "case({p} eq 1:true,true:false)", "$it/{p} eq 1", "{p} eq @a&@a=1", "{p}",
)  # fmt: skip
# Places for a condition {e} about orders.
IN_CONDITIONS = (
    "Orders?$filter={e}", "Orders/$count?$filter={e}", "Orders?$orderby={e}", "Orders?$compute={e} as Z", "Orders/$filter({e})",
    "Orders?$compute={e} as Z&$filter=Z", "Orders?$apply=filter({e})", "Orders?$apply=filter({e})/aggregate($count as N)",
    "Orders?$apply=compute({e} as Z)", "Orders?$apply=compute({e} as Z)/groupby((Z))", "Customers?$expand=Orders($filter={e})",
    "Customers?$expand=Orders($orderby={e})", "Customers?$expand=Orders($compute={e} as Z)", "Customers(1)/Orders?$filter={e}",
    "Customers?$expand=Orders($expand=Customer($expand=Orders($filter={e})))", "Customers?$filter=Orders/$count($filter={e}) gt 0",
    "Customers?$expand=Orders/$count($filter={e})", "Tags(1)/Orders/$ref?$filter={e}", "Customers(1)/Orders/$query?$filter={e}",
    "$all?$filter=Shop.Order/Id eq 1 and {e}", "$all/Shop.Order?$filter={e}",
)  # fmt: skip
# Places for the path {p} itself, on orders.
IN_PATHS = (
    "Orders?$select={p}", "Orders?$select=Id,{p}", "Orders?$select=*,{p}", "Orders?$orderby={p}", "Orders?$orderby={p} desc,Id",
    "Orders?$select={p}/City", "Orders?$select={p}($top=1)", "Orders?$expand={p}", "Orders?$expand={p}($select=Id)",
    "Orders?$expand={p}/$ref", "Orders?$expand={p}/$count", "Orders?$expand=*,{p}", "Orders?$expand={p}($levels=2)",
    "Orders?$compute={p} as Z", "Orders?$compute={p} as Z&$select=Z", "Orders?$compute={p} as Z&$orderby=Z",
    "Orders?$compute=1 as {p}", "Orders?$apply=groupby(({p}))", "Orders?$apply=groupby(({p}),aggregate($count as N))",
    "Orders?$apply=aggregate({p} with max as M)", "Orders?$apply=aggregate({p} with countdistinct as M)",
    "Orders?$apply=aggregate(Amount with sum as {p})", "Orders?$apply=orderby({p})", "Orders?$apply=topcount(1,{p})",
    "Orders?$apply=topsum(1,{p})", "Orders?$apply=groupby(({p}/City))", "Orders?$apply=groupby((Id))&$select={p}",
    "Orders?$apply=groupby((Id))&$orderby={p}", "Items?$filter=Order/{p} eq 1", "Items?$filter=Order/{p} eq null",
    "Items?$filter=$root/Orders(1)/{p} eq null", "Items?$compute=$root/Items(11)/Order/{p} as Z", "Items?$orderby=Order/{p}", "Items?$apply=groupby((Order/{p}))", "Items?$expand=Order($select={p})",
    "Items?$expand=Order($expand={p})", "Items?$filter=Order/Customer/Orders/any(o:o/{p} eq 1)",
    "Customers?$filter=Orders/any(o:o/{p} eq 1)", "Customers?$filter=Orders/all(o:o/{p} eq null)", "Customers?$expand=Orders($select={p})",
    "Customers?$select=Orders/{p}", "Tags?$filter=Orders/any(o:o/{p} gt 1)", "Customers?$filter={p}/any()", "Customers?$expand={p}",
    "$crossjoin(Orders,Items)?$filter=Orders/{p} eq 1", "$crossjoin(Orders,Items)?$expand=Orders($select={p})",
    "$crossjoin(Orders,Items)?$orderby=Orders/{p}", "Orders(1)?$select={p}", "Orders(1)?$expand={p}", "Orders(1)/{p}",
    "Orders(1)/{p}/$value", "Orders(1)/{p}/$count", "Orders(1)/{p}/$ref", "Orders(1)/{p}/City", "Orders(1)/{p}(1)", "Orders/{p}",
    "Orders(1)/{p}?$select=Id", "Orders/1/{p}", "Items(11)/Order/{p}", "Customers(1)/Orders(1)/{p}", "Customers(1)/{p}", "{p}",
    "Orders(1)/$links/{p}", "Orders({p}=1)", "Orders/$each/{p}", "Orders(1)/Shop.{p}", "$entity?$id=Orders(1)/{p}",
    "Orders?{p}=1", "Orders?$filter=Text eq 'order 1'&$select={p}",
)  # fmt: skip


def of_name_v4(name: str) -> Iterator[Road]:
    """Everything that can be tried with the name of a member of orders."""
    for condition in CONDITIONS:
        yield from get(IN_CONDITIONS[0].format(e=condition.format(p=name)))
    for place in IN_CONDITIONS[1:]:
        for condition in (CONDITIONS[0], CONDITIONS[2], CONDITIONS[17]):
            yield from get(place.format(e=condition.format(p=name)))
    yield from get(*(place.format(p=name) for place in IN_PATHS))
    yield from changes_v4(name)


def changes_v4(name: str) -> Iterator[Road]:
    """What changes nothing, because nobody knows the name."""
    for value in (1, "hint 1", None, {"City": "x"}, ["x"], [], {}):
        yield Road("PATCH", "Orders(1)", {name: value}, V4_01)
        yield Road("PUT", "Orders(1)", {"Text": "x", name: value})
        yield Road("PUT", f"Orders(1)/{name}", {"value": value})
        yield Road("PATCH", f"Orders(1)/{name}", {"value": value})
        yield Road("PATCH", f"Orders(1)/{name}", {"City": value})
        yield Road("POST", "Orders", {"Id": 90, "Text": "x", name: value})
        yield Road("PATCH", "Orders", {"@context": "#$delta", "value": [{"Id": 1, name: value}]}, V4_01)
        yield Road("PATCH", "Orders/$each", {name: value})
        inside = {"Id": 90, "Text": "x", name: value}
        yield Road("POST", "Customers", {"Id": 90, "Name": "x", "Orders": [inside]})
        yield Road("POST", "Items", {"Id": 90, "Product": "x", "Order": inside})
        yield Road("PATCH", "Items(11)", {"Order": {name: value}}, V4_01)
        yield Road("PATCH", "Customers(1)", {"Orders@delta": [{"Id": 1, name: value}]}, V4_01)
    for said in (f"{name}@odata.bind", f"{name}@odata.type", f"{name}@delta", f"{name}@odata.mediaContentType"):
        for value in ("Customers(1)", ["Customers(1)"], "#Int32"):
            yield Road("PATCH", "Orders(1)", {said: value, "Text": "order 1"}, V4_01)
    yield Road("DELETE", f"Orders(1)/{name}")
    yield Road("DELETE", f"Orders(1)/{name}/$ref")
    yield Road("POST", f"Orders(1)/{name}", {})
    yield Road("POST", f"Orders(1)/{name}/$ref", {"@odata.id": "Customers(1)"})
    yield Road("PUT", f"Orders(1)/{name}/$ref", {"@odata.id": "Customers(1)"})
    yield Road("PUT", f"Orders(1)/{name}", b"png", (("Content-Type", "image/png"),))
    yield Road("PUT", f"Orders(1)/{name}/$value", b"1", (("Content-Type", "text/plain"),))
    yield Road("OPTIONS", f"Orders(1)/{name}")
    yield Road("PATCH", "Items(11)", {"Order@odata.bind": f"Orders(1)/{name}"})


IN_V2 = (
    "Orders?$select={p}", "Orders?$select=Id,{p}", "Orders?$orderby={p}", "Orders?$orderby={p} desc", "Orders?$filter={p} eq 1",
    "Orders?$filter={p} eq null", "Orders?$filter=substringof('1',{p})", "Orders?$filter=not ({p} eq 1)", "Orders?$filter={p}",
    "Orders?$filter={p}/City eq 'x'", "Orders?$filter=(({p} add 1) eq 2)", "Orders/$count?$filter={p} eq 1", "Orders?$expand={p}",
    "Orders?$select={p}/Id&$expand={p}", "Items?$filter=Order/{p} eq 1", "Items?$orderby=Order/{p}", "Items?$expand=Order&$select=Order/{p}",
    "Items?$expand=Order/{p}", "Customers?$expand=Orders/{p}", "Customers?$expand=Orders&$select=Orders/{p}", "Orders(1)/{p}",
    "Orders(1)/{p}/$value", "Orders(1)/{p}/$count", "Orders(1)/$links/{p}", "Orders(1)/{p}/City", "Orders(1)/{p}(1)", "Items(11)/Order/{p}",
    "Orders/{p}", "{p}", "Orders({p}=1)", "Orders?{p}=1", "Orders?$inlinecount=allpages&$filter={p} gt 0", "Orders(1)?$select={p}",
)  # fmt: skip


def of_name_v2(name: str) -> Iterator[Road]:
    atom = (("Accept", "application/atom+xml,application/xml"),)
    for place in IN_V2:
        yield from get(place.format(p=name))
        yield Road("GET", place.format(p=name), headers=atom)
    for value in (
        1,
        "hint 1",
        None,
        {"City": "x"},
        {"__metadata": {"uri": "Customers(1)"}},
        {"__deferred": {"uri": "x"}},
        [],
    ):
        yield Road("MERGE", "Orders(1)", {name: value}, (("If-Match", "*"),))
        yield Road("PUT", "Orders(1)", {"Text": "x", name: value}, (("If-Match", "*"),))
        yield Road("PUT", f"Orders(1)/{name}", {name: value}, (("If-Match", "*"),))
        yield Road("POST", "Orders", {"Id": 90, "Text": "x", name: value})
        yield Road("POST", "Customers", {"Id": 90, "Name": "x", "Orders": [{"Id": 90, "Text": "x", name: value}]})
    yield Road("PUT", f"Orders(1)/$links/{name}", {"uri": "Customers(1)"})
    yield Road("POST", f"Orders(1)/$links/{name}", {"uri": "Customers(1)"})
    yield Road("DELETE", f"Orders(1)/$links/{name}")
    yield Road("DELETE", f"Orders(1)/{name}/$value", headers=(("If-Match", "*"),))
    entry = (
        '<entry xmlns="http://www.w3.org/2005/Atom" xmlns:d="http://schemas.microsoft.com/ado/2007/08/dataservices" '
        'xmlns:m="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata"><content type="application/xml"><m:properties>'
        f"<d:Id>90</d:Id><d:Text>x</d:Text><d:{name}>1</d:{name}></m:properties></content></entry>"
    )
    yield Road("POST", "Orders", entry.encode(), (("Content-Type", "application/atom+xml"), *atom))


# Without any name: whole answers, documents, and what comes along unasked.
WHOLE_V4 = (
    "", "$metadata", "Orders", "Orders(1)", "Orders?$select=*", "Orders?$expand=*", "Orders?$expand=*($levels=2)", "Customers?$expand=*",
    "Items?$expand=Order", "Customers?$expand=Orders($expand=*)", "Orders?$search=hint", "Orders?$search=label OR Rome",
    "Orders?$count=true", "Orders/$count", "Orders?$apply=identity", "Orders?$apply=filter(Id gt 0)", "$all", "$all/$count", "$all/Shop.Order",
    "$crossjoin(Orders,Tags)?$expand=Orders,Tags", "Orders?$apply=search(hint)", "Customers?$filter=Orders/any(o:contains(o/Text,'hint'))",
    "Orders?$top=1", "Orders?$orderby=Text&$top=1", "Orders/Id", "Orders(1)/$ref", "Orders/$ref", "Tags(1)/Orders", "Orders(1)/Customer",
)  # fmt: skip
ACCEPTS_V4 = (
    "application/json;odata.metadata=full", "application/json;odata.metadata=none", "application/json;IEEE754Compatible=true", "application/xml",
)  # fmt: skip
WHOLE_V2 = (
    "", "$metadata", "Orders", "Orders(1)", "Orders?$expand=Customer,Items,Tags", "Items?$expand=Order", "Customers?$expand=Orders",
    "Orders/$count", "Orders?$inlinecount=allpages", "Orders?$top=1", "Orders(1)/$links/Customer", "Orders(1)/Customer", "Tags(1)/Orders",
    "Orders?$orderby=Text", "Orders?$select=*",
)  # fmt: skip
ACCEPTS_V2 = ("application/atom+xml", "application/xml", "application/json;odata=verbose", "*/*")


def whole(urls: Sequence[str], accepts: Sequence[str]) -> Iterator[Road]:
    yield from get(*urls)
    for accept in accepts:
        yield from (Road("GET", url, headers=(("Accept", accept),)) for url in urls)
    yield from (Road("OPTIONS", url) for url in urls)


def of_set(name: str, singular: str) -> Iterator[Road]:
    """Everything that can be tried with the name of a set, its type, and the operations about it."""
    yield from get(*(each.format(s=name, t=singular) for each in (
        "{s}", "{s}(1)", "{s}/$count", "{s}(1)/Amount", "{s}/1", "{s}?$filter=Id eq 1", "{s}(1)/Order", "Orders(1)/{s}", "Orders(1)/{s}(1)",
        "Orders?$expand={s}", "Orders?$expand={s}($select=Id)", "Orders?$filter={s}/any()", "Orders?$filter={s}/$count gt 0",
        "Orders?$orderby={s}/$count", "Orders?$select={s}", "$crossjoin(Orders,{s})", "$crossjoin({s})", "$all/Shop.{t}", "Orders/Shop.{t}",
        "Orders(1)/Shop.{t}", "Orders?$filter=isof(Shop.{t})", "Orders?$filter=isof(Customer,Shop.{t})", "Orders?$expand=Customer/Shop.{t}",
        "Orders?$apply=groupby(({s}/Amount))", "Orders?$apply=aggregate({s}/$count as N)", "Orders?$filter=cast(Shop.{t}) ne null",
        "{s}?$apply=aggregate($count as N)", "{s}(1)/$ref", "Orders(1)/{s}/$ref", "Orders(1)/{s}/$count", "$entity?$id={s}(1)",
        "$entity/Shop.{t}?$id=Orders(1)", "ShopContainer.{s}", "Shop.{t}", "{t}", "All{s}", "All{s}()", "Orders(1)/{t}Of()", "Orders(1)/Shop.{t}Of()",
        "Orders(1)/{t}Of", "{s}(1)/Shop.Raise", "Orders?$filter=Shop.{t}Of() ne null", "Orders?$select=Shop.{t}Of", "{s}/$query", "$metadata#{s}",
        "Orders?$filter=Id eq $root/{s}(1)/Amount", "Orders?$filter=$root/{s}/$count gt 0", "Orders?$orderby=$root/{s}(1)/Id", "Orders?$filter=$root/{s}(x=1)/Id eq 1",
    )))  # fmt: skip
    for method in ("POST", "PUT", "PATCH", "DELETE", "OPTIONS", "MERGE"):
        for url in (
            name,
            f"{name}(1)",
            f"Orders(1)/{name}",
            f"Orders(1)/{name}/$ref",
            f"{name}(1)/Shop.Raise",
            f"All{name}",
        ):
            yield Road(method, url, {"Id": 90, "Amount": 1, "by": 1})
    for body in (
        {name: [{"Id": 90, "Amount": 1}]}, {f"{name}@odata.bind": [f"{name}(1)"]}, {f"{name}@delta": []}, {"@odata.type": f"#Shop.{singular}"},
        {"Customer@odata.bind": f"{name}(1)"}, {"Customer": {"@id": f"{name}(1)"}}, {"Tags@odata.bind": [f"{name}(1)"]},
    ):  # fmt: skip
        yield Road("PATCH", "Orders(1)", body, V4_01)
        yield Road("POST", "Orders", {"Id": 90, "Text": "x", **body})
    yield Road("PUT", "Orders(1)/Customer/$ref", {"@odata.id": f"{name}(1)"})
    yield Road("POST", "Orders(1)/Tags/$ref", {"@odata.id": f"{ROOT}{name}(1)"})
    yield Road("DELETE", f"Orders(1)/Tags/$ref?$id={name}(1)")


def of_set_v2(name: str, singular: str) -> Iterator[Road]:
    yield from get(*(each.format(s=name, t=singular) for each in (
        "{s}", "{s}(1)", "{s}/$count", "{s}(1)/Amount", "Orders(1)/{s}", "Orders(1)/{s}(1)", "Orders(1)/$links/{s}", "Orders?$expand={s}",
        "Orders?$select={s}", "Orders?$filter={s}/Id eq 1", "Orders?$filter=isof('Shop.{t}')", "ShopContainer.{s}", "All{s}", "All{s}()",
        "Orders?$expand={s}/Order", "Orders?$orderby={s}/Id", "{t}",
    )))  # fmt: skip
    for method in ("POST", "PUT", "MERGE", "DELETE"):
        for url in (name, f"{name}(1)", f"Orders(1)/{name}", f"Orders(1)/$links/{name}", f"Orders(1)/$links/{name}(1)"):
            yield Road(method, url, {"Id": 90, "Amount": 1})
    for body in (
        {name: [{"Id": 90}]},
        {"__metadata": {"type": f"Shop.{singular}"}},
        {"Customer": {"__metadata": {"uri": f"{name}(1)"}}},
    ):
        yield Road("MERGE", "Orders(1)", body, (("If-Match", "*"),))
        yield Road("POST", "Orders", {"Id": 90, "Text": "x", **body})


def of_operation(name: str) -> Iterator[Road]:
    """Everything that can be tried with the name of an operation."""
    urls = (
        "{o}", "{o}()", "{o}/$value", "{o}?$format=json", "{o}(x=1)", "{o}?x=1", "Orders(1)/{o}", "Orders(1)/{o}()", "Orders(1)/Shop.{o}",
        "Orders/{o}", "Orders/Shop.{o}()", "Orders?$filter={o}() eq 42", "Orders?$filter=Shop.{o}() eq 42", "Orders?$select={o}",
        "Orders?$select=Shop.{o}", "Orders?$orderby={o}()", "Orders?$compute={o}() as Z", "Shop.{o}", "ShopContainer.{o}",
    )  # fmt: skip
    for method in ("GET", "POST", "PUT", "DELETE", "OPTIONS"):
        for url in urls:
            yield Road(method, url.format(o=name), None if method == "GET" else {})


# Rows that are not there: order 3 with its items 31 and 32, and customer 2.
ROWS_V4 = (
    "Tags?$filter=$root/Orders(3)/Text eq null", "Tags?$compute=$root/Items(31)/Order/Text as T", "Tags?$orderby=$root/Customers(2)/Name,Id",
    "Orders", "Orders(3)", "Orders/3", "Orders(3)/Text", "Orders(3)/Text/$value", "Orders(3)/Customer", "Orders(3)/Items", "Orders(3)/$ref",
    "Orders(3)/Tags", "Orders(3)/Items/$count", "Orders(3)/Customer/Name", "Customers(2)", "Customers(2)/Orders", "Customers(2)/Orders(3)",
    "Customers(2)/Orders/$count", "Customers(1)/Orders(3)", "Tags(1)/Orders", "Tags(1)/Orders(4)", "Tags(2)/Orders(3)", "Tags(1)/Orders/$count",
    "Tags(2)/Orders/$ref", "Items(31)", "Items(31)/Order", "Items(31)/Order/Text", "Items", "Items?$filter=Order/Id eq 3", "Orders?$filter=Id eq 3",
    "Orders?$filter=Id in (1,3)", "Orders?$filter=Tenant eq 'blue'", "Orders?$filter=Tenant ne 'red'", "Orders?$count=true", "Orders/$count",
    "Orders/$count?$filter=Amount gt 25", "Orders?$orderby=Amount desc&$top=1", "Orders?$skip=2", "Orders?$skip=1&$top=1", "Orders?$search=3",
    "Orders?$search=NOT red", "Customers?$expand=Orders", "Customers?$expand=Orders/$count", "Customers?$expand=Orders($count=true)",
    "Customers?$filter=Orders/any()", "Customers?$filter=Orders/any(o:o/Id eq 3)", "Customers?$filter=Orders/$count eq 2", "Tags?$expand=Orders",
    "Tags?$expand=Orders($count=true;$top=1)", "Tags?$expand=Orders/$ref", "Tags?$expand=Orders/$count", "Tags?$filter=Orders/any(o:o/Tenant eq 'blue')",
    "Tags?$filter=Orders/all(o:o/Tenant eq 'red')", "Tags?$filter=Orders/$count gt 1", "Tags?$orderby=Orders/$count desc,Id",
    "Tags?$expand=Orders($expand=Customer,Items)", "Tags?$filter=Orders/any(o:o/Customer/Name eq 'customer 2')", "Tags(1)/Orders?$orderby=Amount desc",
    "Tags?$filter=Orders/any(o:o/Items/any(i:i/Id eq 31))", "Tags?$compute=Orders/$count as N&$select=N", "Tags?$filter=Orders/$count($filter=Id gt 2) gt 0",
    "Orders?$apply=aggregate($count as N)", "Orders?$apply=aggregate(Amount with sum as S)", "Orders?$apply=aggregate(Amount with max as S)",
    "Orders?$apply=groupby((Tenant))", "Orders?$apply=groupby((Customer/Name),aggregate($count as N))", "Orders?$apply=topcount(1,Amount)",
    "Orders?$apply=topsum(60,Amount)", "Orders?$apply=toppercent(50,Amount)", "Orders?$apply=bottomcount(3,Amount)", "Orders?$apply=concat(identity,aggregate($count as N))",
    "Orders?$apply=filter(Id gt 2)/aggregate($count as N)", "Orders?$apply=aggregate(Tenant with countdistinct as N)", "Orders?$apply=skip(2)",
    "Items?$apply=groupby((Order/Tenant),aggregate($count as N))", "Tags(1)/Orders?$apply=aggregate($count as N)", "Orders/$filter(Id gt 2)",
    "$crossjoin(Orders,Customers)?$filter=Orders/CustomerId eq Customers/Id", "$crossjoin(Orders,Tags)/$count", "$crossjoin(Orders,Items)?$count=true&$top=1",
    "$all", "$all/$count", "$all/Shop.Order", "$entity?$id=Orders(3)", f"$entity?$id={ROOT}Customers(2)", "Orders(3)?$expand=Items", "Orders(Id=3)",
    "Orders?$filter=Customer/Name eq 'customer 2'", "Orders?$filter=Customer eq null", "Orders/$query?$filter=Id eq 3", "Customers(2)/Orders?$apply=aggregate($count as N)",
)  # fmt: skip
ROWS_V2 = (
    "Orders", "Orders(3)", "Orders(3)/Text", "Orders(3)/Text/$value", "Orders(3)/Customer", "Orders(3)/Items", "Orders(3)/$links/Items",
    "Orders(3)/$links/Customer", "Customers(2)", "Customers(2)/Orders", "Customers(2)/Orders(3)", "Tags(1)/Orders", "Tags(1)/$links/Orders",
    "Tags(1)/$links/Orders(4)", "Tags(1)/Orders(4)", "Items(31)", "Items(31)/Order", "Items", "Orders?$filter=Id eq 3", "Orders?$filter=Tenant eq 'blue'",
    "Orders?$inlinecount=allpages", "Orders/$count", "Orders/$count?$filter=Amount gt 25M", "Orders?$orderby=Amount desc&$top=1", "Orders?$skip=2",
    "Customers?$expand=Orders", "Tags?$expand=Orders", "Tags?$expand=Orders/Customer,Orders/Items", "Items?$filter=Order/Id eq 3", "Items?$orderby=Order/Id",
    "Orders?$filter=Customer/Name eq 'customer 2'", "Orders?$orderby=Customer/Name desc", "Tags(1)/Orders?$inlinecount=allpages&$top=1",
)  # fmt: skip


def row_changes_v4() -> Iterator[Road]:
    """Changes of what is not there, and such as refer to it."""
    for url in (
        "Orders(3)",
        "Customers(2)",
        "Items(31)",
        "Customers(2)/Orders(3)",
        "Tags(2)/Orders(3)",
        "Orders(3)/Customer",
    ):
        yield Road("DELETE", url)
        yield Road("PATCH", url, {"Id": 7})  # with all that an insertion needs, the key is taken: see test_leaks
        yield Road("PUT", url, {})
        yield Road("PATCH", url, {}, (("If-Match", "*"),))
        yield Road("PATCH", url, {}, (("If-Match", 'W/"1"'),))
        yield Road("PATCH", url, {}, (("If-None-Match", "*"),))
    for url in ("Orders(3)/Text", "Orders(3)/Text/$value", "Orders(3)/Amount"):
        yield Road("PUT", url, {"value": "x"})
        yield Road("DELETE", url)
    for url in ("Orders(3)/Items", "Customers(2)/Orders", "Orders(3)/Tags"):
        yield Road("POST", url, {"Id": 90, "Product": "x"})
    for method in ("POST", "PUT", "DELETE"):
        for url in (
            "Orders(3)/Customer/$ref",
            "Orders(3)/Tags/$ref",
            "Customers(2)/Orders/$ref",
            "Tags(2)/Orders(3)/$ref",
        ):
            yield Road(method, url, {"@odata.id": "Tags(1)"})
        for target in ("Orders(3)", "Customers(2)", f"{ROOT}Orders(4)", "Items(31)"):
            yield Road(method, "Tags(1)/Orders/$ref", {"@odata.id": target})
            yield Road(method, "Orders(1)/Customer/$ref", {"@odata.id": target})
    for target in ("Orders(3)", "Orders(4)", "Items(31)"):
        yield Road("DELETE", f"Tags(1)/Orders/$ref?$id={target}")
        yield Road("DELETE", f"Orders(1)/Items/$ref?$id={target}")
    bodies = (
        {"Customer@odata.bind": "Customers(2)"}, {"CustomerId": 2}, {"Items@odata.bind": ["Items(31)"]}, {"Customer": {"@id": "Customers(2)"}},
        {"Customer": {"Id": 2, "Name": "mine"}}, {"Items@delta": [{"@removed": {}, "@id": "Items(31)"}]}, {"Items@delta": [{"@id": "Items(31)"}]},
        {"Items": [{"@id": "Items(31)"}]}, {"Tags": [{"Id": 1, "Orders@odata.bind": ["Orders(3)"]}]},
    )  # fmt: skip
    for body in bodies:
        if body != {"Customer": {"Id": 2, "Name": "mine"}}:  # a key that is taken, see test_rows
            yield Road("PATCH", "Orders(1)", body, V4_01)
            yield Road("POST", "Orders", {"Id": 91, "Text": "x", "Tenant": "red", **body})
    for url in (
        "Orders/$filter(Id gt 2)/$each",
        "Customers/$filter(Id gt 1)/$each",
        "Items/$filter(Order/Id gt 2)/$each",
    ):
        yield Road("PATCH", url, {})
        yield Road("DELETE", url)
    removed = {
        "@context": "#$delta",
        "value": [{"@removed": {"reason": "deleted"}, "@id": "Orders(3)"}, {"@removed": {}, "Id": 4}],
    }
    yield Road("PATCH", "Orders", removed, V4_01)
    yield Road("PATCH", "Orders", removed, (*V4_01, ("Prefer", "continue-on-error,return=representation")))
    yield Road("PATCH", "Items(11)", {"OrderId": 3})
    yield Road("POST", "Items", {"Id": 92, "Product": "x", "OrderId": 3})
    yield Road("PATCH", "Orders(1)", {"Tenant": "blue"})
    yield Road("DELETE", "Tags(1)/Orders/$ref")
    yield Road("PUT", "Customers(1)", {"Name": "customer 1", "Tenant": "red", "Orders": [{"Id": 1}]}, V4_01)


def row_changes_v2() -> Iterator[Road]:
    for url in ("Orders(3)", "Customers(2)", "Items(31)", "Tags(2)/Orders(3)"):
        for method, body in (("DELETE", None), ("MERGE", {}), ("PUT", {"Text": "x", "Product": "x", "Name": "x"})):
            yield Road(method, url, body)
            yield Road(method, url, body, (("If-Match", "*"),))
    for method in ("POST", "PUT", "DELETE", "MERGE"):
        for url in (
            "Orders(3)/$links/Customer",
            "Tags(1)/$links/Orders",
            "Tags(1)/$links/Orders(4)",
            "Orders(1)/$links/Customer",
        ):
            yield Road(method, url, {"uri": "Customers(2)" if "Customer" in url else "Orders(3)"})
    yield Road("POST", "Orders", {"Id": 91, "Text": "x", "Customer": {"__metadata": {"uri": "Customers(2)"}}})
    yield Road("POST", "Orders", {"Id": 91, "Text": "x", "CustomerId": 2})
    yield Road("MERGE", "Orders(1)", {"CustomerId": 2}, (("If-Match", "*"),))
    yield Road("MERGE", "Orders(1)", {"Customer": {"__metadata": {"uri": "Customers(2)"}}}, (("If-Match", "*"),))
    yield Road("POST", "Customers(2)/Orders", {"Id": 91, "Text": "x"})
    yield Road("MERGE", "Orders(1)", {"Tenant": "blue"}, (("If-Match", "*"),))


def in_batches(roads: Sequence[Road]) -> Iterator[Road]:
    """The same in the parts of batches in JSON, some dozens at once."""
    for start in range(0, len(roads), 40):
        requests = [
            {
                "id": str(at),
                "method": road.method,
                "url": road.url,
                **({} if road.body is None else {"body": road.body}),
            }
            for at, road in enumerate(roads[start : start + 40])
            if not isinstance(road.body, bytes)
        ]
        yield Road("POST", "$batch", {"requests": requests}, V4_01)


def in_multipart(roads: Sequence[Road], accept: str) -> Iterator[Road]:
    for start in range(0, len(roads), 40):
        parts = [
            f"--b\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n"
            f"GET {json.dumps(road.url)[1:-1].replace(' ', '%20')} HTTP/1.1\r\nAccept: {accept}\r\n\r\n\r\n"
            for road in roads[start : start + 40]
            if road.method == "GET"
        ]
        if parts:
            body = "".join([*parts, "--b--\r\n"]).encode()
            headers = (("Content-Type", "multipart/mixed;boundary=b"), ("Prefer", "odata.continue-on-error"))
            yield Road("POST", "$batch", body, headers)
