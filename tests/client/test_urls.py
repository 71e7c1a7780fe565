"""What the builder writes: the address in V4, and in V2 where that has words for it."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from urllib.parse import unquote

import pytest

from odata_service.client import Expand, NotPossible, now, number

GUID = uuid.UUID("0d3b3f0e-6f61-4a27-9a35-64d2a1f0c001")
NOON = datetime(2024, 1, 2, 12, tzinfo=UTC)

PEOPLE = [
    (lambda p: p, "People", "People"),
    (lambda p: p.top(2).skip(3), "People?$skip=3&$top=2", "People?$skip=3&$top=2"),
    (lambda p: p.order_by("Name desc", p.LastUpdated.asc()), "People?$orderby=Name desc,LastUpdated", "People?$orderby=Name desc,LastUpdated"),
    (lambda p: p.select("Name"), "People?$select=PersonId,Name", "People?$select=PersonId,Name"),
    (lambda p: p.select(p.Name).expand(p.Addresses), "People?$select=PersonId,Name&$expand=Addresses",
     "People?$select=PersonId,Name,Addresses&$expand=Addresses"),
    (lambda p: p.expand("Addresses/AddressType", "Addresses/Person"), "People?$expand=Addresses($expand=AddressType,Person)",
     "People?$expand=Addresses/AddressType,Addresses/Person"),
    (lambda p: p.expand(Expand("Addresses").where("AddressTypeId eq 1").order_by("StreetAddress").skip(1).top(2)
                        .select("StreetAddress").expand("AddressType")),
     "People?$expand=Addresses($filter=AddressTypeId eq 1;$select=AddressId,StreetAddress;$expand=AddressType;"
     "$orderby=StreetAddress;$skip=1;$top=2)", None),
    (lambda p: p.where(p.Name == "O'Neil & Söhne"), "People?$filter=Name eq 'O''Neil & Söhne'", "People?$filter=Name eq 'O''Neil & Söhne'"),
    (lambda p: p.where(p.PersonId == GUID), f"People?$filter=PersonId eq {GUID}", f"People?$filter=PersonId eq guid'{GUID}'"),
    (lambda p: p.where(p.LastUpdated >= NOON), "People?$filter=LastUpdated ge 2024-01-02T12:00:00Z",
     "People?$filter=LastUpdated ge datetime'2024-01-02T12:00:00'"),
    (lambda p: p.where(p.LastUpdated > date(2024, 1, 2)), "People?$filter=LastUpdated gt 2024-01-02T00:00:00Z",
     "People?$filter=LastUpdated gt datetime'2024-01-02T00:00:00'"),
    (lambda p: p.where(p.LastUpdated < now()), "People?$filter=LastUpdated lt now()", None),
    (lambda p: p.where(p.Name.contains("a"), ~p.Name.startswith("b")), "People?$filter=contains(Name,'a') and not (startswith(Name,'b'))",
     "People?$filter=substringof('a',Name) and not (startswith(Name,'b'))"),
    (lambda p: p.where((p.Name == "a") | (p.Name == "b") | (p.Name == None)), "People?$filter=(Name eq 'a') or (Name eq 'b') or (Name eq null)",  # noqa: E711
     "People?$filter=(Name eq 'a') or (Name eq 'b') or (Name eq null)"),
    (lambda p: p.where(p.Name.in_(["a", "b"])), "People?$filter=Name in ('a','b')", "People?$filter=Name eq 'a' or Name eq 'b'"),
    (lambda p: p.where(p.Name.in_([])), "People?$filter=false", "People?$filter=false"),
    (lambda p: p.where("Name eq 'a' or true", p.IsDeleted == False), "People?$filter=(Name eq 'a' or true) and (IsDeleted eq false)",  # noqa: E712
     "People?$filter=(Name eq 'a' or true) and (IsDeleted eq false)"),
    (lambda p: p.where(p.Addresses.any(lambda a: a.AddressType.Addresses.any(lambda b: b.StreetAddress == a.StreetAddress))),
     "People?$filter=Addresses/any(x1:x1/AddressType/Addresses/any(x2:x2/StreetAddress eq x1/StreetAddress))", None),
    (lambda p: p.where(p.Addresses.count() > 2), "People?$filter=Addresses/$count gt 2", None),
    (lambda p: p.search("a OR b"), "People?$search=a OR b", None),
    (lambda p: p.option("includeDeleted", "false"), "People?includeDeleted=false", "People?includeDeleted=false"),
    (lambda p: p.aggregate("Name", N=number(), Last=p.LastUpdated.max()),
     "People?$apply=groupby((Name),aggregate($count as N,LastUpdated with max as Last))", None),
]  # fmt: skip
PRODUCTS = [
    (lambda p: p.where(p.Price > Decimal("1.5")), "Products?$filter=Price gt 1.5", "Products?$filter=Price gt 1.5d"),
    (lambda p: p.where(p.Rating == 1.5), "Products?$filter=Rating eq 1.5", "Products?$filter=Rating eq 1.5d"),
    (lambda p: p.where(p.Quantity + 1 >= 2**40), "Products?$filter=(Quantity add 1) ge 1099511627776",
     "Products?$filter=(Quantity add 1) ge 1099511627776L"),
    (lambda p: p.where(p.ShippingTime < timedelta(hours=1)), "Products?$filter=ShippingTime lt duration'PT1H'",
     "Products?$filter=ShippingTime lt time'PT1H'"),
    (lambda p: p.where(p.OpenTime == time(9, 30)), "Products?$filter=OpenTime eq 09:30:00", "Products?$filter=OpenTime eq time'PT9H30M'"),
    (lambda p: p.where(p.Data == b"\0\xff"), "Products?$filter=Data eq binary'AP8='", "Products?$filter=Data eq X'00FF'"),
    (lambda p: p.of_type("SpecialProduct").where("true"), "Products/TechStore.SpecialProduct?$filter=true",
     "Products?$filter=(isof('TechStore.SpecialProduct')) and (true)"),
    (lambda p: p.of_type("SpecialProduct").select("ShippingAddress"), "Products/TechStore.SpecialProduct?$select=ID,ShippingAddress",
     "Products?$filter=isof('TechStore.SpecialProduct')&$select=ID,ShippingAddress"),
    (lambda p: p.compute("Price mul 2 as Twice").select("Twice"), "Products?$compute=Price mul 2 as Twice&$select=ID,Twice", None),
]  # fmt: skip


@pytest.mark.parametrize("query, v4, v2", PEOPLE)
def test_people(people_service, query, v4, v2):
    check("People", people_service, query, v4, v2)


@pytest.mark.parametrize("query, v4, v2", PRODUCTS)
def test_products(techstore_service, query, v4, v2):
    check("Products", techstore_service, query, v4, v2)


def check(entity_set, service, query, v4, v2):
    """The address, and that the service understands it."""
    asked = query(service.client("v4")[entity_set])
    assert unquote(asked.url) == v4
    asked.all()
    if v2 is None:
        with pytest.raises(NotPossible):
            query(service.client("v2")[entity_set]).all()
    else:
        asked = query(service.client("v2")[entity_set])
        assert unquote(asked.url) == v2
        asked.all()


def test_keys(people_service, techstore_service):
    people, shop = people_service.client("v4"), techstore_service.client("v2")
    assert people.People.at(str(GUID))._where == f"People({GUID})"
    descriptions = shop.ProductDescriptions
    assert (
        unquote(descriptions.at((GUID, "a/b's"))._where)
        == f"ProductDescriptions(ProductID=guid'{GUID}',LanguageKey='a/b''s')"
    )
    assert descriptions.at((GUID, "a/b's"))._where.count("/") == 0
    with pytest.raises(KeyError, match="ProductID, LanguageKey, not ID"):
        descriptions.at({"ID": 1})
    assert shop._spelling.key_of("People(1", descriptions._kind.key) is None
