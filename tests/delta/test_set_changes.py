"""Changes of many entities in one request: a delta for a set, and ``$each`` (Protocol, Update a Collection of Entities)."""

from __future__ import annotations

import pytest

from tests.delta.client import ROOT

ADA = "People(0d3b3f0e-6f61-4a27-9a35-64d2a1f0c001)"
BRIAN = "People(1b7e5a52-90c4-4f0e-8a6b-2f4c7d9e1002)"
CHLOE = "People(2c94d7f1-3e58-4b6d-b1c2-7a8e5f3d2003)"
NEW = "00000000-0000-4000-8000-000000000009"
DELTA = {
    "@context": "#$delta",
    "value": [
        {"@id": ADA, "Name": "Ada King"},
        {"PersonId": NEW, "Name": "Zoe", "@Org.OData.Core.V1.ContentID": "1"},
        {"@removed": {"reason": "deleted"}, "@id": CHLOE},
    ],
}


class TestDelta:
    def test_inserts_changes_and_deletes_in_one_transaction(self, newest):
        link = newest.delta_link("People?$select=Name")
        answer = newest.send("PATCH", "People", DELTA)
        assert answer.status == 200
        assert answer.json["@context"] == f"{ROOT}$metadata#People/$delta"
        changed, added, removed = answer.json["value"]
        assert changed["Name"] == "Ada King" and added["Name"] == "Zoe"
        assert added["@Org.OData.Core.V1.ContentID"] == "1"
        assert removed == {"@removed": {"reason": "deleted"}, "@id": f"{ROOT}{CHLOE}"}
        assert len(newest.value(link)) == 3

    def test_minimal(self, people):
        assert people.send("PATCH", "People", DELTA, Prefer="return=minimal").status == 204
        assert people.get(f"People({NEW})/Name/$value").text == "Zoe"

    def test_a_new_entity_takes_its_key_from_its_id(self, people):
        people.send("PATCH", "People", {"value": [{"@odata.id": f"People({NEW})", "Name": "Zoe"}]})
        assert people.get(f"People({NEW})").json["Name"] == "Zoe"

    def test_all_or_nothing(self, people):
        items = [*DELTA["value"], {"@id": BRIAN, "Name": None}]
        assert people.send("PATCH", "People", {"value": items}).status == 400
        assert people.get(ADA).json["Name"] == "Ada Lovelace" and people.get(CHLOE).status == 200

    def test_continue_on_error(self, newest):
        address = {"PersonId": "11111111-0000-4000-8000-000000000000", "StreetAddress": "nowhere"}
        items = [address, {"@removed": {}, "AddressId": NEW}]
        first = newest.value("Addresses?$top=1")[0]
        items.append({"AddressId": first["AddressId"], "StreetAddress": "There"})
        answer = newest.send("PATCH", "Addresses", {"value": items}, Prefer="continue-on-error,return=minimal")
        failed, removed, changed = answer.json["value"]
        exception = failed["@Org.OData.Core.V1.DataModificationException"]
        assert (exception["failedOperation"], failed["@removed"]["reason"]) == ("insert", "deleted")
        assert 400 <= exception["responseCode"] < 500 and exception["info"]["code"]
        assert "@removed" in removed and changed["StreetAddress"] == "There"
        assert newest.value(f"Addresses?$filter=AddressId eq {first['AddressId']}")[0]["StreetAddress"] == "There"

    def test_4_0_says_what_was_deleted_in_its_own_way(self, people):
        answer = people.send("PATCH", "People", {"value": [{"@removed": {}, "@id": CHLOE}]})
        assert answer.json["value"] == [
            {"@odata.context": f"{ROOT}$metadata#People/$deletedEntity", "id": f"{ROOT}{CHLOE}", "reason": "deleted"}
        ]

    def test_what_is_deleted_already_stays_so(self, people):
        for _ in range(2):
            answer = people.send("PATCH", "People", {"value": [{"@removed": {}, "@id": CHLOE}]})
            assert answer.status == 200

    def test_another_body(self, people):
        assert people.send("PATCH", "People", {"Name": "x"}).error == (400, "InvalidBody")


class TestEach:
    def test_update(self, people):
        answer = people.send("PATCH", "People/$filter(startswith(Name,'A'))/$each", {"Name": "Ann"})
        assert answer.status == 204
        assert [each["Name"] for each in people.value("People?$filter=startswith(Name,'A')")] == ["Ann"]

    def test_update_with_representation(self, newest):
        answer = newest.send(
            "PATCH", "People/$filter(startswith(Name,'A'))/$each", {"Name": "Ann"}, Prefer="return=representation"
        )
        assert [each["Name"] for each in answer.json["value"]] == ["Ann"]

    def test_delete(self, people):
        assert people.send("DELETE", f"{ADA}/Addresses/$each").status == 204
        assert people.value(f"{ADA}/Addresses") == []
        assert people.send("DELETE", "People/$each").status == 204
        assert people.value("People") == []

    def test_one_mistake_undoes_all(self, people):
        assert people.send("PATCH", "People/$each", {"Name": None}).status == 400
        assert people.get(ADA).json["Name"] == "Ada Lovelace"

    @pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
    def test_other_methods(self, people, method):
        answer = people.send(method, "People/$each", {"Name": "x"})
        assert answer.status == 405 and answer.headers["Allow"] == "PATCH, DELETE"


class TestDeepUpdate:
    def members(self, client):
        return {each["AddressId"]: each["StreetAddress"] for each in client.value(f"{ADA}/Addresses")}

    def test_a_whole_collection(self, newest):
        first, *_ = self.members(newest)
        body = {"Addresses": [{"AddressId": first, "StreetAddress": "changed"}, {"StreetAddress": "new"}]}
        assert newest.send("PATCH", ADA, body, OData_Version="4.01").status == 204
        assert sorted(self.members(newest).values()) == ["changed", "new"]

    def test_changes_of_a_collection(self, newest):
        first, second, *rest = self.members(newest)
        body = {
            "Name": "Ada King",
            "Addresses@delta": [
                {"@removed": {"reason": "deleted"}, "@id": f"Addresses({first})"},
                {"@id": f"Addresses({second})", "StreetAddress": "changed"},
                {"StreetAddress": "new"},
            ],
        }
        assert newest.send("PATCH", ADA, body, OData_Version="4.01").status == 204
        after = self.members(newest)
        assert first not in after and after[second] == "changed" and "new" in after.values()
        assert set(rest) <= set(after)

    def test_a_single_one_without_a_key_is_the_one_that_is_there(self, newest):
        address = newest.value(f"{ADA}/Addresses?$filter=AddressTypeId ne null")[0]
        url = f"Addresses({address['AddressId']})"
        assert newest.send("PATCH", url, {"AddressType": {"Name": "Castle"}}, OData_Version="4.01").status == 204
        assert newest.get(f"{url}/AddressType").json == {
            "@context": f"{ROOT}$metadata#AddressTypes/$entity", "AddressTypeId": address["AddressTypeId"], "Name": "Castle",
        }  # fmt: skip

    def test_4_0_has_none(self, people):
        assert people.send("PATCH", ADA, {"Addresses": [{"StreetAddress": "x"}]}, OData_Version="4.0").status == 400

    def test_a_bound_one_is_added(self, people):
        other = people.value(f"{BRIAN}/Addresses")[0]["AddressId"]
        before = self.members(people)
        body = {"Addresses@odata.bind": [f"Addresses({other})"]}
        assert people.send("PATCH", ADA, body, OData_Version="4.0").status == 204
        assert set(self.members(people)) == {*before, other}
