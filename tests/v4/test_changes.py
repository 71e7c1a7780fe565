"""Data modification (Protocol): each test begins with the first rows of the TechStore."""

import pytest

from tests.delta.client import ROOT
from tests.v4.store import CHAIR, ELECTRONICS, FURNITURE, KITCHEN, LAPTOP, MUG, NOBODY, PEN, PREMIUM, READ_ONLY


def test_create(shop):
    created = shop.send("POST", "Products", PEN)
    assert (created.status, created.headers.get("Location")) == (201, f"{ROOT}Products({created.json['ID']})")
    assert shop.get(created.headers["Location"]).json["Name"] == "Pen"


def test_create_with_minimal_answer(shop):
    created = shop.send("POST", "Products", PEN, Prefer="return=minimal")
    assert (created.status, created.headers["Preference-Applied"]) == (204, "return=minimal")
    assert created.headers["OData-EntityId"] == created.headers["Location"]


def test_create_derived(shop):
    special = {**PEN, "@odata.type": "#TechStore.SpecialProduct", "SpecialProperty": "writes"}
    assert shop.send("POST", "Products", special).json["SpecialProperty"] == "writes"
    assert shop.send("POST", "Products/TechStore.SpecialProduct", {**PEN, "SpecialFeature": "x"}).status == 201
    assert shop.get("Products/TechStore.SpecialProduct/$count").text == "5"


@pytest.mark.parametrize("body", [
    {"Name": "Pen"}, {"Price": 1}, {**PEN, "Nothing": 1}, {**PEN, "Price": "abc"}, {**PEN, "Name": "x" * 101},
    {**PEN, "Name": None}, {**PEN, "Rating": 256}, {**PEN, "Temperature": 128}, {**PEN, "Quantity": 32768},
    {**PEN, "Status": "Nothing"}, {**PEN, "ReleaseDate": "2024-13-01"}, {**PEN, "OpenTime": "25:00:00"},
    {**PEN, "ShippingTime": "1 day"}, {**PEN, "SpecialProperty": "x"}, {**PEN, "@odata.type": "#TechStore.Category"},
    {**PEN, "Category@odata.bind": "Categories(00000000-0000-0000-0000-000000000000)"}, [], b"{", b"",
    b'{"Name":"a","Name":"b","Price":1}',
])  # fmt: skip
def test_mistakes_change_nothing(shop, body):
    assert shop.send("POST", "Products", body).status == 400
    assert shop.get("Products/$count").text == "7"


@pytest.mark.parametrize("url, body, related", [
    ("Products", {**PEN, "Category@odata.bind": ELECTRONICS}, "Electronics"),
    ("Products", {**PEN, "Category": {"Name": "Paper"}}, "Paper"),
    (f"{FURNITURE}/Products", PEN, "Furniture"),
])  # fmt: skip
def test_create_related(shop, url, body, related):
    created = shop.send("POST", url, body)
    assert created.status == 201, created.text
    assert shop.get(f"{created.headers['Location']}/Category/Name/$value").text == related


def test_deep_insert_answers_with_what_was_inserted(shop):
    created = shop.send("POST", "Categories", {"Name": "Paper", "Products": [PEN, PEN]})
    assert [each["Name"] for each in created.json["Products"]] == ["Pen", "Pen"]


def test_patch_leaves_what_it_does_not_name(shop):
    assert shop.send("PATCH", LAPTOP, {"Price": 5, "ShippingAddress": {"City": "Tacoma"}}).status == 204
    laptop = shop.get(LAPTOP).json
    assert (laptop["Name"], laptop["Price"], laptop["ShippingAddress"]["State"]) == ("Laptop", 5, "WA")


def test_put_sets_the_rest_to_defaults(shop):
    assert shop.send("PUT", LAPTOP, {"Name": "Laptop", "Price": 5}).status == 204
    laptop = shop.get(LAPTOP).json
    assert (laptop["Rating"], laptop["ShippingAddress"], laptop["Description"]) == (0, None, None)


def test_properties_of_derived_types(shop):
    assert shop.send("PATCH", LAPTOP, {"SpecialProperty": "new"}).status == 204
    assert shop.get(f"{LAPTOP}/TechStore.SpecialProduct/SpecialProperty/$value").text == "new"
    refused = shop.send("PATCH", CHAIR, {"SpecialProperty": "new"})
    assert (refused.status, refused.json["error"]["target"]) == (400, "SpecialProperty")


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
def test_upsert(shop, method):
    assert shop.send(method, NOBODY, PEN, If_Match="*").status in (404, 412)
    assert shop.send(method, NOBODY, PEN).status == 201
    assert shop.send(method, NOBODY, PEN, If_None_Match="*").status == 412


@pytest.mark.parametrize("method, url, body", [
    ("PATCH", PREMIUM, {"Name": "x"}), ("PUT", PREMIUM, PEN), ("DELETE", PREMIUM, None),
    ("PUT", f"{PREMIUM}/Name", {"value": "x"}), ("DELETE", f"{PREMIUM}/Description", None),
    ("POST", f"{PREMIUM}/TechStore.Activate", {}), ("GET", PREMIUM, None),
])  # fmt: skip
def test_another_etag(shop, method, url, body):
    assert shop.send(method, url, body, If_Match='W/"another"').status == 412


def test_etag(shop):
    etag = shop.get(PREMIUM).headers["ETag"]
    assert shop.get(PREMIUM, If_None_Match=etag).status == 304
    changed = shop.send("PATCH", PREMIUM, {"Price": 7}, If_Match=etag)
    assert changed.status == 204 and changed.headers["ETag"] != etag


@pytest.mark.parametrize("method, url, body, read, value", [
    ("PUT",    f"{LAPTOP}/Name",                 {"value": "Book"}, f"{LAPTOP}/Name/$value",                 "Book"),
    ("PUT",    f"{LAPTOP}/Price",                {"value": 3.5},    f"{LAPTOP}/Price/$value",                "3.5"),
    ("PUT",    f"{LAPTOP}/ShippingAddress/City", {"value": "Bonn"}, f"{LAPTOP}/ShippingAddress/City/$value", "Bonn"),
    ("PATCH",  f"{LAPTOP}/ShippingAddress",      {"City": "Bonn"},  f"{LAPTOP}/ShippingAddress/State/$value", "WA"),
    ("PUT",    f"{LAPTOP}/ShippingAddress",      {"City": "Bonn"},  f"{LAPTOP}/ShippingAddress/State/$value", ""),
    ("DELETE", f"{LAPTOP}/Description",          None,              f"{LAPTOP}/Description",                 ""),
    ("DELETE", f"{LAPTOP}/ShippingAddress",      None,              f"{LAPTOP}/ShippingAddress",             ""),
])  # fmt: skip
def test_change_of_a_property(shop, method, url, body, read, value):
    assert shop.send(method, url, body).status == 204
    assert shop.get(read).text == value


def test_references(shop):
    for method, url, body, members in (
        ("POST", f"{LAPTOP}/RelatedProducts/$ref", {"@odata.id": MUG}, 1),
        ("POST", f"{LAPTOP}/RelatedProducts/$ref", {"@odata.id": CHAIR}, 2),
        ("DELETE", f"{LAPTOP}/Related{MUG}/$ref", None, 1),
        ("DELETE", f"{LAPTOP}/RelatedProducts/$ref?$id={CHAIR}", None, 0),
        ("PUT", f"{LAPTOP}/RelatedProducts/$ref", {"value": [{"@id": MUG}, {"@id": CHAIR}]}, 2),
        ("DELETE", f"{LAPTOP}/RelatedProducts/$ref", None, 0),
    ):
        assert shop.send(method, url, body).status == 204
        assert shop.get(f"{LAPTOP}/RelatedProducts/$count").text == str(members)


def test_reference_of_a_single_navigation(shop):
    assert shop.send("PUT", f"{LAPTOP}/Category/$ref", {"@odata.id": KITCHEN}).status == 204
    assert shop.get(f"{LAPTOP}/Category/Name/$value").text == "Kitchen"


@pytest.mark.parametrize("method, url", [("POST", "ReadOnlyItems"), ("PATCH", READ_ONLY), ("DELETE", READ_ONLY)])
def test_what_is_not_open_for_changes(shop, method, url):
    assert shop.send(method, url, {"Name": "x"}).status in (403, 405)


def test_delete(shop):
    assert [shop.send("DELETE", MUG).status, shop.get(MUG).status, shop.send("DELETE", MUG).status] == [204, 404, 404]


def test_members_of_a_collection(newest):
    assert newest.send("PATCH", "Products/$filter(Price lt 20)/$each", {"Rating": 9}).status == 204
    assert newest.get("Products/$count?$filter=Rating eq 9").text == "1"


def test_media_entity_is_called_as_the_client_likes(shop):
    created = shop.send(
        "POST", "MediaItems", b"PNG", Content_Type="image/png", Slug="The%20Beach", Accept="application/json"
    )
    assert (created.status, created.json["Name"], created.json["Size"]) == (201, "The Beach", 3)
    assert shop.send("POST", "MediaItems", b"x", Content_Type="nonsense").error == (400, "BadHeader")
    octets = f"{created.headers['Location']}/$value"
    part = shop.get(octets, Range="bytes=1-")
    assert (part.status, part.text, part.headers["Content-Range"]) == (206, "NG", "bytes 1-2/3")
    assert shop.get(octets, Range="bytes=3-").error == (416, "RangeNotSatisfiable")
    assert shop.send("PUT", octets, b"GIF", Content_Type="image/gif").status == 204
    assert shop.get(octets).headers["Content-Type"] == "image/gif"


def test_demanded_etags(shop):
    """Protocol, Use of ETags for Avoiding Update Conflicts: 428 where the service insists."""
    shop.service.concurrency("Products", "demanded")
    assert shop.send("PATCH", PREMIUM, {"Price": 7}).error == (428, "IfMatchMissing")
    assert shop.send("DELETE", PREMIUM).error == (428, "IfMatchMissing")
    assert shop.send("PATCH", PREMIUM, {"Price": 7}, If_Match="*").status == 204
    assert shop.send("PATCH", NOBODY, PEN).status == 201  # nothing is there that could have been changed meanwhile
    assert shop.send("POST", f"{PREMIUM}/IncreasePrice", {"amount": 1}).status == 204
