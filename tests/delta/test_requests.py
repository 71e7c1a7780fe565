"""Requests that V4 has beside the plain ones: ``$query``, ``$entity``, OPTIONS, and options that are refused."""

from __future__ import annotations

import pytest

from tests.delta.client import ROOT

ADA = "People(0d3b3f0e-6f61-4a27-9a35-64d2a1f0c001)"


class TestQueryInTheBody:
    def test_text(self, people):
        answer = people.send("POST", "People/$query?$top=1", b"$filter=Name%20eq%20'Ada%20Lovelace'&$select=Name",
                             Content_Type="text/plain")  # fmt: skip
        assert [each["Name"] for each in answer.json["value"]] == ["Ada Lovelace"]

    def test_of_a_count_and_of_an_entity(self, people):
        headers = {"Content_Type": "text/plain"}
        assert people.send("POST", "People/$count/$query", b"$filter=Name eq 'Ada Lovelace'", **headers).text == "1"
        assert people.send("POST", f"{ADA}/$query", b"$select=Name", **headers).json["Name"] == "Ada Lovelace"

    def test_it_is_for_post_with_text(self, people):
        assert people.get("People/$query").status == 405
        assert people.send("POST", "People/$query", {"$top": 1}).status == 415


class TestEntityById:
    @pytest.mark.parametrize("id", [ADA, ROOT + ADA, f"/v4/{ADA}"])
    def test_absolute_and_relative(self, people, id):
        assert people.get(f"$entity?$id={id}&$select=Name").json["Name"] == "Ada Lovelace"

    def test_elsewhere_and_without(self, people):
        assert people.get("$entity?$id=http://other.example/People(1)").status == 404
        assert people.get("$entity").error == (400, "BadReference")


@pytest.mark.parametrize("url, allowed", [
    ("People", "GET, HEAD, POST, PATCH"), (ADA, "GET, HEAD, PUT, PATCH, DELETE"), ("$metadata", "GET, HEAD"),
    ("$batch", "POST"), ("People/$count", "GET, HEAD"), (f"{ADA}/Addresses/$ref", "GET, HEAD, POST, PUT, DELETE"),
])  # fmt: skip
def test_options(people, url, allowed):
    answer = people.send("OPTIONS", url)
    assert (answer.status, answer.headers["Allow"]) == (204, f"{allowed}, OPTIONS")


def test_options_of_nothing(people):
    assert people.send("OPTIONS", "Nobody").status == 404


@pytest.mark.parametrize("url, error", [
    ("People?$schemaversion=2.0", (404, "UnknownSchemaVersion")),
    ("People?$index=1", (501, "NotImplemented")),
])  # fmt: skip
def test_refused(people, url, error):
    assert people.get(url).error == error


def test_any_schema_version(people):
    assert people.get("People?$schemaversion=*&$top=1").status == 200


class TestPageSizes:
    def test_the_smaller_wins(self, people):
        assert len(people.value("People", Prefer="maxpagesize=3, odata.maxpagesize=5")) == 3
        people.service.page_size("People", 2)
        assert len(people.value("People", Prefer="maxpagesize=3")) == 2

    def test_of_expanded_collections(self, people):
        answer = people.get(
            "People?$expand=Addresses&$filter=Addresses/$count gt 1&$count=true", Prefer="maxpagesize=1"
        )
        (person,) = answer.json["value"]
        assert len(person["Addresses"]) == 1 and person["Addresses@odata.nextLink"]
        assert answer.headers["Preference-Applied"] == "maxpagesize=1" and "Prefer" in answer.headers["Vary"]
        assert answer.json["@odata.count"] > 1

    def test_top_holds_over_pages(self, people):
        pages = list(people.pages("People?$top=5", Prefer="maxpagesize=2"))
        assert [len(page["value"]) for page in pages] == [2, 2, 1]
        assert [len(page["value"]) for page in people.pages("People?$top=0", Prefer="maxpagesize=2")] == [0]
