"""The queue of what was done on the device. There is at most one operation for each entity: a further change is put into it."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime
from itertools import islice
from typing import Any, Literal, TypeVar

from sqlalchemy import Connection, RowMapping, bindparam, delete, func, insert, select, update

from odata_service.values import frozen

from .columns import Values, dumps, loads
from .store import QUEUE, among

OperationKind = Literal["Add", "Replace", "Delete"]
# Of "Sent" nobody knows whether it was heard; "Conflict" waits for somebody's decision; "Failed" was refused for good.
State = Literal["Pending", "Sent", "Conflict", "Failed"]
Entity = tuple[str, str]  # type and id
Item = TypeVar("Item")


class QueueError(Exception):
    """A change that cannot come after what the queue holds of the same entity."""


@frozen
class Remote:
    """An entity as the server has it. ``values`` is ``None`` where it is deleted; ``rest`` is what only the server knows."""

    version: str | None
    values: Values | None
    updated_at: str | None = None
    rest: Values | None = None

    def as_json(self) -> dict[str, Any]:
        return {"version": self.version, "values": self.values, "updatedAt": self.updated_at, "rest": self.rest}

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Remote:
        return cls(document["version"], document["values"], document.get("updatedAt"), document.get("rest"))


@frozen
class Sent:
    """A request that is made, exactly as it will be made again if its answer gets lost. ``revision`` is the number of
    changes that it has in it, ``together`` says that it was made beside others."""

    id: str
    kind: OperationKind
    item: Values
    version: str
    revision: int
    base: Values | None = None
    made: str | None = None
    together: bool = False

    def as_json(self) -> dict[str, Any]:
        return {each.name: getattr(self, each.name) for each in fields(self)}


@frozen
class Operation:
    """A row of the queue. ``item`` is the entity as it is to be, ``base`` as the server had it when the change was made,
    ``theirs`` as the server has it by now, if something else has been seen."""

    id: str
    kind: OperationKind
    entity_type: str
    item_id: str
    item: Values
    entity_version: str
    sequence: int
    made: datetime
    state: State = "Pending"
    version: int = 0
    base: Values | None = None
    theirs: Remote | None = None
    sent: Sent | None = None
    attempts: int = 0
    last_attempt: datetime | None = None
    status: int | None = None
    problem: str | None = None

    @property
    def entity(self) -> Entity:
        return self.entity_type, self.item_id

    @property
    def is_of_now(self) -> bool:
        """Whether nothing was changed since the request was made."""
        return self.sent is None or self.sent.revision == self.version

    def row(self) -> dict[str, Any]:
        return {
            "Id": self.id, "Kind": self.kind, "State": self.state, "LastAttempt": self.last_attempt,
            "HttpStatusCode": self.status, "EntityType": self.entity_type, "ItemId": self.item_id,
            "EntityVersion": self.entity_version, "Item": dumps(self.item), "Sequence": self.sequence,
            "Version": self.version, "Made": self.made, "Base": None if self.base is None else dumps(self.base),
            "Theirs": None if self.theirs is None else dumps(self.theirs.as_json()),
            "Sent": None if self.sent is None else dumps(self.sent.as_json()),
            "Attempts": self.attempts, "Problem": self.problem,
        }  # fmt: skip

    @classmethod
    def of(cls, row: RowMapping) -> Operation:
        return cls(
            row["Id"], row["Kind"], row["EntityType"], row["ItemId"], loads(row["Item"]), row["EntityVersion"],
            row["Sequence"], row["Made"], row["State"], row["Version"],
            None if row["Base"] is None else loads(row["Base"]),
            None if row["Theirs"] is None else Remote.of(loads(row["Theirs"])),
            None if row["Sent"] is None else Sent(**loads(row["Sent"])),
            row["Attempts"], row["LastAttempt"], row["HttpStatusCode"], row["Problem"],
        )  # fmt: skip


@frozen
class Edit:
    """One change of one entity, as a session has written it. ``version`` and ``base`` are those of the server's entity that
    it was made to; ``theirs`` is there where the entity had moved on when the edit was made of an older one."""

    kind: OperationKind
    entity_type: str
    item_id: str
    item: Values
    version: str = ""
    base: Values | None = None
    theirs: Remote | None = None

    @property
    def entity(self) -> Entity:
        return self.entity_type, self.item_id


def collapsed(existing: Operation, edit: Edit, now: datetime) -> Operation | None:
    """What the queue holds after a further change; ``None`` where the server need never hear of the entity.

    An addition that may have been heard already cannot be taken back: its deletion is sent after it.
    """
    kind = _COLLAPSE.get((existing.kind, edit.kind))
    if kind is None:
        raise QueueError(f"{edit.entity_type} {edit.item_id}: {edit.kind} cannot come after {existing.kind}")
    if (existing.kind, edit.kind) == ("Add", "Delete") and existing.sent is None:
        return None
    return replace(
        existing,
        kind=kind,
        item=existing.item if edit.kind == "Delete" else edit.item,
        state="Pending",
        version=existing.version + 1,
        made=now,
        theirs=edit.theirs or existing.theirs,
        problem=None,
        status=None,
    )


_COLLAPSE: Mapping[tuple[OperationKind, OperationKind], OperationKind] = {
    ("Add", "Replace"): "Add",
    ("Add", "Delete"): "Delete",
    ("Replace", "Replace"): "Replace",
    ("Replace", "Delete"): "Delete",
    ("Delete", "Add"): "Replace",
}


@frozen
class Queue:
    """The queue's table inside one transaction."""

    connection: Connection

    def put(self, edits: Sequence[Edit], now: datetime) -> None:
        """Add changes, in their order."""
        held: dict[Entity, Operation | None] = {
            each.entity: each for each in self.of_entities([e.entity for e in edits])
        }
        before = {entity: operation for entity, operation in held.items() if operation is not None}
        sequence = self._next_sequence()
        for edit in edits:
            existing = held.get(edit.entity)
            if existing is None:
                held[edit.entity] = _operation(edit, sequence, now)
                sequence += 1
            else:
                held[edit.entity] = collapsed(existing, edit, now)
        after = {entity: operation for entity, operation in held.items() if operation is not None}
        self.remove([each.id for entity, each in before.items() if entity not in after])
        self._insert([each for entity, each in after.items() if entity not in before])
        for entity, operation in after.items():
            if entity in before and operation is not before[entity]:
                self.save(operation)

    def save(self, operation: Operation) -> None:
        self.save_all([operation])

    def save_all(self, operations: Sequence[Operation]) -> None:
        if operations:
            self.connection.execute(_SAVE, [{"id_": each.id} | each.row() for each in operations])

    def remove(self, ids: Sequence[str]) -> None:
        if ids:
            self.connection.execute(delete(QUEUE).where(among(QUEUE.c.Id, ids)))

    def all(self, types: Iterable[str] | None = None) -> list[Operation]:
        """In the order in which they were made."""
        statement = select(QUEUE).order_by(QUEUE.c.Sequence)
        if types is not None:
            statement = statement.where(QUEUE.c.EntityType.in_(list(types)))
        return [Operation.of(row) for row in self.connection.execute(statement).mappings()]

    def of_ids(self, ids: Sequence[str]) -> dict[str, Operation]:
        rows = self.connection.execute(select(QUEUE).where(among(QUEUE.c.Id, ids))).mappings()
        found = {row["Id"]: Operation.of(row) for row in rows}
        return {id: found[id] for id in ids if id in found}

    def of_entities(self, entities: Iterable[Entity]) -> Iterator[Operation]:
        by_type: dict[str, list[str]] = {}
        for name, id in dict.fromkeys(entities):
            by_type.setdefault(name, []).append(id)
        for name, ids in by_type.items():
            wanted = (QUEUE.c.EntityType == name) & among(QUEUE.c.ItemId, ids)
            yield from map(Operation.of, self.connection.execute(select(QUEUE).where(wanted)).mappings())

    def _next_sequence(self) -> int:
        return (self.connection.scalar(select(func.max(QUEUE.c.Sequence))) or 0) + 1

    def _insert(self, operations: Sequence[Operation]) -> None:
        if operations:
            self.connection.execute(insert(QUEUE), [each.row() for each in operations])


_SAVE = update(QUEUE).where(QUEUE.c.Id == bindparam("id_"))


def _operation(edit: Edit, sequence: int, now: datetime) -> Operation:
    return Operation(
        uuid.uuid4().hex, edit.kind, edit.entity_type, edit.item_id, edit.item, edit.version, sequence, now,
        base=edit.base, theirs=edit.theirs,
    )  # fmt: skip


def pieces(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """
    >>> list(pieces("abcde", 2))
    [['a', 'b'], ['c', 'd'], ['e']]
    """
    iterator = iter(items)
    while piece := list(islice(iterator, size)):
        yield piece
