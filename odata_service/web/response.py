""":class:`ODataResponse` → Flask's response."""

from __future__ import annotations

from flask import Response

from odata_service.message import ODataResponse
from odata_service.web.endless import EndlessResponse


def response_of(answer: ODataResponse, method: str) -> Response:
    """The response to a request; Werkzeug leaves the body off for HEAD, and the length off where there is none."""
    if answer.goes_on is not None and method != "HEAD":
        return EndlessResponse(answer)
    return _Response(answer.body if answer.pieces is None else answer.pieces, answer.status, answer.headers)


class _Response(Response):
    """Only the headers that the service gave: Flask would call an empty 204 HTML."""

    default_mimetype = None
