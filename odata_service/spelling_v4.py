"""V4: how its requests are read and its results written."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from urllib.parse import unquote, unquote_plus

from odata_service.access import Tombstones
from odata_service.bind.change import Body
from odata_service.bind.query import Read
from odata_service.edm.literal_v4 import read_literal, write_literal
from odata_service.edm.model import EntityModel
from odata_service.edm.primitive import STRING, PrimitiveType
from odata_service.errors import NotImplementedByService, ODataError, PreconditionRequired
from odata_service.etag import ConditionRules, TagRules
from odata_service.formats import json_v4
from odata_service.formats.csdl_json_v4 import write_json
from odata_service.formats.csdl_xml_v4 import write_xml
from odata_service.formats.error_v4 import write_error
from odata_service.formats.formats_v4 import OPENAPI, TEXT, Wish, error_style, format_for, style_for
from odata_service.formats.meant_v4 import meant
from odata_service.formats.openapi_v4 import write_openapi
from odata_service.formats.octets import answer_octets, octets_of
from odata_service.formats.prefer import Preferences, preferences
from odata_service.formats.style_v4 import Style
from odata_service.formats.value_v4 import write_text
from odata_service.formats.version_v4 import V4_0, V4_01, Version, negotiate, version_of_body
from odata_service.formats.vocabularies_v4 import Offer
from odata_service.limits import Limits
from odata_service.message import ODataRequest, ODataResponse
from odata_service.parse import parse_v4
from odata_service.parse.shape import Shape, shape_v4
from odata_service.parse.syntax import Syntax
from odata_service.protocol import V4, Protocol
from odata_service.result import (
    CollectionValue,
    ComplexValue,
    Created,
    DynamicRows,
    EntityCollection,
    EntityCount,
    EntityDelta,
    EntityLinks,
    Metadata,
    MixedEntities,
    NoContent,
    Nothing,
    NotModified,
    OperationResult,
    PropertyValue,
    Result,
    SingleEntity,
    StreamContent,
)
from odata_service.spelling import Exchange, OfOData, Spelling
from odata_service.values import frozen

_ENUM_LITERAL = re.compile(r"\w+(?:\.\w+)+'")
CONDITIONS: ConditionRules = TagRules("optional", PreconditionRequired, strict=False)
CHANGES = ("POST", "PUT", "PATCH")  # those for which Prefer: return means something
PAGED = (EntityCollection, MixedEntities, EntityLinks, EntityDelta, DynamicRows)
OF_ENTITIES = (EntityCollection, MixedEntities, SingleEntity, Created, DynamicRows)
Answer = tuple[int, dict[str, str], bytes]


@frozen
class ExchangeV4(OfOData):
    """The version, formats and preferences of one answer."""

    request: ODataRequest
    version: Version
    wish: Wish
    preferences: Preferences

    @property
    def paged(self) -> bool:
        return True

    @property
    def largest_page(self) -> int | None:
        return self.preferences.max_page_size

    @property
    def in_parts(self) -> bool:
        return not self.request.in_batch

    @property
    def follows_changes(self) -> bool:
        return self.preferences.track_changes or "deltatoken" in self.request.query.lower()

    @property
    def answers_deltas(self) -> bool:
        return self.preferences.return_ != "minimal"

    @property
    def tells_apart(self) -> bool:
        """JSON Format, 4.0 Flattened Delta Payload."""
        return self.version == V4_0

    @property
    def goes_on(self) -> bool:
        return bool(self.preferences.continue_on_error)

    @property
    def returns_content(self) -> bool:
        return self.preferences.return_ == "representation"

    @property
    def variant(self) -> str:
        """A preferred page size is part of the plan, and so is the way to count."""
        return f"{self.preferences.max_page_size or ''}{self.preferences.spelled.get('count', '')}"

    def meant(self, read: Read) -> Read:
        tally = self.preferences.count
        return read if tally is None else replace(read, query=replace(read.query, tally=tally))

    @property
    def style(self) -> Style:
        return style_for(self.wish, self.version, self.preferences.omit_values == "nulls")

    def check(self, syntax: Syntax) -> None:
        """Both versions carry everything; a ``$format`` that nothing comes in is refused before there is work."""
        self.wish.check()
        if syntax.options.index is not None:
            message = "$index is not supported: no collection here has an order of its own"
            raise NotImplementedByService("NotImplemented", message, target="$index")

    def body(self, content: bytes, model: EntityModel, limits: Limits, *, converts: bool) -> Body:
        from odata_service.formats.read_json_v4 import JsonBodyV4  # marshmallow is large, and who reads does without

        version = version_of_body(self.request.headers)
        content_type = self.request.headers.get("Content-Type")
        return JsonBodyV4(content, content_type, model, limits, version, converts)

    def promise(self, result_type: type[Result]) -> None:
        format_for(result_type, self.wish)

    def write(self, result: Result) -> ODataResponse:
        version = {"OData-Version": str(self.version)}
        octets = octets_of(result)
        if octets is not None:
            headers = {**version, "Content-Type": octets.content_type, **_etag(getattr(result, "etag", None))}
            return answer_octets(self.request, headers, octets)
        status, headers, body = self._answer(result)
        return ODataResponse(status, {**version, **headers}, body)

    def write_created(self, results: Sequence[Created]) -> Sequence[ODataResponse]:
        if self._wants_minimal:
            return [self.write(each) for each in results]
        format_for(Created, self.wish)
        style = self.style
        documents = json_v4.created(results, self.request.root, style, self.request.query)
        headers = {"OData-Version": str(self.version), "Content-Type": style.content_type}
        return [
            ODataResponse(201, {**headers, **self._headers(each)}, document)
            for each, document in zip(results, documents, strict=True)
        ]

    def _answer(self, result: Result) -> Answer:
        if isinstance(result, EntityCount):
            return 200, {"Content-Type": TEXT.content_type, **self._applied(result)}, str(result.count).encode()
        if _is_empty(result) or (self._wants_minimal and isinstance(result, (Created, SingleEntity))):
            return 204, self._headers(result), b""
        if isinstance(result, NotModified):
            return 304, _etag(result.etag), b""
        if isinstance(result, PropertyValue) and result.raw:
            return self._raw(result)
        if isinstance(result, Metadata):
            return self._metadata(result)
        return self._document(result)

    def _document(self, result: Result) -> Answer:
        format_for(type(result), self.wish)
        # What became null is news (Protocol, Preference omit-values).
        style = self.style._replace(omit_nulls=False) if isinstance(result, EntityDelta) else self.style
        headers = {"Content-Type": style.content_type, **self._headers(result)}
        status = 201 if isinstance(result, Created) else 200
        return status, headers, json_v4.write(result, self.request.root, self.request.target, style, self.request.query)

    def _metadata(self, result: Metadata) -> Answer:
        chosen = format_for(Metadata, self.wish)
        offer = Offer(result.model, result.rights, result.limits, result.behaviors)

        def write() -> bytes:
            if chosen is OPENAPI:
                return write_openapi(offer, self.request.root)
            return write_xml(offer, str(self.version)) if chosen.name == "xml" else write_json(offer)

        of = self.request.root if chosen is OPENAPI else str(self.version)
        body = result.document(("v4", chosen.name, of), write)
        content_type = self.style.content_type if chosen.name == "json" else chosen.content_type
        return 200, {"Content-Type": content_type, "Vary": "Accept, OData-MaxVersion"}, body

    def _raw(self, result: PropertyValue) -> Answer:
        """``…/$value`` as text."""
        text = write_text(result.value, result.property)
        return 200, {"Content-Type": TEXT.content_type, **_etag(result.etag)}, text.encode()

    @property
    def _wants_minimal(self) -> bool:
        return self.request.method in CHANGES and self.preferences.return_ == "minimal"

    def _headers(self, result: Result) -> dict[str, str]:
        """ETag, addresses, and which preferences were followed."""
        headers = {"Vary": "Accept, OData-MaxVersion, Prefer"}
        if isinstance(result, Created):
            headers |= {"Location": result.location, **_etag(result.entity.etag)}
            if self._wants_minimal:
                headers["OData-EntityId"] = result.location
        elif isinstance(result, NoContent):
            headers |= _etag(result.etag)
            if result.entity_id is not None:
                headers["OData-EntityId"] = result.entity_id
        elif isinstance(result, (SingleEntity, PropertyValue, ComplexValue, CollectionValue, StreamContent)):
            headers |= _etag(result.etag)
        return headers | self._applied(result)

    def _applied(self, result: Result) -> dict[str, str]:
        return self.preferences.applied(*self._followed(result)) if self.preferences.spelled else {}

    def _followed(self, result: Result) -> Iterator[str]:
        """The names of the preferences that decided this answer, if they were asked for."""
        if isinstance(result, PAGED):
            yield "maxpagesize"
        if isinstance(result, EntityDelta) or (isinstance(result, EntityCollection) and result.tracked):
            yield "track-changes"
        if isinstance(result, (EntityCollection, EntityCount)) and result.tally == self.preferences.count:
            yield "count"
        if isinstance(result, OF_ENTITIES) and self.preferences.omit_values == "nulls":
            yield "omit-values"
        with_content = isinstance(result, (Created, SingleEntity)) and self.request.method in CHANGES
        if with_content or self._wants_minimal:
            yield "return"


@frozen
class SpellingV4:
    """OData 4.0 and 4.01."""

    protocol: Protocol = V4
    key_as_segment: bool = True
    tombstones: Tombstones = "hidden"  # only deltas tell of them
    updates: tuple[str, ...] = ("PUT", "PATCH")
    whole_sets: bool = True
    whole_links: bool = True
    deletes_properties: bool = True
    conditions: ConditionRules = CONDITIONS
    upserts: bool = True
    replays: bool = False
    has_batches: bool = True
    has_tables: bool = True
    delta_option: str = "$deltatoken"
    parameters_in_query: bool = False
    shapes_answers: bool = True
    has_feed: bool = True
    has_pushes: bool = False
    batch_status: int = 200
    content_id_in_part: bool = True
    json_batches: bool = True

    @property
    def batch_headers(self) -> dict[str, str]:
        return {"OData-Version": str(V4_0)}

    def batch_goes_on(self, request: ODataRequest, as_json: bool) -> bool:
        """Protocol, Preference continue-on-error: without it the first error ends the batch, but not one in JSON, whose
        requests say themselves which others they depend on."""
        wished = preferences(request.headers.get("Prefer")).continue_on_error
        return as_json if wished is None else wished

    def batch_applied(self, request: ODataRequest) -> dict[str, str]:
        return preferences(request.headers.get("Prefer")).applied("continue-on-error")

    def patience(self, request: ODataRequest) -> int | None:
        wished = preferences(request.headers.get("Prefer"))
        return (wished.wait or 0) if wished.respond_async else None

    def reads_messages(self, request: ODataRequest) -> bool:
        """Protocol, Asynchronous Requests: those who read 4.0 at most and say nothing, and those who say so."""
        accept = request.headers.get("Accept")
        if accept is None:
            return request.headers.get("OData-MaxVersion", "").strip() == "4.0"
        return "application/http" in accept.lower()

    def meant(self, request: ODataRequest) -> ODataRequest:
        return meant(request)

    def parse(self, target: str, query: str, limits: Limits) -> Syntax:
        return parse_v4(target, query, limits)

    def parse_path(self, target: str, limits: Limits) -> Syntax:
        return parse_v4(target, "", limits)

    def shape(self, target: str, query: str) -> Shape | None:
        return shape_v4(target, query)

    def of_caller(self, model: EntityModel) -> Spelling:
        return self

    def seen(self, model: EntityModel) -> EntityModel:
        return model

    def write_literal(self, value: object, kind: PrimitiveType) -> str:
        return write_literal(value, kind)

    def literal(self, text: str) -> tuple[PrimitiveType, object]:
        """A member of an enumeration, ``Ns.Color'Red'``, is looked up when a plan is made, and is no parameter of it."""
        return (STRING, text) if _ENUM_LITERAL.match(text) else read_literal(text)

    def agree(self, request: ODataRequest, max_version: str | None) -> Exchange:
        highest = V4_01 if max_version is None else Version.read("max_protocol_version", max_version)
        version = negotiate(request.headers, max(highest, V4_0))
        return ExchangeV4(request, version, _wish(request), preferences(request.headers.get("Prefer")))

    def write_error(self, error: ODataError, request: ODataRequest) -> ODataResponse:
        version = _version_of_errors(request)
        style = error_style(_wish(request), version)
        headers = {"OData-Version": str(version), "Content-Type": style.content_type}
        return ODataResponse(error.status, headers, write_error(error))


def _version_of_errors(request: ODataRequest) -> Version:
    """The version asked for, and 4.0 where that is just what was wrong."""
    try:
        return negotiate(request.headers)
    except ODataError:
        return V4_0


def _wish(request: ODataRequest) -> Wish:
    """``$format``, which 4.01 may write ``format`` and in any case."""
    wanted = None
    if "format" in request.query.lower():
        pairs = (option.partition("=") for option in request.query.split("&"))
        named = ((unquote_plus(name).strip().lower(), value) for name, _, value in pairs)
        wanted = next((unquote(value) for name, value in named if name in ("$format", "format")), None)
    return Wish.of(request.headers, wanted)


def _etag(etag: str | None) -> dict[str, str]:
    return {} if etag is None else {"ETag": etag}


def _is_empty(result: Result) -> bool:
    """What has no content: a change without an answer, a property or structure that is null."""
    match result:
        case EntityLinks():
            return result.leads_nowhere
        case (
            Nothing()
            | NoContent()
            | OperationResult(value=None)
            | ComplexValue(members=None)
            | PropertyValue(value=None)
            | StreamContent(content=None)
        ):
            return True
    return False
