"""Python signatures → functions and actions of the model, without HTTP."""

from __future__ import annotations

import datetime
import decimal
import enum
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

import pytest
from sqlalchemy import ForeignKey, Select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from odata_service.edm.from_models import model_from
from odata_service.edm.model import EntityModel
from odata_service.edm.operation import Operation, OperationExists, overload
from odata_service.edm.primitive import INT16
from odata_service.operations import OperationContext, OperationSet, operations_of


class Base(DeclarativeBase):
    pass


class Book(Base):
    __tablename__ = "Book"
    __mapper_args__ = {"polymorphic_on": "Kind", "polymorphic_identity": "book"}

    Id: Mapped[int] = mapped_column(primary_key=True)
    Kind: Mapped[str]


class Novel(Book):
    __tablename__ = "Novel"
    __mapper_args__ = {"polymorphic_identity": "novel"}

    Id: Mapped[int] = mapped_column(ForeignKey("Book.Id"), primary_key=True)


class Colour(enum.IntEnum):
    Red = 1


@dataclass
class Span:
    First: int
    Last: int | None


@pytest.fixture
def model() -> EntityModel:
    return model_from(Base, "Library")


def declared(model: EntityModel, *functions: Callable[..., object], **how: object) -> list[Operation]:
    operations = OperationSet()
    for function in functions:
        operations.function(**how)(function)
    found = [each for declaration in operations for each in operations_of(declaration, model)]
    for each in found:
        model.operations.add(each)
    return found


def test_types_of_parameters(model):
    def Everything(
        context: OperationContext,
        number: int,
        small: Annotated[int, INT16],
        weight: float,
        amount: decimal.Decimal,
        name: str | None,
        yes: bool,
        key: uuid.UUID,
        day: datetime.date,
        moment: datetime.datetime,
        clock: datetime.time,
        time: datetime.timedelta,
        octets: bytes,
        colour: Colour,
        span: Span,
        words: list[str],
        book: Book,
    ) -> None: ...

    (operation,) = declared(model, Everything)
    assert [(each.type_name, each.collection, each.nullable) for each in operation.parameters] == [
        ("Edm.Int64", False, False),
        ("Edm.Int16", False, False),
        ("Edm.Double", False, False),
        ("Edm.Decimal", False, False),
        ("Edm.String", False, True),
        ("Edm.Boolean", False, False),
        ("Edm.Guid", False, False),
        ("Edm.Date", False, False),
        ("Edm.DateTimeOffset", False, False),
        ("Edm.TimeOfDay", False, False),
        ("Edm.Duration", False, False),
        ("Edm.Binary", False, False),
        ("Library.Colour", False, False),
        ("Library.Span", False, False),
        ("Edm.String", True, False),
        ("Library.Book", False, False),
    ]
    assert operation.returns is None
    assert [(each.name, each.nullable) for each in model.complex_types["Span"].properties] == [
        ("First", False),
        ("Last", True),
    ]


def test_what_is_bound_and_returned(model):
    def Newest(context: OperationContext, books: Select[Book], count: int = 5) -> Select[Book]:
        return books.limit(count)

    (operation,) = declared(model, Newest, bound=Book, collection=True)
    assert operation.bound is not None and operation.returns is not None
    assert (operation.bound.type_name, operation.bound.collection) == ("Library.Book", True)
    assert (operation.returns.type_name, operation.returns.collection) == ("Library.Book", True)
    assert operation.composable and not operation.imported
    assert [(each.name, each.optional) for each in operation.parameters] == [("count", True)]


def test_an_import_of_what_is_bound_to_a_collection_is_an_operation_of_its_own(model):
    def Newest(context: OperationContext, books: Select[Book]) -> Select[Book]:
        return books

    bound, imported = declared(model, Newest, bound=Book, collection=True, imported=True)
    assert (bound.imported, imported.imported, imported.bound) == (False, True, None)
    assert model.operations.imported("Newest") == (imported,)


def test_operations_of_a_base_type_follow_those_of_the_type(model):
    def Rating(context: OperationContext, book: Book) -> int:
        return 1

    def NovelRating(context: OperationContext, novel: Novel) -> int:
        return 2

    declared(model, Rating, bound=Book)
    declared(model, NovelRating, bound=Novel, name="Rating")
    novel, book = model.types["Novel"], model.types["Book"]
    assert [each.run for each in model.operations.bound("Library.Rating", novel, False)] == [NovelRating, Rating]
    assert [each.run for each in model.operations.bound("Rating", book, False)] == [Rating]
    assert model.operations.bound("Rating", book, True) == ()


def test_twins_are_refused(model):
    def Twin(context: OperationContext, a: int) -> int:
        return a

    declared(model, Twin)
    with pytest.raises(OperationExists, match="differ in the names"):
        declared(model, Twin)


@pytest.mark.parametrize("given, implicit, found", [
    ((), (), "none"),
    (("a",), (), "one"),
    (("a", "b"), (), "two"),
    ((), ("a",), "one"),               # ?a=1
    (("a",), ("b", "tenant"), "two"),  # other options are not in the way
    (("c",), (), None),
    (("b",), (), None),
])  # fmt: skip
def test_overloads_are_told_apart_by_names(model, given, implicit, found):
    def none(context: OperationContext) -> int: ...
    def one(context: OperationContext, a: int) -> int: ...
    def two(context: OperationContext, a: int, b: int) -> int: ...

    candidates = tuple(declared(model, none, one, two, name="Calculate", imported=True))
    chosen = overload(candidates, frozenset(given), frozenset(implicit))
    assert (chosen and chosen.run.__name__) == found


def test_what_no_operation_can_take(model):
    def Bad(context: OperationContext, it: object) -> int: ...

    with pytest.raises(TypeError, match="is no type that an operation can take"):
        declared(model, Bad)


def test_an_entity_is_not_called_without_itself(model):
    def Bad(context: OperationContext, book: Book) -> int: ...

    with pytest.raises(TypeError, match="bound to one entity"):
        declared(model, Bad, bound=Book, imported=True)


def test_a_collection_is_of_something():
    with pytest.raises(TypeError, match="bound="):
        OperationSet().function(collection=True)
