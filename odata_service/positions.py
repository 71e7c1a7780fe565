"""Whoever has changed something reads it, wherever he reads.

The answer to a change carries the position at which the database was after it, signed, as a cookie and as ``Consistency-Token``.
A client that brings it back may be read to from a replica that has replayed that position. One that brings nothing may have written
whatever it likes, and is read to from the database itself; what it is told then is the position to bring along from now on. Only who
may not change anything has nothing to miss. So no process has to remember who wrote what.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from odata_service.access import Access
from odata_service.errors import BadRequest, ODataError
from odata_service.execute.connection import ReadConnections, Timing
from odata_service.execute.replica import START
from odata_service.message import ODataRequest, ODataResponse
from odata_service.token import TokenCodec

TOKEN = "Consistency-Token"
NOWHERE = ""  # the position of a database that could not be asked for it
_READS = ("GET", "HEAD")


@dataclass(frozen=True)
class Positions:
    """Reads and writes the positions of one database, which ``of`` names: those of another, with the same secret, say nothing here."""

    access: Access
    database: ReadConnections
    tokens: TokenCodec
    of: str

    @cached_property
    def cookie(self) -> str:
        """A name that no other service of the same host has."""
        return f"odata_position_{hashlib.sha256(self.of.encode()).hexdigest()[:8]}"

    def asked(self, request: ODataRequest) -> str | None:
        """What must have been replayed where a request is read; ``None`` where only the database itself will do."""
        if request.in_batch:
            return request.after
        return self.brought(request) if request.method in _READS else None

    def brought(self, request: ODataRequest) -> str | None:
        """The position of the last change that a caller knows of, as far as his request tells."""
        if self.access.grant(request.principal).only_reads:
            return START
        return next(filter(None, map(self._position, self._brought(request))), None)

    def tell(self, request: ODataRequest, response: ODataResponse, timing: Timing) -> None:
        """Put the position into the answer to a change, and into one to a client that has brought none. Who is refused a change reads
        next what was in its way."""
        is_change = request.method not in _READS
        if request.in_batch or timing.after is not None or response.status >= (500 if is_change else 400):
            return
        token = self.tokens.sign(TOKEN, self.of, [self._now(timing)])
        secure = "; Secure" if request.root.startswith("https:") else ""
        response.headers[TOKEN] = token
        response.headers["Set-Cookie"] = f"{self.cookie}={token}; Path=/; HttpOnly; SameSite=Lax{secure}"

    def _now(self, timing: Timing) -> str:
        """Asked when all is committed, so it is not before any change of the request."""
        try:
            with self.database.open(timing) as connection:
                (position,) = connection.one(self.database.database.position, ())
        except ODataError:  # what was changed is changed all the same
            return NOWHERE
        return str(position or NOWHERE)

    def _brought(self, request: ODataRequest) -> Iterator[str]:
        said = request.headers.get(TOKEN)
        if said is not None:
            yield said
            return
        for pair in request.headers.get("Cookie", "").split(";"):
            name, _, value = pair.strip().partition("=")
            if name == self.cookie:
                yield value

    def _position(self, token: str) -> str | None:
        """What is not ours says nothing."""
        try:
            return str(self.tokens.read(TOKEN, self.of, token)[0])
        except (BadRequest, UnicodeError):
            return None
