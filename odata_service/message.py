"""What goes into :meth:`ODataService.handle` and what comes out: HTTP without a framework."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol as Shape
from typing import TypeVar, overload

from odata_service.errors import BadRequest, MethodNotAllowed
from odata_service.protocol import Protocol
from odata_service.values import frozen, mutable


Default = TypeVar("Default")


class Headers(Mapping[str, str]):
    """HTTP headers; names in any case.

    >>> Headers({"Content-Type": "text/plain"})["content-type"]
    'text/plain'
    """

    __slots__ = ("_fields",)

    def __init__(self, fields: Mapping[str, str] | Iterable[tuple[str, str]] = ()) -> None:
        pairs = fields.items() if isinstance(fields, Mapping) else fields
        self._fields: dict[str, tuple[str, str]] = {}
        for name, value in pairs:
            folded = name.lower()
            known = self._fields.get(folded)
            self._fields[folded] = (name, f"{known[1]}, {value}" if known else value)

    def __getitem__(self, name: str) -> str:
        return self._fields[name.lower()][1]

    @overload
    def get(self, name: str) -> str | None: ...
    @overload
    def get(self, name: str, default: str | Default) -> str | Default: ...
    def get(self, name: str, default: object = None) -> object:
        """Most of what is asked for is not there, and an exception costs more than a look."""
        found = self._fields.get(name.lower())
        return default if found is None else found[1]

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self._fields.values())

    def __len__(self) -> int:
        return len(self._fields)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._fields

    def __repr__(self) -> str:
        return f"Headers({dict(self.items())!r})"


class Principal(Shape):
    """Who asks. ``name`` is for logs, ``roles`` for rights."""

    @property
    def name(self) -> str: ...

    @property
    def roles(self) -> frozenset[str]: ...


@dataclass(frozen=True)
class User:
    """A caller, for applications without a class of their own for one; a subclass may say more: a tenant, a locale.
    ``claims`` are what his token, or his account, says of him; ``until`` when, in seconds since 1970, that is not believed
    any more: an answer that goes on ends then."""

    name: str
    roles: frozenset[str] = frozenset()
    claims: Mapping[str, object] = field(default_factory=dict, compare=False, repr=False, kw_only=True)
    until: float = field(default=math.inf, compare=False, repr=False, kw_only=True)


ANONYMOUS = User("anonymous")


def claim_at(claims: Mapping[str, object], path: str) -> object:
    """A claim by its name, or by the names of those that it is in.

    >>> claim_at({"realm_access": {"roles": ["clerk"]}, "https://a.example/roles": ["boss"]}, "realm_access.roles")
    ['clerk']
    >>> claim_at({"https://a.example/roles": ["boss"]}, "https://a.example/roles"), claim_at({"sub": "ada"}, "sub.name")
    (['boss'], None)
    """
    if path in claims:
        return claims[path]
    first, dot, rest = path.partition(".")
    inner = claims.get(first) if dot else None
    return claim_at(inner, rest) if isinstance(inner, Mapping) else None


@frozen
class ODataRequest:
    """One request to a service root.

    ``target`` is the path below the root and ``query`` the query string, both still percent-encoded, because a path
    is split first and decoded once (URL Conventions, URL Parsing). ``root`` is absolute and ends with a slash.
    ``in_batch`` and ``in_changeset`` say whose part a request is.
    """

    protocol: Protocol
    method: str
    target: str
    query: str = ""
    headers: Headers = field(default_factory=Headers)
    body: bytes = b""
    root: str = "http://localhost/"
    principal: Principal = ANONYMOUS
    in_batch: bool = False
    in_changeset: bool = False
    after: str | None = None  # of a part of a batch that only reads: what must have been replayed where it is read


class Sink(Shape):
    """Where the pieces of an answer go that does not end by itself."""

    def put(self, piece: bytes) -> None:
        """Raises OSError where nobody is there any more. It must not wait."""

    def is_gone(self) -> bool: ...

    def close(self) -> None: ...


_TUNNELLED = ("PUT", "MERGE", "PATCH", "DELETE")
_METHODS = ("GET", "HEAD", "POST", *_TUNNELLED)


def method_of(request: ODataRequest) -> str:
    """The method that is meant: ``X-HTTP-Method`` tunnels one through POST (MS-ODATA, X-HTTP-Method)."""
    tunnelled = request.headers.get("X-HTTP-Method")
    if tunnelled is None:
        if request.method not in (*_METHODS, "OPTIONS"):
            raise MethodNotAllowed(request.method, _METHODS)
        return request.method
    if request.method != "POST" or tunnelled.upper() not in _TUNNELLED:
        message = (
            f"X-HTTP-Method is for POST and one of {', '.join(_TUNNELLED)}, not {request.method} and {tunnelled!r:.40}"
        )
        raise BadRequest("BadHeader", message, target="X-HTTP-Method")
    return tunnelled.upper()


@mutable
class Pieces:
    """Pieces of a body, for which something is held until they are made, or nobody wants them any more."""

    made: Iterator[bytes]
    close: Callable[[], None]

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        return next(self.made)


@frozen
class ODataResponse:
    """Status, headers and body, ready for any HTTP server. A long body comes in ``pieces``, each made when it is wanted.
    Where it ``goes_on``, that takes a sink, puts pieces of body into it from now on, and gives how to end it."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    pieces: Iterator[bytes] | None = None
    goes_on: Callable[[Sink], Callable[[], None]] | None = None

    def whole(self) -> ODataResponse:
        """The same in one piece."""
        return self if self.pieces is None else replace(self, body=b"".join(self.pieces), pieces=None)
