"""Which version of the protocol a V2 request and its answer have (MS-ODATA, Version Negotiation)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

from odata_service.errors import BadRequest
from odata_service.result import (
    EntityCollection, EntityCount, EntityDelta, EntityLinks, Level, Metadata, Result, SingleEntity,
)  # fmt: skip

_VERSION = re.compile(r"\s*(\d)\.(\d)\s*(?:;.*)?", re.ASCII | re.DOTALL)


class Version(NamedTuple):
    """``DataServiceVersion: 2.0;NetFx``; what follows the semicolon names the client and means nothing."""

    major: int
    minor: int = 0

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}"

    @property
    def header(self) -> str:
        """With the semicolon that WCF writes; the WCF client, datajs, Olingo, Simple.OData.Client and pyodata read both."""
        return f"{self};"

    @classmethod
    def read(cls, header: str, text: str) -> Version:
        match = _VERSION.fullmatch(text)
        if match is None:
            raise BadRequest(
                "InvalidVersion", f"{header} has to be a version such as 2.0, not {text[:40]!r}", target=header
            )
        return cls(int(match[1]), int(match[2]))


V1_0 = Version(1)
V2_0 = Version(2)

# What came with version 2.0: a client that stops at 1.0 could not read the answer.
_NEW_IN_2 = frozenset({"$inlinecount", "$count", "$skiptoken", "$select", "!deltatoken"})


def negotiate(headers: Mapping[str, str], max_protocol_version: Version = V2_0) -> Version:
    """The version of the answer: 2.0, whose form every client reads, or 1.0 where the client stops there.

    >>> str(negotiate({})), str(negotiate({"MaxDataServiceVersion": "1.0;NetFx"}))
    ('2.0', '1.0')
    """
    return _negotiated(headers.get("DataServiceVersion"), headers.get("MaxDataServiceVersion"), max_protocol_version)


@lru_cache(maxsize=256)  # a client sends the same headers again and again
def _negotiated(written_in: str | None, limit: str | None, max_protocol_version: Version) -> Version:
    asked = _version("DataServiceVersion", written_in)
    if asked is not None and asked > max_protocol_version:
        raise BadRequest(
            "VersionNotSupported",
            f"this service speaks version {max_protocol_version} at most, and the request is in {asked}",
            target="DataServiceVersion",
        )
    highest = _version("MaxDataServiceVersion", limit) or V2_0
    if highest < V1_0:
        raise BadRequest(
            "VersionNotSupported", f"no answer can be given in version {highest}", target="MaxDataServiceVersion"
        )
    return V1_0 if min(highest, max_protocol_version) < V2_0 else V2_0


def _version(name: str, text: str | None) -> Version | None:
    return None if text is None else Version.read(name, text)


def refuse_newer(version: Version, options: Iterable[str]) -> None:
    """Refuse what an answer in version 1.0 cannot carry.

    >>> refuse_newer(V1_0, ["$filter", "$inlinecount"])
    Traceback (most recent call last):
    odata_service.errors.BadRequest: $inlinecount needs MaxDataServiceVersion 2.0; the request allows 1.0
    """
    if version >= V2_0:
        return
    for option in options:
        if option in _NEW_IN_2:
            raise BadRequest(
                "VersionNotSupported",
                f"{option} needs MaxDataServiceVersion 2.0; the request allows {version}",
                target=option,
            )


def needs_2(result: Result) -> bool:
    """Whether an answer has what an older client cannot read: counts, links to further pages or to changes."""
    match result:
        case EntityCount() | EntityDelta() | Metadata():
            return True
        case EntityCollection() | EntityLinks():
            linked = getattr(result, "delta_link", None) is not None or result.next_link is not None
            return linked or result.count is not None or _is_cut(result.level)
        case SingleEntity():
            return _is_cut(result.level)
    return False


def _is_cut(level: Level) -> bool:
    """Whether an expanded collection goes on elsewhere."""
    return bool(level.cut) or any(map(_is_cut, level.children))
