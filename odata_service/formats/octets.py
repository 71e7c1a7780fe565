"""Octets as they are: the content of streams and of binary values, in requests, in answers, and in parts of answers."""

from __future__ import annotations

import re

from odata_service.bind.payload import Octets
from odata_service.errors import BadRequest, RangeNotSatisfiable
from odata_service.execute.given import MOST_OCTETS, OctetRange
from odata_service.message import ODataRequest, ODataResponse
from odata_service.result import PropertyValue, Result, StreamContent
from odata_service.values import frozen

OCTETS = "application/octet-stream"
_MEDIA_TYPE = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+-]+[ \t]*(;[ -~]*)?", re.ASCII)
_RANGE = re.compile(r"bytes[ \t]*=[ \t]*(\d{0,18})-(\d{0,18})", re.ASCII | re.IGNORECASE)


def octets(content: bytes, content_type: str | None) -> Octets:
    """The body of a request that is a stream; 400 where its Content-Type is no media type."""
    if content_type is not None and not _MEDIA_TYPE.fullmatch(content_type.strip()):
        raise BadRequest("BadHeader", f"{content_type[:80]!r} is no media type", target="Content-Type")
    return Octets(content, (content_type or OCTETS).strip())


@frozen
class Answered(Octets):
    """Octets to answer with. ``length`` is that of the whole, of which they are the part that was asked for."""

    length: int | None = None


def octets_of(result: Result) -> Answered | None:
    """The octets that are the whole answer: of a stream, or of a binary property's ``$value``, of which the model may
    say what they are (V4: Core.MediaType, WCF: [MimeType])."""
    if isinstance(result, StreamContent) and result.content is not None:
        return Answered(result.content, result.content_type, result.length)
    if isinstance(result, PropertyValue) and result.raw and isinstance(result.value, bytes):
        return Answered(result.value, result.property.media_type or OCTETS)
    return None


def asked_range(request: ODataRequest) -> OctetRange | None:
    """The part of a stream that is asked for (RFC 9110, Range Requests). Several parts at once, and units that we do not know,
    may be ignored; ``If-Range`` names a state that a weak ETag cannot prove, so then all is sent.

    >>> from odata_service.message import Headers
    >>> from odata_service.protocol import V4
    >>> def asked(said): return asked_range(ODataRequest(V4, "GET", "", "", Headers({"Range": said})))
    >>> [asked(f"bytes={each}") and tuple(asked(f"bytes={each}")) for each in ("2-4", "-3", "5-4", "-")]
    [(2, 3), (-3, 3), None, None]
    """
    said = _RANGE.fullmatch(request.headers.get("Range", "").strip())
    if said is None or "If-Range" in request.headers:
        return None
    first, last = (int(number) if number else None for number in said.groups())
    if first is None:
        return None if last is None else OctetRange(-min(last, MOST_OCTETS), min(last, MOST_OCTETS))
    if last is not None and last < first:
        return None
    count = MOST_OCTETS if last is None else min(last - first + 1, MOST_OCTETS)
    return OctetRange(min(first, MOST_OCTETS), count)


def answer_octets(request: ODataRequest, headers: dict[str, str], octets: Answered) -> ODataResponse:
    """The whole of it, or the part that was asked for."""
    headers = {**headers, "Accept-Ranges": "bytes", "X-Content-Type-Options": "nosniff"}
    asked, content = asked_range(request), octets.content
    if asked is None:
        return ODataResponse(200, headers, content)
    length = len(content) if octets.length is None else octets.length
    part = part_of(length, asked)
    if not part:
        raise RangeNotSatisfiable(length)
    headers["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{length}"
    return ODataResponse(206, headers, content[part.start : part.stop] if octets.length is None else content)


def part_of(length: int, asked: OctetRange) -> range:
    """Which of so many octets a range means; empty where there are none.

    >>> part_of(10, OctetRange(7, 99)), part_of(10, OctetRange(-3, 3)), part_of(10, OctetRange(10, 5))
    (range(7, 10), range(7, 10), range(10, 10))
    """
    start = max(length + asked.first, 0) if asked.first < 0 or asked.most == 0 else min(asked.first, length)
    return range(start, min(start + asked.most, length))
