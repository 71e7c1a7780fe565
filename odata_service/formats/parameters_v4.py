"""Parameters of actions as they stand in a body: ``{"percentage":10,"products":[{"@id":"Products(1)"}]}``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING
from typing import Protocol as Shape

from marshmallow import ValidationError

from odata_service.bind.payload import EntityPayload, EntityReference
from odata_service.edm.model import ComplexProperty, EntityModel, EntityType, EnumType
from odata_service.edm.operation import Parameter
from odata_service.edm.primitive import PrimitiveType
from odata_service.errors import BadRequest
from odata_service.formats.enum_v4 import read_enum
from odata_service.formats.mistakes import invalid, refusal
from odata_service.formats.structure import StructureReader
from odata_service.formats.value_v4 import VALUES
from odata_service.formats.value_v4 import read_json as read_value

if TYPE_CHECKING:
    from odata_service.edm.operation import ParameterType


def is_given(parameter: Parameter, said: Mapping[str, object]) -> bool:
    """400 where a parameter is missing and may not be; a nullable one that is missing is null."""
    if parameter.name in said:
        return True
    if not (parameter.optional or parameter.nullable):
        message = f"the action needs the parameter {parameter.name}"
        raise BadRequest("ParameterMissing", message, target=parameter.name)
    return False


class EntityReader(Shape):
    """Reads entities that are parameters."""

    @property
    def model(self) -> EntityModel: ...

    def related(self, data: object, entity_type: EntityType) -> EntityPayload | EntityReference: ...


def read_parameter(parameter: Parameter, value: object, reader: EntityReader) -> object:
    """The value in Python; a collection is a tuple."""
    if value is None and parameter.nullable:
        return None
    if not parameter.collection:
        return _read(parameter, value, reader, parameter.name)
    if not isinstance(value, list):
        raise invalid(parameter.name, "is a collection; expected an array")
    return tuple(_read(parameter, item, reader, f"{parameter.name}/{number}") for number, item in enumerate(value))


def _read(parameter: Parameter, value: object, reader: EntityReader, path: str) -> object:
    kind = parameter.type
    try:
        if value is None:
            raise ValueError("cannot be null")
        if isinstance(kind, PrimitiveType):
            return VALUES[kind].read(value)
        if isinstance(kind, EnumType):
            return read_enum(kind, value)
        if isinstance(kind, ComplexProperty):
            return StructureReader(kind, read_value).members(value, partial=False)
        return reader.related(value, kind)
    except ValidationError as error:
        whole = kind.type if isinstance(kind, ComplexProperty) else _entity(kind)
        raise _within(path, refusal(error, whole, reader.model)) from None
    except ValueError as error:
        raise invalid(path, str(error)) from None


def _entity(kind: ParameterType) -> EntityType:
    assert isinstance(kind, EntityType), "the other types are read without marshmallow"
    return kind


def _within(path: str, error: BadRequest) -> BadRequest:
    """The same refusal, its target as seen from the body."""
    error.target = f"{path}/{error.target}" if error.target else path
    return error
