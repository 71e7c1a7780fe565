"""One entry of a client's queue: what it has done to a record while it was offline."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from odata_service.bind.conflict import ConflictRule
from odata_service.bind.payload import EntityPayload
from odata_service.edm.model import EntitySet
from odata_service.values import frozen

Action = Literal["add", "update", "replace", "delete", "upsert"]


@frozen
class Sync:
    """An operation. ``payload`` has the record's key and what is set. The client has started from the record with the
    stamp ``version``, or from the values ``base``; it has made its change ``at`` some time. What it does not say, no
    conflict can be told by."""

    entity_set: EntitySet
    action: Action
    payload: EntityPayload
    rule: ConflictRule
    base: Mapping[str, object] | None = None
    version: datetime | None = None
    at: datetime | None = None

    @property
    def key(self) -> tuple[object, ...]:
        """The record's."""
        return tuple(self.payload.values.get(part.name) for part in self.entity_set.type.key)

    @property
    def knows_record(self) -> bool:
        """Whether the client has seen the record on the server."""
        return self.version is not None or self.base is not None
