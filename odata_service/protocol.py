"""The protocols that one model speaks."""

from __future__ import annotations

from odata_service.values import frozen



@frozen(eq=False)  # there is one of each
class Protocol:
    """A major version of OData, or what was made of one. Nothing between parsing and writing asks which one it is."""

    name: str
    based_on: Protocol | None = None  # what it says nothing else of is as there

    @property
    def lineage(self) -> tuple[Protocol, ...]:
        """Itself and what it is based on."""
        return (self, *(self.based_on.lineage if self.based_on else ()))

    def __str__(self) -> str:
        return self.name


V2 = Protocol("v2")
V4 = Protocol("v4")
DATASYNC = Protocol("tables", V4)  # CommunityToolkit.Datasync 10
ZUMO = Protocol("zumo", DATASYNC)  # what came before it: Azure Mobile Apps, in two dialects
SYNC = Protocol("sync", V4)  # records and queues, for applications in a browser

PROTOCOLS = {protocol.name: protocol for protocol in (V2, V4, DATASYNC, ZUMO, SYNC)}
