"""One way in which a request says who sends it, and what all of them have in common."""

from __future__ import annotations

from typing import Any, Protocol

from odata_service.message import Principal
from odata_service.values import frozen

MOST_CHARACTERS = 32_768  # of what a header says of the sender; Gunicorn takes no longer ones


class Asking(Protocol):
    """What is looked at of a request. Flask's is one."""

    @property
    def headers(self) -> Any:
        """(Any: it has a ``get`` for names in any case, as Werkzeug's headers and ours do.)"""

    @property
    def remote_addr(self) -> str | None: ...


class NotBelieved(Exception):
    """What a request says of its sender is not believed; the message says nothing of anybody. ``parameters`` are what the
    scheme's challenge adds to tell so."""

    def __init__(self, code: str, message: str, parameters: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.parameters = parameters


class Scheme(Protocol):
    """One way to say who asks."""

    @property
    def challenge(self) -> str:
        """How a client is asked for it: ``Basic realm="orders"`` (RFC 9110, WWW-Authenticate)."""

    def credentials(self, asking: Asking) -> str | None:
        """What a request says in this way, if it does."""

    def caller(self, credentials: str, asking: Asking) -> Principal:
        """Whose they are; :class:`NotBelieved` where that is not known."""


@frozen
class Authorization:
    """The header: ``Authorization: Basic …``.

    >>> Authorization.of("bearer  abc"), Authorization.of("abc"), Authorization.of("")
    (Authorization(scheme='bearer', credentials='abc'), Authorization(scheme='abc', credentials=''), None)
    """

    scheme: str
    credentials: str

    @classmethod
    def of(cls, header: str) -> Authorization | None:
        scheme, _, credentials = header.strip().partition(" ")
        return cls(scheme.lower(), credentials.strip()) if scheme else None


def authorized_by(scheme: str, asking: Asking) -> str | None:
    """The credentials of an ``Authorization`` in this scheme."""
    said = Authorization.of(asking.headers.get("Authorization", ""))
    return said.credentials if said is not None and said.scheme == scheme else None
