"""Functions and actions of the TechStore, called as clients call them."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pytest
from sqlalchemy import Engine

from odata_service import ODataService
from odata_service.message import Headers, ODataRequest, ODataResponse
from odata_service.protocol import V2, V4
from odata_service.sample import sample_named

MOUSE = "Products(30979d5a-9353-4960-b403-cb75a5878c6c)"
NOBODY = "Products(30979d5a-9353-4960-b403-000000000000)"
ELECTRONICS = "Categories(b15d25b7-757e-45ae-8a61-aa4b13e0c9e6)"


@dataclass(frozen=True)
class Client:
    service: ODataService

    def __call__(self, method: str, target: str, body: object = None, **headers: str) -> ODataResponse:
        path, _, query = target.partition("?")
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        named = Headers({"Accept": "application/json", "Content-Type": "application/json", **given})
        content = b"" if body is None else json.dumps(body).encode()
        return self.service.handle(ODataRequest(V4, method, path, query, named, content))

    def get(self, target: str) -> dict:
        answer = self("GET", target)
        assert answer.status == 200, answer.body
        return json.loads(answer.body)

    def names(self, target: str) -> list[str]:
        separator = "&" if "?" in target else "?"
        return [row["Name"] for row in self.get(f"{target}{separator}$select=Name")["value"]]


@pytest.fixture
def store(database: Engine) -> Client:
    sample = sample_named("techstore")
    service = ODataService(sample.base, database, namespace=sample.namespace, container=sample.container)
    sample.configure(service)
    sample.create(database)
    return Client(service)


TOP = ["Premium Laptop Pro", "Laptop", "Smartphone"]


@pytest.mark.parametrize("target, names", [
    ("GetTopProducts(count=3)",                                        TOP),
    ("GetTopProducts()?$top=3",                                        TOP),
    ("GetTopProducts?$top=3",                                          TOP),
    ("GetTopProducts(count=@c)?@c=3",                                  TOP),
    ("Products/GetTopProducts(count=3)",                               TOP),
    ("Products/TechStore.GetTopProducts(count=3)",                     TOP),
    ("Products/GetTopProducts(count=3)?$orderby=Name",                 sorted(TOP)),
    ("Products/GetTopProducts(count=3)?$filter=Price lt 1000",         TOP[1:]),
    ("Products/GetTopProducts(count=3)/$filter(Price lt 1000)",        TOP[1:]),
    ("Products/GetTopProducts(count=3)/TechStore.SpecialProduct",      TOP[:2]),
    ("Products/GetTopProducts(count=3,category='Kitchen')",            ["Coffee Mug"]),
    ("Products/$filter(Price lt 500)/GetTopProducts(count=1)",         ["Office Chair"]),
    ("Products/TechStore.SpecialProduct/GetTopProducts(count=9)",      [*TOP[:2], "Gaming Mouse Ultra"]),
    (f"{ELECTRONICS}/Products/GetTopProducts(count=2)",                TOP[:2]),
    ("Products/GetTopProducts(count=3)/GetTopProducts(count=1)",       TOP[:1]),
    ("FindProducts(name='Laptop',maxPrice=1500)",                      ["Laptop"]),
    ("FindProducts?name='Laptop'&maxPrice=1500",                       ["Laptop"]),
    ("FindProducts(name=@n,maxPrice=@m)?@n='o'&@m=250",                ["Coffee Mug", "Gaming Mouse Ultra", "Wireless Mouse"]),
    (f"{MOUSE}/GetRelatedProducts()",                                  ["Gaming Mouse Ultra", "Laptop", "Premium Laptop Pro", "Smartphone"]),
])  # fmt: skip
def test_functions_that_return_entities(store, target, names):
    assert store.names(target) == names


@pytest.mark.parametrize("target, value", [
    ("Calculate(value=21)",                                42),
    ("Calculate(a=40,b=2)",                                42),
    ("Calculate(value=-9007199254740993)",                 -18014398509481986),
    ("Convert(input='x')",                                 "String: x"),
    ("Convert(input='it''s')",                             "String: it's"),
    ("Convert(number=5)",                                  "Number: 5"),
    (f"{MOUSE}/GetInfo(format='short')",                   "Wireless Mouse: 29.99 (short)"),
    (f"{MOUSE}/GetInfo(format='a%2Fb')",                   "Wireless Mouse: 29.99 (a/b)"),
    (f"{MOUSE}/GetInfo(format=@f)?@f='a/b'",               "Wireless Mouse: 29.99 (a/b)"),
    (f"{MOUSE}/GetTotalPrice(taxRate=0.5)",                pytest.approx(44.985)),
    (f"{MOUSE}/TechStore.GetTotalPrice(taxRate=1)",        pytest.approx(59.98)),
    (f"{MOUSE}/GetTotalPrice?taxRate=1",                   pytest.approx(59.98)),
    (f"{MOUSE}/CalculatePrice(discount=50)",               pytest.approx(14.995)),
    (f"{MOUSE}/CalculatePrice(discount=50,tax=100)",       pytest.approx(29.99)),
    ("Products/GetAveragePrice()",                         pytest.approx(606.4914, abs=0.001)),
    ("Products/$filter(Price lt 20)/GetAveragePrice()",    15.5),
    ("GetProductStats()/totalProducts",                    7),
])  # fmt: skip
def test_functions_that_return_values(store, target, value):
    assert store.get(target)["value"] == value


def test_a_function_that_returns_a_structure(store):
    stats = store.get("Products/GetProductStats()")
    assert stats.pop("@odata.context").endswith("$metadata#TechStore.ProductStats")
    assert (stats["totalProducts"], stats["maxPrice"], stats["minPrice"]) == (7, 1999.99, 15.5)


def test_what_follows_a_function(store):
    assert store("GET", "GetTopProducts(count=3)/$count").body == b"3"
    assert store("GET", "Calculate(value=2)/$value").body == b"4"
    assert store.get("GetTopProducts(count=3)(1265c7c8-e590-4e99-8dc4-9f872f89bcc6)/Name")["value"] == TOP[0]
    assert store("GET", f"GetTopProducts(count=3)({MOUSE[9:-1]})").status == 404
    expanded = store.get("GetTopProducts(count=1)?$expand=Category($select=Name)")
    assert expanded["value"][0]["Category"]["Name"] == "Electronics"


def test_pages_of_a_function(store):
    store.service.page_size("Products", 2)
    first = store.get("GetTopProducts(count=5)?$select=Name")
    following = first["@odata.nextLink"].partition("localhost/")[2]
    second = store.get(following)
    assert [row["Name"] for page in (first, second) for row in page["value"]] == [*TOP, "Office Chair"]


def test_deleted_products_are_not_among_the_dearest(store):
    assert store("DELETE", "Products(1265c7c8-e590-4e99-8dc4-9f872f89bcc6)").status == 204
    assert store.names("GetTopProducts(count=2)") == TOP[1:]
    assert store.get("GetProductStats()")["totalProducts"] == 6


@pytest.mark.parametrize("method, target, status", [
    ("GET",  "Calculate(a=1)",                              400),
    ("GET",  f"{MOUSE}/GetInfo(format='a/b')",              400),
    ("GET",  "Calculate()",                                 400),
    ("GET",  "Calculate(valu=1)",                           400),
    ("GET",  "Calculate(value='x')",                        400),
    ("GET",  "Calculate(value=1.5)",                        400),
    ("GET",  "Calculate(value=null)",                       400),
    ("GET",  "Calculate(value=@missing)",                   400),
    ("GET",  "Calculate(value=9223372036854775808)",        400),
    ("GET",  "Calculate(value=1,value=2)",                  400),
    ("GET",  "Calculate(1)",                                400),
    ("GET",  "Calculate(value=1)/Name",                     404),
    ("GET",  f"{MOUSE}/GetTotalPrice()",                    400),
    ("GET",  f"{NOBODY}/GetTotalPrice(taxRate=1)",          404),
    ("GET",  "Products/GetTotalPrice(taxRate=1)",           404),
    ("GET",  f"{MOUSE}/GetAveragePrice()",                  404),
    ("GET",  "GetTotalPrice(taxRate=1)",                    404),
    ("GET",  "NoSuchFunction()",                            404),
    ("GET",  f"{MOUSE}/ApplyDiscount",                      405),
    ("GET",  "Reseed",                                      405),
    ("POST", "Calculate(value=1)",                          405),
    ("POST", f"{MOUSE}/GetTotalPrice(taxRate=1)",           405),
    ("POST", f"{NOBODY}/Activate",                          404),
    ("POST", f"{MOUSE}/NoSuchAction",                       404),
    ("PUT",  f"{MOUSE}/Activate",                           405),
])  # fmt: skip
def test_refusals(store, method, target, status):
    answer = store(method, target, {} if method in ("POST", "PUT") else None)
    assert answer.status == status, answer.body
    if status == 405:
        assert "GET" in answer.headers["Allow"] if "Calculate" in target or "Total" in target else True


@pytest.mark.parametrize("body", [{}, {"percentage": "x"}, {"percentage": None}, {"percentage": 1, "more": 2}, [], 5])
def test_ill_typed_parameters_of_an_action(store, body):
    assert store("POST", f"{MOUSE}/ApplyDiscount", body).status == 400
    assert store.get(MOUSE)["Price"] == 29.99


class TestActions:
    def test_an_action_that_returns_its_entity(self, store):
        answer = store("POST", f"{MOUSE}/TechStore.ApplyDiscount", {"percentage": 50})
        assert answer.status == 200
        mouse = json.loads(answer.body)
        assert (mouse["Price"], mouse["Version"]) == (pytest.approx(14.995), 2)
        assert answer.headers["ETag"] == mouse["@odata.etag"]
        assert store.get(MOUSE)["Price"] == pytest.approx(14.995)

    def test_actions_that_return_nothing(self, store):
        assert store("POST", f"{MOUSE}/IncreasePrice", {"amount": 10}).status == 204
        assert store("POST", f"{MOUSE}/Activate").status == 204
        assert store("POST", "Products/MarkAllAsReviewed").status == 204
        assert store.get(MOUSE)["Price"] == pytest.approx(39.99)
        assert store.get("Products/$filter(Rating eq 0)")["value"] == []

    def test_values_and_structures(self, store):
        assert json.loads(store("POST", f"{MOUSE}/CalculateDiscount", {"percentage": 10}).body)["value"] == (
            pytest.approx(2.999)
        )
        assert json.loads(store("POST", "Process", {"percentage": 10}).body)["processed"] == 7
        assert json.loads(store("POST", "Process", {"percentage": 10, "minPrice": 200}).body)["processed"] == 4

    def test_the_entity_must_be_as_the_client_knows_it(self, store):
        etag = store("GET", MOUSE).headers["ETag"]
        assert store("POST", f"{MOUSE}/IncreasePrice", {"amount": 1}, If_Match='W/"other"').status == 412
        assert store("POST", f"{MOUSE}/IncreasePrice", {"amount": 1}, If_Match=etag).status == 204
        assert store("POST", f"{MOUSE}/IncreasePrice", {"amount": 1}, If_Match=etag).status == 412

    def test_in_a_change_set(self, store):
        calls = [
            {"id": str(number), "atomicityGroup": "g", "method": "POST", "url": url, "body": body}
            for number, (url, body) in enumerate(
                [(f"{MOUSE}/IncreasePrice", {"amount": 1}), (f"{MOUSE}/ApplyDiscount", {"percentage": "x"})]
            )
        ]
        answer = store("POST", "$batch", {"requests": calls})
        assert {each["status"] for each in json.loads(answer.body)["responses"]} == {400}
        assert store.get(MOUSE)["Price"] == 29.99
        calls[1]["body"] = {"percentage": 50}
        answer = store("POST", "$batch", {"requests": calls})
        assert [each["status"] for each in json.loads(answer.body)["responses"]] == [204, 200]
        assert store.get(MOUSE)["Price"] == pytest.approx(15.495)


class TestReseed:
    def test_every_row_is_as_it_was(self, store):
        before = {name: store.get(name) for name in ("Products", "Categories", "ProductDescriptions", "MediaItems")}
        store("DELETE", MOUSE)
        store("DELETE", ELECTRONICS)
        store("POST", "Categories", {"Name": "Garden"})
        store("POST", "Products", {"Name": "Spade", "Price": 12})
        store("PATCH", "Products(29386ddb-7cf9-4a1e-bf8d-0afdc6ed5e38)", {"Price": 1, "ShippingAddress": {"City": "X"}})
        store("PATCH", "Company", {"CEO": "Somebody"})
        assert store("POST", "Reseed").status == 204
        assert {name: store.get(name) for name in before} == before
        company = store.get("Company")
        assert (company["CEO"], company["Version"]) == ("Sarah Johnson", 1)

    def test_twice_is_once(self, store):
        before = store.get("Products")
        assert store("POST", "Reseed", {}).status == 204
        assert store.get("Products") == before

    def test_prices_alone(self, store):
        store("POST", f"{MOUSE}/IncreasePrice", {"amount": 10})
        store("PATCH", MOUSE, {"Rating": 1})
        assert json.loads(store("POST", "ResetAllPrices").body)["value"] == 7
        mouse = store.get(MOUSE)
        assert (mouse["Price"], mouse["Rating"]) == (29.99, 1)
        assert store("POST", "ResetProducts").status == 204
        assert store.get(MOUSE)["Rating"] == 110


def test_metadata_has_functions_and_actions(store):
    answer = store("GET", "$metadata", Accept="application/xml").body.decode()
    assert '<FunctionImport Name="GetTopProducts" Function="TechStore.GetTopProducts" EntitySet="Products"' in answer
    assert '<ActionImport Name="Reseed" Action="TechStore.Reseed"' in answer
    assert '<ComplexType Name="ProductStats"><Property Name="totalProducts" Type="Edm.Int64"' in answer


@pytest.mark.parametrize("target, answer", [
    ("Calculate?value=21",                 {"Calculate": "42"}),
    ("Convert?input='x'",                  {"Convert": "String: x"}),
    ("GetTopProducts?count=1&$select=Name", None),
])  # fmt: skip
def test_service_operations_of_v2(store, target, answer):
    """Parameters stand in the query string, as WCF has them."""
    path, _, query = target.partition("?")
    response = store.service.handle(ODataRequest(V2, "GET", path, query, Headers({"Accept": "application/json"})))
    assert response.status == 200, response.body
    d = json.loads(response.body)["d"]
    assert d == answer or [row["Name"] for row in d["results"]] == TOP[:1]
