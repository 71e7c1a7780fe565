"""The two protocols that one model speaks."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Protocol:
    """A major version of OData. Nothing between parsing and writing asks which one it is."""

    name: str

    def __str__(self) -> str:
        return self.name


V2 = Protocol("v2")
V4 = Protocol("v4")

PROTOCOLS = {protocol.name: protocol for protocol in (V2, V4)}
