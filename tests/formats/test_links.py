"""Addresses that go out, and that they find their way back."""

from __future__ import annotations

import datetime
import uuid
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odata_service.edm import primitive as edm
from odata_service.edm.literal_v2 import read_literal, write_literal
from odata_service.links import Place, entity_address, next_link, path_text

from .library import MODEL, ROOT


@pytest.mark.parametrize(
    "set_name, key, path",
    [
        ("Authors", (uuid.UUID(int=10),), "Authors(guid'00000000-0000-0000-0000-00000000000a')"),
        ("Books", (-5,), "Books(-5)"),
        ("Tags", ("O'Neil",), "Tags('O''Neil')"),
        ("Tags", ("a/b c+d%é?#&=,()",), "Tags('a%2Fb%20c%2Bd%25%C3%A9%3F%23%26%3D%2C%28%29')"),
        ("Loans", ("x", 7), "Loans(Card='x',Number=7L)"),
    ],
)
def test_entity_address(set_name: str, key: tuple[object, ...], path: str) -> None:
    assert entity_address(ROOT, Place(MODEL.sets[set_name], key)) == ROOT + path


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_key_finds_its_way_back(name: str) -> None:
    address = entity_address(ROOT, Place(MODEL.sets["Tags"], (name,)))
    assert address.isascii()
    assert address.count("/") == ROOT.count("/")
    literal = unquote(address.removeprefix(f"{ROOT}Tags(").removesuffix(")"))
    assert read_literal(literal)[1] == name


def test_another_protocol_writes_its_own_literals() -> None:
    place = Place(MODEL.sets["Authors"], (uuid.UUID(int=10),))
    address = entity_address(ROOT, place, lambda value, kind: str(value))
    assert address == f"{ROOT}Authors(00000000-0000-0000-0000-00000000000a)"


@pytest.mark.parametrize(
    "query, top_left, following",
    [
        ("", None, "$skiptoken=t%2B1"),
        ("$filter=Name eq 'x'&$expand=Books", None, "$filter=Name eq 'x'&$expand=Books&$skiptoken=t%2B1"),
        ("$top=60&$format=json", 10, "$format=json&$top=10&$skiptoken=t%2B1"),
        ("%24top=60&%24skip=5&%24skiptoken=old", 10, "$top=10&$skiptoken=t%2B1"),
        ("$skip=5&&custom=a+b&", None, "custom=a+b&$skiptoken=t%2B1"),
        ("$inlinecount=allpages&$select=Name&$orderby=Name", None,
         "$inlinecount=allpages&$select=Name&$orderby=Name&$skiptoken=t%2B1"),
    ],
)  # fmt: skip
def test_next_link(query: str, top_left: int | None, following: str) -> None:
    assert next_link(ROOT, "Authors", query, "t+1", top_left) == f"{ROOT}Authors?{following}"


def test_dates_in_keys_are_encoded() -> None:
    literal = write_literal(datetime.datetime(2010, 12, 31, 23, 59, 59), edm.DATE_TIME)
    assert path_text(literal) == "datetime'2010-12-31T23%3A59%3A59'"
