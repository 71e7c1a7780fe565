"""Column types for what SQL has no type for: bytes and signed bytes, enumerations, geography, streams, collections,
dynamic properties."""

from __future__ import annotations

import enum
import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import JSON, Integer, LargeBinary, SmallInteger, Text, TypeDecorator
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Dialect

from odata_service.edm import primitive
from odata_service.edm.dynamic import DynamicValues, restored_dynamic, stored_dynamic
from odata_service.edm.primitive import PrimitiveType
from odata_service.edm.stored import restored, stored
from odata_service.edm.values import Annotation, value_of


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


class Stream(TypeDecorator[bytes]):
    """The content of a media entity or of a named stream; never among the values of an entity. ``content_type`` names
    the attribute that holds its media type, or is the media type itself where it is always the same."""

    impl = LargeBinary
    cache_ok = True
    edm = primitive.STREAM

    def __init__(self, content_type: str = "application/octet-stream") -> None:
        super().__init__()
        self.content_type = content_type


_DOCUMENT = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


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

    def process_bind_param(self, value: Sequence[Any] | None, dialect: Dialect) -> list[Any] | None:
        return None if value is None else [stored(item, self.shape) for item in value]

    def process_result_value(self, value: Sequence[Any] | None, dialect: Dialect) -> list[Any]:
        return [] if value is None else [restored(item, self.shape) for item in value]


class DynamicProperties(TypeDecorator[DynamicValues]):
    """What entities have besides their declared properties, which makes their type an open one. ::

        More: Mapped[DynamicValues] = mapped_column(DynamicProperties, default=DynamicValues)

    Python finds ``tool.More["Weight"]``; a change is a new mapping: ``tool.More = {**tool.More, "Weight": 1.5}``.
    """

    impl = _DOCUMENT
    cache_ok = True

    def process_bind_param(self, value: Mapping[str, Any] | None, dialect: Dialect) -> dict[str, Any] | None:
        return None if value is None else stored_dynamic(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> DynamicValues:
        return restored_dynamic(value)
