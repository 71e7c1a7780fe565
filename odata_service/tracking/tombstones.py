"""Deletes of tracked entities become tombstones: ``IsDeleted = true``, and the row stays."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import inspect, select
from sqlalchemy.orm import InstanceState, RelationshipDirection, RelationshipProperty, Session, with_parent
from sqlalchemy.orm.attributes import get_history, has_parent, set_committed_value
from sqlalchemy.orm.base import PassiveFlag
from sqlalchemy.orm.unitofwork import UOWTransaction

from .tracked import tombstone_of

AnyRelationship = RelationshipProperty[Any]  # the hook walks relationships of every class
LOADED_OR_PENDING = PassiveFlag.PASSIVE_NO_INITIALIZE | PassiveFlag.INCLUDE_PENDING_MUTATIONS


class BulkWriteRefused(Exception):
    """A statement through the session would write tracked rows past the save hook, without a stamp."""


class HardDeleteRefused(BulkWriteRefused):
    """Tracked rows would really be deleted, and clients that hold them would never hear of it."""


class Vanishing:
    """The instances of a session's transaction that leave no tombstone."""

    def __init__(self) -> None:
        self.instances: list[object] = []

    @staticmethod
    def of(session: Session) -> Vanishing:
        found: Vanishing = session.info.setdefault(Vanishing, Vanishing())
        return found

    def has(self, instance: object) -> bool:
        return any(each is instance for each in self.instances)


def vanish(session: Session, instance: object) -> None:
    """Really delete a tracked row. Clients that hold it cannot be told: those of delta links must begin anew, and others
    keep it. Rows that would go along and are tracked themselves are in the way."""
    _refuse_tombstones_without_parent(instance)
    Vanishing.of(session).instances.append(instance)
    session.delete(instance)


def deletes_to_tombstones(session: Session) -> None:
    """Before a flush: what it would delete, by ``session.delete``, by cascade or as an orphan, becomes a tombstone."""
    for parent, relationship, child in list(_removed_children(session)):
        if tombstone_of(type(child)):
            _take_back(parent, relationship, child)
        session.delete(child)  # said aloud, so that its own cascades are seen here too
    vanishing = Vanishing.of(session)
    while doomed := [each for each in session.deleted if tombstone_of(type(each)) and not vanishing.has(each)]:
        for instance in doomed:
            _delete_unloaded_children(session, instance)
            session.add(instance)  # no longer to be deleted
            _bury(instance)
    for instance in session.deleted:
        _refuse_tombstones_without_parent(instance)


def refuse_hard_deletes(flush: UOWTransaction) -> None:
    """After a flush: tracked rows that it has deleted all the same, by whatever road. Raising here rolls them back."""
    vanishing = Vanishing.of(flush.session)
    for state, (is_deleted, is_listed_only) in flush.states.items():
        if is_deleted and not is_listed_only and tombstone_of(state.mapper) and not vanishing.has(state.obj()):
            raise HardDeleteRefused(f"the flush would really delete a row of {state.class_.__name__}, which is tracked")


def _refuse_tombstones_without_parent(parent: object) -> None:
    """A row that is really deleted cannot take tracked rows with it: their foreign key would point to nothing."""
    state: InstanceState[Any] = inspect(parent)
    for _, child, _, _ in state.mapper.cascade_iterator("delete", state):
        if tombstone_of(child):
            raise HardDeleteRefused(
                f"deleting {state.class_.__name__} would cascade to {child.class_.__name__}, which is tracked. "
                f"Make {state.class_.__name__} tracked too, or let no delete cascade from it"
            )


def _bury(instance: object) -> None:
    tombstone = tombstone_of(type(instance))
    assert tombstone is not None
    if not getattr(instance, tombstone):  # a tombstone that is deleted again does not change
        setattr(instance, tombstone, True)


def _removed_children(session: Session) -> Iterator[tuple[object, AnyRelationship, object]]:
    """Entities taken out of a parent's relationship that this flush would delete."""
    deleted = session.deleted
    for parent in session.dirty:
        for relationship in filter(_owns_children, inspect(parent).mapper.relationships):
            for child in get_history(parent, relationship.key, LOADED_OR_PENDING).deleted:
                if child is not None and (child in deleted or _is_orphan(relationship, child)):
                    yield parent, relationship, child


def _owns_children(relationship: AnyRelationship) -> bool:
    is_one_to_many = relationship.direction is RelationshipDirection.ONETOMANY and not relationship.viewonly
    return is_one_to_many or relationship.cascade.delete_orphan


def _is_orphan(relationship: AnyRelationship, child: object) -> bool:
    if not relationship.cascade.delete_orphan or not inspect(child).persistent:
        return False
    return not has_parent(relationship.parent.class_, child, relationship.key)


def _take_back(parent: object, relationship: AnyRelationship, child: object) -> None:
    """A tombstone keeps its foreign key: to the flush, the child has never left its parent.

    The parent's collection stays as the application has left it until it is loaded again, tombstones included.
    """
    relationship.class_attribute.impl.sethasparent(inspect(child), inspect(parent), True)
    if relationship.back_populates:
        set_committed_value(child, relationship.back_populates, parent)


def _delete_unloaded_children(session: Session, parent: object) -> None:
    """With ``passive_deletes`` the database would delete the children; it no longer will, as the parent stays."""
    for relationship in inspect(parent).mapper.relationships:
        if relationship.cascade.delete and relationship.passive_deletes:
            children = select(relationship.mapper).where(with_parent(parent, relationship.class_attribute))
            for child in session.scalars(children):
                session.delete(child)
