"""The official ABNF cases, and more of their kind, through the grammars."""

import contextlib
import json
import pathlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from odata_service.errors import BadRequest
from odata_service.parse import parse_rule
from odata_service.parse.declared import IDENTIFIERS

SHARED = pathlib.Path(__file__).parents[3] / "shared" / "data"
CASES = SHARED / "abnf_cases.json"

NAMES: dict[str, list[str]] = {rule: [] for rule in IDENTIFIERS} | {
    "entitySetName": ["Products", "Customers", "Orders"],
    "singletonEntity": ["Me"],
    "entityTypeName": ["Customer", "Manager"],
    "complexTypeName": ["Address"],
    "enumerationTypeName": ["Pattern"],
    "enumerationMember": ["Yellow"],
    "namespacePart": ["Sales"],
    "primitiveKeyProperty": ["ID"],
    "primitiveNonKeyProperty": ["Name", "Price", "Street"],
    "primitiveColProperty": ["Tags"],
    "complexProperty": ["Home"],
    "complexColProperty": ["Homes"],
    "entityNavigationProperty": ["Customer"],
    "entityColNavigationProperty": ["Items"],
    "streamProperty": ["Photo"],
    "entityColFunctionImport": ["Cheapest"],
    "primitiveFunction": ["Age"],
    "action": ["Close"],
    "actionImport": ["Reset"],
    "parameterName": ["count"],
    "keyPathLiteral": ["1"],
    "customName": ["debug"],
    "customAggregate": ["Forecast"],
    "lambdaVariableExpr": ["x"],
    "expressionAlias": ["Total"],
}  # fmt: skip


def cases() -> list[Any]:
    if not CASES.exists():
        return [
            pytest.param(None, None, marks=pytest.mark.skip(reason="the official cases are not beside this checkout"))
        ]
    names = json.loads((SHARED / "abnf_constraints.json").read_text())["constraints"]
    return [
        pytest.param(case, names[case["suite"]], id=f"{case['suite']}-{case['rule']}-{case['input'][:50]}")
        for case in json.loads(CASES.read_text())
        if case["suite"] in ("core", "aggregation")
    ]


@pytest.mark.parametrize(("case", "names"), cases())
def test_official_case(case: dict[str, Any], names: dict[str, list[str]]) -> None:
    if case["fail_at"] is None:
        parse_rule(case["rule"], case["input"], names)
    else:
        with pytest.raises(BadRequest) as caught:
            parse_rule(case["rule"], case["input"], names)
        assert caught.value.at is not None


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("commonExpr", "cast(Tags,Collection(Edm.String))"),
        ("commonExpr", "-5"),
        ("commonExpr", "- 5"),
        ("commonExpr", "5 add 3 mul -Price"),
        ("commonExpr", "concat( Name , 'a' )"),
        ("boolCommonExpr", "Contains(Name,'x') AND NOT (Price lt 5)"),
        ("boolCommonExpr", "Items/$count($filter=Price gt 1;$search=a) eq 2"),
        ("boolCommonExpr", "ID eq 01234567-89ab-cdef-0123-456789abcdef"),
        ("boolCommonExpr", "Price lt 2012-09-03T13:52%2B01:00"),
        ("boolCommonExpr", "Price has Sales.Pattern'Yellow'"),
        ("boolCommonExpr", "Items/any(x:x/Price gt 5 and x/Customer/Name ne null)"),
        ("boolCommonExpr", "Name%20eq%20%27O%27%27Neil%27"),
        ("filter", "FILTER=Tags/any()"),
        ("orderby", "$orderby=Name  asc,length(Name)\tdesc"),
        ("select", "$select=Home($select=Street),Tags($top=2),Items,*"),
        ("expand", "$expand=Items($levels=max;$filter=Price gt 5;$top=5;$count=true;$search=blue;$select=*)"),
        ("search", "$search= (a OR b) NOT \"c d\""),
        ("apply", "$apply=filter(Price gt 5)/groupby((Name,Customer/ID),aggregate(Price with sum as Total,Forecast))"),
        ("resourcePath", "Products(ID=1)/Items(@p)/Customer/Sales.Manager/Home/Street/$value"),
        ("resourcePath", "Cheapest(count=3)(1)/Tags/0"),
        ("resourcePath", "Me/Photo"),
        ("odataRelativeUri", "Products/1/Items?$top=5&debug=x&@p=[1,2]"),
        ("odataRelativeUri", "$batch?$format=json"),
        ("odataUri", "HTTPS://host:8080/a/b/Products?$top=5"),
        ("keyPredicate", "(ID=1)"),
        ("boundOperation", "/Sales.Close"),
        ("collectionPathExpr", "/any(x:x eq 5)"),
        ("eqExpr", " eq 5"),
        ("listExpr", "( 1 , 2 )"),
        ("searchExpr-incomplete", "'\"a'"),
        ("entitySetName", "Products"),
        ("context", "#Products(Name,Items+(Price))/$delta"),
        ("context", "#Me(Name)"),
        ("context", "#Collection($ref)"),
        ("header", "OData-Version: 4.01"),
        ("prefer", "Prefer: respond-async, wait=10 ,return=minimal"),
        ("int32Literal", "-5"),
        ("guid", "01234567-89ab-cdef-0123-456789ABCDEF"),
        ("odata_identifier", "Caf%C3%A9"),
    ],
)  # fmt: skip
def test_accepted(rule: str, text: str) -> None:
    parse_rule(rule, text, NAMES)
    parse_rule(rule, text)


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("commonExpr", " Name"),
        ("commonExpr", "Name/ Price"),
        ("commonExpr", "5add 3"),
        ("commonExpr", "length(Name,Price)"),
        ("commonExpr", "unknown(Name,Price)"),
        ("commonExpr", "'a b'"),
        ("commonExpr", "cast(Name,Unknown)"),
        ("commonExpr", "Sales.Unknown()"),
        ("boolCommonExpr", "Name eq'Milk'"),
        ("boolCommonExpr", "contains (Name,'x')"),
        ("boolCommonExpr", 'Name eq "Milk"'),
        ("boolCommonExpr", "Name has 5"),
        ("boolCommonExpr", "Name has Sales.Pattern'Blue'"),
        ("boolCommonExpr", "Price lt 2012-09-03T13:52+01:00"),
        ("boolCommonExpr", "not(Name eq 'a')"),
        ("boolCommonExpr", "Items/Name eq 'a'"),
        ("filter", "$filter=Name eq 'a'#"),
        ("filter", "%24filter=true"),
        ("orderby", "$orderby=Name asc desc"),
        ("orderby", "$orderby=Name, Price"),
        ("select", "$select=Name,"),
        ("select", "$select=Items/Name"),
        ("expand", "$expand=Name"),
        ("expand", "$expand=Items/Items"),
        ("levels", "$levels=0"),
        ("search", "$search="),
        ("search", "$search=(a"),
        ("apply", "$apply=groupby((Items/Name))"),
        ("apply", "$apply=aggregate(Price)"),
        ("apply", "$apply=aggregate(Price with sum as Other)"),
        ("apply", "$apply=Filter(true)"),
        ("resourcePath", "/Products"),
        ("resourcePath", "Products/"),
        ("resourcePath", "Products/Name"),
        ("resourcePath", "Products(1)/Home/$value"),
        ("resourcePath", "Products(1)/Name/$value/$count"),
        ("resourcePath", "Products(ID=1;Name=2)"),
        ("queryOptions", "$top=-1"),
        ("queryOptions", "$top=5&"),
        ("queryOptions", "$unknown=5"),
        ("queryOptions", "unknown=5"),
        ("queryOptions", "$format=foo"),
        ("queryOptions", "$filter=Name eq '%E4'"),
        ("queryOptions", "$filter=Name eq '5%'"),
        ("entitySetName", "Unknown"),
        ("header", "OData-Version: 5.0"),
        ("preference", "return=Minimal"),
        ("context", "Products"),
        ("context", "#Products/Manager"),
        ("date", "2012-13-01"),
        ("time-of-day-value", "24:00"),
        ("int16Value", "123456"),
        ("binaryLiteral", "binary'Zm9='"),
        ("odataIdentifier", "a" * 129),
    ],
)  # fmt: skip
def test_refused(rule: str, text: str) -> None:
    with pytest.raises(BadRequest):
        parse_rule(rule, text, NAMES)


def test_an_unknown_rule_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(LookupError):
        parse_rule("noSuchRule", "x")


RULES = ["odataUri", "odataRelativeUri", "resourcePath", "queryOptions", "commonExpr", "filter", "expand", "select", "apply",
         "search", "context", "header", "primitiveLiteral", "customQueryOption"]  # fmt: skip
WORDS = ["$filter=", "$expand=", "$search=", "$metadata#", "Products", "Name", "(", ")", "/", "'", "a", "5", ",", ";", " ", "%20", "%27",
         "%", "&", "=", "?", "any(", "x:", "[", "]", "{", '"', "aggregate(", " with sum", " as T", "$it", "@p", "\u00e9", "%C3"]  # fmt: skip


@settings(deadline=None)  # the first example builds the grammar
@given(st.sampled_from(RULES), st.one_of(st.text(), st.lists(st.sampled_from(WORDS)).map("".join)), st.booleans())
def test_any_text(rule: str, text: str, declared: bool) -> None:
    with contextlib.suppress(BadRequest):
        parse_rule(rule, text, NAMES if declared else None)
