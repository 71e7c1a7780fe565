"""Query options (Protocol, Querying Collections): what is asked, and how many entities that are."""

import pytest


@pytest.mark.parametrize("url, count", [
    ("Products?$filter=Name eq 'Laptop'", 1),
    ("Products?$filter=Name ne 'Laptop'", 6),
    ("Products?$filter=Price gt 100 and Price lt 900", 3),
    ("Products?$filter=Price gt 1000 or Price lt 20", 2),
    ("Products?$filter=not (Price gt 100)", 2),
    ("Products?$filter=not contains(Name,'Mouse')", 5),
    ("Products?$filter=Name in ('Laptop','Smartphone')", 2),
    ("Products?$filter=Price in (15.5,999.99)", 2),
    ("Products?$filter=CategoryID in (b15d25b7-757e-45ae-8a61-aa4b13e0c9e6)", 5),
    ("Products?$filter=Status has TechStore.ProductStatus'InStock'", 6),
    ("Products?$filter=Status has 'InStock'", 6),
    ("Products?$filter=isof('TechStore.SpecialProduct')", 3),
    ("Products?$filter=cast(Price,'Edm.Int32') eq 15", 1),
    ("Products?$filter=Status eq TechStore.ProductStatus'InStock,Featured'", 2),
    ("Products?$filter=Status eq TechStore.ProductStatus'5'", 0),
    ("Products?$filter=Status eq 4", 1),
    ("Products?$filter=Price sub 1 gt 1000", 1),
    ("Products?$filter=Price mul 2 gt 1000", 3),
    ("Products?$filter=Price div 2 gt 1000", 0),
    ("Products?$filter=Quantity mod 7 eq 3", 1),
    ("Products?$filter=Quantity divby 2 eq 150", 1),
    ("Products?$filter=-Price lt -1000", 1),
    ("Products?$filter=Rating div 2 eq 100", 1),
    ("Products?$filter=Category/Name eq 'Electronics'", 5),
    ("Products?$filter=Category ne null", 7),
    ("Products?$filter=Category eq null", 0),
    ("Products?$filter=CategoryID eq null", 0),
    ("Products?$filter=ShippingAddress ne null", 6),
    ("Products?$filter=ShippingAddress/City eq 'Seattle' and ShippingAddress/State eq 'WA'", 1),
    ("Products?$filter=Dimensions/Length gt 10", 4),
    ("Categories?$filter=Products/any(p:p/Price gt 1000)", 1),
    ("Categories?$filter=Products/any()", 3),
    ("Categories?$filter=Products/all(p:p/Price lt 500)", 2),
    ("Categories?$filter=Products/any(p:p/Price gt 1000 and contains(p/Name,'Laptop'))", 1),
    ("Categories?$filter=not Products/any(p:p/Price gt 1000)", 2),
    ("Products?$filter=Descriptions/any(d:d/LanguageKey eq 'EN')", 4),
    ("Products?$filter=Descriptions/all(d:d/LanguageKey eq 'EN')", 4),
    ("Categories?$filter=Products/any(p:p/Descriptions/any(d:d/LanguageKey eq 'DE'))", 1),
    ("Categories?$filter=Products/any(p:p/Category/Name eq Name)", 3),
    ("Categories?$filter=Products/any(p:p/Name ne $it/Name)", 3),
    ("Categories?$filter=Products/any(p:p/Descriptions/any(d:$it/Name eq 'Electronics'))", 1),
    ("Categories?$filter=Products/any(p:p/Descriptions/$count($filter=$it/Name eq 'Electronics') gt 0)", 1),
    ("Categories?$filter=Products/$count gt 1", 1),
    ("Categories?$filter=Products/$count($filter=Price gt 500) eq 3", 1),
    ("Categories?$filter=Products/$filter(Price gt 500)/$count eq 3", 1),
    ("Products?$filter=contains(Name,'Laptop')", 2),
    ("Products?$filter=startswith(Name,'Lap')", 1),
    ("Products?$filter=endswith(Name,'top')", 1),
    ("Products?$filter=length(Name) eq 6", 1),
    ("Products?$filter=indexof(Name,'top') eq 3", 1),
    ("Products?$filter=substring(Name,1) eq 'aptop'", 1),
    ("Products?$filter=substring(Name,1,2) eq 'ap'", 1),
    ("Products?$filter=substring(Name,-3) eq 'top'", 1),
    ("Products?$filter=tolower(Name) eq 'laptop'", 1),
    ("Products?$filter=toupper(Name) eq 'LAPTOP'", 1),
    ("Products?$filter=trim(Name) eq 'Laptop'", 1),
    ("Products?$filter=concat(Name,'x') eq 'Laptopx'", 1),
    ("Products?$filter=concat(concat(Name,', '),ShippingAddress/City) eq 'Laptop, Seattle'", 1),
    ("Products?$filter=matchesPattern(Name,'^L.*p$')", 1),
    ("Products?$filter=year(CreatedAt) eq 2024", 5),
    ("Products?$filter=month(CreatedAt) eq 7", 2),
    ("Products?$filter=day(CreatedAt) eq 1", 1),
    ("Products?$filter=hour(CreatedAt) eq 10", 2),
    ("Products?$filter=minute(CreatedAt) eq 30", 2),
    ("Products?$filter=second(CreatedAt) eq 0", 7),
    ("Products?$filter=fractionalseconds(CreatedAt) eq 0", 7),
    ("Products?$filter=date(CreatedAt) eq 2024-07-01", 1),
    ("Products?$filter=time(CreatedAt) eq 10:00:00", 1),
    ("Products?$filter=totaloffsetminutes(CreatedAt) eq 0", 7),
    ("Products?$filter=CreatedAt lt now()", 7),
    ("Products?$filter=CreatedAt gt mindatetime()", 7),
    ("Products?$filter=CreatedAt lt maxdatetime()", 7),
    ("Products?$filter=round(Price) eq 1000", 1),
    ("Products?$filter=floor(Price) eq 999", 1),
    ("Products?$filter=ceiling(Price) eq 1000", 1),
    ("Products?$filter=cast(Price,Edm.String) ne null", 7),
    ("Products?$filter=cast(Rating,Edm.Int32) eq 200", 1),
    ("Products?$filter=year(ReleaseDate) eq 2024", 4),
    ("Products?$filter=hour(OpenTime) eq 9", 1),
    ("Products?$filter=totalseconds(ProcessingTime) eq 45", 2),
    ("Products?$filter=ShippingTime gt duration'PT1H'", 4),
    ("Products?$filter=ShippingTime gt 'PT1H'", 4),
    ("Products?$filter=case(Price gt 1000:'a',true:'b') eq 'a'", 1),
    ("Products?$filter=CreatedAt add duration'P1D' gt 2024-07-15T00:00:00Z", 1),
    ("Products?$filter=CreatedAt sub 2024-01-01T00:00:00Z gt duration'P1D'", 5),
    ("Products?$filter=geo.distance(Location,geography'SRID=4326;POINT(-122.33 47.6)') lt 10000", 1),
    ("Products?$filter=geo.length(Route) gt 0", 6),
    ("Products?$filter=geo.intersects(Location,Area)", 6),
    (
        "Products?$filter=geo.intersects(Location,geography'SRID=4326;POLYGON((-123 47,-122 47,-122 48,-123 48,-123 47))')",
        1,
    ),
    ("Products?$filter=Name eq null", 0),
    ("Products?$filter=Data eq null", 4),
    ("Products?$filter=Data eq binary'dGVzdA'", 1),
    ("Products?$filter=Data eq binary'dGVzdA=='", 1),
    ("Products?$filter=null eq null", 7),
    ("Products?$filter=true", 7),
    ("Products?$filter=false", 0),
    ("Products?$filter=Price eq INF", 0),
    ("Products?$filter=Price ne NaN", 7),
    ("Products?$filter=Weight gt 3.1", 2),
    ("Products?$filter=Price eq @p&@p=999.99", 1),
    ("Products?$filter=contains(Name,@p)&@p='Mouse'", 2),
    ("Products?$filter=Price eq @p", 0),
    ("Products?$filter=Name in @names&@names=['Laptop','Coffee Mug',null]", 2),
    ("Products?$filter=Name in @names&@names=[\"Laptop\",\"O'Neil\"]", 1),
    ("Products?$filter=Name in @names&@names=[]", 0),
    ("Products?$filter=Name in @names", 0),
    ("Categories?$filter=Products/any(p:p/Name in @names)&@names=['Laptop']", 1),
    ("Products?$filter=Name eq 'O''Neil'", 0),
    ("Products?filter=Price gt 1000", 1),
    ("Products?$FILTER=Price gt 1000", 1),
    ("Products?$count=true&$filter=Price gt 500", 3),
])  # fmt: skip
def test_filter(shop, url, count):
    answer = shop.get(url)
    assert answer.status == 200, answer.text
    assert len(answer.json["value"]) == count


@pytest.mark.parametrize("url, count", [
    ("Categories?$orderby=Products/$count desc", 3),
    ("Products?$orderby=Price", 7),
    ("Products?$orderby=Price desc", 7),
    ("Products?$orderby=CategoryID,Price desc", 7),
    ("Products?$orderby=Category/Name desc,Name", 7),
    ("Products?$orderby=ShippingAddress/City", 7),
    ("Products?$orderby=length(Name)", 7),
    ("Products?$orderby=Price mul -1", 7),
    ("Products?$orderby=Description asc", 7),
    ("Products?$orderby=geo.distance(Location,geography'SRID=4326;POINT(0 0)')", 7),
    ("Products?$top=2&$skip=1&$orderby=Name", 2),
])  # fmt: skip
def test_orderby(shop, url, count):
    answer = shop.get(url)
    assert answer.status == 200, answer.text
    assert len(answer.json["value"]) == count


@pytest.mark.parametrize("url, count", [
    ("Products?top=1&SELECT=Name", 1),
    ("Products?$top=2", 2),
    ("Products?$top=0", 0),
    ("Products?$skip=5", 2),
    ("Products?$skip=100", 0),
    ("Products?$count=true&$top=1", 1),
    ("Products?$count=false", 7),
    ("Products?custom=1", 7),
    ("Products?$schemaversion=*", 7),
])  # fmt: skip
def test_paging(shop, url, count):
    answer = shop.get(url)
    assert answer.status == 200, answer.text
    assert len(answer.json["value"]) == count


@pytest.mark.parametrize("url, count", [
    ("Products?$select=Name,Price", 7),
    ("Products?$select=*", 7),
    ("Products?$select= Name , Price", 7),
    ("Products?$select=", 7),
    ("Products?$select=ShippingAddress/City", 7),
    ("Products?$select=ShippingAddress", 7),
    ("Products?$select=ShippingAddress($select=City)", 7),
    ("Products?$select=Name,Category", 7),
    ("Products?$select=Name,Photo", 7),
    ("Products?$select=Descriptions($top=1)", 7),
    ("Products?$select=TechStore.*", 7),
    ("Products?$select=TechStore.SpecialProduct", 7),
    ("Products?$select=Name,SpecialProperty", 7),
])  # fmt: skip
def test_select(shop, url, count):
    answer = shop.get(url)
    assert answer.status == 200, answer.text
    assert len(answer.json["value"]) == count


@pytest.mark.parametrize("url, count", [
    ("Products?$select=Name&$expand=Category", 7),
    ("Products?$expand=Category", 7),
    ("Products?$expand=*", 7),
    ("Products?$expand=Category,Descriptions", 7),
    ("Categories?$expand=Products($filter=Price gt 500)", 3),
    ("Categories?$expand=Products($orderby=Price desc;$top=1)", 3),
    ("Categories?$expand=Products($skip=1)", 3),
    ("Categories?$expand=Products($count=true)", 3),
    ("Categories?$expand=Products($select=Name)", 3),
    ("Categories?$expand=Products($expand=Descriptions)", 3),
    ("Categories?$expand=Products/$ref", 3),
    ("Categories?$expand=Products/$count", 3),
    ("Categories?$expand=Products/$count($filter=Price gt 500)", 3),
    ("Products?$expand=RelatedProducts($levels=2)", 7),
    ("Products?$expand=RelatedProducts($levels=max)", 7),
    ("Categories?$expand=Products/TechStore.SpecialProduct", 3),
    ("Categories?$expand=Products/TechStore.SpecialProduct($select=SpecialProperty)", 3),
    ("Products?$expand=TechStore.SpecialProduct/Category", 7),
    ("Categories?$expand=Products($levels=1)", 3),
    ("Categories?$expand=*/$ref", 3),
    ("Categories?$expand=Products($filter=Price gt @m)&@m=500", 3),
    ("Categories?expand=Products(filter=Price gt 500;top=1)", 3),
])  # fmt: skip
def test_expand(shop, url, count):
    answer = shop.get(url)
    assert answer.status == 200, answer.text
    assert len(answer.json["value"]) == count


@pytest.mark.parametrize("url, count", [
    ("Categories?$expand=Products($search=laptop)", 3),
    ("Products?$search=Laptop", 2),
    ("Products?$search=laptop OR mouse", 4),
    ("Products?$search=laptop AND premium", 1),
    ("Products?$search=laptop NOT premium", 1),
    ("Products?$search=NOT laptop", 5),
    ("Products?$search=\"Premium Laptop\"", 1),
    ("Products?$search=(laptop OR mouse) AND gaming", 1),
    ("Products?$search=laptop premium", 1),
    ("Products?$search=zzz", 0),
    ("Products?$search=laptop&$filter=Price gt 1000", 1),
    ("Categories?$search=x", 0),
    ("ProductDescriptions?$search=light", 1),
])  # fmt: skip
def test_search(shop, url, count):
    answer = shop.get(url)
    assert answer.status == 200, answer.text
    assert len(answer.json["value"]) == count


@pytest.mark.parametrize("url, count", [
    ("Categories?$expand=Products($compute=Price mul 2 as D;$select=Name,D)", 3),
    ("Products?$compute=Price mul 2 as D&$select=Name,D", 7),
    ("Products?$compute=Price mul 2 as D&$filter=D gt 2000&$select=D", 1),
    ("Products?$compute=Price mul 2 as D&$orderby=D desc", 7),
    ("Products?$compute=Price mul 2 as D", 7),
    ("Products?$compute=length(Name) as L,toupper(Name) as U&$select=L,U", 7),
    ("Products?$compute=year(CreatedAt) as Y&$select=Y", 7),
])  # fmt: skip
def test_compute(shop, url, count):
    answer = shop.get(url)
    assert answer.status == 200, answer.text
    assert len(answer.json["value"]) == count


@pytest.mark.parametrize("url, count", [
    ("Products?$apply=aggregate(Price with sum as T)", 1),
    ("Products?$apply=aggregate($count as C)", 1),
    ("Products?$apply=groupby((CategoryID),aggregate(Price with sum as Price))/filter(Price gt 1000)", 1),
    ("Products?$apply=groupby((CategoryID),aggregate(Price with average as A))", 3),
    ("Products?$apply=groupby((CategoryID))", 3),
    ("Products?$apply=filter(Price gt 100)/aggregate(Price with max as M,Price with min as N)", 1),
    ("Products?$apply=groupby((CategoryID,Status),aggregate($count as C))", 5),
    ("Products?$apply=compute(Price mul 2 as D)", 7),
    ("Products?$apply=filter(Price gt 100)", 5),
    ("Products?$apply=aggregate(CategoryID with countdistinct as C)", 1),
    ("Products?$apply=groupby((CategoryID),aggregate($count as C))&$filter=C gt 1", 1),
    ("Products?$apply=groupby((CategoryID),aggregate($count as C))&$orderby=C desc&$top=1", 1),
    ("Products?$apply=groupby((Status),aggregate($count as C))&$filter=Status ne 'Discontinued'", 4),
    ("Products?$apply=groupby((Status))/filter(Status has 'InStock' and Status lt TechStore.ProductStatus'Featured')", 2),
    ("Products?$apply=groupby((CategoryID),aggregate(Status with max as M))&$filter=M in ('Discontinued','8')", 1),
    ("Products?$apply=identity", 7),
    ("Products?$apply=concat(aggregate($count as C),aggregate(Price with sum as T))", 2),
    ("Products?$apply=topcount(2,Price)", 2),
])  # fmt: skip
def test_apply(shop, url, count):
    answer = shop.get(url)
    assert answer.status == 200, answer.text
    assert len(answer.json["value"]) == count


@pytest.mark.parametrize("url, status", [
    ("Products?$filter=Status has TechStore.ProductStatus'Nope'", 400),
    ("Products?$filter=Status has TechStore.Nope'InStock'", 400),
    ("Products?$filter=isof('TechStore.Nope')", 400),
    ("Products?$apply=aggregate(Price with nope as T)", 400),
    ("Products?$apply=aggregate(Price with sum as Rating)", 400),
    ("Products?$apply=aggregate(Category/Name with max as Name)", 400),
    ("Products?$apply=aggregate(Price with custom.stdev as T)", 501),
    ("Products?$filter=Price gt @p&@p=@q&@q=5", 501),
    ("Products?$filter=@f&@f=Price gt @p&@p=5", 501),
    ("Products?$filter=Nope eq 1", 400),
    ("Products?$filter=Price eq", 400),
    ("Products?$filter=Price eq 'abc'", 400),
    ("Products?$filter=", 400),
    ("Products?$filter=foo(Name)", 400),
    ("Products?$filter=Price", 400),
    ("Products?$filter=(Price gt 1", 400),
    ("Categories?$filter=Products/any(p:p/Nope eq 1)", 400),
    ("Categories?$filter=Products/all()", 400),
    ("Categories?$filter=Nope/any(p:p/A eq 1)", 400),
    ("Products?$filter=Name/any(p:p eq 1)", 400),
    ("Products?$orderby=Nope", 400),
    ("Products?$orderby=Price foo", 400),
    ("Products?$orderby=", 400),
    ("Products?$orderby=ShippingAddress", 400),
    ("Products?$orderby=Location,Name", 400),
    ("Products?$top=-1", 400),
    ("Products?$top=abc", 400),
    ("Products?$skip=-1", 400),
    ("Products?$count=abc", 400),
    ("Products?$top=1&$top=2", 400),
    ("Products?$top=1&top=2", 400),
    ("Products?$nope=1", 400),
    ("Products?$select=Nope", 400),
    ("Products?$expand=Nope", 400),
    ("Products?$expand=Name", 400),
    ("Products?$expand=RelatedProducts($levels=-1)", 400),
    ("Products?$expand=RelatedProducts($levels=abc)", 400),
    ("Categories?$expand=Products($nope=1)", 400),
    ("Categories?$expand=Products($filter=Nope eq 1)", 400),
    ("Products?$search=", 400),
    ("Products?$search=(laptop", 400),
    ("Products?$search=laptop AND", 400),
    ("Products?$search=OR laptop", 400),
    ("Products?$search=laptop AND OR mouse", 400),
    ("Products?$search=(laptop NOT) mouse", 400),
    ("Products?$apply=search(laptop AND)", 400),
    ("Products?$compute=Price mul 2", 400),
    ("Products?$compute=Price as Name", 400),
    ("Products?$apply=foo(x)", 400),
    ("Products?$apply=aggregate(Nope with sum as T)", 400),
    ("Products?$index=1", 501),
    ("Products?$schemaversion=nope", 404),
    ("Products?$skiptoken=abc", 400),
    ("Products?$deltatoken=abc", 410),
])  # fmt: skip
def test_refused(shop, url, status):
    answer = shop.get(url)
    assert answer.status == status, answer.text
    assert answer.json["error"]["code"]


@pytest.mark.parametrize("url", [
    "Products?$filter=CONTAINS(Name,'Mouse')", "Products?filter=contains(Name,'Mouse')",
    "Products?$FILTER=Contains(Name,'Mouse')", "Products?Filter=contains(Name,'Mouse') OR Name EQ 'x'",
])  # fmt: skip
def test_names_in_any_case_and_without_dollar(newest, url):
    assert len(newest.get(url).json["value"]) == 2


def test_order_is_by_value(shop):
    prices = [each["Price"] for each in shop.get("Products?$orderby=Price desc").json["value"]]
    assert prices == sorted(prices, reverse=True)


def test_nulls_come_first(shop):
    first = shop.get("Products?$orderby=ShippingAddress/City").json["value"][0]
    assert first["Name"] == "Office Chair"


def test_only_chosen_members_of_a_structure(shop):
    chosen = shop.get("Products?$select=ShippingAddress($select=City)&$filter=Name eq 'Laptop'").json
    assert chosen["@odata.context"].endswith("#Products(ShippingAddress/City)")
    assert [each["ShippingAddress"] for each in chosen["value"]] == [{"City": "Seattle"}]


@pytest.mark.parametrize("expand, names", [
    ("Products($orderby=Price desc;$select=Name;$filter=Price gt 20)",
     ["Premium Laptop Pro", "Laptop", "Smartphone", "Gaming Mouse Ultra", "Wireless Mouse"]),
    ("Products/TechStore.SpecialProduct($select=Name;$orderby=Name)", ["Gaming Mouse Ultra", "Laptop", "Premium Laptop Pro"]),
])  # fmt: skip
def test_expanded_collections_go_on_with_their_own_options(shop, expand, names):
    shop.service.page_size("Products", 2)
    (electronics,) = shop.get(f"Categories?$expand={expand}&$filter=Name eq 'Electronics'").json["value"]
    found, following = electronics["Products"], electronics["Products@odata.nextLink"]
    while following:
        page = shop.get(following).json
        found, following = found + page["value"], page.get("@odata.nextLink")
    assert [each["Name"] for each in found] == names


def test_token_of_another_order(shop):
    shop.service.page_size("Products", 2)
    expanded = shop.get("Categories?$expand=Products($orderby=Name)&$filter=Name eq 'Electronics'").json["value"]
    link = expanded[0]["Products@odata.nextLink"]
    assert shop.get(link.replace("orderby=Name", "orderby=Price")).error == (400, "BadToken")


@pytest.mark.parametrize("url, names", [
    ("Categories?$filter=Products/$count($search=laptop) eq 2",                    ["Electronics"]),
    ("Categories?$filter=Products/$count($search=mug;$filter=Price gt 1) eq 1",    ["Kitchen"]),
    ("Categories?$filter=Products/$count($search=NOT laptop) eq 1&$orderby=Name",  ["Furniture", "Kitchen"]),
])  # fmt: skip
def test_count_of_what_is_found(shop, url, names):
    assert [each["Name"] for each in shop.get(url).json["value"]] == names


def test_alias_inside_of_expand(shop):
    expanded = shop.get("Categories?$expand=Products($filter=Price gt @least;@least=500)&$orderby=Name").json["value"]
    assert [len(each["Products"]) for each in expanded] == [3, 0, 0]
