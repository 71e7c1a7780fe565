"""The Datasync protocol (CommunityToolkit.Datasync 10): how its requests are read and its results written."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import ClassVar
from urllib.parse import quote

from odata_service.bind.change import Body
from odata_service.bind.pull import in_order_of, with_leavers
from odata_service.bind.query import Read
from odata_service.bind.convert import NotConvertible, convert
from odata_service.context import Context
from odata_service.edm import primitive as edm
from odata_service.edm.literal_datasync import read_literal
from odata_service.edm.literal_v4 import write_literal
from odata_service.edm.model import EntityModel
from odata_service.edm.primitive import PrimitiveType
from odata_service.edm.table_type import DELETED, UPDATED_AT
from odata_service.errors import Conflict, Gone, NotFound, NotImplementedByService, ODataError
from odata_service.etag import Concurrency, ConditionRules, Conditions
from odata_service.formats import json_datasync
from odata_service.formats.conditions_datasync import ConditionsDatasync, Preconditions, RowState
from odata_service.formats.error_datasync import write_error
from odata_service.formats.link_datasync import bare_link, skipping_link
from odata_service.formats.version_datasync import http_date
from odata_service.limits import Limits
from odata_service.message import Headers, ODataRequest, ODataResponse
from odata_service.parse.datasync import (
    includes_deleted, parse_row, parse_rows, place_of, shape_of_row, shape_of_rows,
)  # fmt: skip
from odata_service.parse.shape import Shape
from odata_service.parse.syntax import Syntax
from odata_service.protocol import DATASYNC
from odata_service.result import Created, CurrentState, EntityCollection, NoContent, NotModified, Result, SingleEntity
from odata_service.spelling import AnswersOfRecords, Exchange, Spelling, WaysOfRecords
from odata_service.tables import Table, TableOperation, Tables
from odata_service.values import frozen

CONTENT_TYPE = "application/json; charset=utf-8"
TUNNEL = "X-HTTP-Method"
HIDDEN = (("includeDeleted", "false"),)  # the common language's word for it


@frozen
class ExchangeDatasync(AnswersOfRecords):
    """One request of a table, or of the row with ``key``, and what its options say of the answer."""

    request: ODataRequest
    table: Table
    key: str | None

    largest_page = None
    follows_changes = False
    returns_content = True  # clients take over what the service has made of a row
    shows_state = True

    @property
    def deletes_for_good(self) -> bool:
        return not self.table.soft_delete

    @property
    def page_size(self) -> int:
        return self.table.page_size

    def meant(self, read: Read) -> Read:
        """Rows in the order of ``updatedAt`` are a pull: the client will ask for what is newer than the newest of them."""
        query, known = read.query, read.query.entity_set.type.properties
        if not in_order_of(query, known[UPDATED_AT]):
            return read
        query = replace(query, together=True)
        if self.table.leavers != "none" and includes_deleted(self.request.query) and known[DELETED] in query.select:
            query = with_leavers(query, known[UPDATED_AT], self.table.leavers)
        return replace(read, query=query)

    def body(self, content: bytes, model: EntityModel, limits: Limits, *, converts: bool) -> Body:
        from odata_service.formats.read_json_datasync import JsonBodyDatasync  # marshmallow, see spelling_v4

        content_type = self.request.headers.get("Content-Type")
        return JsonBodyDatasync(content, content_type, limits, self.key)

    def write(self, result: Result) -> ODataResponse:
        match result:
            case EntityCollection():
                return ODataResponse(200, {"Content-Type": CONTENT_TYPE}, self._page(result))
            case SingleEntity():
                return _row(200, result)
            case Created():
                return _row(201, result.entity, {"Location": self._address(result.entity)})
            case CurrentState():
                return _row(result.error.status, result.entity)
            case NotModified():
                return ODataResponse(304, {"ETag": result.etag})
            case NoContent():
                return ODataResponse(204)
        raise AssertionError(f"a table gives no {type(result).__name__}")

    def _page(self, result: EntityCollection) -> bytes:
        return json_datasync.page(result, self._link(result))

    def _link(self, result: EntityCollection) -> str | None:
        """The query string of the next page."""
        if result.next_link is not None and self.table.next_links == "skip":
            return skipping_link(self.request.query, len(result.level.rows))
        return None if result.next_link is None else bare_link(result.next_link)

    def _address(self, entity: SingleEntity) -> str:
        shape, row = entity.level.shape, entity.level.rows[0]
        (key,) = shape.entity_set.type.key
        id = quote(str(shape.value(row, key)), safe=":")
        return f"{self.request.root}{self.request.target.strip('/')}/{id}"


def _row(status: int, entity: SingleEntity, headers: Mapping[str, str] | None = None) -> ODataResponse:
    state = RowState.of_read(entity)
    usual = {"Content-Type": CONTENT_TYPE, "ETag": state.etag, "Last-Modified": http_date(state.updated_at)}
    return ODataResponse(status, usual | dict(headers or {}), json_datasync.row(entity.level))


@frozen
class RulesDatasync:
    """What is asked of a row before it is read or changed."""

    tables: Tables
    usually: Concurrency = "optional"

    def of_read(self, request: ODataRequest) -> Conditions:
        """What is asked of many rows is asked now, before they are read."""
        table, key = self._place(request)
        if key is None:
            table.permit(Context(request), TableOperation.QUERY)
        return self._conditions(request)

    def of_change(self, request: ODataRequest, has_etag: bool, demanded: bool) -> Conditions:
        return self._conditions(request, demanded)

    def of_addition(self, request: ODataRequest) -> Conditions:
        return self._conditions(request)

    def of_call(self, request: ODataRequest) -> Conditions:
        raise AssertionError("a table has no actions")

    def _conditions(self, request: ODataRequest, demanded: bool = False) -> Conditions:
        (table, _), operation = self._place(request), _OPERATIONS[request.method]
        deletes = operation is TableOperation.DELETE
        sees = not table.soft_delete or (includes_deleted(request.query) and not deletes)
        gone = Conflict if table.gone_is_conflict and not deletes else Gone
        permitted = None if table.authorize is None else partial(table.permit, Context(request), operation)
        return ConditionsDatasync(Preconditions.of(request.headers), permitted, sees, gone, demanded)

    def _place(self, request: ODataRequest) -> tuple[Table, str | None]:
        name, key = place_of(request.target)
        return self.tables.named(name), key


_OPERATIONS = {
    "GET": TableOperation.READ,
    "HEAD": TableOperation.READ,
    "POST": TableOperation.CREATE,
    "PUT": TableOperation.UPDATE,
    "PATCH": TableOperation.UPDATE,
    "DELETE": TableOperation.DELETE,
}


@frozen
class SpellingDatasync(WaysOfRecords):
    """Tables, each a plain list of rows with an id, a version and a stamp."""

    tables: Tables

    protocol = DATASYNC
    updates: ClassVar[Sequence[str]] = ("PUT",)
    replays = True
    has_feed = False
    has_pushes = False

    def meant(self, request: ODataRequest) -> ODataRequest:
        """Nothing tunnels through POST here."""
        if TUNNEL not in request.headers:
            return request
        kept = ((name, value) for name, value in request.headers.items() if name.lower() != TUNNEL.lower())
        return replace(request, headers=Headers(kept))

    @property
    def conditions(self) -> ConditionRules:
        return RulesDatasync(self.tables)

    def of_caller(self, model: EntityModel) -> Spelling:
        return replace(self, tables=self.tables.of(model))

    def seen(self, model: EntityModel) -> EntityModel:
        return self.tables.seen(model)

    def parse(self, target: str, query: str, limits: Limits) -> Syntax:
        table, key = self._place(target)
        if key is not None:
            return parse_row(table.name, _key_literal(table, key), limits)
        limits = replace(limits, max_top=min(limits.max_top, table.max_top))
        hidden = HIDDEN if table.soft_delete and not includes_deleted(query) else ()
        return self._parsed_rows(table, query, limits, hidden)

    def _parsed_rows(self, table: Table, query: str, limits: Limits, hidden: tuple[tuple[str, str], ...]) -> Syntax:
        return parse_rows(table.name, query, limits, table.names(), hidden)

    def parse_path(self, target: str, limits: Limits) -> Syntax:
        return self.parse(target, "", limits)

    def shape(self, target: str, query: str) -> Shape | None:
        table, key = self._place(target)
        if key is not None:
            return shape_of_row(table.name, _key_literal(table, key))
        return shape_of_rows(table.name, query)

    def literal(self, text: str) -> tuple[PrimitiveType, object]:
        return read_literal(text)

    def agree(self, request: ODataRequest, max_version: str | None) -> Exchange:
        table, key = self._place(request.target)
        return ExchangeDatasync(request, table, key)

    def write_error(self, error: ODataError, request: ODataRequest) -> ODataResponse:
        """What is understood and not offered is the client's mistake here: 501 says nothing to it."""
        body, status = write_error(error), 400 if error.status == NotImplementedByService.status else error.status
        return ODataResponse(status, {"Content-Type": CONTENT_TYPE} if body else {}, body)

    def _place(self, target: str) -> tuple[Table, str | None]:
        """The table, and the id of the row, where it is one; 404 for anything else."""
        name, key = place_of(target)
        return self.tables.named(name), key


def _key_literal(table: Table, id: str) -> str:
    """The id of a path as a literal of the key's type; an id that is none of that type is that of no row."""
    (key,) = table.entity_set.type.key
    try:
        value = _integer(id, key.type) if key.type.is_integer else convert(id, edm.STRING, key.type)
    except (NotConvertible, ValueError):
        raise NotFound("ResourceNotFound", f"{table.name} has no row {id!r:.60}") from None
    return write_literal(value, key.type)


def _integer(id: str, kind: PrimitiveType) -> int:
    if not _INTEGER.fullmatch(id):
        raise ValueError(id)
    number = convert(int(id), edm.INT64, kind)
    assert isinstance(number, int), "an integer as another one"
    return number


_INTEGER = re.compile(r"-?\d{1,18}", re.ASCII)
