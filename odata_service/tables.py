"""The tables of the Datasync protocol: which entity sets are tables, under which names, with which options."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal
from weakref import WeakKeyDictionary

from odata_service.bind.pull import Leavers
from odata_service.context import Context
from odata_service.edm.errors import ModelError
from odata_service.edm.model import EntityModel, EntitySet
from odata_service.edm.table_type import can_be_table, table_type
from odata_service.errors import NotFound, Refused, did_you_mean
from odata_service.values import mutable

PAGE_SIZE = 100
_MOST_CALLERS = 256  # combinations of roles
MAX_PAGE_SIZE = MAX_TOP = 128_000


class TableOperation(enum.Enum):
    """What a caller wants to do, as the Datasync Toolkit names it."""

    CREATE = "create"
    READ = "read"
    UPDATE = "update"
    DELETE = "delete"
    QUERY = "query"


# Whether a caller may do something; of a query there is no entity.
Authorize = Callable[[Context, TableOperation, Any], bool]


@dataclass(frozen=True)
class Table:
    """``/tables/movies``. Without ``soft_delete`` a deleted row is gone, and no client that holds it will hear of it.

    ``leavers`` are rows that were changed since the client has last asked so that they no longer match its ``filter``, or are
    no longer in its ``view``: it hears of them as deleted. With ``all`` it hears of every changed row that it does not see,
    which tells ids of rows that it may never have seen.

    ``authorize`` is asked before anything is done: with the row that is there, with the new one, or without any for a query;
    where it says no, the answer is ``unauthorized_status``.

    ``next_links`` carry on after a row (``"after"``), so that rows which come and go meanwhile change nothing, or skip a
    number of rows as the reference does (``"skip"``). ``gone_is_conflict`` answers a change of a deleted row with 409 and
    the deleted row, which clients can resolve, instead of 410, which they can only try again.
    """

    name: str
    entity_set: EntitySet
    page_size: int = PAGE_SIZE
    max_top: int = MAX_TOP
    soft_delete: bool = True
    leavers: Leavers = "view"
    next_links: Literal["after", "skip"] = "after"
    gone_is_conflict: bool = False
    authorize: Authorize | None = None
    unauthorized_status: int = 401

    def __post_init__(self) -> None:
        if not 1 <= self.page_size <= MAX_PAGE_SIZE or self.max_top < 0:
            raise ModelError(f"a page has 1 to {MAX_PAGE_SIZE} rows, not {self.page_size}, and $top is at least 0")
        if not 400 <= self.unauthorized_status <= 499:
            raise ModelError(
                f"who may not do something is told so by a status from 400 to 499, not {self.unauthorized_status}"
            )

    def permit(self, context: Context, operation: TableOperation, entity: object = None) -> None:
        """Refuse what the application does not let this caller do."""
        if self.authorize is not None and not self.authorize(context, operation, entity):
            raise Refused(self.unauthorized_status, f"{context.user.name} may not {operation.value} here")

    def names(self) -> Mapping[str, str]:
        """The properties' names by themselves in lower case: requests may write them in any case."""
        return self._names

    @cached_property
    def _names(self) -> Mapping[str, str]:
        return {name.lower(): name for name in self.as_set(self.entity_set).type.properties}

    def as_set(self, entity_set: EntitySet) -> EntitySet:
        """The same set, under its own name, with its rows as the protocol sees them."""
        return EntitySet(entity_set.name, table_type(entity_set.type, soft_delete=self.soft_delete))


@mutable
class Tables:
    """Those declared and, of other tracked sets, those that the convention makes: ``/tables/people`` by the set's name and
    ``/tables/person`` by the type's, which is what the client asks for where nobody tells it more."""

    model: EntityModel
    declared: dict[str, Table] = field(default_factory=dict)
    _conventional: dict[str, Table] | None = None
    _seen: WeakKeyDictionary[EntityModel, EntityModel] = field(default_factory=WeakKeyDictionary)
    _of_callers: dict[EntityModel, Tables] = field(default_factory=dict)

    def of(self, model: EntityModel) -> Tables:
        """Those of a caller's model: to him there are no others, and none has a column that he may not see."""
        if model is self.model:
            return self
        if model not in self._of_callers:
            if len(self._of_callers) >= _MOST_CALLERS:
                self._of_callers.clear()
            self._of_callers[model] = Tables(model, dict(self._declared_in(model)))
        return self._of_callers[model]

    def _declared_in(self, model: EntityModel) -> Iterator[tuple[str, Table]]:
        for name, table in self.declared.items():
            entity_set = model.sets.get(table.entity_set.name)
            if entity_set is not None and can_be_table(entity_set):
                yield name, replace(table, entity_set=entity_set)

    def declare(self, table: Table) -> None:
        if not can_be_table(table.entity_set):
            message = f"{table.entity_set.name} cannot be a table: its rows need one key and tracking on the row"
            raise ModelError(message)
        table.names()  # which refuses two properties of one name
        self.declared[table.name.lower()] = table
        self._seen.clear()
        self._of_callers.clear()

    def set_of(self, mapped: type) -> EntitySet:
        """The entity set of a mapped class."""
        found = (each for each in self.model.sets.values() if each.type.mapper.class_ is mapped)
        entity_set = next(found, None)
        if entity_set is None:
            raise ModelError(f"{mapped.__name__} is not the class of an entity set of this service")
        return entity_set

    def named(self, name: str) -> Table:
        """The table of that name, in any case."""
        lower = name.lower()
        found = self.declared.get(lower) or self._by_convention.get(lower)
        if found is None:
            hint = did_you_mean(name, [*self.declared, *self._by_convention])
            raise NotFound("ResourceNotFound", f"there is no table {name!r:.60}{hint}")
        return found

    def seen(self, model: EntityModel) -> EntityModel:
        """What the protocol sees of a model: its sets by the names of their tables, and nothing else of it."""
        if model not in self._seen:
            self._seen[model] = self._as_tables(model)
        return self._seen[model]

    def _as_tables(self, model: EntityModel) -> EntityModel:
        open_tables = [each for each in self._all() if each.entity_set.name in model.sets]
        sets = {each.name: each.as_set(model.sets[each.entity_set.name]) for each in open_tables}
        types = {name: each.type for name, each in sets.items()}
        return EntityModel(model.namespace, model.container, sets, types, model.enums)

    def _all(self) -> Iterator[Table]:
        yield from self.declared.values()
        yield from (table for name, table in self._by_convention.items() if name not in self.declared)

    @property
    def _by_convention(self) -> Mapping[str, Table]:
        if self._conventional is None:
            self._conventional = dict(_conventional(self.model))
        return self._conventional


def _conventional(model: EntityModel) -> Iterator[tuple[str, Table]]:
    sets = [each for each in model.sets.values() if can_be_table(each)]
    for name, entity_set in [(each.type.name, each) for each in sets] + [(each.name, each) for each in sets]:
        table = Table(name.lower(), entity_set)
        try:
            table.names()
        except ModelError:
            continue  # its own names do not go with the protocol's; who wants the table renames them and declares it
        yield table.name, table
