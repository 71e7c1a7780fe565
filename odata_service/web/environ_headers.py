"""A request's headers where WSGI keeps them (PEP 3333, environ Variables)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any
from wsgiref.types import WSGIEnvironment

from odata_service.message import Headers

_OF_THEIR_OWN = ("CONTENT_TYPE", "CONTENT_LENGTH")


class EnvironHeaders(Headers):
    """Looked up one by one: a request has many headers, and few of them are asked for.

    >>> headers = EnvironHeaders({"HTTP_IF_MATCH": "*", "CONTENT_TYPE": "application/json", "PATH_INFO": "/"})
    >>> headers["If-Match"], headers.get("content-type"), headers.get("Accept"), list(headers)
    ('*', 'application/json', None, ['If-Match', 'Content-Type'])
    """

    __slots__ = ("_environ",)

    def __init__(self, environ: WSGIEnvironment) -> None:
        self._environ = environ

    def __getitem__(self, name: str) -> str:
        value: str = self._environ[_variable(name)]
        return value

    def get(self, name: str, default: Any = None) -> Any:
        return self._environ.get(_variable(name), default)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and _variable(name) in self._environ

    def __iter__(self) -> Iterator[str]:
        for variable in self._environ:
            if variable.startswith("HTTP_"):
                yield variable[5:].replace("_", "-").title()
            elif variable in _OF_THEIR_OWN:
                yield variable.replace("_", "-").title()

    def __len__(self) -> int:
        return sum(1 for _ in self)


@lru_cache(maxsize=256)
def _variable(name: str) -> str:
    """
    >>> _variable("If-Match"), _variable("content-type")
    ('HTTP_IF_MATCH', 'CONTENT_TYPE')
    """
    upper = name.upper().replace("-", "_")
    return upper if upper in _OF_THEIR_OWN else f"HTTP_{upper}"
