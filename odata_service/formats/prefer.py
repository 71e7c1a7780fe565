"""``Prefer``: what a client would like, as far as the service can (RFC 7240; Protocol, Header Prefer)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import field
from functools import lru_cache
from typing import Literal

from odata_service.bind.query import EXACT, Tally
from odata_service.message import Headers
from odata_service.values import frozen

# One preference with its parameters: name, value as token or in quotes; up to the next comma outside quotes.
_TOKEN = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_QUOTED = r'"(?:[^"\\]|\\.)*+"'
_PREFERENCE = re.compile(rf"\s*({_TOKEN})(?:\s*=\s*({_TOKEN}|{_QUOTED}))?((?:[^,\"]|{_QUOTED})*+)(?:,|$)", re.DOTALL)
_LONGEST = 2048  # characters of the header that are looked at
_MOST_DIGITS = 9


@frozen
class Preferences:
    """``return=minimal, odata.maxpagesize=50, odata.track-changes``; absent ones are ``None``, false or empty.

    ``spelled`` has the text that each came in, by its name without ``odata.``, to be repeated in ``Preference-Applied``.
    """

    return_: Literal["", "minimal", "representation"] = ""
    max_page_size: int | None = None
    track_changes: bool = False
    continue_on_error: bool | None = None
    omit_values: Literal["", "nulls", "defaults"] = ""
    include_annotations: str | None = None
    respond_async: bool = False
    wait: int | None = None  # seconds
    allow_entity_references: bool = False
    transaction: Literal["", "commit", "rollback"] = ""
    count: Tally | None = None
    spelled: Mapping[str, str] = field(default_factory=dict)

    def applied(self, *names: str) -> dict[str, str]:
        """The ``Preference-Applied`` header for those of the names that were asked for.

        >>> preferences("odata.maxpagesize=5, return=minimal, wait=3").applied("maxpagesize", "return", "track-changes")
        {'Preference-Applied': 'odata.maxpagesize=5, return=minimal'}
        """
        texts = [self.spelled[name] for name in names if name in self.spelled]
        return {"Preference-Applied": ", ".join(texts)} if texts else {}


@lru_cache(maxsize=256)  # a client sends the same header again and again
def preferences(header: str | None) -> Preferences:
    """What a ``Prefer`` header says. Unknown and malformed preferences are left out, for nobody has to follow them; of
    two with one name the short spelling is taken, else the first.

    >>> preferences("odata.maxpagesize=5, maxpagesize=3, track-changes").max_page_size
    3
    >>> preferences("maxpagesize=-1, nonsense=").max_page_size
    """
    values: dict[str, object] = {}
    spelled: dict[str, str] = {}
    for written, text in _listed(header or ""):
        name = written.removeprefix("odata.")
        row = _PREFERENCES.get(name)
        value = None if row is None else row[1](text)
        if row is None or value is None or (name in spelled and (written != name or spelled[name].startswith(name))):
            continue
        values[row[0]] = value
        spelled[name] = f"{written}={text}" if text else written
    return Preferences(**values, spelled=spelled)  # type: ignore[arg-type]  # each row reads its own field


def without(headers: Headers, *names: str) -> Headers:
    """The same headers, in which nobody wishes for these preferences.

    >>> without(Headers({"Prefer": 'a="x, wait=3", odata.wait=3;b, respond-async, wait'}), "wait", "respond-async")
    Headers({'Prefer': 'a="x, wait=3"'})
    """
    wished = headers.get("Prefer")
    if wished is None:
        return headers
    kept = [match[0].rstrip(",").strip() for match in _read(wished) if _name(match).removeprefix("odata.") not in names]
    others = [(name, value) for name, value in headers.items() if name.lower() != "prefer"]
    return Headers([*others, *([("Prefer", ", ".join(kept))] if kept else [])])


def _listed(header: str) -> list[tuple[str, str]]:
    """Name and value of each preference."""
    return [(_name(match), f"{match[2] or ''}{_second_value(match[3])}") for match in _read(header)]


def _name(match: re.Match[str]) -> str:
    return match[1].lower()


def _read(header: str) -> Iterator[re.Match[str]]:
    """Each preference; what cannot be read ends at the next comma."""
    at = 0
    header = header[:_LONGEST]
    while at < len(header):
        match = _PREFERENCE.match(header, at)
        if match is None:
            comma = header.find(",", at)
            at = len(header) if comma < 0 else comma + 1
            continue
        yield match
        at = match.end()


def _second_value(rest: str) -> str:
    """``=1000`` of ``count=capped=1000``, which is no parameter."""
    return rest.strip() if rest.lstrip().startswith("=") else ""


def _word(*words: str) -> Callable[[str], str | None]:
    return lambda text: word if (word := _unquoted(text).lower()) in words else None


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1]) if text.startswith('"') else text


def _truth(text: str) -> bool | None:
    """A preference without a value is wished for."""
    return {"": True, "true": True, "false": False}.get(_unquoted(text).lower())


def _at_least(low: int) -> Callable[[str], int | None]:
    def number(text: str) -> int | None:
        digits = _unquoted(text)
        if not (digits.isascii() and digits.isdigit() and len(digits) <= _MOST_DIGITS):
            return None
        return int(digits) if int(digits) >= low else None

    return number


def _tally(text: str) -> Tally | None:
    """
    >>> _tally("exact"), _tally('"capped=1000"'), _tally("capped=0")
    (Tally(most=None, estimated=False), Tally(most=1000, estimated=False), None)
    """
    way, _, most = _unquoted(text).lower().partition("=")
    if way == "capped":
        number = _at_least(1)(most)
        return None if number is None else Tally(most=number)
    return {"exact": EXACT, "estimated": Tally(estimated=True)}.get(text.lower())


# The name without ``odata.`` → the field it fills and how its value is read; ``None`` for one that is no such value.
_PREFERENCES: dict[str, tuple[str, Callable[[str], object]]] = {
    "return": ("return_", _word("minimal", "representation")),
    "maxpagesize": ("max_page_size", _at_least(1)),
    "track-changes": ("track_changes", _truth),
    "continue-on-error": ("continue_on_error", _truth),
    "omit-values": ("omit_values", _word("nulls", "defaults")),
    "include-annotations": ("include_annotations", _unquoted),
    "respond-async": ("respond_async", _truth),
    "wait": ("wait", _at_least(0)),
    "allow-entityreferences": ("allow_entity_references", _truth),
    "count": ("count", _tally),
    "tx": ("transaction", _word("commit", "rollback")),
}
