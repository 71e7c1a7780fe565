"""Two have changed one entity: what both sides have, and who decides what becomes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

from odata_service.values import frozen

from .columns import Values, same
from .entity import ID, EntityShape
from .operations import OperationKind, Remote

Winner = Literal["client", "server", "values", "ask"]


@frozen
class Resolution:
    """Who wins. With ``"values"`` the entity becomes what nobody had before."""

    winner: Winner
    values: Mapping[str, Any] | None = None


CLIENT, SERVER, ASK = Resolution("client"), Resolution("server"), Resolution("ask")


@frozen
class Conflict:
    """``client`` is the entity as this device wants it, ``None`` where it deletes it; ``server`` as the server has it,
    ``None`` where it was deleted; ``base`` as both had it before, if that is known. All are values by attribute."""

    entity_type: type
    item_id: str
    kind: OperationKind
    client: Mapping[str, Any] | None
    server: Mapping[str, Any] | None
    base: Mapping[str, Any] | None
    client_changed: frozenset[str]
    server_changed: frozenset[str]

    @property
    def contested(self) -> frozenset[str]:
        """What both have changed, and not to the same value."""
        client, server = self.client or {}, self.server or {}
        return frozenset(name for name in self.client_changed & self.server_changed if client[name] != server[name])


Resolver = Callable[[Conflict], Resolution]


def client_wins(conflict: Conflict) -> Resolution:
    """What was done on the device is done, to the entity as it is now."""
    return CLIENT


def server_wins(conflict: Conflict) -> Resolution:
    """The device takes over what the server has."""
    return SERVER


def ask(conflict: Conflict) -> Resolution:
    """The operation waits until somebody decides: ``context.conflicts()`` and ``context.resolve(…)``."""
    return ASK


def merging(contested: Resolver = ask) -> Resolver:
    """Each column has the value of who has changed it. Where both have, or one has deleted the entity, another rule decides."""

    def merge(conflict: Conflict) -> Resolution:
        client, server = conflict.client, conflict.server
        if client is None or server is None or conflict.base is None or conflict.contested:
            return contested(conflict)
        return Resolution("values", dict(server) | {name: client[name] for name in conflict.client_changed})

    return merge


merge = merging()


def conflict_of(
    shape: EntityShape, id: str, kind: OperationKind, item: Values, base: Values | None, remote: Remote | None
) -> Conflict:
    """Without a base, everything counts as changed by both."""
    client = None if kind == "Delete" else item
    server = None if remote is None else remote.values
    return Conflict(
        shape.mapper.class_,
        id,
        kind,
        None if client is None else shape.values(client),
        None if server is None else shape.values(shape.known(server)),
        None if base is None else shape.values(shape.known(base)),
        _changed(shape, client, base),
        _changed(shape, server, base),
    )


def differing(shape: EntityShape, one: Values, other: Values) -> frozenset[str]:
    """The members that both have with different values, but for those that are the server's alone."""
    return frozenset(
        name for name, member in shape.members.items()
        if not member.computed and name in one and name in other and not same(one[name], other[name], member.kind)
    )  # fmt: skip


def _changed(shape: EntityShape, side: Values | None, base: Values | None) -> frozenset[str]:
    if side is None:
        return frozenset()
    if base is None:
        return frozenset(name for name in side if name in shape.members and name != ID)
    return differing(shape, side, base)
