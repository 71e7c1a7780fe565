"""Whatever XML stands in a body, the answer is an answer, and a quick one."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from odata_service import Headers
from tests.fuzz.conftest import Door
from tests.fuzz.corpus import PERSON
from tests.fuzz.test_bodies import TARGETS, WRITES
from tests.fuzz.test_urls import EXAMPLES, STABLE

XML = Headers({"Content-Type": "application/atom+xml"})
NAMESPACES = (
    'xmlns="http://www.w3.org/2005/Atom" xmlns:d="http://schemas.microsoft.com/ado/2007/08/dataservices" '
    'xmlns:m="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata"'
)
RELATED = "http://schemas.microsoft.com/ado/2007/08/dataservices/related/"
NAMES = ("entry", "feed", "link", "content", "category", "id", "m:properties", "m:inline", "m:count", "d:Name", "d:PersonId",
         "d:AddressTypeId", "d:StreetAddress", "d:LastUpdated", "d:uri", "m:uri", "d:Nope", "x:y")  # fmt: skip
TEXTS = ("", "x", "5", "-1e400", "true", "&#0;", "&#x1F;", "&amp;", "&nope;", "<![CDATA[]]>", "<!-- -->", "<?x?>", "\ud800", "\x00",
         "\ufffe", "AddressTypes(1)", "http://[", "$1", "0d3b3f0e-6f61-4a27-9a35-64d2a1f0c001", "2010-01-01T00:00:00")  # fmt: skip
ATTRIBUTES = ('m:null="true"', 'm:type="Edm.Int32"', f'rel="{RELATED}Addresses"', f'rel="{RELATED}Nope"', 'href="AddressTypes(1)"',
              'href="http://["', 'xml:base="http://["', 'xml:base="::"', 'term="PeopleModel.Person"', 'm:null="x"')  # fmt: skip
ELEMENTS = st.recursive(
    st.sampled_from(TEXTS),
    lambda inner: st.builds(
        lambda name, attributes, parts: f"<{name} {' '.join(attributes)}>{''.join(parts)}</{name}>",
        st.sampled_from(NAMES),
        st.lists(st.sampled_from(ATTRIBUTES), max_size=3),
        st.lists(inner, max_size=4),
    ),
    max_leaves=12,
)


@settings(STABLE, max_examples=2 * EXAMPLES)
@given(ELEMENTS, st.sampled_from(("<entry {}>{}</entry>", "<d:Name {}>{}</d:Name>", "<d:uri {}>{}</d:uri>", "{1}")),
       st.sampled_from(TARGETS), st.sampled_from(WRITES[:-1]))  # fmt: skip
def test_documents(writing_doors: list[Door], inside: str, around: str, target: str, method: str) -> None:
    body = around.format(NAMESPACES, inside).encode("utf-8", "surrogatepass")
    for door in writing_doors:
        door.ask(target, method=method, headers=XML, body=body)


START = f"<entry {NAMESPACES}>".encode()
LINK = f'<link rel="{RELATED}Addresses"><m:inline><feed><entry><link rel="{RELATED}Person"><m:inline><entry>'.encode()
BOMBS = {
    "deep": b"<a>" * 500_000,
    "deep closed": b"<a>" * 500_000 + b"</a>" * 500_000,
    "deep entries": START + LINK * 1_000,
    "wide": START + b"<a/>" * 1_000_000 + b"</entry>",
    "a million properties": START + b"<content><m:properties>" + b"<d:Name/>" * 400_000 + b"</m:properties></content></entry>",
    "attributes": b"<entry " + b" ".join(b'a%d="1"' % number for number in range(200_000)) + b"/>",
    "a long attribute": b'<entry a="' + b"x" * 4_000_000 + b'"/>',
    "a long name": b"<" + b"x" * 4_000_000 + b"/>",
    "namespaces": b"<entry " + b" ".join(b'xmlns:a%d="u%d"' % (number, number) for number in range(100_000)) + b"/>",
    "text": START + b"x" * 4_000_000 + b"</entry>",
    "comments": START + b"<!-- -->" * 500_000 + b"</entry>",
    "an open comment": START + b"<!--" * 1_000_000,
    "instructions": START + b"<?a?>" * 800_000 + b"</entry>",
    "characters": START + b"&#65;" * 800_000 + b"</entry>",
    "laughs": b'<!DOCTYPE a [<!ENTITY a "ha">' + b"".join(
        b'<!ENTITY a%d "%s">' % (number, b"&a%d;" % (number - 1) * 10 if number else b"ha") for number in range(20)
    ) + b"]><a>&a19;</a>",
    "a quadratic laugh": b'<!DOCTYPE a [<!ENTITY a "' + b"x" * 100_000 + b'">]><a>' + b"&a;" * 100_000 + b"</a>",
    "a file": b'<!DOCTYPE a [<!ENTITY a SYSTEM "file:///etc/passwd">]><a>&a;</a>',
    "brackets": b"<" * 4_000_000,
    "utf-32": "<entry/>".encode("utf-32"),
    "NUL": b"\x00" * 100_000,
}  # fmt: skip


LINKS = st.builds(
    lambda base, related, href, inside: (
        f'<link xml:base="{base}" rel="{RELATED}{related}" href="{href}">{inside}</link>'
    ),
    base=st.sampled_from(("", "http://[", "http://h/svc/", "//[", ":", "%")),
    related=st.sampled_from(("Addresses", "Person", "AddressType", "Nope", "")),
    href=st.sampled_from(
        ("", "http://[", "http://[x]y/", "AddressTypes(1)", "AddressTypes('", "People", "$1", "%ff", "../..")
    ),
    inside=st.sampled_from(("", "<m:inline/>", "<m:inline><feed/></m:inline>", "<m:inline><entry/></m:inline>")),
)


@STABLE
@given(st.lists(LINKS, min_size=1, max_size=3), st.sampled_from(TARGETS), st.sampled_from(WRITES[:-1]))
def test_links(writing_doors: list[Door], links: list[str], target: str, method: str) -> None:
    for door in writing_doors:
        door.ask(target, method=method, headers=XML, body=f"<entry {NAMESPACES}>{''.join(links)}</entry>".encode())


@pytest.mark.parametrize("bomb", BOMBS)
def test_bomb(writing_doors: list[Door], bomb: str) -> None:
    for door in writing_doors:
        for target, method in (
            ("People", "POST"),
            (PERSON, "PUT"),
            (f"{PERSON}/Name", "PUT"),
            (f"{PERSON}/$links/Addresses", "POST"),
        ):
            assert 400 <= door.ask(target, method=method, headers=XML, body=BOMBS[bomb]).status < 500
