"""Python annotations → types of the model: ``int`` is Int64, ``list[Product]`` a collection, a dataclass a structure."""

from __future__ import annotations

import collections.abc
import dataclasses
import datetime
import enum
from collections.abc import Callable
from dataclasses import replace
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Annotated, Any, Generic, TypeVar, Union, get_args, get_origin, get_type_hints

from sqlalchemy import Select

from odata_service.edm.model import ComplexProperty, ComplexType, EntityModel, EntityType, EnumType
from odata_service.edm.operation import ValueType
from odata_service.edm.primitive import DATE_TIME, PrimitiveType
from odata_service.edm.said import Kinds
from odata_service.edm.values import PYTHON_TYPES, Annotation

if TYPE_CHECKING:
    from odata_service.edm.operation import ParameterType

Entity = TypeVar("Entity")


class SelectOf(Generic[Entity]):
    """``Select[Product]`` while annotations are read: at run time, SQLAlchemy's own class forgets of what it is."""


COLLECTIONS = (list, tuple, set, frozenset, collections.abc.Sequence, collections.abc.Iterable, SelectOf)


def hints_of(function: Callable[..., object]) -> dict[str, Annotation]:
    """The annotations of a function's parameters, and of what it returns as ``return``."""
    return get_type_hints(function, localns={"Select": SelectOf}, include_extras=True)


def is_select(annotation: Annotation) -> bool:
    origin: Any = get_origin(annotation)
    return origin is SelectOf


def value_type(annotation: Annotation, model: EntityModel) -> ValueType:
    """``Annotated[int, INT32]`` names a type that Python has no class for, ``float | None`` is nullable."""
    origin: Any = get_origin(annotation)
    arguments = get_args(annotation)
    if origin in (Union, UnionType):
        (inner,) = (each for each in arguments if each is not NoneType)
        return replace(value_type(inner, model), nullable=True)
    if origin in COLLECTIONS:
        return replace(value_type(arguments[0], model), collection=True)
    if origin is Annotated:
        return ValueType(next(each for each in arguments if isinstance(each, PrimitiveType)))
    return ValueType(_type(annotation, model))


def _type(annotation: Annotation, model: EntityModel) -> PrimitiveType | EnumType | ComplexType | EntityType:
    if annotation in PYTHON_TYPES:
        return PYTHON_TYPES[annotation]
    for entity_type in model.types.values():
        if entity_type.mapper.class_ is annotation:
            return entity_type
    if isinstance(annotation, type) and issubclass(annotation, (enum.IntEnum, enum.IntFlag)):
        return _kinds(model).enum_type(annotation)
    if dataclasses.is_dataclass(annotation) and isinstance(annotation, type):
        return structure(annotation, model)
    if annotation is Select:
        raise TypeError("a module that writes Select[Product] begins with: from __future__ import annotations")
    raise TypeError(f"{annotation!r} is no type that an operation can take or return")


def structure(python: type, model: EntityModel) -> ComplexType:
    """The complex type of a dataclass. One that no entity has is made here, with its members."""
    known = model.complex_types.get(python.__name__)
    return known or _kinds(model).structure(python)


def parameter_type(kind: ValueType, model: EntityModel) -> ParameterType:
    """The type of a parameter: a structure comes with its members, as wide as an entity's property has them."""
    if not isinstance(kind.type, ComplexType):
        return kind.type
    declared = (each for entity_type in model.types.values() for each in entity_type.complex.values())
    known = next((each for each in declared if each.type.name == kind.type.name), None)
    return known or ComplexProperty(kind.type.name, kind.type, "", kind.nullable, kind.type.properties)


def name_in_v2(annotation: Annotation) -> str:
    """What V2 calls the type of a parameter, where that is not the type's own name there. A plain ``datetime`` is what
    DateTime was to its clients; ``Annotated[datetime, DATE_TIME_OFFSET]`` has an offset there, too.

    >>> from odata_service.edm.primitive import DATE_TIME_OFFSET
    >>> name_in_v2(datetime.datetime | None), name_in_v2(Annotated[datetime.datetime, DATE_TIME_OFFSET])
    ('Edm.DateTime', '')
    """
    origin: Any = get_origin(annotation)
    is_plain = origin is not Annotated and datetime.datetime in (annotation, *get_args(annotation))
    return DATE_TIME.v2 if is_plain else ""


def _kinds(model: EntityModel) -> Kinds:
    """The model's own types, to find or add one."""
    return Kinds(model.namespace, model.enums, model.complex_types)
