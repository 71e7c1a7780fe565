"""The save hook: what a session does for tracked entities whenever it flushes and commits. ::

    sessions = write_sessions(engine)
    with sessions.begin() as session:
        session.delete(session.get(Person, key))        # becomes IsDeleted = true, with the transaction's stamp

``LastUpdated`` belongs to the hook: what the application assigns is dropped. Between flush and COMMIT an entity carries
a provisional value; its stamp is there once ``commit()`` has returned. Bulk statements on tracked models (``insert``,
``update``, ``delete``) are refused, as nobody could tell afterwards which rows they touched. SQL text and the legacy
``bulk_save_objects`` family pass by the hook unseen.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any

from sqlalchemy import Delete, Engine, Insert, Update, event, inspect
from sqlalchemy.orm import InstanceState, ORMExecuteState, Session, SessionTransaction, sessionmaker
from sqlalchemy.orm.attributes import get_history
from sqlalchemy.orm.unitofwork import UOWTransaction

from .begin import prepare_engine, writing
from .clock import UTC_CLOCK, Clock
from .images import take_images
from .rows import Key, in_zone_of, parent_link, stamp_column
from .tombstones import (
    LOADED_OR_PENDING,
    BulkWriteRefused,
    HardDeleteRefused,
    Vanishing,
    deletes_to_tombstones,
    refuse_hard_deletes,
)
from .touched import KeysByMapper, Touched, connection_for, lock_parents
from .tracked import AnyMapper, tombstone_of, tracked_model_of, tracking_of
from .unlinked import take_unlinked

AnyState = InstanceState[Any]  # the hook sees instances of every class


def write_sessions(engine: Engine, clock: Clock = UTC_CLOCK) -> sessionmaker[Session]:
    """Sessions for writing: hooked, and on SQLite the writer from their first statement on.

    Instances keep their values over ``commit()``, stamps included, so that an answer can be written from them.
    """
    prepare_engine(engine)
    sessions = sessionmaker(writing(engine), expire_on_commit=False)
    install(sessions, clock)
    return sessions


def install(sessions: sessionmaker[Session] | type[Session], clock: Clock = UTC_CLOCK) -> None:
    """Put the hook on an application's own session factory or ``Session`` class."""
    hook = SaveHook(clock)
    event.listen(sessions, "before_flush", hook.before_flush)
    event.listen(sessions, "after_flush", hook.after_flush)
    event.listen(sessions, "after_flush_postexec", hook.after_flush_postexec)
    event.listen(sessions, "before_commit", hook.before_commit)
    event.listen(sessions, "after_commit", hook.after_commit)
    event.listen(sessions, "after_transaction_end", hook.after_transaction_end)
    event.listen(sessions, "do_orm_execute", refuse_bulk_writes)


class Ledger:
    """What one session has touched in its open transaction, savepoint by savepoint: one that is rolled back takes its
    rows with it."""

    def __init__(self) -> None:
        self.touched: dict[SessionTransaction, Touched] = {}
        self.parents_before: dict[tuple[AnyMapper, Key], Key] = {}  # of what the flush under way will change
        self.committing_savepoint: SessionTransaction | None = None
        self.is_stamped = False

    @staticmethod
    def of(session: Session) -> Ledger:
        ledger: Ledger = session.info.setdefault(Ledger, Ledger())
        return ledger

    def touched_in(self, transaction: SessionTransaction) -> Touched:
        return self.touched.setdefault(transaction, Touched())

    def all_touched(self) -> Touched:
        everything = Touched()
        for touched in self.touched.values():
            everything.update(touched)
        return everything


class SaveHook:
    """Listeners of a session's events, in the order in which they are called."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock

    def before_flush(self, session: Session, flush: UOWTransaction, instances: object) -> None:
        deletes_to_tombstones(session)
        for instance in session.new:
            self._set_initial_values(instance)
        for instance in session.dirty:
            _drop_assigned_stamp(session, instance)
        take_images(session)
        lock_parents(session)
        Ledger.of(session).parents_before = dict(_parents_before(session))

    def after_flush(self, session: Session, flush: UOWTransaction) -> None:
        refuse_hard_deletes(flush)
        ledger = Ledger.of(session)
        touched = innermost_ledger(session)
        for instance in session.new:
            _note(inspect(instance), ledger, touched, written=True)
        for instance in session.dirty:
            state: AnyState = inspect(instance)
            if _has_changed_columns(state):
                _note(state, ledger, touched, written=True)
            elif _has_changed_links(state):
                _note(state, ledger, touched, written=False)
        for instance in session.deleted:
            _note(inspect(instance), ledger, touched, written=True)
        touched.unlinked |= {images.table.name: (mapper, images) for mapper, images in take_unlinked(session)}

    def after_flush_postexec(self, session: Session, flush: UOWTransaction) -> None:
        if Ledger.of(session).is_stamped:  # another listener's change, after ours had stamped
            self._stamp(session)

    def before_commit(self, session: Session) -> None:
        """Stamp before COMMIT, but not before a savepoint's release.

        A transaction that commits with a savepoint still open announces itself first and has the savepoint do so next:
        the second call for one savepoint means that COMMIT follows, with no further call.
        """
        ledger = Ledger.of(session)
        savepoint = session.get_nested_transaction()
        if savepoint is not None and savepoint is not ledger.committing_savepoint:
            ledger.committing_savepoint = savepoint
            return
        ledger.is_stamped = False
        session.flush()
        self._stamp(session)
        ledger.is_stamped = True

    def after_commit(self, session: Session) -> None:
        savepoint = session.get_nested_transaction()
        if savepoint is not None:
            ledger = Ledger.of(session)
            ledger.touched_in(_enclosing(savepoint)).update(ledger.touched_in(savepoint))

    def after_transaction_end(self, session: Session, transaction: SessionTransaction) -> None:
        Ledger.of(session).touched.pop(transaction, None)
        if transaction.parent is None:
            session.info.pop(Ledger, None)
            session.info.pop(Vanishing, None)

    def _stamp(self, session: Session) -> None:
        Ledger.of(session).all_touched().stamp(session, self.clock)

    def _set_initial_values(self, instance: object) -> None:
        target = stamp_column(inspect(instance).mapper)
        tombstone = tombstone_of(type(instance))
        if target and tombstone:
            setattr(instance, target.attribute, in_zone_of(target, self.clock.provisional()))
            if getattr(instance, tombstone) is None:
                setattr(instance, tombstone, False)


def refuse_bulk_writes(execution: ORMExecuteState) -> None:
    statement = execution.statement
    if not isinstance(statement, Insert | Update | Delete):
        return
    mapper = execution.bind_mapper or tracked_model_of(statement.table)
    tracking = None if mapper is None else tracking_of(mapper)
    if mapper is None or tracking is None or tracking.by_database:
        return
    name = mapper.class_.__name__
    if isinstance(statement, Delete):
        raise HardDeleteRefused(
            f"{name} is tracked: a bulk DELETE would remove rows without a trace for the clients that hold them. "
            "Load the entities and session.delete() each of them: they become tombstones"
        )
    raise BulkWriteRefused(
        f"{name} is tracked: a bulk {type(statement).__name__.upper()} would pass by the save hook and leave "
        "rows without a stamp. Add or change the entities one by one: one flush still writes them in few statements"
    )


def _note(state: AnyState, ledger: Ledger, touched: Touched, *, written: bool) -> None:
    """Remember that a flush has changed this row, and the parents it touches: the new one and the old."""
    mapper: AnyMapper = state.mapper
    target = stamp_column(mapper)
    if target and target.by_database:
        touched.by_database.add(mapper)
    elif target:
        key = tuple(mapper.primary_key_from_instance(state.obj()))
        touched.add(mapper, key, written=written and target.is_locked_by_any_change)
    if link := parent_link(mapper):
        parents = set(link.written_keys(state))
        if before := ledger.parents_before.get((mapper, state.identity or ())):
            parents.add(before)
        for parent in parents:
            touched.add(link.parent, parent)


def _parents_before(session: Session) -> Iterator[tuple[tuple[AnyMapper, Key], Key]]:
    """Which parent each row points to that a flush is going to change or delete."""
    children: KeysByMapper = KeysByMapper(set)
    changed = (instance for instance in session.dirty if session.is_modified(instance))
    for state in map(inspect, chain(changed, session.deleted)):
        if parent_link(state.mapper):
            children[state.mapper].add(state.identity or ())
    for mapper, keys in children.items():
        link = parent_link(mapper)
        assert link is not None
        for child, parent in link.stored_keys(connection_for(session, mapper), keys):
            yield (mapper, child), parent


def _drop_assigned_stamp(session: Session, instance: object) -> None:
    state: AnyState = inspect(instance)
    target = stamp_column(state.mapper)
    if target and state.attrs[target.attribute].history.has_changes():
        session.expire(instance, [target.attribute])


def _has_changed_columns(state: AnyState) -> bool:
    """Whether the flush has written the row. Setting a property to the value it had is no change."""
    return any(state.attrs[column.key].history.has_changes() for column in state.mapper.column_attrs)


def _has_changed_links(state: AnyState) -> bool:
    """Whether many-to-many links have come or gone: these change neither end's row, only the table between."""
    many_to_many = (each.key for each in state.mapper.relationships if each.secondary is not None)
    return any(get_history(state.obj(), key, LOADED_OR_PENDING).has_changes() for key in many_to_many)


def innermost_ledger(session: Session) -> Touched:
    """Where to note what the session's innermost transaction has touched."""
    return Ledger.of(session).touched_in(_innermost_transaction(session))


def _innermost_transaction(session: Session) -> SessionTransaction:
    transaction = session.get_nested_transaction() or session.get_transaction()
    assert transaction is not None, "a flush runs in a transaction"
    return transaction


def _enclosing(savepoint: SessionTransaction) -> SessionTransaction:
    """The savepoint or transaction in which a savepoint was opened."""
    transaction = savepoint.parent
    while transaction and not transaction.nested and transaction.parent:
        transaction = transaction.parent
    assert transaction is not None, "a savepoint is never the outermost"
    return transaction
