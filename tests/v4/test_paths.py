"""Resource paths (URL Conventions, Resource Path) and what is at their end."""

import pytest

from tests.v4.store import CHAIR, ELECTRONICS, IMAGE, LAPTOP, MOUSE, NOBODY, PREMIUM

KEY = PREMIUM.removeprefix("Products")


@pytest.mark.parametrize("url, content", [
    ("",                                                             '"@odata.context":"{root}$metadata"'),
    ("",                                                             '{"name":"Company","kind":"Singleton","url":"Company"}'),
    ("",                                                             '{"name":"GetTopProducts","kind":"FunctionImport"'),
    ("Products",                                                     '"@odata.context":"{root}$metadata#Products"'),
    (PREMIUM,                                                        '"@odata.context":"{root}$metadata#Products/$entity"'),
    (PREMIUM.replace("(", "(ID="),                                   '"Name":"Premium Laptop Pro"'),
    (PREMIUM.replace("(", "/").rstrip(")"),                          '"Name":"Premium Laptop Pro"'),
    ("Products(@k)?@k=1265c7c8-e590-4e99-8dc4-9f872f89bcc6",         '"Name":"Premium Laptop Pro"'),
    ("Products(ID=@k)?@k=1265c7c8-e590-4e99-8dc4-9f872f89bcc6",      '"Name":"Premium Laptop Pro"'),
    (f"{PREMIUM}/Name",                                              '"value":"Premium Laptop Pro"'),
    (f"{PREMIUM}/Name/$value",                                       "Premium Laptop Pro"),
    (f"{PREMIUM}/Price/$value",                                      "1999.99"),
    (f"{LAPTOP}/Data/$value",                                        "test"),
    (f"{PREMIUM}/ShippingAddress",                                   '"City":"New York"'),
    (f"{PREMIUM}/ShippingAddress/City",                              '"value":"New York"'),
    (f"{PREMIUM}/ShippingAddress/City/$value",                       "New York"),
    (f"{PREMIUM}/Category",                                          '"Name":"Electronics"'),
    (f"{PREMIUM}/Category/Name",                                     '"value":"Electronics"'),
    (f"{PREMIUM}/Category/$ref",                                     '"@odata.context":"{root}$metadata#$ref"'),
    ("Products/$ref",                                                '"@odata.context":"{root}$metadata#Collection($ref)"'),
    (f"{ELECTRONICS}/Products/$ref",                                 f'"@odata.id":"{{root}}{PREMIUM}"'),
    (f"{ELECTRONICS}/{PREMIUM}",                                     '"Name":"Premium Laptop Pro"'),
    (f"{ELECTRONICS}/Products/$count",                               "5"),
    ("Products/$count?$filter=Price gt 500",                         "3"),
    ("Products/$count?$search=laptop",                               "2"),
    ("Company",                                                      '"@odata.context":"{root}$metadata#Company"'),
    ("Company?$select=Name",                                         '"@odata.context":"{root}$metadata#Company(Name)"'),
    ("Products/TechStore.SpecialProduct/$count",                     "3"),
    (f"Products/TechStore.SpecialProduct{KEY}",                      '"SpecialProperty":"Extended 5-year warranty"'),
    (f"{PREMIUM}/TechStore.SpecialProduct/SpecialProperty",          '"value":"Extended 5-year warranty"'),
    ("ProductDescriptions/30979d5a-9353-4960-b403-cb75a5878c6c/EN",  '"LanguageKey":"EN"'),
    ("Products/$filter(Price gt 500)/$count",                        "3"),
    ("Products/$filter(Price gt 500)/$filter(Price lt 1000)/$count", "2"),
    ("Products/$filter(@f)/$count?@f=Price gt 500",                  "3"),
    (f"$entity?$id={PREMIUM}",                                       '"Name":"Premium Laptop Pro"'),
    (f"{IMAGE}",                                                     '"@odata.mediaContentType":"image/png"'),
    ("Products()",                                                   '"Name":"Premium Laptop Pro"'),
    ("Products/",                                                    '"Name":"Premium Laptop Pro"'),
])  # fmt: skip
def test_path(shop, url, content):
    answer = shop.get(url)
    assert answer.status == 200, answer.text
    assert content.replace("{root}", "http://services.example/v4/") in answer.text


@pytest.mark.parametrize("options", ["$top=1", "$skip=2", "$orderby=Name", "$top=1&$skip=2", "$expand=Category"])
def test_a_count_is_of_the_whole_collection(shop, options):
    assert shop.get(f"Products/$count?{options}").text == "7"


@pytest.mark.parametrize("url", [
    f"{PREMIUM}/Data", f"{PREMIUM}/Data/$value", f"{PREMIUM}/ReleaseDate/$value", f"{CHAIR}/ShippingAddress",
    f"{CHAIR}/ShippingAddress/City", f"{CHAIR}/ShippingAddress/City/$value", f"{PREMIUM}/Photo", f"{PREMIUM}/Photo/$value",
])  # fmt: skip
def test_null_has_no_content(shop, url):
    answer = shop.get(url)
    assert (answer.status, answer.body) == (204, b"")


def test_navigation_without_an_entity_at_its_end(shop):
    assert shop.send("DELETE", f"{CHAIR}/Category/$ref").status == 204
    assert [shop.get(f"{CHAIR}/Category{ending}").status for ending in ("", "/$ref", "/Name")] == [204, 204, 404]


@pytest.mark.parametrize("status, url", [
    (404, "Nothing"),
    (404, NOBODY),
    (404, f"{NOBODY}/Name"),
    (404, f"{NOBODY}/Category"),
    (404, f"{PREMIUM}/Nothing"),
    (404, f"{PREMIUM}/ShippingAddress/Nothing"),
    (404, f"{PREMIUM}/ShippingAddress/$value"),
    (404, f"{PREMIUM}/$value"),
    (404, f"{CHAIR}/TechStore.SpecialProduct"),
    (404, "Products/TechStore.Nothing"),
    (404, f"$entity?$id={NOBODY}"),
    (400, "$entity"),
    (400, "Products(1)"),
    (400, "Products(abc)"),
    (400, f"ProductDescriptions{MOUSE.removeprefix('Products')}"),
    (400, "ProductDescriptions(LanguageKey='EN')"),
])  # fmt: skip
def test_no_such_resource(shop, status, url):
    answer = shop.get(url)
    assert answer.status == status
    assert {"code", "message"} <= answer.json["error"].keys()


@pytest.mark.parametrize("method, url, allowed", [
    ("DELETE", "Products",                 "GET, HEAD, POST, PATCH"),
    ("PUT",    "Products",                 "GET, HEAD, POST, PATCH"),
    ("POST",   PREMIUM,                    "GET, HEAD, PUT, PATCH, DELETE"),
    ("POST",   f"{PREMIUM}/Name",          "GET, HEAD, PUT, PATCH, DELETE"),
    ("POST",   "Products/$count",          "GET, HEAD"),
    ("DELETE", "$metadata",                "GET, HEAD"),
    ("PATCH",  "",                         "GET, HEAD"),
    ("DELETE", "Company",                  "GET, HEAD, PUT, PATCH"),
    ("POST",   f"{PREMIUM}/Category/$ref", "GET, HEAD, PUT, DELETE"),
    ("POST",   "GetTopProducts()",         "GET, HEAD"),
    ("GET",    f"{PREMIUM}/TechStore.Activate", "POST"),
    ("GET",    "ResetProducts",            "POST"),
])  # fmt: skip
def test_method_not_allowed(shop, method, url, allowed):
    answer = shop.send(method, url, None if method in ("GET", "DELETE") else {})
    assert (answer.status, answer.headers.get("Allow")) == (405, allowed)


@pytest.mark.parametrize("url, media_type", [
    ("Company/Logo/$value",   "image/svg+xml"),
    (f"{LAPTOP}/Data/$value", "application/octet-stream"),
    (f"{LAPTOP}/Name/$value", "text/plain;charset=utf-8"),
    (f"{IMAGE}/$value",       "image/png"),
])  # fmt: skip
def test_media_type_of_a_value(shop, url, media_type):
    assert shop.get(url).headers["Content-Type"] == media_type
