"""Refusals as V4 writes them (OData JSON Format, Error Response); what happened inside stays inside, unless the
service is told to be verbose."""

from __future__ import annotations

from collections.abc import Iterator

import orjson

from odata_service.errors import ODataError
from odata_service.formats.inner_error import inner_error
from odata_service.formats.json_text import quoted


def write_error(error: ODataError) -> bytes:
    r"""``{"error":{"code":…,"message":…,"target":…,"details":[…]}}``

    >>> from odata_service.errors import BadRequest
    >>> print(write_error(BadRequest("UnknownProperty", "Book has no property 'Titel'", target="$filter", at=3)).decode())
    {"error":{"code":"UnknownProperty","message":"Book has no property 'Titel' (at position 3 of $filter)","target":"$filter"}}
    """
    members = list(_members(error, error.content_id))
    if error.details:
        details = (f"{{{','.join(_members(detail, error.content_id))}}}" for detail in error.details)
        members.append(f'"details":[{",".join(details)}]')
    if error.inner is not None:
        members.append(f'"innererror":{orjson.dumps(inner_error(error.inner)).decode()}')
    return f'{{"error":{{{",".join(members)}}}}}'.encode()


def _members(error: ODataError, content_id: str | None) -> Iterator[str]:
    yield f'"code":{quoted(error.code)}'
    yield f'"message":{quoted(error.text)}'
    if error.target is not None:
        yield f'"target":{quoted(error.target)}'
    if content_id is not None:
        yield f'"@Org.OData.Core.V1.ContentID":{quoted(content_id)}'
