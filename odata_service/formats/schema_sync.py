"""Marshmallow schemas of the Sync API: they read and validate pushes, the operations in them, and their records."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from weakref import WeakKeyDictionary

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from odata_service.edm.model import EntityType, Property
from odata_service.edm.temporal import read_instant
from odata_service.errors import BadRequest, ODataError, UnprocessableContent
from odata_service.formats.schema import ITSELF, Value, is_required, unknown_member
from odata_service.formats.value_v4 import read_json

ACTIONS = ("add", "update", "replace", "delete")
MOST_DETAILS = 20
_ID = re.compile(r"[!-~]{1,200}\Z")


class Moment(fields.Field[Any]):
    """``2026-11-26T05:39:46.223Z``, or as JavaScript counts: milliseconds since 1970."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> object:
        try:
            return read_instant(value) if isinstance(value, str) else _from_milliseconds(value)
        except (ValueError, OverflowError):
            raise ValidationError("expected a moment such as 2026-11-26T05:39:46.223Z") from None


def _from_milliseconds(value: object) -> datetime:
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError(value)
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=value)


class OperationSchema(Schema):
    """One entry of a client's queue, without what is in its record."""

    id = fields.String(required=True, validate=validate.Regexp(_ID, error="expected 1 to 200 visible characters"))
    set = fields.String()
    action = fields.String(required=True, validate=validate.OneOf(ACTIONS))
    data = fields.Dict(keys=fields.String(), required=True)
    base = fields.Dict(keys=fields.String(), allow_none=True)
    version = Moment(allow_none=True)
    at = Moment(allow_none=True)


class PushSchema(Schema):
    """``{"operations":[…],"atomic":true}``; what the operations are is looked at one by one."""

    operations = fields.List(fields.Raw(), required=True)
    atomic = fields.Boolean(load_default=False, truthy={True}, falsy={False})


class DatedSchema(Schema):
    """When the client has changed a record, where it says so in the record itself."""

    at = Moment(allow_none=True)


OPERATION, PUSH, DATED = OperationSchema(), PushSchema(), DatedSchema()


def is_operation_id(text: str) -> bool:
    return _ID.match(text) is not None


def load(schema: Schema, document: object, what: str) -> dict[str, Any]:
    """What a schema reads; 400 with everything that is wrong."""
    if not isinstance(document, dict):
        raise BadRequest("InvalidBody", f"expected {what}")
    try:
        loaded: dict[str, Any] = schema.load(document)
    except ValidationError as error:
        raise _refusal(BadRequest, f"this is not {what}", _mistakes(error.messages, "")) from None
    return loaded


def read_record(
    document: Mapping[str, object], entity_type: EntityType, *, partial: bool, lenient: bool = False
) -> dict[str, object]:
    """The values of a record, under names in any case; 422 with everything that is wrong. ``partial`` does without what a
    new record needs, ``lenient`` puts aside what the type does not have."""
    known = {name.lower(): name for name in entity_type.properties}
    unknown = [] if lenient else [name for name in document if name.lower() not in known]
    given = {known[name.lower()]: value for name, value in document.items() if name.lower() in known}
    said = {name: value for name, value in given.items() if not entity_type.properties[name].server_set}
    mistakes = [(name, unknown_member(entity_type.name, tuple(entity_type.properties), name)) for name in unknown]
    try:
        values: dict[str, object] = _record_schema(entity_type).load(said, partial=partial)
    except ValidationError as error:
        mistakes += _mistakes(error.messages, "")
        values = {}
    absent = [part.name for part in entity_type.key if part.name not in said and not part.generated]
    mistakes += [(name, "is required") for name in absent if partial]
    if mistakes:
        raise _refusal(UnprocessableContent, "the record is not valid", mistakes)
    return values


def read_base(document: Mapping[str, object], entity_type: EntityType) -> dict[str, object]:
    """What a client has started from; of columns that are no more it may say what it likes."""
    known = {name.lower(): each for name, each in entity_type.properties.items()}
    values = {}
    for name, value in document.items():
        declared = known.get(name.lower())
        if declared is not None and not declared.server_set:
            try:
                values[declared.name] = None if value is None else read_json(value, declared)
            except ValueError as error:
                raise _refusal(UnprocessableContent, "the base is not valid", [(f"base/{name}", str(error))]) from None
    return values


def _refusal(status: type[ODataError], message: str, mistakes: list[tuple[str, str]]) -> ODataError:
    """The first mistake says what is wrong, if there is but one."""
    details = [
        status("InvalidValue", f"{name}: {text}" if name else text, target=name or None) for name, text in mistakes
    ]
    if len(details) == 1:
        return details[0]
    return status("InvalidValue", message, details=details[:MOST_DETAILS])


def _mistakes(messages: Any, path: str) -> list[tuple[str, str]]:
    """(Any: marshmallow's messages are nested as they come.)"""
    if not isinstance(messages, dict):
        return [(path, str(each)) for each in messages]
    found = []
    for name, below in messages.items():
        found += _mistakes(below, path if name == ITSELF else f"{path}/{name}".lstrip("/"))
    return found


def _record_schema(entity_type: EntityType) -> Schema:
    """The schema of a type's records, made when it is first asked for."""
    if entity_type not in _SCHEMAS:
        members: dict[str, fields.Field[Any]] = {
            f"_{each.name}": Value(each, read_json, required=is_required(each, frozenset()))
            for each in _written(entity_type)
        }
        _SCHEMAS[entity_type] = Schema.from_dict(members, name=entity_type.name)(unknown=EXCLUDE)
    return _SCHEMAS[entity_type]


def _written(entity_type: EntityType) -> Iterator[Property]:
    return (declared for declared in entity_type.properties.values() if not declared.server_set)


_SCHEMAS: WeakKeyDictionary[EntityType, Schema] = WeakKeyDictionary()
