"""Bodies of V2's requests in Atom and XML: read to the same payloads as those in JSON, which ``test_read_json_v2`` looks at."""

from __future__ import annotations

import uuid
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odata_service.bind.payload import EntityPayload, EntityReference
from odata_service.edm import primitive as edm
from odata_service.errors import BadRequest, ODataError, PayloadTooLarge
from odata_service.formats.read_atom_v2 import AtomBodyV2
from odata_service.formats.read_xml import is_xml, read_xml
from odata_service.limits import Limits

from .library import MODEL
from .test_read_json_v2 import AUTHOR, BOOK, ONE
from .test_value_v2 import declared

NAMESPACES = (
    'xmlns="http://www.w3.org/2005/Atom" xmlns:d="http://schemas.microsoft.com/ado/2007/08/dataservices" '
    'xmlns:m="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata"'
)
RELATED = "http://schemas.microsoft.com/ado/2007/08/dataservices/related"
SEA = f"<d:BookId>1</d:BookId><d:Title>The Sea</d:Title><d:AuthorId>{ONE}</d:AuthorId>"
SEA_VALUES = {"BookId": 1, "Title": "The Sea", "AuthorId": uuid.UUID(ONE)}
TAG = "<content><m:properties><d:Name>{}</d:Name></m:properties></content>"


def body(document: str | bytes, content_type: str | None = "application/atom+xml", **limits: int) -> AtomBodyV2:
    content = document if isinstance(document, bytes) else document.encode()
    return AtomBodyV2(content, content_type, MODEL, Limits(**limits))


def entry(properties: str, links: str = "", attributes: str = "") -> str:
    content = f'<content type="application/xml"><m:properties>{properties}</m:properties></content>'
    return f"<entry {NAMESPACES} {attributes}>{links}{content}</entry>"


def book(document: str, *, partial: bool = False) -> EntityPayload:
    return body(document).entity(BOOK, partial=partial)


def link(to: str, inside: str = "", **attributes: str) -> str:
    said = " ".join(f'{name}="{value}"' for name, value in attributes.items())
    return f'<link rel="{RELATED}/{to}" {said}>{inside}</link>'


def test_an_entity() -> None:
    assert book(entry(SEA)) == EntityPayload(BOOK, SEA_VALUES)


def test_properties_beside_the_content() -> None:
    """As those of a media link entry stand."""
    assert (
        book(f'<entry {NAMESPACES}><content src="x"/><m:properties>{SEA}</m:properties></entry>').values == SEA_VALUES
    )


def test_every_property_is_read_in_its_type() -> None:
    more = '<d:Price m:type="Edm.Decimal">\n 3.20 </d:Price><d:Version m:type="Edm.String">7</d:Version><d:EditorId m:null="true"/>'
    assert book(entry(SEA + more)).values == {**SEA_VALUES, "Price": Decimal("3.20"), "Version": 7, "EditorId": None}


@pytest.mark.parametrize(
    "text, value", [("true", True), ("false", False), ("1", True), ("0", False), (" true\n", True)]
)
def test_booleans(text: str, value: bool) -> None:
    assert body(f"<P>{text}</P>").property(declared(edm.BOOLEAN)) is value


def test_base64_in_lines() -> None:
    assert body("<P>AAEC\n  Aw==\n</P>").property(declared(edm.BINARY)) == b"\0\1\2\3"


@pytest.mark.parametrize("text", ["", " ", " x ", "a\tb\n"])
def test_blanks_belong_to_a_string(text: str) -> None:
    assert body(f"<P>{text}</P>").property(declared(edm.STRING)) == text


@pytest.mark.parametrize("null", ["true", "1", " true "])
def test_null(null: str) -> None:
    document = f'<d:P {NAMESPACES} m:null="{null}">5</d:P>'
    assert body(document).property(declared(edm.INT32)) is None


def test_links_bind() -> None:
    links = (
        link("Author", href="Authors(1)") + link("Tags", href="Tags('a')") + link("Tags", href="http://h/svc/Tags('b')")
    )
    assert book(entry(SEA, links)).related == {
        "Author": (EntityReference("Authors(1)"),),
        "Tags": (EntityReference("Tags('a')"), EntityReference("http://h/svc/Tags('b')")),
    }


@pytest.mark.parametrize(
    "attributes, href, found",
    [
        ('xml:base="http://h/svc/"', "Authors(1)", "http://h/svc/Authors(1)"),
        ('xml:base="http://h/svc/Books(1)"', "Authors(1)", "http://h/svc/Authors(1)"),
        ('xml:base="http://h/svc/"', "/other/Authors(1)", "http://h/other/Authors(1)"),
        ('xml:base="http://h/svc/"', "$1", "$1"),
        ("", "Authors(1)", "Authors(1)"),
    ],
)
def test_addresses_are_relative_to_the_base(attributes: str, href: str, found: str) -> None:
    assert book(entry(SEA, link("Author", href=href), attributes)).related == {"Author": (EntityReference(found),)}


@pytest.mark.parametrize("href", ["Books(1)/Author", "http://h/svc/Books(1)/Author", "/svc/Books(1)/Author/?$top=1"])
def test_a_link_to_where_to_read_on_binds_nothing(href: str) -> None:
    assert book(entry(SEA, link("Author", href=href))).related == {}


def test_other_links_mean_nothing() -> None:
    other = '<link rel="edit" href="x"/><link/><link rel="http://schemas.microsoft.com/ado/2007/08/dataservices/relatedlinks/Author"/>'
    assert book(entry(SEA, other)).related == {}


def test_entities_inline() -> None:
    tags = f"<feed><entry>{TAG.format('a')}</entry><entry>{TAG.format('b')}</entry></feed>"
    links = (
        link("Tags", f"<m:inline>{tags}</m:inline>") + link("Tags", href="Tags('c')") + link("Editor", "<m:inline/>")
    )
    payload = book(entry(SEA, links))
    kind = MODEL.types["Tag"]
    assert payload.related == {
        "Tags": (EntityPayload(kind, {"Name": "a"}), EntityPayload(kind, {"Name": "b"}), EntityReference("Tags('c')")),
        "Editor": (),
    }


@pytest.mark.parametrize("inline, names", [("", []), ("<feed/>", []), (f"<entry>{TAG.format('a')}</entry>", ["a"])])
def test_little_inline(inline: str, names: list[str]) -> None:
    links = link("Tags", f"<m:inline>{inline}</m:inline>") + link("Tags", href="Tags('b')")
    *inside, bound = book(entry(SEA, links)).related["Tags"]
    assert [each.values["Name"] for each in inside if isinstance(each, EntityPayload)] == names
    assert bound == EntityReference("Tags('b')")


def test_inline_entities_count() -> None:
    tags = f"<feed>{f'<entry>{TAG.format(1)}</entry>' * 5}</feed>"
    with pytest.raises(PayloadTooLarge, match="6 is over the limit of 5"):
        body(entry(SEA, link("Tags", f"<m:inline>{tags}</m:inline>")), max_objects_on_insert=5).entity(
            BOOK, partial=False
        )


@pytest.mark.parametrize(
    "document, code, message",
    [
        (entry("<d:Nope/>"), "UnknownProperty", "Book has no property 'Nope'"),
        (entry(SEA, link("Nope", href="x")), "UnknownProperty", "Book has no property 'Nope'"),
        (entry(SEA, link("Author")), "InvalidBody", "the link at line 1 has no href"),
        (entry(SEA, link("Author", href="a") * 2), "DuplicateName", "the entry has 'Author' twice, again at line 1"),
        (entry(SEA + "<d:Title>x</d:Title>"), "DuplicateName", "the entry has 'Title' twice, again at line 1"),
        (entry("<d:Title><b/></d:Title>"), "InvalidBody", "Title has elements in it, at line 1"),
        (f"<feed {NAMESPACES}/>", "InvalidBody", "expected an Atom entry, not feed at line 1"),
        ("<entry/>", "InvalidBody", "expected an Atom entry, not entry at line 1"),
        ("", "BodyMissing", "the request needs an XML body"),
        ("  \n", "BodyMissing", "the request needs an XML body"),
        ("<a>\n<b></a>", "InvalidXml", "the body is not XML: mismatched tag at line 2, column 6"),
        ("<a/><b/>", "InvalidXml", "the body is not XML: junk after document element at line 1, column 5"),
        ("{}", "InvalidXml", "the body is not XML: not well-formed (invalid token) at line 1, column 1"),
        ("<d:a/>", "InvalidXml", "the body is not XML: unbound prefix at line 1, column 1"),
        ("<!DOCTYPE a><a/>", "InvalidXml", "the body may have no document type (DOCTYPE at line 1)"),
        ('<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', "InvalidXml", "the body may have no document type (DOCTYPE at line 1)"),
        ("<a>&x;</a>", "InvalidXml", "the body is not XML: undefined entity at line 1, column 4"),
        ("<a>" * 65, "LimitExceeded", "65 is over the limit of 64 (max_xml_depth: levels of elements in an XML body); "
         "the setting ODATA_MAX_XML_DEPTH changes it"),
    ],
)  # fmt: skip
def test_what_is_refused(document: str, code: str, message: str) -> None:
    with pytest.raises(BadRequest) as refusal:
        book(document)
    assert refusal.value.code == code
    assert refusal.value.text.startswith(message)


def test_elements_are_counted() -> None:
    with pytest.raises(PayloadTooLarge, match="11 is over the limit of 10 .max_xml_elements"):
        read_xml(b"<a>" + b"<b/>" * 10 + b"</a>", None, Limits(max_xml_elements=10))


@pytest.mark.parametrize(
    "content, content_type, text",
    [
        ("<a>é</a>".encode(), "application/xml", "é"),
        (b"\xef\xbb\xbf<a>\xc3\xa9</a>", "application/xml", "é"),
        ('<?xml version="1.0" encoding="utf-16"?><a>é</a>'.encode("utf-16"), "application/xml", "é"),
        (b'<?xml version="1.0" encoding="iso-8859-1"?><a>\xe9</a>', "application/xml", "é"),
        ('<?xml version="1.0" encoding="iso-8859-1"?><a>é</a>'.encode(), "application/xml;charset=utf-8", "é"),
        ("<a>&#233;&lt;<![CDATA[<é>]]></a>".encode(), "application/xml", "é<<é>"),
        (b"<a>x<!-- no --><?no?>y</a>", "text/xml", "xy"),
    ],
)
def test_charsets(content: bytes, content_type: str, text: str) -> None:
    assert read_xml(content, content_type, Limits()).text == text


@pytest.mark.parametrize(
    "content, content_type, status",
    [
        (b"<a>\xe9</a>", "application/xml", 400),
        (b'<?xml version="1.0" encoding="klingon"?><a/>', "application/xml", 415),
        (b"<a/>", "application/xml;charset=utf-7", 415),
        (b"<a>\x00</a>", "application/xml", 400),
        (b"<a>&#0;</a>", "application/xml", 400),
    ],
)
def test_other_bytes(content: bytes, content_type: str, status: int) -> None:
    with pytest.raises(ODataError) as refusal:
        read_xml(content, content_type, Limits())
    assert refusal.value.status == status


@pytest.mark.parametrize(
    "content_type, known",
    [
        ("application/atom+xml", True),
        ("Application/Atom+XML; type=entry;charset=utf-8", True),
        ("application/xml", True),
        ("text/xml", True),
        ("application/json", False),
        ("application/xml-dtd", False),
        ("", False),
        (None, False),
    ],
)
def test_what_calls_itself_xml(content_type: str | None, known: bool) -> None:
    assert is_xml(content_type) is known


TEXTS = st.sampled_from(["1", "x", "true", "Books(1)", "Authors(1)/Books", "$1", "", " "])
NAMES = st.sampled_from(
    ["d:Title", "d:Price", "d:Nope", "content", "m:properties", "m:inline", "feed", "entry", "category", "id"]
)
ELEMENTS = st.recursive(
    TEXTS,
    lambda inner: st.builds(
        lambda name, related, href, parts: (
            f'<{name} m:null="{href}" rel="{RELATED}/{related}" href="{href}" term="{href}">{"".join(parts)}</{name}>'
        ),
        NAMES | st.just("link"),
        st.sampled_from(["Author", "Tags", "Nope"]),
        TEXTS,
        st.lists(inner, max_size=4),
    ),
    max_leaves=15,
)


@given(ELEMENTS, st.booleans())
def test_any_entry_is_read_or_refused(inside: str, partial: bool) -> None:
    try:
        payload = body(f"<entry {NAMESPACES}>{inside}</entry>").entity(AUTHOR, partial=partial)
    except BadRequest:
        return
    assert payload.type is AUTHOR
