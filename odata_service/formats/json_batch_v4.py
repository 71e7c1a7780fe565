"""Batches as JSON (OData JSON Format, Batch Requests and Responses)."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from odata_service.errors import BadRequest, NotImplementedByService
from odata_service.formats.multipart import ChangeSet, ChangeSetResponse, PartRequest, PartResponse
from odata_service.formats.read_json import read_json
from odata_service.limits import Limits
from odata_service.message import Headers

JSON = "application/json"
Fields = tuple[tuple[str, str], ...]


def read_json_batch(body: bytes, content_type: str | None, limits: Limits) -> list[PartRequest | ChangeSet]:
    """The requests in the order they were sent; neighbours with one ``atomicityGroup`` are a change set.

    >>> read_json_batch(b'{"requests":[{"id":"1","method":"get","url":"People"}]}', None, Limits())[0].url
    'People'
    """
    document = read_json(body, content_type, limits)
    requests = document.get("requests") if isinstance(document, dict) else None
    if not isinstance(requests, list):
        raise BadRequest("BadBatch", 'a batch is an object with requests: {"requests":[…]}')
    fields: dict[Fields, Headers] = {}
    members: list[list[PartRequest]] = []  # beside the groups: alone where there is none
    groups: list[str | None] = []
    known: set[str] = set()
    for item in requests:
        part, group = _request(item, fields), item.get("atomicityGroup")
        _demand_order(part, known)
        known.add(item["id"])
        if group is not None and groups and groups[-1] == group:
            members[-1].append(part)
            continue
        if group is not None and group in groups:
            raise BadRequest("BadBatch", f"the requests of the group {group!r:.60} are not side by side")
        known |= set() if group is None else {str(group)}
        members.append([part])
        groups.append(group)
    pairs = zip(groups, members, strict=True)
    return [some[0] if group is None else ChangeSet(tuple(some), str(group)) for group, some in pairs]


def _demand_order(part: PartRequest, known: set[str]) -> None:
    """An id is there once, and what a request depends on comes before it (OData JSON Format, Batch Request)."""
    if part.content_id in known:
        raise BadRequest("BadBatch", f"there are two requests with the id {part.content_id!r:.60}", target="id")
    for name in part.depends_on:
        if name not in known:
            message = f"the request {part.content_id!r:.60} depends on {name!r:.60}, which does not come before it"
            raise BadRequest("BadBatch", message, target="dependsOn")


def _request(item: Any, known: dict[Fields, Headers]) -> PartRequest:
    """(Any: what a client sends may be anything.)"""
    if not isinstance(item, dict) or not all(isinstance(item.get(name), str) for name in ("id", "method", "url")):
        raise BadRequest("BadBatch", "a request has an id, a method and a url, all of them strings")
    if "if" in item:  # what shall only be done on a condition is not done without it
        raise NotImplementedByService("NotImplemented", "a request of a batch cannot have an if", target=item["id"])
    headers = item.get("headers") or {}
    depends = item.get("dependsOn") or []
    if not isinstance(headers, dict) or not isinstance(depends, list):
        raise BadRequest("BadBatch", "headers are an object, and dependsOn is a list of ids", target=item["id"])
    fields = _shared(tuple((str(name), str(value)) for name, value in headers.items()), known)
    body, content_type = _body(item.get("body"), fields)
    if body and "Content-Type" not in fields:
        fields = _shared((*fields.items(), ("Content-Type", content_type)), known)
    return PartRequest(item["method"].upper(), item["url"], fields, body, item["id"], tuple(map(str, depends)))


def _shared(said: Fields, known: dict[Fields, Headers]) -> Headers:
    """One value for all requests that say the same."""
    if said not in known:
        known[said] = Headers(said)
    return known[said]


def _document(value: Any) -> str:
    """The text of a JSON value, whose numbers have all their digits.

    >>> _document({"Price": Decimal("3.20"), "Names": ["a", 1]})
    '{"Price":3.20,"Names":["a",1]}'
    """
    match value:
        case dict():
            return f"{{{','.join(f'{json.dumps(name)}:{_document(each)}' for name, each in value.items())}}}"
        case list():
            return f"[{','.join(map(_document, value))}]"
        case Decimal():
            return str(value)
    return json.dumps(value)


def _body(body: Any, headers: Headers) -> tuple[bytes, str]:
    """JSON stands as it is, text as a string, everything else as a base64url string."""
    if body is None:
        return b"", JSON
    media_type = headers.get("Content-Type", JSON).partition(";")[0].strip().lower()
    if not isinstance(body, str) or media_type.endswith("json"):
        return _document(body).encode(), JSON
    if media_type.startswith("text/"):
        return body.encode(), media_type
    try:
        return base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)), media_type
    except (binascii.Error, ValueError):
        raise BadRequest("BadBatch", f"a body of {media_type} is base64url") from None


def write_json_batch(responses: Sequence[PartResponse | ChangeSetResponse]) -> bytes:
    """An object for every request, in the order of the requests."""
    written = []
    for each in responses:
        if isinstance(each, PartResponse):
            written.append(_response(each, None))
        else:
            written += [_response(one, each.group) for one in each.responses]
    return f'{{"responses":[{",".join(written)}]}}'.encode()


def _response(part: PartResponse, group: str | None) -> str:
    """Written by hand so that a JSON body goes in as it is, digit for digit."""
    headers = {name.lower(): value for name, value in part.response.headers.items()}
    head: dict[str, object] = {"id": part.content_id, "status": part.response.status}
    if group is not None:
        head["atomicityGroup"] = group
    head["headers"] = headers
    text = json.dumps({name: value for name, value in head.items() if value is not None})
    if not part.response.body:
        return text
    return f'{text[:-1]},"body":{_body_text(part.response.body, headers.get("content-type", ""))}}}'


def _body_text(body: bytes, content_type: str) -> str:
    if "json" in content_type:
        return body.decode()
    if content_type.startswith("text/"):
        return json.dumps(body.decode("utf-8", "replace"))
    return json.dumps(base64.urlsafe_b64encode(body).decode().rstrip("="))
