"""V2's formats, which resource comes in which, and how a client asks for one (MS-ODATA, Content Negotiation).

Entities come as JSON only so far. A client that can read nothing but Atom gets 406 and is told so; one that lists
``*/*`` gets JSON, though WCF would give it Atom.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from odata_service.errors import NotAcceptable
from odata_service.formats.negotiate import Format, MediaRange, choose, demand, media_ranges
from odata_service.result import (
    EntityCount,
    Metadata,
    Result,
    ServiceDocument,
)

VERBOSE = "application/json;odata=verbose"


def _is_verbose(item: MediaRange) -> bool:
    """``application/json`` is verbose JSON in V2; other kinds (``odata=light``, ``odata.metadata=minimal``) are not."""
    return item.parameters.get("odata", "verbose") == "verbose" and "odata.metadata" not in item.parameters


JSON = Format("json", "application/json;charset=utf-8", ("application/json",), _is_verbose)
ATOM_SERVICE = Format(
    "atomsvc",
    "application/atomsvc+xml;charset=utf-8",
    ("application/atomsvc+xml", "application/atom+xml", "application/xml"),
)
XML = Format("xml", "application/xml;charset=utf-8", ("application/xml", "application/atom+xml", "text/xml"))
TEXT = Format("text", "text/plain;charset=utf-8", ("text/plain",))

_OFFERS: dict[type, tuple[Format, ...]] = {ServiceDocument: (JSON, ATOM_SERVICE)}
_ENTITIES = (JSON,)
_ERRORS = (JSON, XML)

# What $format says in one word → the Accept it stands for.
_SHORT = {
    "json": "application/json",
    "verbosejson": VERBOSE,
    "jsonverbose": VERBOSE,
    "atom": "application/atom+xml",
    "xml": "application/xml",
}


@dataclass(frozen=True, slots=True)
class Wish:
    """What the client reads: the text of ``Accept`` and of ``$format``, which replaces it."""

    accept: str | None = None
    format: str | None = None

    @classmethod
    def of(cls, headers: Mapping[str, str], format: str | None) -> Wish:
        return cls(headers.get("Accept"), format)

    @property
    def ranges(self) -> str | None:
        return self.accept if self.format is None else _SHORT.get(self.format.lower(), self.format)


def format_for(result_type: type[Result], wish: Wish) -> Format:
    """The format of an answer; 406 where the client reads none that the resource has.

    >>> format_for(ServiceDocument, Wish(accept="application/atomsvc+xml;q=0.8, */*;q=0.1")).name
    'atomsvc'
    """
    if result_type is Metadata:
        return XML  # whatever is asked: clients ask for it with the Accept of everything else
    if result_type is EntityCount:
        return TEXT
    if wish.format is not None and not media_ranges(wish.ranges or ""):
        known = ", ".join(_SHORT)
        raise NotAcceptable(
            "NotAcceptable", f"$format is {known} or a media type, not {wish.format[:40]!r}", target="$format"
        )
    return _labelled(demand(_OFFERS.get(result_type, _ENTITIES), wish.ranges), wish)


def error_format(wish: Wish) -> Format:
    """The form of a refusal: what the client reads, and JSON where that is unknown."""
    return _labelled(choose(_ERRORS, wish.ranges) or JSON, wish)


def _labelled(chosen: Format, wish: Wish) -> Format:
    """``odata=verbose`` stands in the answer where the client wrote it: older clients compare the whole text."""
    if chosen.name == JSON.name and any("odata" in item.parameters for item in media_ranges(wish.ranges or "")):
        return replace(chosen, content_type=f"{VERBOSE};charset=utf-8")
    return chosen
