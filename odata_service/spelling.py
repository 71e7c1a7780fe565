"""What a protocol adds to the common core: how requests are read and results written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import chain
from types import MappingProxyType
from typing import ClassVar, NoReturn, Protocol as Shape

from odata_service.access import Tombstones
from odata_service.bind.query import Read
from odata_service.bind.change import Body, Manners
from odata_service.edm.literal_v4 import write_literal
from odata_service.edm.model import EntityModel
from odata_service.edm.primitive import PrimitiveType
from odata_service.errors import ODataError
from odata_service.etag import ConditionRules
from odata_service.limits import Limits
from odata_service.message import ODataRequest, ODataResponse, Pieces
from odata_service.parse.shape import Shape as UrlShape
from odata_service.parse.syntax import Syntax
from odata_service.protocol import Protocol
from odata_service.result import Created, LongCollection, Result


class Exchange(Shape):
    """What was agreed on for one request before it is looked into: versions and formats."""

    @property
    def request(self) -> ODataRequest:
        """What is left to be done, and to be repeated in links."""

    @property
    def paged(self) -> bool:
        """Whether the client understands that an answer may be one page of many."""

    @property
    def largest_page(self) -> int | None:
        """The most entities that the client wants in one collection."""

    @property
    def in_parts(self) -> bool:
        """Whether a long collection may be sent while it is read: what is said before its entities is known before they are."""

    @property
    def follows_changes(self) -> bool:
        """Whether the client wants to hear of changes later, or asks for them now."""

    @property
    def answers_deltas(self) -> bool:
        """Whether a change of many entities is answered with what became of each."""

    @property
    def tells_apart(self) -> bool:
        """Whether a delta tells of related entities, and of what relates them, beside the entities of its own set."""

    @property
    def goes_on(self) -> bool:
        """Whether of many changes those shall be made that can be, where others cannot."""

    @property
    def returns_content(self) -> bool:
        """Whether an update is answered with the entity."""

    @property
    def deletes_for_good(self) -> bool:
        """Whether what is deleted leaves no tombstone."""

    @property
    def shows_state(self) -> bool:
        """Whether a change that another one has forestalled is answered with the entity as that has left it."""

    @property
    def page_size(self) -> int | None:
        """The entities of one page where the service says nothing of their set; ``None`` for what it says of all sets."""

    @property
    def variant(self) -> str:
        """What of the agreement decides a plan."""

    def meant(self, read: Read) -> Read:
        """What the client means by what it asks."""

    def check(self, syntax: Syntax) -> None:
        """Refuse what an answer in the agreed version could not carry."""

    def body(self, content: bytes, model: EntityModel, limits: Limits, *, converts: bool) -> Body:
        """The body of a request that agreed on this, of which there may be many that say the same but for their content.
        ``converts`` is whether values may come in another form than that in which they are written."""

    def promise(self, result_type: type[Result]) -> None:
        """Refuse an answer that the client could not read, before there is something to answer."""

    def write(self, result: Result) -> ODataResponse: ...

    def write_created(self, results: Sequence[Created]) -> Sequence[ODataResponse]:
        """The answers to requests of a batch that agreed on the same, to entities of which nothing but a row of one shape is
        shown."""


class OfOData:
    """What is so in every version of OData, and otherwise in protocols that were made of it."""

    __slots__ = ()

    @property
    def deletes_for_good(self) -> bool:
        return False

    @property
    def shows_state(self) -> bool:
        return False

    @property
    def page_size(self) -> int | None:
        return None

    @property
    def tells_apart(self) -> bool:
        return False

    def meant(self, read: Read) -> Read:
        return read


class Spelling(Manners, Shape):
    """One protocol's way to write the common language."""

    @property
    def protocol(self) -> Protocol: ...

    @property
    def key_as_segment(self) -> bool:
        """Whether ``/People/5`` is the person with the key 5."""

    @property
    def tombstones(self) -> Tombstones:
        """Whether deleted entities of tracked sets are ordinary rows, where nothing else is said."""

    @property
    def conditions(self) -> ConditionRules:
        """What If-Match and If-None-Match mean where."""

    @property
    def upserts(self) -> bool:
        """Whether PUT and PATCH of an entity that does not exist insert it."""

    @property
    def shapes_answers(self) -> bool:
        """Whether the answer to a change shows what ``$select`` and ``$expand`` say, and what came inline."""

    def of_caller(self, model: EntityModel) -> Spelling:
        """The same for a caller who sees this model: what else there is he cannot name in any way."""

    def seen(self, model: EntityModel) -> EntityModel:
        """What of a model the protocol has words for, under its names."""

    def write_literal(self, value: object, kind: PrimitiveType) -> str:
        """A value as it stands in a key."""

    @property
    def replays(self) -> bool:
        """Whether an insert that has been done before is answered as it was then, for the answer may have been lost."""

    @property
    def has_batches(self) -> bool: ...

    @property
    def has_tables(self) -> bool:
        """Whether entities come as CSV or as a sheet, too."""

    @property
    def has_feed(self) -> bool:
        """Whether ``People/$changes`` tells of commits."""

    @property
    def delta_option(self) -> str:
        """The option in which delta links carry their token."""

    @property
    def has_pushes(self) -> bool:
        """Whether POST brings operations of a client's queue."""

    @property
    def parameters_in_query(self) -> bool:
        """Whether operations take their parameters from the query string alone, where an absent one is null."""

    @property
    def batch_status(self) -> int: ...

    @property
    def batch_headers(self) -> Mapping[str, str]: ...

    @property
    def content_id_in_part(self) -> bool:
        """Whether clients look for Content-ID among the headers of a part, or of the response in it."""

    @property
    def json_batches(self) -> bool:
        """Whether a batch may be JSON."""

    def batch_goes_on(self, request: ODataRequest, as_json: bool) -> bool:
        """Whether what follows an error in a batch is done."""

    def batch_applied(self, request: ODataRequest) -> Mapping[str, str]:
        """Which of the client's wishes for a batch are followed, as a header."""

    def patience(self, request: ODataRequest) -> int | None:
        """How many seconds a client waits for an answer before it would rather ask again; ``None`` for as many as it
        takes."""

    def reads_messages(self, request: ODataRequest) -> bool:
        """Whether an answer that comes later should come as one HTTP message."""

    def meant(self, request: ODataRequest) -> ODataRequest:
        """The plain request that one stands for: some say in the body or in an option what to read."""

    def parse(self, target: str, query: str, limits: Limits) -> Syntax: ...

    def parse_path(self, target: str, limits: Limits) -> Syntax: ...

    def shape(self, target: str, query: str) -> UrlShape | None: ...

    def literal(self, text: str) -> tuple[PrimitiveType, object]: ...

    def agree(self, request: ODataRequest, max_version: str | None) -> Exchange: ...

    def write_error(self, error: ODataError, request: ODataRequest) -> ODataResponse: ...


Spellings = Mapping[Protocol, Spelling]


def written_in_parts(result: LongCollection, exchange: Exchange) -> ODataResponse:
    """The answer that carries a long collection. Its first part is written at once, so that a mistake in it is a refusal."""
    try:
        answer = exchange.write(result.first)
    except BaseException:
        result.close()
        raise
    later = (exchange.write(part).body for part in result.rest)
    return replace(answer, body=b"", pieces=Pieces(chain((answer.body,), later), result.close))


class AnswersOfRecords:
    """What is so for one request in protocols that know plain records and one version of JSON."""

    __slots__ = ()
    paged = True
    in_parts = False
    answers_deltas = False
    tells_apart = False
    goes_on = False
    variant = ""

    def check(self, syntax: Syntax) -> None:
        """There is one version, and it carries everything."""

    def promise(self, result_type: type[Result]) -> None:
        """Every client reads JSON, and not all say so."""

    def write_created(self, results: Sequence[Created]) -> NoReturn:
        raise AssertionError("there are no batches")


class WaysOfRecords:
    """What is so in protocols that know plain records, each with a key and a stamp, and no addresses but theirs."""

    __slots__ = ()
    key_as_segment = False
    tombstones: Tombstones = "asked"
    whole_sets = False
    whole_links = False
    deletes_properties = False
    upserts = False
    shapes_answers = False
    updates: ClassVar[Sequence[str]] = ()
    delta_option = "$deltatoken"
    parameters_in_query = False
    has_batches = False
    has_tables = False
    batch_status = 200
    batch_headers: Mapping[str, str] = MappingProxyType({})
    content_id_in_part = False
    json_batches = False

    def batch_goes_on(self, request: ODataRequest, as_json: bool) -> bool:
        return False

    def batch_applied(self, request: ODataRequest) -> Mapping[str, str]:
        return {}

    def patience(self, request: ODataRequest) -> None:
        """There are no answers that come later."""

    def reads_messages(self, request: ODataRequest) -> bool:
        return False

    def write_literal(self, value: object, kind: PrimitiveType) -> str:
        return write_literal(value, kind)
