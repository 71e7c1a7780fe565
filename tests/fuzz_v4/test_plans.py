"""A plan that is kept answers as a new one would: the same request, with and without plans at hand."""

from __future__ import annotations

import random
import re

import pytest
from sqlalchemy import Engine

from odata_service import Headers, ODataRequest, ODataService
from odata_service.protocol import PROTOCOLS, V2, V4, Protocol
from odata_service.sample import sample_named

from .test_fuzz import MOUSE, ROUNDS, URLS

JSON = Headers({"Accept": "application/json"})
PRODUCTS_V2 = (
    "Products?$filter=Price gt 10.5M and Name ge 'L' or Rating le 3&$orderby=Price desc&$top=2&$skip=1",
    "Products?$filter=substring(Name,1,3) eq 'apt' and year(ReleaseDate) gt 2000 and Quantity add 5 gt 2&$top=3",
    "Products(guid'30979d5a-9353-4960-b403-cb75a5878c6c')/Descriptions?$filter=LanguageKey eq 'EN'&$inlinecount=allpages",
    "ProductDescriptions(ProductID=guid'30979d5a-9353-4960-b403-cb75a5878c6c',LanguageKey='EN')?$expand=Product",
    "Products/$count?$filter=Price lt 1E3 and ID ne guid'30979d5a-9353-4960-b403-cb75a5878c6c'",
)
PAGED_V4 = (
    "Products?$top=3&$skip=1&$orderby=Name",
    "Categories?$expand=Products($top=1;$skip=1;$orderby=Price)",
    "Categories?$expand=Products($expand=Descriptions($top=1);$top=2)&$top=2",
    f"{MOUSE}/Descriptions?$filter=length(Description) gt 3&$top=2",
    "Products?$filter=Price gt 1 and Rating in (1,2,3)&$expand=Category($levels=1)",
)
LITERAL = re.compile(r"(?<![\w$@'.-])-?\d+(?:\.\d+)?|'[^']*'")
OTHERS = (
    "0",
    "1",
    "-1",
    "2",
    "7",
    "1.5",
    "-0",
    "1e3",
    "99999999999",
    "9" * 25,
    "null",
    "''",
    "'x'",
    "'EN'",
    "true",
    "INF",
)


@pytest.fixture
def service(database: Engine) -> ODataService:
    sample = sample_named("techstore")
    made = ODataService(sample.base, database, namespace=sample.namespace, container=sample.container)
    sample.configure(made)
    sample.create(database)
    return made


def answer(service: ODataService, protocol: Protocol, url: str) -> tuple[int, bytes]:
    path, _, query = url.partition("?")
    response = service.handle(ODataRequest(protocol, "GET", path, query.replace(" ", "%20"), JSON))
    return response.status, response.body


def with_another_literal(chance: random.Random, url: str) -> str:
    literals = list(LITERAL.finditer(url))
    if not literals:
        return url
    chosen = chance.choice(literals)
    return f"{url[: chosen.start()]}{chance.choice(OTHERS)}{url[chosen.end() :]}"


@pytest.mark.parametrize("protocol, urls", [("v4", (*PAGED_V4, *URLS)), ("v2", PRODUCTS_V2)])
def test_answers_are_those_of_a_new_plan(service: ODataService, protocol: str, urls: tuple[str, ...]) -> None:
    chance, spoken = random.Random(protocol), PROTOCOLS[protocol]
    for _ in range(ROUNDS // 5):
        usual = chance.choice([url for url in urls if "now()" not in url])
        other = with_another_literal(chance, usual)
        answer(service, spoken, usual)
        kept = answer(service, spoken, other)
        service.page_size("*", 1000)  # forgets the plans
        assert kept == answer(service, spoken, other), other


@pytest.mark.parametrize("protocol", [V2, V4], ids=str)
@pytest.mark.parametrize("usual, refused", [("$top=1", "$top=-1"), ("$skip=1", "$skip=-1"), ("$top=1", "$top=1000001")])
def test_numbers_of_rows(service: ODataService, protocol: Protocol, usual: str, refused: str) -> None:
    assert answer(service, protocol, f"Products?{usual}")[0] == 200
    assert answer(service, protocol, f"Products?{refused}")[0] == 400
