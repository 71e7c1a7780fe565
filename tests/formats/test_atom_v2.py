"""Documents of V2 in Atom and XML; whole exchanges are in ``tests/conversations/v2/atom``."""

from __future__ import annotations

import datetime
import uuid
from decimal import Decimal
from xml.etree import ElementTree

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from odata_service.dialects.sqlite import HexGuid, TextMoment
from odata_service.edm import primitive as edm
from odata_service.edm.literal_v2 import write_literal
from odata_service.edm.primitive import PrimitiveType
from odata_service.etag import etag_of
from odata_service.formats import value_v2
from odata_service.formats.atom_v2 import write
from odata_service.formats.columns_xml_v2 import LITERALS_OF_TEXT, column_of
from odata_service.formats.elements_v2 import written_value
from odata_service.formats.read_atom_v2 import AtomBodyV2
from odata_service.formats.xml_text import escaped
from odata_service.limits import Limits
from odata_service.message import ODataRequest
from odata_service.protocol import V2
from odata_service.result import (
    EntityCollection, EntityLinks, Level, OperationResult, PropertyValue, Result, SingleEntity,
)  # fmt: skip

from .library import MODEL, ROOT, expansion, shape
from .test_value_v2 import IN_V2, VALUES, declared

NOW = datetime.datetime(2010, 12, 31, 23, 59, 59, 999, datetime.UTC)
ONE = uuid.UUID("00000000-0000-0000-0000-0000000000A1")
BOOKS = shape("Books", "BookId Title Version", select="BookId Title", links="Author")
ATOM = "{http://www.w3.org/2005/Atom}"
META = "{http://schemas.microsoft.com/ado/2007/08/dataservices/metadata}"
DATA = "{http://schemas.microsoft.com/ado/2007/08/dataservices}"
# What a database may hold and no XML can: it is shown as U+FFFD.
CLEAN = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff", include_characters="\t\n\r")
)


def written(result: Result, target: str = "Books", query: str = "") -> str:
    return write(result, ODataRequest(V2, "GET", target, query, root=ROOT), NOW).decode()


def root(result: Result, target: str = "Books") -> ElementTree.Element:
    return ElementTree.fromstring(written(result, target))


def test_an_entry_byte_for_byte() -> None:
    tag = etag_of(BOOKS, (1, "The Sea", 3))
    assert tag is not None
    assert written(SingleEntity(Level(BOOKS, [(1, "R&D <1>", 3)])), "Books(1)") == (
        '<?xml version="1.0" encoding="utf-8" standalone="yes"?>'
        '<entry xml:base="http://localhost/Library.svc/" xmlns="http://www.w3.org/2005/Atom" '
        'xmlns:d="http://schemas.microsoft.com/ado/2007/08/dataservices" '
        'xmlns:m="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata" '
        f'm:etag="{tag.replace(chr(34), "&quot;")}">'
        "<id>http://localhost/Library.svc/Books(1)</id>"
        '<title type="text" /><updated>2010-12-31T23:59:59Z</updated><author><name /></author>'
        '<link rel="edit" title="Book" href="Books(1)" />'
        '<link rel="http://schemas.microsoft.com/ado/2007/08/dataservices/related/Author" '
        'type="application/atom+xml;type=entry" title="Author" href="Books(1)/Author" />'
        '<category term="Library.Book" scheme="http://schemas.microsoft.com/ado/2007/08/dataservices/scheme" />'
        '<content type="application/xml"><m:properties>'
        '<d:BookId m:type="Edm.Int32">1</d:BookId><d:Title>R&amp;D &lt;1&gt;</d:Title>'
        "</m:properties></content></entry>"
    )


def test_a_feed_is_called_as_it_was_asked_for() -> None:
    result = EntityCollection(Level(BOOKS, [(1, "The Sea", 3)]), 91, "http://localhost/x?a&b='\"")
    feed = root(result, "Authors(guid'0')/B%C3%B6%3Cks&()")
    assert feed.findtext(f"{ATOM}title") == "Bö<ks&"
    assert feed.findtext(f"{ATOM}id") == f"{ROOT}Authors(guid'0')/B%C3%B6%3Cks&()"
    assert feed.findtext(f"{META}count") == "91"
    assert feed.findall(f"{ATOM}link")[-1].attrib == {"rel": "next", "href": "http://localhost/x?a&b='\""}


def test_a_root_from_a_host_header_cannot_end_an_attribute() -> None:
    request = ODataRequest(V2, "GET", "Books(1)", root='http://h"><x/>&/svc/')
    document = write(SingleEntity(Level(BOOKS, [(1, "The Sea", 3)])), request, NOW)
    assert ElementTree.fromstring(document).find(".//x") is None


def test_the_values_of_a_driver() -> None:
    decoders = {"AuthorId": HexGuid(lambda text: uuid.UUID(str(text))), "Born": TextMoment(aware=False), "Living": bool}
    authors = shape("Authors", "AuthorId Name Born Living", decoders=decoders)
    rows = [(ONE.hex.upper(), "Ada", "1815-12-10 00:00:00.500000", 1), ("B" * 32, " ", None, 0)]
    ada, other = root(EntityCollection(Level(authors, rows))).findall(f".//{META}properties")
    assert [each.text for each in ada] == [str(ONE), "Ada", "1815-12-10T00:00:00.500", "true"]
    assert [each.text for each in other] == [str(uuid.UUID("b" * 32)), " ", None, "false"]
    assert other[1].attrib == {"{http://www.w3.org/XML/1998/namespace}space": "preserve"}
    assert other[2].attrib == {f"{META}type": "Edm.DateTime", f"{META}null": "true"}


def test_inline_entries_are_those_of_their_parents() -> None:
    books = shape("Books", "BookId AuthorId Version", select="BookId")
    authors = shape("Authors", "AuthorId", expanded=(expansion("Authors", "Books", books, (0,), (1,)),))
    two = uuid.UUID(int=2)
    level = Level(authors, [(ONE,), (two,)], (Level(books, [(1, two, 1), (2, two, 1)], cut={(two,): "t&"}),))
    first, second = root(EntityCollection(level), "Authors").findall(f".//{META}inline/{ATOM}feed")
    assert [each.text for each in first.findall(f".//{DATA}BookId")] == []
    assert [each.text for each in second.findall(f".//{DATA}BookId")] == ["1", "2"]
    assert first.find(f"{ATOM}author") is not None
    assert (
        second.findall(f"{ATOM}link")[-1].attrib["href"]
        == f"{ROOT}Authors(guid'{two}')/Books?$select=BookId&$skiptoken=t%26"
    )


@pytest.mark.parametrize(
    "value, elements",
    [
        (OperationResult([1, 2], "Edm.Int32", True, "Years", edm.INT32), [("element", "1"), ("element", "2")]),
        (OperationResult([], "Edm.Int32", True, "Years", edm.INT32), []),
    ],
)
def test_a_collection_of_values(value: OperationResult, elements: list[tuple[str, str]]) -> None:
    document = root(value)
    assert document.tag == f"{DATA}Years"
    assert [(each.tag.removeprefix(DATA), each.text) for each in document] == elements


def test_one_value_of_an_operation() -> None:
    assert written(OperationResult(Decimal("1.50"), "Edm.Decimal", False, "Discount", edm.DECIMAL)).endswith(
        ' m:type="Edm.Decimal">1.50</d:Discount>'
    )


def test_links_of_a_composite_key() -> None:
    loans = shape("Loans", "Card Number", select="")
    result = EntityLinks(Level(loans, [("a<'b", 2**40)]), True, 1, f"{ROOT}next?a&b")
    assert [each.text for each in root(result)] == [
        "1", f"{ROOT}Loans(Card='a%3C''b',Number=1099511627776L)", f"{ROOT}next?a&b",
    ]  # fmt: skip


@pytest.mark.parametrize("kind", IN_V2, ids=lambda kind: kind.name)
def test_a_column_is_written_as_its_values_are(kind: PrimitiveType) -> None:
    @given(st.lists(VALUES[kind], min_size=1, max_size=20))
    def same(values: list[object]) -> None:
        assert list(column_of(kind, None)(values)) == [escaped(value_v2.write_text(value, kind)) for value in values]

    same()


@given(st.lists(CLEAN | st.just("\ue000") | st.sampled_from(["&", "<", "]]>", "\r", " "]), min_size=1))
def test_a_column_of_strings(values: list[str]) -> None:
    assert list(column_of(edm.STRING, None)(values)) == [escaped(value) for value in values]


@pytest.mark.parametrize("kind", IN_V2, ids=lambda kind: kind.name)
def test_what_is_written_is_read_back(kind: PrimitiveType) -> None:
    column = declared(kind)
    values = VALUES[kind] if kind is not edm.STRING else CLEAN

    @given(st.none() | values)
    def round_trip(value: object) -> None:
        document = write(PropertyValue(column, value), ODataRequest(V2, "GET", "x", root=ROOT), NOW)
        assert AtomBodyV2(document, "application/xml", MODEL, Limits()).property(column) == value

    round_trip()


@given(st.text())
@example("\0\x1f\ufffe\ud800")
def test_any_text_is_well_formed_and_keeps_what_xml_can_hold(text: str) -> None:
    element = written_value("Name", text, edm.STRING)
    found = ElementTree.fromstring(element.replace("d:", ""))
    assert len(found.text or "") == len(text)
    assert all(one in (other, "\ufffd") for one, other in zip(found.text or "", text, strict=True))


@pytest.mark.parametrize("kind", LITERALS_OF_TEXT, ids=lambda kind: kind.name)
def test_literals_made_of_text(kind: PrimitiveType) -> None:
    literal = LITERALS_OF_TEXT[kind]

    @given(VALUES[kind])
    def same(value: object) -> None:
        (inner,) = literal.inner([value_v2.write_text(value, kind)])
        assert f"{literal.before}{inner}{literal.after}" == write_literal(value, kind)

    same()
