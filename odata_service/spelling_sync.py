"""The Sync API: how its requests are read and its results written. Pushes are :mod:`odata_service.push`'s."""

from __future__ import annotations

from dataclasses import replace

from odata_service.bind.change import Body
from odata_service.bind.query import Read
from odata_service.edm.literal_v4 import read_literal
from odata_service.edm.model import EntityModel
from odata_service.edm.primitive import PrimitiveType
from odata_service.errors import BadRequest, Gone, MethodNotAllowed, ODataError
from odata_service.etag import ConditionRules, TagRules
from odata_service.formats import json_sync
from odata_service.formats.prefer import preferences
from odata_service.limits import Limits
from odata_service.links import whole_reading
from odata_service.message import Headers, ODataRequest, ODataResponse
from odata_service.parse import parse_v4
from odata_service.parse.shape import Shape
from odata_service.parse.sync import SINCE, place_of, plain_query, token_of
from odata_service.parse.syntax import Syntax
from odata_service.protocol import SYNC
from odata_service.result import EntityCollection, EntityDelta, Result, ServiceDocument
from odata_service.spelling import AnswersOfRecords, Exchange, Spelling, WaysOfRecords
from odata_service.sync_sets import SyncSets
from odata_service.token import BAD_TOKEN
from odata_service.values import frozen

JSON = {"Content-Type": "application/json"}
METHODS = ("GET", "HEAD", "POST", "OPTIONS")
NO_TOMBSTONES = (("includeDeleted", "false"),)  # the common language's word for it
UNLIMITED = Limits()
CONDITIONS: ConditionRules = TagRules("optional", ODataError, strict=False)


@frozen
class ExchangeSync(AnswersOfRecords):
    """One request for what has changed."""

    request: ODataRequest
    sets: SyncSets

    follows_changes = True
    returns_content = False
    shows_state = False
    deletes_for_good = False
    page_size = 1_000  # nobody looks at a page: it is stored

    @property
    def largest_page(self) -> int | None:
        return preferences(self.request.headers.get("Prefer")).max_page_size

    def meant(self, read: Read) -> Read:
        return read

    def body(self, content: bytes, model: EntityModel, limits: Limits, *, converts: bool) -> Body:
        raise AssertionError("only pushes have a body")

    def write(self, result: Result) -> ODataResponse:
        exact = json_sync.is_exact(self.request.headers)
        match result:
            case EntityCollection():
                link = result.next_link or result.delta_link
                if link is None:
                    raise BadRequest("CannotBeFollowed", _NOT_FOLLOWED, target="$filter")
                reasons = [""] * len(result.level.rows)
                body = json_sync.changes(
                    result.level, reasons, token_of(link), result.next_link is not None, exact=exact
                )
                return ODataResponse(200, dict(JSON), body)
            case EntityDelta():
                link = result.next_link or result.delta_link
                assert link is not None, "a delta always goes on"
                body = json_sync.changes(
                    result.level, result.reasons, token_of(link), result.next_link is not None, exact=exact
                )
                return ODataResponse(200, dict(JSON), body)
            case ServiceDocument():
                rules = {name: self.sets.rule(each) for name, each in result.model.sets.items()}
                return ODataResponse(200, dict(JSON), json_sync.sets(result.model, rules, self.request.root))
        raise AssertionError(f"a set gives no {type(result).__name__}")


_NOT_FOLLOWED = "a copy can be kept of what the records themselves say: not of what now() decides, or what is around them"


@frozen
class SpellingSync(WaysOfRecords):
    """Records of tracked sets, by the token of the last pull; and pushes."""

    sets: SyncSets

    protocol = SYNC
    replays = False
    has_feed = True
    has_pushes = True
    conditions = CONDITIONS

    def of_caller(self, model: EntityModel) -> Spelling:
        return replace(self, sets=self.sets.of(model))

    def seen(self, model: EntityModel) -> EntityModel:
        return self.sets.seen(model)

    def meant(self, request: ODataRequest) -> ODataRequest:
        """The request as one for a delta; names of sets come in any case."""
        if request.method not in METHODS:
            raise MethodNotAllowed(request.method, METHODS)
        query, limit = plain_query(request.query)
        names = {name.lower(): name for name in self.sets.model.sets}
        target = place_of(request.target, UNLIMITED)
        if self.sets.is_list(target):
            raise MethodNotAllowed(request.method, ("POST",))
        others = [(name, value) for name, value in request.headers.items() if name.lower() != "prefer"]
        prefer = [] if limit is None else [("Prefer", f"maxpagesize={limit}")]
        target = names.get(target.lower(), target)
        return replace(request, target=target, query=query, headers=Headers([*others, *prefer]))

    def parse(self, target: str, query: str, limits: Limits) -> Syntax:
        syntax = parse_v4(target, query, limits)
        return replace(syntax, options=replace(syntax.options, custom=NO_TOMBSTONES))

    def parse_path(self, target: str, limits: Limits) -> Syntax:
        return self.parse(target, "", limits)

    def shape(self, target: str, query: str) -> Shape | None:
        return None

    def literal(self, text: str) -> tuple[PrimitiveType, object]:
        return read_literal(text)

    def agree(self, request: ODataRequest, max_version: str | None) -> Exchange:
        return ExchangeSync(request, self.sets)

    def write_error(self, error: ODataError, request: ODataRequest) -> ODataResponse:
        if isinstance(error, Gone) or error.code == BAD_TOKEN:
            location = error.headers.get("Location") or self._anew(request)
            gone = Gone("TokenGone", error.message.replace("delta link", "token"), location=location, target=SINCE)
            return ODataResponse(gone.status, JSON | dict(gone.headers), json_sync.error(gone, location))
        return ODataResponse(error.status, dict(JSON), json_sync.error(error))

    def _anew(self, request: ODataRequest) -> str:
        """Where a client begins whose token is no place in this query."""
        return whole_reading(request.root, request.target, plain_query(request.query)[0])
