"""Whatever comes in is either understood or refused by name, never an accident."""

import contextlib

from hypothesis import given, settings
from hypothesis import strategies as st

from odata_service.edm.literal_v2 import read_literal
from odata_service.errors import BadRequest, ODataError
from odata_service.limits import Limits
from odata_service.parse import parse_v2

WORDS = [
    "Name", "eq", "and", "or", "not", "(", ")", ",", "/", "'", "''", "'a'", "5", "-", "1.5M", "guid'", "datetime'", "null",
    "tolower(", "cast(", "'Edm.Int32'", " ", "%", "%20", "%27", "+", "&", "=", "*", "$filter=", "$select=", "desc", "\x00", "é",
]  # fmt: skip
OPTIONS = ["$filter", "$orderby", "$expand", "$select", "$top", "$skip", "$inlinecount", "$skiptoken", "$format", "x"]

texts = st.one_of(
    st.text(), st.lists(st.sampled_from(WORDS)).map("".join), st.lists(st.sampled_from(WORDS)).map(" ".join)
)


@settings(deadline=None)  # the first example builds the grammar
@given(texts, st.sampled_from(OPTIONS), texts)
def test_any_option(target: str, option: str, value: str) -> None:
    with contextlib.suppress(ODataError):
        parse_v2(target, f"{option}={value}", Limits())


@settings(deadline=None)  # the first example builds the grammar
@given(st.text(), st.text())
def test_any_url(target: str, query: str) -> None:
    with contextlib.suppress(ODataError):
        parse_v2(target, query, Limits())


@settings(deadline=None)  # the first example builds the grammar
@given(
    st.one_of(st.text(), st.builds("{}'{}'".format, st.sampled_from(["", "guid", "datetime", "time", "X"]), st.text()))
)
def test_any_literal(text: str) -> None:
    with contextlib.suppress(BadRequest):
        read_literal(text)
