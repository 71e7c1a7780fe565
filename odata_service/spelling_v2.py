"""V2: how its requests are read and its results written."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import replace
from urllib.parse import unquote_plus

from odata_service.access import Tombstones
from odata_service.bind.case import without_case
from odata_service.bind.change import Body
from odata_service.bind.query import Read
from odata_service.edm.literal_v2 import read_literal, write_literal
from odata_service.edm.model import EntityModel
from odata_service.edm.primitive import PrimitiveType
from odata_service.edm.views import plain
from odata_service.errors import BadRequest, NotFound, ODataError
from odata_service.etag import ConditionRules, TagRules
from odata_service.formats import atom_v2, csdl_v2, json_v2
from odata_service.formats.error_v2 import json_error, xml_error
from odata_service.formats.formats_v2 import Wish, error_format, format_for
from odata_service.formats.negotiate import Format
from odata_service.formats.octets import answer_octets, octets_of
from odata_service.formats.options_v2 import USUAL, OptionsV2
from odata_service.formats.prefer import Preferences, preferences
from odata_service.formats.read_xml import is_xml
from odata_service.formats.value_v2 import write_text
from odata_service.formats.version_v2 import V1_0, V2_0, Version, needs_2, negotiate, refuse_newer
from odata_service.limits import Limits
from odata_service.links import option_name
from odata_service.links import without_empty, without_format
from odata_service.message import ODataRequest, ODataResponse
from odata_service.parse import parse_v2
from odata_service.parse.v2 import DELTA_TOKEN
from odata_service.parse.shape import Shape, shape_v2
from odata_service.parse.syntax import Syntax
from odata_service.protocol import V2, Protocol
from odata_service.result import (
    ComplexValue, Created, EntityCollection, EntityCount, EntityDelta, EntityLinks, Metadata, Nothing, NoContent, NotModified, PropertyValue, Result,
    SingleEntity, StreamContent,
)  # fmt: skip
from odata_service.spelling import Exchange, OfOData, Spelling
from odata_service.values import frozen

CONDITIONS: ConditionRules = TagRules("demanded", BadRequest, strict=True)


@frozen
class ExchangeV2(OfOData):
    """The version and formats of one answer."""

    request: ODataRequest
    version: Version
    wish: Wish
    options: OptionsV2 = USUAL
    asks_for_delta: bool = False

    @property
    def paged(self) -> bool:
        """A client of version 1.0 knows no next links, so it gets collections whole."""
        return self.version >= V2_0

    @property
    def largest_page(self) -> None:
        """Only the service decides."""

    @property
    def in_parts(self) -> bool:
        """Not where the version that is announced depends on what comes last."""
        return self.paged and self.options.collections == "results" and not self.request.in_batch

    @property
    def follows_changes(self) -> bool:
        """With an empty token, with the preference that V4 has for it, or always (SAP, Olingo)."""
        if self.version < V2_0:
            return False
        asked = self.asks_for_delta or self.preferences.track_changes or "deltatoken" in self.request.query.lower()
        return asked or self.options.delta_links == "always"

    @property
    def preferences(self) -> Preferences:
        return preferences(self.request.headers.get("Prefer"))

    @property
    def answers_deltas(self) -> bool:
        return False

    @property
    def goes_on(self) -> bool:
        return False

    @property
    def returns_content(self) -> bool:
        """Clients of V2 fail when an update is answered with more than 204."""
        return False

    @property
    def variant(self) -> str:
        return str(self.version)

    def meant(self, read: Read) -> Read:
        if self.options.strings == "exact":
            return read
        names = (option_name(option, bare=False) for option in self.request.query.split("&"))
        return without_case(read, ordered="$orderby" in names)

    def check(self, syntax: Syntax) -> None:
        refuse_newer(self.version, _new_options(syntax))

    def body(self, content: bytes, model: EntityModel, limits: Limits, *, converts: bool) -> Body:
        from odata_service.formats.read_atom_v2 import AtomBodyV2  # marshmallow is large, and who reads does without
        from odata_service.formats.read_json_v2 import JsonBodyV2

        content_type = self.request.headers.get("Content-Type")
        body = AtomBodyV2 if is_xml(content_type) else JsonBodyV2
        return body(content, content_type, model, limits, converts)

    def promise(self, result_type: type[Result]) -> None:
        format_for(result_type, self.wish)

    def write(self, result: Result) -> ODataResponse:
        version = self._version_of(result)
        headers = {"DataServiceVersion": version.header}
        _demand_something(result)
        if isinstance(result, NotModified):
            return ODataResponse(304, headers | _etag(result.etag))
        if isinstance(result, NoContent):
            return ODataResponse(204, headers | _etag(result.etag))
        octets = octets_of(result)
        if octets is not None:
            headers |= {"Content-Type": octets.content_type} | _etag(getattr(result, "etag", None))
            return answer_octets(self.request, headers, octets)
        if isinstance(result, PropertyValue) and result.raw:
            return self._raw(result, headers | _etag(result.etag))
        chosen = format_for(type(result), self.wish)
        headers["Content-Type"] = chosen.content_type
        if isinstance(result, EntityDelta) or (isinstance(result, EntityCollection) and result.tracked):
            headers |= self.preferences.applied("track-changes")
        if isinstance(result, Created):
            headers |= {"Location": result.location} | _etag(result.entity.etag)
            return ODataResponse(201, headers, self._document(result, chosen, version))
        if isinstance(result, (PropertyValue, ComplexValue)) or (
            isinstance(result, SingleEntity) and not result.level.children
        ):
            headers |= _etag(result.etag)  # not with $expand: of what is inside it says nothing
        return ODataResponse(200, headers, self._document(result, chosen, version))

    def write_created(self, results: Sequence[Created]) -> Sequence[ODataResponse]:
        chosen, version = format_for(Created, self.wish), self._version_of(results[0])
        if chosen.name == "xml":
            return [self.write(each) for each in results]
        headers = {"DataServiceVersion": version.header, "Content-Type": chosen.content_type}
        request = self.request
        documents = json_v2.created(
            results, request.root, version=version, query=request.query, options=self.options
        )  # fmt: skip
        return [
            ODataResponse(201, {**headers, "Location": each.location, **_etag(each.entity.etag)}, document)
            for each, document in zip(results, documents, strict=True)
        ]

    def _version_of(self, result: Result) -> Version:
        """The agreed one, or the lowest that can carry the answer (MS-ODATA, Version Negotiation)."""
        if self.options.collections == "results" or needs_2(result) or "skiptoken=" in self.request.query:
            return self.version
        return V1_0

    def _document(self, result: Result, chosen: Format, version: Version) -> bytes:
        if isinstance(result, EntityCount):
            return str(result.count).encode()
        if isinstance(result, Metadata):
            return result.document("v2", lambda: csdl_v2.write(result.model))
        if chosen.name == "xml":
            return atom_v2.write(result, self.request, datetime.datetime.now(datetime.UTC), version)
        query, options = self.request.query, self.options
        return json_v2.write(result, self.request.root, version=version, query=query, options=options)

    def _raw(self, result: PropertyValue, headers: dict[str, str]) -> ODataResponse:
        """``…/$value`` as text."""
        text = write_text(result.value, result.property.type)
        return ODataResponse(200, headers | {"Content-Type": "text/plain;charset=utf-8"}, text.encode())


@frozen
class SpellingV2:
    """The protocol of WCF Data Services."""

    options: OptionsV2 = USUAL
    protocol: Protocol = V2
    key_as_segment: bool = False
    tombstones: Tombstones = "shown"  # clients of WCF's kind look for IsDeleted in what they read
    updates: tuple[str, ...] = ("PUT", "MERGE", "PATCH")
    whole_sets: bool = False
    whole_links: bool = False
    deletes_properties: bool = False  # only of their $value
    conditions: ConditionRules = CONDITIONS
    upserts: bool = False
    replays: bool = False
    has_batches: bool = True
    has_tables: bool = True
    delta_option: str = DELTA_TOKEN
    parameters_in_query: bool = True
    shapes_answers: bool = False
    has_feed: bool = False
    has_pushes: bool = False
    batch_status: int = 202
    content_id_in_part: bool = False
    json_batches: bool = False

    @property
    def batch_headers(self) -> dict[str, str]:
        return {"DataServiceVersion": V2_0.header}

    def batch_goes_on(self, request: ODataRequest, as_json: bool) -> bool:
        """WCF always goes on."""
        return True

    def batch_applied(self, request: ODataRequest) -> dict[str, str]:
        return {}

    def patience(self, request: ODataRequest) -> None:
        """There are no answers that come later."""

    def reads_messages(self, request: ODataRequest) -> bool:
        return False

    def meant(self, request: ODataRequest) -> ODataRequest:
        return request

    def parse(self, target: str, query: str, limits: Limits) -> Syntax:
        return parse_v2(target, query, limits)

    def parse_path(self, target: str, limits: Limits) -> Syntax:
        return parse_v2(target, "", limits)

    def shape(self, target: str, query: str) -> Shape | None:
        return shape_v2(target, query)

    def of_caller(self, model: EntityModel) -> Spelling:
        return self

    def seen(self, model: EntityModel) -> EntityModel:
        return plain(model)

    def write_literal(self, value: object, kind: PrimitiveType) -> str:
        return write_literal(value, kind)

    def literal(self, text: str) -> tuple[PrimitiveType, object]:
        return read_literal(text)

    def agree(self, request: ODataRequest, max_version: str | None) -> Exchange:
        highest = V2_0 if max_version is None else Version.read("max_protocol_version", max_version)
        wish = self._wish(request)
        query = without_empty(request.query, DELTA_TOKEN)
        asks_for_delta = query != request.query
        query = without_format(query) if self.options.next_links == "without format" else query
        request = request if query == request.query else replace(request, query=query)
        return ExchangeV2(request, negotiate(request.headers, highest), wish, self.options, asks_for_delta)

    def write_error(self, error: ODataError, request: ODataRequest) -> ODataResponse:
        chosen = error_format(self._wish(request))
        body = json_error(error) if chosen.name == "json" else xml_error(error)
        headers = {"DataServiceVersion": V1_0.header, "Content-Type": chosen.content_type}
        return ODataResponse(error.status, headers, body)


    def _wish(self, request: ODataRequest) -> Wish:
        wanted = None
        if "format=" in request.query:
            pairs = (option.partition("=") for option in request.query.split("&"))
            wanted = next((unquote_plus(value) for name, _, value in pairs if unquote_plus(name) == "$format"), None)
        return Wish.of(request.headers, wanted, self.options.json_label)


def _demand_something(result: Result) -> None:
    """404 for what is not there, where V4 has 204 (MS-ODATA, Retrieve Value; Invoke Service Operation)."""
    match result:
        case EntityLinks() if result.leads_nowhere:
            raise NotFound("ResourceNotFound", "this navigation leads to no entity")
        case Nothing():
            raise NotFound("ResourceNotFound", "the operation found no entity")
        case StreamContent(content=None):
            raise NotFound("NoValue", "this entity has no content")
        case PropertyValue(raw=True, value=None):
            raise NotFound("NoValue", f"{result.property.name} is null, so it has no $value")


def _etag(etag: str | None) -> dict[str, str]:
    return {} if etag is None else {"ETag": etag}


def _new_options(syntax: Syntax) -> Iterator[str]:
    """The parts of a request that came with version 2.0."""
    if syntax.options.count is not None:
        yield "$inlinecount"
    if syntax.options.select:
        yield "$select"
    if syntax.options.skip_token is not None:
        yield "$skiptoken"
    if syntax.options.delta_token is not None:
        yield DELTA_TOKEN
    if syntax.path and syntax.path[-1].name == "$count":
        yield "$count"
