"""Rows as JSON, both ways (protocol, Entity JSON; Version / ETag)."""

from __future__ import annotations

import base64
import re

import pytest

from tests.datasync.client import Client
from tests.datasync.rows import added, panther, tag

SYSTEM = {"id", "updatedAt", "version", "deleted"}
POINT = {"type": "Point", "coordinates": [12.5, -69.25]}
GUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


class TestWritten:
    def test_system_properties(self, client: Client):
        row = added(client)
        assert set(row) > SYSTEM
        assert MOMENT.fullmatch(row["updatedAt"])
        assert base64.b64decode(row["version"], validate=True)
        assert row["deleted"] is False

    def test_other_names_in_camel_case(self, client: Client):
        movie = {"title", "duration", "rating", "releaseDate", "year", "bestPictureWinner"}
        assert set(added(client)) - SYSTEM == movie
        assert set(client.post("note", {"bodyText": "Milk"}).json) - SYSTEM == {"bodyText", "isPinned"}

    @pytest.mark.parametrize(
        "name, sent, written",
        [
            ("dateTimeOffsetValue", "2023-12-20T10:21:05.421Z", "2023-12-20T10:21:05.421Z"),
            ("dateTimeOffsetValue", "2023-12-20T10:21:05Z", "2023-12-20T10:21:05.000Z"),
            ("dateTimeOffsetValue", "2023-12-20T10:21:05.4219999Z", "2023-12-20T10:21:05.421Z"),  # cut, not rounded
            ("dateTimeOffsetValue", "2023-12-20T11:21:05.421+01:00", "2023-12-20T10:21:05.421Z"),
            ("dateTimeValue", "1977-05-04T18:30:45.107Z", "1977-05-04T18:30:45.107Z"),
            ("dateOnlyValue", "2023-12-15", "2023-12-15"),
            ("timeOnlyValue", "09:52:35.321", "09:52:35.321"),
            ("timeOnlyValue", "09:52:35", "09:52:35.000"),
            ("enumValue", "Completed", "Completed"),
            ("enumValue", "completed", "Completed"),
            ("enumValue", 2, "Completed"),
            ("byteArrayValue", "+/8=", "+/8="),
            ("guidValue", "29386779-34b1-464a-bb5b-4053c2ee61b3", "29386779-34b1-464a-bb5b-4053c2ee61b3"),
            ("intValue", 42, 42),
            ("intValue", "42", 42),
            ("longValue", 9223372036854775807, 9223372036854775807),
            ("doubleValue", 1.5, 1.5),
            ("doubleValue", "1.5", 1.5),
            ("floatValue", 4.2, 4.2),
            ("byteValue", 255, 255),
            ("booleanValue", True, True),
            ("charValue", "x", "x"),
            ("stringValue", "", ""),
            ("stringValue", None, None),
            ("nullableDouble", None, None),
            ("pointValue", POINT, POINT),
        ],
    )
    def test_values(self, client: Client, name, sent, written):
        created = client.post("kitchensink", {"id": "a", name: sent})
        assert created.status == 201, created.body
        assert created.json[name] == written
        assert client.items("kitchensink")[0][name] == written

    def test_decimals_keep_their_digits(self, client: Client):
        client.post("kitchensink", b'{"id":"a","decimalValue":12345678901234.567890}')
        assert b'"decimalValue":12345678901234.567890' in client.get("kitchensink/a").body

    def test_nulls_are_always_written(self, client: Client):
        row = client.post("kitchensink", {"id": "a"}).json
        assert [row[name] for name in ("stringValue", "byteArrayValue", "nullableDouble", "pointValue")] == [None] * 4


class TestRead:
    def test_names_in_any_case(self, client: Client):
        body = {name.upper(): value for name, value in panther().items()}
        assert client.post("movies", body).json["title"] == "Black Panther"

    def test_unknown_members_are_ignored(self, client: Client):
        assert client.post("movies", panther(director="Ryan Coogler", **{"@odata.type": "#x"})).status == 201

    def test_comments_and_trailing_commas(self, client: Client):
        body = b'{ // a film\n "id": "a", "title": "a // b /* c */ ,}", /* length */ "duration": 1, }'
        assert client.post("movies", body).json["title"] == "a // b /* c */ ,}"

    def test_what_is_absent_has_the_default_of_its_type(self, client: Client):
        """Clients leave out 0, false, null and the first member of an enumeration."""
        row = client.post("movies", {"id": "a", "title": "A", "releaseDate": "2000-01-01"}).json
        assert [row[name] for name in ("duration", "year", "bestPictureWinner", "rating")] == [0, 0, False, "Unrated"]

    def test_and_not_the_default_of_the_column(self, client: Client):
        """``is_pinned`` is true where nobody says otherwise; a client that leaves it out says false."""
        assert client.post("note", {"bodyText": "Milk"}).json["isPinned"] is False
        assert client.post("note", {"bodyText": "Milk", "isPinned": True}).json["isPinned"] is True

    def test_a_put_replaces_the_whole_row(self, client: Client):
        added(client, bestPictureWinner=True)
        row = client.put("movies/panther", {"id": "panther", "title": "Panther", "releaseDate": "2018-02-16"}).json
        assert [row[name] for name in ("title", "duration", "bestPictureWinner")] == ["Panther", 0, False]

    def test_what_the_service_sets_is_not_taken(self, client: Client):
        row = client.post("movies", panther(updatedAt="2001-01-01T00:00:00.000Z", version="AAA=")).json
        assert row["updatedAt"] > "2020" and row["version"] != "AAA="

    @pytest.mark.parametrize("id", [{}, {"id": None}, {"id": ""}])
    def test_an_id_is_made(self, client: Client, id):
        body = {name: value for name, value in panther().items() if name != "id"} | id
        assert re.fullmatch("[0-9a-f]{32}", client.post("movies", body).json["id"])

    def test_a_guid_is_made(self, client: Client):
        assert GUID.fullmatch(client.post("note", {"bodyText": "Milk"}).json["id"])


class TestVersions:
    def test_the_tag_is_the_version_in_quotes(self, client: Client):
        created = client.post("movies", panther())
        read = client.get("movies/panther")
        assert created.headers["ETag"] == read.headers["ETag"] == tag(read.json)

    def test_last_modified_is_updated_at(self, client: Client):
        added(client)
        read = client.get("movies/panther")
        assert re.fullmatch(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT", read.headers["Last-Modified"])
        assert read.headers["Last-Modified"][17:25] == read.json["updatedAt"][11:19]

    @pytest.mark.parametrize(
        "table, body, change", [("movies", panther(), "title"), ("note", {"bodyText": "Milk"}, "bodyText")]
    )
    def test_every_change_makes_a_version(self, client: Client, table, body, change):
        """Also where SQLAlchemy counts versions."""
        first = client.post(table, body).json
        second = client.put(f"{table}/{first['id']}", first | {change: "B"}, If_Match=tag(first)).json
        assert second["version"] != first["version"]
        assert second["updatedAt"] > first["updatedAt"]
        assert client.put(f"{table}/{first['id']}", first | {change: "C"}, If_Match=tag(first)).status == 412
