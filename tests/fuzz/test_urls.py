"""Whatever stands in a URL or a header, the answer is an answer."""

from __future__ import annotations

import os
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from odata_service import Headers
from tests.fuzz.conftest import Door
from tests.fuzz.corpus import FRAGMENTS, HEADER_VALUES, HEADERS, METHODS, PERSON, URLS

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "250"))
STABLE = settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.generate, Phase.shrink),
)
# What a server hands on: bytes as Latin-1, or anything at all from a caller in the same process.
ANY_TEXT = st.one_of(st.binary(max_size=200).map(lambda data: data.decode("latin-1")), st.text(max_size=200))
TEXT = st.text(st.characters(), max_size=60)  # lone surrogates included


@st.composite
def spoiled(draw: st.DrawFn) -> tuple[str, str]:
    """A request of the corpus with a few fragments put in, cut out, doubled or swapped."""
    target, query = draw(st.sampled_from(URLS))
    url = f"{target}?{query}"
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(url)))
        end = min(len(url), start + draw(st.integers(0, 6)))
        put = draw(st.one_of(st.sampled_from(FRAGMENTS), st.just(""), TEXT, st.just(url[start:] + url[start:end])))
        url = url[:start] + put + url[end:]
    target, _, query = url.partition("?")
    if draw(st.booleans()):
        query = quote(query, safe="$=&',()%", errors="replace")
    return target, query


@pytest.mark.parametrize("target, query", URLS, ids=str)
def test_corpus_is_answered(doors: list[Door], target: str, query: str) -> None:
    for door in doors:
        for text in (query, quote(query, safe="$=&"), quote(query, safe="=&',()")):
            response = door.ask(quote(target, safe="$/()',="), text)
            assert response.status == 200, response.body


@STABLE
@given(ANY_TEXT, ANY_TEXT)
def test_any_bytes(doors: list[Door], target: str, query: str) -> None:
    for door in doors:
        door.ask(target, query)
        door.ask("People", "$filter=" + query)


@settings(STABLE, max_examples=4 * EXAMPLES)
@given(spoiled())
def test_spoiled(doors: list[Door], url: tuple[str, str]) -> None:
    for door in doors:
        door.ask(*url)


@STABLE
@given(st.lists(st.tuples(st.sampled_from(FRAGMENTS), st.sampled_from((" ", "", ",", "(", ")"))), max_size=12))
def test_fragments_in_every_option(doors: list[Door], fragments: list[tuple[str, str]]) -> None:
    text = "".join(fragment + between for fragment, between in fragments)
    for door in doors:
        for name in ("$filter", "$orderby", "$select", "$expand", "$skiptoken", "$top", "x"):
            door.ask("People", f"{name}={text}")


@pytest.mark.parametrize("fragment", FRAGMENTS, ids=lambda fragment: ascii(fragment)[:40])
def test_fragment_as_literal_and_key(doors: list[Door], fragment: str) -> None:
    for door in doors:
        for text in (fragment, quote(fragment, safe="", errors="replace")):
            for name in ("Name", "LastUpdated", "PersonId", "IsDeleted", "length(Name)", "null", text):
                door.ask("People", f"$filter={name} eq {text}")
                door.ask("People", f"$filter={text} gt {name}&$orderby={text}")
            for target in (
                f"People({text})",
                f"AddressTypes({text})",
                f"AddressTypes(AddressTypeId={text})",
                f"{PERSON}/{text}",
                text,
            ):
                door.ask(target)


@STABLE
@given(
    st.dictionaries(st.sampled_from(HEADERS), st.one_of(st.sampled_from(HEADER_VALUES), TEXT), max_size=4),
    st.sampled_from(METHODS),
    st.sampled_from(("", "$metadata", "People", f"{PERSON}/Name/$value", "People/$count", "$batch", "Nope")),
    st.sampled_from(("", "$format=json", "$format=x", "$inlinecount=allpages", "$format=%FF", "$format=json&$format=json")),
)  # fmt: skip
def test_headers_and_methods(
    writing_doors: list[Door], fields: dict[str, str], method: str, target: str, query: str
) -> None:
    for door in writing_doors:
        door.ask(target, query, method, Headers(fields), b"{}")


@pytest.mark.parametrize("literal", ["'\ud800'", "'%ED%A0%80'", "'%FF'", "'%C0%AF'"], ids=ascii)
def test_no_unicode_in_a_known_shape(doors: list[Door], literal: str) -> None:
    for door in doors:
        assert door.ask("People", "$filter=Name eq 'known'").status == 200
        assert door.ask("People", f"$filter=Name eq {literal}").status == 400
