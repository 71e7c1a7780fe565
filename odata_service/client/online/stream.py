"""Octets that belong to an entity: the content of a media entity, or a property that is a stream."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..transport import Response
from .exchange import Call

if TYPE_CHECKING:
    from .entity import Entity


class Stream:
    """``client.media(item).read()``, ``product.Photo.write(octets, "image/png")``"""

    def __init__(self, entity: Entity, segment: str) -> None:
        self._entity, self._client = entity, entity._client
        self._address = f"{entity._where}/{segment}"
        self.content_type: str | None = None  # of what was read

    def read(self) -> bytes:
        response = self._client._exchange.ask(Call("GET", self._address, headers={"Accept": "*/*"}))
        self.content_type = response.headers.get("content-type")
        return response.content

    def write(self, content: bytes, content_type: str = "application/octet-stream") -> None:
        self._change(Call("PUT", self._address, content, {"Content-Type": content_type, **self._state}))

    def delete(self) -> None:
        self._change(Call("DELETE", self._address, headers=self._state))

    def _change(self, call: Call) -> None:
        """Its octets are part of the entity's state."""

        def finish(response: Response) -> None:
            self._entity._etag = response.headers.get("etag", self._entity._etag)

        self._client._perform(call, finish)

    @property
    def _state(self) -> dict[str, str]:
        return self._client._if_match(self._entity._kind, self._entity._etag)

    def __repr__(self) -> str:
        return f"Stream({self._address})"
