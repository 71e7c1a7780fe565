"""Whatever stands in a body, the answer is an answer, and what was stored can be read."""

from __future__ import annotations

import json
import uuid

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from odata_service import Headers
from tests.fuzz.conftest import JSON, Door
from tests.fuzz.corpus import FRAGMENTS, HEADER_VALUES, PERSON
from tests.fuzz.test_urls import EXAMPLES, STABLE

TARGETS = ("People", PERSON, f"{PERSON}/Name", f"{PERSON}/Name/$value", f"{PERSON}/Addresses", f"{PERSON}/$links/Addresses",
           "AddressTypes", "AddressTypes(1)", "Addresses", "$batch", "$metadata", "")  # fmt: skip
WRITES = ("POST", "PUT", "MERGE", "PATCH", "DELETE")
NAMES = ("PersonId", "Name", "LastUpdated", "IsDeleted", "Addresses", "PhoneNumbers", "AddressId", "StreetAddress", "AddressTypeId",
         "AddressType", "Person", "__metadata", "uri", "type", "d", "results", "__deferred", "Nope", "", "\x00", "__class__")  # fmt: skip
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=True), st.text(max_size=20), st.sampled_from(FRAGMENTS),
    st.sampled_from((2**31, 2**63, 10**400, 1e308, "/Date(1)/", "/Date(99999999999999999)/", "/Date(1+9999)/", "\ud800", "a\x00b",
                     "http://localhost/AddressTypes(1)", "AddressTypes(1)", "http://[", "PeopleModel.Person",
                     "0d3b3f0e-6f61-4a27-9a35-64d2a1f0c001", "x" * 300)),
)  # fmt: skip
DOCUMENTS = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(NAMES), inner, max_size=5)),
    max_leaves=12,
)


@settings(STABLE, max_examples=2 * EXAMPLES)
@given(DOCUMENTS, st.sampled_from(TARGETS), st.sampled_from(WRITES[:-1]))
def test_documents(writing_doors: list[Door], document: object, target: str, method: str) -> None:
    for door in writing_doors:
        door.ask(target, method=method, body=json.dumps(document).encode())


@STABLE
@given(
    st.one_of(st.binary(max_size=100), st.sampled_from(FRAGMENTS).map(lambda text: text.encode("utf-8", "surrogatepass"))),
    st.sampled_from(TARGETS),
    st.sampled_from(WRITES),
    st.sampled_from(HEADER_VALUES),
)  # fmt: skip
def test_any_bytes(writing_doors: list[Door], body: bytes, target: str, method: str, content_type: str) -> None:
    for door in writing_doors:
        door.ask(target, "", method if target != PERSON else "PUT", Headers({"Content-Type": content_type}), body)


BOMBS = {
    "deep arrays": b"[" * 100_000,
    "deep closed": b"[" * 50_000 + b"]" * 50_000,
    "deep objects": b'{"d":' * 50_000 + b"1" + b"}" * 50_000,
    "deep addresses": b'{"Addresses":[{"Person":' * 30 + b"{}" + b"}]}" * 30,
    "a million entities": b'{"Name":"x","Addresses":[' + b'{"StreetAddress":"a"},' * 100_000 + b"{}]}",
    "a million members": b"{" + b",".join(b'"n%d":1' % n for n in range(200_000)) + b"}",
    "the same member": b"{" + b",".join([b'"Name":1'] * 100_000) + b"}",
    "huge integer": b'{"Name":' + b"9" * 1_000_000 + b"}",
    "huge exponent": b'{"AddressTypeId":1e1000000000}',
    "huge decimal": b'{"AddressTypeId":0.' + b"1" * 1_000_000 + b"}",
    "huge string": b'{"Name":"' + b"x" * 3_000_000 + b'"}',
    "escapes": b'{"Name":"' + b"\\u0000" * 100_000 + b'"}',
    "surrogates": b'{"Name":"\\ud800"}',
    "over the limit": b" " * (4 * 1024 * 1024 + 1),
    "blanks": b" " * (4 * 1024 * 1024),
    "quotes": b'"' * 1_000_000,
    "backslashes": b'"' + b"\\" * 1_000_000,
    "NUL": b"\x00" * 100_000,
    "bom": b"\xef\xbb\xbf{}",
    "utf-16": '{"Name":"x"}'.encode("utf-16"),
    "utf-32": '{"Name":"x"}'.encode("utf-32"),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_bomb(writing_doors: list[Door], bomb: str) -> None:
    for door in writing_doors:
        for target, method in (
            ("People", "POST"),
            (PERSON, "PUT"),
            (PERSON, "MERGE"),
            (f"{PERSON}/Name", "PUT"),
            ("$batch", "POST"),
        ):
            assert door.ask(target, method=method, body=BOMBS[bomb]).status != 200


@pytest.mark.parametrize("name, status", [
    ("NUL \x00 inside", {400}), ("\ud800", {400}), ("", {201}), ("x" * 100, {201}), ("x" * 101, {400}), ("😀" * 50, {201}),
    ("line\r\n\u2028\x1f", {201}), (None, {400}), (1, {400}), ([], {400}), ({}, {400}), (True, {400}),
])  # fmt: skip
def test_names_are_stored_or_refused(writing_doors: list[Door], name: object, status: set[int]) -> None:
    """The same on every database: PostgreSQL stores no NUL, SQLite knows no lengths."""
    for door in writing_doors:
        key = uuid.uuid4()
        body = json.dumps({"PersonId": str(key), "Name": name}).encode()
        response = door.ask("People", method="POST", body=body)
        assert response.status in status, (door.name, response.body[:300])
        if response.status == 201:
            stored = json.loads(door.ask(f"People(guid'{key}')", headers=JSON).body)["d"]["Name"]
            assert stored == name
