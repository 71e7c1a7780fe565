"""ETags and the headers that make a request conditional on them (RFC 9110, Conditional Requests)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from odata_service.edm.model import EntityType
from odata_service.errors import PreconditionFailed
from odata_service.plan.row import RowShape
from odata_service.token import plain

_TAG = re.compile(r'(?:W/)?("[^"]*")')


def etag_of(shape: RowShape, row: tuple[object, ...]) -> str | None:
    """The header's text for a row, ``W/"…"``, or ``None`` for a type without concurrency properties.

    The values are hashed, because the tag must not show what the caller may not read.
    """
    declared = shape.entity_set.type.etag
    return _tag(shape.value(row, each) for each in declared) if declared else None


def etag_of_entity(entity_type: EntityType, entity: object) -> str | None:
    """The same for an instance."""
    return _tag(getattr(entity, each.attribute) for each in entity_type.etag) if entity_type.etag else None


def _tag(values: Iterable[object]) -> str:
    text = "\0".join(str(plain(value)) for value in values)
    return f'W/"{hashlib.sha256(text.encode()).hexdigest()[:16]}"'


@dataclass(frozen=True, slots=True)
class Conditions:
    """``If-Match`` and ``If-None-Match``; tags are compared weakly, as they say nothing of bytes."""

    if_match: str | None = None
    if_none_match: str | None = None

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
