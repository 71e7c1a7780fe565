"""What may be done with the properties of an entity."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from dataclasses import field, replace

from odata_service.access.rights import EVERY, Granted, Roles
from odata_service.edm.model import ComplexProperty, EntitySet, EntityType, Property
from odata_service.errors import did_you_mean
from odata_service.values import frozen, mutable

SetName = str


class ColumnRights(enum.IntFlag):
    """What may be done with a property. Without ``READ`` it does not exist for the caller."""

    NONE = 0
    READ = 1
    FILTER = 2
    SORT = 4
    AGGREGATE = 8
    SEARCH = 16
    ALL_READ = 31
    INSERT = 32
    UPDATE = 64
    ALL_WRITE = 96
    ALL = 127


_USES = {
    "filter": ColumnRights.FILTER,
    "sort": ColumnRights.SORT,
    "aggregate": ColumnRights.AGGREGATE,
    "search": ColumnRights.SEARCH,
}


@mutable
class ColumnPolicy:
    """What the service was told of properties. One that nobody spoke of is open as far as its set is; of one that somebody
    spoke of, everybody and each role have what was said of them, and no more."""

    said: dict[SetName, Granted[ColumnRights]] = field(default_factory=dict)

    def say(self, entity_set: EntitySet, column: str, rights: ColumnRights, role: str | None) -> None:
        if rights and not rights & ColumnRights.READ:
            message = (
                f"{column} of {entity_set.name}: what may not be read does not exist, so nothing can be done with it"
            )
            raise ValueError(f"{message}; add ColumnRights.READ")
        if column != EVERY:
            _demand_known(entity_set, column, rights)
        self.said.setdefault(entity_set.name, Granted()).say(column, rights, role)

    @property
    def roles(self) -> Roles:
        return frozenset(role for granted in self.said.values() for role in granted.roles)

    def of(self, set_name: str, roles: Roles) -> Columns:
        return Columns(self.said.get(set_name), roles)


@frozen
class Columns:
    """The rights on the properties of one set, for the callers with some roles."""

    granted: Granted[ColumnRights] | None
    roles: Roles

    def rights(self, name: str) -> ColumnRights:
        if self.granted is None or not self.granted.speaks_of(name):
            return ColumnRights.ALL
        return self.granted.to(name, self.roles) or ColumnRights.NONE

    def shows(self, name: str) -> bool:
        return bool(self.rights(name) & ColumnRights.READ)

    def shows_member(self, structure: ComplexProperty, member: Property) -> bool:
        """Of a structure that is shown, all that nothing was said of: ``Address/City``."""
        path = f"{structure.name}/{member.name}"
        return self.granted is None or not self.granted.names(path) or self.shows(path)

    def properties(self, declared: Mapping[str, Property], always: frozenset[str]) -> Iterator[Property]:
        """Those that are shown, each with what it is closed to; ``always`` are those without which there is no entity."""
        for each in declared.values():
            if self.shows(each.name):
                yield self._closed(each)
            elif each.name in always:
                yield each

    def _closed(self, declared: Property) -> Property:
        rights = self.rights(declared.name)
        if rights == ColumnRights.ALL:
            return declared
        insert, update = bool(rights & ColumnRights.INSERT), bool(rights & ColumnRights.UPDATE)
        return replace(
            declared,
            closed_to=frozenset(use for use, right in _USES.items() if not rights & right),
            server_set=declared.server_set or not (insert or update or declared.is_key),
            immutable=declared.immutable or (insert and not update),
            only_later=update and not insert,
        )


def _paths(entity_type: EntityType) -> Iterator[str]:
    """The members of structures: ``Address/City``."""
    for structure in entity_type.complex.values():
        yield from (f"{structure.name}/{member.name}" for member in structure.members)


def _demand_known(entity_set: EntitySet, column: str, rights: ColumnRights) -> None:
    """A name of a property, structure or member of one, collection, stream or navigation property, for which the rights
    make sense."""
    types = list(entity_set.type.with_derived())
    names = list(dict.fromkeys(name for each in types for name in (*each.member_names, *_paths(each))))
    if column not in names:
        raise ValueError(f"{entity_set.name} has no property {column!r}{did_you_mean(column, names)}")
    found = next((each.properties[column] for each in types if column in each.properties), None)
    if found is None and rights not in (ColumnRights.NONE, ColumnRights.ALL):
        raise ValueError(f"{column} of {entity_set.name} is no single value: it is shown (ALL) or not (NONE)")
    if found is not None and not rights and (found.is_key or column == entity_set.type.root.discriminator):
        raise ValueError(
            f"{column} of {entity_set.name} says which entity a row is, or of which type: it cannot be hidden"
        )
