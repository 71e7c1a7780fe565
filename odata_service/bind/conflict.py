"""Who wins where a client's change meets one that it has not seen. One row per rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from datetime import UTC, datetime
from typing import Literal

from odata_service.edm.temporal import in_utc
from odata_service.values import frozen

ConflictRule = Literal["latest", "server", "client", "merge", "ask"]
Winner = Literal["client", "server", "merge", "ask"]
Values = Mapping[str, object]  # by property


@frozen
class Conflict:
    """What both sides have made of a record since they last agreed. ``client`` are the values that the client sets,
    ``None`` where it deletes; ``server`` those that the record has in these columns now, ``None`` where it is deleted;
    ``base`` those that the client has started from, as far as it says so. ``at`` is when the client made its change, by
    its own clock, ``stamp`` when the server's was committed."""

    client: Values | None
    server: Values | None
    base: Values | None
    at: datetime | None
    stamp: datetime | None

    @property
    def changed_by_client(self) -> frozenset[str]:
        """The columns that the client has really changed; without a base, all that it sends."""
        client, base = self.client or {}, self.base or {}
        return frozenset(name for name, value in client.items() if name not in base or not same(base[name], value))

    @property
    def contested(self) -> frozenset[str]:
        """The columns that both have changed, and not to the same value."""
        if self.client is None or self.server is None:
            return frozenset()
        base = self.base or {}
        return frozenset(
            name
            for name in self.changed_by_client
            if not same(self.server[name], self.client[name])
            and (name not in base or not same(self.server[name], base[name]))
        )


@frozen
class Resolution:
    """Who wins, and what of the client's values is written: all where the client does, some after a merge."""

    winner: Winner
    columns: frozenset[str] = field(default_factory=frozenset)


def _latest(conflict: Conflict) -> Resolution:
    """A change without a time of its own is the latest: it comes now. Nobody changes anything in the future."""
    if conflict.at is None or conflict.stamp is None:
        return CLIENT
    at = min(in_utc(conflict.at), datetime.now(UTC))
    return CLIENT if at > in_utc(conflict.stamp) else SERVER


def _merged(conflict: Conflict) -> Resolution:
    """Column by column, where the client says what it has started from and nobody has deleted anything."""
    is_mergeable = conflict.client is not None and conflict.server is not None and conflict.base is not None
    if not is_mergeable or conflict.contested:
        return ASK
    return Resolution("merge", conflict.changed_by_client)


CLIENT, SERVER, ASK = Resolution("client"), Resolution("server"), Resolution("ask")
RULES: Mapping[str, Callable[[Conflict], Resolution]] = {
    "latest": _latest,
    "server": lambda conflict: SERVER,
    "client": lambda conflict: CLIENT,
    "merge": _merged,
    "ask": lambda conflict: ASK,
}


def same(one: object, other: object) -> bool:
    """Moments are the same in every zone.

    >>> same(datetime(2026, 1, 1), datetime(2026, 1, 1, tzinfo=UTC)), same(None, 0)
    (True, False)
    """
    if isinstance(one, datetime) and isinstance(other, datetime):
        return in_utc(one) == in_utc(other)
    return bool(one == other)
