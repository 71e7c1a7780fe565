"""What the application's own code is told of the request that it is called for."""

from __future__ import annotations

from dataclasses import field, replace
from typing import TYPE_CHECKING

from odata_service.message import ODataRequest, Principal
from odata_service.values import mutable

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from odata_service.execute.connection import Timing


@mutable
class Context:
    """One request. ``session`` is that of its transaction where something is changed, else ``None``; ``timing`` says, when it
    is finished, what the database was asked for it."""

    request: ODataRequest
    session: Session | None = None
    timing: Timing | None = field(default=None, kw_only=True)

    @property
    def user(self) -> Principal:
        return self.request.principal

    @property
    def base_url(self) -> str:
        """The address of the service, with which links begin. A handler of ``request_started`` may set it, where
        clients know the service by another name than the server does."""
        return self.request.root

    @base_url.setter
    def base_url(self, url: str) -> None:
        self.request = replace(self.request, root=f"{url.rstrip('/')}/")

    @property
    def in_batch(self) -> bool:
        return self.request.in_batch

    @property
    def in_changeset(self) -> bool:
        return self.request.in_changeset
