"""Valid V4 requests of the TechStore sample, mutated: whatever comes, the answer is no server error, and it is quick."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable

import pytest
from sqlalchemy import Engine

from odata_service import Headers, ODataRequest, ODataService
from odata_service.message import ODataResponse
from odata_service.protocol import V4
from odata_service.sample import sample_named
from tests.pace import answered

ROUNDS = int(os.environ.get("FUZZ_ROUNDS", "500"))
SLOW = 1.0  # seconds
MOUSE = "Products(30979d5a-9353-4960-b403-cb75a5878c6c)"
URLS = (
    "Products?$filter=contains(tolower(Name),'mouse') and Price gt 10.5 or not (Rating le 3)&$orderby=Price desc,Name",
    "Products?$filter=Descriptions/any(d:d/LanguageKey eq 'EN' and contains(d/Description,'a'))&$count=true&$top=3",
    "Products?$filter=Descriptions/$count gt 1&$expand=Descriptions($filter=LanguageKey eq 'EN';$orderby=Description;$top=1)",
    "Products?$filter=Status has TechStore.ProductStatus'InStock,OnSale' and Status in ('InStock',3,null)&$skip=1",
    "Products?$filter=geo.distance(Location,geography'SRID=4326;Point(-122 47)') lt 1e6&$orderby=geo.length(Route)",
    "Products?$filter=geo.intersects(Location,geography'SRID=4326;Polygon((0 0,4 0,4 4,0 4,0 0))')",
    "Products?$filter=CreatedAt add duration'P1DT2H' gt now() sub ShippingTime&$select=Name,CreatedAt",
    "Products?$filter=matchesPattern(Name,'^(a|b)*c{2,5}$') and substring(Name,-3,2) ne cast(Price,Edm.String)",
    "Products?$filter=case(Price gt 100:'dear',true:'cheap') eq 'dear' and cast('2024-01-01',Edm.Date) lt ReleaseDate",
    "Products?$compute=Price mul 1.19 as Gross,year(CreatedAt) as Y&$select=Name,Gross&$orderby=Gross,Y desc",
    "Products?$apply=filter(Price gt 10)/groupby((Category/Name),aggregate(Price with sum as Sum,$count as N))",
    "Products?$apply=aggregate(Price with average as A,Rating with max as M)",
    "Products?$search=laptop OR (mouse AND NOT \"gaming mouse\")&$select=*",
    "Categories?$expand=Products($expand=Category($levels=2);$select=Name;$count=true;$search=a)&$format=json",
    f"{MOUSE}/Category/Products?$filter=$it/Price eq @p&@p=29.99&$expand=RelatedProducts/$ref",
    f"{MOUSE}/ShippingAddress/City/$value",
    "Products/$filter(Price gt 100)/TechStore.SpecialProduct/$count",
    "ProductDescriptions(ProductID=30979d5a-9353-4960-b403-cb75a5878c6c,LanguageKey='EN')/Product",
    "DecimalSamples?$filter=Amount eq 123.456789012345678901 and Amount gt 9223372036854775807",
    "FindProducts(name=@n,maxPrice=1000)?@n='Lap'&$top=2", "Company?$select=Name,Founded", "$metadata", "$entity?$id=Company",
)  # fmt: skip
BODIES = (
    {"Name": "N", "Price": 1.5, "Rating": 1, "Temperature": -1, "Quantity": 1, "Weight": 2.5, "Status": "InStock"},
    {"Name": "N", "Price": 1, "ShippingAddress": {"City": "X"}, "Location": {"type": "Point", "coordinates": [1, 2]},
     "Category@odata.bind": "Categories(1)", "ReleaseDate": "2024-01-01", "ShippingTime": "PT1H", "Data": "AQID"},
    {"Descriptions": [{"LanguageKey": "EN", "Description": "d"}], "Name": "Deep", "Price": 2, "CreatedAt": "2024-01-01T00:00:00Z"},
)  # fmt: skip
BATCH = {"requests": [
    {"id": "1", "method": "GET", "url": "Products?$top=1"},
    {"id": "2", "atomicityGroup": "g", "method": "POST", "url": "Categories", "body": {"Name": "B"}},
    {"id": "3", "atomicityGroup": "g", "dependsOn": ["2"], "method": "PATCH", "url": "$2", "body": {"Name": "C"}},
]}  # fmt: skip
PIECES = (
    "'", "(", ")", "/", ",", ";", ":", "=", "$", "@", "null", "-", "0", "9" * 30, "1e999", "%00", "%27", "%", " ", "''",
    "$filter=", "$it", "any(x:x)", "not ", " eq ", "Edm.Int32", "duration'P99999999D'", "2024-13-01", "INF", "NaN", "é", "\U0001f600",
    "9999-12-31T23:59:59Z", "-9223372036854775808", "geography'SRID=4326;Point(1e308 -1e308)'", "((((((((((", "[", "{", "\"", "\\",
)  # fmt: skip


@pytest.fixture
def service(database: Engine) -> ODataService:
    sample = sample_named("techstore")
    made = ODataService(sample.base, database, namespace=sample.namespace, container=sample.container)
    sample.configure(made)
    sample.create(database)
    made.handle(ODataRequest(V4, "GET", "Products", "$filter=null eq 1"))  # builds the grammar, once
    return made


def mutated(chance: random.Random, text: str, others: tuple[str, ...]) -> str:
    for _ in range(chance.randint(1, 3)):
        start = chance.randrange(len(text) + 1)
        end = min(len(text), start + chance.choice((0, 0, 1, 3, 10)))
        other = chance.choice(others)
        cut = chance.randrange(len(other) + 1)
        piece = chance.choice((chance.choice(PIECES), chance.choice(PIECES), other[cut : cut + 15], ""))
        text = text[:start] + piece + text[end:]
    return text


def check(service: ODataService, method: str, url: str, body: bytes = b"") -> ODataResponse:
    path, _, query = url.partition("?")
    headers = Headers({"Accept": "application/json", "Content-Type": "application/json"})
    answer, taken = answered(service, ODataRequest(V4, method, path, query.replace(" ", "%20"), headers, body))
    shown = f"{method} {url!r} {body!r}"
    assert answer.status < 500 or answer.status == 501, f"{answer.status} {shown} {answer.body!r:.300}"
    assert taken < SLOW, f"{taken:.2f} s: {shown}"
    return answer


def test_the_corpus_itself(service: ODataService) -> None:
    for url in URLS:
        check(service, "GET", url)


@pytest.mark.parametrize("seed", range(2))
def test_urls(service: ODataService, seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(ROUNDS):
        check(service, "GET", mutated(chance, chance.choice(URLS), URLS))


def changed_value(chance: random.Random, value: object) -> object:
    """Somewhere in the JSON something else."""
    if isinstance(value, dict) and value and chance.random() < 0.85:
        name = chance.choice(list(value))
        return {**value, name: changed_value(chance, value[name])}
    if isinstance(value, list) and value and chance.random() < 0.8:
        return [changed_value(chance, value[0]), *value[1:]]
    odd: tuple[object, ...] = (
        None,
        "",
        "x" * 200,
        -1,
        2**70,
        1e300,
        True,
        [],
        {},
        [[[]]],
        {"@odata.type": "#Edm.Int32"},
        "\0",
        "\ud800",
    )
    return chance.choice(odd)


@pytest.mark.parametrize("method, url, bodies", [
    ("POST", "Products", BODIES), ("PATCH", MOUSE, BODIES), ("PUT", "Company", BODIES), ("POST", "$batch", (BATCH,)),
    ("POST", "Products/$query", BODIES[:1]), ("POST", f"{MOUSE}/TechStore.ApplyDiscount", ({"percentage": 10},)),
])  # fmt: skip
def test_bodies(service: ODataService, method: str, url: str, bodies: tuple[dict[str, object], ...]) -> None:
    chance = random.Random(url)
    spoil: Callable[[str], str] = lambda text: mutated(chance, text, (text,))  # noqa: E731
    for number in range(ROUNDS // 8):
        written = json.dumps(changed_value(chance, chance.choice(bodies)))
        check(service, method, url, (spoil(written) if number % 3 == 0 else written).encode("utf-8", "surrogatepass"))
