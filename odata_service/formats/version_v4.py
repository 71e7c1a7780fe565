"""Which version a V4 request and its answer have (Protocol, Header OData-Version and OData-MaxVersion)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from odata_service.errors import BadRequest

_VERSION = re.compile(r"\s*(\d{1,2})\.(\d{1,2})\s*(?:;.*)?", re.ASCII | re.DOTALL)


class Version(NamedTuple):
    """``OData-Version: 4.01``. It is ordered as a decimal fraction, so 4.01 stands between 4.0 and 4.1."""

    major: int
    hundredths: int = 0

    def __str__(self) -> str:
        text = f"{self.major}.{self.hundredths:02}"
        return text.removesuffix("0")

    @classmethod
    def read(cls, header: str, text: str) -> Version:
        """
        >>> str(Version.read("OData-Version", "4.0")), str(Version.read("OData-Version", "4.01;NetFx"))
        ('4.0', '4.01')
        """
        match = _VERSION.fullmatch(text)
        if match is None:
            message = f"{header} has to be a version such as 4.0 or 4.01, not {text[:40]!r}"
            raise BadRequest("InvalidVersion", message, target=header)
        return cls(int(match[1]), int(match[2].ljust(2, "0")))


V4_0 = Version(4)
V4_01 = Version(4, 1)
_SPOKEN = (V4_0, V4_01)


def negotiate(headers: Mapping[str, str], highest: Version = V4_01) -> Version:
    """The version of the answer: the highest that the client reads. A client that says nothing gets 4.0, because there
    are such clients and 4.01's names are not known to them.

    >>> str(negotiate({})), str(negotiate({"OData-MaxVersion": "4.01"})), str(negotiate({"OData-MaxVersion": "5.0"}))
    ('4.0', '4.01', '4.01')
    """
    return _negotiated(headers.get("OData-Version"), headers.get("OData-MaxVersion"), highest)


@lru_cache(maxsize=256)
def _negotiated(spoken: str | None, limit: str | None, highest: Version) -> Version:
    asked = _spoken(spoken)
    wanted = (asked or V4_0) if limit is None else Version.read("OData-MaxVersion", limit)
    if wanted < V4_0:
        message = f"this service answers in version 4.0 at least, and the client reads {wanted} at most"
        raise BadRequest("VersionNotSupported", message, target="OData-MaxVersion")
    return min(_newest(wanted), highest)


def version_of_body(headers: Mapping[str, str]) -> Version:
    """The version in which the request itself is written; where it does not say so, the newest that the client reads
    (Protocol, Header OData-Version)."""
    limit = headers.get("OData-MaxVersion")
    return _spoken(headers.get("OData-Version")) or (V4_01 if limit is None else _newest(Version.read("OData-MaxVersion", limit)))


def _newest(limit: Version) -> Version:
    return max((version for version in _SPOKEN if version <= limit), default=V4_0)


def _spoken(text: str | None) -> Version | None:
    if text is None:
        return None
    version = Version.read("OData-Version", text)
    if version not in _SPOKEN:
        message = f"this service reads versions 4.0 and 4.01, and the request is in {version}"
        raise BadRequest("VersionNotSupported", message, target="OData-Version")
    return version
