"""The Datasync protocol's conditional requests, in the order of RFC 7232, Precedence, and what is asked before them."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import NoReturn

from odata_service.edm.model import EntityType
from odata_service.edm.table_type import DELETED, UPDATED_AT, VERSION
from odata_service.edm.temporal import in_utc
from odata_service.errors import Conflict, Gone, ODataError, PreconditionFailed, PreconditionRequired
from odata_service.formats.version_datasync import is_earlier, read_http_date, version_text
from odata_service.result import CurrentState, NotModified, Result, SingleEntity
from odata_service.values import frozen

_TAG = re.compile(r'(W/)?"([^"]*)"')


@frozen
class RowState:
    """What a row says of itself."""

    version: object
    updated_at: datetime.datetime
    deleted: bool

    @classmethod
    def of_read(cls, result: SingleEntity) -> RowState:
        shape, row = result.level.shape, result.level.rows[0]
        properties = shape.entity_set.type.properties
        return cls._of(*(shape.value(row, properties[name]) for name in (VERSION, UPDATED_AT, DELETED)))

    @classmethod
    def of_entity(cls, entity_type: EntityType, entity: object) -> RowState:
        attributes = (entity_type.properties[name].attribute for name in (VERSION, UPDATED_AT, DELETED))
        return cls._of(*(getattr(entity, attribute) for attribute in attributes))

    @classmethod
    def _of(cls, version: object, updated_at: object, deleted: object) -> RowState:
        assert isinstance(updated_at, datetime.datetime), "every tracked row has a stamp"
        return cls(version, in_utc(updated_at), bool(deleted))

    @property
    def version_text(self) -> str:
        return version_text(self.version)

    @property
    def etag(self) -> str:
        return f'"{self.version_text}"'


@frozen
class Preconditions:
    """The four headers; dates that are none are not there."""

    if_match: str | None
    if_none_match: str | None
    if_modified_since: datetime.datetime | None
    if_unmodified_since: datetime.datetime | None

    @classmethod
    def of(cls, headers: Mapping[str, str]) -> Preconditions:
        return cls(
            headers.get("If-Match"),
            headers.get("If-None-Match"),
            read_http_date(headers.get("If-Modified-Since")),
            read_http_date(headers.get("If-Unmodified-Since")),
        )

    def have_failed(self, state: RowState) -> bool:
        """Whether the client has seen another state than this. A date has no milliseconds, so of what was changed in its
        second the client cannot say that it has seen it."""
        if self.if_match is not None:
            return not _names(self.if_match, state.version_text)
        return self.if_unmodified_since is not None and self.if_unmodified_since <= state.updated_at

    def are_known(self, state: RowState) -> bool:
        """Whether the client says that it knows this state."""
        if self.if_none_match is not None:
            return _names(self.if_none_match, state.version_text)
        return self.if_modified_since is not None and self.if_modified_since > state.updated_at

    def name_earlier(self, state: RowState) -> bool:
        """Whether ``If-Match`` names a state that this one came after."""
        return any(is_earlier(version, state.version) for version in _versions(self.if_match or ""))


@frozen
class ConditionsDatasync:
    """What one request asks of a row. ``permitted`` lets the application say no, where it wants to; ``sees_deleted`` says that it may be a deleted one, ``gone`` how such a one is
    refused otherwise; with ``demanded`` a change has to say which state it is of."""

    preconditions: Preconditions
    permitted: Callable[[object], None] | None
    sees_deleted: bool
    gone: type[Gone] | type[Conflict] = Gone
    demanded: bool = False

    def of_read(self, result: Result) -> Result:
        if not isinstance(result, SingleEntity):
            return result
        if self.permitted is not None:
            self.permitted(_as_entity(result))
        state = RowState.of_read(result)
        if state.deleted and not self.sees_deleted:
            raise Gone("Deleted", "the row has been deleted")
        if self.preconditions.have_failed(state):
            return CurrentState(result, _changed())
        return NotModified(state.etag) if self.preconditions.are_known(state) else result

    def permit(self, entity: object) -> None:
        if self.permitted is not None:
            self.permitted(entity)

    def demand(self, entity_type: EntityType, entity: object) -> None:
        state = RowState.of_entity(entity_type, entity)
        if state.deleted and not self.sees_deleted:
            self._refuse_deleted()
        if self.demanded and self.preconditions.if_match is None:
            raise PreconditionRequired("IfMatchMissing", "If-Match has to say which version of the row is changed")
        if self.preconditions.have_failed(state) or self.preconditions.are_known(state):
            raise _changed()

    def demand_new(self) -> None:
        """A PUT never makes a row, so nobody asks."""

    def is_repeated(self, entity_type: EntityType, entity: object) -> bool:
        state = RowState.of_entity(entity_type, entity)
        return not state.deleted and self.preconditions.name_earlier(state)

    def _refuse_deleted(self) -> NoReturn:
        raise self.gone("Deleted", "the row has been deleted")


def _as_entity(result: SingleEntity) -> SimpleNamespace:
    """The row with the attributes of its class."""
    shape, row = result.level.shape, result.level.rows[0]
    return SimpleNamespace(**{declared.attribute: shape.value(row, declared) for declared in shape.columns})


def _changed() -> ODataError:
    return PreconditionFailed("PreconditionFailed", "the row is not in the state that the request asks for")


def _names(header: str, version: str) -> bool:
    """Strong comparison: a weak tag names nothing."""
    return bool(version) if header.strip() == "*" else version in _versions(header)


def _versions(header: str) -> list[str]:
    """
    >>> _versions('"AAE=", W/"AAI="')
    ['AAE=']
    """
    return [version for weak, version in _TAG.findall(header) if not weak]
