"""The session in which an application works: what its flush writes, it also puts into the queue, in the same transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, event, inspect, select
from sqlalchemy.orm import Mapper, ORMExecuteState, Session, object_session
from sqlalchemy.orm.base import NO_VALUE

from odata_service.values import mutable

from .entity import ID, UPDATED_AT, VERSION, EntityShape, OfflineEntity, given_id
from .operations import Edit, OperationKind, Queue, Remote
from .store import begin


class BulkWriteRefused(Exception):
    """A statement that would change entities behind the queue's back."""


@mutable
class Recorder:
    """What a session has written since its last flush. ``shapes`` are the classes whose changes are queued."""

    shapes: Mapping[str, EntityShape]
    clock: Callable[[], datetime]
    edits: list[Edit] = field(default_factory=list)
    stored: dict[int, Mapping[str, Any]] = field(default_factory=dict)  # by the id() of the instance, during a flush


class OfflineSession(Session):
    """A session of :class:`OfflineContext`. With ``queue=False`` what it writes stays on the device."""

    recorder: Recorder | None = None

    def _bulk_save_mappings(self, *told: Any, **options: Any) -> None:
        """What all methods of the name ``bulk_…`` come to."""
        if self.recorder is not None:
            raise BulkWriteRefused("bulk_… tells nobody what it writes: add entities, or use a session(queue=False)")
        super()._bulk_save_mappings(*told, **options)


def recording(session: OfflineSession, shapes: Mapping[str, EntityShape], clock: Callable[[], datetime]) -> None:
    session.recorder = Recorder(shapes, clock)


@event.listens_for(OfflineSession, "before_flush")
def _lock(session: OfflineSession, _context: object, _instances: object) -> None:
    if session.recorder is not None:  # whatever a flush has left that did not come to its end
        session.recorder.edits.clear()
        session.recorder.stored.clear()
    if session.new or session.dirty or session.deleted:
        begin(session.connection())


@event.listens_for(OfflineSession, "after_flush")
def _queue(session: OfflineSession, _context: object) -> None:
    recorder = session.recorder
    if recorder is not None and recorder.edits:
        edits, recorder.edits = recorder.edits, []
        recorder.stored.clear()
        Queue(session.connection()).put(edits, recorder.clock())


@event.listens_for(OfflineSession, "do_orm_execute")
def _refuse_bulk(state: ORMExecuteState) -> None:
    recorder = getattr(state.session, "recorder", None)
    if recorder is None or not (state.is_insert or state.is_update or state.is_delete):
        return
    table = getattr(getattr(state.statement, "table", None), "name", None)
    written = next((shape for shape in recorder.shapes.values() if shape.table.name == table), None)
    if written is not None:
        raise BulkWriteRefused(
            f"{written.name} is synchronised: change its entities one by one, or in a session(queue=False)"
        )


def _recorded(target: Any) -> tuple[Recorder, EntityShape] | None:
    recorder = getattr(object_session(target), "recorder", None)
    shape = recorder.shapes.get(type(target).__name__) if recorder is not None else None
    return None if recorder is None or shape is None else (recorder, shape)


@event.listens_for(OfflineEntity, "before_insert", propagate=True)
def _before_insert(_mapper: Mapper[Any], _connection: Connection, target: Any) -> None:
    if found := _recorded(target):
        target.Id = given_id(found[1], target.Id)


@event.listens_for(OfflineEntity, "after_insert", propagate=True)
def _after_insert(_mapper: Mapper[Any], _connection: Connection, target: Any) -> None:
    if found := _recorded(target):
        recorder, shape = found
        item = shape.item({name: getattr(target, name) for name in shape.members})
        recorder.edits.append(Edit("Add", shape.name, shape.id_text(target.Id), item))


@event.listens_for(OfflineEntity, "before_update", propagate=True)
def _before_update(_mapper: Mapper[Any], connection: Connection, target: Any) -> None:
    if found := _recorded(target):
        _note_stored(*found, connection, target)


@event.listens_for(OfflineEntity, "after_update", propagate=True)
def _after_update(_mapper: Mapper[Any], _connection: Connection, target: Any) -> None:
    found = _recorded(target)
    if found is None:
        return
    recorder, shape = found
    stored = recorder.stored.pop(id(target), None)
    changed = [name for name in shape.members if inspect(target).attrs[name].history.has_changes()]
    if stored is None or not changed:
        return
    if ID in changed:
        raise ValueError(f"the {ID} of a {shape.name} does not change")
    recorder.edits.append(_edited(shape, target, stored, "Replace"))


@event.listens_for(OfflineEntity, "before_delete", propagate=True)
def _before_delete(_mapper: Mapper[Any], connection: Connection, target: Any) -> None:
    found = _recorded(target)
    if found is None:
        return
    recorder, shape = found
    _note_stored(recorder, shape, connection, target)
    stored = recorder.stored.pop(id(target), None)
    if stored is not None:
        recorder.edits.append(_edited(shape, target, stored, "Delete"))


def _note_stored(recorder: Recorder, shape: EntityShape, connection: Connection, target: Any) -> None:
    """What the file has of the entity, before it is written to."""
    names = [*shape.members, VERSION, UPDATED_AT]
    key = inspect(target).identity
    columns = [shape.column(name).label(name) for name in names]
    row = connection.execute(select(*columns).where(shape.column(ID) == key[0])).mappings().first()
    if row is not None:
        recorder.stored[id(target)] = dict(row)


def _edited(shape: EntityShape, target: Any, stored: Mapping[str, Any], kind: OperationKind) -> Edit:
    """The application may have changed an entity that it had read before a pull brought a newer one: then its change is
    one of the older, and the newer is what the server has by now."""
    base = dict(stored) | _loaded(shape, target)
    is_stale = base[VERSION] != stored[VERSION]
    theirs = Remote(stored[VERSION], shape.item(stored), _moment_text(stored)) if is_stale else None
    before = shape.item(base if is_stale else stored)
    item = before if kind == "Delete" else shape.item({name: getattr(target, name) for name in shape.members})
    return Edit(kind, shape.name, shape.id_text(target.Id), item, base[VERSION] or "", before, theirs)


def _loaded(shape: EntityShape, target: Any) -> dict[str, Any]:
    """What the entity had when the application read it, as far as it did."""
    state, found = inspect(target), {}
    for name in (*shape.members, VERSION):
        if name in state.committed_state:
            value = state.committed_state[name]
        else:
            value = state.attrs[name].history.unchanged[0] if state.attrs[name].history.unchanged else NO_VALUE
        if value is not NO_VALUE:
            found[name] = value
    return found


def _moment_text(stored: Mapping[str, Any]) -> str | None:
    value = stored[UPDATED_AT]
    return None if value is None else value.isoformat().replace("+00:00", "Z")
