"""Octets as they are: the content of streams and of binary values, in requests, in answers, and in parts of answers."""

from __future__ import annotations

import re

from odata_service.bind.payload import Octets
from odata_service.errors import BadRequest, RangeNotSatisfiable
from odata_service.message import ODataRequest, ODataResponse
from odata_service.result import PropertyValue, Result, StreamContent

OCTETS = "application/octet-stream"
_MEDIA_TYPE = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+-]+[ \t]*(;[ -~]*)?", re.ASCII)
_RANGE = re.compile(r"bytes[ \t]*=[ \t]*(\d{0,18})-(\d{0,18})", re.ASCII | re.IGNORECASE)


def octets(content: bytes, content_type: str | None) -> Octets:
    """The body of a request that is a stream; 400 where its Content-Type is no media type."""
    if content_type is not None and not _MEDIA_TYPE.fullmatch(content_type.strip()):
        raise BadRequest("BadHeader", f"{content_type[:80]!r} is no media type", target="Content-Type")
    return Octets(content, (content_type or OCTETS).strip())


def octets_of(result: Result) -> Octets | None:
    """The octets that are the whole answer: of a stream, or of a binary property's ``$value``, of which the model may
    say what they are (V4: Core.MediaType, WCF: [MimeType])."""
    if isinstance(result, StreamContent) and result.content is not None:
        return Octets(result.content, result.content_type)
    if isinstance(result, PropertyValue) and result.raw and isinstance(result.value, bytes):
        return Octets(result.value, result.property.media_type or OCTETS)
    return None


def answer_octets(request: ODataRequest, headers: dict[str, str], content: bytes) -> ODataResponse:
    """The whole of it, or the part that was asked for (RFC 9110, Range Requests). Several parts at once, and units that we
    do not know, may be ignored; ``If-Range`` names a state that a weak ETag cannot prove, so then all is sent."""
    headers = {**headers, "Accept-Ranges": "bytes", "X-Content-Type-Options": "nosniff"}
    asked = _RANGE.fullmatch(request.headers.get("Range", "").strip())
    if asked is None or "If-Range" in request.headers:
        return ODataResponse(200, headers, content)
    part = part_of(len(content), *asked.groups())
    if part is None:
        return ODataResponse(200, headers, content)
    if not part:
        raise RangeNotSatisfiable(len(content))
    headers["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{len(content)}"
    return ODataResponse(206, headers, content[part.start : part.stop])


def part_of(length: int, first: str, last: str) -> range | None:
    """Which octets a range means: empty where there are none, ``None`` where the range is malformed.

    >>> part_of(10, "2", "4"), part_of(10, "7", "99"), part_of(10, "", "3"), part_of(10, "10", ""), part_of(10, "5", "4")
    (range(2, 5), range(7, 10), range(7, 10), range(10, 10), None)
    """
    if not first:
        return range(max(length - int(last), 0), length) if last else None
    if last and int(last) < int(first):
        return None
    return range(min(int(first), length), min(int(last) + 1, length) if last else length)
