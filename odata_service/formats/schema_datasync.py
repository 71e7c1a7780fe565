"""Marshmallow schemas made from tables: they read and validate the rows that clients send.

A client leaves out what has the default of its type in .NET (``WhenWritingDefault``), so a row that replaces another is
read to the end: what is absent has that default, and is not what it was before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from weakref import WeakKeyDictionary

from marshmallow import EXCLUDE, Schema, ValidationError, fields

from odata_service.edm import primitive as edm
from odata_service.edm.model import EntityType, EnumType, Property
from odata_service.formats import value_v4
from odata_service.formats.columns_datasync import zero_of
from odata_service.formats.error_datasync import invalid
from odata_service.formats.schema import ITSELF, Value

REQUIRED = "is required"
_TEXTS = (edm.STRING, edm.BINARY)


def read_row(document: object, entity_type: EntityType, *, partial: bool) -> dict[str, object]:
    """The values of a row by property, names in any case; with ``partial`` only those that are given."""
    if not isinstance(document, dict):
        raise invalid([(None, "expected an object")])
    names = {name.lower(): name for name in entity_type.properties}
    given = {names[name.lower()]: value for name, value in document.items() if name.lower() in names}
    try:
        values: dict[str, object] = _schema_of(entity_type).load(given, partial=True)
    except ValidationError as error:
        raise invalid(_mistakes(error.messages)) from None
    return values if partial else values | _absent(entity_type, values)


def _absent(entity_type: EntityType, values: Mapping[str, object]) -> dict[str, object]:
    """What was not said."""
    absent = [each for each in _written(entity_type) if not each.is_key and each.name not in values]
    missing = [(each.name, REQUIRED) for each in absent if not each.nullable and _default_of(each) is None]
    if missing:
        raise invalid(missing)
    return {each.name: _default_of(each) for each in absent}


def _default_of(declared: Property) -> object:
    default = getattr(declared.column, "default", None)
    if declared.type in _TEXTS and not declared.nullable and default is not None and default.is_scalar:
        return default.arg
    return zero_of(declared)


def _written(entity_type: EntityType) -> Iterator[Property]:
    return (declared for declared in entity_type.properties.values() if not declared.server_set)


def _mistakes(messages: Any) -> Iterator[tuple[str | None, str]]:
    """(Any: marshmallow's messages are nested as they come.)"""
    for name, texts in messages.items():
        for text in texts:
            yield (None if name == ITSELF else str(name)), str(text)


def _schema_of(entity_type: EntityType) -> Schema:
    """The schema of a table, made when it is first asked for."""
    if entity_type not in _SCHEMAS:
        members: dict[str, fields.Field[Any]] = {
            f"_{each.name}": Value(each, _read, required=False) for each in _written(entity_type)
        }
        _SCHEMAS[entity_type] = Schema.from_dict(members, name=entity_type.name)(unknown=EXCLUDE)
    return _SCHEMAS[entity_type]


_SCHEMAS: WeakKeyDictionary[EntityType, Schema] = WeakKeyDictionary()


def _read(value: object, declared: Property) -> object:
    if declared.enum is not None and isinstance(value, str):
        value = _in_its_case(declared.enum, value)
    return value_v4.read_json(value, declared)


def _in_its_case(kind: EnumType, name: str) -> str:
    """The member's name as it is declared."""
    return next((each for each in kind.numbers if each.lower() == name.lower()), name)
