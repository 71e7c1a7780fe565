"""Changes of many entities at once: a delta for a set, and changes of each member of a collection."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import partial
from typing import Any, Protocol

from sqlalchemy.exc import DBAPIError

from odata_service.access import Caller
from odata_service.bind.command import ApplyDelta, DeleteEach, UpdateEach
from odata_service.bind.payload import EntityPayload, EntityReference, Removed
from odata_service.bind.query import Query
from odata_service.edm.model import EntitySet
from odata_service.errors import NotFound, ODataError
from odata_service.execute.deep_update import DeepUpdate, Entity, Work
from odata_service.execute.place import place_of
from odata_service.links import Place
from odata_service.values import frozen

Item = EntityPayload | EntityReference | Removed
Did = tuple[str, Entity | None]  # an operation and the entity it was about, where there is one


@frozen
class Done:
    """What became of one entity. ``operation`` is what was to be done with it, ``error`` why that was not possible; what
    could not be inserted is in no place."""

    operation: str
    place: Place | None
    content_id: str | None = None
    error: ODataError | None = None


@frozen
class ChangedSet:
    """What became of each entity, in the order in which they were named."""

    entity_set: EntitySet
    items: tuple[Done, ...]

    @property
    def has_failures(self) -> bool:
        return any(each.error is not None for each in self.items)


class SetWork(Work, Protocol):
    """What a change of many asks of the change it is."""

    def entities(self, query: Query) -> Sequence[Entity]: ...

    def flush(self) -> None: ...

    def look_ahead(self, wanted: Mapping[EntitySet, Sequence[tuple[object, ...]]]) -> None: ...

    @property
    def caller(self) -> Caller: ...

    def insert(self, payload: EntityPayload) -> Entity: ...

    def refusal(self, error: DBAPIError) -> BaseException | None: ...


@frozen
class SetChange:
    """One change of many entities: all of it or, with ``goes_on``, all that is possible."""

    work: SetWork
    entity_set: EntitySet
    goes_on: bool

    def delta(self, command: ApplyDelta) -> ChangedSet:
        """PATCH of a set: each item is an upsert or a deletion (Protocol, Update a Collection of Entities)."""
        items = command.payload.items
        if self.goes_on or len(items) < 2 or self.work.caller.rows.is_watched or not all(map(_is_plain, items)):
            return self._all([(partial(self._apply, item), item) for item in items])
        self.work.look_ahead({self.entity_set: [key for item in items if None not in (key := self._key(item))]})
        did = [self._apply(item) for item in items]
        self.work.flush()
        return ChangedSet(
            self.entity_set,
            tuple(
                Done(operation, self._place(entity), _content_id(item))
                for (operation, entity), item in zip(did, items, strict=True)
            ),
        )

    def _key(self, item: Item) -> tuple[object, ...]:
        values = item.values if isinstance(item, EntityPayload) else item.key if isinstance(item, Removed) else {}
        return tuple(values.get(part.name) for part in self.entity_set.type.key)

    def update_each(self, command: UpdateEach) -> ChangedSet:
        def update(entity: Entity) -> Did:
            self.work.assign(entity, command.payload, False)
            return "update", entity

        return self._each(command, update)

    def delete_each(self, command: DeleteEach) -> ChangedSet:
        def delete(entity: Entity) -> Did:
            self.work.remove(entity)
            return "delete", entity

        return self._each(command, delete)

    def _each(self, command: UpdateEach | DeleteEach, change: Callable[[Entity], Did]) -> ChangedSet:
        entities = self.work.entities(command.target)
        command.check(len(entities))
        return self._all([(partial(change, entity), entity) for entity in entities])

    def _all(self, changes: Sequence[tuple[Callable[[], Did], Item | Entity]]) -> ChangedSet:
        return ChangedSet(self.entity_set, tuple(self._one(change, what) for change, what in changes))

    def _apply(self, item: Item) -> Did:
        found = self._found(item)
        if isinstance(item, Removed):
            if found is not None:  # what is gone already is as the client wants it
                self.work.remove(found)
            return "delete", found
        if found is None:
            if isinstance(item, EntityReference):
                raise NotFound("ResourceNotFound", f"there is no entity {item.uri!r:.200}")
            return "insert", self.work.insert(self._with_key(item))
        if isinstance(item, EntityPayload):
            self.work.assign(found, item, False)
        return "update", found

    def _found(self, item: Item) -> Entity | None:
        if isinstance(item, EntityReference):
            item = Removed({}, item)
        return DeepUpdate(self.work).found(item, self.entity_set, {})

    def _with_key(self, item: EntityPayload) -> EntityPayload:
        """A new entity gets the key that its address says."""
        if item.reference is None:
            return item
        query, _ = self.work.referred(item.reference.uri)
        key = {declared.name: constant.value for declared, constant in query.source[-1].key}
        return replace(item, values={**key, **item.values})

    def _one(self, change: Callable[[], Did], what: Item | Entity) -> Done:
        """One of many; with ``goes_on`` in a savepoint of its own."""
        try:
            with self._savepoint():
                operation, entity = change()
                self.work.flush()
                return Done(operation, self._place(entity), _content_id(what))
        except ODataError as error:
            refusal = error
        except DBAPIError as error:
            known = self.work.refusal(error)
            if not isinstance(known, ODataError) or known.status >= 500:
                raise
            refusal = known
        if not self.goes_on:
            raise refusal
        return self._failed(what, refusal)

    def _savepoint(self) -> AbstractContextManager[Any]:
        return self.work.session.begin_nested() if self.goes_on else nullcontext()

    def _failed(self, what: Item | Entity, error: ODataError) -> Done:
        if not isinstance(what, Item):
            return Done("update", self._place(what), None, error)
        entity = self._found(what if isinstance(what, EntityReference) else replace(what, **_without_state(what)))
        operation = "delete" if isinstance(what, Removed) else "insert" if entity is None else "update"
        return Done(operation, self._place(entity), _content_id(what), error)

    def _place(self, entity: Entity | None) -> Place | None:
        return None if entity is None else place_of(entity, self.entity_set, self.work.session)


def _is_plain(item: Item) -> bool:
    """Whether an item says nothing of others, and is known by its key."""
    if isinstance(item, EntityPayload):
        return item.reference is None and not (item.related or item.changes)
    return isinstance(item, Removed) and item.reference is None


def _without_state(item: EntityPayload | Removed) -> dict[str, Any]:
    """A failed item is looked for in whatever state it is."""
    return {"etag": None} if isinstance(item, EntityPayload) else {}


def _content_id(what: Item | Entity) -> str | None:
    return what.content_id if isinstance(what, EntityPayload) else None
