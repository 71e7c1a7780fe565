"""V2 URLs and the trees they become."""

import contextlib
import json
import pathlib

import pytest

from odata_service.edm.primitive import BOOLEAN, DECIMAL, DOUBLE, INT32, INT64, SINGLE
from odata_service.errors import BadRequest, ODataError
from odata_service.limits import Limits
from odata_service.parse import parse_path_v2, parse_v2
from odata_service.parse.syntax import Binary, Junction, Literal, Syntax
from tests.pace import seconds
from tests.parse.as_text import as_text, options_as_text

REQUESTS = pathlib.Path(__file__).parents[3] / "shared" / "data" / "client_requests.jsonl"


def parse(query: str, target: str = "Products", limits: Limits | None = None) -> Syntax:
    return parse_v2(target, query, limits or Limits())


def refusal(query: str, target: str = "Products", limits: Limits | None = None) -> BadRequest:
    with pytest.raises(BadRequest) as caught:
        parse(query, target, limits)
    return caught.value


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("Name eq 'O''Neil'", "[Name eq 'O''Neil']"),
        ("Name eq 'a' or A eq 1 and B eq 2", "[[Name eq 'a'] or [[A eq 1] and [B eq 2]]]"),
        ("A eq 1 and B eq 2 and C eq 3", "[[A eq 1] and [B eq 2] and [C eq 3]]"),
        ("((A eq 1) and (B eq 2)) and (C eq 3)", "[[A eq 1] and [B eq 2] and [C eq 3]]"),
        ("A add B mul C sub D eq 7", "[[[A add [B mul C]] sub D] eq 7]"),
        ("A lt B eq true", "[[A lt B] eq true]"),
        ("-A mul 2 eq -5", "[[[- A] mul 2] eq -5]"),
        ("Category/Name ne null", "[Category/Name ne null]"),
        ("(Price gt 5m)and(Name eq 'x')", "[[Price gt 5m] and [Name eq 'x']]"),
        ("Price\tgt  5 \tand( A eq 1 )", "[[Price gt 5] and [A eq 1]]"),
        ("substringof( 'x' , tolower( Name ) )eq true", "[substringof('x',tolower(Name)) eq true]"),
        ("isof('Sales.Manager')", "isof(<Sales.Manager>)"),
        ("cast(Name, 'Edm.String') eq 'x'", "[cast(Name,<Edm.String>) eq 'x']"),
        ("cast('Sales.Manager')/Office/Floor eq 5", "[Sales.Manager/Office/Floor eq 5]"),
        ("cast(Boss/Deputy, 'Sales.Manager')/Budget eq 5", "[Boss/Deputy/Sales.Manager/Budget eq 5]"),
        ("eq eq 5 and and eq or", "[[eq eq 5] and [and eq or]]"),
        ("not eq true and desc eq 1", "[[not eq true] and [desc eq 1]]"),
        ("ReleaseDate ge datetime'2001-01-01T00:00:00.000'", "[ReleaseDate ge datetime'2001-01-01T00:00:00.000']"),
        ("Größe gt 5", "[Größe gt 5]"),
    ],
)
def test_filter(text: str, tree: str) -> None:
    assert as_text(parse(f"$filter={text}").options.filter) == tree


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("not A", "[not [A eq true]]"),
        ("not (A and (B/C or D eq 5))", "[not [[A eq true] and [[B/C eq true] or [D eq 5]]]]"),
        ("not endswith(Name,'7')", "[not [endswith(Name,'7') eq true]]"),
        ("not not A", "[not [not [A eq true]]]"),
        ("not (A gt null)", "[not [A gt null]]"),
        ("A or not isof('T')", "[A or [not isof(<T>)]]"),
        ("(A and B) eq false", "[[[A eq true] and [B eq true]] eq false]"),
    ],
)
def test_null_is_false_under_not(text: str, tree: str) -> None:
    assert as_text(parse(f"$filter={text}").options.filter) == tree


def test_where_nodes_start() -> None:
    tree = parse("$filter=Name eq 'a' and Price gt 5").options.filter
    assert isinstance(tree, Junction)
    assert tree.at == 0
    assert [(term.at, term.left.at, term.right.at) for term in tree.terms if isinstance(term, Binary)] == [
        (5, 0, 8),
        (22, 16, 25),
    ]


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("", ""),
        ("/Products", "Products"),
        ("//Products/", "Products"),
        ("Products()", "Products()"),
        ("Products(1)/Category/$links/Suppliers", "Products(1)/Category/$links/Suppliers"),
        ("Products%281%29", "Products(1)"),
        ("Products(ID=1)/Name/$value", "Products(ID=1)/Name/$value"),
        (
            "OrderItems%28Order_ID%3Dguid%2701886f43-5079-41d6-9a8a-ec9feffa41eb%27%2CPos%3D10%29",
            "OrderItems(Order_ID=guid'01886f43-5079-41d6-9a8a-ec9feffa41eb',Pos=10)",
        ),
        ("Files('a%2Fb''c+d')", "Files('a/b''c+d')"),
        ("Container.Products( 1 )", "Container.Products(1)"),
        ("$metadata", "$metadata"),
        ("Products/$count", "Products/$count"),
    ],
)
def test_path(target: str, path: str) -> None:
    assert "/".join(as_text(segment) for segment in parse("", target).path) == path
    assert parse_path_v2(target) == parse("", target).path


def test_where_segments_start() -> None:
    products, name = parse("", "//Products('a%2Fb')/Name").path
    assert products.arguments is not None
    assert (products.at, products.arguments[0].at, name.at) == (2, 11, 18)


@pytest.mark.parametrize(
    ("query", "options"),
    [
        ("$expand=Category", "$expand=Category"),
        ("$expand=A,B/C,B/D,A", "$expand=A,B($expand=C,D)"),
        ("$select=ID,Name", "$select=ID,Name"),
        ("$select=ID,Category/Name&$expand=Category", "$select=ID,Category;$expand=Category($select=Name)"),
        ("$expand=Category&$select=Category/*,ID", "$select=Category,ID;$expand=Category($select=*)"),
        ("$expand=Orders/Lines&$select=ID,Orders", "$select=ID,Orders;$expand=Orders($expand=Lines)"),
        ("$expand=Orders&$select=Orders/ID,Orders", "$select=Orders;$expand=Orders"),
        ("$expand=A/B&$select=A/B/C", "$select=A;$expand=A($select=B;$expand=B($select=C))"),
        ("$expand=A/B&$select=A/X", "$select=A;$expand=A($select=X)"),
        ("$expand=Orders&$select=ID", "$select=ID"),
        ("$select=*,Category", "$select=*,Category"),
    ],
)
def test_expand_and_select(query: str, options: str) -> None:
    assert options_as_text(parse(query).options) == options


def test_other_options() -> None:
    syntax = parse("$orderby=Price desc,length(Name) asc,desc&%24top=5&$skip=%2010+&$inlinecount=allpages&$format=json"
                   "&$skiptoken=a%26b&minRating=4&x")  # fmt: skip
    options = syntax.options
    assert as_text(options.orderby) == "Price desc,length(Name),desc"
    assert options.top == Literal(INT64, 5, "5", 0, 0)
    assert options.skip == Literal(INT64, 10, "10", 0, 1)
    assert (options.count, options.format, options.skip_token) == (True, "json", "a&b")
    assert options.custom == (("minRating", "4"), ("x", ""))
    assert parse("$inlinecount=none").options.count is False
    assert parse("").options.count is None


def test_literals_are_numbered_in_the_order_written() -> None:
    syntax = parse("$top=3&$filter=A eq 1 and B eq null and isof('T') and C eq 1.5&$skip=2", "Products(7)/Lines(No=8)")
    assert [literal.text for literal in syntax.literals] == ["7", "8", "3", "1", "'T'", "1.5", "2"]
    assert [literal.slot for literal in syntax.literals] == list(range(7))
    assert [literal.type for literal in syntax.literals[:4]] == [INT32, INT32, INT64, INT32]


@pytest.mark.parametrize(
    ("text", "kind"),
    [("5", INT32), ("5000000000", INT64), ("5L", INT64), ("9" * 30, DECIMAL), ("5.5", DOUBLE), ("1E-3", DOUBLE),
     ("1.5m", DECIMAL), ("2.5f", SINGLE), ("NaN", DOUBLE), ("-INF", DOUBLE), ("true", BOOLEAN)],
)  # fmt: skip
def test_types_of_literals(text: str, kind: object) -> None:
    tree = parse(f"$filter=A eq {text}").options.filter
    assert isinstance(tree, Binary)
    assert isinstance(tree.right, Literal)
    assert tree.right.type is kind


@pytest.mark.parametrize(
    ("query", "code", "target", "at", "says"),
    [
        ("$filter=", "SyntaxError", "$filter", 0, "found the end"),
        ("$filter=A eq", "SyntaxError", "$filter", 4, "found the end"),
        ("$filter=A == 5", "SyntaxError", "$filter", 2, "write eq"),
        ("$filter=A = 5", "SyntaxError", "$filter", 2, "write eq"),
        ("$filter=A %3E 5", "SyntaxError", "$filter", 2, "write gt"),
        ("$filter=A eq 5 %26%26 B eq 6", "SyntaxError", "$filter", 7, "write and"),
        ("$filter=A eq 5 && B eq 6", "SyntaxError", "the query string", None, "write 'and' for &&"),
        ("$filter=A eq 'x", "SyntaxError", "$filter", 5, "no closing quote"),
        ("$filter=A eq 'O'Neil'", "SyntaxError", "$filter", 8, "written twice"),
        ('$filter=A eq "x"', "SyntaxError", "$filter", 5, "single quotes"),
        ("$filter=A EQ 5", "SyntaxError", "$filter", 2, "lower case"),
        ("$filter=(A eq 5", "SyntaxError", "$filter", 7, "closing parenthesis"),
        ("$filter=A eq 5)", "SyntaxError", "$filter", 6, "no parenthesis to close"),
        ("$filter=contains(Name,'x')", "UnknownFunction", "$filter", 0, "substringof"),
        ("$filter=ToLower(Name) eq 'x'", "UnknownFunction", "$filter", 0, "did you mean 'tolower'?"),
        ("$filter=A eq 5x", "SyntaxError", "$filter", 5, "expected a value"),
        ("$filter=A eq guid'5'", "InvalidLiteral", "$filter", 5, "Guid"),
        ("$filter=A eq datetime'2001-13-01T00:00:00'", "InvalidLiteral", "$filter", 5, "month"),
        ("$orderby=A,,B", "SyntaxError", "$orderby", 2, "expected a value"),
        ("$select=A B", "SyntaxError", "$select", 2, "comma"),
        ("$expand=A(B)", "SyntaxError", "$expand", 1, "found '('"),
        ("$select=A/B", "NotExpanded", "$select", 0, "not in $expand"),
        ("$top=-1", "InvalidValue", "$top", None, "whole number"),
        ("$top=5L", "InvalidValue", "$top", None, "whole number"),
        ("$skip=", "InvalidValue", "$skip", None, "whole number"),
        ("$inlinecount=all", "InvalidValue", "$inlinecount", None, "allpages or none"),
        ("$Filter=A", "UnknownOption", "$Filter", None, "did you mean '$filter'?"),
        ("$count=true", "UnknownOption", "$count", None, "no query option"),
        ("$top=1&%24top=1", "DuplicateOption", "$top", None, "twice"),
        ("a=1&a=2", "DuplicateOption", "a", None, "twice"),
        ("$filter=A eq '%E4'", "InvalidEncoding", "$filter", None, "UTF-8"),
        ("$filter=A eq '5%'", "InvalidEncoding", "$filter", 7, "%25"),
    ],
)
def test_refused(query: str, code: str, target: str, at: int | None, says: str) -> None:
    error = refusal(query)
    assert (error.code, error.target, error.at) == (code, target, at)
    assert says in error.message


@pytest.mark.parametrize(
    ("target", "at"),
    [("Products(", 9), ("Products(1", 10), ("A/Products(1,)", 13), ("Products(1)x", 11), ("Products(a/b)", 10),
     ("Products('a/b')", 9), ("Products(ID eq 1)", 12), ("Products(1E)", 9), ("Products(x'0')", 9)],
)  # fmt: skip
def test_bad_keys(target: str, at: int) -> None:
    error = refusal("", target)
    assert (error.target, error.at) == ("the path", at)


@pytest.mark.parametrize(
    ("query", "limit"),
    [
        ("$filter=" + "(" * 51 + "A" + ")" * 51, "max_expression_depth"),
        ("$filter=" + "not " * 51 + "A", "max_expression_depth"),
        ("$filter=" + "A add " * 51 + "1 eq 1", "max_expression_depth"),
        ("$filter=" + "tolower(" * 11 + "A" + ")" * 11, "max_function_depth"),
        ("$filter=" + " or ".join(["A"] * 501), "max_expression_nodes"),
        ("$orderby=A,B,C,D,E,F,G,H,I", "max_orderby_items"),
        ("$select=" + ",".join(f"P{n}" for n in range(201)), "max_select_items"),
        ("$expand=A/B/C/D", "max_expand_depth"),
        ("$expand=" + ",".join(f"P{n}" for n in range(13)), "max_expand_count"),
        ("&".join(f"a{n}=1" for n in range(65)), "max_query_options"),
        ("$top=1000001", "max_top"),
        ("$skip=" + "9" * 400, "max_skip"),
    ],
)
def test_limits(query: str, limit: str) -> None:
    error = refusal(query)
    assert error.code == "LimitExceeded"
    assert limit in error.message


def test_limit_of_terms() -> None:
    limits = Limits(max_or_terms=4)
    parse("$filter=A or B or (C or D)", limits=limits)
    assert "max_or_terms" in refusal("$filter=A or B or (C or D or E)", limits=limits).message


def test_limit_of_path_segments() -> None:
    assert "max_path_segments" in refusal("", "a/" * 17).message


@pytest.mark.parametrize(
    "text",
    [
        "not " * 1_000 + "A",
        "(" * 1_000 + "A" + ")" * 1_000,
        "(" * 50_000 + "A" + ")" * 50_000,
        " or ".join(["A eq 1"] * 10_000),
        "A or " * 200_000 + "A",
        "-" * 50_000 + "A",
        "tolower(" * 10_000,
        "A eq '" + "x" * 1_000_000,
        "A eq " + "1" * 1_000_000,
        "A" * 1_000_000,
        "A eq '" + "''" * 500_000,
    ],
    ids=lambda text: f"{text[:12]}…",
)
def test_bombs_are_refused_quickly(text: str) -> None:
    parse("$filter=A eq 1")
    for option in ("filter", "orderby", "select", "expand", "top"):
        assert seconds(lambda query=f"${option}={text}": refused_or_read(query)) < 1


def refused_or_read(query: str) -> None:
    with contextlib.suppress(ODataError):
        parse(query)


def test_a_long_string_is_read() -> None:
    (literal,) = parse("$filter=A eq '" + "x" * 1_000_000 + "'").literals
    assert len(literal.text) == 1_000_002


@pytest.mark.skipif(not REQUESTS.exists(), reason="the recorded requests are not beside this checkout")
def test_what_clients_send() -> None:
    urls = [row["url"] for row in map(json.loads, REQUESTS.read_text().splitlines()) if row.get("protocol") == "v2"]
    assert len(urls) > 100
    for url in urls:
        target, _, query = url.partition("?")
        parse(query, target)
