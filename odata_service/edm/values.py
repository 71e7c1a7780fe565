"""What Python says of a value: by a column's type, by an annotation, or as a dataclass whose members say it each."""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
import uuid
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from sqlalchemy import types

from odata_service.edm import primitive
from odata_service.edm.primitive import PrimitiveType
from odata_service.values import frozen

Annotation = Any  # a class, a generic alias or a union: Python has no type for all of them
Enumerated = type[enum.IntEnum] | type[enum.IntFlag]

# The first row whose SQLAlchemy type fits, so special types stand before general ones.
COLUMN_TYPES: tuple[tuple[type[types.TypeEngine[Any]], PrimitiveType], ...] = (
    (types.Boolean, primitive.BOOLEAN),
    (types.SmallInteger, primitive.INT16),
    (types.BigInteger, primitive.INT64),
    (types.Integer, primitive.INT32),
    (types.REAL, primitive.SINGLE),
    (types.Float, primitive.DOUBLE),
    (types.Numeric, primitive.DECIMAL),
    (types.Uuid, primitive.GUID),
    (types.Enum, primitive.STRING),
    (types.String, primitive.STRING),
    (types.LargeBinary, primitive.BINARY),
    (types.DateTime, primitive.DATE_TIME),
    (types.Date, primitive.DATE),
    (types.Time, primitive.TIME_OF_DAY),
    (types.Interval, primitive.DURATION),
)  # fmt: skip

PYTHON_TYPES: Mapping[Annotation, PrimitiveType] = {
    bool: primitive.BOOLEAN,
    int: primitive.INT64,
    float: primitive.DOUBLE,
    decimal.Decimal: primitive.DECIMAL,
    str: primitive.STRING,
    uuid.UUID: primitive.GUID,
    bytes: primitive.BINARY,
    datetime.date: primitive.DATE,
    datetime.datetime: primitive.DATE_TIME_OFFSET,
    datetime.time: primitive.TIME_OF_DAY,
    datetime.timedelta: primitive.DURATION,
}


# What a value is by its class; bool before int, datetime before date.
_OF_VALUES = (bool, datetime.datetime, *(each for each in PYTHON_TYPES if each not in (bool, datetime.datetime)))


def type_of(value: object) -> PrimitiveType:
    """The primitive type of a value that no type was declared for.

    >>> type_of(True).name, type_of(datetime.date(2010, 12, 31)).name
    ('Edm.Boolean', 'Edm.Date')
    """
    found = next((PYTHON_TYPES[python] for python in _OF_VALUES if isinstance(value, python)), None)
    if found is None:
        raise TypeError(f"{value!r} has no primitive type")
    return found


def edm_type(sql_type: types.TypeEngine[object]) -> PrimitiveType | None:
    """The primitive type of a column's type.

    >>> edm_type(types.String(50)).name, edm_type(types.DateTime(timezone=True)).v2, edm_type(types.ARRAY(types.Integer))
    ('Edm.String', 'Edm.DateTimeOffset', None)
    >>> edm_type(types.Interval()).name  # which SQLAlchemy keeps in a DateTime where there is none
    'Edm.Duration'
    """
    said: PrimitiveType | None = getattr(sql_type, "edm", None)
    if said is not None:
        return said
    plain: types.TypeEngine[object] = sql_type
    if isinstance(sql_type, types.TypeDecorator) and not isinstance(sql_type, types.Interval):
        plain = sql_type.impl_instance
    if isinstance(plain, types.DateTime) and plain.timezone:
        return primitive.DATE_TIME_OFFSET
    return next((kind for column_type, kind in COLUMN_TYPES if isinstance(plain, column_type)), None)


@frozen
class ValueOf:
    """``String(20)``, ``int | None``, ``Annotated[str, String(20)]``: a primitive value or a member of an enumeration."""

    type: PrimitiveType
    nullable: bool = False
    members: Enumerated | None = None
    max_length: int | None = None
    precision: int | None = None
    scale: int | None = None


@frozen
class StructureOf:
    """An instance of a dataclass; ``members`` says what each of its members is."""

    python: type
    members: Mapping[str, ValueOf]
    nullable: bool = False

    def __hash__(self) -> int:
        return hash(self.python)


def value_of(said: Annotation) -> ValueOf | StructureOf:
    """What a column type, a primitive type, an annotation, an enumeration or a dataclass says.

    >>> value_of(types.String(20)).max_length, value_of(float | None).nullable, value_of(Annotated[int, primitive.BYTE]).type
    (20, True, PrimitiveType(name='Edm.Byte', v2='Edm.Byte', python=<class 'int'>, rank=1, low=0, high=255))
    """
    if isinstance(said, PrimitiveType):
        return ValueOf(said)
    if isinstance(said, types.TypeEngine) or (isinstance(said, type) and issubclass(said, types.TypeEngine)):
        return _of_column(types.to_instance(said))
    if dataclasses.is_dataclass(said) and isinstance(said, type):
        return StructureOf(said, members_of(said))
    return _of_annotation(said)


def _of_column(sql_type: types.TypeEngine[Any]) -> ValueOf:
    kind = edm_type(sql_type)
    if kind is None or kind is primitive.STREAM:
        raise TypeError(f"{sql_type!r} is no type of a primitive value")
    length = getattr(sql_type, "length", None) if kind in (primitive.STRING, primitive.BINARY) else None
    digits = sql_type if kind is primitive.DECIMAL else None
    precision, scale = getattr(digits, "precision", None), getattr(digits, "scale", None)
    return ValueOf(kind, False, getattr(sql_type, "members", None), length, precision, scale)


def _of_annotation(said: Annotation) -> ValueOf:
    origin: Any = get_origin(said)
    arguments = get_args(said)
    if origin in (Union, UnionType):
        (inner,) = (each for each in arguments if each is not NoneType)
        return replace(_of_annotation(inner), nullable=True)
    if origin is Annotated:
        told = next(
            (each for each in arguments[1:] if isinstance(each, (PrimitiveType, types.TypeEngine))), arguments[0]
        )
        found = value_of(told)
        assert isinstance(found, ValueOf), "a type of SQL is primitive"
        return replace(found, nullable=NoneType in get_args(arguments[0]))
    if isinstance(said, type) and issubclass(said, (enum.IntEnum, enum.IntFlag)):
        return ValueOf(primitive.INT32, members=said)
    if said not in PYTHON_TYPES:
        raise TypeError(f"{said!r} is no type of a primitive value")
    return ValueOf(PYTHON_TYPES[said])


@cache
def members_of(python: type) -> Mapping[str, ValueOf]:
    """The members of a dataclass, each a primitive value."""
    hints = get_type_hints(python, include_extras=True)
    return {
        each.name: _member(f"{python.__name__}.{each.name}", hints[each.name]) for each in dataclasses.fields(python)
    }


def _member(name: str, said: Annotation) -> ValueOf:
    try:
        found = value_of(said)
    except TypeError as error:
        raise TypeError(f"{name}: {error}") from None
    if not isinstance(found, ValueOf):
        raise TypeError(f"{name}: a structure that is in no columns of its own has primitive members")
    return found
