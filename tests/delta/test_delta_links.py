"""Delta links: what was changed and deleted since a client has read a set (Protocol, Requesting Changes)."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest

from odata_service import Limits
from tests.delta.client import ROOT, ClientV4

pytestmark = pytest.mark.every_database

ADA = "People(0d3b3f0e-6f61-4a27-9a35-64d2a1f0c001)"
BRIAN = "People(1b7e5a52-90c4-4f0e-8a6b-2f4c7d9e1002)"
CHLOE = "People(2c94d7f1-3e58-4b6d-b1c2-7a8e5f3d2003)"


def ids(entities):
    """The last digit of each key, with the reason where the entity is no more."""
    return [
        (each.get("id") or each.get("@odata.id") or each["PersonId"]).rstrip(")")[-1] + each.get("reason", "")
        for each in entities
    ]


class TestAsking:
    @pytest.mark.parametrize("prefer", ["track-changes", "odata.track-changes"])
    def test_both_names(self, people, prefer):
        answer = people.get("People", Prefer=prefer)
        assert answer.headers["Preference-Applied"] == prefer
        assert "$deltatoken=" in answer.json["@odata.deltaLink"]

    def test_only_the_last_page_has_the_delta_link(self, people):
        pages = list(people.pages("People", Prefer="track-changes, maxpagesize=5"))
        assert [("@odata.nextLink" in page, "@odata.deltaLink" in page) for page in pages] == [
            (True, False), (True, False), (False, True),
        ]  # fmt: skip

    def test_only_the_first_page_says_that_the_preference_was_followed(self, people):
        first = people.get("People", Prefer="track-changes, maxpagesize=7")
        assert first.headers["Preference-Applied"] == "maxpagesize=7, track-changes"
        second = people.get(first.json["@odata.nextLink"], Prefer="track-changes")
        assert "Preference-Applied" not in second.headers and "@odata.deltaLink" in second.json

    def test_4_01_writes_it_without_odata(self, newest):
        assert "@deltaLink" in newest.get("People", Prefer="track-changes").json

    @pytest.mark.parametrize(
        "url", ["AddressTypes", "Addresses?$expand=AddressType", "People/$count", ADA, "People?$apply=identity"]
    )
    def test_what_cannot_be_followed_is_answered_without(self, people, url):
        answer = people.get(url, Prefer="track-changes")
        assert answer.status == 200 and "Preference-Applied" not in answer.headers and b"deltaLink" not in answer.body

    @pytest.mark.parametrize("url", [
        "Addresses?$filter=Person/Name eq 'Chloé'",
        "Addresses?$filter=AddressType ne null",
        "Addresses/$filter(Person/Name eq 'Chloé')",
        "Addresses?$compute=Person/Name as Who",
        "People?$filter=Addresses/any(a:a/StreetAddress eq 'x')",
        "People?$filter=PhoneNumbers/$count gt 1",
        "People?$filter=LastUpdated lt now()",
        "People?$expand=Addresses($filter=AddressType/Name eq 'Home')",
    ])  # fmt: skip
    def test_what_changes_without_a_row_being_changed_cannot_be_followed(self, people, url):
        """A person of another name would have other addresses, none of which was changed."""
        answer = people.get(url, Prefer="track-changes")
        assert answer.status == 200 and b"deltaLink" not in answer.body

    def test_what_counts_as_a_change_of_the_entity_can_be_followed(self, client_of):
        found = client_of("people-entity")
        people = ClientV4(found.service, changing=found.changing)
        link = people.delta_link("People?$filter=Addresses/any(a:a/StreetAddress eq 'Oslo')&$select=PersonId")
        address = people.get(f"{ADA}/Addresses?$top=1&$select=AddressId").json["value"][0]["AddressId"]
        assert people.send("PATCH", f"Addresses({address})", {"StreetAddress": "Oslo"}).status == 204
        assert ids(people.get(link).json["value"]) == ["1"]

    def test_top_and_count_are_not_part_of_what_is_followed(self, people):
        link = people.delta_link("People?$filter=contains(Name,'a')&$top=2&$count=true&$skip=1&$select=Name")
        assert link.startswith(f"{ROOT}People?$filter=contains(Name,'a')&$select=Name&$deltatoken=")


class TestChanges:
    def test_nothing(self, people):
        answer = people.get(people.delta_link("People")).json
        assert answer["@odata.context"] == f"{ROOT}$metadata#People/$delta"
        assert answer["value"] == [] and "@odata.deltaLink" in answer

    def test_added_changed_and_deleted_in_the_order_of_the_changes(self, people):
        link = people.delta_link("People")
        people.send("DELETE", CHLOE)
        people.send("PATCH", ADA, {"Name": "Ada King"})
        people.send("POST", "People", {"PersonId": "00000000-0000-4000-8000-000000000009", "Name": "Zoe"})
        changes = people.value(link)
        assert ids(changes) == ["3deleted", "1", "9"]
        assert changes[0] == {
            "@odata.context": f"{ROOT}$metadata#People/$deletedEntity", "id": f"{ROOT}{CHLOE}", "reason": "deleted",
        }  # fmt: skip
        assert changes[1]["Name"] == "Ada King" and changes[2]["Name"] == "Zoe"

    def test_4_01_says_removed(self, newest):
        link = newest.delta_link("People")
        newest.send("DELETE", CHLOE)
        assert newest.value(link) == [{"@removed": {"reason": "deleted"}, "@id": f"{ROOT}{CHLOE}"}]

    def test_what_leaves_the_filter_is_changed_and_what_enters_is_added(self, people):
        link = people.delta_link("People?$filter=startswith(Name,'A')&$select=Name")
        people.send("PATCH", ADA, {"Name": "Lady Lovelace"})
        people.send("PATCH", BRIAN, {"Name": "Alan"})
        answer = people.get(link).json
        assert answer["@odata.context"] == f"{ROOT}$metadata#People(Name)/$delta"
        assert ids(answer["value"]) == ["1changed", "2"]
        assert answer["value"][1] == {"@odata.id": f"{ROOT}{BRIAN}", "Name": "Alan"}

    def test_a_filter_in_the_path_and_a_search(self, people):
        link = people.delta_link("People/$filter(startswith(Name,'A'))")
        people.send("PATCH", ADA, {"Name": "Lady Lovelace"})
        assert ids(people.value(link)) == ["1changed"]

    def test_a_delta_ends_in_a_delta_link(self, people):
        link = people.delta_link("People")
        people.send("PATCH", ADA, {"Name": "Ada King"})
        people.send("PATCH", BRIAN, {"Name": "Brian Boru"})
        following = people.get(link).json["@odata.deltaLink"]
        people.send("PATCH", ADA, {"Name": "Ada"})
        assert ids(people.value(following)) == ["1"]
        assert ids(people.value(link)) == ["2", "1"]  # each row once, with its last change

    def test_a_paged_delta_ends_where_its_first_page_said(self, people):
        link = people.delta_link("People")
        for key in (ADA, BRIAN, CHLOE):
            people.send("PATCH", key, {"Name": "x"})
        first = people.get(link, Prefer="maxpagesize=2").json
        assert ids(first["value"]) == ["1", "2"] and "@odata.deltaLink" not in first
        people.send("PATCH", ADA, {"Name": "later"})
        second = people.get(first["@odata.nextLink"], Prefer="maxpagesize=2").json
        assert ids(second["value"]) == ["3"]
        assert ids(people.value(second["@odata.deltaLink"])) == ["1"]

    def test_rows_of_one_stamp_are_cut_by_their_key(self, people):
        link = people.delta_link("Addresses")
        people.send("DELETE", ADA)  # her addresses go with her, in one transaction
        pages = list(people.pages(link, Prefer="maxpagesize=1"))
        assert len(pages) > 1 and all(len(page["value"]) == 1 for page in pages)
        assert len({page["value"][0]["id"] for page in pages}) == len(pages)

    def test_what_changes_while_the_first_pages_are_read_is_in_the_first_delta(self, people):
        first = people.get("People", Prefer="track-changes, maxpagesize=2").json
        people.send("PATCH", ADA, {"Name": "Ada King"})  # on a page that was read already
        assert ids(people.value(people.delta_link(first["@odata.nextLink"]))) == ["1"]

    @pytest.mark.parametrize("url", ["People", "People?$select=Name&$filter=Name ne 'x'"])
    def test_count(self, people, url):
        link = people.delta_link(url)
        people.send("DELETE", CHLOE)
        people.send("PATCH", ADA, {"Name": "Ada King"})
        assert people.get(link.replace("?", "/$count?")).text == "2"

    def test_without_metadata_a_delta_says_nothing(self, people):
        link = people.delta_link("People")
        assert people.get(link, Accept="application/json;odata.metadata=none").error == (406, "NotAcceptable")


class TestGone:
    @pytest.mark.parametrize("change", [
        lambda link: link[:-4] + "AAAA",
        lambda link: link.replace("'A'", "'B'"),
        lambda link: link.replace("People?", "Addresses?").replace("Name", "StreetAddress"),
        lambda link: link.partition("$deltatoken")[0] + "$deltatoken=x",
    ])  # fmt: skip
    def test_changed_and_foreign_tokens(self, people, change):
        link = change(people.delta_link("People?$filter=startswith(Name,'A')"))
        answer = people.get(link)
        assert answer.error == (410, "DeltaLinkGone")
        assert answer.headers["Location"] == link.rpartition("&")[0]
        assert people.get(answer.headers["Location"]).status == 200

    def test_an_old_token(self, people):
        link = people.delta_link("People")
        people.service._reads.deltas.limits = dataclasses.replace(Limits(), max_delta_age_days=-1)
        answer = people.get(link)
        assert answer.error == (410, "DeltaLinkGone") and answer.headers["Location"] == f"{ROOT}People"


class TestPurged:
    """The floor rises when tombstones are removed: who has not heard of them begins anew."""

    def test_a_link_from_before(self, people):
        old = people.delta_link("People?$select=Name")
        people.send("DELETE", CHLOE)
        new = people.delta_link("People")
        assert people.service.purge(timedelta()) == {"Person": 1, "Address": 2, "PhoneNumber": 1}
        answer = people.get(old)
        assert answer.error == (410, "DeltaLinkGone") and answer.headers["Location"] == f"{ROOT}People?$select=Name"
        assert people.value(new) == []

    def test_of_another_set(self, people):
        link = people.delta_link("People")
        address = people.value("Addresses?$top=1")[0]["AddressId"]
        people.send("DELETE", f"Addresses({address})")
        people.service.purge(timedelta())
        assert people.value(link) == []

    def test_between_the_pages_of_a_delta(self, people):
        link = people.delta_link("People")
        for key in (ADA, BRIAN, CHLOE):
            people.send("DELETE", key)
        first = people.get(link, Prefer="maxpagesize=1").json
        people.service.purge(timedelta())
        assert people.get(first["@odata.nextLink"]).error == (410, "DeltaLinkGone")

    def test_what_is_younger_stays(self, people):
        link = people.delta_link("People")
        people.send("DELETE", CHLOE)
        assert people.service.purge(timedelta(hours=1)) == {}
        assert ids(people.value(link)) == ["3deleted"]


class TestTombstones:
    def test_only_deltas_tell_of_them(self, people):
        people.send("DELETE", CHLOE)
        assert people.get(CHLOE).status == 404
        assert len(people.value("People")) == int(people.get("People/$count").text)
        assert people.value("People?$filter=Name eq 'Chloé Lefèvre'") == []
        assert people.value("Addresses?$filter=Person eq null") == []
        assert people.send("PATCH", CHLOE, {"Name": "x"}, If_Match="*").status in (404, 412)

    def test_expanded_collections_are_without(self, people):
        before = people.value("People?$expand=Addresses/$ref&$top=1")[0]["Addresses"]
        people.send("DELETE", before[0]["@odata.id"])
        assert people.value("People?$expand=Addresses/$ref&$top=1")[0]["Addresses"] == before[1:]
