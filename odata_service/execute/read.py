"""A read plan and its values → rows, level by level."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing

from odata_service.bind.query import EXACT, Query, Tally
from odata_service.dialects.base import Database, Decoder
from odata_service.edm.dynamic import DynamicType, collection_of, property_of
from odata_service.edm.model import ComplexProperty, StreamProperty
from odata_service.edm.primitive import STRING
from odata_service.errors import NotFound
from odata_service.etag import etag_of
from odata_service.execute.connection import Connection, ReadConnections, Row, Timing
from odata_service.execute.given import Given, number, values_of
from odata_service.limits import Limits
from odata_service.plan.paging import after_name
from odata_service.plan.read_plan import ReadPlan
from odata_service.plan.row import ExpandedNavigation
from odata_service.plan.statement import KEYS, LIMIT, SKIP, Statement
from odata_service.result import (
    CollectionValue, ComplexValue, EntityCollection, EntityCount, EntityLinks, Level, LongCollection, NoContent, Part, PropertyValue, Result, SingleEntity,
    StreamContent,
)  # fmt: skip
from odata_service.token import plain
from odata_service.values import frozen

NO_LIMIT = 2**31 - 1
FEW = 8  # rows of each parent, on average: to number those takes longer than to fetch them
MANY = 1_000  # rows from which on an estimate will do: fewer are counted as fast
def row_limit(requested: int | None, page_size: int | None) -> int:
    """How many rows to fetch: one more than the page, so that a next link is known without counting.

    >>> row_limit(None, page_size=100), row_limit(20, page_size=100), row_limit(100, page_size=100)
    (101, 20, 100)
    """
    if page_size is None:
        return NO_LIMIT if requested is None else requested
    return page_size + 1 if requested is None or requested > page_size else requested


@frozen
class Reader:
    """Runs read plans."""

    connections: ReadConnections

    def read(self, plan: ReadPlan, given: Given, timing: Timing) -> Result:
        with self.connections.open(timing, snapshot=_needs_snapshot(plan)) as connection:
            return self.read_in(connection, plan, given)

    def read_in(self, connection: Connection, plan: ReadPlan, given: Given) -> Result:
        """The same among other reads that shall see one state of the data."""
        return self._reading(connection, plan, given).result()

    def read_in_parts(self, plan: ReadPlan, given: Given, timing: Timing) -> EntityCollection | LongCollection:
        """A collection that may be long. Its first part is here, so that whatever is wrong with the request is known; the
        connection is held until the last part is, or nobody wants it any more."""
        short = self._short(plan, given, timing) if self._may_be_short(plan) else None
        if short is not None:
            return short
        parts = self._parts(plan, given, timing)
        first = next(parts)
        if first.part is not None:
            return LongCollection(first, parts, parts.close)
        parts.close()
        return first

    def _may_be_short(self, plan: ReadPlan) -> bool:
        """Whether it is worth a look. What has no pages is wanted because it is long, and its statement has no limit."""
        return plan.query.page_size is not None and not self.connections.database.is_near and not _needs_snapshot(plan)

    def _short(self, plan: ReadPlan, given: Given, timing: Timing) -> EntityCollection | None:
        """All entities, where they are less than a part: in one round trip, as most are that ask for large pages."""
        assert plan.rows is not None, "a collection has rows"
        with self.connections.open(timing) as connection:
            rows = connection.rows(plan.rows, {**values_of(plan, given), LIMIT: plan.part})
        return EntityCollection(Level(plan.shape, rows)) if len(rows) < plan.part else None

    def _parts(self, plan: ReadPlan, given: Given, timing: Timing) -> Generator[EntityCollection, None, None]:
        assert plan.rows is not None, "a collection has rows"
        with self.connections.open(timing, snapshot=True) as connection:
            reading = self._reading(connection, plan, given)
            portions = self.connections.portions(connection, plan.rows, reading.values_of_page, plan.part)
            with closing(portions):
                yield from reading.parts(portions)

    def _reading(self, connection: Connection, plan: ReadPlan, given: Given) -> _Reading:
        return _Reading(plan, given, values_of(plan, given), connection, self.connections.database)


@frozen
class _Reading:
    """One read in progress."""

    plan: ReadPlan
    given: Given
    values: Mapping[str, object]
    connection: Connection
    database: Database

    def result(self) -> Result:
        if self.plan.rows is None:
            return EntityCount(*self._counted())
        return self._single(self.plan.rows) if self.plan.query.single else self._collection(self.plan.rows)

    def _counted(self) -> tuple[int, Tally]:
        """How many rows there are, and how exactly that is known."""
        assert self.plan.count is not None
        query = self.plan.query
        if self.plan.estimated is not None:
            guess = self.database.estimate(self.connection.rows(self.plan.estimated, self.values))
            if guess is not None and guess >= MANY:
                return guess, query.tally
        tally = EXACT if query.tally.estimated else query.tally
        limit = NO_LIMIT if tally.most is None else tally.most
        top = None if query.count else number(query.top, self.given.literals)
        if top is not None:
            limit = min(limit, top)
        counted = self.connection.rows(self.plan.count, {**self.values, LIMIT: limit})[0][0]
        assert isinstance(counted, int)
        if counted == 0:
            self._demand_parent()
        return counted, tally

    def _single(self, statement: Statement) -> Result:
        rows = self.connection.rows(statement, self.values)[:1]
        if not rows:
            return self._missing()
        level = Level(self.plan.shape, rows, self._children(self.plan, rows))
        read, etag = self.plan.read, etag_of(level.shape, rows[0])
        if read.kind == "links":
            return EntityLinks(level, collection=False)
        if read.stream is not None:
            return self._stream(read.stream, rows[0], etag)
        if read.kind in ("values", "value_count"):
            return self._values(rows[0], etag)
        if read.kind in ("dynamic", "dynamic_raw"):
            return self._dynamic(rows[0], etag)
        if read.structure is not None:
            return ComplexValue(read.structure, _members(read.structure, level), etag)
        if read.property is None:
            return SingleEntity(level, etag)
        return PropertyValue(read.property, level.shape.value(rows[0], read.property), read.kind == "raw", etag)

    def _stream(self, stream: StreamProperty, row: Row, etag: str | None) -> Result:
        at = self.plan.stream
        assert at is not None, "a stream has a plan with its columns"
        content, length = row[at.content], row[at.length]
        said = None if at.media_type is None else row[at.media_type]
        media_type = str(said or stream.content_type)
        if length is None:
            return StreamContent(None, media_type, etag)
        octets = content or b""  # of an empty one, SQLite says null
        assert isinstance(octets, (bytes, memoryview)) and isinstance(length, int), "a stream's column holds octets"
        return StreamContent(bytes(octets), media_type, etag, length)

    def _values(self, row: Row, etag: str | None) -> Result:
        """A collection of values, or how many it has."""
        (selected,) = self.plan.shape.collections
        values = selected.of_row(row)
        if self.plan.read.kind == "value_count":
            return EntityCount(len(values))
        count = None if selected.count is None else int(str(row[selected.count]))
        return CollectionValue(selected.collection, values, count, etag)

    def _dynamic(self, row: Row, etag: str | None) -> Result:
        """A dynamic property, as if the model declared it; one that is missing is null (Protocol, Dynamic Properties)."""
        selected = self.plan.shape.dynamic
        assert selected is not None and selected.names is not None, "one property is asked for"
        (asked,) = selected.names
        name, value, kind = next(selected.of_row(row), (asked, None, DynamicType(STRING)))
        if kind.collection and isinstance(value, list):
            return CollectionValue(collection_of(name, kind), value, None, etag)
        return PropertyValue(property_of(name, kind), value, self.plan.read.kind == "dynamic_raw", etag)

    def _missing(self) -> Result:
        """No such entity; or a navigation that leads nowhere, which is an answer too."""
        last = self.plan.query.source[-1]
        if last.navigation is None or last.key or self.plan.read.kind not in ("entities", "links"):
            raise _not_found(self.plan)
        self._demand_parent()
        return NoContent() if self.plan.read.kind == "entities" else EntityLinks(Level(self.plan.shape, ()), False)

    def _demand_parent(self) -> None:
        if self.plan.exists is not None and not self.connection.rows(self.plan.exists, self.values):
            raise _not_found(self.plan)

    def _collection(self, statement: Statement) -> Result:
        top, page_size = number(self.plan.query.top, self.given.literals), self.plan.query.page_size
        count, tally = (None, None) if self.plan.count is None else self._counted()
        rows = self.connection.rows(statement, {**self.values, LIMIT: _limit(self.plan.query, top)})
        _demand_few(self.plan.query, len(rows))
        if not rows and count is None:
            self._demand_parent()
        next_link = None
        if page_size is not None and len(rows) > page_size:
            rows, more = self._with_group(rows, page_size) if self.plan.group else (rows[:page_size], True)
            left = None if top is None else top - len(rows)
            if more and left != 0:
                next_link = self.given.next_link(self._next_token(rows[-1], len(rows)), left)
        level = Level(self.plan.shape, rows, self._children(self.plan, rows))
        if self.plan.read.kind == "links":
            return EntityLinks(level, True, count, next_link)
        return EntityCollection(level, count, next_link, tally=tally)

    @property
    def values_of_page(self) -> dict[str, object]:
        top = number(self.plan.query.top, self.given.literals)
        return {**self.values, LIMIT: _limit(self.plan.query, top)}

    def parts(self, portions: Iterable[list[Row]]) -> Iterator[EntityCollection]:
        """The same of rows that come in portions; one that is not full is the last."""
        top, page_size = number(self.plan.query.top, self.given.literals), self.plan.query.page_size or NO_LIMIT
        count, tally = (None, None) if self.plan.count is None else self._counted()
        done, more = 0, False
        last: Row = ()
        for rows in portions:
            if not done and not rows and count is None:
                self._demand_parent()
            shown = rows[: page_size - done]
            level = Level(self.plan.shape, shown, self._children(self.plan, shown))
            part = Part(begun=done > 0, unfinished=len(rows) == self.plan.part)
            done, more, last = done + len(shown), more or len(shown) < len(rows), shown[-1] if shown else last
            link = None
            if more and not part.unfinished:
                link = self.given.next_link(self._next_token(last, done), None if top is None else top - done)
            yield EntityCollection(level, count, link, tally=tally, part=part if part.begun or part.unfinished else None)

    def _with_group(self, rows: list[Row], page_size: int) -> tuple[list[Row], bool]:
        """A page that goes on to the end of its last group, and whether there is more. The group is read anew, because
        nothing says how large it is; what of it is skipped, or comes after ``$top``, is not shown."""
        group, at = self.plan.group, self.plan.order[0]
        assert group is not None, "a plan for such pages"
        value = rows[page_size - 1][at.position]
        if rows[page_size][at.position] != value:
            return rows[:page_size], True
        values = {**self.values, after_name(0): _decoded(value, at.decode)}
        first = next(number for number, row in enumerate(rows) if row[at.position] == value)
        found = self.connection.rows(group.rows, values)
        whole = rows[:first] + found[found.index(rows[first]) :]
        top = number(self.plan.query.top, self.given.literals)
        return whole[:top], bool(self.connection.rows(group.further, values))

    def _next_token(self, last: Row, shown: int) -> str:
        """The place after a page: after its last row or, of rows that cannot be told apart, after so many."""
        if not self.plan.query.numbered:
            return self._token(self.plan, last)
        return self.given.sign(self.plan, [plain(int(str(self.values[SKIP])) + shown)])

    def _token(self, plan: ReadPlan, row: Row) -> str:
        """The place after a row, signed."""
        return self.given.sign(plan, [plain(_decoded(row[at.position], at.decode)) for at in plan.order])

    def _children(self, plan: ReadPlan, rows: Sequence[Row]) -> tuple[Level, ...]:
        if not plan.children:
            return ()
        expansions = zip(plan.children, plan.shape.expanded, strict=True)
        return tuple(self._child(child, expanded, rows) for child, expanded in expansions)

    def _child(self, plan: ReadPlan, expanded: ExpandedNavigation, parents: Sequence[Row]) -> Level:
        """The rows related to any of the parents, in one statement; a token for every parent with more than its page."""
        keys = [key for key in dict.fromkeys(_values_at(expanded.near, parents)) if None not in key]
        rows = self._related(plan, expanded.far, keys) if keys else []
        counts = _counts(rows, expanded.far) if expanded.counted or expanded.only == "count" else {}
        if expanded.only == "count":
            return Level(plan.shape, (), counts=counts)
        if expanded.counted:
            skip, limit = self._page_of(plan.query)
            rows = [row for row in rows if skip < int(str(row[-2])) <= skip + limit]
        if plan.query.most is not None:
            _demand_few(plan.query, max(Counter(_values_at(expanded.far, rows)).values(), default=0))
        rows, cut = self._cut(plan, expanded.far, rows)
        return Level(plan.shape, rows, self._children(plan, rows), cut, counts)

    def _related(self, plan: ReadPlan, far: Sequence[int], keys: Sequence[Row]) -> list[Row]:
        """At least one row past the page of every parent that has so many."""
        statement = plan.rows or plan.count
        assert statement is not None
        skip, limit = self._page_of(plan.query)
        values = {**self.values, **self.database.key_values(keys, KEYS), LIMIT: limit, SKIP: skip}
        few = None if plan.few is None else self._few(plan.few, far, values, limit, len(keys))
        return self.connection.rows(statement, values) if few is None else few

    def _page_of(self, query: Query) -> tuple[int, int]:
        """How many rows of each parent are skipped, and how many are fetched then."""
        top, skip = (number(asked, self.given.literals) for asked in (query.top, query.skip))
        return skip or 0, _limit(query, top)

    def _few(
        self, statement: Statement, far: Sequence[int], values: dict[str, object], limit: int, parents: int
    ) -> list[Row] | None:
        """The rows of all parents, if they are not many: then there is no need to number them within each."""
        if parents == 1:
            return self.connection.rows(statement, values)
        most = max(limit, FEW * parents)
        rows = self.connection.rows(statement, {**values, LIMIT: most})
        if len(rows) == most:
            return None
        known = _values_at(far, rows)
        if max(Counter(known).values(), default=0) <= limit:
            return rows
        seen = Counter[Row]()
        return [row for row, parent in zip(rows, known, strict=True) if _next(seen, parent) <= limit]

    def _cut(self, plan: ReadPlan, far: Sequence[int], rows: list[Row]) -> tuple[list[Row], dict[Row, str]]:
        """The rows without those past their parent's page, and a token for every parent that has such."""
        size, parents = plan.query.page_size, _values_at(far, rows)
        if size is None or max(Counter(parents).values(), default=0) <= size:
            return rows, {}
        by_parent: dict[Row, list[Row]] = {}
        for parent, row in zip(parents, rows, strict=True):
            by_parent.setdefault(parent, []).append(row)
        kept = [row for related in by_parent.values() for row in related[:size]]
        cut = {
            parent: self._token(plan, related[size - 1]) for parent, related in by_parent.items() if len(related) > size
        }
        return kept, cut


def _next(seen: Counter[Row], parent: Row) -> int:
    """Which row of its parent comes now."""
    seen[parent] += 1
    return seen[parent]


def _limit(query: Query, top: int | None) -> int:
    """How many rows to fetch: where there are no pages, one more than may be answered."""
    limit = row_limit(top, query.page_size)
    return limit if query.most is None else min(limit, query.most + 1)


def _demand_few(query: Query, count: int) -> None:
    """A collection without pages is answered whole or not at all (WCF: MaxResultsPerCollection)."""
    if query.most is not None:
        Limits(max_results_per_collection=query.most).check("max_results_per_collection", count)


def _counts(rows: Sequence[Row], far: Sequence[int]) -> dict[Row, int]:
    """How many rows every parent has: the last column says it."""
    return {tuple(row[at] for at in far): int(str(row[-1])) for row in rows}


def _members(structure: ComplexProperty, level: Level) -> dict[str, object] | None:
    """The values of a structure by name; a structure of nothing but nulls is null."""
    values = {member.name: level.shape.value(level.rows[0], member) for member in structure.members}
    return None if all(value is None for value in values.values()) and structure.nullable else values


def _values_at(positions: Sequence[int], rows: Sequence[Row]) -> list[Row]:
    """
    >>> _values_at((2, 0), [("a", 1, 2), ("b", 3, 4)])
    [(2, 'a'), (4, 'b')]
    """
    return list(zip(*([row[at] for row in rows] for at in positions), strict=True))


def _needs_snapshot(plan: ReadPlan) -> bool:
    """Whether more than one statement may run, which must then see the same state of the data."""
    besides = plan.exists or plan.group or plan.children
    return bool(besides) or not (plan.rows is None or plan.count is None)


def _decoded(raw: object, decode: Decoder | None) -> object:
    return raw if raw is None or decode is None else decode(raw)


def _not_found(plan: ReadPlan) -> NotFound:
    return NotFound("ResourceNotFound", f"there is no such entity in {plan.query.source[0].entity_set.name}")
