"""Statuses and headers of V4's answers."""

from __future__ import annotations

import json
import uuid

import pytest

from odata_service.errors import BadRequest, MethodNotAllowed, NotAcceptable
from odata_service.limits import Limits
from odata_service.links import Place, entity_address, next_link, ordering_options
from odata_service.message import Headers, ODataRequest, ODataResponse
from odata_service.protocol import V4
from odata_service.result import (
    ComplexValue, Created, EntityCollection, EntityCount, EntityDelta, Level, NoContent, NotModified, PropertyValue, Result,
    ServiceDocument, SingleEntity, StreamContent,
)  # fmt: skip
from odata_service.spelling_v4 import SpellingV4

from .shop import MODEL, PRODUCT, ROOT, shape

CATEGORIES = shape("Categories", "ID Name")
ONE = SingleEntity(Level(CATEGORIES, [(1, "Sea")]), 'W/"1"')
ADDRESS = f"{ROOT}Categories(1)"
MINIMAL = "application/json;odata.metadata=minimal;charset=utf-8"
SPELLING = SpellingV4()


def request(method: str = "GET", target: str = "Categories", query: str = "", **headers: str) -> ODataRequest:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return ODataRequest(V4, method, target, query, Headers(named), root=ROOT)


def answer(
    result: Result, method: str = "GET", target: str = "Categories", query: str = "", **headers: str
) -> ODataResponse:
    return SPELLING.agree(request(method, target, query, **headers), None).write(result)


def test_a_document() -> None:
    response = answer(EntityCollection(Level(CATEGORIES, [])))
    assert response.status == 200
    assert response.headers["OData-Version"] == "4.0"
    assert response.headers["Content-Type"] == MINIMAL
    assert response.headers["Vary"] == "Accept, OData-MaxVersion, Prefer"
    assert answer(ServiceDocument(MODEL)).status == 200


def test_the_version_asked_for() -> None:
    response = answer(ONE, OData_MaxVersion="4.01")
    assert response.headers["OData-Version"] == "4.01"
    assert response.headers["Content-Type"] == "application/json;metadata=minimal;charset=utf-8"
    assert b'"@context"' in response.body


def test_one_entity_has_its_etag() -> None:
    response = answer(ONE, target="Categories(1)")
    assert (response.status, response.headers["ETag"]) == (200, 'W/"1"')
    assert answer(NotModified('W/"1"')).status == 304


@pytest.mark.parametrize(
    "prefer, status, applied",
    [
        (None, 201, None),
        ("return=representation", 201, "return=representation"),
        ("return=minimal", 204, "return=minimal"),
        ("return=nothing", 201, None),
    ],
)
def test_created(prefer: str | None, status: int, applied: str | None) -> None:
    response = answer(Created(ONE, ADDRESS), "POST", **({"Prefer": prefer} if prefer else {}))
    assert response.status == status
    assert (response.headers["Location"], response.headers["ETag"]) == (ADDRESS, 'W/"1"')
    assert response.headers.get("OData-EntityId") == (ADDRESS if status == 204 else None)
    assert response.headers.get("Preference-Applied") == applied
    assert bool(response.body) is (status == 201)
    assert ("Content-Type" in response.headers) is (status == 201)


def test_updated() -> None:
    response = answer(NoContent('W/"2"', ADDRESS), "PATCH", Prefer="return=minimal")
    assert (response.status, response.headers["ETag"]) == (204, 'W/"2"')
    assert response.headers["OData-EntityId"] == ADDRESS
    assert response.headers["Preference-Applied"] == "return=minimal"
    assert "Preference-Applied" not in answer(NoContent(), "DELETE", Prefer="return=minimal").headers
    assert "Preference-Applied" not in answer(NoContent(), "PATCH", Prefer="return=representation").headers
    with_content = answer(ONE, "PATCH", Prefer="return=representation")
    assert (with_content.status, with_content.headers["Preference-Applied"]) == (200, "return=representation")


def test_nulls_may_be_left_out() -> None:
    level = Level(shape("Products", "ID Version Price"), [(uuid.UUID(int=1), 1, None)])
    page = answer(EntityCollection(level), Prefer="omit-values=nulls, maxpagesize=5, odata.track-changes, wait=3")
    assert b"null" not in page.body
    assert page.headers["Preference-Applied"] == "maxpagesize=5, omit-values=nulls"
    assert "Preference-Applied" not in answer(ONE, Prefer="omit-values=defaults").headers
    delta = answer(EntityDelta(level, [""]), Prefer="omit-values=nulls,track-changes")
    assert b'"Price":null' in delta.body
    assert delta.headers["Preference-Applied"] == "track-changes"


def test_nothing_comes_as_204() -> None:
    name = PRODUCT.properties["Price"]
    assert answer(PropertyValue(name, None, etag='W/"1"')).headers["ETag"] == 'W/"1"'
    assert answer(PropertyValue(name, None)).status == 204
    assert answer(ComplexValue(PRODUCT.complex["ShipsTo"], None)).status == 204
    assert answer(NoContent()).body == b""


@pytest.mark.parametrize(
    "target, fragment",
    [
        ("Categories(1)/Name", "Categories(1)/Name"),
        ("/Categories(1)/Name/", "Categories(1)/Name"),
        ("Keepers('O%27%27Neil%20%26%20co')/Name", "Keepers('O''Neil%20%26%20co')/Name"),
        ("Keepers('a%2Fb')/Name", "Keepers('a%2Fb')/Name"),
    ],
)
def test_the_context_of_a_property_is_encoded(target: str, fragment: str) -> None:
    body = answer(PropertyValue(MODEL.types["Category"].properties["Name"], "x"), target=target).body
    assert json.loads(body)["@odata.context"] == f"{ROOT}$metadata#{fragment}"


def test_values_counts_and_streams() -> None:
    raw = answer(PropertyValue(PRODUCT.properties["Status"], 3, raw=True, etag='W/"1"'))
    assert (raw.body, raw.headers["Content-Type"], raw.headers["ETag"]) == (
        b"InStock,OnSale",
        "text/plain;charset=utf-8",
        'W/"1"',
    )
    octets = answer(PropertyValue(PRODUCT.properties["Data"], b"\0", raw=True))
    assert (octets.body, octets.headers["Content-Type"]) == (b"\0", "application/octet-stream")
    count = answer(EntityCount(7), Accept="application/json")
    assert (count.body, count.headers["Content-Type"]) == (b"7", "text/plain;charset=utf-8")
    stream = answer(StreamContent(b"<svg/>", "image/svg+xml", '"5"'))
    assert (stream.body, stream.headers["Content-Type"], stream.headers["ETag"]) == (b"<svg/>", "image/svg+xml", '"5"')
    for response in (raw, octets, count, stream):
        assert response.headers["OData-Version"] == "4.0"


def test_format_wins_over_accept() -> None:
    response = answer(ONE, query="$format=application/json;odata.metadata=full", Accept="text/html")
    assert response.headers["Content-Type"] == "application/json;odata.metadata=full;charset=utf-8"
    assert answer(ONE, query="FORMAT=json&x=1").headers["Content-Type"] == MINIMAL
    with pytest.raises(NotAcceptable):
        answer(ONE, query="%24format=atom")


class TestErrors:
    error = BadRequest(
        "UnknownProperty", "no 'Nam'", target="$filter", at=3, details=[BadRequest("X", "y", target="Name")]
    )

    def test_form(self) -> None:
        response = SPELLING.write_error(self.error, request())
        assert (response.status, response.headers["OData-Version"]) == (400, "4.0")
        assert response.headers["Content-Type"] == MINIMAL
        assert json.loads(response.body) == {
            "error": {
                "code": "UnknownProperty",
                "message": "no 'Nam' (at position 3 of $filter)",
                "target": "$filter",
                "details": [{"code": "X", "message": "y", "target": "Name"}],
            }
        }

    def test_what_is_wrong_may_be_the_version(self) -> None:
        response = SPELLING.write_error(self.error, request(OData_MaxVersion="2.0"))
        assert response.headers["OData-Version"] == "4.0"
        assert SPELLING.write_error(self.error, request(OData_MaxVersion="4.01")).headers["OData-Version"] == "4.01"

    def test_what_is_wrong_may_be_the_format(self) -> None:
        response = SPELLING.write_error(self.error, request(query="$format=nonsense", Accept="text/html"))
        assert response.headers["Content-Type"] == MINIMAL

    def test_status(self) -> None:
        assert SPELLING.write_error(MethodNotAllowed("PUT", ("GET",)), request()).status == 405


def test_bodies_without_a_version_are_in_the_newest_that_the_client_knows() -> None:
    inside = json.dumps({"Products": [{"Name": "Net"}]}).encode()
    category = MODEL.types["Category"]
    for headers, deep in (({}, True), ({"OData-Version": "4.0"}, False), ({"OData-MaxVersion": "4.0"}, False)):
        sent = ODataRequest(V4, "PATCH", "Categories(1)", "", Headers(headers), inside, ROOT)
        body = SPELLING.agree(sent, None).body(sent.body, MODEL, Limits(), converts=False)
        if deep:
            assert body.entity(category, partial=True).related
        else:
            with pytest.raises(BadRequest):
                body.entity(category, partial=True)


@pytest.mark.parametrize(
    "query, following",
    [
        ("top=60&SKIP=5&filter=Name eq 'x'", "filter=Name eq 'x'&$top=10&$skiptoken=t%2B1"),
        ("$filter=Name eq @n&@n='x'&%24Top=60", "$filter=Name eq @n&@n='x'&$top=10&$skiptoken=t%2B1"),
    ],
)
def test_next_links_know_names_without_a_dollar_sign(query: str, following: str) -> None:
    assert next_link(ROOT, "Products", query, "t+1", 10) == f"{ROOT}Products?{following}"


def test_a_page_is_bound_to_all_that_orders_it() -> None:
    bound = ordering_options("OrderBy=@o&@o=D&$compute=Price mul 2 as D&$top=5&$search=x&$select=Name")
    assert bound == "@o=D&compute=Price mul 2 as D&orderby=@o&search=x"


def test_a_singleton_has_no_key_in_its_address() -> None:
    assert entity_address(ROOT, Place(MODEL.sets["Company"], (1,))) == f"{ROOT}Company"
