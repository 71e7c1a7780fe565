"""Properties that only single entities have: names and values in one column (CSDL, Open Entity Type)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from sqlalchemy import column

from odata_service.edm import primitive
from odata_service.edm.model import CollectionProperty, Property
from odata_service.edm.names import is_name
from odata_service.edm.primitive import PrimitiveType
from odata_service.edm.stored import Json, restored, stored
from odata_service.edm.values import ValueOf, type_of
from odata_service.values import frozen

# Of the values that JSON itself tells apart (OData JSON Format, Control Information: type).
_OBVIOUS = (primitive.BOOLEAN, primitive.STRING, primitive.DOUBLE)
_BY_NAME = {kind.name: kind for kind in reversed(primitive.PRIMITIVES) if kind is not primitive.STREAM}


@frozen
class DynamicType:
    """``Edm.Date``, ``Collection(Edm.Int16)``"""

    type: PrimitiveType
    collection: bool = False

    @classmethod
    def named(cls, name: str) -> DynamicType | None:
        """The type of ``#Date``, ``Edm.Date`` or ``#Collection(Date)``; ``None`` for what no dynamic property has.

        >>> str(DynamicType.named("#Collection(Int16)")), DynamicType.named("Shop.Address")
        ('Collection(Edm.Int16)', None)
        """
        plain = name.removeprefix("#")
        collection = plain.startswith("Collection(") and plain.endswith(")")
        item = plain[len("Collection(") : -1] if collection else plain
        kind = _BY_NAME.get(f"Edm.{item.removeprefix('#').removeprefix('Edm.')}")
        return None if kind is None else cls(kind, collection)

    @classmethod
    def of(cls, value: object) -> DynamicType:
        """What a value is by its class in Python."""
        if not isinstance(value, list):
            return cls(type_of(value))
        return cls(type_of(next((item for item in value if item is not None), "")), True)

    def __str__(self) -> str:
        return f"Collection({self.type.name})" if self.collection else self.type.name

    def is_obvious(self, value: object) -> bool:
        """Whether the JSON of a value says its type."""
        items = value if isinstance(value, list) else [value]
        finite = all(not isinstance(item, float) or math.isfinite(item) for item in items)
        return (
            self.type in _OBVIOUS and finite and (not self.collection or bool(items) or self.type is primitive.STRING)
        )


_NOTHING: Mapping[str, Any] = {}


class DynamicValues(dict[str, Any]):
    """Names and values. ``types`` has the types that Python's classes do not say: ``{"Size": DynamicType(INT16)}``."""

    def __init__(self, values: Mapping[str, Any] = _NOTHING, types: Mapping[str, DynamicType] = _NOTHING) -> None:
        super().__init__(values)
        self.types = {name: kind for name, kind in types.items() if name in self}

    def type_of(self, name: str) -> DynamicType:
        return self.types.get(name) or DynamicType.of(self[name])

    def changed(self, values: Mapping[str, tuple[object, DynamicType] | None]) -> DynamicValues:
        """With some set to other values, each with its type; what is null is not there any more."""
        kept = {name: value for name, value in self.items() if name not in values}
        given = {name: pair for name, pair in values.items() if pair is not None}
        types = self.types | {name: kind for name, (_, kind) in given.items()}
        return DynamicValues(kept | {name: value for name, (value, _) in given.items()}, types)


def property_of(name: str, kind: DynamicType) -> Property:
    """A dynamic property as if it was declared; of a collection, what each of its values is."""
    return Property(name, kind.type, name, column(name))


def collection_of(name: str, kind: DynamicType) -> CollectionProperty:
    item = property_of(name, kind)
    return CollectionProperty(name, item, name, item.column)


def stored_dynamic(values: Mapping[str, Any]) -> Json:
    """A JSON object, in which types stand beside the values where these do not say them.

    >>> import datetime
    >>> stored_dynamic({"Made": datetime.date(2020, 2, 29), "Colour": "red"})
    {'Made@type': 'Date', 'Made': '2020-02-29', 'Colour': 'red'}
    """
    typed = values if isinstance(values, DynamicValues) else DynamicValues(values)
    document: dict[str, Json] = {}
    for name, value in typed.items():
        if value is not None:
            kind = typed.type_of(name)
            if not kind.is_obvious(value):
                document[f"{name}@type"] = str(kind).replace("Edm.", "")
            items = [stored(item, ValueOf(kind.type)) for item in (value if kind.collection else [value])]
            document[name] = items if kind.collection else items[0]
    return document


def restored_dynamic(document: Json) -> DynamicValues:
    """What :func:`stored_dynamic` was given; what another program has put there and has no type is left out."""
    values, types = {}, {}
    for name, value in document.items() if isinstance(document, dict) else ():
        kind = _stored_type(value, document.get(f"{name}@type")) if is_name(name) else None
        if kind is not None and value is not None:
            items = [restored(item, ValueOf(kind.type)) for item in (value if kind.collection else [value])]
            values[name], types[name] = items if kind.collection else items[0], kind
    return DynamicValues(values, types)


def _stored_type(value: Json, said: Json) -> DynamicType | None:
    if isinstance(said, str):
        return DynamicType.named(said)
    if not isinstance(value, list):
        return _obvious_type(value)
    kinds = {_obvious_type(item) for item in value if item is not None} or {DynamicType(primitive.STRING)}
    (first, *others) = kinds
    return None if first is None or others else DynamicType(first.type, True)


def _obvious_type(value: Json) -> DynamicType | None:
    kinds = ((bool, primitive.BOOLEAN), (int, primitive.DOUBLE), (float, primitive.DOUBLE), (str, primitive.STRING))
    kind = next((kind for python, kind in kinds if isinstance(value, python)), None)
    return None if kind is None else DynamicType(kind)
