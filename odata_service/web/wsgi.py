"""The words of WSGI: an application, a layer before one, and headers that a layer adds to whatever is answered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from types import TracebackType
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

from odata_service.values import mutable

Application = Callable[[WSGIEnvironment, StartResponse], Iterable[bytes]]
Layer = Callable[[Application], Application]
Fields = list[tuple[str, str]]
ADDED = "odata_service.added_headers"


def adds(environ: WSGIEnvironment, start_response: StartResponse, added: Fields) -> StartResponse:
    """Headers for the answer to a request, also where it is written past WSGI (:mod:`odata_service.web.endless`)."""
    environ.setdefault(ADDED, []).extend(added)

    def start(
        status: str,
        headers: Fields,
        exc_info: tuple[type[BaseException], BaseException, TracebackType] | tuple[None, None, None] | None = None,
    ) -> Any:
        """(Any: PEP 3333's write, which nobody uses.)"""
        return start_response(status, merged(headers, added), exc_info)

    return start


def merged(headers: Fields, added: Fields) -> Fields:
    """``Vary`` is a list to which each may add; of the rest the first one counts.

    >>> merged([("Vary", "Accept"), ("A", "1")], [("vary", "Origin"), ("a", "2"), ("B", "3")])
    [('A', '1'), ('B', '3'), ('Vary', 'Accept, Origin')]
    """
    names = {name.lower() for name, _ in headers}
    fresh = [(name, value) for name, value in added if name.lower() not in names]
    vary = [value for name, value in (*headers, *added) if name.lower() == "vary"]
    if len(vary) < 2:
        return [*headers, *fresh]
    return [*(field for field in (*headers, *fresh) if field[0].lower() != "vary"), ("Vary", ", ".join(vary))]


@mutable
class Ending:
    """The pieces of an answer, at whose end, whichever that is, something is to be done."""

    pieces: Iterable[bytes]
    then: Callable[[], object]

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.pieces)

    def close(self) -> None:
        try:
            close = getattr(self.pieces, "close", None)  # PEP 3333: where it has one
            if close is not None:
                close()
        finally:
            self.then()
