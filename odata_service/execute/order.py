"""What a change takes and gives: a command with what it needs, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from typing import TypeGuard

from odata_service.access import Caller
from odata_service.bind.command import Command, Insert
from odata_service.bind.query import Query, Read, RowRule, Step
from odata_service.edm.model import EntitySet
from odata_service.edm.primitive import PrimitiveType
from odata_service.etag import Conditions
from odata_service.execute.set_change import ChangedSet
from odata_service.links import Place
from odata_service.parse.syntax import NO_OPTIONS, Options
from odata_service.result import Result
from odata_service.values import frozen

Literals = Sequence[tuple[PrimitiveType, object]]


@frozen
class Changed:
    """The entity that was inserted or updated, where it is now."""

    place: Place
    created: bool = False

    @property
    def entity_set(self) -> EntitySet:
        return self.place.entity_set


@frozen
class Returned:
    """What an action returned: a step to the entities that it is of, or the answer itself."""

    found: Step | Result


Effect = Changed | Returned | ChangedSet | None  # what came of a command


@frozen
class Shown:
    """What of an entity is shown after its change; ``asked`` where the request says it, and so wants to see it."""

    read: Read
    asked: bool


@frozen
class Order:
    """A command with what it needs: the literals of its address, the state in which its entity must be, and how the
    address of another entity is resolved. ``shown`` and, of what an action returns, ``options`` shape the answer."""

    command: Command
    literals: Literals
    conditions: Conditions
    resolve: Callable[[str], tuple[Query, Literals]]
    caller: Caller
    rules: Mapping[str, tuple[RowRule, ...]] = field(default_factory=dict)  # of what is found by a key in the body
    shown: Shown | None = None
    options: Options = NO_OPTIONS
    content_id: str | None = None  # in a batch

    def joins(self, other: Order) -> bool:
        """Whether both are inserts that one flush may write: they find nothing, and nobody is called for each of them."""
        ours, theirs = self.command, other.command
        if self.caller.rows.is_watched:
            return False
        return _stands_alone(ours) and _stands_alone(theirs) and ours.payload.type is theirs.payload.type


def _stands_alone(command: Command) -> TypeGuard[Insert]:
    return isinstance(command, Insert) and not (command.parent or command.replays or command.payload.related)
