"""Every refusal the service can give, one class per HTTP status.

Raise where the mistake is understood, once, with a code, a message for the person holding the client, and,
where there is one, the target (a query option or a property) and the position in its text.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping


class ODataError(Exception):
    """A refusal: status, machine-readable code, message for a person, target and position.

    ``at`` counts characters from the start of the decoded text of ``target``; the formats append it to the message.
    ``content_id`` names the request of a change set that was refused, because all of them are answered as one.
    """

    status = 500
    headers: Mapping[str, str] = {}
    content_id: str | None = None
    inner: BaseException | None = None  # what stands behind it, where clients may be told

    def __init__(
        self,
        code: str,
        message: str,
        *,
        target: str | None = None,
        at: int | None = None,
        details: Iterable[ODataError] = (),
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.target = target
        self.at = at
        self.details = tuple(details)

    @property
    def text(self) -> str:
        """The message with its position: ``Person has no property 'Nam' (at position 0 of $filter)``."""
        if self.at is None:
            return self.message
        return f"{self.message} (at position {self.at} of {self.target})"


class BadRequest(ODataError):
    status = 400


class Unauthorized(ODataError):
    """Who asks has to say who he is; ``challenge`` tells him how: ``Basic realm="orders"`` (RFC 9110, WWW-Authenticate)."""

    status = 401

    def __init__(self, code: str, message: str, *, challenge: str = "Bearer") -> None:
        super().__init__(code, message)
        self.headers = {"WWW-Authenticate": challenge}


class Forbidden(ODataError):
    status = 403


class NotFound(ODataError):
    status = 404


class MethodNotAllowed(ODataError):
    """The resource exists, the method is not for it; ``Allow`` names those that are."""

    status = 405

    def __init__(self, method: str, allowed: Iterable[str]) -> None:
        names = ", ".join(allowed)
        super().__init__("MethodNotAllowed", f"{method} is not possible here; allowed: {names}")
        self.headers = {"Allow": names}


class NotAcceptable(ODataError):
    status = 406


class Conflict(ODataError):
    status = 409


class Gone(ODataError):
    """What was here, or what a link led to, is no more; ``location`` is where to begin anew."""

    status = 410

    def __init__(self, code: str, message: str, *, location: str | None = None, target: str | None = None) -> None:
        super().__init__(code, message, target=target)
        self.headers = {} if location is None else {"Location": location}


class PreconditionFailed(ODataError):
    status = 412


class PayloadTooLarge(ODataError):
    status = 413


class UriTooLong(ODataError):
    status = 414


class UnsupportedMediaType(ODataError):
    status = 415


class UnprocessableContent(ODataError):
    """Understood, but against what was said or is known already."""

    status = 422


class FailedDependency(ODataError):
    """Another request of the same batch had to succeed first, and did not."""

    status = 424


class RangeNotSatisfiable(ODataError):
    """There is nothing in the range that was asked for; ``length`` is how many octets there are."""

    status = 416

    def __init__(self, length: int) -> None:
        super().__init__("RangeNotSatisfiable", f"there are {length} octets, and none of them is in the range", target="Range")
        self.headers = {"Content-Range": f"bytes */{length}"}


class PreconditionRequired(ODataError):
    status = 428


class TooManyRequests(ODataError):
    """For an application that limits what it does for whom, in a handler of ``request_started``: come again in so many
    seconds."""

    status = 429

    def __init__(self, message: str, *, retry_after: int) -> None:
        super().__init__("TooManyRequests", message)
        self.headers = {"Retry-After": str(retry_after)}


class Refused(ODataError):
    """What the application does not allow, with the status that it wants for this."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__("Refused", message)
        self.status = status


class NotImplementedByService(ODataError):
    """Parsed and understood, but not offered: the message names the part (Protocol, Conformance)."""

    status = 501


class ServiceUnavailable(ODataError):
    """The database is away or took too long; the same request may succeed later."""

    status = 503
    headers = {"Retry-After": "5"}


class ConnectionLost(ServiceUnavailable):
    """A connection that was good once is none any more; who only reads may ask again at once."""

    def __init__(self) -> None:
        super().__init__("DatabaseAway", "the database cannot be reached")


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The closest known name as a question to append to a message, or nothing.

    >>> did_you_mean("Nmae", ["Name", "Street"])
    "; did you mean 'Name'?"
    >>> did_you_mean("Zzz", ["Name", "Street"])
    ''
    """
    by_lower = {candidate.lower(): candidate for candidate in known}
    close = difflib.get_close_matches(name.lower()[:200], by_lower, n=1)
    return f"; did you mean {by_lower[close[0]]!r}?" if close else ""
