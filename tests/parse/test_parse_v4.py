"""V4 URLs and the trees they become."""

import contextlib
import dataclasses
import json
import pathlib

import pytest

from odata_service.edm.primitive import DATE, DATE_TIME_OFFSET, DECIMAL, DOUBLE, GUID, INT32, INT64, STRING, TIME_OF_DAY
from odata_service.errors import BadRequest, NotImplementedByService, ODataError
from odata_service.limits import Limits
from odata_service.parse import parse_path_v4, parse_v4, parse_value_v4
from odata_service.parse.apply_syntax import Aggregate, FilterRows, GroupBy, Related, TopRows
from odata_service.parse.syntax import AggregateItem, Binary, Literal, Path, Syntax
from tests.pace import seconds
from tests.parse.as_text import as_text, options_as_text

REQUESTS = pathlib.Path(__file__).parents[3] / "shared" / "data" / "client_requests.jsonl"


def parse(query: str, target: str = "Products", limits: Limits | None = None) -> Syntax:
    return parse_v4(target, query, limits or Limits())


def refusal(query: str, target: str = "Products", limits: Limits | None = None) -> BadRequest:
    with pytest.raises(BadRequest) as caught:
        parse(query, target, limits)
    return caught.value


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("Name eq 'a' or A eq 1 and not B", "[[Name eq 'a'] or [[A eq 1] and [not B]]]"),
        ("A add B mul C sub D eq 7", "[[[A add [B mul C]] sub D] eq 7]"),
        ("A divby 2 EQ 2.5 AND NOT Contains(Name,'x')", "[[[A divby 2] eq 2.5] and [not contains(Name,'x')]]"),
        ("-A lt -5", "[[- A] lt -5]"),
        ("not A in (1,2)", "[not [A in (1,2)]]"),
        ("A in ('x') and B in () and C in D/E", "[[A in ('x')] and [B in ()] and [C in D/E]]"),
        ("A in (B)", "[A in B]"),
        ('Name in ["a","b"]', '[Name in ("a","b")]'),
        ("Style has Sales.Pattern'Yellow,Red'", "[Style has Sales.Pattern'Yellow,Red']"),
        ("Items/any(i:i/Price gt 5 and i/Tags/all(t:t ne 'x'))", "Items/any(i:[[i/Price gt 5] and i/Tags/all(t:[t ne 'x'])])"),
        ("Items/any()", "Items/any()"),
        ("Items/$count gt 2", "[Items/$count gt 2]"),
        ("Items/$count($filter=A gt 1;$search=x) gt 2", "[Items/$count($filter=[A gt 1];$search=x) gt 2]"),
        ("Items/$filter(A gt 1)/any(i:i/B)", "Items/$filter([A gt 1])/any(i:i/B)"),
        ("Boss/Sales.Manager/Budget gt 5", "[Boss/Sales.Manager/Budget gt 5]"),
        ("isof(Sales.Manager) or isof(Boss,Manager)", "[isof(<Sales.Manager>) or isof(Boss,<Manager>)]"),
        ("cast(Tags,Collection(Edm.String)) eq null", "[cast(Tags,<Collection(Edm.String)>) eq null]"),
        ("$it/A eq $root/Products(5)/B", "[$it/A eq $root/Products(5)/B]"),
        ("$this gt @low and @p/Name eq 'x'", "[[$this gt @low] and [@p/Name eq 'x']]"),
        ("@Core.Messages/any(m:m/code eq 5)", "@Core.Messages/any(m:[m/code eq 5])"),
        ("Sales.Age(day=now()) gt 5", "[Sales.Age(day=now()) gt 5]"),
        ("Orders(ID=1,No=2)/Total gt 5", "[Orders(ID=1,No=2)/Total gt 5]"),
        ("case(A gt 0:1, true : 0) eq 1", "[case([A gt 0]:1,true:0) eq 1]"),
        ('[A,B] eq [1,"x"] and {"C":A} ne null', '[[(A,B) eq (1,"x")] and [{C:A} ne null]]'),
        ("geo.distance(A,geography'SRID=4326;Point(1 2)') lt 5", "[geo.distance(A,geography'SRID=4326;Point(1 2)') lt 5]"),
        ("date(At) eq 2020-01-31 and At lt 2020-01-31T10:00:00.123Z", "[[date(At) eq 2020-01-31] and [At lt 2020-01-31T10:00:00.123Z]]"),
        ("ID eq 00000000-0000-0000-0000-00000000000a", "[ID eq 00000000-0000-0000-0000-00000000000a]"),
        ("(Stock ge 5L) and (Weight lt 8.5D) and (Price gt 10m)", "[[Stock ge 5L] and [Weight lt 8.5D] and [Price gt 10m]]"),
        ("eq eq 5 and in in (1) and not ne 2", "[[eq eq 5] and [in in (1)] and [not ne 2]]"),
        ("any eq 5 and case eq 6", "[[any eq 5] and [case eq 6]]"),
    ],
)  # fmt: skip
def test_filter(text: str, tree: str) -> None:
    assert as_text(parse(f"$filter={text}").options.filter) == tree


@pytest.mark.parametrize(
    ("query", "options"),
    [
        ("$select=Name,Address/City,Tags($top=2;$filter=$this gt 5)", "$select=Name,Address/City,Tags($filter=[$this gt 5];$top=2)"),
        ("$select=*,Sales.*,Sales.Manager/Budget,Sales.Age(day)", "$select=*,Sales.*,Sales.Manager/Budget,Sales.Age(day=)"),
        ("$expand=*,Items/$ref,Orders/$count($search=x)", "$expand=*,Items/$ref,Orders/$count($search=x)"),
        ("$expand=Items($expand=Product($select=Name);$levels=max;$count=true)",
         "$expand=Items($expand=Product($select=Name);$count=True;$levels=-1)"),
        ("expand=Items(levels=3;orderby=A desc,B;skip=1;@c=15)", "$expand=Items($orderby=A desc,B;$skip=1;$levels=3;@c=15)"),
        ("$expand=Items($search=a b;$top=5)", "$expand=Items($search=[a AND b];$top=5)"),
        ("$expand=Sales.Manager/Reports,Address/Country", "$expand=Sales.Manager/Reports,Address/Country"),
        ("$expand=Category,Supplier,Category($select=Name)", "$expand=Category($select=Name),Supplier"),
        ("$compute=A mul B as C,year(D) as E", "$compute=[A mul B] as C,year(D) as E"),
        ("$search=(a OR b) NOT \"c d\" AND e", "$search=[[a OR b] AND [NOT c d] AND e]"),
        ("$search=OR AND", "$search=[OR AND AND]"),
        ("$search=NOT NOT a", "$search=[NOT [NOT a]]"),
        ("$search=a NOT b OR NOT c", "$search=[[a AND [NOT b]] OR [NOT c]]"),
        ("$search='\"unfinished", None),
        ("$search='\"unfinished'", '$search="unfinished'),
        ("$filter=A eq @p&@p=[1,2]", "$filter=[A eq @p];@p=(1,2)"),
        ("TOP=5&$Skip=10&COUNT=TRUE&$orderby=A", "$orderby=A;$top=5;$skip=10;$count=True"),
        ("$select=&$expand=", ""),
    ],
)  # fmt: skip
def test_options(query: str, options: str | None) -> None:
    if options is None:
        refusal(query)
    else:
        assert options_as_text(parse(query).options) == options


def test_plain_options() -> None:
    options = parse(
        "$format=json&$skiptoken=a%26b&$deltatoken=c&$schemaversion=*&$id=People(1)&count=false&debug=1&x&$index=-1"
    ).options
    assert (options.format, options.skip_token, options.delta_token) == ("json", "a&b", "c")
    assert (options.schema_version, options.id, options.count) == ("*", "People(1)", False)
    assert options.custom == (("debug", "1"), ("x", ""))
    assert options.index == Literal(INT32, -1, "-1", 0, 0)


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("$filter=Name+eq+'a+b'", "a b"),
        ("$filter=Name%20eq%20'C++'", "C++"),
        ("$filter=contains(Name,'C%2B%2B')", "C++"),
        ("$filter=At+lt+2020-01-01T00:00:00%2B01:00+and+Name+eq+'a'", "a"),
    ],
)
def test_plus(query: str, name: str) -> None:
    assert [literal.value for literal in parse(query).literals if isinstance(literal, Literal)][-1] == name


def test_a_plus_sign_of_an_offset_may_stay_unencoded() -> None:
    (literal,) = parse("$filter=At%20lt%202020-01-01T00:00:00+01:00").literals
    assert literal.text == "2020-01-01T00:00:00+01:00"


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("/Products/", "Products"),
        ("Products(1)/Items(ID=2)/$count", "Products(1)/Items(ID=2)/$count"),
        ("Products%281%29", "Products(1)"),
        ("People/O'Neil/Orders/5", "People/O'Neil/Orders/5"),
        ("People/Smith%2FJones(a", "People/Smith/Jones(a"),
        ("Files('a%2Fb+c')", "Files('a/b+c')"),
        ("Products/$filter(Category/Name eq 'x')(5)/Name", "Products/$filter([Category/Name eq 'x'])/(5)/Name"),
        ("Cheapest(count=@c)(7)", "Cheapest(count=@c)/(7)"),
        ("$crossjoin(A,B)", "$crossjoin(A,B)"),
        ("Top(ids=[1,2])", "Top(ids=(1,2))"),
        ("$entity/Sales.Manager", "$entity/Sales.Manager"),
    ],
)
def test_path(target: str, path: str) -> None:
    assert "/".join(as_text(segment) for segment in parse("", target).path) == path
    assert parse_path_v4(target) == parse("", target).path


@pytest.mark.parametrize(
    ("text", "kind"),
    [("5", INT32), ("5000000000", INT64), ("1.5", DECIMAL), ("1e5", DOUBLE), ("INF", DOUBLE), ("'x'", STRING),
     ("2020-01-31", DATE), ("10:20", TIME_OF_DAY), ("2020-01-31T10:00Z", DATE_TIME_OFFSET), ("5L", INT64), ("10m", DECIMAL),
     ("8.5D", DOUBLE), ("00000000-0000-0000-0000-000000000000", GUID)],
)  # fmt: skip
def test_types_of_literals(text: str, kind: object) -> None:
    tree = parse(f"$filter=A eq {text}").options.filter
    assert isinstance(tree, Binary)
    assert isinstance(tree.right, Literal)
    assert tree.right.type is kind
    assert parse_value_v4(text, Limits(), "count") == dataclasses.replace(
        tree.right, at=0, slot=min(tree.right.slot, 0)
    )


def test_literals_are_numbered_in_the_order_written() -> None:
    syntax = parse("$expand=A($top=3;$filter=B eq 1)&$filter=C eq X.Y'Z' and D eq null&@p=7&$top=8", "Products(9)")
    assert [literal.text for literal in syntax.literals] == ["9", "3", "1", "X.Y'Z'", "7", "8"]
    assert [literal.slot for literal in syntax.literals] == list(range(6))


def test_apply() -> None:
    query = "$apply=filter(A gt 1)/groupby((B,C/D),aggregate(E with sum as F,$count as N,G/$count as M,H))/top(5)"
    filtered, grouped, top = parse(query).options.apply
    assert isinstance(filtered, FilterRows)
    assert as_text(filtered.condition) == "[A gt 1]"
    assert isinstance(grouped, GroupBy)
    assert [as_text(grouping) for grouping in grouped.groupings] == ["B", "C/D"]
    assert isinstance(top, TopRows)
    assert top.count.value == 5
    (aggregate,) = grouped.then
    assert isinstance(aggregate, Aggregate)
    assert [_aggregate_item(item) for item in aggregate.items] == [
        ("E", "sum", "F"),
        (None, "$count", "N"),
        ("G", "$count", "M"),
        ("H", None, None),
    ]


def _aggregate_item(item: AggregateItem) -> tuple[str | None, str | None, str | None]:
    return item.expression and as_text(item.expression), item.method, item.alias


def test_apply_over_a_hierarchy() -> None:
    (related,) = parse("$apply=descendants($root/Units,Tree,ID,filter(A eq 'x'),2,keep start)").options.apply
    assert isinstance(related, Related)
    assert (related.kind, related.hierarchy.qualifier, related.keep_start) == ("descendants", "Tree", True)
    assert related.distance == Literal(INT64, 2, "2", 49, 1)


def test_where_nodes_start() -> None:
    tree = parse("$filter=Items/any(i:i/Price gt 5)").options.filter
    assert isinstance(tree, Path)
    assert [step.at for step in tree.steps] == [0, 6]


@pytest.mark.parametrize(
    ("query", "code", "target", "at", "says"),
    [
        ("$filter=", "SyntaxError", "$filter", 0, "found the end"),
        ("$filter=A == 5", "SyntaxError", "$filter", 2, "write eq"),
        ("$filter='O'Neil'", "SyntaxError", "$filter", 3, "written twice"),
        ('$filter=A eq "x"', "SyntaxError", "$filter", 5, "single quotes"),
        ("$filter=substringof('x',Name)", "UnknownFunction", "$filter", 0, "contains"),
        (
            "$filter=ID eq guid'00000000-0000-0000-0000-000000000000'",
            "InvalidLiteral",
            "$filter",
            6,
            "without the prefix",
        ),
        ("$filter=A eq 2020-02-30", "InvalidLiteral", "$filter", 5, "day"),
        ("$filter=Items/all()", "SyntaxError", "$filter", 10, "a name"),
        ("$expand=Items/$ref($levels=4)", "SyntaxError", "$expand", 11, "found"),
        ("$expand=Items($top=5;$top=6)", "SyntaxError", "$expand", 13, "given twice"),
        ("$expand=Items($foo=5)", "SyntaxError", "$expand", 6, "an option"),
        ("$expand=Items/$ref/Name", "SyntaxError", "$expand", 6, "nothing follows $ref"),
        ("$expand=A($top=1),A($top=2)", "SyntaxError", "$expand", 10, "given twice"),
        ("$select=*/Name", "SyntaxError", "$select", 0, "nothing follows a star"),
        ("$apply=aggregate(A add B as C)", "SyntaxError", "$apply", 10, "a path is expected"),
        ("$count=yes", "InvalidValue", "$count", None, "true or false"),
        ("top=-1", "InvalidValue", "$top", None, "whole number"),
        ("$index=x", "InvalidValue", "$index", None, "whole number"),
        ("$fliter=A", "UnknownOption", "$fliter", None, "did you mean '$filter'?"),
        ("$inlinecount=allpages", "UnknownOption", "$inlinecount", None, "$count=true"),
        ("$top=1&Top=1", "DuplicateOption", "Top", None, "twice"),
        ("@p=1&@p=2", "DuplicateOption", "@p", None, "twice"),
        ("@p=1,2", "SyntaxError", "@p", 1, "found ','"),
    ],
)
def test_refused(query: str, code: str, target: str, at: int | None, says: str) -> None:
    error = refusal(query)
    assert (error.code, error.target, error.at) == (code, target, at)
    assert says in error.message


def test_forms_that_are_known_and_not_offered() -> None:
    with pytest.raises(NotImplementedByService, match="geometry"):
        parse("$filter=geo.length(geometry'SRID=0;Point(1 2)') gt 5")


@pytest.mark.parametrize(
    ("query", "limit"),
    [
        ("$filter=" + "(" * 51 + "A" + ")" * 51, "max_expression_depth"),
        ("$filter=A eq " + "[" * 51, "max_expression_depth"),
        ("$filter=" + "not " * 51 + "A", "max_expression_depth"),
        ("$filter=" + "tolower(" * 11 + "A" + ")" * 11, "max_function_depth"),
        ("$filter=A/any(a:a/B/any(b:b/C/any(c:c/D)))", "max_lambda_depth"),
        ("$expand=X($filter=A/any(a:a/B/any(b:b/C/any(c:c/D))))", "max_lambda_depth"),
        ("$filter=A in (" + ",".join(["1"] * 501) + ")", "max_in_items"),
        ("$expand=A($expand=B($expand=C($expand=D)))", "max_expand_depth"),
        ("$expand=" + ",".join(f"P{n}" for n in range(13)), "max_expand_count"),
        ("$expand=A($orderby=A,B,C,D,E,F,G,H,I)", "max_orderby_items"),
        ("$expand=A($top=1000001)", "max_top"),
        ("$select=" + ",".join(f"P{n}" for n in range(201)), "max_select_items"),
        ("$filter=" + " or ".join(["A"] * 501), "max_expression_nodes"),
    ],
)
def test_limits(query: str, limit: str) -> None:
    error = refusal(query)
    assert error.code == "LimitExceeded"
    assert limit in error.message


@pytest.mark.parametrize(
    "text",
    [
        "not " * 1_000 + "A",
        "(" * 50_000 + "A" + ")" * 50_000,
        "[" * 50_000,
        '{"a":' * 50_000,
        " or ".join(["A eq 1"] * 10_000),
        "-" * 50_000 + "A",
        "tolower(" * 10_000,
        "A/any(a:" * 10_000,
        "A($expand=" * 10_000,
        "groupby((A)," * 10_000,
        "concat(" * 10_000,
        "A eq '" + "x" * 1_000_000,
        "A eq " + "1" * 1_000_000,
        "A." * 500_000,
        "a " * 500_000,
    ],
    ids=lambda text: f"{text[:12]}…",
)
def test_bombs_are_refused_quickly(text: str) -> None:
    parse("$filter=A eq 1")
    for option in ("filter", "orderby", "select", "expand", "search", "apply", "compute", "@p"):
        assert seconds(lambda query=f"{option}={text}": refused_or_read(query)) < 1


def refused_or_read(query: str) -> None:
    with contextlib.suppress(ODataError):
        parse(query)


@pytest.mark.skipif(not REQUESTS.exists(), reason="the recorded requests are not beside this checkout")
def test_what_clients_send() -> None:
    urls = [row["url"] for row in map(json.loads, REQUESTS.read_text().splitlines()) if row.get("protocol") == "v4"]
    assert len(urls) > 50
    for url in urls:
        target, _, query = url.partition("?")
        parse(query, target)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("$compute=Price mul 2", "'as' and a name"),
        ("$apply=groupby(Name)", "an opening parenthesis"),
        ("$apply=total(Name)", "a transformation such as filter(…), groupby(…) or aggregate(…)"),
        ("$filter=Items/any(x)", "a colon"),
    ],
)
def test_what_was_expected(query: str, expected: str) -> None:
    assert refusal(query).message.startswith(f"expected {expected}, found ")


def test_a_key_without_quotes() -> None:
    assert refusal("", target="Products(abc)").message.startswith("expected an equals sign, found ')'")
