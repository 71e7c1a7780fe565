"""Delta links: what was changed and deleted since a client read a set (Protocol, Requesting Changes).

The clock's last stamp is read before the first page. Its value travels with the next links of the reading and ends up in
the delta link, so that whatever is committed meanwhile is told by the first delta. A delta ends at the stamp that was
the last one when its own first page was asked for, however many pages it has.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Literal

from sqlalchemy import Select
from sqlalchemy.exc import DBAPIError

from odata_service.access import Caller
from odata_service.bind.delta import IS_DELETED, MATCHES, STAMPED, Changed, can_be_followed, changes_of, followed_sets
from odata_service.bind.pull import of_once_seen
from odata_service.bind.query import Query, Read
from odata_service.edm.model import EntitySet
from odata_service.errors import BadRequest, Gone
from odata_service.execute.connection import ReadConnections, Timing
from odata_service.execute.given import Given, Literals
from odata_service.execute.read import Reader
from odata_service.limits import Limits
from odata_service.links import defining_query, delta_link, whole_reading
from odata_service.message import ODataRequest
from odata_service.plan.read import Planner
from odata_service.plan.read_plan import ReadPlan
from odata_service.plan.row import ComputedColumn
from odata_service.plan.statement import compiled
from odata_service.plan.touched import Followed, Span, tables_of
from odata_service.result import EntityCollection, EntityCount, EntityDelta, Level, LongCollection, Result
from odata_service.token import EXPANDED, SKIP_TOKEN, Plain, TokenCodec
from odata_service.tracking import (
    Images, are_kept, begin_to_keep, floor_of, has_counter, has_floor, images_of, last_stamp, unlinked,
)  # fmt: skip
from odata_service.values import frozen, mutable

DELTA_TOKEN = "$deltatoken"
SECONDS_PER_DAY = 86_400


@frozen
class Mark:
    """What a delta token says. A ``reading`` under way began when the last stamp was ``since``; ``changes`` are those
    after ``since``, and those of one delta go up to ``until`` and go on after the row with the values ``after``.
    ``given`` is when the link was made, in seconds since the epoch."""

    kind: Literal["reading", "changes"]
    since: int
    given: int
    until: int | None = None
    after: tuple[Plain, ...] = ()

    def values(self) -> list[Plain]:
        return [self.kind, self.since, self.given, self.until, *self.after]


@frozen
class Follower:
    """Who follows which sets: that of the query and those that it expands: the request, its caller, and the name of the
    option in which a protocol carries a token."""

    request: ODataRequest
    caller: Caller
    entity_sets: tuple[EntitySet, ...]
    option: str = DELTA_TOKEN
    tells_apart: bool = False  # what is expanded is told of beside the entities around which it is

    @property
    def binding(self) -> str:
        """What a token is good for: the query, asked with the rights of this caller and about the rows that he sees. Who
        sees others by now has to read anew, because those were not changed since."""
        query = defining_query(self.request.target, self.request.query)
        conditions = (self.caller.conditions.of(each.name) for each in self.entity_sets)
        return self.caller.bound("\0".join([query, *(each.text for each in conditions if each is not None)]))

    def can_follow(self, read: Read) -> bool:
        """Whether he can be told of all changes. Where related entities are told of apart, those of the set itself could not
        be told from its members."""
        own, *others = self.entity_sets
        return can_be_followed(read) and not (self.tells_apart and own in others)

    def link(self, token: str) -> str:
        return delta_link(self.request.root, self.request.target, self.request.query, token, self.option)

    def gone(self, why: str) -> Gone:
        location = whole_reading(self.request.root, self.request.target, self.request.query)
        message = f"this delta link {why}; read the whole set again"
        return Gone("DeltaLinkGone", message, location=location, target=self.option)


@mutable
class Deltas:
    """Follows the changes of reads."""

    planner: Planner
    connections: ReadConnections
    tokens: TokenCodec
    limits: Limits

    def mark(
        self, read: Read, follower: Follower, token: str | None, is_first: bool, timing: Timing
    ) -> Mark | None:
        """Where a read stands; ``None`` for one that nobody follows, or that cannot be. A preference that cannot be met
        is ignored, a token is refused."""
        if token is not None:
            return self._mark_of(token, read, follower, timing)
        if not is_first or read.kind != "entities" or not follower.can_follow(read):
            return None
        if not self._keep(read.query, follower.caller):
            return None
        return Mark("reading", self._last_stamp(read, timing), int(time.time()))

    def pulled(self, read: Read, caller: Caller) -> Read:
        """The read of a client that keeps a copy and has no token. Nothing says since when it has seen what, so the rows
        that it has seen once are those of which any image tells so."""
        query = read.query
        if query.together:
            self._keep(query, caller)
        if not query.once_seen or caller.conditions.of(query.entity_set.name) is None:
            return read
        seen = caller.seen_since(query.entity_set, self._images(query.entity_set, caller), since=0)
        return replace(read, query=of_once_seen(query, seen))

    def _keep(self, query: Query, caller: Caller) -> bool:
        """So that changes from now on tell which rows leave the caller's view, and which are related no more. In a database
        where the service may make no tables, what is expanded cannot be followed."""
        try:
            kept = list(_kept(query, caller))
            self.connections.demand(all(are_kept(self.connections.engine, each) for each in kept))
            begin_to_keep(self.connections.engine, kept)
        except DBAPIError as error:
            if query.expand:
                return False
            raise self.connections.refusal(error) from error
        return True

    def _images(self, entity_set: EntitySet, caller: Caller) -> Images | None:
        if caller.conditions.of(entity_set.name) is None:
            return None
        images = images_of(entity_set.type.mapper)
        return images if images is not None and are_kept(self.connections.engine, images) else None

    def linked(self, result: Result, mark: Mark, follower: Follower, is_first: bool) -> Result:
        """A page of a reading with its delta link, or the next link that leads there."""
        if isinstance(result, LongCollection):
            return result.each(lambda part: self._linked(part, mark, follower, is_first))
        return self._linked(result, mark, follower, is_first) if isinstance(result, EntityCollection) else result

    def _linked(self, result: EntityCollection, mark: Mark, follower: Follower, is_first: bool) -> EntityCollection:
        if result.part is not None and result.part.unfinished:
            return replace(result, tracked=is_first)
        if result.next_link is None:
            link = self._link(follower, replace(mark, kind="changes", given=int(time.time())))
            return replace(result, delta_link=link, tracked=is_first)
        if not is_first:
            return result
        token = self._signed(follower, mark)
        return replace(result, next_link=f"{result.next_link}&{follower.option}={token}", tracked=True)

    def changes(
        self, read: Read, mark: Mark, follower: Follower, literals: Literals, timing: Timing
    ) -> Result:
        """One page of what has changed, or how much has."""
        until = mark.until
        assert until is not None, "see _mark_of"
        given = self._given(follower, literals, mark)
        result = self._between(read, follower.caller, mark.since, until, given, timing, apart=follower.tells_apart)
        if mark.since < until:
            self._demand_tombstones(mark, follower, timing)
        if isinstance(result, EntityCount):
            return result
        assert isinstance(result, EntityCollection), "only collections can be followed"
        delta = None
        if result.next_link is None:
            delta = self._link(follower, Mark("changes", until, int(time.time())))
        level, reasons, moments = _without_marks(result.level)
        return EntityDelta(level, reasons, result.next_link, delta, moments)

    def count(self, read: Read, caller: Caller, since: int, until: int, timing: Timing) -> int:
        """How many of the entities that a caller may see were stamped after ``since`` and not after ``until``."""
        given = Given.whole((), caller.conditions.values)
        counted = self._between(replace(read, kind="count"), caller, since, until, given, timing)
        assert isinstance(counted, EntityCount), "that is what was asked for"
        return counted.count

    def _between(
        self, read: Read, caller: Caller, since: int, until: int, given: Given, timing: Timing, *, apart: bool = False
    ) -> Result:
        def followed(entity_set: EntitySet) -> Followed:
            images = self._images(entity_set, caller)
            return Followed(entity_set, caller.seen_since(entity_set, images, since), images)

        entity_set, span = read.query.entity_set, Span(self.planner.model, since, until, followed)
        images = self._images(entity_set, caller)
        changed = Changed(span.stamped(entity_set), span.touched(read.query.expand), of_view=images is not None)
        restricted = caller.restrict_changes(read, images, since)
        changes = changes_of(restricted, changed)
        changes = replace(changes, query=span.told_apart(changes.query)) if apart else changes
        plan = self.planner.plan(changes, [False] * len(given.after) if given.after else None)
        return Reader(self.connections).read(plan, given, timing) if since < until else _nothing(plan)

    def _given(self, follower: Follower, literals: Literals, mark: Mark) -> Given:
        def sign(plan: ReadPlan, values: Sequence[Plain]) -> str:
            if plan.query.source[0].navigation is not None:
                place = [plan.query.entity_set.name, *values]
                return self.tokens.sign(SKIP_TOKEN, follower.caller.bound(EXPANDED), place)
            return self._signed(follower, replace(mark, after=tuple(values)))

        def link(token: str, top_left: int | None) -> str:
            return follower.link(token)

        return Given(literals, mark.after or None, sign, link, follower.caller.conditions.values)

    def _mark_of(self, token: str, read: Read, follower: Follower, timing: Timing) -> Mark:
        """What a token says; 410 for one that is not ours, or not good any more."""
        try:
            kind, since, given, until, *after = self.tokens.read(DELTA_TOKEN, follower.binding, token)
        except (BadRequest, ValueError):
            raise follower.gone("was not made by this service for this query") from None
        assert isinstance(since, int) and isinstance(given, int), "what is signed is ours"
        assert until is None or isinstance(until, int), "what is signed is ours"
        if time.time() - given > self.limits.max_delta_age_days * SECONDS_PER_DAY:
            raise follower.gone(f"is older than {self.limits.max_delta_age_days} days (max_delta_age_days)")
        last = self._last_stamp(read, timing)
        self.connections.demand(max(since, until or 0) <= last)  # else rows would be missing up to where the token goes
        if not follower.can_follow(read) or since > last:
            raise follower.gone("is from a state of the data that is no more")
        if kind != "changes":
            return Mark("reading", since, given)
        return Mark("changes", since, given, last if until is None else until, tuple(after))

    def _last_stamp(self, read: Read, timing: Timing) -> int:
        """The clock's, or 0 in a database where nothing was ever stamped."""
        tracking = read.query.entity_set.type.tracking
        has_any = self.connections.once(has_counter)
        return self._number(last_stamp(tracking.group if tracking else ""), timing) if has_any else 0

    def _demand_tombstones(self, mark: Mark, follower: Follower, timing: Timing) -> None:
        """410 where some were removed that this delta should have told of. Asked when its rows have been read."""
        has_any = self.connections.once(has_floor)
        mappers = dict.fromkeys(each.type.mapper for each in follower.entity_sets) if has_any else ()
        if any(mark.since < self._number(floor_of(each), timing) for each in mappers):
            raise follower.gone("is from before the last purge of deleted entities")

    def _number(self, statement: Select[tuple[int]], timing: Timing) -> int:
        with self.connections.open(timing) as connection:
            rows = connection.rows(compiled(statement, self.planner.database, self.planner.dialect), {})
        return int(str(rows[0][0])) if rows else 0

    def _link(self, follower: Follower, mark: Mark) -> str:
        return follower.link(self._signed(follower, mark))

    def _signed(self, follower: Follower, mark: Mark) -> str:
        return self.tokens.sign(DELTA_TOKEN, follower.binding, mark.values())


def _kept(query: Query, caller: Caller) -> Iterator[Images]:
    for each in followed_sets(query):
        images = images_of(each.entity_set.type.mapper)
        if images is not None and caller.conditions.of(each.entity_set.name) is not None:
            yield images
        for expansion in each.expand:
            yield from map(unlinked, tables_of(expansion.navigation))


def _nothing(plan: ReadPlan) -> Result:
    """No rows: where no transaction was stamped nothing has changed, and nobody need be asked."""
    return EntityCount(0) if plan.rows is None else EntityCollection(_no_rows(plan))


def _no_rows(plan: ReadPlan) -> Level:
    return Level(plan.shape, (), tuple(map(_no_rows, plan.children)))


def _without_marks(level: Level) -> tuple[Level, list[str], list[datetime]]:
    """The rows without the columns that say what became of them, that in words, and when it was."""
    computed = {each.name: each for each in level.shape.computed}
    deleted, matches = computed[IS_DELETED].position, computed.get(MATCHES)
    shown = tuple(each for each in level.shape.computed if each.name not in (IS_DELETED, MATCHES, STAMPED))
    reason = _reason(deleted, None if matches is None else matches.position)
    moments = [_moment(row, computed[STAMPED]) for row in level.rows]
    return replace(level, shape=replace(level.shape, computed=shown)), [reason(row) for row in level.rows], moments


def _moment(row: Sequence[object], stamped: ComputedColumn) -> datetime:
    raw = row[stamped.position]
    moment = raw if stamped.decode is None else stamped.decode(raw)
    assert isinstance(moment, datetime), "stamps are moments"
    return moment


def _reason(deleted: int, matches: int | None) -> Callable[[Sequence[object]], str]:
    def reason(row: Sequence[object]) -> str:
        if row[deleted]:
            return "deleted"
        return "" if matches is None or row[matches] else "changed"

    return reason
