"""``$all``: the entities of every set, one set after another, page by page (URL Conventions, All Entities in a Service)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from odata_service.access import Caller, Tombstones
from odata_service.bind.query import Read, ReadAll
from odata_service.bind.typed import Constant
from odata_service.edm.primitive import INT64
from odata_service.execute.connection import Connection, ReadConnections, Timing
from odata_service.execute.given import Given, Literals, number
from odata_service.execute.read import Reader
from odata_service.plan.read import Planner
from odata_service.result import EntityCollection, EntityCount, Level, MixedEntities, Result
from odata_service.token import Plain
from odata_service.values import frozen


@frozen
class Start:
    """Where a page begins: in a set, after the row with these values in the order of its key; ``skipped`` entities after
    that, which may take it to other sets."""

    entity_set: str
    after: Sequence[Plain] = ()
    skipped: int = 0


@frozen
class Everything:
    """One reading of all sets. ``given`` signs the places where pages end."""

    asked: ReadAll
    caller: Caller
    planner: Planner
    connections: ReadConnections
    tombstones: Tombstones
    given: Given

    def result(self, start: Start | None, page_size: int, timing: Timing) -> Result:
        with self.connections.open(timing, snapshot=True) as connection:
            return _Page(self, list(self._allowed()), connection).result(start, page_size)

    def _allowed(self) -> Iterator[Read]:
        """What is not open is not there; everything else meets its rules."""
        for read in self.asked.reads:
            entity_set = read.query.entity_set
            if self.caller.allows(entity_set, many=not entity_set.singleton):
                yield self.caller.restrict(read, self.tombstones)


@frozen
class _Page:
    everything: Everything
    reads: Sequence[Read]
    connection: Connection

    def result(self, start: Start | None, page_size: int) -> Result:
        asked, literals = self.everything.asked, self.everything.given.literals
        if asked.counted:
            return EntityCount(self._count())
        top = number(asked.top, literals)
        first = start or Start("", skipped=number(asked.skip, literals) or 0)
        size = page_size if top is None else min(top, page_size)
        levels, token = self._levels(first, size)
        left = None if top is None else top - size
        link = None if token is None or left == 0 else self.everything.given.next_link(token, left)
        return MixedEntities(levels, self._count() if asked.count else None, link)

    def _count(self) -> int:
        return sum(map(self._count_of, self.reads))

    def _count_of(self, read: Read) -> int:
        counted = self._run(replace(read, kind="count", query=replace(read.query, order=(), expand=())))
        assert isinstance(counted, EntityCount), "a count was planned"
        return counted.count

    def _levels(self, start: Start, size: int) -> tuple[list[Level], str | None]:
        """The entities of a page by their sets, and the place where the next one goes on."""
        levels: list[Level] = []
        after, skipped = start.after, start.skipped
        for read in self._from(start.entity_set):
            count = self._count_of(read) if skipped or not size else None
            if count is not None and count <= skipped:
                skipped -= count
                continue
            if not size:
                return levels, self.everything.given.sign(self.everything.planner.plan(read), ())
            found = self._run(read, size, after, skipped)
            assert isinstance(found, EntityCollection), "$all has collections only"
            levels.append(found.level)
            size -= len(found.level.rows)
            if found.next_link is not None:
                return levels, found.next_link
            after, skipped = (), 0
        return levels, None

    def _from(self, entity_set: str) -> Sequence[Read]:
        names = [read.query.entity_set.name for read in self.reads]
        return self.reads[names.index(entity_set) :] if entity_set in names else self.reads

    def _run(self, read: Read, size: int | None = None, after: Sequence[Plain] = (), skipped: int = 0) -> Result:
        everything, given = self.everything, self.everything.given
        literals: Literals = [*given.literals, (INT64, skipped)]
        skip = Constant(INT64, skipped, len(literals) - 1, INT64) if skipped else None
        of_page = replace(read, query=replace(read.query, page_size=size, skip=skip))
        plan = everything.planner.plan(of_page, [value is None for value in after] if after else None)
        of_set = replace(given, literals=literals, after=after or None, next_link=_token_alone)
        return Reader(everything.connections).read_in(self.connection, plan, of_set)


def _token_alone(token: str, top_left: int | None) -> str:
    """The address of the next page is that of all sets together."""
    return token
