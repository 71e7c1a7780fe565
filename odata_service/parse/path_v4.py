"""The segments of a raw V4 path (URL Conventions, URL Parsing)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from odata_service.limits import Limits
from odata_service.parse.query_string import decode

_CALL = re.compile(r"(?:[^\W\d]\w*(?:\.[^\W\d]\w*)*|\$filter|\$crossjoin)\(")
_FILTER = re.compile(r"(?:\$|%24)filter(?:\(|%28)", re.IGNORECASE)
_QUOTED = re.compile(r"'[^']*(?:''[^']*)*(?:'|$)")


def path_segments_v4(target: str, limits: Limits) -> Iterator[tuple[str, int, bool]]:
    """The decoded segments, where each starts in the decoded path, and whether its parentheses hold something to read.

    A slash inside ``$filter(…)`` ends no segment. What does not look like a name is a key: ``/People/O'Neil``.

    >>> list(path_segments_v4("/People/$filter(Boss/Age gt 5)/$count", Limits()))
    [('People', 1, False), ('$filter(Boss/Age gt 5)', 8, True), ('$count', 31, False)]
    """
    at = count = 0
    for raw in raw_segments(target):
        segment = decode(raw, "the path")
        if segment:
            count += 1
            limits.check("max_path_segments", count, target="the path", at=at)
            yield segment, at, is_call(segment)
        at += len(segment) + 1


def is_call(segment: str) -> bool:
    """
    >>> is_call("People(5)"), is_call("O'Neil(s)"), is_call("$filter(A eq 1)")
    (True, False, True)
    """
    return _CALL.match(segment) is not None


def raw_segments(target: str) -> Iterator[str]:
    waiting: list[str] = []
    for raw in target.split("/"):
        waiting.append(raw)
        if not _FILTER.match(waiting[0]) or _is_closed("/".join(waiting)):
            yield "/".join(waiting)
            waiting = []
    yield from waiting


def _is_closed(raw: str) -> bool:
    text = _QUOTED.sub("", raw.replace("%27", "'").replace("%28", "(").replace("%29", ")"))
    return text.count("(") <= text.count(")")
