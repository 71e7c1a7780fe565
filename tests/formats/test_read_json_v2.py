"""Bodies of V2's requests: what clients really send, and what nobody should."""

from __future__ import annotations

import json
import uuid
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odata_service.bind.payload import EntityPayload, EntityReference
from odata_service.errors import BadRequest, PayloadTooLarge, UnsupportedMediaType
from odata_service.formats.read_json import depth
from odata_service.formats.read_json_v2 import JsonBodyV2
from odata_service.limits import Limits

from .library import MODEL

BOOK, AUTHOR = MODEL.types["Book"], MODEL.types["Author"]
ONE = "00000000-0000-0000-0000-0000000000a1"
SEA: dict[str, Any] = {"BookId": 1, "Title": "The Sea", "AuthorId": ONE}
SEA_VALUES = {"BookId": 1, "Title": "The Sea", "AuthorId": uuid.UUID(ONE)}
ADA: dict[str, Any] = {"AuthorId": ONE, "Name": "Ada", "Living": True}


def body(document: object, content_type: str | None = "application/json", **limits: int) -> JsonBodyV2:
    content = document if isinstance(document, bytes) else json.dumps(document).encode()
    return JsonBodyV2(content, content_type, MODEL, Limits(**limits))


def book(document: object, *, partial: bool = False) -> EntityPayload:
    return body(document).entity(BOOK, partial=partial)


@pytest.mark.parametrize(
    "document",
    [
        SEA,
        {"d": SEA},
        {"__metadata": {"type": "Library.Book", "uri": "Books(1)"}, **SEA},
        {"__metadata": {"etag": "x"}, "__count": "5", "__next": "x", **SEA},
        {**SEA, "Author": {"__deferred": {"uri": "Books(1)/Author"}}, "Tags": {"__deferred": {"uri": "x"}}},
        {**SEA, "Tags": None},
        {**SEA, "BookId": "1"},
        {**SEA, "BookId": 1.0},
    ],
)
def test_an_entity(document: dict[str, Any]) -> None:
    assert book(document) == EntityPayload(BOOK, SEA_VALUES)


def test_every_property_is_read_in_its_type() -> None:
    sent = {**SEA, "Price": "3.20", "Version": "7", "EditorId": None}
    assert book(sent).values == {**SEA_VALUES, "Price": Decimal("3.20"), "Version": 7, "EditorId": None}


@pytest.mark.parametrize(
    "charset, encoding",
    [
        (None, "utf-8"), (None, "utf-8-sig"), (None, "utf-16"), (None, "utf-16-le"), (None, "utf-16-be"),
        ("utf-8", "utf-8"), ("UTF-8", "utf-8-sig"), ("utf-16", "utf-16"), ('"utf-16le"', "utf-16-le"),
        ("iso-8859-1", "latin-1"),
    ],
)  # fmt: skip
def test_charsets(charset: str | None, encoding: str) -> None:
    content = json.dumps({**SEA, "Title": "Söhne"}, ensure_ascii=False).encode(encoding)
    content_type = "application/json" + (f"; charset={charset}" if charset else "")
    assert body(content, content_type).entity(BOOK, partial=False).values["Title"] == "Söhne"


@pytest.mark.parametrize(
    "content_type",
    [None, "", "application/json", "Application/JSON;odata=verbose", "text/json", "application/vnd.x+json",
     "application/json;charset=UTF-8;IEEE754Compatible=true"],
)  # fmt: skip
def test_media_types(content_type: str | None) -> None:
    assert body(SEA, content_type).entity(BOOK, partial=False).values == SEA_VALUES


@pytest.mark.parametrize(
    "content_type", ["application/atom+xml", "application/x-www-form-urlencoded", "application/json;charset=ebcdic-cp-us", "application/json;charset=\0"]
)  # fmt: skip
def test_refused_media_types(content_type: str) -> None:
    with pytest.raises(UnsupportedMediaType):
        body(SEA, content_type).entity(BOOK, partial=False)


@pytest.mark.parametrize(
    "document, code, target, text",
    [
        (b"", "BodyMissing", None, "the request needs a JSON body"),
        (b"{", "InvalidJson", None, "the body is not JSON: Expecting property name"),
        (b"null", "InvalidValue", None, "expected an object"),
        (b"[]", "InvalidValue", None, "expected an object"),
        (b'{"Title": NaN}', "InvalidJson", None, "NaN is not JSON"),
        (b'{"Title": -Infinity}', "InvalidJson", None, "-Infinity is not JSON"),
        (b'{"Price": 1e9999999999999999999}', "InvalidJson", None, "the number 1e9999999999999999999 is out of"),
        (b'{"Title": "a", "Title": "b"}', "DuplicateName", "Title", "the body has 'Title' twice in one object"),
        (b'{"Title": "\xff"}', "InvalidText", None, "the body is not utf-8: invalid start byte at byte 11"),
        (b"[" * 65 + b"]" * 65, "LimitExceeded", None, "65 is over the limit of 64 (max_json_depth"),
        (b"[" * 100_000, "LimitExceeded", None, "100000 is over the limit"),
        ({**SEA, "Titel": "x"}, "UnknownProperty", "Titel", "Book has no property 'Titel'; did you mean 'Title'?"),
        ({**SEA, "title": "x"}, "UnknownProperty", "title", "Book has no property 'title'; did you mean 'Title'?"),
        ({"BookId": 1, "AuthorId": ONE}, "InvalidValue", "Title", "Title: is required"),
        ({**SEA, "Title": None}, "InvalidValue", "Title", "Title: cannot be null"),
        ({**SEA, "Title": "x" * 101}, "InvalidValue", "Title", "Title: has 101 characters, and at most 100 fit"),
        ({**SEA, "Title": ["x"]}, "InvalidValue", "Title", "Title: expected a string, not an array"),
        ({**SEA, "Price": "1.555"}, "InvalidValue", "Price", "Price: 1.555 has more than 2 digits after the point"),
        ({**SEA, "Price": 1e7}, "InvalidValue", "Price", "Price: 10000000.0 has more than 6 digits before the point"),
        ({**SEA, "__metadata": {"type": "Library.Author"}}, "InvalidValue", "__metadata",
         "__metadata: expected Library.Book, not 'Library.Author'"),
        ({**SEA, "Tags": "x"}, "InvalidValue", "Tags", "Tags: is a collection; expected an array"),
        ({**SEA, "Tags": ["x"]}, "InvalidValue", "Tags/0", "Tags/0: expected an object"),
        ({**SEA, "Tags": [{"Name": "a"}, {"Nmae": "b"}]}, "UnknownProperty", "Tags/1/Nmae",
         "Tag has no property 'Nmae'; did you mean 'Name'?"),
        ({**SEA, "Author": []}, "InvalidValue", "Author", "Author: expected an object"),
        ({**SEA, "Author": {**ADA, "Living": 1}}, "InvalidValue", "Author/Living",
         "Author/Living: expected true or false, not 1"),
    ],
)  # fmt: skip
def test_refused_bodies(document: object, code: str, target: str | None, text: str) -> None:
    with pytest.raises(BadRequest) as refusal:
        book(document)
    assert refusal.value.code == code
    assert text in [each.text[: len(text)] for each in (refusal.value, *refusal.value.details)]
    assert target in [each.target for each in (refusal.value, *refusal.value.details)]


def test_all_mistakes_are_named() -> None:
    with pytest.raises(BadRequest) as refusal:
        book({"BookId": "x", "Price": "y"})
    mistakes = {each.target for each in (refusal.value, *refusal.value.details)}
    assert mistakes == {"BookId", "Price", "Title"}


def test_inline_entities_and_references() -> None:
    sea = {
        "BookId": 1,
        "Title": "The Sea",
        "Author": {"__metadata": {"uri": f"Authors(guid'{ONE}')"}},
        "Editor": {**ADA, "Edited": [{"__metadata": {"uri": "Books(7)"}}]},
        "Tags": {"results": [{"Name": "Sea"}, {"__metadata": {"uri": "Tags('Old')"}}]},
    }
    editor = EntityPayload(
        AUTHOR,
        {"AuthorId": uuid.UUID(ONE), "Name": "Ada", "Living": True},
        {"Edited": (EntityReference("Books(7)"),)},
    )
    assert book(sea).related == {
        "Author": (EntityReference(f"Authors(guid'{ONE}')"),),
        "Editor": (editor,),
        "Tags": (EntityPayload(MODEL.types["Tag"], {"Name": "Sea"}), EntityReference("Tags('Old')")),
    }


def test_a_foreign_key_may_come_from_the_entity_around() -> None:
    author = body({**ADA, "Books": [{"BookId": 1, "Title": "The Sea"}]}).entity(AUTHOR, partial=False)
    (sea,) = author.related["Books"]
    assert isinstance(sea, EntityPayload)
    assert sea.values == {"BookId": 1, "Title": "The Sea"}


def test_null_for_a_single_navigation_property() -> None:
    assert book({**SEA, "Editor": None}).related == {"Editor": ()}


def test_a_default_stands_in_for_null() -> None:
    assert "Version" not in book({**SEA, "Version": None}).values


@pytest.mark.parametrize(
    "document, values, related",
    [
        ({}, {}, {}),
        ({"Title": "New"}, {"Title": "New"}, {}),
        ({"BookId": "garbage", "Title": "New"}, {"Title": "New"}, {}),
        ({"Title": "New", "Author": ADA, "Tags": [{"Name": "x"}]}, {"Title": "New"}, {}),
        ({"Tags": []}, {}, {}),
        ({"Editor": None}, {}, {"Editor": ()}),
        ({"Editor": {"__metadata": {"uri": "Authors(1)"}}}, {}, {"Editor": (EntityReference("Authors(1)"),)}),
        ({"Tags": [{"__metadata": {"uri": "Tags('a')"}}]}, {}, {"Tags": (EntityReference("Tags('a')"),)}),
    ],
)
def test_a_change(document: object, values: dict[str, object], related: dict[str, object]) -> None:
    changed = book(document, partial=True)
    assert (changed.values, changed.related) == (values, related)


def test_a_change_to_null_is_refused_where_there_is_none() -> None:
    with pytest.raises(BadRequest, match="Title: cannot be null"):
        book({"Title": None}, partial=True)


def test_more_entities_than_one_request_may_create() -> None:
    author = {**ADA, "Books": [{"BookId": number, "Title": "x"} for number in range(3)]}
    assert body(author, max_objects_on_insert=4).entity(AUTHOR, partial=False)
    with pytest.raises(PayloadTooLarge, match="4 is over the limit of 3"):
        body(author, max_objects_on_insert=3).entity(AUTHOR, partial=False)


@pytest.mark.parametrize("document", [{"Title": "New"}, {"d": {"Title": "New"}}])
def test_a_property(document: object) -> None:
    assert body(document).property(BOOK.properties["Title"]) == "New"


@pytest.mark.parametrize(
    "document, text",
    [
        ({}, 'expected an object with the one property Title: {"Title": …}'),
        ({"Titel": "x"}, "expected an object with the one property Title"),
        ({"Title": "x", "Price": "1"}, "expected an object with the one property Title"),
        ("New", "expected an object with the one property Title"),
        ({"Title": 5}, "Title: expected a string, not 5"),
        ({"Title": None}, "Title: cannot be null"),
    ],
)
def test_refused_properties(document: object, text: str) -> None:
    with pytest.raises(BadRequest) as refusal:
        body(document).property(BOOK.properties["Title"])
    assert refusal.value.text.startswith(text)


@pytest.mark.parametrize(
    "document", [{"uri": "Books(1)"}, {"d": {"uri": "Books(1)"}}, {"__metadata": {"uri": "Books(1)"}}]
)
def test_a_link(document: object) -> None:
    assert body(document).link() == EntityReference("Books(1)")


@pytest.mark.parametrize("document", [{}, [], {"uri": 5}, {"url": "Books(1)"}, "Books(1)"])
def test_refused_links(document: object) -> None:
    with pytest.raises(BadRequest, match="expected the address of an entity"):
        body(document).link()


EVERYTHING = MODEL.types["Everything"].properties


@pytest.mark.parametrize(
    "name, content, content_type, value",
    [
        ("Text", b"New", "text/plain", "New"),
        ("Text", "é".encode(), None, "é"),
        ("Text", "é".encode("latin-1"), "text/plain;charset=iso-8859-1", "é"),
        ("Text", b"", "text/plain", ""),
        ("Flag", b"true", "text/plain", True),
        ("Whole", b"5", "text/plain", 5),
        ("Exact", b"5.500", "text/plain", Decimal("5.500")),
        ("Data", b"\x00\xff", "application/octet-stream", b"\x00\xff"),
    ],
)
def test_raw_values(name: str, content: bytes, content_type: str | None, value: object) -> None:
    assert body(content, content_type).raw(EVERYTHING[name]) == value


@pytest.mark.parametrize(
    "name, content", [("Flag", b"yes"), ("Whole", b"5.5"), ("Data", b"x" * 17), ("Text", b"\xff"), ("Text", b"\0")]
)
def test_refused_raw_values(name: str, content: bytes) -> None:
    with pytest.raises(BadRequest):
        body(content, "text/plain").raw(EVERYTHING[name])


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from([*BOOK.member_names, "__metadata", "results", "uri", "type", "d", "x"]), inner
        )
    ),
    max_leaves=20,
)
_BODIES = (
    st.binary()
    | st.text(alphabet='{}[]":,\\ \n0e-NTd', max_size=60).map(str.encode)
    | _JSON.map(lambda document: json.dumps(document).encode())
)


@given(_BODIES, st.booleans(), st.sampled_from([None, "application/json", "application/json;charset=utf-16", "text/x"]))
def test_any_body_is_read_or_refused(content: bytes, partial: bool, content_type: str | None) -> None:
    sent = body(content, content_type)
    readers = [
        lambda: sent.entity(BOOK, partial=partial),
        lambda: sent.property(BOOK.properties["Price"]),
        lambda: sent.raw(BOOK.properties["Title"]),
        sent.link,
    ]
    for reader in readers:
        with suppress(BadRequest, PayloadTooLarge, UnsupportedMediaType):
            reader()


@pytest.mark.parametrize(
    "text, levels",
    [("", 0), ("5", 0), ('"[["', 0), ('{"a\\"[": [1]}', 2), ('"unfinished [[', 0), ("[[", 2), ("]][", 0), ('"\\', 0)],
)
def test_depth(text: str, levels: int) -> None:
    assert max(depth(text), 0) == levels


@pytest.mark.parametrize("text", ['"' + '\\"' * 1_000_000, "[]" * 1_000_000, '"[",' * 500_000, "\\" * 2_000_000])
def test_depth_of_long_texts_is_counted_quickly(text: str) -> None:
    assert depth(text) <= 1
