"""V2's formats, which resource comes in which, and how a client asks for one (MS-ODATA, Content Negotiation).

Who says nothing, or takes anything, gets Atom and XML, as WCF gave it; JSON is for those who ask for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

from odata_service.errors import NotAcceptable
from odata_service.formats.options_v2 import USUAL
from odata_service.formats.negotiate import Format, MediaRange, choose, demand, media_ranges
from odata_service.result import (
    Created, EntityCollection, EntityCount, EntityDelta, Metadata, Result, ServiceDocument, SingleEntity,
)  # fmt: skip

VERBOSE = "application/json;odata=verbose"


def _is_verbose(item: MediaRange) -> bool:
    """``application/json`` is verbose JSON in V2; other kinds (``odata=light``, ``odata.metadata=minimal``) are not."""
    return item.parameters.get("odata", "verbose") == "verbose" and "odata.metadata" not in item.parameters


def _is_of(kind: str) -> Callable[[MediaRange], bool]:
    """``application/atom+xml;type=entry`` asks for an entry; without a ``type`` it asks for any Atom."""
    return lambda item: item.subtype != "atom+xml" or item.parameters.get("type", kind) == kind


JSON = Format("json", "application/json;charset=utf-8", ("application/json",), _is_verbose)
FEED = Format("xml", "application/atom+xml;type=feed;charset=utf-8", ("application/atom+xml",), _is_of("feed"))
ENTRY = Format("xml", "application/atom+xml;type=entry;charset=utf-8", ("application/atom+xml",), _is_of("entry"))
SERVICE = Format("xml", "application/atomsvc+xml;charset=utf-8", ("application/atomsvc+xml", "application/atom+xml"))
XML = Format("xml", "application/xml;charset=utf-8", ("application/xml", "text/xml"))
PLAIN_XML = Format("xml", "application/xml;charset=utf-8", ("application/xml", "application/atom+xml", "text/xml"))
TEXT = Format("text", "text/plain;charset=utf-8", ("text/plain",))

# The first is what a client gets that takes anything. Who asks for XML gets Atom under that name.
_OFFERS: dict[type, tuple[Format, ...]] = {
    EntityCollection: (FEED, XML, JSON),
    EntityDelta: (FEED, XML, JSON),
    SingleEntity: (ENTRY, XML, JSON),
    Created: (ENTRY, XML, JSON),
    ServiceDocument: (SERVICE, XML, JSON),
}
_VALUES = (PLAIN_XML, JSON)

# What $format says in one word → the Accept it stands for.
_SHORT = {
    "json": "application/json",
    "verbosejson": VERBOSE,
    "jsonverbose": VERBOSE,
    "atom": "application/atom+xml",
    "xml": "application/xml",
}


class Wish(NamedTuple):
    """What the client reads: the text of ``Accept`` and of ``$format``, which replaces it; ``label`` says whether JSON is
    called verbose."""

    accept: str | None = None
    format: str | None = None
    label: str = USUAL.json_label

    @classmethod
    def of(cls, headers: Mapping[str, str], format: str | None, label: str = USUAL.json_label) -> Wish:
        return cls(headers.get("Accept"), format, label)

    @property
    def ranges(self) -> str | None:
        return self.accept if self.format is None else _SHORT.get(self.format.lower(), self.format)


def format_for(result_type: type[Result], wish: Wish) -> Format:
    """The format of an answer; 406 where the client reads none that the resource has.

    >>> format_for(ServiceDocument, Wish(accept="application/atomsvc+xml;q=0.8, */*;q=0.1")).content_type
    'application/atomsvc+xml;charset=utf-8'
    """
    return _format_for(result_type, wish)  # type: ignore[arg-type]  # classes can be hashed, a union of them is not known to


@lru_cache(maxsize=256)  # a client asks for the same again and again
def _format_for(result_type: type[Result], wish: Wish) -> Format:
    if result_type is Metadata:
        return PLAIN_XML  # whatever is asked: clients ask for it with the Accept of everything else
    if result_type is EntityCount:
        return TEXT
    if wish.format is not None and not media_ranges(wish.ranges or ""):
        known = ", ".join(_SHORT)
        raise NotAcceptable(
            "NotAcceptable", f"$format is {known} or a media type, not {wish.format[:40]!r}", target="$format"
        )
    return _labelled(demand(_OFFERS.get(result_type, _VALUES), wish.ranges), wish)


def error_format(wish: Wish) -> Format:
    """The form of a refusal: what the client reads, and XML where that is unknown. A ``$format`` that there is not says
    nothing, so ``Accept`` does."""
    said = (ranges for ranges in (wish.ranges, wish.accept) if media_ranges(ranges or ""))
    chosen = (choose(_VALUES, ranges) for ranges in said)
    return _labelled(next(filter(None, chosen), PLAIN_XML), wish)


def _labelled(chosen: Format, wish: Wish) -> Format:
    """``odata=verbose`` stands in the answer where the client wrote it: older clients compare the whole text."""
    asked = any("odata" in item.parameters for item in media_ranges(wish.ranges or ""))
    says = wish.label == "verbose" or (wish.label == "asked" and asked)
    return replace(chosen, content_type=f"{VERBOSE};charset=utf-8") if chosen.name == JSON.name and says else chosen
