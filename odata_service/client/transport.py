"""HTTP to one service: its addresses, who asks, and patience. The only place that knows httpx.

A link is followed only to the origin of the service, whoever has written it; nothing is redirected. What may have been
heard is sent again only by those who know that it is done once.
"""

from __future__ import annotations

import email.utils
import ipaddress
import math
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import field
from urllib.parse import urljoin, urlsplit

import httpx

from odata_service.values import frozen, mutable

from .columns import Json, loads

TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504})
NOT_DONE = frozenset({429, 503})  # who says so has done nothing
# Who asks: gives the header's text, ``Bearer …``. It is asked for a new one (True) where the old one is refused.
Auth = Callable[[bool], str | None]


class ClientError(Exception):
    """What the client says itself, and no server."""


class Unreachable(ClientError):
    """There was no answer. Whether the request was heard is not known."""


class NotSent(Unreachable):
    """There was nobody to hear it."""


class ForeignLink(ClientError):
    """A link to somewhere else than the service."""


@frozen
class Response:
    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def json(self) -> Json:
        """``None`` for what is no JSON: answers come from proxies, too."""
        try:
            return loads(self.content) if self.content.strip() else None
        except ValueError:
            return None

    @property
    def message(self) -> str:
        """What a person may read of a refusal: OData's message, a text, or nothing but the status."""
        document = self.json
        error = document.get("error") if isinstance(document, dict) else document
        if isinstance(error, dict) and isinstance(error.get("message"), str):
            return f"{self.status}: {error['message']}"
        return f"{self.status}: {error}" if error else str(self.status)


@frozen
class Patience:
    """How often a request is tried, and how long is waited in between: twice as long each time, and at most ``longest``
    seconds, whatever the server asks for."""

    tries: int = 3
    first: float = 0.5
    longest: float = 60.0
    sleep: Callable[[float], None] = time.sleep

    def seconds(self, attempt: int, asked: float | None) -> float:
        """
        >>> patience = Patience(longest=10)
        >>> patience.seconds(0, 5), patience.seconds(0, 86_400), 0.25 <= patience.seconds(0, None) <= 0.5
        (5, 10, True)
        """
        if asked is not None:
            return max(0, min(asked, self.longest))
        return min(math.ldexp(self.first, attempt), self.longest) * random.uniform(0.5, 1)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """The seconds of a ``Retry-After``. It may be a date, which goes by the server's clock, whatever this computer's says.

    >>> retry_after({"retry-after": "7"})
    7.0
    >>> retry_after({"retry-after": "Thu, 01 Jan 1970 00:01:00 GMT", "date": "Thu, 01 Jan 1970 00:00:50 GMT"})
    10.0
    >>> retry_after({"retry-after": "soon"}), retry_after({})
    (None, None)
    """
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    until, now = _date(text), _date(headers.get("date", ""))
    return None if until is None else until - (time.time() if now is None else now)


def _date(text: str) -> float | None:
    try:
        return email.utils.parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None


@mutable
class Transport:
    """A service at ``root``. ``http`` is only for one's own computer."""

    root: str
    auth: Auth | None = None
    client: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=30))
    patience: Patience = field(default_factory=Patience)
    insecure: bool = False

    def __post_init__(self) -> None:
        self.root = self.root.rstrip("/") + "/"
        parts = urlsplit(self.root)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ClientError(f"{self.root!r:.200} is no absolute address of a service")
        if parts.scheme == "http" and not self.insecure and not _is_loopback(parts.hostname):
            raise ClientError(f"{self.root}: http is only for one's own computer; others are asked by https")

    def link(self, text: str, base: str | None = None) -> str:
        """The whole address of a link, if it leads nowhere else.

        >>> Transport("https://a.example/v4").link("Orders?$skip=1")
        'https://a.example/v4/Orders?$skip=1'
        """
        address = urljoin(base or self.root, text)
        if _origin(address) != _origin(self.root):
            raise ForeignLink(f"a link to {_origin(address)[1]} is not followed: the service is at {self.root}")
        return address

    def ask(
        self,
        method: str,
        address: str,
        headers: Mapping[str, str] | None = None,
        content: bytes = b"",
        *,
        again: bool = True,
    ) -> Response:
        """The last answer after all patience. :class:`Unreachable` where there is none. What must not be sent ``again`` is
        not, unless it is certain that nobody has begun with it."""
        address = self.link(address)
        given = {"Accept": "application/json"} | dict(headers or {})
        if content:
            given = {"Content-Type": "application/json"} | given
        renewed = False
        for attempt in range(self.patience.tries):
            last = attempt == self.patience.tries - 1
            try:
                response = self._sent(method, address, given, content, renewed)
            except Unreachable as error:
                if last or not (again or isinstance(error, NotSent)):
                    raise
                self.patience.sleep(self.patience.seconds(attempt, None))
                continue
            if response.status == 401 and self.auth is not None and not renewed:
                renewed = True
                response = self._sent(method, address, given, content, renewed)
            if last or response.status not in (TRANSIENT if again else NOT_DONE):
                return response
            self.patience.sleep(self.patience.seconds(attempt, retry_after(response.headers)))
        raise AssertionError("the last try returns")

    def _sent(self, method: str, address: str, headers: Mapping[str, str], content: bytes, renewed: bool) -> Response:
        who = None if self.auth is None else self.auth(renewed)
        given = dict(headers) | ({} if who is None else {"Authorization": who})
        if self.client.is_closed:
            raise NotSent(f"{urlsplit(address).netloc} is not asked any more: the context was closed")
        try:
            answer = self.client.request(method, address, headers=given, content=content, follow_redirects=False)
        except (httpx.TransportError, httpx.InvalidURL) as error:
            kind = NotSent if isinstance(error, _BEFORE_SENDING) else Unreachable
            raise kind(f"{urlsplit(address).netloc} does not answer: {error or type(error).__name__}") from error
        return Response(answer.status_code, {k.lower(): v for k, v in answer.headers.items()}, answer.content)

    def close(self) -> None:
        self.client.close()


_BEFORE_SENDING = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.InvalidURL,
    httpx.UnsupportedProtocol,
)


def _origin(address: str) -> tuple[str, str]:
    parts = urlsplit(address)
    port = {"http": ":80", "https": ":443"}.get(parts.scheme, "")
    return parts.scheme, parts.netloc.lower().rpartition("@")[2].removesuffix(port)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
