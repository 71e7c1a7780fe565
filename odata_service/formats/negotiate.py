"""Which format a client reads: ``$format`` and ``Accept`` (RFC 9110, Proactive Negotiation), malformed parts skipped."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from functools import lru_cache

from odata_service.errors import NotAcceptable
from odata_service.values import frozen

_QUALITY = re.compile(r"[01](?:\.\d{0,9})?|\.\d{1,9}", re.ASCII)
_LONGEST = 2048  # characters of the header that are looked at


@frozen
class MediaRange:
    """One item of ``Accept``: ``application/json;odata=verbose;q=0.5``; names and values in lower case."""

    type: str
    subtype: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    quality: float = 1.0

    @property
    def precision(self) -> int:
        """The more exact range decides over the wider one."""
        return (self.type != "*") + (self.subtype != "*") + len(self.parameters)

    def covers(self, media_type: str) -> bool:
        wanted_type, _, wanted_subtype = media_type.partition("/")
        return self.type in ("*", wanted_type) and self.subtype in ("*", wanted_subtype)


@lru_cache(maxsize=256)  # a client sends the same header again and again
def media_ranges(accept: str) -> tuple[MediaRange, ...]:
    """The items of an ``Accept`` header; what is no media range is left out.

    >>> [(item.subtype, item.quality) for item in media_ranges("application/json;q=0.5, nonsense, */*; q=x")]
    [('json', 0.5), ('*', 1.0)]
    """
    items = (_media_range(item) for item in accept[:_LONGEST].split(","))
    return tuple(item for item in items if item is not None)


def _media_range(text: str) -> MediaRange | None:
    name, *pairs = (part.strip().lower() for part in text.split(";"))
    kind, _, subtype = ("*/*" if name == "*" else name).partition("/")
    if not (kind and subtype):
        return None
    parameters = dict(_parameter(pair) for pair in pairs if "=" in pair)
    quality = parameters.pop("q", "1")
    return MediaRange(kind, subtype, parameters, min(float(quality), 1.0) if _QUALITY.fullmatch(quality) else 1.0)


def _parameter(pair: str) -> tuple[str, str]:
    name, _, value = pair.partition("=")
    return name.strip(), value.strip(' "')


@frozen
class Format:
    """A format of answers. ``media_types`` are those it goes by; ``accepts`` may refuse a range by its parameters."""

    name: str
    content_type: str
    media_types: tuple[str, ...]
    accepts: Callable[[MediaRange], bool] = lambda _: True

    def quality(self, ranges: Sequence[MediaRange]) -> tuple[float, int]:
        """How much the client wants it, and how early it said so."""
        fitting = [
            (item.precision, -place, item.quality)
            for place, item in enumerate(ranges)
            if any(item.covers(media_type) for media_type in self.media_types) and self.accepts(item)
        ]
        if not fitting:
            return 0.0, 0
        precision, place, quality = max(fitting)
        return quality, place if precision else -len(ranges)


@lru_cache(maxsize=256)
def choose(offers: tuple[Format, ...], accept: str | None) -> Format | None:
    """The format the client wants most; where it wants several alike, the one it names first, else our first."""
    ranges = media_ranges(accept or "")
    if not ranges:
        return offers[0]
    best = max(offers, key=lambda offer: offer.quality(ranges))
    return best if best.quality(ranges)[0] > 0 else None


def demand(offers: tuple[Format, ...], accept: str | None) -> Format:
    """The chosen format, or 406 naming what there is."""
    chosen = choose(offers, accept)
    if chosen is not None:
        return chosen
    possible = ", ".join(offer.content_type for offer in offers)
    raise NotAcceptable("NotAcceptable", f"this resource comes as {possible}, not as {(accept or '')[:200]}")
