"""What can go wrong: an answer that is a refusal, by its status, and answers that say what nobody understands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from odata_service.values import frozen

from ..transport import ClientError, Response


class NotUnderstood(ClientError):
    """An answer that is not what OData says it is."""


class NotPossible(ClientError):
    """What the version of the protocol has no words for."""


@frozen
class Detail:
    """One of several things that were wrong."""

    code: str
    message: str
    target: str | None = None


class ServiceError(ClientError):
    """The service has refused: its status, and what it says of the reason. ``content_id`` names the request of a batch."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        target: str | None = None,
        details: Sequence[Detail] = (),
        content_id: str | None = None,
    ) -> None:
        super().__init__(f"{status} {code}: {message}" if code else f"{status}: {message}")
        self.status, self.code, self.message, self.target = status, code, message, target
        self.details = tuple(details)
        self.content_id = content_id


class BadRequest(ServiceError):
    """400: it does not understand what was asked."""


class Unauthorized(ServiceError):
    """401: it wants to know who asks."""


class Forbidden(ServiceError):
    """403: it knows, and says no."""


class NotFound(ServiceError):
    """404: there is no such thing."""


class MethodNotAllowed(ServiceError):
    """405"""


class Conflict(ServiceError):
    """409: it goes against what is there."""


class Gone(ServiceError):
    """410: no more; a delta link that is too old, and all has to be read anew."""


class PreconditionFailed(ServiceError):
    """412: somebody else has changed it meanwhile."""


class UnprocessableContent(ServiceError):
    """422"""


class PreconditionRequired(ServiceError):
    """428: it wants to know which state is changed."""


class TooManyRequests(ServiceError):
    """429, after all patience"""


class ServerError(ServiceError):
    """5xx, after all patience"""


BY_STATUS: Mapping[int, type[ServiceError]] = {
    400: BadRequest,
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    405: MethodNotAllowed,
    409: Conflict,
    410: Gone,
    412: PreconditionFailed,
    422: UnprocessableContent,
    428: PreconditionRequired,
    429: TooManyRequests,
}


def refusal(response: Response, address: str = "the answer") -> ServiceError:
    """
    >>> body = b'{"error": {"code": "X", "message": {"lang": "en", "value": "no"}, "target": "Name"}}'
    >>> error = refusal(Response(404, {}, body))
    >>> error, error.target
    (NotFound('404 X: no'), 'Name')
    >>> refusal(Response(502, {}, b"<html>Bad Gateway</html>"))
    ServerError('502: the answer says nothing of the reason')
    """
    kind = BY_STATUS.get(response.status, ServerError if response.status >= 500 else ServiceError)
    if response.status < 400:
        where = response.headers.get("location", "")
        return kind(
            response.status, "", f"redirections are not followed ({where:.200}): give the address that it leads to"
        )
    document = response.json
    said = document.get("error") if isinstance(document, dict) else None
    if not isinstance(said, dict):
        return kind(response.status, "", f"{address} says nothing of the reason")
    details = [Detail(*_words(each)) for each in said.get("details") or () if isinstance(each, dict)]
    return kind(response.status, *_words(said), details, _content_id(said))


def _words(said: Mapping[str, Any]) -> tuple[str, str, str | None]:
    """V2 has the language beside the message."""
    message = said.get("message", "")
    text = message.get("value", "") if isinstance(message, dict) else message
    return str(said.get("code") or ""), str(text), said.get("target")


def _content_id(said: Mapping[str, Any]) -> str | None:
    return next((str(value) for name, value in said.items() if name.endswith(".ContentID")), None)
