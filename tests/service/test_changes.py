"""Changes: all of one or nothing, what a client may not set stays, and a stamp for whatever has changed."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import pytest

from tests.service.client import Answer, Client

ADA = "People(guid'0d3b3f0e-6f61-4a27-9a35-64d2a1f0c001')"
EMILY = "People(guid'4e6f8b2d-71a3-4d05-a94e-c3d7f1b84005')"
DORSET_STREET = "Addresses(guid'39909f7b-83eb-5a1d-a7e4-3e602584c3f1')"
NOBODY = "00000000-0000-0000-0000-000000000000"
SETS = ("People", "Addresses", "AddressTypes", "PhoneNumbers")


def everything(client: Client) -> dict[str, list[dict[str, Any]]]:
    return {name: client.all(name) for name in SETS}


def stamp(client: Client, url: str) -> int:
    """``LastUpdated`` in milliseconds."""
    text: str = client.get(url).d["LastUpdated"]
    return int(text.removeprefix("/Date(").removesuffix(")/"))


REFUSED: list[tuple[int, str, str, object]] = [
    # Addresses of what is not there, or cannot be changed
    (404, "PUT", f"People(guid'{NOBODY}')", {"Name": "x"}),
    (404, "MERGE", f"People(guid'{NOBODY}')", {"Name": "x"}),
    (404, "DELETE", f"People(guid'{NOBODY}')", b""),
    (404, "POST", f"People(guid'{NOBODY}')/Addresses", {"StreetAddress": "x"}),
    (404, "POST", "Poeple", {"Name": "x"}),
    (405, "POST", ADA, {"Name": "x"}),
    (405, "DELETE", "People", b""),
    (405, "PUT", "People/$count", b"1"),
    # Values that do not fit
    (400, "POST", "People", {}),
    (400, "POST", "People", {"Name": None}),
    (400, "POST", "People", {"Name": 5}),
    (400, "POST", "People", {"Name": ["x"]}),
    (400, "POST", "People", {"Name": {"x": 1}}),
    (400, "POST", "People", {"Name": "x" * 101}),
    (400, "POST", "People", {"Name": "x\0"}),
    (400, "POST", "People", b'{"Name":"\\ud83d"}'),
    (400, "POST", "People", {"Name": "x", "PersonId": "x"}),
    (400, "POST", "People", {"Name": "x", "PersonId": 5}),
    (400, "POST", "AddressTypes", {"Name": "x"}),
    (400, "POST", "AddressTypes", {"AddressTypeId": "one", "Name": "x"}),
    (400, "POST", "AddressTypes", {"AddressTypeId": 1.5, "Name": "x"}),
    (400, "POST", "AddressTypes", {"AddressTypeId": 2**31, "Name": "x"}),
    (400, "POST", "AddressTypes", {"AddressTypeId": True, "Name": "x"}),
    (400, "MERGE", ADA, {"Name": None}),
    (400, "MERGE", ADA, {"Name": "x" * 101}),
    (400, "PUT", ADA, {}),
    (400, "PUT", f"{ADA}/Name", {"Name": None}),
    (400, "PUT", f"{ADA}/Name", {"Name": "x", "IsDeleted": True}),
    (400, "PUT", f"{ADA}/PersonId", {"PersonId": NOBODY}),
    (400, "PUT", f"{ADA}/LastUpdated", {"LastUpdated": "/Date(0)/"}),
    (400, "PUT", f"{ADA}/Name/$value", b"x" * 101),
    (400, "DELETE", f"{ADA}/Name/$value", b""),
    # Names that are not the type's
    (400, "POST", "People", {"Name": "x", "Nickname": "y"}),
    (400, "POST", "People", {"name": "x"}),
    (400, "POST", "People", {"Name": "x", "metadata": 1}),
    (400, "POST", "People", {"Name": "x", "__init__": 1}),
    (400, "POST", "People", {"Name": "x", "_sa_instance_state": 1}),
    (400, "MERGE", ADA, {"Nickname": "y"}),
    (400, "POST", "People", b'{"Name":"x","Name":"x"}'),
    (400, "POST", "People", b'{"Name":"x","Addresses":[{"StreetAddress":"x","StreetAddress":"y"}]}'),
    (400, "POST", "People", {"Name": "x", "__metadata": {"type": "PeopleModel.Address"}}),
    # No JSON, or too much of it
    (400, "POST", "People", b""),
    (400, "POST", "People", b"{"),
    (400, "POST", "People", b"null"),
    (400, "POST", "People", b'{"Name":"x"}{"Name":"y"}'),
    (400, "POST", "People", b'{"Name":NaN}'),
    (400, "POST", "People", b'{"Name":"\xff"}'),
    (400, "POST", "People", b"[" * 100_000),
    (413, "POST", "People", b'{"Name":"' + b"x" * 5_000_000 + b'"}'),
    (413, "POST", "People", {"Name": "x", "Addresses": [{"StreetAddress": "x"}] * 1_000}),
    # Others that are not there, or not what is needed
    (409, "POST", "People", {"Name": "x", "PersonId": "0d3b3f0e-6f61-4a27-9a35-64d2a1f0c001"}),
    (409, "POST", "AddressTypes", {"AddressTypeId": 1, "Name": "x"}),
    (409, "POST", "Addresses", {"StreetAddress": "x", "PersonId": NOBODY}),
    (409, "POST", "People", {"Name": "x", "Addresses": [{"StreetAddress": "x", "AddressTypeId": 99}]}),
    (409, "MERGE", DORSET_STREET, {"AddressTypeId": 99}),
    (400, "POST", "Addresses", {"StreetAddress": "x"}),
    (400, "MERGE", DORSET_STREET, {"Person": None}),
    (400, "MERGE", DORSET_STREET, {"AddressType": {"__metadata": {"uri": "AddressTypes(99)"}}}),
    (400, "MERGE", DORSET_STREET, {"AddressType": {"__metadata": {"uri": "AddressTypes"}}}),
    (400, "MERGE", DORSET_STREET, {"AddressType": {"__metadata": {"uri": "AddressTypes(1)/Name"}}}),
    (400, "MERGE", DORSET_STREET, {"AddressType": {"__metadata": {"uri": ADA}}}),
    (404, "MERGE", DORSET_STREET, {"AddressType": {"__metadata": {"uri": "Nowhere(1)"}}}),
    (400, "POST", "People", {"Name": "x", "Addresses": {"StreetAddress": "x"}}),
    (400, "POST", "People", {"Name": "x", "Addresses": [5]}),
]  # fmt: skip


@pytest.mark.parametrize("status, method, url, body", REFUSED)
def test_a_refused_change_stores_nothing(people: Client, status: int, method: str, url: str, body: object):
    before = everything(people)
    answer = people.change(method, url, body, {})
    assert answer.status == status, answer.text
    assert everything(people) == before


@pytest.mark.parametrize("method", ["POST", "PUT", "MERGE", "PATCH", "DELETE"])
def test_a_request_in_an_unknown_version_changes_nothing(people: Client, method: str):
    before = everything(people)
    url = "People" if method == "POST" else ADA
    answer = people.change(method, url, {"Name": "x"}, {"DataServiceVersion": "3.0"})
    assert answer.status == 400
    assert everything(people) == before


@pytest.mark.every_database
def test_a_refused_change_leaves_no_gap_for_others(people: Client):
    """Its transaction is gone: the next change does not wait, and does not carry it along."""
    assert people.post("Addresses", {"StreetAddress": "x", "PersonId": NOBODY}).status == 409
    assert people.post("People", {"Name": "Next"}).status == 201
    assert people.get("Addresses/$count?$filter=StreetAddress eq 'x'").text == "0"


@pytest.mark.parametrize("method", ["POST", "PUT", "MERGE"])
def test_stamps_and_tombstones_are_the_service_s_own(people: Client, method: str):
    """Over-posting: whatever form the values have, they are put aside and the rest is done."""
    url = "People" if method == "POST" else ADA
    for last_updated, is_deleted in [("/Date(0)/", True), (None, None), ("nonsense", "nonsense"), ({}, [])]:
        body = {"Name": "Over", "LastUpdated": last_updated, "IsDeleted": is_deleted}
        assert people.change(method, url, body, {}).status in (201, 204)
    for person in people.all("People?$filter=Name eq 'Over'"):
        assert not person["IsDeleted"]
        assert person["LastUpdated"] > "/Date(1700000000000)/"


def test_over_posting_deep_inside(people: Client):
    inline = {"StreetAddress": "x", "IsDeleted": True, "LastUpdated": "/Date(0)/"}
    created = people.post("People", {"Name": "Over", "Addresses": [inline]}).d
    (address,) = people.all(f"{created['__metadata']['uri']}/Addresses")
    assert (address["IsDeleted"], address["LastUpdated"]) == (False, created["LastUpdated"])


CHANGES: list[Callable[[Client], Answer]] = [
    lambda client: client.post("People", {"Name": "New"}),
    lambda client: client.put(ADA, {"Name": "Put"}),
    lambda client: client.merge(ADA, {"Name": "Merged"}),
    lambda client: client.put(f"{ADA}/Name", {"Name": "One"}),
    lambda client: client.send("PUT", f"{ADA}/Name/$value", b"Raw"),
    lambda client: client.post(f"{ADA}/Addresses", {"StreetAddress": "New"}),
    lambda client: client.merge(DORSET_STREET, {"AddressType": {"__metadata": {"uri": "AddressTypes(3)"}}}),
    lambda client: client.delete(DORSET_STREET),
    lambda client: client.delete(ADA),
    lambda client: client.delete(EMILY),
]


def test_last_updated_rises_with_every_change(people: Client):
    """What is newer than the newest seen is just what the last change has written."""
    newest = 0
    for change in CHANGES:
        assert change(people).status in (201, 204)
        after = datetime.datetime.fromtimestamp(newest / 1000, datetime.UTC).replace(tzinfo=None).isoformat()
        changed = [
            int(row["LastUpdated"][6:-2])
            for name in ("People", "Addresses", "PhoneNumbers")
            for row in people.all(f"{name}?$filter=LastUpdated gt datetime'{after}'")
        ]
        assert changed
        if newest:
            assert len(set(changed)) == 1, "one transaction, one stamp"
        newest = max(changed)


def test_nothing_changed_no_stamp(people: Client):
    """A change to the same values is none: clients need not fetch the row again."""
    before = stamp(people, ADA)
    assert people.merge(ADA, {"Name": "Ada Lovelace"}).status == 204
    assert people.put(ADA, {"Name": "Ada Lovelace"}).status == 204
    assert people.merge(ADA, {}).status == 204
    assert stamp(people, ADA) == before


def test_delete_is_a_tombstone_with_what_belongs_to_it(people: Client):
    before = stamp(people, EMILY)
    assert people.delete(EMILY).status == 204
    emily = people.get(f"{EMILY}?$expand=Addresses,PhoneNumbers").d
    rows = [emily, *emily["Addresses"]["results"], *emily["PhoneNumbers"]["results"]]
    assert len(rows) == 5
    assert all(row["IsDeleted"] for row in rows)
    assert len({row["LastUpdated"] for row in rows}) == 1
    assert stamp(people, EMILY) > before


def test_delete_twice(people: Client):
    people.delete(ADA)
    deleted = people.get(ADA).d
    assert people.delete(ADA).status == 204
    assert people.get(ADA).d == deleted


def test_delete_of_a_row_that_is_not_tracked(people: Client):
    """No tombstone; the addresses that had this type have none now, and their stamps say so."""
    before = stamp(people, DORSET_STREET)
    assert people.delete("AddressTypes(2)").status == 204
    assert people.get("AddressTypes(2)").status == 404
    assert people.get(DORSET_STREET).d["AddressTypeId"] is None
    assert stamp(people, DORSET_STREET) > before


class TestEntityLevel:
    """Only Person has a stamp, and a change of what belongs to it touches it."""

    @pytest.mark.parametrize(
        "change",
        [
            lambda client: client.post(f"{ADA}/Addresses", {"StreetAddress": "New"}),
            lambda client: client.post(
                "Addresses", {"StreetAddress": "New", "PersonId": "0d3b3f0e-6f61-4a27-9a35-64d2a1f0c001"}
            ),
            lambda client: client.merge(DORSET_STREET, {"StreetAddress": "2 Dorset Street, London"}),
            lambda client: client.put(f"{DORSET_STREET}/StreetAddress", {"StreetAddress": "3 Dorset Street, London"}),
            lambda client: client.delete(DORSET_STREET),
            lambda client: client.post(f"{ADA}/PhoneNumbers", {"Number": "1"}),
        ],
    )
    def test_touches_its_person(self, people_by_entity: Client, change: Callable[[Client], Answer]):
        ada, emily = stamp(people_by_entity, ADA), stamp(people_by_entity, EMILY)
        answer = change(people_by_entity)
        assert answer.status in (201, 204), answer.text
        assert stamp(people_by_entity, ADA) > ada
        assert stamp(people_by_entity, EMILY) == emily

    def test_moving_touches_both(self, people_by_entity: Client):
        ada, emily = stamp(people_by_entity, ADA), stamp(people_by_entity, EMILY)
        people_by_entity.merge(DORSET_STREET, {"Person": {"__metadata": {"uri": EMILY}}})
        assert stamp(people_by_entity, ADA) == stamp(people_by_entity, EMILY) > max(ada, emily)

    def test_an_address_has_neither_stamp_nor_tombstone(self, people_by_entity: Client):
        address = people_by_entity.get(DORSET_STREET).d
        assert not {"LastUpdated", "IsDeleted"} & address.keys()
        people_by_entity.delete(DORSET_STREET)
        assert people_by_entity.get(DORSET_STREET).status == 404

    def test_delete_of_a_person(self, people_by_entity: Client):
        before = stamp(people_by_entity, ADA)
        assert people_by_entity.delete(ADA).status == 204
        assert people_by_entity.get(ADA).d["IsDeleted"]
        assert stamp(people_by_entity, ADA) > before


@pytest.mark.every_database
class TestValues:
    """What is written is what is read, in every type."""

    VALUES: list[tuple[str, object, object]] = [
        ("Name", "Ünï\U0001f600 'quoted' \"twice\" \\ / <b>", "Ünï\U0001f600 'quoted' \"twice\" \\ / <b>"),
        ("Price", "3.20", "3.20"),
        ("Price", 3.2, "3.20"),
        ("Price", 9999999.99, "9999999.99"),
        ("Weight", "0.1", 0.1),
        ("Weight", 5e-324, 5e-324),
        ("Weight", "INF", "INF"),
        ("Rating", "7", 7),
        ("Rating", -(2**31), -(2**31)),
        ("Stock", "9007199254740993", "9007199254740993"),
        ("Stock", 9007199254740993, "9007199254740993"),
        ("Discontinued", True, True),
        ("MadeAt", "/Date(1714953600123)/", "/Date(1714953600123)/"),
        ("MadeAt", "2024-05-06T00:00:00.123", "/Date(1714953600123)/"),
        ("MadeAt", "/Date(-62135596800000)/", "/Date(-62135596800000)/"),
        ("ChangedAt", "/Date(1714957323000+0060)/", "/Date(1714953723000+0000)/"),
        ("ChangedAt", "2024-05-06T03:02:03+02:00", "/Date(1714957323000+0000)/"),
        ("ReleaseDate", "/Date(1714953600000)/", "/Date(1714953600000)/"),
        ("RestockTime", "PT1H2M3S", "PT1H2M3S"),
        ("MadeIn", "P1DT2H3M4.5S", "P1DT2H3M4.5S"),
        ("RestockTime", "P00DT01H02M03S", "PT1H2M3S"),
        ("Guid", "01886F43-5079-41D6-9A8A-EC9FEFFA41EB", "01886f43-5079-41d6-9a8a-ec9feffa41eb"),
        ("Photo", "AP8=", "AP8="),
        ("Photo", "", ""),
        ("Description", "", ""),
    ]

    @pytest.mark.parametrize("name, written, read", VALUES)
    def test_round_trip(self, shop: Client, product: str, name: str, written: object, read: object):
        if product == "mariadb" and read == "INF":
            pytest.skip("MariaDB has no infinite numbers")
        created = shop.post("Products", {"ID": 100, "Name": "New", name: written})
        assert created.status == 201, created.text
        merged = shop.merge("Products(2)", {name: written})
        assert merged.status == 204, merged.text
        wanted = {name: read}
        assert [{name: answer.d[name]} for answer in (created, shop.get("Products(2)"))] == [wanted, wanted]
        assert shop.get(f"Products(2)/{name}").d == wanted

    @pytest.mark.parametrize(
        "name", ["Price", "Weight", "Rating", "Stock", "Discontinued", "ReleaseDate", "Photo", "Guid"]
    )
    def test_null(self, shop: Client, name: str):
        assert shop.merge("Products(2)", {name: None}).status == 204
        assert shop.get("Products(2)").d[name] is None

    @pytest.mark.parametrize(
        "name, value",
        [
            ("Price", "3.205"), ("Price", "10000000"), ("Price", "three"), ("Price", "NaN"), ("Price", True),
            ("Weight", "heavy"), ("Weight", "1e999"), ("Rating", 2**31), ("Rating", "7.5"), ("Rating", ""),
            ("Stock", 2**63), ("Discontinued", "yes"), ("Discontinued", 1), ("ReleaseDate", "yesterday"),
            ("ReleaseDate", "/Date(99999999999999999)/"), ("ReleaseDate", "2024-13-01T00:00:00"),
            ("RestockTime", "1h"), ("Guid", "nobody"), ("Photo", "***"),
        ],
    )  # fmt: skip
    def test_what_does_not_fit(self, shop: Client, name: str, value: object):
        before = shop.get("Products(2)").d
        assert shop.merge("Products(2)", {name: value}).status == 400
        assert shop.get("Products(2)").d == before


def test_put_resets_and_merge_does_not(shop: Client):
    shop.merge("Products(2)", {"Rating": 4, "Description": "good"})
    shop.merge("Products(2)", {"Rating": 5})
    assert shop.get("Products(2)").d["Description"] == "good"
    assert shop.put("Products(2)", {"Name": "Whole"}).status == 204
    product = shop.get("Products(2)").d
    del product["__metadata"], product["Category"], product["Supplier"], product["Items"]
    assert {name: value for name, value in product.items() if value is not None} == {
        "ID": 2,
        "Name": "Whole",
        "Version": 4,
    }


def test_put_with_a_binding_that_is_there_already(shop: Client):
    shop.merge("Products(2)", {"Category": {"__metadata": {"uri": "Categories(2)"}}})
    shop.put("Products(2)", {"Name": "Whole", "Category": {"__metadata": {"uri": "Categories(2)"}}})
    assert shop.get("Products(2)").d["Category_ID"] == 2


def test_a_binding_is_worth_more_than_a_foreign_key(shop: Client):
    shop.put("Products(2)", {"Name": "x", "Category_ID": 1, "Category": {"__metadata": {"uri": "Categories(2)"}}})
    assert shop.get("Products(2)").d["Category_ID"] == 2


def test_the_key_stays_whatever_a_change_says(shop: Client):
    item = "OrderItems(Order_ID=guid'01886f43-5079-41d6-9a8a-ec9feffa41eb',Pos=10)"
    assert shop.put(item, {"Pos": 99, "Order_ID": NOBODY, "Quantity": 5}).status == 204
    assert shop.get(item).d["Quantity"] == 5
    shop.post("Orders", {"ID": NOBODY})
    elsewhere = {"Order": {"__metadata": {"uri": f"Orders(guid'{NOBODY}')"}}}
    assert shop.merge(item, elsewhere).error == (400, "ReadOnlyProperty")
    there = {"Order": {"__metadata": {"uri": "Orders(guid'01886f43-5079-41d6-9a8a-ec9feffa41eb')"}}, "Quantity": 6}
    assert shop.merge(item, there).status == 204
    assert shop.get(item).d["Quantity"] == 6


@pytest.mark.every_database
def test_a_row_that_others_need_stays(shop: Client):
    order = "Orders(guid'01886f43-5079-41d6-9a8a-ec9feffa41eb')"
    assert shop.delete(order).error == (409, "ReferenceMissing")
    for item in shop.all(f"{order}/Items"):
        assert shop.delete(item["__metadata"]["uri"]).status == 204
    assert shop.delete(order).status == 204
