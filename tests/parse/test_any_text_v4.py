"""Whatever comes in is either understood or refused by name, never an accident."""

import contextlib

from hypothesis import given, settings
from hypothesis import strategies as st

from odata_service.edm.literal_v4 import read_literal
from odata_service.errors import ODataError
from odata_service.limits import Limits
from odata_service.parse import parse_v4

WORDS = [
    "Name", "eq", "and", "not", "in", "has", "(", ")", ",", "/", "'", "''", "'a'", "5", "-", "1.5", "duration'", "Sales.Color'", "null",
    "tolower(", "cast(", "Edm.Int32", "any(", "x:", "case(", ":", "[", "]", "{", "}", '"', '"a"', "\\", "@p", "@A.B#c", "$it", "$count", "$filter(",
    ";", "$top=5", "$filter=", "$select=", "$expand=", "$search=", "$levels=max", "*", "$ref", "desc", "as", "with", "sum", "from", "aggregate(",
    "groupby((", "rollup(", "compute(", "topcount(", "concat(", "identity", "keep start", " ", "%", "%20", "%27", "+", "&", "=", "\x00", "é",
    "2010-12-31T23:59Z", "AND", "NOT", "OR",
]  # fmt: skip
OPTIONS = [
    "$filter",
    "$orderby",
    "$expand",
    "$select",
    "$compute",
    "$search",
    "$apply",
    "$top",
    "$index",
    "$count",
    "@p",
    "x",
    "$format",
]

texts = st.one_of(
    st.text(), st.lists(st.sampled_from(WORDS)).map("".join), st.lists(st.sampled_from(WORDS)).map(" ".join)
)


@settings(deadline=None)  # the first example builds the grammar
@given(texts, st.sampled_from(OPTIONS), texts)
def test_any_option(target: str, option: str, value: str) -> None:
    with contextlib.suppress(ODataError):
        parse_v4(target, f"{option}={value}", Limits())


@settings(deadline=None)  # the first example builds the grammar
@given(st.text(), st.text())
def test_any_url(target: str, query: str) -> None:
    with contextlib.suppress(ODataError):
        parse_v4(target, query, Limits())


PREFIXES = ["", "duration", "binary", "geography", "geometry", "Sales.Color"]


@settings(deadline=None)  # the first example builds the grammar
@given(
    st.one_of(
        st.text(),
        st.builds("{}'{}'".format, st.sampled_from(PREFIXES), st.text()),
        st.from_regex(r'"[^"]*"', fullmatch=True),
    )
)
def test_any_literal(text: str) -> None:
    with contextlib.suppress(ODataError):
        read_literal(text)
