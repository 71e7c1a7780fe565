"""Change interceptors are called after a command is put together and before it is written, listeners when it is committed."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import inspect
from sqlalchemy.orm import InstanceState

from odata_service.access import Caller
from odata_service.changing import Change, ChangeListener, UpdateOperations
from odata_service.context import Context
from odata_service.edm.model import EntityModel
from odata_service.execute.pending import Entity, Pending

Called = TypeVar("Called")
logger = logging.getLogger("odata_service")
State = InstanceState[Any]  # of instances of every class


def intercept(pending: Pending, parents: Iterable[Entity], caller: Caller, model: EntityModel) -> None:
    """Call the interceptors of every entity that a command changes. A change of a link is one of its parent, too."""
    for entity, operation in _operations(pending, parents):
        for interceptor in _of_set(entity, caller.rows.change_interceptors, model):
            interceptor(caller.context, entity, operation, _changes(inspect(entity), operation))


def announcements(
    pending: Pending, parents: Iterable[Entity], caller: Caller, model: EntityModel
) -> Iterator[Callable[[], None]]:
    """What is to be called when the changes are committed."""
    for entity, operation in _operations(pending, parents):
        for listener in _of_set(entity, caller.rows.change_listeners, model):
            yield partial(_tell, listener, caller.context, entity, operation)


def _tell(listener: ChangeListener, context: Context, entity: Entity, operation: UpdateOperations) -> None:
    """The change is made and will be answered so, whatever its listeners do."""
    try:
        listener(context, entity, operation)
    except Exception:
        logger.exception("a listener has failed to hear of a change of %s", type(entity).__name__)


def _operations(pending: Pending, parents: Iterable[Entity]) -> Iterator[tuple[Entity, UpdateOperations]]:
    changed = list({id(each): each for each in (*pending.changed, *parents)}.values())
    yield from ((each, UpdateOperations.ADD) for each in pending.added)
    yield from ((each, UpdateOperations.CHANGE) for each in changed)
    yield from ((each, UpdateOperations.DELETE) for each in pending.deleted)


def _of_set(entity: Entity, by_set: Mapping[str, Sequence[Called]], model: EntityModel) -> Sequence[Called]:
    entity_set = model.set_of_class(type(entity))
    return () if entity_set is None else by_set.get(entity_set.name, ())


def _changes(state: State, operation: UpdateOperations) -> Mapping[str, Change]:
    if operation is UpdateOperations.DELETE:
        return {each.key: Change(getattr(state.obj(), each.key), None) for each in state.mapper.column_attrs}
    return dict((*_of_columns(state), *_of_relationships(state)))


def _of_columns(state: State) -> Iterator[tuple[str, Change]]:
    for attribute in state.mapper.column_attrs:
        history = state.attrs[attribute.key].history
        if history.has_changes():
            yield attribute.key, Change(_first(history.deleted), _first(history.added))


def _of_relationships(state: State) -> Iterator[tuple[str, Change]]:
    """Those that were set; what a single one led to before is loaded, collections are not."""
    for relationship in state.mapper.relationships:
        attribute = state.attrs[relationship.key]
        if not attribute.history.has_changes():
            continue
        if relationship.uselist:
            yield relationship.key, Change(tuple(attribute.history.deleted), tuple(attribute.history.added))
        else:
            history = attribute.load_history()
            yield relationship.key, Change(_first(history.deleted), _first(history.added))


def _first(values: Iterable[object]) -> object:
    return next(iter(values), None)
