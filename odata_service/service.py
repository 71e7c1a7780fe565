"""The service: one model, one database, one door for every request."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterable, Mapping
from copy import copy
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine
from sqlalchemy.orm import DeclarativeBase, Mapper

from odata_service import tracking
from odata_service.batch import Batch
from odata_service.access import Access
from odata_service.changes import Changes
from odata_service.configuration import Configuration
from odata_service.context import Context
from odata_service.dialects import database_named
from odata_service.dialects.full_text import full_texts
from odata_service.edm.from_models import model_from
from odata_service.errors import BadRequest, ODataError
from odata_service.explain import Explanation, demand_role, plainly, wants_explanation
from odata_service.export import Export, form_of
from odata_service.execute.connection import ReadConnections, Timing, hear_sessions
from odata_service.execute.replica import Replica, ReplicaConnections
from odata_service.feed import Feed, is_feed
from odata_service.formats.options_v2 import OptionsV2
from odata_service.limits import Limits
from odata_service.message import ODataRequest, ODataResponse, Principal, method_of
from odata_service.monitors import Monitors, at_once, is_monitor
from odata_service.plan.read import Planner
from odata_service.positions import Positions
from odata_service.protocol import DATASYNC, PROTOCOLS, SYNC, V2, V4, ZUMO
from odata_service.reads import Reads
from odata_service.rehearsal import applied, in_earnest, is_rehearsal, rehearsal
from odata_service.repeats import Repeats, result_header
from odata_service.spelling import Spelling, Spellings, written_in_parts
from odata_service.spelling_datasync import SpellingDatasync
from odata_service.signals import Signals
from odata_service.result import LongCollection, hooked
from odata_service.spelling_sync import SpellingSync
from odata_service.spelling_v2 import SpellingV2
from odata_service.spelling_v4 import SpellingV4
from odata_service.spelling_zumo import SpellingZumo
from odata_service.sync_sets import SyncSets
from odata_service.tables import Tables
from odata_service.token import TokenCodec

if TYPE_CHECKING:
    from flask import Blueprint, Request

logger = logging.getLogger("odata_service")


class ODataService(Configuration):
    """Publishes mapped classes as an OData service. ::

        service = ODataService(Base, engine, namespace="PeopleModel")
        service.rights("*", EntitySetRights.ALL)
        service.page_size("People", 50)
        app.register_blueprint(service.blueprint("v2"), url_prefix="/PeopleDataService.svc")

    Everything is closed until ``rights`` opens it. ``secret`` signs page links; without one it is made of the
    database's URL, so that every worker has the same.
    """

    def __init__(
        self,
        models: type[DeclarativeBase] | Iterable[type],
        engine: Engine,
        *,
        namespace: str,
        container: str | None = None,
        limits: Limits | None = None,
        secret: str | None = None,
    ) -> None:
        self.engine = engine
        self.limits = limits or Limits()
        self.model = model_from(models, namespace, container)
        for index in full_texts(self.model.types.values()):
            index.follow()
        tracking.watch_links(self._mappers)
        self.signals = Signals()
        self._positions: Positions | None = None
        key = _key(secret, engine, namespace)
        self.access = Access(self.model, veil=key)
        self._row_filters = {}
        self._tables = Tables(self.model)
        self._sync_sets = SyncSets(self.model)
        self._spellings: Spellings = {
            V2: SpellingV2(),
            V4: SpellingV4(),
            DATASYNC: SpellingDatasync(self._tables),
            ZUMO: SpellingZumo(self._tables),
            SYNC: SpellingSync(self._sync_sets),
        }
        database = database_named(engine.dialect.name)
        database.prepare(engine, self.limits.statement_timeout_ms)
        planner = Planner(self.model, database, engine.dialect)
        connections = ReadConnections(engine, database, self.limits.statement_timeout_ms)
        self._reads = Reads(self.access, planner, connections, TokenCodec(key), self.limits)
        self._monitors = Monitors(engine)
        self._feed = Feed(self._reads)
        self._changes = Changes(self._reads, tracking.write_sessions(engine), Repeats(engine, self.limits), self.signals)

    def read_replica(self, engine: Engine, *, most_behind: int = 30) -> None:
        """Have a replica of the database read from, too, where it has what a read needs and is not more seconds behind. ::

            service.read_replica(create_engine("postgresql+psycopg://replica.example.com/shop"))
        """
        database = self._reads.planner.database
        if not database.replayed or engine.dialect.name != self.engine.dialect.name:
            raise ValueError(f"replicas are of PostgreSQL, as the database itself is; this is one of {engine.dialect.name}")
        database.prepare(engine, self.limits.statement_timeout_ms)
        connections = ReplicaConnections(engine, database, self.limits.statement_timeout_ms, most_behind=most_behind)
        self._reads.replica = Replica(connections)
        of = f"{self.model.namespace} {self.engine.url.database}"
        self._positions = Positions(self.access, self._reads.connections, self._reads.tokens, of)

    @property
    def replica(self) -> Replica | None:
        return self._reads.replica

    @property
    def engines(self) -> tuple[Engine, ...]:
        """Those of the database and of its replica."""
        return (self.engine, *([] if self.replica is None else [self.replica.connections.engine]))

    def leave_connections(self) -> None:
        """In a process that was forked: a connection belongs to the one that made it."""
        for engine in self.engines:
            engine.dispose(close=False)

    def v2_options(self, **options: Any) -> None:
        """Where V2's clients differ: see :class:`odata_service.formats.options_v2.OptionsV2`. ::

            service.v2_options(doubles="string", strings="without case")
        """
        self._spellings = {**self._spellings, V2: SpellingV2(OptionsV2(**options))}
        self._changed()

    def blueprint(
        self, protocol: str, *, principal: Callable[[Request], Principal | None] | None = None
    ) -> Blueprint:
        """The service in one protocol, ``"v2"``, to be registered under a prefix of a Flask application.

        ``principal`` says who makes a request of Flask's; who is nobody (``None``) is anonymous, and
        :class:`~odata_service.errors.Unauthorized` sends him away.
        """
        from odata_service.web.blueprint import blueprint  # the one way up: only web/ knows Flask

        return blueprint(self, PROTOCOLS[protocol], principal)

    def hear_statements(self, hear: Callable[[str, float], None]) -> None:
        """Have somebody told of each statement that the database was sent: its text, without any value, and its seconds."""
        self._reads.connections.hear = hear
        if self.replica is not None:
            self.replica.connections.hear = hear
        hear_sessions(self.engine, hear)

    def purge(self, older_than: timedelta) -> Mapping[str, int]:
        """Remove tombstones that are older, for good; returns how many of each model. Clients that have not heard of
        those are told to begin anew: their delta links are 410. Answers that need not be repeated any more go, too."""
        self._changes.repeats.forget_old()
        age = timedelta(days=self.limits.max_delta_age_days)
        tracking.forget_images(self.engine, self.access.guarded, age)
        ways = (way for each in self._mappers for way in each.relationships)
        tracking.forget_unlinked(self.engine, {table for way in ways for table in tracking.tables_of_links(way)}, age)
        return tracking.purge(self.engine, [each.type.mapper for each in self.model.sets.values()], older_than)

    @property
    def _mappers(self) -> list[Mapper[Any]]:
        return [each.mapper for each in self.model.types.values()]

    def handle(self, request: ODataRequest) -> ODataResponse:
        """Answer one request. Every refusal is an answer; nothing is raised."""
        timing = Timing()
        context = Context(request, timing=timing)
        try:
            response = self._answer(context, timing)
            response.headers.update(result_header(request.method, request.headers))
        except Exception as error:
            response = self.refused(error, context.request)
        if self._positions is not None:
            self._positions.tell(context.request, response, timing)
        response.headers["Server-Timing"] = timing.header
        self.signals.request_finished.tell(context, response)
        return response

    def _answer(self, context: Context, timing: Timing) -> ODataResponse:
        self.signals.request_started.send(context)
        request = context.request
        if self._positions is not None:
            timing.after = self._positions.asked(request)
        self.limits.check("max_url_length", len(request.target) + len(request.query))
        self.limits.check("max_body_bytes", len(request.body))
        spelling = self._spellings[request.protocol].of_caller(self.access.grant(request.principal).model)
        patience = spelling.patience(request)
        if patience is not None and not is_monitor(request):
            return self._monitors.start(at_once(request), patience, self._handle_whole)
        if spelling.has_feed and is_feed(request):
            return self._feed.answer(request)
        if is_monitor(request):
            return self._monitors.answer(request, spelling.reads_messages(request))
        if self._changes.is_told and is_rehearsal(request):
            with rehearsal(self._changes) as changes:
                return applied(self._with(changes)._agreed(in_earnest(request), spelling, context, timing), request)
        return self._agreed(request, spelling, context, timing)

    def _with(self, changes: Changes) -> ODataService:
        """The same service in the middle of a transaction."""
        twin = copy(self)
        twin._changes, twin._reads = changes, changes.reads
        return twin

    def _agreed(
        self, request: ODataRequest, spelling: Spelling, context: Context, timing: Timing
    ) -> ODataResponse:
        """The answer to one request, or to many that come in one."""
        if spelling.has_batches and request.method == "POST" and request.target.strip("/") == "$batch":
            if method_of(request) != "POST":
                raise BadRequest("BadHeader", "a batch is a POST itself", target="X-HTTP-Method")
            handle, refuse = self._handle_part, self.refused
            after = None if self._positions is None else self._positions.brought(request)
            joins = self._changes.is_told and self._positions is None and self.signals.are_quiet
            return Batch(request, spelling, self._changes, handle, refuse, timing, self._max_version, after, joins).answer()
        if spelling.has_pushes and request.method == "POST":
            from odata_service.push import Push  # marshmallow, see spelling_v4

            return Push(request, spelling, self._sync_sets, self._changes, timing).answer()
        request = spelling.meant(request)
        if request.method == "GET" and wants_explanation(request):
            demand_role(request, self.access.explained_to)
            return Explanation(self._reads, spelling, self._max_version).answer(plainly(request))
        exchange = spelling.agree(request, self._max_version)
        request = exchange.request
        method = method_of(request)
        if method == "OPTIONS":
            allowed = self._changes.allowed(request, spelling)
            return ODataResponse(204, {"Allow": ", ".join((*allowed, method)), **spelling.batch_headers})
        if method not in ("GET", "HEAD"):
            return self._changes.change(method, request, spelling, exchange, timing)
        form = form_of(request) if spelling.has_tables else None
        if form is not None:
            shown = partial(hooked, signals=self.signals, context=context)
            return Export.of(form, self._reads, spelling, self._max_version, shown, timing).answer(request)
        conditions = spelling.conditions.of_read(request)
        result = conditions.of_read(self._reads.read(request, spelling, exchange, timing))
        result = hooked(result, self.signals, context)
        return written_in_parts(result, exchange) if isinstance(result, LongCollection) else exchange.write(result)

    def _handle_part(self, request: ODataRequest) -> ODataResponse:
        """One of many requests, which is answered with the others."""
        return self._handle_whole(at_once(request))

    def _handle_whole(self, request: ODataRequest) -> ODataResponse:
        """In one piece; an error in the middle is a refusal, because nothing is sent yet."""
        answer = self.handle(request)
        try:
            return answer.whole()
        except Exception as error:
            return self.refused(error, request)

    def _unexpected(self, error: Exception) -> ODataError:
        answer = ODataError("InternalError", "the service made a mistake; it was logged")
        if self.access.behaviors.usual.use_verbose_errors:
            answer.inner = error
        return answer

    def refused(self, error: Exception, request: ODataRequest) -> ODataResponse:
        """The answer that a refusal is, or a mistake of ours, of which nothing is said."""
        known = self.signals.replaced(Context(request), self._reads.connections.unavailable(error))
        if not isinstance(known, ODataError):
            logger.error("%s %s could not be answered", request.method, request.target, exc_info=known)
            known = self._unexpected(known)
        response = self._spellings[request.protocol].write_error(known, request)
        response.headers.update({**known.headers, **result_header(request.method, request.headers, known)})
        return response


def _key(secret: str | None, engine: Engine, namespace: str) -> bytes:
    known = secret or f"{engine.url.render_as_string(hide_password=False)} {namespace}"
    return hashlib.sha256(f"odata-service {known}".encode()).digest()
