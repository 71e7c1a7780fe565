"""ETags and the headers that make a request conditional on them (RFC 9110, Conditional Requests)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from odata_service.edm.literal_v2 import write_literal
from odata_service.edm.model import EntityType, Property
from odata_service.errors import BadRequest, ODataError, PreconditionFailed
from odata_service.links import path_text
from odata_service.plan.row import RowShape

Concurrency = Literal["demanded", "optional"]  # whether changes of entities that have an ETag need If-Match

_TAG = re.compile(r'(?:W/)?("[^"]*")')
_LONGEST = 200  # characters of literals; a tag goes through headers of limited size


def etag_of(shape: RowShape, row: tuple[object, ...]) -> str | None:
    """The header's text for a row, or ``None`` for a type without concurrency properties: their literals, as WCF writes
    them, ``W/"'new',5L"``."""
    declared = shape.entity_set.type.etag
    return _tag((each, shape.value(row, each)) for each in declared) if declared else None


def etag_of_entity(entity_type: EntityType, entity: object) -> str | None:
    """The same for an instance."""
    return _tag((each, getattr(entity, each.attribute)) for each in entity_type.etag) if entity_type.etag else None


def _tag(values: Iterable[tuple[Property, object]]) -> str:
    text = ",".join(path_text(write_literal(value, declared.type)) for declared, value in values)
    return f'W/"{text if len(text) <= _LONGEST else hashlib.sha256(text.encode()).hexdigest()}"'


@dataclass(frozen=True, slots=True)
class ConditionRules:
    """What a protocol makes of conditional headers. Where nothing else is said of a set, If-Match is ``usually``
    demanded or not, and a change without it is refused with ``missing``; with ``strict``, headers that mean nothing
    where they stand are refused rather than ignored."""

    usually: Concurrency
    missing: type[ODataError]
    strict: bool

    def of_read(self, headers: Mapping[str, str]) -> Conditions:
        conditions = Conditions.of(headers)
        if self.strict and conditions.if_match is not None and conditions.if_none_match is not None:
            raise _meaningless("If-Match and If-None-Match cannot both hold")
        return conditions

    def of_change(self, headers: Mapping[str, str], has_etag: bool, demanded: bool) -> Conditions:
        """Of a change of an entity that is there."""
        conditions = Conditions.of(headers)
        if self.strict and conditions.if_none_match is not None:
            raise _meaningless("If-None-Match is for reading, If-Match for changes")
        if self.strict and conditions.if_match is not None and not has_etag:
            raise _meaningless("If-Match needs an entity that has an ETag, which this one has not")
        return replace(conditions, missing=self.missing) if demanded else conditions

    def of_addition(self, headers: Mapping[str, str]) -> Conditions:
        """Of what adds an entity or a link, or takes a link away."""
        conditions = Conditions.of(headers)
        if self.strict and conditions != Conditions():
            raise _meaningless(
                "If-Match and If-None-Match are for entities that are there, not for what is added or for links"
            )
        return conditions


def _meaningless(message: str) -> BadRequest:
    return BadRequest("BadHeader", message, target="If-Match")


@dataclass(frozen=True, slots=True)
class Conditions:
    """``If-Match`` and ``If-None-Match``; tags are compared weakly, as they say nothing of bytes. ``missing`` refuses a
    change without If-Match of an entity that has an ETag."""

    if_match: str | None = None
    if_none_match: str | None = None
    missing: type[ODataError] | None = None

    @classmethod
    def of(cls, headers: Mapping[str, str]) -> Conditions:
        return cls(headers.get("If-Match"), headers.get("If-None-Match"))

    def demand(self, etag: str | None) -> None:
        """412 where the entity is not in the state that the client has seen; one without an ETag has just one state.

        >>> Conditions(if_match='W/"1", "2"').demand('W/"2"')
        >>> Conditions(if_none_match="*").demand(None)
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
        """412 where an entity that does not exist should be changed only if it is in some state."""
        if self.if_match is not None:
            raise PreconditionFailed("PreconditionFailed", "there is no such entity")

    def not_modified(self, etag: str | None) -> bool:
        """Whether a reader has this state already; 412 where ``If-Match`` asks for another."""
        if self.if_match is not None and not _matches(self.if_match, etag):
            raise PreconditionFailed("PreconditionFailed", "the entity has been changed since it was read")
        return self.if_none_match is not None and etag is not None and _matches(self.if_none_match, etag)


def _matches(header: str, etag: str | None) -> bool:
    if header.strip() == "*":
        return True
    return etag is not None and _opaque(etag) in _TAG.findall(header)


def _opaque(etag: str) -> str:
    return etag.removeprefix("W/")
