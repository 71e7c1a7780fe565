"""``$explain=true``: how a read is answered, for roles that may know. ::

    GET /v4/People?$filter=Name eq 'Ada'&$explain=true

The answer has what was understood (``syntax``), what it means in the model (``query``), the ``rights`` that were applied, each
statement of SQL with its parameters, the database's plan for it and the time it took, and the ``timings`` of all steps.
"""

from __future__ import annotations

import enum
import time
from collections.abc import Callable, Mapping
from dataclasses import field, fields, is_dataclass, replace
from typing import Any, ClassVar, TypeVar

import orjson

from odata_service.access import EVERY, Caller, EntitySetRights
from odata_service.access.touched import touched
from odata_service.bind.query import Read
from odata_service.edm.model import EntitySet
from odata_service.errors import BadRequest, Forbidden
from odata_service.execute.connection import Connection, ReadConnections, Row, Timing
from odata_service.links import option_name
from odata_service.message import ODataRequest, ODataResponse
from odata_service.plan.cache import PlanCache
from odata_service.plan.statement import Statement
from odata_service.reads import Reads
from odata_service.spelling import Spelling
from odata_service.values import mutable

OPTION = "explain"
_DEEPEST = 24  # levels of an expression that are shown
Json = Any  # what orjson writes
Done = TypeVar("Done")


def wants_explanation(request: ODataRequest) -> bool:
    return OPTION in request.query and any(
        _is_ours(each) and each.endswith("=true") for each in request.query.split("&")
    )


def plainly(request: ODataRequest) -> ODataRequest:
    """The request without the wish to have it explained."""
    query = "&".join(each for each in request.query.split("&") if not _is_ours(each))
    return replace(request, query=query)


def _is_ours(option: str) -> bool:
    return option_name(option, bare=False) == f"${OPTION}"


def demand_role(request: ODataRequest, roles: frozenset[str]) -> None:
    """Whoever may not know is told what he would be told of any option that there is not, as long as nobody may."""
    if not roles:
        raise BadRequest("UnknownOption", f"${OPTION} is not open to anybody here", target=f"${OPTION}")
    if EVERY not in roles and not roles & request.principal.roles:
        raise Forbidden("ExplainForbidden", f"${OPTION} is open to some roles only", target=f"${OPTION}")


@mutable
class Explanation:
    """One explanation under way."""

    reads: Reads
    spelling: Spelling
    max_version: str | None
    seconds: dict[str, float] = field(default_factory=dict)

    def answer(self, request: ODataRequest) -> ODataResponse:
        heard: list[Json] = []
        connections = Explaining.of_connections(self.reads.connections, heard)
        reads = replace(self.reads, connections=connections, plans=PlanCache())
        exchange = self.spelling.agree(request, self.max_version)
        request = exchange.request
        caller = reads.access.caller(request)
        syntax = self._timed("parse", lambda: self.spelling.parse(request.target, request.query, reads.limits))
        binder = reads.paged_binder(caller, self.spelling, exchange)
        resource = self._timed("bind", lambda: binder.resource(syntax))
        bound = None if resource.call else self._timed("bind", lambda: binder.bound(resource, syntax.options))
        timing = Timing()
        result = self._timed("read", lambda: reads.read(request, self.spelling, exchange, timing))
        body = self._timed("write", lambda: exchange.write(result).whole().body)
        document = {
            "syntax": shown(syntax),
            "query": shown(bound),
            "rights": _rights(caller, bound),
            "statements": heard,
            "timings": {name: _milliseconds(each) for name, each in self.seconds.items()},
            "bytes": len(body),
        }
        return ODataResponse(
            200, {"Content-Type": "application/json", "Cache-Control": "no-store"}, orjson.dumps(document)
        )

    def _timed(self, name: str, work: Callable[[], Done]) -> Done:
        started = time.perf_counter()
        done = work()
        self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - started
        return done


@mutable
class Explaining(ReadConnections):
    """Keeps of every statement what there is to say."""

    lasting: ClassVar[bool] = False
    heard: list[Json] = field(default_factory=list)

    @classmethod
    def of_connections(cls, usual: ReadConnections, heard: list[Json]) -> Explaining:
        return cls(usual.engine, usual.database, usual.timeout_ms, usual.hear, heard=heard)

    def of(self, driver: Any, timing: Timing) -> Connection:
        """(Any: drivers share no type.)"""
        return _Explained(driver, timing, self)


@mutable
class _Explained(Connection):
    explaining: Explaining

    def rows(self, statement: Statement, values: Mapping[str, object]) -> list[Row]:
        explain = self.explaining.database.explain
        plan = Connection.rows(self, statement.explained(explain), values) if explain else []
        started = time.perf_counter()
        found = Connection.rows(self, statement, values)
        taken = time.perf_counter() - started
        said = {
            "sql": statement.text,
            "parameters": {each.name: _plain(each.value(values)) for each in statement.parameters},
            "plan": self.explaining.database.told_plan(plan),
            "rows": len(found),
            "ms": _milliseconds(taken),
        }
        self.explaining.heard.append(said)
        return found


def _rights(caller: Caller, bound: object) -> Json:
    names = dict.fromkeys(name for name, _ in touched(bound.query)) if isinstance(bound, Read) else {}
    sets = [caller.model.sets[name] for name in names if name in caller.model.sets]
    watched = caller.rows.interceptors
    return {
        "caller": caller.context.user.name,
        "roles": sorted(caller.grant.roles),
        "sets": {
            each.name: {"rights": _named(caller, each), "conditions": len(watched.get(each.name, ()))} for each in sets
        },
    }


def _named(caller: Caller, entity_set: EntitySet) -> list[str]:
    rights = caller.rights_for(entity_set)
    return [name for name, right in EntitySetRights.__members__.items() if right.bit_count() == 1 and right & rights]


def shown(node: object, depth: int = 0) -> Json:
    """A value of ours as JSON: the kind, and what is not as it is usually."""
    if depth > _DEEPEST:
        return "…"
    if isinstance(node, enum.Enum) or node is None or isinstance(node, (str, int, float, bool)):
        return node.name if isinstance(node, enum.Enum) else node
    if isinstance(node, (list, tuple, frozenset, set)):
        return [shown(each, depth + 1) for each in node]
    name = getattr(node, "full_name", None) or getattr(node, "name", None)
    if isinstance(name, str) and type(node).__module__.startswith("odata_service.edm"):
        return name
    if is_dataclass(node) and not isinstance(node, type):
        members = {each.name: getattr(node, each.name) for each in fields(node) if each.name != "rules"}
        said = {key: shown(value, depth + 1) for key, value in members.items() if value not in (None, (), "", False)}
        return {"kind": type(node).__name__, **said}
    return _plain(node)


def _plain(value: object) -> Json:
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)


def _milliseconds(seconds: float) -> float:
    return round(seconds * 1000, 3)
