"""What may be done with entity sets and operations, and who was told so."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import field
from typing import Generic, TypeVar

from odata_service.values import mutable

EVERY = "*"
EVERYBODY = ""  # the role that every caller has


class EntitySetRights(enum.IntFlag):
    """What may be done with an entity set, as WCF Data Services names and numbers it."""

    NONE = 0
    READ_SINGLE = 1
    READ_MULTIPLE = 2
    ALL_READ = 3
    WRITE_APPEND = 4
    WRITE_REPLACE = 8
    WRITE_DELETE = 16
    WRITE_MERGE = 32
    ALL_WRITE = 60
    ALL = 63


class ServiceOperationRights(enum.IntFlag):
    """What a service operation or function may be used for: to read one entity or many. With the last one, what it returns
    may be read whatever the rights on its set are. WCF has two names for the same here, as only reading is meant.

    >>> ServiceOperationRights.ALL_READ is ServiceOperationRights.ALL
    True
    """

    NONE = 0
    READ_SINGLE = 1
    READ_MULTIPLE = 2
    ALL_READ = 3
    ALL = 3
    OVERRIDE_ENTITY_SET_RIGHTS = 4


class ServiceActionRights(enum.IntFlag):
    """Whether an action may be invoked."""

    NONE = 0
    INVOKE = 1


OperationRights = ServiceOperationRights | ServiceActionRights
Right = TypeVar("Right", bound=enum.IntFlag)
Roles = frozenset[str]
NO_ROLES: Roles = frozenset()


@mutable
class Granted(Generic[Right]):
    """Rights by role and name. A caller has what everybody has and what any of his roles has: a role adds, and never
    takes away. ``"*"`` stands for the names that were not spoken of to that role. ::

        >>> granted = Granted[EntitySetRights]()
        >>> granted.say(EVERY, EntitySetRights.ALL_READ)
        >>> granted.say("Orders", EntitySetRights.NONE)
        >>> granted.say("Orders", EntitySetRights.WRITE_APPEND, "clerk")
        >>> granted.to("Orders", NO_ROLES), granted.to("Orders", frozenset({"clerk"})), granted.to("People", NO_ROLES)
        (None, <EntitySetRights.WRITE_APPEND: 4>, <EntitySetRights.ALL_READ: 3>)
    """

    said: dict[str, dict[str, Right]] = field(default_factory=dict)

    def say(self, name: str, right: Right, role: str | None = None) -> None:
        self.said.setdefault(role or EVERYBODY, {})[name] = right

    def to(self, name: str, roles: Roles) -> Right | None:
        """What the callers with these roles may do with something, or ``None`` where that is nothing."""
        together: Right | None = None
        for right in self._each(name, roles):
            together = right if together is None else together | right
        return together or None

    def speaks_of(self, name: str) -> bool:
        """Whether something was said of it, or of everything, to anybody."""
        return any(name in rights or EVERY in rights for rights in self.said.values())

    def names(self, name: str) -> bool:
        """Whether something was said of it by its name, to anybody."""
        return any(name in rights for rights in self.said.values())

    @property
    def roles(self) -> Roles:
        return frozenset(self.said) - {EVERYBODY}

    def _each(self, name: str, roles: Roles) -> Iterator[Right]:
        for role in (EVERYBODY, *roles):
            rights = self.said.get(role, {})
            found = rights.get(name, rights.get(EVERY))
            if found is not None:
                yield found
