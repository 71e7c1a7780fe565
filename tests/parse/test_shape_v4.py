"""What the cutting of literals promises, for V4: see test_shape_v2."""

from hypothesis import given, settings
from hypothesis import strategies as st

from odata_service.errors import ODataError
from odata_service.limits import Limits
from odata_service.parse import parse_v4, shape_v4
from odata_service.parse.syntax import Syntax
from tests.parse.as_text import as_text

LITERALS = [
    "5", "-5", "+5", "%2B5", "12345678901", "5L", "1.5", "10m", "8.5D", "1e-3", "1E%2B3", "123e-5", "2.5f", "9999999999999999999",
    "'a'", "''", "'O''Neil'", "'1,2'", "'(5)'", "'$top=5'", "'a%26b%3D7'", "'%27%27'", "%27a%27", "'a+b'", "'C++'", "'a%20or%201'",
    "2010-12-31", "2010-12-31T23:59Z", "2010-12-31T23%3A59%3A59.123%2B01%3A00", "2010-12-31T23:59:59+01:00", "2010-12-31T23:59-01:00",
    "23:59", "23%3A59:59.5", "01886f43-5079-41d6-9a8a-ec9feffa41eb", "ABCDEF01-5079-41d6-9a8a-ec9feffa41eb", "abcdefab-5079-41d6-9a8a-ec9feffa41eb",
    "duration'PT1H'", "DURATION%27PT1H%27", "binary'Zm8='", "geography'SRID=4326;Point(1 2)'", "Sales.Color'Red,Blue'", "A.B.C%27Red%27",
    "null", "true", "FALSE", "NaN", "INF", "-INF",
]  # fmt: skip
BLANKS = ["%20", "+", " ", "%09"]
NAMES = [
    "Name",
    "A1",
    "abcdef01",
    "Line_2",
    "Category/Name",
    "Gr%C3%B6%C3%9Fe9",
    "x/Sales.T5/y",
    "e1",
    "Levels",
    "research",
    "@p1",
    "$it/A5",
]

literals = st.sampled_from(LITERALS)
names = st.sampled_from(NAMES)
blanks = st.sampled_from(BLANKS)
operators = st.sampled_from(["eq", "ne", "gt", "and", "or", "add", "has"])
commas = st.sampled_from([",", "%2C", "%2c", ", "])


@st.composite
def filters(draw: st.DrawFn) -> str:
    operand = st.one_of(
        names,
        literals,
        st.builds("length({})".format, literals),
        st.builds("concat%28{}{}{}%29".format, literals, commas, literals),
        st.builds("-{}".format, literals),
        st.builds("{} in ({}{}{})".format, names, literals, commas, literals),
        st.builds("Items/any(i5:{} eq i5/A)".format, literals),
        st.builds(
            "Items/$count($filter=A eq {};$search={}) gt {}".format,
            literals,
            st.sampled_from(["a", "5", "a5;b"]),
            literals,
        ),
        st.builds("case({}:{},true%3A{})".format, names, literals, literals),
        st.builds("Sales.F(a5={},b={})".format, literals, literals),
        st.builds("Items({})/A".format, literals),
        st.builds('[{},"5"]'.format, literals),
    )
    text = draw(operand)
    for _ in range(draw(st.integers(0, 3))):
        text += draw(blanks) + draw(operators) + draw(blanks) + draw(operand)
    return text


options = st.one_of(
    st.builds("$filter={}".format, filters()),
    st.builds("%24Filter={}".format, filters()),
    st.builds("orderby={}{}desc".format, filters(), blanks),
    st.builds("$compute={} as A1".format, filters()),
    st.builds("$expand=A1($top={};$filter={};levels=3),B2($skip=5;%24levels=2)".format, st.integers(0, 9), filters()),
    st.builds("$expand=A($expand=B%28%24top%3D{}%3B%24levels%3Dmax%29)".format, st.integers(0, 9)),
    st.builds("$select=A1,Tags5($top=5;$filter=$this{}gt{}{})".format, blanks, blanks, literals),
    st.builds("$apply=filter({})/groupby((A1),aggregate(B2 with sum as C3))/top({})".format, filters(), st.integers(0, 9)),
    st.builds("@p1={}".format, filters()),
    st.builds("%40p2={}".format, literals),
    st.builds("$top={}".format, st.integers(0, 99)),
    st.builds("$SKIP=+{}".format, st.integers(0, 99)),
    st.builds("$index={}".format, st.integers(-9, 9)),
    st.sampled_from(["$select=A1%2CLine_2", "count=5", "a=%27x%27", "a'b=5'", "$format=x;q=0.5", "$count=true", "$skiptoken='a',5",
                     "skiptoken=5+5", "$search=5 '7'", "search=%225%22", "", "5=5", "$deltatoken=5", "$id=A(5)", "$schemaversion=5",
                     "$apply=search(a 5)", "$apply=topcount(2,A)/skip(5)", "$expand=A($search=5)", '@q={"a":5}']),
)  # fmt: skip
paths = st.one_of(
    st.sampled_from(
        [
            "A1",
            "",
            "A-5/B",
            "A,5",
            "A=5/O'Neil",
            "People/5/Items/abcdefab-5079-41d6-9a8a-ec9feffa41eb",
            "Gr%C3%B6%C3%9Fe5",
        ]
    ),
    st.builds("A1({})/5".format, literals),
    st.builds("A1%28Key1%3D{}{}Key2={})/B".format, literals, commas, literals),
    st.builds("A1/$filter(A eq {} and B/C eq {})({})/$count".format, literals, literals, literals),
)
queries = st.lists(options, max_size=4).map("&".join)


def parsed(target: str, query: str) -> Syntax | None:
    try:
        return parse_v4(target, query, Limits())
    except ODataError:
        return None


@settings(deadline=None)  # the first example builds the grammar
@given(paths, queries)
def test_the_texts_are_those_of_the_parsed_literals(target: str, query: str) -> None:
    syntax, shape = parsed(target, query), shape_v4(target, query)
    if syntax and shape:
        assert shape.texts == tuple(literal.text for literal in syntax.literals)
        assert shape.skip_token == syntax.options.skip_token


@settings(deadline=None)  # the first example builds the grammar
@given(paths, queries, st.data())
def test_the_same_key_means_the_same_tree(target: str, query: str, data: st.DataObject) -> None:
    """Literals are swapped for others; where the key stays, so does the tree but for them."""
    syntax, shape = parsed(target, query), shape_v4(target, query)
    for old in LITERALS:
        if old in query:
            other = query.replace(old, data.draw(literals), 1)
            twin, twin_shape = parsed(target, other), shape_v4(target, other)
            if syntax and twin and shape and twin_shape and shape.key == twin_shape.key:
                assert without_values(syntax) == without_values(twin)


def without_values(syntax: Syntax) -> str:
    options = syntax.options
    trees = (
        options.filter,
        options.orderby,
        options.compute,
        options.expand,
        options.select,
        options.apply,
        options.aliases,
    )
    return as_text((*syntax.path, trees, options.top, options.skip, options.index), values=False)


@settings(deadline=None)  # the first example builds the grammar
@given(st.text(alphabet="'%27+ 5aL-=&$(),./x:;T\u00e9⟨2B", max_size=40), st.text(alphabet="'%275a(),=x/-", max_size=20))
def test_any_text(query: str, target: str) -> None:
    syntax, shape = parsed(target, f"$filter={query}"), shape_v4(target, f"$filter={query}")
    if syntax and shape:
        assert shape.texts == tuple(literal.text for literal in syntax.literals)


def test_most_urls_have_a_shape() -> None:
    for query in (
        "$filter=A eq 5 and contains(B,'x')&$expand=C($top=5)",
        "$apply=groupby((A))/top(5)",
        "$search=x",
        "@p=5",
    ):
        assert shape_v4("People(5)", query) is not None
    for query in ("$filter=A in [1,2]", "$expand=A($search=x)", '@p={"a":1}', "$filter=A eq '%35'"):
        assert shape_v4("People(5)", query) is None
