"""Functions and actions as the model knows them: names, parameters, what they are bound to, what they return."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import field
from typing import TYPE_CHECKING, Literal, TypeAlias

from odata_service.edm.primitive import PrimitiveType
from odata_service.values import frozen, mutable

if TYPE_CHECKING:
    from odata_service.edm.model import ComplexProperty, ComplexType, EntityType, EnumType

    Type: TypeAlias = PrimitiveType | EnumType | ComplexType | EntityType
    ParameterType: TypeAlias = PrimitiveType | EnumType | ComplexProperty | EntityType

Kind = Literal["function", "action"]


@frozen
class ValueType:
    """``Collection(TechStore.Product)``: the type of what is returned, or of what an operation is bound to."""

    type: Type
    collection: bool = False
    nullable: bool = False

    @property
    def type_name(self) -> str:
        return self.type.name if isinstance(self.type, PrimitiveType) else self.type.full_name


@frozen
class Parameter:
    """``maxPrice Edm.Double``; an ``optional`` one may be left out. A structure is a complex property, which knows the
    types of its members. ``v2`` is what V2 calls its type, where that is not the type's own name there."""

    name: str
    type: ParameterType
    collection: bool = False
    nullable: bool = False
    optional: bool = False
    v2: str = ""

    @property
    def type_name(self) -> str:
        return self.type.name if isinstance(self.type, PrimitiveType) else self.type.full_name


@frozen
class Operation:
    """One overload: ``TechStore.GetTotalPrice(taxRate Edm.Double) returns Edm.Double``, bound to a Product.

    ``run`` is the Python function; it gets the context, what the operation is bound to, and the parameters by name.
    ``composable`` says that what it returns can be asked on, like an entity set.
    """

    name: str
    namespace: str
    kind: Kind
    run: Callable[..., object]
    parameters: tuple[Parameter, ...] = ()
    returns: ValueType | None = None
    bound: ValueType | None = None
    imported: bool = False
    composable: bool = False

    @property
    def full_name(self) -> str:
        return f"{self.namespace}.{self.name}"

    @property
    def names(self) -> frozenset[str]:
        """Its parameters' names, by which overloads of functions are told apart."""
        return frozenset(parameter.name for parameter in self.parameters)

    @property
    def required(self) -> frozenset[str]:
        return frozenset(parameter.name for parameter in self.parameters if not parameter.optional)

    def is_named(self, name: str) -> bool:
        """With its namespace or, as that is a default one, without."""
        return name in (self.name, self.full_name)

    def is_bound_to(self, entity_type: EntityType, collection: bool) -> bool:
        """Whether it can follow entities of this type itself; one bound to its base type comes later."""
        bound = self.bound
        return bound is not None and bound.type_name == entity_type.full_name and bound.collection is collection

    @property
    def nullable(self) -> frozenset[str]:
        return frozenset(parameter.name for parameter in self.parameters if parameter.nullable)

    @property
    def nulls(self) -> dict[str, None]:
        """What the parameters are that were not given: not those that have a default of their own."""
        return {parameter.name: None for parameter in self.parameters if parameter.nullable and not parameter.optional}

    def takes(self, given: frozenset[str], absent_is_null: bool = False) -> bool:
        required = self.required - self.nullable if absent_is_null else self.required
        return required <= given <= self.names

    def __str__(self) -> str:
        return f"{self.name}({', '.join(parameter.name for parameter in self.parameters)})"


def types_of(operation: Operation) -> Iterator[ValueType | Parameter]:
    """Those of everything that goes in or comes out."""
    yield from operation.parameters
    yield from (kind for kind in (operation.bound, operation.returns) if kind is not None)


class OperationExists(Exception):
    """Two operations cannot be told apart, or are of different kinds under one name."""


@mutable
class Operations:
    """All operations of a model, in the order in which they were added."""

    _all: list[Operation] = field(default_factory=list)

    def __iter__(self) -> Iterator[Operation]:
        return iter(self._all)

    def add(self, operation: Operation) -> None:
        for other in self._all:
            if other.name == operation.name and _binding(other) == _binding(operation):
                _refuse_twins(operation, other)
        self._all.append(operation)

    def imported(self, name: str) -> tuple[Operation, ...]:
        """The overloads behind a function import or action import."""
        return tuple(each for each in self._all if each.imported and each.name == name)

    def bound(self, name: str, entity_type: EntityType, collection: bool) -> tuple[Operation, ...]:
        """The overloads that can follow an entity or a collection, those of the nearest type first."""
        found: list[Operation] = []
        kind: EntityType | None = entity_type
        while kind is not None:
            found += [each for each in self._all if each.is_named(name) and each.is_bound_to(kind, collection)]
            kind = kind.base
        return tuple(found)


def overload(
    candidates: tuple[Operation, ...], given: frozenset[str], implicit: frozenset[str], *, absent_is_null: bool = False
) -> Operation | None:
    """The overload for the parameters that are ``given``; what is still missing may come from the query string, where
    other options stand, too (URL Conventions, Implicit Parameter Aliases). The one that uses most of them is meant."""
    fitting = [each for each in candidates if each.takes(given | (implicit & each.names), absent_is_null)]
    return max(fitting, key=lambda each: len(each.names & (given | implicit)), default=None)


def _binding(operation: Operation) -> tuple[str, bool] | None:
    return None if operation.bound is None else (operation.bound.type_name, operation.bound.collection)


def _refuse_twins(operation: Operation, other: Operation) -> None:
    if operation.kind != other.kind:
        raise OperationExists(f"{operation.name} is a {other.kind} already, it cannot be a {operation.kind} too")
    if operation.names == other.names:
        raise OperationExists(f"{operation} is there twice: overloads differ in the names of their parameters")
