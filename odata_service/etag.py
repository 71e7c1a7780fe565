"""ETags and the headers that make a request conditional on them (RFC 9110, Conditional Requests)."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Literal
from typing import Protocol as Shape

from odata_service.edm.literal_v2 import write_literal
from odata_service.edm.model import EntityType, Property
from odata_service.errors import BadRequest, ODataError, PreconditionFailed
from odata_service.links import path_text
from odata_service.message import ODataRequest
from odata_service.plan.row import RowShape
from odata_service.result import NotModified, Result, SingleEntity
from odata_service.values import frozen

Concurrency = Literal["demanded", "optional"]  # whether changes of entities that have an ETag need If-Match

_TAG = re.compile(r'(?:W/)?("[^"]*")')
_LONGEST = 200  # characters of literals; a tag goes through headers of limited size


def etag_of(shape: RowShape, row: tuple[object, ...]) -> str | None:
    """The header's text for a row, or ``None`` for a type without concurrency properties: their literals, as WCF writes
    them, ``W/"'new',5L"``."""
    entity_type = shape.entity_set.type
    return _tag(entity_type, lambda declared: shape.value(row, declared)) if entity_type.etag else None


def etag_of_entity(entity_type: EntityType, entity: object) -> str | None:
    """The same for an instance."""
    return _tag(entity_type, lambda declared: getattr(entity, declared.attribute)) if entity_type.etag else None


def _tag(entity_type: EntityType, value: Callable[[Property], object]) -> str:
    """Where the caller may not see all of what makes the state, nothing can be read from the tag: it is made with a key of
    ours, and of the entity's own key, so that two entities cannot be compared."""
    text = _literals(entity_type.etag, value)
    if entity_type.hides_state:
        key = _literals(entity_type.key, value)
        return f'W/"{hmac.digest(entity_type.veil, f"{key} {text}".encode(), hashlib.sha256).hex()[:32]}"'
    return f'W/"{text if len(text) <= _LONGEST else hashlib.sha256(text.encode()).hexdigest()}"'


def _literals(properties: Iterable[Property], value: Callable[[Property], object]) -> str:
    return ",".join(path_text(write_literal(value(each), each.type)) for each in properties)


class Conditions(Shape):
    """In which state an entity has to be for a request to be done."""

    def of_read(self, result: Result) -> Result:
        """What has been read, or that the client has it already; 412 where it asked for another state."""

    def permit(self, entity: object) -> None:
        """Refuse what the application does not let this caller do with an entity, be it one that is not stored yet."""

    def demand(self, entity_type: EntityType, entity: object) -> None:
        """Refuse to change an entity that is not in the state that the client has seen."""

    def demand_new(self) -> None:
        """412 where an entity that does not exist should be changed only if it is in some state."""

    def is_repeated(self, entity_type: EntityType, entity: object) -> bool:
        """Whether the client goes by a state that the entity has left: it may be that it was this very change that took it
        on, and that its answer was lost."""


class ConditionRules(Shape):
    """What a protocol makes of conditional headers."""

    @property
    def usually(self) -> Concurrency:
        """What holds for a set that nothing else is said of."""

    def of_read(self, request: ODataRequest) -> Conditions: ...

    def of_change(self, request: ODataRequest, has_etag: bool, demanded: bool) -> Conditions:
        """Of a change of an entity that is there."""

    def of_addition(self, request: ODataRequest) -> Conditions:
        """Of what adds an entity or a link, or takes a link away."""

    def of_call(self, request: ODataRequest) -> Conditions:
        """Of an action that is bound to an entity."""


@frozen
class TagConditions:
    """``If-Match`` and ``If-None-Match``; tags are compared weakly, as they say nothing of bytes. ``missing`` refuses a
    change without If-Match of an entity that has an ETag."""

    if_match: str | None = None
    if_none_match: str | None = None
    missing: type[ODataError] | None = None

    @classmethod
    def of(cls, headers: Mapping[str, str]) -> TagConditions:
        return cls(headers.get("If-Match"), headers.get("If-None-Match"))

    def of_read(self, result: Result) -> Result:
        """An entity's ETag says nothing of others that are shown inside it."""
        etag: str | None = getattr(result, "etag", None)
        if etag is None or (isinstance(result, SingleEntity) and result.level.children):
            return result
        return NotModified(etag) if self.not_modified(etag) else result

    def permit(self, entity: object) -> None:
        """Interceptors say that."""

    def demand(self, entity_type: EntityType, entity: object) -> None:
        self.demand_tag(etag_of_entity(entity_type, entity))

    def demand_tag(self, etag: str | None) -> None:
        """412 where the entity is not in the state that the client has seen; one without an ETag has just one state.

        >>> TagConditions(if_match='W/"1", "2"').demand_tag('W/"2"')
        >>> TagConditions(if_none_match="*").demand_tag(None)
        Traceback (most recent call last):
        odata_service.errors.PreconditionFailed: the entity exists already
        """
        if etag is not None and self.if_match is None and self.missing is not None:
            message = "If-Match has to say which state of the entity is to be changed: its ETag, or * for any"
            raise self.missing("IfMatchMissing", message, target="If-Match")
        if etag is not None and self.if_match is not None and not _matches(self.if_match, etag):
            raise PreconditionFailed("PreconditionFailed", "the entity has been changed since it was read")
        if self.if_none_match is not None and _matches(self.if_none_match, etag):
            raise PreconditionFailed("PreconditionFailed", "the entity exists already")

    def demand_new(self) -> None:
        if self.if_match is not None:
            raise PreconditionFailed("PreconditionFailed", "there is no such entity")

    def is_repeated(self, entity_type: EntityType, entity: object) -> bool:
        return False

    def not_modified(self, etag: str | None) -> bool:
        """Whether a reader has this state already; 412 where ``If-Match`` asks for another."""
        if self.if_match is not None and not _matches(self.if_match, etag):
            raise PreconditionFailed("PreconditionFailed", "the entity has been changed since it was read")
        return self.if_none_match is not None and etag is not None and _matches(self.if_none_match, etag)


@frozen
class TagRules:
    """The rules of OData's versions. Where nothing else is said of a set, If-Match is ``usually``
    demanded or not, and a change without it is refused with ``missing``; with ``strict``, headers that mean nothing
    where they stand are refused rather than ignored."""

    usually: Concurrency
    missing: type[ODataError]
    strict: bool

    def of_read(self, request: ODataRequest) -> Conditions:
        conditions = TagConditions.of(request.headers)
        if self.strict and conditions.if_match is not None and conditions.if_none_match is not None:
            raise _meaningless("If-Match and If-None-Match cannot both hold")
        return conditions

    def of_change(self, request: ODataRequest, has_etag: bool, demanded: bool) -> Conditions:
        conditions = TagConditions.of(request.headers)
        if self.strict and conditions.if_none_match is not None:
            raise _meaningless("If-None-Match is for reading, If-Match for changes")
        if self.strict and conditions.if_match is not None and not has_etag:
            raise _meaningless("If-Match needs an entity that has an ETag, which this one has not")
        return replace(conditions, missing=self.missing) if demanded else conditions

    def of_addition(self, request: ODataRequest) -> Conditions:
        conditions = TagConditions.of(request.headers)
        if self.strict and not (conditions.if_match is conditions.if_none_match is None):
            raise _meaningless(
                "If-Match and If-None-Match are for entities that are there, not for what is added or for links"
            )
        return conditions

    def of_call(self, request: ODataRequest) -> Conditions:
        return TagConditions.of(request.headers)


def _meaningless(message: str) -> BadRequest:
    return BadRequest("BadHeader", message, target="If-Match")


def _matches(header: str, etag: str | None) -> bool:
    if header.strip() == "*":
        return True
    return etag is not None and _opaque(etag) in _TAG.findall(header)


def _opaque(etag: str) -> str:
    return etag.removeprefix("W/")
