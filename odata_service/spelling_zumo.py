"""What came before the Datasync protocol: Azure Mobile Apps 6 (``ZUMO-API-VERSION: 3.0.0``) and the dialect of its forebears
(2.0.0), which write OData 3 and page by themselves."""

from __future__ import annotations

from dataclasses import replace

from odata_service.bind.change import Body
from odata_service.edm.literal_datasync import read_old_literal
from odata_service.edm.model import EntityModel
from odata_service.edm.primitive import PrimitiveType
from odata_service.errors import BadRequest, ODataError
from odata_service.formats import json_datasync
from odata_service.formats.link_datasync import without_options
from odata_service.limits import Limits
from odata_service.links import option_name
from odata_service.message import ODataRequest, ODataResponse
from odata_service.parse.datasync import INCLUDE_DELETED, parse_old_rows
from odata_service.parse.shape import Shape
from odata_service.parse.syntax import Syntax
from odata_service.protocol import ZUMO
from odata_service.result import EntityCollection
from odata_service.spelling import Exchange
from odata_service.spelling_datasync import ExchangeDatasync, SpellingDatasync
from odata_service.tables import Table
from odata_service.values import frozen

VERSION = "ZUMO-API-VERSION"
OPTIONS = "X-ZUMO-Options"
VERSIONS = ("3", "2")  # as the text begins
# What a header says is put into the query, where all that follows looks for it.
OLD = "__zumo=2"
DELETED_TOO = f"{INCLUDE_DELETED}=true"


@frozen
class ExchangeZumo(ExchangeDatasync):
    """Pages of version 3 have links with an address, those of version 2 are arrays or have a count and no link."""

    def body(self, content: bytes, model: EntityModel, limits: Limits, *, converts: bool) -> Body:
        from odata_service.formats.read_json_datasync import JsonBodyDatasync  # marshmallow, see spelling_v4

        content_type, merges = self.request.headers.get("Content-Type"), self.request.method == "PATCH"
        return JsonBodyDatasync(content, content_type, limits, self.key, merges)

    def _page(self, result: EntityCollection) -> bytes:
        if is_old(self.request.query):
            return json_datasync.old_page(result)
        return json_datasync.page(result, self._link(result))

    def _link(self, result: EntityCollection) -> str | None:
        bare = super()._link(result)
        if bare is None:
            return None
        options = _options(self.request)
        query = without_options(bare, [DELETED_TOO] if "include:deleted" in options else [])
        address = f"{self.request.root}{self.request.target.strip('/')}"
        if "nextlink=path" in options:
            address = f"/{address.partition('://')[2].partition('/')[2]}"
        return f"{address}?{query}"


@frozen
class SpellingZumo(SpellingDatasync):
    """The same tables for older clients. Which of the two dialects a client speaks, it says in a header or in the query."""

    protocol = ZUMO
    updates = ("PUT", "PATCH")

    def meant(self, request: ODataRequest) -> ODataRequest:
        request = super().meant(request)
        added = [OLD] if _version(request).startswith("2") else []
        if "include:deleted" in _options(request):
            added.append(DELETED_TOO)
        return replace(request, query="&".join(filter(None, [request.query, *added]))) if added else request

    def literal(self, text: str) -> tuple[PrimitiveType, object]:
        return read_old_literal(text)

    def shape(self, target: str, query: str) -> Shape | None:
        """Plans of the older dialect are not kept: its literals look like others."""
        return None if is_old(query) else super().shape(target, query)

    def write_error(self, error: ODataError, request: ODataRequest) -> ODataResponse:
        if error.target == VERSION:
            body = json_datasync.problem(error.status, error.message)
            return ODataResponse(error.status, {"Content-Type": "application/problem+json"}, body)
        return super().write_error(error, request)

    def _parsed_rows(self, table: Table, query: str, limits: Limits, hidden: tuple[tuple[str, str], ...]) -> Syntax:
        if is_old(query):
            return parse_old_rows(table.name, query, limits, table.names(), hidden)
        return super()._parsed_rows(table, query, limits, hidden)

    def agree(self, request: ODataRequest, max_version: str | None) -> Exchange:
        table, key = self._place(request.target)
        return ExchangeZumo(request, table, key)


def is_old(query: str) -> bool:
    """Whether version 2 is spoken, as :meth:`SpellingZumo.meant` has put it into the query."""
    return query.endswith(OLD) or f"{OLD}&" in query


def _version(request: ODataRequest) -> str:
    said = request.headers.get(VERSION) or _in_query(request.query)
    if said is None or not said.startswith(VERSIONS):
        message = f"{VERSION} says which version a client speaks: 3.0.0 or 2.0.0"
        raise BadRequest("ApiVersion", message, target=VERSION)
    return said


def _in_query(query: str) -> str | None:
    values = (each.partition("=")[2] for each in query.split("&") if option_name(each, bare=False) == VERSION.lower())
    return next(values, None)


def _options(request: ODataRequest) -> list[str]:
    """``X-ZUMO-Options: nextlink=path, include:deleted``"""
    return [each.strip().lower() for each in request.headers.get(OPTIONS, "").split(",")]
