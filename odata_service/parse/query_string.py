"""A raw request target and query string, split first and percent-decoded once (URL Conventions, URL Parsing)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote_to_bytes

from odata_service.errors import BadRequest
from odata_service.limits import Limits

_STRAY_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")


def decode(raw: str, target: str, *, plus_is_blank: bool = False) -> str:
    """Percent-decode once; what is not UTF-8 is refused.

    >>> decode("O%27%27Neil%2525", "$filter"), decode("a+b%2B", "$filter", plus_is_blank=True)
    ("O''Neil%25", 'a b+')
    """
    stray = _STRAY_PERCENT.search(raw)
    if stray:
        raise BadRequest("InvalidEncoding", "a percent sign itself is written %25", target=target, at=stray.start())
    if plus_is_blank:
        raw = raw.replace("+", " ")
    try:
        if "%" not in raw:
            raw.encode()  # lone surrogates are no text
            return raw
        return unquote_to_bytes(raw).decode()
    except UnicodeError:
        raise BadRequest("InvalidEncoding", "the text is not UTF-8 after percent-decoding", target=target) from None


def query_options(query: str, limits: Limits, *, plus_is_blank: bool) -> Iterator[tuple[str, str]]:
    """The names and values of a query string, decoded, in the order written; no name may come twice.

    >>> list(query_options("%24top=5&a=b%26c=d&&e", Limits(), plus_is_blank=True))
    [('$top', '5'), ('a', 'b&c=d'), ('e', '')]
    """
    pieces = [piece for piece in query.split("&") if piece] if query else []
    limits.check("max_query_options", len(pieces), target="the query string")
    seen: set[str] = set()
    for piece in pieces:
        raw_name, equals, raw_value = piece.partition("=")
        name = decode(raw_name, "the query string", plus_is_blank=plus_is_blank)
        if not equals and " " in name.strip():
            raise BadRequest(
                "SyntaxError",
                f"{name.strip()[:60]!r} is not an option; write 'and' for &&, and %26 for & inside a string",
                target="the query string",
            )
        if name in seen:
            raise BadRequest("DuplicateOption", f"{name[:60]} is given twice", target=name)
        seen.add(name)
        yield name, decode(raw_value, name, plus_is_blank=plus_is_blank)


def path_segments(target: str, limits: Limits) -> Iterator[tuple[str, int]]:
    """The decoded segments of a raw path and where each starts in the decoded path; empty ones are left out.

    >>> list(path_segments("//Products('a%2Fb')/Name/", Limits()))
    [("Products('a/b')", 2), ('Name', 18)]
    """
    at = count = 0
    for raw in target.split("/"):
        segment = decode(raw, "the path")
        if segment:
            count += 1
            limits.check("max_path_segments", count, target="the path", at=at)
            yield segment, at
        at += len(segment) + 1


_STRING = re.compile(r"(?:'|%27)[^'%&]*(?:%(?!27)[^'%&]*)*(?:'|%27)")
_BLANK_PLUS = re.compile(r"\+(?!\d)|(?<![\deE])\+")


def is_form_encoded(query: str) -> bool:
    """Does ``+`` mean a blank here? It does if one stands outside of strings and is not the sign of a number or offset.

    >>> is_form_encoded("$filter=Name+eq+'a+b'"), is_form_encoded("$filter=Name%20eq%20'C++'")
    (True, False)
    >>> is_form_encoded("$filter=At%20lt%202020-01-01T00:00:00+01:00")
    False
    """
    return "+" in query and _BLANK_PLUS.search(_STRING.sub("", query)) is not None
