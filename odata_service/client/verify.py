"""Is what the device has what the server has? Each row has a checksum of what the server has sent, so that one that was
changed behind everybody's back is found here; versions tell of all others. Only what differs is fetched."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import reduce
from operator import xor

from sqlalchemy import Connection

from odata_service.values import frozen

from .builder import Query
from .operations import Queue, Remote
from .rows import Membership, Rows, arrivals, checksum
from .store import Store
from .tokens import Tokens


@frozen
class Verification:
    """``checksum`` is that of all rows of the query as they are after it: two devices that have the same have the same."""

    query_id: str
    rows: int
    checksum: int
    flipped: frozenset[str]  # changed here by nobody
    outdated: frozenset[str]  # other than the server's
    surplus: frozenset[str]  # not there any more

    @property
    def is_clean(self) -> bool:
        return not (self.flipped or self.outdated or self.surplus)


@frozen
class Here:
    """What the device has of a query, without the entities that it has changed itself."""

    versions: Mapping[str, str | None]
    flipped: frozenset[str]
    changed: frozenset[str]


@frozen
class Verifying:
    store: Store
    query: Query

    def run(self) -> Verification:
        there = self.query.wire.versions(self.query.place)
        with self.store.reading() as connection:
            here = self._here(connection)
        expected = {id: version for id, version in there.items() if id not in here.changed}
        outdated = {id for id, version in expected.items() if id not in here.versions or here.versions[id] != version}
        surplus = here.versions.keys() - there.keys()
        fetched = {id: self.query.wire.read(self.query.place, id) for id in sorted(here.flipped | outdated | surplus)}
        with self.store.writing() as connection:
            self._mend(connection, fetched, surplus)
            hashes = Membership(connection, self.query.id).hashes()
        total = reduce(xor, hashes.values(), 0)
        return Verification(
            self.query.id, len(hashes), total, here.flipped, frozenset(outdated - here.flipped), frozenset(surplus)
        )

    def _here(self, connection: Connection) -> Here:
        shape = self.query.shape
        changed = frozenset(each.item_id for each in Queue(connection).all([shape.name]))
        stored = Rows(connection, shape).items()
        hashes = Membership(connection, self.query.id).hashes()
        known = {id: value for id, value in hashes.items() if id not in changed}
        flipped = {id for id, value in known.items() if id not in stored or checksum(stored[id][1]) != value}
        return Here({id: stored[id][0] for id in known if id in stored}, frozenset(flipped), changed)

    def _mend(self, connection: Connection, fetched: Mapping[str, Remote | None], surplus: Iterable[str]) -> None:
        """An entity that was changed here meanwhile stays; the next push meets what the server has."""
        shape, gone = self.query.shape, set(surplus)
        pending = {each.item_id for each in Queue(connection).of_entities([(shape.name, id) for id in fetched])}
        there = arrivals(
            shape,
            (
                (id, remote)
                for id, remote in fetched.items()
                if remote is not None and remote.values is not None and id not in pending and id not in gone
            ),
        )
        left = fetched.keys() - {each.id for each in there} - pending
        members = Membership(connection, self.query.id)
        Rows(connection, shape).store(there, whatever=True)
        members.note(there, Tokens(connection).of(self.query).number)
        Rows(connection, shape).remove(members.forget(left, Tokens(connection).others(self.query)))
