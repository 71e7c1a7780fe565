"""The addresses of the Sync API: a set, and what of it has changed since a token was given."""

from __future__ import annotations

import re
from urllib.parse import quote, unquote_plus

from odata_service.errors import BadRequest, NotFound, did_you_mean
from odata_service.limits import Limits
from odata_service.parse.query_string import path_segments

SINCE, LIMIT, FILTER, SELECT = "since", "limit", "$filter", "$select"
OPTIONS = (SINCE, LIMIT, FILTER, SELECT)
_NAME = re.compile(r"[\w-]+")  # so that nothing else of a V4 path is one of ours
_BETWEEN = "."  # which is in no token


def place_of(target: str, limits: Limits) -> str:
    """The name of a set, or nothing for all of them.

    >>> place_of("/Orders/", Limits()), place_of("", Limits())
    ('Orders', '')
    """
    segments = [text for text, _ in path_segments(target, limits)]
    if len(segments) > 1 or not all(map(_NAME.fullmatch, segments)):
        raise NotFound("ResourceNotFound", "a path is a set to synchronise: Orders")
    return segments[0] if segments else ""


def plain_query(query: str) -> tuple[str, int | None]:
    """The query as V4 would ask it, and how many records the client wants at once.

    >>> plain_query("since=a.b&limit=50&$filter=status eq 'new'")
    ("$deltatoken=a&$skiptoken=b&$filter=status eq 'new'", 50)
    """
    kept, limit = [], None
    for option in filter(None, query.split("&")):
        raw, _, value = option.partition("=")
        name = unquote_plus(raw).strip()
        if name == SINCE:
            kept += _since(unquote_plus(value))
        elif name == LIMIT:
            limit = _limit(value)
        elif name in (FILTER, SELECT):
            kept.append(option)
        else:
            known = did_you_mean(name, OPTIONS) or f"; there are {', '.join(OPTIONS)}"
            raise BadRequest("UnknownOption", f"there is no option {name[:60]!r}{known}", target=name[:60])
    return "&".join(kept), limit


def _since(token: str) -> list[str]:
    """Nothing for a client that has no token yet."""
    delta, _, skip = token.partition(_BETWEEN)
    options = (("$deltatoken", delta), ("$skiptoken", skip))
    return [f"{name}={quote(value, safe='')}" for name, value in options if value]


def token_of(link: str) -> str:
    """What a client gives as ``since`` to follow a link.

    >>> token_of("http://host/api/sync/Orders?$filter=x&$skiptoken=b&$deltatoken=a")
    'a.b'
    """
    pairs = (option.partition("=") for option in link.partition("?")[2].split("&"))
    found = {unquote_plus(name): unquote_plus(value) for name, _, value in pairs}
    skip = found.get("$skiptoken")
    return found["$deltatoken"] if skip is None else f"{found['$deltatoken']}{_BETWEEN}{skip}"


def _limit(value: str) -> int:
    if not (value.isascii() and value.isdigit() and len(value) < 10 and int(value)):
        raise BadRequest("InvalidValue", f"limit is a number of records, not {value[:60]!r}", target=LIMIT)
    return int(value)
