"""Column types for what SQL has no type for: bytes and signed bytes, enumerations, geography, streams, collections,
dynamic properties."""

from __future__ import annotations

import enum
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import (
    ARRAY, JSON, ColumnElement, Integer, LargeBinary, SmallInteger, Text, TypeDecorator, case, cast, func, select, type_coerce,
)  # fmt: skip
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.functions import Function
from sqlalchemy.types import TypeEngine, UserDefinedType

from odata_service.edm import primitive
from odata_service.edm.dynamic import DynamicValues, restored_dynamic, stored_dynamic
from odata_service.edm.primitive import PrimitiveType
from odata_service.edm.stored import restored, stored
from odata_service.edm.values import Annotation, edm_type, value_of


class Byte(TypeDecorator[int]):
    """``Edm.Byte``: 0 to 255."""

    impl = SmallInteger
    cache_ok = True
    edm = primitive.BYTE


class SByte(TypeDecorator[int]):
    """``Edm.SByte``: -128 to 127."""

    impl = SmallInteger
    cache_ok = True
    edm = primitive.SBYTE


class Enumeration(TypeDecorator[enum.IntEnum]):
    """An enumeration by its members' numbers; an ``IntFlag`` is one with ``IsFlags``. ::

        Status: Mapped[ProductStatus] = mapped_column(Enumeration(ProductStatus))
    """

    impl = Integer
    cache_ok = True

    def __init__(self, members: type[enum.IntEnum] | type[enum.IntFlag]) -> None:
        super().__init__()
        self.members = members

    def process_bind_param(self, value: Any, dialect: Dialect) -> int | None:
        return None if value is None else int(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        return None if value is None else self.members(value)


class Geography(TypeDecorator[Mapping[str, Any]]):
    """A point, line or polygon on WGS84 as GeoJSON: ``Geography(primitive.GEOGRAPHY_POINT)``."""

    impl = Text
    cache_ok = True

    def __init__(self, edm: PrimitiveType) -> None:
        super().__init__()
        self.edm = edm

    def process_bind_param(self, value: Mapping[str, Any] | None, dialect: Dialect) -> str | None:
        return None if value is None else json.dumps(value, separators=(",", ":"))

    def process_result_value(self, value: str | None, dialect: Dialect) -> Mapping[str, Any] | None:
        return None if value is None else json.loads(value)


class Seen(UserDefinedType[Any]):
    """A column of a type that OData lacks, seen as another one: ``Seen(Text())`` of JSON, of an enumeration or an address of the
    network. Conditions and answers see the cast, or what a function ``through`` makes of it; what is written, the database takes as
    it takes any literal."""

    cache_ok = True

    def __init__(self, shown_as: TypeEngine[Any], through: str = "") -> None:
        self.shown_as = shown_as
        self.through = through

    @property
    def edm(self) -> PrimitiveType | None:
        return edm_type(self.shown_as)

    @property
    def length(self) -> int | None:
        return getattr(self.shown_as, "length", None)

    def get_col_spec(self, **_: object) -> str:
        return "TEXT"

    def seen(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        if self.through:
            return Function(self.through, column, type_=self.shown_as)
        return cast(column, self.shown_as)

    def column_expression(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        return self.seen(column)

    def bind_processor(self, dialect: Dialect) -> Any:
        return self.shown_as.dialect_impl(dialect).bind_processor(dialect)

    def result_processor(self, dialect: Dialect, coltype: Any) -> Any:
        return self.shown_as.dialect_impl(dialect).result_processor(dialect, coltype)


class Padded(UserDefinedType[str]):
    """PostgreSQL's ``CHAR(5)``, which fills up with blanks that mean nothing: answers are without them, and indexes serve."""

    cache_ok = True
    edm = primitive.STRING

    def __init__(self, length: int | None = None) -> None:
        self.length = length

    def get_col_spec(self, **_: object) -> str:
        return "BPCHAR"

    def column_expression(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        return cast(column, Text())


class Kept:
    """A column that may hold what its type is not, as in SQLite: that is null. Answers and orders are always guarded so; other
    expressions only where ``unsure``, because a guarded column has no index."""

    unsure = False

    def guarded(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        raise NotImplementedError

    def column_expression(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        return self.guarded(column)


def seen(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """A column as expressions meet it."""
    kind: Any = column.type
    if isinstance(kind, (Seen, ArrayOf)):
        return kind.seen(column)
    return kind.guarded(column) if isinstance(kind, Kept) and kind.unsure else column


def kept(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """A column as an order meets it, where each place has to be found again by the value that was shown."""
    kind: Any = column.type
    return kind.guarded(column) if isinstance(kind, Kept) and not kind.unsure else column


def shown_type(sql_type: TypeEngine[Any]) -> TypeEngine[Any]:
    """The type of :func:`seen`, and of parameters that meet it."""
    return sql_type.shown_as if isinstance(sql_type, Seen) else sql_type


class Stream(TypeDecorator[bytes]):
    """The content of a media entity or of a named stream; never among the values of an entity. ``content_type`` names
    the attribute that holds its media type, or is the media type itself where it is always the same."""

    impl = LargeBinary
    cache_ok = True
    edm = primitive.STREAM

    def __init__(self, content_type: str = "application/octet-stream") -> None:
        super().__init__()
        self.content_type = content_type


_DOCUMENT = JSON(none_as_null=True)


def _document_in(dialect: Dialect) -> TypeEngine[Any]:
    """JSON; on PostgreSQL the kind of it that can be looked into, which is loaded with that database only."""
    if dialect.name != "postgresql":
        return dialect.type_descriptor(_DOCUMENT)
    from sqlalchemy.dialects.postgresql import JSONB

    return dialect.type_descriptor(JSONB(none_as_null=True))


class Collection(TypeDecorator[list[Any]]):
    """Values in their order, in one column of JSON. What they are is said by a column type, a primitive type, an
    enumeration, an annotation or a dataclass; ``Collection(str | None)`` may have nulls. ::

        Tags: Mapped[list[str]] = mapped_column(Collection(String(20)), default=list)
        Addresses: Mapped[list[Address]] = mapped_column(Collection(Address), default=list)

    A change is a new list: SQLAlchemy does not see what happens inside one (but ``MutableList.as_mutable`` does).
    """

    impl = _DOCUMENT
    cache_ok = True

    def __init__(self, items: Annotation) -> None:
        super().__init__()
        self.items = items
        self.shape = value_of(items)

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return _document_in(dialect)

    def process_bind_param(self, value: Sequence[Any] | None, dialect: Dialect) -> list[Any] | None:
        return None if value is None else [stored(item, self.shape) for item in value]

    def process_result_value(self, value: Sequence[Any] | None, dialect: Dialect) -> list[Any]:
        return [] if value is None else [restored(item, self.shape) for item in value]


class ArrayOf(Collection):
    """A collection in an array of PostgreSQL's; expressions and answers see it as JSON, and one of several dimensions, which
    any column may hold, as a row of its values. Texts keep the digits of Decimals."""

    cache_ok = True

    def __init__(self, items: TypeEngine[Any], *, as_text: bool = False) -> None:
        super().__init__(items)
        self.shape = replace(value_of(items), nullable=True)  # as the items of every array are
        self.as_text = as_text

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(ARRAY(self.items))

    def seen(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        plain = type_coerce(column, ARRAY(self.items))
        array = cast(plain, ARRAY(Text())) if self.as_text else plain
        items = func.unnest(array).column_valued("item")
        flat = select(func.jsonb_agg(items)).scalar_subquery()
        seen = case((func.array_ndims(array) > 1, flat), else_=func.to_jsonb(array))
        return type_coerce(seen, Collection(self.items))

    def process_bind_param(self, value: Sequence[Any] | None, dialect: Dialect) -> list[Any] | None:
        return None if value is None else list(value)

    def process_result_value(self, value: Sequence[Any] | None, dialect: Dialect) -> list[Any]:
        return [] if value is None else list(value)


class DynamicProperties(TypeDecorator[DynamicValues]):
    """What entities have besides their declared properties, which makes their type an open one. ::

        More: Mapped[DynamicValues] = mapped_column(DynamicProperties, default=DynamicValues)

    Python finds ``tool.More["Weight"]``; a change is a new mapping: ``tool.More = {**tool.More, "Weight": 1.5}``.
    """

    impl = _DOCUMENT
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return _document_in(dialect)

    def process_bind_param(self, value: Mapping[str, Any] | None, dialect: Dialect) -> dict[str, Any] | None:
        return None if value is None else stored_dynamic(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> DynamicValues:
        return restored_dynamic(value)
