"""V4's formats, which resource comes in which, and how a client asks for one (Protocol, Formats; OData JSON Format,
Requesting the JSON Format)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple, cast

from odata_service.errors import NotAcceptable
from odata_service.formats.negotiate import Format, MediaRange, choose, demand, media_ranges
from odata_service.formats.style_v4 import MetadataLevel, Style
from odata_service.formats.version_v4 import Version
from odata_service.result import EntityCount, Metadata, PropertyValue, Result, StreamContent

_LEVELS = ("minimal", "full", "none")
# What version 3 called them; some clients ask for all versions at once.
_OLD_LEVELS = {"minimalmetadata": "minimal", "fullmetadata": "full", "nometadata": "none"}
_TRUTH = ("true", "false")
_UTF_8 = ("utf-8", "utf8", "*")
# Each parameter of application/json with the values it may have; names and values are in lower case here.
_PARAMETERS: dict[str, Sequence[str]] = {
    "odata.metadata": _LEVELS,
    "metadata": _LEVELS,
    "odata": tuple(_OLD_LEVELS),
    "odata.streaming": _TRUTH,
    "streaming": _TRUTH,
    "ieee754compatible": _TRUTH,
    "exponentialdecimals": _TRUTH,
    "charset": _UTF_8,
}


def _understood(item: MediaRange) -> bool:
    """An unknown parameter may change the format, so a range that has one is not for us. Wildcards say nothing of JSON,
    whatever stands behind them (``application/*; odata.metadata=full``)."""
    if item.subtype != "json":
        return True
    return all(value in _PARAMETERS.get(name, ()) for name, value in item.parameters.items())


JSON = Format("json", "application/json", ("application/json",), _understood)
XML = Format("xml", "application/xml;charset=utf-8", ("application/xml", "text/xml"))
OPENAPI = Format("openapi", "application/vnd.oai.openapi+json;version=3.1", ("application/vnd.oai.openapi+json",))
TEXT = Format("text", "text/plain;charset=utf-8", ("text/plain",))
# They come as what they are: counts and values as text, streams in their own media type.
_OF_THEIR_OWN = (EntityCount, StreamContent)
# Who lists these asks for all versions at once, and reads $metadata only as XML: Power Query.
_ATOM = ("atomsvc+xml", "atom+xml")
# What $format says in one word → the Accept it stands for.
_SHORT = {"json": "application/json", "xml": "application/xml", "atom": "application/atom+xml", "openapi": "application/vnd.oai.openapi+json"}


class Wish(NamedTuple):
    """What the client reads: the text of ``Accept`` and of ``$format``, which replaces it."""

    accept: str | None = None
    format: str | None = None

    @classmethod
    def of(cls, headers: Mapping[str, str], format: str | None) -> Wish:
        return cls(headers.get("Accept"), format)

    @property
    def ranges(self) -> str | None:
        if self.format is None:
            return self.accept
        name, semicolon, parameters = self.format.partition(";")
        return f"{_SHORT.get(name.strip().lower(), name)}{semicolon}{parameters}"

    def check(self) -> None:
        """406 for a ``$format`` that is neither a word nor a media type."""
        if self.format is not None and not media_ranges(self.ranges or ""):
            message = f"$format is {', '.join(_SHORT)} or a media type, not {self.format[:40]!r}"
            raise NotAcceptable("NotAcceptable", message, target="$format")


def format_for(result_type: type[Result], wish: Wish) -> Format:
    """The format of an answer; 406 where the client reads none that the resource has.

    >>> format_for(Metadata, Wish(accept="application/json")).name, format_for(Metadata, Wish()).name
    ('json', 'xml')
    """
    return _format_for(result_type, wish)  # type: ignore[arg-type]  # classes can be hashed, a union of them is not known to


@lru_cache(maxsize=256)  # a client asks for the same again and again
def _format_for(result_type: type[Result], wish: Wish) -> Format:
    wish.check()
    if result_type is Metadata:
        return _metadata_format(wish)
    if result_type in _OF_THEIR_OWN:
        return TEXT
    return demand((JSON,), wish.ranges)


def _metadata_format(wish: Wish) -> Format:
    """XML, unless JSON is wanted more than that by a client that knows what it asks for."""
    ranges = media_ranges(wish.ranges or "")
    if any(item.subtype in _ATOM for item in ranges) or not ranges:
        return XML
    chosen = demand((XML, JSON, OPENAPI), wish.ranges)
    if chosen is OPENAPI:
        return OPENAPI
    return JSON if JSON.quality(ranges)[0] > XML.quality(ranges)[0] else XML


@lru_cache(maxsize=256)
def style_for(wish: Wish, version: Version, omit_nulls: bool = False) -> Style:
    """How the JSON is to be written, by the parameters of the range that it was chosen for.

    >>> from odata_service.formats.version_v4 import V4_0
    >>> style_for(Wish("application/json;odata.metadata=full;IEEE754Compatible=true, */*"), V4_0).content_type
    'application/json;odata.metadata=full;IEEE754Compatible=true;charset=utf-8'
    """
    said = _parameters(media_ranges(wish.ranges or ""))
    level = said.get("metadata") or said.get("odata.metadata") or _OLD_LEVELS.get(said.get("odata", ""), "minimal")
    assert level in _LEVELS, "_understood lets nothing else pass"
    streaming = "true" in (said.get("streaming"), said.get("odata.streaming"))
    return Style(cast(MetadataLevel, level), version, said.get("ieee754compatible") == "true", streaming, omit_nulls)


def _parameters(ranges: Sequence[MediaRange]) -> Mapping[str, str]:
    """Those of the JSON range that is wanted most, the first of them where several are alike."""
    wanted = [item for item in ranges if item.subtype == "json" and item.quality > 0 and _understood(item)]
    return max(wanted, key=lambda item: item.quality).parameters if wanted else {}


def error_style(wish: Wish, version: Version) -> Style:
    """Refusals are JSON whatever the client reads: there is no other form for them."""
    return style_for(wish, version) if choose((JSON,), wish.ranges) else Style(version=version)


def is_raw(result: Result) -> bool:
    """``…/$value``: text or octets instead of a document."""
    return isinstance(result, PropertyValue) and result.raw
