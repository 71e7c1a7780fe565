"""Changes are fetched, page by page: a page and the place after it are stored in one transaction, or neither is. While one
page is stored the next is on its way, and no more than that one. A page is worked out before the file is locked, so that the
application, which writes into the same file, waits for no more than the disk."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from odata_service.values import frozen, mutable

from .builder import Query
from .entity import EntityShape
from .operations import Operation, Queue, Remote, pieces
from .parallel import side_by_side
from .results import Listener, PullResult, SyncEvent, SyncEventType
from .rows import Arrival, Membership, Rows, arrivals
from .store import Store
from .tokens import Token, Tokens
from .transport import ClientError
from .wire import Expired, Incoming, Page, Refusal

# Python runs one thread at a time and lets it go on for 5 ms: the application's, which only wants to write a row, would wait
# so long at each of its steps.
ROWS_AT_A_TIME, REST_SECONDS = 100, 0.0005
AT_MOST_ANEW = 1  # a server that calls every place too old is not asked for ever


@mutable
class Pull:
    """One pull. ``step`` is told each step by its name, which tests stop at."""

    store: Store
    tell: Listener
    step: Callable[[str], object]

    def run(self, queries: Sequence[Query], parallel: int) -> PullResult:
        result = PullResult()
        self.tell(SyncEvent(SyncEventType.PULL_STARTED))
        with side_by_side(parallel) as each:
            for of_query in each(self._query, queries):
                result.add(of_query)
        self.tell(SyncEvent(SyncEventType.PULL_ENDED, items_processed=result.operation_count))
        return result

    def _query(self, query: Query) -> PullResult:
        """What is wrong with one query is no matter of the others."""
        result = PullResult()
        try:
            self._pages(query, result)
        except (Refusal, ClientError) as error:
            result.failed_requests[query.id] = error
        except (SQLAlchemyError, ValueError, KeyError, TypeError) as error:
            result.local_exceptions[query.id] = error
            self.tell(SyncEvent(SyncEventType.LOCAL_EXCEPTION, query.shape.name, query_id=query.id, exception=error))
        return result

    def _pages(self, query: Query, result: PullResult) -> None:
        with self.store.reading() as connection:
            token = Tokens(connection).of(query)
            pushed = Membership(connection, query.id).pushed()
        fetched, anew, resumed = 0, 0, token.open
        with ThreadPoolExecutor(1, thread_name_prefix="pull") as ahead:

            def asked(since: str | None, following: str | None = None) -> Future[Page]:
                return ahead.submit(query.wire.changes, query.place, since, following)

            coming = asked(token.value)
            while True:
                try:
                    page = coming.result()
                except Expired:
                    if anew == AT_MOST_ANEW:
                        raise
                    anew, token = anew + 1, token.anew()
                    coming = asked(None)
                    continue
                if page.following is not None:
                    coming = asked(page.place or None, page.following)
                fetched += len(page.rows)
                self._told(SyncEventType.ITEMS_FETCHED, query, fetched, page)
                self.step("fetched")
                stored = self._stored(query, token, page, result)
                if stored is None:
                    return
                token = stored
                self.step("stored")
                self._told(SyncEventType.ITEMS_COMMITTED, query, fetched, page)
                if page.following is None and not resumed:
                    break
                if page.following is None:  # what has changed since that pull began, this one has to bring
                    resumed, coming = False, asked(token.value)
        self._confirm(query, token, pushed, result)

    def _stored(self, query: Query, token: Token, page: Page, result: PullResult) -> Token | None:
        """``None`` where another process has reset the query meanwhile: what this pull still fetches is of a pass that
        nobody counts any more, and its place none to go on from."""
        arrived = Arrived.of(query.shape, page.rows)
        with self.store.writing() as connection:
            if Tokens(connection).of(query).number > token.number:
                return None
            applied = Applying(connection, query, token).page(arrived)
            ended = page.following is None
            after = replace(token, value=page.place or None, whole=token.whole or ended, open=not ended)
            if after.whole and not token.whole:
                applied.deletions += Applying(connection, query, token).sweep()
            self.step("storing")
            Tokens(connection).save(query, after)
        result.add(applied)
        return after

    def _confirm(self, query: Query, token: Token, pushed: set[str], result: PullResult) -> None:
        """What the device has sent and a pull does not bring may never have been one of the query, or is not any more."""
        with self.store.reading() as connection:
            pushed &= Membership(connection, query.id).pushed()
        held = {id: query.wire.holds(query.place, id) for id in sorted(pushed)}
        if held:
            with self.store.writing() as connection:
                Membership(connection, query.id).confirm([id for id, holds in held.items() if holds], token.number)
                result.deletions += Applying(connection, query, token).leave(
                    [id for id, holds in held.items() if not holds]
                )

    def _told(self, kind: SyncEventType, query: Query, processed: int, page: Page) -> None:
        self.tell(SyncEvent(kind, query.shape.name, processed, page.total, query.id))


@frozen
class Arrived:
    """A page, ready to be stored. A row that comes twice counts once, as it was last."""

    last: Mapping[str, Incoming]
    there: Sequence[Arrival]
    gone: Sequence[str]

    @classmethod
    def of(cls, shape: EntityShape, rows: Iterable[Incoming]) -> Arrived:
        last = {each.id: each for each in rows}
        remotes = [(id, each.remote) for id, each in last.items() if not each.deleted]
        there: list[Arrival] = []
        for some in pieces(remotes, ROWS_AT_A_TIME):
            if there:
                time.sleep(REST_SECONDS)
            there += arrivals(shape, some)
        return cls(last, there, [id for id, each in last.items() if each.deleted])


@frozen
class Applying:
    """A page inside its transaction. A row that the device has a change of stays as it is; what the server has is put
    beside the change."""

    connection: Connection
    query: Query
    token: Token

    def page(self, page: Arrived) -> PullResult:
        pending = self._pending(page.last)
        result = PullResult(waiting=self._set_aside([(each, page.last[id]) for id, each in pending.items()]))
        there = [each for each in page.there if each.id not in pending]
        known = self._rows.known([each.id for each in there])
        self._rows.store(there, whatever=not self.token.whole)
        self._members.note(page.there, self.token.number)
        result.deletions = self._left(page.gone, pending)
        result.additions, result.replacements = len(there) - len(known), len(known)
        return result

    def sweep(self) -> int:
        """What was fetched once and is not there any more."""
        return self.leave(self._members.older(self.token.number))

    def leave(self, gone: Sequence[str]) -> int:
        """Rows of the query that are none of it any more."""
        return self._left(gone, self._pending(gone))

    def _pending(self, ids: Iterable[str]) -> dict[str, Operation]:
        name = self.query.shape.name
        return {each.item_id: each for each in self._queue.of_entities([(name, id) for id in ids])}

    def _left(self, ids: Sequence[str], pending: dict[str, Operation]) -> int:
        left = self._members.forget(ids, Tokens(self.connection).others(self.query))
        return self._rows.remove(left - pending.keys())

    def _set_aside(self, both: Sequence[tuple[Operation, Incoming]]) -> int:
        """What the server has of rows that the device has changed. The state that the change was made of is no news."""
        count = 0
        for operation, incoming in both:
            is_news = incoming.deleted or incoming.remote.version != operation.entity_version
            theirs: Remote | None = incoming.remote if is_news else None
            beside = replace(self._completed(operation, incoming.remote), theirs=theirs)
            if beside != operation:
                self._queue.save(beside)
            count += is_news
        return count

    def _completed(self, operation: Operation, remote: Remote) -> Operation:
        """With the columns that the application did not have when the change was made; nothing was done to them."""
        shape, values = self.query.shape, remote.values or {}
        new = {name: values[name] for name in shape.members if name in values and name not in operation.item}
        if not new:
            return operation
        base = None if operation.base is None else {**operation.base, **new}
        return replace(operation, item={**operation.item, **new}, base=base)

    @property
    def _queue(self) -> Queue:
        return Queue(self.connection)

    @property
    def _rows(self) -> Rows:
        return Rows(self.connection, self.query.shape)

    @property
    def _members(self) -> Membership:
        return Membership(self.connection, self.query.id)
