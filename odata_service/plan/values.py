"""Collections of values in a column → their values as rows, to be asked like rows of a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, LargeBinary, String, TableValuedAlias, literal, true, type_coerce

from odata_service.dialects.calls import call
from odata_service.dialects.documents import Elements, Member, OfText
from odata_service.edm import primitive
from odata_service.edm.model import CollectionProperty, ComplexProperty, Property
from odata_service.edm.primitive import PrimitiveType
from odata_service.functions import CASTS
from odata_service.plan.aliases import Alias
from odata_service.plan.scope import Path, Scope
from odata_service.plan.sql_types import SQL_TYPES
from odata_service.types import seen

SQL = ColumnElement[Any]


class ValueScope(Scope):
    """The rows are values: each has itself or, as a structure, its members, and there are no ways on from it."""

    def __init__(
        self, collection: CollectionProperty, rows: TableValuedAlias, outer: Scope, names: Sequence[str]
    ) -> None:
        self.model, self.parameters = outer.model, outer.parameters
        self.alias, self.given = rows, {}
        self.conditions: list[ColumnElement[bool]] = []
        self._joins = []
        self._item = collection.item
        self.seeing(outer, names)

    def column(self, path: Path, declared: Property) -> SQL:
        """The value itself, or a member of it."""
        assert not path, "values are related to nothing"
        is_member = isinstance(self._item, ComplexProperty)
        text = Member(self.alias.c.value, literal(declared.name)) if is_member else self.alias.c.text
        return of_text(text, declared.type)


def values_of(
    collection: CollectionProperty, holder: Alias, outer: Scope, names: Sequence[str]
) -> tuple[Scope, Any, ColumnElement[bool]]:
    """The scope of a row's values, what to select them from, and under which condition. (Any: as ``Scope.joined``.)"""
    rows = Elements(value_of_collection(holder, collection)).table_valued("place", "value", "text")
    return ValueScope(collection, rows, outer, names), rows, true()


def value_of_collection(holder: Alias, collection: CollectionProperty) -> SQL:
    return seen(getattr(getattr(holder, collection.subclass) if collection.subclass else holder, collection.attribute))


def of_text(text: SQL, kind: PrimitiveType) -> SQL:
    """The value of a type that stands as text in a JSON document, see :mod:`odata_service.edm.stored`."""
    return _OF_TEXT[kind](text)


def _plain(kind: PrimitiveType) -> Callable[[SQL], SQL]:
    return lambda text: type_coerce(text, SQL_TYPES[kind])


def _converted(kind: PrimitiveType) -> Callable[[SQL], SQL]:
    return lambda text: OfText(text, SQL_TYPES[kind])


def _read(kind: PrimitiveType) -> Callable[[SQL], SQL]:
    return lambda text: CASTS[primitive.STRING, kind](type_coerce(text, String()))


_NUMBERS = (primitive.SINGLE, primitive.DOUBLE, *(kind for kind in primitive.PRIMITIVES if kind.is_integer))
_OF_TEXT: Mapping[PrimitiveType, Callable[[SQL], SQL]] = {
    primitive.STRING: _plain(primitive.STRING),
    **{kind: _plain(kind) for kind in primitive.GEOGRAPHIES},
    **{kind: _converted(kind) for kind in (primitive.BOOLEAN, *_NUMBERS)},
    **{
        kind: _read(kind)
        for kind in (
            primitive.DECIMAL, primitive.GUID, primitive.DATE, primitive.TIME_OF_DAY, primitive.DURATION,
            primitive.DATE_TIME_OFFSET,
        )
    },
    primitive.DATE_TIME: lambda text: type_coerce(
        _read(primitive.DATE_TIME_OFFSET)(text), SQL_TYPES[primitive.DATE_TIME]
    ),
    primitive.BINARY: lambda text: call("text_to_bytes", LargeBinary())(type_coerce(text, String())),
}  # fmt: skip
