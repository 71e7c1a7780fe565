"""Change interceptors are called: after a command is put together and before it is written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sqlalchemy import inspect
from sqlalchemy.orm import InstanceState

from odata_service.access import Caller
from odata_service.changing import Change, UpdateOperations
from odata_service.edm.model import EntityModel
from odata_service.execute.pending import Entity, Pending

State = InstanceState[Any]  # of instances of every class


def intercept(pending: Pending, parents: Iterable[Entity], caller: Caller, model: EntityModel) -> None:
    """Call the interceptors of every entity that a command changes. A change of a link is one of its parent, too."""
    changed = list({id(each): each for each in (*pending.changed, *parents)}.values())
    for entities, operation in (
        (pending.added, UpdateOperations.ADD),
        (changed, UpdateOperations.CHANGE),
        (pending.deleted, UpdateOperations.DELETE),
    ):
        for entity in entities:
            entity_set = model.set_of_class(type(entity))
            for interceptor in caller.rows.change_interceptors.get(entity_set.name, ()) if entity_set else ():
                interceptor(caller.context, entity, operation, _changes(inspect(entity), operation))


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
