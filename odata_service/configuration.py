"""What a service is told before it serves (WCF: DataServiceConfiguration)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from odata_service.access import EVERY, Access, ColumnRights, EntitySetRights, Tombstones
from odata_service.access.conditions import QueryInterceptor
from odata_service.access.rights import EVERYBODY, OperationRights
from odata_service.bind.conflict import ConflictRule
from odata_service.changes import Changes
from odata_service.changing import ChangeInterceptor, ChangeListener
from odata_service.context import Context
from odata_service.edm.model import EntityModel
from odata_service.entry import EntryHook
from odata_service.errors import did_you_mean
from odata_service.etag import Concurrency
from odata_service.message import ODataResponse
from odata_service.operations import Declaration, Declares, OperationSet, operations_of
from odata_service.reads import Reads
from odata_service.row_filters import RowFilter, RowFilters
from odata_service.signals import ErrorHook, Signal, Signals
from odata_service.sync_sets import DEFAULT, SyncSet, SyncSets
from odata_service.tracking import keep_images
from odata_service.tables import Table, Tables

Intercepts = TypeVar("Intercepts", bound=QueryInterceptor)
Minds = TypeVar("Minds", bound=ChangeInterceptor)
Hears = TypeVar("Hears", bound=ChangeListener)
Mends = TypeVar("Mends", bound=ErrorHook)
Shows = TypeVar("Shows", bound=EntryHook)


class Configuration(Declares):
    """Rights, pages, tombstones, operations: what the owner of a service says of it, at start or later."""

    model: EntityModel
    access: Access
    signals: Signals
    _reads: Reads
    _changes: Changes
    _tables: Tables
    _sync_sets: SyncSets
    _row_filters: dict[str, RowFilters]
    _max_version: str | None = None

    def rights(self, entity_set: str, rights: EntitySetRights, *, role: str | None = None) -> None:
        """Open a set, or ``"*"`` for all that are not named (WCF: SetEntitySetAccessRule); with ``role`` for the callers
        who have it. What a caller may do is what everybody may, and what any of his roles may."""
        self.access.rights.say(self._known(entity_set), rights, role)
        self._changed()

    def column_rights(self, entity_set: str, column: str, rights: ColumnRights, *, role: str | None = None) -> None:
        """What may be done with a property of a set, or with ``"*"`` for all that are not named. It is open to everybody
        until something is said of it; then everybody and each role have what was said of them. Without ``READ``, it
        does not exist for the caller."""
        self.access.columns.say(self.model.set_named(entity_set), column, rights, role)
        self._changed()

    def operation_rights(self, name: str, rights: OperationRights, *, role: str | None = None) -> None:
        """What a function or action may be used for, ``"*"`` for those not named (WCF: SetServiceOperationAccessRule,
        SetServiceActionAccessRule). An operation is open to everybody until something is said of it; then everybody and
        each role have what was said of them. Without any right it does not exist."""
        names = {each.name for each in self.model.operations}
        if name != EVERY and name not in names:
            raise ValueError(f"there is no function or action {name!r}{did_you_mean(name, names)}")
        self.access.operations.say(name, rights, role)
        self._changed()

    def behavior(self, entity_set: str = EVERY, /, **switches: bool) -> None:
        """What the service, or one of its sets, takes part in; the rows of :class:`~odata_service.behavior.Behavior`. ::

            service.behavior(accept_any_all_requests=False)
            service.behavior("Logs", accept_count_requests=False)
        """
        self.access.behaviors.say(self._known(entity_set), switches)
        self._changed()

    def explain(self, *roles: str) -> None:
        """Which roles may ask with ``$explain=true`` how a read is answered, ``"*"`` for everybody. They see the SQL, and the values in
        conditions on rows."""
        self.access.explained_to = frozenset(roles)

    def query_interceptor(self, entity_set: str) -> Callable[[Intercepts], Intercepts]:
        """Which entities of a set a caller may see, as a condition of SQLAlchemy (WCF: QueryInterceptor). ::

            @service.query_interceptor("Orders")
            def own(ctx: Context) -> ColumnElement[bool]:
                return Order.tenant == ctx.user.tenant

        The conditions of several are all to hold. ``True`` stands for all entities, ``False`` for none.
        """

        def register(interceptor: Intercepts) -> Intercepts:
            name = self._one(entity_set)
            self.access.rows.interceptors.setdefault(name, []).append(interceptor)
            keep_images(self.model.sets[name].type.mapper)  # to tell of rows that leave somebody's view
            self._changed()
            return interceptor

        return register

    def row_filter(self, entity_set: str, text: str, *, role: str | None = None) -> None:
        """Which entities of a set everybody sees, or the callers with a ``role``, in the language of ``$filter``. What is known
        of the caller is ``@user.…``: his ``sub`` and whatever else his token or account says. ::

            service.row_filter("Orders", "Owner eq @user.sub", role="clerk")
            service.row_filter("Orders", "true", role="boss")

        Where it is said of a set, everybody and each role see what was said of them, and no more.
        """
        one = self.model.set_named(entity_set)
        found = RowFilter(self.model, one, text)
        if one.name not in self._row_filters:
            self._row_filters[one.name] = self.query_interceptor(entity_set)(RowFilters())
        self._row_filters[one.name].by_role[role or EVERYBODY] = found
        self._changed()

    def change_interceptor(self, entity_set: str) -> Callable[[Minds], Minds]:
        """Who is asked before an entity of a set is added, changed or deleted (WCF: ChangeInterceptor). ::

            @service.change_interceptor("Orders")
            def check(ctx: Context, order: Order, operation: UpdateOperations, changes: Mapping[str, Change]) -> None:
                if "state" in changes and changes["state"].old == "closed":
                    raise Conflict("OrderClosed", "a closed order stays as it is")
                order.changed_by = ctx.user.name

        An :class:`ODataError` that it raises is the answer, and nothing is changed; it may change the entity itself.
        """

        def register(interceptor: Minds) -> Minds:
            self.access.rows.change_interceptors.setdefault(self._one(entity_set), []).append(interceptor)
            return interceptor

        return register

    def change_listener(self, entity_set: str) -> Callable[[Hears], Hears]:
        """Who hears of an entity of a set that was added, changed or deleted, once that is committed. ::

            @service.change_listener("Orders")
            def tell(ctx: Context, order: Order, operation: UpdateOperations) -> None:
                queue.send("orders", order.id)

        The change is made, whatever a listener does: what it raises is logged.
        """

        def register(listener: Hears) -> Hears:
            self.access.rows.change_listeners.setdefault(self._one(entity_set), []).append(listener)
            return listener

        return register

    @property
    def request_started(self) -> Signal[[Context]]:
        """Connect a handler: ``@service.request_started.connect``; what it raises is the answer."""
        return self.signals.request_started

    @property
    def request_finished(self) -> Signal[[Context, ODataResponse]]:
        return self.signals.request_finished

    @property
    def changeset_started(self) -> Signal[[Context]]:
        return self.signals.changeset_started

    @property
    def changeset_saved(self) -> Signal[[Context]]:
        return self.signals.changeset_saved

    def on_error(self, hook: Mends) -> Mends:
        """Who hears of every error, and may have another answer for it (WCF: HandleException). ::

            @service.on_error
            def translate(ctx: Context, error: Exception) -> ODataError | None:
                return Conflict("Full", "there is no room left") if isinstance(error, RoomError) else None
        """
        self.signals.error_hooks.append(hook)
        return hook

    def on_entry(self, entity_set: str) -> Callable[[Shows], Shows]:
        """Who sees each entity of a set, or of all (``"*"``), just before it is written, and may have it written otherwise
        (WCF: DataServiceODataWriter). ::

            @service.on_entry("Accounts")
            def masked(ctx: Context, entry: Entry) -> None:
                if "Iban" in entry:
                    entry["Iban"] = f"…{entry['Iban'][-4:]}"
                if "boss" not in ctx.user.roles:
                    entry.omit("Limit", "Owner")

        It is asked wherever an entity stands in an answer of V2 or V4, also inside of others and after a change.
        """

        def register(hook: Shows) -> Shows:
            name = entity_set if entity_set == EVERY else self._one(entity_set)
            self.signals.entry_hooks.setdefault(name, []).append(hook)
            return hook

        return register

    def page_size(self, entity_set: str, entities: int) -> None:
        """The most entities of a set in one answer, also of an expanded one (WCF: SetEntitySetPageSize)."""
        if entities < 1:
            raise ValueError(f"a page has at least one entity, not {entities}")
        self._reads.page_sizes[self._known(entity_set)] = entities
        self._changed()

    def tombstones(self, entity_set: str, tombstones: Tombstones) -> None:
        """Whether deleted entities of a tracked set are ordinary rows (``"shown"``, as in the article) or not."""
        self.access.rows.tombstones[self._known(entity_set)] = tombstones
        self._changed()

    def concurrency(self, entity_set: str, concurrency: Concurrency) -> None:
        """Whether changes of entities that have an ETag need ``If-Match`` (``"demanded"``, what V2 does as WCF did) or may
        leave it out (``"optional"``, what V4 does): many clients never send it. One that is sent always counts."""
        self._changes.concurrency[self._known(entity_set)] = concurrency

    def table(self, name: str, model: type, **options: Any) -> Table:
        """A class as a table of the Datasync protocol: ``service.table("movies", Movie, page_size=50)``. The options are the
        fields of :class:`Table`. Tracked classes that are not declared are tables by convention."""
        table = Table(name, self._tables.set_of(model), **options)
        self._tables.declare(table)
        self._changed()
        return table

    def sync(self, entity_set: str, *, key: str | None = None, conflicts: ConflictRule = DEFAULT) -> None:
        """How a tracked set is synchronised by the Sync API: the attribute by which clients know its records, where that is
        not the primary key, and who wins where two have changed one: the ``"latest"``, the ``"server"``, the ``"client"``,
        both after a ``"merge"`` by column, or nobody before the client was asked (``"ask"``)."""
        self._sync_sets.declare(self.model.entity_set(entity_set), SyncSet(key, conflicts))
        self._changed()

    def declared(self, declaration: Declaration) -> None:
        """A function or action of the decorators ``service.function`` and ``service.action``."""
        for operation in operations_of(declaration, self.model):
            self.model.operations.add(operation)
        self._changed()

    def add(self, operations: OperationSet) -> None:
        """The functions and actions of a module."""
        for declaration in operations:
            self.declared(declaration)

    def max_protocol_version(self, version: str) -> None:
        """Refuse what needs a newer version (WCF: DataServiceBehavior.MaxProtocolVersion)."""
        self._max_version = version

    def schema_version(self, version: str) -> None:
        """The version of the model, which ``$metadata`` tells and ``$schemaversion`` may ask for (Core.SchemaVersion)."""
        self.model.schema_version = version
        self._changed()

    def _one(self, entity_set: str) -> str:
        return self.model.set_named(entity_set).name

    def _known(self, entity_set: str) -> str:
        if entity_set != EVERY:
            self.model.set_named(entity_set)
        return entity_set

    def _changed(self) -> None:
        """What was planned before may be wrong now."""
        self.access.changed()
        self._reads.forget_plans()
