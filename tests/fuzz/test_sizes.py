"""Requests that are too deep, too wide or too long: refused, or answered, within a second."""

from __future__ import annotations

import pytest

from odata_service import Limits
from tests.fuzz.conftest import Door
from tests.fuzz.corpus import PERSON

BOMBS = {
    "1,000 parentheses": ("People", "$filter=" + "(" * 1_000 + "true" + ")" * 1_000),
    "50,000 parentheses": ("People", "$filter=" + "(" * 50_000 + "true" + ")" * 50_000),
    "50,000 open": ("People", "$filter=" + "(" * 50_000),
    "1,000 not": ("People", "$filter=" + "not " * 1_000 + "true"),
    "50,000 not": ("People", "$filter=" + "not " * 50_000 + "true"),
    "1,000 minus": ("People", "$filter=" + "- " * 1_000 + "1 eq 1"),
    "10,000 or": ("People", "$filter=" + " or ".join(["Name eq 'x'"] * 10_000)),
    "10,000 or apart": ("People", "$filter=" + " or ".join(f"length(Name) eq {n}" for n in range(10_000))),
    "10,000 and": ("People", "$filter=" + " and ".join(["Name ne 'x'"] * 10_000)),
    "10,000 add": ("People", "$filter=1" + " add 1" * 10_000 + " eq 1"),
    "10,000 eq": ("People", "$filter=true" + " eq true" * 10_000),
    "900 calls": ("People", "$filter=" + "tolower(" * 900 + "Name" + ")" * 900 + " eq 'x'"),
    "900 concats": ("People", "$filter=" + "concat('x'," * 900 + "Name" + ")" * 900 + " eq 'x'"),
    "900 casts": ("People", "$filter=" + "cast(" * 900 + "1" + ",'Edm.Int32')" * 900 + " eq 1"),
    "1,000 arguments": ("People", "$filter=concat(" + ",".join(["Name"] * 1_000) + ") eq 'x'"),
    "1 MB literal": ("People", "$filter=Name eq '" + "x" * 1_000_000 + "'"),
    "1 MB of quotes": ("People", "$filter=Name eq '" + "'" * 1_000_000),
    "1 MB of percents": ("People", "$filter=" + "%" * 1_000_000),
    "1 MB encoded": ("People", "$filter=Name eq '" + "%27" * 333_333 + "'"),
    "1 MB number": ("People", "$filter=length(Name) eq " + "9" * 1_000_000),
    "1 MB decimal": ("People", "$filter=length(Name) eq 0." + "9" * 1_000_000 + "M"),
    "1 MB name": ("People", "$filter=" + "N" * 1_000_000 + " eq 1"),
    "1 MB function": ("People", "$filter=" + "n" * 1_000_000 + "(1) eq 1"),
    "1 MB of blanks": ("People", "$filter=" + " " * 1_000_000),
    "1 MB binary": ("People", "$filter=X'" + "00" * 500_000 + "' eq null"),
    "1 MB key": ("People('" + "x" * 1_000_000 + "')", ""),
    "1 MB set": ("P" * 1_000_000, ""),
    "1 MB token": ("People", "$skiptoken=" + "A" * 1_000_000),
    "10,000 options": ("People", "&".join(f"o{n}={n}" for n in range(10_000))),
    "10,000 times the same": ("People", "&".join(["$top=1"] * 10_000)),
    "10,000 ampersands": ("People", "&" * 10_000),
    "10,000 orders": ("People", "$orderby=" + ",".join(["Name"] * 10_000)),
    "10,000 columns": ("People", "$select=" + ",".join(["Name"] * 10_000)),
    "500 expansions": ("People", "$expand=" + ",".join(["Addresses"] * 500)),
    "500 deep": ("People", "$expand=" + "/".join(["Addresses", "Person"] * 250)),
    "wide and deep": ("People", "$expand=" + ",".join(f"{'Addresses/Person/' * n}Addresses" for n in range(40))),
    "1,000 segments": ("/".join(["People"] * 1_000), ""),
    "1,000 steps": (PERSON + "/Addresses/Person" * 500, ""),
    "100,000 slashes": ("/" * 100_000, ""),
    "1,000 keys": ("People(" + ",".join(f"k{n}={n}" for n in range(1_000)) + ")", ""),
    "path of 1,000": ("People", "$filter=" + "Person/" * 1_000 + "Name eq 'x'"),
}
# What is answered where the URL may be so long.
HARMLESS = {
    "10,000 ampersands", "100,000 slashes", "500 expansions", "10,000 options", "1 MB literal", "1 MB of blanks", "1 MB encoded",
    "1 MB binary", "1 MB number", "1 MB decimal",
}  # fmt: skip
ROOMY = Limits(max_url_length=2_000_000)
ROOMIER = Limits(max_url_length=2_000_000, max_query_options=20_000, max_path_segments=2_000, max_or_terms=20_000)


@pytest.mark.parametrize("bomb", BOMBS)
@pytest.mark.parametrize("limits", [Limits(), ROOMY, ROOMIER], ids=["defaults", "long-url", "long-everything"])
def test_bomb(doors: list[Door], bomb: str, limits: Limits) -> None:
    """Also where the URL may be long, the limits inside hold."""
    for door in doors:
        with door.limited(limits):
            response = door.ask(*BOMBS[bomb])
        assert response.status in (400, 404, 414) or bomb in HARMLESS, response.body[:200]
