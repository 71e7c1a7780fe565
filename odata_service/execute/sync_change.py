"""One operation of a client's queue, done to the record as it is now."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Literal
from typing import Protocol as Shape

from odata_service.access import Caller, EntitySetRights
from odata_service.bind.conflict import RULES, Conflict, Resolution, same
from odata_service.bind.payload import EntityPayload
from odata_service.bind.sync import Action, Sync
from odata_service.edm.model import EntitySet
from odata_service.edm.sync_type import stamp_of
from odata_service.errors import NotFound
from odata_service.execute.assignment import has_values
from odata_service.tracking import milliseconds
from odata_service.tracking.tracked import tombstone_of
from odata_service.values import frozen

Entity = Any  # an instance of whatever class is mapped
Did = Literal["added", "updated", "deleted", "unchanged", "kept", "open"]
_RIGHTS: Mapping[Action, EntitySetRights] = {
    "add": EntitySetRights.WRITE_APPEND,
    "update": EntitySetRights.WRITE_MERGE,
    "replace": EntitySetRights.WRITE_REPLACE,
    "delete": EntitySetRights.WRITE_DELETE,
    "upsert": EntitySetRights.WRITE_APPEND | EntitySetRights.WRITE_MERGE,
}


@frozen
class Met:
    """A conflict, and how it was resolved; ``contested`` are the columns that both sides have changed."""

    resolution: Resolution
    contested: frozenset[str]
    is_gone: bool
    stamp: datetime | None = None  # of the record, or of its tombstone
    base: Mapping[str, object] | None = None  # what both have started from, where it is known


@frozen
class Synced:
    """What came of an operation: ``kept`` is a record that stays as the server has it, ``open`` an operation on which the
    client has to decide. ``key`` is that of the record."""

    entity_set: EntitySet
    key: tuple[object, ...]
    did: Did
    met: Met | None = None


class Work(Shape):
    """The change that the operation is part of."""

    @property
    def caller(self) -> Caller: ...

    def keyed(self, entity_set: EntitySet, values: Mapping[str, object]) -> Entity | None: ...

    def insert(self, payload: EntityPayload) -> Entity: ...

    def assign(self, entity: Entity, payload: EntityPayload, replace: bool) -> None: ...

    def revive(self, entity: Entity, payload: EntityPayload, replace: bool) -> None: ...

    def remove(self, entity: Entity) -> None: ...

    def purged_until(self, entity_set: EntitySet, values: Mapping[str, object]) -> datetime | None:
        """When the record with a key among the values was deleted, as far as that is known: where not even its tombstone is
        there any more, at the greatest stamp of such a one at the latest."""

    def as_it_was(self, entity_set: EntitySet, entity: Entity, stamp: datetime) -> Mapping[str, object] | None:
        """The values that an entity had when it got a stamp, where they are kept and the caller saw them."""


@frozen
class SyncChange:
    """Finds out in which state the record is, whether the client knows it so, and what is to be done."""

    work: Work
    command: Sync

    def apply(self) -> Callable[[], Synced]:
        self.work.caller.demand(self.command.entity_set, _RIGHTS[self.command.action])
        found = self.work.keyed(self.command.entity_set, self.command.payload.values)
        if found is None:
            return self._absent()
        tombstone = tombstone_of(type(found))
        if tombstone is not None and getattr(found, tombstone):
            return self._deleted(found)
        return self._present(found)

    def _absent(self) -> Callable[[], Synced]:
        action = self.command.action
        if action == "delete":
            return self._done("unchanged")
        if self.command.knows_record:  # it was there, and not even its tombstone is any more
            return self._purged(self.work.purged_until(self.command.entity_set, self.command.payload.values))
        if action == "update":
            raise NotFound("ResourceNotFound", f"there is no such record in {self.command.entity_set.name}")
        return self._insert()

    def _purged(self, until: datetime | None) -> Callable[[], Synced]:
        """It was deleted at that time or before, which the client knows if its version is as late."""
        version = self.command.version
        if version is not None and until is not None and milliseconds(version) >= milliseconds(until):
            return self._insert()
        return self._decided(None, self._conflict(None, until))

    def _deleted(self, found: Entity) -> Callable[[], Synced]:
        if self.command.action == "delete":
            return self._done("unchanged", found)
        if self._knows(found):  # that it was deleted, and wants it back
            return self._revive(found)
        return self._decided(found, self._conflict(None, self._stamp(found), self._base(found)))

    def _present(self, found: Entity) -> Callable[[], Synced]:
        action, payload = self.command.action, self.command.payload
        if action not in ("delete", "replace") and has_values(found, payload):
            return self._done("unchanged", found)
        if action == "add" or self._has_moved_on(found):
            server = {name: self._value(found, name) for name in self._named}
            return self._decided(found, self._conflict(server, self._stamp(found), self._base(found)))
        return self._write(found, payload)

    def _knows(self, found: Entity) -> bool:
        """Whether the client has seen the record, or its tombstone, as it is."""
        version = self.command.version
        return version is not None and milliseconds(version) == milliseconds(self._stamp(found))

    def _has_moved_on(self, found: Entity) -> bool:
        """Whether the record is not as the client knows it. A stamp alone may have changed for nothing that matters."""
        version, base, at = self.command.version, self.command.base, self.command.at
        if version is None and base is None:
            return at is not None and milliseconds(at) < milliseconds(self._stamp(found))
        if self._knows(found):
            return False
        return base is None or any(not same(self._value(found, name), value) for name, value in base.items())

    @property
    def _named(self) -> set[str]:
        """The columns that the client speaks of."""
        return {*self.command.payload.values, *(self.command.base or {})}

    def _value(self, found: Entity, name: str) -> object:
        value: object = getattr(found, self.command.entity_set.type.properties[name].attribute)
        return value

    def _stamp(self, found: Entity) -> datetime:
        stamp: datetime = getattr(found, stamp_of(self.command.entity_set.type).attribute)
        return stamp

    def _base(self, found: Entity) -> Mapping[str, object] | None:
        """What the client has started from: it says so, or names a version of which the values are kept."""
        version = self.command.version
        if self.command.base is not None or version is None:
            return self.command.base
        known = self.work.as_it_was(self.command.entity_set, found, version)
        return None if known is None else {name: known[name] for name in self._named if name in known}

    def _conflict(
        self, server: Mapping[str, object] | None, stamp: datetime | None, base: Mapping[str, object] | None = None
    ) -> Conflict:
        client = None if self.command.action == "delete" else self.command.payload.values
        return Conflict(client, server, self.command.base if base is None else base, self.command.at, stamp)

    def _decided(self, found: Entity | None, conflict: Conflict) -> Callable[[], Synced]:
        resolution, payload = RULES[self.command.rule](conflict), self.command.payload
        met = Met(resolution, conflict.contested, conflict.server is None, conflict.stamp, conflict.base)
        match resolution.winner:
            case "ask":
                return self._done("open", found, met)
            case "server":
                return self._done("kept", found, met)
            case "client":
                if found is None:
                    return self._insert(met)
                return self._write(found, payload, met) if conflict.server is not None else self._revive(found, met)
            case "merge":
                assert found is not None, "what is gone cannot be merged with"
                values = {name: payload.values[name] for name in resolution.columns}
                return self._write(found, replace(payload, values=values), met)

    def _insert(self, met: Met | None = None) -> Callable[[], Synced]:
        self.work.caller.demand(self.command.entity_set, EntitySetRights.WRITE_APPEND)
        return self._done("added", self.work.insert(self.command.payload), met)

    def _revive(self, found: Entity, met: Met | None = None) -> Callable[[], Synced]:
        self.work.caller.demand(self.command.entity_set, EntitySetRights.WRITE_APPEND)
        self.work.revive(found, self.command.payload, self.command.action != "update")
        return self._done("added", found, met)

    def _write(self, found: Entity, payload: EntityPayload, met: Met | None = None) -> Callable[[], Synced]:
        action = self.command.action
        if action == "delete":
            self.work.remove(found)
            return self._done("deleted", found, met)
        if action in ("add", "upsert"):
            self.work.caller.demand(self.command.entity_set, EntitySetRights.WRITE_MERGE)
        is_whole = action == "replace" and (met is None or met.resolution.winner == "client")
        self.work.assign(found, payload, is_whole)
        return self._done("updated", found, met)

    def _done(self, did: Did, entity: Entity | None = None, met: Met | None = None) -> Callable[[], Synced]:
        """A new entity has its key when all is written."""
        entity_set, given = self.command.entity_set, self.command.payload.values

        def done() -> Synced:
            parts = entity_set.type.key
            key = (given.get(part.name) if entity is None else getattr(entity, part.attribute) for part in parts)
            return Synced(entity_set, tuple(key), did, met)

        return done
